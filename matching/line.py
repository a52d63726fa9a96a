"""The waiting room as a pure object: events fold to a line, desks, offers, pairings and what is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, TypeVar

from matching.events import (
    Answered,
    Closed,
    Confirmed,
    Drawn,
    Event,
    Forgotten,
    Gone,
    Offered,
    Opened,
    Paired,
    Queued,
    Released,
    Timed,
)
from matching.records import Offer, Pair, Post, Waiting
from matching.settings import Settings

T = TypeVar("T")

PACES: Final = 20
"""How many of the last pairings are remembered for the expected wait."""


@dataclass(frozen=True, slots=True)
class Queue:
    """What the events so far add up to."""

    settings: Settings = field(default_factory=Settings)
    tickets: Mapping[str, Waiting] = field(default_factory=lambda: MappingProxyType({}))
    desks: Mapping[str, Post] = field(default_factory=lambda: MappingProxyType({}))
    offers: Mapping[str, Offer] = field(default_factory=lambda: MappingProxyType({}))
    pairings: Mapping[str, Pair] = field(default_factory=lambda: MappingProxyType({}))
    due: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """What time will change, by when. The names are those of the sorted set in `keys`."""
    serial: int = 0
    paired_at: tuple[float, ...] = ()
    """The latest first."""

    @property
    def line(self) -> list[str]:
        """The tickets in order, the next one first; those being offered keep their place."""
        return sorted(self.tickets, key=lambda name: self.tickets[name].ticket.rank)

    def load(self, person: str) -> int:
        """How many conversations a person is in."""
        return sum(pair.person == person for pair in self.pairings.values())


def due(queue: Queue) -> float | None:
    """When `Sweep` will find something to do; None when nothing is due."""
    return min(queue.due.values(), default=None)


def evolve(queue: Queue, event: Event) -> Queue:
    """The queue after an event."""
    match event:
        case Queued(waiting):
            return replace(queue, tickets={**queue.tickets, waiting.ticket.id: waiting})
        case Gone(ticket):
            return replace(queue, tickets=_without(queue.tickets, ticket))
        case Opened(post):
            return replace(queue, desks={**queue.desks, post.desk.person: post})
        case Closed(person):
            return replace(queue, desks=_without(queue.desks, person))
        case Offered(offer):
            return replace(queue, offers={**queue.offers, offer.id: offer})
        case Answered(offer_id, answer, until, fence):
            answered = replace(queue.offers[offer_id], answer=answer, fence=fence)
            timed = {**queue.due, f"o:{offer_id}": until}
            return replace(queue, offers={**queue.offers, offer_id: answered}, due=timed)
        case Forgotten(offer_id):
            return replace(queue, offers=_without(queue.offers, offer_id))
        case Paired(pair, at):
            paces = queue.paired_at if at is None else (at, *queue.paired_at)[:PACES]
            return replace(queue, pairings={**queue.pairings, pair.ticket: pair}, paired_at=paces)
        case Confirmed(ticket):
            pair = replace(queue.pairings[ticket], confirmed=True)
            return replace(queue, pairings={**queue.pairings, ticket: pair})
        case Released(ticket):
            return replace(queue, pairings=_without(queue.pairings, ticket))
        case Drawn(serial):
            return replace(queue, serial=serial)
        case Timed(what, when):
            others = _without(queue.due, what)
            return replace(queue, due=others if when is None else {**others, what: when})


def _without(mapping: Mapping[str, T], name: str) -> Mapping[str, T]:
    return {key: value for key, value in mapping.items() if key != name}
