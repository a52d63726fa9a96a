"""Which phrases make it worth looking for which terms, so that most messages are done with at a glance.

A chain needs a phrase of each of its classes. It is tied to the rarest of them, its anchor, and asked next
for its guard, the second rarest; how rare a class is, is told from the words that messages are full of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from moderation.lexicon import Lexicon, Term

UNHEARD = 0.0006
"""How often, in a message of some twenty words, a word stands that is not ordinary."""
FURTHER = 0.3
"""How much rarer each further word makes a phrase."""
SIGNS = ".?#"
"""What stands for the end of a sentence and for a number: most messages hold one."""


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """One way to say a term: classes of phrases that follow one another, with gaps between them.

    `number` is its place among all chains, in the order of the lexicons.
    """

    number: int
    lexicon: Lexicon
    term: Term
    classes: tuple[int, ...]
    gaps: tuple[int, ...]
    loose: tuple[bool, ...]
    fillers: int | None


_Class = frozenset[int]
_Guarded = tuple[int, list[tuple[Chain, tuple[_Class, ...]]]]
"""The bit of a guard, and the chains that it guards, each with the classes that it needs besides."""
UNGUARDED = 1
"""The bit of chains of one class, which is always there."""


class Anchors:
    """Chains by the phrases of their anchors; `classes`, and the `words` of phrases, are the automaton's."""

    __slots__ = ("_bits", "_guarded")

    def __init__(
        self,
        chains: Iterable[Chain],
        classes: Sequence[_Class],
        words: Iterable[Sequence[str]],
        common: Mapping[str, float],
    ) -> None:
        often = _often(classes, words, common)
        needs = [(chain, sorted(set(chain.classes), key=often.__getitem__)) for chain in chains]
        guards = Counter(need[1] for _, need in needs if len(need) > 1)
        bit = {number: 2 << at for at, (number, _) in enumerate(guards.most_common())}
        tied: dict[int, dict[int, _Guarded]] = {}
        for chain, (anchor, *others) in needs:
            guard = bit[others[0]] if others else UNGUARDED
            _, guarded = tied.setdefault(anchor, {}).setdefault(guard, (guard, []))
            guarded.append((chain, tuple([classes[number] for number in others[1:]])))
        every = {anchor: tuple(guarded.values()) for anchor, guarded in tied.items()}
        self._guarded = {
            phrase: tuple([one for anchor in anchors for one in every[anchor]])
            for phrase, anchors in _members(classes, every).items()
        }
        """For a phrase, what it makes worth looking for."""
        sums: dict[tuple[int, ...], int] = {}
        self._bits: dict[int, int] = {}
        """For a phrase, the bits of the guards that it stands for."""
        for phrase, numbers in _members(classes, bit).items():
            told = tuple(numbers)
            if told not in sums:
                sums[told] = sum(map(bit.__getitem__, told))
            self._bits[phrase] = sums[told]

    def suspects(self, seen: AbstractSet[int]) -> list[Chain]:
        """The chains of which every class has a phrase among those seen, in their order: mostly none."""
        bits, guarded = self._bits, self._guarded
        there = UNGUARDED
        for phrase in seen:
            if phrase in bits:
                there |= bits[phrase]
        found = [
            chain
            for phrase in seen
            if phrase in guarded
            for guard, chains in guarded[phrase]
            if guard & there
            for chain, others in chains
            if not others or not any(other.isdisjoint(seen) for other in others)
        ]
        return sorted(set(found), key=_number) if found else found


def commonness(ordinary: Iterable[Sequence[str]]) -> dict[str, float]:
    """How often a word stands in a message, from lists by language, the commonest word first (Zipf's law)."""
    common: dict[str, float] = dict.fromkeys(SIGNS, 1.0)
    for words in ordinary:
        for rank, word in enumerate(words, 2):
            common[word] = max(common.get(word, 0.0), 2 / rank)
    return common


def _often(
    classes: Iterable[_Class], words: Iterable[Sequence[str]], common: Mapping[str, float]
) -> list[float]:
    """How often some phrase of each class stands in a message."""
    each = [
        min([common.get(word, UNHEARD) for word in phrase]) * FURTHER ** (len(phrase) - 1) for phrase in words
    ]
    return [sum(map(each.__getitem__, members)) for members in classes]


def _members(classes: Sequence[_Class], numbers: Iterable[int]) -> dict[int, list[int]]:
    """For each phrase of some classes, the numbers of those that it belongs to."""
    found: dict[int, list[int]] = {}
    for number in numbers:
        for phrase in classes[number]:
            found.setdefault(phrase, []).append(number)
    return found


def _number(chain: Chain) -> int:
    return chain.number
