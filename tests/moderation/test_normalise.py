from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.hanzi import SIMPLIFIED
from moderation.normalise import Fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Café", "cafe"),
        ("Cafe\u0301", "cafe"),
        ("k\u200bi\u2060ll", "kill"),
        ("\u202ekill\u202c", "kill"),
        ("\uff4bill", "kill"),
        ("\U0001d4f4ill", "kill"),
        ("\u043aіll", "kill"),  # noqa: RUF001 - a look-alike is the point
        ("don\u2019t", "don't"),
        ("Straße", "strasse"),
        ("想死", " 想  死 "),
        ("遺書", " 遗  书 "),
        ("係", " 係 "),
        ("go💊", "go 💊 "),
    ],
)
def test_text_is_folded(text: str, folded: str) -> None:
    assert Fold()(text).text == folded


@given(st.text(max_size=80))
def test_every_folded_character_knows_where_it_came_from(text: str) -> None:
    folded = Fold()(text)
    if folded.origin is None:
        assert len(folded.text) == len(text)
    else:
        assert len(folded.origin) == len(folded.text)
        assert list(folded.origin) == sorted(folded.origin)
        assert all(at < len(text) for at in folded.origin)


def test_a_simplified_character_is_never_read_as_another_one() -> None:
    assert not set(SIMPLIFIED) & set(SIMPLIFIED.values())
