"""How urgent a finding is, and how severities combine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Severity = Literal["notice", "concern", "crisis"]
Effect = Literal["keep", "notice", "concern", "crisis", "drop"]
"""What a scope rule does to a finding: leave it, hold it at a severity at most, or let it go."""

SEVERITIES: tuple[Severity, ...] = ("notice", "concern", "crisis")
"""From mild to urgent."""


def rank(severity: Severity | None) -> int:
    """Orders severities; nothing at all comes before `notice`."""
    return 0 if severity is None else SEVERITIES.index(severity) + 1


def highest(severities: Iterable[Severity]) -> Severity | None:
    return max(severities, key=rank, default=None)


def softened(severity: Severity, effect: Effect) -> Severity | None:
    """The severity after a rule's effect; an effect never makes a finding more severe."""
    if effect == "keep":
        return severity
    if effect == "drop":
        return None
    return min(severity, effect, key=rank)
