"""Server processes side by side in one test: each with its own broker, hub and rooms, on one real Redis."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import redis.asyncio

from chat import protocol
from chat.broker import Broker, Signal, Stored, Unavailable, keys
from chat.broker import Refusal as RedisRefusal
from chat.broker.line import settle
from chat.codes import Close
from chat.conversation import Move
from chat.hub import Hub
from chat.pairings import Pairings
from chat.room import Room
from chat.sealing import Key, Ring
from matching import queue
from matching.matchmaker import Matchmaker
from matching.settings import Settings

_T = TypeVar("_T")

PATIENCE = 20.0
"""Seconds after which something expected counts as missing; never waited for when all is well."""
OUTAGES = (Unavailable, RedisRefusal, queue.Unavailable, TimeoutError)


async def eventually(found: Callable[[], _T]) -> _T:
    """Gives everybody else their turn until `found` answers something."""
    async with asyncio.timeout(PATIENCE):
        while not (answer := found()):  # noqa: ASYNC110 - what is awaited has no event of its own
            await asyncio.sleep(0)
    return answer


async def appended(broker: Broker, conversation: str, author: str, n: int, event: bytes) -> Any:
    """What Redis answers to a message; raises what the broker says in its place."""
    told: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    broker.append(conversation, author, n, event, partial(settle, told))
    async with asyncio.timeout(PATIENCE):
        return await told


class Ear:
    """A broker, and all that it reported."""

    def __init__(self, url: str, name: str) -> None:
        self.events: list[Stored] = []
        self.marks: list[tuple[str, str, int]] = []
        self.signals: list[Signal] = []
        self.staff: list[bytes] = []
        self.ups = 0
        self.downs = 0
        self.broker = Broker(
            url,
            name,
            on_event=self.events.append,
            on_mark=lambda *mark: self.marks.append(mark),
            on_signal=self.signals.append,
            on_staff=self.staff.append,
            on_up=self._up,
            on_down=self._down,
        )

    def _up(self) -> None:
        self.ups += 1

    def _down(self) -> None:
        self.downs += 1


@asynccontextmanager
async def ear(url: str, name: str) -> AsyncIterator[Ear]:
    """A broker that is up; it is ended when the block is left."""
    made = Ear(url, name)
    async with _running(made.broker.run()):
        await eventually(lambda: made.broker.ready)
        yield made


class Chair:
    """A seat in a room: a client that only listens, and is always there."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.codes: list[Close] = []
        self.silent_since: float | None = None

    @property
    def heard_at(self) -> float:
        now = asyncio.get_running_loop().time()
        return now if self.silent_since is None else self.silent_since

    def send(self, data: bytes) -> None:
        self.frames.append(json.loads(data))

    def shut(self, code: Close) -> None:
        self.codes.append(code)

    def over(self, ended: protocol.Ended) -> None:
        self.send(protocol.write(ended))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] == kind]

    def texts(self) -> list[str]:
        return [frame["text"] for frame in self.of("said")]


class Phone(Chair):
    """A seeker's session as the hub and the waiting room see it."""

    def __init__(self) -> None:
        super().__init__()
        self.moves: list[Move] = []
        self.places: list[int] = []
        self.returned: Callable[[Room], None] | None = None

    def moved(self, room: Room, event: Move) -> None:
        self.moves.append(event)
        if type(event).__name__ == "Returned" and self.returned is not None:
            self.returned(room)

    def place(self, place: int, wait: protocol.Wait | None, *, ref: str | None = None) -> None:  # noqa: ARG002 - the port's names
        self.places.append(place)

    def carry(self, take: object) -> None: ...

    def ask(self) -> None: ...

    def left(self) -> None: ...


class Peer:
    """One process: hub, rooms, pairings and matchmaker."""

    def __init__(self, url: str, name: str, ring: Ring) -> None:
        self.crashes: list[BaseException] = []
        self.vanished: list[Room] = []
        self.hub = Hub(
            connect=partial(Broker, url, name),
            ring=ring,
            clock=time.time,
            renew_ring=_nothing,
            on_vanished=self._vanished,
            on_abandoned=self._abandoned,
            on_alert=lambda _alert, _state: None,
            on_up=lambda: None,
            on_crash=lambda _conversation, error: self.crashes.append(error),
            count=lambda _outcome: None,
        )
        self.redis = redis.asyncio.Redis.from_url(url)
        self.waiting = queue.WaitingRoom(self.redis, "campus", name, Settings())
        self.hard: list[str] = []
        """Who was in a hard conversation that they are out of."""
        self.pairings = Pairings(
            hub=self.hub,
            waiting=self.waiting,
            campus="campus",
            clock=time.time,
            is_open=lambda: True,
            outages=OUTAGES,
            after_hard=self.hard.append,
        )
        self.matchmaker = Matchmaker(self.waiting, self.pairings)

    async def _vanished(self, room: Room) -> None:
        self.vanished.append(room)

    async def _abandoned(self, room: Room) -> None:
        await self.pairings.abandoned(room)

    async def seeker(self, conversation: str, **triage: Any) -> tuple[Room, Phone]:
        """A seeker of this process whose conversation is open."""
        phone = Phone()
        phone.returned = lambda room: _started(self.hub.spawn(self.pairings.returned(room)))
        self.hub.seekers[conversation] = phone
        asked = {"topic": None, "language": None, "mood": None, **triage}
        room = await self.pairings.open(conversation, **asked)
        room.take("seeker", phone)
        return room, phone


@asynccontextmanager
async def peer(url: str, name: str, ring: Ring, *, matching: bool = False) -> AsyncIterator[Peer]:
    """A process that is up; leaving the block ends it as a kill does: nothing is said to anybody."""
    made = Peer(url, name, ring)
    try:
        async with contextlib.AsyncExitStack() as stack:
            others = await _hearing(made)
            await stack.enter_async_context(_running(made.hub.run()))
            if matching:
                await stack.enter_async_context(_running(made.matchmaker.run()))
            await eventually(lambda: made.hub.broker.ready)
            async with asyncio.timeout(PATIENCE):
                while await _hearing(made) <= others:  # noqa: ASYNC110 - what is published before is heard by none
                    await asyncio.sleep(0)
            yield made
    finally:
        await made.redis.aclose()
    assert made.crashes == []


async def _hearing(made: Peer) -> int:
    """How many processes hear what is told to the staff, which each subscribes to last."""
    _, count = await made.redis.execute_command("PUBSUB", "SHARDNUMSUB", keys.STAFF)  # type: ignore[no-untyped-call]  # the library's
    return int(count)


def ring() -> Ring:
    """Ring keys that several processes share."""
    made = Ring()
    made.put("ring", Key.new())
    return made


@asynccontextmanager
async def _running(work: Any) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _nothing() -> None: ...


def _started(_task: object) -> None: ...
