"""Care for a supporter who was not there when it was over, and a lead who takes up their call."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.support.visitors import Visitors, begin, mark, meet, ready, say


def test_a_supporter_who_lost_the_connection_is_offered_a_debrief_and_a_lead_takes_up_the_call(
    visitors: Visitors,
) -> None:
    seeker, console = visitors.seeker(), visitors.teammate("sam")
    ready(console)
    begin(seeker)
    meet(seeker, console)
    say(seeker, "I want to kill myself tonight")
    mark(seeker, "stay").click()
    lead = visitors.teammate("lena", "/staff")
    mark(lead, "acknowledge").click()
    console.close()
    mark(lead, "resolve").click()
    mark(lead, "resolve-confirmed").click()
    expect(mark(lead, "alert-over").first).to_be_visible()
    mark(seeker, "menu").click()
    mark(seeker, "end").click()
    mark(seeker, "end-yes").click()
    expect(mark(seeker, "receipt")).to_be_visible()
    again = visitors.teammate("sam", scheme="dark")
    expect(mark(again, "debrief-sheet")).to_be_visible()
    visitors.look(again, "debrief-later")
    mark(again, "debrief-talk").click()
    expect(mark(again, "debrief-done")).to_be_visible()
    mark(lead, "view-board").click()
    call = mark(lead, "alarm-debrief")
    expect(call).to_contain_text("Sam had a hard conversation and would like to talk.")
    visitors.look(lead, "debrief-call")
    mark(lead, "debriefed").click()
    expect(call).to_have_count(0)
    again.reload()
    expect(mark(again, "status")).to_be_visible()
    expect(mark(again, "debrief-sheet")).to_have_count(0)
