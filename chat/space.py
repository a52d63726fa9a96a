"""Whether Redis has memory left for a new conversation, looked at every few seconds.

What was accepted is never thrown away, so that a Redis that is full can only refuse. A share of its memory is
therefore kept for those who are there already: for what they say, for who comes back, and for calls for help.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

EASED: Final = 0.05
"""How much of the memory must have become free below the limit until somebody new is let in again: at the
limit itself the answer would change with every message."""


class Space:
    """`ask` answers how much of its memory the fullest server uses (1.0: all of it), and raises while Redis
    is away. `reserve` is the share that is kept. `changed` is told when nothing else is left, and when there
    is again.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[float]],
        reserve: float,
        changed: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._ask = ask
        self._limit = 1 - reserve
        self._changed = changed
        self.used = 0.0
        """The share in use, as it was seen last; 0.0 where Redis has no limit."""
        self.scarce = False
        """Whether nobody new may begin a conversation."""

    async def look(self) -> None:
        """Raises what asking raises; what was seen last holds on."""
        self.used = await self._ask()
        scarce = self.used >= (self._limit - EASED if self.scarce else self._limit)
        if scarce != self.scarce:
            self.scarce = scarce
            self._changed(scarce)
