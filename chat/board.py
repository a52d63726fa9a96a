"""The board: what leads see at a glance, put together from all who know a part of it."""

from __future__ import annotations

from collections.abc import Callable

from chat import protocol
from chat.alarms import Alarms
from chat.debriefs import Debriefs
from chat.pairings import Pairings
from chat.plan import Plan
from chat.shortfalls import of_plan
from chat.switch import Standing


class Boards:
    """`standing` answers from memory how the switch stands."""

    def __init__(
        self,
        pairings: Pairings,
        alarms: Alarms,
        standing: Callable[[], Standing],
        plan: Plan,
        clock: Callable[[], float],
        *,
        debriefs: Debriefs,
    ) -> None:
        self._debriefs = debriefs
        self._plan = plan
        self._clock = clock
        self._pairings = pairings
        self._alarms = alarms
        self._standing = standing

    async def frame(self) -> bytes:
        """The board as it is now. Raises what Redis and the database raise."""
        live = await self._alarms.live()
        practice = sum(alert.source == "practice" for alert in live)
        tested = self._standing()
        return protocol.write(
            await self._pairings.board(
                len(live) - practice,
                practice=practice,
                tested_at=tested.passed_at,
                test_late=tested.late,
                alarms=[*of_plan(self._plan, self._clock()), *await self._calls()],
            )
        )

    async def _calls(self) -> list[protocol.BoardAlarm]:
        """Supporters who would like to talk after a hard conversation."""
        return [
            protocol.BoardAlarm(kind="debrief", name=await self._alarms.named(person), person=person, at=at)
            for person, at in self._debriefs.calls
        ]
