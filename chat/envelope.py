"""What a seeker shares under seal: who may open it, and who has. Pure, and without a word of it in the clear.

The box was sealed in the seeker's browser. It lies in the conversation's stream and goes with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

MOST_SEALED = 20
"""How often a seeker may seal anew in one conversation."""
ASK_HOLDS = 600.0
"""Seconds for which the first of two staff members' word stands."""

Policy = Literal["consent", "two_staff"]
"""It opens with the seeker's consent only; or also when two staff members open it together."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening: under which role, by whom (a name, sealed under the conversation's key), and when."""

    role: str
    who: bytes = field(repr=False)
    at: float
    together: bool
    """Without the seeker's consent, by two."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The word of one staff member, which waits for a second one."""

    person: str
    who: bytes = field(repr=False)
    at: float


@dataclass(frozen=True, slots=True)
class Envelope:
    key: str
    """Names the staff key that it was sealed to."""
    box: bytes = field(repr=False)
    agreed: bool
    """Whether the seeker agrees that it is opened."""
    unread: bool = True
    """Nobody has opened what is in it now: the consent can be taken back."""
    sealings: int = 1
    asked: tuple[Asked, ...] = ()
    holders: frozenset[str] = frozenset()
    """The two who opened it together: they may look again."""
    openings: tuple[Opening, ...] = ()


Verdict = Literal["opens", "opens_together", "first_word", "refused"]


def sealed(before: Envelope | None, key: str, box: bytes, *, agreed: bool) -> Envelope:
    """What was sealed anew takes the place of what lay there; who opened the former stays known."""
    if before is None:
        return Envelope(key, box, agreed)
    return Envelope(key, box, agreed, sealings=before.sealings + 1, openings=before.openings)


def may_open(envelope: Envelope, person: str, policy: Policy, at: float) -> Verdict:
    """What comes of a staff member's wish to open it, at `at` in seconds since the Unix epoch."""
    if envelope.agreed:
        return "opens"
    if policy != "two_staff":
        return "refused"
    if person in envelope.holders:
        return "opens_together"
    others = [asked for asked in envelope.asked if asked.person != person and at - asked.at < ASK_HOLDS]
    return "opens_together" if others else "first_word"


def asked(envelope: Envelope, word: Asked) -> Envelope:
    others = tuple(one for one in envelope.asked if one.person != word.person)
    return replace(envelope, asked=(*others, word))


def opened(envelope: Envelope, person: str, opening: Opening) -> Envelope:
    holders = envelope.holders
    if opening.together:
        holders |= {person, *(one.person for one in envelope.asked if opening.at - one.at < ASK_HOLDS)}
    return replace(envelope, unread=False, asked=(), holders=holders, openings=(*envelope.openings, opening))
