"""One live conversation on this process: its sockets here, its key, and where it stands in its stream.

A room folds the stream to a state and shows every event to the sockets that may see it, each once and in
order. It never trusts that it was told everything: an event that is not the next one, a touch that names a
higher top, or a connection that came back make it read the stream. When Redis has lost the stream, the room
starts a new one under a new epoch from what it remembers, and its clients say again what the other side had
not shown yet.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from time import perf_counter
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from chat import conversation as pure
from chat import protocol
from chat.broker import Broker, Lost, Position, Stored, Stream, Unavailable
from chat.broker import Refusal as RedisRefusal
from chat.broker.line import Answer
from chat.codes import Close, Refusal
from chat.conversation import SEEKER, Conversation, Member, Phase
from chat.envelope import Policy
from chat.link import refusal
from chat.protocol import From
from chat.sealing import Key, Ring, Unopenable
from chat.stages import Took, untimed
from chat.words import Words

HISTORY: Final = 12
"""How many of the seeker's last messages screening may look back at."""
RETRY_AFTER: Final = 2.0
"""Seconds after which a message that could not be kept is said again."""
EARLY_WITHIN: Final = 0.05
"""Seconds that an event which overtook another waits for it, before the stream is read."""
SEATED_WITHIN: Final = 10.0
"""Seconds within which whoever comes has sat down. A greater difference is that of two clocks."""
MOST_TRIES: Final = 8
"""How often a move is decided anew when somebody moved faster."""


class Seat(Protocol):
    """A socket in a room, under one author label."""

    @property
    def heard_at(self) -> float:
        """When this client was last heard of, by the event loop's clock."""
        ...

    def send(self, data: bytes) -> None: ...

    def shut(self, code: Close) -> None: ...

    def over(self, ended: protocol.Ended) -> None:
        """The conversation is over for this seat, which shows it; the room has let go of the seat."""
        ...


class Found(Struct, frozen=True, array_like=True):
    """What screening found in a message, as it travels sealed beside the words: for the supporter, and for
    staff who have entered.
    """

    category: str
    severity: protocol.Severity
    why: str
    prompts: list[str]
    phrase: str
    term: str = ""

    def __repr__(self) -> str:
        return "<Found>"


class Sealed(Struct, frozen=True, array_like=True):
    """What the box of a message holds."""

    text: str
    found: list[Found]

    def __repr__(self) -> str:
        return "<Sealed>"


class _Typing(Struct, frozen=True, array_like=True, tag="typing"):
    author: str
    on: bool


class _Presence(Struct, frozen=True, array_like=True, tag="presence"):
    author: str
    role: From
    is_: str
    at: float = 0.0
    """When the author sat down there."""


class _Saying(Struct, frozen=True):
    """A message on its way into the stream, and who says it."""

    seat: Seat
    event: pure.Said
    sealed: Sealed
    ref: str | None
    since: float
    """When it came in, by `perf_counter`."""
    asked: float
    """When Redis was asked."""

    def __repr__(self) -> str:
        return "<saying>"


_signals = msgspec.msgpack.Decoder(_Typing | _Presence)
_sealed = msgspec.msgpack.Decoder(Sealed)
_pack = msgspec.msgpack.Encoder().encode


class Room:
    """See the module. Everything runs on one event loop; nothing here is called from another thread."""

    __slots__ = (
        "_answered",
        "_asked",
        "_awaited",
        "_broker",
        "_claims",
        "_clock",
        "_count",
        "_doubts",
        "_early",
        "_key",
        "_loading",
        "_loop",
        "_moves",
        "_on_move",
        "_policy",
        "_presence",
        "_ring",
        "_sat",
        "_spawn",
        "_took",
        "_unshown",
        "_watched_from",
        "asked",
        "at",
        "epoch",
        "history",
        "id",
        "seats",
        "severity",
        "shown",
        "state",
        "urgent",
    )

    def __init__(
        self,
        conversation: str,
        *,
        broker: Broker,
        ring: Ring,
        clock: Callable[[], float],
        loop: asyncio.AbstractEventLoop,
        spawn: Callable[[Coroutine[None, None, None]], object],
        on_move: Callable[[Room, pure.Move], None],
        count: Callable[[str], None],
        took: Took = untimed,
        policy: Policy = "consent",
    ) -> None:
        self.id = conversation
        self.state = Conversation(conversation)
        self.epoch = ""
        self.at = Position()
        self.history: list[tuple[int, Words]] = []
        self.seats: dict[str, Seat] = {}
        self.severity: protocol.Severity | None = None
        """The highest severity found in this conversation, as far as this process knows."""
        self.asked = Words("")
        """What the team said last: an answer is understood by its question."""
        self.urgent = False
        """Whether somebody called for help here: then the seeker does not wait in line behind others."""
        self.shown: dict[str, int] = {}
        self._unshown: list[tuple[int, int]] = []
        self._moves: list[pure.Move] = []
        self._claims: dict[str, int] = {}
        """Up to which `n` of each author was shown by a device before the stream here held that much."""
        self._early: dict[Position, tuple[pure.Event, Sealed | None]] = {}
        """What overtook the event before it: one's own come as answers, others' over another connection."""
        self._awaited: Position | None = None
        """The first of these when they were looked at last; the one timer for it is running."""
        self._asked = 0
        """How many messages this process has appended here."""
        self._answered = 0
        """How many of these, from the first on, Redis has answered."""
        self._presence: dict[str, str] = {}
        self._sat: dict[str, float] = {}
        """When each author of a seat here sat down."""
        self._key: Key | None = None
        self._broker = broker
        self._ring = ring
        self._clock = clock
        self._loop = loop
        self._spawn = spawn
        self._on_move = on_move
        self._count = count
        self._took = took
        self._policy: Policy = policy
        self._loading = asyncio.Lock()
        self._doubts = 0
        self._watched_from = loop.time()
        """Since when this process can tell who is silent: nobody is missed for a time it did not see."""

    def __repr__(self) -> str:
        return f"<Room {self.state.phase} {len(self.seats)} here>"

    @property
    def unshown_from(self) -> int:
        """The offset after which a supporter who takes over sees the conversation.

        What a supporter before them has seen stays with that one; what nobody has seen must not be lost.
        """
        self._drop_shown()
        return self._unshown[0][1] - 1 if self._unshown else self.state.offset

    def _drop_shown(self) -> None:
        shown = self.shown.get(SEEKER, 0)
        while self._unshown and self._unshown[0][0] <= shown:
            del self._unshown[0]

    @property
    def receipt(self) -> str:
        """The fingerprint of the key, which the seeker is shown when the key is destroyed."""
        return self._key.fingerprint if self._key else ""

    # --- beginning ----------------------------------------------------------------------------------------

    async def create(self, command: pure.Open) -> None:
        """Opens the conversation, or loads it when somebody opened it already."""
        event = pure.decide(self.state, command, self._clock())
        if isinstance(event, pure.Opened):
            key = Key.new()
            opened, _ = await self._broker.open(
                self.id,
                epoch=secrets.token_urlsafe(9),
                wrapped=self._ring.wrap(key, self.id),
                phase=Phase.WAITING.value,
                counts={},
                moves=[pure.pack(event)],
            )
            if opened:  # else somebody was faster, and the words are sealed under their key
                self._key = key
        await self.load()

    async def load(self) -> None:
        """Reads what this process has not seen yet. Raises `Lost`, `Unavailable` or `Unopenable`."""
        async with self._loading:
            await self._load()

    async def _load(self) -> None:
        stream = await self._broker.follow(self.id, self.at)
        if stream.epoch != self.epoch:
            if self.epoch:
                self._reset()
                stream = await self._broker.follow(self.id, self.at)
            self.epoch = stream.epoch
        self._absorb(stream)

    def _reset(self) -> None:
        """Forgets the view of an epoch that is over; the clients come back and say where they stand."""
        self.state = Conversation(self.id)
        self.at = Position()
        self._moves.clear()
        self._unshown.clear()
        self._claims.clear()
        self._early.clear()
        self._key = None
        self._watched_from = self._loop.time()
        for seat in tuple(self.seats.values()):
            seat.shut(Close.RESYNC)
        self.seats.clear()

    def _absorb(self, stream: Stream) -> None:
        if stream.ended:
            if self.state.phase is not Phase.ENDED and "end" in stream.fields:
                self._apply(self.at, pure.unpack(stream.fields["end"]))
            return
        if self._key is None:
            self._key = self._ring.unwrap(stream.wrapped, self.id)
        for author, n in stream.shown.items():
            self._show_got(author, n)
        for at, event in stream.entries:
            if at > self.at:
                self._apply(at, pure.unpack(event))
        self._apply_early()

    # --- hearing ------------------------------------------------------------------------------------------

    def hear(self, stored: Stored) -> None:
        """An event that another process added."""
        if stored.epoch != self.epoch:
            self.doubt()
        elif stored.at > self.at:
            self._take_in(stored.at, pure.unpack(stored.event))

    def _take_in(self, at: Position, event: pure.Event, sealed: Sealed | None = None) -> None:
        """Applies an event in its place: at once, or when the one before it has come too.

        `sealed` is what the box of a message holds, where this process knows it because it sealed it.
        """
        if at.follows(self.at):
            self._apply(at, event, sealed)
            if self._early:
                self._apply_early()
            return
        self._early[at] = event, sealed
        if self._awaited is None:
            self._await_early()

    def _apply_early(self) -> None:
        while self._early:
            at = min(self._early)
            if at > self.at and not at.follows(self.at):
                return
            event, sealed = self._early.pop(at)
            if at > self.at:
                self._apply(at, event, sealed)

    def _await_early(self) -> None:
        """What is early now has come, or been read, within twice the time that it may be late."""
        self._awaited = min(self._early)
        self._loop.call_later(EARLY_WITHIN, self._miss, self._asked)

    def _miss(self, asked: int) -> None:
        """What has been early for a while waits for something that was lost on its way.

        Or for the answer to a message of this process, on a busy machine: that one comes, or the line ends.
        """
        if self._awaited not in self._early:
            self._awaited = None
            if self._early:
                self._await_early()
        elif self._answered < asked:
            self._loop.call_later(EARLY_WITHIN, self._miss, asked)
        else:
            self._awaited = None
            self._early.clear()
            self.doubt()

    def hear_mark(self, author: str, n: int) -> None:
        """On another process the counterpart's device has shown this author's messages up to `n`."""
        self._show_got(author, n)

    def hear_signal(self, signal: bytes) -> None:
        """Something another process tells that is not kept."""
        try:
            told = _signals.decode(signal)
        except msgspec.DecodeError:
            return
        match told:
            case _Typing():
                self._show_typing(told.author, on=told.on)
            case _Presence():
                if told.is_ == "here":
                    self._yield(told.author, told.at)
                self._show_presence(told.author, told.role, told.is_)

    def doubt(self) -> None:
        """Reads the stream, because something may have been missed; once at a time.

        A doubt that comes while the stream is read may be about what follows: it is read once more.
        """
        self._doubts += 1
        if self._doubts == 1:
            self._spawn(self._catch_up())

    async def _catch_up(self) -> None:
        try:
            answered = 0
            while answered != self._doubts:
                answered = self._doubts
                try:
                    await self.load()
                except Lost:
                    await self._restore()
        except (Unavailable, RedisRefusal):
            pass  # the next touch, or the connection that comes back, doubts again
        except Unopenable:
            self.broke()
        finally:
            self._doubts = 0

    async def _restore(self) -> None:
        """Starts the stream anew from memory. Counts start at what the authors themselves say on return."""
        if self.state.phase in {None, Phase.ENDED} or self._key is None:
            return
        moves = [
            msgspec.structs.replace(move, since=0) if isinstance(move, pure.Paired) else move
            for move in self._moves
        ]
        try:
            await self._broker.open(
                self.id,
                epoch=secrets.token_urlsafe(9),
                wrapped=self._ring.wrap(self._key, self.id),
                phase=self.state.phase.value if self.state.phase else "",
                counts={},
                moves=[pure.pack(move) for move in moves],
            )
            for member in self.state.members:
                await self._broker.joined(member.person, self.id)
            await self.load()
        except (Lost, Unavailable, RedisRefusal):
            return  # the next touch tries again

    def broke(self) -> None:
        """Ends the connections here: something of ours went wrong, and coming back may mend it."""
        for seat in tuple(self.seats.values()):
            seat.shut(Close.BROKE)
        self.seats.clear()

    # --- showing ------------------------------------------------------------------------------------------

    def _apply(self, at: Position, event: pure.Event, sealed: Sealed | None = None) -> None:
        before = self.state
        self.state = pure.evolve(before, event)
        self.at = at
        if isinstance(event, pure.Said):
            self._show_said(at.offset, event, sealed)
            if self._claims and event.n <= self._claims.get(event.author, 0):
                self._mark_shown(event.author, event.n)
            return
        self._moves.append(event)
        match event:
            case pure.Entered() | pure.Exited():
                member = self.state.by_author(event.author) or before.by_author(event.author)
                if member is not None:
                    self._show_presence(
                        event.author, member.role, "here" if isinstance(event, pure.Entered) else "gone"
                    )
                if isinstance(event, pure.Exited):
                    self.seats.pop(event.author, None)
            case pure.Returned():
                self._show_returned(before, event)
            case pure.Ended():
                self._show_ended(event)
            case pure.Shared() | pure.Consented() | pure.Worded() | pure.Unsealed():
                self._show_envelope()
            case _:
                pass
        self._on_move(self, event)

    def _show_said(self, offset: int, event: pure.Said, sealed: Sealed | None) -> None:
        if sealed is None:
            try:
                sealed = self._unseal(event)
            except Unopenable:
                self.broke()
                return
        if event.author == SEEKER:
            self.remember(event.n, Words(sealed.text))
            self._unshown.append((event.n, offset))
            self._drop_shown()
        else:
            self.asked = Words(sealed.text)
        if not self.seats:
            return
        data = protocol.write(self._said(offset, event, sealed))
        for author, seat in self.seats.items():
            if self._since(author) < offset:
                seat.send(data)
        if sealed.found:
            self._show_found(event, sealed)

    def _show_found(self, event: pure.Said, sealed: Sealed) -> None:
        for found in sealed.found:
            if self.severity is None or _RANK[found.severity] > _RANK[self.severity]:
                self.severity = found.severity
            data = protocol.write(self._finding(event, found))
            for author, seat in self.seats.items():
                if author != SEEKER:
                    seat.send(data)

    def _show_envelope(self) -> None:
        """To the seeker and to staff who entered; a supporter need not know where somebody is."""
        if (data := self.envelope_frame()) is None:
            return
        for author, seat in self.seats.items():
            if self._sees_envelope(author):
                seat.send(data)

    def _sees_envelope(self, author: str) -> bool:
        return author == SEEKER or self._role(author) in {"lead", "on_call"}

    def envelope_frame(self, ref: str | None = None) -> bytes | None:
        """How it stands with what the seeker shares; None where nothing lies there."""
        lies = self.state.envelope
        if lies is None:
            return None
        return protocol.write(
            protocol.EnvelopeIs(
                conversation=self.id,
                agreed=lies.agreed,
                unread=lies.unread,
                policy=self._policy,
                opened=[
                    protocol.Unsealing(
                        who=one.role,  # type: ignore[arg-type]  # the role of a member
                        name=self._name(one.who),
                        at=one.at,
                        together=one.together,
                    )
                    for one in lies.openings
                ],
                asked=[self._name(one.who) for one in lies.asked],
                ref=ref,
            )
        )

    def seal_name(self, name: str) -> bytes:
        """The name of a staff member as the stream may hold it."""
        if self._key is None:
            raise Unopenable
        return self._key.seal(name.encode(), self._about("staff", 0))

    def _name(self, who: bytes) -> str:
        if self._key is None:
            return ""
        return self._key.open(who, self._about("staff", 0)).decode()

    def _show_returned(self, before: Conversation, event: pure.Returned) -> None:
        supporter = before.supporter
        if supporter is None:
            return
        seat = self.seats.pop(supporter.author, None)
        if seat is not None:
            by: From = "seeker" if event.why is pure.Why.SWITCHED else "system"
            self._end_for(seat, by, event.why.value, "")
        self._show_presence(supporter.author, "supporter", "gone")

    def _show_ended(self, event: pure.Ended) -> None:
        seats, self.seats = self.seats, {}
        for author, seat in seats.items():
            self._end_for(seat, event.by, event.reason, event.receipt if author == SEEKER else "")
        self._key = None
        self.history.clear()
        self.asked = Words("")

    def _end_for(self, seat: Seat, by: From, reason: str, receipt: str) -> None:
        seat.over(protocol.Ended(conversation=self.id, by=by, reason=reason, receipt=receipt))

    def _show_got(self, author: str, n: int) -> None:
        if n <= self.shown.get(author, 0):
            return
        self.shown[author] = n
        if (seat := self.seats.get(author)) is not None:
            seat.send(protocol.write(protocol.GotBy(author=author, n=n, conversation=self.id)))

    def _show_typing(self, author: str, *, on: bool) -> None:
        data = protocol.write(protocol.TypingBy(conversation=self.id, author=author, on=on))
        for other, seat in self.seats.items():
            if other != author:
                seat.send(data)

    def _show_presence(self, author: str, role: From, is_: str) -> None:
        if self._presence.get(author, "here" if author == SEEKER else "") == is_:
            return
        self._presence[author] = is_
        data = protocol.write(
            protocol.Presence(conversation=self.id, who=role, is_=is_, author=author)  # type: ignore[arg-type]  # a signal of ours holds one of the three
        )
        for other, seat in self.seats.items():
            if other != author:
                seat.send(data)

    def _said(self, offset: int, event: pure.Said, sealed: Sealed) -> protocol.Said:
        return protocol.Said(
            conversation=self.id,
            epoch=self.epoch,
            offset=offset,
            from_=event.role,
            author=event.author,
            n=event.n,
            text=sealed.text,
            at=event.at,
        )

    def _finding(self, event: pure.Said, found: Found) -> protocol.Finding:
        return protocol.Finding(
            conversation=self.id,
            author=event.author,
            n=event.n,
            category=found.category,
            severity=found.severity,
            why=found.why,
            prompts=found.prompts,
            phrase=found.phrase,
            term=found.term,
        )

    def _since(self, author: str) -> int:
        member = self.state.by_author(author)
        return member.since if member else 0

    def _about(self, author: str, n: int) -> bytes:
        return f"{self.id} {author} {n}".encode()

    def _unseal(self, event: pure.Said) -> Sealed:
        if self._key is None:
            raise Unopenable
        return _sealed.decode(self._key.open(event.box, self._about(event.author, event.n)))

    def remember(self, n: int, words: Words) -> None:
        """Keeps a message of the seeker for screening to look back at, each once."""
        if not self.history or n > self.history[-1][0]:
            self.history.append((n, words))
            del self.history[:-HISTORY]

    # --- saying -------------------------------------------------------------------------------------------

    def say(
        self,
        seat: Seat,
        author: str,
        n: int,
        words: Words,
        found: Sequence[Found] = (),
        *,
        ref: str | None = None,
        since: float | None = None,
    ) -> None:
        """Seals a message and appends it. The author hears `ack` once it is in the stream, or a refusal.

        `since` is when the message came in, by `perf_counter`.
        """
        if self._key is None:
            seat.send(self._refusal(n, ref, Refusal.GONE))
            return
        began = perf_counter()
        since = since or began
        sealed = Sealed(words.reveal(), list(found))
        box = self._key.seal(_pack(sealed), self._about(author, n))
        event = pure.Said(author, self._role(author), n, round(self._clock(), 3), box)
        now = perf_counter()
        self._took("seal", now - began, since)
        self._asked += 1
        saying = _Saying(seat, event, sealed, ref, since, now)
        self._broker.append(self.id, author, n, pure.pack(event), partial(self._appended, saying))

    def _appended(self, saying: _Saying, answer: Answer) -> None:
        seat, event, ref = saying.seat, saying.event, saying.ref
        self._answered += 1
        if isinstance(answer, Exception):
            seat.send(self._refusal(event.n, ref, Refusal.BUSY, retry_after=RETRY_AFTER))
            if isinstance(answer, RedisRefusal):
                self.doubt()  # it may be there all the same
            return
        match answer[0]:
            case b"OK":
                seat.send(self._ack(event, ref))
                now = perf_counter()
                self._took("append", now - saying.asked, saying.since)
                self._took("whole", now - saying.since, saying.since)
                at = Position(answer[1], 0)
                if answer[2].decode() != self.epoch:
                    self.doubt()
                elif at > self.at:
                    self._take_in(at, event, saying.sealed)
            case b"DUP":
                seat.send(self._ack(event, ref, again=True))
            case b"GAP":
                seat.send(self._refusal(event.n, ref, Refusal.OUT_OF_ORDER))
                self.doubt()
            case b"ENDED":
                seat.send(self._refusal(event.n, ref, Refusal.GONE))
                self.doubt()
            case b"FULL":
                seat.send(self._refusal(event.n, ref, Refusal.FULL))
            case _:
                seat.send(self._refusal(event.n, ref, Refusal.BUSY, retry_after=RETRY_AFTER))
                self.doubt()

    def _ack(self, event: pure.Said, ref: str | None, *, again: bool = False) -> bytes:
        self._count("repeated" if again else "accepted")
        conversation = None if event.author == SEEKER else self.id
        return protocol.write(protocol.Ack(n=event.n, conversation=conversation, ref=ref))

    def _refusal(self, n: int, ref: str | None, code: Refusal, *, retry_after: float | None = None) -> bytes:
        self._count(code.value)
        return refusal(code, re="say", n=n, ref=ref, conversation=self.id, retry_after=retry_after)

    def got(self, by: str, author: str, n: int) -> None:
        """`by` has shown `author`'s messages up to `n`. An observer's device does not count."""
        member = self.state.by_author(by)
        counts = by == SEEKER or (member is not None and member.role == "supporter" and author == SEEKER)
        if not counts or by == author or n <= self.shown.get(author, 0):
            return
        if n > self.state.counts.get(author, 0):
            # A stream begun anew does not hold yet what this device has shown; its author says it again.
            self._claims[author] = n
        else:
            self._mark_shown(author, n)

    def _mark_shown(self, author: str, n: int) -> None:
        self._show_got(author, n)
        self._broker.mark(self.id, author, n)

    def typing(self, author: str, *, on: bool) -> None:
        self._show_typing(author, on=on)
        self._broker.signal(self.id, _pack(_Typing(author, on)))

    # --- moving -------------------------------------------------------------------------------------------

    async def move(
        self,
        command: pure.Pair | pure.Return | pure.Enter | pure.Exit | pure.Share | pure.Consent | pure.Unseal,
    ) -> pure.Move | Refusal:
        """Decides a move and appends it, again when somebody was faster. Raises `Lost` or `Unavailable`."""
        for _ in range(MOST_TRIES):
            event = pure.decide(self.state, command, self._clock())
            if isinstance(event, Refusal):
                return event
            if isinstance(event, pure.Duplicate | pure.Said | pure.Ended):
                return Refusal.NOT_NOW
            phase = pure.MOVES[self.state.phase, type(command)]
            at = await self._broker.move(self.id, self.state.moves, pure.pack(event), phase.value)
            if at is None:
                await self.load()
                continue
            await self._made(at, event)
            return event
        return Refusal.BUSY

    async def finish(
        self,
        by: From,
        reason: str,
        contact: Callable[[Conversation, protocol.Severity | None], dict[str, str | bytes | int]],
    ) -> pure.Ended | Refusal:
        """Ends the conversation: its key and words are gone from Redis when this returns."""
        for _ in range(MOST_TRIES):
            event = pure.decide(self.state, pure.End(by, reason, self.receipt), self._clock())
            if not isinstance(event, pure.Ended):
                return event if isinstance(event, Refusal) else Refusal.NOT_NOW
            facts = contact(self.state, self.severity)
            at = await self._broker.finish(self.id, self.state.moves, pure.pack(event), facts)
            if at is None:
                await self.load()
                continue
            await self._made(at, event)
            return event
        return Refusal.BUSY

    async def _made(self, at: Position, event: pure.Move) -> None:
        if at.follows(self.at):
            self._take_in(at, event)
        elif isinstance(event, pure.Ended):
            if self.state.phase is not Phase.ENDED:
                self._apply(at, event)
        else:
            await self.load()

    # --- sitting ------------------------------------------------------------------------------------------

    async def sit(
        self, author: str, seat: Seat, resume: protocol.Resume | None, since: float | None = None
    ) -> tuple[protocol.Resumed, list[bytes]]:
        """Seats a client and answers where it stands and the frames that it missed.

        The caller sends its welcome and then the frames; from here on the room sends what is new. Raises
        `Lost`, `Unavailable` or `Unopenable`.
        """
        await self.load()
        if resume is not None and resume.confirmed:
            await self._broker.lift(self.id, author, resume.confirmed)
        while True:
            known = resume is not None and resume.epoch == self.epoch and resume.offset <= self.at.offset
            offset = resume.offset if resume is not None and known else 0
            after = min(self.at, Position(offset, 0))
            stream = await self._broker.follow(self.id, after)
            if stream.epoch != self.epoch:
                await self.load()
                continue
            self._absorb(stream)
            # What came while Redis was asked was shown to the others; it must be among what is missed here.
            top = stream.entries[-1][0] if stream.entries else after
            if top >= self.at or stream.ended:
                break
        frames = self._missed(author, stream, max(offset, self._since(author)))
        if self.state.phase is not Phase.ENDED:
            self.take(author, seat, since)
            for other, n in resume.shown.items() if resume is not None else ():
                self.got(author, other, n)
        accepted = max(stream.counts.get(author, 0), resume.confirmed if resume else 0)
        recovered = known or (resume is None and not stream.ended)
        return protocol.Resumed(
            epoch=self.epoch, top=self.at.offset, accepted=accepted, recovered=recovered
        ), frames

    def take(self, author: str, seat: Seat, since: float | None = None) -> None:
        """Puts a client on a seat; another tab of the same person loses it.

        `since` is when the client came, if that was not now: of two at two processes, who came later stays,
        in whichever order they sit down.
        """
        former = self.seats.get(author)
        self.seats[author] = seat
        if former is not None and former is not seat:
            former.shut(Close.TAKEN_OVER)
        role = self._role(author)
        self._show_presence(author, role, "here")
        self._sat[author] = at = self._clock() if since is None else since
        self._broker.signal(self.id, _pack(_Presence(author, role, "here", at)))

    def _yield(self, author: str, at: float) -> None:
        """The same person sat down at another process: in another tab, or over a connection that came back
        there while the one here is not known to be gone. Two who count the same messages would lose some.

        Of two who sat down at once, both processes give the place to the same one.
        """
        if author not in self.seats:
            return
        own = self._sat.get(author, 0.0)
        if own <= at:
            self.seats.pop(author).shut(Close.TAKEN_OVER)
        elif own - at < SEATED_WITHIN:  # who came before sat down only now, and has not heard of the one here
            self._broker.signal(self.id, _pack(_Presence(author, self._role(author), "here", own)))

    def rise(self, author: str, seat: Seat) -> None:
        """A client's connection is gone."""
        if self.seats.get(author) is not seat:
            return
        del self.seats[author]
        if self.state.phase is not Phase.ENDED:
            role = self._role(author)
            self._show_presence(author, role, "away")
            self._broker.signal(self.id, _pack(_Presence(author, role, "away")))

    def _missed(self, author: str, stream: Stream, after: int) -> list[bytes]:
        frames: list[bytes] = []
        for at, packed in stream.entries:
            event = pure.unpack(packed)
            if not isinstance(event, pure.Said) or at.offset <= after:
                continue
            sealed = self._unseal(event)
            frames.append(protocol.write(self._said(at.offset, event, sealed)))
            if author != SEEKER:
                frames.extend(protocol.write(self._finding(event, found)) for found in sealed.found)
        if (n := self.shown.get(author)) is not None:
            frames.append(protocol.write(protocol.GotBy(author=author, n=n, conversation=self.id)))
        frames.extend(
            protocol.write(self._present(member))
            for member in self.state.members
            if member.author != author and (member.role != "supporter" or self._presence.get(member.author))
        )
        if self._sees_envelope(author) and (lies := self.envelope_frame()) is not None:
            frames.append(lies)
        if self.state.phase is Phase.ENDED and self.state.end is not None:
            end = self.state.end
            frames.append(
                protocol.write(
                    protocol.Ended(
                        conversation=self.id,
                        by=end.by,
                        reason=end.reason,
                        receipt=end.receipt if author == SEEKER else "",
                    )
                )
            )
        return frames

    def _present(self, member: Member) -> protocol.Presence:
        is_ = self._presence.get(member.author, "here")
        return protocol.Presence(
            conversation=self.id,
            who=member.role,
            is_=is_,  # type: ignore[arg-type]  # only the three are ever put there
            author=member.author,
        )

    def _role(self, author: str) -> From:
        member = self.state.by_author(author)
        return member.role if member else "seeker"

    # --- time ---------------------------------------------------------------------------------------------

    async def touch(self) -> float | None:
        """Keeps the conversation alive, tells who has gone quiet, and notices what was missed.

        Answers how long the supporter has been silent, or None where there is none to miss.
        """
        now = self._loop.time()
        here = {author: max(0.0, now - seat.heard_at) for author, seat in self.seats.items()}
        try:
            touched = await self._broker.touch(self.id, here)
        except Lost:
            self.doubt()
            return None
        if touched.epoch != self.epoch or touched.at > self.at:
            self.doubt()
        if self.state.phase in {None, Phase.ENDED}:
            return None
        watched = now - self._watched_from
        for author, silent in touched.silent.items():
            if author == SEEKER or self.state.by_author(author) is not None:
                self._show_presence(author, self._role(author), pure.presence(min(silent, watched)))
        supporter = self.state.supporter
        if supporter is None:
            return None
        return min(watched, touched.silent.get(supporter.author, self._clock() - supporter.at))


_RANK: Final = {"notice": 1, "concern": 2, "crisis": 3}
