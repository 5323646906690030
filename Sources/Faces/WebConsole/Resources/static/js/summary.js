// The most telling observations of an entity in a few words, from the data of an `entity` event.

import { shown, written } from './words.js';

const most = 3;

/** `PM10 21.4 µg/m³ · NO₂ 18 µg/m³`; empty when there is nothing to say. */
export async function summary(attributes = {}) {
    const telling = Object.entries(attributes).filter(([, { value }]) => value !== null && typeof value !== 'object');
    const parts = await Promise.all(telling.slice(0, most).map(async ([attribute, { value, unitCode }]) => {
        const { name, unit } = await written(attribute, unitCode);
        return `${name} ${shown(value)}${unit && typeof value === 'number' ? ` ${unit}` : ''}`;
    }));
    return parts.join(' · ');
}
