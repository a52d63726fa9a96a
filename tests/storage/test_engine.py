from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from storage.engine import Database, open_database
from storage.errors import Broken, Conflict, StorageError, Unavailable
from storage.tables import person
from tests.support.postgres import Postgres, running_postgres

SECRET = "a-word-that-must-not-show"


def row(**changes: object) -> dict[str, object]:
    return {
        "id": "p1",
        "campus": "north",
        "email": f"{SECRET}@example.org",
        "password": SECRET,
        "name": SECRET,
        "active": True,
        **changes,
    }


def shown(error: StorageError) -> str:
    """All that a log could hold of an error: itself, and whatever caused it."""
    return "".join(traceback.format_exception(error)) + repr(error) + repr(error.__context__)


@pytest.fixture
async def frozen() -> AsyncIterator[Database]:
    """A server of this test's own that has stopped answering, with one connection still open to it."""
    with running_postgres() as server, server.database() as url:
        database = open_database(url)
        await database.ping()
        server.freeze()
        try:
            yield database
        finally:
            server.thaw()
            await database.close()


async def test_what_a_block_wrote_is_there_after_it(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(person.insert(), row())
    async with database.reading() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(person)) == 1


async def test_nothing_remains_of_a_block_that_failed(database: Database) -> None:
    async def fails() -> None:
        async with database.writing() as connection:
            await connection.execute(person.insert(), row())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    async with database.reading() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(person)) == 0


async def test_nothing_remains_of_a_block_that_was_cancelled(database: Database) -> None:
    inside = asyncio.Event()

    async def writes() -> None:
        async with database.writing() as connection:
            await connection.execute(person.insert(), row())
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(writes())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.reading() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(person)) == 0


async def test_a_refused_row_is_a_conflict_that_does_not_show_it(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(person.insert(), row())
    with pytest.raises(Conflict) as caught:
        async with database.writing() as connection:
            await connection.execute(person.insert(), row(id="p2"))
    assert SECRET not in shown(caught.value)


async def test_a_sentence_is_no_identifier(database: Database) -> None:
    with pytest.raises(Broken) as caught:
        async with database.writing() as connection:
            await connection.execute(person.insert(), row(campus="I cannot go on"))
    assert "cannot go on" not in shown(caught.value)


async def test_a_missing_table_is_a_fault_of_ours_and_does_not_show_the_row(database: Database) -> None:
    with pytest.raises(Broken) as caught:
        async with database.reading() as connection:
            await connection.execute(sa.text("SELECT :word FROM nowhere"), {"word": SECRET})
    assert SECRET not in shown(caught.value)


async def test_writers_wait_for_one_another(database: Database) -> None:
    """Each adds one to what it read; were two of them side by side, a step would be lost."""
    async with database.writing() as connection:
        await connection.execute(person.insert(), row(name="0"))

    async def step() -> None:
        async with database.writing() as connection:
            name = await connection.scalar(sa.select(person.c.name).with_for_update())
            assert name is not None
            await connection.execute(person.update().values(name=str(int(name) + 1)))

    await asyncio.gather(*(step() for _ in range(12)))
    async with database.reading() as connection:
        assert await connection.scalar(sa.select(person.c.name)) == "12"


async def test_a_transaction_that_takes_too_long_is_undone(database_url: str) -> None:
    database = open_database(database_url, deadline=0.2)

    async def hangs() -> None:
        async with database.writing() as connection:
            await connection.execute(person.insert(), row())
            await asyncio.Event().wait()

    with pytest.raises(Unavailable):
        await hangs()
    async with database.reading() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(person)) == 0
    await database.close()


async def test_a_writer_that_cannot_have_its_turn_gives_up(database_url: str) -> None:
    holder, other = open_database(database_url), open_database(database_url, deadline=0.3)
    async with holder.writing() as connection:
        await connection.execute(person.insert(), row())
        with pytest.raises(Unavailable):
            async with other.writing() as blocked:
                await blocked.execute(person.insert(), row())
    await holder.close()
    await other.close()


async def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    for url in (f"postgresql://someone:{SECRET}@/x?host={tmp_path}", f"sqlite:///{tmp_path}/no/folder.db"):
        database = open_database(url)
        with pytest.raises(Unavailable) as caught:
            await database.ping()
        assert SECRET not in shown(caught.value)
        await database.close()


async def test_a_server_that_stopped_answering_is_unavailable(frozen: Database) -> None:
    async with asyncio.timeout(20):  # far beyond the deadline, however busy the machine: without one it hangs
        with pytest.raises(Unavailable):
            await frozen.ping()


async def test_a_server_that_was_restarted_is_used_again_at_once(postgres: Postgres) -> None:
    with postgres.database() as url:
        database = open_database(url)
        await database.ping()
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'warmline'"
        postgres.run("psql", "--dbname", "postgres", "--command", others)
        await database.ping()
        await database.close()


async def test_sqlite_holds_no_lock_for_a_connection_that_was_dropped_within_a_statement(
    tmp_path: Path,
) -> None:
    """As after a cancelled transaction: what was left of it is still remembered somewhere."""
    database = open_database(f"sqlite:///{tmp_path / 'warmline.db'}")
    async with database.writing() as connection:
        await connection.execute(sa.text("CREATE TABLE t (a INTEGER)"))
        await connection.execute(sa.text("INSERT INTO t VALUES (1), (2)"))
    async with database.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        left = [await driver.execute("BEGIN IMMEDIATE"), await driver.execute("SELECT a FROM t")]
        await connection.invalidate()
    async with database.writing() as connection:
        await connection.execute(sa.text("INSERT INTO t VALUES (3)"))
    assert len(left) == 2
    await database.close()


async def test_sqlite_keeps_no_residue_and_syncs_every_commit(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/x.db")
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "auto_vacuum": 1,
    }
    async with database.writing() as connection:
        await connection.execute(sa.text("CREATE TABLE x (y INTEGER)"))
    async with database.reading() as connection:
        for pragma, value in expected.items():
            assert await connection.scalar(sa.text(f"PRAGMA {pragma}")) == value, pragma
    await database.close()


@pytest.mark.parametrize("url", ["", "mysql://u:hidden@h/x", "nonsense hidden", "sqlite://"])
def test_an_address_of_another_kind_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="starts with sqlite") as caught:
        open_database(url)
    assert "hidden" not in str(caught.value)
