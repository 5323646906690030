// Draws a series as SVG: axes with round numbers, a line that breaks where readings are missing, alerts as marks.

import { element } from './dom.js';
import { spoken } from './times.js';
import { measured } from './words.js';

const margin = { top: 14, right: 12, bottom: 24, left: 48 };
const minute = 60000;
const timeSteps = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880].map((minutes) => minutes * minute);

const mostTicks = 20;

/**
 * Round numbers between `low` and `high`, about `count` of them; none where numbers lie so close to one another, or so
 * far apart, that a step between them has no meaning.
 */
export function ticks(low, high, count) {
    const rough = high / count - low / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough);
    const first = Math.ceil(low / step) * step;
    if (!Number.isFinite(first) || low + step === low || high + step === high) return [];
    const values = [];
    for (let index = 0; index < mostTicks; index += 1) {
        const value = first + index * step;
        if (value > high + step * 1e-6 || !Number.isFinite(value)) break;
        values.push(Math.abs(value) < step * 1e-6 ? 0 : value);
    }
    return values;
}

/** Round moments of the reader's own day between `from` and `to`. */
function timeTicks(from, to, count) {
    const step = timeSteps.find((candidate) => (to - from) / candidate <= count) ?? timeSteps.at(-1);
    const offset = new Date(from).getTimezoneOffset() * minute;
    const moments = [];
    for (let at = Math.ceil((from - offset) / step) * step + offset; at <= to; at += step) moments.push(at);
    return moments;
}

export class Plot {
    #options;
    #low;
    #high;
    #cursor = element('g', { class: 'plot-cursor', visibility: 'hidden' });

    constructor(options) {
        this.#options = options;
        this.#fit();
        const { width, height } = options;
        this.svg = element(
            'svg', { class: 'plot', width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' },
            this.#valueAxis(), this.#timeAxis(), this.#line(), this.#alertMarks(), this.#cursor);
    }

    /** The index of the point nearest to `x`, in pixels. */
    nearest(x) {
        const { points } = this.#options;
        let best = 0;
        for (let index = 1; index < points.length; index += 1) {
            if (Math.abs(this.#x(points[index].at) - x) < Math.abs(this.#x(points[best].at) - x)) best = index;
        }
        return best;
    }

    /** The alert drawn at most 8 pixels from the point. */
    alertNear(point) {
        return this.#options.alerts.find((alert) => Math.abs(this.#x(alert.at) - this.#x(point.at)) <= 8) ?? null;
    }

    /** Shows the cursor at a point, or none. */
    mark(point) {
        this.#cursor.setAttribute('visibility', point ? 'visible' : 'hidden');
        if (!point) return;
        const x = this.#x(point.at).toFixed(1);
        this.#cursor.replaceChildren(
            element('line', { x1: x, x2: x, y1: margin.top, y2: this.#bottom }),
            element('circle', { cx: x, cy: this.#y(point.value).toFixed(1), r: 4 }));
    }

    get #bottom() { return this.#options.height - margin.bottom; }

    #fit() {
        let [low, high] = [Infinity, -Infinity];
        for (const { value } of this.#options.points) {
            low = Math.min(low, value);
            high = Math.max(high, value);
        }
        const room = (high / 2 - low / 2 || Math.abs(high) / 2 || 0.5) * 0.16;
        this.#low = low >= 0 && low - room < 0 ? 0 : Math.max(low - room, -Number.MAX_VALUE);
        this.#high = Math.min(high + room, Number.MAX_VALUE);
    }

    #x(at) {
        const { from, to, width } = this.#options;
        return margin.left + ((at - from) / (to - from)) * (width - margin.left - margin.right);
    }

    #y(value) {
        const [low, high] = [this.#low, this.#high];
        // The largest numbers there are have no difference; their halves have.
        const share = Number.isFinite(high - low)
            ? (value - low) / (high - low) : (value / 2 - low / 2) / (high / 2 - low / 2);
        return this.#bottom - share * (this.#bottom - margin.top);
    }

    #valueAxis() {
        const right = this.#options.width - margin.right;
        return ticks(this.#low, this.#high, 4).map((value) => {
            const y = this.#y(value).toFixed(1);
            return element(
                'g', { class: 'plot-axis' }, element('line', { x1: margin.left, x2: right, y1: y, y2: y }),
                element('text', { x: margin.left - 8, y, dy: '0.32em', 'text-anchor': 'end' }, measured(value)));
        });
    }

    #timeAxis() {
        const { from, to, width, height } = this.#options;
        const isLong = to - from > 2 * 86400000;
        return timeTicks(from, to, Math.max(2, Math.floor(width / 90))).map((at) => {
            const x = this.#x(at);
            if (x > width - 20) return null;
            return element(
                'g', { class: 'plot-axis plot-time' },
                element('line', { x1: x.toFixed(1), x2: x.toFixed(1), y1: this.#bottom, y2: this.#bottom + 4 }),
                element('text', { x: x.toFixed(1), y: height - 6, 'text-anchor': 'middle' },
                    spoken(at, isLong ? 'day' : 'time')));
        });
    }

    /**
     * The series cut where an interval is more than five times the usual one and those beside it: where readings are
     * missing, not where they begin to come more often.
     */
    #runs() {
        const { points } = this.#options;
        const intervals = points.slice(1).map((point, index) => point.at - points[index].at);
        const usual = [...intervals].sort((a, b) => a - b)[Math.floor(intervals.length / 2)];
        const runs = [[]];
        points.forEach((point, index) => {
            const [before = 0, own = 0, after = 0] = [-2, -1, 0].map((step) => intervals[index + step]);
            if (own > 5 * Math.max(usual, before, after)) runs.push([]);
            runs.at(-1).push(point);
        });
        return runs;
    }

    #path(points) {
        return points.map(({ at, value }, index) => (
            `${index === 0 ? 'M' : 'L'}${this.#x(at).toFixed(1)} ${this.#y(value).toFixed(1)}`)).join('');
    }

    #line() {
        return this.#runs().map((run) => (run.length === 1
            ? element('circle', { class: 'plot-dot', cx: this.#x(run[0].at), cy: this.#y(run[0].value), r: 2 })
            : element('path', { class: 'plot-line', d: this.#path(run) })));
    }

    #alertMarks() {
        const { from, to } = this.#options;
        return this.#options.alerts.filter((alert) => alert.at >= from && alert.at <= to).map((alert) => {
            const x = Number(this.#x(alert.at).toFixed(1));
            return element(
                'g', { class: 'plot-alert' }, element('title', {}, alert.title ?? 'Alert'),
                element('line', { x1: x, x2: x, y1: margin.top, y2: this.#bottom }),
                element('path', { d: `M${x} ${margin.top - 12}l6 11h-12z` }));
        });
    }
}
