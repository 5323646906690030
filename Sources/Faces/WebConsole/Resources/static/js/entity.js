// One entity as it is now: its values, its charts, its proofs.

import { announce, on } from './live.js';
import { stateMark, timeMark } from './dom.js';
import { refreshTimes } from './times.js';
import { measured, shown } from './words.js';
import { HistoryChart } from './history-chart.js';
import './proof-dialog.js';

const entity = document.querySelector('.entity-head').dataset.entity;
const rows = new Map();
const history = document.querySelector('[data-history]');
const charts = new Map();

function readRows() {
    rows.clear();
    for (const row of document.querySelectorAll('tr[data-attribute]')) rows.set(row.dataset.attribute, row);
}

readRows();
document.addEventListener('renewed', () => {
    readRows();
    for (const chart of charts.values()) chart.reload();
});

function showValue(row, value) {
    const node = row.querySelector('[data-value]');
    if (!node || value === null || typeof value === 'object') return;
    const text = shown(value);
    if (node.textContent === text) return;
    node.textContent = text;
    node.classList.remove('changed');
    void node.offsetWidth;
    node.classList.add('changed');
}

function showScore(row, score) {
    const node = row.querySelector('.score');
    if (!node || !Number.isFinite(score)) return;
    const threshold = Number(node.dataset.threshold);
    const isUnusual = score >= threshold;
    node.classList.toggle('score-unusual', isUnusual);
    node.querySelector('[data-score]').textContent = measured(score);
    node.querySelector('[data-score-words]').textContent = isUnusual ? 'unusual' : 'usual';
    const step = threshold > 0 ? Math.min(10, Math.max(0, Math.round((score / threshold) * 8))) : 0;
    node.querySelector('.gauge').setAttribute('class', `gauge gauge-${step}`);
}

/** The proof offered is always that of the value shown. */
function showProof(row, observedAt) {
    const link = row.querySelector('[data-proof]');
    if (!link) return;
    const url = new URL(link.href);
    url.searchParams.set('observedAt', observedAt);
    link.href = url;
}

on('entity', (data) => {
    if (data.id !== entity) return;
    const mark = document.querySelector('[data-state]');
    if (data.state && mark.textContent.trim().toLowerCase() !== data.state) {
        mark.replaceChildren(stateMark(data.state));
        announce(`State: ${data.state}`);
    }
    for (const [attribute, { value, observedAt, score }] of Object.entries(data.attributes ?? {})) {
        const row = rows.get(attribute);
        if (!row) continue;
        showValue(row, value);
        showScore(row, score);
        showProof(row, observedAt);
        row.querySelector('time').replaceWith(timeMark(observedAt));
        refreshTimes(row);
        charts.get(attribute)?.add({ observedAt, value });
    }
});

on('alert', (data) => {
    if (data.entityId === entity && data.status === 'open') announce(`Alert: ${data.title}`);
});

if (history) {
    for (const card of history.querySelectorAll('[data-series]')) {
        const name = card.querySelector('h3').textContent;
        const chart = new HistoryChart(card.querySelector('[data-chart]'), {
            url: history.dataset.history, attribute: card.dataset.series, unit: card.dataset.unit, name,
        });
        charts.set(card.dataset.series, chart);
    }
    const ranges = history.querySelector('[data-ranges]');
    ranges.hidden = false;
    ranges.addEventListener('click', ({ target }) => {
        if (!target.dataset.range) return;
        for (const button of ranges.children) button.setAttribute('aria-pressed', String(button === target));
        for (const chart of charts.values()) chart.load(Number(target.dataset.range));
    });
    for (const chart of charts.values()) chart.load(86400);
}
