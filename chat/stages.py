"""The stages of a message's path through a process, which are timed."""

from __future__ import annotations

from typing import Literal

Stage = Literal["screen", "alert", "seal", "append", "whole"]
"""Screened; its alert made durable; sealed; appended to the stream and answered; from the frame to `ack`."""


def untimed(stage: Stage, seconds: float) -> None:
    """Takes no notice."""
