"""What holds of every page, whoever looks at it and with whatever: structure, names, room."""

# What people operate, by the role that the accessibility tree gives it.
OPERATED = {"link", "button", "checkbox", "combobox", "textbox", "searchbox", "radio", "DisclosureTriangle"}

# WCAG 2.2, 2.5.8: the least side of a target, in CSS pixels.
LEAST_TARGET = 24

STRUCTURE = """
const shown = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: false });
const ids = [...document.querySelectorAll('[id]')].map((node) => node.id);
const fields = [...document.querySelectorAll('input, select, textarea')].filter((node) => node.type !== 'hidden');
const targets = [...document.querySelectorAll('button, .button, summary, select, input, nav a')]
    .filter((node) => shown(node) && node.type !== 'hidden' && node.type !== 'checkbox');
const levels = [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].filter(shown)
    .map((node) => Number(node.tagName[1]));
return {
    language: document.documentElement.lang,
    title: document.title.trim(),
    h1: document.querySelectorAll('h1').length,
    mains: document.querySelectorAll('main').length,
    repeatedIDs: [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))],
    unlabelled: fields.filter((node) => node.labels.length === 0 && !node.ariaLabel).map((node) => node.outerHTML),
    small: targets.filter((node) => {
        const { width, height } = node.getBoundingClientRect();
        return width < arguments[0] || height < arguments[0];
    }).map((node) => node.outerHTML.slice(0, 120)),
    skipped: levels.some((level, index) => level > (levels[index - 1] ?? 0) + 1) ? levels : [],
    contentWidth: document.scrollingElement.scrollWidth,
    layoutWidth: window.innerWidth,
};
"""


def nameless(browser):
    """The roles of what can be operated and has no name that a screen reader could say."""
    nodes = [node for node in browser.command("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]
    operated = [node for node in nodes if node["role"]["value"] in OPERATED]
    return [node["role"]["value"] for node in operated if not node["name"]["value"].strip()]


def broken_rules(browser):
    """Which rules this page breaks, in words."""
    page = browser.run(STRUCTURE, LEAST_TARGET)
    rules = {
        "the document says its language": page["language"] == "en",
        "the document has a title": page["title"].count("·") == 2,
        "there is one h1": page["h1"] == 1,
        "there is one main": page["mains"] == 1,
        f"ids are there once: {page['repeatedIDs']}": not page["repeatedIDs"],
        f"fields have labels: {page['unlabelled']}": not page["unlabelled"],
        f"targets are at least {LEAST_TARGET} pixels wide and high: {page['small']}": not page["small"],
        f"headings skip no level: {page['skipped']}": not page["skipped"],
        f"nothing is wider than the window: {page['contentWidth']} in {page['layoutWidth']} for {browser.width}":
            max(page["contentWidth"], page["layoutWidth"]) <= browser.width,
    }
    broken = [rule for rule, holds in rules.items() if not holds]
    roles = nameless(browser)
    return broken + ([f"what can be operated has a name: {roles}"] if roles else [])
