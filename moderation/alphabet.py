"""Words as single letters of an alphabet of their own, for the automaton.

Phrases are made of the same words over and over. With one letter for each word they are short, the automaton
has half as many states, and the place of a phrase in a line of letters is its place among the words.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Final

UNKNOWN: Final = "\0"
"""Stands for every word that has no letter."""
BAR: Final = "|"
"""Stands between texts, and for itself."""
_LETTERS: Final = (range(1, ord(BAR)), range(ord(BAR) + 1, 0xD800), range(0xE000, 0x110000))
"""The characters that a text may hold besides: those of the second gap belong to the encoding of others."""


class Alphabet:
    """Gives each word of phrases a letter when it is first met."""

    __slots__ = ("_known", "_letters", "words")

    def __init__(self) -> None:
        self.words: Final = {UNKNOWN: UNKNOWN}
        """The words by their letters."""
        self._letters = _Letters(self.words)
        self._known = _Known()

    def spell(self, text: str) -> str:
        """The words of a text, which stand between spaces, as letters."""
        return "".join(map(self._letters.__getitem__, text.split()))

    def spell_each(self, texts: str) -> list[str]:
        """The same of each of the texts between bars."""
        return self.spell(texts.replace(BAR, " | ")).split(BAR)

    def close(self) -> None:
        """From here on `line` tells the words that have been met from those that have not."""
        self._known = _Known({word: letter for letter, word in self.words.items()})

    def line(self, words: Iterable[str]) -> str:
        """Words as letters, `UNKNOWN` for those that were not met before the alphabet was closed."""
        return "".join(map(self._known.__getitem__, words))

    def text(self, letters: str) -> str:
        """The words that were spelt so, between spaces."""
        return " ".join(map(self.words.__getitem__, letters))


class _Letters(dict[str, str]):
    __slots__ = ("_free", "_words")

    def __init__(self, words: dict[str, str]) -> None:
        super().__init__({BAR: BAR})
        self._free = map(chr, chain(*_LETTERS))
        self._words = words

    def __missing__(self, word: str) -> str:
        self[word] = letter = next(self._free)
        self._words[letter] = word
        return letter


class _Known(dict[str, str]):
    __slots__ = ()

    def __missing__(self, _word: str) -> str:
        return UNKNOWN
