// On lists that stay as they are while somebody reads them: says how many newer things there are, and offers them.

import { announce, on } from './live.js';

for (const node of document.querySelectorAll('[data-fresh]')) {
    const words = node.querySelector('[data-fresh-words]');
    let count = 0;
    on(node.dataset.fresh, (data) => {
        if (data.status && data.status !== 'open') return;
        count += 1;
        node.hidden = false;
        words.textContent = `Show ${count} ${count === 1 ? node.dataset.one : node.dataset.many}`;
        announce(`${count} ${count === 1 ? node.dataset.one : node.dataset.many}`);
    });
}
