"""The scripts in Redis and the pure policy are the same rules: any commands lead both to the same state."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from matching import keys, moves
from matching.desk import Desk
from matching.draft import Draft
from matching.moves import Command, Refusal
from matching.policy import Queue, decide, due, evolve
from matching.queue import WaitingRoom
from matching.records import Waiting
from matching.settings import Settings
from matching.ticket import Ticket
from tests.support.valkey import Valkey

START = 1_700_000_000.0
SETTINGS = Settings(
    cooling=40,
    topic_waived_after=60,
    language_waived_after=120,
    remembered=100,
    most_waiting=4,
    guard_least=3,
)
PROCESSES = ("one", "two")

PEOPLE = ("ann", "bob", "eve")
LANGUAGES = ("en", "de")
TOPICS = ("exams", "family")
STEPS = 50


class Player:
    """Chooses commands that often concern what stands in the queue."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._tickets = [f"t{number}" for number in range(self._random.randint(2, 8))]

    def pause(self) -> float:
        return self._random.choice([0.0, 0.0, 0.0, 0.25, 1.0, 5.0, 12.0, 31.0])

    def command(self, queue: Queue) -> Command:
        often = [self._joins, self._opens, self._renews, self._answers]
        seldom = [self._sweeps, self._of_pairing, self._of_pairing, self._answers, self._others]
        chosen: Callable[[Queue], Command] = self._random.choice([*often, *often, *seldom])
        return chosen(queue)

    def _ticket(self, name: str) -> Ticket:
        random = self._random
        return Ticket(
            id=name,
            joined_at=START + random.randint(-800, 100) / 4,
            topic=random.choice([None, *TOPICS]),
            language=random.choice([None, *LANGUAGES]),
            urgent=random.random() < 0.2,
            returned=random.random() < 0.1,
            avoid=frozenset(random.sample(PEOPLE, random.choice([0, 0, 0, 1]))),
        )

    def _joins(self, _: Queue) -> Command:
        return moves.Join(self._ticket(self._random.choice(self._tickets)), self._random.choice(PROCESSES))

    def _opens(self, _: Queue) -> Command:
        random = self._random
        desk = Desk(
            person=random.choice(PEOPLE),
            process=random.choice(PROCESSES),
            capacity=random.randint(1, 3),
            languages=frozenset(random.sample(LANGUAGES, random.randint(0, 2))),
            topics=frozenset(random.sample(TOPICS, random.randint(0, 2))),
            paused=random.random() < 0.1,
            holding=frozenset(random.sample(self._tickets, random.choice([0, 0, 0, 0, 1]))),
            free_since=random.choice([None, START + random.randint(-80, 80) / 4]),
        )
        return moves.OpenDesk(desk)

    def _renews(self, _: Queue) -> Command:
        most = self._random.choice([0, len(self._tickets), len(self._tickets)])
        return moves.Renew(tuple(self._tickets[:most]), PEOPLE, self._random.choice(PROCESSES))

    def _sweeps(self, _: Queue) -> Command:
        return moves.Sweep(self._random.choice([None, None, None, START]))

    def _answers(self, queue: Queue) -> Command:
        offers = sorted(queue.offers.values(), key=lambda offer: (offer.answer != "open", offer.id))
        if not offers:
            return moves.Accept("none", "ann")
        offer = offers[min(int(self._random.expovariate(1.0)), len(offers) - 1)]
        person = offer.person if self._random.random() < 0.95 else "zoe"
        accepts = self._random.random() < 0.7
        return moves.Accept(offer.id, person) if accepts else moves.Decline(offer.id, person)

    def _of_pairing(self, queue: Queue) -> Command:
        if not queue.pairings:
            return moves.Confirm(self._tickets[0], 7)
        pair = queue.pairings[self._random.choice(sorted(queue.pairings))]
        choices: list[Command] = [
            moves.Confirm(pair.ticket, pair.fence),
            moves.Release(pair.ticket, pair.person),
            moves.Requeue(self._ticket(pair.ticket), "two"),
            moves.Join(self._ticket(pair.ticket), "two"),
        ]
        return self._random.choice(choices)

    def _others(self, _: Queue) -> Command:
        choice = self._random.choice
        ticket, person = choice(self._tickets), choice(PEOPLE)
        choices: list[Command] = [
            moves.Leave(ticket),
            moves.MakeUrgent(ticket),
            moves.CloseDesk(person, choice(PROCESSES)),
            moves.Pause(person, on=choice([True, False])),
            moves.Pause(person, on=False),
            moves.Hold(ticket, person, choice(PROCESSES)),
            moves.Requeue(self._ticket(ticket), choice(PROCESSES)),
            moves.Confirm(ticket, 7),
        ]
        return self._random.choice(choices)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def redis(shared_valkey: Valkey, runner: asyncio.Runner) -> Iterator[Redis]:
    shared_valkey.start()
    client = Redis.from_url(shared_valkey.url)
    yield client
    runner.run(client.aclose())


@pytest.fixture(scope="module")
def campuses() -> Callable[[], str]:
    count = itertools.count()
    return lambda: f"campus{next(count)}"


@hypothesis_settings(max_examples=30, deadline=None)
@given(random=st.randoms(use_true_random=True))
def test_any_commands_lead_the_scripts_and_the_policy_to_the_same_state(
    redis: Redis, runner: asyncio.Runner, campuses: Callable[[], str], random: Random
) -> None:
    runner.run(_compare(redis, campuses(), Player(random)))


async def _compare(redis: Redis, campus: str, player: Player) -> None:
    clock = Clock()
    rooms = {name: WaitingRoom(redis, campus, name, SETTINGS, clock=clock) for name in PROCESSES}
    queue = Queue(settings=SETTINGS)
    for _ in range(STEPS):
        clock.now += player.pause()
        command = player.command(queue)
        decided = decide(queue, command, clock.now)
        refused = await _carry_out(rooms, command)
        assert refused == (decided if isinstance(decided, Refusal) else None), command
        for event in () if isinstance(decided, Refusal) else decided:
            queue = evolve(queue, event)
        assert await _stored(redis, campus) == _expected(queue), command
        _holds(queue, clock.now)


def _holds(queue: Queue, at: float) -> None:
    """What must be true after any commands."""
    assert not set(queue.tickets) & set(queue.pairings)
    open_offers = [offer for offer in queue.offers.values() if offer.answer == "open"]
    assert len({offer.person for offer in open_offers}) == len(open_offers)
    assert len({offer.ticket for offer in open_offers}) == len(open_offers)
    for offer in open_offers:
        assert queue.load(offer.person) < queue.desks[offer.person].desk.capacity
        assert queue.tickets[offer.ticket].offer == offer.id
        assert offer.person not in queue.tickets[offer.ticket].ticket.avoid
    next_sweep = due(queue)
    if next_sweep is None or next_sweep > at:
        again = Draft(queue, at)
        again.match()
        assert not again.events, "a fitting desk was free while somebody waited"


async def _carry_out(rooms: dict[str, WaitingRoom], command: Command) -> Refusal | None:
    one = rooms["one"]
    match command:
        case moves.Join(ticket, process):
            return _refusal(await rooms[process].join(ticket))
        case moves.Requeue(ticket, process):
            return _refusal(await rooms[process].requeue(ticket))
        case moves.OpenDesk(desk):
            await rooms[desk.process].open_desk(desk)
            return None
        case moves.Accept(offer, person):
            return _refusal(await one.accept(offer, person))
        case moves.Decline(offer, person):
            return _refusal(await one.decline(offer, person))
        case moves.Hold(name, person, process):
            return _refusal(await rooms[process].hold(name, person))
        case moves.Renew(names, persons, process):
            await rooms[process].renew(names, persons)
            return None
        case moves.Sweep(expected):
            await one._call("sweep", {} if expected is None else {"expected": round(expected * 1000)})
            return None
        case moves.CloseDesk(person, process):
            told = await rooms[process]._call("close", {"person": person})
        case moves.Leave(name):
            told = await one._call("leave", {"ticket": name})
        case moves.MakeUrgent(name):
            told = await one._call("urge", {"ticket": name})
        case moves.Pause(person, on):
            told = await one._call("pause", {"person": person, "on": on})
        case moves.Confirm(name, fence):
            told = await one._call("confirm", {"ticket": name, "fence": fence})
        case moves.Release(name, person):
            told = await one._call("release", {"ticket": name, "person": person})
    return Refusal(told["refused"]) if "refused" in told else None


def _refusal(answer: object) -> Refusal | None:
    return answer if isinstance(answer, Refusal) else None


async def _stored(redis: Any, campus: str) -> dict[str, Any]:
    order, tickets_key, desks, offers, pairings, due_key, paces, serial, _ = keys.room(campus)
    number = await redis.get(serial)
    times = await redis.zrange(due_key, 0, -1, withscores=True)
    return {
        "line": [name.decode() for name in await redis.zrange(order, 0, -1)],
        "tickets": await _hash(redis, tickets_key),
        "desks": await _hash(redis, desks),
        "offers": await _hash(redis, offers),
        "pairings": await _hash(redis, pairings),
        "due": {name.decode(): int(when) for name, when in times},
        "paces": [int(when) for when in await redis.lrange(paces, 0, -1)],
        "serial": int(number) if number else 0,
    }


async def _hash(redis: Any, key: str) -> dict[str, Any]:
    return {name.decode(): json.loads(record) for name, record in (await redis.hgetall(key)).items()}


def _expected(queue: Queue) -> dict[str, Any]:
    return {
        "line": queue.line,
        "tickets": {name: _waiting(waiting) for name, waiting in queue.tickets.items()},
        "desks": {
            person: _some(
                process=post.desk.process,
                capacity=post.desk.capacity,
                paused=post.desk.paused,
                languages=dict.fromkeys(post.desk.languages, True),
                topics=dict.fromkeys(post.desk.topics, True),
                free=_ms(post.desk.free_since or 0.0),
                lapses=post.lapses,
                offer=post.offer,
            )
            for person, post in queue.desks.items()
        },
        "offers": {
            name: _some(
                ticket=offer.ticket,
                person=offer.person,
                lapses=_ms(offer.lapses_at),
                answer=str(offer.answer),
                fence=offer.fence or None,
            )
            for name, offer in queue.offers.items()
        },
        "pairings": {
            name: _some(
                person=pair.person,
                fence=pair.fence,
                process=pair.process,
                confirmed=pair.confirmed,
                ticket=_waiting(pair.waiting) if pair.waiting else None,
            )
            for name, pair in queue.pairings.items()
        },
        "due": {name: _ms(when) for name, when in queue.due.items()},
        "paces": [_ms(when) for when in queue.paired_at],
        "serial": queue.serial,
    }


def _waiting(waiting: Waiting) -> dict[str, Any]:
    ticket = waiting.ticket
    return _some(
        joined=_ms(ticket.joined_at),
        urgent=ticket.urgent,
        returned=ticket.returned,
        topic=ticket.topic,
        language=ticket.language,
        mood=ticket.mood,
        wants=dict.fromkeys(ticket.wants, True),
        avoid=dict.fromkeys(ticket.avoid, True),
        process=waiting.process,
        passed={person: _ms(until) for person, until in waiting.passed.items()},
        offer=waiting.offer,
    )


def _some(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
