"""Alerts as the sessions see them: raised here, moved on here, and shown to everybody whom they concern."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Literal

import msgspec

from chat import protocol
from chat.codes import Refusal
from chat.hub import Hub
from moderation.alertbook import AlertBook, NotDurable
from moderation.alerts import Alert, AlertStore, Severity, Source
from moderation.decisions import Decision
from moderation.escalation import Refused
from moderation.selftest import is_beside
from moderation.waiting import WaitingAlert
from storage.alert_details import AlertDetails, Detail, Finding, Past

WAITING: Final = "waiting "
"""What is told in the place of a state before the whole of an alert that the store does not have yet."""
_waiting = msgspec.json.Decoder(WaitingAlert)


class Alarms:
    """The alert book of one campus, with its staff told on every process."""

    def __init__(
        self,
        *,
        book: AlertBook,
        store: AlertStore,
        campus: str,
        next_told: Callable[[Alert], str | None],
        name_of: Callable[[str], Awaitable[str | None]],
        details: AlertDetails,
        wait_of: Callable[[Alert], float],
        outages: tuple[type[Exception], ...],
    ) -> None:
        """`wait_of` answers how long the rung waits at which an alert stands, in seconds."""
        self._details = details
        self._wait_of = wait_of
        self._outages = outages
        self._book = book
        self._store = store
        self.campus = campus
        self._next_told = next_told
        self._name_of = name_of
        self._names: dict[str, str] = {}

    async def raise_alert(
        self, *, key: str, conversation: str, category: str, severity: Severity, source: Source
    ) -> bool:
        """Whether the alert is durable now. If not, staff are paged from memory all the same."""
        try:
            await self._book.raise_alert(
                key=key,
                conversation=conversation,
                campus=self.campus,
                category=category,
                severity=severity,
                source=source,
            )
        except NotDurable:
            return False
        return True

    async def acknowledge(self, alert: str, person: str) -> Alert | Refusal:
        """What is only remembered is held in memory at once, and acknowledged when the store has it."""
        if self._waits(alert):
            return await self._book.hold(alert, person) or Refusal.GONE
        try:
            moved = await self._book.acknowledge(alert, person)
            if isinstance(moved, Refused) and (standing := await self._mine(alert, person)) is not None:
                return standing  # said again, after an answer that was lost
        except self._outages:
            if (held := await self._book.hold(alert, person)) is None:
                raise
            return held
        return _answer(moved)

    async def _mine(self, alert: str, person: str) -> Alert | None:
        standing = self._own(await self._store.get(alert))
        has = standing is not None and standing.state == "acknowledged" and standing.asked_until is None
        return standing if has and standing is not None and standing.person == person else None

    async def decide(self, alert: str, person: str, decision: Decision) -> Alert | Refusal:
        """Keeps an alert open that `person` has; what is only remembered is decided in memory first."""
        if (standing := self._waits(alert)) is not None:
            return await self._decided(standing, person, decision) or Refusal.NOT_NOW
        try:
            moved = await self._book.decide(alert, person, decision)
        except self._outages:
            remembered = next((a for a in self._book.remembered(self.campus) if a.id == alert), None)
            held = await self._decided(remembered, person, decision)
            if held is None:
                raise
            return held
        return _answer(moved, late=Refusal.NOT_NOW)

    async def _decided(self, standing: Alert | None, person: str, decision: Decision) -> Alert | None:
        if standing is None or standing.person != person:
            return None
        return await self._book.hold(standing.id, person, decision=decision)

    async def hold(self, alert: str, person: str) -> bool | Refusal:
        """A person has an alert while the database cannot be asked; whether that is safe.

        `GONE` where somebody else is known to have it. It becomes their acknowledgement later.
        """
        if await self._book.hold(alert, person) is not None:
            return True
        known = next((a for a in self._book.remembered(self.campus) if a.id == alert), None)
        return Refusal.GONE if known is not None else await self._book.hold_unseen(alert, person)

    async def entered(self, alert: str, person: str) -> Alert | Refusal:
        if self._waits(alert):
            return await self._book.hold(alert, person, entered=True) or Refusal.GONE
        try:
            moved = await self._book.enter(alert, person)
        except self._outages:
            return await self._book.hold(alert, person, entered=True) or Refusal.BUSY
        return _answer(moved)

    def _waits(self, alert: str) -> Alert | None:
        return next((a for a in self._book.waiting(self.campus) if a.id == alert), None)

    async def hand(self, alert: str, by: str, to: str) -> Alert | Refusal:
        """Hands an alert over; the other has as long as a rung of the ladder waits to acknowledge it."""
        if self._waits(alert):
            return Refusal.BUSY
        standing = await self.get(alert)
        if standing is None:
            return Refusal.UNKNOWN
        return _answer(await self._book.hand(alert, by, to, self._wait_of(standing)), late=Refusal.NOT_NOW)

    async def tick(self, alert: str, item: str, person: str, *, on: bool, at: float) -> Alert | Refusal:
        """Notes a step of the protocol; everybody who sees the alert is shown it."""
        if self._waits(alert):
            return Refusal.BUSY
        standing = await self.get(alert)
        if standing is None:
            return Refusal.UNKNOWN
        if not await self._details.tick(alert=alert, item=item, person=person, on=on, at=at):
            return Refusal.GONE
        return standing

    async def past(self, limit: int) -> Sequence[Past]:
        """The alerts that were closed last, without words."""
        return await self._details.past(self.campus, limit)

    async def named(self, person: str | None) -> str | None:
        """The name of a person, their id where it cannot be read."""
        return None if person is None else await self._name(person)

    def hear(self, told: str) -> None:
        """What another process tells of an alert that waits there."""
        with contextlib.suppress(msgspec.DecodeError):  # of another release: the next one tells it anew
            self._book.hear(_waiting.decode(told))

    def forget(self, alert: str) -> None:
        """The store has this one: it waits no longer."""
        self._book.forget(alert)

    async def close(
        self, alert: str, person: str, state: Literal["resolved", "stood_down"], outcome: str
    ) -> Alert | Refusal:
        if self._waits(alert):
            return Refusal.BUSY
        move = self._book.resolve if state == "resolved" else self._book.stand_down
        return _answer(await move(alert, person, outcome))

    async def of_conversation(self, conversation: str) -> Alert | None:
        """The live alert of a conversation, also one that waits for the store."""
        waiting = self._book.waiting(self.campus)
        if (known := next((a for a in waiting if a.conversation == conversation), None)) is not None:
            return known
        try:
            return self._own(await self._store.of_conversation(conversation))
        except self._outages:
            remembered = self._book.remembered(self.campus)
            found = next((a for a in remembered if a.conversation == conversation), None)
            if found is None:
                raise
            return found

    async def get(self, alert: str) -> Alert | None:
        """An alert as it stands; what waits for the store is answered from memory, at once."""
        if (waiting := self._waits(alert)) is not None:
            return waiting
        try:
            return self._own(await self._store.get(alert))
        except self._outages:
            found = next((a for a in self._book.remembered(self.campus) if a.id == alert), None)
            if found is None:
                raise
            return found

    async def live(self) -> Sequence[Alert]:
        """What the store holds. Raises what it raises."""
        return await self._store.live(self.campus)

    async def shown(self) -> Sequence[Alert]:
        """What consoles show: the live alerts, and those that wait; in an outage what memory knows."""
        try:
            stored = await self.live()
        except self._outages:
            return self._book.remembered(self.campus)
        talks = {alert.conversation for alert in stored}
        return [*stored, *(a for a in self._book.waiting(self.campus) if a.conversation not in talks)]

    async def details(self, alerts: Sequence[Alert]) -> dict[str, Detail]:
        """What is shown of alerts besides how they stand. Raises what the store raises."""
        return await self._details.details([alert.id for alert in alerts])

    async def frame(self, alert: Alert, person: str, ref: str | None = None) -> bytes:
        """The alert as one person sees it: nothing of the seeker, and the name of who has it."""
        waits = isinstance(alert, WaitingAlert)
        detail = Detail((_only(alert),))
        with contextlib.suppress(*self._outages):
            if not waits:
                detail = (await self.details([alert])).get(alert.id, detail)
        return protocol.write(
            protocol.Alert(
                alert=alert.id,
                conversation=alert.conversation,
                category=alert.category,
                severity=alert.severity,
                source=alert.source,
                state=alert.state,
                rung=alert.rung,
                since=alert.raised_at,
                next_at=alert.next_at,
                held_by=await self._holder(alert),
                mine=alert.person == person,
                next=self._next_told(alert),
                findings=[
                    protocol.AlertFinding(category=one.category, severity=one.severity, count=one.count)
                    for one in detail.findings or (_only(alert),)
                ],
                ticks=[
                    protocol.AlertTick(item=one.item, by=await self._name(one.person), at=one.at)
                    for one in detail.ticks
                ],
                handed_by=await self.named(alert.handed_by),
                decision=alert.decision,
                decided_at=alert.decided_at,
                waits=waits,
                ref=ref,
            )
        )

    def _own(self, alert: Alert | None) -> Alert | None:
        """Nobody is shown the alerts by which the alert path tests itself, nor those of another campus."""
        return alert if alert is not None and alert.campus == self.campus else None

    async def _holder(self, alert: Alert) -> str | None:
        """The name of who has it; their id where it cannot be read, because somebody has it all the same."""
        return await self.named(alert.person)

    async def _name(self, person: str) -> str:
        if person not in self._names:
            name = await self._name_of(person)
            if name is None:
                return person
            self._names[person] = name
        return self._names[person]


class Told:
    """Passes every change of an alert on to all processes, and so to all consoles."""

    def __init__(self) -> None:
        self._hub: Hub | None = None

    def through(self, hub: Hub) -> None:
        self._hub = hub

    async def changed(self, alert: Alert) -> None:
        """While Redis is away, the consoles of this process are told all the same; what waits, whole."""
        if self._hub is None or is_beside(alert.campus):
            return
        told = alert.state if not isinstance(alert, WaitingAlert) else WAITING + _written(alert)
        what = f"{alert.id} {told}".encode()
        self._hub.tell(what)


class Lookout:
    """Finds in the database what nobody could tell of: what changed while Redis was away, or in a worker."""

    def __init__(self, alarms: Alarms, hub: Hub) -> None:
        self._alarms = alarms
        self._hub = hub
        self._seen: dict[str, tuple[Alert, Detail | None]] = {}

    async def look(self) -> None:
        """Tells the consoles of this process of every alert that is not as it was at the last look."""
        if not self._hub.team:
            return
        standing = await self._alarms.live()
        details = await self._alarms.details(standing)
        live = {alert.id: (alert, details.get(alert.id)) for alert in standing}
        for id_, (alert, detail) in live.items():
            if self._seen.get(id_) != (alert, detail):
                self._hub.told(f"{id_} {alert.state}".encode())
        for id_ in self._seen.keys() - live.keys():
            self._hub.told(f"{id_} closed".encode())
        self._seen = live


def _only(alert: Alert) -> Finding:
    """What is known of an alert whose events cannot be read, or are forgotten already."""
    return Finding(alert.category, alert.severity, 1)


def _written(alert: WaitingAlert) -> str:
    return msgspec.json.encode(alert).decode()


def _answer(moved: Alert | Refused, *, late: Refusal = Refusal.GONE) -> Alert | Refusal:
    """`late` is what is said where somebody else has it, or nobody does."""
    if isinstance(moved, Refused):
        if moved.code in {"not_held", "held"}:
            return late
        return Refusal.UNKNOWN if moved.code == "not_raised" else Refusal.GONE
    return moved
