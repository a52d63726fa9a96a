"""What whoever has an alert may decide while it stays open: a fixed list, and how long each of them holds.

There is no field for words. A decision stops the climb; once its time has passed without another move, the
climb goes on where it stood.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Decision = Literal["following", "on_the_way", "services_called", "in_care"]
"""They follow it while the supporter goes on; somebody is on the way to the student; emergency services were
called; somebody is with the student."""

HOLDS: Mapping[Decision, float | None] = MappingProxyType(
    {"following": 900.0, "on_the_way": 1800.0, "services_called": 3600.0, "in_care": None}
)
"""Seconds for which each holds; None: until somebody makes the next move."""

LONGEST = max(seconds for seconds in HOLDS.values() if seconds is not None)
"""Seconds that the longest of them puts the climb off."""


def until(decision: Decision, at: float) -> float | None:
    """When the climb goes on after a decision made at `at`; None where that names no time."""
    holds = HOLDS[decision]
    return None if holds is None else at + holds
