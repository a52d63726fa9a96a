from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from moderation.alerts import SEVERITIES, Severity
from moderation.decisions import HOLDS, Decision
from moderation.escalation import (
    HURRY,
    MOVES,
    UNENTERED,
    Acknowledge,
    Acknowledged,
    Ask,
    Closed,
    Command,
    Decide,
    Enter,
    Entered,
    Escalation,
    HandOver,
    Lapse,
    Raise,
    Raised,
    Refused,
    Reopened,
    Resolve,
    Risen,
    Stage,
    StandDown,
    Tell,
    Told,
    decide,
    diagram,
    due,
    evolve,
)
from moderation.ladder import DEFAULT, parse

LADDER = parse(DEFAULT)
OPEN = Escalation("open", "crisis", 0, 100.0)

SAMPLES: dict[type[Command], Command] = {
    Raise: Raise("crisis"),
    Tell: Tell(LADDER, reached=True),
    Acknowledge: Acknowledge("ada"),
    Decide: Decide("ada", "following"),
    HandOver: HandOver("ada", "ben", 30.0),
    Ask: Ask(),
    Lapse: Lapse(),
    Enter: Enter("ada"),
    Resolve: Resolve("ada"),
    StandDown: StandDown("ada"),
}


def after(state: Escalation, command: Command, at: float) -> Escalation:
    events = decide(state, command, at)
    assert isinstance(events, tuple), events
    for event in events:
        state = evolve(state, event)
    return state


def test_a_new_alert_is_due_at_once() -> None:
    assert decide(Escalation(), Raise("concern"), 5.0) == (Raised("concern", 5.0),)
    assert due(after(Escalation(), Raise("concern"), 5.0)) == 5.0


def test_a_rung_that_reached_somebody_waits_its_time() -> None:
    assert decide(OPEN, Tell(LADDER, reached=True), 100.0) == (Told(1, 130.0),)


def test_a_rung_that_reached_nobody_gives_way_at_once_in_the_first_round_only() -> None:
    assert decide(OPEN, Tell(LADDER, reached=False), 100.0) == (Told(1, 100.0 + HURRY),)
    again = Escalation("open", "crisis", 5, 100.0)
    assert decide(again, Tell(LADDER, reached=False), 100.0) == (Told(6, 130.0),)


def test_an_acknowledgement_holds_five_minutes_and_then_the_climb_goes_on_where_it_stood() -> None:
    held = after(Escalation("open", "crisis", 3, 100.0), Acknowledge("ada"), 100.0)
    assert due(held) == 100.0 + UNENTERED
    assert decide(held, Lapse(), 399.9) == Refused("not_due", "There is time left for the next move.")
    climbing = after(held, Lapse(), 400.0)
    assert climbing == Escalation("open", "crisis", 3, 400.0, None)


def test_nothing_is_due_while_on_call_staff_is_in_the_conversation() -> None:
    assert due(after(after(OPEN, Acknowledge("ada"), 100.0), Enter("ada"), 120.0)) is None


def test_entering_an_open_alert_acknowledges_it() -> None:
    assert decide(OPEN, Enter("ada"), 100.0) == (Acknowledged("ada", 100.0 + UNENTERED), Entered("ada"))


def test_a_rise_to_crisis_reopens_what_somebody_had_and_waits_for_nothing() -> None:
    concern = Escalation("open", "concern", 0, 9_000.0)
    assert decide(concern, Raise("crisis"), 100.0) == (Risen("crisis"), Reopened(100.0))
    held = after(concern, Acknowledge("ada"), 100.0)
    assert after(held, Raise("crisis"), 110.0) == Escalation("open", "crisis", 0, 110.0, None)
    assert after(held, Raise("concern"), 110.0) == held


@pytest.mark.parametrize("stage", get_args(Stage))
@pytest.mark.parametrize("command", get_args(Command))
def test_the_table_of_moves_is_what_decide_does(stage: Stage, command: type[Command]) -> None:
    """Every stage and severity against every command: it leads where the table says, or is refused."""
    reached: set[Stage] = set()
    for severity in SEVERITIES:
        state = Escalation(stage, severity, 0, 0.0, "ada")
        if stage == "handed":
            until = 1_030.0 if command is Ask else 1_000.0
            state = Escalation(stage, severity, 0, 0.0, "ben", "ada", until)
        if stage == "decided":
            state = replace(state, decision="following")
        events = decide(state, SAMPLES[command], 1_000.0)
        if isinstance(events, Refused):
            assert (stage, command) not in MOVES
            continue
        for event in events:
            state = evolve(state, event)
        reached.add(state.stage)
    assert reached == set(MOVES.get((stage, command), ()))


@pytest.mark.parametrize("decision", get_args(Decision))
def test_a_decision_keeps_an_alert_open_and_the_climb_goes_on_where_it_stood_when_its_time_has_passed(
    decision: Decision,
) -> None:
    held = after(Escalation("open", "crisis", 3, 100.0), Acknowledge("ada"), 100.0)
    decided = after(held, Decide("ada", decision), 200.0)
    assert (decided.stage, decided.person, decided.decision) == ("decided", "ada", decision)
    holds = HOLDS[decision]
    if holds is None:
        assert due(decided) is None
        assert isinstance(decide(decided, Lapse(), 1e9), Refused)
    else:
        assert due(decided) == 200.0 + holds > 100.0 + UNENTERED
        assert isinstance(decide(decided, Lapse(), 199.9 + holds), Refused)
        assert after(decided, Lapse(), 200.0 + holds) == Escalation("open", "crisis", 3, 200.0 + holds)


def test_only_who_has_an_alert_decides_and_may_decide_anew_or_enter_after_all() -> None:
    assert isinstance(decide(OPEN, Decide("ada", "following"), 100.0), Refused)
    held = after(OPEN, Acknowledge("ada"), 100.0)
    assert isinstance(decide(held, Decide("ben", "following"), 110.0), Refused)
    first = after(held, Decide("ada", "following"), 110.0)
    again = after(first, Decide("ada", "on_the_way"), 120.0)
    assert due(again) == 120.0 + (HOLDS["on_the_way"] or 0)
    assert after(again, Enter("ada"), 130.0) == Escalation("entered", "crisis", 0, None, "ada")
    assert after(after(held, Enter("ada"), 105.0), Decide("ada", "in_care"), 110.0).stage == "decided"


def test_a_rise_to_crisis_takes_an_alert_from_whoever_decided_about_it() -> None:
    concern = after(Escalation("open", "concern", 1, 100.0), Acknowledge("ada"), 100.0)
    decided = after(concern, Decide("ada", "in_care"), 110.0)
    assert after(decided, Raise("crisis"), 120.0) == Escalation("open", "crisis", 1, 120.0)


def test_what_is_handed_over_is_due_at_once_and_climbs_on_unless_the_other_confirms() -> None:
    held = after(OPEN, Acknowledge("ada"), 100.0)
    handed = after(held, HandOver("ada", "ben", 30.0), 110.0)
    assert (handed.stage, handed.person, due(handed)) == ("handed", "ben", 110.0)
    asked = after(handed, Ask(), 111.0)
    assert due(asked) == 140.0
    assert isinstance(decide(asked, Lapse(), 139.9), Refused)
    assert after(asked, Lapse(), 140.0) == Escalation("open", "crisis", 0, 140.0)
    assert after(asked, Acknowledge("ben"), 120.0) == Escalation("acknowledged", "crisis", 0, 420.0, "ben")
    assert after(asked, Enter("ben"), 120.0) == Escalation("entered", "crisis", 0, None, "ben")


def test_only_who_has_an_alert_hands_it_over_and_may_take_that_back() -> None:
    held = after(OPEN, Acknowledge("ada"), 100.0)
    assert isinstance(decide(held, HandOver("ben", "cleo", 30.0), 110.0), Refused)
    handed = after(held, HandOver("ada", "ben", 30.0), 110.0)
    assert isinstance(decide(handed, HandOver("ben", "cleo", 30.0), 115.0), Refused)
    assert after(handed, HandOver("ada", "cleo", 30.0), 115.0).person == "cleo"


def test_the_readme_shows_the_moves_that_exist() -> None:
    readme = (Path(__file__).parents[2] / "moderation" / "README.md").read_text()
    assert diagram() in readme, "moderation/README.md: paste the output of moderation.escalation.diagram()"


class Life(RuleBasedStateMachine):
    """One alert under any order of moves, with a dispatcher that acts only on what is due."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 1_000.0
        self.state = Escalation()
        self.closed = False
        self.human = False
        self.severity = -1
        self.rung = 0

    def do(self, command: Command) -> bool:
        events = decide(self.state, command, self.at)
        if isinstance(events, Refused):
            return False
        for event in events:
            self.state = evolve(self.state, event)
            if isinstance(event, Acknowledged | Entered):
                self.human = True
            if isinstance(event, Reopened):
                self.human = False
            if isinstance(event, Closed):
                self.closed = True
        return True

    @rule(severity=st.sampled_from(SEVERITIES))
    def raised(self, severity: Severity) -> None:
        done = self.do(Raise(severity))
        assert done != self.closed
        before = self.state
        assert not done or (self.do(Raise(severity)) and self.state == before), (
            "a duplicate changed something"
        )

    @rule(seconds=st.floats(min_value=0, max_value=1_000))
    def time_passes(self, seconds: float) -> None:
        self.at += seconds

    @precondition(lambda self: due(self.state) is not None and due(self.state) <= self.at)
    @rule(reached=st.booleans())
    def the_dispatcher_acts(self, *, reached: bool) -> None:
        if self.state.stage == "handed" and self.do(Ask()):
            assert self.state.next_at == self.state.asked_until
            return
        if self.state.stage in {"acknowledged", "decided", "handed"}:
            assert self.do(Lapse())
        rung = self.state.rung
        assert self.do(Tell(LADDER, reached)), "something was due that nobody may tell"
        assert not self.closed, "somebody was paged for what is closed"
        assert self.state.rung == rung + 1
        assert self.state.next_at is not None
        assert self.at < self.state.next_at <= self.at + LADDER.longest_wait

    @rule()
    def a_stale_dispatcher_tells(self) -> None:
        if self.state.stage != "open":
            assert not self.do(Tell(LADDER, reached=True))

    @rule(person=st.sampled_from(["ada", "ben"]))
    def acknowledged(self, person: str) -> None:
        free = self.state.stage in {"open", "handed"}
        assert self.do(Acknowledge(person)) == free

    @rule(by=st.sampled_from(["ada", "ben"]), to=st.sampled_from(["ada", "ben"]))
    def handed(self, by: str, to: str) -> None:
        state = self.state
        has = state.handed_by if state.stage == "handed" else state.person
        may = state.stage in {"acknowledged", "decided", "entered", "handed"} and has == by
        assert self.do(HandOver(by, to, 30.0)) == may

    @rule(person=st.sampled_from(["ada", "ben"]), decision=st.sampled_from(get_args(Decision)))
    def decided(self, person: str, decision: Decision) -> None:
        may = self.state.stage in {"acknowledged", "decided", "entered"} and self.state.person == person
        assert self.do(Decide(person, decision)) == may
        if may:
            assert (due(self.state) is None) == (HOLDS[decision] is None)

    @rule(person=st.sampled_from(["ada", "ben"]))
    def entered(self, person: str) -> None:
        self.do(Enter(person))

    @rule(command=st.sampled_from([Resolve("ada"), StandDown("ben")]))
    def closes(self, command: Command) -> None:
        may = self.state.stage != "new" and not self.closed
        assert self.do(command) == may

    @invariant()
    def it_never_stops_until_a_person_has_it(self) -> None:
        if self.state.stage != "new" and not self.human and not self.closed:
            assert self.state.stage == "open"
            assert due(self.state) is not None
        if self.state.stage in {"acknowledged", "handed"}:
            assert due(self.state) is not None
        assert (self.state.decision is not None) == (self.state.stage == "decided")
        if self.closed:
            assert due(self.state) is None

    @invariant()
    def severity_and_rung_never_fall(self) -> None:
        if self.state.stage != "new":
            severity = SEVERITIES.index(self.state.severity)
            assert severity >= self.severity
            self.severity = severity
        assert self.state.rung >= self.rung
        self.rung = self.state.rung


TestLife = Life.TestCase
