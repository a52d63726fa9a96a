"""What is kept around an alert: findings by category, ticks, what was closed, and counts of debriefs."""

from __future__ import annotations

import datetime as dt

from storage.alert_details import AlertDetails
from storage.alerts import Alert, Alerts, Severity
from storage.debriefs import Debriefs
from storage.engine import Database
from storage.forgetting import Forgetting
from storage.people import People

AT = 1_900_000_000.0
DAY = 86_400.0


async def raised(database: Database, key: str, category: str, severity: Severity = "crisis") -> Alert:
    alert, _ = await Alerts(database).raise_(
        key=key,
        conversation="c1",
        campus="north",
        category=category,
        severity=severity,
        source="screening",
        at=AT,
    )
    return alert


async def test_findings_are_counted_by_category_with_the_worst_of_each(database: Database) -> None:
    alert = await raised(database, "1", "self_harm", "concern")
    await raised(database, "2", "suicide")
    await raised(database, "3", "self_harm")
    await raised(database, "3", "self_harm")
    detail = (await AlertDetails(database).details([alert.id]))[alert.id]
    assert [(one.category, one.severity, one.count) for one in detail.findings] == [
        ("self_harm", "crisis", 2),
        ("suicide", "crisis", 1),
    ]
    assert await AlertDetails(database).details(["none"]) == {}


async def test_a_tick_stays_with_who_ticked_first_and_can_be_taken_back(database: Database) -> None:
    details, alert = AlertDetails(database), await raised(database, "1", "suicide")
    for person, on in (("ada", True), ("ben", True)):
        assert await details.tick(alert=alert.id, item="plan", person=person, on=on, at=AT)
    assert [one.person for one in (await details.details([alert.id]))[alert.id].ticks] == ["ada"]
    assert await details.tick(alert=alert.id, item="plan", person="ben", on=False, at=AT)
    assert (await details.details([alert.id]))[alert.id].ticks == ()
    await Alerts(database).close(alert=alert.id, person="ada", state="resolved", outcome="confirmed", at=AT)
    assert not await details.tick(alert=alert.id, item="plan", person="ada", on=True, at=AT)


async def test_what_was_closed_is_listed_the_latest_first_and_loses_people_and_times(
    database: Database,
) -> None:
    alerts, details = Alerts(database), AlertDetails(database)
    for number in (1, 2):
        alert = await raised(database, str(number), "suicide")
        await details.tick(alert=alert.id, item="plan", person="ada", on=True, at=AT)
        at = AT + number * 60
        await alerts.close(alert=alert.id, person="ada", state="resolved", outcome="confirmed", at=at)
    await raised(database, "open", "suicide")
    first, second = await details.past("north", 10)
    assert (first.closed_at, second.closed_at) == (AT + 120, AT + 60)
    assert (first.person, first.outcome) == ("ada", "confirmed")
    assert len(await details.past("north", 1)) == 1
    await Forgetting(database).run(AT + 32 * DAY)
    kept = await details.past("north", 10)
    assert {(one.person, one.raised_at, one.closed_at) for one in kept} == {(None, None, None)}
    assert (await details.details([one.id for one in kept])) == {}


async def test_debriefs_are_counted_by_day(database: Database) -> None:
    counts, today = Debriefs(database), dt.date(2031, 5, 2)
    for what in ("offered", "offered", "talk"):
        await counts.count("north", today, what)
    await counts.count("north", today - dt.timedelta(days=9), "offered")
    assert await counts.totals("north", today) == {"offered": 2, "talk": 1}
    assert await counts.totals("south", today) == {}


async def test_a_debrief_is_due_to_a_person_once_until_they_answer_and_goes_with_them(
    database: Database,
) -> None:
    debriefs, today = Debriefs(database), dt.date(2031, 5, 2)
    ada = (await People(database).add(campus="north", email="a@x.example", password="x", name="Ada")).id
    assert not await debriefs.is_due(ada)
    assert [await debriefs.owe(ada, today) for _ in range(2)] == [True, False]
    assert await debriefs.is_due(ada)
    assert not await debriefs.is_due("ben")
    assert await debriefs.owe("nobody", today) is False
    await debriefs.answered(ada)
    assert not await debriefs.is_due(ada)


async def test_a_debrief_that_nobody_asked_for_again_is_forgotten_after_a_fortnight(
    database: Database,
) -> None:
    debriefs = Debriefs(database)
    ada = (await People(database).add(campus="north", email="a@x.example", password="x", name="Ada")).id
    await debriefs.owe(ada, dt.datetime.fromtimestamp(AT, dt.UTC).date())
    await Forgetting(database).run(AT + 13 * DAY)
    assert await debriefs.is_due(ada)
    await Forgetting(database).run(AT + 16 * DAY)
    assert not await debriefs.is_due(ada)
