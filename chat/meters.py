"""What `/metrics` shows: numbers of this process, labelled by members of enums and by nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from chat.codes import Refusal

TOGETHER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which several processes count together; the library reads it when imported."""


class Counted(Protocol):
    """What is looked at when somebody asks."""

    @property
    def lag(self) -> float: ...

    @property
    def open_sockets(self) -> int: ...

    @property
    def phases(self) -> dict[str, int]:
        """From each phase to how many conversations of this process are in it."""
        ...

    @property
    def is_connected(self) -> bool:
        """Whether Redis is there."""
        ...


class Meters:
    """The counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.messages = Counter(
            "warmline_messages", "Messages by what became of them.", ["outcome"], registry=self.registry
        )
        self.screening = Histogram(
            "warmline_screening_seconds",
            "Time to screen one message.",
            buckets=(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.02),
            registry=self.registry,
        )
        for outcome in ("accepted", "repeated", *(refusal.value for refusal in Refusal)):
            self.messages.labels(outcome)

    def watch(self, counted: Counted) -> None:
        """Shows how things stand at the moment somebody asks."""
        self.registry.register(_Standing(counted))


class _Standing(Collector):
    def __init__(self, counted: Counted) -> None:
        self._counted = counted

    def collect(self) -> Iterable[Metric]:
        yield _gauge("warmline_open_sockets", "Sockets open here.", self._counted.open_sockets)
        yield _gauge("warmline_loop_lag_seconds", "How late the last tick was.", self._counted.lag)
        yield _gauge("warmline_redis_connected", "Whether Redis is there.", int(self._counted.is_connected))
        rooms = GaugeMetricFamily("warmline_conversations", "Conversations here, by phase.", labels=["phase"])
        for phase, count in self._counted.phases.items():
            rooms.add_metric([phase], count)
        yield rooms


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def forget(folder: Path, process: int, *, whole: bool) -> None:
    """A process that counted in this folder is gone: its gauges are nobody's any more.

    Its counts stay, so that sums do not fall, unless it is forgotten as a `whole`.
    """
    multiprocess.mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]  # the library's
    if whole:
        for path in folder.glob(f"*_{process}.db"):
            with suppress(OSError):
                path.unlink()
