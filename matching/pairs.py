"""Never the same pair again, when one of the two asked for that.

A seeker has no identity beyond the conversation, so a pair can only meet again within it: its ticket carries
the people to be avoided, and everybody who may requeue it folds them from the conversation's own stream.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a pair came apart."""

    SWITCHED = "switched"
    """The seeker asked for another supporter."""
    REPORTED = "reported"
    """The seeker reported the supporter."""
    HANDED_OVER = "handed_over"
    """The supporter passed the conversation on."""
    VANISHED = "vanished"
    """The supporter's connection was lost. They may meet again."""


APART = frozenset({Reason.SWITCHED, Reason.REPORTED, Reason.HANDED_OVER})
"""The reasons by which one of the two asked not to meet again."""


@dataclass(frozen=True, slots=True)
class Parting:
    """A supporter left a conversation that goes on."""

    person: str
    reason: Reason


def avoided(partings: Iterable[Parting]) -> frozenset[str]:
    """The people who are never offered this ticket again."""
    return frozenset(parting.person for parting in partings if parting.reason in APART)
