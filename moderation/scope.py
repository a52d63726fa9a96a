"""What the words around a term do to it: who it is about, whether it is denied, past, told, sung or joked.

Each rule is a question about one scene, answered from the scope words of the term's own lexicon. What follows
from a yes (the finding is let go, or held at a severity) is written in the lexicon, not here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from moderation.lexicon import Rule
from moderation.reading import QUESTION, Reading

Span = tuple[int, int]
Subject = Literal["self", "other", "you", "nobody"]
NEGATION_REACH = 4
"""A negation reaches at most this many words ahead."""
SUBJECT_REACH = 9
REACH = 10
NOTHING: Sequence[Span] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """A term's span in a reading, and where each kind of scope word stands, in order of their ends."""

    reading: Reading
    span: Span
    marks: Mapping[str, Sequence[Span]]

    def within(self, kind: str, reach: int = REACH) -> Iterable[Span]:
        """Marks of a kind in the sentence of the term, at most `reach` words from it on either side.

        People in distress write long without a full stop, so a sentence alone is no bound.
        """
        return self.near(self.marks.get(kind, NOTHING), reach)

    def near(self, spans: Sequence[Span], reach: int = REACH) -> Iterable[Span]:
        sentences = self.reading.sentences
        first, last = self.span
        here = sentences[first]
        return (
            (start, end)
            for start, end in spans
            if first - reach <= end and start <= last + reach and sentences[start] == here
        )

    def before(self, kind: str, reach: int) -> Iterable[Span]:
        """Marks of a kind that end at most `reach` words before the term, in its sentence."""
        first = self.span[0]
        return (mark for mark in self.within(kind) if mark[1] <= first and first - mark[1] <= reach)

    def broken(self, start: int, end: int) -> bool:
        """Whether a pause or a word like "but" parts the words of a range from what follows."""
        if any(start < pause <= end for pause in self.reading.pauses):
            return True
        return any(start <= mark[0] and mark[1] <= end for mark in self.marks.get("breaker", NOTHING))


def negated(scene: Scene) -> bool:
    """ "I would never …", "not …", "I don't think I want to …"; but not "can't stop …" or "not joking, …"."""
    first = scene.span[0]
    for start, end in scene.before("negation", NEGATION_REACH):
        void = any(a <= start and end <= b for a, b in scene.marks.get("not_negation", NOTHING))
        if void or scene.broken(end - 1, first):
            continue
        raising = any(a <= start and end <= b for a, b in scene.marks.get("raising", NOTHING))
        own_subject = any(end <= a < max(first, end) + 1 and b <= first + 1 for a, b in scene.within("self"))
        if raising or not own_subject:
            return True
    return False


def subject(scene: Scene) -> Subject:
    """Whom the term is about: the last person named before it, or in it, in the same sentence."""
    first, last = scene.span
    best: tuple[int, Subject] = (-1, "nobody")
    kinds: tuple[Subject, ...] = ("other", "you", "self")
    for kind in kinds:
        for start, end in scene.within(kind):
            inside = start >= first and end <= last
            near = end <= first and first - end <= SUBJECT_REACH
            if (inside or near) and start >= best[0]:
                best = (start, kind)
    return best[1]


def other(scene: Scene) -> bool:
    """ "My friend wants to …": about somebody else. The first person anywhere in the span makes it the author's."""
    return subject(scene) == "other"


def you(scene: Scene) -> bool:
    """ "If you ever want to …": about the reader."""
    return subject(scene) == "you"


def past(scene: Scene) -> bool:
    """ "Years ago", "used to", "when I was younger"; but not "last night", "again", "still"."""
    return any(True for _ in scene.within("past")) and not any(True for _ in scene.within("recent"))


def fiction(scene: Scene) -> bool:
    """Songs, films, games, essays, code and news in the same sentence."""
    return any(True for _ in scene.within("fiction"))


def joking(scene: Scene) -> bool:
    """ "lol", "jk" and the like in or right behind the sentence, unless the author says that it is meant."""
    if scene.marks.get("serious"):
        return False
    last = scene.span[1]
    near = (mark for mark in scene.marks.get("joking", NOTHING) if 0 <= mark[0] - last <= NEGATION_REACH)
    return any(True for _ in near) or any(True for _ in scene.within("joking"))


def quoted(scene: Scene) -> bool:
    """Between quotation marks, or reported as somebody else's words."""
    first, last = scene.span
    return all(word in scene.reading.quoted for word in range(first, last)) and bool(scene.reading.quoted)


def conditional(scene: Scene) -> bool:
    """ "If I ever …", "what if someone …": a condition opens the clause that holds the term."""
    return any(True for _ in scene.before("conditional", NEGATION_REACH))


def asked(scene: Scene) -> bool:
    """Whether the sentence is a question."""
    words = scene.reading.words
    end = next(
        (
            i
            for i in range(scene.span[1], len(words))
            if scene.reading.sentences[i] != scene.reading.sentences[scene.span[0]]
        ),
        len(words),
    )
    return end > 0 and words[end - 1] == QUESTION


def idiom(scene: Scene) -> bool:
    """Inside a phrase that means something else ("killing me softly", "to die for")."""
    first, last = scene.span
    return any(start < last and end > first for start, end in scene.marks.get("idiom", NOTHING))


RULES: Mapping[Rule, Callable[[Scene], bool]] = {
    "negated": negated,
    "other": other,
    "you": you,
    "past": past,
    "fiction": fiction,
    "joking": joking,
    "quoted": quoted,
    "conditional": conditional,
}
"""In the order in which they are asked and explained."""
