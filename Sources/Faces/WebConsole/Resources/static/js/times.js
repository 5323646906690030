// Shows moments as people speak of them, in the reader's own time zone; the exact moment is in the tooltip.

const format = (options) => new Intl.DateTimeFormat('en-GB', options);
const exact = format({ dateStyle: 'long', timeStyle: 'long' });
const sameYear = format({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const otherYear = format({ dateStyle: 'medium' });
const formats = {
    moment: format({ dateStyle: 'medium', timeStyle: 'medium' }), time: format({ hour: '2-digit', minute: '2-digit' }),
    day: format({ weekday: 'short', day: 'numeric' }),
};

/** A moment in full, or only its `time` or `day`; the console speaks British English throughout. */
export const spoken = (moment, form = 'moment') => formats[form].format(new Date(moment));

function words(moment, now) {
    const seconds = Math.round((now - moment) / 1000);
    if (seconds >= 0 && seconds < 5) return 'just now';
    if (seconds >= 0 && seconds < 60) return `${seconds} s ago`;
    if (seconds >= 0 && seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
    if (seconds >= 0 && seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
    const isThisYear = moment.getFullYear() === now.getFullYear();
    return isThisYear ? sameYear.format(moment) : otherYear.format(moment);
}

/** Brings the words of every moment under `root` up to date. */
export function refreshTimes(root = document) {
    const now = new Date();
    for (const node of root.querySelectorAll('time[data-time]')) {
        const moment = new Date(node.dateTime);
        if (Number.isNaN(moment.getTime())) continue;
        const text = words(moment, now);
        if (node.textContent !== text) node.textContent = text;
        if (!node.title) node.title = exact.format(moment);
    }
}

refreshTimes();
setInterval(refreshTimes, 5000);
