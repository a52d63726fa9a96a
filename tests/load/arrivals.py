"""What a load generator can be asked of Warmline alone: people who arrive, are paired, and come back."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import redis

from tests.load.steps import GENTLY, PATIENCE, Arena, gathered, share_of
from tests.load.talkers import Ledger
from tests.load.warmline import Greeted, Seeker, Supporter
from tests.load.wire import connect, framed

_JOIN: Final = framed(b'{"type":"join"}')


class _Guest(Greeted):
    """Greeted first; joins when told to, and goes when there is somebody."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        super().__init__(url, ledger)
        self.should = 0.0
        self.paired: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def join(self, should: float) -> None:
        self.should = should
        self.transport.write(_JOIN)

    def came_in(self) -> None:
        super().came_in()
        if self.conversation is not None and not self.paired.done():
            self.paired.set_result(time.perf_counter() - self.should)
            self.transport.write(framed(b'{"type":"end"}'))


async def _desks(arena: Arena, desks: int) -> list[Supporter]:
    cookies = arena.cookies
    people = [Supporter(arena.urls[n % 2], arena.ledger, cookies[n]) for n in range(desks)]
    await gathered(people, GENTLY)
    return people


async def _guests(arena: Arena, seekers: int) -> list[_Guest]:
    people = [_Guest(arena.urls[n % 2], arena.ledger) for n in range(seekers)]
    await gathered(people)
    return people


async def joins(arena: Arena, *, seekers: int, desks: int, rate: float) -> dict[str, Any]:
    """Seekers join at a fixed rate, and go once somebody listens; from the intended join to `paired`."""
    await _desks(arena, desks)
    guests = await _guests(arena, seekers)
    start = time.perf_counter() + 0.1
    for number, guest in enumerate(guests):
        due = start + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        guest.join(due)
    async with asyncio.timeout(PATIENCE):
        took = await asyncio.gather(*(guest.paired for guest in guests))
    _gone(guests)
    return {
        "seekers": seekers,
        "p50_ms": share_of(took, 0.5),
        "p99_ms": share_of(took, 0.99),
        "refused": sorted({code for guest in guests for code in guest.refusals}),
    }


async def pairings(arena: Arena, *, seekers: int, desks: int) -> dict[str, Any]:
    """Everybody joins at once, and desks take one after the other until nobody waits.

    Beside it, what Redis alone could do if it ran the same scripts back to back, from the time that it spent
    in them by its own count: more than fifty clients would reach.
    """
    guests = await _guests(arena, seekers)
    before = _evaluated(arena)
    start = time.perf_counter()
    for guest in guests:
        guest.join(start)
    opened = await _desks(arena, desks)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(guest.paired for guest in guests))
    took = time.perf_counter() - start
    in_scripts = _evaluated(arena) - before
    _gone(guests)
    for desk in opened:
        desk.drop()
    bare = seekers / in_scripts  # scripts of conversations count too: they are part of a pairing
    return {"per_second": seekers / took, "bare_per_second": bare, "ratio": seekers / took / bare}


def _evaluated(arena: Arena) -> float:
    """Seconds that Redis has spent in scripts."""
    with redis.Redis(unix_socket_path=arena.valkey) as client:
        stats: Any = client.info("commandstats")
    return float(stats["cmdstat_evalsha"]["usec"]) / 1e6


def _gone(guests: Sequence[_Guest]) -> None:
    for guest in guests:
        guest.drop()


class _Welcome(msgspec.Struct):
    type: str
    ticket: str | None = None
    state: str = ""
    resumed: dict[str, Any] | None = None


_welcome = msgspec.json.Decoder(_Welcome)


class _Returner(Seeker):
    """Waits in line, says something, and after a loss comes back with where it stood."""

    returning = False

    def opened(self) -> None:
        if self.returning:
            hello = {"type": "hello", "v": 1, "lang": "en", "ticket": self.ticket}
            resume = {"epoch": self.epoch, "offset": 0, "confirmed": 0, "shown": {}}
            self.transport.write(framed(json.dumps(hello | {"resume": resume}).encode()))
        else:
            super().opened()

    epoch = ""

    def text(self, data: bytes) -> None:
        if data.startswith(b'{"type":"welcome"'):
            told = _welcome.decode(data)
            self.ticket = told.ticket
            if not self.returning:
                self.transport.write(_JOIN)
            elif told.resumed is not None:
                self.accepted = int(told.resumed["accepted"])
                self.came_in()
        else:
            if data.startswith(b'{"type":"ping"'):
                self.epoch = json.loads(data)["epoch"] or self.epoch
            elif data.startswith(b'{"type":"said"'):
                self.epoch = json.loads(data)["epoch"]
            super().text(data)

    def in_line(self) -> None:
        self.came_in()


async def storm(arena: Arena, *, clients: int) -> dict[str, Any]:
    """Seekers in line have each said something; their process is killed, and all come back to the other one.

    `lost` is what had been acknowledged and is not in the conversation that they come back to.
    """
    people = [_Returner(arena.urls[0], arena.ledger) for _ in range(clients)]
    await gathered(people, 50)
    for person in people:
        person.say(time.perf_counter())
    until = time.perf_counter() + PATIENCE
    while any(not person.accepted or not person.epoch for person in people):
        if time.perf_counter() > until:
            raise TimeoutError("not every message was acknowledged")
        await asyncio.sleep(0.02)
    os.kill(arena.servers[0], signal.SIGKILL)
    start = time.perf_counter()
    loop = asyncio.get_running_loop()
    for person in people:
        person.url, person.returning, person.is_open = arena.urls[1], True, False
        person.headers = f"Sec-WebSocket-Protocol: warmline.1\r\nOrigin: {person.url}\r\n"
        person.reset(loop.create_future())
    await _come_back(people)
    took = time.perf_counter() - start
    lost = sum(person.accepted < person.count for person in people)
    for person in people:
        person.drop()
    return {"clients": clients, "seconds": took, "lost": lost}


async def _come_back(people: Sequence[_Returner]) -> None:
    """As pages do it: some at a time, again after a while where it fails."""
    gate = asyncio.Semaphore(400)

    async def one(person: _Returner) -> None:
        wait = 0.1
        while True:
            async with gate:
                try:
                    await connect(person)
                    await person.ready
                except OSError:
                    pass
                else:
                    return
            await asyncio.sleep(wait)
            wait = min(2 * wait, 2.0)
            person.reset(asyncio.get_running_loop().create_future())

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(one(person) for person in people))
