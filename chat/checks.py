"""`warmline check`: the settings and every dependency, each answered in one line."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from chat import channel_checks
from chat.alert_path import read_ladder
from chat.broker import soundness as redis_soundness
from chat.broker.address import parse
from chat.broker.line import Unavailable as RedisUnavailable
from chat.broker.servers import Server, servers
from chat.broker.soundness import Flaw, judged
from chat.plan import Plan
from chat.settings import BadSetting, Settings
from chat.surfaces.assets import Assets, NotBuilt
from storage import soundness as database_soundness
from storage.engine import open_database
from storage.errors import StorageError
from storage.migrate import is_current

PATIENCE: Final = 5.0
"""Seconds that each dependency has to answer."""
PATIENCE_FOR_SERVER: Final = 2.5
"""Seconds that each of several Redis servers has, side by side."""
PATIENCE_AT_START: Final = 2.0
"""Seconds that a start waits for Redis, and for the database, to show that they are sound."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one check found. `detail` is a few words that hold no address and no secret.

    What is not `good` fails the whole check; what `warns` breaks no promise, and should be looked at.
    `setting` names the one to change, where it is one.
    """

    name: str
    good: bool
    detail: str
    warns: bool = False
    setting: str | None = None


class Unsound(Exception):
    """A running Redis or database breaks a promise. The message names what, and what to change."""


class _Bad(Exception):
    """A check failed; the message is its detail."""


class _Flaw(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def what(self) -> str: ...

    @property
    def breaks(self) -> bool: ...


_Answer = str | list[Found]


async def check(settings: Settings, web: Path, plan: Plan, clock: Callable[[], float]) -> list[Found]:
    """Asks everything once. `web` is the folder of the front-end, `plan` says who is on call."""
    checks: dict[str, Callable[[], Awaitable[_Answer]]] = {
        "secret": lambda: _secret(settings),
        "redis": lambda: _redis(settings),
        "database": lambda: _database(settings),
        "spool": lambda: _spool(settings),
        "front-end": lambda: _front_end(web),
        "on-call": lambda: _on_call(settings),
        **channel_checks.of(settings),
        "ladder": lambda: _ladder(settings, plan, clock),
    }
    return [found for name, ask in checks.items() for found in await _found(name, ask)]


async def require_sound(settings: Settings, *, redis: bool = True) -> None:
    """Raises `Unsound` with the first broken promise of a Redis or database that answers.

    One that is away is no reason to stay away too: the service starts, and says that it waits for it.
    """
    asked = {"redis": _redis_flaws} if redis else {}
    for name, ask in {**asked, "database": _database_flaws}.items():
        with suppress(TimeoutError, RedisUnavailable, StorageError):
            async with asyncio.timeout(PATIENCE_AT_START):
                for flaw in await ask(settings):
                    if flaw.breaks:
                        raise Unsound(f"{name}.{flaw.name}: {flaw.what}")


async def _found(name: str, ask: Callable[[], Awaitable[_Answer]]) -> list[Found]:
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await ask()
    except (_Bad, channel_checks.Bad) as bad:
        return [Found(name, good=False, detail=str(bad), setting=channel_checks.setting_of(name))]
    except BadSetting as bad:
        return [Found(name, good=False, detail=f"{bad.name}: {bad.reason}")]
    except TimeoutError:
        return [Found(name, good=False, detail="does not answer")]
    return answer if isinstance(answer, list) else [Found(name, good=True, detail=answer)]


def _listed(name: str, good: str, flaws: Sequence[_Flaw]) -> list[Found]:
    """The line about the whole, where no promise is broken, and a line for each flaw."""
    lines = [Found(f"{name}.{flaw.name}", not flaw.breaks, flaw.what, warns=True) for flaw in flaws]
    return lines if any(flaw.breaks for flaw in flaws) else [Found(name, good=True, detail=good), *lines]


async def _secret(settings: Settings) -> str:
    try:
        settings.key()
    except BadSetting as bad:
        raise _Bad(bad.reason) from None
    return "is long enough"


async def _redis(settings: Settings) -> list[Found]:
    try:
        found = await servers(parse(settings.redis_url), PATIENCE_FOR_SERVER)
    except RedisUnavailable:
        raise _Bad("cannot be reached") from None
    if all(one.seen is None for one in found):
        raise _Bad("does not answer")
    return _listed("redis", _summed(found), _flaws_of(found))


def _summed(found: Sequence[Server]) -> str:
    seen = [one.seen for one in found if one.seen is not None]
    versions = sorted({one.info.get("redis_version", "unknown") for one in seen})
    disk = "" if any(one.config is None for one in seen) else ", keeps nothing on disk"
    if len(found) == 1:
        return f"answers, version {versions[0]}{disk}"
    masters = sum(one.is_master for one in found)
    whole = f"{len(seen)} servers answer ({masters} of {len(found)} are masters)"
    return f"{whole}, version {' and '.join(versions)}{disk}"


def _flaws_of(found: Sequence[Server]) -> Sequence[_Flaw]:
    """Those of every server that showed itself; and that one did not."""
    return redis_soundness.gathered(
        [(one.name, _UNSEEN[one.is_master] if one.seen is None else judged(one.seen)) for one in found]
    )


_UNSEEN: Final = {
    True: [Flaw("server", "does not answer", breaks=True)],
    False: [Flaw("server", "does not answer, so how it is set is not known", breaks=False)],
}
"""What is told of a master, and of a replica, that could not be asked."""


async def _redis_flaws(settings: Settings) -> Sequence[_Flaw]:
    """Of those that answer: one that is away is no reason to stay away too."""
    found = await servers(parse(settings.redis_url), PATIENCE_AT_START * 0.75)
    return _flaws_of([one for one in found if one.seen is not None])


async def _database(settings: Settings) -> list[Found]:
    database = open_database(settings.database_url)
    try:
        current = await is_current(database)
        flaws = await database_soundness.flaws(database)
    except StorageError as error:
        raise _Bad(str(error)) from None
    finally:
        await database.close()
    if not current:
        raise _Bad("has not the tables of this release; run: warmline migrate")
    return _listed("database", "answers and has the tables of this release", flaws)


async def _database_flaws(settings: Settings) -> Sequence[_Flaw]:
    database = open_database(settings.database_url)
    try:
        return await database_soundness.flaws(database)
    finally:
        await database.close()


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


async def _ladder(settings: Settings, plan: Plan, clock: Callable[[], float]) -> str:
    """Without a tested ladder the service does not open, unless a coordinator or the operator says so."""
    try:
        await plan.refresh()
    except StorageError as error:
        raise _Bad(f"cannot be read, because {error}") from None
    read_ladder(settings, plan.names())
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
