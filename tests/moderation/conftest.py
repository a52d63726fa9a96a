"""A store, a clock and phones for the tests of the alert path."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.alerts import Alerts
from storage.engine import Database, open_database
from storage.tables import metadata
from tests.support.alerting import AlertPath, Phones
from tests.support.clock import DrivenClock


@pytest.fixture
def clock() -> DrivenClock:
    return DrivenClock()


@pytest.fixture
def phones(clock: DrivenClock) -> Phones:
    return Phones(clock)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty SQLite database with the real tables."""
    database = open_database(f"sqlite:///{tmp_path / 'warmline.db'}", deadline=15)
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield database
    await database.close()


@pytest.fixture
def store(database: Database) -> Alerts:
    return Alerts(database)


@pytest.fixture
def path(store: Alerts, clock: DrivenClock, phones: Phones, tmp_path: Path) -> AlertPath:
    """One process' alert path, not running yet."""
    return AlertPath(store=store, clock=clock, phones=phones, folder=tmp_path / "spool")
