// Whether the ledger of now is signed, and begins with the ledger this browser saw when it last looked.

import { counted } from './words.js';
import { fromBase64, hashes, isConsistent, toBase64 } from './merkle.js';
import { icon } from './dom.js';
import { checkSignature, readCheckpoint, readVerifierKey } from './note.js';
import { recallValue, remember } from './memory.js';
import { spoken } from './times.js';

const node = document.querySelector('[data-consistency]');
const whatToDo = 'Keep what is below and tell the city’s auditor.';
const firstTime = 'This browser sees the ledger for the first time and remembers its size, root and key. '
    + 'When you come back, it checks that nothing was changed in between.';

/** What the browser saw of this log, `{size, root, key, at}`; null when it never looked. */
function seenBefore(name) {
    const seen = recallValue(name);
    return /^\d+$/.test(seen?.size) && typeof seen.root === 'string' ? seen : null;
}

function say(state, mark, words, detail = null) {
    node.dataset.consistency = state;
    node.querySelector('[data-consistency-words]').replaceChildren(icon(mark), words);
    const more = node.querySelector('[data-consistency-detail]');
    more.hidden = detail === null;
    more.textContent = detail ?? '';
}

/** Whether the log that was seen is the beginning of the log that is signed now. */
async function isContinued(seen, { size, root }) {
    const before = BigInt(seen.size);
    if (size < before) return false;
    let proof = [];
    if (size > before && before > 0n) {
        const response = await fetch(`${node.dataset.path}?from=${before}&to=${size}`);
        if (!response.ok) throw new Error(`status ${response.status}`);
        proof = hashes((await response.json()).proof);
    }
    return isConsistent(before, fromBase64(seen.root), size, root, proof);
}

/** Why the checkpoint cannot be believed; null when it can, as far as this browser can tell. */
async function objection(checkpoint, key, seen) {
    if (seen?.key && seen.key !== key) return 'The ledger is signed with another key than when you last looked';
    const signature = await checkSignature(checkpoint, await readVerifierKey(key));
    return signature === 'invalid' ? 'The checkpoint’s signature is not that of the verifier key' : null;
}

async function check() {
    const checkpoint = readCheckpoint(document.getElementById('checkpoint-text').textContent);
    const key = document.getElementById('verifier-key').textContent.trim();
    const name = `ledger.${checkpoint.origin}`;
    const seen = seenBefore(name);
    const now = { size: String(checkpoint.size), root: toBase64(checkpoint.root), key, at: new Date().toISOString() };
    const when = seen ? spoken(seen.at) : '';
    const evidence = `then: size ${seen?.size}, root ${seen?.root}; now: size ${now.size}, root ${now.root}`;

    const problem = await objection(checkpoint, key, seen);
    if (problem) return say('failed', 'critical', `${problem}. ${whatToDo}`, evidence);
    if (!seen) {
        remember(name, JSON.stringify(now));
        return say('first', 'info', firstTime);
    }
    if (!await isContinued(seen, checkpoint)) {
        const finding = `The ledger is not what it was when you last looked, ${when}`;
        return say('failed', 'critical', `${finding}. ${whatToDo}`, evidence);
    }
    remember(name, JSON.stringify(now));
    const added = checkpoint.size - BigInt(seen.size);
    const noun = added === 1n ? 'batch was' : 'batches were';
    const grown = added === 0n ? 'Nothing was' : `${counted(Number(added))} ${noun}`;
    say('passed', 'seal', `${grown} added since you last looked, ${when}, and nothing was changed or taken away.`,
        `then: size ${seen.size}, root ${seen.root}`);
}

if (node && globalThis.crypto?.subtle) {
    check().catch(({ message }) => {
        say('unknown', 'info', `The check could not be made: ${message}. Reload to try again.`);
    });
} else if (node) {
    say('unknown', 'info', 'This browser makes the check only over HTTPS.');
}
