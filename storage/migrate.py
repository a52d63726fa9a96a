"""Brings a database to the tables of this release, and says whether it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage import engine
from storage.engine import Database, open_database

_PATIENCE: Final = 300.0
_LOCK: Final = 7_823_461_905
"""Any number, the same for everyone: who migrates PostgreSQL holds the advisory lock of this number."""


async def upgrade(url: str) -> None:
    """Brings the database at `url` to the newest tables, all steps or none.

    Several processes may do it at once: one works, the others wait and find it done. Raises `Unavailable`
    when the database cannot be reached or a step takes longer than five minutes.
    """
    database = open_database(url, deadline=_PATIENCE, connections=1, lock_wait=_PATIENCE)
    try:
        async with database.writing() as connection:
            if not database.is_sqlite:
                await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
                # Others' upgrades are waited for, but a step must not hold up those who talk behind it.
                wait = f"{int(engine.LOCK_WAIT * 1000)}"
                await connection.execute(sa.select(sa.func.set_config("lock_timeout", wait, sa.true())))
            await connection.run_sync(_upgrade)
    finally:
        await database.close()


async def is_current(database: Database) -> bool:
    """Whether the database has exactly the tables of this release."""
    async with database.reading() as connection:
        standing = await connection.run_sync(
            lambda sync: MigrationContext.configure(sync).get_current_heads()
        )
    return set(standing) == set(ScriptDirectory.from_config(_config()).get_heads())


def _upgrade(connection: sa.Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config
