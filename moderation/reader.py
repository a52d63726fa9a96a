"""Cuts a message into the words that terms are written in, and keeps where each one stood."""

from __future__ import annotations

import re
from string import ascii_lowercase

from moderation.normalise import Fold, Folded
from moderation.page import Page
from moderation.reading import Layout, Reading
from moderation.spelling import Spelling

CHUNK = re.compile(r"\n|[^\s]+")
CAMEL = re.compile(r"[a-z][A-Z]")
APART = re.compile(r" [a-z] [a-z] [a-z] ")
"""Letters written apart, in a line of words."""
LONGEST_SKIMMED = 2000
"""A longer message is read with the places at once: it is dear to read twice."""


class Reader:
    """Reads text into words with the spelling of some lexicons, in time proportional to its length."""

    __slots__ = ("_fold", "_plain", "_spelling")

    def __init__(self, spelling: Spelling, fold: Fold) -> None:
        self._spelling = spelling
        self._fold = fold
        self._plain = frozenset(word for word in spelling.words if len(word) > 1).union(ascii_lowercase)
        """What is a word as it stands, between two spaces."""

    def read(self, text: str) -> Reading:
        folded = self._fold(text)
        page = Page(folded, "", self._spelling, {}, {})
        if len(text) <= LONGEST_SKIMMED and self._skimmed(page, folded.text, text):
            reading = Reading(tuple(page.words), lambda: self._laid(text, folded, page)[1])
            if not APART.search(f" {' '.join(page.words)} "):
                return reading
        words, layout = self._laid(text, folded, page)
        return Reading(words, lambda: layout)

    def _skimmed(self, page: Page, folded: str, text: str) -> bool:
        """Takes the words and not their places; False where words grew together at a capital letter.

        There, as with words that were written as single letters, only the places tell what the words are.
        """
        plain, words, skim = self._plain, page.words, page.skim
        if text.isascii() and folded != text:
            for chunk, own in zip(folded.split(), text.split(), strict=True):
                if chunk in plain:
                    words.append(chunk)
                elif own[1:].islower() or not CAMEL.search(own):
                    skim(chunk)
                else:
                    return False
        elif folded != text and CAMEL.search(text):
            return False
        else:
            for chunk in folded.split():
                if chunk in plain or (len(chunk) == 1 and not chunk.isascii()):
                    words.append(chunk)
                else:
                    skim(chunk)
        return True

    def _laid(self, text: str, folded: Folded, skimmed: Page) -> tuple[tuple[str, ...], Layout]:
        """The words and where they stand. What was put right while skimming is not looked up again."""
        author = text if CAMEL.search(text) else ""
        page = Page(folded, author, self._spelling, skimmed.repaired, skimmed.parted)
        plain = self._plain
        words, starts, ends = page.words, page.starts, page.ends
        for match in CHUNK.finditer(folded.text):
            chunk, (start, end) = match[0], match.span()
            if chunk in plain if end - start > 1 else not chunk.isascii():
                words.append(chunk)
                starts.append(start)
                ends.append(end)
            else:
                page.take(chunk, start)
        return page.laid()
