from __future__ import annotations

import datetime as dt

import pytest

from storage.contacts import Contact, Contacts
from storage.engine import Database
from storage.reports.monthly import Monthly, Reports

MAY = dt.date(2030, 5, 1)
JUNE = dt.date(2030, 6, 1)


async def stored(database: Database, *groups: tuple[int, int, str, str]) -> None:
    """Contacts as (how many, day of May, topic, outcome)."""
    contacts = Contacts(database)
    for count, day, topic, outcome in groups:
        for _ in range(count):
            contacts.add(
                Contact("north", MAY.replace(day=day), 0, "under_1", "under_5", topic, "en", outcome)
            )
    await contacts.close()


async def test_a_month_is_split_by_day_topic_and_outcome(database: Database) -> None:
    await stored(database, (12, 1, "exams", "helped"), (11, 31, "family", "left"))
    report = await Reports(database).monthly("north", MAY, today=JUNE)
    assert report.total == 23
    assert len(report.by_day) == 31
    assert {day: count for day, count in report.by_day.items() if count} == {
        "2030-05-01": 12,
        "2030-05-31": 11,
    }
    assert report.by_topic == {"exams": 12, "family": 11}
    assert report.by_outcome == {"helped": 12, "left": 11}


async def test_a_small_group_is_neither_shown_nor_named(database: Database) -> None:
    await stored(database, (12, 1, "exams", "helped"), (3, 2, "family", "helped"), (20, 3, "love", "helped"))
    report = await Reports(database).monthly("north", MAY, today=JUNE)
    assert report.total == 35
    assert report.by_day["2030-05-02"] is None
    assert report.by_topic == {"love": 20}
    assert report.by_outcome == {"helped": 35}


async def test_a_month_with_few_contacts_shows_nothing(database: Database) -> None:
    await stored(database, (9, 1, "exams", "helped"))
    report = await Reports(database).monthly("north", MAY, today=JUNE)
    assert report.total is None
    assert set(report.by_day.values()) == {None}
    assert not report.by_topic
    assert not report.by_outcome


async def test_a_report_is_about_one_campus_and_one_month(database: Database) -> None:
    await stored(database, (12, 31, "exams", "helped"))
    nobody = Monthly(JUNE, 0, {f"2030-06-{day:02}": 0 for day in range(1, 31)}, {}, {})
    assert await Reports(database).monthly("north", JUNE, today=dt.date(2030, 7, 1)) == nobody
    assert (await Reports(database).monthly("south", MAY, today=JUNE)).total == 0


@pytest.mark.parametrize(
    ("month", "today"),
    [(MAY, dt.date(2030, 5, 31)), (MAY.replace(day=2), JUNE), (dt.date(2030, 12, 1), JUNE)],
)
async def test_a_month_that_is_not_over_is_refused(
    database: Database, month: dt.date, today: dt.date
) -> None:
    with pytest.raises(ValueError, match="over"):
        await Reports(database).monthly("north", month, today=today)
