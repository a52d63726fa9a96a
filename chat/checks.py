"""`warmline check`: the settings and every dependency, each answered in one line."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chat import channel_checks
from chat.broker.line import Line
from chat.broker.line import Refusal as RedisRefusal
from chat.broker.line import Unavailable as RedisUnavailable
from chat.embedded import OLDEST
from chat.plan import Plan
from chat.settings import BadSetting, Settings
from chat.surfaces.assets import Assets, NotBuilt
from storage.engine import open_database
from storage.errors import StorageError
from storage.migrate import is_current

PATIENCE: Final = 5.0
"""Seconds that each dependency has to answer."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one check found. `detail` is a few words that hold no address and no secret."""

    name: str
    good: bool
    detail: str


class _Bad(Exception):
    """A check failed; the message is its detail."""


async def check(settings: Settings, web: Path, plan: Plan, clock: Callable[[], float]) -> list[Found]:
    """Asks everything once. `web` is the folder of the front-end, `plan` says who is on call."""
    checks: dict[str, Callable[[], Awaitable[str]]] = {
        "secret": lambda: _secret(settings),
        "redis": lambda: _redis(settings),
        "database": lambda: _database(settings),
        "spool": lambda: _spool(settings),
        "front-end": lambda: _front_end(web),
        "on-call": lambda: _on_call(settings),
        **channel_checks.of(settings),
        "ladder": lambda: _ladder(plan, clock),
    }
    return [await _found(name, ask) for name, ask in checks.items()]


async def _found(name: str, ask: Callable[[], Awaitable[str]]) -> Found:
    try:
        async with asyncio.timeout(PATIENCE):
            return Found(name, good=True, detail=await ask())
    except (_Bad, channel_checks.Bad) as bad:
        return Found(name, good=False, detail=str(bad))
    except TimeoutError:
        return Found(name, good=False, detail="does not answer")


async def _secret(settings: Settings) -> str:
    try:
        settings.key()
    except BadSetting as bad:
        raise _Bad(bad.reason) from None
    return "is long enough"


class _Up:
    """Tells when the line to Redis is up."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    async def up(self, line: Line) -> None:
        del line
        self.event.set()

    def down(self, line: Line) -> None:
        del line


async def _redis(settings: Settings) -> str:
    up = _Up()
    line = Line(settings.redis_url, up)
    running = asyncio.create_task(line.run())
    try:
        await up.event.wait()
        told = (await line.call(b"INFO", b"server")).decode()
        persists = (await line.call(b"CONFIG", b"GET", b"save"))[1:2] != [b""]
    except RedisRefusal:
        persists = False  # a user who may not ask for the configuration is as it should be
    except RedisUnavailable:
        raise _Bad("cannot be reached") from None
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    return _judged(told, persists=persists)


def _judged(told: str, *, persists: bool) -> str:
    info = dict(line.split(":", 1) for line in told.splitlines() if ":" in line)
    version = info.get("redis_version", "0.0")
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise _Bad(f"is {version}; 7.0 is the oldest that will do")
    if persists:
        raise _Bad("writes snapshots to disk; give it deploy/redis.conf")
    return f"answers, version {version}, keeps nothing on disk"


async def _database(settings: Settings) -> str:
    database = open_database(settings.database_url)
    try:
        current = await is_current(database)
    except StorageError as error:
        raise _Bad(str(error)) from None
    finally:
        await database.close()
    if not current:
        raise _Bad("has not the tables of this release; run: warmline migrate")
    return "answers and has the tables of this release"


async def _spool(settings: Settings) -> str:
    try:
        await asyncio.to_thread(require_spool, settings)
    except BadSetting as bad:
        raise _Bad(bad.reason) from None
    return "can be written"


def require_spool(settings: Settings) -> None:
    """Raises `BadSetting` when alerts could not be kept there; without it no call for help is safe."""
    folder = Path(settings.spool)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"warmline")
            os.fsync(file.fileno())
    except OSError:
        raise BadSetting("spool", "cannot be written") from None


async def _front_end(web: Path) -> str:
    try:
        Assets(web)
    except NotBuilt:
        raise _Bad("is not built; run: python chat/web/build.py") from None
    return "is built"


async def _on_call(settings: Settings) -> str:
    ways = len(settings.on_call_urls)
    if not ways:
        return "has no address of the campus' own; people are told by the ways that they have tested"
    return f"has {ways} addresses of the campus' own, besides the ways that people have tested"


async def _ladder(plan: Plan, clock: Callable[[], float]) -> str:
    """Without a tested ladder the service does not open, unless a coordinator or the operator says so."""
    try:
        await plan.refresh()
    except StorageError as error:
        raise _Bad(f"cannot be read, because {error}") from None
    match plan.state(clock()):
        case "tested":
            return "is tested: each rung reaches somebody who has confirmed a test"
        case "override" if plan.override is not None:
            until = dt.datetime.fromtimestamp(plan.override.until, plan.roster.zone)
            reason = plan.override.reason.replace("_", " ")
            return f"is not tested, and overridden until {until:%Y-%m-%d %H:%M %Z} ({reason})"
    rungs = ", ".join(str(flaw.rung) for flaw in plan.flaws)
    raise _Bad(
        f"is not tested, so seekers find the service closed: rung {rungs} reaches nobody who has confirmed a "
        "test; test the alert channels, or run: warmline override"
    )
