"""Gaps are told a day ahead, once, and once more when near; people hear of their shifts."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from chat.lookahead import NEAR, due, follow
from moderation.gaps import Gap
from storage.changes import Change, Changes, Kind, new_id
from storage.lookahead import KnownGap, Lookaheads
from tests.support.servers import Web, listening
from tests.support.turning import NOON, House, founded, house

HOUR = 3600.0
WEEK = """
zone = "Europe/Berlin"
[[week]]
place = "first"
person = "ada@north.example"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
from = "00:00"
until = "24:00"
"""
LADDER = "[[rung]]\ntell = ['first', 'campus']\nby = ['any']\nwait = 30\n"


def texts(web: Web, kind: str) -> list[str]:
    told = [json.loads(body) for _, _, body in web.requests]
    return [one["text"] for one in told if one["type"] == kind]


async def covered(here: House) -> str:
    """Ada is first on call all the time and can be reached; answers her id."""
    ada = await here.person("Ada", "on_call")
    await here.write("roster", WEEK)
    await here.write("ladder", LADDER)
    await here.reached(ada, "json://127.0.0.1:9/", confirmed=NOON)
    return ada


def change(person: str, start: float, until: float, settled: float = NOON, kind: Kind = "cover") -> Change:
    return Change(
        id=new_id(),
        campus="north",
        kind=kind,
        state="in_force",
        place="first",
        person=person,
        starts_at=start,
        ends_at=until,
        asked_by="cleo",
        settled_at=settled,
    )


async def turn(here: House, at: float) -> None:
    here.now = at
    await here.path.plan.refresh()
    await here.lookahead().look()


async def test_a_gap_is_told_a_day_ahead_once_by_one_process_and_again_when_it_is_near(
    tmp_path: Path,
) -> None:
    web, url = Web(), await founded(tmp_path)
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(listening(web))
        to = [f"http://127.0.0.1:{port}/"]
        one, other = [
            await stack.enter_async_context(house(tmp_path / name, url, on_call=to)) for name in ("a", "b")
        ]
        await covered(one)
        ben = await one.person("Ben", "on_call")
        start = NOON + 25 * HOUR
        await Changes(one.database).add([change(ben, start, start + HOUR)])
        await asyncio.gather(turn(one, NOON), turn(other, NOON))
        assert texts(web, "roster_gap") == [], "more than a day ahead"
        for minute in range(3):
            at = NOON + 2 * HOUR + minute * 60
            await asyncio.gather(turn(one, at), turn(other, at))
        (text,) = texts(web, "roster_gap")
        assert text == (
            "Somebody without a tested alert channel is first on call from 13:00 on Saturday, 03 May (CEST). "
            "Please look at the roster."
        )
        await turn(one, start - NEAR - 60)
        assert len(texts(web, "roster_gap")) == 1
        for minute in range(3):
            await turn(other, start - NEAR + minute * 60)
        assert len(texts(web, "roster_gap")) == 2
        await turn(one, start + 60)
        assert len(texts(web, "roster_gap")) == 2


async def test_a_gap_that_is_closed_in_time_is_told_no_more_and_a_new_one_is(tmp_path: Path) -> None:
    web = Web()
    async with listening(web) as port, house(tmp_path, on_call=[f"http://127.0.0.1:{port}/"]) as here:
        ada = await covered(here)
        ben = await here.person("Ben", "on_call")
        start = NOON + 10 * HOUR
        await Changes(here.database).add([change(ben, start, start + HOUR)])
        await turn(here, NOON)
        closing = change(ada, start, start + HOUR, settled=NOON + 1)
        await Changes(here.database).add([closing])
        await turn(here, start - HOUR)
        assert len(texts(web, "roster_gap")) == 1
        assert await Lookaheads(here.database).gaps("north", here.now) == []
        await Changes(here.database).settle(
            "north", closing.id, was="in_force", becomes="withdrawn", at=here.now
        )
        await turn(here, start - HOUR + 60)
        assert len(texts(web, "roster_gap")) == 2


async def test_a_gap_that_could_not_be_told_is_told_with_the_next_turn(tmp_path: Path) -> None:
    web = Web(status=400)
    async with listening(web) as port, house(tmp_path, on_call=[f"http://127.0.0.1:{port}/"]) as here:
        await here.write("ladder", LADDER)
        await turn(here, NOON)
        assert len(texts(web, "roster_gap")) == 1
        web.status = 200
        await turn(here, NOON + 60)
        await turn(here, NOON + 120)
        told = texts(web, "roster_gap")
        assert len(told) == 2
        assert told[1].startswith("Nobody is first on call from 10:00 on Friday, 02 May (UTC).")


async def test_a_person_is_told_of_a_shift_that_begins_and_when_and_nothing_else(tmp_path: Path) -> None:
    web, url = Web(), await founded(tmp_path)
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(listening(web))
        one, other = [await stack.enter_async_context(house(tmp_path / name, url)) for name in ("a", "b")]
        await covered(one)
        ben = await one.person("Ben", "on_call")
        await one.reached(ben, f"json://127.0.0.1:{port}/", confirmed=NOON)
        start = NOON + 5 * HOUR
        await Changes(one.database).add(
            [change(ben, start, start + HOUR), change(ben, start + HOUR, start + 2 * HOUR, kind="calendar")]
        )
        await turn(one, start - HOUR - 60)
        assert web.requests == []
        for minutes in range(0, 90, 9):
            await turn(one if minutes % 2 else other, start - HOUR + minutes * 60)
        bodies = [json.loads(body) for _, _, body in web.requests]
        assert [body["title"] for body in bodies] == ["Your shift"], "a shift that goes on is not another"
        assert bodies[0]["message"] == "Your on-call shift begins at 17:00 on Friday, 02 May (CEST)."


async def test_nobody_is_told_of_shifts_where_the_campus_does_not_want_it(tmp_path: Path) -> None:
    web = Web()
    async with listening(web) as port, house(tmp_path) as here:
        await covered(here)
        ben = await here.person("Ben", "on_call")
        await here.reached(ben, f"json://127.0.0.1:{port}/", confirmed=NOON)
        await Changes(here.database).add([change(ben, NOON + 600, NOON + HOUR)])
        await here.path.plan.refresh()
        await here.lookahead(notice=0).look()
        assert web.requests == []


async def test_a_person_is_told_that_a_swap_is_asked_of_them_and_not_by_whom(tmp_path: Path) -> None:
    web = Web()
    async with listening(web) as port, house(tmp_path) as here:
        await covered(here)
        ben = await here.person("Ben", "on_call")
        await here.reached(ben, f"json://127.0.0.1:{port}/", confirmed=NOON)
        await here.lookahead().swap_asked(change(ben, NOON + HOUR, NOON + 2 * HOUR))
        (body,) = [json.loads(body) for _, _, body in web.requests]
        asked = "Somebody asks you to take a shift from 13:00 on Friday, 02 May (CEST)."
        assert body["message"] == f"{asked} Please look at the roster."


def known(start: float, until: float, **more: float) -> KnownGap:
    return KnownGap("one", "first", "nobody", start, until, more.get("told"), more.get("pressed"))


def test_a_gap_that_goes_on_is_the_same_gap_and_another_one_is_not() -> None:
    gaps = [Gap("first", "nobody", 10, 30), Gap("first", "nobody", 50, 60), Gap("second", "nobody", 10, 30)]
    names = iter(["two", "three"])
    followed = follow([known(5, 15, told=1)], gaps, lambda: next(names))
    assert followed.standing == (
        KnownGap("one", "first", "nobody", 5, 30, 1),
        KnownGap("two", "first", "nobody", 50, 60),
        KnownGap("three", "second", "nobody", 10, 30),
    )
    assert followed.closed == frozenset()
    assert follow([known(5, 15)], gaps[1:2], lambda: "two").closed == {"one"}


@given(start=st.floats(0, 1e5), step=st.floats(10, 600), seen=st.floats(0, 1e5))
def test_every_gap_is_told_of_once_and_at_most_once_more(start: float, step: float, seen: float) -> None:
    gap, at, told = known(start, start + 1e5), min(seen, start), []
    while at < start + 2 * step:
        if (moment := due(gap, at)) is not None:
            told.append(moment)
            near = gap.start - at <= NEAR
            gap = known(
                start, start + 1e5, told=gap.told_at or at or 0.1, **({"pressed": at} if near else {})
            )
        at += step
    assert told[0] == "first"
    assert told in (["first"], ["first", "again"])
    assert (len(told) == 2) == (start - min(seen, start) > NEAR)
