"""Finds every term of every lexicon in one reading of a message.

One Aho-Corasick pass marks all phrases, overlapping ones too; a term is then a chain of phrases with bounded
gaps inside one sentence. The chain is found by walking the places of its phrases once, so nothing backtracks.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from operator import itemgetter

import ahocorasick_rs

from moderation.alphabet import Alphabet
from moderation.anchoring import Anchors, Chain, commonness
from moderation.lexicon import Lexicon, LexiconError, Term
from moderation.normalise import Fold
from moderation.pattern import Grammar, PatternError, Row, Step
from moderation.reading import Reading

Span = tuple[int, int]
"""The index of the first word and of the word behind the last."""
Numbers = tuple[int, ...]
"""Classes, by their numbers."""
MOST_CHAINS = 64
"""A message that says terms in this many ways needs no further one to be seen."""
MOST_SPANS = 16
"""Of a term said over and over, the first and the last places are weighed."""


FIRST = itemgetter(0)
SHORT = 4
"""A phrase of up to this many letters is nothing that a term turns on, where there is a longer one."""


@dataclass(frozen=True, slots=True)
class Match:
    """A term that stands in a reading, before its scope is looked at."""

    lexicon: Lexicon
    term: Term
    spans: tuple[Span, ...]
    said: tuple[Sequence[Span], ...]
    """Where the phrases of the term stand, in the order in which it asks for them."""


class Sighting:
    """Which phrases stand where in one reading. Places are worked out when they are asked for."""

    __slots__ = ("_classes", "_fillers", "_hits", "_places", "_raw", "_rows", "reading", "seen")

    def __init__(
        self,
        reading: Reading,
        raw: list[tuple[int, int, int]],
        classes: Sequence[frozenset[int]],
        rows: Mapping[int, Sequence[Numbers]],
    ) -> None:
        self.reading = reading
        self._raw = raw
        self.seen = set(map(FIRST, raw))
        self._classes = classes
        self._rows = rows
        self._hits: dict[int, list[Span]] = {}
        self._places: dict[int, list[Span]] = {}
        self._fillers: dict[int, frozenset[int]] = {}

    def places(self, number: int) -> list[Span]:
        """Where the phrases of a class stand, in order."""
        found = self._places.get(number)
        if found is None:
            if not self._hits:
                self._locate()
            hits = self._hits
            here = self._classes[number] & self.seen
            # No two phrases stand in the same place, and those of one are in order as they were found.
            found = [span for phrase in here for span in hits[phrase]]
            if number in self._rows:
                found = sorted({*found, *(span for row in self._rows[number] for span in self._along(row))})
            elif len(here) > 1:
                found.sort()
            self._places[number] = found
        return found

    def _along(self, row: Numbers) -> Iterator[Span]:
        """Where a phrase of each class of a row stands right behind one of the class before it."""
        if any(self._classes[number].isdisjoint(self.seen) for number in row):
            return
        begun: defaultdict[int, set[int]] = defaultdict(set)
        for start, end in self.places(row[0]):
            begun[end].add(start)
        for number in row[1:]:
            grown: defaultdict[int, set[int]] = defaultdict(set)
            for start, end in self.places(number):
                if start in begun:
                    grown[end] |= begun[start]
            begun = grown
        for end, starts in begun.items():
            for start in starts:
                yield start, end

    def fillers(self, number: int | None) -> frozenset[int]:
        """The indexes of words that are only fillers, by the class of one lexicon's fillers."""
        if number is None:
            return frozenset()
        if number not in self._fillers:
            spans = self.places(number)
            self._fillers[number] = frozenset(index for start, end in spans for index in range(start, end))
        return self._fillers[number]

    def _locate(self) -> None:
        hits: defaultdict[int, list[Span]] = defaultdict(list)
        for phrase, start, end in self._raw:
            hits[phrase].append((start, end))
        self._hits = hits


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
        self._alphabet = alphabet = Alphabet()
        self._marks: dict[str, dict[str, int]] = {}
        self._unless: dict[tuple[str, str], int] = {}
        self.ordinary: dict[str, tuple[str, ...]] = {}
        """By lexicon, the words that messages are full of, as readings show them; the commonest first."""
        used: dict[str, set[int]] = {}
        for lexicon in lexicons:
            grammar = Grammar(lexicon.classes, lexicon.inflections, fold, alphabet)
            marks = {
                kind: build.listed(*_listed(lexicon, kind, entries, grammar))
                for kind, entries in lexicon.marks.items()
            }
            self._marks[lexicon.name] = marks
            used[lexicon.name] = set(marks.values())
            self.ordinary[lexicon.name] = tuple(map(grammar.plain, lexicon.ordinary))
            for term in lexicon.terms:
                if term.unless:
                    number = build.listed(*_listed(lexicon, term.id, term.unless, grammar))
                    self._unless[lexicon.name, term.id] = number
                    used[lexicon.name].add(number)
                for steps in _ways(lexicon, term, grammar):
                    chain = build.chain(lexicon, term, steps, marks.get("filler"))
                    used[lexicon.name].update(chain.classes)
        self._classes = build.classes
        self._rows = build.rows
        alphabet.close()
        self._phrases = tuple(build.phrases)
        self._finder = ahocorasick_rs.AhoCorasick(self._phrases, store_patterns=False)
        yes = (marks["yes"] for marks in self._marks.values() if "yes" in marks)
        self._answers = frozenset(
            self._phrases[phrase][0]
            for number in yes
            for one in (number, *(row[0] for row in self._rows.get(number, ())))
            for phrase in self._classes[one]
        )
        common = commonness(self.ordinary.values())
        often = dict(zip(alphabet.line(common), common.values(), strict=True))
        self._anchors = Anchors(build.chains, self._classes, self._phrases, often)
        self.words = {
            name: frozenset(map(alphabet.words.__getitem__, self._letters_of(numbers)))
            for name, numbers in used.items()
        }
        """By lexicon, every word of its terms and scope lists."""
        self.keys = _keys(build, self._phrases, alphabet)
        """The words that terms turn on, and how many ways to say one."""

    def _letters_of(self, numbers: AbstractSet[int]) -> frozenset[str]:
        every = {*numbers, *(one for number in numbers for row in self._rows.get(number, ()) for one in row)}
        phrases = frozenset[int]().union(*map(self._classes.__getitem__, every))
        return frozenset("".join(map(self._phrases.__getitem__, phrases)))

    def marks_of(self, lexicon: Lexicon, sighting: Sighting) -> Marks:
        return Marks(self._marks[lexicon.name], sighting)

    def may_answer(self, reading: Reading) -> bool:
        """Whether a message begins as a yes does in some language."""
        return self._alphabet.line(reading.words[:1]) in self._answers

    def unless_of(self, lexicon: Lexicon, term: Term, sighting: Sighting) -> Sequence[Span]:
        """Where phrases stand that excuse a term, in order."""
        number = self._unless.get((lexicon.name, term.id))
        return () if number is None else sighting.places(number)

    @property
    def vocabulary(self) -> frozenset[str]:
        return frozenset[str]().union(*self.words.values())

    def sight(self, reading: Reading) -> Sighting:
        line = self._alphabet.line(reading.words)
        raw = self._finder.find_matches_as_indexes(line, overlapping=True)
        return Sighting(reading, raw, self._classes, self._rows)

    def suspects(self, sighting: Sighting) -> list[Chain]:
        """The chains of which every phrase stands somewhere: none at all in most messages."""
        return self._anchors.suspects(sighting.seen)

    def matches(self, sighting: Sighting, suspects: Iterable[Chain]) -> Iterator[Match]:
        """Those of some chains whose phrases stand as they must, at most MOST_CHAINS of them."""
        found = 0
        for chain in suspects:
            if spans := _spans(chain, sighting):
                said = tuple([sighting.places(number) for number in chain.classes])
                yield Match(chain.lexicon, chain.term, spans, said)
                found += 1
            if found == MOST_CHAINS:
                return


class _Build:
    """Numbers phrases and classes while lexicons are compiled; equal ones get the same number."""

    def __init__(self) -> None:
        self.phrases: defaultdict[str, int] = defaultdict(itertools.count().__next__)
        self.classes: list[frozenset[int]] = []
        self.chains: list[Chain] = []
        self._same: dict[int, tuple[tuple[str, ...], int]] = {}
        """The classes of phrases, by the identity of these: patterns share most."""
        self.rows: dict[int, tuple[Numbers, ...]] = {}
        """The rows that stand for further phrases of a class."""
        self._numbers: dict[tuple[frozenset[int], tuple[Numbers, ...]], int] = {}

    def number(self, phrases: tuple[str, ...]) -> int:
        same = self._same.get(id(phrases))
        if same is not None:
            return same[1]
        number = self.listed(phrases)
        self._same[id(phrases)] = phrases, number
        return number

    def listed(self, phrases: Iterable[str], rows: Iterable[Row] = ()) -> int:
        """The number of a class of phrases, and of those that rows stand for."""
        members = frozenset(map(self.phrases.__getitem__, phrases))
        numbered = tuple([tuple(map(self.number, row)) for row in rows])
        number = self._numbers.setdefault((members, numbered), len(self.classes))
        if number == len(self.classes):
            self.classes.append(members)
            if numbered:
                self.rows[number] = numbered
        return number

    def chain(self, lexicon: Lexicon, term: Term, steps: Sequence[Step], fillers: int | None) -> Chain:
        chain = Chain(
            number=len(self.chains),
            lexicon=lexicon,
            term=term,
            classes=tuple([self.number(step.phrases) for step in steps]),
            gaps=tuple([step.gap for step in steps[1:]]),
            loose=tuple([step.loose for step in steps[1:]]),
            fillers=fillers,
        )
        self.chains.append(chain)
        return chain


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


def _keys(build: _Build, phrases: Sequence[str], alphabet: Alphabet) -> Counter[str]:
    """The words of the class of each chain whose phrases are long, and belong to few classes besides."""
    classes = build.classes
    use = Counter(itertools.chain.from_iterable(classes))
    brief = frozenset(letter for letter, word in alphabet.words.items() if len(word) <= SHORT)
    short = frozenset(
        number
        for number, phrase in enumerate(phrases)
        if phrase in brief or (len(phrase) == SHORT // 2 and len(alphabet.text(phrase)) <= SHORT)
    )
    common = {
        number: (not short.isdisjoint(classes[number]), max(map(use.__getitem__, classes[number])))
        for number in {number for chain in build.chains for number in chain.classes}
    }
    turned = Counter(min(chain.classes, key=common.__getitem__) for chain in build.chains)
    uses = [0] * len(phrases)
    for number, many in turned.items():
        for phrase in classes[number]:
            uses[phrase] += many
    letters: Counter[str] = Counter()
    for told, many in zip(phrases, uses, strict=True):
        if many:
            for letter in told:
                letters[letter] += many
    return Counter({alphabet.words[letter]: many for letter, many in letters.items()})


def _ways(lexicon: Lexicon, term: Term, grammar: Grammar) -> Iterator[tuple[Step, ...]]:
    try:
        for pattern in term.say:
            yield from grammar.steps(pattern)
    except PatternError as error:
        raise LexiconError(f"{lexicon.name}: term {term.id}: {error}") from error


def _listed(
    lexicon: Lexicon, name: str, entries: Sequence[str], grammar: Grammar
) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    try:
        return grammar.listed(entries)
    except PatternError as error:
        raise LexiconError(f"{lexicon.name}: {name}: {error}") from error
