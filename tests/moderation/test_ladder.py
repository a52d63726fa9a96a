from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.ladder import DEFAULT, Who, parse
from moderation.sheet import BadSheet


def times(text: str, rungs: int) -> list[float]:
    """When each rung is told, in seconds after the alert."""
    ladder, at, told = parse(text), 0.0, []
    for index in range(rungs):
        told.append(at)
        at += ladder.rung(index).wait
    return told


def test_the_default_ladder_keeps_its_times_and_goes_round_again() -> None:
    assert times(DEFAULT, 7) == [0, 30, 60, 120, 180, 240, 270]
    ladder = parse(DEFAULT)
    assert ladder.rung(0).tell == (Who("campus"), Who("first"))
    assert ladder.rung(2).tell == (Who("second"),)
    assert ladder.rung(3).tell == (Who("everyone"),)
    assert ladder.rung(4).tell == (Who("fallback"), Who("campus"))
    assert ladder.rung(5) == ladder.rung(0)


def test_a_ladder_names_people_and_roles() -> None:
    ladder = parse(
        '[[rung]]\ntell = ["person:ada", "role:lead"]\nby = ["any"]\nwait = 30', people={"ada": "ada"}
    )
    assert ladder.rungs[0].tell == (Who("person", "ada"), Who("role", "lead"))
    assert ladder.rungs[0].channels == ()
    assert [str(who) for who in ladder.rungs[0].tell] == ["person:ada", "role:lead"]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "at least one [[rung]]"),
        ("[[rung]\n", 1, "Expected"),
        ("\n\nladder = 3\n[[rung]]\ntell=['first']\nby=['any']\nwait=30", 3, "'ladder' is not known"),
        ("[rung]\ntell=['first']", 1, "[[rung]]"),
        ("[[rungs]]\ntell=['first']", 1, "[[rungs]] is not known"),
        ("[[rung]]\ntell = ['nobody']\nby = ['any']\nwait = 30", 2, "rung 1: 'nobody' tells nobody"),
        ("[[rung]]\ntell = ['person:']\nby = ['any']\nwait = 30", 2, "rung 1: 'person:' tells nobody"),
        ("[[rung]]\ntell = ['person:eve']\nby = ['any']\nwait = 30", 2, "nobody here is 'eve'"),
        (
            "[[rung]]\ntell = ['role:cook']\nby = ['any']\nwait = 30",
            2,
            "no role is called 'cook'; there are lead",
        ),
        (
            "concerns = 'later'\n[[rung]]\ntell = ['first']\nby = ['any']\nwait = 30",
            1,
            "at once, opening hours",
        ),
        ("[[rung]]\ntell = []\nby = ['any']\nwait = 30", 2, "must be a list"),
        ("[[rung]]\ntell = ['first', 'first']\nby = ['any']\nwait = 30", 2, "twice"),
        ("[[rung]]\ntell = ['first']\nby = ['pigeon']\nwait = 30", 3, "no alert channel is called 'pigeon'"),
        ("[[rung]]\ntell = ['first']\nby = ['any', 'email']\nwait = 30", 3, "'any' stands alone"),
        ("[[rung]]\ntell = ['first']\nby = ['any']\nwait = 0", 4, "between 5 and 3600"),
        ("[[rung]]\ntell = ['first']\nby = ['any']\nwait = true", 4, "between 5 and 3600"),
        ("[[rung]]\ntell = ['first']\nby = ['any']", 1, "'wait' must be a number"),
        (
            "[[rung]]\ntell=['first']\nby=['any']\nwait=30\n\n[[rung]]\nwait=30\nby=['any']\nwhom='x'",
            9,
            "rung 2",
        ),
    ],
)
def test_a_ladder_that_cannot_be_used_is_refused_with_its_line_and_reason(
    text: str, line: int, reason: str
) -> None:
    with pytest.raises(BadSheet) as refused:
        parse(text, channels={"email"}, people={"ada": "ada"}, roles={"lead"})
    assert refused.value.line == line
    assert reason in refused.value.reason


def test_a_person_on_a_ladder_may_be_called_by_their_address() -> None:
    text = "[[rung]]\ntell = ['person:Ada@North.example']\nby = ['any']\nwait = 30"
    assert parse(text, people={"ada@north.example": "id-1"}).rungs[0].tell == (Who("person", "id-1"),)


@pytest.mark.parametrize(
    ("head", "wait"), [("", None), ("concerns = 'at once'", False), ("concerns = 'opening hours'", True)]
)
def test_a_ladder_may_say_whether_concerns_wait(head: str, wait: bool | None) -> None:  # noqa: FBT001  # the table's own column
    text = f"{head}\n[[rung]]\ntell = ['first']\nby = ['any']\nwait = 30"
    assert parse(text).concerns_wait is wait


@given(st.text(max_size=200))
def test_no_text_whatever_breaks_the_reader_of_ladders(text: str) -> None:
    with contextlib.suppress(BadSheet):
        assert parse(text).rungs
