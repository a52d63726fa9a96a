"""What processes cost, read from /proc: seconds of processor time and KiB of memory of their own."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICK: Final = os.sysconf("SC_CLK_TCK")


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has used, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def memory(pids: Iterable[int]) -> float:
    """KiB that the processes hold: shared pages are counted by their share (PSS)."""
    total = 0.0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += float(line.split()[1])
    return total


@dataclass(frozen=True)
class Spent:
    """Processor time over a stretch of time, in seconds."""

    seconds: float
    servers: float
    redis: float
    generator: float

    @property
    def total(self) -> float:
        """Servers and Redis together."""
        return self.servers + self.redis

    @property
    def busy(self) -> float:
        """The share of one core that the generator used."""
        return self.generator / self.seconds if self.seconds else 0.0


class Meter:
    """Measures from where it is made, or from `restart`."""

    def __init__(self, servers: Sequence[int], redis: Sequence[int]) -> None:
        self._servers = servers
        self._redis = redis
        self.restart()

    def _now(self) -> tuple[float, float, float, float]:
        return (
            time.perf_counter(),
            sum(map(cpu, self._servers)),
            sum(map(cpu, self._redis)),
            time.process_time(),
        )

    def restart(self) -> None:
        self._from = self._now()

    def spent(self) -> Spent:
        """What was spent since."""
        return Spent(*(now - then for now, then in zip(self._now(), self._from, strict=True)))
