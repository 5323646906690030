// The one stream of events of a page, whether it flows, and what is said of it to those who listen to the page.

const reconnectAfter = 5000;
const announceEvery = 10000;
const handlers = new Map();
const announcer = document.getElementById('announcer');
const indicator = document.querySelector('[data-live]');
let source = null;
let waiting = [];
let announceTimer = null;

/** Calls `handler` with the data of every event of `type`. */
export function on(type, handler) {
    handlers.set(type, [...(handlers.get(type) ?? []), handler]);
}

/** Says `text` politely, at most once in ten seconds; what comes in between is counted. */
export function announce(text) {
    waiting.push(text);
    announceTimer ??= setTimeout(speak, waiting.length > 1 ? announceEvery : 1000);
}

function speak() {
    const latest = waiting.at(-1);
    const text = waiting.length > 1 ? `${waiting.length} updates. ${latest}` : latest;
    if (announcer && text) announcer.textContent = text;
    waiting = [];
    announceTimer = setTimeout(() => {
        announceTimer = null;
        if (waiting.length > 0) speak();
    }, announceEvery);
}

function show(state, words) {
    if (!indicator || indicator.dataset.live === state) return;
    const wasBroken = indicator.dataset.live === 'reconnecting';
    indicator.hidden = false;
    indicator.dataset.live = state;
    indicator.querySelector('[data-live-words]').textContent = words;
    if (state === 'reconnecting') announce('Connection lost. Reconnecting.');
    if (state === 'live' && wasBroken) announce('Live again.');
}

function receive(type, event) {
    let data;
    try {
        data = JSON.parse(event.data);
    } catch {
        return;
    }
    for (const handler of handlers.get(type) ?? []) handler(data);
}

function connect(url) {
    source = new EventSource(url);
    source.addEventListener('open', () => show('live', 'live'));
    source.addEventListener('error', () => {
        show('reconnecting', 'reconnecting…');
        // The browser tries again by itself unless the server has answered with an error.
        if (source.readyState === EventSource.CLOSED) setTimeout(() => connect(url), reconnectAfter);
    });
    for (const type of ['entity', 'alert', 'refusal', 'status']) {
        source.addEventListener(type, (event) => receive(type, event));
    }
}

const url = document.body.dataset.events;
if (url) {
    show('connecting', 'connecting…');
    connect(url);
    window.addEventListener('pagehide', () => source.close());
    window.addEventListener('pageshow', (event) => event.persisted && connect(url));
}
