"""A place in the waiting room."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a seeker asked for, and since when.

    A ticket can be joined again at any time with what its holder remembers: the waiting room keeps the
    earliest arrival, and neither urgency nor a place at the head is ever taken back by a repetition.
    """

    id: str
    """The conversation, as an opaque name."""
    joined_at: float
    """Seconds since the epoch. A value from the future counts as now."""
    topic: str | None = None
    """A preference: it is waived for who is urgent or has waited long."""
    language: str | None = None
    """A need: it is waived for who is urgent or has waited very long, and only while nobody speaks it."""
    mood: int | None = None
    """1 to 5; shown with the offer, no part of any decision."""
    wants: frozenset[str] = frozenset()
    """Further preferences by name. They travel with the ticket and are no part of any decision."""
    urgent: bool = False
    returned: bool = False
    """Whether the seeker had been offered or paired before, and stands at the head for that."""
    avoid: frozenset[str] = frozenset()
    """People who are never offered this ticket."""

    @property
    def rank(self) -> tuple[int, float, str]:
        """Sorts tickets: the urgent, the returned, the others; within each the longest waiting first."""
        return (0 if self.urgent else 1 if self.returned else 2), self.joined_at, self.id
