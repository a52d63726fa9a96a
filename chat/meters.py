"""What `/metrics` shows: numbers of an installation, labelled by members of enums and by nothing else.

One process counts in its memory. Several that share a port count in files of one folder, so that whichever of
them is asked answers for all: sums of what each has, the worst of what each sees of the same thing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, multiprocess
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from chat.codes import Close, Refusal
from chat.stages import Stage

TOGETHER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which several processes count together; the library reads it when imported."""
TIMED: Final = 8
"""Every so many messages one is timed: a time is a sample, and taking it must not be what takes time."""

ADMISSIONS: Final = ("in", "full", "forbidden", "not_allowed", "not_found", "busy")
_QUICK: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_LONG: Final = (5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 3600.0)


class Meters:
    """What one process counts. `registry` answers for all that count together."""

    def __init__(self) -> None:
        folder = os.environ.get(TOGETHER)
        own = CollectorRegistry()
        self.registry = CollectorRegistry() if folder else own
        self._refresh: Callable[[], None] = lambda: None
        self.registry.register(_Fresh(self))
        if folder:
            multiprocess.MultiProcessCollector(self.registry)  # type: ignore[no-untyped-call]  # the library's
        self.messages = Counter(
            "warmline_messages", "Messages by what became of them.", ["outcome"], registry=own
        )
        self.message_seconds = Histogram(
            "warmline_message_seconds",
            f"Time of a message in each stage of its path; one in {TIMED} is timed.",
            ["stage"],
            buckets=_QUICK,
            registry=own,
        )
        self.pairing_seconds = Histogram(
            "warmline_pairing_seconds",
            "How long seekers waited for a supporter.",
            buckets=_LONG,
            registry=own,
        )
        self.deliveries = Counter(
            "warmline_deliveries",
            "Attempts to reach somebody, by alert channel and what became of them.",
            ["channel", "outcome"],
            registry=own,
        )
        self.refusals = Counter(
            "warmline_refusals", "Frames that were refused, by code.", ["code"], registry=own
        )
        self.closed = Counter(
            "warmline_closed_sockets", "Sockets that were closed from here, by code.", ["code"], registry=own
        )
        self.admissions = Counter(
            "warmline_admissions", "Sockets at the door, by what became of them.", ["outcome"], registry=own
        )
        self.dependency_seconds = Histogram(
            "warmline_dependency_seconds",
            "Round trip to what the service stands on.",
            ["dependency"],
            buckets=_QUICK,
            registry=own,
        )
        self._sockets = _gauge("warmline_open_sockets", "Open sockets.", own, "livesum", "side")
        self._conversations = _gauge(
            "warmline_conversations", "Conversations carried, by phase.", own, "livesum", "phase"
        )
        self._lag = _gauge(
            "warmline_loop_lag_seconds", "How late the last tick was, at worst.", own, "livemax"
        )
        self.dependency_up = _gauge(
            "warmline_dependency_up", "Whether it is there, for every process.", own, "livemin", "dependency"
        )
        self.redis_memory = _gauge(
            "warmline_redis_memory_used", "Share of its memory that the fullest Redis uses.", own, "livemax"
        )
        self.redis_scarce = _gauge(
            "warmline_redis_memory_scarce", "Whether nobody new is let in for want of it.", own, "livemax"
        )
        self.waiting = _gauge("warmline_waiting", "Seekers who wait.", own, "livemax")
        self.longest_wait = _gauge(
            "warmline_longest_wait_seconds", "The longest wait of those.", own, "livemax"
        )
        self.desks = _gauge("warmline_desks", "Open desks.", own, "livemax", "state")
        self.alerts = _gauge("warmline_alerts", "Alerts that are not over.", own, "livemax", "state")
        self.alert_late = _gauge(
            "warmline_alert_late_seconds", "By how much the latest rung is overdue.", own, "livemax"
        )
        self.path_late = _gauge(
            "warmline_alert_path_late", "Whether the test of the alert path is overdue.", own, "livemax"
        )
        self._turns = dict.fromkeys(get_args(Stage), 0)
        self._became = {
            outcome: self.messages.labels(outcome)
            for outcome in ("accepted", "repeated", *(refusal.value for refusal in Refusal))
        }
        for refusal in Refusal:
            self.refusals.labels(refusal.value)
        for close in Close:
            self.closed.labels(close.name.lower())
        for admission in ADMISSIONS:
            self.admissions.labels(admission)
        self._stages = {stage: self.message_seconds.labels(stage) for stage in get_args(Stage)}

    def took(self, stage: Stage, seconds: float, since: float) -> None:  # noqa: ARG002 - of the port
        """One message spent this long in a stage."""
        turn = self._turns[stage] = self._turns[stage] + 1
        if turn % TIMED == 1:
            self._stages[stage].observe(seconds)

    def became(self, outcome: str) -> None:
        """One message was accepted, accepted again, or refused with this code."""
        self._became[outcome].inc()

    def tried(self, channel: str, outcome: str) -> None:
        """Somebody was reached on an alert channel, or not, and why."""
        self.deliveries.labels(channel, outcome).inc()

    def stands(
        self, *, sockets: Mapping[str, int], phases: Mapping[str, int], lag: float, connected: bool
    ) -> None:
        """How this process stands: sockets by side, conversations by phase, seconds of lag, Redis."""
        for side, count in sockets.items():
            self._sockets.labels(side).set(count)
        for phase, count in phases.items():
            self._conversations.labels(phase).set(count)
        self._lag.set(lag)
        self.dependency_up.labels("redis").set(int(connected))

    def refreshed_by(self, refresh: Callable[[], None]) -> None:
        """Calls this whenever somebody asks, before the answer."""
        self._refresh = refresh

    def refresh(self) -> None:
        self._refresh()


class _Fresh(Collector):
    """Shows nothing itself: it is the first that is asked, and brings the others up to date."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        self._meters.refresh()
        return ()


def _gauge(
    name: str,
    text: str,
    registry: CollectorRegistry,
    mode: Literal["livesum", "livemax", "livemin"],
    *labels: str,
) -> Gauge:
    return Gauge(name, text, labels, registry=registry, multiprocess_mode=mode)


def names() -> frozenset[str]:
    """Every series that exists, as a query names it."""
    found: set[str] = set()
    for metric in Meters().registry.collect():
        ends = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(metric.type, ("",))
        found.update(metric.name + end for end in ends)
    return frozenset(found)


def forget(folder: Path, process: int, *, whole: bool) -> None:
    """A process that counted in this folder is gone: its gauges are nobody's any more.

    Its counts stay, so that sums do not fall, unless it is forgotten as a `whole`.
    """
    multiprocess.mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]  # the library's
    if whole:
        for path in folder.glob(f"*_{process}.db"):
            with suppress(OSError):
                path.unlink()
