"""The waiting room in Redis: every operation is one atomic script that ends by matching.

This is matching's only door to Redis. The rules are those of `matching.policy`; the scripts in `lua/` carry
them out where all processes meet, and a test holds the two to the same outcomes.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster

from matching import answers, keys, notices
from matching.answers import Counts, Joined, Pairing, Renewed, Standing
from matching.desk import Desk
from matching.moves import Refusal
from matching.notices import Notice, Offered
from matching.settings import Settings
from matching.ticket import Ticket

SCRIPTS: Final = (
    "accept",
    "close",
    "confirm",
    "counts",
    "decline",
    "desk",
    "hold",
    "join",
    "leave",
    "open",
    "pause",
    "release",
    "renew",
    "requeue",
    "standing",
    "sweep",
    "urge",
)
AT_ONCE: Final = 32
"""Calls of one process under way at the same time; the others wait their turn, within the deadline. A rush
of people must not use up the connections, of which a pool has only so many.
"""
LISTEN: Final = 15.0
"""Seconds of silence after which a listening connection is asked for a sign of life."""
LOST: Final = (
    OSError,
    TimeoutError,
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.ReadOnlyError,
    exceptions.OutOfMemoryError,
    exceptions.ClusterDownError,
    exceptions.TryAgainError,
    exceptions.AskError,
    exceptions.RedisClusterException,
)


class Unavailable(Exception):
    """Redis cannot be reached or cannot write now. The command may or may not have been carried out; all of
    them may be repeated.
    """


class WaitingRoom:
    """One campus' waiting room, as seen by one process.

    Every method is one round trip, atomic, and safe to repeat; every method raises `Unavailable` when Redis
    is away. Where an answer may be a `Refusal`, a refusal changed nothing. `clock` replaces Redis' time and
    is for tests; it answers seconds since the epoch. `near` makes a client of the server that carries a key,
    to listen there; without it, `redis` is the only one.
    """

    def __init__(
        self,
        redis: Redis | RedisCluster,
        campus: str,
        process: str,
        settings: Settings | None = None,
        *,
        clock: Callable[[], float] | None = None,
        near: Callable[[str], Awaitable[Redis]] | None = None,
    ) -> None:
        self._near = near
        self.campus = campus
        self.process = process
        self.settings = settings or Settings()
        self._redis = redis
        self._clock = clock
        self._keys = keys.room(campus)
        self._scripts = _scripts()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._steady: tuple[float, float] | None = None
        self._context = _context(self.settings, process, keys.prefix(campus))

    # --- seekers ------------------------------------------------------------------------------------------

    async def join(self, ticket: Ticket) -> Joined | Pairing | Refusal:
        """Puts a ticket in line; for one that stands there, says it again.

        After a loss of Redis this restores the ticket's place, from its arrival and its urgency. Answers the
        pairing when the ticket has been accepted meanwhile, and `FULL` when too many wait and this one is
        not urgent.
        """
        return answers.place(await self._call("join", answers.written(ticket)))

    async def requeue(self, ticket: Ticket) -> Joined:
        """Puts a seeker whose supporter is gone at the head, with the original arrival; frees the desk."""
        place = answers.place(await self._call("requeue", answers.written(ticket)))
        assert isinstance(place, Joined)  # noqa: S101 - requeue.lua has no other answer
        return place

    async def leave(self, ticket: str) -> bool:
        """Takes a ticket out of line; False when it did not wait (any more)."""
        return answers.done(await self._call("leave", {"ticket": ticket}))

    async def make_urgent(self, ticket: str) -> bool:
        """Puts a waiting ticket before all that are not urgent; False when it did not wait (any more)."""
        return answers.done(await self._call("urge", {"ticket": ticket}))

    # --- supporters ---------------------------------------------------------------------------------------

    async def open_desk(self, desk: Desk) -> None:
        """Opens a desk for this process, or changes it. The last process to do so holds the desk.

        `desk.process` must be this process.
        """
        if desk.process != self.process:
            raise ValueError("A desk is opened by the process that holds it.")
        free = None if desk.free_since is None else answers.ms(desk.free_since)
        record = {
            "person": desk.person,
            "capacity": desk.capacity,
            "paused": desk.paused,
            "languages": answers.names(desk.languages),
            "topics": answers.names(desk.topics),
            "holding": answers.names(desk.holding),
        }
        await self._call("open", record if free is None else {**record, "free": free})

    async def desk(self, person: str) -> Desk | None:
        """A desk as it stands, as this process would open it; None when none is open."""
        told = (await self._call("desk", {"person": person})).get("desk")
        if told is None:
            return None
        return Desk(
            person=person,
            process=self.process,
            capacity=told["capacity"],
            languages=frozenset(told["languages"]),
            topics=frozenset(told["topics"]),
            paused=bool(told["paused"]),
            holding=frozenset(told["holding"]),
        )

    async def close_desk(self, person: str) -> bool:
        """Closes a desk; its open offer returns to the head, its conversations stay.

        False when it was not open, or another process holds it by now.
        """
        return answers.done(await self._call("close", {"person": person}))

    async def pause(self, person: str, *, on: bool) -> bool:
        """Stops or resumes offers to a desk; an open offer is withdrawn. False when no such desk is open."""
        return answers.done(await self._call("pause", {"person": person, "on": on}))

    async def accept(self, offer: str, person: str) -> Pairing | Refusal:
        """Makes a pairing of an offer: `LAPSED`, `UNKNOWN` or `NOT_YOURS` otherwise."""
        return answers.pairing(await self._call("accept", {"offer": offer, "person": person}))

    async def decline(self, offer: str, person: str) -> Refusal | None:
        """Lets an offer pass on to the next desk."""
        return answers.refusal(await self._call("decline", {"offer": offer, "person": person}))

    # --- pairings -----------------------------------------------------------------------------------------

    async def confirm(self, ticket: str, fence: int) -> bool:
        """Says that the conversation's stream has the pairing, which is then told no more.

        False when the pairing is not that one (any more); the stream has the last word then.
        """
        return answers.done(await self._call("confirm", {"ticket": ticket, "fence": fence}))

    async def hold(self, ticket: str, person: str) -> Pairing | Refusal:
        """Says again that a person is in a live conversation, after `renew` did not know it.

        `NOT_YOURS` when the ticket waits in line or is somebody else's.
        """
        return answers.pairing(await self._call("hold", {"ticket": ticket, "person": person}))

    async def release(self, ticket: str, person: str) -> bool:
        """Gives a desk its room back: the conversation is over or the supporter left it.

        False when there was no such pairing (any more).
        """
        return answers.done(await self._call("release", {"ticket": ticket, "person": person}))

    async def unconfirmed(self, person: str | None = None) -> tuple[Pairing, ...]:
        """The pairings that nobody has confirmed: of one person, or of this process' tickets and desks."""
        return (await self.standing(person)).unconfirmed

    async def offers_of(self, person: str) -> tuple[Offered, ...]:
        """The offers that are open to a person now, for a console that comes back."""
        return (await self.standing(person)).offers

    async def standing(self, person: str | None = None) -> Standing:
        """Open offers and unconfirmed pairings of one person, or of all that this process holds."""
        told = await self._call("standing", {} if person is None else {"person": person})
        return answers.standing(told)

    # --- keeping ------------------------------------------------------------------------------------------

    async def renew(self, tickets: Iterable[str] = (), desks: Iterable[str] = ()) -> Renewed:
        """Keeps alive what this process holds: waiting tickets, live conversations, and desks by person.

        Called every `settings.renew_every` seconds. What comes back is to be said again or let go of.
        """
        told = await self._call("renew", {"tickets": list(tickets), "desks": list(desks)})
        return answers.renewed(told)

    async def sweep(self) -> float | None:
        """Does what is due, and answers the seconds until something is due again; None when nothing is.

        Any process may call it at any time: finding nothing to do costs one look at one key.
        """
        steady = time.monotonic()
        expected = None if self._steady is None else answers.ms(self._steady[0] + steady - self._steady[1])
        told = await self._call("sweep", {} if expected is None else {"expected": expected})
        if self._clock is None:
            self._steady = (told["now"] / 1000, steady)
        due = told.get("due")
        return None if due is None else due / 1000

    async def places(self) -> tuple[str, ...]:
        """The tickets in line, the next one first. Those that are being offered still have their place."""
        async with self._deadline(), self._turns:
            members = await self._redis.zrange(self._keys[0], 0, -1)
        return tuple(one.decode() if isinstance(one, bytes) else str(one) for one in members)

    async def place(self, ticket: str) -> int | None:
        """Where a ticket stands in line, 1 for the next one; None when it does not stand there."""
        async with self._deadline(), self._turns:
            rank: Any = await self._redis.zrank(self._keys[0], ticket)
        return None if rank is None else rank + 1

    async def counts(self) -> Counts:
        """The waiting room in numbers."""
        return answers.counts(await self._call("counts", {}))

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[AsyncIterator[Notice]]:
        """Subscribes this process; notices after that are heard until Redis goes away (`Unavailable`)."""
        async with AsyncExitStack() as opened:
            async with self._deadline():
                pubsub = (await self._listener(opened)).pubsub()
                opened.push_async_callback(pubsub.aclose)
                await pubsub.ssubscribe(*keys.channels(self.campus, self.process))
                for _ in keys.channels(self.campus, self.process):
                    await pubsub.get_message(timeout=self.settings.deadline)
            yield self._heard(pubsub)

    async def _listener(self, opened: AsyncExitStack) -> Redis:
        if self._near is None:
            assert isinstance(self._redis, Redis)  # noqa: S101 - a Cluster is given with `near`
            return self._redis
        client = await self._near(self._keys[0])
        opened.push_async_callback(client.aclose)
        return client

    async def _heard(self, pubsub: Any) -> AsyncIterator[Notice]:
        silent = False
        while True:
            try:
                message = await pubsub.get_message(timeout=LISTEN)
                if message is None and silent:
                    raise Unavailable
                if message is None:
                    async with self._deadline():
                        await pubsub.ping()
            except LOST as error:
                raise Unavailable from error
            silent = message is None
            if message is not None and message["type"] == "sunsubscribe":
                raise Unavailable  # the channel is carried by another server now
            if message is not None and message["type"] == "smessage":
                notice = notices.read(message["data"])
                if notice is not None:
                    yield notice

    @asynccontextmanager
    async def _deadline(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self.settings.deadline):
                task = asyncio.current_task()
                before = task.cancelling() if task else 0
                yield
                if task and task.cancelling() > before:
                    # Python 3.11's wait_for, under which redis sends, loses a cancellation that comes just
                    # as it ends. It is said again here, or this task would never be cancelled.
                    raise asyncio.CancelledError
        except LOST as error:
            raise Unavailable from error

    async def _call(self, name: str, argument: Mapping[str, Any]) -> Any:
        context = (
            self._context if self._clock is None else {**self._context, "now": answers.ms(self._clock())}
        )
        script = self._scripts[name]
        values = (*self._keys, json.dumps(context), json.dumps(argument))
        async with self._deadline(), self._turns:
            try:
                answer = await self._redis.evalsha(script.digest, len(self._keys), *values)
            except exceptions.NoScriptError:
                answer = await self._redis.eval(script.source, len(self._keys), *values)
        return json.loads(answer)


@dataclass(frozen=True, slots=True)
class _Script:
    source: str
    digest: str


def _scripts() -> dict[str, _Script]:
    lua = files(__package__) / "lua"
    ground = (lua / "room.lua").read_text("utf-8") + (lua / "match.lua").read_text("utf-8")
    sources = {name: ground + (lua / f"{name}.lua").read_text("utf-8") for name in SCRIPTS}
    return {
        name: _Script(source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest())
        for name, source in sources.items()
    }


def _context(settings: Settings, process: str, channel: str) -> dict[str, Any]:
    return {
        "process": process,
        "channel": channel,
        "live": answers.ms(keys.LIVE),
        "offer": answers.ms(settings.offer),
        "lease": answers.ms(settings.lease),
        "cooling": answers.ms(settings.cooling),
        "topic": answers.ms(settings.topic_waived_after),
        "language": answers.ms(settings.language_waived_after),
        "lapses": settings.lapses_before_pause,
        "retell": answers.ms(settings.retell_every),
        "remembered": answers.ms(settings.remembered),
        "most": settings.most_waiting,
        "share": settings.guard_share,
        "least": settings.guard_least,
        "jump": answers.ms(settings.jump),
    }
