"""What was measured, as a table for people and as JSON for programs."""

from __future__ import annotations

import math
import os
import platform
import sqlite3
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

ROOT: Final = __file__.rsplit("/tests/", 1)[0]


@dataclass(frozen=True, slots=True)
class Figure:
    """One promise: in how many tries it was put to the test, and how often it broke."""

    promise: str
    tries: int
    broken: int
    seconds: Sequence[float] = field(default=(), repr=False)
    """Where a time is asked for: the times."""
    note: str = ""
    limit: float | None = None
    """What the times are held to, in seconds."""
    evidence: Sequence[str] = field(default=(), repr=False)
    """What was seen each time that it broke, a line each."""

    @property
    def bound(self) -> float | None:
        """How often it may break at most, with 95 % confidence, when it never did."""
        if self.broken or not self.tries:
            return None
        return float(1 - 0.05 ** (1 / self.tries))

    def share(self, part: float) -> float | None:
        """The time within which `part` of all were."""
        if not self.seconds:
            return None
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, math.ceil(part * len(ordered)) - 1)]

    @property
    def holds(self) -> bool:
        return self.broken == 0 and self.tries > 0


def table(figures: Sequence[Figure]) -> str:
    """In Markdown."""
    rows = ["| promise | N | broken | at most (95 %) | p50 | p99 |", "|---|---|---|---|---|---|"]
    for one in figures:
        bound = "-" if one.bound is None else f"{one.bound:.2%}"
        times = " | ".join("" if t is None else f"{t:.2f} s" for t in (one.share(0.5), one.share(0.99)))
        note = f" ({one.note})" if one.note else ""
        rows.append(f"| {one.promise}{note} | {one.tries} | {one.broken} | {bound} | {times} |")
    return "\n".join(rows)


def evidence(figures: Sequence[Figure]) -> str:
    """What was seen of each promise that broke, for whoever looks for the reason."""
    lines = []
    for one in figures:
        if not one.holds:
            lines += [f"{one.promise}: broken {one.broken} of {one.tries}", *(f"  {x}" for x in one.evidence)]
    return "\n".join(lines)


def written(figures: Sequence[Figure], seconds: float) -> dict[str, Any]:
    """For `--out`."""
    return {
        "commit": _commit(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "seconds": round(seconds),
        "figures": [
            {
                "promise": one.promise,
                "n": one.tries,
                "broken": one.broken,
                "bound_95": one.bound,
                "p50": one.share(0.5),
                "p99": one.share(0.99),
                "limit": one.limit,
                "note": one.note,
                "evidence": list(one.evidence),
            }
            for one in figures
        ],
    }


def _commit() -> str | None:
    said = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return said.stdout.strip() or None
