"""The work that nobody waits for: counting contacts, renewing keys and leases, forgetting on time."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Final
from zoneinfo import ZoneInfo

from chat.broker import Broker
from storage import buckets
from storage.contacts import Contact, Contacts

SETTLE_EVERY: Final = 60.0
RING_EVERY: Final = 300.0
FORGET_EVERY: Final = 3600.0
BOARD_EVERY: Final = 3.0
LOOKOUT_EVERY: Final = 3.0
COUNTS_EVERY: Final = 60.0
SPACE_EVERY: Final = 2.0
ROUND_EVERY: Final = 20.0

_SEVERITIES: Final = ("notice", "concern", "crisis")


async def every(
    seconds: float,
    work: Callable[[], Awaitable[object]],
    outages: tuple[type[Exception], ...],
    failed: Callable[[BaseException], None],
) -> None:
    """Does some work again and again until it is cancelled. An outage is waited out; a defect is told."""
    while True:
        try:
            await work()
        except outages:
            pass  # what it stands on is away; the next round tries again
        except Exception as error:  # noqa: BLE001 - one kind of work that breaks must not stop the others
            failed(error)
        await asyncio.sleep(seconds)


class Settling:
    """Turns what an ended conversation left behind into a contact."""

    def __init__(
        self, broker: Broker, contacts: Contacts, campus: str, zone: ZoneInfo, clock: Callable[[], float]
    ) -> None:
        self._broker = broker
        self._contacts = contacts
        self._campus = campus
        self._zone = zone
        self._clock = clock

    async def settle(self, *, at_once: bool = False) -> None:
        """Counts the conversations whose people have had their time to say how it was."""
        for facts in await self._broker.settle(at_once=at_once):
            self._contacts.add(contact_of(facts, self._campus, self._zone))
        today = dt.datetime.fromtimestamp(self._clock(), self._zone).date()
        await self._contacts.flush(today)


def contact_of(facts: dict[str, bytes], campus: str, zone: ZoneInfo) -> Contact:
    """The contact of an ended conversation: buckets only, and nobody's name."""

    def number(name: str) -> int:
        return int(facts.get(name, b"0") or b"0")

    block = buckets.block(number("at"), zone)
    severity = facts.get("severity", b"").decode()
    before, after = number("mood"), number("mood_after")
    return Contact(
        campus=campus,
        day=block.day,
        six_hour_block=block.six_hours,
        wait_bucket=buckets.wait(number("waited")),
        duration_bucket=buckets.duration(number("talked")),
        topic=facts.get("topic", b"").decode() or "other",
        language=facts.get("language", b"").decode() or "none",
        outcome=facts.get("outcome", b"").decode() or ("none" if number("paired") else "left_early"),
        severity=severity if severity in _SEVERITIES else None,  # type: ignore[arg-type]  # checked here
        helped=number("helped") or None,
        mood_change=after - before if before and after else None,
    )
