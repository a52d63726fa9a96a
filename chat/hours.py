"""When a campus is open by its settings, and when what can wait for that may be told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

from chat.settings import Settings
from matching.opening import Opening, Span

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def opening_of(settings: Settings) -> Opening | None:
    """The opening hours; None where the campus has none, and is open whenever a desk is."""
    if not settings.hours:
        return None
    return Opening(ZoneInfo(settings.timezone), week(settings))


def week(settings: Settings) -> dict[int, tuple[Span, ...]]:
    """The spans in which the campus is open, by the day of the week, 0 for Monday."""
    return {DAYS.index(day): tuple(_span(span) for span in spans) for day, spans in settings.hours.items()}


def waiting_until_open(settings: Settings, waits: Callable[[], bool]) -> Callable[[str, float], float]:
    """The rule of when an alert that can wait is told: at once, unless `waits()` and the campus is closed."""
    opening = opening_of(settings)

    def may_tell(campus: str, at: float) -> float:  # noqa: ARG001  # the shape of every campus' own rule
        if opening is None or not waits() or opening.is_open(at):
            return at
        return opening.next_change(at) or at

    return may_tell


def _span(written: str) -> Span:
    begins, _, ends = written.partition("-")
    return Span(dt.time.fromisoformat(begins), dt.time.fromisoformat(ends.replace("24:00", "00:00")))
