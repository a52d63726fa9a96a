"""Drills: whoever begins one, it is timed, ended and kept, also when the process that began it is gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chat.monthly import Monthly
from chat.practice import Practice
from moderation.alerts import Alert
from storage.errors import Broken
from storage.tables import audit_chain
from tests.support.turning import KEY_OF_ALL, ZONE, House, founded, house

MONTHLY = Monthly(8)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as made:
        yield made


async def carried(here: House, practice: Practice) -> Alert:
    """The alert of the drill that runs, once it is raised; a slow store leaves it to the spool."""
    while True:
        running = await practice.running()
        assert running is not None
        if running[1] is not None:
            return running[1]
        await here.path.book.drain()
        await practice.look()


async def test_a_drill_is_marked_as_practice_and_on_record_before_it_begins(here: House) -> None:
    practice = here.practice()
    name = await practice.start("button", "lena")
    alert = await carried(here, practice)
    assert (alert.source, alert.category, alert.severity, alert.conversation) == (
        "practice",
        "practice",
        "crisis",
        name,
    )
    entry = (await here.audit.latest(1))[0]
    assert (entry.actor, entry.action, entry.subject) == ("lena", "drill", name)


async def test_one_runs_at_a_time(here: House) -> None:
    practice = here.practice()
    assert await practice.start("button", "lena")
    assert await practice.start("button", "lena") is None
    assert len(await here.audit.latest(9)) == 1


async def test_no_drill_begins_that_cannot_be_written_down(here: House) -> None:
    async with here.database.writing() as connection:
        await connection.execute(audit_chain.delete())
    practice = here.practice()
    with pytest.raises(Broken):
        await practice.start("button", "lena")
    with pytest.raises(Broken):
        await practice.switch(off=True, by="cleo")
    assert await practice.running() is None
    assert await practice.by_itself() is None


async def test_it_ends_with_the_first_person_who_has_it(here: House) -> None:
    practice = here.practice()
    await practice.start("button", "lena")
    alert = await carried(here, practice)
    assert await practice.look() is None
    await here.path.book.acknowledge(alert.id, "omar")
    outcome = await practice.look()
    assert outcome is not None
    assert outcome.answered_after is not None
    assert not await here.alerts.live("north")
    assert await practice.look() is None
    assert list(await here.drills.history("north", 5)) == [outcome]


async def test_one_that_nobody_answers_is_given_up(here: House) -> None:
    practice = here.practice()
    await practice.start("month", "warmline", minutes=10)
    await carried(here, practice)
    here.now += 599
    assert await practice.look() is None
    here.now += 1
    outcome = await practice.look()
    assert outcome is not None
    assert outcome.answered_after is None
    assert not await here.alerts.live("north")


async def test_another_process_carries_on_what_a_dead_one_began(tmp_path: Path) -> None:
    url = await founded(tmp_path)
    async with house(tmp_path / "one", url) as one:
        assert await one.drills.begin("d1", "north", started="button", at=one.now, until=one.now + 600)
    async with house(tmp_path / "other", url) as other:
        practice = other.practice()
        alert = await carried(other, practice)
        await other.path.book.stand_down(alert.id, "omar", "false_alarm")
        outcome = await practice.look()
    assert outcome is not None
    assert outcome.answered_after is not None


# --- by itself ------------------------------------------------------------------------------------------


def moment(month: int, day: int, hour: int) -> float:
    return dt.datetime(2031, month, day, hour, 5, tzinfo=ZONE).timestamp()


async def test_of_many_processes_one_begins_the_drill_of_the_month(tmp_path: Path) -> None:
    url = await founded(tmp_path)
    async with house(tmp_path / "a", url) as a, house(tmp_path / "b", url) as b:
        for one in (a, b):
            one.now = moment(5, 2, 12)
            await one.practice().come_round()
        for one in (a, b, a, b):
            one.now = moment(6, 8, 14)
            await one.practice().come_round()
        running = await a.drills.running("north")
        assert running is not None
        assert (running.id, running.started) == ("north-2031-06", "month")
        a.now = running.until
        assert await a.practice().look() is not None
        for one in (a, b):
            one.now = moment(6, 9, 14)
            await one.practice().come_round()
            assert await one.drills.running("north") is None
        assert [(e.actor, e.action) for e in await a.audit.latest(9)] == [("warmline", "drill")]


async def test_an_installation_does_not_begin_with_a_drill(here: House) -> None:
    here.now = moment(5, 8, 14)
    await here.practice().come_round()
    assert await here.drills.running("north") is None
    assert await here.practice().following() == dt.datetime(2031, 6, 8, 14, tzinfo=ZONE)


async def test_a_month_whose_day_nothing_ran_has_its_drill_on_a_later_one(here: House) -> None:
    here.now = moment(5, 2, 12)
    await here.practice().come_round()
    here.now = moment(6, 20, 3)
    await here.practice().come_round()
    assert await here.drills.running("north") is None
    assert await here.practice().following() == dt.datetime(2031, 6, 20, 14, tzinfo=ZONE)
    here.now = moment(6, 20, 14)
    await here.practice().come_round()
    assert await here.drills.running("north") is not None


async def test_it_waits_for_a_drill_that_runs_and_begins_none_when_that_was_this_one(here: House) -> None:
    here.now = moment(5, 2, 12)
    practice = here.practice()
    await practice.come_round()
    here.now = moment(6, 8, 14)
    await practice.start("button", "lena")
    await practice.come_round()
    running = await here.drills.running("north")
    assert running is not None
    assert running.started == "button"
    here.now = running.until
    await carried(here, practice)
    assert await practice.look() is not None
    await practice.come_round()
    running = await here.drills.running("north")
    assert running is not None
    assert running.started == "month"


async def test_it_is_switched_off_and_on_again_on_record(here: House) -> None:
    here.now = moment(5, 2, 12)
    practice = here.practice()
    await practice.come_round()
    await practice.switch(off=True, by="cleo")
    here.now = moment(6, 8, 14)
    await practice.come_round()
    assert await here.drills.running("north") is None
    assert await practice.following() is None
    await practice.switch(off=False, by="cleo")
    await practice.come_round()
    assert await here.drills.running("north") is not None
    actions = [entry.action for entry in await here.audit.latest(9)]
    assert actions == ["drill", "drills_on", "drills_off"]
    assert await here.audit.verify(KEY_OF_ALL) is None
