"""One conversation as a pure object: events fold to a state, commands become events or a refusal.

The events of a conversation stand in one stream. Every process that carries it folds the same stream to the
same state, so nothing here asks for a clock, a socket or chance: "now" is an argument, timers are announced
by `due`, and identifiers come from the caller.

Messages and moves differ. A message (`Said`) conflicts with nothing but a second copy of itself: it is
placed by its author's own count. A move (pair, return, enter, exit, end) is only valid in the state it was
decided in, so it is appended together with the number of moves seen, and loses against a faster one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace as changed_to

from chat.codes import Refusal
from chat.envelope import MOST_SEALED, Asked, Envelope, Opening, Policy, asked, may_open, opened, sealed
from chat.protocol import From

ABANDONED_AFTER = 2 * 60 * 60.0
"""Seconds without an event after which a conversation ends by itself."""
LONGEST = 5 * 60 * 60.0
"""Seconds after which a conversation ends whatever happens: no longer than the keys that open it are kept."""
AWAY_AFTER = 9.0
"""Seconds without a sign of a person's connection after which the others are told `away`."""
GONE_AFTER = 15.0
"""Seconds after which the others are told `gone`."""
RETURN_AFTER = 24.0
"""Seconds after which a seeker whose supporter is gone stands first in line again."""

SEEKER = "seeker"
"""The author label of the seeker; there is exactly one in a conversation."""


class Phase(StrEnum):
    WAITING = "waiting"
    LIVE = "live"
    ENDED = "ended"


class Why(StrEnum):
    """Why a seeker waits again."""

    VANISHED = "vanished"
    SWITCHED = "switched"
    HANDED_OVER = "handed_over"


# --- events -----------------------------------------------------------------------------------------------


class _Event(Struct, frozen=True, array_like=True, tag=True, gc=False):
    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Opened(_Event, frozen=True):
    """A seeker asked for somebody."""

    campus: str
    alias: str
    topic: str | None
    language: str | None
    mood: int | None
    at: float


class Said(_Event, frozen=True):
    """Something was said. `box` holds the sealed words and what screening found in them."""

    author: str
    role: From
    n: int
    at: float
    box: bytes


class Paired(_Event, frozen=True):
    """A supporter accepted; they see what was said after `since`."""

    author: str
    person: str
    since: int
    at: float


class Returned(_Event, frozen=True):
    """The supporter is out, and the seeker stands first in line again."""

    why: Why
    at: float


class Entered(_Event, frozen=True):
    """An observer came in under a named role."""

    author: str
    role: From
    person: str
    at: float


class Exited(_Event, frozen=True):
    author: str
    at: float


class Shared(_Event, frozen=True):
    """The seeker sealed something for on-call staff."""

    key: str
    box: bytes
    agreed: bool
    at: float


class Consented(_Event, frozen=True):
    """The seeker agreed that it is opened, or took that back."""

    on: bool
    at: float


class Worded(_Event, frozen=True):
    """A staff member gave the first of the two words that open it. `who` is their name, sealed."""

    person: str
    who: bytes
    at: float


class Unsealed(_Event, frozen=True):
    """A staff member opened it: with the seeker's consent, or together with another one."""

    person: str
    role: From
    who: bytes
    together: bool
    at: float


class Ended(_Event, frozen=True):
    by: From
    reason: str
    receipt: str
    at: float


Move = Opened | Paired | Returned | Entered | Exited | Shared | Consented | Worded | Unsealed | Ended
Event = Said | Move

_decoder = msgspec.msgpack.Decoder(Event)
_encoder = msgspec.msgpack.Encoder()


def pack(event: Event) -> bytes:
    """The event as it stands in the stream."""
    return _encoder.encode(event)


def unpack(data: bytes) -> Event:
    """Reads an event of the stream; raises `msgspec.DecodeError` when it is none."""
    event: Event = _decoder.decode(data)
    return event


# --- state ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the team who is in the conversation now."""

    author: str
    role: From
    person: str
    since: int = 0
    """What was said up to this offset is not theirs to see."""
    at: float = 0.0
    """When they came in."""


_NOTHING_SAID: Mapping[str, int] = MappingProxyType({})


class Conversation(Struct, frozen=True):
    """What the events so far add up to. A struct, because every message folds to a new one."""

    id: str
    phase: Phase | None = None
    """None before it is opened."""
    campus: str = ""
    alias: str = ""
    topic: str | None = None
    language: str | None = None
    mood: int | None = None
    offset: int = 0
    """How many messages were said; the offset of the last one."""
    moves: int = 0
    """How many moves were made; a new move names the number it was decided at."""
    counts: Mapping[str, int] = _NOTHING_SAID
    """From each author to their highest `n`."""
    members: tuple[Member, ...] = ()
    avoid: frozenset[str] = frozenset()
    """Persons who are not paired with this seeker again."""
    opened_at: float = 0.0
    paired_at: float | None = None
    last_at: float = 0.0
    labels: int = 0
    """How many author labels were given to the team."""
    envelope: Envelope | None = None
    """What the seeker shares under seal."""
    end: Ended | None = None

    @property
    def supporter(self) -> Member | None:
        """The one supporter who talks with the seeker, if there is one."""
        for one in self.members:
            if one.role == "supporter":
                return one
        return None

    def member(self, person: str) -> Member | None:
        for one in self.members:
            if one.person == person:
                return one
        return None

    def by_author(self, author: str) -> Member | None:
        for one in self.members:
            if one.author == author:
                return one
        return None


# --- commands ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Open:
    campus: str
    alias: str
    topic: str | None = None
    language: str | None = None
    mood: int | None = None


@dataclass(frozen=True, slots=True)
class Say:
    author: str
    n: int
    box: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pair:
    person: str
    since: int | None = None
    """From where the supporter sees the conversation; None for the whole of a first pairing."""


@dataclass(frozen=True, slots=True)
class Return:
    why: Why


@dataclass(frozen=True, slots=True)
class Enter:
    person: str
    role: Literal["lead", "on_call"]


@dataclass(frozen=True, slots=True)
class Exit:
    person: str


@dataclass(frozen=True, slots=True)
class Share:
    """Seal something; what lay there before is replaced."""

    key: str
    box: bytes = field(repr=False)
    agreed: bool


@dataclass(frozen=True, slots=True)
class Consent:
    on: bool


@dataclass(frozen=True, slots=True)
class Unseal:
    """Open what is sealed, as the campus' policy lets one. `who` is the person's name, sealed."""

    person: str
    who: bytes = field(repr=False)
    policy: Policy


@dataclass(frozen=True, slots=True)
class End:
    by: From
    reason: str
    receipt: str


Command = Open | Say | Pair | Return | Enter | Exit | Share | Consent | Unseal | End

MOVES: Mapping[tuple[Phase | None, type[Command]], Phase] = MappingProxyType(
    {
        (None, Open): Phase.WAITING,
        (Phase.WAITING, Say): Phase.WAITING,
        (Phase.WAITING, Pair): Phase.LIVE,
        (Phase.WAITING, Enter): Phase.WAITING,
        (Phase.WAITING, Exit): Phase.WAITING,
        (Phase.WAITING, Share): Phase.WAITING,
        (Phase.WAITING, Consent): Phase.WAITING,
        (Phase.WAITING, Unseal): Phase.WAITING,
        (Phase.WAITING, End): Phase.ENDED,
        (Phase.LIVE, Say): Phase.LIVE,
        (Phase.LIVE, Return): Phase.WAITING,
        (Phase.LIVE, Enter): Phase.LIVE,
        (Phase.LIVE, Exit): Phase.LIVE,
        (Phase.LIVE, Share): Phase.LIVE,
        (Phase.LIVE, Consent): Phase.LIVE,
        (Phase.LIVE, Unseal): Phase.LIVE,
        (Phase.LIVE, End): Phase.ENDED,
    }
)
"""Which command is possible in which phase, and the phase after it. The diagram is drawn from this table."""


class Duplicate:
    """The answer to a message that is in the conversation already: it is acknowledged again."""

    __slots__ = ()


DUPLICATE = Duplicate()


def decide(state: Conversation, command: Command, at: float) -> Event | Duplicate | Refusal:
    """What `command` brings about in `state` at the time `at`, in seconds since the Unix epoch."""
    if (state.phase, type(command)) not in MOVES:
        return Refusal.GONE if state.phase is Phase.ENDED else Refusal.NOT_NOW
    match command:
        case Open():
            return Opened(command.campus, command.alias, command.topic, command.language, command.mood, at)
        case Say():
            return _say(state, command, at)
        case Pair():
            if command.person in state.avoid:
                return Refusal.NOT_ALLOWED
            if state.member(command.person) is not None:
                return Refusal.NOT_NOW
            since = command.since if command.since is not None else 0
            return Paired(f"s{state.labels + 1}", command.person, min(since, state.offset), at)
        case Return():
            return Returned(command.why, at)
        case Enter():
            if state.member(command.person) is not None:
                return Refusal.NOT_NOW
            return Entered(f"{command.role[0]}{state.labels + 1}", command.role, command.person, at)
        case Exit():
            member = state.member(command.person)
            if member is None or member == state.supporter:
                return Refusal.NOT_NOW
            return Exited(member.author, at)
        case Share():
            if state.envelope is not None and state.envelope.sealings >= MOST_SEALED:
                return Refusal.NOT_NOW
            return Shared(command.key, command.box, command.agreed, at)
        case Consent():
            lies = state.envelope
            if lies is None or not (command.on or lies.unread):
                return Refusal.NOT_NOW
            return Consented(command.on, at)
        case Unseal():
            return _unseal(state, command, at)
        case End():
            return Ended(command.by, command.reason, command.receipt, at)


def _unseal(state: Conversation, command: Unseal, at: float) -> Worded | Unsealed | Refusal:
    member = state.member(command.person)
    if member is None or member.role not in {"lead", "on_call"}:
        return Refusal.NOT_ALLOWED
    if state.envelope is None:
        return Refusal.NOT_NOW
    match may_open(state.envelope, command.person, command.policy, at):
        case "opens":
            return Unsealed(command.person, member.role, command.who, together=False, at=at)
        case "opens_together":
            return Unsealed(command.person, member.role, command.who, together=True, at=at)
        case "first_word":
            return Worded(command.person, command.who, at)
        case "refused":
            return Refusal.NOT_ALLOWED


def _say(state: Conversation, command: Say, at: float) -> Said | Duplicate | Refusal:
    role: From = "seeker"
    if command.author != SEEKER:
        member = state.by_author(command.author)
        if member is None:
            return Refusal.NOT_ALLOWED
        role = member.role
    last = state.counts.get(command.author, 0)
    if command.n <= last:
        return DUPLICATE
    if command.n != last + 1:
        return Refusal.OUT_OF_ORDER
    return Said(command.author, role, command.n, at, command.box)


def evolve(state: Conversation, event: Event) -> Conversation:
    """The state after `event`. Folding a stream from its start gives the same state in every process."""
    match event:
        case Said():
            n = max(event.n, state.counts.get(event.author, 0))
            return changed_to(
                state,
                offset=state.offset + 1,
                counts=MappingProxyType({**state.counts, event.author: n}),
                last_at=max(state.last_at, event.at),
            )
        case Opened():
            changed = changed_to(
                state,
                phase=Phase.WAITING,
                campus=event.campus,
                alias=event.alias,
                topic=event.topic,
                language=event.language,
                mood=event.mood,
                opened_at=event.at,
            )
        case Paired():
            member = Member(event.author, "supporter", event.person, event.since, event.at)
            changed = changed_to(
                state,
                phase=Phase.LIVE,
                members=(*state.members, member),
                paired_at=event.at if state.paired_at is None else state.paired_at,
                labels=state.labels + 1,
            )
        case Returned():
            supporter = state.supporter
            avoided = {supporter.person} if supporter and event.why is not Why.VANISHED else set()
            changed = changed_to(
                state,
                phase=Phase.WAITING,
                members=tuple(m for m in state.members if m != supporter),
                avoid=state.avoid | avoided,
            )
        case Entered():
            member = Member(event.author, event.role, event.person, 0, event.at)
            changed = changed_to(state, members=(*state.members, member), labels=state.labels + 1)
        case Exited():
            changed = changed_to(state, members=tuple(m for m in state.members if m.author != event.author))
        case Shared():
            lies = sealed(state.envelope, event.key, event.box, agreed=event.agreed)
            changed = changed_to(state, envelope=lies)
        case Consented() | Worded() | Unsealed():
            changed = changed_to(state, envelope=_handled(state.envelope, event))
        case Ended():
            changed = changed_to(state, phase=Phase.ENDED, members=(), end=event, envelope=None)
    return changed_to(changed, moves=state.moves + 1, last_at=max(state.last_at, event.at))


def _handled(lies: Envelope | None, event: Consented | Worded | Unsealed) -> Envelope | None:
    if lies is None:
        return None
    match event:
        case Consented():
            return replace(lies, agreed=event.on)
        case Worded():
            return asked(lies, Asked(event.person, event.who, event.at))
        case Unsealed():
            opening = Opening(event.role, event.who, event.at, event.together)
            return opened(lies, event.person, opening)


def due(state: Conversation) -> float | None:
    """When the conversation ends by itself if nothing more happens; None when it is over or not begun."""
    if state.phase in {None, Phase.ENDED}:
        return None
    return min(state.last_at + ABANDONED_AFTER, state.opened_at + LONGEST)


def presence(silent: float) -> Literal["here", "away", "gone"]:
    """What the others are told of somebody whose connection gave no sign for `silent` seconds."""
    if silent >= GONE_AFTER:
        return "gone"
    return "away" if silent >= AWAY_AFTER else "here"


def diagram() -> str:
    """The moves as a Mermaid state diagram."""
    lines = ["stateDiagram-v2"]
    for (phase, command), after in MOVES.items():
        source = phase.value if phase else "[*]"
        lines.append(f"    {source} --> {after.value}: {command.__name__}")
    lines.append("    ended --> [*]")
    return "\n".join(lines)
