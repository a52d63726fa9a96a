"""Drills on real screens: started by hand, marked as practice, and shown with what came of them."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.support.visitors import PHONE, Visitors, begin, mark, on_screen


def test_a_drill_is_started_marked_answered_and_shown_while_a_student_notices_nothing(
    visitors: Visitors,
) -> None:
    seeker = visitors.seeker()
    begin(seeker)
    omar = visitors.teammate("omar", "/staff")
    expect(mark(omar, "alerts")).to_be_visible()
    cleo = visitors.teammate("cleo", "/staff")
    cleo.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    mark(cleo, "view-drills").click()
    expect(mark(cleo, "drill-next")).to_contain_text("begins by itself")
    visitors.look(cleo, "drills-none")
    for round_ in range(3):
        mark(cleo, "drill-start").press("Enter")
        expect(mark(cleo, "sheet-close")).to_be_focused()
        if round_ == 0:
            visitors.look(cleo, "drills-asked")
        mark(cleo, "drill-confirm").press("Enter")
        expect(mark(cleo, "drill-running")).to_be_visible()
        alert = mark(omar, "alert")
        expect(alert).to_contain_text("Practice alert")
        expect(mark(omar, "alert-practice")).to_be_visible()
        expect(mark(omar, "observe")).to_have_count(0)
        if round_ == 0:
            visitors.look(cleo, "drills-running")
            visitors.look(omar, "drill-alert")
            mark(omar, "view-board").click()
            expect(mark(omar, "board-practice")).to_be_visible()
            expect(mark(omar, "board-alerts")).to_contain_text("0")
            expect(mark(omar, "board-tested")).to_have_attribute("data-late", "false")
            visitors.look(omar, "board-practice")
            mark(omar, "view-alerts").click()
        mark(omar, "acknowledge").press("Enter")
        expect(mark(cleo, "drill-row")).to_have_count(round_ + 1)
        expect(mark(cleo, "drill-running")).to_have_count(0)
        expect(mark(omar, "alert")).to_have_count(0)
    expect(mark(cleo, "drill-row").first).to_contain_text("by hand")
    expect(mark(cleo, "drill-row").first).to_contain_text(re.compile(r"\d+ s|\d+:\d\d"))
    expect(mark(cleo, "drill-plot").locator("circle")).to_have_count(3)
    visitors.look(cleo, "drills")
    mark(cleo, "drill-plot").scroll_into_view_if_needed()
    visitors.look(cleo, "drills-history")
    wide = visitors.teammate("lena", "/staff", "dark")
    mark(wide, "view-drills").click()
    expect(mark(wide, "drill-plot")).to_be_visible()
    visitors.look(wide, "drills-dark")
    on_screen(seeker, "waiting")
    expect(seeker.locator("dialog[open]")).to_have_count(0)
    assert not re.search("practice|drill|alert", seeker.locator("body").inner_text(), re.IGNORECASE)


def test_a_coordinator_switches_the_monthly_drill_off_and_on_and_a_lead_does_not(visitors: Visitors) -> None:
    cleo = visitors.teammate("cleo", "/staff")
    mark(cleo, "view-drills").click()
    mark(cleo, "drill-monthly").press("Enter")
    expect(mark(cleo, "drill-next")).to_contain_text("switched off")
    lena = visitors.teammate("lena", "/staff")
    mark(lena, "view-drills").click()
    expect(mark(lena, "drill-next")).to_contain_text("switched off")
    expect(mark(lena, "drill-start")).to_be_visible()
    expect(mark(lena, "drill-monthly")).to_have_count(0)
    mark(cleo, "drill-monthly").press("Enter")
    expect(mark(cleo, "drill-next")).to_contain_text("begins by itself")
    omar = visitors.teammate("omar", "/staff")
    mark(omar, "view-drills").click()
    expect(mark(omar, "drill-next")).to_be_visible()
    expect(mark(omar, "drill-start")).to_have_count(0)
