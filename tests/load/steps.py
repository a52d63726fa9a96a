"""What a load generator can be asked for: connections, talk at a rate, talk as fast as it goes, idling."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.load.meter import Meter, Spent, memory
from tests.load.talkers import Ledger, Nats, Relayed, SocketIo, Talker
from tests.load.warmline import Greeted, Person, Seeker, Supporter, Waiter
from tests.load.wire import connect

AT_ONCE: Final = 200
"""Connections that are opened side by side."""
GENTLY: Final = 20
"""The same where coming in is not what is measured."""
PATIENCE: Final = 60.0
"""Seconds after which people who did not come in count as failed."""
DRAIN: Final = 2.0
"""Seconds without any arrival after which what is still under way counts as lost."""
WARM: Final = 0.7
"""Seconds of talk before anything is measured."""
BUSY: Final = 0.9
"""The share of one core from which the generator itself counts as the limit."""
LATE: Final = 0.005
"""Seconds by which the median message may be sent late; beyond, the generator counts as the limit."""

SHARES: Final = (1.0, 0.1, 0.02)
"""Shares of the people who talk at once, tried until nothing is lost."""

_KINDS: Final[dict[str, type[Talker]]] = {
    "socketio_sharded": SocketIo,
    "python_socketio": SocketIo,
    "nats": Nats,
}


@dataclass
class Arena:
    """What the steps of one job share."""

    party: str
    urls: Sequence[str]
    cookies: Sequence[str]
    meter: Meter
    servers: Sequence[int]
    valkey: str = ""
    """The path of the socket of the party's Redis."""
    ledger: Ledger = field(default_factory=Ledger)
    talkers: list[Talker] = field(default_factory=list)


async def gathered(people: Sequence[Talker], at_once: int = AT_ONCE) -> None:
    """Connects people, some at a time, and returns when all have come in."""
    gate = asyncio.Semaphore(at_once)

    async def one(person: Talker) -> None:
        async with gate:
            await connect(person)
            await person.ready

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(one(person) for person in people))


async def pairs(arena: Arena, *, pairs: int) -> dict[str, Any]:
    """Two people for each pair, on different processes wherever there are two."""
    started = time.perf_counter()
    if arena.party == "warmline":
        await _warm_pairs(arena, pairs)
    else:
        await _plain_pairs(arena, pairs)
    return {"pairs": pairs, "seconds": time.perf_counter() - started}


async def _plain_pairs(arena: Arena, pairs: int) -> None:
    kind = _KINDS.get(arena.party, Relayed)
    for number in range(pairs):
        room = f"pair-{number}"
        one = kind(arena.urls[number % 2], arena.ledger, room)
        other = kind(arena.urls[(number + 1) % 2], arena.ledger, room)
        if arena.party != "websockets_echo":
            one.partner, other.partner = other, one
        if isinstance(other, Nats):
            other.first = False
        arena.talkers += (one, other)
    await gathered(arena.talkers, GENTLY)


async def _warm_pairs(arena: Arena, pairs: int) -> None:
    """Half of the supporters on one process for seekers of the other, then the other way round."""
    cookies = iter(arena.cookies)
    for here, there, many in ((0, 1, pairs - pairs // 2), (1, 0, pairs // 2)):
        desks = [Supporter(arena.urls[here], arena.ledger, next(cookies)) for _ in range(many)]
        seekers = [Seeker(arena.urls[there], arena.ledger) for _ in range(many)]
        await gathered(desks, GENTLY)
        await gathered(seekers, GENTLY)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(desk.listening for desk in desks))
        by_conversation = {desk.conversation: desk for desk in desks}
        for seeker in seekers:
            desk = by_conversation[seeker.conversation]
            seeker.partner, desk.partner = desk, seeker
        arena.talkers += (*desks, *seekers)


@dataclass
class _Window:
    """What arrived of what should have been sent between two moments."""

    since: float = float("inf")
    until: float = float("inf")
    latencies: list[float] = field(default_factory=list)
    arrived: int = 0

    def took(self, _author: Talker, due: float) -> None:
        now = time.perf_counter()
        if self.since <= due < self.until:
            self.latencies.append(now - due)
        if self.since <= now < self.until:
            self.arrived += 1


async def _drained(arena: Arena) -> int:
    """Waits for what is under way while anything still arrives; answers how many messages never did.

    Of Warmline a message is lost also when its author never hears that it was kept and shown.
    """
    ledger = arena.ledger
    people = [person for person in arena.talkers if isinstance(person, Person)]
    moved, before = time.perf_counter(), -1
    while time.perf_counter() - moved < DRAIN:
        left = sum(len(person.due) for person in arena.talkers)
        if not left and all(person.settled for person in people):
            return 0
        if ledger.arrived != before:
            moved, before = time.perf_counter(), ledger.arrived
        await asyncio.sleep(0.02)
    lost = sum(len(person.due) for person in arena.talkers)
    for person in arena.talkers:
        person.due.clear()
    return max(lost, sum(not person.settled for person in people))


def share_of(latencies: Sequence[float], share: float) -> float:
    ordered = sorted(latencies)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else 0.0


def _told(
    arena: Arena, window: _Window, spent: Spent, lost: int, lateness: Sequence[float]
) -> dict[str, Any]:
    ledger = arena.ledger
    late = share_of(lateness, 0.5) / 1000
    return {
        "rate": window.arrived / spent.seconds,
        "messages": window.arrived,
        "lost": lost,
        "disordered": ledger.disordered,
        "refused": ledger.refused,
        "connections_lost": ledger.lost_connections,
        "cpu_per_1000": 1000 * spent.total / window.arrived if window.arrived else None,
        "servers_per_1000": 1000 * spent.servers / window.arrived if window.arrived else None,
        "redis_per_1000": 1000 * spent.redis / window.arrived if window.arrived else None,
        "p50_ms": share_of(window.latencies, 0.5),
        "p95_ms": share_of(window.latencies, 0.95),
        "p99_ms": share_of(window.latencies, 0.99),
        "generator_busy": spent.busy,
        "generator_late_p50_ms": late * 1000,
        "generator_late_p99_ms": share_of(lateness, 0.99),
        "void": spent.busy > BUSY or late > LATE,
    }


async def talk(arena: Arena, *, rate: float, seconds: float) -> dict[str, Any]:
    """Messages at a fixed rate whatever becomes of them; latency counts from when each should have gone."""
    window, lateness = _Window(), list[float]()
    arena.ledger.on_arrival = window.took
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    authors = arena.talkers
    start = time.perf_counter() + 0.05
    last = int(rate * (WARM + seconds))
    sent = 0

    def turn() -> None:
        nonlocal sent
        now = time.perf_counter()
        while sent < last and (due := start + sent / rate) <= now:
            authors[(sent * 7919) % len(authors)].say(due)
            if due >= window.since:
                lateness.append(now - due)
            sent += 1
        if sent < last:
            loop.call_later(max(0.0, start + sent / rate - time.perf_counter()), turn)
        else:
            done.set_result(None)

    loop.call_later(0.05, turn)
    await asyncio.sleep(WARM)
    arena.meter.restart()
    window.since = time.perf_counter()
    await done
    window.until = time.perf_counter()
    spent = arena.meter.spent()
    return _told(arena, window, spent, await _drained(arena), lateness)


async def flat_out(arena: Arena, *, seconds: float) -> dict[str, Any]:
    """Everybody says the next message when the one before has arrived: as fast as the servers go.

    Where messages are lost, fewer people talk at once: what counts is the highest rate with nothing lost.
    """
    answer: dict[str, Any] = {}
    for share in SHARES:
        answer = await _flat_out(arena, arena.talkers[:: round(1 / share)], seconds)
        if not answer["lost"]:
            break
    return answer


async def _flat_out(arena: Arena, authors: Sequence[Talker], seconds: float) -> dict[str, Any]:
    seen = _Window()
    stopping = False
    loop = asyncio.get_running_loop()

    def arrived(author: Talker, due: float) -> None:
        seen.took(author, due)
        if stopping:
            return
        if author.pace and (wait := author.free_at - time.perf_counter()) > 0:
            loop.call_later(wait, again, author)
        else:
            again(author)

    def again(author: Talker) -> None:
        if not stopping:
            now = time.perf_counter()
            author.free_at = now + author.pace
            author.say(now)

    arena.ledger.on_arrival = arrived
    for author in authors:
        again(author)
    await asyncio.sleep(WARM)
    arena.meter.restart()
    seen.since = time.perf_counter()
    await asyncio.sleep(seconds)
    seen.until = time.perf_counter()
    spent = arena.meter.spent()
    stopping = True
    told = _told(arena, seen, spent, await _drained(arena), ())
    return told | {"talking": len(authors), "allowed": sum(1 / one.pace for one in authors if one.pace)}


async def idle(
    arena: Arena, *, connections: int, seconds: float, kind: str = "", ballast: int = 0
) -> dict[str, Any]:
    """Connections that say nothing: KiB of each in the servers, and what keeping them alive costs.

    `ballast` others come in before, and stay: they fill what a process holds free since it was started, or
    those who are measured would seem to need less than they do.
    """
    heavy = [Greeted(arena.urls[number % 2], arena.ledger) for number in range(ballast)]
    await gathered(heavy)
    before = memory(arena.servers)
    kinds: dict[str, Callable[[str], Talker]] = {
        "greeted": lambda url: Greeted(url, arena.ledger),
        "in_line": lambda url: Waiter(url, arena.ledger),
    }
    people: list[Talker] = []
    for number in range(connections):
        url = arena.urls[number % 2]
        if kind:
            people.append(kinds[kind](url))
        else:
            people.append(_KINDS.get(arena.party, Relayed)(url, arena.ledger, f"room-{number // 2}"))
    started = time.perf_counter()
    await gathered(people)
    opened = time.perf_counter() - started
    await asyncio.sleep(1.0)
    after = memory(arena.servers)
    arena.meter.restart()
    await asyncio.sleep(seconds)
    spent = arena.meter.spent()
    failed = arena.ledger.lost_connections
    for person in (*people, *heavy):
        person.drop()
    await asyncio.sleep(0.5)
    arena.ledger.lost_connections = 0
    return {
        "connections": connections,
        "kib_each": (after - before) / connections,
        "cpu_share": spent.total / spent.seconds,
        "accepted_per_second": connections / opened,
        "lost": failed,
        "generator_busy": spent.busy,
    }
