"""Where every alert is entered before anything is acknowledged, and where people move it on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from moderation.alerts import Alert, AlertStore, Severity, Source
from moderation.announcer import Announcer
from moderation.clock import Clock
from moderation.dispatcher import Dispatcher
from moderation.escalation import (
    UNENTERED,
    Acknowledge,
    Command,
    Enter,
    Refused,
    Resolve,
    StandDown,
    decide,
    of,
)
from moderation.sighting import Sighting
from moderation.spool import Spool, SpoolFailed
from moderation.stopgap import Stopgap
from moderation.trouble import Report, Trouble

STORE_WITHIN = 0.3
"""Seconds that the store gets before the spool is used: a seeker's message is waiting."""

SPOOL_WITHIN = 1.0

_MOST_KEPT = 10_000
_DRAIN_WITHIN = 2.0
_LOOK = 1.0


class NotDurable(Exception):
    """Neither the store nor the spool took it. Staff are being paged from memory all the same.

    The caller must not acknowledge the message, shows the emergency lines at once, and lets the client say
    it again, which raises the alert again under the same key.
    """


@dataclass(frozen=True, slots=True)
class Raised:
    """It survives the death of this process. `alert` is None where it waits in the spool."""

    kept: Literal["store", "spool"]
    alert: Alert | None


class AlertBook:
    """The way in for alerts (`raise_alert`) and for what on-call staff do with them."""

    def __init__(
        self,
        *,
        store: AlertStore,
        spool: Spool,
        dispatcher: Dispatcher,
        stopgap: Stopgap,
        announcer: Announcer,
        clock: Clock,
        report: Report,
    ) -> None:
        self._store = store
        self._spool = spool
        self._dispatcher = dispatcher
        self._stopgap = stopgap
        self._announcer = announcer
        self._clock = clock
        self._report = report
        self._kept: dict[str, Sighting] = {}

    async def raise_alert(
        self,
        *,
        key: str,
        conversation: str,
        campus: str,
        category: str,
        severity: Severity,
        source: Source,
    ) -> Raised:
        """Returns when the alert is durable; await it before acknowledging what raised it.

        `key` names the event (conversation, author, count), so that a repetition has no second effect. Takes
        at most 1.3 seconds. Raises `NotDurable`.
        """
        sighting = Sighting(key, conversation, campus, category, severity, source, self._clock.now())
        try:
            async with self._clock.within(STORE_WITHIN):
                alert, changed = await self._enter(sighting)
        except Exception as error:  # noqa: BLE001  # whatever the database did, the disk is asked next
            self._report(Trouble("store", type(error).__name__, campus=campus))
        else:
            await self._entered(sighting, alert, changed=changed)
            return Raised("store", alert)
        earliest = self._dispatcher.earliest(campus, severity, source, sighting.at)
        self._stopgap.ring(conversation, campus, at=earliest)
        try:
            async with self._clock.within(SPOOL_WITHIN):
                await self._spool.append(sighting)
        except (SpoolFailed, TimeoutError) as error:
            self._report(Trouble("spool", type(error).__name__, campus=campus))
            if len(self._kept) < _MOST_KEPT:
                self._kept[key] = sighting
            raise NotDurable from None
        return Raised("spool", None)

    async def acknowledge(self, alert: str, person: str) -> Alert | Refused:
        """Says "I have it": paging stops at once; five minutes without entering, and the climb goes on."""
        return await self._move(alert, Acknowledge(person))

    async def enter(self, alert: str, person: str) -> Alert | Refused:
        """On-call staff is in the conversation; that acknowledges an open alert too."""
        return await self._move(alert, Enter(person))

    async def resolve(self, alert: str, person: str, outcome: str) -> Alert | Refused:
        """Says "it is over". `outcome` is one word of a fixed list, never free text."""
        return await self._move(alert, Resolve(person), outcome)

    async def stand_down(self, alert: str, person: str, outcome: str) -> Alert | Refused:
        """Says "false alarm". `outcome` as in `resolve`."""
        return await self._move(alert, StandDown(person), outcome)

    async def run(self) -> None:
        """Brings what was spooled, or kept in memory only, into the store. Runs until cancelled."""
        while True:
            await self.drain()
            await self._clock.sleep(_LOOK)

    async def drain(self) -> None:
        """One round of that. Trouble is reported, not raised: the next round tries again."""
        try:
            for sighting in list(self._kept.values()):
                await self._take(sighting)
                del self._kept[sighting.key]
            await self._spool.drain(self._take)
        except Exception as error:  # noqa: BLE001  # the store is still away, or the disk is
            self._report(Trouble("spool", type(error).__name__))

    async def _take(self, sighting: Sighting) -> None:
        async with self._clock.within(_DRAIN_WITHIN):
            alert, changed = await self._enter(sighting)
        await self._entered(sighting, alert, changed=changed)

    async def _enter(self, sighting: Sighting) -> tuple[Alert, bool]:
        return await self._store.raise_(
            key=sighting.key,
            conversation=sighting.conversation,
            campus=sighting.campus,
            category=sighting.category,
            severity=sighting.severity,
            source=sighting.source,
            at=sighting.at,
        )

    async def _entered(self, sighting: Sighting, alert: Alert, *, changed: bool) -> None:
        self._stopgap.settle(sighting.conversation)
        if changed:
            self._dispatcher.wake()
            await self._announcer.announce(alert)

    async def _move(self, alert: str, command: Command, outcome: str = "") -> Alert | Refused:
        now = self._clock.now()
        standing = await self._store.get(alert)
        if standing is None:
            return Refused("not_raised", "There is no such alert.")
        events = decide(of(standing), command, now)
        if isinstance(events, Refused):
            return events
        moved = await self._apply(standing, command, outcome, now)
        if moved is None:
            # Somebody else moved it between the look and the move: what stands now says why not.
            again = await self._store.get(alert)
            late = decide(of(again), command, now) if again is not None else None
            return late if isinstance(late, Refused) else Refused("held", "Somebody else was faster.")
        self._dispatcher.hush(alert)
        await self._announcer.announce(moved)
        return moved

    async def _apply(self, standing: Alert, command: Command, outcome: str, now: float) -> Alert | None:
        alert = standing.id
        match command:
            case Acknowledge(person):
                return await self._store.acknowledge(
                    alert=alert, person=person, at=now, again_at=now + UNENTERED
                )
            case Enter(person):
                if standing.state == "open":
                    await self._store.acknowledge(
                        alert=alert, person=person, at=now, again_at=now + UNENTERED
                    )
                return await self._store.entered(alert=alert, person=person, at=now)
            case Resolve(person):
                return await self._store.close(
                    alert=alert, person=person, state="resolved", outcome=outcome, at=now
                )
            case StandDown(person):
                return await self._store.close(
                    alert=alert, person=person, state="stood_down", outcome=outcome, at=now
                )
            case _:
                return None
