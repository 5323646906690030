// C2SP signed-note and tlog-checkpoint: what a checkpoint says and whether the city has signed it.

import { fromBase64, isSame } from './merkle.js';

const encoder = new TextEncoder();
const ed25519 = 1;

/** Origin, size (BigInt) and root hash of a checkpoint; throws when it is not one. */
export function readCheckpoint(note) {
    const end = note.lastIndexOf('\n\n');
    if (end < 0) throw new Error('the checkpoint has no signatures');
    const text = note.slice(0, end + 1);
    const [origin, size, root] = text.split('\n');
    if (!origin || !/^(0|[1-9][0-9]*)$/.test(size ?? '') || !root) throw new Error('the checkpoint is malformed');
    return { text, origin, size: BigInt(size), root: fromBase64(root), signatures: note.slice(end + 2) };
}

/** Name, key hash and public key of a verifier key, `name+hash+base64`; throws when it is not one. */
export async function readVerifierKey(key) {
    const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(key.trim());
    if (!match) throw new Error('the verifier key is malformed');
    const bytes = fromBase64(match[3]);
    if (bytes[0] !== ed25519 || bytes.length !== 33) throw new Error('the verifier key is not an Ed25519 key');
    const hashed = new Uint8Array(
        await crypto.subtle.digest('SHA-256', new Uint8Array([...encoder.encode(`${match[1]}\n`), ...bytes])));
    const named = Uint8Array.from(match[2].match(/../g), (digits) => parseInt(digits, 16));
    if (!isSame(hashed.slice(0, 4), named)) throw new Error('the verifier key does not match its own hash');
    return { name: match[1], hash: named, publicKey: bytes.slice(1) };
}

/** `valid`, `invalid`, or `unsupported` where this browser cannot check Ed25519 signatures. */
export async function checkSignature(checkpoint, key) {
    let publicKey;
    try {
        publicKey = await crypto.subtle.importKey('raw', key.publicKey, { name: 'Ed25519' }, false, ['verify']);
    } catch {
        return 'unsupported';
    }
    for (const line of checkpoint.signatures.split('\n')) {
        const match = /^\u2014 (\S+) (\S+)$/.exec(line);
        if (!match || match[1] !== key.name) continue;
        const bytes = fromBase64(match[2]);
        if (!isSame(bytes.slice(0, 4), key.hash)) continue;
        const isValid = await crypto.subtle.verify(
            { name: 'Ed25519' }, publicKey, bytes.slice(4), encoder.encode(checkpoint.text));
        return isValid ? 'valid' : 'invalid';
    }
    return 'invalid';
}
