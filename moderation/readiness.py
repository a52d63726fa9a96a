"""Whether a ladder is tested: whether each of its rungs would reach somebody who has proven to be reached."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from moderation.directory import Directory
from moderation.ladder import Ladder
from moderation.roster import Roster


@dataclass(frozen=True, slots=True)
class Untested:
    """A rung, counted from 1, and the first instant (seconds since the epoch) at which it reaches nobody."""

    rung: int
    at: float


def untested(
    ladder: Ladder, roster: Roster, proven: Directory, edges: Iterable[float]
) -> tuple[Untested, ...]:
    """The rungs that reach nobody at some of these instants, each with the first of them; none: it is tested.

    `proven` holds only targets that were confirmed, so that the question is the one that paging asks: whom
    does this rung find? `edges` are the instants from each of which on the same people are on call.
    """
    found: dict[int, float] = {}
    for edge in edges:
        there = replace(proven, on_call=roster.on_call(edge))
        for number, rung in enumerate(ladder.rungs, start=1):
            if number not in found and not there.find(rung):
                found[number] = edge
    return tuple(Untested(number, at) for number, at in sorted(found.items()))
