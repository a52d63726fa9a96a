"""What can happen in a waiting room."""

from __future__ import annotations

from dataclasses import dataclass

from matching.records import Answer, Offer, Pair, Post, Waiting


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
    at: float | None
    """When it was accepted; None when a pairing that stands was said again."""


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
