"""Sends the head of the record to its custodians, each once a day: what they keep cannot be taken back.

A head is a number and a code. Whoever has the heads of the last years, and they lie where the owner of the
database has no hand, can show that entries were cut off or that everything was made anew.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from moderation.channels.channel import Notice, Target
from moderation.messenger import Messenger
from storage.audit import Audit
from storage.chain import Head
from storage.routines import Routines

LOOK_EVERY: Final = 60.0
FROM: Final = 6
"""The hour of the day, in the campus' time, from which the day's head is sent."""
_LEASE: Final = 300.0
"""Seconds after which what could not be sent is tried again."""


class Heads:
    """Custodians are addresses on alert channels. Raises what the database raises."""

    def __init__(
        self,
        *,
        audit: Audit,
        routines: Routines,
        messenger: Messenger,
        campus: str,
        custodians: Sequence[Target],
        zone: ZoneInfo,
        clock: Callable[[], float],
    ) -> None:
        self._audit = audit
        self._routines = routines
        self._messenger = messenger
        self._campus = campus
        self._custodians = custodians
        self._zone = zone
        self._clock = clock

    async def come_round(self) -> int:
        """Sends today's head to those who have not had it, and answers how many took it from this process.

        A day on which nothing ran is made up for with the next head, which holds all that was before it and
        says how many days had none.
        """
        now = dt.datetime.fromtimestamp(self._clock(), self._zone)
        if now.hour < FROM:
            return 0
        return sum([await self._send(custodian, now.date()) for custodian in self._custodians])

    async def _send(self, custodian: Target, day: dt.date) -> bool:
        name, turn = _name(custodian), day.toordinal()
        standing = await self._routines.get(self._campus, name)
        at = self._clock()
        if standing is not None and standing.turn >= turn and (standing.held_until or at + 1) > at:
            return False
        if not await self._routines.take(self._campus, name, turn=turn, at=at, lease=_LEASE):
            return False
        last = standing.done_at if standing is not None else None
        missed = 0
        if last is not None:
            missed = (day - dt.datetime.fromtimestamp(last, self._zone).date()).days - 1
        head = await self._audit.head()
        notice = told(head, day, max(0, missed))
        took = await self._messenger.send(notice, self._campus, f"{self._campus}/head/{day}", [custodian])
        if not took:
            return False
        await self._routines.done(self._campus, name, turn=turn, at=self._clock())
        return True


def told(head: Head, day: dt.date, missed: int) -> Notice:
    """The day's head, in the line that `warmline audit verify --heads` reads."""
    days = "one day" if missed == 1 else f"{missed} days"
    gap = f"\n\nBefore this, no head was sent for {days}." if missed else ""
    return Notice(
        "record_head",
        f"Warmline: head of the record on {day}",
        f"Please keep this line. It shows later that nothing was taken out of the record of what staff did."
        f"\n\n{head}{gap}",
    )


def _name(custodian: Target) -> str:
    """Which custodian it is, without the address."""
    digest = hashlib.sha256(f"{custodian.channel} {custodian.address}".encode()).hexdigest()
    return f"head:{digest[:24]}"
