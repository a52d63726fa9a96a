"""The dead man's switch: once a minute the alert path proves itself, and its silence is what raises an alarm.

A sentence that must be a crisis goes through the campus' own screen, the alert book, the store and a
dispatcher to the null channel. Then an address of the campus' choice is pinged, so that somebody outside
notices when even the alarm cannot be raised. What it leaves behind is removed before the next turn.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from moderation.alertbook import AlertBook, NotDurable
from moderation.alerts import Alert, AlertStore
from moderation.channels.channel import Notice
from moderation.messenger import Messenger
from moderation.selftest import TARGET, beside
from moderation.severity import Severity
from storage.errors import StorageError
from storage.routines import Routine, Routines

ROUTINE: Final = "switch"
PERIOD: Final = 60.0
LOOK_EVERY: Final = 2.0
LATE: Final = 150.0
"""Seconds without a pass after which two were missed, with time for a slow one."""
AGAIN: Final = 3600.0
"""Seconds after which people are told once more while it is late."""
WITHIN: Final = 30.0
"""Seconds that one turn may take, from the sentence to the null channel."""
SENTENCES: Final = (
    "I want to kill myself tonight and I have the pills here.",
    "I want to die. I do not want to live any more.",
)
"""One of them must be a crisis to the campus' screen: a campus may have muted the terms of the other."""
_LOOK: Final = 0.25


class Found(Protocol):
    @property
    def severity(self) -> Severity: ...


class Kept(AlertStore, Protocol):
    """The store of alerts, as far as the switch needs more of it."""

    async def remove_campus(self, campus: str) -> int:
        """Removes every alert of a campus with all that belongs to it."""
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """`passed_at` is in seconds since the Unix epoch; None where it never passed."""

    passed_at: float | None
    late: bool


class Switch:
    """Carries the test of one campus out, in a process that screens messages."""

    def __init__(
        self,
        *,
        findings: Callable[[str], Sequence[Found]],
        book: AlertBook,
        store: Kept,
        routines: Routines,
        campus: str,
        clock: Callable[[], float],
        ping: Callable[[], Awaitable[bool]] | None,
        unheard: Callable[[], None],
    ) -> None:
        """`ping` answers whether the campus' address took it, and `unheard` is called when it did not."""
        self._findings = findings
        self._book = book
        self._store = store
        self._routines = routines
        self._campus = campus
        self._clock = clock
        self._ping = ping
        self._unheard = unheard

    async def turn(self) -> bool:
        """Whether this process took this minute's turn and it passed. Raises what the database raises."""
        minute = int(self._clock() // PERIOD)
        standing = await self._routines.get(self._campus, ROUTINE)
        if standing is not None and standing.turn >= minute:
            return False
        at = self._clock()
        if not await self._routines.take(self._campus, ROUTINE, turn=minute, at=at, lease=PERIOD):
            return False
        campus = beside(self._campus)
        await self._store.remove_campus(campus)
        passed = await self._passes(campus, f"{campus}{minute}")
        await self._store.remove_campus(campus)
        if not passed or not await self._routines.done(self._campus, ROUTINE, turn=minute, at=self._clock()):
            return False
        if self._ping is not None and not await self._ping():
            self._unheard()
        return True

    async def _passes(self, campus: str, name: str) -> bool:
        """From the screen to the null channel."""
        found = (one for sentence in SENTENCES for one in self._findings(sentence))
        if not any(one.severity == "crisis" for one in found):
            return False
        with contextlib.suppress(NotDurable, TimeoutError):
            raised = await self._book.raise_alert(
                key=name,
                conversation=name,
                campus=campus,
                category="self_test",
                severity="crisis",
                source="practice",
            )
            async with asyncio.timeout(WITHIN):
                await self._arrives(name, raised.alert)
                return True
        return False

    async def _arrives(self, name: str, alert: Alert | None) -> None:
        """Returns when the null channel has it; what a slow store left to the spool is drained meanwhile."""
        while True:
            alert = alert or await self._store.of_conversation(name)
            told = await self._store.delivered(alert=alert.id, rung=0) if alert else ()
            if (TARGET.person, TARGET.channel) in told:
                return
            await asyncio.sleep(_LOOK)


class Lookout:
    """Notices, in every process, that the switch is late, and has people told by one of them."""

    def __init__(
        self, *, routines: Routines, messenger: Messenger, campus: str, clock: Callable[[], float], where: str
    ) -> None:
        self._routines = routines
        self._messenger = messenger
        self._campus = campus
        self._clock = clock
        self._where = where
        self._began = clock()
        self._known: Routine | None = None
        self._told_at: float | None = None

    @property
    def standing(self) -> Standing:
        """As it was at the last look, in memory: asking costs nothing and works without a database.

        A process that has just begun gives the switch the time that it takes to become late: after a night
        in which nothing ran there is nothing to alarm about.
        """
        since = max(self._began, self._known.last if self._known else 0.0)
        return Standing(self._known.done_at if self._known else None, self._clock() - since > LATE)

    async def look(self) -> bool:
        """Whether this process has told people, at this look, that the switch is late."""
        try:
            self._known = await self._routines.get(self._campus, ROUTINE)
        except StorageError:
            # Nobody can say who tells: each process does, once in a while. Too often is better than never.
            return self.standing.late and await self._tell_from_memory()
        if not self.standing.late:
            self._told_at = None
            return False
        now = self._clock()
        if self._known is None:
            return await self._tell_from_memory()
        if not await self._routines.tell_late(self._campus, ROUTINE, before=now - LATE, at=now, again=AGAIN):
            return False
        await self._tell(now)
        return True

    async def _tell_from_memory(self) -> bool:
        now = self._clock()
        if self._told_at is not None and now - self._told_at < AGAIN:
            return False
        self._told_at = now
        await self._tell(now)
        return True

    async def _tell(self, now: float) -> None:
        await self._messenger.tell(late(self._where), self._campus, f"{self._campus}/late/{int(now)}")


def late(where: str) -> Notice:
    """What people are told: about the service, and about nobody who writes to it."""
    return Notice(
        "alert_path_late",
        "Warmline: the alert path is not proven",
        "The test that goes through the whole alert path every minute has not passed for more than two "
        "minutes. Alerts may be late or may not arrive. Until it passes, watch the staff page yourselves and "
        f"have whoever runs the server look at it: {where}",
    )
