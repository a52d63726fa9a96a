"""What a shift lead's board warns of while it is so, and no longer."""

from __future__ import annotations

import asyncio

from tests.support.client import Frame, Teammate
from tests.support.stage import Stage


async def board_with(lead: Teammate, kind: str, *, shown: bool = True) -> Frame:
    """The first board from now on that has, or has no longer, an alarm of this kind."""
    async with asyncio.timeout(30):
        while True:
            board = await lead.wait("board", since=lead.mark)
            if any(alarm["kind"] == kind for alarm in board["alarms"]) is shown:
                return board


async def test_a_lead_sees_that_somebody_waits_and_nobody_is_ready(stage: Stage) -> None:
    lead = await stage.teammate("lena")
    seeker = await stage.seeker()
    await seeker.send(type="join")
    await seeker.wait("waiting")
    board = await board_with(lead, "nobody_ready")
    assert board["alarms"][0]["kind"] == "nobody_ready", "the most pressing stands first"
    await stage.desk("sam")
    await board_with(lead, "nobody_ready", shown=False)


async def test_a_lead_sees_that_a_supporter_is_alone(stage: Stage) -> None:
    lead = await stage.teammate("lena")
    await board_with(lead, "lone_supporter", shown=False)
    await stage.desk("sam")
    await board_with(lead, "lone_supporter")
    await stage.desk("noor")
    await board_with(lead, "lone_supporter", shown=False)


async def test_the_board_of_the_demo_says_that_it_is_open_without_a_tested_ladder(stage: Stage) -> None:
    coordinator = await stage.teammate("cleo")
    board = await board_with(coordinator, "override")
    (override,) = [alarm for alarm in board["alarms"] if alarm["kind"] == "override"]
    assert override["reason"] == "demonstration"
    gaps = [alarm for alarm in board["alarms"] if alarm["kind"] == "gap"]
    assert {(gap["place"], gap["why"]) for gap in gaps} >= {("first", "unreachable")}
    assert all(gap["at"] < gap["until"] for gap in gaps)
