"""The life of one alert, as decisions: what a move means, what it changes, and when the next thing is due.

The store keeps the state, the dispatcher keeps the time; neither decides. `MOVES` is the whole table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, assert_never

from moderation.alerts import SEVERITIES, Alert, Severity
from moderation.decisions import Decision, until
from moderation.ladder import Ladder

Stage = Literal["new", "open", "acknowledged", "decided", "entered", "handed", "resolved", "stood_down"]
"""As `AlertState`, but an acknowledged alert whose person is in the conversation is `entered`, one of which
they decided what keeps it open is `decided`, and one that waits for whom it was handed to is `handed`."""

UNENTERED = 300.0
"""Seconds from an acknowledgement until the climb goes on, unless its person enters or decides."""

HURRY = 2.0
"""Seconds after which, in the first round, a rung that reached nobody gives way to the next."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """One alert's state. `next_at` is None when nothing is due any more."""

    stage: Stage = "new"
    severity: Severity = "notice"
    rung: int = 0
    next_at: float | None = None
    person: str | None = None
    handed_by: str | None = None
    asked_until: float | None = None
    decision: Decision | None = None


# Commands: what is asked.


@dataclass(frozen=True, slots=True)
class Raise:
    severity: Severity


@dataclass(frozen=True, slots=True)
class Tell:
    """The current rung has been told; `reached` says whether any channel delivered to anyone."""

    ladder: Ladder
    reached: bool


@dataclass(frozen=True, slots=True)
class Acknowledge:
    person: str


@dataclass(frozen=True, slots=True)
class Decide:
    """Who has the alert says what is being done, so that it stays open without a climb."""

    person: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class HandOver:
    """`by` gives the alert to `to`, who has `wait` seconds to confirm: as long as a rung of the ladder."""

    by: str
    to: str
    wait: float


@dataclass(frozen=True, slots=True)
class Ask:
    """The person whom a handed alert is for has been paged."""


@dataclass(frozen=True, slots=True)
class Lapse:
    """Nobody entered the conversation in time after an acknowledgement, moved on what was decided, or
    confirmed what was handed over.
    """


@dataclass(frozen=True, slots=True)
class Enter:
    """A member of the on-call staff is in the conversation, which says "I have it" too."""

    person: str


@dataclass(frozen=True, slots=True)
class Resolve:
    person: str


@dataclass(frozen=True, slots=True)
class StandDown:
    person: str


Command = Raise | Tell | Acknowledge | Decide | HandOver | Ask | Lapse | Enter | Resolve | StandDown


# Events: what became of it.


@dataclass(frozen=True, slots=True)
class Raised:
    severity: Severity
    next_at: float


@dataclass(frozen=True, slots=True)
class Risen:
    severity: Severity


@dataclass(frozen=True, slots=True)
class Told:
    rung: int
    next_at: float


@dataclass(frozen=True, slots=True)
class Acknowledged:
    person: str
    again_at: float


@dataclass(frozen=True, slots=True)
class Decided:
    """The climb goes on at `again_at`; None where the decision names no time."""

    person: str
    decision: Decision
    again_at: float | None


@dataclass(frozen=True, slots=True)
class Handed:
    """Due at `at`, so that the other is paged; from `until` on the climb goes on unless they confirmed."""

    by: str
    to: str
    at: float
    until: float


@dataclass(frozen=True, slots=True)
class Asked:
    again_at: float


@dataclass(frozen=True, slots=True)
class Reopened:
    """The acknowledgement holds no longer; the climb goes on where it stood."""

    next_at: float


@dataclass(frozen=True, slots=True)
class Entered:
    person: str


@dataclass(frozen=True, slots=True)
class Closed:
    person: str
    stage: Literal["resolved", "stood_down"]


Event = Raised | Risen | Told | Acknowledged | Decided | Handed | Asked | Reopened | Entered | Closed


@dataclass(frozen=True, slots=True)
class Refused:
    """The move does not exist from here; `code` is for programs, `detail` for people."""

    code: Literal["closed", "held", "not_due", "not_held", "not_raised"]
    detail: str


MOVES: Mapping[tuple[Stage, type[Command]], tuple[Stage, ...]] = {
    ("new", Raise): ("open",),
    ("open", Raise): ("open",),
    ("open", Tell): ("open",),
    ("open", Acknowledge): ("acknowledged",),
    ("open", Enter): ("entered",),
    ("open", Resolve): ("resolved",),
    ("open", StandDown): ("stood_down",),
    ("acknowledged", Raise): ("acknowledged", "open"),
    ("acknowledged", Decide): ("decided",),
    ("acknowledged", HandOver): ("handed",),
    ("acknowledged", Lapse): ("open",),
    ("acknowledged", Enter): ("entered",),
    ("acknowledged", Resolve): ("resolved",),
    ("acknowledged", StandDown): ("stood_down",),
    ("decided", Raise): ("decided", "open"),
    ("decided", Decide): ("decided",),
    ("decided", HandOver): ("handed",),
    ("decided", Lapse): ("open",),
    ("decided", Enter): ("entered",),
    ("decided", Resolve): ("resolved",),
    ("decided", StandDown): ("stood_down",),
    ("entered", Raise): ("entered", "open"),
    ("entered", Decide): ("decided",),
    ("entered", HandOver): ("handed",),
    ("entered", Resolve): ("resolved",),
    ("entered", StandDown): ("stood_down",),
    ("handed", Raise): ("handed", "open"),
    ("handed", Ask): ("handed",),
    ("handed", Acknowledge): ("acknowledged",),
    ("handed", HandOver): ("handed",),
    ("handed", Lapse): ("open",),
    ("handed", Enter): ("entered",),
    ("handed", Resolve): ("resolved",),
    ("handed", StandDown): ("stood_down",),
}
"""Every move that exists, and where it may lead. What is not here is refused."""


def of(alert: Alert) -> Escalation:
    """The state of an alert as the store holds it."""
    stage: Stage = alert.state
    if stage == "acknowledged" and alert.asked_until is not None:
        stage = "handed"
    elif stage == "acknowledged" and alert.decision is not None:
        stage = "decided"
    elif stage == "acknowledged" and alert.next_at is None:
        stage = "entered"
    return Escalation(
        stage,
        alert.severity,
        alert.rung,
        alert.next_at,
        alert.person,
        alert.handed_by,
        alert.asked_until,
        alert.decision,
    )


def decide(state: Escalation, command: Command, at: float) -> tuple[Event, ...] | Refused:
    """What a command becomes at `at` (seconds since the epoch); no event where it changes nothing."""
    if (state.stage, type(command)) not in MOVES:
        return _refused(state.stage)
    match command:
        case Raise(severity):
            return _raise(state, severity, at)
        case Tell(ladder, reached):
            wait = ladder.rung(state.rung).wait
            if not reached and ladder.first_round(state.rung):
                wait = min(wait, HURRY)
            return (Told(state.rung + 1, at + wait),)
        case Acknowledge(person):
            return (Acknowledged(person, at + UNENTERED),)
        case Decide(person, decision):
            if person != state.person:
                return Refused("not_held", "Only who has this alert can decide about it.")
            return (Decided(person, decision, until(decision, at)),)
        case HandOver(by, to, wait):
            if by != (state.handed_by if state.stage == "handed" else state.person):
                return Refused("not_held", "Only who has this alert can hand it over.")
            return (Handed(by, to, at, at + wait),)
        case Ask():
            if state.asked_until is None or at >= state.asked_until:
                return Refused("not_due", "They had their time to confirm.")
            return (Asked(state.asked_until),)
        case Lapse():
            ends_at = state.next_at if state.asked_until is None else state.asked_until
            if ends_at is None or at < ends_at:
                return Refused("not_due", "There is time left for the next move.")
            return (Reopened(at),)
        case Enter(person):
            if state.stage == "open":
                return (Acknowledged(person, at + UNENTERED), Entered(person))
            return (Entered(person),)
        case Resolve(person):
            return (Closed(person, "resolved"),)
        case StandDown(person):
            return (Closed(person, "stood_down"),)
        case _:  # a command that is added without a case does not pass the type checker
            assert_never(command)


def evolve(state: Escalation, event: Event) -> Escalation:
    """The state after an event. An alert's severity and rung never fall."""
    match event:
        case Raised(severity, next_at):
            return Escalation("open", severity, 0, next_at, None)
        case Risen(severity):
            return replace(state, severity=severity)
        case Told(rung, next_at):
            return replace(state, rung=rung, next_at=next_at)
        case Acknowledged(person, again_at):
            return replace(
                state,
                stage="acknowledged",
                person=person,
                next_at=again_at,
                handed_by=None,
                asked_until=None,
                decision=None,
            )
        case Decided(person, decision, again_at):
            return replace(state, stage="decided", person=person, next_at=again_at, decision=decision)
        case Handed(by, to, now, ends_at):
            return replace(
                state,
                stage="handed",
                person=to,
                next_at=now,
                handed_by=by,
                asked_until=ends_at,
                decision=None,
            )
        case Asked(again_at):
            return replace(state, next_at=again_at)
        case Reopened(next_at):
            return replace(
                state,
                stage="open",
                person=None,
                next_at=next_at,
                handed_by=None,
                asked_until=None,
                decision=None,
            )
        case Entered(person):
            return replace(
                state,
                stage="entered",
                person=person,
                next_at=None,
                handed_by=None,
                asked_until=None,
                decision=None,
            )
        case Closed(person, stage):
            return replace(
                state,
                stage=stage,
                person=person,
                next_at=None,
                handed_by=None,
                asked_until=None,
                decision=None,
            )
        case _:  # as in decide
            assert_never(event)


def due(state: Escalation) -> float | None:
    """When the next rung, or the end of an acknowledgement that nobody followed up, is due."""
    return state.next_at


def diagram() -> str:
    """The moves as a Mermaid diagram, for the README."""
    lines = ["stateDiagram-v2", "    [*] --> new"]
    lines += [
        f"    {stage} --> {reached}: {command.__name__}"
        for (stage, command), after in MOVES.items()
        for reached in after
    ]
    return "\n".join([*lines, "    resolved --> [*]", "    stood_down --> [*]"])


def _raise(state: Escalation, severity: Severity, at: float) -> tuple[Event, ...]:
    if state.stage == "new":
        return (Raised(severity, at),)
    if SEVERITIES.index(severity) <= SEVERITIES.index(state.severity):
        return ()
    if severity != "crisis":
        return (Risen(severity),)
    # A crisis waits for nothing that a lesser alert was waiting for.
    next_at = at if state.next_at is None or state.stage != "open" else min(at, state.next_at)
    return (Risen(severity), Reopened(next_at))


def _refused(stage: Stage) -> Refused:
    match stage:
        case "resolved" | "stood_down":
            return Refused("closed", "This alert is closed.")
        case "acknowledged" | "decided" | "entered" | "handed":
            return Refused("held", "Somebody has this alert already.")
        case "open":
            return Refused("not_held", "Nobody has acknowledged this alert.")
        case "new":
            return Refused("not_raised", "Nothing has been raised.")
        case _:  # as in decide
            assert_never(stage)
