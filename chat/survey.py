"""How an installation stands, asked for every few seconds and shown as numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter
from typing import Final, Protocol, get_args

from chat.hub import Hub
from chat.meters import Meters
from chat.space import Space
from moderation.alerts import Alert, AlertState

SURVEY_EVERY: Final = 5.0


class Waiting(Protocol):
    """The waiting room in numbers."""

    @property
    def waiting(self) -> int: ...
    @property
    def longest_wait(self) -> float: ...
    @property
    def ready(self) -> int: ...
    @property
    def paused(self) -> int: ...


class Survey:
    """`dependencies` raise when they are away; `late` answers from memory whether the alert path is."""

    def __init__(
        self,
        meters: Meters,
        hub: Hub,
        *,
        dependencies: Mapping[str, Callable[[], Awaitable[object]]],
        counts: Callable[[], Awaitable[Waiting]],
        alerts: Callable[[], Awaitable[Sequence[Alert]]],
        late: Callable[[], bool],
        space: Space,
        outages: tuple[type[Exception], ...],
        clock: Callable[[], float],
    ) -> None:
        self._meters = meters
        self._hub = hub
        self._dependencies = dependencies
        self._counts = counts
        self._alerts = alerts
        self._late = late
        self._space = space
        self._outages = outages
        self._clock = clock
        meters.refreshed_by(self.near)

    def near(self) -> None:
        """What this process knows without asking anybody."""
        self._meters.stands(
            sockets=self._hub.sides,
            phases=self._hub.phases,
            lag=self._hub.lag,
            connected=self._hub.is_connected,
        )
        self._meters.path_late.set(int(self._late()))
        self._meters.redis_memory.set(self._space.used)
        self._meters.redis_scarce.set(int(self._space.scarce))

    async def look(self) -> None:
        """Asks everything once. Raises what Redis and the database raise, after what could be asked was."""
        self.near()
        failed: Exception | None = None
        for name, ask in self._dependencies.items():
            began = perf_counter()
            try:
                await ask()
            except self._outages as error:
                self._meters.dependency_up.labels(name).set(0)
                failed = error
            else:
                self._meters.dependency_up.labels(name).set(1)
                self._meters.dependency_seconds.labels(name).observe(perf_counter() - began)
        if failed is not None:
            raise failed
        counts = await self._counts()
        self._meters.waiting.set(counts.waiting)
        self._meters.longest_wait.set(counts.longest_wait)
        self._meters.desks.labels("ready").set(counts.ready)
        self._meters.desks.labels("paused").set(counts.paused)
        alerts = await self._alerts()
        states = Counter(alert.state for alert in alerts)
        for state in get_args(AlertState)[:2]:
            self._meters.alerts.labels(state).set(states[state])
        now = self._clock()
        due = [now - alert.next_at for alert in alerts if alert.state == "open" and alert.next_at is not None]
        self._meters.alert_late.set(max(0.0, *due, 0.0))
