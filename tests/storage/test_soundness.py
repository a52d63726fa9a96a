"""A database whose logs would hold what Warmline stores is told so, one line for each setting."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.engine import open_database
from storage.migrate import upgrade
from storage.soundness import Flaw, flaws, judged
from tests.support.postgres import Postgres

GOOD = {"server_version_num": "180000", "log_statement": "none", "log_min_duration_statement": "-1"}
BREAKS = {
    "log_statement": "all",
    "log_min_duration_statement": "250",
    "log_min_duration_sample": "100",
    "log_transaction_sample_rate": "0.5",
    "log_parameter_max_length_on_error": "64",
}


async def found(url: str) -> list[Flaw]:
    database = open_database(url)
    try:
        return await flaws(database)
    finally:
        await database.close()


async def run(url: str, *statements: str) -> None:
    database = open_database(url)
    try:
        async with database.writing() as connection:
            for statement in statements:
                await connection.execute(sa.text(statement))
    finally:
        await database.close()


@pytest.mark.parametrize("name", BREAKS)
async def test_a_postgresql_that_would_log_what_is_stored_is_told_what_to_change(
    postgres: Postgres, name: str
) -> None:
    with postgres.database() as url:
        database = url.split("/")[3].split("?")[0]
        quiet = f"ALTER DATABASE {database} SET log_parameter_max_length = 0"
        await run(url, quiet)
        assert [flaw.name for flaw in await found(url)] == ["role"]
        await run(url, f"ALTER DATABASE {database} SET {name} = '{BREAKS[name]}'")
        worst, *_ = await found(url)
    assert (worst.name, worst.breaks) == (name, True)
    assert f"set: {name} = " in worst.what


async def test_postgresql_as_it_comes_is_warned_of_parameters_and_of_a_superuser(postgres: Postgres) -> None:
    with postgres.database() as url:
        assert {(flaw.name, flaw.breaks) for flaw in await found(url)} == {
            ("log_parameter_max_length", False),
            ("role", False),
        }


async def test_a_role_without_rights_on_a_table_is_told_which(postgres: Postgres) -> None:
    with postgres.database() as url:
        await upgrade(url)
        role = "short" + url.split("/")[3].split("?")[0]
        await run(
            url,
            f"CREATE ROLE {role} LOGIN",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            f"REVOKE DELETE ON contact FROM {role}",
        )
        worst, *others = await found(url.replace("warmline@", f"{role}@"))
        await run(url, f"DROP OWNED BY {role}", f"DROP ROLE {role}")
    assert (worst.name, worst.breaks) == ("rights", True)
    assert "may not use the table contact;" in worst.what
    assert "role" not in [flaw.name for flaw in others]


@pytest.mark.parametrize(
    ("changed", "name", "breaks"),
    [
        ({"server_version_num": "120019"}, "version", True),
        ({"log_connections": "on"}, "log_connections", False),
        ({"shared_preload_libraries": "auto_explain"}, "shared_preload_libraries", False),
        ({"shared_preload_libraries": "pg_cron,pgaudit"}, "shared_preload_libraries", False),
        ({"log_statement": "mod"}, "log_statement", True),
    ],
)
def test_what_a_server_shows_is_judged(changed: dict[str, str], name: str, breaks: bool) -> None:  # noqa: FBT001  # an example
    (flaw,) = judged(GOOD | changed, is_superuser=False, short=())
    assert (flaw.name, flaw.breaks) == (name, breaks)


def test_statements_that_change_tables_may_be_logged() -> None:
    assert judged(GOOD | {"log_statement": "ddl"}, is_superuser=False, short=()) == []


async def test_a_sqlite_file_made_here_is_sound_and_one_that_was_not_is_told(tmp_path: Path) -> None:
    made = f"sqlite:///{tmp_path / 'made.sqlite3'}"
    await upgrade(made)
    assert await found(made) == []
    brought = tmp_path / "brought.sqlite3"
    await asyncio.to_thread(_elsewhere, brought)
    assert [(flaw.name, flaw.breaks) for flaw in await found(f"sqlite:///{brought}")] == [
        ("auto_vacuum", False)
    ]


def test_a_sqlite_file_that_everybody_can_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "open.sqlite3"
    asyncio.run(upgrade(f"sqlite:///{file}"))
    file.chmod(0o644)
    tmp_path.chmod(0o700)
    assert asyncio.run(found(f"sqlite:///{file}")) == []
    tmp_path.chmod(0o755)
    (flaw,) = asyncio.run(found(f"sqlite:///{file}"))
    assert (flaw.name, flaw.breaks) == ("file", False)


def _elsewhere(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE something (id INTEGER)")
    connection.close()
