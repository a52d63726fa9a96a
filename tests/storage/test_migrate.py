from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from storage import engine
from storage.engine import Database, open_database
from storage.migrate import is_current, upgrade
from storage.tables import metadata


def differences(connection: sa.Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


def checks(connection: sa.Connection) -> dict[str, set[str | None]]:
    inspector = sa.inspect(connection)
    return {
        table: {check["name"] for check in inspector.get_check_constraints(table)}
        for table in metadata.tables
    }


async def test_the_migrated_tables_are_the_declared_ones(database: Database) -> None:
    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_migrated_checks_are_the_declared_ones(database: Database, empty_url: str) -> None:
    declared = open_database(empty_url)
    async with declared.writing() as connection:
        await connection.run_sync(metadata.create_all)
    async with declared.reading() as one, database.reading() as other:
        assert await one.run_sync(checks) == await other.run_sync(checks)
    await declared.close()


async def test_a_new_database_is_current_after_the_upgrade_and_not_before(empty_url: str) -> None:
    database = open_database(empty_url)
    assert not await is_current(database)
    await upgrade(empty_url)
    assert await is_current(database)
    await database.close()


async def test_processes_wait_for_an_upgrade_longer_than_for_a_row(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LOCK_WAIT", 0.001)
    await asyncio.gather(*(upgrade(empty_url) for _ in range(3)))
    monkeypatch.undo()
    database = open_database(empty_url)
    assert await is_current(database)
    await database.close()


async def test_processes_that_upgrade_at_once_do_not_disturb_one_another(empty_url: str) -> None:
    await asyncio.gather(*(upgrade(empty_url) for _ in range(3)))
    database = open_database(empty_url)
    assert await is_current(database)
    await database.close()
