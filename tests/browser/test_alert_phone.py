"""The screen of an alert on a phone: at night, twice as large, by keys alone; and what two open together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.demo import Demo, running_demo
from tests.support.visitors import (
    PHONE,
    Scheme,
    Visitors,
    begin,
    mark,
    meet,
    picture,
    ready,
    say,
    tab_to,
    visiting,
)

CRISIS = "I took all the pills and I want to die"
PLACE = "Hall B, room 12"
TWICE = {"width": PHONE["width"] // 2, "height": PHONE["height"] // 2}
"""What a page at 200 % on a phone has to lay itself out in."""
TARGET = 44
"""Pixels that something to tap is high and wide at least."""
_SMALL = """
(least) => [...document.querySelectorAll("main button, main a, main label:has(input)")]
  .map((one) => [one.dataset.test ?? one.textContent, one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.height < least || box.width < least))
  .map(([name, box]) => `${name}: ${Math.round(box.width)}x${Math.round(box.height)}`)
"""
_SEEN = """
(one) => {
  const {left, top, width, height} = one.getBoundingClientRect();
  const shown = document.elementFromPoint(left + width / 2, top + height / 2);
  return shown !== null && (one.contains(shown) || shown.contains(one));
}
"""
_WIDE = """
() => [...document.querySelectorAll("main, main *, dialog, dialog *")]
  .filter((one) => !one.closest(".scroll, .messages, .head, textarea, .unseen") && one.clientWidth > 0)
  .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline")
  .map((one) => `${one.tagName} ${one.className} ${one.dataset.test ?? ""} ${one.scrollWidth}`)
"""
"""What holds more than it shows, and so is cut off or has to be pushed sideways."""


@pytest.fixture(scope="module")
def policy() -> Iterator[Demo]:
    """A campus where two staff members may open together what a student sealed."""
    with running_demo(envelope="two_staff") as running:
        yield running


@pytest.fixture
def two(browser: Browser, policy: Demo) -> Iterator[Visitors]:
    with visiting(browser, policy) as people:
        yield people


def phone(visitors: Visitors, name: str, scheme: Scheme = "light", size: dict[str, int] = PHONE) -> Page:
    page = visitors.teammate(name, "/staff", scheme)
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    page.reload()  # a phone is this narrow from the beginning
    expect(mark(page, "alerts")).to_be_visible()
    return page


def in_danger(visitors: Visitors) -> Page:
    """A student who talks with a supporter, and has just said so."""
    seeker, console = visitors.seeker(), visitors.teammate("sam")
    ready(console)
    begin(seeker)
    meet(seeker, console)
    say(seeker, CRISIS)
    expect(mark(seeker, "crisis")).to_be_visible()
    return seeker


def enters(page: Page) -> None:
    mark(page, "observe").click()
    expect(mark(page, "observing")).to_be_visible()


def close_it(page: Page) -> None:
    mark(page, "resolve").click()
    mark(page, "resolve-confirmed").click()
    expect(mark(page, "alert-over").first).to_be_visible()


@pytest.mark.parametrize(("name", "size"), [("phone", PHONE), ("twice", TWICE)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_alert_is_read_and_answered_on_a_phone_also_at_twice_the_size(
    visitors: Visitors, scheme: Scheme, name: str, size: dict[str, int]
) -> None:
    staff = phone(visitors, "omar", scheme, size)
    visitors.look(staff, f"{name}-none-{scheme}")
    mark(in_danger(visitors), "stay").click()
    expect(mark(staff, "alert-next")).to_contain_text("Next:")
    expect(mark(staff, "checklist")).to_be_visible()
    visitors.look(staff, f"{name}-open-{scheme}")
    assert staff.evaluate(_WIDE) == []
    top = mark(staff, "acknowledge").bounding_box()
    assert top is not None
    if size is PHONE:
        assert top["y"] + top["height"] <= PHONE["height"], "what matters is not on the first screen"
    mark(staff, "acknowledge").click()
    expect(mark(staff, "alert-next")).to_contain_text("the calls go on in")
    assert staff.evaluate(_SMALL, TARGET) == []
    visitors.look(staff, f"{name}-mine-{scheme}")
    for sheet in ("decide", "resolve", "hand"):
        mark(staff, sheet).click()
        expect(mark(staff, f"{sheet}-sheet")).to_be_visible()
        visitors.look(staff, f"{name}-{sheet}-{scheme}")
        assert staff.evaluate(_WIDE) == []
        staff.keyboard.press("Escape")
        expect(mark(staff, f"{sheet}-sheet")).to_have_count(0)
    mark(staff, "decide").click()
    mark(staff, "decide-following").click()
    expect(mark(staff, "alert-sentence")).to_contain_text(
        "You said: I follow it while the supporter goes on."
    )
    expect(mark(staff, "alert-next")).to_contain_text("14:")
    visitors.look(staff, f"{name}-decided-{scheme}")
    mark(staff, "tick-thoughts").check()
    expect(mark(staff, "ticked")).to_contain_text("1 of")
    mark(staff, "ticked").scroll_into_view_if_needed()
    visitors.look(staff, f"{name}-protocol-{scheme}")
    assert staff.evaluate(_WIDE) == []
    enters(staff)
    visitors.look(staff, f"{name}-talk-{scheme}")
    said = mark(staff, "message").filter(has_text=CRISIS)
    said.scroll_into_view_if_needed()
    assert staff.evaluate(_SEEN, said.element_handle()), "what the student said is covered"
    picture(staff, f"{name}-said-{scheme}")
    assert staff.evaluate(_WIDE) == []
    mark(staff, "to-alert").click()
    expect(mark(staff, "phrases")).to_be_visible()
    assert staff.evaluate(_WIDE) == []
    visitors.look(staff, f"{name}-entered-{scheme}")
    close_it(staff)
    mark(staff, "past-show").click()
    expect(mark(staff, "past-row").first).to_be_visible()
    visitors.look(staff, f"{name}-past-{scheme}")


def test_an_alert_is_answered_decided_and_closed_with_keys_alone(visitors: Visitors) -> None:
    staff = phone(visitors, "omar")
    mark(in_danger(visitors), "stay").click()
    expect(mark(staff, "checklist")).to_be_visible()
    tab_to(staff, "acknowledge")
    staff.keyboard.press("Enter")
    expect(staff.locator('[data-test="alert"][data-state="acknowledged"]')).to_be_visible()
    tab_to(staff, "decide")
    staff.keyboard.press("Enter")
    tab_to(staff, "decide-in_care")
    staff.keyboard.press("Enter")
    expect(mark(staff, "alert-sentence")).to_contain_text("Somebody is with the student")
    expect(mark(staff, "alert-next")).to_have_text("")
    assert staff.evaluate("document.activeElement?.dataset?.test") == "decide", "the focus is given back"
    tab_to(staff, "tick-plan")
    staff.keyboard.press("Space")
    expect(mark(staff, "ticked")).to_contain_text("1 of")
    tab_to(staff, "resolve")
    staff.keyboard.press("Enter")
    tab_to(staff, "resolve-passed_on")
    staff.keyboard.press("Enter")
    expect(mark(staff, "alert-over").first).to_be_visible()


def test_two_staff_members_open_together_what_was_sealed_and_the_student_is_told_of_both(
    two: Visitors,
) -> None:
    omar, lena = phone(two, "omar"), phone(two, "lena", "dark")
    seeker = in_danger(two)
    mark(seeker, "urgent-share").click()
    mark(seeker, "share-where").fill(PLACE)
    mark(seeker, "share-seal").click()
    expect(mark(seeker, "sealed")).to_be_visible()
    two.look(seeker, "two-sealed")
    mark(seeker, "share-back").click()
    mark(omar, "acknowledge").click()
    for page in (omar, lena):
        enters(page)
        mark(page, "to-alert").click()
        expect(mark(page, "shared")).to_have_attribute("data-agreed", "false")
        expect(mark(page, "unseal")).to_be_visible()
    mark(omar, "shared").scroll_into_view_if_needed()
    two.look(omar, "two-first")
    mark(omar, "unseal").click()
    expect(mark(omar, "unseal")).to_have_count(0)
    expect(mark(omar, "contents")).to_have_count(0)
    expect(mark(omar, "shared")).to_contain_text("A second person has to do the same")
    expect(mark(lena, "unseal")).to_have_text("Open it together with Omar")
    mark(lena, "shared").scroll_into_view_if_needed()
    two.look(lena, "two-second")
    expect(mark(seeker, "opened")).to_have_text(
        "Omar wants to open what you shared. That needs a second staff member."
    )
    mark(lena, "unseal").click()
    expect(mark(lena, "contents-where")).to_have_text(PLACE)
    two.look(lena, "two-contents")
    expect(mark(seeker, "opened")).to_contain_text("Lena, Shift lead, and a second staff member have opened")
    two.look(seeker, "two-opened")
    mark(omar, "unseal").click()
    expect(mark(omar, "contents-where")).to_have_text(PLACE)
