"""What is kept of a time: wide buckets that hide which conversation it was."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal

Wait = Literal["under_1", "1_to_5", "5_to_15", "15_to_30", "30_to_60", "over_60"]
Duration = Literal["under_5", "5_to_15", "15_to_30", "30_to_60", "60_to_90", "over_90"]

_WAITS: Final[tuple[tuple[int, Wait], ...]] = (
    (1, "under_1"),
    (5, "1_to_5"),
    (15, "5_to_15"),
    (30, "15_to_30"),
    (60, "30_to_60"),
)
_DURATIONS: Final[tuple[tuple[int, Duration], ...]] = (
    (5, "under_5"),
    (15, "5_to_15"),
    (30, "15_to_30"),
    (60, "30_to_60"),
    (90, "60_to_90"),
)
_HOURS_A_BLOCK: Final = 6


@dataclass(frozen=True, slots=True)
class Block:
    """A quarter of a day on the wall clock of a campus: 0 starts at midnight, 3 at 18:00."""

    day: dt.date
    six_hours: int


def block(at: float, zone: dt.tzinfo) -> Block:
    """The block in which `at`, in seconds since the Unix epoch, falls in the campus' time zone."""
    wall = dt.datetime.fromtimestamp(at, zone)
    return Block(wall.date(), wall.hour // _HOURS_A_BLOCK)


def wait(seconds: float) -> Wait:
    """The bucket of a wait, in minutes; its lower bound belongs to it. A negative wait counts as none."""
    for minutes, bucket in _WAITS:
        if seconds < minutes * 60:
            return bucket
    return "over_60"


def duration(seconds: float) -> Duration:
    """The bucket of a conversation's length, in minutes; its lower bound belongs to it."""
    for minutes, bucket in _DURATIONS:
        if seconds < minutes * 60:
            return bucket
    return "over_90"
