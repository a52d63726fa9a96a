"""After a hard conversation: what its supporter took up, as a count, and who would like to talk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol
from zoneinfo import ZoneInfo

CALL: Final = "debrief"
"""What is told to the other processes in the place of an alert's id."""
SHOWN_FOR: Final = 30 * 60.0
"""Seconds for which boards show that somebody would like to talk."""
What = Literal["offered", "break", "talk", "no"]


class Counts(Protocol):
    async def count(self, campus: str, day: dt.date, what: What) -> None: ...


class Debriefs:
    """A call lives in memory, on every process, for half an hour. Only counts are kept."""

    def __init__(
        self,
        counts: Counts,
        *,
        campus: str,
        zone: ZoneInfo,
        clock: Callable[[], float],
        tell: Callable[[str], None],
    ) -> None:
        """`tell` makes a call known to every process, this one too, which hand it to `hear`."""
        self._counts = counts
        self._campus = campus
        self._zone = zone
        self._clock = clock
        self._tell = tell
        self._calls: dict[str, float] = {}

    async def took(self, person: str, what: What) -> None:
        """Counts a choice; a wish to talk is shown to leads first. Raises what the database raises."""
        if what == "talk":
            self._tell(person)
        day = dt.datetime.fromtimestamp(self._clock(), self._zone).date()
        await self._counts.count(self._campus, day, what)

    def hear(self, person: str) -> None:
        self._calls[person] = self._clock()

    @property
    def calls(self) -> Sequence[tuple[str, float]]:
        """Who would like to talk, and since when."""
        now = self._clock()
        self._calls = {person: at for person, at in self._calls.items() if now - at < SHOWN_FOR}
        return tuple(self._calls.items())
