"""How long a process that ended waits until it is started again. Pure: seconds in, seconds out."""

from __future__ import annotations

from typing import Final

STEADY: Final = 60.0
"""Seconds for which a process has served well enough that its end is not held against the next one."""
FIRST: Final = 0.5
LONGEST: Final = 30.0
"""Seconds that are waited at most: whatever was wrong may have been put right."""


def failures(before: int, served: float) -> int:
    """How many ends in a row it is now, when the last process served for some seconds (0: never ready)."""
    return 1 if served >= STEADY else before + 1


def wait(failures: int) -> float:
    """Seconds until the next start. The first end costs nobody a wait: most are the only one."""
    return 0.0 if failures <= 1 else min(LONGEST, FIRST * 2.0 ** min(failures - 2, 16))
