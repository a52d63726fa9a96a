"""Finds every term of every lexicon in one reading of a message.

One Aho-Corasick pass marks all phrases, overlapping ones too; a term is then a chain of phrases with bounded
gaps inside one sentence. The chain is found by walking the places of its phrases once, so nothing backtracks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

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


@dataclass(frozen=True, slots=True)
class _Chain:
    number: int
    lexicon: Lexicon
    term: Term
    classes: tuple[int, ...]
    gaps: tuple[int, ...]
    loose: tuple[bool, ...]
    need: int
    fillers: int | None


class Sighting:
    """Which phrases stand where in one reading. Places are worked out when they are asked for."""

    __slots__ = ("_classes", "_fillers", "_hits", "_places", "_raw", "present", "reading", "seen")

    def __init__(
        self,
        reading: Reading,
        finder: ahocorasick_rs.AhoCorasick,
        bits: Sequence[int],
        classes: Sequence[tuple[int, ...]],
    ) -> None:
        self.reading = reading
        self._raw = finder.find_matches_as_indexes(reading.line(), overlapping=True)
        self.seen = {phrase for phrase, _, _ in self._raw}
        self.present = 0
        for phrase in self.seen:
            self.present |= bits[phrase]
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
        chains: list[_Chain] = []
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
        self._bits = build.bits()
        self._anchored: list[list[_Chain]] = [[] for _ in self.phrases]
        use = Counter(phrase for members in self._classes for phrase in members)
        self.keys: Counter[str] = Counter()
        """The words that chains turn on, and how many chains."""
        for chain in chains:
            anchor = min(chain.classes, key=lambda number: self._commonness(number, use))
            for phrase in self._classes[anchor]:
                self._anchored[phrase].append(chain)
        for text, anchored in zip(self.phrases, self._anchored, strict=True):
            for word in text.split() if anchored else ():
                self.keys[word] += len(anchored)

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
        return Sighting(reading, self._finder, self._bits, self._classes)

    def matches(self, sighting: Sighting) -> Iterator[Match]:
        """Every term that stands in a reading, at most MOST_CHAINS ways to say them."""
        present = sighting.present
        found = 0
        seen: set[int] = set()
        for phrase in sighting.seen:
            for chain in self._anchored[phrase]:
                if chain.need & present != chain.need or chain.number in seen:
                    continue
                seen.add(chain.number)
                if spans := _spans(chain, sighting):
                    yield Match(chain.lexicon, chain.term, spans)
                    found += 1
                if found == MOST_CHAINS:
                    return

    def _commonness(self, number: int, use: Counter[int]) -> tuple[bool, int]:
        members = self._classes[number]
        return min(len(self.phrases[phrase]) for phrase in members) <= SHORT, max(
            use[phrase] for phrase in members
        )


class _Build:
    """Numbers phrases and classes while lexicons are compiled; equal ones get the same number."""

    def __init__(self) -> None:
        self.phrases: dict[str, int] = {}
        self.classes: list[tuple[int, ...]] = []
        self._numbers: dict[tuple[int, ...], int] = {}
        self._chains = count()

    def chain(self) -> int:
        return next(self._chains)

    def number(self, phrases: Sequence[str]) -> int:
        members = tuple(sorted({self.phrases.setdefault(phrase, len(self.phrases)) for phrase in phrases}))
        if members not in self._numbers:
            self._numbers[members] = len(self.classes)
            self.classes.append(members)
        return self._numbers[members]

    def bits(self) -> list[int]:
        bits = [0] * len(self.phrases)
        for number, members in enumerate(self.classes):
            for phrase in members:
                bits[phrase] |= 1 << number
        return bits


def _spans(chain: _Chain, sighting: Sighting) -> tuple[Span, ...]:
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


def _chain(lexicon: Lexicon, term: Term, steps: Sequence[Step], build: _Build, fillers: int | None) -> _Chain:
    classes = tuple(build.number(step.phrases) for step in steps)
    need = 0
    for number in classes:
        need |= 1 << number
    gaps = tuple(step.gap for step in steps[1:])
    loose = tuple(step.loose for step in steps[1:])
    return _Chain(build.chain(), lexicon, term, classes, gaps, loose, need, fillers)


def _ways(lexicon: Lexicon, term: Term, grammar: Grammar) -> Iterator[tuple[Step, ...]]:
    try:
        for pattern in term.say:
            yield from grammar.steps(pattern)
    except PatternError as error:
        raise LexiconError(f"{lexicon.name}: term {term.id}: {error}") from error


def _phrases(lexicon: Lexicon, name: str, entries: Sequence[str], grammar: Grammar) -> list[str]:
    try:
        return [phrase for entry in entries for phrase in grammar.phrases(entry)]
    except PatternError as error:
        raise LexiconError(f"{lexicon.name}: {name}: {error}") from error
