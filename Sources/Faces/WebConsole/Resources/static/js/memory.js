// What the browser remembers for this console. Where storage is switched off it remembers nothing and nothing breaks.

export function recall(name) {
    try {
        return localStorage.getItem(`bastide.${name}`);
    } catch {
        return null;
    }
}

/** What was remembered as JSON; null when there is nothing or it is damaged. */
export function recallValue(name) {
    try {
        return JSON.parse(recall(name));
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
