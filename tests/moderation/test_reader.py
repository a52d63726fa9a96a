from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.reader import LONGEST_SKIMMED
from moderation.screening import Screen

PIECES = st.sampled_from(
    (
        *(
            "kill",
            "myself",
            "suicde",
            "k1ll",
            "k*ll",
            "k i l l",
            "k.i.l.l",
            "i",
            "a",
            "u",
            "I'm",
            "don't",
            "'tis",
        ),
        *(
            "tiredI",
            "O'Brien",
            "understand",
            "iwanttodie",
            "zebra",
            "USA",
            "iPhone",
            "é",
            "死",
            "😀",
            "\u200b",
        ),
        *(
            "\u2018",
            "\u201d",
            '"',
            "'",
            ".",
            "...",
            "?!",
            ",",
            ", ",
            "\n",
            "  ",
            "-",
            "/",
            "://",
            "@",
            "#",
            "*",
        ),
        *("_", "0", "42", "½"),
    )
)
MESSY = st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=14).flatmap(
    lambda pieces: st.sampled_from((" ", "", " , ")).map(lambda between: between.join(pieces))
)


@cache
def screen() -> Screen:
    return Screen.load()


@settings(deadline=None, max_examples=300)
@given(MESSY)
def test_words_are_the_same_whether_or_not_their_places_are_asked_for(text: str) -> None:
    placed = screen().read(text + " " * LONGEST_SKIMMED)
    assert screen().read(text).words == placed.words


@settings(deadline=None)
@given(MESSY)
def test_every_word_has_its_place_in_order(text: str) -> None:
    reading = screen().read(text)
    assert len(reading.words) == len(reading.starts) == len(reading.ends) == len(reading.sentences)
    assert list(reading.starts) == sorted(reading.starts)
    assert all(0 <= start < end <= len(text) for start, end in zip(reading.starts, reading.ends, strict=True))
    assert all(0 <= at <= len(reading.words) for at in reading.pauses | reading.quoted)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tiredI cant", ("tired", "i", "cant")),
        ("k i l l me", ("kill", "me")),
        ("k.i.l.l me", ("kill", "me")),
        ("i wantt to die,ok", ("i", "want", "to", "die", "ok")),
    ],
)
def test_words_that_were_grown_together_or_torn_apart_are_put_right(
    text: str, words: tuple[str, ...]
) -> None:
    assert screen().read(text).words == words


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("\u00ab je veux mourir \u00bb, dit Juliette", ("je", "veux", "mourir")),
        ("\u201c我想死\u201d\uff0c他说", ("我", "想", "死")),
        ('he said "i want to die" in it', ("i", "want", "to", "die")),
        ('"i want to die " he said', ("i", "want", "to", "die")),
        ('it is 5 " wide and i want to die', ()),
    ],
)
def test_a_quotation_is_known_also_where_its_marks_stand_apart(text: str, quoted: tuple[str, ...]) -> None:
    reading = screen().read(text)
    assert tuple(reading.words[at] for at in sorted(reading.quoted)) == quoted


@pytest.mark.parametrize("unit", ["aB", "killMyself", "I.want", "die,", "a'B", "x/", "\ufdfa", "k.", "😀"])
def test_an_endless_token_is_read_to_its_end(unit: str) -> None:
    text = (unit * 10_000)[:10_000]
    assert screen().read(text).ends[-1] >= len(text) - 2 * len(unit)
    assert screen().severity(f"{text} i want to kill myself") == "crisis"


def test_a_reading_shows_no_words() -> None:
    assert "zebra" not in repr(screen().read("zebra"))
