from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.campus import PREFIX, Change, addition, alone, applied, read, require, weakens_a_crisis
from moderation.checking import reaches, turned, words_about_identity
from moderation.identity import WORDS, spoken_of
from moderation.lexicon import Lexicon, LexiconError, parse
from moderation.screening import Screen
from moderation.sentences import Sentence

EN = """
[scope]
self = ["i"]
other = ["my friend"]
now = ["tonight"]
negation = ["never"]
[category.suicide]
prompts = ["Ask."]
negated = "drop"
[[term]]
id = "want-die"
category = "suicide"
severity = "crisis"
why = "Wishes to be dead."
say = ["want to die"]
[[term]]
id = "vanish"
category = "suicide"
severity = "concern"
why = "Wants to be gone."
say = ["want to vanish"]
rises = ["now"]
[[term]]
id = "low"
category = "suicide"
severity = "notice"
why = "Is low."
say = ["so low"]
"""
TOWER: dict[str, Any] = {
    "category": "suicide",
    "severity": "concern",
    "why": "People have jumped there.",
    "say": ["(climb|go up) the bell tower"],
}


@pytest.fixture(scope="module")
def lexicons() -> tuple[Lexicon, ...]:
    return (parse("en", {"en.toml": EN}),)


def screen(lexicons: tuple[Lexicon, ...], *changes: Change) -> Screen:
    return Screen(applied(lexicons, changes))


def test_an_added_term_is_found_beside_the_shipped_ones(lexicons: tuple[Lexicon, ...]) -> None:
    changed = screen(lexicons, addition("en", "bell-tower", TOWER))
    (found,) = changed.findings("i will climb the bell tower")
    assert (found.term, found.severity, found.why) == (f"{PREFIX}bell-tower", "concern", TOWER["why"])
    assert found.prompts == ("Ask.",)
    assert changed.severity("i want to die") == "crisis"
    assert changed.severity("i would never climb the bell tower") is None


def test_what_is_not_applied_any_more_is_as_if_it_had_never_been(lexicons: tuple[Lexicon, ...]) -> None:
    assert applied(lexicons, []) == lexicons
    assert screen(lexicons).severity("climb the bell tower") is None


def test_a_muted_term_is_silent_and_a_lowered_one_is_held(lexicons: tuple[Lexicon, ...]) -> None:
    assert screen(lexicons, Change("en", "want-die", "mute")).severity("i want to die") is None
    lowered = screen(lexicons, Change("en", "vanish", "lower", severity="notice"))
    assert screen(lexicons).severity("i want to vanish tonight") == "crisis"
    assert lowered.severity("i want to vanish tonight") == "notice"


def test_shadow_lexicons_hold_nothing_but_what_was_added(lexicons: tuple[Lexicon, ...]) -> None:
    shadow = Screen(alone(lexicons, [addition("en", "bell-tower", TOWER), Change("en", "low", "mute")]))
    assert shadow.severity("go up the bell tower") == "concern"
    assert shadow.severity("never go up the bell tower") is None
    assert shadow.severity("i want to die") is None


@pytest.mark.parametrize(
    ("change", "weakens"),
    [
        (Change("en", "want-die", "mute"), True),
        (Change("en", "want-die", "lower", severity="concern"), True),
        (Change("en", "vanish", "mute"), True),
        (Change("en", "low", "mute"), False),
        (addition("en", "bell-tower", {**TOWER, "severity": "crisis"}), False),
    ],
)
def test_whoever_takes_a_crisis_away_needs_a_second(
    lexicons: tuple[Lexicon, ...], change: Change, *, weakens: bool
) -> None:
    assert weakens_a_crisis(lexicons, change) is weakens


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (Change("xx", "want-die", "mute"), "no lexicon 'xx'"),
        (Change("en", "other", "mute"), "no shipped term"),
        (Change("en", "want-die", "lower", severity="crisis"), "lower it to less"),
        (Change("en", "low", "lower", severity="notice"), "lower it to less"),
        (Change("en", "low", "lower"), "lower it to less"),
    ],
)
def test_a_change_of_what_is_not_there_is_refused(
    lexicons: tuple[Lexicon, ...], change: Change, why: str
) -> None:
    with pytest.raises(LexiconError, match=why):
        require(lexicons, change)


@pytest.mark.parametrize("name", ["", "Bell", "a b", "-a", "a--b", "a" * 41, 'x"\nid = "want-die', "über"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(LexiconError, match="a name has"):
        addition("en", name, TOWER)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({**TOWER, "severity": "huge"}, "severity is one of"),
        ({**TOWER, "category": "weather"}, "no category"),
        ({**TOWER, "say": []}, "lacks say"),
        ({**TOWER, "why": "a\x7fb"}, "cannot be shown"),
        ({**TOWER, "why": "two\nlines"}, None),
        ({**TOWER, 'x = 1\n[[term]]\nid = "y"': "z"}, "a name that nothing reads"),
    ],
)
def test_fields_that_make_no_term_are_refused(fields: dict[str, Any], why: str | None) -> None:
    if why is None:
        added = addition("en", "bell-tower", fields).added
        assert added is not None
        assert added.why == "two\nlines"
        return
    with pytest.raises(LexiconError, match=why):
        addition("en", "bell-tower", fields)


@given(st.text(st.characters(exclude_categories=("C", "Zl", "Zp", "Zs")), min_size=1, max_size=40))
def test_whatever_is_written_stays_one_field(text: str) -> None:
    change = addition("en", "bell-tower", {**TOWER, "why": text, "say": [text]})
    assert change.added is not None
    assert (change.added.id, change.added.why, change.added.say) == ("campus-bell-tower", text, (text,))


def test_a_word_about_identity_is_found_wherever_a_term_hides_it(lexicons: tuple[Lexicon, ...]) -> None:
    for say in ("(gay|tall) people", "G\u0430y", "i am a.. muslim"):
        change = addition("en", "x", {**TOWER, "say": [say]})
        assert words_about_identity(lexicons, change) in {("gay",), ("muslim",)}
    excused = addition("en", "x", {**TOWER, "unless": ["black friday"]})
    assert words_about_identity(lexicons, excused) == ()
    assert words_about_identity(lexicons, Change("en", "low", "mute")) == ()
    assert spoken_of((), ["我是同性恋"]) == ("同性恋",)
    assert "gay" in WORDS


def test_a_term_that_no_message_can_raise_is_noticed(lexicons: tuple[Lexicon, ...]) -> None:
    assert reaches(lexicons, addition("en", "x", TOWER))
    assert not reaches(lexicons, addition("en", "x", {**TOWER, "unless": ["bell tower"]}))
    assert not reaches(lexicons, addition("en", "x", {**TOWER, "needs": ["means"]}))


def test_a_sentence_that_turns_is_told_with_both_verdicts(lexicons: tuple[Lexicon, ...]) -> None:
    told = [
        Sentence("en", "x", "crisis", "i want to die"),
        Sentence("en", "x", "none", "so low"),
        Sentence("en", "x", "none", "hello"),
    ]
    muted = screen(lexicons, Change("en", "want-die", "mute"), Change("en", "low", "mute"))
    crisis, quiet = turned(screen(lexicons), muted, told, {})
    assert (crisis.before, crisis.after, crisis.breaks, crisis.loses_a_crisis) == ("crisis", None, True, True)
    assert (quiet.before, quiet.after, quiet.breaks, quiet.loses_a_crisis) == ("notice", None, False, False)


def test_a_campus_file_is_read_whole(lexicons: tuple[Lexicon, ...]) -> None:
    text = 'mute = ["low"]\n[lower]\nvanish = "notice"\n[[term]]\nid = "campus-tower"\ncategory = "suicide"\n'
    changes = read("en.north.toml", text + 'severity = "notice"\nwhy = "W."\nsay = ["tower"]', lexicons)
    assert [(change.kind, change.key) for change in changes] == [
        ("add", "en:campus-tower"),
        ("mute", "en:low"),
        ("lower", "en:vanish"),
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("mute = [", "north.toml"),
        ("colour = 1", "colour, which nothing reads"),
        ('language = "en"\nmute = ["nothing"]', "no shipped term"),
        ('language = "en"\n[lower]\nvanish = "huge"', "a severity is one of"),
        ('mute = ["low"]', "no lexicon 'north'"),
    ],
)
def test_a_campus_file_with_a_mistake_says_which(lexicons: tuple[Lexicon, ...], text: str, why: str) -> None:
    with pytest.raises(LexiconError, match=why):
        read("north.toml", text, lexicons)
