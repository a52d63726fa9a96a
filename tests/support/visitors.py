"""People with browsers: seekers on phones, supporters and staff at desks, and what each page must not do."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    expect,
    sync_playwright,
)

from tests.support.chromium import find
from tests.support.demo import Demo
from tests.support.process import Installation

Scheme = Literal["light", "dark"]
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1440, "height": 900}
PATIENCE = 15_000.0
"""Milliseconds after which something that should show counts as missing."""
_WEB = Path(__file__).parents[2] / "chat" / "web"
_AXE = _WEB / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = "WARMLINE_PICTURES"
"""`readme` in this variable writes the pictures of the README anew; a path writes all pictures there."""
_SHOWN = _WEB / "pictures"
_README = {
    "talk-light": "seeker-conversation",
    "finding-light": "console-conversation",
    "alert-light": "staff-alert",
}
"""The screens that the README shows, and the names of their pictures there."""
_WATCH = """
window.policyFaults = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.policyFaults.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
_RULES = """
async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}`));
}
"""
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def mark(page: Page, name: str) -> Locator:
    """The element with this mark for tests."""
    return page.locator(f'[data-test="{name}"]')


def label(page: Page, name: str) -> Locator:
    """The label of a radio button or box with this mark; the button itself lies invisible under it."""
    return page.locator(f'label:has([data-test="{name}"])')


def on_screen(page: Page, name: str) -> None:
    """Waits until the seeker's page shows this screen."""
    expect(page.locator(f'main[data-screen="{name}"]')).to_be_visible()


@dataclass
class Mortal:
    """An installation whose server a test kills and starts again."""

    installation: Installation
    demo: Demo
    ready: Callable[[], None]
    """Waits until the server answers."""


class Visitors:
    """Opens pages, keeps what was wrong on any of them, and sends everybody home."""

    def __init__(self, browser: Browser, demo: Demo) -> None:
        expect.set_options(PATIENCE)
        self.faults: list[str] = []
        self._browser = browser
        self._demo = demo
        self._contexts: list[BrowserContext] = []
        self._seekers: list[Page] = []
        self._team: list[Page] = []

    @property
    def url(self) -> str:
        return self._demo.url

    def context(self, size: dict[str, int], scheme: Scheme = "light", **more: Any) -> BrowserContext:
        context = self._browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            color_scheme=scheme,
            reduced_motion="reduce",
            locale="en-GB",
            **more,
        )
        context.set_default_timeout(PATIENCE)
        context.add_init_script(_WATCH)
        self._contexts.append(context)
        return context

    def page(self, context: BrowserContext, path: str) -> Page:
        page = context.new_page()
        page.on("request", self._requested)
        page.on("console", self._told)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error.name}: {error.message}"))
        page.goto(self.url + path)
        return page

    def _requested(self, request: Request) -> None:
        if not request.url.startswith((self.url, self.url.replace("http", "ws", 1), "data:", "blob:")):
            self.faults.append(f"request: {request.url}")

    def _told(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "TrustedHTML" in message.text:
            self.faults.append(f"policy: {message.text}")

    def seeker(self, scheme: Scheme = "light", **more: Any) -> Page:
        """A seeker's phone with the page open."""
        page = self.page(self.context(PHONE, scheme, has_touch=True, **more), "/")
        self._seekers.append(page)
        return page

    def teammate(self, name: str, path: str = "/console", scheme: Scheme = "light", **more: Any) -> Page:
        """A signed-in person's screen."""
        context = self.context(DESK, scheme, **more)
        key, _, value = self._demo.cookie(name).partition("=")
        context.add_cookies([{"name": key, "value": value, "url": self.url, "sameSite": "Strict"}])
        page = self.page(context, path)
        self._team.append(page)
        return page

    def sign_in(self, page: Page, name: str) -> None:
        """Signs in by the form, as a person does."""
        person = self._demo.people[name]
        mark(page, "email").fill(person["email"])
        mark(page, "password").fill(person["password"])
        mark(page, "sign-in").click()
        self._team.append(page)

    def look(self, page: Page, name: str) -> None:
        """Looks at a screen as it stands: accessibility, policy, width; and takes its picture on request."""
        if not page.evaluate("typeof axe === 'object'"):
            page.evaluate(_AXE.read_text())
        self.faults += [f"{name}: axe {fault}" for fault in page.evaluate(_RULES)]
        self.faults += [f"{name}: policy {fault}" for fault in page.evaluate("window.policyFaults")]
        if (wide := page.evaluate(_OVERFLOW)) > 0:
            self.faults.append(f"{name}: scrolls sideways by {wide} px")
        picture(page, name)

    def go_home(self) -> None:
        """Ends every conversation, closes every desk, and closes the pages."""
        with contextlib.suppress(Error, AssertionError):
            for page in self._seekers:
                if page.locator("#leave").count():
                    page.evaluate("document.querySelector('#leave').click()")  # a sheet may lie over it
                    page.wait_for_url("**/leave")
        for page in self._team:
            with contextlib.suppress(Error, AssertionError):
                if mark(page, "status").count():
                    page.evaluate("document.querySelector('[data-test=status-off]').click()")
                    expect(page.locator('[data-test="status"][data-standing="off"]')).to_be_visible()
        for context in self._contexts:
            context.close()


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """A running browser. While it runs, its thread has an event loop that nothing else can use."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        yield running
        running.close()


@contextlib.contextmanager
def visiting(
    browser: Browser, demo: Demo, defects: Callable[[], list[str]] | None = None
) -> Iterator[Visitors]:
    """People with browsers, whose pages did nothing in the end that a page must not do.

    `defects` finds what the server got wrong; by default whatever it calls an error.
    """
    visitors = Visitors(browser, demo)
    try:
        yield visitors
    finally:
        visitors.go_home()
    assert visitors.faults == [], visitors.faults
    assert (defects or demo.defects)() == []


def picture(page: Page, name: str) -> None:
    """Writes a picture of the page, when pictures are asked for."""
    asked = os.environ.get(PICTURES)
    if asked == "readme" and name in _README:
        page.screenshot(path=_SHOWN / f"{_README[name]}.png")
    elif asked and asked != "readme":
        page.screenshot(path=Path(asked) / f"{name}.png")


def begin(page: Page) -> None:
    """From the first screen to waiting in line, without answering anything."""
    mark(page, "start").click()
    mark(page, "start-now").click()
    on_screen(page, "waiting")


def ready(page: Page) -> None:
    """Opens the desk. A debrief still offered from a conversation before is answered whenever it comes."""
    page.add_locator_handler(mark(page, "debrief-sheet"), lambda _: mark(page, "debrief-no").click())
    label(page, "status-ready").click()
    expect(page.locator('[data-test="status"][data-standing="ready"]')).to_be_visible()


def open_to_debrief(page: Page) -> None:
    """From here on a debrief that is offered stays, for the test to answer."""
    page.remove_locator_handler(mark(page, "debrief-sheet"))


def say(page: Page, text: str) -> None:
    mark(page, "composer").fill(text)
    mark(page, "send").click()


def shows(page: Page, text: str) -> None:
    """Waits until a message with this text is shown, and holds that it is shown once."""
    expect(mark(page, "message").filter(has_text=text)).to_have_count(1)


def meet(seeker: Page, console: Page) -> None:
    """The supporter accepts the one who waits; both are in the conversation."""
    mark(console, "accept").click()
    on_screen(seeker, "talk")
    expect(mark(console, "pane")).to_be_visible()


def tab_to(page: Page, name: str) -> None:
    """Presses Tab until the element with this mark has the focus, which must be visible there."""
    expect(mark(page, name)).to_be_visible()
    for _ in range(60):
        if page.evaluate("document.activeElement?.dataset?.test") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} cannot be reached with Tab")
