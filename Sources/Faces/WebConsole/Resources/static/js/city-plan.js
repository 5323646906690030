// The city's own plan, from GeoJSON features with the properties `layer`, `class` and `name`, drawn from the ground up.

const L = globalThis.L;

// Widths of lines in metres on the ground; `least` in pixels, so that nothing vanishes from afar.
const roads = {
    ring: { metres: 16, least: 2.2 }, primary: { metres: 13, least: 1.8 }, bridge: { metres: 13, least: 1.8 },
    secondary: { metres: 10, least: 1.2 }, street: { metres: 7, least: 0.7 }, lane: { metres: 4, least: 0.4 },
    pedestrian: { metres: 4, least: 0.4 },
};
const order = ['boundary', 'landuse', 'district', 'park', 'water', 'watermain', 'building', 'road', 'rail', 'place'];

function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--map-${name}`).trim();
}

/** The colour's name for a class within a layer, where the style sheet knows one, else that of the layer. */
const finest = (layer, kind) => (colour(`${layer}-${kind}`) ? `${layer}-${kind}` : layer);

export class CityPlan {
    #map;
    #layers = [];
    #bounds = null;
    #isUnderlaid;
    #renderer;
    #names = [];

    constructor(map, { isUnderlaid }) {
        this.#map = map;
        this.#isUnderlaid = isUnderlaid;
        map.createPane('plan').style.zIndex = 300;
        // Names lie under the marks (600): an alert is never covered.
        Object.assign(map.createPane('places').style, { zIndex: 590, pointerEvents: 'none' });
        this.#renderer = L.canvas({ pane: 'plan', padding: 0.4 });
        map.on('zoomend', () => {
            this.recolour();
            this.#thinOut();
        });
    }

    bounds() {
        return this.#bounds;
    }

    show(collection) {
        const features = (collection.features ?? []).filter((feature) => feature.geometry && feature.properties);
        for (const layer of order) {
            const own = features.filter((feature) => feature.properties.layer === layer);
            if (layer === 'place') this.#addPlaces(own);
            // A road is a wide line under a narrow one: all edges first, so that crossings stay open.
            else if (layer === 'road') ['road-edge', 'road'].forEach((style) => this.#add(style, own));
            else this.#add(layer, own);
        }
        this.recolour();
        this.#thinOut();
    }

    recolour() {
        for (const { style, shapes } of this.#layers) {
            shapes.setStyle((feature) => this.#style(style, feature));
        }
    }

    /** Leaves out the names that would lie on another: of two, the later one. */
    #thinOut() {
        this.#map.getPane('places').dataset.zoom = this.#map.getZoom() >= 15.5 ? 'near' : 'far';
        for (const name of this.#names) name.hidden = false;
        const places = this.#names.map((name) => name.getBoundingClientRect());
        const taken = [];
        places.forEach((place, index) => {
            const isFree = taken.every((other) => (
                place.right < other.left || other.right < place.left
                || place.bottom < other.top || other.bottom < place.top));
            if (isFree && place.width > 0) taken.push(place);
            this.#names[index].hidden = !isFree;
        });
    }

    #add(style, features) {
        if (features.length === 0) return;
        const shapes = L.geoJSON(
            { type: 'FeatureCollection', features },
            { renderer: this.#renderer, interactive: false, style: (feature) => this.#style(style, feature) });
        shapes.addTo(this.#map);
        this.#layers.push({ style, shapes });
        if (style === 'boundary' || !this.#bounds) this.#bounds = shapes.getBounds();
    }

    #addPlaces(features) {
        for (const { geometry, properties } of features) {
            if (geometry.type !== 'Point' || !properties.name) continue;
            const [longitude, latitude] = geometry.coordinates;
            const text = document.createElement('span');
            text.textContent = properties.name;
            this.#names.push(text);
            const place = /^[a-z-]+$/i.test(properties.class ?? '') ? properties.class : 'place';
            const mark = L.divIcon({ className: `map-place map-place-${place}`, html: text, iconSize: null });
            L.marker([latitude, longitude], { icon: mark, pane: 'places', interactive: false, keyboard: false })
                .addTo(this.#map);
        }
    }

    #style(style, { geometry, properties: { class: kind } }) {
        switch (style) {
            case 'boundary': return this.#area('ground', { line: 'boundary', weight: 1.5 });
            case 'landuse': return this.#area(finest('landuse', kind));
            case 'district': return { ...line('district', 1), fill: false, dashArray: '4 5' };
            case 'park': return this.#area(finest('park', kind));
            case 'water': return this.#water(geometry.type.endsWith('Polygon'));
            case 'watermain': return { ...line('watermain', 1.2), dashArray: '2 5' };
            case 'building': return this.#area(finest('building', kind), { line: 'building-edge', weight: 0.5 });
            case 'rail': return { ...line('rail', 1.6), dashArray: '7 4' };
            case 'road-edge': return line('road-edge', this.#width(kind) + 1.6);
            default: return line(/^(ring|primary|bridge)$/.test(kind) ? 'road-main' : 'road', this.#width(kind));
        }
    }

    #area(fill, edge = null) {
        const opacity = this.#isUnderlaid ? 1 : 0.35;
        return {
            ...(edge ? line(edge.line, edge.weight) : { stroke: false }),
            fill: true, fillColor: colour(fill), fillOpacity: opacity,
        };
    }

    #water(isArea) {
        const edge = line('water', Math.max(1.2, this.#pixels(isArea ? 1 : 6)));
        return isArea ? { ...this.#area('water'), ...edge } : edge;
    }

    #width(kind) {
        const { metres, least } = roads[kind] ?? roads.street;
        return Math.max(least, this.#pixels(metres));
    }

    /** A length on the ground in pixels at this zoom (Web Mercator, 256-pixel tiles). */
    #pixels(metres) {
        const metresPerPixel = (40075016.686 * Math.cos((this.#map.getCenter().lat * Math.PI) / 180))
            / 2 ** (this.#map.getZoom() + 8);
        return metres / metresPerPixel;
    }
}

function line(name, weight) {
    return { stroke: true, color: colour(name), weight, opacity: 1, lineCap: 'round', lineJoin: 'round' };
}
