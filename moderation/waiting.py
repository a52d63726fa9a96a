"""Alerts that wait for the store: what staff are shown of them meanwhile, and who has them already.

A process knows its own, which lie in its spool or its memory, and is told of those of others. What a person
says of one ("I have it") is remembered here until the store has both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from moderation.alerts import SEVERITIES, Alert, AlertState, Severity, Source
from moderation.decisions import Decision
from moderation.hold import Hold
from moderation.sighting import Sighting

HEARD_FOR = 15.0
"""Seconds that the alert of another process is shown without being told of again."""


@dataclass(frozen=True, slots=True)
class WaitingAlert:
    """An `Alert` that the store does not have yet, or cannot be asked for (`stored`)."""

    id: str
    campus: str
    conversation: str | None
    category: str
    severity: Severity
    source: Source
    raised_at: float
    rung: int = 0
    next_at: float | None = None
    person: str | None = None
    held_at: float | None = None
    stored: bool = False
    fence: int = 0
    handed_by: str | None = None
    asked_until: float | None = None
    decision: Decision | None = None

    @property
    def decided_at(self) -> float | None:
        return None if self.decision is None else self.held_at

    @property
    def state(self) -> AlertState:
        return "open" if self.person is None else "acknowledged"


class Waiting:
    """No clock and no chance: times come from the caller, in seconds since the Unix epoch."""

    def __init__(self) -> None:
        self._own: dict[str, WaitingAlert] = {}
        self._heard: dict[str, tuple[WaitingAlert, float]] = {}

    def of(self, conversation: str, at: float) -> WaitingAlert | None:
        """The alert of a conversation, as it stands at `at`."""
        return next((a for a in self.live(None, at) if a.conversation == conversation), None)

    def get(self, alert: str, at: float) -> WaitingAlert | None:
        return next((a for a in self.live(None, at) if a.id == alert), None)

    def live(self, campus: str | None, at: float) -> Sequence[WaitingAlert]:
        """What waits for a campus (None: for any), the most severe and longest open first."""
        heard = {id_: alert for id_, (alert, since) in self._heard.items() if at - since < HEARD_FOR}
        every = [_lapsed(alert, at) for alert in (heard | self._own).values()]
        mine = [alert for alert in every if campus is None or alert.campus == campus]
        return sorted(mine, key=lambda a: (-SEVERITIES.index(a.severity), a.raised_at, a.id))

    @property
    def own(self) -> Sequence[WaitingAlert]:
        """What this process tells the others of."""
        return tuple(self._own.values())

    def saw(self, sighting: Sighting, known: Alert | None = None) -> tuple[WaitingAlert, bool]:
        """The alert that a sighting waits for, and whether it changed.

        As in the store: one alert a conversation, whose severity only rises; a rise to `crisis` takes it
        from whoever has it. `known` is the open alert that the store had of the conversation.
        """
        standing = self.of(sighting.conversation, sighting.at) or (remembered(known) if known else None)
        if standing is None:
            fresh = WaitingAlert(
                sighting.alert,
                sighting.campus,
                sighting.conversation,
                sighting.category,
                sighting.severity,
                sighting.source,
                sighting.at,
                next_at=sighting.at,
            )
            self._own[fresh.id] = fresh
            return fresh, True
        own = standing.id in self._own
        risen = standing
        if SEVERITIES.index(sighting.severity) > SEVERITIES.index(standing.severity):
            risen = replace(
                standing,
                category=sighting.category,
                severity=sighting.severity,
                source=sighting.source,
            )
            if sighting.severity == "crisis" and sighting.at > (standing.held_at or 0.0):
                risen = replace(risen, person=None, held_at=None, decision=None, next_at=sighting.at)
        self._own[risen.id] = risen
        return risen, risen != standing or not own

    def hold(self, hold: Hold, *, known: Alert | None = None) -> WaitingAlert | None:
        """Notes that a person has an alert; `known` is how the store held it before it went away.

        None when there is no such alert here, or somebody else has it.
        """
        standing = self.get(hold.alert, hold.at) or (remembered(known) if known is not None else None)
        if standing is None or standing.person not in {None, hold.person}:
            return None
        held = replace(
            standing, person=hold.person, held_at=hold.at, next_at=hold.again_at, decision=hold.decision
        )
        self._own[hold.alert] = held
        return held

    def held(self, conversation: str, at: float) -> Hold | None:
        """Who has the alert of a conversation."""
        standing = self.of(conversation, at)
        return hold_of(standing) if standing is not None else None

    def promised(self, at: float) -> Sequence[Hold]:
        """What people said of alerts that the store has: it is told so when it is back."""
        return [
            hold for alert in self.live(None, at) if alert.stored and (hold := hold_of(alert)) is not None
        ]

    def hear(self, told: WaitingAlert, at: float) -> None:
        """How an alert stands that waits in another process, or what a person said there of one here."""
        standing = self._own.get(told.id)
        if standing is None:
            self._heard[told.id] = (told, at)
        elif (told.held_at or 0.0) > (standing.held_at or 0.0):
            self._own[told.id] = replace(
                standing,
                person=told.person,
                held_at=told.held_at,
                next_at=told.next_at,
                decision=told.decision,
            )

    def drop(self, alert: str) -> bool:
        """The store has it; whether it was known here."""
        heard = self._heard.pop(alert, None)
        return self._own.pop(alert, None) is not None or heard is not None


def _lapsed(alert: WaitingAlert, at: float) -> WaitingAlert:
    """Nobody entered in time: it is nobody's again."""
    if alert.person is None or alert.next_at is None or at < alert.next_at:
        return alert
    return replace(alert, person=None, decision=None)


def hold_of(alert: WaitingAlert) -> Hold | None:
    """Who has this one."""
    if alert.person is None or alert.held_at is None:
        return None
    return Hold(alert.id, alert.person, alert.held_at, alert.next_at, alert.decision, alert.severity)


def remembered(alert: Alert) -> WaitingAlert:
    """An alert of the store that nobody has, while the store is away."""
    return WaitingAlert(
        alert.id,
        alert.campus,
        alert.conversation,
        alert.category,
        alert.severity,
        alert.source,
        alert.raised_at,
        rung=alert.rung,
        next_at=alert.next_at,
        stored=True,
    )
