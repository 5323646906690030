// Whether the ledger of now begins with the ledger this browser saw when it last looked.

import { counted } from './words.js';
import { fromBase64, hashes, isConsistent } from './merkle.js';
import { icon } from './dom.js';
import { recall, remember } from './memory.js';
import { spoken } from './times.js';

const node = document.querySelector('[data-consistency]');

/** What the browser saw of this log, `{size, root, at}`; nil when it never looked. */
function seenBefore(name) {
    try {
        const seen = JSON.parse(recall(name) ?? 'null');
        return seen && /^\d+$/.test(seen.size) && typeof seen.root === 'string' ? seen : null;
    } catch {
        return null;
    }
}

function say(state, mark, words, detail = null) {
    node.dataset.consistency = state;
    node.querySelector('[data-consistency-words]').replaceChildren(icon(mark), words);
    const more = node.querySelector('[data-consistency-detail]');
    more.hidden = detail === null;
    more.textContent = detail ?? '';
}

async function compare(seen, { path, size, root }) {
    if (BigInt(size) < BigInt(seen.size)) return false;
    let proof = [];
    if (BigInt(size) > BigInt(seen.size) && BigInt(seen.size) > 0n) {
        const response = await fetch(`${path}?from=${seen.size}&to=${size}`);
        if (!response.ok) throw new Error(`status ${response.status}`);
        proof = hashes((await response.json()).proof);
    }
    return isConsistent(seen.size, fromBase64(seen.root), size, fromBase64(root), proof);
}

async function check() {
    const now = node.dataset;
    const name = `ledger.${now.origin}`;
    const seen = seenBefore(name);
    const memory = JSON.stringify({ size: now.size, root: now.root, at: new Date().toISOString() });
    if (!seen) {
        remember(name, memory);
        return say('first', 'info', 'This browser sees the ledger for the first time and remembers its size and root. When you come back, it checks that nothing was changed in between.');
    }
    const when = spoken(seen.at);
    if (!await compare(seen, now)) {
        return say(
            'failed', 'critical',
            `The ledger is not what it was when you last looked, ${when}. Keep what is below and tell the city’s auditor.`,
            `then: size ${seen.size}, root ${seen.root}; now: size ${now.size}, root ${now.root}`);
    }
    remember(name, memory);
    const added = BigInt(now.size) - BigInt(seen.size);
    const grown = added === 0n ? 'Nothing was added' : `${counted(Number(added))} batches were added`;
    say('passed', 'seal', `${grown} since you last looked, ${when}, and nothing was changed or taken away.`,
        `then: size ${seen.size}, root ${seen.root}`);
}

if (node && globalThis.crypto?.subtle) {
    check().catch((error) => say('unknown', 'info', `The check could not be made: ${error.message}. Reload to try again.`));
} else if (node) {
    say('unknown', 'info', 'This browser makes the check only over HTTPS.');
}
