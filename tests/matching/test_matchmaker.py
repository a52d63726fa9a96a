"""Matchmakers of two processes on a real Valkey. Nothing waits for the clock: events end every wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis

from matching.answers import Pairing
from matching.desk import Desk
from matching.matchmaker import Matchmaker
from matching.notices import DeskPaused, Lapsed, Notice, Offered, Paired
from matching.queue import WaitingRoom
from matching.settings import Settings
from matching.ticket import Ticket
from tests.support.valkey import Valkey

PATIENCE = 20.0
"""Seconds before a wait that should end by itself fails the test."""
QUICK = Settings(offer=0.05, lease=600.0, retell_every=0.05, cooling=0.0)


class Ear:
    """Hears what a matchmaker tells, and answers waits for it."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[Notice | None] = asyncio.Queue()

    async def offered(self, offer: Offered) -> None:
        self._heard.put_nowait(offer)

    async def lapsed(self, lapse: Lapsed) -> None:
        self._heard.put_nowait(lapse)

    async def paired(self, pairing: Paired) -> None:
        self._heard.put_nowait(pairing)

    async def desk_paused(self, pause: DeskPaused) -> None:
        self._heard.put_nowait(pause)

    async def moved(self) -> None:
        self._heard.put_nowait(None)

    async def until(self, wanted: Callable[[Notice | None], bool]) -> Notice | None:
        """The next notice that is wanted; None stands for a move of the line."""
        async with asyncio.timeout(PATIENCE):
            while True:
                heard = await self._heard.get()
                if wanted(heard):
                    return heard


@asynccontextmanager
async def matchmaking(room: WaitingRoom) -> AsyncIterator[Ear]:
    ear = Ear()
    task = asyncio.create_task(Matchmaker(room, ear).run())
    try:
        await ear.until(lambda heard: heard is None)
        yield ear
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.fixture
async def redis(valkey: Valkey) -> AsyncIterator[Redis]:
    async with Redis.from_url(valkey.url) as client:
        yield client


def ticket(name: str) -> Ticket:
    return Ticket(id=name, joined_at=1.0)


async def test_an_offer_is_told_to_the_process_of_the_desk_and_a_pairing_to_both(redis: Redis) -> None:
    one, two = WaitingRoom(redis, "north", "one"), WaitingRoom(redis, "north", "two")
    async with matchmaking(one) as seekers, matchmaking(two) as desks:
        await two.open_desk(Desk(person="ann", process="two"))
        await one.join(ticket("first"))
        offer = await desks.until(lambda heard: isinstance(heard, Offered))
        assert isinstance(offer, Offered)
        assert (offer.person, offer.ticket) == ("ann", "first")
        pairing = await two.accept(offer.offer, "ann")
        assert isinstance(pairing, Pairing)
        told = Paired("first", "ann", pairing.fence, "one")
        assert await seekers.until(lambda heard: isinstance(heard, Paired)) == told
        assert await desks.until(lambda heard: isinstance(heard, Paired)) == told


async def test_offers_lapse_by_themselves_until_the_desk_is_paused(redis: Redis) -> None:
    room = WaitingRoom(redis, "north", "one", QUICK)
    async with matchmaking(room) as ear:
        await room.open_desk(Desk(person="ann", process="one"))
        await room.join(ticket("first"))
        assert isinstance(await ear.until(lambda heard: isinstance(heard, Lapsed)), Lapsed)
        assert await ear.until(lambda heard: isinstance(heard, DeskPaused)) == DeskPaused("ann")


async def test_any_process_sweeps_what_a_dead_one_left(redis: Redis) -> None:
    """The process that made the offer has no matchmaker any more; the other one lapses it."""
    dead, alive = WaitingRoom(redis, "north", "dead", QUICK), WaitingRoom(redis, "north", "alive", QUICK)
    async with matchmaking(alive) as ear:
        await dead.open_desk(Desk(person="ann", process="dead"))
        await dead.join(ticket("first"))
        await alive.open_desk(Desk(person="bob", process="alive"))
        offer = await ear.until(lambda heard: isinstance(heard, Offered))
        assert isinstance(offer, Offered)
        assert (offer.person, offer.ticket) == ("bob", "first")


async def test_an_unconfirmed_pairing_is_told_again(redis: Redis) -> None:
    room = WaitingRoom(redis, "north", "one", Settings(retell_every=0.05))
    async with matchmaking(room) as ear:
        await room.open_desk(Desk(person="ann", process="one"))
        await room.join(ticket("first"))
        (offer,) = await room.offers_of("ann")
        pairing = await room.accept(offer.offer, "ann")
        assert isinstance(pairing, Pairing)
        for _ in range(3):
            await ear.until(lambda heard: isinstance(heard, Paired))
        assert await room.confirm("first", pairing.fence)


async def test_a_matchmaker_tells_what_stands_open_when_it_comes_late(redis: Redis) -> None:
    room = WaitingRoom(redis, "north", "one")
    await room.open_desk(Desk(person="ann", process="one", capacity=2))
    await room.join(ticket("first"))
    (offer,) = await room.offers_of("ann")
    await room.accept(offer.offer, "ann")
    await room.join(ticket("second"))
    ear = Ear()
    task = asyncio.create_task(Matchmaker(room, ear).run())
    told = await ear.until(lambda heard: isinstance(heard, Offered))
    assert isinstance(told, Offered)
    assert told.ticket == "second"
    assert isinstance(await ear.until(lambda heard: isinstance(heard, Paired)), Paired)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_matchmaker_survives_a_restart_of_redis(
    private_valkey: Callable[[], Valkey],
) -> None:
    server = private_valkey()
    async with Redis.from_url(server.url) as client:
        room = WaitingRoom(client, "north", "one")
        async with matchmaking(room) as ear:
            server.restart_empty()
            await ear.until(lambda heard: heard is None)
            await room.open_desk(Desk(person="ann", process="one"))
            await room.join(ticket("first"))
            assert isinstance(await ear.until(lambda heard: isinstance(heard, Offered)), Offered)
