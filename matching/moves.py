"""The moves that can be asked of a waiting room, and why one may be refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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
