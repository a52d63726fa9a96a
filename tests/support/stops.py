"""What a process asks of the world, with a stop before the effect and one before the process hears of it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moderation.channels.channel import Delivered, Failed, Page, Target
from moderation.spool import SpoolFailed

if TYPE_CHECKING:
    from tests.support.crashing import Process, World


@dataclass(eq=False)
class Stop:
    """Where a process waits for the world: before an effect, or, where it is done, before it hears of it."""

    process: Process
    what: str
    done: bool
    open: asyncio.Future[None]


def page_of(which: str, rung: int) -> str:
    """What the page of this rung of this alert is called."""
    return hashlib.sha256(f"{which}/{rung}".encode()).hexdigest()[:32]


class StoppingStore:
    """The real store as a process reaches it."""

    def __init__(self, world: World, process: Process) -> None:
        self._world = world
        self._process = process

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._world.store, name)

        async def reached(**named: Any) -> Any:
            async def effect() -> Any:
                if self._world.away:
                    raise ConnectionError
                if self._world.mutant == "records nothing" and name == "record_delivery":
                    return None
                if self._world.mutant == "moves whatever the fence says" and name == "advance":
                    standing = await self._world.store.get(named["alert"])
                    named["fence"] = standing.fence if standing else 0
                answer = await method(**named)
                if name == "raise_" and answer[1] and answer[0].fence:
                    self._world.risen.add(answer[0].id)
                return answer

            if name == "record_delivery":
                return await self._recorded(effect, **named)
            return await self._world.passing(self._process, name, effect)

        async def placed(*given: Any, **named: Any) -> Any:
            """Some methods of the port are called by place: they have one argument."""
            return await reached(**(_named(name, given) | named))

        return placed

    async def _recorded(self, effect: Callable[[], Awaitable[Any]], **named: Any) -> Any:
        page = page_of(named["alert"], named["rung"])
        target = (named["person"], named["channel"])

        async def noted() -> Any:
            try:
                answer = await effect()
            except ConnectionError:
                self._world.recorded(self._process, page, target, failed=True)
                raise
            self._world.recorded(self._process, page, target, failed=False)
            return answer

        try:
            return await self._world.passing(self._process, "record_delivery", noted)
        except asyncio.CancelledError:
            self._world.excuse(self._process, page)
            raise


def _named(method: str, given: tuple[Any, ...]) -> dict[str, Any]:
    names = {"get": "alert", "live": "campus", "of_conversation": "conversation"}
    return dict(zip([names[method]] if given else [], given, strict=True))


@dataclass
class StoppingPhones:
    """Every alert channel of a process: it delivers at once, if it comes to it."""

    world: World
    process: Process

    async def send(self, page: Page, target: Target) -> Delivered | Failed:
        async def effect() -> Delivered:
            self.world.rang(self.process, page, target)
            return Delivered()

        try:
            return await self.world.passing(self.process, "send", effect)
        except asyncio.CancelledError:
            self.world.excuse(self.process, page.key)
            raise


def stop_before_disk(world: World, process: Process, spool: Any) -> None:
    whole = spool.append

    async def append(entry: Any) -> None:
        async def effect() -> None:
            if world.disk_broken:
                raise SpoolFailed("the disk is full")
            await whole(entry)

        await world.passing(process, "append", effect)

    spool.append = append


def note_what_is_taken_over(process: Process, spool: Any) -> None:
    whole = spool._next

    def found(tried: Any) -> Any:
        file = whole(tried)
        if file is None or file is spool._file or file in spool._spoilt:
            return file
        close = file.close

        def closed() -> None:
            process.taken_over.discard(file)
            close()

        process.taken_over.add(file)
        file.close = closed
        return file

    spool._next = found
