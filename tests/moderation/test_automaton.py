"""Scope words stand where their phrases stand, however many of these an entry is short for."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from moderation.automaton import Automaton
from moderation.lexicon import Lexicon
from moderation.normalise import Fold
from moderation.reading import Layout, Reading

FIRST = [f"one{number}" for number in range(8)]
THEN = [f"two{number}" for number in range(9)]
LAST = ["end", "very end"]
ENTRY = f"({'|'.join(FIRST)}) ({'|'.join(THEN)}) ({'|'.join(LAST)}|)"
PHRASES = {tuple(" ".join(way).split()) for way in product(FIRST, THEN, [*LAST, ""])}
LEXICON = Lexicon("xx", (), {}, {}, {"idiom": (ENTRY, "so to speak")}, frozenset(), {}, {}, {})
AUTOMATON = Automaton([LEXICON], Fold())
WORDS = st.sampled_from([*FIRST[:2], *THEN[:2], "very", "end", "so", "to", "speak", "else"])


@given(st.lists(WORDS, max_size=14).map(tuple))
def test_a_wide_entry_stands_wherever_one_of_its_phrases_does(words: tuple[str, ...]) -> None:
    reading = Reading(words, lambda: Layout((), (), frozenset(), frozenset()))
    spans = AUTOMATON.marks_of(LEXICON, AUTOMATON.sight(reading))["idiom"]
    told = PHRASES | {("so", "to", "speak")}
    places = [(start, end) for start in range(len(words)) for end in range(start + 1, len(words) + 1)]
    assert spans == [(start, end) for start, end in places if words[start:end] in told]


def test_a_wide_entry_is_known_by_all_its_words() -> None:
    assert AUTOMATON.words["xx"] == {*FIRST, *THEN, "very", "end", "so", "to", "speak"}
