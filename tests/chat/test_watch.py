"""Messages are looked at before they are acknowledged, and no failure of the screen holds one up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from chat.protocol import Severity
from chat.watch import Seen, Watch
from chat.words import Words
from moderation.screening import Screen

NOTHING = Words("")


def mask(text: str, exempt: Sequence[tuple[int, int]] = ()) -> str:
    """Masks everything but what is exempt."""
    return "".join(
        sign if any(start <= at < end for start, end in exempt) else "*" for at, sign in enumerate(text)
    )


def plain(text: str, exempt: Sequence[tuple[int, int]] = ()) -> str:  # noqa: ARG001 - the port's names
    return text


def ignore(_seconds: float) -> None: ...


@dataclass
class Failures:
    seen: list[BaseException] = field(default_factory=list)

    def __call__(self, error: BaseException) -> None:
        self.seen.append(error)


@pytest.fixture(scope="module")
def screen() -> Screen:
    return Screen.load()


def test_a_crisis_is_found_and_its_words_stay_as_they_were_written(screen: Screen) -> None:
    failures = Failures()
    seen = Watch(screen, mask, failures, ignore).look(Words("well, I want to kill myself"), (), NOTHING)
    assert seen.is_crisis
    assert seen.found[0].severity == "crisis"
    assert "kill myself" in seen.words.reveal()
    assert seen.words.reveal().startswith("****")
    assert failures.seen == []


def test_of_one_danger_only_the_gravest_finding_is_shown(screen: Screen) -> None:
    words = Words("i have the pills here and i want to die tonight")
    assert len([one for one in screen.findings(words.reveal()) if one.category == "suicide"]) > 1
    seen = Watch(screen, plain, Failures(), ignore).look(words, (), NOTHING)
    assert [(one.category, one.severity) for one in seen.found if one.category == "suicide"] == [
        ("suicide", "crisis")
    ]


def test_an_ordinary_message_has_no_finding(screen: Screen) -> None:
    seen = Watch(screen, plain, Failures(), ignore).look(Words("my exams start on Monday"), (), NOTHING)
    assert (seen.found, seen.severity, seen.failed, seen.is_crisis) == ((), None, False, False)
    assert seen.words == Words("my exams start on Monday")


def test_what_was_said_before_and_what_was_asked_are_handed_on() -> None:
    asked: list[tuple[str, list[str], str]] = []

    class Noting:
        def findings(self, text: str, history: Sequence[str] = (), asked_: str = "") -> list[Found]:
            asked.append((text, list(history), asked_))
            return []

    Watch(Noting(), plain, Failures(), ignore).look(
        Words("yes"), [Words("a"), Words("b")], Words("are you safe?")
    )
    assert asked == [("yes", ["a", "b"], "are you safe?")]


@dataclass
class Found:
    lexicon: str = "en"
    term: str = "t"
    category: str = "x"
    severity: Severity = "notice"
    why: str = ""
    prompts: tuple[str, ...] = ()
    phrase: str = ""
    start: int = 0
    end: int = 0


class Broken:
    def findings(self, text: str, history: Sequence[str] = (), asked: str = "") -> list[Found]:  # noqa: ARG002 - the port's names
        raise ZeroDivisionError


def broken_mask(text: str, exempt: Sequence[tuple[int, int]] = ()) -> str:  # noqa: ARG001 - the port's names
    raise ZeroDivisionError


def test_a_screen_that_breaks_lets_the_message_through_and_says_so() -> None:
    failures = Failures()
    seen = Watch(Broken(), mask, failures, ignore).look(Words("help"), (), NOTHING)
    assert seen.failed
    assert seen.words.reveal() == "help"
    assert [type(error) for error in failures.seen] == [ZeroDivisionError]


def test_a_mask_that_breaks_leaves_the_words_as_they_were() -> None:
    failures = Failures()
    assert Watch(Broken(), broken_mask, failures, ignore).masked(Words("help")).reveal() == "help"
    assert len(failures.seen) == 1


def test_what_was_seen_shows_no_words() -> None:
    assert "canary" not in repr(Seen(Words("canary")))
