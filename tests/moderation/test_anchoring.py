"""The quick answer to "may any term stand here" is the plain one, which asks every way to say every term."""

from __future__ import annotations

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from moderation import sentences
from moderation.anchoring import Anchors, Chain, commonness
from moderation.history import lead
from moderation.lexicon import Lexicon, Term
from moderation.reading import AFTER, joined
from moderation.screening import SHIPPED, Screen
from moderation.sentences import Sentence

WORDS = [f"word{number}" for number in range(12)]
NUMBERS = st.integers(0, len(WORDS) - 1)
CLASSES = st.lists(st.frozensets(NUMBERS, min_size=1, max_size=6), min_size=1, max_size=8)
LEXICON = Lexicon("xx", (), {}, {}, {}, frozenset(), {}, {}, {})
TERM = Term("one", "suicide", "crisis", "Says so.", ("word",))


def chain(number: int, classes: list[int]) -> Chain:
    gaps = (3,) * (len(classes) - 1)
    return Chain(number, LEXICON, TERM, tuple(classes), gaps, (True,) * len(gaps), None)


@given(CLASSES, st.data())
def test_suspects_are_the_chains_of_which_every_class_was_seen(
    classes: list[frozenset[int]], data: st.DataObject
) -> None:
    needs = st.lists(st.integers(0, len(classes) - 1), min_size=1, max_size=5)
    chains = [chain(*numbered) for numbered in enumerate(data.draw(st.lists(needs, max_size=10)))]
    common = commonness([data.draw(st.permutations(WORDS))[:6]])
    seen = data.draw(st.frozensets(NUMBERS))
    anchors = Anchors(chains, classes, [[word] for word in WORDS], common)
    plain = [one for one in chains if all(classes[number] & seen for number in one.classes)]
    assert anchors.suspects(seen) == plain


def test_the_commonest_word_of_any_language_is_the_commonest() -> None:
    common = commonness([["the", "die"], ["die", "und"]])
    assert common["the"] == common["die"] > common["und"]


@cache
def screen() -> Screen:
    return Screen.load()


@cache
def shipped() -> tuple[Sentence, ...]:
    return sentences.load(SHIPPED)


TEXTS = st.one_of(
    st.sampled_from(shipped()).map(lambda sentence: sentence.text),
    st.lists(st.sampled_from(sorted(screen().vocabulary)), max_size=30).map(" ".join),
    st.text(max_size=60),
)


@settings(deadline=None)
@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=3))
def test_what_a_message_holds_it_holds_behind_an_earlier_one_too(text: str, history: list[str]) -> None:
    automaton = screen()._automaton
    reading = screen().read(text)
    whole, _ = joined(screen().read(lead(history)), reading)
    alone, around = (automaton.suspects(automaton.sight(one)) for one in (reading, whole))
    assert len(reading.words) > AFTER or set(alone) <= set(around)


@settings(deadline=None)
@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=3))
def test_what_was_said_before_hides_nothing(text: str, history: list[str]) -> None:
    alone = screen().findings(text)
    assert {(one.term, one.start) for one in alone} <= {
        (one.term, one.start) for one in screen().findings(text, history)
    }
