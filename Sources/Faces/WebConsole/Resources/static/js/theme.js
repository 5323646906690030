// Runs before the page is drawn, so that a chosen theme never flashes. Without a choice the system's theme applies.
(() => {
    try {
        const theme = localStorage.getItem('bastide.theme');
        if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
    } catch {
        // Storage is switched off: the system's theme applies.
    }
    document.documentElement.classList.add('scripted');
})();
