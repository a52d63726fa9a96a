from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.screening import HISTORY, Screen

SAMPLE = (
    "i want to kill myself",
    "i am suicidal",
    "i want to overdose tonight",
    "my uncle raped me",
    "i keep hurting myself",
    "everyone would be better off without me",
)
KEYS = ("kill", "myself", "suicidal", "overdose", "raped", "hurting", "better", "without")
HOMOGLYPHS = str.maketrans("aeiopcsxy", "аеіорсѕху")  # noqa: RUF001 - letters that look alike are the point
DISGUISES: dict[str, Callable[[str], str]] = {
    "leet": lambda word: word.translate(str.maketrans("aeios", "43105")),
    "zero width": "\u200b".join,
    "bidi": lambda word: f"\u202a{word}\u202c",
    "homoglyphs": lambda word: word.translate(HOMOGLYPHS),
    "full width": lambda word: "".join(chr(ord(char) + 0xFEE0) for char in word),
    "mathematical": lambda word: "".join(chr(ord(char) - ord("a") + 0x1D4EA) for char in word),
    "combining": lambda word: "\u0336".join(word) + "\u0336",
    "elongated": lambda word: word + word[-1] * 5,
    "spaced": " ".join,
    "dotted": ".".join,
    "starred": lambda word: word[0] + word[1:].replace(next(c for c in word[1:] if c in "aeiou"), "*", 1),
    "upper": str.upper,
    "swapped": lambda word: word[0] + word[2] + word[1] + word[3:],
    "dropped": lambda word: word if len(word) < 6 else word[:2] + word[3:],
}


@cache
def screen() -> Screen:
    return Screen.load()


@settings(deadline=None)
@given(st.sampled_from(SAMPLE), st.sampled_from(KEYS), st.sampled_from(sorted(DISGUISES)))
def test_a_disguise_keeps_the_verdict(text: str, key: str, disguise: str) -> None:
    disguised = text.replace(key, DISGUISES[disguise](key))
    assert screen().severity(disguised) == screen().severity(text)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_screened_and_its_findings_lie_within(text: str) -> None:
    for finding in screen().findings(text, history=(text[::-1],)):
        assert 0 <= finding.start < finding.end <= len(text)
        assert text[finding.start : finding.end] == finding.phrase


@given(
    st.text(max_size=40), st.sampled_from(SAMPLE), st.sampled_from(sorted(DISGUISES)), st.text(max_size=40)
)
def test_a_phrase_is_the_authors_own(before: str, text: str, disguise: str, after: str) -> None:
    for key in KEYS:
        text = text.replace(key, DISGUISES[disguise](key))
    whole = f"{before} {text} {after}"
    for finding in screen().findings(whole):
        assert whole[finding.start : finding.end] == finding.phrase


@settings(deadline=None)
@given(st.text(alphabet=st.characters(categories=("L", "M", "Z", "P")), max_size=60), st.sampled_from(SAMPLE))
def test_composed_and_decomposed_text_get_the_same_verdict(noise: str, text: str) -> None:
    whole = f"{noise} {text}".replace("e", "é")
    composed, decomposed = (unicodedata.normalize(form, whole) for form in ("NFC", "NFD"))
    assert screen().severity(composed) == screen().severity(decomposed)


def test_the_repr_of_a_finding_does_not_show_the_phrase() -> None:
    (finding, *_) = screen().findings("zebra i want to kill myself")
    assert finding.phrase == "kill myself"
    assert "myself" not in repr(finding)


def test_a_finding_says_why_and_what_to_ask() -> None:
    (finding, *_) = screen().findings("i want to kill myself")
    assert (finding.lexicon, finding.category, finding.severity) == ("en", "suicide", "crisis")
    assert finding.why.endswith(".")
    assert finding.prompts


def test_three_concerns_are_a_crisis_and_two_are_not() -> None:
    concern = "everyone would be better off without me"
    assert screen().severity(concern, [concern]) == "concern"
    assert screen().severity(concern, [concern, "ok", concern]) == "crisis"


def test_only_the_last_messages_of_the_history_count() -> None:
    concern = "everyone would be better off without me"
    assert screen().severity(concern, [concern, concern, *["ok"] * HISTORY]) == "concern"


def test_a_finding_over_two_messages_shows_the_part_in_the_second() -> None:
    (finding, *_) = screen().findings("kill myself ok", history=("i want to",))
    assert finding.phrase == "kill myself"


def test_laughter_makes_no_notice_of_despair_that_is_meant() -> None:
    assert screen().severity("i want to die lol") == "notice"
    assert screen().severity("lol no joke i want to die") == "crisis"


HOSTILE = (
    *(
        "i want to die ",
        "i ",
        "k*ll ",
        "k**l ",
        "k1ll ",
        "a.",
        "*",
        "k i l l ",
        "not want to kill ",
        "\u200bk",
    ),
    *(
        "aaaa",
        "$!@",
        "aB",
        "killMyself",
        "I.want",
        "die,",
        "iwanttodie",
        "suicde ",
        "想死",
        '"die" ',
        "e\u0301",
        "i dont want to be here anymore ",
        "i want to i want to kill ",
        "thank you. no way out. ",
        "sucidal ",
        "unrecognisable ",
        "k\u200bi\u200bl\u200bl ",
        "\u043aill ",
    ),
)
SIZES = (5_000, 10_000, 20_000, 40_000)


@pytest.mark.parametrize("unit", HOSTILE)
def test_work_grows_no_faster_than_the_text(unit: str) -> None:
    def work(size: int) -> int:
        return calls(lambda: screen().findings((unit * size)[:size]))

    for half, whole in pairwise(map(work, SIZES)):
        assert whole < 2.3 * half + 500


def test_a_message_with_history_costs_little_more_than_one_without() -> None:
    text = "my flatmate is loud again and i could not sleep much before the lecture this morning"
    history = tuple(f"{text}, as i told you on day {day}" for day in range(HISTORY))
    for said in history:
        screen().findings(said)
    alone = calls(lambda: screen().findings(text))
    assert calls(lambda: screen().findings(text, history)) < 2.5 * alone
    concerned = f"i can't go on anymore, {text}"
    assert calls(lambda: screen().findings(concerned, history)) < 2.5 * calls(
        lambda: screen().findings(concerned)
    )


def calls(act: Callable[[], object]) -> int:
    """How many lines of Python run; a count, so that the machine's speed does not matter."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if "moderation" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


IDENTITY_EN = frozenset(
    (
        "gay", "lesbian", "bisexual", "bi", "trans", "transgender", "queer", "straight", "asexual",
        "nonbinary", "homosexual", "lgbt", "muslim", "islam", "christian", "jew", "jewish", "hindu",
        "buddhist", "atheist", "catholic", "black", "white", "asian", "latino", "hispanic", "arab",
        "african", "indian", "chinese", "mexican", "roma", "immigrant", "immigrants", "refugee",
        "refugees", "foreigner", "disabled", "autistic", "deaf", "blind", "foreign", "native",
    )
)  # fmt: skip


IDENTITY = {"en": IDENTITY_EN}
"""By language: a word about identity in one is an everyday word in another."""


@pytest.mark.parametrize("language", sorted(IDENTITY))
def test_no_word_about_identity_is_a_term(language: str) -> None:
    (lexicon,) = (lexicon for lexicon in screen().lexicons if lexicon.name == language)
    assert not IDENTITY[language] & Screen([lexicon]).vocabulary


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(sorted(IDENTITY_EN)))
def test_saying_who_one_is_raises_nothing(word: str) -> None:
    assert screen().severity(f"i am {word} and i came here to talk") is None
