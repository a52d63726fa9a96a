"""`make torture`: puts the promises about alerts to the test on real processes, and prints what it found."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from storage.alerts import Alerts
from storage.engine import open_database
from storage.tables import metadata
from tests.support.launching import Launcher
from tests.support.postgres import Postgres, running_postgres
from tests.torture.channels import next_channel
from tests.torture.faults import CannotBreak, both, full, hangs, locked, refuses, small_disk, sync_fails
from tests.torture.figures import Figure, evidence, table, written
from tests.torture.flood import flood as flooded
from tests.torture.house import launching, standing
from tests.torture.kills import kill
from tests.torture.outages import outage
from tests.torture.phone import ringing
from tests.torture.rungs import jumps, silence

PARTS = ("kills", "outages", "channels", "rungs", "flood")
WAIT: Final = {"kills", "outages"}
"""Parts that wait more than they work, so that they run at the same time."""
GONE: Final = 0.3
"""Seconds that the database is gone for each run: five minutes at 1,000."""


class Progress:
    """One line on standard error that tells what is done now."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._last = 0.0

    def __call__(self, what: str) -> None:
        now = time.monotonic()
        if sys.stderr.isatty() or now - self._last > 10:
            self._last = now
            end = "\r" if sys.stderr.isatty() else "\n"
            line = f"torture: {now - self._began:5.0f} s  {what:<70}"
            print(line, end=end, file=sys.stderr, flush=True)  # noqa: T201 - it is for who waits


async def kills(runs: int, folder: Path, say: Callable[[str], None]) -> list[Figure]:
    """Half of them on PostgreSQL and half on SQLite, side by side: they wait more than they work."""
    async with launching() as launcher, AsyncExitStack() as stack:
        postgres = stack.enter_context(running_postgres())
        killing = []
        for name, url in (
            ("PostgreSQL", stack.enter_context(postgres.database())),
            ("SQLite", f"sqlite:///{folder / 'warmline.sqlite3'}"),
        ):
            phone = await stack.enter_async_context(ringing())
            house = await stack.enter_async_context(standing(launcher, folder / name, url, phone.url))
            killing.append(kill(house, phone, runs // 2, f"kill -9 on {name}", say))
        beside = await asyncio.gather(*killing)
    return [figure for figures in beside for figure in figures]


async def outages(runs: int, folder: Path, say: Callable[[str], None]) -> list[Figure]:
    """The database goes, for five minutes at 1,000 runs, and what is beside it goes too."""
    found: list[Figure] = []
    try:
        async with launching() as launcher:
            with running_postgres() as postgres:
                await _of_postgres(runs, folder, say, launcher=launcher, postgres=postgres, found=found)
            await _of_sqlite(runs, folder, say, launcher=launcher, found=found)
    except CannotBreak as error:
        found.append(Figure(f"the outages after these were not put to the test: {error}", 0, 0))
    return found


async def _of_postgres(
    runs: int,
    folder: Path,
    say: Callable[[str], None],
    *,
    launcher: Launcher,
    postgres: Postgres,
    found: list[Figure],
) -> None:
    long, short = max(8.0, runs * GONE), max(8.0, runs * GONE / 10)
    with ExitStack() as stack:
        url = stack.enter_context(postgres.database())
        async with ringing() as phone, standing(launcher, folder / "away", url, phone.url) as house:
            name = "the database hangs"
            found += await outage(house, phone, hangs(postgres), name, seconds=short, say=say)
            name, away = f"the database is gone for {long:.0f} s", refuses(postgres, url)
            found += await outage(house, phone, away, name, seconds=long, say=say, killed=True)
        url = stack.enter_context(postgres.database())
        failing = both(refuses(postgres, url), sync_fails)
        async with ringing() as phone, standing(launcher, folder / "sync", url, phone.url) as house:
            name = "the database is gone and every sync fails (EIO)"
            found += await outage(house, phone, failing, name, seconds=short, say=say, durable=False)
        url = stack.enter_context(postgres.database())
        disk = str(stack.enter_context(small_disk(folder / "small")))
        async with (
            ringing() as phone,
            standing(launcher, folder / "full", url, phone.url, spool=disk) as house,
        ):
            name, failing = "the database is gone and the disk is full", both(refuses(postgres, url), full)
            found += await outage(house, phone, failing, name, seconds=short, say=say, durable=False)


async def _of_sqlite(
    runs: int, folder: Path, say: Callable[[str], None], *, launcher: Launcher, found: list[Figure]
) -> None:
    file, short = folder / "outage.sqlite3", max(8.0, runs * GONE / 10)
    url = f"sqlite:///{file}"
    async with ringing() as phone, standing(launcher, folder / "locked", url, phone.url) as house:
        found += await outage(house, phone, locked(file), "SQLite is locked", seconds=short, say=say)
        name = "SQLite, and every sync fails (EIO)"
        found += await outage(house, phone, sync_fails, name, seconds=short, say=say, durable=False)


async def channels(runs: int, folder: Path, say: Callable[[str], None]) -> list[Figure]:
    """A fifth of the runs for each way in which a channel is dead."""
    async with a_store(folder / "channels.sqlite3") as store:
        return await next_channel(store, folder, max(2, runs // 5), say)


async def rungs(runs: int, folder: Path, say: Callable[[str], None]) -> list[Figure]:
    """As many rungs as runs; a twentieth of the runs for each way in which a clock jumps."""
    async with a_store(folder / "rungs.sqlite3") as store:
        return [
            *await silence(store, folder, max(20, runs), say),
            *await jumps(store, folder, max(2, runs // 20), say),
        ]


async def flood(runs: int, folder: Path, say: Callable[[str], None]) -> list[Figure]:
    """As many messages as runs."""
    url = f"sqlite:///{folder / 'flood.sqlite3'}"
    async with (
        launching() as launcher,
        ringing() as phone,
        standing(launcher, folder, url, phone.url) as house,
    ):
        return await flooded(house, phone, runs, say)


@asynccontextmanager
async def a_store(file: Path) -> AsyncIterator[Alerts]:
    """A real store of its own."""
    database = open_database(f"sqlite:///{file}", deadline=15)
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield Alerts(database)
    await database.close()


class Found:
    """The figures of the parts that are done, kept as they come: what follows loses none of them."""

    def __init__(self, out: Path | None) -> None:
        self._out = out
        self._of: dict[str, list[Figure]] = {}
        self._began = time.monotonic()

    @property
    def figures(self) -> list[Figure]:
        return [figure for part in PARTS for figure in self._of.get(part, ())]

    async def part(self, name: str, runs: int, folder: Path, say: Callable[[str], None]) -> None:
        """Puts one part to the test; that it did not come to its end is a figure too."""
        try:
            self._of[name] = await globals()[name](runs, folder, say)
        except Exception:  # noqa: BLE001 - whatever it is, the other parts go on
            what = f"{name}: comes to its end"
            self._of[name] = [Figure(what, 1, 1, evidence=traceback.format_exc().splitlines())]
        self.save()

    def save(self) -> None:
        if self._out is not None:
            told = json.dumps(written(self.figures, time.monotonic() - self._began), indent=1)
            self._out.write_text(told + "\n")


async def _together(found: Found, parts: Sequence[str], runs: int, folder: Path, say: Progress) -> None:
    await asyncio.gather(*(found.part(part, runs, folder, say) for part in parts))


def main() -> None:
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument(
        "--runs", type=int, default=1000, help="How many processes are killed (default 1000)."
    )
    parser.add_argument("--only", choices=PARTS, action="append", help="Only this part; may be repeated.")
    parser.add_argument("--out", type=Path, help="Writes the figures as JSON, after each part.")
    asked = parser.parse_args()
    if asked.runs < 1:
        parser.error("argument --runs: at least one process is killed")
    found, say = Found(asked.out), Progress()
    try:
        found.save()
    except OSError as error:
        parser.error(f"argument --out: {error.strerror}")
    parts: Sequence[str] = asked.only or PARTS
    with tempfile.TemporaryDirectory(prefix="warmline-torture-") as name:
        for beside in (
            [part for part in parts if part in WAIT],
            *([part] for part in parts if part not in WAIT),
        ):
            asyncio.run(_together(found, beside, asked.runs, Path(name), say))
    print(table(found.figures))  # noqa: T201 - it is what was asked for
    if not all(one.holds for one in found.figures):
        print(evidence(found.figures), file=sys.stderr)  # noqa: T201 - where to look for the reason
        sys.exit(1)


if __name__ == "__main__":
    main()
