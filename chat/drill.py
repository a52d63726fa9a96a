"""`warmline drill`: a practice alert through the real path, timed to the first person who acknowledges it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from moderation.alertbook import AlertBook
from moderation.alerts import Alert, AlertStore

LOOK: Final = 0.5
"""Seconds between two looks at the alert."""


@dataclass(frozen=True, slots=True)
class Drilled:
    """What came of a drill."""

    seconds: float | None
    """Until somebody acknowledged it; None when nobody did in time."""
    rungs: int
    """How many rungs were told until then."""


async def drill(
    book: AlertBook,
    store: AlertStore,
    *,
    campus: str,
    patience: float,
    clock: Callable[[], float],
    told: Callable[[Alert, float], None],
) -> Drilled:
    """Raises a practice alert and waits for a person; stands it down afterwards.

    It is marked as practice in the alert, on the page that is sent and on the staff surface, so nobody takes
    it for a seeker. `told` is called at every look, with the seconds since the start. Raises what the store
    raises.
    """
    name = f"drill-{secrets.token_hex(8)}"
    began = clock()
    raised = await book.raise_alert(
        key=name,
        conversation=name,
        campus=campus,
        category="practice",
        severity="crisis",
        source="practice",
    )
    alert = raised.alert
    while clock() - began < patience:
        alert = await (store.get(alert.id) if alert else store.of_conversation(name))
        if alert is not None:
            told(alert, clock() - began)
            if alert.state != "open":
                break
        await asyncio.sleep(LOOK)
    if alert is None:
        return Drilled(None, 0)
    reached = alert.state != "open"
    seconds = clock() - began
    if alert.state in {"open", "acknowledged"}:
        await book.stand_down(alert.id, alert.person or "drill", "practice")
    return Drilled(seconds if reached else None, alert.rung)
