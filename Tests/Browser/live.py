"""What an operator notices of a page that changes by itself, or no longer does: more steps for console.py."""

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

# How often all charts of this page together have been read out loud, by their live regions.
HEARD = """
window.heard = 0;
for (const region of document.querySelectorAll('.chart-card [aria-live]')) {
    new MutationObserver(() => { window.heard += 1; }).observe(
        region, { childList: true, characterData: true, subtree: true });
}
"""

# How many lines each of these series gets across its chart.
HOSTILE_SERIES = """
const module = document.querySelector('script[type=module]').src.replace(/[^/]*$/, 'plot.js');
const { Plot } = await import(module);
return arguments[0].map((values) => new Plot({
    width: 400, height: 200, points: values.map((value, index) => ({ at: index * 60000, value: Number(value) })),
    alerts: [], from: 0, to: 86400000,
}).svg.querySelectorAll('.plot-axis:not(.plot-time)').length);
"""


class LiveWork:
    """Steps of an operator: needs `browser` and `town`."""

    # States

    def sees_a_device_fall_silent(self):
        """The page says so, and that it is back, without being fetched again."""
        browser = self.browser
        browser.go("/")
        # One that is not in alert: that would be said instead.
        entity = browser.find("#entity-list li:has(.state-normal)").get_attribute("data-entity")
        browser.follow(f"#entity-list li[data-entity='{entity}'] a")
        device = browser.text(".facts a[href^='/devices/']")
        browser.go("/")
        state = f"#entity-list li[data-entity='{entity}'] .state"
        browser.run("window.isSamePage = true")
        browser.until("the page is live", lambda: browser.text("[data-live='live']"))
        for action, is_offline in (("suspend", True), ("resume", False)):
            self.town.command("device", action, device, "--reason", "somebody looks at the page")
            browser.until(f"it shows {device} after {action}", lambda is_offline=is_offline: (
                browser.all(state) and (browser.text(state) == "Offline") == is_offline))
        assert browser.run("return window.isSamePage"), "the page was fetched again"

    def sees_a_new_device_appear(self):
        """On the map that is open."""
        browser = self.browser
        browser.go("/")
        shown = "return [...document.querySelectorAll('#map-types .figures')].reduce(" \
            "(sum, node) => sum + Number(node.textContent.replace(',', '')), 0)"
        before = browser.until("marks are counted", lambda: browser.run(shown))
        browser.until("the page is live", lambda: browser.text("[data-live='live']"))
        self.town.command(
            "device", "add", f"new-{browser.width}", "--type", "air-quality-station", "--name", "At the weir",
            "--location", self.town.centre())
        browser.until("a mark is added", lambda: browser.run(shown) == before + 1)

    # The stream

    def is_told_that_the_connection_is_lost(self):
        """Since when, and no longer once it is back; what was missed meanwhile is made up for."""
        browser = self.browser
        browser.go("/")
        browser.until("the page is live", lambda: browser.text("[data-live='live']"))
        browser.run("document.querySelector('[data-renew=refusals]').append(document.createElement('hr'))")
        # A town that does not answer is as one behind a cable that is cut: nothing tells the browser.
        with self.town.asleep():
            browser.until("the page says so", lambda: browser.all("[data-live='reconnecting']"))
            told = browser.text("[data-age-words]")
            assert told.startswith("The connection is lost. What is shown is as of "), told
        browser.until("the page is live again", lambda: browser.all("[data-live='live']"))
        assert not browser.find("main").find_elements("css selector", "[data-age]:not([hidden])")
        browser.until("the feeds are fetched again", lambda: not browser.all("[data-renew=refusals] hr"))

    def is_told_that_the_session_has_ended(self):
        """And comes back to the same page by signing in."""
        browser = self.browser
        browser.go("/entities?type=AirQualityObserved")
        browser.until("the page is live", lambda: browser.all("[data-live='live']"))
        browser.in_another_tab(self._sign_out)
        browser.until("the page says so", lambda: browser.all("[data-live='ended']"))
        assert browser.text("[data-age-words]").startswith("You are signed out."), browser.text("[data-age-words]")
        browser.expect_complaint(401)
        browser.follow("[data-age] a")
        self._try_to_sign_in(self.town.operator, self.town.password)
        assert browser.path() == "/entities?type=AirQualityObserved", browser.path()
        browser.go("/refusals?step=identify")
        assert "present a certificate of this city" not in browser.text("main"), browser.text("main")

    def _sign_out(self):
        self.browser.go("/")
        self.browser.press(".account summary")
        self.browser.follow(".account-menu form button")

    # Keyboard and ear

    def walks_the_map_by_keyboard(self):
        """From mark to mark and back to where the walk began."""
        browser = self.browser
        browser.go("/")
        browser.until("marks are counted", lambda: browser.all("#map-types .figures"))
        # The first frame of the map is chosen when its marks are there.
        browser.find(".map-walk button[title='Next entity']").send_keys(Keys.ENTER)
        names = []
        for _ in range(3):
            names.append(browser.text(".leaflet-popup:last-child .map-card h3"))
            focus = browser.run("return document.activeElement.closest('.map-card')?.querySelector('h3').textContent")
            assert focus == names[-1], f"{names[-1]} is shown, the focus is at {focus}"
            outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid", "nobody sees where the focus is"
            ActionChains(browser.driver).send_keys(Keys.ARROW_RIGHT).perform()
        assert len(set(names)) == 3, names
        ActionChains(browser.driver).send_keys(Keys.ESCAPE).perform()
        assert browser.run("return document.activeElement.title") == "Next entity"
        browser.until("the card is closed", lambda: not browser.all(".leaflet-popup"))

    def hears_a_chart_only_when_moving_along_it(self):
        """New values are shown, not read out loud."""
        browser = self.browser
        self._open_an_entity()
        browser.find(".plot-line")
        browser.run(HEARD)
        before = browser.text("tbody time")
        browser.run("window.isSamePage = true")
        shown = browser.run("return [...document.querySelectorAll('tbody time')].map((node) => node.dateTime).join()")
        browser.until("a new value comes", lambda: shown != browser.run(
            "return [...document.querySelectorAll('tbody time')].map((node) => node.dateTime).join()"), 120)
        assert browser.run("return window.heard") == 0, f"since {before}, new values were read out loud"
        browser.run("document.querySelector('.charts .stage').focus()")
        ActionChains(browser.driver).send_keys(Keys.ARROW_LEFT).perform()
        browser.until("the value there is read out loud", lambda: browser.run("return window.heard") == 1)

    def is_not_stopped_by_strange_numbers(self):
        """A chart of any numbers is drawn, with few lines or none."""
        self.browser.go("/alerts")
        series = [
            ["1e16", "10000000000000002"], ["-1.79e308", "1.79e308"], ["5e-324", "1e-323"], ["0", "0"], ["20", "21"]]
        lines = self.browser.run(HOSTILE_SERIES, series)
        assert all(count <= 20 for count in lines) and lines[0] == 0 and lines[-1] > 2, lines
