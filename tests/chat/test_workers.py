"""The work nobody waits for: it survives outages and defects, and counts nobody's name."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from chat.workers import Settling, contact_of, every
from storage.contacts import Contacts
from storage.engine import open_database
from storage.migrate import upgrade
from storage.tables import contact
from tests.support.peers import ear, eventually
from tests.support.valkey import Valkey

ZONE = ZoneInfo("Europe/Berlin")
NOON = dt.datetime(2030, 5, 4, 12, 30, tzinfo=ZONE).timestamp()


class Outage(Exception):
    """What the work stands on is away."""


async def test_an_outage_is_waited_out_and_a_defect_is_told_and_neither_stops_the_work() -> None:
    rounds: list[int] = []
    told: list[BaseException] = []

    async def work() -> None:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            raise Outage
        if len(rounds) == 2:
            raise ZeroDivisionError

    task = asyncio.create_task(every(0.0, work, (Outage,), told.append))
    await eventually(lambda: len(rounds) > 3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [type(error) for error in told] == [ZeroDivisionError]


FACTS = {
    "at": b"%d" % int(NOON),
    "waited": b"70",
    "talked": b"1500",
    "paired": b"1",
    "topic": b"mood",
    "language": b"en",
    "mood": b"2",
    "mood_after": b"4",
    "helped": b"5",
    "severity": b"concern",
    "outcome": b"talked",
    "person": b"ada",
}


def test_a_contact_says_what_was_and_neither_who_nor_when_exactly() -> None:
    made = contact_of(FACTS, "north", ZONE)
    assert (made.campus, made.topic, made.language, made.outcome) == ("north", "mood", "en", "talked")
    assert (made.severity, made.helped, made.mood_change) == ("concern", 5, 2)
    assert (made.day, made.six_hour_block) == (dt.date(2030, 5, 4), 2)
    assert "ada" not in repr(made)


def test_what_nobody_said_is_left_open() -> None:
    made = contact_of({"at": FACTS["at"], "paired": b"1"}, "north", ZONE)
    assert (made.topic, made.language, made.outcome) == ("other", "none", "none")
    assert (made.severity, made.helped, made.mood_change) == (None, None, None)
    left = contact_of({"at": FACTS["at"], "paired": b"0"}, "north", ZONE)
    assert left.outcome == "left_early"
    assert contact_of({**FACTS, "mood_after": b"0"}, "north", ZONE).mood_change is None


@given(st.sets(st.sampled_from(sorted(set(FACTS) - {"at", "topic", "language", "outcome"}))))
def test_a_fact_that_is_missing_or_empty_breaks_no_count(names: set[str]) -> None:
    missing = {name: value for name, value in FACTS.items() if name not in names}
    empty = {**FACTS, **dict.fromkeys(names, b"")}
    assert contact_of(missing, "north", ZONE) == contact_of(empty, "north", ZONE)


async def test_an_ended_conversation_is_counted_once_and_kept(valkey: Valkey, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'warmline.db'}"
    await upgrade(url)
    database = open_database(url, deadline=15)
    contacts = Contacts(database)
    async with ear(valkey.url, "here") as here:
        broker = here.broker
        settling = Settling(broker, contacts, "north", ZONE, lambda: NOON + 2 * 86400)
        await broker.open("c", epoch="e", wrapped=b"k", phase="waiting", counts={}, moves=[b"m"])
        await broker.finish("c", 1, b"end", FACTS)
        await settling.settle()
        assert len(contacts) == 0
        await settling.settle(at_once=True)
        await settling.settle(at_once=True)
    async with database.reading() as connection:
        rows = (await connection.execute(sa.select(contact))).mappings().all()
    await database.close()
    assert [(row["topic"], row["outcome"], row["severity"]) for row in rows] == [
        ("mood", "talked", "concern")
    ]
