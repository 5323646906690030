// What every page has: the theme, moments in words, the count of open alerts, copying.

import { recall, remember } from './memory.js';
import { on } from './live.js';
import './renew.js';
import './times.js';

const themes = ['automatic', 'light', 'dark'];

function showTheme(button, theme) {
    const words = button.querySelector('[data-theme-words]');
    words.textContent = `Theme: ${theme}`;
    if (theme === 'automatic') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    document.dispatchEvent(new Event('themechange'));
}

for (const button of document.querySelectorAll('[data-theme-button]')) {
    let theme = themes.includes(recall('theme')) ? recall('theme') : 'automatic';
    showTheme(button, theme);
    button.hidden = false;
    button.addEventListener('click', () => {
        theme = themes[(themes.indexOf(theme) + 1) % themes.length];
        remember('theme', theme === 'automatic' ? null : theme);
        showTheme(button, theme);
    });
}

const account = document.querySelector('.account');
if (account) {
    document.addEventListener('click', (event) => {
        if (account.open && !account.contains(event.target)) account.open = false;
    });
    account.addEventListener('keydown', (event) => {
        if (event.key !== 'Escape' || !account.open) return;
        account.open = false;
        account.querySelector('summary').focus();
    });
}

const badge = document.querySelector('[data-open-alerts]');
on('status', ({ openAlerts }) => {
    if (!badge || !Number.isFinite(openAlerts)) return;
    badge.hidden = openAlerts === 0;
    badge.querySelector('[data-open-alerts-count]').textContent = openAlerts;
});

for (const button of document.querySelectorAll('[data-copy]')) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener('click', async () => {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
        const words = button.lastChild;
        words.textContent = 'Copied';
        setTimeout(() => { words.textContent = 'Copy'; }, 2000);
    });
}
