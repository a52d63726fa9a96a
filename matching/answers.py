"""What Redis answers, and how tickets are written for it. Redis counts in ms, everybody else in seconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from matching import notices
from matching.moves import Refusal
from matching.notices import Offered
from matching.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Joined:
    """Where a ticket stands: 1 is next."""

    place: int
    total: int


@dataclass(frozen=True, slots=True)
class Pairing:
    """A supporter accepted a ticket. Whoever writes it into the conversation's stream names its fence."""

    ticket: str
    person: str
    fence: int
    """Rises with every pairing of the campus, so that a late one can be told."""
    seeker_process: str


@dataclass(frozen=True, slots=True)
class Renewed:
    """What could not be renewed."""

    tickets: frozenset[str]
    """Redis does not know them (any more): the caller joins those that wait and holds those that are live."""
    desks: frozenset[str]
    """Redis does not know them (any more): the caller opens them again."""
    taken: frozenset[str]
    """Another process has opened these desks since: the caller lets go of them."""

    @property
    def complete(self) -> bool:
        return not (self.tickets or self.desks or self.taken)


@dataclass(frozen=True, slots=True)
class Counts:
    """The waiting room in numbers, for the board and the expected wait."""

    at: float
    """Redis' time of counting, in seconds since the epoch."""
    waiting: int
    urgent: int
    longest_wait: float
    """Seconds; 0 when nobody waits."""
    offers: int
    """How many of those waiting are shown to a supporter right now."""
    pairings: int
    ready: int
    """Desks that are not paused, with room or without."""
    paused: int
    room: int
    """How many more conversations the ready desks could take."""
    loads: Mapping[str, tuple[int, int]]
    """From each person with an open desk to their conversations and their capacity."""
    paired_at: tuple[float, ...]
    """When the last pairings were made, the latest first, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What waits for an answer of this process or this person."""

    offers: tuple[Offered, ...]
    unconfirmed: tuple[Pairing, ...]


# --- reading and writing ----------------------------------------------------------------------------------


def ms(seconds: float) -> int:
    return round(seconds * 1000)


def names(some: Iterable[str]) -> dict[str, bool]:
    """Lua knows no empty list; a set travels as an object."""
    return dict.fromkeys(some, True)


def written(ticket: Ticket) -> dict[str, Any]:
    record = {
        "id": ticket.id,
        "joined": ms(ticket.joined_at),
        "urgent": ticket.urgent,
        "returned": ticket.returned,
        "topic": ticket.topic,
        "language": ticket.language,
        "mood": ticket.mood,
        "wants": names(ticket.wants),
        "avoid": names(ticket.avoid),
    }
    return {name: value for name, value in record.items() if value is not None}


def refusal(told: dict[str, Any]) -> Refusal | None:
    return Refusal(told["refused"]) if "refused" in told else None


def done(told: dict[str, Any]) -> bool:
    return "refused" not in told


def paired(told: dict[str, Any]) -> Pairing:
    return Pairing(told["id"], told["person"], int(told["fence"]), told["process"])


def pairing(told: dict[str, Any]) -> Pairing | Refusal:
    return refusal(told) or paired(told["pairing"])


def place(told: dict[str, Any]) -> Joined | Pairing | Refusal:
    if "place" in told:
        return Joined(told["place"], told["total"])
    return pairing(told)


def standing(told: dict[str, Any]) -> Standing:
    return Standing(
        tuple(notices.offered(one) for one in told["offered"]), tuple(paired(one) for one in told["paired"])
    )


def renewed(told: dict[str, Any]) -> Renewed:
    return Renewed(frozenset(told["tickets"]), frozenset(told["desks"]), frozenset(told["taken"]))


def counts(told: dict[str, Any]) -> Counts:
    desks: list[dict[str, Any]] = list(told["desks"])
    ready = [desk for desk in desks if not desk["paused"]]
    return Counts(
        at=told["now"] / 1000,
        waiting=told["waiting"],
        urgent=told["urgent"],
        longest_wait=told["longest"] / 1000,
        offers=told["offers"],
        pairings=told["pairings"],
        ready=len(ready),
        paused=len(desks) - len(ready),
        room=sum(max(desk["capacity"] - desk["load"], 0) for desk in ready),
        loads=MappingProxyType({desk["person"]: (desk["load"], desk["capacity"]) for desk in desks}),
        paired_at=tuple(int(one) / 1000 for one in told["paces"]),
    )
