"""One conversation on two processes: both see the same, whatever happens to Redis in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import msgspec
import pytest
import redis

from chat import conversation as pure
from chat import protocol
from chat import room as module
from chat.broker import Position, Stored, Stream, keys
from chat.codes import Close, Refusal
from chat.conversation import Phase
from chat.room import Found, Room, Sealed
from chat.words import Words
from tests.support.peers import Chair, Peer, appended, eventually, peer, ring
from tests.support.valkey import Valkey

C = "conversation"


@pytest.fixture
async def two(valkey: Valkey) -> AsyncIterator[tuple[Peer, Peer]]:
    shared = ring()
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(peer(valkey.url, "here", shared))
        yield here, await stack.enter_async_context(peer(valkey.url, "there", shared))


class Pair:
    """A seeker here and a supporter there, who are talking."""

    def __init__(self, here: Room, there: Room, seeker: Chair, supporter: Chair) -> None:
        self.here, self.there = here, there
        self.seeker, self.supporter = seeker, supporter

    async def say(self, author: str, *texts: str, found: tuple[Found, ...] = ()) -> None:
        room, chair = (self.here, self.seeker) if author == "seeker" else (self.there, self.supporter)
        acked = len(chair.of("ack"))
        start = room.state.counts.get(author, 0)
        for n, text in enumerate(texts, start + 1):
            room.say(chair, author, n, Words(text), found)
        await eventually(lambda: len(chair.of("ack")) == acked + len(texts))

    async def same(self) -> None:
        await eventually(lambda: self.here.state == self.there.state and self.here.at == self.there.at)


@pytest.fixture
async def pair(two: tuple[Peer, Peer]) -> Pair:
    return await talking(two)


async def talking(two: tuple[Peer, Peer]) -> Pair:
    here, there = two
    seeker, supporter = Chair(), Chair()
    first = here.hub.empty_room(C)
    await first.create(pure.Open("campus", "Calm Lake 3"))
    first.take("seeker", seeker)
    second = await there.hub.room(C)
    await second.move(pure.Pair("ada"))
    await second.sit("s1", supporter, None)
    made = Pair(first, second, seeker, supporter)
    await made.same()
    return made


def resume(room: Room, offset: int, **given: Any) -> protocol.Resume:
    return protocol.Resume(epoch=room.epoch, offset=offset, **given)


# --- talking ------------------------------------------------------------------------------------------------


async def test_what_is_said_on_one_process_is_seen_on_both_in_one_order(pair: Pair) -> None:
    await asyncio.gather(
        pair.say("seeker", *(f"a{n}" for n in range(20))), pair.say("s1", *(f"b{n}" for n in range(20)))
    )
    await eventually(lambda: len(pair.seeker.of("said")) == len(pair.supporter.of("said")) == 40)
    assert pair.seeker.of("said") == pair.supporter.of("said")
    assert [frame["offset"] for frame in pair.seeker.of("said")] == list(range(1, 41))


async def two_unheard(pair: Pair) -> list[Stored]:
    """Two messages of the supporter that were said and are kept from the seeker's process."""
    held: list[Stored] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Room, "hear", lambda _, stored: held.append(stored))
        await pair.say("s1", "one", "two")
        await eventually(lambda: len(held) == 2)
    return held


async def test_a_message_that_overtook_another_is_shown_in_its_place_without_reading(pair: Pair) -> None:
    one, two = await two_unheard(pair)
    pair.here.hear(two)
    assert pair.seeker.texts() == []
    pair.here.hear(one)
    assert pair.seeker.texts() == ["one", "two"]  # nothing was awaited, so nothing was read
    pair.here.hear(two)
    assert pair.seeker.texts() == ["one", "two"]


async def test_a_message_whose_one_before_never_comes_is_shown_after_reading(pair: Pair) -> None:
    _, two = await two_unheard(pair)
    pair.here.hear(two)
    await eventually(lambda: pair.seeker.texts() == ["one", "two"])


async def test_what_comes_before_the_answer_to_ones_own_message_waits_for_it_without_reading(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EARLY_WITHIN", 0.0)
    doubts, answers = list[Room](), list[Callable[[], None]]()
    monkeypatch.setattr(Room, "doubt", doubts.append)
    append = pair.here._broker.append

    def late(conversation: str, author: str, n: int, event: bytes, done: Callable[[Any], None]) -> None:
        append(conversation, author, n, event, lambda answer: answers.append(partial(done, answer)))

    monkeypatch.setattr(pair.here._broker, "append", late)
    pair.here.say(pair.seeker, "seeker", 1, Words("first"))
    await eventually(lambda: answers)
    await pair.say("s1", "second")
    await eventually(lambda: pair.here._early)
    for _ in range(50):  # every turn its time is up
        await asyncio.sleep(0)
    assert (pair.seeker.texts(), doubts) == ([], [])
    answers[0]()
    assert pair.seeker.texts() == ["first", "second"]


async def test_a_repeated_message_is_acknowledged_again_and_shown_once(pair: Pair) -> None:
    await pair.say("seeker", "hello")
    pair.here.say(pair.seeker, "seeker", 1, Words("hello"), ref="r")
    await eventually(lambda: len(pair.seeker.of("ack")) == 2)
    assert pair.seeker.of("ack")[1]["ref"] == "r"
    await pair.say("seeker", "again")
    await eventually(lambda: len(pair.supporter.of("said")) == 2)
    assert pair.supporter.texts() == ["hello", "again"]


async def test_a_message_that_skips_one_is_refused_with_its_count_and_reference(pair: Pair) -> None:
    pair.here.say(pair.seeker, "seeker", 5, Words("early"), ref="r")
    await eventually(lambda: pair.seeker.of("refused"))
    (refused,) = pair.seeker.of("refused")
    assert (refused["code"], refused["n"], refused["ref"], refused["re"]) == ("out_of_order", 5, "r", "say")


async def test_nothing_that_redis_or_a_print_shows_holds_the_words(pair: Pair, valkey: Valkey) -> None:
    await pair.say("seeker", "canary-1", found=(Found("x", "notice", "why", [], "canary-2"),))
    with redis.Redis(unix_socket_path=str(valkey.socket)) as client:
        dump = b"".join(client.dump(key) or b"" for key in client.scan_iter())
    shown = repr([pair.here, pair.here.history, pair.here.asked, Sealed("canary", []), pair.here.state])
    assert b"canary" not in dump
    assert "canary" not in shown


async def test_a_finding_is_shown_to_the_supporter_and_to_staff_who_entered_and_to_no_seeker(
    pair: Pair,
) -> None:
    lead = Chair()
    await pair.there.move(pure.Enter("lea", "lead"))
    await pair.there.sit("l2", lead, None)
    found = Found("self_harm", "concern", "a term", ["Ask openly."], "phrase")
    await pair.say("seeker", "words", found=(found,))
    await eventually(lambda: pair.supporter.of("finding") and lead.of("finding"))
    assert pair.supporter.of("finding")[0]["phrase"] == "phrase"
    assert lead.of("finding") == pair.supporter.of("finding")
    assert not pair.seeker.of("finding")


async def test_shown_counts_travel_to_their_author_and_an_observers_do_not(pair: Pair) -> None:
    lead = Chair()
    await pair.there.move(pure.Enter("lea", "lead"))
    await pair.there.sit("l2", lead, None)
    await pair.say("seeker", "one", "two")
    await eventually(lambda: len(pair.supporter.of("said")) == 2)
    pair.there.got("l2", "seeker", 2)
    pair.there.got("s1", "seeker", 1)
    await eventually(lambda: pair.seeker.of("got"))
    assert [frame["n"] for frame in pair.seeker.of("got")] == [1]


async def test_typing_reaches_the_other_side_and_not_the_one_who_types(pair: Pair) -> None:
    pair.here.typing("seeker", on=True)
    await eventually(lambda: pair.supporter.of("typing"))
    assert pair.supporter.of("typing")[0] == {
        "type": "typing",
        "conversation": C,
        "author": "seeker",
        "on": True,
    }
    assert not pair.seeker.of("typing")


# --- presence -----------------------------------------------------------------------------------------------


async def test_who_enters_and_leaves_is_named_to_everybody_by_role(pair: Pair) -> None:
    await pair.there.move(pure.Enter("lea", "lead"))
    await eventually(lambda: [frame["who"] for frame in pair.seeker.of("presence")][-1:] == ["lead"])
    await pair.there.move(pure.Exit("lea"))
    await eventually(lambda: pair.seeker.of("presence")[-1]["is"] == "gone")
    assert [(f["who"], f["is"]) for f in pair.seeker.of("presence") if f["author"] == "l2"] == [
        ("lead", "here"),
        ("lead", "gone"),
    ]


async def test_a_connection_that_is_lost_is_told_as_away_and_then_as_here_again(pair: Pair) -> None:
    pair.there.rise("s1", pair.supporter)
    await eventually(lambda: [frame["is"] for frame in pair.seeker.of("presence")][-1:] == ["away"])
    pair.there.take("s1", Chair())
    await eventually(lambda: pair.seeker.of("presence")[-1]["is"] == "here")


async def test_a_supporter_who_is_silent_for_long_is_told_as_gone(pair: Pair) -> None:
    loop = asyncio.get_running_loop()
    pair.here._watched_from = pair.there._watched_from = loop.time() - 100
    pair.supporter.silent_since = loop.time() - 30
    silent = await pair.there.touch()
    assert silent is not None
    assert silent >= 30
    await pair.here.touch()
    assert pair.seeker.of("presence")[-1]["is"] == "gone"


async def test_another_tab_takes_the_seat_and_the_first_is_told(pair: Pair) -> None:
    tab = Chair()
    await pair.here.sit("seeker", tab, None)
    assert pair.seeker.codes == [Close.TAKEN_OVER]
    pair.here.rise("seeker", pair.seeker)
    assert pair.here.seats["seeker"] is tab


# --- coming back --------------------------------------------------------------------------------------------


async def test_a_client_that_comes_back_is_shown_what_it_missed_and_nothing_twice(pair: Pair) -> None:
    await pair.say("s1", "one", "two", "three")
    await pair.same()
    tab = Chair()
    resumed, missed = await pair.here.sit("seeker", tab, resume(pair.here, 1))
    told = [msgspec.json.decode(frame) for frame in missed]
    assert [frame["text"] for frame in told if frame["type"] == "said"] == ["two", "three"]
    assert (resumed.top, resumed.recovered, resumed.accepted) == (3, True, 0)
    await pair.say("s1", "four")
    await eventually(lambda: tab.texts() == ["four"])


async def test_a_client_of_another_epoch_starts_from_what_follows(pair: Pair) -> None:
    await pair.say("s1", "one")
    await pair.same()
    stale = protocol.Resume(epoch="another", offset=7, confirmed=3)
    resumed, missed = await pair.here.sit("seeker", Chair(), stale)
    assert not resumed.recovered
    assert resumed.accepted == 3
    assert any(b'"one"' in frame for frame in missed)


async def test_a_supporter_who_takes_over_sees_only_what_nobody_had_seen(pair: Pair) -> None:
    await pair.say("seeker", "seen", "unseen")
    await eventually(lambda: len(pair.supporter.of("said")) == 2)
    pair.there.got("s1", "seeker", 1)
    await eventually(lambda: pair.here.shown.get("seeker") == 1)
    await pair.there.move(pure.Return(pure.Why.VANISHED))
    assert pair.supporter.of("ended")
    await pair.same()
    assert pair.here.unshown_from == pair.there.unshown_from == 1
    await pair.here.move(pure.Pair("ben", pair.here.unshown_from))
    ben = Chair()
    _, missed = await pair.here.sit("s2", ben, None)
    said = [frame for frame in map(msgspec.json.decode, missed) if frame["type"] == "said"]
    assert [frame["text"] for frame in said] == ["unseen"]


async def test_two_processes_that_open_a_conversation_at_once_seal_under_one_key(
    two: tuple[Peer, Peer],
) -> None:
    rooms = [one.hub.empty_room(C) for one in two]
    await asyncio.gather(*(room.create(pure.Open("campus", "Calm Lake 3")) for room in rooms))
    assert rooms[0].receipt == rooms[1].receipt != ""
    chairs = [Chair(), Chair()]
    for room, chair, author in zip(rooms, chairs, ("s1", "seeker"), strict=True):
        room.take(author, chair)
    rooms[1].say(chairs[1], "seeker", 1, Words("hello"))
    await eventually(lambda: chairs[0].texts() == ["hello"])


async def test_what_is_heard_while_a_client_sits_down_is_among_what_it_missed(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis answered before it was said, and the answer is read after it was heard."""
    await pair.say("seeker", "before")
    await pair.same()
    room, follow, asked = pair.there, pair.there._broker.follow, list[Position]()

    async def read_late(conversation: str, after: Position) -> Stream:
        stream = await follow(conversation, after)
        asked.append(after)
        if len(asked) == 2:  # the first one only brings the room up to date
            pair.here.say(pair.seeker, "seeker", 2, Words("just now"))
            await eventually(lambda: room.at > after)
        return stream

    monkeypatch.setattr(room._broker, "follow", read_late)
    back = Chair()
    _, missed = await room.sit("s1", back, resume(room, room.at.offset))
    assert [told["text"] for told in map(json.loads, missed) if told["type"] == "said"] == ["just now"]
    assert back.texts() == []


async def test_of_two_tabs_at_two_processes_the_later_one_stays_also_when_they_come_at_once(
    two: tuple[Peer, Peer],
) -> None:
    rooms = [one.hub.empty_room(C) for one in two]
    await asyncio.gather(*(room.create(pure.Open("campus", "Calm Lake 3")) for room in rooms))
    chairs = [Chair(), Chair()]
    for room, chair in zip(rooms, chairs, strict=True):
        room.take("seeker", chair)  # before either has heard of the other
    await eventually(lambda: chairs[0].codes == [Close.TAKEN_OVER])
    rooms[1].say(chairs[1], "seeker", 1, Words("hello"))
    await eventually(lambda: rooms[0].history)
    assert chairs[1].codes == []
    assert rooms[0].seats == {}


@pytest.mark.parametrize(("apart", "stays"), [(1.0, [[], [Close.TAKEN_OVER]]), (100.0, [[], []])])
async def test_who_came_before_and_sat_down_later_gives_the_seat_up(
    two: tuple[Peer, Peer], apart: float, stays: list[list[Close]]
) -> None:
    """Where the difference is longer than anybody takes to sit down, a clock is wrong, and both stay."""
    rooms = [one.hub.empty_room(C) for one in two]
    await asyncio.gather(*(room.create(pure.Open("campus", "Calm Lake 3")) for room in rooms))
    chairs = [Chair(), Chair()]
    rooms[0].take("seeker", chairs[0], 1000.0)
    rooms[0].say(chairs[0], "s1", 1, Words("hello"))  # behind this the first one was heard of there, or never
    await eventually(lambda: rooms[0].at == rooms[1].at and rooms[1].at.offset)
    rooms[1].take("seeker", chairs[1], 1000.0 - apart)
    rooms[1].say(chairs[1], "s1", 2, Words("again"))
    await eventually(lambda: rooms[0].at == rooms[1].at and rooms[0].at.offset > 1)
    rooms[0].say(chairs[0], "s1", 3, Words("and back"))
    await eventually(lambda: rooms[0].at == rooms[1].at and rooms[1].at.offset > 2)
    assert [chair.codes for chair in chairs] == stays


# --- moving and ending --------------------------------------------------------------------------------------


async def test_of_two_supporters_who_accept_at_once_one_is_paired(two: tuple[Peer, Peer]) -> None:
    here, there = (one.hub.empty_room(C) for one in two)
    await here.create(pure.Open("campus", "Calm Lake 3"))
    await there.load()
    answers = await asyncio.gather(here.move(pure.Pair("ada")), there.move(pure.Pair("ben")))
    assert sorted(isinstance(answer, pure.Paired) for answer in answers) == [False, True]
    await eventually(lambda: here.state == there.state)
    assert here.state.supporter is not None


async def test_the_end_is_shown_to_both_and_only_the_seeker_gets_the_receipt(
    pair: Pair, valkey: Valkey
) -> None:
    receipt = pair.here.receipt
    await pair.say("seeker", "words")
    await pair.same()
    await pair.there.finish("supporter", "ended", lambda _state, _severity: {})
    await eventually(lambda: pair.seeker.of("ended"))
    assert pair.seeker.of("ended")[0]["receipt"] == receipt
    assert pair.supporter.of("ended")[0]["receipt"] == ""
    for room in (pair.here, pair.there):
        assert room.state.phase is Phase.ENDED
        assert not room.seats
        assert not room.history
        assert room.receipt == ""
        assert room.asked == Words("")
    with redis.Redis(unix_socket_path=str(valkey.socket)) as client:
        assert not client.exists(keys.log(C))
    pair.here.say(pair.seeker, "seeker", 2, Words("late"))
    await eventually(lambda: pair.seeker.of("refused"))
    assert pair.seeker.of("refused")[0]["code"] == "gone"


async def test_a_conversation_ends_once(pair: Pair) -> None:
    answers = await asyncio.gather(
        pair.here.finish("seeker", "ended", lambda _state, _severity: {}),
        pair.there.finish("supporter", "ended", lambda _state, _severity: {}),
    )
    assert sorted(isinstance(answer, pure.Ended) for answer in answers) == [False, True]
    assert Refusal.GONE in answers


async def test_who_comes_back_after_the_end_is_told_of_it(pair: Pair) -> None:
    await pair.here.finish("seeker", "ended", lambda _state, _severity: {})
    tab = Chair()
    resumed, missed = await pair.here.sit("seeker", tab, resume(pair.here, 0))
    assert msgspec.json.decode(missed[-1])["type"] == "ended"
    assert not pair.here.seats
    assert resumed.epoch == pair.here.epoch


# --- losses -------------------------------------------------------------------------------------------------


async def test_an_event_that_was_not_heard_is_read_at_the_next_touch(pair: Pair) -> None:
    await appended(pair.here._broker, C, "seeker", 1, _sealed_elsewhere(pair.here, 1, "missed"))
    await pair.here.touch()
    await pair.there.touch()
    await eventually(lambda: pair.supporter.texts() == ["missed"] == pair.seeker.texts())


def _sealed_elsewhere(room: Room, n: int, text: str) -> bytes:
    assert room._key is not None
    box = room._key.seal(msgspec.msgpack.encode(Sealed(text, [])), room._about("seeker", n))
    return pure.pack(pure.Said("seeker", "seeker", n, 1.0, box))


async def test_after_a_wiped_redis_the_conversation_goes_on_under_another_epoch(
    pair: Pair, valkey: Valkey
) -> None:
    await pair.say("seeker", "before")
    before = pair.here.epoch
    valkey.flush()
    for room in (pair.here, pair.there):
        room.doubt()
    await eventually(lambda: pair.here.epoch == pair.there.epoch != before)
    await pair.same()
    assert Close.RESYNC in pair.seeker.codes
    assert pair.here.state.phase is Phase.LIVE
    assert pair.here.state.supporter is not None
    seeker, supporter = Chair(), Chair()
    stood = protocol.Resume(epoch=before, offset=1, confirmed=0)
    resumed, _ = await pair.here.sit("seeker", seeker, stood)
    assert (resumed.accepted, resumed.recovered) == (0, False)
    await pair.there.sit("s1", supporter, protocol.Resume(epoch=before, offset=0))
    pair.here.say(seeker, "seeker", 1, Words("before"))
    await eventually(lambda: supporter.texts() == ["before"])


async def test_while_redis_is_away_a_message_is_answered_at_once_and_can_be_said_again(
    private_valkey: Callable[[], Valkey],
) -> None:
    server = private_valkey()
    async with peer(server.url, "here", ring()) as here:
        room, chair = here.hub.empty_room(C), Chair()
        await room.create(pure.Open("campus", "Calm Lake 3"))
        room.take("seeker", chair)
        server.kill()
        await eventually(lambda: not here.hub.broker.ready)
        room.say(chair, "seeker", 1, Words("hello"), ref="r")
        await eventually(lambda: chair.of("refused"))
        (refused,) = chair.of("refused")
        assert (refused["code"], refused["n"], refused["ref"]) == ("busy", 1, "r")
        assert refused["retry_after"] > 0
        server.start()
        await eventually(lambda: here.hub.broker.ready and Close.RESYNC in chair.codes)
        again = Chair()
        await room.sit("seeker", again, None)
        room.say(again, "seeker", 1, Words("hello"))
        await eventually(lambda: again.texts() == ["hello"])


async def test_a_box_that_does_not_open_ends_the_connections_and_shows_nothing(pair: Pair) -> None:
    said = pure.pack(pure.Said("seeker", "seeker", 1, 1.0, b"not sealed under this key at all"))
    await appended(pair.here._broker, C, "seeker", 1, said)
    await eventually(lambda: pair.supporter.codes == [Close.BROKE])
    assert not pair.supporter.of("said")
