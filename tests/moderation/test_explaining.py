from __future__ import annotations

import pytest

from moderation.explaining import explain
from moderation.lexicon import parse
from moderation.screening import Screen

XX = """
[scope]
self = ["i"]
other = ["my friend"]
negation = ["never"]
past = ["years ago"]
now = ["tonight"]
idiom = ["to die for"]
yes = ["yes"]
[turned]
you = "i"
[category.suicide]
prompts = ["Ask it plainly."]
negated = "drop"
past = "concern"
[[term]]
id = "want-die"
category = "suicide"
severity = "crisis"
why = "Wishes to be dead."
say = ["want to die"]
unless = ["laughing"]
[[term]]
id = "vanish"
category = "suicide"
severity = "concern"
why = "Wants to be gone."
say = ["vanish"]
rises = ["now"]
[[term]]
id = "means"
category = "suicide"
severity = "concern"
why = "Speaks of a means."
say = ["the rope"]
needs = ["now"]
[[term]]
id = "own"
category = "suicide"
severity = "concern"
why = "Says they are done."
say = ["is done"]
whose = "self"
[[term]]
id = "tired"
category = "suicide"
severity = "notice"
why = "Is tired."
say = ["so tired"]
weak = true
"""


@pytest.fixture(scope="module")
def screen() -> Screen:
    return Screen([parse("xx", {"xx.toml": XX})])


def told(screen: Screen, text: str, history: tuple[str, ...] = (), asked: str = "") -> str:
    return "\n".join(str(step) for step in explain(screen, text, history, asked))


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("i want to die", ["xx:want-die (suicide, crisis)", "it stays crisis", "The supporter sees crisis"]),
        ("i never want to die", ["It is denied: it is let go.", "Nothing is left"]),
        ("years ago i want to die", ["It is long past", "crisis becomes concern"]),
        ("want to die for a cake", ["It touches a phrase", "Nothing is left"]),
        ("i want to die laughing", ["gives these words another meaning", "let go"]),
        ("vanish tonight", ["Words of now or soon stand near: it becomes crisis."]),
        ("the rope", ["It counts only near words of now or soon", "let go"]),
        ("my friend is done", ["only where the author speaks of themselves", "let go"]),
        ("so tired", ["It is a weak term", "Nothing is left"]),
        ("good morning", ["It is read as: good morning", "No term of any lexicon matches it."]),
        ("i want to d1e", ["Put right on the way: 'd1e' as 'die'"]),
    ],
)
def test_every_step_is_told_in_a_sentence(screen: Screen, text: str, sentences: list[str]) -> None:
    said = told(screen, text)
    for sentence in sentences:
        assert sentence in said


def test_the_explanation_ends_as_the_screen_does(screen: Screen) -> None:
    assert "Asked or done: Ask it plainly." in told(screen, "i want to die")
    assert "only together with what was said before" in told(screen, "yes", asked="do you want to die?")


def test_a_step_does_not_show_words_when_it_is_printed_by_mistake(screen: Screen) -> None:
    assert "want to die" not in repr(explain(screen, "i want to die"))
