"""What was seen and must become an alert, and how it is framed on a disk."""

from __future__ import annotations

from dataclasses import dataclass

from moderation.alerts import Severity, Source
from moderation.framing import Form


@dataclass(frozen=True, slots=True)
class Sighting:
    """It holds no words. `key` names the event; `at` is in seconds since the epoch.

    `alert` is the id under which staff are shown it while it waits; the stored alert has it too.
    """

    key: str
    conversation: str
    campus: str
    category: str
    severity: Severity
    source: Source
    at: float
    alert: str = ""


SIGHTINGS: Form[Sighting] = Form(Sighting, b"WLa1", ".spool", "conversation")
