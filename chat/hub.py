"""The sockets and rooms of this process, and the one clock that looks after them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, Protocol

from chat import conversation as pure
from chat import protocol
from chat.broker import Broker, Lost, Refusal, Signal, Stored, Unavailable
from chat.codes import Close
from chat.envelope import Policy
from chat.room import Room
from chat.sealing import Ring, Unopenable
from chat.socket import Session, Socket
from chat.stages import Took, untimed
from chat.wheel import Wheel

TICK: Final = 1.0
"""Seconds between two looks at every socket."""
SHARES: Final = 10
"""In how many shares sockets are looked at within a tick: messages have their turn between two of them."""
TOUCH_EVERY: Final = 4
"""Ticks between two touches of every room."""
IDLE_TICKS: Final = 30
"""Ticks after which a room without sockets is let go."""
AT_ONCE: Final = 200
"""How many rooms are touched at the same time."""
PATIENCE: Final = 6.0
"""Seconds that a conversation to come back to may take to be started anew after Redis lost it."""
TERMS: Final = b"terms"
"""What is told to every process when a campus changed its terms."""
CONSOLE: Final = b"console "
"""What is told to every process, before a person and a process, when that person's console is at that one."""
LOOK_AGAIN: Final = 0.25
"""Seconds between two looks for it."""


class Connect(Protocol):
    """Makes the broker that reports to this hub."""

    def __call__(
        self,
        *,
        on_event: Callable[[Stored], None],
        on_mark: Callable[[str, str, int], None],
        on_signal: Callable[[Signal], None],
        on_staff: Callable[[bytes], None],
        on_up: Callable[[], None],
        on_down: Callable[[], None],
    ) -> Broker: ...


class Seeker(Session, Protocol):
    """A seeker's session, as others see it."""

    def send(self, data: bytes) -> None: ...

    def shut(self, code: Close) -> None: ...

    def moved(self, room: Room, event: pure.Move) -> None:
        """Something about the conversation changed that is not shown to every seat alike."""
        ...

    def place(self, place: int, wait: protocol.Wait | None, *, ref: str | None = None) -> None:
        """Where the seeker stands in line now."""
        ...


class Teammate(Session, Protocol):
    """A signed-in person's session, as others see it."""

    @property
    def token(self) -> str:
        """The hash of the session token it was let in with."""
        ...

    def send(self, data: bytes) -> None: ...

    def shut(self, code: Close) -> None: ...

    def told(self, alert: str) -> None:
        """An alert changed, and is shown to whoever may see it."""
        ...

    @property
    def sees_board(self) -> bool: ...


class Hub:
    """What is connected here. Rooms are shared by the sockets of both sides of a conversation."""

    def __init__(
        self,
        *,
        connect: Connect,
        ring: Ring,
        clock: Callable[[], float],
        renew_ring: Callable[[], Coroutine[Any, Any, None]],
        on_vanished: Callable[[Room], Coroutine[Any, Any, None]],
        on_abandoned: Callable[[Room], Coroutine[Any, Any, None]],
        on_alert: Callable[[str, str], None],
        on_up: Callable[[], None],
        on_crash: Callable[[str | None, BaseException], None],
        count: Callable[[str], None],
        took: Took = untimed,
        refused: Callable[[str], None] = lambda _: None,
        closed: Callable[[Close], None] = lambda _: None,
        on_terms: Callable[[], object] = lambda: None,
        policy: Policy = "consent",
    ) -> None:
        self.broker = connect(
            on_event=self._hear,
            on_mark=self._hear_mark,
            on_signal=self._hear_signal,
            on_staff=self.told,
            on_up=self._up,
            on_down=lambda: None,
        )
        self.clock = clock
        self.seekers: dict[str, Seeker] = {}
        """From each conversation to its seeker's session here."""
        self.team: dict[str, Teammate] = {}
        """From each person to their session here."""
        self.sockets: Wheel[Socket] = Wheel(SHARES)
        self._ring = ring
        self._renew_ring = renew_ring
        self._on_vanished = on_vanished
        self._on_abandoned = on_abandoned
        self._on_alert = on_alert
        self._on_up = on_up
        self._on_terms = on_terms
        self._on_crash = on_crash
        self._count = count
        self._took = took
        self.refused = refused
        """Counts a frame that was refused, by its code."""
        self._closed = closed
        self._policy: Policy = policy
        self._rooms: dict[str, Room] = {}
        self._touching: Wheel[str] = Wheel(SHARES * TOUCH_EVERY)
        """The conversations of the rooms, each touched in its turn."""
        self._idle: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self.lag = 0.0
        """By how many seconds the last tick was late."""

    # --- rooms --------------------------------------------------------------------------------------------

    async def room(self, conversation: str) -> Room:
        """The room of a conversation that exists, up to date. Raises `Lost`, `Unavailable`, `Unopenable`."""
        room = self.empty_room(conversation)
        try:
            await self.load(room)
        except Lost:
            if room.state.phase is None:
                self._let_go(conversation)
            raise
        return room

    async def find(self, conversation: str, *, patient: bool) -> Room | None:
        """The room of a conversation to come back to; None when there is none.

        One that Redis lost is started anew by whichever process remembers it. `patient` waits for that, which
        is right for a client that says it was in this conversation.
        """
        until = self._loop.time() + PATIENCE
        while True:
            try:
                return await self.room(conversation)
            except Lost:
                room = self.known(conversation)
            if room is not None:
                room.doubt()
            elif not patient:
                return None
            if self._loop.time() >= until:
                return None
            await asyncio.sleep(LOOK_AGAIN)

    async def load(self, room: Room) -> None:
        """Brings a room up to date; a ring key that another process made just now is fetched."""
        try:
            await room.load()
        except Unopenable:
            await self._renew_ring()
            await room.load()

    def empty_room(self, conversation: str) -> Room:
        """The room of a conversation, as this process knows it; perhaps not opened yet."""
        room = self._rooms.get(conversation)
        if room is None:
            room = self._rooms[conversation] = Room(
                conversation,
                broker=self.broker,
                ring=self._ring,
                clock=self.clock,
                loop=self._loop,
                spawn=self.spawn,
                on_move=self._moved,
                count=self._count,
                took=self._took,
                policy=self._policy,
            )
            self._touching.add(conversation)
        return room

    def _let_go(self, conversation: str) -> None:
        self._rooms.pop(conversation, None)
        self._touching.discard(conversation)

    def known(self, conversation: str) -> Room | None:
        """The room, if this process has it already."""
        return self._rooms.get(conversation)

    @property
    def rooms(self) -> list[Room]:
        return list(self._rooms.values())

    def _moved(self, room: Room, event: pure.Move) -> None:
        if (seeker := self.seekers.get(room.id)) is not None:
            seeker.moved(room, event)

    # --- what the broker says -----------------------------------------------------------------------------

    def _hear(self, stored: Stored) -> None:
        if (room := self._rooms.get(stored.conversation)) is None:
            return
        try:
            room.hear(stored)
        except Exception as error:  # noqa: BLE001 - one conversation that breaks must not deafen the others
            self._broke(room, error)

    def _hear_mark(self, conversation: str, author: str, n: int) -> None:
        if (room := self._rooms.get(conversation)) is not None:
            room.hear_mark(author, n)

    def _hear_signal(self, signal: Signal) -> None:
        if (room := self._rooms.get(signal.conversation)) is not None:
            room.hear_signal(signal.signal)

    def _up(self) -> None:
        for room in self._rooms.values():
            room.doubt()
        self._on_up()

    def tell(self, what: bytes) -> None:
        """Tells every process, this one too, that something changed that staff see."""
        if self.broker.ready:
            self.broker.tell_staff(what)
        else:
            self.told(what)

    def told(self, what: bytes) -> None:
        """Some alert changed, its id and its state; or the terms that are screened for did."""
        if what == TERMS:
            self._on_terms()
            return
        if what.startswith(CONSOLE):
            self._yield(*what.removeprefix(CONSOLE).decode().split(" "))
            return
        alert, _, state = what.decode().partition(" ")
        self._on_alert(alert, state)
        for teammate in tuple(self.team.values()):
            teammate.told(alert)

    def sits(self, teammate: Teammate, person: str) -> None:
        """A person's console is at this process now, and at no other any more."""
        former = self.team.get(person)
        self.team[person] = teammate
        if former is not None and former is not teammate:
            former.shut(Close.TAKEN_OVER)
        self.tell(CONSOLE + f"{person} {self.broker.process}".encode())

    def _yield(self, person: str, process: str) -> None:
        if process != self.broker.process and (former := self.team.get(person)) is not None:
            former.shut(Close.TAKEN_OVER)

    # --- sockets ------------------------------------------------------------------------------------------

    def came(self, socket: Socket) -> None:
        self.sockets.add(socket)

    def went(self, socket: Socket) -> None:
        self.sockets.discard(socket)
        if socket.shut_with is not None:
            self._closed(socket.shut_with)

    def crashed(self, session: Session | None, error: BaseException) -> None:
        """Notes that something of ours broke, and for whom."""
        conversation = next((id_ for id_, seeker in self.seekers.items() if seeker is session), None)
        self._on_crash(conversation, error)

    def sign_out(self, token: str) -> None:
        """Closes the sockets of a revoked session."""
        for teammate in tuple(self.team.values()):
            if teammate.token == token:
                teammate.shut(Close.SIGNED_OUT)

    def now(self) -> float:
        """The event loop's clock, which only goes forward."""
        return self._loop.time()

    @property
    def open_sockets(self) -> int:
        return len(self.sockets)

    @property
    def sides(self) -> dict[str, int]:
        """From each side to how many of its sockets are open here."""
        seekers = sum(socket.link is not None and socket.link.side == "seeker" for socket in self.sockets)
        return {"seeker": seekers, "team": len(self.sockets) - seekers}

    @property
    def phases(self) -> dict[str, int]:
        """From each phase to how many conversations of this process are in it."""
        phases = {phase.value: 0 for phase in pure.Phase}
        for room in self._rooms.values():
            if room.state.phase is not None:
                phases[room.state.phase.value] += 1
        return phases

    @property
    def is_connected(self) -> bool:
        return self.broker.ready

    # --- time ---------------------------------------------------------------------------------------------

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs work beside the caller; its failure is told, and it ends with the hub."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_crash(None, error)

    async def run(self) -> None:
        """Keeps the broker up and looks after sockets and rooms until it is cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.broker.run())
                group.create_task(self._sweep())
        finally:
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _sweep(self) -> None:
        due = self._loop.time() + TICK / SHARES
        while True:
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            now = self._loop.time()
            self.lag = max(0.0, now - due)
            due = max(due + TICK / SHARES, now)
            for socket in self.sockets.turn():
                socket.tick(now)
            if touching := [self._rooms[conversation] for conversation in self._touching.turn()]:
                self.spawn(self._touch_each(touching))

    async def _touch_each(self, rooms: Sequence[Room]) -> None:
        for start in range(0, len(rooms), AT_ONCE):
            await asyncio.gather(*(self._touch(room) for room in rooms[start : start + AT_ONCE]))

    async def _touch(self, room: Room) -> None:
        if not room.seats:
            self._idle[room.id] = self._idle.get(room.id, 0) + TOUCH_EVERY
            if self._idle[room.id] >= IDLE_TICKS:
                self._idle.pop(room.id, None)
                if self._rooms.get(room.id) is room:
                    self._let_go(room.id)
                return
        else:
            self._idle.pop(room.id, None)
        try:
            silent = await room.touch()
            if silent is not None and silent >= pure.RETURN_AFTER:
                await self._on_vanished(room)
            due = pure.due(room.state)
            if due is not None and self.clock() >= due:
                await self._on_abandoned(room)
        except (Unavailable, Refusal):
            pass  # the next touch tries again
        except Exception as error:  # noqa: BLE001 - one conversation that breaks must not stop the others' touch
            self._broke(room, error)

    def _broke(self, room: Room, error: BaseException) -> None:
        room.broke()
        self._on_crash(room.id, error)
