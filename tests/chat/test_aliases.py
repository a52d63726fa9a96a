"""Names of conversations say nothing of anybody."""

from __future__ import annotations

import re

from chat import aliases
from chat.aliases import alias


def test_an_alias_is_two_plain_words_and_a_number() -> None:
    assert all(re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+ [1-9]", alias()) for _ in range(200))


def test_there_are_as_many_aliases_as_is_said() -> None:
    assert len(set(aliases._LOOKS)) * len(set(aliases._THINGS)) * 9 == 9216
    assert "9,216" in (alias.__doc__ or "")


def test_aliases_are_drawn_and_not_counted() -> None:
    assert len({alias() for _ in range(100)}) > 50
