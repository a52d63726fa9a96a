"""The stages of a message's path through a process, which are timed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

Stage = Literal["screen", "alert", "seal", "append", "whole"]
"""Screened; its alert made durable; sealed; appended to the stream and answered; from the frame to `ack`."""


Took = Callable[[Stage, float, float], None]
"""Takes in that a message spent so many seconds in a stage, and when it came in, by `perf_counter`."""


def untimed(stage: Stage, seconds: float, since: float) -> None:
    """Takes no notice."""
