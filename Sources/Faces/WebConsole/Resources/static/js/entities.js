// Keeps the states, observations and times of listed entities as they are now.

import { stateMark, timeMark } from './dom.js';
import { on } from './live.js';
import { refreshTimes } from './times.js';
import { summary } from './summary.js';

const rows = new Map();

function readRows() {
    rows.clear();
    for (const row of document.querySelectorAll('tr[data-entity]')) rows.set(row.dataset.entity, row);
}

readRows();
document.addEventListener('renewed', readRows);

on('entity', async (data) => {
    const row = rows.get(data.id);
    if (!row) return;
    if (data.state) row.querySelector('.state')?.replaceWith(stateMark(data.state));
    const text = data.summary ?? await summary(data.attributes);
    if (text) row.querySelector('.figures').textContent = text;
    const observedAt = latest(data.attributes);
    if (!observedAt) return;
    row.lastElementChild.replaceChildren(timeMark(observedAt));
    refreshTimes(row);
});

function latest(attributes = {}) {
    return Object.values(attributes).map((value) => value.observedAt).filter(Boolean).sort().at(-1);
}
