"""What staff do with an alert while the database stands still: it is kept in the page, and done later."""

from __future__ import annotations

import secrets

from playwright.sync_api import Page, expect

from tests.support.postgres import Postgres
from tests.support.visitors import PHONE, Visitors, begin, mark

_LATER = 60_000.0
"""Milliseconds for what waits until the database is asked again."""


def on_a_phone(visitors: Visitors) -> Page:
    """On-call staff with the alert of a student who asked for help."""
    staff = visitors.teammate("omar", "/staff")
    staff.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    seeker = visitors.seeker()
    begin(seeker)
    mark(seeker, "urgent").click()
    mark(seeker, "help").click()
    expect(mark(seeker, "help-sent")).to_be_visible()
    expect(mark(staff, "checklist")).to_be_visible()
    return staff


def state(page: Page, name: str) -> None:
    expect(page.locator(f'[data-test="alert"][data-state="{name}"]')).to_be_visible(timeout=_LATER)


def test_what_is_ticked_decided_and_closed_without_a_database_is_kept_and_done_by_itself(
    on_postgres: Visitors, postgres: Postgres
) -> None:
    staff = on_a_phone(on_postgres)
    postgres.freeze()
    try:
        mark(staff, "acknowledge").click()
        state(staff, "acknowledged")
        mark(staff, "decide").click()
        mark(staff, "decide-on_the_way").click()
        expect(mark(staff, "alert-sentence")).to_contain_text(
            "You said: Somebody is on the way", timeout=_LATER
        )
        mark(staff, "tick-thoughts").check()
        mark(staff, "resolve").click()
        mark(staff, "resolve-confirmed").click()
        expect(mark(staff, "pending-resolve")).to_contain_text("The student is safe", timeout=_LATER)
        expect(mark(staff, "pending-tick")).to_have_text("One step of the protocol", timeout=_LATER)
        expect(mark(staff, "tick-thoughts")).to_be_checked()
        expect(mark(staff, "notice")).to_have_count(0)
        mark(staff, "alert-pending").scroll_into_view_if_needed()
        on_postgres.look(staff, "outage-pending")
    finally:
        postgres.thaw()
    expect(mark(staff, "alert-over")).to_be_visible(timeout=_LATER)
    mark(staff, "past-show").click()
    expect(mark(staff, "past-row").first).to_contain_text("The student is safe, confirmed")


def test_a_hand_over_that_waits_can_be_taken_back_and_outlives_a_reload_of_the_page(
    on_postgres: Visitors, postgres: Postgres
) -> None:
    staff = on_a_phone(on_postgres)
    mark(staff, "acknowledge").click()
    state(staff, "acknowledged")
    postgres.freeze()
    try:
        mark(staff, "hand").click()
        mark(staff, "hand-lena").click()
        expect(mark(staff, "pending-hand")).to_contain_text("Hand it over to Lena", timeout=_LATER)
        mark(staff, "pending-withdraw").click()
        expect(mark(staff, "alert-pending")).to_have_count(0)
        mark(staff, "hand").click()
        mark(staff, "hand-lena").click()
        expect(mark(staff, "pending-hand")).to_be_visible(timeout=_LATER)
        kept = staff.evaluate("JSON.parse(sessionStorage.getItem('team')).asks.map((ask) => ask.frame.type)")
        assert kept == ["hand"]
        staff.reload()
        state(staff, "acknowledged")
        expect(mark(staff, "pending-hand")).to_be_visible(timeout=_LATER)
        on_postgres.look(staff, "outage-reloaded")
    finally:
        postgres.thaw()
    expect(mark(staff, "alert-sentence")).to_contain_text("handed it to Lena", timeout=_LATER)
    expect(mark(staff, "alert-pending")).to_have_count(0)


def test_a_page_whose_person_no_process_remembers_says_so_until_the_database_is_back(
    on_postgres: Visitors, postgres: Postgres
) -> None:
    """Whom a process remembers goes on working; of anybody else it cannot say whether they are signed out."""
    context = on_postgres.context(PHONE)
    strange = secrets.token_urlsafe(32)
    context.add_cookies(
        [{"name": "warmline", "value": strange, "url": on_postgres.url, "sameSite": "Strict"}]
    )
    postgres.freeze()
    try:
        page = on_postgres.page(context, "/staff")
        expect(mark(page, "down")).to_contain_text("asked again every few seconds", timeout=_LATER)
        expect(mark(page, "sign-in")).to_have_count(0)
        on_postgres.look(page, "outage-down")
    finally:
        postgres.thaw()
    expect(mark(page, "sign-in")).to_be_visible(timeout=_LATER)
