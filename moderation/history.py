"""What an author's earlier messages add to the present one: a word put right, and a tone that rises."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from moderation.normalise import unspaced
from moderation.severity import Severity, rank

if TYPE_CHECKING:
    from moderation.screening import Finding

CONCERNS = 3
"""This many concerns of one author, the present message counted, are a crisis."""
LONGEST_CORRECTION = 40
LEAD_WORDS = 4
LEAD_MESSAGES = 4
LEAD_LENGTH = 48
KEPT_LEVELS = 4096


class Levels:
    """How severe messages were, so that those of a conversation are not screened again with each new one.

    A message is known by Python's hash of it, whose key is drawn anew by every process: of its words nothing
    is kept. Beyond KEPT_LEVELS the oldest is forgotten.
    """

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: OrderedDict[int, Severity | None] = OrderedDict()

    def __contains__(self, text: str) -> bool:
        return hash(text) in self._kept

    def keep(self, text: str, severity: Severity | None) -> None:
        self._kept[hash(text)] = severity
        if len(self._kept) > KEPT_LEVELS:
            self._kept.popitem(last=False)

    def of(self, text: str) -> Severity | None:
        return self._kept.get(hash(text))


def lead(history: Sequence[str]) -> str:
    """The words right before a message: the end of the last one, with those before a short one."""
    words: list[str] = []
    for said in reversed(history[-LEAD_MESSAGES:]):
        words = said[-LEAD_LENGTH:].split() + words
        if len(words) >= LEAD_WORDS:
            break
    return " ".join(words)


def corrected(previous: str, text: str) -> str | None:
    """The earlier message with a word put right by "*word" or "word*"; None when there is no correction."""
    word = text.strip()
    if len(word) > LONGEST_CORRECTION or not (word.startswith("*") or word.endswith("*")):
        return None
    word = word.strip("* ")
    words = previous.split()
    if not word or " " in word or not words:
        return None
    meant = max(range(len(words)), key=lambda at: (_alike(words[at].lower(), word.lower()), at))
    return " ".join((*words[:meant], word, *words[meant + 1 :]))


def turned(asked: str, words: Mapping[str, str]) -> str:
    """A question about the reader, as the reader would say it of themselves: "do you ..." as "do i ...".

    Words are turned whole. In a script without spaces they stand inside a longer run of signs, so there
    phrases are turned wherever they stand, the longest first; elsewhere that would tear words.
    """
    said = " ".join(words.get(word.strip("?,.!"), word) for word in asked.lower().split())
    for phrase in sorted(filter(_unspaced, words), key=len, reverse=True):
        said = said.replace(phrase, words[phrase])
    return said


def _unspaced(phrase: str) -> bool:
    """Whether a phrase is written in a script without spaces between words."""
    return bool(phrase) and all(unspaced(sign) for sign in phrase)


def risen(found: list[Finding], earlier: Iterable[Severity | None]) -> list[Finding]:
    """The findings, their concerns made a crisis when enough earlier messages were concerns too."""
    before = sum(rank(severity) >= rank("concern") for severity in earlier)
    if before + 1 < CONCERNS:
        return found
    return [
        replace(finding, severity="crisis") if finding.severity == "concern" else finding for finding in found
    ]


def _alike(one: str, two: str) -> int:
    """How many letters two words share at their beginnings and ends, less what their lengths differ by."""
    shared = 0
    for a, b in zip(one, two, strict=False):
        if a != b:
            break
        shared += 1
    for a, b in zip(reversed(one), reversed(two), strict=False):
        if a != b:
            break
        shared += 1
    return shared - abs(len(one) - len(two))
