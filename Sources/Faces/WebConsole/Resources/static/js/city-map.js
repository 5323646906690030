// The live map: the city's own plan, perhaps tiles under it, and a mark for every entity. Leaflet is the global `L`.

import { element, entityPath, stateMark } from './dom.js';
import { CityPlan } from './city-plan.js';
import { entityMark, palette } from './entity-mark.js';
import { MapWalk } from './map-walk.js';
import { recallValue, remember } from './memory.js';
import { counted, spaced } from './words.js';

const L = globalThis.L;
const colourCount = 10;
const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
// The radius of marks in pixels, by zoom: small from afar, so that a dense town stays readable.
const radii = [[16.5, 7], [15.5, 5.5], [14, 4.5], [0, 3.5]];
const rank = { offline: 0, normal: 1, alert: 2 };
// Marks whose heights differ by less are taken to be in one row, by those who walk from one to the next; in pixels.
const rowHeight = 60;

export class CityMap {
    #map;
    #plan;
    #renderer = L.canvas({ padding: 0.3, pane: 'markerPane' });
    #marks = new Map();
    #types = new Map();
    #hidden = new Set([recallValue('map.hidden')].flat());
    #note = document.getElementById('map-note');
    #entities;
    // What came before the marks are there, by id; null once they are.
    #early = new Map();

    constructor(container) {
        this.#map = L.map(container, {
            // Tiles are sharp at whole zooms only; the plan is at all.
            zoomSnap: container.dataset.tiles ? 1 : 0.1,
            zoomControl: false, zoomAnimation: !calm, fadeAnimation: !calm,
        });
        this.#map.attributionControl.setPrefix(false);
        this.#entities = container.dataset.entities;
        L.control.zoom({ position: 'topright' }).addTo(this.#map);
        L.control.scale({ imperial: false, position: 'bottomright' }).addTo(this.#map);
        new MapWalk(() => this.#shown()).addTo(this.#map);
        this.#addTiles(container.dataset);
        this.#plan = new CityPlan(this.#map, { isUnderlaid: !container.dataset.tiles });
        this.#load(container.dataset.geometry);
        this.#map.on('zoomend', () => this.#resize());
        document.addEventListener('themechange', () => this.#recolour());
        matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#recolour());
        new ResizeObserver(() => this.#map.invalidateSize()).observe(container);
    }

    nameOf(id) {
        return this.#marks.get(id)?.entity.name;
    }

    /** Shows the newest of an entity: its state, its place and, in words, its observations. A new one gets a mark. */
    update(entity, text) {
        if (this.#early) return this.#early.set(entity.id, [entity, text]);
        const mark = this.#marks.get(entity.id);
        if (!mark) return this.#add({ ...entity, summary: text });
        this.#change(mark, { ...entity, summary: text || mark.entity.summary });
        mark.pulse();
    }

    /** Fetches all entities again, for what was missed. */
    async reload() {
        if (this.#early) return;
        for (const entity of await json(this.#entities)) {
            const mark = this.#marks.get(entity.id);
            if (mark) this.#change(mark, entity);
            else this.#add(entity);
        }
    }

    #change(mark, { state, name, summary, lat, lon }) {
        const known = mark.entity;
        const isOther = state && state !== known.state;
        Object.assign(known, { state: state || known.state, name: name || known.name, summary });
        if (isPlace(lat, lon) && (lat !== known.lat || lon !== known.lon)) {
            Object.assign(known, { lat, lon });
            mark.setLatLng([lat, lon]);
        }
        if (isOther && this.#map.hasLayer(mark)) mark.bringToFront().redraw();
        if (mark.isPopupOpen()) refresh(mark);
    }

    /** The marks that people can see, those in alert first, then as one reads. */
    #shown() {
        const view = this.#map.getBounds();
        const row = (mark) => Math.round(this.#map.latLngToContainerPoint(mark.getLatLng()).y / rowHeight);
        return [...this.#marks.values()]
            .filter((mark) => this.#map.hasLayer(mark) && view.contains(mark.getLatLng()))
            .sort((a, b) => isCalm(a) - isCalm(b) || row(a) - row(b) || a.getLatLng().lng - b.getLatLng().lng);
    }

    #addTiles({ tiles, attribution }) {
        if (!tiles) return;
        const safe = document.createElement('span');
        safe.textContent = attribution ?? '';
        L.tileLayer(tiles, { attribution: safe.innerHTML, maxZoom: 19 }).addTo(this.#map);
    }

    async #load(geometry) {
        this.#map.setView([0, 0], 2);
        const [plan, marks] = await Promise.allSettled([json(geometry), json(this.#entities)]);
        if (plan.status === 'fulfilled') this.#plan.show(plan.value);
        this.#show(marks.status === 'fulfilled' ? marks.value : []);
        if (marks.status === 'rejected') {
            this.#say(`The entities could not be fetched: ${marks.reason.message}. Reload to try again.`);
        }
        const early = [...this.#early.values()];
        this.#early = null;
        for (const [entity, text] of early) this.update(entity, text);
        this.#frame();
    }

    /** What is looked at first: the plan's core, or all entities. */
    #frame() {
        const places = [...this.#marks.values()].map((mark) => mark.getLatLng());
        const bounds = places.length > 0 ? L.latLngBounds(places) : this.#plan.bounds();
        if (bounds?.isValid()) {
            this.#map.fitBounds(bounds, { animate: false, maxZoom: 17, padding: [24, 24] });
            const { y: room } = this.#map.latLngToContainerPoint(bounds.getNorthWest());
            // Up, where there is room, away from the legend.
            if (document.getElementById('map-legend').open) this.#map.panBy([0, room - 24], { animate: false });
        }
        const area = this.#plan.bounds();
        if (area?.isValid()) this.#map.setMaxBounds(area.extend(bounds).pad(1)).setMinZoom(10);
    }

    #show(entities) {
        document.getElementById('map-legend').open = matchMedia('(min-width: 64em)').matches;
        for (const type of [...new Set(entities.map((entity) => entity.type))].sort()) {
            const named = entities.find((entity) => entity.type === type && /^c([1-9]|10)$/.test(entity.colour ?? ''));
            this.#addType(type, named?.colour);
        }
        // Those in alert are drawn last, on top of the others.
        const ordered = [...entities].sort((a, b) => (rank[a.state] ?? 0) - (rank[b.state] ?? 0));
        const colours = palette();
        for (const entity of ordered) this.#add(entity, colours);
        if (entities.length === 0) this.#say('No entity has reported yet.');
    }

    #add(entity, colours = null) {
        if (!isPlace(entity.lat, entity.lon)) return;
        const type = this.#types.get(entity.type) ?? this.#addType(entity.type);
        type.count += 1;
        type.figure.textContent = ` ${counted(type.count)}`;
        const mark = entityMark(
            { ...entity }, { colourName: type.colour, colours: colours ?? palette(), renderer: this.#renderer });
        // Beside the controls on the right, not below them.
        const room = { autoPanPaddingTopLeft: [5, 5], autoPanPaddingBottomRight: [56, 5] };
        mark.bindPopup(() => popup(mark.entity), { maxWidth: 280, minWidth: 200, ...room });
        mark.bindTooltip(() => label(mark.entity), { direction: 'top', offset: [0, -8] });
        mark.setRadius(this.#radius());
        type.group.addLayer(mark);
        this.#marks.set(entity.id, mark);
        this.#note.hidden = true;
    }

    /** A layer for a type of entities, and its place in the legend. */
    #addType(name, colour = `c${(this.#types.size % colourCount) + 1}`) {
        const type = { group: L.layerGroup(), colour, count: 0, figure: element('span', { class: 'figures quiet' }) };
        const isShown = !this.#hidden.has(name);
        if (isShown) type.group.addTo(this.#map);
        const box = element('input', { type: 'checkbox', id: `map-type-${this.#types.size}`, checked: isShown });
        box.addEventListener('change', () => this.#toggle(name, box.checked));
        document.getElementById('map-types').append(element(
            'p', { class: 'check' }, box,
            element('label', { for: box.id },
                element('svg', { class: `swatch swatch-${colour}`, viewBox: '0 0 20 20', 'aria-hidden': 'true' },
                    element('circle', { class: 'swatch-fill', cx: 10, cy: 10, r: 6 })),
                spaced(name), type.figure)));
        document.getElementById('map-legend').hidden = false;
        this.#types.set(name, type);
        return type;
    }

    #toggle(type, isShown) {
        const { group } = this.#types.get(type);
        if (isShown) group.addTo(this.#map);
        else group.remove();
        if (isShown) this.#hidden.delete(type);
        else this.#hidden.add(type);
        remember('map.hidden', JSON.stringify([...this.#hidden]));
    }

    #resize() {
        const radius = this.#radius();
        for (const mark of this.#marks.values()) mark.setRadius(radius);
    }

    #radius() {
        return radii.find(([zoom]) => this.#map.getZoom() >= zoom)[1];
    }

    #recolour() {
        const colours = palette();
        for (const mark of this.#marks.values()) mark.recolour(colours);
        this.#plan.recolour();
    }

    #say(text) {
        this.#note.hidden = false;
        this.#note.textContent = text;
    }
}

const isCalm = ({ entity }) => Number(entity.state !== 'alert');

const isPlace = (latitude, longitude) => Number.isFinite(latitude) && Number.isFinite(longitude);

async function json(url) {
    const response = await fetch(url, { headers: { Accept: 'application/json, application/geo+json' } });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response.json();
}

function label(entity) {
    return element('span', {}, `${entity.name} · ${entity.state}`);
}

function popup(entity) {
    return element(
        'div', { class: 'map-card' }, element('p', { class: 'map-card-type' }, spaced(entity.type)),
        element('h3', {}, entity.name), stateMark(entity.state),
        element('p', { class: 'figures' }, entity.summary ?? ''),
        element('p', {},
            element('a', { class: 'button button-small', href: entityPath(entity.id) }, 'Open entity',
                element('span', { class: 'visually-hidden' },
                    `: ${entity.name}, ${spaced(entity.type)}, ${entity.state}. ${entity.summary ?? ''}`))));
}

/** Brings an open card up to date where it is: whoever has the focus in it keeps it. */
function refresh(mark) {
    const card = mark.getPopup().getElement()?.querySelector('.map-card');
    if (!card) return;
    const { name, state, summary } = mark.entity;
    card.querySelector('h3').textContent = name;
    card.querySelector('.state').replaceWith(stateMark(state));
    card.querySelector('.figures').textContent = summary ?? '';
}
