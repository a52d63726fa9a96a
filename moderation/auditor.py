"""Looks every ten seconds for what should have happened by now, and says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from moderation.alerts import Alert, AlertStore
from moderation.clock import Clock
from moderation.dispatcher import Dispatcher
from moderation.sighting import Sighting
from moderation.spool import Spool
from moderation.teller import Teller
from moderation.trouble import Report, Trouble

TICK = 10.0
LATE = 10.0
"""Seconds after its time at which a rung counts as late."""

_PATIENCE = 3.0


class Auditor:
    """It keeps the dispatcher's and the teller's memory fresh too: paging without a store lives on it."""

    def __init__(
        self,
        *,
        store: AlertStore,
        spool: Spool[Sighting],
        dispatcher: Dispatcher,
        teller: Teller,
        campuses: Callable[[], Sequence[str]],
        clock: Clock,
        report: Report,
    ) -> None:
        self._store = store
        self._spool = spool
        self._dispatcher = dispatcher
        self._teller = teller
        self._campuses = campuses
        self._clock = clock
        self._report = report

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            await self.audit()
            await self._clock.sleep(TICK)

    async def audit(self) -> None:
        """One look at everything. What it finds is reported; a store that is away is reported too."""
        live: list[Alert] = []
        try:
            for campus in self._campuses():
                await self._teller.look_up(campus)
                async with self._clock.within(_PATIENCE):
                    live += await self._store.live(campus)
            async with self._clock.within(_PATIENCE):
                waiting = await self._spool.waiting()
        except Exception as error:  # noqa: BLE001  # any database or disk error is what an auditor is for
            self._report(Trouble("store", type(error).__name__))
            return
        self._dispatcher.remember(live)
        now = self._clock.now()
        for alert in live:
            if alert.next_at is not None and now - alert.next_at > LATE:
                self._report(Trouble("late", "", alert.id, alert.campus, now - alert.next_at))
        if waiting:
            self._report(Trouble("spool", "waiting"))
