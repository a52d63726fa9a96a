"""What the words around a term do to it: who it is about, whether it is denied, past, told, sung or joked.

Each rule is a question about one scene, answered from the scope words of the term's own lexicon. What follows
from a yes (the finding is let go, or held at a severity) is written in the lexicon, not here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from moderation.lexicon import Rule
from moderation.reading import FULL_STOP, NUMBER, QUESTION, Reading

Span = tuple[int, int]
"""The index of the first word and of the word behind the last."""
Subject = Literal["self", "other", "you", "nobody"]
NEGATION_REACH = 4
"""A negation, or the head of a condition, reaches at most this many words ahead."""
CLAUSE_REACH = 6
"""What denies a whole clause ("it is not like ...") reaches at most this many words ahead."""
ANSWER_REACH = 2
"""A no stands at most this many words into the sentence behind a question: "Me? No."."""
SUBJECT_REACH = 9
REACH = 10
"""Marks farther from a term than this many words say nothing about it."""
LONGEST_MARK = 8
"""No mark is longer than this many words."""
NOTHING: Sequence[Span] = ()
SUBJECTS: tuple[Subject, ...] = ("other", "you", "self")


@dataclass(frozen=True, slots=True)
class Scene:
    """A term's span in a reading, and where each kind of mark stands, in order."""

    reading: Reading
    span: Span
    marks: Mapping[str, Sequence[Span]]
    said: Sequence[Sequence[Span]] = ()
    """Where the phrases of the term stand; what lies between them within the span is not the term's own."""

    def near(self, kind: str, reach: int = REACH) -> Iterator[Span]:
        """Marks of a kind within reach, in the sentence of the term.

        People in distress write long without a full stop, so a sentence alone is no bound.
        """
        return self.among(self.marks.get(kind, NOTHING), reach)

    def among(self, spans: Sequence[Span], reach: int = REACH) -> Iterator[Span]:
        """Those of some spans, given in order, that stand within reach in the sentence of the term."""
        sentences = self.reading.sentences
        first, last = self.span
        here = sentences[first]
        for index in range(bisect_left(spans, (first - reach - LONGEST_MARK, 0)), len(spans)):
            start, end = spans[index]
            if start > last + reach:
                return
            if end >= first - reach and sentences[start] == here:
                yield start, end

    def before(self, kind: str, reach: int) -> Iterator[Span]:
        """Marks of a kind that end at most `reach` words before the term, in its sentence."""
        first = self.span[0]
        return (mark for mark in self.near(kind, reach) if mark[1] <= first)

    def inside(self, kind: str, span: Span) -> bool:
        """Whether a mark of a kind covers a span."""
        return any(start <= span[0] and span[1] <= end for start, end in self.near(kind))

    def next_said(self, span: Span) -> int | None:
        """The first word that the term says behind a span in one of its gaps; None if it is not in a gap."""
        start, end = span
        first, last = self.span
        if not first < start < end < last or self.says(span):
            return None
        return min((one[0] for one in self.own() if end <= one[0]), default=None)

    def says(self, span: Span) -> bool:
        """Whether the term's own phrases, where it stands, hold a word of a span."""
        return any(start < span[1] and span[0] < end for start, end in self.own())

    def own(self) -> Iterator[Span]:
        """Where the term's own phrases stand within its span."""
        first, last = self.span
        for places in self.said:
            for index in range(bisect_left(places, (first, 0)), len(places)):
                start, end = places[index]
                if start >= last:
                    break
                if end <= last:
                    yield start, end

    def broken(self, start: int, end: int) -> bool:
        """Whether a pause, or a word like "but", stands between two words and parts their clauses."""
        pauses = self.reading.pauses
        if any(at in pauses for at in range(start, end + 1)):
            return True
        return any(start <= first and last <= end for first, last in self.near("breaker"))


def negated(scene: Scene) -> bool:
    """Denied before the term ("I would never ..."), in it or behind it, but not by "cant stop".

    A new "I" begins anew, unless the negation denies a whole clause: "I don't think I want to ...".
    """
    first = scene.span[0]
    for start, end in scene.near("negation", NEGATION_REACH):
        if start >= first or scene.inside("not_negation", (start, end)) or scene.broken(end, first):
            continue
        if end > first and _begins_denied(scene):
            continue
        clauses = [last for at, last in scene.near("raising") if at <= start and end <= last]
        if not any(
            max([end, *(last + 1 for last in clauses)]) <= own[0] <= first for own in scene.near("self")
        ):
            return True
    return _clause_denied(scene) or _denied_within(scene) or _denied_behind(scene) or _answered_no(scene)


def _begins_denied(scene: Scene) -> bool:
    """Whether the term begins with a negation of its own, as "not intend to see" does.

    Without one, what denies may reach into the term ("zero desire to ...", "decided not to ...").
    """
    first = scene.span[0]
    return (first, first + 1) in scene.near("negation", 1)


def _clause_denied(scene: Scene) -> bool:
    """Whether words that deny a whole clause stand before the term, a new "I" at most right behind them.

    A comma right behind them parts nothing ("nie die Absicht, ..."), unless a new "I" follows it. What only
    looks like a negation denies no clause either.
    """
    first, last = scene.span
    pauses = scene.reading.pauses
    seeming = [mark for mark in scene.near("negation") if scene.inside("not_negation", mark)]
    own = _begins_denied(scene)
    return any(
        (end <= first or (start <= first and end < last and not own))
        and not scene.broken(end + 1, first)
        and not any(start <= mark[0] and mark[1] <= end for mark in seeming)
        and not any(end + (end not in pauses) <= new[0] < first for new in scene.near("self"))
        for start, end in scene.near("raising", CLAUSE_REACH)
    )


def _denied_within(scene: Scene) -> bool:
    """Whether a negation in a gap of the term denies what the term says behind it: "I do NOT plan to ..."."""
    return any(
        (following := scene.next_said(mark)) is not None
        and not scene.inside("not_negation", mark)
        and not scene.broken(mark[1], following)
        and not any(mark[1] <= own[0] < following for own in scene.near("self"))
        for mark in scene.near("negation", 0)
    )


def _denied_behind(scene: Scene) -> bool:
    """Whether it is said of the term itself that it is not so, right behind it or within it.

    Of somebody who stands between the two it says nothing about the term: "I want to ... he is gone".
    """
    first, last = scene.span
    others = {start for kind in ("other", "you") for start, _ in scene.near(kind, 1)}
    return any(
        first < end and start <= last + (last not in others) and not scene.broken(last, start)
        for start, end in scene.near("denial")
        if end > last or not scene.says((start, end))
    )


def _answered_no(scene: Scene) -> bool:
    """Whether it is asked, and the author says no to it at once: "Do I want to die? No.".

    The no stands by itself: "No one would miss me" is no answer.
    """
    reading, last = scene.reading, scene.span[1]
    words, sentences = reading.words, reading.sentences
    behind = next((at for at in range(last, len(words)) if sentences[at] != sentences[last - 1]), len(words))
    if words[behind - 1] != QUESTION:
        return False
    return any(
        behind <= start <= behind + ANSWER_REACH
        and (end == len(words) or words[end] in {FULL_STOP, QUESTION} or end in reading.pauses)
        for start, end in scene.marks.get("no", NOTHING)
    )


def subject(scene: Scene) -> Subject:
    """Whom the term is about: the last person named before it in the same sentence, or at its head.

    Others inside it are its objects ("going to hurt him"); the first person inside it makes it the author's.
    An "I" that somebody is said to have said or thought ("she says I want to ...") is not the author's word.
    """
    first, last = scene.span
    for start, end in scene.near("reporting", NEGATION_REACH):
        if (
            start < first
            and not scene.broken(end, first)
            and not any(end <= own[0] < first for own in scene.near("self"))
        ):
            return "other"
    best: tuple[int, Subject] = (-1, "nobody")
    for kind in SUBJECTS:
        for start, end in scene.near(kind, SUBJECT_REACH):
            inside = start <= first < end or (kind == "self" and first < start and end <= last)
            if (end <= first or inside) and start >= best[0]:
                best = (start, kind)
    return best[1]


def heads(scene: Scene) -> bool:
    """Whether the term begins a clause, as "want to ..." does when the "I" is left out.

    Fillers, and what only looks like a negation ("cant stop"), may stand before it.
    """
    reading, first = scene.reading, scene.span[0]
    light = (*scene.near("filler"), *scene.near("not_negation"))
    fillers = {word for start, end in light for word in range(start, end)}
    breakers = {end for _, end in scene.near("breaker")}
    while first and reading.sentences[first - 1] == reading.sentences[first]:
        if first in reading.pauses or first in breakers:
            return True
        if first - 1 not in fillers:
            return False
        first -= 1
    return True


def other(scene: Scene) -> bool:
    """About somebody else, as in "my friend wants to ..."."""
    return subject(scene) == "other"


def you(scene: Scene) -> bool:
    """About the reader, as in "if you ever want to ..."."""
    return subject(scene) == "you"


def past(scene: Scene) -> bool:
    """Years ago or in another time of life, with nothing near that says it goes on."""
    return _some(scene.near("past")) and not _goes_on(scene, "recent", "past")


def _goes_on(scene: Scene, kind: str, told: str) -> bool:
    """Whether a mark of one kind is near that is no part of what is told ("today I run a group")."""
    return any(not scene.inside(told, mark) for mark in scene.near(kind))


def fiction(scene: Scene) -> bool:
    """Beside a song, a film, a game, an essay, code or the news.

    What the author says of themselves is not excused by what comes behind a pause or a new "I": "I want to
    die, not even the game ...".
    """
    last = scene.span[1]
    marks = list(scene.near("fiction"))
    if not marks or subject(scene) != "self":
        return bool(marks)
    return any(start < last or not _begins_anew(scene, last, start) for start, _ in marks)


def _begins_anew(scene: Scene, start: int, end: int) -> bool:
    """Whether a pause or a new "I" stands between two words."""
    pauses = scene.reading.pauses
    return any(at in pauses for at in range(start, end + 1)) or any(
        start <= own < end for own, _ in scene.near("self")
    )


def joking(scene: Scene) -> bool:
    """With laughter in the sentence or right behind it, unless the author says that it is meant."""
    if scene.marks.get("serious"):
        return False
    last = scene.span[1]
    laughter = scene.marks.get("joking", NOTHING)
    behind = bisect_left(laughter, (last, 0))
    return _some(scene.near("joking")) or (
        behind < len(laughter) and laughter[behind][0] - last <= NEGATION_REACH
    )


def quoted(scene: Scene) -> bool:
    """Between quotation marks."""
    inside = scene.reading.quoted
    return bool(inside) and all(word in inside for word in range(*scene.span))


def conditional(scene: Scene) -> bool:
    """Only supposed, as in "what if someone ..." or "if you ...": a condition opens the clause."""
    return _some(scene.before("conditional", NEGATION_REACH))


def helping(scene: Scene) -> bool:
    """In a message that offers help or looks back on recovery, where nothing near says that it goes on."""
    if not scene.marks.get("helping"):
        return False
    return not (_goes_on(scene, "recent", "helping") or _goes_on(scene, "now", "helping"))


def few(scene: Scene) -> bool:
    """Names a number, and none above three, of the very thing that follows: "2 tablets", not "2 packs of"."""
    numbers = [at for at in range(*scene.span) if scene.reading.words[at] == NUMBER]
    return bool(numbers) and all(at in scene.reading.few and _counts_last(scene, at) for at in numbers)


def _counts_last(scene: Scene, at: int) -> bool:
    """Whether a number counts what the term ends with, and nothing that may hold many of it."""
    last = scene.span[1]
    if (at + 1, last) in scene.own():
        return True
    return all(scene.says((word, word + 1)) for word in range(at, last))


def idiom(scene: Scene) -> bool:
    """Touching a phrase that means something else, as "to die for" does."""
    first, last = scene.span
    return any(start < last and end > first for start, end in scene.near("idiom"))


RULES: Mapping[Rule, Callable[[Scene], bool]] = {
    "negated": negated,
    "other": other,
    "you": you,
    "past": past,
    "fiction": fiction,
    "joking": joking,
    "quoted": quoted,
    "conditional": conditional,
    "helping": helping,
    "few": few,
}
"""In the order in which they are asked and explained."""


def _some(marks: Iterator[Span]) -> bool:
    return next(marks, None) is not None
