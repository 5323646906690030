"""Chromium without a screen, seen at one size: opens pages, waits for what they show, hears what they complain of."""

import base64
import os
import shutil

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException, TimeoutException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

# How long anything may take that is not an event of the town: generous, for slow machines.
USUAL_SECONDS = 60
POLL_SECONDS = 0.2


def first_program(*names):
    """The path of the first of these programs that is installed."""
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    raise RuntimeError(f"none of these is installed: {', '.join(names)}")


def start_driver():
    """Chromium, for a server whose certificate is signed by an authority that no browser knows."""
    options = Options()
    options.binary_location = first_program("chromium", "google-chrome", "chromium-browser")
    options.accept_insecure_certs = True
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in ("--headless=new", "--disable-dev-shm-usage", "--no-proxy-server", "--hide-scrollbars"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    return webdriver.Chrome(service=Service(first_program("chromedriver")), options=options)


class Browser:
    """A driver, the town's address, and the size of the window."""

    def __init__(self, driver, url, width, height):
        self.driver = driver
        self.url = url
        self.width = width
        self.height = height
        is_phone = width < 600
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=is_phone)
        self.command("Emulation.setTouchEmulationEnabled", enabled=is_phone)
        self.show_scheme("light")

    def command(self, name, **parameters):
        """A command of the Chrome DevTools protocol."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def show_scheme(self, scheme, motion="no-preference"):
        """Prefers `light` or `dark`, and `reduce` for motion, as the system would."""
        self.command("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": motion}])

    # Pages

    def go(self, path):
        """Opens a page by its address."""
        self.driver.get(self.url + path)
        self.until("the page is complete", lambda: self.run("return document.readyState") == "complete")

    def leave(self, action):
        """Does what leads to another page, and waits until that is there."""
        self.run("window.isOldPage = true")
        action()
        self.until("another page comes", lambda: self.run(
            "return !window.isOldPage && document.readyState === 'complete'"))

    def follow(self, selector):
        """Clicks what leads to another page."""
        self.leave(lambda: self.press(selector))

    def path(self):
        """The address of this page, without the server."""
        return self.driver.current_url.removeprefix(self.url)

    def in_another_tab(self, action):
        """Does something in a tab of its own and comes back."""
        first = self.driver.current_window_handle
        self.driver.switch_to.new_window("tab")
        try:
            action()
        finally:
            self.driver.close()
            self.driver.switch_to.window(first)

    # What is on a page

    def run(self, script, *arguments):
        """Runs JavaScript in the page."""
        return self.driver.execute_script(script, *arguments)

    def all(self, selector):
        """The elements there are now."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def find(self, selector):
        """The first element that people can see; waits for it."""
        return self.until(f"`{selector}` is visible", lambda: next(
            (node for node in self.all(selector) if node.is_displayed()), None))

    def text(self, selector):
        """What people read there; waits until there is something."""
        return self.until(f"`{selector}` says something", lambda: self.find(selector).text.strip())

    def press(self, selector):
        """Scrolls there and clicks."""
        node = self.find(selector)
        self.run("arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })", node)
        node.click()

    def write(self, selector, text):
        """Types into a field, in place of what it holds."""
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def choose(self, selector, value):
        """Chooses from a list."""
        Select(self.find(selector)).select_by_value(value)

    def until(self, what, condition, seconds=USUAL_SECONDS):
        """Waits until `condition()` is true, and returns what it gave."""
        wait = WebDriverWait(
            self.driver, seconds, POLL_SECONDS, (NoSuchElementException, StaleElementReferenceException))
        try:
            return wait.until(lambda _: condition())
        except TimeoutException:
            raise AssertionError(f"after {seconds} s it is not so that {what}, on {self.path()}") from None

    # What the page complains of

    def complaints(self):
        """What was written to the console as an error since last asked: scripts, the policy, what was not found."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def expect_complaint(self, status):
        """A page that is itself an error is one in the console too: that one, and no other, is as it should be."""
        others = [line for line in self.complaints() if f"status of {status}" not in line]
        assert not others, f"the console says: {others}"

    def save_picture(self, path):
        """The window as a PNG."""
        picture = self.command("Page.captureScreenshot", format="png")
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))
