// The live map: the city's own plan, perhaps tiles under it, and a mark for every entity. Leaflet is the global `L`.

import { element, entityPath, stateMark } from './dom.js';
import { CityPlan } from './city-plan.js';
import { entityMark, palette } from './entity-mark.js';
import { recallValue, remember } from './memory.js';
import { counted, spaced } from './words.js';

const L = globalThis.L;
const colourCount = 10;
const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
// The radius of marks in pixels, by zoom: small from afar, so that a dense town stays readable.
const radii = [[16.5, 7], [15.5, 5.5], [14, 4.5], [0, 3.5]];

export class CityMap {
    #map;
    #plan;
    #renderer = L.canvas({ padding: 0.3, pane: 'markerPane' });
    #marks = new Map();
    #types = new Map();
    #hidden = new Set([recallValue('map.hidden')].flat());
    #note = document.getElementById('map-note');

    constructor(container) {
        this.#map = L.map(container, {
            // Tiles are sharp at whole zooms only; the plan is at all.
            zoomSnap: container.dataset.tiles ? 1 : 0.1,
            zoomControl: false, zoomAnimation: !calm, fadeAnimation: !calm,
        });
        this.#map.attributionControl.setPrefix(false);
        L.control.zoom({ position: 'topright' }).addTo(this.#map);
        L.control.scale({ imperial: false, position: 'bottomright' }).addTo(this.#map);
        this.#addTiles(container.dataset);
        this.#plan = new CityPlan(this.#map, { isUnderlaid: !container.dataset.tiles });
        this.#load(container.dataset);
        this.#map.on('zoomend', () => this.#resize());
        document.addEventListener('themechange', () => this.#recolour());
        matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#recolour());
        new ResizeObserver(() => this.#map.invalidateSize()).observe(container);
    }

    nameOf(id) {
        return this.#marks.get(id)?.entity.name;
    }

    /** Shows the newest of an entity: its state and, in words, its observations. */
    update({ id, state }, text) {
        const mark = this.#marks.get(id);
        if (!mark) return;
        if (state && state !== mark.entity.state) {
            mark.entity.state = state;
            mark.bringToFront().redraw();
        }
        if (text) mark.entity.summary = text;
        mark.pulse();
        if (mark.isPopupOpen()) mark.setPopupContent(popup(mark.entity));
    }

    #addTiles({ tiles, attribution }) {
        if (!tiles) return;
        const safe = document.createElement('span');
        safe.textContent = attribution ?? '';
        L.tileLayer(tiles, { attribution: safe.innerHTML, maxZoom: 19 }).addTo(this.#map);
    }

    async #load({ geometry, entities }) {
        this.#map.setView([0, 0], 2);
        const [plan, marks] = await Promise.allSettled([json(geometry), json(entities)]);
        if (plan.status === 'fulfilled') this.#plan.show(plan.value);
        if (marks.status === 'fulfilled') this.#show(marks.value);
        else this.#say(`The entities could not be fetched: ${marks.reason.message}. Reload to try again.`);
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
        if (area?.isValid()) this.#map.setMaxBounds(area.extend(bounds).pad(0.5)).setMinZoom(10);
    }

    #show(entities) {
        const types = [...new Set(entities.map((entity) => entity.type))].sort();
        types.forEach((type, index) => {
            const named = entities.find((entity) => entity.type === type && /^c([1-9]|10)$/.test(entity.colour ?? ''));
            const group = L.layerGroup();
            if (!this.#hidden.has(type)) group.addTo(this.#map);
            this.#types.set(type, { group, colour: named?.colour ?? `c${(index % colourCount) + 1}`, count: 0 });
        });
        const colours = palette();
        // Those in alert are drawn last, on top of the others.
        const rank = { offline: 0, normal: 1, alert: 2 };
        const ordered = [...entities].sort((a, b) => (rank[a.state] ?? 0) - (rank[b.state] ?? 0));
        for (const entity of ordered) this.#add(entity, colours);
        this.#legend();
        if (entities.length === 0) this.#say('No entity has reported yet.');
    }

    #add(entity, colours) {
        if (!Number.isFinite(entity.lat) || !Number.isFinite(entity.lon)) return;
        const type = this.#types.get(entity.type);
        type.count += 1;
        const mark = entityMark(entity, { colourName: type.colour, colours, renderer: this.#renderer });
        mark.bindPopup(() => popup(mark.entity), { maxWidth: 280, minWidth: 200 });
        mark.bindTooltip(() => label(mark.entity), { direction: 'top', offset: [0, -8] });
        type.group.addLayer(mark);
        this.#marks.set(entity.id, mark);
    }

    #legend() {
        const legend = document.getElementById('map-legend');
        const choices = [...this.#types].map(([type, { colour, count }], index) => {
            const isShown = !this.#hidden.has(type);
            const box = element('input', { type: 'checkbox', id: `map-type-${index}`, checked: isShown });
            box.addEventListener('change', () => this.#toggle(type, box.checked));
            return element(
                'p', { class: 'check' }, box,
                element('label', { for: box.id },
                    element('svg', { class: `swatch swatch-${colour}`, viewBox: '0 0 20 20', 'aria-hidden': 'true' },
                        element('circle', { class: 'swatch-fill', cx: 10, cy: 10, r: 6 })),
                    spaced(type), element('span', { class: 'figures quiet' }, ` ${counted(count)}`)));
        });
        document.getElementById('map-types').replaceChildren(...choices);
        legend.hidden = this.#types.size === 0;
        legend.open = matchMedia('(min-width: 64em)').matches;
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
        element('p', {}, element('a', { class: 'button button-small', href: entityPath(entity.id) }, 'Open entity')));
}
