"""Puts misspelt, starred and disguised words right, among the words that a lexicon knows and no others.

Every repair is a lookup in a table built once, so a word costs the same however it was disguised.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import combinations

LEET = (
    str.maketrans("01345789@$!|+€", "oieastbgasilte"),
    str.maketrans("01345789@$!|+€", "oleastbgaslite"),
)
"""Digits and signs for letters. A one, and a bar, stand for i or for l, so both readings are tried."""
SHORTEST = 4
"""Words shorter than this are repaired only where a star or digit shows that they were disguised."""
LONGEST = 24
RUN = 3
"""No English word has this many of a letter in a row, and few of any language do."""
LONGEST_SPACED = 10
FEWEST_LETTERS = 3
"""Letters written apart make a word only when at least this many of them differ."""
STAR = "*"


class Spelling:
    """Repairs towards `vocabulary`. A word in `spared` is a word of its own and stays as it is.

    When two words of the vocabulary could be meant, one of `keys` (the words that terms turn on) wins.
    """

    __slots__ = ("_repairs", "_stars", "words")

    def __init__(self, vocabulary: Iterable[str], keys: Collection[str], spared: Collection[str]) -> None:
        self.words = frozenset(vocabulary)
        self._repairs: dict[str, str] = {}
        self._stars: dict[str, str] = {}
        for word in sorted(self.words, key=lambda word: (word not in keys, word)):
            if not word.isascii() or not word.isalpha():
                continue
            for starred in _starred(word):
                self._stars.setdefault(starred, word)
            if len(word) >= SHORTEST:
                for slip in _slips(word, substitute=word in keys):
                    if slip not in self.words and slip not in spared:
                        self._repairs.setdefault(slip, word)

    def repaired(self, word: str) -> str | None:
        """The word of the vocabulary that a plain run of letters stands for; None when there is none."""
        if word in self.words:
            return word
        if found := self._repairs.get(word):
            return found
        return self._shortened(word) if _has_run(word) else None

    def unmasked(self, chunk: str) -> str | None:
        """The word behind a chunk with digits, signs or stars among its letters."""
        if len(chunk) > LONGEST:
            return None
        if STAR in chunk:
            return self._stars.get(chunk) or self._stars.get(_one_star(chunk))
        for table in LEET:
            plain = chunk.translate(table)
            if plain in self.words:
                return plain
        for table in LEET:
            plain = chunk.translate(table)
            if plain.isalpha() and (found := self.repaired(plain)):
                return found
        return None

    def segments(self, letters: str) -> tuple[str, ...] | None:
        """Cuts letters that were written apart ("k i l l m e") into words, the fewest that cover the most."""
        if len(set(letters)) < FEWEST_LETTERS:
            return None
        best: list[tuple[int, int]] = [(0, 0)]
        for end in range(1, len(letters) + 1):
            cost, start = best[end - 1][0] + (1 if letters[end - 1] in "iau" else 4), end - 1
            for length in range(2, min(end, LONGEST_SPACED) + 1):
                if letters[end - length : end] in self.words and best[end - length][0] + 1 < cost:
                    cost, start = best[end - length][0] + 1, end - length
            best.append((cost, start))
        cut: list[str] = []
        end = len(letters)
        while end:
            start = best[end][1]
            cut.append(letters[start:end])
            end = start
        return tuple(reversed(cut)) if any(len(word) >= FEWEST_LETTERS for word in cut) else None

    def _shortened(self, word: str) -> str | None:
        for most in (2, 1):
            short = _squeezed(word, most)
            if short in self.words:
                return short
        return self._repairs.get(_squeezed(word, 2)) or self._repairs.get(_squeezed(word, 1))


def _slips(word: str, *, substitute: bool) -> Iterator[str]:
    """One slip of the finger each: a letter left out, doubled, swapped with the next, or hit beside."""
    for at in range(len(word)):
        if at and (at + 1 < len(word) or len(word) > SHORTEST + 2):
            yield word[:at] + word[at + 1 :]
        yield word[:at] + word[at] + word[at:]
        if at + 1 < len(word):
            yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        if substitute and at and len(word) >= SHORTEST + 2:
            for letter in BESIDE.get(word[at], ""):
                yield word[:at] + letter + word[at + 1 :]
                yield word[:at] + letter + word[at:]


def _starred(word: str) -> Iterator[str]:
    inner = range(1, len(word))
    for at in inner:
        yield word[:at] + STAR + word[at + 1 :]
    if len(word) > SHORTEST:
        for first, second in combinations(inner, 2):
            yield word[:first] + STAR + word[first + 1 : second] + STAR + word[second + 1 :]


def _one_star(chunk: str) -> str:
    first, last = chunk.index(STAR), chunk.rindex(STAR)
    return chunk[:first] + STAR + chunk[last + 1 :]


def _has_run(word: str) -> bool:
    return any(word[at] == word[at + 1] == word[at + 2] for at in range(len(word) - 2))


def _squeezed(word: str, most: int) -> str:
    """The word with every run of three or more of a letter cut to `most` of them."""
    out: list[str] = []
    at = 0
    while at < len(word):
        end = at
        while end < len(word) and word[end] == word[at]:
            end += 1
        out.append(word[at] * (most if end - at >= RUN else end - at))
        at = end
    return "".join(out)


ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
BESIDE = {
    row[at]: row[max(0, at - 1) : at] + row[at + 1 : at + 2] + ("aeiou" if row[at] in "aeiou" else "")
    for row in ROWS
    for at in range(len(row))
}
