"""A start is refused by what breaks a promise, in one line, and by nothing that is merely away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy as sa

from chat.checks import Unsound, require_sound
from chat.settings import Settings
from storage.engine import open_database
from tests.support.postgres import Postgres
from tests.support.valkey import Valkey


def settings(tmp_path: Path, valkey: Valkey, **changed: Any) -> Settings:
    own = {"redis_url": valkey.url, "database_url": f"sqlite:///{tmp_path / 'w.sqlite3'}"}
    return Settings(**own | changed)


async def test_a_sound_redis_and_database_let_it_start(tmp_path: Path, valkey: Valkey) -> None:
    await require_sound(settings(tmp_path, valkey))


async def test_what_is_away_lets_it_start_too(tmp_path: Path, valkey: Valkey) -> None:
    nobody = f"postgresql://warmline@/nobody?host={tmp_path}"
    await require_sound(
        settings(tmp_path, valkey, redis_url=f"unix://{tmp_path / 'none'}", database_url=nobody)
    )


async def test_a_redis_that_throws_away_what_was_accepted_stops_the_start_but_not_the_worker(
    tmp_path: Path, valkey: Valkey
) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            with pytest.raises(Unsound, match=r"^redis\.maxmemory-policy: throws away .*; set: "):
                await require_sound(settings(tmp_path, valkey))
            await require_sound(settings(tmp_path, valkey), redis=False)
        finally:
            client.config_set("maxmemory-policy", "noeviction")


async def test_a_postgresql_that_logs_statements_stops_the_start(
    tmp_path: Path, valkey: Valkey, postgres: Postgres
) -> None:
    with postgres.database() as url:
        database = open_database(url)
        async with database.writing() as connection:
            name = await connection.scalar(sa.select(sa.func.current_database()))
            await connection.execute(sa.text(f"ALTER DATABASE {name} SET log_statement = 'all'"))
        await database.close()
        with pytest.raises(Unsound, match=r"^database\.log_statement: writes statements into its log; set: "):
            await require_sound(settings(tmp_path, valkey, database_url=url))
