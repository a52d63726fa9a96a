"""Promise 8: no report shows a group smaller than ten, and none can be worked out from what it shows."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storage.contacts import Contact, Contacts
from storage.engine import open_database
from storage.migrate import upgrade
from storage.reports.monthly import Monthly, Reports
from tests.support.postgres import Postgres

MONTH: Final = dt.date(2030, 4, 1)
TODAY: Final = dt.date(2030, 5, 1)
SMALLEST: Final = 10
"""As the promise has it; it is not taken from the code that keeps it."""

Group = tuple[int, int, str, str]
groups = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 3, 8, 9, 10, 11, 25]),
        st.integers(1, 30),
        st.sampled_from(["exams", "family", "love", "money"]),
        st.sampled_from(["talked", "left_early", "referred"]),
    ),
    max_size=8,
)


@contextmanager
def addresses(kind: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'warmline.sqlite3'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with server.database() as url:
            yield url


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with all tables. Every example has a campus of its own in it."""
    with addresses(request.param, tmp_path_factory.mktemp("reports"), request) as url:
        asyncio.run(upgrade(url))
        yield url


@pytest.fixture(scope="module")
def campuses() -> Iterator[str]:
    return (f"campus-{number}" for number in itertools.count())


async def reported(address: str, campus: str, kept: Iterable[Group]) -> Monthly:
    """The report of a month with these contacts, through the code that stores and counts them."""
    database = open_database(address)
    try:
        contacts = Contacts(database)
        for count, day, topic, outcome in kept:
            for _ in range(count):
                contacts.add(
                    Contact(campus, MONTH.replace(day=day), 0, "under_1", "under_5", topic, "en", outcome)
                )
        await contacts.close()
        return await Reports(database).monthly(campus, MONTH, today=TODAY)
    finally:
        await database.close()


def small_groups(shown: Iterable[int | None], total: int) -> set[int]:
    """Every group from one to nine that sums of shown figures, or the rest beside them, give away."""
    sums = {0}
    for figure in shown:
        sums |= {so_far + figure for so_far in sums} if figure else set()
    worked_out = sums | {total - so_far for so_far in sums}
    return {size for size in worked_out if 0 < size < SMALLEST}


@settings(max_examples=25)
@given(kept=groups)
@example(kept=[(9, 1, "exams", "talked")])
@example(kept=[(30, 1, "exams", "talked"), (1, 2, "family", "left_early")])
@example(kept=[(30, 1, "exams", "talked"), (11, 2, "family", "talked"), (9, 3, "love", "referred")])
def test_no_group_smaller_than_ten_can_be_seen_or_worked_out(
    address: str, campuses: Iterator[str], kept: list[Group]
) -> None:
    report = asyncio.run(reported(address, next(campuses), kept))
    total = sum(count for count, *_ in kept)
    splits: list[list[int | None]] = [
        list(split.values()) for split in (report.by_day, report.by_topic, report.by_outcome)
    ]
    assert not {figure for split in splits for figure in split if figure and figure < SMALLEST}
    if report.total is None:
        assert 0 < total < SMALLEST
        assert not [figure for split in splits for figure in split if figure is not None]
        return
    assert report.total == total
    for split in splits:
        assert small_groups(split, total) == set()


def test_a_group_of_ten_is_shown(address: str, campuses: Iterator[str]) -> None:
    """Hiding everything would keep the promise, and would be no report."""
    kept = [(10, 1, "exams", "talked"), (14, 2, "family", "referred")]
    report = asyncio.run(reported(address, next(campuses), kept))
    assert (report.total, report.by_topic) == (24, {"exams": 10, "family": 14})
    assert report.by_outcome == {"talked": 10, "referred": 14}
