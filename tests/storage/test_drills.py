"""Drills: one at a time, once a month, and of each only times and rungs are kept."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa

from storage.alerts import Alerts
from storage.drills import Drills, Outcome, RungTold
from storage.engine import Database, open_database
from storage.tables import drill
from tests.storage.test_routines import AT


async def begin(drills: Drills, name: str = "d1", *, campus: str = "north") -> bool:
    return await drills.begin(name, campus, started="button", at=AT, until=AT + 600)


async def raised(database: Database, name: str = "d1") -> str:
    alert, _ = await Alerts(database).raise_(
        key=name,
        conversation=name,
        campus="north",
        category="practice",
        severity="crisis",
        source="practice",
        at=AT,
    )
    await Drills(database).raised(name, alert.id)
    return alert.id


async def test_of_many_that_begin_one_runs(database_url: str) -> None:
    handles = [open_database(database_url, deadline=15) for _ in range(2)]
    each = (begin(Drills(handles[n % 2]), f"d{n}") for n in range(8))
    assert sum(await asyncio.gather(*each)) == 1
    assert await begin(Drills(handles[0]), "s1", campus="south")
    for handle in handles:
        await handle.close()


async def test_a_drill_of_a_name_that_was_does_not_run_again(database: Database) -> None:
    drills = Drills(database)
    assert await begin(drills, "month-2031-05")
    assert await drills.finish("month-2031-05") is not None
    assert not await begin(drills, "month-2031-05")
    assert await drills.running("north") is None


async def test_it_keeps_when_each_rung_was_told_and_when_somebody_had_it(database: Database) -> None:
    drills, alerts = Drills(database), Alerts(database)
    assert await begin(drills)
    alert = await raised(database)
    running = await drills.running("north")
    assert running is not None
    assert (running.id, running.alert, running.until) == ("d1", alert, AT + 600)
    for rung, channel, became, at in (
        (0, "webhook", "unreachable", AT + 1),
        (0, "webhook", "delivered", AT + 2),
        (0, "push", "delivered", AT + 2.5),
        (2, "sms", "timed_out", AT + 61),
    ):
        await alerts.record_delivery(
            alert=alert, rung=rung, person=None, channel=channel, outcome=became, at=at
        )
    await alerts.acknowledge(alert=alert, person="p1", at=AT + 75, again_at=AT + 300)
    outcome = await drills.finish("d1")
    assert outcome is not None
    assert outcome.answered_after == 75.0
    assert outcome.rungs == (RungTold(0, 1.0, 2), RungTold(1, None, 0), RungTold(2, 61.0, 0))
    assert await drills.finish("d1") is None
    assert await drills.history("north", 10) == [outcome]
    assert await drills.history("south", 10) == []
    async with database.reading() as connection:
        row = (await connection.execute(sa.select(drill))).one()
    assert (row.alert, row.began_at, row.until) == (None, None, None)


async def test_an_alert_that_was_closed_at_once_is_answered_too(database: Database) -> None:
    drills = Drills(database)
    await begin(drills)
    alert = await raised(database)
    await Alerts(database).close(alert=alert, person="p1", state="stood_down", outcome="practice", at=AT + 9)
    outcome = await drills.finish("d1")
    assert outcome is not None
    assert outcome.answered_after == 9.0


async def test_a_drill_that_nobody_answers_says_so(database: Database) -> None:
    drills = Drills(database)
    await begin(drills)
    await raised(database)
    outcome = await drills.finish("d1")
    assert outcome is not None
    assert (outcome.answered_after, outcome.rungs) == (None, ())


async def test_a_drill_that_could_not_be_raised_ends_without_rungs(database: Database) -> None:
    drills = Drills(database)
    await begin(drills)
    outcome = await drills.finish("d1")
    assert isinstance(outcome, Outcome)
    assert (outcome.answered_after, outcome.rungs, outcome.started) == (None, (), "button")
