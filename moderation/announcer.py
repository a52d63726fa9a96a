"""Tells the consoles of every change of an alert, without ever waiting long for them."""

from __future__ import annotations

from typing import Protocol

from moderation.alerts import Alert
from moderation.clock import Clock
from moderation.trouble import Report, Trouble

_PATIENCE = 0.3


class Listener(Protocol):
    """Whoever shows alerts to staff, on this process and, by passing it on, on all others."""

    async def changed(self, alert: Alert) -> None:
        """Called once the store has the change. It may fail or hang: no page waits for it."""
        ...


class Announcer:
    """Keeps a listener's failures away from the alert path."""

    def __init__(self, *, listener: Listener, clock: Clock, report: Report) -> None:
        self._listener = listener
        self._clock = clock
        self._report = report

    async def announce(self, alert: Alert) -> None:
        try:
            async with self._clock.within(_PATIENCE):
                await self._listener.changed(alert)
        except Exception as error:  # noqa: BLE001  # a console that fails must not stop a page
            self._report(Trouble("listener", type(error).__name__, alert.id, alert.campus))
