// The dialog that fetches a proof, has it checked and shows each step.

import { element, icon } from './dom.js';
import { verify } from './proof.js';

const dialog = document.getElementById('proof');
const result = dialog?.querySelector('[data-result]');
const list = dialog?.querySelector('[data-steps]');

const marks = { passed: 'check', failed: 'revoked', elsewhere: 'info' };
const results = {
    passed: ['passed', 'seal', 'Verified in this browser: the reading is in the ledger, exactly as committed.'],
    elsewhere: ['elsewhere', 'info', 'Every hash is right. Check the signature with `bastide ledger verify`.'],
    failed: ['failed', 'critical', 'Not verified. Download the proof and tell the city’s administrator.'],
};

function say([state, mark, words]) {
    result.dataset.result = state;
    result.replaceChildren(icon(mark), element('span', {}, words));
}

function show({ title, outcome, facts, why }) {
    const terms = facts.flatMap(([name, text]) => [
        element('dt', {}, name), element('dd', {}, element('code', { tabindex: text.length > 90 ? 0 : null }, text)),
    ]);
    list.append(element(
        'li', { class: `proof-step proof-${outcome}` }, icon(marks[outcome]),
        element('div', {},
            element('h3', {}, title, element('span', { class: 'visually-hidden' }, `: ${outcome}`)),
            element('p', {}, why), terms.length > 0 && element('dl', {}, terms))));
}

async function open(link) {
    const url = new URL(link.href);
    const asked = Object.fromEntries(url.searchParams);
    list.replaceChildren();
    dialog.querySelector('[data-download]').href = link.href;
    say(['working', 'pause', 'Fetching the proof…']);
    dialog.showModal();
    if (!globalThis.crypto?.subtle) {
        return say(['failed', 'info', 'This browser checks proofs only over HTTPS. Download it to check it offline.']);
    }
    try {
        const response = await fetch(url, { headers: { Accept: 'application/json' } });
        if (!response.ok) throw new Error(await refusal(response));
        say(results[await verify(await response.json(), asked, show)]);
    } catch (error) {
        say(['failed', 'critical', `The proof could not be fetched: ${error.message}. Try again.`]);
    }
}

/** What an error answer says, in the form of RFC 9457 where it has that form. */
async function refusal(response) {
    const problem = await response.json().catch(() => null);
    return problem?.detail ?? problem?.title ?? `status ${response.status}`;
}

if (dialog?.showModal) {
    dialog.querySelector('[data-close]').addEventListener('click', () => dialog.close());
    dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
    const teach = () => document.querySelectorAll('[data-proof]').forEach((link) => {
        link.querySelector('[data-proof-words]').textContent = 'Verify this reading';
        link.setAttribute('role', 'button');
        link.removeAttribute('download');
        link.addEventListener('click', (event) => {
            event.preventDefault();
            open(link);
        });
        link.addEventListener('keydown', (event) => {
            if (event.key !== ' ') return;
            event.preventDefault();
            open(link);
        });
    });
    teach();
    document.addEventListener('renewed', teach);
}
