// A property's history as a line: fetched for a range, drawn to the width there is, read by pointer, keyboard or table.

import { element } from './dom.js';
import { Plot } from './plot.js';
import { spoken } from './times.js';
import { measured } from './words.js';

const rowsShown = 200;

export class HistoryChart {
    #options;
    #seconds = 86400;
    #points = [];
    #alerts = [];
    #selected = null;
    #frame = null;
    #request = null;
    #stage = element('div', { class: 'stage', tabindex: 0, role: 'group' });
    #readout = element('p', { class: 'readout' });
    // What is read out loud: what somebody moves to, not each new value.
    #spoken = element('p', { class: 'visually-hidden', 'aria-live': 'polite' });
    #tableArea = element('div', { class: 'table-scroll', tabindex: 0 });

    constructor(node, options) {
        this.#options = options;
        const summary = element('summary', {}, 'Show as table');
        const table = element('details', { class: 'chart-table' }, summary, this.#tableArea);
        this.#tableArea.setAttribute('aria-label', `${options.name} as a table`);
        node.append(this.#readout, this.#spoken, this.#stage, table);
        table.addEventListener('toggle', () => table.open && this.#fillTable());
        this.#stage.addEventListener('pointermove', (event) => this.#point(event));
        this.#stage.addEventListener('pointerleave', () => this.#select(null));
        this.#stage.addEventListener('keydown', (event) => this.#step(event));
        new ResizeObserver(() => this.#redraw()).observe(this.#stage);
    }

    /** Fetches and draws the last `seconds`. */
    async load(seconds) {
        this.#seconds = seconds;
        this.#selected = null;
        this.#request?.abort();
        this.#request = new AbortController();
        const to = new Date();
        const from = new Date(to.getTime() - seconds * 1000);
        const query = new URLSearchParams(
            { attribute: this.#options.attribute, from: from.toISOString(), to: to.toISOString() });
        try {
            const response = await fetch(`${this.#options.url}?${query}`, { signal: this.#request.signal });
            if (!response.ok) throw new Error(`status ${response.status}`);
            const history = await response.json();
            // Each point is milliseconds since 1970, value, score.
            this.#points = history.points.map(([at, value]) => ({ at, value }));
            this.#alerts = history.alerts.map((alert) => ({ ...alert, at: Date.parse(alert.observedAt) }));
            this.#redraw();
        } catch (error) {
            if (error.name !== 'AbortError') this.#say(`The history could not be fetched: ${error.message}.`);
        }
    }

    /** Fetches and draws the same range again. */
    reload() {
        return this.load(this.#seconds);
    }

    /** Adds a new observation at the end. */
    add({ observedAt, value }) {
        const point = { at: Date.parse(observedAt), value };
        const last = this.#points.at(-1);
        if (!Number.isFinite(point.value) || (last && point.at <= last.at)) return;
        this.#points.push(point);
        const start = Date.now() - this.#seconds * 1000;
        while (this.#points.length > 0 && this.#points[0].at < start) {
            this.#points.shift();
            if (this.#selected !== null) this.#selected = Math.max(0, this.#selected - 1);
        }
        this.#redraw();
    }

    #redraw() {
        this.#frame ??= requestAnimationFrame(() => {
            this.#frame = null;
            this.#draw();
        });
    }

    #draw() {
        const { clientWidth: width, clientHeight: height } = this.#stage;
        if (width === 0) return;
        if (this.#points.length === 0) return this.#say('No observations in this time.');
        const now = Date.now();
        this.plot = new Plot({
            width, height, points: this.#points, alerts: this.#alerts, from: now - this.#seconds * 1000, to: now,
        });
        this.#stage.replaceChildren(this.plot.svg);
        this.#stage.setAttribute('aria-label', this.#label());
        this.#select(this.#selected);
    }

    #say(text) {
        this.plot = null;
        this.#stage.replaceChildren(element('p', { class: 'quiet stage-empty' }, text));
        this.#readout.textContent = '';
    }

    #label() {
        const values = this.#points.map((point) => point.value);
        const range = `from ${measured(Math.min(...values))} to ${measured(Math.max(...values))} ${this.#options.unit}`;
        const alerts = this.#alerts.length > 0 ? `, ${this.#alerts.length} alerts` : '';
        const { name } = this.#options;
        return `Chart of ${name}: ${values.length} observations ${range}${alerts}. Arrow keys move along it.`;
    }

    #select(index) {
        this.#selected = index;
        if (!this.plot) return;
        const point = this.#points[index ?? this.#points.length - 1];
        this.plot.mark(index === null ? null : point);
        const alert = index === null ? null : this.plot.alertNear(point);
        const words = [
            element('strong', {}, `${measured(point.value)} ${this.#options.unit}`),
            ` ${spoken(point.at)}`,
            alert && ` · alert: ${alert.title}`,
        ];
        this.#readout.replaceChildren(...words.filter(Boolean));
    }

    #point(event) {
        if (!this.plot) return;
        this.#select(this.plot.nearest(event.clientX - this.#stage.getBoundingClientRect().left));
    }

    #step(event) {
        const last = this.#points.length - 1;
        const current = this.#selected ?? last;
        const stride = Math.max(1, Math.round(this.#points.length / 60));
        const targets = {
            ArrowLeft: current - stride, ArrowRight: current + stride, Home: 0, End: last,
        };
        if (!(event.key in targets) || last < 0) return;
        event.preventDefault();
        this.#select(Math.min(last, Math.max(0, targets[event.key])));
        this.#spoken.textContent = this.#readout.textContent;
    }

    #fillTable() {
        const rows = this.#points.slice(-rowsShown).reverse().map((point) => element(
            'tr', {}, element('td', {}, spoken(point.at)),
            element('td', { class: 'end' }, `${measured(point.value)} ${this.#options.unit}`)));
        const omitted = this.#points.length > rowsShown ? `, the latest ${rowsShown} of ${this.#points.length}` : '';
        this.#tableArea.replaceChildren(element(
            'table', { class: 'small-table' }, element('caption', {}, `${this.#options.name}${omitted}`),
            element('thead', {}, element('tr', {},
                element('th', { scope: 'col' }, 'Observed'), element('th', { scope: 'col', class: 'end' }, 'Value'))),
            element('tbody', {}, rows)));
    }
}
