// Checks a reading's proof step by step, from its text to the signed checkpoint, taking no word for it.

import { fromBase64, hashes, isSame, leafHash, rootFromInclusion, toBase64 } from './merkle.js';
import { checkSignature, readCheckpoint, readVerifierKey } from './note.js';

/**
 * The steps of the proof in order, each `{title, outcome, facts, why}` with outcome `passed`, `failed` or `elsewhere`
 * (to be checked by another program). A step that fails is the last.
 */
export async function* steps(proof, asked) {
    yield reading(proof, asked);
    const leaf = await leafHash(proof.reading);
    const rule = 'SHA-256 of a zero byte and the text above.';
    yield passed('The hash of the reading', [['Leaf hash', toBase64(leaf)]], rule);

    const { batch } = proof;
    const batchRoot = await rootFromInclusion(leaf, batch.readingIndex, batch.readingCount, hashes(batch.readingProof));
    const named = fromBase64(JSON.parse(batch.text).readingsRoot);
    const hashCount = batch.readingProof.length;
    const place = `Entry ${batch.readingIndex + 1} of ${batch.readingCount}, ${hashCount} hashes on the way.`;
    yield compared('The batch holds the reading', batchRoot, named, [['Batch', batch.text]], place);

    const batchLeaf = await leafHash(batch.text);
    yield passed('The hash of the batch', [['Log leaf', toBase64(batchLeaf)]], 'The batch is a leaf of the ledger.');

    const checkpoint = readCheckpoint(proof.checkpoint);
    const { log } = proof;
    if (BigInt(log.treeSize) !== checkpoint.size) throw new Error('the proof and the checkpoint differ in size');
    const root = await rootFromInclusion(batchLeaf, log.leafIndex, log.treeSize, hashes(log.proof));
    const way = `Leaf ${log.leafIndex} of ${log.treeSize}, ${log.proof.length} hashes on the way.`;
    yield compared('The ledger holds the batch', root, checkpoint.root, [], way);
    yield signature(checkpoint, await readVerifierKey(proof.verifierKey), proof);
}

/** Every step, up to the first that fails; never throws. */
export async function verify(proof, asked, show) {
    let outcome = 'passed';
    try {
        for await (const step of steps(proof, asked)) {
            show(step);
            if (step.outcome === 'failed') return 'failed';
            if (step.outcome === 'elsewhere') outcome = 'elsewhere';
        }
    } catch (error) {
        show({ title: 'The proof cannot be read', outcome: 'failed', facts: [], why: `${error.message}.` });
        return 'failed';
    }
    return outcome;
}

function passed(title, facts, why) {
    return { title, outcome: 'passed', facts, why };
}

function compared(title, computed, expected, facts, why) {
    const isEqual = isSame(computed, expected);
    const root = [['Computed root', toBase64(computed)]];
    if (!isEqual) root.push(['Expected root', toBase64(expected)]);
    return { title, outcome: isEqual ? 'passed' : 'failed', facts: [...facts, ...root], why };
}

/** The text has to be about what was asked for: a true proof of another reading proves nothing here. */
function reading(proof, { entity, attribute, observedAt }) {
    const said = JSON.parse(proof.reading);
    const isAsked = said.entity === entity && said.attribute === attribute
        && new Date(said.observedAt).getTime() === new Date(observedAt).getTime();
    return {
        title: 'The reading', outcome: isAsked ? 'passed' : 'failed', facts: [['Text', proof.reading]],
        why: isAsked ? 'The exact text the city committed.' : 'This proof is about another reading than the one shown.',
    };
}

async function signature(checkpoint, key, proof) {
    const title = 'The city has signed the checkpoint';
    const facts = [['Checkpoint', proof.checkpoint], ['Verifier key', proof.verifierKey]];
    const result = await checkSignature(checkpoint, key);
    if (result === 'unsupported') {
        const why = 'This browser cannot check Ed25519 signatures; `bastide ledger verify` can, from the download.';
        return { title, outcome: 'elsewhere', facts, why };
    }
    const why = result === 'valid'
        ? 'Ed25519. Compare the verifier key with the one you have by another road.'
        : 'The signature is not that of this key over this text.';
    return { title, outcome: result === 'valid' ? 'passed' : 'failed', facts, why };
}
