"""A drill takes the way of a real alert, and says how long people took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from itertools import chain, repeat
from pathlib import Path

import pytest

from chat import alert_path
from chat.alarms import Told
from chat.drill import drill
from chat.settings import load
from moderation.alertbook import AlertBook
from moderation.alerts import Alert
from storage.alerts import Alerts
from storage.engine import open_database
from storage.migrate import upgrade
from storage.people import People
from storage.reach import Reach
from tests.support.alarming import plan_on


@pytest.fixture
async def path(tmp_path: Path) -> AsyncIterator[tuple[AlertBook, Alerts]]:
    url = f"sqlite:///{tmp_path / 'drill.sqlite3'}"
    await upgrade(url)
    database = open_database(url, deadline=15)
    settings = load({}, secret="A" * 44, database_url=url, spool=str(tmp_path / "spool"))
    store = Alerts(database)
    built = alert_path.build(
        settings,
        store=store,
        people=People(database),
        reach=Reach(database),
        plan=plan_on(database, settings),
        listener=Told(),
        report=lambda _: None,
    )
    draining = asyncio.create_task(built.book.run())  # a store that is slow at first leaves it to the spool
    yield built.book, store
    draining.cancel()
    await asyncio.gather(draining, return_exceptions=True)
    built.spool.close()
    await database.close()


async def test_a_drill_ends_with_the_first_person_who_acknowledges_it(
    path: tuple[AlertBook, Alerts],
) -> None:
    book, store = path
    seen: list[Alert] = []

    def look(alert: Alert, _: float) -> None:
        if not seen:
            asyncio.get_running_loop().create_task(_acknowledge(book, alert.id))
        seen.append(alert)

    drilled = await drill(book, store, campus="campus", patience=30, clock=time.time, told=look)
    assert drilled.seconds is not None
    assert seen[0].source == "practice"
    assert not await store.live("campus")


async def test_a_drill_that_nobody_answers_is_stood_down(path: tuple[AlertBook, Alerts]) -> None:
    book, store = path
    times = chain([0.0, 0.0], repeat(100.0))
    drilled = await drill(
        book, store, campus="campus", patience=60, clock=lambda: next(times), told=lambda *_: None
    )
    assert drilled.seconds is None
    assert not await store.live("campus")


async def _acknowledge(book: AlertBook, alert: str) -> None:
    await book.acknowledge(alert, "somebody")
