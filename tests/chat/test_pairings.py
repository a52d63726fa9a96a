"""Waiting room and stream together, on two processes: whoever is left finishes what was begun."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest

from chat import conversation as pure
from chat.codes import Refusal
from chat.conversation import Phase
from chat.room import Room
from matching import notices
from matching.answers import Pairing
from tests.support.peers import OUTAGES, Chair, Peer, Phone, eventually, peer, ring
from tests.support.valkey import Valkey

C = "conversation"
ALL: frozenset[str] = frozenset()


@pytest.fixture
async def two(valkey: Valkey) -> AsyncIterator[tuple[Peer, Peer]]:
    """The seeker's process and the supporter's."""
    shared = ring()
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(peer(valkey.url, "here", shared))
        yield here, await stack.enter_async_context(peer(valkey.url, "there", shared))


async def waiting(here: Peer, name: str = C) -> tuple[Room, Phone]:
    room, phone = await here.seeker(name)
    assert await here.pairings.wait(room)
    return room, phone


async def offer_to(process: Peer, person: str) -> str:
    """Opens a desk, and answers the offer that it gets for it."""
    await process.pairings.open_desk(person, capacity=1, languages=ALL, topics=ALL)
    (offer,) = await process.pairings.offers_of(person)
    return offer.offer


async def paired(two: tuple[Peer, Peer], person: str = "ada") -> tuple[Room, Phone, Room]:
    here, there = two
    room, phone = await waiting(here)
    made = await there.pairings.accept(person, await offer_to(there, person))
    assert not isinstance(made, Refusal)
    await eventually(lambda: room.state.phase is Phase.LIVE)
    await made[0].sit(made[1].author, Chair(), None)
    return room, phone, made[0]


async def test_whoever_could_not_be_told_their_place_learns_it_at_the_next_renewal(
    private_valkey: Callable[[], Valkey],
) -> None:
    server = private_valkey()
    async with peer(server.url, "here", ring()) as here:
        _, phone = await waiting(here)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGSTOP)
        try:
            with pytest.raises(OUTAGES):
                await here.pairings.tell_place(C)
        finally:
            os.kill(server.pid, signal.SIGCONT)
        assert phone.places == []
        await here.pairings.renew()
        await eventually(lambda: phone.places == [1])


# --- pairing ------------------------------------------------------------------------------------------------


async def test_an_accepted_offer_is_a_pairing_on_both_processes(two: tuple[Peer, Peer]) -> None:
    room, phone, other = await paired(two)
    assert room.state == other.state
    assert [type(move) for move in phone.moves] == [pure.Opened, pure.Paired]
    assert await two[0].waiting.unconfirmed("ada") == ()
    assert await two[0].pairings.conversations_of("ada") == [C]


async def test_accepting_again_answers_the_same_conversation(two: tuple[Peer, Peer]) -> None:
    here, there = two
    room, _ = await waiting(here)
    offer = await offer_to(there, "ada")
    first = await there.pairings.accept("ada", offer)
    again = await there.pairings.accept("ada", offer)
    assert not isinstance(first, Refusal)
    assert first == again
    await eventually(lambda: room.state.moves == 2)


async def test_an_offer_is_not_accepted_by_somebody_else(two: tuple[Peer, Peer]) -> None:
    await waiting(two[0])
    offer = await offer_to(two[1], "ada")
    assert await two[1].pairings.accept("ben", offer) is Refusal.NOT_ALLOWED
    assert await two[1].pairings.accept("ada", "made-up") is Refusal.UNKNOWN


async def test_a_pairing_that_its_process_left_half_made_is_finished_by_the_other(
    two: tuple[Peer, Peer],
) -> None:
    here, there = two
    room, _ = await waiting(here)
    half = await there.waiting.accept(await offer_to(there, "ada"), "ada")
    assert isinstance(half, Pairing)
    await here.pairings.paired(notices.Paired(C, "ada", half.fence, "here"))
    await eventually(lambda: room.state.phase is Phase.LIVE)
    await eventually(lambda: not here.hub._tasks)
    assert await there.waiting.unconfirmed("ada") == ()
    again = await there.pairings.accept("ada", "made-up")
    assert again is Refusal.UNKNOWN
    assert await there.pairings.conversations_of("ada") == [C]


async def test_who_comes_back_finishes_their_own_half_made_pairing(two: tuple[Peer, Peer]) -> None:
    here, there = two
    room, _ = await waiting(here)
    await there.waiting.accept(await offer_to(there, "ada"), "ada")
    assert room.state.phase is Phase.WAITING
    assert await there.pairings.conversations_of("ada") == [C]
    await eventually(lambda: room.state.phase is Phase.LIVE)


async def test_who_is_out_of_a_hard_conversation_is_told_of_also_when_they_are_not_connected(
    two: tuple[Peer, Peer],
) -> None:
    here, there = two
    room, _, _ = await paired(two)
    await here.pairings.hurry(room)
    await here.pairings.vanished(room)
    assert (here.hard, there.hard) == (["ada"], [])


async def test_after_an_ordinary_conversation_nobody_is_told_of(two: tuple[Peer, Peer]) -> None:
    here, _ = two
    room, _, _ = await paired(two)
    await here.pairings.end(room, "seeker", "ended")
    assert here.hard == []


async def test_an_observer_who_accepts_talks_from_then_on(two: tuple[Peer, Peer]) -> None:
    here, there = two
    await waiting(here)
    room = await there.hub.room(C)
    await room.move(pure.Enter("ada", "lead"))
    made = await there.pairings.accept("ada", await offer_to(there, "ada"))
    assert not isinstance(made, Refusal)
    assert made[1].role == "supporter"
    assert [member.person for member in room.state.members] == ["ada"]


async def test_an_offer_for_a_conversation_that_is_over_is_gone_and_leaves_the_desk_free(
    two: tuple[Peer, Peer],
) -> None:
    here, there = two
    room, _ = await waiting(here)
    offer = await offer_to(there, "ada")
    await room.finish("seeker", "ended", lambda _state, _severity: {})
    assert await there.pairings.accept("ada", offer) is Refusal.GONE
    desk = await there.pairings.desk("ada")
    assert desk is not None
    assert desk.load == 0


# --- giving back --------------------------------------------------------------------------------------------


async def test_a_seeker_given_back_by_another_process_is_renewed_by_their_own(two: tuple[Peer, Peer]) -> None:
    here, there = two
    room, phone, other = await paired(two)
    phone.places.clear()
    await there.pairings.give_back(other, pure.Why.HANDED_OVER)
    await eventually(lambda: room.state.phase is Phase.WAITING and phone.places)
    assert await here.waiting.places() == (C,)
    assert set(here.pairings._tickets) == {C}
    assert here.pairings._tickets[C].returned


async def test_a_seeker_whose_giving_back_was_cut_short_is_queued_by_their_own_process(
    two: tuple[Peer, Peer],
) -> None:
    here, _ = two
    room, phone, other = await paired(two)
    phone.returned = None
    await other.move(pure.Return(pure.Why.VANISHED))
    await eventually(lambda: room.state.phase is Phase.WAITING)
    assert await here.waiting.places() == ()
    await here.pairings.renew()
    assert await here.waiting.places() == (C,)


async def test_a_seeker_who_switched_is_not_offered_to_the_same_supporter(two: tuple[Peer, Peer]) -> None:
    here, there = two
    room, _, other = await paired(two)
    await here.pairings.give_back(room, pure.Why.SWITCHED)
    await eventually(lambda: other.state.phase is Phase.WAITING and not here.hub._tasks)
    assert await there.pairings.offers_of("ada") == []
    assert await offer_to(there, "ben")


# --- ending -------------------------------------------------------------------------------------------------


async def test_the_end_frees_the_desk_and_the_line(two: tuple[Peer, Peer]) -> None:
    here, there = two
    room, _, _other = await paired(two)
    assert await here.pairings.end(room, "seeker", "ended") is None
    desk = await there.pairings.desk("ada")
    assert desk is not None
    assert desk.load == 0
    assert await there.pairings.conversations_of("ada") == []
    assert await here.pairings.end(room, "seeker", "ended") is None


async def test_a_conversation_ended_elsewhere_is_never_queued_again(two: tuple[Peer, Peer]) -> None:
    here, there = two
    room, _, other = await paired(two)
    assert C in here.pairings._tickets
    await there.pairings.end(other, "supporter", "ended")
    await eventually(lambda: room.state.phase is Phase.ENDED)
    await here.pairings.renew()
    assert here.pairings._tickets == {}
    assert await here.waiting.places() == ()
    assert await there.pairings.offers_of("ada") == []


async def test_a_wrap_up_is_taken_from_the_supporter_of_the_conversation_until_it_is_counted(
    two: tuple[Peer, Peer],
) -> None:
    here, there = two
    room, _, _other = await paired(two)
    await here.pairings.end(room, "seeker", "ended")
    assert not await there.pairings.wrap_up("ben", C, outcome="talked", topic="mood")
    assert await there.pairings.wrap_up("ada", C, outcome="talked", topic="mood")
    (facts,) = await here.hub.broker.settle(at_once=True)
    assert (facts["outcome"], facts["topic"], facts["paired"]) == (b"talked", b"mood", b"1")
    assert not await there.pairings.wrap_up("ada", C, outcome="talked", topic="mood")


async def test_nothing_is_wrapped_up_that_never_was(two: tuple[Peer, Peer]) -> None:
    assert not await two[0].pairings.wrap_up("ada", "unknown", outcome="talked", topic="mood")


# --- keeping ------------------------------------------------------------------------------------------------


async def test_after_a_wiped_redis_line_desks_and_conversations_are_said_again(
    two: tuple[Peer, Peer], valkey: Valkey
) -> None:
    here, there = two
    live, _, other = await paired(two)
    lonely, _ = await waiting(here, "another")
    valkey.flush()
    for room in (live, other, lonely):
        room.doubt()
    await eventually(lambda: live.epoch == other.epoch and not here.hub._tasks and not there.hub._tasks)
    await here.pairings.renew()
    await there.pairings.renew()
    await here.pairings.renew()
    assert await here.waiting.places() == ("another",)
    desk = await there.pairings.desk("ada")
    assert desk is not None
    assert desk.holding == {C}


async def test_a_call_for_help_goes_before_the_others(two: tuple[Peer, Peer]) -> None:
    here, _ = two
    await waiting(here, "first")
    second, phone = await waiting(here, "second")
    assert await here.waiting.places() == ("first", "second")
    await here.pairings.hurry(second)
    assert await here.waiting.places() == ("second", "first")
    await here.pairings.tell_place("second")
    assert phone.places[-1] == 1


async def test_a_paused_desk_stays_paused_when_it_is_changed(two: tuple[Peer, Peer]) -> None:
    there = two[1]
    await there.pairings.open_desk("ada", capacity=1, languages=ALL, topics=ALL)
    assert await there.pairings.pause("ada", on=True) is not None
    desk = await there.pairings.open_desk("ada", capacity=2, languages=ALL, topics=ALL)
    assert desk.paused
    assert there.pairings.desk_frame(desk, "r").paused
    await there.pairings.close_desk("ada")
    assert await there.pairings.desk("ada") is None
    assert await there.pairings.pause("ada", on=True) is None
    assert not there.pairings.desk_frame(None, None).open
