from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.identifiers import find


@pytest.mark.parametrize(
    ("text", "kind", "phrase"),
    [
        ("ring me on +49 170 1234567, please", "phone", "+49 170 1234567"),
        ("(020) 7946 0958 works", "phone", "(020) 7946 0958"),
        ("write to sam.k@uni.example.", "email", "sam.k@uni.example"),
        ("i am @sam.k there", "handle", "@sam.k"),
        ("my insta is jane_doe99", "handle", "jane_doe99"),
        ("discord: sam.k1", "handle", "sam.k1"),
        ("see https://example.org/a?b=c", "link", "https://example.org/a?b=c"),
        ("see (discord.gg/abc)", "link", "discord.gg/abc"),
    ],
)
def test_an_identifier_is_found_where_it_stands(text: str, kind: str, phrase: str) -> None:
    (found,) = find(text)
    assert (found.kind, text[found.start : found.end]) == (kind, phrase)


@pytest.mark.parametrize(
    "text",
    [
        "it is 10:30 on 2024-05-01",
        "i got 95 of 100",
        "room 12.04",
        "well...ok",
        "me @ home",
        "a snap of my cat",
        "1,2,3",
    ],
)
def test_ordinary_numbers_and_words_are_none(text: str) -> None:
    assert find(text) == ()


@given(st.text(alphabet=st.sampled_from("a1@.+-( )/:w"), max_size=200))
def test_what_is_found_lies_within_the_text_and_does_not_overlap(text: str) -> None:
    end = 0
    for item in find(text):
        assert end <= item.start < item.end <= len(text)
        end = item.end


def test_an_identifier_holds_no_words() -> None:
    assert "sam" not in repr(find("write to sam@uni.example"))
