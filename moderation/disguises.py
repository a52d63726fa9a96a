"""How people hide words, knowingly or in a hurry: each way a small function from a phrase to its disguise.

They are for measuring. Each changes at most what a reader would still read as the same words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping

LONG = 4
"""Words from this many letters on are hidden: nobody hides "to"."""
DIGITS = str.maketrans("aeiost", "4310$7")
LOOKALIKES = str.maketrans("aceiopsxy", "\u0430\u0441\u0435\u0456\u043e\u0440\u0455\u0445\u0443")
"""Cyrillic letters that look like Latin ones."""
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


def _each(change: Callable[[str], str]) -> Callable[[str], str]:
    """A disguise of every long word of a phrase, or of the longest one where none is long."""

    def disguise(phrase: str) -> str:
        words = phrase.split(" ")
        least = min(LONG, max(len(word) for word in words))
        return " ".join(change(word) if len(word) >= least else word for word in words)

    return disguise


def _one(change: Callable[[str], str]) -> Callable[[str], str]:
    """A disguise of the longest word of a phrase: a slip happens once."""

    def disguise(phrase: str) -> str:
        words = phrase.split(" ")
        longest = max(range(len(words)), key=lambda index: len(words[index]))
        words[longest] = change(words[longest])
        return " ".join(words)

    return disguise


def _inside(word: str, change: Callable[[int], str]) -> str:
    """Changes a word at a place inside it; the first letter is what people get right."""
    return change(max(1, len(word) // 2)) if len(word) > 2 else word  # noqa: PLR2004 - a word of two letters has no inside


def _swapped(word: str) -> str:
    return _inside(
        word, lambda at: f"{word[: at - 1]}{word[at]}{word[at - 1]}{word[at + 1 :]}" if at > 1 else word
    )


DISGUISES: Mapping[str, Callable[[str], str]] = {
    "digits for letters": _each(lambda word: word.lower().translate(DIGITS)),
    "look-alike letters": _each(lambda word: word.lower().translate(LOOKALIKES)),
    "full-width letters": lambda phrase: phrase.translate(WIDE),
    "zero-width marks": _each("\u200b".join),
    "letters with spaces": _one(" ".join),
    "letters with dots": _each(".".join),
    "drawn out": _each(lambda word: f"{word}{word[-1] * 4}"),
    "capitals": str.upper,
    "capitals by turns": lambda phrase: "".join(
        sign.upper() if index % 2 else sign.lower() for index, sign in enumerate(phrase)
    ),
    "decomposed": lambda phrase: unicodedata.normalize("NFD", phrase),
    "combining marks": _each("\u0336".join),
    "stars": _one(lambda word: _inside(word, lambda at: f"{word[:at]}*{word[at + 1 :]}")),
    "a dropped letter": _one(lambda word: _inside(word, lambda at: word[:at] + word[at + 1 :])),
    "a doubled letter": _one(lambda word: _inside(word, lambda at: word[:at] + word[at] + word[at:])),
    "two letters swapped": _one(_swapped),
}


def halves(text: str, start: int, end: int) -> tuple[str, str] | None:
    """The text as two messages, cut between two words of its phrase; None where it has only one."""
    spaces = [index for index in range(start, end) if text[index] == " "]
    if not spaces:
        return None
    cut = spaces[len(spaces) // 2]
    return text[:cut], text[cut + 1 :]
