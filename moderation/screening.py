"""The screen: from a message to findings that a supporter can understand and act on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self

from moderation.automaton import Automaton, Match, Sighting, Span
from moderation.history import corrected, counted, risen
from moderation.lexicon import Lexicon, Rule, load
from moderation.normalise import Fold
from moderation.reading import Reader
from moderation.scope import RULES, Scene, idiom, subject
from moderation.severity import Severity, highest, rank, softened
from moderation.spelling import Spelling

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
    """A match and what scope made of it: `severity` is None when something excused it."""

    match: Match
    severity: Severity | None
    reasons: tuple[str, ...]


class Screen:
    """Screens messages with some lexicons. Immutable after it is built; safe to share between threads."""

    def __init__(self, lexicons: Sequence[Lexicon]) -> None:
        fold = Fold()
        self.lexicons = tuple(lexicons)
        self._automaton = Automaton(self.lexicons, fold)
        spared = frozenset(word for lexicon in self.lexicons for word in lexicon.spared)
        self._reader = Reader(Spelling(self._automaton.vocabulary, self._automaton.keys, spared), fold)

    @classmethod
    def load(cls, folder: Path = SHIPPED) -> Self:
        """Builds a screen from the lexicons of a folder; raises LexiconError when one cannot be used."""
        return cls(load(folder))

    def severity(self, text: str, history: Sequence[str] = ()) -> Severity | None:
        return highest(finding.severity for finding in self.findings(text, history))

    def findings(self, text: str, history: Sequence[str] = (), asked: str = "") -> tuple[Finding, ...]:
        """What a message says that must not go unseen, the most severe first.

        `history` holds the same author's earlier messages, oldest first; the caller keeps it to the last hour.
        `asked` is what the other side said last: "yes" to a question about suicide is an answer.
        """
        found = self._alone(text)
        if history:
            found = self._together(text, history[-1], found)
            if any(finding.severity == "concern" for finding in found):
                earlier = (self.severity(message) for message in history[-HISTORY:])
                found = risen(found, earlier)
        if asked and not found:
            found = self._answer(text, asked)
        return tuple(sorted(found, key=lambda finding: (-rank(finding.severity), finding.start)))

    def weigh(self, text: str) -> tuple[Weighed, ...]:
        """Every match in a message with what excused or softened it, for explaining and for tests."""
        return tuple(weighed for weighed, _, _ in self._weighed(text))

    def _weighed(self, text: str) -> Iterator[tuple[Weighed, int, int]]:
        reading = self._reader.read(text)
        sighting = self._automaton.sight(reading)
        for match in self._automaton.matches(sighting):
            first, last = match.span
            yield self._weigh(match, sighting), reading.starts[first], reading.ends[last - 1]

    def _weigh(self, match: Match, sighting: Sighting) -> Weighed:
        term, lexicon = match.term, match.lexicon
        scene = Scene(sighting.reading, match.span, _Marks(self._automaton, lexicon.name, sighting))
        severity: Severity | None = term.severity
        if idiom(scene):
            return Weighed(match, None, ("idiom",))
        if number := self._automaton.unless.get((lexicon.name, term.id)):
            if any(True for _ in scene.near(sighting.places(number))):
                return Weighed(match, None, ("unless",))
        if term.whose == "self" and subject(scene) != "self":
            return Weighed(match, None, ("whose",))
        if term.needs and not any(True for kind in term.needs for _ in scene.within(kind)):
            return Weighed(match, None, ("needs",))
        reasons: list[str] = []
        if severity == "concern" and any(True for kind in term.rises for _ in scene.within(kind)):
            severity = "crisis"
            reasons.append("rises")
        effects = lexicon.effects.get(term.category, {})
        for rule, holds in RULES.items():
            effect = term.effects.get(rule) or effects.get(rule, "keep")
            if effect != "keep" and severity is not None and holds(scene):
                severity = softened(severity, effect)
                reasons.append(rule)
        return Weighed(match, severity, tuple(reasons))

    def _alone(self, text: str) -> list[Finding]:
        best: dict[str, Finding] = {}
        weak: dict[str, Finding] = {}
        for weighed, start, end in self._weighed(text):
            if weighed.severity is None:
                continue
            if weighed.match.term.weak:
                weak.setdefault(weighed.match.term.id, _finding(weighed, text, start, end))
                continue
            held = best.get(weighed.match.term.id)
            if held is None or rank(weighed.severity) > rank(held.severity):
                best[weighed.match.term.id] = _finding(weighed, text, start, end)
        return [*best.values(), *counted(weak.values())]

    def _together(self, text: str, previous: str, found: list[Finding]) -> list[Finding]:
        """Adds what only the last two messages say together: a sentence split in two, or a word put right."""
        best = highest(finding.severity for finding in found)
        known = {finding.term for finding in found}
        before = highest(finding.severity for finding in self._alone(previous))
        joined = f"{previous.rstrip(' .')} {text}"
        seam = len(joined) - len(text)
        for finding in self._alone(joined):
            if (
                finding.term not in known
                and finding.start < seam < finding.end
                and rank(finding.severity) > rank(best)
            ):
                found.append(_moved(finding, text, seam))
        if (whole := corrected(previous, text)) and not found:
            for finding in self._alone(whole):
                if rank(finding.severity) > rank(before):
                    found.append(_whole(finding, text))
        return found

    def _answer(self, text: str, asked: str) -> list[Finding]:
        """A yes to a question that names a term speaks that term."""
        reading = self._reader.read(text)
        sighting = self._automaton.sight(reading)
        says_yes = any(
            start == 0
            for lexicon in self.lexicons
            for start, _ in _Marks(self._automaton, lexicon.name, sighting)["yes"]
        )
        if not says_yes or not text:
            return []
        asked_about: dict[str, Finding] = {}
        for weighed, _, _ in self._weighed(asked):
            if weighed.severity is not None or set(weighed.reasons) <= {"you", "conditional"}:
                term = weighed.match.term
                severe = Weighed(weighed.match, term.severity, ())
                asked_about[term.id] = _finding(severe, text, 0, len(text))
        return list(asked_about.values())


def severity(text: str, history: Sequence[str] = ()) -> Severity | None:
    """The highest severity of a message by the shipped lexicons, for measuring them from outside.

    The server builds a Screen of its own and hands it on; only this door keeps one for the process.
    """
    return _shipped().severity(text, history)


@cache
def _shipped() -> Screen:
    return Screen.load()


class _Marks(Mapping[str, Sequence[Span]]):
    """The scope words of one lexicon in one sighting, looked up when a rule asks."""

    __slots__ = ("_automaton", "_lexicon", "_sighting")

    def __init__(self, automaton: Automaton, lexicon: str, sighting: Sighting) -> None:
        self._automaton = automaton
        self._lexicon = lexicon
        self._sighting = sighting

    def __getitem__(self, kind: str) -> Sequence[Span]:
        number = self._automaton.marks.get((self._lexicon, kind))
        return () if number is None else self._sighting.places(number)

    def __iter__(self) -> Iterator[str]:
        return (kind for lexicon, kind in self._automaton.marks if lexicon == self._lexicon)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _finding(weighed: Weighed, text: str, start: int, end: int) -> Finding:
    term, lexicon = weighed.match.term, weighed.match.lexicon
    return Finding(
        lexicon=lexicon.name,
        term=term.id,
        category=term.category,
        severity=weighed.severity or term.severity,
        start=start,
        end=end,
        phrase=text[start:end],
        why=term.why,
        prompts=lexicon.prompts.get(term.category, ()),
    )


def _moved(finding: Finding, text: str, seam: int) -> Finding:
    """The part of a finding over two messages that stands in the second."""
    return _spanning(finding, text, 0, finding.end - seam)


def _whole(finding: Finding, text: str) -> Finding:
    return _spanning(finding, text, 0, len(text))


def _spanning(finding: Finding, text: str, start: int, end: int) -> Finding:
    return Finding(
        lexicon=finding.lexicon,
        term=finding.term,
        category=finding.category,
        severity=finding.severity,
        start=start,
        end=end,
        phrase=text[start:end],
        why=finding.why,
        prompts=finding.prompts,
    )


__all__ = ["SHIPPED", "Finding", "Screen", "severity"]
