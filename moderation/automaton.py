"""Finds every term of every lexicon in one reading of a message.

One Aho-Corasick pass marks all phrases, overlapping ones too; a term is then a chain of phrases with bounded
gaps inside one sentence. The chain is found by walking the places of its phrases once, so nothing backtracks.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import ahocorasick_rs

from moderation.lexicon import Lexicon, LexiconError, Term
from moderation.normalise import Fold
from moderation.pattern import Grammar, PatternError, Step
from moderation.reading import Reading

Span = tuple[int, int]
"""The index of the first word and of the word behind the last."""
MOST_CHAINS = 64
"""A message that says terms in this many ways needs no further one to be seen."""
MOST_SPANS = 16
"""Of a term said over and over, the first and the last places are weighed."""
SHORT = 4
"""Phrases up to this many letters are poor anchors: most messages hold some."""


@dataclass(frozen=True, slots=True)
class Match:
    """A term that stands in a reading, before its scope is looked at."""

    lexicon: Lexicon
    term: Term
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """One way to say a term: classes of phrases that follow one another, with gaps between them."""

    lexicon: Lexicon
    term: Term
    classes: tuple[int, ...]
    gaps: tuple[int, ...]
    loose: tuple[bool, ...]
    fillers: int | None


_Tied = tuple[tuple[int, Chain], ...]


class Sighting:
    """Which phrases stand where in one reading. Places are worked out when they are asked for."""

    __slots__ = ("_classes", "_fillers", "_hits", "_places", "_raw", "reading", "seen")

    def __init__(
        self, reading: Reading, finder: ahocorasick_rs.AhoCorasick, classes: Sequence[tuple[int, ...]]
    ) -> None:
        self.reading = reading
        self._raw = finder.find_matches_as_indexes(reading.line(), overlapping=True)
        self.seen = {phrase for phrase, _, _ in self._raw}
        self._classes = classes
        self._hits: dict[int, list[Span]] | None = None
        self._places: dict[int, list[Span]] = {}
        self._fillers: dict[int, frozenset[int]] = {}

    def places(self, number: int) -> list[Span]:
        """Where the phrases of a class stand, in order."""
        found = self._places.get(number)
        if found is None:
            hits = self._hits if self._hits is not None else self._located()
            members = self._classes[number]
            here = (
                (phrase for phrase in members if phrase in hits)
                if len(members) < len(hits)
                else hits.keys() & members
            )
            found = sorted({span for phrase in here for span in hits[phrase]})
            self._places[number] = found
        return found

    def fillers(self, number: int | None) -> frozenset[int]:
        """The indexes of words that are only fillers, by the class of one lexicon's fillers."""
        if number is None:
            return frozenset()
        if number not in self._fillers:
            spans = self.places(number)
            self._fillers[number] = frozenset(index for start, end in spans for index in range(start, end))
        return self._fillers[number]

    def _located(self) -> dict[int, list[Span]]:
        index = self.reading.index()
        hits: dict[int, list[Span]] = {}
        for phrase, start, end in self._raw:
            hits.setdefault(phrase, []).append((index[start], index[end - 1]))
        self._hits = hits
        return hits


class Marks(Mapping[str, Sequence[Span]]):
    """The scope words of one lexicon in one sighting, looked up when a rule asks."""

    __slots__ = ("_numbers", "_sighting")

    def __init__(self, numbers: Mapping[str, int], sighting: Sighting) -> None:
        self._numbers = numbers
        self._sighting = sighting

    def __getitem__(self, kind: str) -> Sequence[Span]:
        return self._sighting.places(self._numbers[kind])

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


class Automaton:
    """All lexicons, compiled once. Building it takes a noticeable moment; using it does not change it."""

    def __init__(self, lexicons: Sequence[Lexicon], fold: Fold) -> None:
        build = _Build()
        self._marks: dict[str, dict[str, int]] = {}
        self._unless: dict[tuple[str, str], int] = {}
        chains: list[Chain] = []
        for lexicon in lexicons:
            grammar = Grammar(lexicon.classes, lexicon.inflections, fold)
            marks = {
                kind: build.number(_phrases(lexicon, kind, entries, grammar))
                for kind, entries in lexicon.marks.items()
            }
            self._marks[lexicon.name] = marks
            for term in lexicon.terms:
                if term.unless:
                    self._unless[lexicon.name, term.id] = build.number(
                        _phrases(lexicon, term.id, term.unless, grammar)
                    )
                chains.extend(
                    _chain(lexicon, term, steps, build, marks.get("filler"))
                    for steps in _ways(lexicon, term, grammar)
                )
        self._classes = build.classes
        self.phrases = tuple(build.phrases)
        self._finder = ahocorasick_rs.AhoCorasick([f" {phrase} " for phrase in self.phrases])
        self._bits: dict[int, int] = {}
        """For a phrase, the classes that it stands for, a bit for each that chains need beside an anchor."""
        self._anchored: dict[int, _Tied] = {}
        """For a phrase, the chains that it makes worth looking for, and the bits of the classes they need."""
        self.keys: Counter[str] = Counter()
        """The words that chains turn on, and how many chains."""
        self._anchor(chains)

    def _anchor(self, chains: Sequence[Chain]) -> None:
        """Ties each chain to the rarest of its classes."""
        use = Counter(itertools.chain.from_iterable(self._classes))
        sizes = list(map(len, self.phrases))

        @cache
        def common(number: int) -> tuple[bool, int]:
            members = self._classes[number]
            return min(map(sizes.__getitem__, members)) <= SHORT, max(map(use.__getitem__, members))

        anchors = [min(one.classes, key=common) for one in chains]
        needs = [frozenset(one.classes) - {anchor} for one, anchor in zip(chains, anchors, strict=True)]
        popular = Counter(itertools.chain.from_iterable(needs))
        bit = {number: 1 << at for at, (number, _) in enumerate(popular.most_common())}
        anchored: dict[int, list[int]] = {}
        for at, anchor in enumerate(anchors):
            for phrase in self._classes[anchor]:
                anchored.setdefault(phrase, []).append(at)
        whole = [sum(bit[number] for number in need) for need in needs]
        ties: dict[tuple[int, ...], _Tied] = {}
        for phrase, tied in anchored.items():
            if (key := tuple(tied)) not in ties:
                ties[key] = tuple((whole[at], chains[at]) for at in tied)
            self._anchored[phrase] = ties[key]
            for word in self.phrases[phrase].split():
                self.keys[word] += len(tied)
        for number in reversed(bit):
            for phrase in self._classes[number]:
                self._bits[phrase] = self._bits.get(phrase, 0) | bit[number]
        same: dict[int, int] = {}
        for phrase, bits in self._bits.items():
            self._bits[phrase] = same.setdefault(bits, bits)

    def marks_of(self, lexicon: Lexicon, sighting: Sighting) -> Marks:
        return Marks(self._marks[lexicon.name], sighting)

    def unless_of(self, lexicon: Lexicon, term: Term, sighting: Sighting) -> Sequence[Span]:
        """Where phrases stand that excuse a term, in order."""
        number = self._unless.get((lexicon.name, term.id))
        return () if number is None else sighting.places(number)

    @property
    def vocabulary(self) -> set[str]:
        return {word for phrase in self.phrases for word in phrase.split()}

    def sight(self, reading: Reading) -> Sighting:
        return Sighting(reading, self._finder, self._classes)

    def suspects(self, sighting: Sighting) -> list[Chain]:
        """The chains of which every phrase stands somewhere: none at all in most messages."""
        bits, anchored = self._bits, self._anchored
        present = 0
        for phrase in sighting.seen:
            if phrase in bits:
                present |= bits[phrase]
        return [
            chain
            for phrase in sighting.seen
            if phrase in anchored
            for need, chain in anchored[phrase]
            if need & present == need
        ]

    def matches(self, sighting: Sighting, suspects: Iterable[Chain]) -> Iterator[Match]:
        """Those of some chains whose phrases stand as they must, at most MOST_CHAINS of them."""
        found = 0
        for chain in dict.fromkeys(suspects):
            if spans := _spans(chain, sighting):
                yield Match(chain.lexicon, chain.term, spans)
                found += 1
            if found == MOST_CHAINS:
                return


class _Build:
    """Numbers phrases and classes while lexicons are compiled; equal ones get the same number."""

    def __init__(self) -> None:
        self.phrases: dict[str, int] = {}
        self.classes: list[tuple[int, ...]] = []
        self._told: dict[tuple[str, ...], int] = {}
        self._numbers: dict[tuple[int, ...], int] = {}

    def number(self, phrases: tuple[str, ...]) -> int:
        number = self._told.get(phrases)
        if number is None:
            known = self.phrases
            members = tuple(sorted({known.setdefault(phrase, len(known)) for phrase in phrases}))
            number = self._numbers.setdefault(members, len(self.classes))
            if number == len(self.classes):
                self.classes.append(members)
            self._told[phrases] = number
        return number


def _spans(chain: Chain, sighting: Sighting) -> tuple[Span, ...]:
    """Where a chain stands: for each last phrase the nearest run of phrases before it that is near enough."""
    sentences = sighting.reading.sentences
    partial = sorted((end, start) for start, end in sighting.places(chain.classes[0]))
    for number, gap, loose in zip(chain.classes[1:], chain.gaps, chain.loose, strict=True):
        fillers = frozenset() if loose or not gap else sighting.fillers(chain.fillers)
        grown: list[Span] = []
        at, most = 0, len(partial)
        held: Span | None = None
        for start, end in sighting.places(number):
            while at < most and partial[at][0] <= start:
                held = partial[at]
                at += 1
            if not held or start - held[0] > gap or sentences[held[1]] != sentences[start]:
                continue
            if loose or start == held[0] or all(index in fillers for index in range(held[0], start)):
                grown.append((end, held[1]))
        if not grown:
            return ()
        grown.sort()
        partial = grown
    if len(partial) > MOST_SPANS:
        partial = partial[: MOST_SPANS // 2] + partial[-MOST_SPANS // 2 :]
    return tuple((start, end) for end, start in partial)


def _chain(lexicon: Lexicon, term: Term, steps: Sequence[Step], build: _Build, fillers: int | None) -> Chain:
    classes = tuple(build.number(step.phrases) for step in steps)
    gaps = tuple(step.gap for step in steps[1:])
    loose = tuple(step.loose for step in steps[1:])
    return Chain(lexicon, term, classes, gaps, loose, fillers)


def _ways(lexicon: Lexicon, term: Term, grammar: Grammar) -> Iterator[tuple[Step, ...]]:
    try:
        for pattern in term.say:
            yield from grammar.steps(pattern)
    except PatternError as error:
        raise LexiconError(f"{lexicon.name}: term {term.id}: {error}") from error


def _phrases(lexicon: Lexicon, name: str, entries: Sequence[str], grammar: Grammar) -> tuple[str, ...]:
    try:
        return tuple(phrase for entry in entries for phrase in grammar.phrases(entry))
    except PatternError as error:
        raise LexiconError(f"{lexicon.name}: {name}: {error}") from error
