"""Where every alert is entered before anything is acknowledged, and where people move it on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from moderation.alerts import Alert, AlertStore, Severity, Source
from moderation.announcer import Announcer
from moderation.clock import Clock
from moderation.decisions import Decision, until
from moderation.dispatcher import Dispatcher
from moderation.escalation import (
    UNENTERED,
    Acknowledge,
    Command,
    Decide,
    Enter,
    HandOver,
    Refused,
    Resolve,
    StandDown,
    decide,
    of,
)
from moderation.handing import hand
from moderation.hold import Hold
from moderation.sighting import SIGHTINGS, Sighting
from moderation.spool import Spool, SpoolFailed
from moderation.stopgap import Stopgap
from moderation.trouble import Report, Trouble
from moderation.waiting import Waiting, WaitingAlert, hold_of

STORE_WITHIN = 0.3
"""Seconds that the store gets before the spool is used: a seeker's message is waiting."""

SPOOL_WITHIN = 1.0

_MOST_KEPT = 10_000
_DRAIN_WITHIN = 2.0
_LOOK = 1.0
_UNSEEN_FOR = 3600.0
"""Seconds for which a hold waits for its alert: what it is about may lie in a file that is drained later."""
_TELL_EVERY = 5.0
"""Seconds between two times that the other processes are told of what waits here."""


class NotDurable(Exception):
    """Neither the store nor the spool took it. Staff are being paged from memory all the same.

    The caller must not acknowledge the message, shows the emergency lines at once, and lets the client say
    it again, which raises the alert again under the same key.
    """


class _Unseen(Exception):
    """The store has no such alert yet."""


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
        spool: Spool[Sighting],
        holds: Spool[Hold],
        dispatcher: Dispatcher,
        stopgap: Stopgap,
        announcer: Announcer,
        clock: Clock,
        report: Report,
    ) -> None:
        """`spool` keeps what was seen, and `holds` who said that they have it, while the store is away."""
        self._store = store
        self._spool = spool
        self._holds = holds
        self._dispatcher = dispatcher
        self._stopgap = stopgap
        self._announcer = announcer
        self._clock = clock
        self._report = report
        self._kept: dict[str, Sighting] = {}
        self._waiting = Waiting()
        self._said: dict[str, Hold] = {}
        """The last hold of each alert that lies on this machine's disk, whichever process took it."""
        self._done: set[Hold] = set()
        """Those of them that the store has, although their file could not be forgotten yet."""

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
        now = self._clock.now()
        standing = self._waiting.of(conversation, now) or self._dispatcher.open_of(conversation)
        name = standing.id if standing is not None else _named(key)
        sighting = Sighting(key, conversation, campus, category, severity, source, now, name)
        try:
            async with self._clock.within(STORE_WITHIN):
                alert, changed = await self._enter(sighting)
        except Exception as error:  # noqa: BLE001  # whatever the database did, the disk is asked next
            self._report(Trouble("store", type(error).__name__, campus=campus))
        else:
            await self._entered(sighting, alert, changed=changed)
            return Raised("store", alert)
        await self._wait(sighting)
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

    async def decide(self, alert: str, person: str, decision: Decision) -> Alert | Refused:
        """Says what is being done, so that the alert stays open without a climb for as long as that holds."""
        return await self._move(alert, Decide(person, decision))

    async def enter(self, alert: str, person: str) -> Alert | Refused:
        """On-call staff is in the conversation; that acknowledges an open alert too."""
        return await self._move(alert, Enter(person))

    async def hand(self, alert: str, by: str, to: str, wait: float) -> Alert | Refused:
        """Gives the alert to another person, who is paged and has `wait` seconds to acknowledge it."""
        return await self._move(alert, HandOver(by, to, wait))

    # --- while the store is away --------------------------------------------------------------------------

    def waiting(self, campus: str) -> Sequence[Alert]:
        """What staff are shown from memory: alerts that wait for the store, here or in another process."""
        return self._waiting.live(campus, self._clock.now())

    def remembered(self, campus: str) -> Sequence[Alert]:
        """These, and the alerts that the store held when it went away."""
        waiting = self.waiting(campus)
        talks = {alert.conversation for alert in waiting}
        known = (*self._dispatcher.bridged, *self._dispatcher.held)
        return [*waiting, *(a for a in known if a.campus == campus and a.conversation not in talks)]

    async def hold(
        self, alert: str, person: str, *, entered: bool = False, decision: Decision | None = None
    ) -> Alert | None:
        """A person has an alert that is only remembered: nobody is paged for it, by any process.

        It lies on the disk when this returns, and becomes their acknowledgement when the store has the alert,
        also where this process is dead by then. None when it is not remembered here, or somebody else has it.
        """
        hold = self._hold(alert, person, entered=entered, decision=decision)
        held = self._waiting.hold(hold, known=self._dispatcher.known(alert))
        if held is not None:
            self._silence(held)
            await self._keep_hold(replace(hold, severity=held.severity))
            await self._announcer.announce(held)
        return held

    async def hold_unseen(self, alert: str, person: str) -> bool:
        """A person says that they have an alert of which this process knows nothing, while the store is away.

        As after `hold`, for this machine's processes; False where the disk does not take it.
        """
        hold = self._hold(alert, person)
        self._quieten(hold)
        return await self._keep_hold(hold)

    def _hold(
        self, alert: str, person: str, *, entered: bool = False, decision: Decision | None = None
    ) -> Hold:
        now = self._clock.now()
        again_at = None if entered else now + UNENTERED
        if decision is not None:
            again_at = until(decision, now)
        return Hold(alert, person, now, again_at, decision)

    async def _keep_hold(self, hold: Hold) -> bool:
        """Whether it survives this process. Where it does not, it is kept in memory all the same."""
        try:
            async with self._clock.within(SPOOL_WITHIN):
                await self._holds.append(hold)
        except (SpoolFailed, TimeoutError) as error:
            self._report(Trouble("spool", type(error).__name__))
            return False
        self._said[hold.alert] = hold
        return True

    def hear(self, told: WaitingAlert) -> None:
        """How an alert that waits stands, as another process tells it."""
        self._waiting.hear(told, self._clock.now())
        if told.person is not None:
            self._silence(told)

    def forget(self, alert: str) -> None:
        """The store has this one: it is no longer shown from memory."""
        self._waiting.drop(alert)

    def _silence(self, alert: WaitingAlert) -> None:
        if alert.conversation is not None:
            self._stopgap.pause(alert.conversation, alert.next_at)
        self._stopgap.pause(alert.id, alert.next_at)
        self._dispatcher.silence(alert.id, alert.next_at)

    def _quieten(self, hold: Hold) -> None:
        """A hold that came without its alert: if that is remembered here, nobody rings for it any more."""
        held = self._waiting.hold(hold, known=self._dispatcher.known(hold.alert))
        if held is not None:
            self._silence(held)
        elif hold.again_at is not None:
            self._dispatcher.silence(hold.alert, hold.again_at)

    async def _wait(self, sighting: Sighting) -> None:
        """Rings for what the store does not take, unless a person has it, and shows it to staff."""
        alert, changed = self._waiting.saw(sighting, self._dispatcher.open_of(sighting.conversation))
        said = self._said.get(alert.id)
        if said is not None and said.at >= sighting.at and said.stands(self._clock.now()):
            alert = self._waiting.hold(said) or alert  # also where this was left by a process that is gone
        if alert.person is None:
            self._stopgap.ring(
                sighting.conversation,
                sighting.campus,
                alert=alert.id,
                at=self._dispatcher.earliest(
                    sighting.campus, sighting.severity, sighting.source, sighting.at
                ),
            )
        if changed:
            await self._announcer.announce(alert)

    # --- moving -------------------------------------------------------------------------------------------

    async def resolve(self, alert: str, person: str, outcome: str) -> Alert | Refused:
        """Says "it is over". `outcome` is one word of a fixed list, never free text."""
        return await self._move(alert, Resolve(person), outcome)

    async def stand_down(self, alert: str, person: str, outcome: str) -> Alert | Refused:
        """Says "false alarm". `outcome` as in `resolve`."""
        return await self._move(alert, StandDown(person), outcome)

    async def run(self) -> None:
        """Brings what was spooled, or kept in memory only, into the store. Runs until cancelled."""
        told = 0.0
        while True:
            await self.drain()
            if (now := self._clock.now()) - told >= _TELL_EVERY:
                told = now
                for alert in self._waiting.own:
                    await self._announcer.announce(alert)
            await self._clock.sleep(_LOOK)

    async def drain(self) -> None:
        """One round of that. Trouble is reported, not raised: the next round tries again."""
        for part in (
            self._hear_holds,
            self._keep_promised,
            self._bring_kept,
            self._bring_spooled,
            self._look_after_waiting,
            self._bring_holds,
        ):
            try:
                await part()
            except _Unseen:
                pass  # its alert lies in the file of a process that has it next
            except Exception as error:  # noqa: BLE001  # the store is still away, or the disk is
                self._report(Trouble("spool", type(error).__name__))

    async def _keep_promised(self) -> None:
        for hold in self._waiting.promised(self._clock.now()):
            await self._keep(hold)

    async def _bring_kept(self) -> None:
        kept = list(self._kept.values())
        handed = await hand(kept, self._take, SIGHTINGS.about)
        for place in handed.taken:
            self._kept.pop(kept[place].key, None)
        if handed.refusals:
            raise handed.refusals[0]

    async def _bring_spooled(self) -> None:
        await self._spool.drain(self._take)

    async def _bring_holds(self) -> None:
        await self._holds.drain(self._take_hold)

    async def _look_after_waiting(self) -> None:
        """What is left waits in another process, or did."""
        for waited in self._waiting.own:
            async with self._clock.within(_DRAIN_WITHIN):
                stored = await self._store.get(waited.id)
            if stored is not None and (given := hold_of(waited)) is not None:
                await self._keep(given)
            elif stored is not None:
                self._waiting.drop(waited.id)

    async def _hear_holds(self) -> None:
        """What people said to other processes of this machine, which may be dead by now."""
        said: dict[str, Hold] = {}
        for hold in await self._holds.seen():
            if hold.at >= said.get(hold.alert, hold).at:
                said[hold.alert] = hold
        fresh = [hold for hold in said.values() if self._said.get(hold.alert) != hold]
        self._said = said
        self._done &= set(said.values())
        now = self._clock.now()
        for hold in fresh:
            if hold.stands(now):
                self._quieten(hold)

    async def _take_hold(self, hold: Hold) -> None:
        """Enters what a person said of an alert, where nobody has moved it since."""
        last = self._said.get(hold.alert, hold)
        if last.at > hold.at or hold in self._done or not hold.stands(self._clock.now()):
            return
        async with self._clock.within(_DRAIN_WITHIN):
            standing = await self._store.get(hold.alert)
        if standing is None and self._clock.now() - hold.at < _UNSEEN_FOR:
            raise _Unseen
        if standing is not None and _free(standing, hold.at):
            await self._keep(hold)
        self._done.add(hold)

    async def _keep(self, hold: Hold) -> None:
        """What a person said of a stored alert while the store was away; who was faster elsewhere stays."""
        async with self._clock.within(_DRAIN_WITHIN):
            standing = await self._store.get(hold.alert)
            moved = await self._given(hold) if standing and hold.covers(standing.severity) else None
        self._waiting.drop(hold.alert)
        self._dispatcher.hush(hold.alert)
        if moved is not None:
            await self._announcer.announce(moved)

    async def _given(self, hold: Hold) -> Alert | None:
        alert, person, at, again_at = hold.alert, hold.person, hold.at, hold.again_at
        moved = await self._store.acknowledge(
            alert=alert, person=person, at=at, again_at=again_at or at + UNENTERED
        )
        if hold.decision is not None:
            return await self._store.decide(
                alert=alert, person=person, decision=hold.decision, at=at, again_at=again_at
            )
        return moved if again_at is not None else await self._store.entered(alert=alert, person=person, at=at)

    async def _take(self, sighting: Sighting) -> None:
        try:
            async with self._clock.within(_DRAIN_WITHIN):
                alert, changed = await self._enter(sighting)
        except Exception:
            # It may be left from a process that is gone: then nobody rings for it, and no console shows it.
            await self._wait(sighting)
            raise
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
            names=[name for name in (sighting.alert, _named(sighting.key)) if name],
            held=self._waiting.held(sighting.conversation, self._clock.now()),
        )

    async def _entered(self, sighting: Sighting, alert: Alert, *, changed: bool) -> None:
        self._stopgap.settle(sighting.conversation)
        waited = self._waiting.of(sighting.conversation, self._clock.now())
        if waited is not None:
            self._waiting.drop(waited.id)
            self._dispatcher.hush(waited.id)
        if changed:
            self._dispatcher.wake()
        if changed or waited is not None:
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
        self._dispatcher.hush(alert, moved)
        if isinstance(command, HandOver):
            self._dispatcher.wake()
        await self._announcer.announce(moved)
        return moved

    async def _apply(self, standing: Alert, command: Command, outcome: str, now: float) -> Alert | None:
        alert = standing.id
        match command:
            case Acknowledge(person):
                return await self._store.acknowledge(
                    alert=alert, person=person, at=now, again_at=now + UNENTERED
                )
            case Decide(person, decision):
                return await self._store.decide(
                    alert=alert, person=person, decision=decision, at=now, again_at=until(decision, now)
                )
            case Enter(person):
                if standing.state == "open" or standing.asked_until is not None:
                    await self._store.acknowledge(
                        alert=alert, person=person, at=now, again_at=now + UNENTERED
                    )
                return await self._store.entered(alert=alert, person=person, at=now)
            case HandOver(by, to, wait):
                return await self._store.hand(alert=alert, by=by, person=to, at=now, until=now + wait)
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


def _named(key: str) -> str:
    """The id of an alert that this event opens.

    Every process gives it the same one, and so does the store: a message that is said again elsewhere,
    because this process died before it answered, is not shown as a second alert.
    """
    return hashlib.sha256(f"alert/{key}".encode()).hexdigest()[:32]


def _free(alert: Alert, at: float) -> bool:
    """Whether nobody had it at `at`: it was raised by then, and open, or its time had run out."""
    lapsed = alert.state == "acknowledged" and alert.next_at is not None and alert.next_at <= at
    return alert.raised_at <= at and (alert.state == "open" or lapsed)
