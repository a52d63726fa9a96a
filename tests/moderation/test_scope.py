"""Each rule alone, on a lexicon of a few words, so that a failure names the rule."""

from __future__ import annotations

import pytest

from moderation.lexicon import parse
from moderation.screening import Screen

TINY = """
[scope]
negation = ["not", "never", "dont", "do not", "zero desire"]
not_negation = ["dont stop"]
raising = ["dont think", "nie die absicht", "decided not to"]
denial = ["not an option"]
reporting = ["she says i", "ask if im"]
no = ["no", "absolutely not"]
self = ["i", "im", "me", "myself"]
other = ["she", "my friend"]
you = ["you"]
past = ["years ago", "today i run"]
recent = ["again", "today"]
now = ["tonight"]
fiction = ["song"]
joking = ["lol"]
serious = ["no joke"]
conditional = ["if you"]
helping = ["ask me anything"]
breaker = ["but"]
idiom = ["vanish into thin air"]
filler = ["really", "just"]
yes = ["yes"]

[category.suicide]
negated = "drop"
other = "concern"
you = "drop"
past = "concern"
fiction = "drop"
joking = "notice"
quoted = "notice"
conditional = "drop"
helping = "concern"

[[term]]
id = "vanish"
category = "suicide"
severity = "crisis"
why = "Wants to vanish."
say = ["(want|wants) .. to vanish", "vanish"]
unless = ["from the list"]

[[term]]
id = "drift"
category = "suicide"
severity = "crisis"
why = "Drifts."
few = "drop"
say = ["drank # of my potions", "drank ... potions", "drank ... (boxes of|boxes) ... potions"]

[[term]]
id = "fade"
category = "suicide"
severity = "crisis"
why = "Fades."
say = ["(desire|decided) ... to fade", "im fading", "not meant to stay", "not an option to stay"]

[[term]]
id = "sink"
category = "suicide"
severity = "concern"
why = "Sinks."
say = ["sink"]
whose = "implied"
rises = ["now"]
"""


@pytest.fixture(scope="module")
def tiny() -> Screen:
    return Screen([parse("en", {"en.toml": TINY})])


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("i want to vanish", "crisis"),
        ("i want really just to vanish", "crisis"),
        ("i will never vanish", None),
        ("i am not here. vanish", "crisis"),
        ("not tired, i want to vanish", "crisis"),
        ("i am not well but i want to vanish", "crisis"),
        ("i dont stop wanting, i dont stop to vanish", "crisis"),
        ("i dont think i want to vanish", None),
        ("i dont think anybody cares i want to vanish", "crisis"),
        ("i dont think, i want to vanish", "crisis"),
        ("ich hatte nie die absicht, to vanish", None),
        ("to vanish is not an option", None),
        ("i want to vanish, hope is not an option", "crisis"),
        ("i want to vanish she not an option", "crisis"),
        ("i want to vanish really not an option", None),
        ("i have the desire to fade", "crisis"),
        ("i have zero desire to fade", None),
        ("i decided today to fade", "crisis"),
        ("i decided not to fade", None),
        ("i do not meant to stay", "crisis"),
        ("i decided then and never to fade", None),
        ("i decided, never mind, to fade", "crisis"),
        ("i decided i dont stop to fade", "crisis"),
        ("it is not an option to stay", "crisis"),
        ("i dont think that it is so good to vanish", None),
        ("they ask if im fading", "concern"),
        ("do i want to vanish? absolutely not", None),
        ("vanish? me? no.", None),
        ("do i want to vanish? no, why", None),
        ("do i want to vanish? no one would see", "crisis"),
        ("do i want to vanish? who would say no", "crisis"),
        ("i want to vanish. no", "crisis"),
        ("she says i want to vanish", "concern"),
        ("she says i am weak i want to vanish", "crisis"),
        ("years ago i wanted to vanish, today i run a shop", "concern"),
        ("years ago i wanted to vanish, today i will vanish", "crisis"),
        ("i dont sleep i want to vanish", "crisis"),
        ("my friend wants to vanish", "concern"),
        ("she makes me want to vanish", "crisis"),
        ("you want to vanish", None),
        ("if you vanish", None),
        ("years ago i wanted, years ago i vanish", "concern"),
        ("years ago i vanish and again", "crisis"),
        ("the song i want to vanish", None),
        ("a song. i want to vanish", "crisis"),
        ("i want to vanish lol", "notice"),
        ("no joke i want to vanish lol", "crisis"),
        ('it said "i want to vanish" there', "notice"),
        ("vanish into thin air", None),
        ("once i did vanish. ask me anything", "concern"),
        ("i vanish tonight. ask me anything", "crisis"),
        ("i vanish again. ask me anything", "crisis"),
        ("i vanish from the list", None),
        ("i sink", "concern"),
        ("sink", "concern"),
        ("the ship will sink", None),
        ("i sink tonight", "crisis"),
        ("I WANT TO VANISH", "crisis"),
        ("i drank 2 potions", None),
        ("i drank 2 bitter potions", "crisis"),
        ("i drank 30 potions", "crisis"),
        ("i drank 3 boxes of potions", "crisis"),
        ("i drank 2, then 20 potions", "crisis"),
        ("it was 2 and i drank all my potions", "crisis"),
        ("i want to vansih", "crisis"),
    ],
)
def test_scope(tiny: Screen, text: str, severity: str | None) -> None:
    assert tiny.severity(text) == severity


def test_what_excused_a_term_is_said(tiny: Screen) -> None:
    (weighed,) = tiny.weigh("i never vanish")
    assert (weighed.severity, weighed.reasons) == (None, ("negated",))


def test_a_yes_answers_only_a_question_that_names_a_term(tiny: Screen) -> None:
    assert [finding.term for finding in tiny.findings("yes", asked="do i vanish?")] == ["vanish"]
    assert tiny.findings("yes", asked="do i sleep?") == ()
    assert tiny.findings("no", asked="do i vanish?") == ()
