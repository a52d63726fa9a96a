"""Drills: a practice alert through the real path, timed to the first person who has it, and kept as figures.

Any process may carry one on. A drill lies in the database from its first moment, so that one whose process
dies is raised, timed and stood down by another.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from chat.monthly import Monthly
from moderation.alertbook import AlertBook, NotDurable
from moderation.alerts import Alert, AlertStore
from storage.drills import UNANSWERED, Drills, Outcome, Running, Started
from storage.routines import Routine, Routines

LOOK_EVERY: Final = 1.0
"""Seconds between two looks at a drill that runs."""
MINUTES: Final = 15.0
"""After how long a drill that nobody answers is given up."""
ROUTINE: Final = "drill"
WARMLINE: Final = "warmline"
"""Who did what no person did, on record."""
PRACTISED: Final = "practice"
_LEASE: Final = 60.0


class Recording(Protocol):
    """Writes down what is about to be done; raises where it cannot."""

    async def __call__(self, actor: str, action: str, kind: str, subject: str) -> None: ...


class Practice:
    """The drills of one campus. Every method raises what the database raises."""

    def __init__(
        self,
        *,
        book: AlertBook,
        store: AlertStore,
        drills: Drills,
        routines: Routines,
        record: Recording,
        campus: str,
        zone: ZoneInfo,
        monthly: Monthly,
        clock: Callable[[], float],
    ) -> None:
        self._book = book
        self._store = store
        self._drills = drills
        self._routines = routines
        self._record = record
        self._campus = campus
        self._zone = zone
        self._monthly = monthly
        self._clock = clock

    async def start(self, started: Started, by: str, *, minutes: float = MINUTES) -> str | None:
        """Begins a drill and answers its name; None while another runs. On record before it begins."""
        if await self._drills.running(self._campus) is not None:
            return None
        return await self._begin(secrets.token_hex(16), started, by, minutes)

    async def look(self) -> Outcome | None:
        """Carries on the drill that runs, and answers what came of it when this look has ended it."""
        run = await self._drills.running(self._campus)
        if run is None:
            return None
        alert = await self._alert(run)
        over = self._clock() >= run.until
        if not over and (alert is None or alert.state == "open"):
            return None
        if alert is not None and alert.state in {"open", "acknowledged"}:
            outcome = UNANSWERED if alert.state == "open" else PRACTISED
            await self._book.stand_down(alert.id, alert.person or WARMLINE, outcome)
        return await self._drills.finish(run.id)

    async def running(self) -> tuple[Running, Alert | None] | None:
        """The drill that runs, and its alert once that is raised."""
        run = await self._drills.running(self._campus)
        if run is None:
            return None
        return run, await self._store.get(run.alert) if run.alert else None

    async def _begin(self, name: str, started: Started, by: str, minutes: float) -> str | None:
        await self._record(by, "drill", "drill", name)
        at = self._clock()
        if not await self._drills.begin(name, self._campus, started=started, at=at, until=at + minutes * 60):
            return None
        await self.look()  # raises its alert now rather than with the next look
        return name

    async def _alert(self, run: Running) -> Alert | None:
        if run.alert is not None:
            return await self._store.get(run.alert)
        try:
            # Under the drill's own name: whoever raises it again raises the same alert.
            raised = await self._book.raise_alert(
                key=run.id,
                conversation=run.id,
                campus=self._campus,
                category=PRACTISED,
                severity="crisis",
                source="practice",
            )
        except NotDurable:
            return None
        if raised.alert is not None:
            await self._drills.raised(run.id, raised.alert.id)
        return raised.alert

    async def outcome(self, name: str) -> Outcome | None:
        """What came of a drill that is over."""
        return await self._drills.get(name)

    # --- by itself ----------------------------------------------------------------------------------------

    async def come_round(self) -> None:
        """Begins the drill of the month when its time has come; over all processes, one begins it."""
        now = dt.datetime.fromtimestamp(self._clock(), self._zone)
        turn = now.year * 12 + now.month
        standing = await self._routines.get(self._campus, ROUTINE)
        if standing is None:
            # An installation does not begin with a drill: its first is that of the next month.
            await self._took(turn)
            return
        taken = standing.turn >= turn and standing.held_until is None
        if standing.off or taken or not self._monthly.due(now):
            return
        if not await self._routines.take(self._campus, ROUTINE, turn=turn, at=self._clock(), lease=_LEASE):
            return
        name = f"{self._campus}-{now.year}-{now.month:02}"
        if await self._drills.running(self._campus) is None:
            await self._begin(name, "month", WARMLINE, MINUTES)
            await self._routines.done(self._campus, ROUTINE, turn=turn, at=self._clock())

    async def _took(self, turn: int) -> None:
        at = self._clock()
        if await self._routines.take(self._campus, ROUTINE, turn=turn, at=at, lease=_LEASE):
            await self._routines.done(self._campus, ROUTINE, turn=turn, at=at)

    async def by_itself(self) -> Routine | None:
        """Whether the monthly drill is on, and when it was last; None before the first look."""
        return await self._routines.get(self._campus, ROUTINE)

    async def following(self) -> dt.datetime | None:
        """When the next one begins by itself, in the campus' time; None where it is switched off."""
        standing = await self._routines.get(self._campus, ROUTINE)
        if standing is not None and standing.off:
            return None
        now = dt.datetime.fromtimestamp(self._clock(), self._zone)
        this_month = standing is not None and standing.turn < now.year * 12 + now.month
        return self._monthly.following(now, this_month=this_month)

    async def switch(self, *, off: bool, by: str) -> None:
        """Switches the monthly drill off or on; on record before it is so."""
        await self._record(by, "drills_off" if off else "drills_on", "campus", self._campus)
        await self._routines.switch(self._campus, ROUTINE, off=off, at=self._clock())
