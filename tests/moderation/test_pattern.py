from __future__ import annotations

import pytest

from moderation.alphabet import Alphabet
from moderation.normalise import Fold
from moderation.pattern import Grammar, PatternError

ALPHABET = Alphabet()
GRAMMAR = Grammar({"want": ["(want|wish) to", "wanna"]}, {"die": ["died"]}, Fold(), ALPHABET)


def texts(phrases: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(ALPHABET.text, phrases))


def test_a_class_an_inflection_and_a_gap_make_steps() -> None:
    ((first, second),) = GRAMMAR.steps("{want} ...5 die~")
    assert texts(first.phrases) == ("want to", "wish to", "wanna")
    assert (texts(second.phrases), second.gap, second.loose) == (("die", "died"), 5, True)


def test_what_may_be_left_out_gives_two_ways() -> None:
    assert [len(way) for way in GRAMMAR.steps("so (very|) sad")] == [3, 2]


def test_two_dots_let_only_fillers_pass() -> None:
    ((_, second),) = GRAMMAR.steps("want .. die")
    assert (second.gap, second.loose) == (4, False)


def test_brackets_nest_and_apostrophes_fall() -> None:
    assert texts(GRAMMAR.phrases("(don't|do (not|n't)) go")) == ("dont go", "do not go", "do nt go")


def test_a_script_without_spaces_is_read_by_character() -> None:
    assert texts(GRAMMAR.phrases("想死")) == ("想 死",)


@pytest.mark.parametrize("pattern", ["", "{nobody}", "walk~", "(a|b", "a)", "a ...", "(a ... b)", "| a"])
def test_a_pattern_that_cannot_be_read_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        GRAMMAR.steps(pattern)
