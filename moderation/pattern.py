"""The little language that terms are written in.

    want to (die|be dead)      words, and alternatives in brackets; an empty alternative may be left out
    {want} to ... die          a class by its name; three dots let up to three words pass, ...5 up to five
    {want} .. die              two dots allow up to four filler words ("really", "so bad") and no others
    kill~ myself               a word and the inflections declared for it

A pattern becomes steps. At each, one of some phrases must stand, at most `gap` words behind the last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

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


class PatternError(ValueError):
    """A pattern that cannot be read; the message says which and why, in words for its author."""


@dataclass(frozen=True, slots=True)
class Step:
    """One of `phrases` must stand here, with at most `gap` words between it and the step before."""

    phrases: tuple[str, ...]
    gap: int
    loose: bool = True
    """Whether any words may stand in the gap, or only fillers."""


class Grammar:
    """Reads patterns with one lexicon's classes and inflections."""

    __slots__ = ("_brackets", "_classes", "_fold", "_forms", "_inflections", "_known", "_words")

    def __init__(
        self, classes: Mapping[str, Sequence[str]], inflections: Mapping[str, Sequence[str]], fold: Fold
    ) -> None:
        self._classes = classes
        self._inflections = inflections
        self._fold = fold
        self._known: dict[str, tuple[str, ...]] = {}
        self._forms: dict[str, tuple[str, ...]] = {}
        self._brackets: dict[str, tuple[str, ...]] = {}
        """Brackets without brackets in them, by how they are written: patterns share many."""
        self._words: dict[str, str] = {}

    def steps(self, pattern: str) -> tuple[tuple[Step, ...], ...]:
        """Every way to read a pattern: one sequence of steps for each choice of what may be left out."""
        choices: list[tuple[tuple[Step, bool], ...]] = []
        tokens = _tokens(pattern)
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
        return tuple(steps for way in product(*choices) if (steps := _joined(way)))

    def phrases(self, text: str) -> tuple[str, ...]:
        """Every phrase that a text without gaps stands for."""
        if "|" not in text and (spoken := self._spoken(text)):
            return spoken
        tokens = _tokens(text)
        phrases = self._row(tokens, text)
        if tokens:
            raise PatternError(f"{text!r} closes a bracket that it did not open")
        return phrases

    def every(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Every phrase that any of some texts without gaps stands for."""
        row = "|".join(texts)
        if row.count("|") == len(texts) - 1 and (spoken := self._spoken(row)):
            return spoken
        return tuple([phrase for text in texts for phrase in self.phrases(text)])

    def named(self, name: str) -> tuple[str, ...]:
        """The phrases of a class."""
        if name not in self._known:
            if name not in self._classes:
                raise PatternError(f"there is no class {{{name}}}")
            self._known[name] = ()
            self._known[name] = tuple(dict.fromkeys(self.every(self._classes[name])))
        return self._known[name]

    def _row(self, tokens: list[str], whole: str) -> tuple[str, ...]:
        """The phrases of words that follow one another, up to a bar, a closing bracket or the end."""
        parts: list[tuple[str, ...]] = []
        while tokens and tokens[-1] not in {"|", ")"}:
            if tokens[-1].startswith(FILLED):
                raise PatternError(
                    f"{whole!r} has a gap inside brackets or in a class; only a pattern has gaps"
                )
            parts.append(self._one(tokens, whole))
        if prod(len(part) for part in parts) > MOST_PHRASES:
            raise PatternError(f"{whole!r} stands for more than {MOST_PHRASES} phrases; split it")
        if len(parts) == 1:
            return parts[0]
        if all(len(part) == 1 for part in parts):
            return (" ".join(filter(None, [part[0] for part in parts])),)
        return tuple(dict.fromkeys(" ".join(filter(None, way)) for way in product(*parts)))

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
        return (self.plain(part),)

    def _bracket(self, part: str) -> tuple[str, ...]:
        phrases = self._brackets.get(part)
        if phrases is None:
            phrases = self._spoken(part[1:-1]) or tuple(
                phrase for one in part[1:-1].split("|") for phrase in self.phrases(one)
            )
            self._brackets[part] = phrases
        return phrases

    def _spoken(self, text: str) -> tuple[str, ...]:
        """The phrases between the bars of a text, at once, where they are nothing but words; else nothing."""
        folded = self._fold(text).text
        if WRITTEN.search(folded):
            return ()
        return tuple([" ".join(one.split()) for one in _unmarked(folded).split("|")])

    def _inflected(self, whole: str, word: str) -> tuple[str, ...]:
        if word not in self._forms:
            if word not in self._inflections:
                raise PatternError(f"{whole!r} asks for the inflections of {word!r}, but none are declared")
            self._forms[word] = tuple(self.plain(form) for form in (word, *self._inflections[word]))
        return self._forms[word]

    def plain(self, word: str) -> str:
        """A word as a reading would show it."""
        plain = self._words.get(word)
        if plain is None:
            folded = _unmarked(self._fold(word).text)
            plain = " ".join("#" if part.isdigit() else part for part in folded.split())
            self._words[word] = plain
        return plain


def _unmarked(folded: str) -> str:
    """Without apostrophes, as readings show words, and with hyphens as the spaces that they are read as."""
    return folded.replace("'", "").replace("-", " ")


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


def _tokens(text: str) -> list[str]:
    """The tokens of a pattern, the first one last."""
    return [token for token in reversed(TOKEN.findall(text)) if not token.isspace()]
