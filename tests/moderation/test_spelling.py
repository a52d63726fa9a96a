from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.spelling import BESIDE, SHORTEST, SHORTEST_BESIDE, Spelling

WORDS = (
    "kill",
    "myself",
    "suicide",
    "better",
    "want",
    "to",
    "die",
    "pills",
    "alone",
    "listen",
    "silent",
    "i",
    "a",
)
KEYS = {"kill": 3, "myself": 2, "suicide": 5, "pills": 1, "silent": 1, "die": 1, "better": 1}
SPELLING = Spelling(WORDS, KEYS, spared={"pulls"})
LETTERS = "abdeiklmnoprstuw"


def slips(word: str) -> dict[str, str]:
    """What one slip of the finger makes of a word, and its kind: the plain way, which takes its time."""
    made: dict[str, str] = {}
    for at in range(1, len(word)):
        short = word[:at] + word[at + 1 :]
        if short != word[:-1] or len(word) > SHORTEST_BESIDE:
            made[short] = "left out"
        made[word[:at] + word[at - 1] + word[at:]] = "doubled"
    made[word + word[-1]] = "doubled"
    for at in range(len(word) - 1):
        made[word[:at] + word[at + 1] + word[at] + word[at + 2 :]] = "swapped"
    if word in KEYS and len(word) >= SHORTEST_BESIDE:
        for at in range(1, len(word)):
            for letter in BESIDE.get(word[at], ""):
                made[word[:at] + letter + word[at + 1 :]] = "beside"
    return made


def clear(slip: str, word: str) -> bool:
    """Whether a slip is of this word and of no other, and no word itself."""
    return slip not in WORDS and all(slip not in slips(other) for other in WORDS if other != word)


@given(st.sampled_from([word for word in WORDS if len(word) >= SHORTEST]), st.data())
def test_every_kind_of_slip_is_put_right(word: str, data: st.DataObject) -> None:
    slip = data.draw(st.sampled_from(sorted(slip for slip in slips(word) if clear(slip, word))))
    assert SPELLING.repaired(slip) == word


@settings(max_examples=300)
@given(st.text(alphabet=LETTERS, min_size=SHORTEST, max_size=8))
def test_nothing_farther_than_a_slip_is_put_right(strange: str) -> None:
    found = SPELLING.repaired(strange)
    tripled = any(letter * 3 in strange for letter in LETTERS)
    assert (
        tripled
        or found in {None, strange}
        or strange in slips(str(found))
        or _hit_beside(strange, str(found))
    )


def _hit_beside(strange: str, word: str) -> bool:
    """Whether a strange word has one letter more, hit together with the one behind it."""
    return any(
        strange[:at] + strange[at + 1 :] == word and strange[at] in BESIDE[word[at]]
        for at in range(1, len(word))
    )


@pytest.mark.parametrize(
    ("slip", "word"),
    [
        ("kiiiill", "kill"),
        ("killlll", "kill"),
        ("sucide", "suicide"),
        ("suicude", "suicide"),
        ("pulls", None),
        ("kxll", None),
    ],
)
def test_runs_are_shortened_and_words_of_their_own_are_spared(slip: str, word: str | None) -> None:
    assert SPELLING.repaired(slip) == word


@pytest.mark.parametrize(
    ("chunk", "word"),
    [
        ("k*ll", "kill"),
        ("k1ll", "kill"),
        ("su*c*de", "suicide"),
        ("s*****e", "suicide"),
        ("d*e", "die"),
        ("*ill", None),
        ("x*zz", None),
    ],
)
def test_stars_and_digits_are_read_as_letters(chunk: str, word: str | None) -> None:
    assert SPELLING.unmasked(chunk) == word


@pytest.mark.parametrize(
    ("written", "word"), [("waere", "ware"), ("moechte", "mochte"), ("blue", None), ("xaexx", None)]
)
def test_umlauts_are_read_however_they_are_written(written: str, word: str | None) -> None:
    assert Spelling(["ware", "mochte", "blu"], {}, spared=()).repaired(written) == word
