"""What the weak things in one message come to: none of them says anything alone.

Two ways to count, each told in a sentence. Weak terms of a category count by their number. Signs count by
what they are signs of: each aspect once, with its heaviest sign, and from ENOUGH on they are a concern.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moderation.screening import Finding

WEAK = 3
"""So many weak terms of a category count; fewer are nothing."""
MANY_WEAK = 5
"""So many are a concern."""
ENOUGH = 3
"""What the weights of signs of different aspects must come to: three signs, or two of which one is heavy."""
REACH = 60
"""Signs farther apart than this many words do not add up: a long message touches on much."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A place in a message that is a sign of something: the index of its first word, and behind its last."""

    category: str
    aspect: str
    weight: int
    start: int
    end: int


def counted(weak: Collection[Finding]) -> list[Finding]:
    """Weak findings of one message: too few of a category are nothing, many of them are a concern."""
    number = Counter(finding.category for finding in weak)
    return [
        replace(finding, severity="concern") if number[finding.category] >= MANY_WEAK else finding
        for finding in weak
        if number[finding.category] >= WEAK
    ]


def adding_up(signs: Iterable[Sign]) -> list[Sign]:
    """The signs that are a concern together, one of each aspect; of each category those that weigh most.

    Of an aspect the heaviest within reach counts, and of equal ones the last; no word counts twice. Work
    grows with the number of signs, since aspects and weights are few.
    """
    by_category: dict[str, list[Sign]] = {}
    for sign in sorted(signs, key=lambda one: (one.start, -one.weight, one.end, one.aspect)):
        by_category.setdefault(sign.category, []).append(sign)
    heaviest = (max(_within_reach(_apart(told)), key=weight) for told in by_category.values())
    return [sign for together in heaviest if weight(together) >= ENOUGH for sign in together]


def weight(signs: Iterable[Sign]) -> int:
    """What some signs weigh together."""
    return sum(sign.weight for sign in signs)


def _apart(signs: Iterable[Sign]) -> list[Sign]:
    """Signs, given in order, without those that share a word with a heavier one, or one before as heavy."""
    kept: list[Sign] = []
    for sign in signs:
        if not kept or kept[-1].end <= sign.start:
            kept.append(sign)
        elif sign.weight > kept[-1].weight:
            kept[-1] = sign
    return kept


def _within_reach(signs: Iterable[Sign]) -> Iterator[list[Sign]]:
    """For each of some signs, given in order, those that count among it and the ones before it."""
    last: dict[tuple[str, int], Sign] = {}
    for sign in signs:
        last[sign.aspect, sign.weight] = sign
        near = (one for one in last.values() if sign.start - one.end <= REACH)
        heaviest = {one.aspect: one for one in sorted(near, key=lambda one: one.weight)}
        yield sorted(heaviest.values(), key=lambda one: one.start)
