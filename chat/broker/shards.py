"""The Redis servers that share the buckets: one, or the masters of a Cluster.

Each has a line to ask and a line to listen. A Cluster is looked at when it is first needed, when a server
says that a bucket is elsewhere, while a line is down, and every few seconds. What is asked of a bucket while
it moves, or while its master is being replaced, is answered `Unavailable`: whoever asked says it again.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Final, Protocol

from redis.crc import key_slot

from chat.broker.address import Node, parse
from chat.broker.line import Answer, Line, Refusal, Unavailable, ask_once

LOOK_EVERY: Final = 10.0
"""Seconds between two looks at a Cluster in which all is well."""
LOOK_AGAIN: Final = 0.5
"""Seconds between two looks while a part of it is away or moves."""
PATIENCE: Final = 1.0
"""Seconds that one server has to tell who carries what."""
SLOTS: Final = 16384

Span = tuple[int, int]
"""The first and the last of some slots."""


class Owner(Protocol):
    """Whose lines these are."""

    async def prepare_asking(self, line: Line) -> None:
        """Makes a new connection fit to be asked."""
        ...

    def prepare_hearing(self, line: Line, carries: Callable[[str], bool]) -> None:
        """Subscribes to every channel that the server at the other end carries."""
        ...

    def heard(self, push: list[Answer]) -> None: ...

    def changed(self) -> None:
        """A line came up or went down."""
        ...


class Shard:
    """One server, as far as this process talks to it."""

    def __init__(
        self, at: str | Node, owner: Owner, astray: Callable[[], None], spans: Sequence[Span]
    ) -> None:
        self.spans = spans
        self._owner = owner
        self._astray = astray
        self.asking = Line(at, _Asking(owner), astray=astray)
        self.hearing = Line(at, _Hearing(owner, self), self._heard, astray=astray)

    @property
    def ready(self) -> bool:
        return self.asking.ready and self.hearing.ready

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.asking.run())
            group.create_task(self.hearing.run())

    def carries(self, key: str) -> bool:
        slot = _slot(key)
        return any(first <= slot <= last for first, last in self.spans)

    def given(self, spans: Sequence[Span]) -> None:
        """From now on it carries these slots; what it hears of them is subscribed anew."""
        if spans != self.spans:
            self.spans = spans
            self.hearing.drop()

    def _heard(self, push: list[Answer]) -> None:
        if push[0] == b"sunsubscribe":
            self._astray()
        self._owner.heard(push)


class Shards:
    """Finds the line for a key."""

    def __init__(self, url: str, owner: Owner) -> None:
        self._address = parse(url)
        self._owner = owner
        self._news = asyncio.Event()
        self._shards: dict[tuple[str, int], Shard] = {}
        self._starts: list[int] = []
        self._by_start: list[Shard] = []
        self._whole = False
        self._nowhere = Line(url, _Asking(owner))
        self._only = None if self._address.kind == "cluster" else Shard(url, owner, _nobody, [(0, SLOTS - 1)])

    def of(self, key: str) -> Line:
        """The line to ask about a key; one that is down when nobody carries it."""
        if self._only is not None:
            return self._only.asking
        place = bisect_right(self._starts, slot := _slot(key)) - 1
        if place >= 0 and any(first <= slot <= last for first, last in self._by_start[place].spans):
            return self._by_start[place].asking
        return self._nowhere

    def part(self, tag: str) -> str:
        """What one script may be about together with this hash tag: everything, unless this is a Cluster."""
        return "" if self._only is not None else tag

    @property
    def ready(self) -> bool:
        """Whether all of them are there, and all slots are carried."""
        if self._only is not None:
            return self._only.ready
        return self._whole and all(shard.ready for shard in self._shards.values())

    @property
    def lines(self) -> Iterable[Line]:
        """Every line to ask."""
        return [shard.asking for shard in ([self._only] if self._only else self._shards.values())]

    async def run(self) -> None:
        """Keeps all lines up until it is cancelled."""
        if self._only is not None:
            await self._only.run()
            return
        async with asyncio.TaskGroup() as group:
            tasks: dict[tuple[str, int], asyncio.Task[None]] = {}
            while True:
                self._news.clear()
                if (spans := await self._look()) is not None:
                    self._arrange(spans, group, tasks)
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY if self.ready else LOOK_AGAIN):
                        await self._news.wait()
                        await asyncio.sleep(LOOK_AGAIN / 5)  # one look for what many are told at once

    def _arrange(
        self,
        spans: dict[tuple[str, int], list[Span]],
        group: asyncio.TaskGroup,
        tasks: dict[tuple[str, int], asyncio.Task[None]],
    ) -> None:
        for at in self._shards.keys() - spans.keys():
            del self._shards[at]
            tasks.pop(at).cancel()
        for at, carried in spans.items():
            if (known := self._shards.get(at)) is not None:
                known.given(carried)
            else:
                shard = Shard(self._address.master.at(*at), self._owner, self._news.set, carried)
                self._shards[at] = shard
                tasks[at] = group.create_task(shard.run())
        ordered = sorted((first, at) for at, shard in self._shards.items() for first, _ in shard.spans)
        self._starts = [first for first, _ in ordered]
        self._by_start = [self._shards[at] for _, at in ordered]
        covered = sum(last - first + 1 for shard in self._shards.values() for first, last in shard.spans)
        self._whole = covered == SLOTS

    async def _look(self) -> dict[tuple[str, int], list[Span]] | None:
        """Who carries what, as the first server tells that answers."""
        known = [self._address.master.at(*at) for at in self._shards]
        for node in (*known, *self._address.nodes):
            with suppress(OSError, TimeoutError, Unavailable, Refusal):
                async with asyncio.timeout(PATIENCE):
                    return spans(await ask_once(node, b"CLUSTER", b"SLOTS"), node.host)
        return None


def spans(told: Answer, asked: str) -> dict[tuple[str, int], list[Span]]:
    """From each master to its slots, by what the server `asked` told of them."""
    carried: dict[tuple[str, int], list[Span]] = {}
    for first, last, (host, port, *_), *_ in sorted(told):
        at = (host.decode() if host and host != b"?" else asked, port)
        carried.setdefault(at, []).append((first, last))
    return carried


@lru_cache(maxsize=8192)
def _slot(key: str) -> int:
    return key_slot(key.encode())


def _nobody() -> None:
    """One server is not looked for elsewhere; its line finds it again by itself."""


class _Asking:
    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    async def up(self, line: Line) -> None:
        await self._owner.prepare_asking(line)
        asyncio.get_running_loop().call_soon(self._owner.changed)

    def down(self, line: Line) -> None:  # noqa: ARG002 - the port's signature
        self._owner.changed()


class _Hearing:
    def __init__(self, owner: Owner, shard: Shard) -> None:
        self._owner = owner
        self._shard = shard

    async def up(self, line: Line) -> None:
        self._owner.prepare_hearing(line, self._shard.carries)
        asyncio.get_running_loop().call_soon(self._owner.changed)

    def down(self, line: Line) -> None:  # noqa: ARG002 - the port's signature
        self._owner.changed()
