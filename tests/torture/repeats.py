"""Pages that came more than once, and whose death each repetition is the doing of. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import Final

from tests.torture.phone import Ring

SEEN_WITHIN: Final = 1.0
"""Seconds by which a death may be seen after a page that another process told in its place."""


@dataclass
class Repeats:
    """What came again."""

    of: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many pages of an alert were told again because a process was killed: (its life, the alert)."""
    unexplained: list[str] = field(default_factory=list)
    """Pages that were told again though whoever told them lived, with who told them when."""

    @property
    def total(self) -> int:
        return self.of.total() + len(self.unexplained)

    @property
    def too_many(self) -> list[str]:
        """A kill may repeat one page of an alert, and nothing else may repeat any."""
        twice = [f"{life}: {n} pages of {alert}" for (life, alert), n in self.of.items() if n > 1]
        return [*self.unexplained, *twice]

    @property
    def several(self) -> int:
        """How many kills repeated a page each of several alerts, which were being told at that moment."""
        return sum(times > 1 for times in Counter(life for life, _ in self.of).values())


def repeats(
    came: Mapping[str, Sequence[Ring]], alerts: Mapping[str, str], deaths: Mapping[str, float]
) -> Repeats:
    """What came again of the pages of `alerts`, which is from each page to the alert that it tells of.

    `came` is from each page to its arrivals in order, `deaths` from each life to when it was over.
    """
    found = Repeats()
    for page, alert in alerts.items():
        rings = came.get(page, ())
        for first, again in pairwise(rings):
            if first.by != again.by and deaths.get(first.by, inf) <= again.at + SEEN_WITHIN:
                found.of[first.by, alert] += 1
            else:
                found.unexplained.append(f"page {page[:8]}: {_told(rings)}")
    return found


def _told(rings: Sequence[Ring]) -> str:
    start = rings[0].at
    return ", ".join(f"{ring.by} at {ring.at - start:+.2f} s" for ring in rings)
