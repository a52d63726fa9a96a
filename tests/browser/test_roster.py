"""Who is on call, swaps, covers and the ladder, on real screens."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.visitors import PHONE, Visitors, label, mark


def phone(page: Page) -> Page:
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    return page


def roster(visitors: Visitors, name: str, **more: str) -> Page:
    page = visitors.teammate(name, "/staff", **more)  # type: ignore[arg-type]  # a scheme is the only one
    mark(page, "view-roster").click()
    expect(mark(page, "now-first")).to_contain_text("first on call now")
    return page


def test_a_shift_is_swapped_between_two_people_who_agree(visitors: Visitors) -> None:
    omar = roster(visitors, "omar")
    expect(mark(omar, "now-first")).to_contain_text("Omar is first on call now, until")
    expect(mark(omar, "roster-edit")).to_have_count(0)
    visitors.look(omar, "roster")
    mark(omar, "ask-swap").first.press("Enter")
    mark(omar, "swap-person").select_option(label="Lena")
    visitors.look(omar, "roster-swap")
    mark(omar, "swap-send").press("Enter")
    expect(mark(omar, "roster-told")).to_be_focused()
    expect(mark(omar, "swap").first).to_contain_text("Until they accept, it is still yours")

    lena = phone(roster(visitors, "lena", scheme="dark"))
    expect(mark(lena, "swap").first).to_contain_text("Omar asks you to be first on call")
    visitors.look(lena, "roster-asked")
    mark(lena, "swap-accept").first.press("Enter")
    expect(mark(lena, "now-first")).to_contain_text("Lena is first on call now, until")
    expect(mark(lena, "roster-told")).to_be_focused()


def test_a_coordinator_covers_takes_back_and_is_told_the_line_of_a_mistake(visitors: Visitors) -> None:
    page = roster(visitors, "cleo")
    mark(page, "roster-cover").press("Enter")
    mark(page, "cover-person").select_option(label="Noor")
    mark(page, "cover-place").select_option("second")
    visitors.look(page, "roster-cover")
    mark(page, "cover-send").press("Enter")
    expect(mark(page, "now-second")).to_contain_text("Noor is second on call now")
    visitors.look(page, "roster-coordinator")
    for _ in range(mark(page, "change-withdraw").count()):
        mark(page, "change-withdraw").first.press("Enter")
        expect(mark(page, "roster-told")).to_be_focused()

    mark(page, "roster-edit").press("Enter")
    text = mark(page, "roster-text")
    written = text.input_value()
    text.fill(written.replace("lena@demo.example", "eve@demo.example"))
    mark(page, "roster-save").press("Enter")
    expect(mark(page, "roster-fault")).to_contain_text("Line 12: week 2: nobody here is 'eve@demo.example'.")
    expect(mark(page, "roster-fault")).to_contain_text("the old text is in force")
    chosen = "(area) => area.value.slice(area.selectionStart, area.selectionEnd)"
    assert text.evaluate(chosen) == 'person = "eve@demo.example"'
    visitors.look(page, "roster-fault")
    text.fill(written)
    mark(page, "roster-save").press("Enter")
    expect(mark(page, "roster-told")).to_contain_text("in force")


def test_gaps_are_said_in_words(visitors: Visitors) -> None:
    page = phone(roster(visitors, "cleo"))
    expect(page.locator('[data-test="shift"][data-gap="nobody"]').first).to_contain_text("nobody is there")
    expect(page.locator('[data-test="shift"][data-gap="unreachable"]').first).to_contain_text("no tested way")
    mark(page, "roster-week").nth(1).scroll_into_view_if_needed()
    visitors.look(page, "roster-phone")


def test_the_ladder_is_read_as_sentences_and_opened_all_the_same_on_record(visitors: Visitors) -> None:
    page = visitors.teammate("cleo", "/staff")
    mark(page, "view-ladder").click()
    expect(mark(page, "rung")).to_have_count(5)
    expect(mark(page, "rung").nth(1)).to_contain_text("After 30 seconds")
    expect(mark(page, "rung").nth(1)).to_contain_text("first on call, by text, call, or e-mail.")
    expect(mark(page, "ladder-state")).to_contain_text("this is a demonstration")
    visitors.look(page, "ladder")
    mark(page, "override-end").press("Enter")
    expect(mark(page, "ladder-state")).to_contain_text("Students find the service closed")
    mark(page, "override").press("Enter")
    label(page, "reason-staff_on_site").click()
    phone(page)
    visitors.look(page, "ladder-open")
    mark(page, "override-send").press("Enter")
    expect(mark(page, "ladder-state")).to_contain_text("staff are at their consoles the whole time")
    expect(mark(page, "ladder-state")).to_contain_text("Cleo answers for it")
    visitors.look(page, "ladder-phone")
    mark(page, "ladder-edit").press("Enter")
    mark(page, "ladder-text").fill("[[rung]]\ntell = ['first']\nby = ['pigeon']\nwait = 30")
    mark(page, "ladder-save").press("Enter")
    expect(mark(page, "ladder-fault")).to_contain_text("Line 3: rung 1: no alert channel is called 'pigeon'")


def test_the_board_says_what_is_to_be_put_right(visitors: Visitors) -> None:
    page = visitors.teammate("lena", "/staff")
    mark(page, "view-board").click()
    expect(mark(page, "alarm-override")).to_contain_text("Open without a tested ladder until")
    expect(mark(page, "alarm-gap").first).to_contain_text("has no tested way to be reached")
    visitors.look(page, "board-alarms")
    phone(page)
    visitors.look(page, "board-alarms-phone")


def test_a_calendars_password_is_shown_once(visitors: Visitors) -> None:
    page = roster(visitors, "omar", scheme="dark")
    mark(page, "feed-make").press("Enter")
    expect(mark(page, "feed-password")).not_to_be_empty()
    visitors.look(page, "roster-feed")
    mark(page, "feed-end").press("Enter")
    expect(mark(page, "feed-made")).to_have_count(0)
