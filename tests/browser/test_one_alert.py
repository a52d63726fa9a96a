"""One alert from the words to the debrief: a phone in the night, and a student who decides what to share."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.visitors import (
    PHONE,
    Scheme,
    Visitors,
    begin,
    label,
    mark,
    meet,
    open_to_debrief,
    ready,
    say,
    shows,
    tab_to,
)

CRISIS = "I want to kill myself tonight"
PLACE = "Hall B, room 12"


def seal(visitors: Visitors, seeker: Page, scheme: Scheme) -> None:
    """From the sheet that came by itself, one tap to where it is written."""
    expect(mark(seeker, "crisis")).to_be_visible()
    visitors.look(seeker, f"one-crisis-{scheme}")
    mark(seeker, "urgent-share").click()
    mark(seeker, "share-where").fill(PLACE)
    mark(seeker, "share-reach").fill("Knock twice")
    expect(mark(seeker, "share-agree")).not_to_be_checked()
    visitors.look(seeker, f"one-share-{scheme}")
    mark(seeker, "share-seal").click()
    expect(mark(seeker, "sealed")).to_be_visible()
    visitors.look(seeker, f"one-sealed-{scheme}")
    mark(seeker, "share-back").click()


def answered(visitors: Visitors, staff: Page, seeker: Page, scheme: Scheme) -> None:
    """On-call staff have it, come in, and see the words only then."""
    expect(mark(staff, "alert-found")).to_be_visible()
    expect(mark(staff, "phrases")).to_have_count(0)
    visitors.look(staff, f"one-alert-{scheme}")
    mark(staff, "acknowledge").click()
    expect(staff.locator('[data-test="alert"][data-state="acknowledged"]')).to_be_visible()
    mark(staff, "observe").click()
    expect(mark(staff, "observing")).to_be_visible()
    expect(mark(seeker, "observer")).to_be_visible()
    mark(staff, "to-alert").click()
    expect(mark(staff, "phrases")).to_contain_text("kill myself")


def opened(visitors: Visitors, staff: Page, seeker: Page, scheme: Scheme) -> None:
    """It opens when the student agrees, and not before; they see at once who did."""
    expect(mark(staff, "shared")).to_have_attribute("data-agreed", "false")
    expect(mark(staff, "unseal")).to_have_count(0)
    mark(seeker, "menu").click()
    mark(seeker, "share").click()
    mark(seeker, "share-agree").check()
    mark(seeker, "share-back").click()
    visitors.look(staff, f"one-agreed-{scheme}")
    mark(staff, "unseal").click()
    expect(mark(staff, "contents-where")).to_have_text(PLACE)
    visitors.look(staff, f"one-contents-{scheme}")
    expect(mark(seeker, "opened")).to_contain_text("Omar, On-call staff, has opened what you shared.")
    visitors.look(seeker, f"one-opened-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_one_alert_goes_from_the_words_to_the_debrief(visitors: Visitors, scheme: Scheme) -> None:
    seeker, console = visitors.seeker(scheme), visitors.teammate("sam", "/console", scheme)
    ready(console)
    begin(seeker)
    meet(seeker, console)
    open_to_debrief(console)
    staff = visitors.teammate("omar", "/staff", scheme)
    if scheme == "dark":
        staff.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        staff.reload()
        expect(mark(staff, "alerts")).to_be_visible()
    say(seeker, CRISIS)
    seal(visitors, seeker, scheme)
    answered(visitors, staff, seeker, scheme)
    mark(staff, "tick-thoughts").check()
    expect(mark(staff, "ticked")).to_have_text("1 of 15 done")
    visitors.look(staff, f"one-protocol-{scheme}")
    opened(visitors, staff, seeker, scheme)
    mark(staff, "hand").click()
    expect(mark(staff, "hand-lena")).to_be_visible()
    visitors.look(staff, f"one-hand-{scheme}")
    staff.keyboard.press("Escape")
    mark(staff, "resolve").click()
    mark(staff, "resolve-confirmed").click()
    expect(mark(staff, "alert-over").first).to_be_visible()
    mark(staff, "past-show").click()
    expect(mark(staff, "past-row").first).to_contain_text("The student is safe, confirmed")
    visitors.look(staff, f"one-past-{scheme}")
    mark(seeker, "menu").click()
    mark(seeker, "end").click()
    mark(seeker, "end-yes").click()
    expect(mark(console, "wrapup")).to_be_visible()
    expect(mark(console, "debrief-sheet")).to_have_count(0)
    label(console, "outcome-handed_on").click()
    label(console, "wrapup-topic-mood").click()
    mark(console, "wrapup-done").click()
    expect(mark(console, "debrief-sheet")).to_be_visible()
    visitors.look(console, f"one-debrief-{scheme}")
    mark(console, "debrief-talk").click()
    expect(mark(console, "debrief-done")).to_be_visible()
    mark(console, "debrief-no").click()
    expect(mark(console, "debrief-sheet")).to_have_count(0)


def test_what_is_shared_is_written_and_agreed_to_with_keys_alone_and_survives_a_reload(
    visitors: Visitors,
) -> None:
    seeker, console = visitors.seeker(), visitors.teammate("sam")
    ready(console)
    begin(seeker)
    meet(seeker, console)
    for name in ("menu", "share"):
        tab_to(seeker, name)
        seeker.keyboard.press("Enter")
    tab_to(seeker, "share-where")
    seeker.keyboard.type(PLACE)
    tab_to(seeker, "share-agree")
    seeker.keyboard.press("Space")
    tab_to(seeker, "share-seal")
    seeker.keyboard.press("Enter")
    expect(mark(seeker, "sealed")).to_be_visible()
    seeker.reload()
    mark(seeker, "menu").click()
    mark(seeker, "share").click()
    expect(mark(seeker, "sealed")).to_be_visible()
    expect(mark(seeker, "share-agree")).to_be_checked()
    assert PLACE not in str(seeker.evaluate("JSON.stringify(sessionStorage)"))


def test_who_goes_on_writing_is_stopped_once_and_has_the_lines_beside_them_from_then_on(
    visitors: Visitors,
) -> None:
    seeker, console = visitors.seeker(), visitors.teammate("sam")
    ready(console)
    begin(seeker)
    meet(seeker, console)
    say(seeker, CRISIS)
    expect(mark(seeker, "crisis")).to_be_visible()
    mark(seeker, "stay").click()
    expect(mark(seeker, "urgent-sheet")).to_have_count(0)
    say(seeker, "I have written a note and I will jump tonight")
    expect(mark(seeker, "crisis-again")).to_be_visible()
    expect(mark(seeker, "urgent-sheet")).to_have_count(0)
    visitors.look(seeker, "one-crisis-again")
    say(seeker, "Are you still there")
    shows(console, "Are you still there")
    mark(seeker, "crisis-lines").click()
    expect(mark(seeker, "line").first).to_be_visible()
    mark(seeker, "stay").click()
    expect(mark(seeker, "crisis-again")).to_have_count(0)
