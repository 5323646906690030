// The one stream of events of a page, whether it flows, and what is said of it to those who look at the page or listen.

import { spoken } from './times.js';

const announceEvery = 10000;
// How long a page may be out of sight before it stops listening, and with that stops keeping its session alive.
const unseenFor = 60000;
// How long without a stream before a page says so, and without a word before a stream counts as dead: the city says how
// it is every two seconds.
const [brokenFor, silentFor] = [5000, 20000];
const [firstPause, longestPause] = [2000, 60000];

const url = document.body.dataset.events;
const handlers = new Map();
const returns = [];
const announcer = document.getElementById('announcer');
const indicator = document.querySelector('[data-live]');
const age = document.querySelector('[data-age]');
let waiting = [];
let announceTimer = null;

let source = null;
let heardAt = null;
let pause = firstPause;
const timers = { broken: null, retry: null, unseen: null };

/** Calls `handler` with the data of every event of `type`. */
export function on(type, handler) {
    handlers.set(type, [...(handlers.get(type) ?? []), handler]);
}

/** Calls `handler` when the stream flows again after a gap, in which events were missed. */
export const onReturn = (handler) => returns.push(handler);

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
    indicator.hidden = false;
    indicator.dataset.live = state;
    indicator.querySelector('[data-live-words]').textContent = words;
}

/** Says on the page why it no longer changes and since when; nothing when `words` is null. */
function tellAge(words, mayReturn = true) {
    age.hidden = words === null;
    if (age.hidden) return;
    const since = heardAt ? ` What is shown is as of ${spoken(heardAt, 'time')}.` : '';
    age.querySelector('[data-age-words]').textContent = words + since;
    const link = age.querySelector('a');
    link.hidden = mayReturn;
    link.search = new URLSearchParams({ returnTo: location.pathname + location.search });
}

function clear(...names) {
    for (const name of names) {
        clearTimeout(timers[name]);
        timers[name] = null;
    }
}

function receive(type, event) {
    heardAt = Date.now();
    let data;
    try {
        data = JSON.parse(event.data);
    } catch {
        return;
    }
    for (const handler of handlers.get(type) ?? []) handler(data);
}

function connect() {
    clear('retry');
    source?.close();
    const own = new EventSource(url);
    source = own;
    own.addEventListener('open', flow);
    own.addEventListener('error', () => own === source && lose());
    for (const type of ['entity', 'alert', 'refusal', 'status']) {
        own.addEventListener(type, (event) => receive(type, event));
    }
}

function flow() {
    const [isReturn, wasBroken] = [heardAt !== null, indicator?.dataset.live === 'reconnecting'];
    heardAt = Date.now();
    pause = firstPause;
    clear('broken');
    show('live', 'live');
    tellAge(null);
    if (wasBroken) announce('Live again.');
    if (isReturn) returns.forEach((handler) => handler());
}

function lose() {
    timers.broken ??= setTimeout(() => {
        show('reconnecting', 'reconnecting…');
        tellAge('The connection is lost.');
        announce('Connection lost. Reconnecting.');
    }, brokenFor);
    // The browser tries again by itself unless the server has answered, and not with a stream.
    if (source.readyState === EventSource.CLOSED) ask();
}

/** Finds out why there is no stream, which the browser does not say: a session that has ended comes to no other end. */
async function ask() {
    const own = source;
    let status = 0;
    try {
        ({ status } = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(silentFor) }));
    } catch {
        // The server is not there: asked again later.
    }
    if (own !== source) return;
    if (status === 401 || status === 403) return end();
    timers.retry = setTimeout(connect, pause);
    pause = Math.min(2 * pause, longestPause);
}

function end() {
    stop();
    show('ended', 'signed out');
    tellAge('You are signed out.', false);
    announce('You are signed out. The page no longer changes.');
}

function stop() {
    clear('broken', 'retry');
    source?.close();
    source = null;
}

function rest() {
    stop();
    show('connecting', 'connecting…');
}

function seen() {
    clear('unseen');
    if (document.hidden) timers.unseen = setTimeout(rest, unseenFor);
    else if (!source) connect();
}

if (url) {
    show('connecting', 'connecting…');
    connect();
    seen();
    document.addEventListener('visibilitychange', seen);
    window.addEventListener('pagehide', stop);
    window.addEventListener('pageshow', (event) => event.persisted && seen());
    setInterval(() => {
        if (source?.readyState !== EventSource.OPEN || Date.now() - heardAt < silentFor) return;
        lose();
        connect();
    }, brokenFor);
}
