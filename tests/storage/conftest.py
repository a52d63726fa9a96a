"""Every test that takes `database` runs twice: on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from storage.engine import Database, open_database
from storage.migrate import upgrade
from storage.tables import metadata
from tests.support.postgres import Postgres

_NAME = "warmline_storage"
PATIENCE = 15.0
"""Seconds for a transaction: tests are no place to notice that a machine is busy."""


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> str:
    """The name of a database with all tables, which is emptied for every test."""
    postgres.run("createdb", _NAME)
    asyncio.run(upgrade(postgres.address(_NAME)))
    return _NAME


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "warmline.db"
    asyncio.run(upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with server.database() as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with all tables and no rows."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("migrated_sqlite")
        path = tmp_path / "warmline.db"
        path.write_bytes(template.read_bytes())
        yield f"sqlite:///{path}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        name: str = request.getfixturevalue("migrated_postgres")
        tables = ", ".join(metadata.tables)
        server.run("psql", "--quiet", "--dbname", name, "--command", f"TRUNCATE {tables}")
        yield server.address(name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = open_database(database_url, deadline=PATIENCE)
    yield opened
    await opened.close()
