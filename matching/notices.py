"""What the waiting room tells the processes.

A notice is a wake-up that may be lost: it never says more than can be asked for, and may be said twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from matching.records import Answer


@dataclass(frozen=True, slots=True)
class Offered:
    """A supporter of this process is shown a ticket."""

    person: str
    offer: str
    ticket: str
    topic: str | None
    language: str | None
    mood: int | None
    waited: float
    """Seconds."""
    urgent: bool
    lapses_at: float
    """Seconds since the epoch, by Redis' clock."""


@dataclass(frozen=True, slots=True)
class Lapsed:
    """An offer is open no more, without an answer of its person."""

    person: str
    offer: str
    why: Answer
    """`LAPSED` for an offer left unanswered, `WITHDRAWN` when the ticket or the desk went away."""


@dataclass(frozen=True, slots=True)
class Paired:
    """A pairing that its conversation's stream may not have yet; told again until it is confirmed."""

    ticket: str
    person: str
    fence: int
    process: str
    """The process that holds the seeker."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Something changed for everybody: the order of the line, or only when the next sweep is due."""

    order: bool
    due_in: float | None
    """Seconds until the next sweep; None when nothing is due."""


@dataclass(frozen=True, slots=True)
class DeskPaused:
    """A desk of this process let too many offers lapse in a row, and is paused."""

    person: str


Notice = Offered | Lapsed | Paired | Moved | DeskPaused


def read(data: str | bytes) -> Notice | None:
    """The notice in a published message; None for one that this version does not know."""
    told = json.loads(data)
    match told["kind"]:
        case "offered":
            return offered(told)
        case "lapsed":
            return Lapsed(told["person"], told["offer"], Answer(told["why"]))
        case "paired":
            return Paired(told["ticket"], told["person"], int(told["fence"]), told["process"])
        case "moved":
            due = told.get("due")
            return Moved(bool(told["moved"]), None if due is None else due / 1000)
        case "desk_paused":
            return DeskPaused(told["person"])
        case _:
            return None


def offered(told: dict[str, Any]) -> Offered:
    """An offer as the scripts write it, times in ms."""
    return Offered(
        person=told["person"],
        offer=told["offer"],
        ticket=told["ticket"],
        topic=told.get("topic"),
        language=told.get("language"),
        mood=told.get("mood"),
        waited=told["waited"] / 1000,
        urgent=bool(told.get("urgent")),
        lapses_at=told["lapses"] / 1000,
    )
