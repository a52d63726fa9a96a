from __future__ import annotations

import pytest

from moderation.history import corrected


@pytest.mark.parametrize(
    ("previous", "text", "whole"),
    [
        ("i want to doe", "*die", "i want to die"),
        ("i feel sda", "sad*", "i feel sad"),
        ("hello", "*", None),
        ("hello", "die", None),
        ("", "*die", None),
        ("hello there", "*two words", None),
    ],
)
def test_a_correction_replaces_the_word_most_like_it(previous: str, text: str, whole: str | None) -> None:
    assert corrected(previous, text) == whole
