from __future__ import annotations

import pytest

from moderation.history import KEPT_LEVELS, Levels, corrected, lead, turned


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


def test_levels_forget_the_oldest_and_keep_no_words() -> None:
    levels = Levels()
    for number in range(KEPT_LEVELS + 1):
        levels.keep(f"message {number}", "concern")
    assert "message 0" not in levels
    assert levels.of(f"message {KEPT_LEVELS}") == "concern"
    kept = [getattr(levels, slot) for slot in Levels.__slots__]
    assert "message" not in repr(kept)


def test_the_lead_takes_in_what_came_before_a_short_message() -> None:
    assert lead(["long ago i said this here", "i", "want to"]) == "long ago i said this here i want to"
    assert lead(["before", "one two three four"]) == "one two three four"
    assert lead([]) == ""


@pytest.mark.parametrize(
    ("asked", "words", "said"),
    [
        ("Do you want to die?", {"you": "i"}, "do i want to die?"),
        ("your", {"you": "i"}, "your"),
        ("你想自杀吗?", {"你": "我", "吗": ""}, "我想自杀?"),
        ("你有没有想死", {"你": "我", "没": "", "有没有": "有"}, "我有想死"),
        ("", {"you": "i"}, ""),
    ],
)
def test_a_question_is_turned_word_by_word_or_sign_by_sign(
    asked: str, words: dict[str, str], said: str
) -> None:
    assert turned(asked, words) == said
