"""Who said that they have an alert while the store was away, and how that is framed on a disk."""

from __future__ import annotations

from dataclasses import dataclass

from moderation.alerts import SEVERITIES, Severity
from moderation.decisions import Decision
from moderation.framing import Form


@dataclass(frozen=True, slots=True)
class Hold:
    """`person` has `alert` since `at`, in seconds since the Unix epoch.

    The climb goes on at `again_at` without another move; None where they are in the conversation, or decided
    something that names no time.
    """

    alert: str
    person: str
    at: float
    again_at: float | None
    decision: Decision | None = None
    severity: Severity | None = None
    """How severe the alert was when they said so; None where this was not known."""

    def covers(self, severity: Severity) -> bool:
        """Whether it was said of something this severe: nobody has a crisis who took on a concern."""
        if self.severity is None:
            return True
        return SEVERITIES.index(severity) <= SEVERITIES.index(self.severity)

    def stands(self, at: float) -> bool:
        """Whether it still holds, as far as the time goes."""
        return self.again_at is None or at < self.again_at


HOLDS: Form[Hold] = Form(Hold, b"WLh1", ".holds", "alert")
