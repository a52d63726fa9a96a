"""The little language that terms are written in.

    want to (die|be dead)      words, and alternatives in brackets; an empty alternative may be left out
    {want} to ... die          a class by its name; three dots let up to three words pass, ...5 up to five
    {want} .. die              two dots allow up to four filler words ("really", "so bad") and no others
    kill~ myself               a word and the inflections declared for it

A pattern becomes steps. At each, one of some phrases must stand, at most `gap` words behind the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from moderation.alphabet import BAR, Alphabet
from moderation.normalise import Fold

__all__ = ["Grammar", "PatternError", "Step"]

TOKEN = re.compile(r"\([^()]*\)|[(|)]|\{[^{}()|]*\}|\.\.\.\d*|\.\.|[^\s(){}|.]+|.")
WRITTEN = re.compile(r"[~{}().\d]")
"""What stands for something else in a pattern, and numbers."""
GAP = 3
DOTS = "..."
FILLED = ".."
FILLERS = 4
MOST_PHRASES = 4000
"""More phrases than this in one step are a mistake of the author, not a rule."""
WIDE = 60
"""A list's entry that stands for more phrases than this is kept as a row of alternatives."""


class PatternError(ValueError):
    """A pattern that cannot be read; the message says which and why, in words for its author."""


@dataclass(frozen=True, slots=True)
class Step:
    """One of `phrases`, which are spelt in letters of the alphabet, must stand here, with at most `gap` words
    between it and the step before.
    """

    phrases: tuple[str, ...]
    gap: int
    loose: bool = True
    """Whether any words may stand in the gap, or only fillers."""


Row = tuple[tuple[str, ...], ...]
"""What may stand at each place of words that follow one another without a gap."""


class Grammar:
    """Reads patterns with one lexicon's classes and inflections. Phrases come in letters of the alphabet."""

    __slots__ = (
        "_alphabet",
        "_brackets",
        "_classes",
        "_fold",
        "_forms",
        "_inflections",
        "_known",
        "_spelt",
    )

    def __init__(
        self,
        classes: Mapping[str, Sequence[str]],
        inflections: Mapping[str, Sequence[str]],
        fold: Fold,
        alphabet: Alphabet,
    ) -> None:
        self._alphabet = alphabet
        self._classes = classes
        self._inflections = inflections
        self._fold = fold
        self._known: dict[str, tuple[str, ...]] = {}
        self._forms: dict[str, tuple[str, ...]] = {}
        self._brackets: dict[str, tuple[str, ...]] = {}
        """Brackets without brackets in them, by how they are written: patterns share many."""
        self._spelt: dict[str, str] = {}

    def steps(self, pattern: str) -> tuple[tuple[Step, ...], ...]:
        """Every way to read a pattern: one sequence of steps for each choice of what may be left out."""
        choices: list[tuple[tuple[Step, bool], ...]] = []
        tokens = _tokens(self._folded(pattern))
        gap, loose = 0, False
        while tokens:
            if tokens[-1].startswith(DOTS):
                gap, loose = int(tokens.pop()[len(DOTS) :] or GAP), True
                continue
            if tokens[-1] == FILLED:
                tokens.pop()
                gap = FILLERS
                continue
            phrases = self._one(tokens, pattern)
            full = tuple(filter(None, phrases)) if "" in phrases else phrases
            step = Step(full, gap, loose)
            choices.append(((step, True),) if len(full) == len(phrases) else ((step, True), (step, False)))
            gap, loose = 0, False
        if not choices or gap:
            raise PatternError(f"the pattern {pattern!r} has no words, or ends in a gap")
        if all(len(choice) == 1 for choice in choices):
            return (tuple([step for ((step, _),) in choices]),)
        return tuple(steps for way in product(*choices) if (steps := _joined(way)))

    def phrases(self, text: str) -> tuple[str, ...]:
        """Every phrase that a text without gaps stands for."""
        return self._phrases(self._folded(text))

    def every(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Every phrase that any of some texts without gaps stands for."""
        row = self._folded(BAR.join(texts))
        if row.count(BAR) == len(texts) - 1 and (spoken := self._spoken(row)):
            return spoken
        return tuple([phrase for text in texts for phrase in self.phrases(text)])

    def listed(self, texts: Sequence[str]) -> tuple[tuple[str, ...], tuple[Row, ...]]:
        """What some texts without gaps stand for: phrases, and rows where these would be very many."""
        plain: list[str] = []
        phrases: list[str] = []
        rows: list[Row] = []
        for text in texts:
            if "(" not in text and "{" not in text:
                plain.append(text)
                continue
            parts = self._parts(tokens := _tokens(self._folded(text)), text)
            _end(tokens, text)
            if 2 * sum(map(len, parts)) < prod(map(len, parts)) > WIDE:
                rows += _rows(parts)
            else:
                phrases += _every(parts, text)
        return (*self.every(plain), *phrases), tuple(rows)

    def named(self, name: str) -> tuple[str, ...]:
        """The phrases of a class."""
        if name not in self._known:
            if name not in self._classes:
                raise PatternError(f"there is no class {{{name}}}")
            self._known[name] = ()
            self._known[name] = tuple(dict.fromkeys(self.every(self._classes[name])))
        return self._known[name]

    def _phrases(self, folded: str) -> tuple[str, ...]:
        if BAR not in folded and (spoken := self._spoken(folded)):
            return spoken
        tokens = _tokens(folded)
        phrases = self._row(tokens, folded)
        _end(tokens, folded)
        return phrases

    def _row(self, tokens: list[str], whole: str) -> tuple[str, ...]:
        """The phrases of words that follow one another, up to a bar, a closing bracket or the end."""
        return _every(self._parts(tokens, whole), whole)

    def _parts(self, tokens: list[str], whole: str) -> list[tuple[str, ...]]:
        """The phrases of each of these words."""
        parts: list[tuple[str, ...]] = []
        while tokens and tokens[-1] not in {"|", ")"}:
            if tokens[-1].startswith(FILLED):
                raise PatternError(
                    f"{whole!r} has a gap inside brackets or in a class; only a pattern has gaps"
                )
            parts.append(self._one(tokens, whole))
        return parts

    def _one(self, tokens: list[str], whole: str) -> tuple[str, ...]:
        """The phrases of the next word, class or bracket."""
        part = tokens.pop()
        if part[0] == "(" and part != "(":
            return self._bracket(part)
        if part == "(":
            phrases = self._row(tokens, whole)
            while tokens and tokens[-1] == "|":
                tokens.pop()
                phrases += self._row(tokens, whole)
            if not tokens:
                raise PatternError(f"{whole!r} opens a bracket that it does not close")
            tokens.pop()
            return phrases
        if part in {"|", ")", "{", "}"}:
            raise PatternError(f"{whole!r} has a {part!r} where a word should be")
        if part.startswith("{"):
            return self.named(part[1:-1])
        if part.endswith("~"):
            return self._inflected(whole, part[:-1])
        return (self._letters(part),)

    def _bracket(self, part: str) -> tuple[str, ...]:
        phrases = self._brackets.get(part)
        if phrases is None:
            phrases = self._spoken(part[1:-1]) or tuple(
                phrase for one in part[1:-1].split(BAR) for phrase in self._phrases(one)
            )
            self._brackets[part] = phrases
        return phrases

    def _spoken(self, folded: str) -> tuple[str, ...]:
        """The phrases between the bars of a text, at once, where they are nothing but words; else nothing."""
        if WRITTEN.search(folded):
            return ()
        return tuple(self._alphabet.spell_each(folded.replace("-", " ")))

    def _inflected(self, whole: str, word: str) -> tuple[str, ...]:
        if word not in self._forms:
            if word not in self._inflections:
                raise PatternError(f"{whole!r} asks for the inflections of {word!r}, but none are declared")
            forms = map(self._folded, self._inflections[word])
            self._forms[word] = tuple(map(self._letters, (word, *forms)))
        return self._forms[word]

    def _letters(self, word: str) -> str:
        letters = self._spelt.get(word)
        if letters is None:
            letters = self._spelt[word] = self._alphabet.spell(_numbered(word))
        return letters

    def plain(self, word: str) -> str:
        """A word as a reading would show it."""
        return _numbered(self._folded(word))

    def _folded(self, text: str) -> str:
        """A text as readings show it, without apostrophes."""
        return self._fold(text).text.replace("'", "")


def _numbered(folded: str) -> str:
    """With hyphens as the spaces that they are read as, and a sign for every number."""
    return " ".join("#" if part.isdigit() else part for part in folded.replace("-", " ").split())


def _joined(way: Sequence[tuple[Step, bool]]) -> tuple[Step, ...]:
    """The steps that stay, each with the gaps of those that were left out before it."""
    kept: list[Step] = []
    carried, loose = 0, False
    for step, stays in way:
        if stays:
            grown = Step(step.phrases, step.gap + carried, step.loose or loose) if carried or loose else step
            kept.append(grown)
        carried = 0 if stays else carried + step.gap
        loose = not stays and (loose or step.loose)
    return tuple(kept)


def _every(parts: Sequence[tuple[str, ...]], whole: str) -> tuple[str, ...]:
    """Every phrase that parts which follow one another stand for."""
    if prod(map(len, parts)) > MOST_PHRASES:
        raise PatternError(f"{whole!r} stands for more than {MOST_PHRASES} phrases; split it")
    if len(parts) == 1:
        return parts[0]
    if all(len(part) == 1 for part in parts):
        return ("".join([part[0] for part in parts]),)
    return tuple(dict.fromkeys(map("".join, product(*parts))))


def _rows(parts: Sequence[tuple[str, ...]]) -> Iterator[Row]:
    """The same as rows: one for each choice of what may be left out."""
    full = [tuple(filter(None, part)) for part in parts]
    choices = [(one,) if len(one) == len(part) else (one, ()) for one, part in zip(full, parts, strict=True)]
    return (row for way in product(*choices) if (row := tuple(filter(None, way))))


def _end(tokens: Sequence[str], whole: str) -> None:
    if tokens:
        raise PatternError(f"{whole!r} closes a bracket that it did not open")


def _tokens(text: str) -> list[str]:
    """The tokens of a pattern, the first one last."""
    return [token for token in reversed(TOKEN.findall(text)) if not token.isspace()]
