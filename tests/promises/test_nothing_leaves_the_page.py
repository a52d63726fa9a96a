"""Promises 6 and 7, in a real browser: no request leaves the origin, and a quick exit leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Request, WebSocket, expect

from tests.support.demo import Demo
from tests.support.visitors import PHONE, Visitors, begin, launched, mark, meet, ready, say, shows, visiting

PAGES = ("/", "/console", "/staff", "/acknowledge", "/privacy", "/leave", "/nothing-is-here")
REGISTERS = "/staff/phone"
"""The one page whose script may make a trusted address: that of the service worker of staff phones."""
ALONE = {"'none'", "'self'"}
WORDS = "Something that nobody else shall find on this phone"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


@pytest.fixture
def visitors(browser: Browser, demo: Demo) -> Iterator[Visitors]:
    with visiting(browser, demo) as people:
        yield people


class Requests:
    """Where everything that a context asks for goes, sockets and workers included."""

    def __init__(self, context: BrowserContext) -> None:
        self.hosts: set[str] = set()
        self.sockets = 0
        context.on("request", self._asked)
        context.on("page", lambda page: page.on("websocket", self._opened))

    def _asked(self, request: Request) -> None:
        self.hosts.add(urlsplit(request.url).netloc)

    def _opened(self, socket: WebSocket) -> None:
        self.sockets += 1
        self.hosts.add(urlsplit(socket.url).netloc)


def policy_of(demo: Demo, path: str) -> dict[str, set[str]]:
    header = demo.ask("GET", path).headers["content-security-policy"]
    return {name: set(rest.split()) for name, _, rest in (part.partition(" ") for part in header.split("; "))}


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_has_the_strictest_policy(path: str, demo: Demo) -> None:
    policy = policy_of(demo, path)
    own = urlsplit(demo.url)
    connects = policy.pop("connect-src") - {"'self'"}
    # Some browsers do not count a socket of the same origin as their own: it is named, under its port.
    assert f"ws://{own.netloc}" in connects
    assert {urlsplit(source).port for source in connects} == {own.port}
    assert {urlsplit(source).hostname for source in connects} <= {"127.0.0.1", "localhost"}
    assert policy.pop("default-src") == {"'none'"}
    assert policy.pop("script-src") == {"'self'"}
    assert policy.pop("require-trusted-types-for") == {"'script'"}
    for name in ("trusted-types", "form-action", "base-uri", "frame-ancestors"):
        assert policy.pop(name) == {"'none'"}
    assert set(policy) == {"style-src", "img-src", "font-src", "manifest-src"}
    assert all(sources == {"'self'"} for sources in policy.values())


def test_the_page_that_registers_a_worker_may_make_that_address_and_no_other(
    demo: Demo, visitors: Visitors
) -> None:
    policy, strictest = policy_of(demo, REGISTERS), policy_of(demo, "/staff")
    assert policy.pop("trusted-types") == {"warmline-worker"}
    assert strictest.pop("trusted-types") == {"'none'"}
    assert policy == strictest
    page = visitors.page(visitors.context(PHONE), REGISTERS)
    expect(mark(page, "phone")).to_be_visible()
    made = page.evaluate(
        """async () => {
          const tries = [
            () => navigator.serviceWorker.register("/staff/worker.js"),
            () => trustedTypes.createPolicy("another", {createScriptURL: (given) => given}),
            () => trustedTypes.createPolicy("warmline-worker", {}).createHTML("<b>"),
          ];
          const done = [];
          for (const one of tries) {
            try { await one(); done.push(true); } catch { done.push(false); }
          }
          return done;
        }"""
    )
    assert made == [False, False, False]
    visitors.faults.clear()  # what was stopped here was tried on purpose


def test_the_worker_of_staff_phones_reaches_no_page_and_keeps_nothing(demo: Demo) -> None:
    answer = demo.ask("GET", "/staff/worker.js")
    script = answer.body.decode()
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "service-worker-allowed" not in answer.headers  # so it cannot reach beyond /staff/
    assert not [word for word in ('"fetch"', "caches", "indexedDB", "importScripts") if word in script]


def test_no_page_asks_anybody_else_or_breaks_the_policy(visitors: Visitors) -> None:
    """All pages, signed out and in, up to where each has its socket; `visitors` holds the violations to 0."""
    own = {urlsplit(visitors.url).netloc}
    for path in PAGES:
        context = visitors.context(PHONE)
        asked = Requests(context)
        page = visitors.page(context, path)
        expect(page.locator("body")).to_be_visible()
        assert page.evaluate("window.policyFaults") == []
        assert asked.hosts == own
    for name, path in (("sam", "/console"), ("omar", "/staff")):
        first = visitors.teammate(name, path)
        expect(mark(first, "link")).to_have_attribute("data-link", "open")
        asked = Requests(first.context)
        page = visitors.page(first.context, path)
        # The first tab says that the other has taken over: so the other has its socket.
        expect(mark(first, "elsewhere")).to_be_visible()
        assert page.evaluate("window.policyFaults") == []
        assert asked.hosts == own
        assert asked.sockets >= 1


def test_a_request_that_would_leave_is_stopped_and_heard_of(browser: Browser, demo: Demo) -> None:
    """The watch of the test above hears what it listens for."""
    people = Visitors(browser, demo)
    page = people.page(people.context(PHONE), "/")
    page.evaluate(
        """() => new Promise((heard) => {
          document.addEventListener("securitypolicyviolation", () => heard(true));
          const image = new Image();
          image.src = "http://elsewhere.example/pixel";
          document.body.append(image);
        })"""
    )
    assert page.evaluate("window.policyFaults.length") == 1
    with pytest.raises(Error, match="Failed to fetch"):
        page.evaluate("fetch('http://elsewhere.example/')")
    people.go_home()


@pytest.mark.parametrize("way", ["button", "shift"])
def test_a_quick_exit_blanks_the_page_ends_the_conversation_and_leaves_nothing(
    visitors: Visitors, way: str
) -> None:
    seeker, console = visitors.seeker(), visitors.teammate("sam")
    ready(console)
    begin(seeker)
    meet(seeker, console)
    say(seeker, WORDS)
    shows(console, WORDS)
    assert left_at_once(seeker, way) == 0
    seeker.wait_for_url("**/leave")
    expect(mark(console, "wrapup")).to_be_visible()  # which a supporter gets when a conversation has ended
    assert found(seeker) == []
    seeker.go_back()
    assert mark(seeker, "message").count() == 0
    assert WORDS not in seeker.content()
    assert "main" not in seeker.content()  # an empty page, from before the visit


def left_at_once(seeker: Page, way: str) -> int:
    """What is still on the page when the very task in which the person acted is over."""
    left: int = seeker.evaluate(
        """(way) => {
          if (way === "button") document.querySelector("#leave").click();
          else for (let n = 0; n < 3; n += 1) dispatchEvent(new KeyboardEvent("keydown", {key: "Shift"}));
          return document.body.childElementCount + document.body.textContent.trim().length
            + document.title.length;
        }""",
        way,
    )
    return left


def found(seeker: Page) -> list[str]:
    """Where the words, or anything else of the visit, can still be found."""
    places = {
        "page": WORDS in seeker.content(),
        "cookies": bool(seeker.context.cookies()),
        "storage": seeker.evaluate("sessionStorage.length + localStorage.length") > 0,
        "caches": seeker.evaluate("globalThis.caches ? caches.keys().then((all) => all.length) : 0") > 0,
        "workers": seeker.evaluate(
            "navigator.serviceWorker ? navigator.serviceWorker.getRegistrations().then((a) => a.length) : 0"
        )
        > 0,
    }
    return [place for place, there in places.items() if there]
