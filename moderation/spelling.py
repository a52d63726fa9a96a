"""Puts misspelt, starred and disguised words right, among the words that a lexicon knows and no others.

A word costs a few lookups in a table built once, about one for each of its letters, however it was disguised.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, compress, groupby, repeat
from operator import eq, ne
from string import ascii_lowercase

from moderation import gluing
from moderation.gluing import Gluing

LEET = (
    str.maketrans("01345789@$!|+€", "oieastbgasilte"),
    str.maketrans("01345789@$!|+€", "oleastbgaslite"),
)
"""Digits and signs for letters. A one, and a bar, stand for i or for l, so both readings are tried."""
SHORTEST = 4
"""Words shorter than this are repaired only where a star or digit shows that they were disguised."""
SHORTEST_STARRED = 3
SHORTEST_BESIDE = 6
"""From this many letters on, a letter hit beside the right one is put right too."""
LONGEST = 24
RUN = 3
"""No English word has this many of a letter in a row, and few of any language do."""
LONGEST_SPACED = 10
FEWEST_LETTERS = 3
"""Letters written apart make a word only when at least this many of them differ."""
ALONE = 8
"""What a letter costs that belongs to no word; a word costs one or two."""
UMLAUT = re.compile("([aou])e")
"""How umlauts are written where there is no key for them: "waere" is "wäre", which is read as "ware"."""
STAR = "*"
MOST_STARS = 2


class Spelling:
    """Repairs towards `vocabulary`. A word in `spared` is a word of its own and stays as it is.

    When two words of the vocabulary could be meant, the one that more terms turn on wins, as `keys` counts.
    `gluings`, one for each language, cut what was written without spaces.
    """

    __slots__ = (
        "_ends",
        "_gluings",
        "_keys",
        "_longest",
        "_near",
        "_spared",
        "_stars",
        "words",
    )

    def __init__(
        self,
        vocabulary: Iterable[str],
        keys: Mapping[str, int],
        spared: Collection[str],
        gluings: Sequence[Gluing] = (),
    ) -> None:
        self.words = frozenset(vocabulary)
        self._gluings = tuple(gluings)
        self._keys = dict(keys)
        self._spared = frozenset(spared)
        near: dict[str, str] = {}
        ends: dict[tuple[str, str, int], list[str]] = {}
        stars: dict[str, str] = {}
        for word in sorted(self.words):
            size = len(word)
            if not SHORTEST_STARRED <= size <= LONGEST or not word.isascii() or not word.isalpha():
                continue
            if size < SHORTEST:
                for at in range(1, size):
                    starred = word[:at] + STAR + word[at + 1 :]
                    if word in self._keys or starred not in stars:
                        stars[starred] = word
                continue
            for short in (*_shorter(word), word):
                near[short] = f"{near[short]} {word}" if short in near else word
            if word in self._keys:
                ends.setdefault((word[0], word[-1], size), []).append(word)
        self._stars = stars
        self._near = near
        """Words by what they are with one of their letters left out, and by what they are."""
        self._ends = ends
        self._longest = max(map(len, self.words), default=0) + 1

    def repaired(self, word: str) -> str | None:
        """The word of the vocabulary that a plain run of letters stands for; None when there is none."""
        if word in self.words:
            return word
        if len(word) > SHORTEST and UMLAUT.search(word) and (plain := UMLAUT.sub(r"\1", word)) in self.words:
            return plain
        return self._slipped(word) or (self._shortened(word) if _has_run(word) else None)

    def unmasked(self, chunk: str) -> str | None:
        """The word behind a chunk with digits, signs or stars among its letters."""
        if len(chunk) > LONGEST:
            return None
        if STAR in chunk:
            return self._starred(chunk)
        plains = dict.fromkeys(chunk.translate(table) for table in LEET)
        for plain in plains:
            if plain in self.words:
                return plain
        for plain in plains:
            if plain.isalpha() and (found := self.repaired(plain)):
                return found
        return None

    def segments(self, letters: str) -> tuple[str, ...] | None:
        """Cuts letters that were written apart ("k i l l m e") into words, the fewest that cover the most."""
        if len(set(letters)) < FEWEST_LETTERS:
            return None
        words, keys = self.words, self._keys
        costs, starts = [0], [0]
        for end in range(1, len(letters) + 1):
            cost, start = costs[end - 1] + (2 if letters[end - 1] in "iau" else ALONE), end - 1
            for length in range(2, min(end, LONGEST_SPACED) + 1):
                word = letters[end - length : end]
                if word in words:
                    price = costs[end - length] + (1 if length >= SHORTEST and word in keys else 2)
                    if price < cost:
                        cost, start = price, end - length
            costs.append(cost)
            starts.append(start)
        cut = _cut(letters, starts)
        return cut if any(len(word) >= FEWEST_LETTERS for word in cut) else None

    def glued(self, letters: str) -> tuple[str, ...] | None:
        """The words of letters written without spaces ("iwanttodie"), when they are words throughout.

        All of them are of one language: the first that has them.
        """
        if not gluing.FEWEST <= len(letters) <= gluing.MOST or letters in self._spared:
            return None
        return next(filter(None, (one.cut(letters) for one in self._gluings)), None)

    def _shortened(self, word: str) -> str | None:
        two, one = _squeezed(word, 2), _squeezed(word, 1)
        for short in (two, one):
            if short in self.words:
                return short
        return self._slipped(two) or self._slipped(one)

    def _slipped(self, word: str) -> str | None:
        """The word that was meant where one letter was left out, doubled, swapped or hit beside.

        A slip and what it was made of are alike once each lacks the right letter, so most words are asked one
        question. Short words are like too many: of them it is asked for each kind of slip.
        """
        size = len(word)
        if not SHORTEST - 1 <= size <= self._longest or word in self._spared:
            return None
        near = self._near
        if size < SHORTEST_BESIDE:
            alike = self.words.intersection(_swapped_or_doubled(word))
            if word not in near and not alike:
                return None
            meant = {*alike, *(near[word].split() if word in near else ())}
        else:
            shorter = [*map("".join, combinations(word, size - 1))]
            if word not in near and near.keys().isdisjoint(shorter):
                return None
            meant = {other for one in (word, *shorter) if one in near for other in near[one].split()}
        return self._best(other for other in meant if self._is_slip(word, other))

    def _is_slip(self, slip: str, word: str) -> bool:
        """Whether `slip` is what one slip of the finger makes of `word`."""
        if len(word) < SHORTEST or abs(len(slip) - len(word)) > 1:
            return False
        at = 0
        for one, two in zip(slip, word, strict=False):
            if one != two:
                break
            at += 1
        if len(slip) < len(word):
            whole = slip[at:] == word[at + 1 :]
            return whole and at > 0 and (at + 1 < len(word) or len(word) > SHORTEST + 2)
        beside = word in self._keys and at > 0 and len(word) >= SHORTEST_BESIDE
        if len(slip) > len(word):
            doubled = at > 0 and slip[at] == slip[at - 1]
            hit = beside and at < len(word) and slip[at] in BESIDE.get(word[at], "")
            return slip[at + 1 :] == word[at:] and (doubled or hit)
        if slip[at + 1 :] == word[at + 1 :]:
            return beside and slip[at] in BESIDE.get(word[at], "")
        return slip[at : at + 2] == word[at + 1 : at + 2] + word[at] and slip[at + 2 :] == word[at + 2 :]

    def _starred(self, chunk: str) -> str | None:
        """The word behind stars: any word with one or two of them, more only in a key."""
        stars = chunk.count(STAR)
        if chunk[0] == STAR or chunk in self._spared or not chunk.replace(STAR, "").isalpha():
            return None
        if stars == 1:
            return self._stars.get(chunk) or self._best(self._behind(chunk))
        if stars == MOST_STARS and len(chunk) > SHORTEST:
            before, between, after = chunk.split(STAR)
            near = self._near
            filled = [f"{before}{letter}{between}{after}" for letter in ascii_lowercase]
            meant = (word for one in filled if one in near for word in near[one].split())
            return self._best(word for word in meant if _fits(chunk, word))
        if chunk[-1] == STAR:
            return None
        alike = self._ends.get((chunk[0], chunk[-1], len(chunk)), ())
        return self._best(word for word in alike if _fits(chunk, word))

    def _behind(self, chunk: str) -> Iterator[str]:
        """The words that a chunk with one star fits."""
        near = self._near.get(chunk.replace(STAR, ""), "")
        return (word for word in near.split() if _fits(chunk, word))

    def _best(self, meant: Iterable[str]) -> str | None:
        return min(meant, key=lambda word: (-self._keys.get(word, 0), word), default=None)


def _shorter(word: str) -> set[str]:
    """The word without one of its letters, the first one excepted."""
    *others, _ = map("".join, combinations(word, len(word) - 1))
    return set(others)


def _swapped_or_doubled(word: str) -> list[str]:
    """What a short word was where two letters were swapped, or a letter doubled."""
    made = [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)]
    if len(set(word)) < len(word):
        made += [word[:at] + word[at + 1 :] for at in range(len(word) - 1) if word[at] == word[at + 1]]
    return made


def _cut(letters: str, starts: Sequence[int]) -> tuple[str, ...]:
    """The words of letters, by where the best word that ends at a place begins."""
    cut: list[str] = []
    end = len(letters)
    while end:
        cut.append(letters[starts[end] : end])
        end = starts[end]
    return tuple(reversed(cut))


def _fits(chunk: str, word: str) -> bool:
    if len(chunk) != len(word):
        return False
    shown = chunk.replace(STAR, "")
    return shown == "".join(compress(word, map(ne, chunk, repeat(STAR))))


def _has_run(word: str) -> bool:
    """Whether a letter stands RUN times in a row."""
    if len(set(word)) > len(word) - RUN + 1 or not any(map(eq, word, word[1:])):
        return False
    return any(word[at] == word[at + 1] == word[at + 2] for at in range(len(word) - 2))


def _squeezed(word: str, most: int) -> str:
    """The word with every run of three or more of a letter cut to `most` of them."""
    runs = ((letter, len(tuple(run))) for letter, run in groupby(word))
    return "".join(letter * (most if length >= RUN else length) for letter, length in runs)


ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
BESIDE = {
    row[at]: row[max(0, at - 1) : at] + row[at + 1 : at + 2] + ("aeiou" if row[at] in "aeiou" else "")
    for row in ROWS
    for at in range(len(row))
}
