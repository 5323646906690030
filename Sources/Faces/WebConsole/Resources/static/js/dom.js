// Makes elements. Text only ever becomes text nodes and attribute values: nothing here parses HTML.

const svgNames = new Set(['svg', 'use', 'path', 'line', 'circle', 'g', 'text', 'title', 'rect', 'polygon']);

/** An element with attributes and children; children that are null or false are left out. */
export function element(name, attributes = {}, ...children) {
    const node = svgNames.has(name)
        ? document.createElementNS('http://www.w3.org/2000/svg', name)
        : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (value === null || value === undefined || value === false) continue;
        node.setAttribute(key, value === true ? '' : String(value));
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
    return node;
}

/** One of the symbols of `icons.mustache`. */
export function icon(name) {
    return element('svg', { class: 'icon', 'aria-hidden': 'true' }, element('use', { href: `#i-${name}` }));
}

const stateIcons = {
    normal: 'check', alert: 'alert', offline: 'offline', notice: 'info', warning: 'alert', critical: 'critical',
};

/** The name of the icon that belongs to a state or a severity. */
export const iconOf = (state) => stateIcons[state] ?? 'dot';

/** A state as the server writes it: shape, word, colour. */
export function stateMark(state) {
    const key = stateIcons[state] ? state : 'offline';
    const words = key.charAt(0).toUpperCase() + key.slice(1);
    return element('span', { class: `state state-${key}` }, icon(iconOf(key)), words);
}

/** A moment as the server writes it; `times.js` puts it into words. */
export function timeMark(observedAt) {
    return element('time', { datetime: observedAt, 'data-time': true }, observedAt);
}

const segment = (id) => encodeURIComponent(id).replaceAll('%3A', ':');

export const entityPath = (id) => `/entities/${segment(id)}`;

export const devicePath = (id) => `/devices/${segment(id)}`;
