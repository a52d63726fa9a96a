"""How a process that stops sends everybody elsewhere: over some time, so that the others are not stormed.

Pure: what there is to close goes in, and comes out in shares, one for each tick.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Final, TypeVar

TICK: Final = 0.05
"""Seconds between two shares."""
FASTEST: Final = 100.0
"""Connections a second below which there is nothing to spread: the others do not notice that many."""

_T = TypeVar("_T")


def shares(connections: Sequence[_T], most: float) -> Iterator[Sequence[_T]]:
    """All of the connections, in shares that take `most` seconds together, and less when they are few."""
    seconds = min(most, len(connections) / FASTEST)
    size = ceil(len(connections) / max(1, int(seconds / TICK)))
    for start in range(0, len(connections), max(1, size)):
        yield connections[start : start + size]
