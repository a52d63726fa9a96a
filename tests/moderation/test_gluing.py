from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.gluing import MOST, Gluing

WORDS = ("i", "want", "to", "die", "kill", "myself", "tonight", "od", "ing", "ion", "resign", "market")
KEYS = {"kill", "myself", "die", "market"}
GLUING = Gluing(WORDS, KEYS, ordinary=("i", "to", "die"))


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ("iwanttodie", ("i", "want", "to", "die")),
        ("killmyselftonight", ("kill", "myself", "tonight")),
        ("marketing", None),
        ("iwanttoresignion", None),
        ("wantresigntonight", None),
        ("xkillmyself", None),
        ("dididididie", None),
        ("i", None),
    ],
)
def test_letters_are_cut_only_into_whole_words_with_one_that_terms_turn_on_at_an_end(
    letters: str, words: Sequence[str] | None
) -> None:
    assert GLUING.cut(letters) == words


@given(st.lists(st.sampled_from(["i", "want", "to", "die", "kill", "myself", "tonight"]), max_size=8))
def test_what_is_cut_is_all_of_the_letters(words: list[str]) -> None:
    letters = "".join(words)[:MOST]
    cut = GLUING.cut(letters)
    assert cut is None or "".join(cut) == letters


def test_words_of_two_languages_are_not_mixed() -> None:
    german = Gluing(["sterben", "will"], {"sterben"}, ordinary=())
    assert GLUING.cut("killsterben") is None
    assert german.cut("killsterben") is None
    assert german.cut("willsterben") == ("will", "sterben")
