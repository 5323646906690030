// An entity on the map: its colour is its type, its shape its state, so that neither depends on the other.

const L = globalThis.L;
const pulseDuration = 900;
const pulseStep = 60;
// More than this many at once say nothing to a reader and keep the machine busy.
const mostPulses = 40;
let pulses = 0;
const calm = matchMedia('(prefers-reduced-motion: reduce)');
// How far from a mark it can still be hit, in pixels: marks stand close, fingers are wide.
const reach = matchMedia('(pointer: coarse)').matches ? 8 : 3;
// The least radius of a mark in alert, and the width of the line around a mark that Leaflet keeps room for: its halo's.
const [alertRadius, halo] = [5, 18];

/** The colours of the style sheet, which know the theme. */
export function palette() {
    const style = getComputedStyle(document.documentElement);
    const names = [...Array(10).keys()].map((index) => `c${index + 1}`);
    const colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    for (const name of ['alert', 'alert-halo', 'offline', 'edge']) {
        colours[name] = style.getPropertyValue(`--mark-${name}`).trim();
    }
    return colours;
}

function disc(context, { x, y }, radius) {
    context.beginPath();
    context.arc(x, y, radius, 0, Math.PI * 2);
}

function drawNormal(context, point, radius, colours, colour) {
    disc(context, point, radius);
    context.fillStyle = colour;
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = colours.edge;
    context.stroke();
}

function drawAlert(context, point, size, colours) {
    const radius = Math.max(size, alertRadius);
    disc(context, point, radius + 6);
    context.fillStyle = colours['alert-halo'];
    context.fill();
    context.beginPath();
    context.moveTo(point.x, point.y - radius - 2);
    context.lineTo(point.x + radius + 2, point.y + radius);
    context.lineTo(point.x - radius - 2, point.y + radius);
    context.closePath();
    context.fillStyle = colours.alert;
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = colours.edge;
    context.stroke();
}

function drawOffline(context, point, radius, colours) {
    disc(context, point, radius);
    context.fillStyle = colours.edge;
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = colours.offline;
    context.stroke();
    context.beginPath();
    context.moveTo(point.x - radius * 0.7, point.y + radius * 0.7);
    context.lineTo(point.x + radius * 0.7, point.y - radius * 0.7);
    context.stroke();
}

const drawings = { normal: drawNormal, alert: drawAlert, offline: drawOffline };

const EntityMark = L.CircleMarker.extend({
    /** Shows that something new is known. */
    pulse() {
        if (calm.matches || !this._map || this.pulsedAt || pulses >= mostPulses) return;
        pulses += 1;
        this.pulsedAt = performance.now();
        this.redraw();
        const timer = setInterval(() => {
            if (performance.now() - this.pulsedAt > pulseDuration) {
                clearInterval(timer);
                pulses -= 1;
                this.pulsedAt = null;
            }
            if (this._map) this.redraw();
        }, pulseStep);
    },

    recolour(colours) {
        this.colours = colours;
        this.redraw();
    },

    // Leaflet's canvas calls this whenever the mark has to be drawn.
    _updatePath() {
        const renderer = this._renderer;
        if (!renderer._drawing || this._empty()) return;
        const context = renderer._ctx;
        const radius = this._radius;
        if (this.pulsedAt) this.drawPulse(context, (performance.now() - this.pulsedAt) / pulseDuration);
        const draw = drawings[this.entity.state] ?? drawOffline;
        draw(context, this._point, radius, this.colours, this.colours[this.colourName]);
    },

    // Leaflet asks this of every mark under the pointer.
    _containsPoint(point) {
        return point.distanceTo(this._point) <= this._radius + reach;
    },

    drawPulse(context, progress) {
        disc(context, this._point, this._radius + 5 * Math.min(1, progress));
        context.globalAlpha = 0.6 * Math.max(0, 1 - progress);
        context.lineWidth = 2;
        context.strokeStyle = this.colours[this.colourName];
        context.stroke();
        context.globalAlpha = 1;
    },
});

/** The mark of an entity, at its place, with the reach of the largest of its shapes. */
export function entityMark(entity, { colourName, colours, renderer }) {
    const options = { renderer, radius: 5.5, weight: halo, bubblingMouseEvents: false };
    const mark = new EntityMark([entity.lat, entity.lon], options);
    return Object.assign(mark, { entity, colourName, colours });
}
