// What a page shows is as the server writes it now, after a gap in the stream: events were missed.

import { onReturn } from './live.js';
import { refreshTimes } from './times.js';

/** Puts the children of `fresh` in place of those of `node`; a link that has the focus keeps it. */
function replace(node, fresh) {
    const held = node.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
    node.replaceChildren(...fresh.childNodes);
    if (held) node.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus();
}

async function renew() {
    const nodes = [...document.querySelectorAll('[data-renew]')];
    if (nodes.length === 0) return;
    const response = await fetch(location.href, { headers: { Accept: 'text/html' } });
    // Something else than this page: its own stream will tell what has become of it.
    if (!response.ok || response.redirected) return;
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    for (const node of nodes) {
        const fresh = page.querySelector(`[data-renew="${CSS.escape(node.dataset.renew)}"]`);
        if (fresh) replace(node, fresh);
    }
    refreshTimes();
    document.dispatchEvent(new Event('renewed'));
}

onReturn(() => renew().catch(({ message }) => {
    // Tried again at the next return; values that go on changing are right in any case.
    console.warn(`the page could not be renewed: ${message}`);
}));
