// How numbers, units and names are written: as the server writes them (`NumberWords`, `Vocabulary`).

const vocabulary = fetch(new URL('../vocabulary.json', import.meta.url))
    .then((response) => (response.ok ? response.json() : { units: {}, names: {} }))
    .catch(() => ({ units: {}, names: {} }));

/** A measured number with no more decimals than help. */
export function measured(number) {
    if (!Number.isFinite(number)) return '–';
    const size = Math.abs(number);
    if (size >= 1e15) return String(number);
    const decimals = size >= 1000 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4;
    const scale = 10 ** decimals;
    const units = Math.round(size * scale);
    const whole = Math.floor(units / scale).toString().replace(/\B(?=(\d{3})+$)/g, ',');
    const fraction = String(units % scale).padStart(decimals, '0').replace(/0+$/, '');
    return (number < 0 && units > 0 ? '\u2212' : '') + whole + (fraction ? `.${fraction}` : '');
}

/** A rate per second: always one decimal, so that a changing number stays in its place. */
export function rate(number) {
    const text = measured(Math.round(number * 10) / 10);
    return text.includes('.') ? text : `${text}.0`;
}

/** A count, in groups of three. */
export const counted = (number) => measured(Math.round(number));

/** A name of the data model as words: `AirQualityObserved` is “Air quality observed”. */
export function spaced(name) {
    const parts = name.replace(/[_-]+/g, ' ').replace(/([a-z0-9])([A-Z])/g, '$1 $2')
        .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2').trim().split(/\s+/);
    const words = parts.map((part, index) => (index > 0 && !/[A-Z]/.test(part.slice(1)) ? part.toLowerCase() : part));
    const text = words.join(' ');
    return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The words for a property and the symbol of a unit. */
export async function written(name, unitCode) {
    const { units, names } = await vocabulary;
    return { name: names[name.toLowerCase()] ?? spaced(name), unit: unitCode ? (units[unitCode] ?? unitCode) : '' };
}

/** A value of any kind JSON has, in a few words. */
export function shown(value) {
    if (typeof value === 'number') return measured(value);
    if (typeof value === 'boolean') return value ? 'yes' : 'no';
    return typeof value === 'string' ? value : JSON.stringify(value);
}
