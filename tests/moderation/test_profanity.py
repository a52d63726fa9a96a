from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.profanity import Masker


@pytest.fixture(scope="module")
def mask() -> Masker:
    return Masker()


def test_abuse_is_masked_letter_for_letter(mask: Masker) -> None:
    assert mask("you asshole, go away") == "you *******, go away"


def test_abuse_with_digits_or_signs_is_masked(mask: Masker) -> None:
    assert mask("sh1t and a$$hole") == "**** and *******"


def test_words_that_only_contain_abuse_stay(mask: Masker) -> None:
    text = "the class will assess Scunthorpe's cocktail shop"
    assert mask(text) == text


def test_words_about_bodies_distress_and_identity_stay(mask: Masker) -> None:
    text = "i am gay, i was raped, my period is late and i think of suicide"
    assert mask(text) == text


def test_the_span_of_a_finding_stays(mask: Masker) -> None:
    text = "i want to fucking die you asshole"
    assert mask(text, [(2, 21)]) == "i want to fucking die you *******"


@given(st.text(max_size=300))
def test_length_and_everything_unmasked_stay(text: str) -> None:
    masked = MASK(text)
    assert len(masked) == len(text)
    assert all(new in {"*", old} for new, old in zip(masked, text, strict=True))


MASK = Masker()
