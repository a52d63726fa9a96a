"""Puts misspelt, starred and disguised words right, among the words that a lexicon knows and no others.

A word costs a few lookups in a table built once, about one for each of its letters, however it was disguised.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, compress, groupby, repeat
from operator import eq, ne
from string import ascii_lowercase

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
FEWEST_GLUED = 9
MOST_GLUED = 60
ALONE = 8
"""What a letter costs that belongs to no word; a word costs one or two."""
UNREACHED = 1 << 30
GLUED = range(SHORTEST, LONGEST_SPACED + 1)
STAR = "*"
MOST_STARS = 2


class Spelling:
    """Repairs towards `vocabulary`. A word in `spared` is a word of its own and stays as it is.

    When two words of the vocabulary could be meant, the one that more terms turn on wins, as `keys` counts.
    """

    __slots__ = (
        "_anagrams",
        "_beside",
        "_ends",
        "_heads",
        "_keys",
        "_longest",
        "_near",
        "_spared",
        "_stars",
        "_tails",
        "words",
    )

    def __init__(self, vocabulary: Iterable[str], keys: Mapping[str, int], spared: Collection[str]) -> None:
        self.words = frozenset(vocabulary)
        self._keys = dict(keys)
        self._spared = frozenset(spared)
        near: dict[str, str] = {}
        beside: set[str] = set()
        ends: dict[tuple[str, str, int], list[str]] = {}
        stars: dict[str, str] = {}
        anagrams: dict[str, list[str]] = {}
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
            shorter = _shorter(word)
            for short in shorter:
                near[short] = f"{near[short]} {word}" if short in near else word
            anagrams.setdefault("".join(sorted(word)), []).append(word)
            if word in self._keys:
                ends.setdefault((word[0], word[-1], size), []).append(word)
                if size >= SHORTEST_BESIDE:
                    beside.update(shorter)
                    beside.add(word)
        self._stars = stars
        self._near = near
        self._beside = beside
        self._anagrams = anagrams
        self._ends = ends
        self._longest = max(map(len, self.words), default=0) + 1
        some = [key for key in self._keys if SHORTEST <= len(key) <= LONGEST_SPACED]
        self._heads = frozenset(key[:SHORTEST] for key in some)
        self._tails = frozenset(key[-SHORTEST:] for key in some)

    def repaired(self, word: str) -> str | None:
        """The word of the vocabulary that a plain run of letters stands for; None when there is none."""
        if word in self.words:
            return word
        paired = _has_pair(word)
        if found := self._slipped(word, paired=paired):
            return found
        return self._shortened(word) if paired and _has_run(word) else None

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

        Only a word that terms turn on, at one of the ends, makes it worth looking.
        """
        if not FEWEST_GLUED <= len(letters) <= MOST_GLUED or letters in self._spared:
            return None
        if not (self._begins(letters) or self._closes(letters)):
            return None
        cut = self._words_throughout(letters) if len(set(letters)) >= FEWEST_LETTERS else None
        if not cut or len(cut) * 2 > len(letters) or max(map(len, cut)) < FEWEST_LETTERS:
            return None
        return (
            cut
            if all(len(word) > 1 or word in "iau" for word in cut) and self.words.issuperset(cut)
            else None
        )

    def _begins(self, letters: str) -> bool:
        """Whether letters begin with a word that terms turn on."""
        keys = self._keys
        if letters[:SHORTEST_STARRED] in keys:
            return True
        return letters[:SHORTEST] in self._heads and any(letters[:size] in keys for size in GLUED)

    def _closes(self, letters: str) -> bool:
        keys = self._keys
        if letters[-SHORTEST_STARRED:] in keys:
            return True
        return letters[-SHORTEST:] in self._tails and any(letters[-size:] in keys for size in GLUED)

    def _words_throughout(self, letters: str) -> tuple[str, ...] | None:
        """What `segments` answers where it leaves no letter alone; only starts that words reach are tried."""
        words, keys, size = self.words, self._keys, len(letters)
        costs: list[int] = [0, *[UNREACHED] * size]
        starts = [0] * (size + 1)
        for start in range(size):
            cost = costs[start]
            if cost == UNREACHED:
                continue
            if letters[start] in "iau" and cost + 2 <= costs[start + 1]:
                costs[start + 1], starts[start + 1] = cost + 2, start
            for end in range(start + 2, min(size, start + LONGEST_SPACED) + 1):
                word = letters[start:end]
                if word in words:
                    price = cost + (1 if end - start >= SHORTEST and word in keys else 2)
                    if price <= costs[end]:
                        costs[end], starts[end] = price, start
        if costs[size] == UNREACHED:
            return None
        if costs[size] > ALONE:
            return self.segments(letters)
        return _cut(letters, starts)

    def _shortened(self, word: str) -> str | None:
        two, one = _squeezed(word, 2), _squeezed(word, 1)
        for short in (two, one):
            if short in self.words:
                return short
        return self._slipped(two, paired=True) or self._slipped(one, paired=_has_pair(one))

    def _slipped(self, word: str, *, paired: bool) -> str | None:
        """The word that was meant where one letter was left out, doubled, swapped or hit beside.

        Each kind of slip has its own cheap question, to which most words answer no. `paired` says whether a
        letter stands twice in a row.
        """
        if not SHORTEST - 1 <= len(word) <= self._longest or word in self._spared:
            return None
        near, size = self._near, len(word)
        meant = near[word].split() if word in near else []
        if (letters := "".join(sorted(word))) in self._anagrams:
            meant += self._anagrams[letters]
        if paired and size > SHORTEST:
            doubled = (word[:at] + word[at + 1 :] for at in range(1, size) if word[at] == word[at - 1])
            meant += (short for short in doubled if short in self.words)
        if size >= SHORTEST_BESIDE and not self._beside.isdisjoint(
            map("".join, combinations(word, size - 1))
        ):
            for short in self._beside.intersection(map("".join, combinations(word, size - 1))):
                meant += near[short].split() if short in near else ()
                meant += (short,) if short in self.words else ()
        return self._best(other for other in meant if self._is_slip(word, other)) if meant else None

    def _is_slip(self, slip: str, word: str) -> bool:
        """Whether `slip` is what one slip of the finger makes of `word`."""
        if len(word) < SHORTEST:
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


def _has_pair(word: str) -> bool:
    """Whether a letter stands twice in a row."""
    return len(set(word)) < len(word) and any(map(eq, word, word[1:]))


def _has_run(word: str) -> bool:
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
