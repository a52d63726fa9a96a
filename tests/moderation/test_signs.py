"""Signs that say nothing alone, on a lexicon of a few words, so that a failure names the rule."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.explaining import explain
from moderation.lexicon import parse
from moderation.screening import Screen
from moderation.signs import ENOUGH, REACH, Sign, adding_up, weight

TINY = """
[scope]
negation = ["never"]
other = ["she"]
self = ["i"]
past = ["years ago"]
joking = ["lol"]

[category.suicide]
prompts = ["Ask."]
negated = "drop"
other = "concern"
past = "concern"
joking = "notice"

[[term]]
id = "goodbye"
category = "suicide"
severity = "notice"
why = "Says goodbye."
say = ["thank you for everything", "feed my cat"]
weak = true
sign = "farewell"
weight = 2

[[term]]
id = "lost"
category = "suicide"
severity = "notice"
why = "Sees no way."
say = ["no way out", "pointless"]
weak = true
sign = "hopelessness"

[[term]]
id = "pills"
category = "suicide"
severity = "notice"
why = "Names a means."
say = ["grandpas pills"]
sign = "means"

[[term]]
id = "lonely"
category = "suicide"
severity = "notice"
why = "Is alone."
say = ["nobody here"]
weak = true
sign = "alone"

[[term]]
id = "thin"
category = "eating"
severity = "notice"
why = "Wants to weigh less."
say = ["too much of me"]
weak = true
sign = "body"
weight = 2
"""


@pytest.fixture(scope="module")
def tiny() -> Screen:
    return Screen([parse("en", {"en.toml": TINY})])


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("thank you for everything", None),
        ("it is pointless", None),
        ("grandpas pills are upstairs", "notice"),
        ("thank you for everything. it is pointless", "concern"),
        ("feed my cat. grandpas pills", "concern"),
        ("it is pointless. nobody here", None),
        ("it is pointless. nobody here. grandpas pills", "concern"),
        ("thank you for everything. please feed my cat", None),
        ("there is no way out. it is pointless. nobody here", None),
        ("thank you for everything. i never saw it as pointless", None),
        ("thank you for everything. she says it is pointless", None),
        ("thank you for everything. years ago it was pointless", None),
        ("thank you for everything. pointless lol", None),
        ("thank you for everything. there is too much of me", None),
        (f"thank you for everything. {'and ' * REACH} it is pointless", None),
        (f"pointless. {'and ' * REACH} thank you for everything. it is pointless", "concern"),
    ],
)
def test_signs_of_different_aspects_add_up_and_nothing_else_does(
    tiny: Screen, text: str, severity: str | None
) -> None:
    assert tiny.severity(text) == severity


def test_signs_that_are_weak_do_not_count_by_their_number(tiny: Screen) -> None:
    assert tiny.findings(f"feed my cat. {'and ' * REACH} pointless. {'and ' * REACH} nobody here") == ()


def test_signs_are_counted_where_any_sentence_of_the_message_says_them(tiny: Screen) -> None:
    text = "Hi there! Please feed my cat. I had pizza today, it was good... There is no way out."
    found = tiny.findings(text)
    assert [(one.term, one.severity, one.phrase) for one in found] == [
        ("goodbye", "concern", "feed my cat"),
        ("lost", "concern", "no way out"),
    ]


def test_each_finding_of_signs_says_why_with_the_others(tiny: Screen) -> None:
    found = tiny.findings("thank you for everything. it is pointless. nobody here")
    assert {one.why for one in found} == {"Says goodbye. Sees no way. Is alone."}


def test_signs_of_two_languages_count_together() -> None:
    screen = Screen(
        [parse("en", {"en.toml": TINY}), parse("xx", {"xx.toml": TINY.replace("my cat", "mi gato")})]
    )
    assert screen.severity("feed mi gato. nobody here") == "concern"


def test_an_explanation_shows_what_signs_weigh_and_come_to(tiny: Screen) -> None:
    told = "\n".join(map(str, explain(tiny, "feed my cat. nobody here. she said it is pointless")))
    assert "It is a sign of farewell that weighs 2 and says nothing alone" in told
    assert "A rule touches it, so it does not count as a sign of hopelessness." in told
    assert "The signs of suicide add up: farewell 2 + alone 1 = 3, a concern together." in told


HEAVY = 2
SIGNS = st.lists(
    st.builds(
        Sign,
        st.sampled_from(["suicide", "eating"]),
        st.sampled_from(["farewell", "means", "plan", "alone"]),
        st.integers(1, HEAVY),
        st.integers(0, 4 * REACH),
        st.integers(1, 4),
    ).map(lambda sign: replace(sign, end=sign.start + sign.end)),
    max_size=12,
)


def test_of_an_aspect_the_heaviest_sign_counts_wherever_a_lighter_one_stands() -> None:
    heavy, light = Sign("suicide", "farewell", 2, 3, 5), Sign("suicide", "farewell", 1, 7, 8)
    plan = Sign("suicide", "plan", 1, 10, 12)
    assert adding_up([heavy, light, plan]) == [heavy, plan]


def test_words_that_are_two_signs_count_as_the_heavier_one() -> None:
    light, heavy = Sign("suicide", "plan", 1, 3, 6), Sign("suicide", "farewell", 2, 4, 8)
    alone = Sign("suicide", "alone", 1, 9, 10)
    assert adding_up([light, heavy]) == []
    assert adding_up([light, heavy, alone]) == [heavy, alone]


@given(SIGNS)
def test_what_adds_up_is_enough_of_different_aspects_without_a_word_twice(signs: list[Sign]) -> None:
    together = adding_up(signs)
    assert set(together) <= set(signs)
    for category in {sign.category for sign in together}:
        own = [sign for sign in together if sign.category == category]
        assert weight(own) >= ENOUGH
        assert len({sign.aspect for sign in own}) == len(own)
        assert own[-1].start - own[0].end <= REACH
        assert all(one.end <= two.start for one, two in pairwise(own))


@given(SIGNS, st.randoms(use_true_random=False))
def test_the_order_in_which_terms_are_found_changes_nothing(signs: list[Sign], chance: Random) -> None:
    other = list(signs)
    chance.shuffle(other)
    assert adding_up(other) == adding_up(signs)


@given(st.lists(st.tuples(st.sampled_from(["farewell", "means"]), st.integers(0, 2 * REACH)), min_size=2))
def test_two_heavy_signs_within_reach_are_never_missed(placed: list[tuple[str, int]]) -> None:
    aspects = {3 * at: aspect for aspect, at in placed}
    signs = [Sign("suicide", aspect, HEAVY, at, at + 2) for at, aspect in aspects.items()]
    near = any(
        one.aspect != two.aspect and one.end <= two.start <= one.end + REACH for one in signs for two in signs
    )
    assert bool(adding_up(signs)) == near
