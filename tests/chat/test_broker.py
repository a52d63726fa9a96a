"""Conversations in a real Redis, appended to, followed and ended by two processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
import redis

from chat.broker import Broker, Lost, Position, Unavailable, keys
from chat.broker.together import MOST_AT_ONCE
from tests.support.peers import Ear, appended, ear, eventually
from tests.support.redises import ALONE
from tests.support.valkey import Valkey

C = "conversation"
ANOTHER = "another-one"


@pytest.fixture
async def two(where: str) -> AsyncIterator[tuple[Ear, Ear]]:
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(ear(where, "here"))
        yield here, await stack.enter_async_context(ear(where, "there"))


@pytest.fixture
async def broker(two: tuple[Ear, Ear]) -> Broker:
    await begin(two[0].broker)
    return two[0].broker


async def begin(broker: Broker, epoch: str = "e1", **given: Any) -> tuple[bool, str]:
    whole = {"wrapped": b"key", "phase": "waiting", "counts": {}, "moves": [b"opened"], **given}
    return await broker.open(C, epoch=epoch, **whole)


async def begin_another(broker: Broker) -> None:
    await broker.open(ANOTHER, epoch="e2", wrapped=b"key", phase="waiting", counts={}, moves=[b"opened"])


def ignored(_: object) -> None:
    """What came of it shows elsewhere."""


def raw(valkey: Valkey) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(valkey.socket))


def heard(listener: Ear) -> list[tuple[str, bytes]]:
    return [(str(stored.at), stored.event) for stored in listener.events]


# --- positions ----------------------------------------------------------------------------------------------


def test_the_next_place_is_the_next_move_or_the_next_message() -> None:
    at = Position(3, 1)
    assert Position(3, 2).follows(at)
    assert Position(4, 0).follows(at)
    assert not any(
        Position(*other).follows(at) for other in ((3, 1), (3, 3), (4, 1), (5, 0), (2, 2), (3, 0), (2, 0))
    )
    assert Position.parse(str(at).encode()) == at


# --- appending ----------------------------------------------------------------------------------------------


async def test_messages_take_the_next_offset_at_their_authors_next_count(broker: Broker) -> None:
    assert await appended(broker, C, "seeker", 1, b"a") == [b"OK", 1, b"e1"]
    assert await appended(broker, C, "s1", 1, b"b") == [b"OK", 2, b"e1"]
    assert await appended(broker, C, "seeker", 2, b"c") == [b"OK", 3, b"e1"]
    stream = await broker.follow(C)
    assert stream.counts == {"seeker": 2, "s1": 1}
    assert stream.entries == (
        (Position(0, 1), b"opened"),
        (Position(1), b"a"),
        (Position(2), b"b"),
        (Position(3), b"c"),
    )


async def test_a_repeated_message_is_kept_once_and_a_gap_is_refused(broker: Broker) -> None:
    await appended(broker, C, "seeker", 1, b"a")
    assert (await appended(broker, C, "seeker", 1, b"again"))[0] == b"DUP"
    assert await appended(broker, C, "seeker", 3, b"c") == [b"GAP", 1]
    assert [event for _, event in (await broker.follow(C)).entries] == [b"opened", b"a"]


async def test_appends_of_one_turn_keep_their_order(broker: Broker) -> None:
    answers = await asyncio.gather(*(appended(broker, C, "seeker", n, b"%d" % n) for n in range(1, 201)))
    assert [answer[1] for answer in answers] == list(range(1, 201))


async def test_nothing_is_added_to_what_was_never_opened(broker: Broker) -> None:
    assert await appended(broker, "another", "seeker", 1, b"a") == [b"LOST"]
    with pytest.raises(Lost):
        await broker.move("another", 0, b"m", "live")
    with pytest.raises(Lost):
        await broker.follow("another")
    with pytest.raises(Lost):
        await broker.touch("another", {})
    with pytest.raises(Lost):
        await broker.lift("another", "seeker", 1)


async def test_a_conversation_has_a_longest_length(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.broker.MOST_MESSAGES", 1)
    assert (await appended(broker, C, "seeker", 1, b"a"))[0] == b"OK"
    assert await appended(broker, C, "seeker", 2, b"b") == [b"FULL"]


# --- moves --------------------------------------------------------------------------------------------------


async def test_of_two_moves_decided_at_the_same_place_one_is_made(
    two: tuple[Ear, Ear], broker: Broker
) -> None:
    there = two[1].broker
    made = await asyncio.gather(
        broker.move(C, 1, b"mine", "live"), there.move(C, 1, b"theirs", "live"), return_exceptions=True
    )
    assert sorted(made, key=str) == [Position(0, 2), None]
    assert len((await broker.follow(C)).entries) == 2


async def test_messages_between_do_not_make_a_move_fail(broker: Broker) -> None:
    await appended(broker, C, "seeker", 1, b"a")
    assert await broker.move(C, 1, b"paired", "live") == Position(1, 1)
    assert (await appended(broker, C, "seeker", 2, b"b"))[1] == 2


async def test_opening_twice_keeps_what_is_there(two: tuple[Ear, Ear], broker: Broker) -> None:
    assert await begin(two[1].broker, "e2", wrapped=b"other") == (False, "e1")
    assert (await broker.follow(C)).wrapped == b"key"


async def test_an_authors_count_is_lifted_and_never_lowered(broker: Broker) -> None:
    assert await broker.lift(C, "seeker", 4) == 4
    assert await broker.lift(C, "seeker", 2) == 4
    assert (await appended(broker, C, "seeker", 4, b"a"))[0] == b"DUP"
    assert (await appended(broker, C, "seeker", 5, b"b"))[0] == b"OK"


# --- two processes ------------------------------------------------------------------------------------------


async def test_processes_that_follow_hear_each_other_in_order_and_not_themselves(
    two: tuple[Ear, Ear],
) -> None:
    here, there = two
    await begin(here.broker)
    await here.broker.follow(C)
    await there.broker.follow(C)
    for n in range(1, 51):
        here.broker.append(C, "seeker", n, b"h%d" % n, ignored)
        there.broker.append(C, "s1", n, b"t%d" % n, ignored)
    await eventually(lambda: len(here.events) == len(there.events) == 50)
    assert [event for _, event in heard(here)] == [b"t%d" % n for n in range(1, 51)]
    assert [event for _, event in heard(there)] == [b"h%d" % n for n in range(1, 51)]
    offsets = [stored.at.offset for stored in (*here.events, *there.events)]
    assert sorted(offsets) == list(range(1, 101))
    assert {stored.epoch for stored in here.events} == {"e1"}


async def test_who_does_not_follow_hears_nothing(two: tuple[Ear, Ear], broker: Broker) -> None:
    await appended(broker, C, "seeker", 1, b"a")
    await two[1].broker.follow(C)
    await appended(broker, C, "seeker", 2, b"b")
    await eventually(lambda: two[1].events)
    assert heard(two[1]) == [("2-0", b"b")]


async def test_following_from_a_place_leaves_no_gap_and_no_overlap(
    two: tuple[Ear, Ear], broker: Broker
) -> None:
    there = two[1]
    for n in range(1, 41):
        broker.append(C, "seeker", n, b"%d" % n, ignored)
        if n == 20:
            following = asyncio.ensure_future(there.broker.follow(C, Position(5)))
    stream = await following
    await eventually(lambda: len(stream.entries) + len(there.events) == 35)
    whole = [at.offset for at, _ in stream.entries] + [stored.at.offset for stored in there.events]
    assert whole == list(range(6, 41))


async def test_signals_reach_the_others(two: tuple[Ear, Ear], broker: Broker) -> None:
    await two[1].broker.follow(C)
    broker.signal(C, b"typing")
    broker.signal(C, b"typing again")
    await eventually(lambda: len(two[1].signals) == 2)
    assert [signal.signal for signal in two[1].signals] == [b"typing", b"typing again"]
    assert two[0].signals == []


async def test_what_was_shown_is_kept_and_told_to_the_others_and_never_goes_back(
    two: tuple[Ear, Ear], broker: Broker
) -> None:
    here, there = two
    await begin_another(broker)
    for conversation in (C, ANOTHER):
        await there.broker.follow(conversation)
    broker.mark(C, "seeker", 3)
    broker.mark(C, "seeker", 2)
    broker.mark(ANOTHER, "s1", 7)
    broker.mark("unknown", "seeker", 1)
    await eventually(lambda: len(there.marks) == 2)
    assert sorted(there.marks) == [(ANOTHER, "s1", 7), (C, "seeker", 3)]
    assert (await broker.follow(C)).shown == {"seeker": 3}
    broker.mark(C, "seeker", 3)
    broker.mark(C, "s1", 1)
    await eventually(lambda: len(there.marks) == 3)
    assert there.marks[-1] == (C, "s1", 1)
    assert here.marks == []


async def test_what_was_shown_before_a_move_is_known_wherever_the_move_is(
    two: tuple[Ear, Ear], broker: Broker
) -> None:
    await appended(broker, C, "seeker", 1, b"a")
    broker.mark(C, "seeker", 1)
    await broker.move(C, 1, b"returned", "waiting")
    assert (await two[1].broker.follow(C)).shown == {"seeker": 1}


async def test_messages_of_one_turn_are_appended_together_and_each_gets_its_own_answer(
    two: tuple[Ear, Ear], broker: Broker
) -> None:
    there = two[1]
    await begin_another(broker)
    await there.broker.follow(C)
    answers = await asyncio.gather(
        appended(broker, C, "seeker", 1, b"a"),
        appended(broker, ANOTHER, "seeker", 2, b"too early"),
        appended(broker, "unknown", "seeker", 1, b"nowhere"),
        appended(broker, C, "seeker", 2, b"b"),
        *(appended(broker, C, "s1", n, b"%d" % n) for n in range(1, 2 * MOST_AT_ONCE)),
    )
    assert answers[:4] == [[b"OK", 1, b"e1"], [b"GAP", 0], [b"LOST"], [b"OK", 2, b"e1"]]
    assert [answer[1] for answer in answers[4:]] == list(range(3, 2 * MOST_AT_ONCE + 2))
    await eventually(lambda: len(there.events) == 2 * MOST_AT_ONCE + 1)
    assert [stored.at.offset for stored in there.events] == list(range(1, 2 * MOST_AT_ONCE + 2))


async def test_who_cannot_take_an_answer_keeps_it_from_nobody_else(broker: Broker) -> None:
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))

    def breaks(_: object) -> None:
        raise KeyError

    broker.append(C, "seeker", 1, b"a", breaks)
    assert await appended(broker, C, "seeker", 2, b"b") == [b"OK", 2, b"e1"]
    assert [type(context["exception"]) for context in told] == [KeyError]
    assert broker.ready


async def test_staff_are_told_on_every_process(two: tuple[Ear, Ear]) -> None:
    two[0].broker.tell_staff(b"alert open")
    await eventually(lambda: two[0].staff and two[1].staff)
    assert two[0].staff == two[1].staff == [b"alert open"]


async def test_touching_tells_where_a_conversation_stands_and_who_is_silent(
    two: tuple[Ear, Ear], broker: Broker
) -> None:
    await appended(broker, C, "seeker", 1, b"a")
    await broker.touch(C, {"seeker": 12.0})
    touched = await two[1].broker.touch(C, {"s1": 0.0})
    assert (touched.epoch, touched.at) == ("e1", Position(1))
    assert touched.silent["seeker"] >= 12.0
    assert touched.silent["s1"] < 12.0


async def test_the_conversations_of_a_person_are_known_to_every_process(two: tuple[Ear, Ear]) -> None:
    await two[0].broker.joined("ada", "b")
    await two[0].broker.joined("ada", "a")
    assert await two[1].broker.conversations_of("ada") == ["a", "b"]
    await two[1].broker.parted("ada", "a")
    assert await two[0].broker.conversations_of("ada") == ["b"]


# --- ending -------------------------------------------------------------------------------------------------


@ALONE
async def test_the_end_takes_the_key_and_the_words_with_it(
    two: tuple[Ear, Ear], broker: Broker, valkey: Valkey
) -> None:
    await two[1].broker.follow(C)
    await appended(broker, C, "seeker", 1, b"sealed-words")
    assert await broker.finish(C, 1, b"ended", {"topic": "mood"}) == Position(1, 1)
    with raw(valkey) as client:
        assert not client.exists(keys.log(C))
        left = client.hgetall(keys.meta(C))
        assert b"k" not in left
        assert b"sealed-words" not in b" ".join([*left.keys(), *left.values()])
        assert 0 < client.pttl(keys.meta(C)) <= keys.ENDED_MS
    await eventually(lambda: len(two[1].events) == 2)
    assert heard(two[1])[-1] == ("1-1", b"ended")
    assert (await appended(broker, C, "seeker", 2, b"b")) == [b"ENDED"]
    assert (await broker.follow(C)).ended
    assert await broker.finish(C, 1, b"again", {}) is None
    assert await begin(broker, "e2") == (False, "e1")


async def test_each_ended_conversation_is_counted_by_exactly_one_process(
    two: tuple[Ear, Ear], broker: Broker
) -> None:
    for number in range(30):
        name = f"c{number}"
        await broker.open(name, epoch="e", wrapped=b"k", phase="waiting", counts={}, moves=[b"m"])
        await broker.finish(name, 1, b"end", {"topic": name})
    shares = await asyncio.gather(*(one.broker.settle(at_once=True) for one in two))
    topics = [facts["topic"] for share in shares for facts in share]
    assert sorted(topics) == sorted(b"c%d" % number for number in range(30))
    assert await broker.settle(at_once=True) == []


async def test_what_is_not_due_is_not_counted_yet(broker: Broker) -> None:
    await broker.finish(C, 1, b"end", {"topic": "mood"})
    assert await broker.settle() == []
    assert len(await broker.settle(at_once=True)) == 1


async def test_what_is_said_afterwards_counts_until_it_is_counted_and_no_longer(broker: Broker) -> None:
    assert not await broker.annotate(C, {"helped": 5})
    await broker.finish(C, 1, b"end", {"topic": "mood", "person": "ada"})
    assert await broker.annotate(C, {"helped": 5})
    (facts,) = await broker.settle(at_once=True)
    assert facts["helped"] == b"5"
    assert not await broker.annotate(C, {"helped": 1})
    stream = await broker.follow(C)
    assert stream.ended
    assert not {"topic", "person", "helped"} & set(stream.fields)


@ALONE
async def test_every_key_has_a_time_to_live(broker: Broker, valkey: Valkey) -> None:
    await appended(broker, C, "seeker", 1, b"a")
    await broker.joined("ada", C)
    await broker.follow(C)
    with raw(valkey) as client:
        assert client.keys()
        assert all(client.pttl(key) > 0 for key in client.scan_iter())
    await broker.finish(C, 1, b"end", {})
    with raw(valkey) as client:
        assert all(client.pttl(key) > 0 for key in client.scan_iter())


# --- losses -------------------------------------------------------------------------------------------------


@ALONE
async def test_a_flushed_redis_has_lost_the_conversation_and_takes_it_anew(
    broker: Broker, valkey: Valkey
) -> None:
    with raw(valkey) as client:
        client.flushall()
    assert await appended(broker, C, "seeker", 1, b"a") == [b"LOST"]
    with pytest.raises(Lost):
        await broker.follow(C)
    assert await begin(broker, "e2") == (True, "e2")
    assert await appended(broker, C, "seeker", 1, b"a") == [b"OK", 1, b"e2"]


@ALONE
async def test_a_redis_that_forgot_its_scripts_is_taught_them_again(broker: Broker, valkey: Valkey) -> None:
    with raw(valkey) as client:
        client.script_flush()
    assert not (await broker.follow(C)).ended
    with raw(valkey) as client:
        client.script_flush()
    with pytest.raises(Exception, match=r"^NOSCRIPT$"):
        await appended(broker, C, "seeker", 1, b"a")
    assert (await appended(broker, C, "seeker", 1, b"a"))[0] == b"OK"


async def test_another_redis_is_never_taken_for_the_same_one(private_valkey: Callable[[], Valkey]) -> None:
    server = private_valkey()
    async with ear(server.url, "here") as here:
        await begin(here.broker)
        with redis.Redis(unix_socket_path=str(server.socket)) as client:
            stale = client.dump(keys.meta(C))
        first = here.broker._generation(C)
        server.restart_empty()
        await eventually(lambda: here.broker._generation(C) != first and here.broker.ready)
        with redis.Redis(unix_socket_path=str(server.socket)) as client:
            client.restore(keys.meta(C), 60_000, stale)
        assert await appended(here.broker, C, "seeker", 1, b"a") == [b"LOST"]
        with pytest.raises(Lost):
            await here.broker.follow(C)
        assert await begin(here.broker, "e2") == (True, "e2")


async def test_a_dead_redis_fails_every_call_at_once(private_valkey: Callable[[], Valkey]) -> None:
    server = private_valkey()
    async with ear(server.url, "here") as here:
        await begin(here.broker)
        server.kill()
        await eventually(lambda: not here.broker.ready)
        answers: list[Any] = []
        here.broker.append(C, "seeker", 1, b"a", answers.append)
        assert [type(answer) for answer in answers] == [Unavailable]
        here.broker.mark(C, "seeker", 1)
        for work in (here.broker.ping(), here.broker.follow(C), here.broker.joined("ada", C)):
            with pytest.raises(Unavailable):
                await work
        here.broker.signal(C, b"typing")
        here.broker.tell_staff(b"alert open")


def test_a_bucket_and_all_its_keys_share_a_slot() -> None:
    tag = keys.bucket(C)
    assert tag in keys.buckets()
    for key in (keys.meta(C), keys.log(C), keys.settle(tag), keys.channel(tag, "p")):
        assert key.startswith(tag)


async def test_nothing_of_a_stream_shows_when_it_is_printed(broker: Broker) -> None:
    await appended(broker, C, "seeker", 1, b"canary")
    shown = repr(await broker.follow(C))
    assert "canary" not in shown
    assert "key" not in shown


async def test_every_process_sees_what_the_others_post_for_the_boards(two: tuple[Ear, Ear]) -> None:
    here, there = two
    await here.broker.post(b"one")
    await there.broker.post(b"two")
    await here.broker.post(b"one more")
    assert await there.broker.posted() == [b"one more"]
    assert await here.broker.posted() == [b"two"]


@ALONE
async def test_a_dead_process_disappears_from_the_boards(two: tuple[Ear, Ear], valkey: Valkey) -> None:
    here, there = two
    await there.broker.post(b"two")
    raw(valkey).delete("{staff}:b:there")
    assert await here.broker.posted() == []


# --- memory -------------------------------------------------------------------------------------------------


async def test_it_is_known_how_full_redis_is(broker: Broker) -> None:
    assert 0 < await broker.memory() < 1
