"""The waiting room on a real Valkey, with two processes at it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from redis.asyncio import Redis

from chat.broker.client import Client, connect
from matching import keys
from matching.answers import Joined, Pairing
from matching.desk import Desk
from matching.moves import Refusal
from matching.queue import AT_ONCE, Unavailable, WaitingRoom
from matching.settings import Settings
from matching.ticket import Ticket
from tests.support.redises import ALONE
from tests.support.valkey import Valkey

START = 1_700_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def redis(where: str) -> AsyncIterator[Client]:
    reached = connect(where)
    yield reached.client
    await reached.aclose()


@pytest.fixture
def one(redis: Client, clock: Clock) -> WaitingRoom:
    return WaitingRoom(redis, "north", "one", clock=clock)


@pytest.fixture
def two(redis: Client, clock: Clock) -> WaitingRoom:
    return WaitingRoom(redis, "north", "two", clock=clock)


def ticket(name: str, *, ago: float = 0.0, urgent: bool = False) -> Ticket:
    return Ticket(id=name, joined_at=START - ago, urgent=urgent)


def desk(person: str, process: str, capacity: int = 1) -> Desk:
    return Desk(person=person, process=process, capacity=capacity)


async def offer_of(room: WaitingRoom, person: str) -> str:
    (offer,) = await room.offers_of(person)
    return offer.offer


async def pair(room: WaitingRoom, name: str, person: str) -> Pairing:
    """Pairs the next ticket with an open desk."""
    await room.join(ticket(name))
    pairing = await room.accept(await offer_of(room, person), person)
    assert isinstance(pairing, Pairing)
    assert pairing.ticket == name
    return pairing


async def test_the_line_is_the_urgent_then_the_returned_then_the_longest_waiting(
    one: WaitingRoom, two: WaitingRoom
) -> None:
    await one.join(ticket("late", ago=1))
    await two.join(ticket("early", ago=60))
    await one.requeue(ticket("returned", ago=2))
    assert await two.join(ticket("urgent", urgent=True)) == Joined(place=1, total=4)
    assert await one.places() == ("urgent", "returned", "early", "late")
    assert [await one.place(name) for name in ("urgent", "late", "nobody")] == [1, 4, None]


async def test_joining_again_keeps_place_and_arrival(one: WaitingRoom, two: WaitingRoom) -> None:
    await one.join(ticket("first", ago=60))
    await one.join(ticket("second", ago=30))
    assert await two.join(ticket("first", ago=0)) == Joined(place=1, total=2)


async def test_a_full_room_lets_only_the_urgent_in(redis: Client, clock: Clock) -> None:
    room = WaitingRoom(redis, "north", "one", Settings(most_waiting=1), clock=clock)
    await room.join(ticket("first"))
    assert await room.join(ticket("second")) is Refusal.FULL
    assert await room.join(ticket("third", urgent=True)) == Joined(place=1, total=2)


async def test_a_rush_waits_its_turn_instead_of_using_up_the_connections(
    valkey: Valkey, clock: Clock
) -> None:
    async with Redis.from_url(valkey.url, max_connections=AT_ONCE) as client:
        room = WaitingRoom(client, "north", "one", clock=clock)
        joined = await asyncio.gather(*(room.join(ticket(f"t{n}")) for n in range(4 * AT_ONCE)))
    assert all(isinstance(one, Joined) for one in joined)


async def test_a_declined_ticket_returns_to_the_head_and_goes_to_the_next_desk(
    one: WaitingRoom, two: WaitingRoom
) -> None:
    await one.join(ticket("first", ago=9))
    await one.join(ticket("second", ago=5))
    await one.open_desk(desk("ann", "one"))
    assert await one.decline(await offer_of(one, "ann"), "ann") is None
    await two.open_desk(desk("bob", "two"))
    assert [offer.ticket for offer in await two.offers_of("bob")] == ["first"]
    assert (await one.places())[0] == "first"


async def test_an_offer_that_lapses_goes_to_the_next_and_two_lapses_pause_the_desk(
    one: WaitingRoom, clock: Clock
) -> None:
    await one.open_desk(desk("ann", "one"))
    for name in ("first", "second"):
        await one.join(ticket(name))
    for _ in range(2):
        lapsed = await offer_of(one, "ann")
        for _ in range(6):
            clock.now += 5.0
            await one.renew(["first", "second"], ["ann"])
        await one.sweep()
        assert await one.accept(lapsed, "ann") is Refusal.LAPSED
    counts = await one.counts()
    assert (counts.waiting, counts.ready, counts.paused) == (2, 0, 1)


async def test_an_offer_is_accepted_once_and_repeats_alike(one: WaitingRoom, two: WaitingRoom) -> None:
    await one.open_desk(desk("ann", "one"))
    await two.join(ticket("first"))
    offer = await offer_of(one, "ann")
    assert await two.accept(offer, "bob") is Refusal.NOT_YOURS
    assert await two.accept("another", "bob") is Refusal.UNKNOWN
    answers = await asyncio.gather(*(room.accept(offer, "ann") for room in (one, two) * 5))
    assert isinstance(answers[0], Pairing)
    assert set(answers) == {answers[0]}
    assert answers[0].seeker_process == "two"
    assert await two.join(ticket("first")) == answers[0]


async def test_nobody_is_paired_twice_or_beyond_capacity(one: WaitingRoom, two: WaitingRoom) -> None:
    await one.open_desk(desk("ann", "one", capacity=2))
    await two.open_desk(desk("bob", "two", capacity=3))
    pairings: list[Pairing] = []

    async def listen(room: WaitingRoom, person: str) -> None:
        for _ in range(8):
            for offer in await room.offers_of(person):
                answers = await asyncio.gather(
                    one.accept(offer.offer, person), two.accept(offer.offer, person)
                )
                pairings.extend(answer for answer in answers if isinstance(answer, Pairing))

    await asyncio.gather(
        *(room.join(ticket(f"t{number}")) for number in range(12) for room in (one, two)),
        listen(one, "ann"),
        listen(two, "bob"),
    )
    await asyncio.gather(listen(one, "ann"), listen(two, "bob"))
    made = {(pairing.ticket, pairing.person) for pairing in pairings}
    assert len({name for name, _ in made}) == len(made) == 5
    assert dict((await one.counts()).loads) == {"ann": (2, 2), "bob": (3, 3)}


async def test_a_released_desk_is_offered_the_next_ticket_in_the_same_step(one: WaitingRoom) -> None:
    await one.open_desk(desk("ann", "one"))
    await pair(one, "first", "ann")
    await one.join(ticket("second"))
    assert await one.offers_of("ann") == ()
    assert await one.release("first", "ann")
    assert not await one.release("first", "ann")
    assert [offer.ticket for offer in await one.offers_of("ann")] == ["second"]


async def test_a_pairing_is_told_until_its_own_fence_confirms_it(one: WaitingRoom, two: WaitingRoom) -> None:
    await one.open_desk(desk("ann", "one"))
    pairing = await pair(two, "first", "ann")
    assert await one.unconfirmed() == await two.unconfirmed() == await one.unconfirmed("ann") == (pairing,)
    assert not await two.confirm("first", pairing.fence - 1)
    assert await two.confirm("first", pairing.fence)
    assert await two.confirm("first", pairing.fence)
    assert await one.unconfirmed() == ()


async def test_a_returned_seeker_stands_at_the_head_and_the_old_fence_is_void(one: WaitingRoom) -> None:
    await one.open_desk(desk("ann", "one"))
    pairing = await pair(one, "first", "ann")
    await one.close_desk("ann")
    await one.join(ticket("other", ago=99))
    assert await one.requeue(ticket("first")) == Joined(place=1, total=2)
    assert not await one.confirm("first", pairing.fence)


async def test_what_a_dead_process_held_is_given_up_after_its_lease(
    one: WaitingRoom, two: WaitingRoom, clock: Clock
) -> None:
    await one.open_desk(desk("ann", "one"))
    await two.join(ticket("offered", ago=5))
    await one.join(ticket("lost"))
    for _ in range(4):
        clock.now += 5.0
        await two.renew(["offered"])
        await two.sweep()
    assert await two.places() == ("offered",)
    await two.open_desk(desk("bob", "two"))
    assert [offer.ticket for offer in await two.offers_of("bob")] == ["offered"]


async def test_an_unconfirmed_pairing_of_a_vanished_desk_returns_to_the_head(
    one: WaitingRoom, two: WaitingRoom, clock: Clock
) -> None:
    await one.open_desk(desk("ann", "one"))
    pairing = await pair(two, "first", "ann")
    for _ in range(4):
        clock.now += 5.0
        await two.renew(["first"])
        await two.sweep()
    assert await two.places() == ("first",)
    assert not await two.confirm("first", pairing.fence)


async def test_a_desk_belongs_to_the_process_that_opened_it_last(one: WaitingRoom, two: WaitingRoom) -> None:
    await one.open_desk(desk("ann", "one"))
    await two.open_desk(desk("ann", "two"))
    assert (await one.renew(desks=["ann"])).taken == {"ann"}
    assert not await one.close_desk("ann")
    assert (await two.renew(desks=["ann"])).complete


async def test_when_all_leases_end_at_once_they_are_extended_once(one: WaitingRoom, clock: Clock) -> None:
    names = [f"t{number}" for number in range(6)]
    for name in names:
        await one.join(ticket(name))
    clock.now += 25.0
    await one.sweep()
    assert len(await one.places()) == 6
    clock.now += 25.0
    await one.sweep()
    assert await one.places() == ()


@ALONE
async def test_after_a_wipe_what_is_said_again_restores_the_order_and_the_loads(
    one: WaitingRoom, two: WaitingRoom, valkey: Valkey
) -> None:
    await one.open_desk(desk("ann", "one"))
    await pair(one, "live", "ann")
    for number, room in enumerate((one, two, one, two)):
        await room.join(ticket(f"t{number}", ago=100 - number))
    await two.make_urgent("t3")
    before = await one.places()
    valkey.flush()
    renewed = await one.renew([*before, "live"], ["ann"])
    assert renewed.tickets == {*before, "live"}
    assert renewed.desks == {"ann"}
    await two.open_desk(Desk(person="bob", process="two", paused=True))
    await one.open_desk(Desk(person="ann", process="one", holding=frozenset({"live"})))
    for number in (2, 0, 3, 1):
        await one.join(ticket(f"t{number}", ago=100 - number, urgent=number == 3))
    assert await one.places() == before
    assert await one.offers_of("ann") == ()
    assert isinstance(await one.hold("live", "ann"), Pairing)
    assert await one.hold("t1", "ann") is Refusal.NOT_YOURS


@ALONE
async def test_fences_rise_through_a_wipe(one: WaitingRoom, clock: Clock, valkey: Valkey) -> None:
    await one.open_desk(desk("ann", "one"))
    before = await pair(one, "first", "ann")
    valkey.flush()
    clock.now += 1.0
    await one.open_desk(desk("ann", "one"))
    assert (await pair(one, "first", "ann")).fence > before.fence


@ALONE
async def test_a_desk_that_is_missing_among_those_to_be_asked_is_asked_with_the_next_renewal(
    one: WaitingRoom, redis: Client
) -> None:
    """As after a process of a version that knows nothing of them."""
    await one.open_desk(desk("ann", "one"))
    await redis.delete("{q:north}:next")
    await one.join(ticket("first"))
    assert await one.offers_of("ann") == ()
    await one.renew(["first"], ["ann"])
    assert len(await one.offers_of("ann")) == 1


@ALONE
async def test_a_desk_that_stands_wrongly_among_those_to_be_asked_is_not_asked(
    one: WaitingRoom, redis: Client
) -> None:
    await one.open_desk(desk("ann", "one"))
    await one.open_desk(desk("bob", "one"))
    await pair(one, "first", "ann")
    await one.pause("bob", on=True)
    for person in ("ann", "bob", "eve"):
        await redis.zadd("{q:north}:next", {person: 0})
    await one.join(ticket("second"))
    for person in ("ann", "bob"):
        assert await one.offers_of(person) == ()


@ALONE
async def test_every_key_has_a_time_to_live_and_shares_the_slot(one: WaitingRoom, redis: Client) -> None:
    await one.open_desk(desk("ann", "one"))
    await pair(one, "first", "ann")
    await one.join(ticket("second"))
    await one.open_desk(desk("bob", "one"))
    await one.open_desk(desk("eve", "one"))
    found = [key async for key in redis.scan_iter()]
    assert {key.decode() for key in found} == set(keys.room("north"))
    for key in found:
        assert 0 < await redis.pttl(key) <= keys.LIVE * 1000
        assert key.startswith(b"{q:north}:")


async def test_a_room_without_redis_is_unavailable_and_comes_back_empty(
    private_valkey: Callable[[], Valkey],
) -> None:
    server = private_valkey()
    async with Redis.from_url(server.url) as client:
        room = WaitingRoom(client, "north", "one")
        await room.join(ticket("first"))
        server.kill()
        with pytest.raises(Unavailable):
            await room.places()
        with pytest.raises(Unavailable):
            await room.join(ticket("first"))
        server.start()
        assert (await room.renew(["first"])).tickets == {"first"}
        assert await room.join(ticket("first")) == Joined(place=1, total=1)


async def test_a_console_that_comes_back_finds_its_desk_as_it_left_it(
    one: WaitingRoom, two: WaitingRoom
) -> None:
    await one.open_desk(desk("sam", "one", capacity=2))
    await pair(one, "talk", "sam")
    await one.pause("sam", on=True)
    left = await two.desk("sam")
    assert left is not None
    assert (left.capacity, left.paused, left.process, left.holding) == (2, True, "two", frozenset({"talk"}))
    await one.close_desk("sam")
    assert await two.desk("sam") is None
