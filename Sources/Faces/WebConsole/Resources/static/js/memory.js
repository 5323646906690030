// What the browser remembers for this console. Where storage is switched off it remembers nothing and nothing breaks.

export function recall(name) {
    try {
        return localStorage.getItem(`bastide.${name}`);
    } catch {
        return null;
    }
}

export function remember(name, text) {
    try {
        if (text === null) localStorage.removeItem(`bastide.${name}`);
        else localStorage.setItem(`bastide.${name}`, text);
    } catch {
        // Not remembered.
    }
}
