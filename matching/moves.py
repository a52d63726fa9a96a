"""What can be asked of the waiting room, and what can happen in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from matching.desk import Desk
from matching.ticket import Ticket


class Refusal(StrEnum):
    """Why a command changes nothing."""

    FULL = "full"
    """Too many wait already."""
    LAPSED = "lapsed"
    """The offer is not open any more."""
    UNKNOWN = "unknown"
    """There is no such offer, ticket, desk or pairing."""
    NOT_YOURS = "not_yours"
    """It belongs to somebody else, or to another process by now."""


class Answer(StrEnum):
    """What became of an offer."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    """The ticket or the desk went away while the offer was open."""


# --- what the waiting room holds --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket in line."""

    ticket: Ticket
    process: str
    passed: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """From each person who let this ticket pass to the time until which they are not asked again."""
    offer: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """An open desk."""

    desk: Desk
    lapses: int = 0
    """How many offers in a row lapsed here."""
    offer: str | None = None
    """A desk looks at one offer at a time."""


@dataclass(frozen=True, slots=True)
class Offer:
    id: str
    ticket: str
    person: str
    lapses_at: float
    answer: Answer = Answer.OPEN
    fence: int = 0
    """That of the pairing, once accepted."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A pairing, and the ticket it was made of so that it can be undone."""

    waiting: Waiting | None
    """None when the pairing was re-asserted after a loss of Redis."""
    ticket: str
    person: str
    fence: int
    process: str
    """The process that holds the seeker."""
    confirmed: bool = False


# --- commands ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Join:
    ticket: Ticket
    process: str


@dataclass(frozen=True, slots=True)
class Requeue:
    """Ends the ticket's pairing, if any, and puts it at the head with its original arrival."""

    ticket: Ticket
    process: str


@dataclass(frozen=True, slots=True)
class Leave:
    ticket: str


@dataclass(frozen=True, slots=True)
class MakeUrgent:
    ticket: str


@dataclass(frozen=True, slots=True)
class OpenDesk:
    desk: Desk


@dataclass(frozen=True, slots=True)
class CloseDesk:
    person: str
    process: str


@dataclass(frozen=True, slots=True)
class Pause:
    person: str
    on: bool


@dataclass(frozen=True, slots=True)
class Accept:
    offer: str
    person: str


@dataclass(frozen=True, slots=True)
class Decline:
    offer: str
    person: str


@dataclass(frozen=True, slots=True)
class Confirm:
    ticket: str
    fence: int


@dataclass(frozen=True, slots=True)
class Hold:
    ticket: str
    person: str
    process: str


@dataclass(frozen=True, slots=True)
class Release:
    ticket: str
    person: str


@dataclass(frozen=True, slots=True)
class Renew:
    tickets: tuple[str, ...]
    desks: tuple[str, ...]
    process: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """Does what is due. `expected` is what the caller's own steady clock says the time should be."""

    expected: float | None = None


Command = (
    Join
    | Requeue
    | Leave
    | MakeUrgent
    | OpenDesk
    | CloseDesk
    | Pause
    | Accept
    | Decline
    | Confirm
    | Hold
    | Release
    | Renew
    | Sweep
)


# --- events -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Queued:
    """A ticket stands in line, newly or changed."""

    waiting: Waiting


@dataclass(frozen=True, slots=True)
class Gone:
    """A ticket stands in line no more."""

    ticket: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A desk is open, newly or changed."""

    post: Post


@dataclass(frozen=True, slots=True)
class Closed:
    person: str


@dataclass(frozen=True, slots=True)
class Offered:
    offer: Offer


@dataclass(frozen=True, slots=True)
class Answered:
    """An offer is open no more, and is remembered until then."""

    offer: str
    answer: Answer
    until: float
    fence: int = 0


@dataclass(frozen=True, slots=True)
class Paired:
    pair: Pair
    at: float


@dataclass(frozen=True, slots=True)
class Confirmed:
    ticket: str


@dataclass(frozen=True, slots=True)
class Released:
    ticket: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A number was drawn for an offer or a fence."""

    serial: int


@dataclass(frozen=True, slots=True)
class Timed:
    """Something is due at that time; None when it is due no more."""

    what: str
    at: float | None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """An answered offer is remembered no more."""

    offer: str


Event = (
    Queued
    | Gone
    | Opened
    | Closed
    | Offered
    | Answered
    | Paired
    | Confirmed
    | Released
    | Drawn
    | Timed
    | Forgotten
)
