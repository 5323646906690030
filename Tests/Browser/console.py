#!/usr/bin/env python3
"""The web console in a real browser: a day's work of an operator in the demo town, at a desk and on a phone.

    console.py

Starts the program itself: BASTIDE_BINARY, or what `swift build -c release` has made. Prints `ok NAME` or
`not ok NAME: why` for each check and exits with 1 when one has failed. Pictures of the pages, and of what a check that
failed has seen, go to the directory BASTIDE_SCREENSHOTS, else to one of their own that is named at the end.
Needs Chromium (or Chrome), its driver, and Selenium for Python: in Debian chromium, chromium-driver, python3-selenium.
"""

import os
import re
import signal
import sys
import tempfile

sys.dont_write_bytecode = True

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from browser import Browser, start_driver
from live import LiveWork
from page_rules import broken_rules
from town import Town

# A desk and a phone: width and height in CSS pixels.
SIZES = ((1440, 900), (390, 844))
# The first thing happens a minute after the start; how soon a detector speaks of it depends on the devices' intervals.
ALERT_SECONDS = 240
# Markup and quotes: what people type is shown as they typed it, and never becomes part of a page.
NOTE = "crew sent <b>now</b> & \"told\" the mayor's office"

# The canvas with the marks, as one number: it changes when a mark does.
MARKS = """
const canvas = document.querySelector('.leaflet-marker-pane canvas');
if (!canvas || !canvas.width) return null;
const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
let [drawn, hash] = [0, 0];
for (let index = 0; index < data.length; index += 4) {
    if (data[index + 3] > 0) drawn += 1;
    hash = (Math.imul(hash, 31) + data[index] + data[index + 1] * 3 + data[index + 2] * 7 + data[index + 3]) | 0;
}
return { drawn, hash };
"""

# Where a mark can be clicked, in pixels of the window: a spot of one colour that nothing covers.
SPOT = """
const canvas = document.querySelector('.leaflet-marker-pane canvas');
const { left, top, width } = canvas.getBoundingClientRect();
const scale = canvas.width / width;
const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
const pixel = (x, y) => [0, 1, 2, 3].map((part) => data[(y * canvas.width + x) * 4 + part]).join();
for (let y = 1; y < canvas.height - 1; y += 1) {
    for (let x = 1; x < canvas.width - 1; x += 1) {
        const own = pixel(x, y);
        if (!own.endsWith(',255')) continue;
        if ([[1, 0], [-1, 0], [0, 1], [0, -1]].some(([right, down]) => pixel(x + right, y + down) !== own)) continue;
        const spot = { x: Math.round(left + x / scale), y: Math.round(top + y / scale) };
        if (document.elementFromPoint(spot.x, spot.y) === canvas) return spot;
    }
}
return null;
"""

# The times below the first chart, once its line spans most of it.
SPANNED = """
const chart = document.querySelector('.charts .stage');
const line = chart.querySelector('.plot-line');
const axis = chart.querySelector('.plot-axis line');
if (!line || line.getBBox().width < axis.getBBox().width * 0.75) return null;
return [...chart.querySelectorAll('.plot-time')].map((node) => node.textContent).join(', ');
"""

# From now on the page is given proofs of readings that somebody has changed.
TAMPER = """
const fetch = window.fetch;
window.fetch = async (...request) => {
    const proof = await (await fetch(...request)).json();
    proof.reading = proof.reading.replace(/"value":/, '"value":1');
    return new Response(JSON.stringify(proof));
};
"""


class Operator(LiveWork):
    """What an operator does, each step one check: a method that returns when all is as it should be, or raises."""

    def __init__(self, browser, town):
        self.browser = browser
        self.town = town

    # Coming in

    def _try_to_sign_in(self, name, password):
        self.browser.write("#gate-name", name)
        self.browser.write("#gate-password", password)
        self.browser.follow(".gate-card form button")

    def is_told_nothing_by_a_wrong_password(self):
        """A wrong password and an unknown name get the same words."""
        browser = self.browser
        browser.go("/sign-in")
        self._try_to_sign_in(self.town.operator, "not the password")
        wrong_password = browser.text("#gate-problem")
        assert browser.find("#gate-password").get_attribute("value") == "", "the password was sent back"
        self._try_to_sign_in("nobody", self.town.password)
        unknown_name = browser.text("#gate-problem")
        assert wrong_password == unknown_name, f"`{wrong_password}` is not `{unknown_name}`"
        browser.expect_complaint(401)

    def signs_in(self):
        """And comes to the page that was asked for."""
        self.browser.go("/ledger")
        assert self.browser.path() == "/sign-in?returnTo=%2Fledger", self.browser.path()
        self._try_to_sign_in(self.town.operator, self.town.password)
        assert self.browser.path() == "/ledger", self.browser.path()

    # The overview

    def sees_the_map(self):
        """The plan, its devices as marks, that all is simulated, and that the page is live."""
        browser = self.browser
        browser.go("/")
        browser.until("the plan is drawn", lambda: browser.all(".leaflet-plan-pane canvas"))
        browser.until("marks are drawn", lambda: (browser.run(MARKS) or {"drawn": 0})["drawn"] > 1_000)
        browser.find("#map-legend")
        if browser.width > 1_000:
            fits = browser.run("return document.scrollingElement.scrollHeight <= innerHeight")
            assert fits, "the map can be scrolled away"
        browser.find(".leaflet-control-zoom-in")
        assert browser.text(".simulated") == "Simulated"
        browser.until("the page is live", lambda: browser.text("[data-live='live']") == "live")

    def sees_the_page_change_by_itself(self):
        """Numbers, lists and marks follow the town without another page being fetched."""
        browser = self.browser
        browser.go("/")
        browser.run("window.isSamePage = true")
        browser.until("marks are drawn", lambda: browser.run(MARKS))
        for what, look in {
            "the map": lambda: browser.run(MARKS)["hash"],
            "the size of the ledger": lambda: browser.text("[data-count='ledgerSize']"),
            "the list of entities": lambda: browser.text("#entity-list"),
        }.items():
            before = look()
            browser.until(f"{what} changes", lambda look=look, before=before: look() != before)
        browser.until("hundreds of devices are connected", lambda: int(
            browser.text("[data-count='devicesConnected']").replace(",", "")) > 300)
        assert browser.run("return window.isSamePage"), "the page was fetched again"

    def opens_an_entity_from_the_map(self):
        """By its mark."""
        browser = self.browser
        browser.go("/")
        spot = browser.until("a mark can be clicked", lambda: browser.run(MARKS) and browser.run(SPOT))
        actions = ActionChains(browser.driver)
        actions.w3c_actions.pointer_action.move_to_location(spot["x"], spot["y"])
        actions.w3c_actions.pointer_action.click()
        actions.perform()
        name = browser.text(".map-card h3")
        browser.follow(".map-card a.button")
        assert browser.text("h1") == name, f"the mark of {name} leads to {browser.text('h1')}"

    # Entities

    def finds_an_entity(self):
        """The list, narrowed by type, then by text, then to nothing."""
        browser = self.browser
        browser.go("/")
        browser.follow(".sections a[href='/entities']")
        total = len(browser.all("tbody tr"))
        browser.choose("#filter-type", "AirQualityObserved")
        browser.follow(".filter button")
        kinds = {node.text for node in browser.all("tbody [data-label='Type']")}
        assert total and len(kinds) == 1, f"{total} rows, then of the types {kinds}"
        name = browser.text("tbody th a")
        browser.write("#filter-text", name)
        browser.follow(".filter button")
        names = [node.text for node in browser.all("tbody th a")]
        assert names and all(name.lower() in found.lower() for found in names), f"`{name}` finds {names}"
        browser.write("#filter-text", "<script>no such thing</script>")
        browser.follow(".filter button")
        assert browser.text(".empty h2") == "No entity matches"

    def _open_an_entity(self):
        self.browser.go("/entities?type=AirQualityObserved")
        self.browser.follow("tbody th a")

    def reads_a_chart(self):
        """It has a line, a value, a table, and other times for another range."""
        browser = self.browser
        self._open_an_entity()
        times = set()
        for seconds in (86_400, 3_600, 604_800):
            browser.press(f"[data-range='{seconds}']")
            times.add(browser.until("a line spans the new range", lambda: next(
                (axis for axis in [browser.run(SPANNED)] if axis and axis not in times), None)))
        assert re.match(r"\u2212?[\d,.]+ µg/m³ ", browser.text(".readout")), browser.text(".readout")
        browser.press(".chart-table summary")
        browser.until("the table has rows", lambda: len(browser.all(".small-table tbody tr")) > 10)

    def verifies_a_reading(self):
        """Step by step, to the signature of the city."""
        browser = self.browser
        self._open_an_entity()
        browser.press("[data-proof]")
        browser.until("the proof is checked", lambda: not browser.all("[data-result='working']"))
        assert browser.text("[data-result='passed']").startswith("Verified in this browser"), browser.text("#proof")
        outcomes = [node.get_attribute("class") for node in browser.all(".proof-step")]
        assert len(outcomes) == 6 and all("proof-passed" in outcome for outcome in outcomes), outcomes
        assert not broken_rules(browser), broken_rules(browser)
        ActionChains(browser.driver).send_keys(Keys.ESCAPE).perform()
        browser.until("the dialog is closed", lambda: not browser.all("#proof[open]"))

    def is_warned_of_a_changed_reading(self):
        """A proof of another value than the one committed fails."""
        browser = self.browser
        self._open_an_entity()
        browser.run(TAMPER)
        browser.press("[data-proof]")
        assert browser.text("[data-result='failed']").startswith("Not verified"), browser.text("#proof")
        browser.find(".proof-failed")

    # Devices

    def suspends_and_resumes_a_device(self):
        """Only after a confirmation, and with a reason."""
        browser = self.browser
        browser.go("/devices")
        browser.write("#filter-text", "air quality")
        browser.follow(".filter button")
        browser.follow("tbody th a")
        browser.follow(".actions a[href$='confirm=suspend']")
        browser.follow(".confirm .button-quiet")
        assert "Active" in browser.text(".states"), "it is suspended although that was cancelled"
        for action, status in (("suspend", "Suspended"), ("resume", "Active")):
            browser.follow(f".actions a[href$='confirm={action}']")
            browser.press(".confirm button")
            assert browser.all("#confirm-reason:invalid"), "no reason was asked for"
            browser.write("#confirm-reason", NOTE)
            browser.follow(".confirm button")
            assert status.lower() in browser.text(".notice-done"), browser.text(".notice-done")
            assert status in browser.text(".states"), browser.text(".states")
            assert NOTE in browser.text("main"), "the reason is not shown as it was typed"

    def disconnects_a_client(self):
        """From its device's page, only after a confirmation; the device comes back by itself."""
        browser = self.browser
        browser.go("/devices?connection=connected")
        browser.follow("tbody th a")
        device = browser.text(".page-head .mono")
        browser.follow("a[href^='/sessions?q=']")
        browser.follow("tbody th a")
        assert f"device/{device}" in browser.text(".page-head"), browser.text(".page-head")
        browser.follow(".actions a[href$='confirm=disconnect']")
        browser.follow(".confirm .button-quiet")
        assert "Connected" in browser.text(".states"), "it is disconnected although that was cancelled"
        session = browser.find("h1").text
        browser.follow(".actions a[href$='confirm=disconnect']")
        browser.follow(".confirm button")
        assert f"{session} is disconnected" in browser.text(".notice-done"), browser.text(".notice-done")

        def isBack():
            browser.go(f"/sessions?connection=connected&q=device%2F{device}")
            return browser.all("tbody th a")

        browser.until("the device is back", isBack, 60)

    # Alerts, refusals, ledger

    def acknowledges_an_alert(self):
        """When something happens: the list says so by itself."""
        browser = self.browser
        browser.go("/alerts")
        if not browser.all(".alerts li"):
            browser.until("an alert comes", lambda: browser.all(".fresh:not([hidden]) a"), ALERT_SECONDS)
            browser.find("[data-open-alerts]")
            browser.follow(".fresh a")
        alert = browser.find(".alerts li").get_attribute("id")
        browser.press(f"#{alert} .alert-form summary")
        browser.write(f"#{alert} [name='note']", NOTE)
        browser.follow(f"#{alert} .alert-form button")
        assert "acknowledged" in browser.text(".notice-done"), browser.text(".notice-done")
        assert not browser.all(f"#{alert}"), "it is still among the open ones"
        browser.follow(".tabs a[href$='status=acknowledged']")
        assert NOTE in browser.text(f"#{alert} .alert-ack"), browser.text(f"#{alert}")

    def reads_refusals(self):
        """Those of the sign-in page are there, with the step that said no, and not what was typed as a name."""
        browser = self.browser
        browser.go("/refusals")
        browser.choose("#filter-step", "identify")
        browser.write("#filter-text", "sign-in")
        browser.follow(".filter button")
        assert "name or password is wrong" in browser.text("tbody"), browser.text("tbody")
        assert "nobody" not in browser.text("tbody"), "a name that does not exist was kept"

    def reads_the_ledger(self):
        """The checkpoint is signed, and what this browser saw before is its beginning."""
        browser = self.browser
        browser.go("/ledger")
        origin, size, root, *_ = browser.text("#checkpoint-text").splitlines()
        assert origin in browser.text(".ledger-facts"), origin
        assert int(size) > 0 and len(root) == 44, browser.text("#checkpoint-text")
        browser.until("the checkpoint is remembered", lambda: browser.run(
            "return Object.keys(localStorage).some((name) => name.startsWith('bastide.ledger.'))"))
        browser.go("/ledger")
        told = browser.text("[data-consistency='passed']")
        assert "nothing was changed" in told, told

    # Whatever the page

    def gets_pages_in_good_order(self):
        """Structure, names, room: on every page."""
        browser = self.browser
        broken = []
        for path in self.pages().values():
            browser.go(path)
            broken += [f"{path}: {rule}" for rule in broken_rules(browser)]
        assert not broken, "; ".join(broken)

    def is_told_what_is_not_there(self):
        """By a page that is as good as the others."""
        browser = self.browser
        browser.go("/entities/urn:ngsi-ld:Nothing:1")
        assert "404" in browser.text(".trouble-status"), browser.text("main")
        assert not broken_rules(browser), broken_rules(browser)
        browser.expect_complaint(404)

    def can_skip_the_navigation(self):
        """With the first key that is pressed."""
        browser = self.browser
        browser.go("/entities")
        ActionChains(browser.driver).send_keys(Keys.TAB).perform()
        assert browser.driver.switch_to.active_element.text == "Skip to content"
        ActionChains(browser.driver).send_keys(Keys.ENTER).perform()
        assert browser.run("return document.activeElement.id") == "main"

    def chooses_a_theme(self):
        """And finds it again on the next page."""
        browser = self.browser
        browser.go("/")
        ground = "return getComputedStyle(document.body).backgroundColor"
        light = browser.run(ground)
        browser.press(".account summary")
        for _ in range(2):
            browser.press("[data-theme-button]")
        assert browser.run(ground) != light, "dark looks like light"
        browser.go("/entities")
        assert browser.run(ground) != light, "the theme is forgotten"
        browser.run("localStorage.removeItem('bastide.theme')")

    def pages(self):
        """The addresses of pages of each kind, by name."""
        browser = self.browser
        links = {}
        for kind, path in (
            ("entity", "/entities?type=AirQualityObserved"), ("device", "/devices"), ("session", "/sessions"),
        ):
            browser.go(path)
            links[kind] = browser.find("tbody th a").get_attribute("href").removeprefix(browser.url)
        return {
            "overview": "/", "entities": "/entities", "entity": links["entity"], "devices": "/devices",
            "device": links["device"], "device-suspend": links["device"] + "?confirm=suspend",
            "sessions": "/sessions", "session": links["session"], "session-end": links["session"] + "?confirm=end",
            "alerts": "/alerts?status=all", "refusals": "/refusals", "ledger": "/ledger",
        }

    def _photograph(self, directory, page, path):
        browser = self.browser
        browser.go(path)
        if page == "overview":
            browser.until("marks are drawn", lambda: browser.run(MARKS))
        elif page == "entity":
            browser.find(".plot-line")
        browser.until("the page is live", lambda: not browser.all("[data-live='connecting']"))
        grounds = set()
        for scheme in ("dark", "light"):
            browser.show_scheme(scheme, motion="reduce")
            grounds.add(browser.run("return getComputedStyle(document.body).backgroundColor"))
            browser.save_picture(os.path.join(directory, f"{page}-{browser.width}-{scheme}.png"))
        browser.show_scheme("light")
        assert len(grounds) == 2, f"{page} looks the same in the dark"

    def sees_the_gate_in_both_schemes(self, directory):
        """As the system prefers, before anybody has signed in."""
        self._photograph(directory, "sign-in", "/sign-in")

    def sees_pages_in_both_schemes(self, directory):
        """Each page, once its numbers, marks and charts are there."""
        for page, path in self.pages().items():
            self._photograph(directory, page, path)

    def leaves(self):
        """What needs a session then asks for one."""
        browser = self.browser
        browser.go("/")
        browser.press(".account summary")
        browser.follow(".account-menu form button")
        assert browser.path() == "/signed-out", browser.path()
        assert not broken_rules(browser), broken_rules(browser)
        browser.go("/alerts")
        assert browser.path() == "/sign-in?returnTo=%2Falerts", browser.path()
        assert not broken_rules(browser), broken_rules(browser)


class Report:
    """Says how each check went."""

    def __init__(self, pictures):
        self.pictures = pictures
        self.failed = 0

    def say(self, name, why=None):
        """One line: `ok`, or `not ok` and why."""
        self.failed += why is not None
        print(f"ok {name}" if why is None else f"not ok {name}: {' '.join(why.split())}", flush=True)

    def check(self, browser, step, *arguments):
        """Takes one step; the page must not have complained meanwhile."""
        name = f"an operator {step.__name__.replace('_', ' ')} ({browser.width} px)"
        try:
            step(*arguments)
            complaints = browser.complaints()
            assert not complaints, f"the console says: {complaints}"
        except (AssertionError, WebDriverException, ValueError) as error:
            browser.complaints()
            browser.save_picture(os.path.join(self.pictures, f"failed-{step.__name__}-{browser.width}.png"))
            self.say(name, getattr(error, "msg", None) or str(error) or repr(error))
            return False
        self.say(name)
        return True


def work_through(operator, report):
    """A day's work at one size of window."""
    browser = operator.browser
    report.check(browser, operator.is_told_nothing_by_a_wrong_password)
    report.check(browser, operator.sees_the_gate_in_both_schemes, report.pictures)
    if not report.check(browser, operator.signs_in):
        return
    for step in (
        operator.sees_the_map, operator.sees_the_page_change_by_itself, operator.opens_an_entity_from_the_map,
        operator.walks_the_map_by_keyboard, operator.sees_a_device_fall_silent, operator.sees_a_new_device_appear,
        operator.is_told_that_the_connection_is_lost, operator.is_told_that_the_session_has_ended,
        operator.finds_an_entity, operator.reads_a_chart, operator.hears_a_chart_only_when_moving_along_it,
        operator.is_not_stopped_by_strange_numbers, operator.verifies_a_reading,
        operator.is_warned_of_a_changed_reading, operator.suspends_and_resumes_a_device,
        operator.disconnects_a_client,
        operator.acknowledges_an_alert, operator.reads_refusals, operator.reads_the_ledger,
        operator.gets_pages_in_good_order, operator.is_told_what_is_not_there, operator.can_skip_the_navigation,
        operator.chooses_a_theme,
    ):
        report.check(browser, step)
    report.check(browser, operator.sees_pages_in_both_schemes, report.pictures)
    report.check(browser, operator.leaves)


def main():
    """Both sizes in one town, one browser after the other; then the town is asked to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    pictures = os.environ.get("BASTIDE_SCREENSHOTS") or tempfile.mkdtemp(prefix="bastide-screenshots-")
    os.makedirs(pictures, exist_ok=True)
    report = Report(pictures)
    with Town() as town:
        for width, height in SIZES:
            driver = start_driver()
            try:
                work_through(Operator(Browser(driver, town.url, width, height), town), report)
            finally:
                driver.quit()
        report.say("the town runs until it is asked to stop", town.why_it_ended())
        status = town.stop()
        report.say("the town stops when it is asked to", None if status == 0 else f"with status {status}")
    print(f"pictures are in {pictures}")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
