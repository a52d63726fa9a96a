"""Alerts under kills and outages, in little; `make torture` does the same a thousand times over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest_asyncio

from tests.support.launching import Launcher
from tests.support.postgres import Postgres
from tests.torture.__main__ import a_store
from tests.torture.channels import next_channel
from tests.torture.faults import both, locked, refuses, sync_fails_in_python
from tests.torture.figures import Figure, table
from tests.torture.house import launching, standing
from tests.torture.kills import kill
from tests.torture.outages import outage
from tests.torture.phone import ringing
from tests.torture.rungs import jumps, silence

KILLS = 6
LEASE = 3.0
"""Seconds after which what a dead process was telling is told by another one: shorter than in earnest."""
SECONDS = 3.0


@pytest_asyncio.fixture
async def launcher() -> AsyncIterator[Launcher]:
    async with launching() as started:
        yield started


def held(figures: list[Figure]) -> None:
    assert all(one.holds for one in figures), "\n" + table(figures)


def quiet(_: str) -> None:
    """Nobody watches this run."""


async def test_kills_lose_no_call_and_repeat_at_most_one_page_each(
    launcher: Launcher, postgres: Postgres, tmp_path: Path
) -> None:
    with postgres.database() as url:
        async with AsyncExitStack() as stack:
            killing = []
            for name, address in (("PostgreSQL", url), ("SQLite", f"sqlite:///{tmp_path / 'warmline.db'}")):
                phone = await stack.enter_async_context(ringing())
                house = await stack.enter_async_context(
                    standing(launcher, tmp_path / name, address, phone.url, lease=LEASE)
                )
                killing.append(partial(kill, house, phone, KILLS, name, quiet))
            for figures in await asyncio.gather(*(one() for one in killing)):
                held(figures)


async def test_a_database_that_is_gone_loses_no_call_though_everything_is_killed_meanwhile(
    launcher: Launcher, postgres: Postgres, tmp_path: Path
) -> None:
    with postgres.database() as url:
        async with ringing() as phone, standing(launcher, tmp_path, url, phone.url) as house:
            away = refuses(postgres, url)
            held(await outage(house, phone, away, "gone", seconds=SECONDS, say=quiet, killed=True))


async def test_a_disk_that_fails_with_the_database_loses_no_call_and_somebody_is_told_at_once(
    launcher: Launcher, tmp_path: Path
) -> None:
    file = tmp_path / "warmline.sqlite3"
    failing = both(locked(file), sync_fails_in_python)
    async with ringing() as phone, standing(launcher, tmp_path, f"sqlite:///{file}", phone.url) as house:
        held(await outage(house, phone, failing, "failing", seconds=SECONDS, say=quiet, durable=False))


async def test_a_dead_channel_gives_way_and_no_rung_is_missed_or_told_twice_whatever_the_clock_does(
    tmp_path: Path,
) -> None:
    async with a_store(tmp_path / "warmline.db") as store:
        held(await next_channel(store, tmp_path, 2, quiet))
        held(await silence(store, tmp_path, 40, quiet))
        held(await jumps(store, tmp_path, 1, quiet))
