"""What went wrong on the alert path, for whoever watches over it. It holds nothing that was said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Part = Literal["store", "spool", "directory", "rung", "listener", "late", "undelivered"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """`error` is the name of an exception's class, never its text: drivers write parameters into texts."""

    part: Part
    error: str = ""
    alert: str | None = None
    campus: str | None = None
    seconds: float = 0.0
    """By how much something is late."""


Report = Callable[[Trouble], None]
"""Takes trouble in; it neither blocks nor raises."""
