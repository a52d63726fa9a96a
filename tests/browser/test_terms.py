"""What a coordinator and a supporter do about the screen, on real screens."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.support.visitors import PHONE, Visitors, begin, label, mark, meet, ready, say

NAME = "en:campus-climb-the-lantern-stairs"


def term(page: Page, name: str) -> Locator:
    return page.locator(f'[data-test="term"][data-term="{name}"]')


def pressed(row: Locator, name: str) -> None:
    """Presses a button of a row with the keyboard."""
    row.locator(f'[data-test="{name}"]').press("Enter")


def add(page: Page, say_: str) -> None:
    mark(page, "term-add").press("Enter")
    mark(page, "proposal-say").fill(say_)
    mark(page, "proposal-why").fill("Students here say this of the roof.")


def test_a_coordinator_adds_a_term_in_shadow_puts_it_in_force_and_undoes_it(visitors: Visitors) -> None:
    page = visitors.teammate("cleo", "/staff")
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    mark(page, "view-terms").click()
    expect(mark(page, "term").first).to_be_visible()
    visitors.look(page, "terms")
    add(page, "climb the lantern stairs")
    visitors.look(page, "terms-add")
    mark(page, "proposal-send").press("Enter")
    expect(term(page, NAME)).to_have_attribute("data-state", "shadow")
    expect(mark(page, "terms-told")).to_be_focused()
    pressed(term(page, NAME), "term-live")
    expect(term(page, NAME)).to_have_attribute("data-state", "live")
    visitors.look(page, "terms-changed")
    pressed(term(page, NAME), "term-undo")
    expect(term(page, NAME)).to_have_count(0)


def test_what_cannot_be_added_says_why_and_keeps_what_was_written(visitors: Visitors) -> None:
    page = visitors.teammate("cleo", "/staff")
    mark(page, "view-terms").click()
    add(page, "so tired")
    mark(page, "proposal-send").click()
    expect(mark(page, "proposal-fault")).to_contain_text("so tired")
    visitors.look(page, "terms-refused")
    expect(mark(page, "proposal-say")).to_have_value("so tired")


def test_a_crisis_term_that_is_muted_waits_for_a_second_coordinator(visitors: Visitors) -> None:
    page = visitors.teammate("cleo", "/staff")
    mark(page, "view-terms").click()
    mark(page, "term-search").fill("kill-self")
    pressed(term(page, "en:kill-self"), "term-mute")
    expect(mark(page, "terms-told")).to_contain_text("second coordinator")
    row = term(page, "en:kill-self")
    expect(row).to_have_attribute("data-state", "draft")
    expect(row.locator('[data-test="term-agree"]')).to_have_count(0)
    visitors.look(page, "terms-waiting")
    pressed(row, "term-undo")
    expect(row).to_have_attribute("data-state", "shipped")


def test_a_supporter_marks_a_false_alarm_and_what_was_missed_with_one_tap(visitors: Visitors) -> None:
    console = visitors.teammate("sam")
    ready(console)
    seeker = visitors.seeker()
    begin(seeker)
    meet(seeker, console)
    say(seeker, "i want to disappear forever")
    expect(mark(console, "finding")).to_be_visible()
    mark(console, "mark-false_alarm").click()
    expect(mark(console, "marked-false_alarm")).to_be_visible()
    mark(console, "mark-missed").click()
    expect(mark(console, "marked-missed")).to_be_visible()
    expect(mark(console, "notice")).to_have_count(0)
    visitors.look(console, "finding-marked")


def test_only_coordinators_are_shown_the_terms(visitors: Visitors) -> None:
    page = visitors.teammate("omar", "/staff")
    expect(mark(page, "view-alerts")).to_be_visible()
    expect(mark(page, "view-terms")).to_have_count(0)
    assert label(page, "status-ready").count() == 0
