"""Where a roster reaches nobody, and whether a ladder is tested."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from moderation.channels.channel import Target
from moderation.directory import Directory, Person
from moderation.gaps import Gap, gaps, places
from moderation.ladder import DEFAULT, parse
from moderation.readiness import Untested, untested
from moderation.roster import Change, Roster

UTC = ZoneInfo("UTC")
HOUR = 3600.0


def roster(*changes: tuple[str, float, float]) -> Roster:
    """Who is first, from which hour until which."""
    return Roster(UTC, changes=tuple(Change("first", who, a * HOUR, b * HOUR) for who, a, b in changes))


def test_the_places_of_a_ladder_are_those_that_it_tells() -> None:
    assert places(parse(DEFAULT)) == ("first", "second")
    assert places(parse("[[rung]]\ntell = ['second', 'campus']\nby = ['any']\nwait = 30")) == ("second",)


def test_gaps_say_from_when_until_when_and_why() -> None:
    found = gaps(roster(("ada", 1, 3), ("ben", 3, 5)), ["first"], {"ada"}, 0, 6 * HOUR)
    assert found == [
        Gap("first", "nobody", 0, HOUR),
        Gap("first", "unreachable", 3 * HOUR, 5 * HOUR, "ben"),
        Gap("first", "nobody", 5 * HOUR, 6 * HOUR),
    ]


def test_one_person_in_two_spans_is_one_gap() -> None:
    assert gaps(roster(("ben", 0, 2), ("ben", 2, 4)), ["first"], (), 0, 4 * HOUR) == [
        Gap("first", "unreachable", 0, 4 * HOUR, "ben")
    ]


hours = st.integers(0, 48)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), hours, hours).filter(lambda one: one[1] < one[2])),
    st.sets(st.sampled_from("abc")),
    st.floats(0, 48 * HOUR, exclude_max=True),
)
def test_an_instant_is_in_a_gap_exactly_when_nobody_who_is_reached_is_there(
    changes: list[tuple[str, float, float]], reached: set[str], at: float
) -> None:
    made = roster(*changes)
    found = gaps(made, ["first"], reached, 0, 48 * HOUR)
    inside = [gap for gap in found if gap.start <= at < gap.until]
    assert len(inside) == (made.on_call(at).first not in reached)


LADDER = parse(
    "[[rung]]\ntell = ['first']\nby = ['push', 'sms']\nwait = 30\n"
    "[[rung]]\ntell = ['campus']\nby = ['any']\nwait = 30"
)


def directory(*people: tuple[str, str], campus: bool = True) -> Directory:
    """The addresses that were confirmed: people with the one channel by which each was reached."""
    return Directory(
        people=tuple(Person(who, frozenset({"on_call"}), (Target(who, by, ""),)) for who, by in people),
        campus=(Target(None, "webhook", ""),) if campus else (),
    )


def test_a_ladder_is_tested_when_each_rung_reaches_somebody_who_proved_it() -> None:
    made = roster(("ada", 0, 24))
    assert untested(LADDER, made, directory(("ada", "push")), [0]) == ()
    assert untested(LADDER, made, directory(("ada", "email")), [0]) == (Untested(1, 0),)
    assert untested(LADDER, made, directory(("ada", "push"), campus=False), [0]) == (Untested(2, 0),)


def test_a_ladder_is_not_tested_when_somebody_unproven_comes_on_later() -> None:
    made = roster(("ada", 0, 5), ("ben", 5, 9))
    proven = directory(("ada", "push"))
    there = Directory((*proven.people, Person("ben", frozenset({"on_call"}))), campus=proven.campus)
    assert untested(LADDER, made, there, made.edges(0, 9 * HOUR)) == (Untested(1, 5 * HOUR),)


def test_a_rung_that_reaches_nobody_is_named_with_the_first_such_moment() -> None:
    ladder = parse("[[rung]]\ntell = ['first']\nby = ['any']\nwait = 30")
    assert untested(ladder, roster(), directory(), [5, 6, 7]) == (Untested(1, 5),)


def test_where_the_roster_has_nobody_all_on_call_staff_count() -> None:
    assert untested(LADDER, roster(), directory(("ada", "sms")), [0]) == ()
    assert untested(LADDER, roster(), directory(), [0]) == (Untested(1, 0),)
