"""After a hard conversation: to whom a debrief is offered, what they took up, and who would like to talk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol
from zoneinfo import ZoneInfo

CALL: Final = "debrief"
"""What is told to the other processes in the place of an alert's id."""
SHOWN_FOR: Final = 30 * 60.0
"""Seconds for which boards show that somebody would like to talk."""
_HEARD: Final = "heard "
"""What stands before a person whose call a lead has taken up."""
What = Literal["offered", "break", "talk", "no"]


class Store(Protocol):
    """Where debriefs are counted, and where it is noted who is still to be offered one."""

    async def count(self, campus: str, day: dt.date, what: What) -> None: ...
    async def owe(self, person: str, day: dt.date) -> bool: ...
    async def is_due(self, person: str) -> bool: ...
    async def answered(self, person: str) -> None: ...


class Debriefs:
    """One is offered until its person has answered, also to who was not connected when it fell due.

    A call lives in memory, on every process, for half an hour, or until a lead has taken it up.
    """

    def __init__(
        self,
        store: Store,
        *,
        campus: str,
        zone: ZoneInfo,
        clock: Callable[[], float],
        tell: Callable[[str], None],
    ) -> None:
        """`tell` makes something known to every process, this one too, which hand it to `hear`."""
        self._store = store
        self._campus = campus
        self._zone = zone
        self._clock = clock
        self._tell = tell
        self._calls: dict[str, float] = {}
        self._owed: set[str] = set()
        """Persons to whom one is due, and of whom the database does not know it yet."""

    def owe(self, person: str) -> None:
        """A hard conversation of theirs is over; `flush` notes it."""
        self._owed.add(person)

    async def flush(self) -> None:
        """Notes to whom a debrief is due. Raises what the database raises; the rest is noted next time."""
        for person in tuple(self._owed):
            if await self._store.owe(person, self._today()):
                await self._store.count(self._campus, self._today(), "offered")
            self._owed.discard(person)

    async def is_due(self, person: str) -> bool:
        """Whether one is to be offered. Raises what the database raises."""
        return person in self._owed or await self._store.is_due(person)

    async def took(self, person: str, what: Literal["break", "talk", "no"]) -> None:
        """Counts a choice; a wish to talk is shown to leads first. Raises what the database raises."""
        if what == "talk":
            self._tell(person)
        self._owed.discard(person)
        await self._store.answered(person)
        await self._store.count(self._campus, self._today(), what)

    def heard(self, person: str) -> None:
        """A lead has taken the call of this person up: no board shows it any more."""
        self._tell(_HEARD + person)

    def hear(self, told: str) -> None:
        person = told.removeprefix(_HEARD)
        if person != told:
            self._calls.pop(person, None)
        else:
            self._calls[person] = self._clock()

    @property
    def calls(self) -> Sequence[tuple[str, float]]:
        """Who would like to talk, and since when."""
        now = self._clock()
        self._calls = {person: at for person, at in self._calls.items() if now - at < SHOWN_FOR}
        return tuple(self._calls.items())

    def _today(self) -> dt.date:
        return dt.datetime.fromtimestamp(self._clock(), self._zone).date()
