"""How long somebody who waits must expect to wait: an honest range, never a promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import quantiles
from typing import Final

CONVERSATION: Final = (20 * 60.0, 60 * 60.0)
"""Seconds a conversation takes, short and long, where too few pairings were seen to know better."""
ANSWER: Final = (5.0, 60.0)
"""Seconds until a supporter with room accepts, quick and slow."""
LONGEST: Final = 3 * 60 * 60.0
"""Seconds; a range says no more than this."""
ENOUGH: Final = 4
"""Fewer pauses between pairings than this say nothing about the next."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Between `low` and `high` seconds."""

    low: float
    high: float


def expected_wait(
    place: int, *, room: int, capacity: int, paired_at: Sequence[float] = (), at: float = 0.0
) -> Wait | None:
    """The wait of the ticket at `place`, where 1 is next; None when nobody is on who could end it.

    `room` is how many conversations the ready desks can take now, `capacity` how many they can at most,
    `paired_at` when the last pairings were made, the latest first.
    """
    if capacity <= 0:
        return None
    if place <= room:
        return Wait(*ANSWER)
    ahead = place - room
    quick, slow = _pauses(capacity, paired_at, at)
    low, high = ANSWER[0] + (ahead - 1) * quick, ANSWER[1] + ahead * slow
    return Wait(min(low, LONGEST), min(high, LONGEST))


def _pauses(capacity: int, paired_at: Sequence[float], at: float) -> tuple[float, float]:
    """How soon and how late one desk after another gets room.

    The time since the last pairing counts as a pause too once it is the longest, so that a line that stands
    still is not promised its former pace.
    """
    pauses = [later - earlier for later, earlier in pairwise(paired_at)]
    if len(pauses) < ENOUGH:
        return CONVERSATION[0] / capacity / 2, CONVERSATION[1] / capacity
    quartiles = quantiles(pauses, n=4, method="inclusive")
    return quartiles[0], max(quartiles[2], at - paired_at[0])
