"""The sockets and rooms of one process, looked after by one clock, and let go of in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

import pytest

from chat import conversation as pure
from chat import hub as module
from chat.broker import Lost
from chat.codes import Close
from chat.conversation import ABANDONED_AFTER, RETURN_AFTER, Phase
from chat.hub import IDLE_TICKS, TOUCH_EVERY
from chat.room import Room
from tests.support.peers import Chair, Peer, appended, ear, eventually, peer, ring
from tests.support.valkey import Valkey

C = "conversation"


@pytest.fixture
async def here(valkey: Valkey) -> AsyncIterator[Peer]:
    async with peer(valkey.url, "here", ring()) as made:
        yield made


async def opened(here: Peer) -> tuple[Room, Chair]:
    room, chair = here.hub.empty_room(C), Chair()
    await room.create(pure.Open("campus", "Calm Lake 3"))
    room.take("seeker", chair)
    return room, chair


async def test_a_room_is_shared_by_all_who_ask_for_it(here: Peer) -> None:
    room, _ = await opened(here)
    assert await here.hub.room(C) is room
    assert here.hub.known(C) is room


async def test_a_conversation_that_never_was_leaves_no_room_behind(here: Peer) -> None:
    with pytest.raises(Lost):
        await here.hub.room("unknown")
    assert await here.hub.find("unknown", patient=False) is None
    assert here.hub.rooms == []


async def test_a_room_without_sockets_is_let_go_after_a_while(here: Peer) -> None:
    room, chair = await opened(here)
    for _ in range(IDLE_TICKS // TOUCH_EVERY + 2):
        await here.hub._touch_each(here.hub.rooms)
    assert here.hub.known(C) is room
    room.rise("seeker", chair)
    for _ in range(IDLE_TICKS // TOUCH_EVERY + 2):
        await here.hub._touch_each(here.hub.rooms)
    assert here.hub.rooms == []
    assert here.hub._idle == {}


async def test_an_ended_room_keeps_nothing_of_what_was_said_and_goes(here: Peer) -> None:
    room, _ = await opened(here)
    await here.pairings.end(room, "seeker", "ended")
    assert not room.history
    assert not room.seats
    for _ in range(IDLE_TICKS // TOUCH_EVERY + 2):
        await here.hub._touch_each(here.hub.rooms)
    assert here.hub.rooms == []


async def test_a_supporter_who_is_silent_for_long_is_given_up(here: Peer) -> None:
    room, _ = await opened(here)
    await room.move(pure.Pair("ada"))
    supporter = Chair()
    await room.sit("s1", supporter, None)
    await here.hub._touch_each(here.hub.rooms)
    assert here.vanished == []
    room._watched_from = here.hub.now() - 2 * RETURN_AFTER
    supporter.silent_since = here.hub.now() - RETURN_AFTER - 1
    await here.hub._touch_each(here.hub.rooms)
    assert here.vanished == [room]


async def test_a_conversation_in_which_nothing_happens_ends_by_itself(
    here: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, chair = await opened(here)
    later = room.state.last_at + ABANDONED_AFTER
    monkeypatch.setattr(here.hub, "clock", lambda: later - 1)
    await here.hub._touch_each(here.hub.rooms)
    assert room.state.phase is Phase.WAITING
    monkeypatch.setattr(here.hub, "clock", lambda: later)
    await here.hub._touch_each(here.hub.rooms)
    assert [frame["reason"] for frame in chair.of("ended")] == ["abandoned"]


async def test_one_sweep_touches_rooms_and_ticks_sockets(here: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TICK", 0.001)
    ticks: list[float] = []

    class Ticking:
        def tick(self, at: float) -> None:
            ticks.append(at)

    here.hub.sockets.add(Ticking())  # type: ignore[arg-type]  # all that the sweep needs of a socket
    await eventually(lambda: len(ticks) > 3)
    assert ticks == sorted(ticks)


async def test_sockets_are_looked_at_in_shares_so_that_messages_come_between(
    here: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TICK", 0.001)
    ticks: list[tuple[float, int]] = []

    class Ticking:
        def __init__(self, number: int) -> None:
            self.number = number

        def tick(self, at: float) -> None:
            ticks.append((at, self.number))

    many = 3 * module.SHARES
    for number in range(many):
        here.hub.sockets.add(Ticking(number))  # type: ignore[arg-type]  # as above
    await eventually(lambda: len(ticks) > 3 * many)
    together = Counter(at for at, _ in ticks)
    assert max(together.values()) == many / module.SHARES
    assert sorted(number for _, number in ticks[many : 2 * many]) == list(range(many))


async def test_a_conversation_that_breaks_deafens_and_stops_no_other(here: Peer, valkey: Valkey) -> None:
    broken, chair = await opened(here)
    sound = here.hub.empty_room("sound")
    await sound.create(pure.Open("campus", "Calm Lake 4"))
    listener = Chair()
    sound.take("seeker", listener)
    async with ear(valkey.url, "there") as there:
        await appended(there.broker, C, "seeker", 1, b"no event at all")
        await there.broker.move("sound", 1, pure.pack(pure.Entered("l1", "lead", "lea", 1.0)), "waiting")
        await eventually(lambda: chair.codes and listener.of("presence"))
    assert chair.codes == [Close.BROKE]
    assert listener.codes == []
    assert broken.seats == {}
    assert [type(error).__name__ for error in here.crashes] == ["ValidationError"]
    here.crashes.clear()


class Colleague(Chair):
    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token
        self.alerts: list[str] = []

    def told(self, alert: str) -> None:
        self.alerts.append(alert)

    @property
    def sees_board(self) -> bool:
        return False

    def carry(self, take: object) -> None: ...

    def ask(self) -> None: ...

    def left(self) -> None: ...


async def test_an_alert_is_told_to_everybody_of_the_team_here(here: Peer) -> None:
    ada, ben = Colleague("a"), Colleague("b")
    here.hub.team.update(ada=ada, ben=ben)
    here.hub.broker.tell_staff(b"alert-1 open")
    await eventually(lambda: ada.alerts and ben.alerts)
    assert ada.alerts == ben.alerts == ["alert-1"]


async def test_a_revoked_session_loses_its_sockets_and_no_others(here: Peer) -> None:
    ada, ben = Colleague("a"), Colleague("b")
    here.hub.team.update(ada=ada, ben=ben)
    here.hub.sign_out("a")
    assert (ada.codes, ben.codes) == ([Close.SIGNED_OUT], [])


async def test_what_fails_beside_the_others_is_told_and_ends_nothing_else(here: Peer) -> None:
    async def fail() -> None:
        raise LookupError

    here.hub.spawn(fail())
    await eventually(lambda: here.crashes)
    assert [type(error) for error in here.crashes] == [LookupError]
    here.crashes.clear()
    await here.hub.broker.ping()
    assert not here.hub._tasks
