"""What a waiting room holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from matching.desk import Desk
from matching.ticket import Ticket


class Answer(StrEnum):
    """What became of an offer."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    """The ticket or the desk went away while the offer was open."""


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
