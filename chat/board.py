"""The board: what leads see at a glance, put together from the waiting room, the alerts and the switch."""

from __future__ import annotations

from collections.abc import Callable

from chat import protocol
from chat.alarms import Alarms
from chat.pairings import Pairings
from chat.switch import Standing


class Boards:
    """`standing` answers from memory how the switch stands."""

    def __init__(self, pairings: Pairings, alarms: Alarms, standing: Callable[[], Standing]) -> None:
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
            )
        )
