"""How long a process that ended waits until it is started again, and which one hangs. Pure: no clock."""

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


class Watched:
    """Whether a process hangs: it is looked at again and again, and was not heard between the looks.

    Looks are counted and not seconds. When the one that looks stood still itself, as on a machine that was
    paused, nobody is to blame for the silence.
    """

    def __init__(self, silent: int, starting: int) -> None:
        """It hangs after `silent` looks without a beat, and until it is ready after `starting` of them: what
        a start loads keeps the event loop busy, the longer the busier the machine is.
        """
        self._silent = silent
        self._starting = starting
        self._beats = 0
        self._looks = 0

    def hangs(self, beats: int, *, ready: bool) -> bool:
        """One look, by when it was heard so many times in all."""
        self._looks = 0 if beats != self._beats else self._looks + 1
        self._beats = beats
        return self._looks >= (self._silent if ready else self._starting)
