"""Alerts as the sessions see them: raised here, moved on here, and shown to everybody whom they concern."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from chat import protocol
from chat.codes import Refusal
from chat.hub import Hub
from moderation.alertbook import AlertBook, NotDurable
from moderation.alerts import Alert, AlertStore, Severity, Source
from moderation.escalation import Refused
from moderation.selftest import is_beside


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
    ) -> None:
        self._book = book
        self._store = store
        self._campus = campus
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
                campus=self._campus,
                category=category,
                severity=severity,
                source=source,
            )
        except NotDurable:
            return False
        return True

    async def acknowledge(self, alert: str, person: str) -> Alert | Refusal:
        return _answer(await self._book.acknowledge(alert, person))

    async def entered(self, alert: str, person: str) -> Alert | Refusal:
        return _answer(await self._book.enter(alert, person))

    async def close(
        self, alert: str, person: str, state: Literal["resolved", "stood_down"], outcome: str
    ) -> Alert | Refusal:
        move = self._book.resolve if state == "resolved" else self._book.stand_down
        return _answer(await move(alert, person, outcome))

    async def of_conversation(self, conversation: str) -> Alert | None:
        return self._own(await self._store.of_conversation(conversation))

    async def get(self, alert: str) -> Alert | None:
        return self._own(await self._store.get(alert))

    async def live(self) -> Sequence[Alert]:
        return await self._store.live(self._campus)

    async def frame(self, alert: Alert, person: str, ref: str | None = None) -> bytes:
        """The alert as one person sees it: nothing of the seeker, and the name of who has it."""
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
                ref=ref,
            )
        )

    def _own(self, alert: Alert | None) -> Alert | None:
        """Nobody is shown the alerts by which the alert path tests itself, nor those of another campus."""
        return alert if alert is not None and alert.campus == self._campus else None

    async def _holder(self, alert: Alert) -> str | None:
        """The name of who has it; their id where it cannot be read, because somebody has it all the same."""
        if alert.person is None:
            return None
        if alert.person not in self._names:
            name = await self._name_of(alert.person)
            if name is None:
                return alert.person
            self._names[alert.person] = name
        return self._names[alert.person]


class Told:
    """Passes every change of an alert on to all processes, and so to all consoles."""

    def __init__(self) -> None:
        self._hub: Hub | None = None

    def through(self, hub: Hub) -> None:
        self._hub = hub

    async def changed(self, alert: Alert) -> None:
        """While Redis is away, the consoles of this process are told all the same."""
        if self._hub is None or is_beside(alert.campus):
            return
        what = f"{alert.id} {alert.state}".encode()
        if self._hub.broker.ready:
            self._hub.broker.tell_staff(what)
        else:
            self._hub.told(what)


class Lookout:
    """Finds in the database what nobody could tell of: what changed while Redis was away, or in a worker."""

    def __init__(self, alarms: Alarms, hub: Hub) -> None:
        self._alarms = alarms
        self._hub = hub
        self._seen: dict[str, Alert] = {}

    async def look(self) -> None:
        """Tells the consoles of this process of every alert that is not as it was at the last look."""
        if not self._hub.team:
            return
        live = {alert.id: alert for alert in await self._alarms.live()}
        for id_, alert in live.items():
            if self._seen.get(id_) != alert:
                self._hub.told(f"{id_} {alert.state}".encode())
        for id_ in self._seen.keys() - live.keys():
            self._hub.told(f"{id_} closed".encode())
        self._seen = live


def _answer(moved: Alert | Refused) -> Alert | Refusal:
    if isinstance(moved, Refused):
        return Refusal.UNKNOWN if moved.code == "not_raised" else Refusal.GONE
    return moved
