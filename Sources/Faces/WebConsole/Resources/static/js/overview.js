// The overview as it is now: counts, feeds, states in the list, and the map where Leaflet is there to draw it.

import { announce, on } from './live.js';
import { devicePath, element, entityPath, icon, iconOf, stateMark, timeMark } from './dom.js';
import { refreshTimes } from './times.js';
import { summary } from './summary.js';
import { counted, rate, spaced } from './words.js';

const feedLength = 10;
const names = new Map();
const listed = new Map();

function readList() {
    listed.clear();
    for (const item of document.querySelectorAll('li[data-entity]')) {
        listed.set(item.dataset.entity, item);
        names.set(item.dataset.entity, item.querySelector('a').textContent);
    }
}

readList();

const container = document.getElementById('map');
const map = container && globalThis.L ? new (await import('./city-map.js')).CityMap(container) : null;

document.addEventListener('renewed', () => {
    readList();
    map?.reload();
});

on('status', (status) => {
    for (const node of document.querySelectorAll('[data-count]')) {
        const number = status[node.dataset.count];
        if (!Number.isFinite(number)) continue;
        const isRate = node.dataset.count === 'readingsPerSecond';
        node.textContent = isRate ? rate(number) : counted(number);
    }
    if (Number.isFinite(status.openAlerts)) {
        document.querySelector('[data-count-alerts]').classList.toggle('count-alert', status.openAlerts > 0);
    }
});

/** Puts an item on top of a feed and takes away what has grown too old. */
function prepend(feedId, item) {
    const feed = document.getElementById(feedId);
    feed.prepend(item);
    while (feed.children.length > feedLength) feed.lastElementChild.remove();
    feed.nextElementSibling.hidden = true;
    refreshTimes(item);
}

function nameOf(id) {
    return names.get(id) ?? map?.nameOf(id) ?? id;
}

/** A link to what an alert is about: an entity, else a device. */
function subject({ entityId, deviceId }) {
    if (entityId) return [element('a', { href: entityPath(entityId) }, nameOf(entityId)), ' · '];
    return deviceId ? ['device ', element('a', { href: devicePath(deviceId) }, deviceId), ' · '] : [];
}

on('alert', (alert) => {
    document.querySelector(`[data-alert="${CSS.escape(String(alert.id))}"]`)?.remove();
    const isOpen = alert.status === 'open';
    prepend('alert-feed', element(
        'li', { class: `feed-item feed-new severity-${alert.severity}`, 'data-alert': alert.id },
        icon(iconOf(alert.severity)),
        element('div', {},
            element('p', { class: 'feed-title' },
                element('span', { class: 'visually-hidden' }, `${alert.severity}: `), alert.title),
            element('p', { class: 'feed-text' },
                subject(alert), timeMark(alert.observedAt), !isOpen && ' · acknowledged'))));
    if (isOpen) announce(`${alert.severity} alert: ${alert.title}`);
});

on('refusal', (refusal) => {
    prepend('refusal-feed', element(
        'li', { class: 'feed-item feed-new feed-refusal' }, icon('refusals'),
        element('div', {},
            element('p', { class: 'feed-title' }, spaced(refusal.code),
                refusal.count > 1 && element('span', { class: 'times' }, ` × ${counted(refusal.count)}`)),
            element('p', { class: 'feed-text' },
                element('span', { class: 'mono' }, refusal.principal), ` at ${refusal.step} · `,
                timeMark(refusal.at)))));
});

// A busy city sends more events than a reader can follow: the newest of each entity is shown twice a second.
const pending = new Map();
let flush = null;

on('entity', (data) => {
    pending.set(data.id, data);
    flush ??= setTimeout(async () => {
        flush = null;
        const batch = [...pending.values()];
        pending.clear();
        for (const entity of batch) {
            const text = entity.summary ?? await summary(entity.attributes);
            map?.update(entity, text);
            updateListed(entity, text);
        }
    }, 500);
});

function updateListed(entity, text) {
    const item = listed.get(entity.id);
    if (!item) return;
    if (entity.state) item.querySelector('.state').replaceWith(stateMark(entity.state));
    if (text) item.querySelector('.brief-summary').textContent = text;
}
