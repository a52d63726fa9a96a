"""How long screening takes, beside what else could be used, in the same run and on the same texts.

The clock is handed in: this module reads none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from better_profanity.better_profanity import Profanity

from moderation.alphabet import Alphabet
from moderation.normalise import Fold
from moderation.pattern import Grammar
from moderation.screening import HISTORY, Screen

LENGTH = 100
"""Characters of the texts that are timed."""
PHRASES = 500
"""How many phrases the plain alternation has: as many as a list that people would write."""
HOSTILE_LENGTH = 10_000
HOSTILE_TIMES = 5
HOSTILE = (
    "a", "a ", "i want to ", "kill ", "k.i.l.l.", "\u0301", "\u200b", "*", "d i e ", "((((", "not ", "i i i ",
    "想死", "... ", "a1b2", "\n", "\u202e", "'", '"', "1 ", "me me myself ", "aB", "I.want", "killMyself",
    "die,", "k**l ", "suicde ", "1k|ll ", "iwanttokillmyself", "\ufdfa", "½", "kkkiiilll ",
    "i dont want to be here anymore ", "everyone would be better off without me. ", "pills bridge gun ",
    "\u043aill ", "k\u0301i", "k\u200bi\u200bl\u200bl ", "\U0001d4f4\U0001d4f2\U0001d4f5 ", "sucidal ",
    "i want to i want to kill ", "unrecognisable ", "quiero morir je veux ", "不想活了", '"die" ',
)  # fmt: skip
"""What messages of ten thousand characters are made of that would make a careless matcher slow."""


def cut(texts: Iterable[str]) -> list[str]:
    """Texts of the length that is timed, from texts that are at least as long."""
    return [text[:LENGTH] for text in texts if len(text) >= LENGTH]


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one message took, in microseconds: half of them at most `median`, 99 in 100 at most `p99`."""

    median: float
    p99: float


def timed(judge: Callable[[str], object], texts: Sequence[str], clock: Callable[[], float]) -> Timing:
    """The times of single messages; `clock` answers seconds."""
    judge(texts[0])
    times = []
    for text in texts:
        began = clock()
        judge(text)
        times.append(clock() - began)
    times.sort()
    return Timing(median(times) * 1e6, times[int(len(times) * 0.99)] * 1e6)


def remembering(screen: Screen, texts: Sequence[str]) -> Callable[[str], object]:
    """Screens a text as the next one of a conversation in which the author wrote others before."""
    history = tuple(texts[:HISTORY])
    for said in history:
        screen.findings(said)

    def judge(text: str) -> object:
        return screen.findings(text, history)

    return judge


def slowest(screen: Screen, clock: Callable[[], float]) -> Timing:
    """The times of the hostile text that takes longest."""
    return max(
        (
            timed(screen.findings, [(piece * HOSTILE_LENGTH)[:HOSTILE_LENGTH]] * HOSTILE_TIMES, clock)
            for piece in HOSTILE
        ),
        key=lambda timing: timing.median,
    )


def alternation(screen: Screen) -> Callable[[str], object]:
    """A plain regular expression of some of the same phrases, as a quick script would have it."""
    fold = Fold()
    phrases: set[str] = set()
    for lexicon in screen.lexicons:
        alphabet = Alphabet()
        grammar = Grammar(lexicon.classes, lexicon.inflections, fold, alphabet)
        for pattern in (pattern for term in lexicon.terms for pattern in term.say):
            firsts = ("".join(step.phrases[0] for step in steps) for steps in grammar.steps(pattern))
            phrases.update(map(alphabet.text, firsts))
    chosen = sorted(phrases)[:: max(1, len(phrases) // PHRASES)][:PHRASES]
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, chosen))})\b", re.IGNORECASE).search


def profanity() -> Callable[[str], object]:
    """better-profanity's own search with its own list."""
    library = Profanity()
    library.load_censor_words()

    def search(text: str) -> object:
        return library.contains_profanity(text)

    return search
