"""Whether on-call staff can be reached, and one tap, in a real browser.

Chromium has no push service of its own here, so the page is given a subscription at one on loopback; what it
gets is opened with the keys of that subscription and handed to the page's real service worker.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Worker, expect

from chat.web.icons import GROUND, ICONS, SAFE
from tests.support.demo import Demo, running_demo
from tests.support.listeners import Listener, heard
from tests.support.push_service import PushService, push_service
from tests.support.visitors import PHONE, Visitors, begin, mark, visiting

NUMBER = "+44 1632 960000"
_SUBSCRIBES = """
const given = %s;
const made = {...given, toJSON: () => given, unsubscribe: async () => { on = false; return true; }};
let on = sessionStorage.getItem("test-push") === "on";
PushManager.prototype.subscribe = async (options) => {
  if (!options.userVisibleOnly) throw new DOMException("", "NotAllowedError");
  on = true;
  window.testPushKey = options.applicationServerKey;
  sessionStorage.setItem("test-push", "on");
  return made;
};
PushManager.prototype.getSubscription = async () => (on ? made : null);
"""
_SHOWN = """
async () => (await (await navigator.serviceWorker.getRegistration("/staff/")).getNotifications()).map(
  ({title, body, data, actions}) =>
    ({title, body, link: data.link, actions: actions.map((one) => one.action)}))
"""
_CLICKS = """
async (action) => {
  const [notification] = await registration.getNotifications();
  await new Promise((done) => {
    const event = new NotificationEvent("notificationclick", {notification, action});
    event.waitUntil = (work) => work.then(done, done);
    dispatchEvent(event);
  });
}
"""


_IPHONE = """
delete window.PushManager;
Object.defineProperty(navigator, "userAgent", {get: () => "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5)"});
"""
_IPAD = """
delete window.PushManager;
Object.defineProperty(navigator, "userAgent", {get: () => "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15)"});
Object.defineProperty(navigator, "maxTouchPoints", {get: () => 5});
"""
_ALIKE = """
async ([picture, drawing, size, ground, share]) => {
  const drawn = async (source, across) => {
    const image = new Image();
    image.width = image.height = across;
    image.src = source;
    await image.decode();
    return image;
  };
  const pixels = (paint) => {
    const canvas = Object.assign(document.createElement("canvas"), {width: size, height: size});
    const context = canvas.getContext("2d");
    paint(context);
    return context.getImageData(0, 0, size, size).data;
  };
  const kept = await drawn(picture, size);
  const inner = Math.round(size * share);
  const wanted = await drawn(drawing, inner);
  const one = pixels((context) => context.drawImage(kept, 0, 0));
  const other = pixels((context) => {
    if (ground) { context.fillStyle = ground; context.fillRect(0, 0, size, size); }
    context.drawImage(wanted, (size - inner) / 2, (size - inner) / 2, inner, inner);
  });
  let far = 0;
  for (let i = 0; i < one.length; i += 4)
    if (Math.max(...[0, 1, 2, 3].map((part) => Math.abs(one[i + part] - other[i + part]))) > 40) far += 1;
  return [kept.naturalWidth, kept.naturalHeight, far / (size * size)];
}
"""


@pytest.fixture(scope="module")
def outside() -> Iterator[Listener]:
    """The gateway for texts."""
    with heard() as listener:
        yield listener


@pytest.fixture(scope="module")
def pushes() -> Iterator[PushService]:
    """The push service of the browsers."""
    with push_service() as service:
        yield service


@pytest.fixture(scope="module")
def reached(outside: Listener) -> Iterator[Demo]:
    """A demo with a gateway for texts, and without mail or calls."""
    gateway = f'{{url = "http://127.0.0.1:{outside.port}/sms", body = "{{to}} {{text}}"}}'
    with running_demo(sms=gateway, push_hosts="127.0.0.1") as running:
        yield running


@pytest.fixture
def people(browser: Browser, reached: Demo, outside: Listener) -> Iterator[Visitors]:
    outside.empty()
    with visiting(browser, reached) as visitors:
        yield visitors


def link_in(text: str, demo: Demo) -> str:
    """The path of the link that a page carries."""
    found = re.search(r"https?://\S+/acknowledge#\S+", text)
    assert found
    address = found[0]
    assert address.startswith(demo.url)
    return address.removeprefix(demo.url)


def phone_at(visitors: Visitors, path: str, scheme: Any = "light") -> Page:
    """A phone on which nobody is signed in."""
    return visitors.page(visitors.context(PHONE, scheme, has_touch=True), path)


def add_text(page: Page) -> None:
    mark(page, "reach-add").press("Enter")
    mark(page, "reach-address").fill(NUMBER)
    mark(page, "reach-label").fill("My phone")
    mark(page, "reach-save").press("Enter")
    expect(mark(page, "reach-row")).to_have_count(1)


def remove_all(page: Page) -> None:
    while mark(page, "reach-remove").count():
        rows = mark(page, "reach-row").count()
        mark(page, "reach-remove").first.click()
        expect(mark(page, "reach-row")).to_have_count(rows - 1)


def test_a_way_counts_once_its_person_has_confirmed_a_test(
    people: Visitors, reached: Demo, outside: Listener
) -> None:
    page = people.teammate("omar", "/staff")
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    mark(page, "view-reach").press("Enter")
    expect(mark(page, "reach-state")).to_have_attribute("data-reached", "false")
    people.look(page, "reach-none")
    add_text(page)
    expect(mark(page, "reach-told")).to_be_focused()
    people.look(page, "reach-added")
    mark(page, "reach-test").press("Enter")
    expect(mark(page, "reach-sentence")).to_contain_text("Open its link")
    text = outside.next(lambda path: path == "/sms").decode()
    assert text.startswith("+441632960000 Practice: action needed.")
    phone = phone_at(people, link_in(text, reached))
    expect(mark(phone, "tap-practice")).to_be_visible()
    people.look(phone, "tap-practice")
    mark(phone, "tap-have").press("Enter")
    expect(mark(phone, "tap")).to_have_attribute("data-stage", "done")
    people.look(phone, "tap-confirmed")
    assert phone.evaluate("location.hash") == ""
    mark(page, "reach-refresh").click()
    expect(mark(page, "reach-row")).to_have_attribute("data-confirmed", "true")
    expect(mark(page, "reach-state")).to_have_attribute("data-reached", "true")
    people.look(page, "reach-confirmed")
    coordinator = people.teammate("cleo", "/staff", "dark")
    mark(coordinator, "view-reach").click()
    row = mark(coordinator, "reach-person").filter(has_text="Omar")
    expect(row).to_contain_text("Text message")
    assert "960000" not in coordinator.content()
    people.look(coordinator, "reach-people")
    mark(page, "reach-test").click()
    expect(mark(page, "reach-told")).to_contain_text("a moment ago")
    remove_all(page)


def test_what_cannot_be_added_says_why_and_what_is_not_set_up_is_named(people: Visitors) -> None:
    page = people.teammate("sam", "/console")
    mark(page, "view-reach").click()
    expect(mark(page, "reach-missing")).to_contain_text("Phone call, E-mail")
    mark(page, "reach-add").click()
    mark(page, "reach-address").fill("01632 960000")
    mark(page, "reach-save").click()
    expect(mark(page, "reach-fault")).to_contain_text("with its country")
    expect(mark(page, "reach-address")).to_have_value("01632 960000")
    people.look(page, "reach-refused")


def test_one_tap_on_a_page_has_the_alert_and_shows_nothing_of_it(
    people: Visitors, reached: Demo, outside: Listener
) -> None:
    page = people.teammate("omar", "/staff")
    mark(page, "view-reach").click()
    add_text(page)
    seeker = people.seeker()
    begin(seeker)
    mark(seeker, "urgent").click()
    mark(seeker, "help").click()
    expect(mark(seeker, "help-sent")).to_be_visible()
    text = outside.next(lambda path: path == "/sms").decode()
    link = link_in(text, reached)
    asked: list[str] = []
    phone = phone_at(people, link, "dark")
    phone.on("request", lambda request: asked.append(request.url))
    expect(mark(phone, "tap-have")).to_be_enabled()
    shown = phone.locator("body").inner_text()
    assert not re.search(r"crisis|seeker|student|urgent|alert|help", shown, re.IGNORECASE)
    people.look(phone, "tap")
    mark(page, "view-alerts").click()
    expect(mark(page, "alert")).to_have_attribute("data-state", "open")
    mark(phone, "tap-have").tap()
    expect(mark(phone, "tap")).to_have_attribute("data-stage", "done")
    expect(mark(page, "alert")).to_have_attribute("data-state", "acknowledged")
    people.look(phone, "tap-done")
    secret = link.partition("#")[2]
    assert asked
    assert all(secret not in address for address in asked)
    again = phone_at(people, link)
    mark(again, "tap-have").tap()
    expect(mark(again, "tap")).to_have_attribute("data-code", "used")
    people.look(again, "tap-used")
    remove_all(_view(page))


def _view(page: Page) -> Page:
    mark(page, "view-reach").click()
    expect(mark(page, "reach-state")).to_be_visible()
    return page


def test_a_push_reaches_the_phone_and_its_button_confirms(
    people: Visitors, reached: Demo, pushes: PushService
) -> None:
    first = people.teammate("omar", "/staff")
    shown = reached.ask("GET", "/api/reach", headers={"Cookie": reached.cookie("omar")}).json()
    subscription, kept = pushes.subscribe(shown["push_key"])
    context = first.context
    context.grant_permissions(["notifications"], origin=reached.url)
    context.add_init_script(_SUBSCRIBES % subscription)
    page = people.page(context, "/staff/phone")
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    expect(mark(page, "phone")).to_have_attribute("data-stage", "off")
    people.look(page, "phone-off")
    with context.expect_event("serviceworker") as started:
        mark(page, "phone-on").press("Enter")
    worker: Worker = started.value
    assert worker.url == f"{reached.url}/staff/worker.js"
    expect(mark(page, "phone")).to_have_attribute("data-stage", "on")
    assert page.evaluate("window.testPushKey") == shown["push_key"]
    mark(page, "phone-test").press("Enter")
    expect(mark(page, "phone-told")).to_contain_text("on its way")
    people.look(page, "phone-on")
    note = pushes.next(kept)
    deliver(page, reached, json.dumps(note))
    page.wait_for_function(f"async () => (await ({_SHOWN.strip()})()).length === 1")
    [told] = page.evaluate(_SHOWN)
    assert (told["title"], told["actions"]) == ("Practice: action needed", ["acknowledge"])
    assert "#" not in told["body"]
    worker.evaluate(_CLICKS, "acknowledge")
    [told] = page.evaluate(_SHOWN)
    assert told["title"] == "This way works"
    assert told["link"] == "/staff"
    view = _view(first)
    expect(mark(view, "reach-row")).to_have_attribute("data-confirmed", "true")
    page.reload()
    expect(mark(page, "phone")).to_have_attribute("data-stage", "on")
    mark(page, "phone-off").press("Enter")
    expect(mark(page, "phone")).to_have_attribute("data-stage", "off")
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    assert kept.refused == []


def test_a_phone_whose_subscription_has_ended_says_so_and_is_removed(
    people: Visitors, reached: Demo, pushes: PushService
) -> None:
    page = people.teammate("omar", "/staff")
    cookie = {"Cookie": reached.cookie("omar"), "Origin": reached.url}
    shown = reached.ask("GET", "/api/reach", headers=cookie).json()
    subscription, kept = pushes.subscribe(shown["push_key"])
    body = json.dumps({"channel": "push", "address": subscription, "label": "Old phone"}).encode()
    assert reached.ask("POST", "/api/reach", body=body, headers=cookie).status == 200
    kept.standing = "gone"
    view = _view(page)
    mark(view, "reach-test").click()
    expect(mark(view, "reach-told")).to_contain_text("This phone no longer takes pushes from here")
    people.look(view, "reach-push-gone")
    mark(view, "reach-refresh").click()
    expect(mark(view, "reach-row")).to_have_count(0)


@pytest.mark.parametrize(
    ("missing", "stage", "sentence"),
    [
        ("delete window.PushManager;", "unable", "This browser takes no pushes."),
        ("delete window.Notification;", "unable", "This browser takes no pushes."),
        (_IPHONE, "home", "first add Warmline to the home screen: tap Share, then Add to Home Screen."),
        (_IPAD, "home", "first add Warmline to the home screen: tap Share, then Add to Home Screen."),
    ],
)
def test_a_browser_that_takes_no_pushes_says_what_to_do_in_one_sentence_or_two(
    people: Visitors, missing: str, stage: str, sentence: str
) -> None:
    context = people.teammate("omar", "/staff").context
    context.add_init_script(missing)
    page = people.page(context, "/staff/phone")
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    expect(mark(page, "phone")).to_have_attribute("data-stage", stage)
    expect(mark(page, "phone")).to_contain_text(sentence)
    expect(mark(page, "phone-on")).to_have_count(0)
    people.look(page, f"phone-{stage}")


@pytest.mark.parametrize("answer", ["denied", "default"])
def test_a_browser_that_was_told_to_show_nothing_says_how_to_change_that(
    people: Visitors, answer: str
) -> None:
    context = people.teammate("omar", "/staff").context
    context.add_init_script(f"Notification.requestPermission = async () => '{answer}';")
    page = people.page(context, "/staff/phone")
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    mark(page, "phone-on").click()
    expect(mark(page, "phone-told")).to_have_text(
        re.compile("was told not to show messages of this site" if answer == "denied" else "allow them when")
    )
    expect(mark(page, "phone-on")).to_be_enabled()
    people.look(page, f"phone-{answer}")
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0


def deliver(page: Page, demo: Demo, data: str) -> None:
    """What the browser does when its push service brings something."""
    session = page.context.new_cdp_session(page)
    registrations: list[dict[str, Any]] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registrations.extend(event["registrations"]),
    )
    session.send("ServiceWorker.enable")
    while not registrations:
        page.evaluate("0")  # what the browser tells arrives in between
    session.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": demo.url, "registrationId": registrations[0]["registrationId"], "data": data},
    )


def test_a_phone_that_is_not_signed_in_is_told_so(people: Visitors) -> None:
    page = phone_at(people, "/staff/phone")
    expect(mark(page, "phone")).to_have_attribute("data-stage", "signed-out")
    people.look(page, "phone-signed-out")


@pytest.mark.parametrize("fragment", ["", "#x", "#practice.x"])
def test_a_link_that_is_none_says_so(people: Visitors, fragment: str) -> None:
    page = phone_at(people, f"/acknowledge{fragment}")
    if fragment:
        mark(page, "tap-have").tap()
    expect(mark(page, "tap")).to_have_attribute("data-code", "unknown")
    expect(page.locator("h1")).to_have_text("This link does nothing")


@pytest.mark.parametrize("path", ["/staff", "/staff/phone"])
def test_a_phone_can_install_the_page_of_staff(people: Visitors, path: str) -> None:
    page = people.teammate("omar", path)
    session = page.context.new_cdp_session(page)
    told = session.send("Page.getAppManifest")
    assert told["errors"] == []
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error["errorId"] for error in errors if error["errorId"] != "in-incognito"] == []


@pytest.mark.parametrize("name", sorted(ICONS))
def test_the_icons_of_phones_are_the_drawing(people: Visitors, reached: Demo, name: str) -> None:
    size, fills = ICONS[name]
    links = reached.ask("GET", "/staff").body.decode()
    listed = [icon["src"] for icon in reached.ask("GET", "/staff/app.webmanifest").json()["icons"]]
    stem = name.removesuffix(".png")
    picture = next(
        address for address in [*listed, *re.findall(r'href="(/assets/[^"]+)"', links)] if stem in address
    )
    drawing = next(address for address in listed if address.endswith(".svg"))
    assert len(reached.ask("GET", picture).body) < 16_000
    page = people.page(people.context(PHONE), "/staff")
    share = SAFE if fills else 1
    wide, high, far = page.evaluate(_ALIKE, [picture, drawing, size, GROUND if fills else "", share])
    assert (wide, high) == (size, size)
    assert far < 0.01, "run python -m chat.web.icons"
