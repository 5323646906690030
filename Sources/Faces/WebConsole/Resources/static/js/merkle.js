// RFC 6962 §2.1: the hashes of a Merkle tree and the proofs that lead to its root. Sizes and indexes are BigInt.

const encoder = new TextEncoder();

async function sha256(...parts) {
    const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let offset = 0;
    for (const part of parts) {
        bytes.set(part, offset);
        offset += part.length;
    }
    return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** The hash of a leaf with this text: SHA-256(0x00 ‖ text). */
export const leafHash = (text) => sha256(Uint8Array.of(0), encoder.encode(text));

const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

export function fromBase64(text) {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

export function toBase64(bytes) {
    return btoa(String.fromCharCode(...bytes));
}

/** Hashes given as base64; throws when one is not 32 bytes. */
export function hashes(texts) {
    if (!Array.isArray(texts)) throw new Error('the proof is not a list of hashes');
    return texts.map((text) => {
        const bytes = fromBase64(text);
        if (bytes.length !== 32) throw new Error('a hash of the proof is not 32 bytes long');
        return bytes;
    });
}

/**
 * The root that the inclusion proof of leaf `index` in a tree of `size` leaves leads to (RFC 9162 §2.1.3.2).
 * Throws when the proof has not the length such a proof has.
 */
export async function rootFromInclusion(leaf, index, size, proof) {
    let position = BigInt(index);
    let last = BigInt(size) - 1n;
    if (position < 0n || position > last) throw new Error('the index is outside the tree');
    let hash = leaf;
    for (const sibling of proof) {
        if (last === 0n) throw new Error('the proof is too long');
        if (position & 1n || position === last) {
            hash = await nodeHash(sibling, hash);
            while (!(position & 1n) && position !== 0n) {
                position >>= 1n;
                last >>= 1n;
            }
        } else {
            hash = await nodeHash(hash, sibling);
        }
        position >>= 1n;
        last >>= 1n;
    }
    if (last !== 0n) throw new Error('the proof is too short');
    return hash;
}

/**
 * Whether the tree of `newSize` leaves with root `newRoot` begins with the tree of `oldSize` leaves with root `oldRoot`
 * (RFC 9162 §2.1.4.2).
 */
export async function isConsistent(oldSize, oldRoot, newSize, newRoot, proof) {
    const [from, to] = [BigInt(oldSize), BigInt(newSize)];
    if (from > to || from < 0n) return false;
    if (from === to) return proof.length === 0 && isSame(oldRoot, newRoot);
    if (from === 0n) return proof.length === 0;
    const path = (from & (from - 1n)) === 0n ? [oldRoot, ...proof] : [...proof];
    if (path.length === 0) return false;
    let position = from - 1n;
    let last = to - 1n;
    while (position & 1n) {
        position >>= 1n;
        last >>= 1n;
    }
    let older = path[0];
    let newer = path[0];
    for (const sibling of path.slice(1)) {
        if (last === 0n) return false;
        if (position & 1n || position === last) {
            older = await nodeHash(sibling, older);
            newer = await nodeHash(sibling, newer);
            while (!(position & 1n) && position !== 0n) {
                position >>= 1n;
                last >>= 1n;
            }
        } else {
            newer = await nodeHash(newer, sibling);
        }
        position >>= 1n;
        last >>= 1n;
    }
    return last === 0n && isSame(older, oldRoot) && isSame(newer, newRoot);
}

export function isSame(left, right) {
    return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
