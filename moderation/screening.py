"""The screen: from a message to findings that a supporter can understand and act on."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Self

from moderation.anchoring import Chain
from moderation.automaton import Automaton, Sighting, Span
from moderation.gluing import Gluing
from moderation.history import Levels, corrected, lead, risen, turned
from moderation.lexicon import Lexicon, Term, load
from moderation.normalise import Fold
from moderation.reader import Reader
from moderation.reading import AFTER, Reading, joined
from moderation.scope import Scene
from moderation.severity import Severity, highest, rank
from moderation.signs import Sign, adding_up, counted
from moderation.spelling import Spelling
from moderation.weighing import weigh

__all__ = ["HISTORY", "SHIPPED", "Finding", "Screen", "Weighed", "severity"]

SHIPPED = Path(__file__).parent / "lexicons"
HISTORY = 12
"""How many earlier messages of the author are looked at."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What screening saw. `text[start:end] == phrase` in the author's own text.

    The phrase is theirs: printing or logging a finding does not show it.
    """

    lexicon: str
    term: str
    category: str
    severity: Severity
    start: int
    end: int
    phrase: str = field(repr=False)
    why: str
    prompts: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A place of a term and what scope made of it: `severity` is None when something excused it.

    `reasons` names, in order, what excused, softened or raised it; `span` counts words.
    """

    lexicon: Lexicon
    term: Term
    start: int
    end: int
    severity: Severity | None
    reasons: tuple[str, ...]
    span: Span

    @property
    def sign(self) -> Sign | None:
        """What it is a sign of; nothing where any rule touches it."""
        term = self.term
        if not term.sign or self.severity is None or self.reasons:
            return None
        return Sign(term.category, term.sign, term.weight, *self.span)


class Screen:
    """Screens messages with some lexicons; threads may share it.

    Of what it screened it keeps no words: only how severe the last messages were, by a keyed hash of each.
    """

    def __init__(self, lexicons: Sequence[Lexicon]) -> None:
        fold = Fold()
        self.lexicons = tuple(lexicons)
        with _uncollected():
            self._automaton = automaton = Automaton(self.lexicons, fold)
            spared = frozenset(word for lexicon in self.lexicons for word in lexicon.spared)
            gluings = [
                Gluing(words, automaton.keys, automaton.ordinary[name])
                for name, words in automaton.words.items()
            ]
            self._reader = Reader(Spelling(automaton.vocabulary, automaton.keys, spared, gluings), fold)
        self._levels = Levels()

    @classmethod
    def load(cls, folder: Path = SHIPPED) -> Self:
        """Builds a screen from the lexicons of a folder; raises LexiconError when one cannot be used."""
        return cls(load(folder))

    @property
    def vocabulary(self) -> frozenset[str]:
        """Every word of every term and scope list, as readings show them."""
        return self._automaton.vocabulary

    def read(self, text: str) -> Reading:
        """The words that a message is read as."""
        return self._reader.read(text)

    def severity(self, text: str, history: Sequence[str] = ()) -> Severity | None:
        return highest(finding.severity for finding in self.findings(text, history))

    def findings(self, text: str, history: Sequence[str] = (), asked: str = "") -> tuple[Finding, ...]:
        """What a message says that must not go unseen, the most severe first.

        `history` holds the same author's earlier messages, oldest first, of the last hour.
        `asked` is what the other side said last: "yes" to a question about suicide is an answer.
        """
        reading = self._reader.read(text)
        around = joined(self._reader.read(lead(history)), reading) if history else (reading, 0)
        sighting = self._automaton.sight(around[0])
        suspects = self._automaton.suspects(sighting)
        # What stands in the message stands also where it is joined to what came before: mostly nothing does.
        found: list[Finding] = []
        if history and (suspects or len(reading.words) > AFTER):
            found = self._found(self._weighed(reading), text)
        elif suspects:
            found = self._found(self._places(sighting, suspects), text)
        self._levels.keep(text, highest(_severities(found)) if found else None)
        if history:
            said = self._places(sighting, suspects, around[1]) if suspects else ()
            found += self._together(said, text, history[-1], found)
            if any(finding.severity == "concern" for finding in found):
                found = risen(found, (self._level(earlier) for earlier in history[-HISTORY:]))
        if asked and not found:
            found = self._answer(reading, text, asked)
        return (
            tuple(sorted(found, key=lambda finding: (-rank(finding.severity), finding.start)))
            if found
            else ()
        )

    def weigh(self, text: str) -> Iterator[Weighed]:
        """Every place of every term with what excused or softened it: what findings are made of."""
        return self._weighed(self._reader.read(text))

    def _weighed(self, reading: Reading) -> Iterator[Weighed]:
        """The same of a reading."""
        sighting = self._automaton.sight(reading)
        suspects = self._automaton.suspects(sighting)
        return self._places(sighting, suspects) if suspects else iter(())

    def _places(self, sighting: Sighting, suspects: Sequence[Chain], seam: int = 0) -> Iterator[Weighed]:
        """The places of some chains; with a seam, only those that lie on both sides of that word."""
        reading = sighting.reading
        settled: set[tuple[str, str]] = set()
        for match in self._automaton.matches(sighting, suspects):
            lexicon, term = match.lexicon, match.term
            marks = self._automaton.marks_of(lexicon, sighting)
            unless = self._automaton.unless_of(lexicon, term, sighting)
            for span in match.spans:
                if (lexicon.name, term.id) in settled:
                    break
                if seam and not span[0] < seam < span[1]:
                    continue
                severity, reasons = weigh(term, lexicon, Scene(reading, span, marks, match.said), unless)
                if severity == "crisis" or (severity == term.severity and not (term.rises or term.sign)):
                    settled.add((lexicon.name, term.id))
                start, end = reading.starts[span[0]], reading.ends[span[1] - 1]
                yield Weighed(lexicon, term, start, end, severity, reasons, span)

    def _alone(self, text: str) -> list[Finding]:
        return self._found(self._weighed(self._reader.read(text)), text)

    def _found(self, weighed_places: Iterable[Weighed], text: str) -> list[Finding]:
        """What is left of some places of one text."""
        every = tuple(weighed_places)
        if not every:
            return []
        best: dict[tuple[str, str], Finding] = {}
        weak: dict[tuple[str, str], Finding] = {}
        excused: list[Weighed] = []
        for weighed in every:
            if weighed.severity is None:
                excused.append(weighed)
                continue
            term = weighed.term
            if term.weak and term.sign:
                continue
            key = (weighed.lexicon.name, term.id)
            into = weak if term.weak else best
            if key not in into or rank(weighed.severity) > rank(into[key].severity):
                into[key] = _finding(weighed, weighed.severity, text)
        best |= {(finding.lexicon, finding.term): finding for finding in counted(weak.values())}
        for finding in _summed(every, text):
            key = (finding.lexicon, finding.term)
            if key not in best or best[key].severity != "crisis":
                best[key] = finding
        found = best.values()
        return [finding for finding in found if not any(_covers(other, finding) for other in excused)]

    def _level(self, said: str) -> Severity | None:
        """How severe an earlier message was by itself."""
        if said not in self._levels:
            self._levels.keep(said, highest(_severities(self._alone(said))))
        return self._levels.of(said)

    def _together(
        self, across: Iterable[Weighed], text: str, previous: str, found: Sequence[Finding]
    ) -> list[Finding]:
        """What only this message and those right before it say: a sentence cut apart, a word put right."""
        level = rank(highest(_severities(found)))
        known = {(finding.lexicon, finding.term) for finding in found}
        added = [
            finding
            for finding in self._found(across, text)
            if rank(finding.severity) > level and (finding.lexicon, finding.term) not in known
        ]
        if not found and not added and (meant := corrected(previous, text)):
            before = rank(self._level(previous))
            added = [
                _moved(finding, text, 0, len(text))
                for finding in self._alone(meant)
                if rank(finding.severity) > before
            ]
        return added

    def _answer(self, reading: Reading, text: str, asked: str) -> list[Finding]:
        """What a yes says: the terms that the question named, about the author."""
        if not self._automaton.may_answer(reading):
            return []
        sighting = self._automaton.sight(reading)
        added: list[Finding] = []
        for lexicon in self.lexicons:
            yes = self._automaton.marks_of(lexicon, sighting).get("yes", ())
            if any(start == 0 for start, _ in yes):
                said = turned(asked, lexicon.turned)
                added += (_moved(finding, text, 0, len(text)) for finding in self._alone(said))
        return list({(finding.lexicon, finding.term): finding for finding in added}.values())


def severity(text: str, history: Sequence[str] = ()) -> Severity | None:
    """The highest severity of a message by the shipped lexicons, for measuring them from outside.

    The server builds a Screen of its own and hands it on; only this door keeps one for the process.
    """
    return _shipped().severity(text, history)


@cache
def _shipped() -> Screen:
    return Screen.load()


def _severities(findings: Sequence[Finding]) -> Iterator[Severity]:
    return (finding.severity for finding in findings)


def _finding(weighed: Weighed, severity: Severity, text: str) -> Finding:
    return Finding(
        lexicon=weighed.lexicon.name,
        term=weighed.term.id,
        category=weighed.term.category,
        severity=severity,
        start=weighed.start,
        end=weighed.end,
        phrase=text[weighed.start : weighed.end],
        why=weighed.term.why,
        prompts=weighed.lexicon.prompts.get(weighed.term.category, ()),
    )


def _summed(every: Sequence[Weighed], text: str) -> Iterator[Finding]:
    """The concerns that signs add up to, each of which says why together with the others of its category."""
    places = {sign: weighed for weighed in every if (sign := weighed.sign)}
    together = adding_up(places)
    for sign in together:
        why = dict.fromkeys(places[one].term.why for one in together if one.category == sign.category)
        yield replace(_finding(places[sign], "concern", text), why=" ".join(why))


def _covers(excused: Weighed, finding: Finding) -> bool:
    """Whether another language, which shares the words, knows that they mean no harm here.

    That a term lacked what it asks for, says only that it is not about this.
    """
    return (
        excused.lexicon.name != finding.lexicon
        and not {"whose", "needs"}.intersection(excused.reasons)
        and excused.term.category == finding.category
        and excused.start <= finding.start
        and finding.end <= excused.end
    )


def _moved(finding: Finding, text: str, start: int, end: int) -> Finding:
    """The finding, shown in another text."""
    return replace(finding, start=start, end=end, phrase=text[start:end])


@contextmanager
def _uncollected() -> Iterator[None]:
    """Building makes half a million objects that all stay; looking through them for rubbish finds none."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
