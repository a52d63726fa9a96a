"""Gives an address that keeps failing a rest, so that it costs the next page no time."""

from __future__ import annotations

from dataclasses import dataclass, field

_MOST = 4096


@dataclass(slots=True)
class Breaker:
    """Opens after `failures` in a row; `rest` seconds later one try is let through, and decides."""

    failures: int = 3
    rest: float = 30.0
    _count: dict[tuple[str, str], int] = field(default_factory=dict, repr=False)
    _until: dict[tuple[str, str], float] = field(default_factory=dict, repr=False)

    def lets(self, channel: str, address: str, at: float) -> bool:
        """Whether to try now. After a rest only the first who asks may, until its outcome is noted."""
        key = (channel, address)
        until = self._until.get(key)
        if until is None:
            return True
        if at < until:
            return False
        self._until[key] = at + self.rest
        return True

    def rests(self, channel: str, address: str, until: float) -> None:
        """The other side asked to be left alone until then; said of an address that has just failed."""
        self._until[channel, address] = max(until, self._until.get((channel, address), until))

    def delivered(self, channel: str, address: str) -> None:
        self._count.pop((channel, address), None)
        self._until.pop((channel, address), None)

    def failed(self, channel: str, address: str, at: float) -> None:
        key = (channel, address)
        self._count[key] = count = self._count.pop(key, 0) + 1
        if count >= self.failures:
            self._until[key] = at + self.rest
        while len(self._count) > _MOST:  # the longest untouched goes first
            oldest = next(iter(self._count))
            del self._count[oldest]
            self._until.pop(oldest, None)
