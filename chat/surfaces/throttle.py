"""How soon somebody may try again to sign in: kept in memory, for each account, and never for long."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

FREE: Final = 5
"""Failures in a row that cost no wait."""
FIRST: Final = 1.0
"""Seconds that the next failure costs; each one after it costs twice as much."""
LONGEST: Final = 30.0
"""Seconds of the longest wait: enough to make guessing hopeless, too little to keep somebody off a shift."""
FORGIVEN: Final = 900.0
"""Seconds after which failures no longer count."""
MOST: Final = 10_000
"""Accounts remembered; beyond that, the one that failed longest ago is forgotten."""


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int
    last: float


class Throttle:
    """Counts failures by account. Times are seconds of any clock that does not go back."""

    def __init__(self, *, most: int = MOST) -> None:
        self._most = most
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait(self, account: str, at: float) -> float:
        """Seconds until the account may be tried again; 0 when it may be now."""
        failures = self._failures.get(account)
        if failures is None or failures.count < FREE or at - failures.last >= FORGIVEN:
            return 0.0
        cost = min(FIRST * 2.0 ** min(failures.count - FREE, 16), LONGEST)
        return max(0.0, failures.last + cost - at)

    def tried(self, account: str, at: float) -> None:
        """Counts an attempt as failed, before its outcome is known, so that many at once count as many."""
        before = self._failures.pop(account, None)
        count = before.count if before is not None and at - before.last < FORGIVEN else 0
        self._failures[account] = _Failures(count + 1, at)
        while len(self._failures) > self._most:
            self._failures.popitem(last=False)

    def succeeded(self, account: str) -> None:
        self._failures.pop(account, None)
