"""Every word has one letter, every letter one word, and what was never met is told apart from all of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moderation.alphabet import UNKNOWN, Alphabet

WORDS = st.text("abcdefghijklmnopqrstuvwxyzé死#.", min_size=1, max_size=5)


@given(st.lists(st.lists(WORDS, min_size=1, max_size=4).map(" ".join)))
def test_phrases_come_back_as_they_were_spelt(phrases: list[str]) -> None:
    alphabet = Alphabet()
    spelt = [alphabet.spell(phrase) for phrase in phrases]
    assert [alphabet.text(letters) for letters in spelt] == phrases
    assert [len(letters) for letters in spelt] == [len(phrase.split()) for phrase in phrases]


@given(st.lists(WORDS), st.lists(WORDS))
def test_a_line_has_a_letter_for_each_word_and_shows_what_is_unknown(
    known: list[str], told: list[str]
) -> None:
    alphabet = Alphabet()
    alphabet.spell(" ".join(known))
    alphabet.close()
    line = alphabet.line(told)
    assert len(line) == len(told)
    for letter, word in zip(line, told, strict=True):
        assert alphabet.words[letter] == (word if word in known else UNKNOWN)


def test_more_words_than_fit_below_the_surrogates_are_told_apart() -> None:
    alphabet = Alphabet()
    words = [f"w{number}" for number in range(0xD800 + 1000)]
    spelt = alphabet.spell(" ".join(words))
    assert alphabet.text(spelt) == " ".join(words)
    assert spelt.encode().decode() == spelt
