"""A supporter's place on a shift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST_AT_ONCE: Final = 4
"""No desk takes more conversations at once than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a supporter takes, and what they have.

    Raises `ValueError` for a capacity outside 1 to 4.
    """

    person: str
    process: str
    """The process that holds this person's console. It alone may renew or close the desk."""
    capacity: int = 1
    """How many conversations at once."""
    languages: frozenset[str] = frozenset()
    """Spoken languages; none given means that any will do."""
    topics: frozenset[str] = frozenset()
    """Topics taken; none given means that any will do."""
    paused: bool = False
    holding: frozenset[str] = frozenset()
    """The conversations this person is in now, so that a desk opened after a loss of Redis is not taken for
    an empty one.
    """
    free_since: float | None = None
    """Seconds since the epoch since when there was room for one more; None counts as now."""

    def __post_init__(self) -> None:
        if not 1 <= self.capacity <= MOST_AT_ONCE:
            raise ValueError(f"A desk takes 1 to {MOST_AT_ONCE} conversations at once.")

    @property
    def load(self) -> int:
        """How many conversations this person is in."""
        return len(self.holding)
