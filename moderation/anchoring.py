"""Which phrases make it worth looking for which terms, so that most messages are done with at a glance.

A chain needs a phrase of each of its classes. It is tied to the rarest of them, its anchor, and asked next
for its guard, the second rarest; how rare a class is, is told from the words that messages are full of.
"""

from __future__ import annotations

from collections import Counter, defaultdict
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
_Guarded = tuple[int, list[tuple[Chain, tuple[int, ...]]]]
"""The bit of a guard, and the chains that it guards, each with the classes that it needs besides."""
UNGUARDED = 1
"""The bit of chains of one class, which is always there."""


class Anchors:
    """Chains by the phrases of their anchors. `classes`, and the `words` of phrases, are the automaton's.

    Words may be anything that `common` knows them by.
    """

    __slots__ = ("_bits", "_classes", "_guarded")

    def __init__(
        self,
        chains: Iterable[Chain],
        classes: Sequence[_Class],
        words: Sequence[Sequence[str]],
        common: Mapping[str, float],
    ) -> None:
        self._classes = classes
        every = tuple(chains)
        often = _often({number for chain in every for number in chain.classes}, classes, words, common)
        needs = [(chain, sorted(set(chain.classes), key=often.__getitem__)) for chain in every]
        guards = Counter(need[1] for _, need in needs if len(need) > 1)
        bit = {number: 2 << at for at, (number, _) in enumerate(guards.most_common())}
        tied: dict[int, dict[int, _Guarded]] = {}
        for chain, (anchor, *others) in needs:
            guard = bit[others[0]] if others else UNGUARDED
            _, guarded = tied.setdefault(anchor, {}).setdefault(guard, (guard, []))
            guarded.append((chain, tuple(others[1:])))
        self._guarded: dict[int, tuple[_Guarded, ...]] = {}
        """For a phrase, what it makes worth looking for."""
        for anchor, guards_of in tied.items():
            alone = tuple(guards_of.values())
            for phrase in classes[anchor]:
                self._guarded[phrase] = self._guarded[phrase] + alone if phrase in self._guarded else alone
        self._bits: dict[int, int] = {}
        """For a phrase, the bits of the guards that it stands for."""
        for number, one in bit.items():
            for phrase in classes[number]:
                self._bits[phrase] = self._bits.get(phrase, 0) | one
        same: dict[int, int] = {}
        for phrase, bits in self._bits.items():
            self._bits[phrase] = same.setdefault(bits, bits)

    def suspects(self, seen: AbstractSet[int]) -> list[Chain]:
        """The chains of which every class has a phrase among those seen, in their order: mostly none."""
        bits, guarded = self._bits, self._guarded
        there = UNGUARDED
        for phrase in seen:
            if phrase in bits:
                there |= bits[phrase]
        found: list[Chain] = []
        known: dict[int, bool] = {}
        classes = self._classes
        for phrase in seen:
            if phrase not in guarded:
                continue
            for guard, chains in guarded[phrase]:
                if not guard & there:
                    continue
                for chain, others in chains:
                    for number in others:
                        if number not in known:
                            known[number] = not classes[number].isdisjoint(seen)
                        if not known[number]:
                            break
                    else:
                        found.append(chain)
        return sorted(set(found), key=_number) if found else found


def commonness(ordinary: Iterable[Sequence[str]]) -> dict[str, float]:
    """How often a word stands in a message, from lists by language, the commonest word first (Zipf's law)."""
    common: dict[str, float] = dict.fromkeys(SIGNS, 1.0)
    for words in ordinary:
        for rank, word in enumerate(words, 2):
            common[word] = max(common.get(word, 0.0), 2 / rank)
    return common


def _often(
    numbers: AbstractSet[int],
    classes: Sequence[_Class],
    words: Sequence[Sequence[str]],
    common: Mapping[str, float],
) -> dict[int, float]:
    """How often some phrase of each class stands in a message."""
    heard = defaultdict(lambda: UNHEARD, common)
    phrases = frozenset[int]().union(*map(classes.__getitem__, numbers))
    each = {
        phrase: heard[told[0]]
        if len(told := words[phrase]) == 1
        else min(map(heard.__getitem__, told)) * FURTHER ** (len(told) - 1)
        for phrase in phrases
    }
    return {number: sum(map(each.__getitem__, classes[number])) for number in numbers}


def _number(chain: Chain) -> int:
    return chain.number
