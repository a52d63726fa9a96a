"""What the benchmark answers: each figure is a ratio of medians over the rounds, with spread and bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

Rounds = Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]
"""From each party and step to what each round answered."""


@dataclass(frozen=True)
class Figure:
    """One line of the table. `ratio` is None where it was not measured in this run."""

    name: str
    says: str
    bar: float
    stretch: float
    more_is_better: bool
    ratio: float | None
    spread: tuple[float, float] | None

    @property
    def met(self) -> bool | None:
        return None if self.ratio is None else self._reaches(self.bar)

    @property
    def stretched(self) -> bool | None:
        return None if self.ratio is None else self._reaches(self.stretch)

    def _reaches(self, bar: float) -> bool:
        assert self.ratio is not None
        return self.ratio >= bar if self.more_is_better else self.ratio <= bar


@dataclass(frozen=True)
class _Bar:
    name: str
    says: str
    step: str
    value: str
    peer: str | None
    bar: float
    stretch: float
    more: bool = False


_SHORT: Final = {
    "socketio_sharded": "Socket.IO sharded",
    "ws_ioredis": "ws + ioredis",
    "naive_starlette": "naive Starlette",
    "django_channels": "Django Channels",
    "nats": "NATS cluster",
}


def _bars() -> list[_Bar]:
    bars = []

    def add(name: str, says: str, step: str, value: str, *, more: bool = False) -> Callable[..., None]:
        def against(peer: str, bar: float, stretch: float) -> None:
            bars.append(
                _Bar(f"{name}_vs_{peer}", f"{says} ÷ {_SHORT[peer]}", step, value, peer, bar, stretch, more)
            )

        return against

    flat = add("cpu", "CPU per message at saturation", "flat_out", "cpu_per_1000")
    flat("socketio_sharded", 1 / 2, 1 / 4)
    flat("ws_ioredis", 1, 1 / 2.5)
    flat("naive_starlette", 1 / 4, 1 / 8)
    flat("django_channels", 1 / 12, 1 / 25)
    flat("nats", 2, 1)
    slow = add("cpu_1000", "CPU per message at 1,000/s", "talk_1000", "cpu_per_1000")
    slow("socketio_sharded", 0.9, 0.5)
    slow("ws_ioredis", 1.0, 0.65)
    slow("naive_starlette", 0.5, 0.33)
    slow("django_channels", 0.3, 0.18)
    fast = add("max_rate", "highest rate with nothing lost", "flat_out", "rate", more=True)
    fast("socketio_sharded", 1.5, 3)
    fast("ws_ioredis", 1.0, 2)
    fast("naive_starlette", 3, 6)
    fast("django_channels", 12, 25)
    add("p99", "p99 at 1,000/s", "talk_1000", "p99_ms")("ws_ioredis", 1.5, 1.0)
    add("p99", "p99 at 1,000/s", "talk_1000", "p99_ms")("socketio_sharded", 0.6, 0.3)
    loud = add("p99_5000", "p99 at 5,000/s", "talk_5000", "p99_ms")
    loud("ws_ioredis", 1.0, 0.6)
    loud("socketio_sharded", 0.6, 0.3)
    bars.append(_Bar("idle_kib", "KiB of an idle seeker in line", "in_line", "kib_each", None, 12, 8))
    storm = add("storm", "connections accepted per second", "greeted", "accepted_per_second", more=True)
    storm("ws_ioredis", 0.8, 1.2)
    storm("socketio_sharded", 1.5, 2.5)
    storm("naive_starlette", 1.5, 3)
    bars.append(
        _Bar(
            "resume_seconds",
            "seconds until all are back after a killed process",
            "storm",
            "seconds",
            None,
            15,
            6,
        )
    )
    bars.append(
        _Bar("pairings", "pairings per second ÷ the bare script", "pairings", "ratio", None, 0.2, 0.4, True)
    )
    bars.append(_Bar("pairing_p99_ms", "pairing p99 at 200 joins/s, in ms", "joins", "p99_ms", None, 25, 8))
    bars.append(_Bar("growth", "cost of a message at 10,000 ÷ at 100", "growth", "ratio", None, 1.2, 1.05))
    return bars


def figures(rounds: Rounds) -> list[Figure]:
    """Every line of the table, also those that this run did not measure."""
    found = []
    for bar in _bars():
        ours = values(rounds, "warmline", bar.step, bar.value)
        theirs = values(rounds, bar.peer, bar.step, bar.value) if bar.peer else [1.0] * len(ours)
        each = [one / other for one, other in zip(ours, theirs, strict=False) if other]
        ratio = median(ours) / median(theirs) if ours and theirs and median(theirs) else None
        spread = (min(each), max(each)) if each else None
        found.append(Figure(bar.name, bar.says, bar.bar, bar.stretch, bar.more, ratio, spread))
    return found


def values(rounds: Rounds, party: str, step: str, value: str) -> list[float]:
    """What the rounds answered that count: void ones and those that failed do not."""
    return [
        float(answer[value])
        for answer in rounds.get(party, {}).get(step, ())
        if answer.get(value) is not None and not answer.get("void") and not answer.get("failed")
    ]


def middle(rounds: Rounds, party: str, step: str, value: str) -> float | None:
    """The median over the rounds."""
    found = values(rounds, party, step, value)
    return median(found) if found else None
