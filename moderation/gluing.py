"""Cuts letters that were written without spaces ("iwanttodie") into the words of one language."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

FEWEST = 9
MOST = 60
FEWEST_LETTERS = 3
"""Letters make words only when at least so many of them differ."""
SHORT = 3
"""A word up to this long counts only if it is ordinary: others are splinters, as "ing" is in "od ing"."""
LONGEST = 10
ALONE = "iau"
"""Letters that are words."""
UNREACHED = 1 << 30


class Gluing:
    """Cuts with the words of one language: terms turn on `keys`, and messages are full of the `ordinary`.

    Only what begins or ends with a key is worth cutting. Most long words are words of their own, and would be
    cut into splinters, or into words of many languages, if that were let pass.
    """

    __slots__ = ("_closing", "_keys", "_lengths", "_opening", "_words")

    def __init__(self, words: Iterable[str], keys: Collection[str], ordinary: Collection[str]) -> None:
        whole = [word for word in words if len(word) <= LONGEST and word.isalpha()]
        self._words = frozenset(word for word in whole if len(word) > SHORT or word in ordinary)
        self._keys = frozenset(word for word in self._words if len(word) >= SHORT and word in keys)
        self._opening = _by(lambda key: key[:SHORT], self._keys)
        self._closing = _by(lambda key: key[-SHORT:], self._keys)
        self._lengths = {
            head: tuple(sorted(set(map(len, told))))
            for head, told in _by(lambda word: word[:SHORT], self._words).items()
        }

    def cut(self, letters: str) -> tuple[str, ...] | None:
        """The fewest words that letters are throughout; None when they are not."""
        if not letters.startswith(self._opening.get(letters[:SHORT], ())) and not letters.endswith(
            self._closing.get(letters[-SHORT:], ())
        ):
            return None
        if len(set(letters)) < FEWEST_LETTERS:
            return None
        cut = self._fewest(letters)
        return cut if cut and len(cut) * 2 <= len(letters) else None

    def _fewest(self, letters: str) -> tuple[str, ...] | None:
        """The words that cost least: a long key one, any other two; only starts that words reach count."""
        words, keys, lengths, size = self._words, self._keys, self._lengths, len(letters)
        costs: list[int] = [0, *[UNREACHED] * size]
        starts = [0] * (size + 1)
        for start in range(size):
            cost = costs[start]
            if cost == UNREACHED:
                continue
            if letters[start] in ALONE and cost + 2 <= costs[start + 1]:
                costs[start + 1], starts[start + 1] = cost + 2, start
            for length in (2, *lengths.get(letters[start : start + SHORT], ())):
                end = start + length
                if end <= size and (word := letters[start:end]) in words:
                    price = cost + (1 if length > SHORT and word in keys else 2)
                    if price <= costs[end]:
                        costs[end], starts[end] = price, start
        if costs[size] == UNREACHED:
            return None
        cut: list[str] = []
        end = size
        while end:
            cut.append(letters[starts[end] : end])
            end = starts[end]
        return tuple(reversed(cut))


def _by(edge: Callable[[str], str], words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Words by how they begin, or end."""
    found: dict[str, list[str]] = {}
    for word in words:
        found.setdefault(edge(word), []).append(word)
    return {key: tuple(told) for key, told in found.items()}
