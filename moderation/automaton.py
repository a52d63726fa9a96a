"""Finds every term of every lexicon in one reading of a message.

One Aho-Corasick pass marks all phrases, overlapping ones too; a term is then a chain of phrases with bounded
gaps inside one sentence. The chain is found by walking the places of its phrases once, so nothing backtracks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import ahocorasick_rs

from moderation.lexicon import Lexicon, LexiconError, Term
from moderation.normalise import Fold
from moderation.pattern import Grammar, PatternError, Step
from moderation.reading import Reading

Span = tuple[int, int]
"""The index of the first word and of the word behind the last."""
MOST_CHAINS = 64
"""A message that says this many terms needs no further one to be seen."""
SHORT = 4
"""Phrases up to this many letters are poor anchors: most messages hold some."""


@dataclass(frozen=True, slots=True)
class Match:
    """A term that stands in a reading, before its scope is looked at."""

    lexicon: Lexicon
    term: Term
    span: Span


@dataclass(frozen=True, slots=True)
class _Chain:
    lexicon: Lexicon
    term: Term
    classes: tuple[int, ...]
    gaps: tuple[int, ...]
    loose: tuple[bool, ...]
    need: int
    fillers: int | None


@dataclass(slots=True)
class Sighting:
    """Which phrases stand where in one reading. Places of a class are gathered when they are asked for."""

    reading: Reading
    hits: Mapping[int, list[Span]]
    present: int
    classes: Sequence[tuple[int, ...]] = field(repr=False)
    _places: dict[int, list[Span]] = field(default_factory=dict)
    _fillers: dict[int, frozenset[int]] = field(default_factory=dict)

    def fillers(self, number: int | None) -> frozenset[int]:
        """The indexes of words that are only fillers, by the class of one lexicon's fillers."""
        if number is None:
            return frozenset()
        if number not in self._fillers:
            spans = self.places(number)
            self._fillers[number] = frozenset(index for start, end in spans for index in range(start, end))
        return self._fillers[number]

    def places(self, number: int) -> list[Span]:
        found = self._places.get(number)
        if found is None:
            hits = self.hits
            found = sorted(
                (span for phrase in self.classes[number] for span in hits.get(phrase, ())), key=_end
            )
            self._places[number] = found
        return found


class Automaton:
    """All lexicons, compiled once. Building it takes a noticeable moment; using it does not change it."""

    def __init__(self, lexicons: Sequence[Lexicon], fold: Fold) -> None:
        build = _Build()
        self.marks: dict[tuple[str, str], int] = {}
        self.unless: dict[tuple[str, str], int] = {}
        chains: list[_Chain] = []
        for lexicon in lexicons:
            grammar = Grammar(lexicon.classes, lexicon.inflections, fold)
            for kind, entries in lexicon.marks.items():
                self.marks[lexicon.name, kind] = build.number(_phrases(lexicon, kind, entries, grammar))
            fillers = self.marks.get((lexicon.name, "filler"))
            for term in lexicon.terms:
                if term.unless:
                    self.unless[lexicon.name, term.id] = build.number(
                        _phrases(lexicon, term.id, term.unless, grammar)
                    )
                chains.extend(
                    _chain(lexicon, term, steps, build, fillers) for steps in _ways(lexicon, term, grammar)
                )
        self._classes = build.classes
        self.phrases = tuple(build.phrases)
        self._finder = ahocorasick_rs.AhoCorasick([f" {phrase} " for phrase in self.phrases])
        self._bits = build.bits()
        self._anchored: list[list[_Chain]] = [[] for _ in self.phrases]
        use = Counter(number for chain in chains for number in set(chain.classes))
        self.keys: set[str] = set()
        for chain in chains:
            anchor = min(chain.classes, key=lambda number: self._commonness(number, use))
            for phrase in self._classes[anchor]:
                self._anchored[phrase].append(chain)
                self.keys.update(self.phrases[phrase].split())

    @property
    def vocabulary(self) -> set[str]:
        return {word for phrase in self.phrases for word in phrase.split()}

    def sight(self, reading: Reading) -> Sighting:
        line, index = reading.line()
        hits: dict[int, list[Span]] = {}
        present = 0
        bits = self._bits
        for phrase, start, end in self._finder.find_matches_as_indexes(line, overlapping=True):
            span = (index[start], index[end - 1])
            if phrase in hits:
                hits[phrase].append(span)
            else:
                hits[phrase] = [span]
                present |= bits[phrase]
        return Sighting(reading, hits, present, self._classes)

    def matches(self, sighting: Sighting) -> Iterator[Match]:
        """Every place of every term, at most MOST_CHAINS chains; the shortest span where several end alike."""
        present = sighting.present
        found = 0
        seen: set[int] = set()
        for phrase in sighting.hits:
            for chain in self._anchored[phrase]:
                if chain.need & present != chain.need or id(chain) in seen:
                    continue
                seen.add(id(chain))
                spans = _spans(chain, sighting)
                for span in spans:
                    yield Match(chain.lexicon, chain.term, span)
                found += bool(spans)
                if found == MOST_CHAINS:
                    return

    def _commonness(self, number: int, use: Counter[int]) -> tuple[bool, int]:
        shortest = min(len(self.phrases[phrase]) for phrase in self._classes[number])
        return shortest <= SHORT, use[number]


class _Build:
    """Numbers phrases and classes while lexicons are compiled; equal ones get the same number."""

    def __init__(self) -> None:
        self.phrases: dict[str, int] = {}
        self.classes: list[tuple[int, ...]] = []
        self._numbers: dict[tuple[int, ...], int] = {}

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


def _spans(chain: _Chain, sighting: Sighting) -> list[Span]:
    sentences = sighting.reading.sentences
    partial = sighting.places(chain.classes[0])
    for number, gap, loose in zip(chain.classes[1:], chain.gaps, chain.loose, strict=True):
        fillers = frozenset() if loose or not gap else sighting.fillers(chain.fillers)
        grown: list[Span] = []
        at = 0
        held: Span | None = None
        for start, end in sorted(sighting.places(number)):
            while at < len(partial) and partial[at][1] <= start:
                held = partial[at]
                at += 1
            if not held or start - held[1] > gap or sentences[held[0]] != sentences[start]:
                continue
            if loose or all(index in fillers for index in range(held[1], start)):
                grown.append((held[0], end))
        if not grown:
            return []
        grown.sort(key=_end)
        partial = grown
    return partial


def _end(span: Span) -> tuple[int, int]:
    return span[1], span[0]


def _chain(lexicon: Lexicon, term: Term, steps: Sequence[Step], build: _Build, fillers: int | None) -> _Chain:
    classes = tuple(build.number(step.phrases) for step in steps)
    need = 0
    for number in classes:
        need |= 1 << number
    gaps = tuple(step.gap for step in steps[1:])
    loose = tuple(step.loose for step in steps[1:])
    return _Chain(lexicon, term, classes, gaps, loose, need, fillers)


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
