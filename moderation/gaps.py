"""Where a roster reaches nobody: a place without a person, or a person without a tested alert channel."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from moderation.ladder import Ladder
from moderation.roster import PLACES, Place, Roster

Why = Literal["nobody", "unreachable"]


@dataclass(frozen=True, slots=True)
class Gap:
    """A span, in seconds since the epoch. `person` is who cannot be reached; None where nobody is there."""

    place: Place
    why: Why
    start: float
    until: float
    person: str | None = None


def places(ladder: Ladder) -> tuple[Place, ...]:
    """The places of the roster that a ladder tells: only there is somebody missed."""
    told = {who.kind for rung in ladder.rungs for who in rung.tell}
    return tuple(place for place in PLACES if place in told)


def gaps(
    roster: Roster, where: Iterable[Place], reached: Collection[str], start: float, until: float
) -> list[Gap]:
    """The gaps of these places between two instants, by their start. `reached`: who has a tested channel."""
    found: list[Gap] = []
    for place in where:
        for shift in roster.shifts(place, start, until):
            person = shift.held.person
            if person in reached:
                continue
            last = found[-1] if found else None
            if last and (last.place, last.person, last.until) == (place, person, shift.start):
                found[-1] = Gap(place, last.why, last.start, shift.until, person)
            else:
                why: Why = "nobody" if person is None else "unreachable"
                found.append(Gap(place, why, shift.start, shift.until, person))
    return sorted(found, key=lambda gap: (gap.start, gap.place))
