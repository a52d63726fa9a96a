"""The whole story on three real screens, each looked at in light and in dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.visitors import (
    DESK,
    PHONE,
    Scheme,
    Visitors,
    begin,
    label,
    mark,
    meet,
    on_screen,
    ready,
    say,
    shows,
    tab_to,
)

CRISIS = "I want to kill myself tonight"


def sheet(visitors: Visitors, page: Page, name: str, opener: str, scheme: Scheme) -> None:
    """Opens a sheet, looks at it and closes it again."""
    mark(page, opener).click()
    expect(mark(page, f"{name}-sheet")).to_be_visible()
    visitors.look(page, f"{name}-{scheme}")
    page.keyboard.press("Escape")
    expect(mark(page, f"{name}-sheet")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_three_people_go_through_the_whole_story(visitors: Visitors, scheme: Scheme) -> None:
    seeker = visitors.seeker(scheme)
    _arrive(visitors, seeker, scheme)
    console = visitors.page(visitors.context(DESK, scheme), "/console")
    _talk(visitors, seeker, console, scheme)
    _be_in_danger(visitors, seeker, console, scheme)
    lead = visitors.teammate("lena", "/console", scheme)
    mark(lead, "view-board").click()
    expect(mark(lead, "board-row")).to_have_count(1)
    visitors.look(lead, f"board-{scheme}")
    _part(visitors, seeker, console, scheme)
    assert seeker.context.cookies() == []


def _arrive(visitors: Visitors, seeker: Page, scheme: Scheme) -> None:
    on_screen(seeker, "hello")
    visitors.look(seeker, f"hello-{scheme}")
    sheet(visitors, seeker, "urgent", "urgent", scheme)
    mark(seeker, "start").click()
    on_screen(seeker, "before")
    visitors.look(seeker, f"before-{scheme}")
    mark(seeker, "understood").click()
    on_screen(seeker, "about")
    label(seeker, "topic-loneliness").click()
    label(seeker, "mood-2").click()
    visitors.look(seeker, f"about-{scheme}")
    mark(seeker, "next").click()
    on_screen(seeker, "waiting")
    expect(mark(seeker, "place")).to_be_visible()
    say(seeker, "I hope this is the right place to write")
    shows(seeker, "I hope this is the right place")
    visitors.look(seeker, f"waiting-{scheme}")


def _talk(visitors: Visitors, seeker: Page, console: Page, scheme: Scheme) -> None:
    expect(mark(console, "sign-in")).to_be_visible()
    visitors.look(console, f"sign-in-{scheme}")
    password, button = mark(console, "password").bounding_box(), mark(console, "sign-in").bounding_box()
    assert password is not None
    assert button is not None
    assert button["y"] > password["y"]
    visitors.sign_in(console, "sam")
    ready(console)
    expect(mark(console, "offer")).to_be_visible()
    visitors.look(console, f"offer-{scheme}")
    meet(seeker, console)
    shows(console, "I hope this is the right place")
    say(console, "Hello, it is. I am glad you are here.")
    shows(seeker, "Hello, it is. I am glad you are here.")
    say(seeker, "Everybody here seems to know somebody. I eat alone every day.")
    shows(console, "I eat alone every day")
    expect(mark(seeker, "state").last).to_have_text("read")
    say(console, "That sounds lonely. How long has it been like this?")
    shows(seeker, "How long has it been like this?")
    visitors.look(seeker, f"talk-{scheme}")
    visitors.look(console, f"console-{scheme}")
    sheet(visitors, seeker, "menu", "menu", scheme)
    sheet(visitors, console, "raise", "raise", scheme)
    sheet(visitors, console, "end", "end", scheme)


def _be_in_danger(visitors: Visitors, seeker: Page, console: Page, scheme: Scheme) -> None:
    staff = visitors.teammate("omar", "/staff", scheme)
    expect(mark(staff, "alerts")).to_be_visible()
    visitors.look(staff, f"staff-quiet-{scheme}")
    say(seeker, CRISIS)
    expect(mark(seeker, "crisis")).to_be_visible()
    visitors.look(seeker, f"crisis-{scheme}")
    mark(seeker, "stay").click()
    expect(mark(console, "finding").first).to_be_visible()
    visitors.look(console, f"finding-{scheme}")
    expect(staff.locator('[data-test="alert"][data-state="open"]').first).to_be_visible()
    visitors.look(staff, f"alert-{scheme}")
    mark(staff, "acknowledge").first.click()
    held = staff.locator('[data-test="alert"][data-state="acknowledged"]').first
    expect(held).to_be_visible()
    held.locator('[data-test="observe"]').click()
    expect(mark(staff, "observing")).to_be_visible()
    expect(mark(seeker, "observer")).to_be_visible()
    visitors.look(staff, f"observing-{scheme}")
    visitors.look(seeker, f"observed-{scheme}")
    mark(staff, "unobserve").click()
    mark(staff, "view-alerts").click()
    mark(staff, "resolve").first.click()
    expect(mark(staff, "resolve-sheet")).to_be_visible()
    visitors.look(staff, f"resolve-{scheme}")
    mark(staff, "resolve-in_contact").click()
    expect(staff.locator('[data-test="alert"][data-state="acknowledged"]')).to_have_count(0)


def _part(visitors: Visitors, seeker: Page, console: Page, scheme: Scheme) -> None:
    mark(seeker, "menu").click()
    mark(seeker, "end").click()
    expect(mark(seeker, "end-sheet")).to_be_visible()
    mark(seeker, "end-yes").click()
    on_screen(seeker, "after")
    expect(mark(seeker, "receipt")).to_be_visible()
    visitors.look(seeker, f"after-{scheme}")
    label(seeker, "helped-4").click()
    label(seeker, "mood-3").click()
    expect(mark(seeker, "rated")).to_be_visible()
    expect(mark(console, "wrapup")).to_be_visible()
    visitors.look(console, f"wrapup-{scheme}")
    label(console, "outcome-talked").click()
    label(console, "wrapup-topic-loneliness").click()
    mark(console, "wrapup-done").click()
    expect(mark(console, "wrapup")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_closed_service_and_the_plain_pages(closed_visitors: Visitors, scheme: Scheme) -> None:
    seeker = closed_visitors.seeker(scheme)
    expect(mark(seeker, "line").first).to_be_visible()
    closed_visitors.look(seeker, f"closed-{scheme}")
    for path in ("/privacy", "/leave"):
        page = closed_visitors.page(closed_visitors.context(PHONE, scheme), path)
        closed_visitors.look(page, f"{path[1:]}-{scheme}")


def test_at_twice_the_size_nothing_scrolls_sideways(visitors: Visitors) -> None:
    """A page at 200 % of 360 px has 180 px to lay itself out in."""
    narrow = {"width": 180, "height": 370}
    context = visitors.context(narrow)
    seeker = visitors.page(context, "/")
    on_screen(seeker, "hello")
    visitors.look(seeker, "hello-zoomed")
    mark(seeker, "start").click()
    on_screen(seeker, "before")
    visitors.look(seeker, "before-zoomed")
    mark(seeker, "understood").click()
    on_screen(seeker, "about")
    visitors.look(seeker, "about-zoomed")
    mark(seeker, "skip").click()
    on_screen(seeker, "waiting")
    say(seeker, "averyveryverylongwordthatdoesnotbreakbyitselfatall" * 3)
    visitors.look(seeker, "waiting-zoomed")
    seeker.locator("#leave").click()
    seeker.wait_for_url("**/leave")
    console = visitors.teammate("sam")
    console.set_viewport_size({"width": 720, "height": 450})
    expect(mark(console, "status")).to_be_visible()
    visitors.look(console, "console-zoomed")


def test_the_story_can_be_walked_with_a_keyboard_alone(visitors: Visitors) -> None:
    seeker, console = visitors.seeker(), visitors.teammate("sam")
    ready(console)
    on_screen(seeker, "hello")
    for name in ("start", "understood", "skip"):
        tab_to(seeker, name)
        seeker.keyboard.press("Enter")
    on_screen(seeker, "waiting")
    meet(seeker, console)
    tab_to(seeker, "composer")
    seeker.keyboard.type("Written with keys")
    tab_to(seeker, "send")
    seeker.keyboard.press("Enter")
    shows(console, "Written with keys")
    for name in ("menu", "end", "end-yes"):
        tab_to(seeker, name)
        seeker.keyboard.press("Enter")
    on_screen(seeker, "after")
    focus = seeker.evaluate("document.activeElement.tagName")
    assert focus != "BODY"


def test_without_scripts_the_lines_still_show(visitors: Visitors) -> None:
    for path in ("/", "/console", "/staff"):
        context = visitors.context(PHONE, java_script_enabled=False)
        page = context.new_page()
        page.goto(visitors.url + path)
        lines = page.locator(".lines a")
        expect(lines.first).to_be_visible()
        assert all(line.get_attribute("href") for line in lines.all())


def test_a_seeker_leaves_nothing_in_the_browser(visitors: Visitors) -> None:
    seeker = visitors.seeker()
    begin(seeker)
    assert seeker.context.cookies() == []
    assert seeker.evaluate("localStorage.length") == 0
    assert seeker.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    assert seeker.url == f"{visitors.url}/"
