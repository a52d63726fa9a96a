"""Climbs ladders from memory while the store cannot: page first, record later."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from moderation.channels.channel import Delivered, Failed, Target
from moderation.clock import Clock
from moderation.escalation import Escalation, Tell, decide, evolve
from moderation.teller import Teller
from moderation.trouble import Report, Trouble

_LOOK = 1.0
_MOST = 10_000


@dataclass(slots=True)
class _Reason:
    """One alert that rings, and how often a page named it."""

    alert: str
    named: int = 0


@dataclass(slots=True)
class _Climb:
    """One campus' climb and what it is for. It is one for all: pages say the same, whatever they are for."""

    state: Escalation
    reasons: dict[str, _Reason] = field(default_factory=dict)
    telling: bool = False
    sooner: bool = False
    """Somebody is to be called without waiting for the next rung's time."""

    def hurry(self, due: float) -> None:
        """The next rung is told at `due` at the latest; at once after one that is being told."""
        if self.telling:
            self.sooner = True
        elif self.state.next_at is not None and due < self.state.next_at:
            self.state = replace(self.state, next_at=due)


@dataclass(frozen=True, slots=True)
class _Paused:
    """What a person has: it rings again at `until`; None for not at all."""

    campus: str
    alert: str
    until: float | None


class Stopgap:
    """Rings for whatever has no claim in the store, until each of its reasons is settled.

    Each page names one alert, which its tap is about: the one that was named least so far. So a tap never
    silences another, and whoever has one of several is called for the next.
    """

    def __init__(self, *, teller: Teller, clock: Clock, report: Report) -> None:
        self._teller = teller
        self._clock = clock
        self._report = report
        self._climbs: dict[str, _Climb] = {}
        self._campus_of: dict[str, str] = {}
        self._paused: dict[str, _Paused] = {}
        self._news = asyncio.Event()

    @property
    def ringing(self) -> bool:
        return bool(self._climbs)

    def ring(self, reason: str, campus: str, *, alert: str, rung: int = 0, at: float | None = None) -> None:
        """Starts or joins the climb of a campus; its next rung is told at `at` at the latest, by default now.

        `reason` is an opaque name, such as the conversation's; ringing for it again changes nothing. `alert`
        is the id that the alert has, or will have in the store.
        """
        if reason in self._campus_of or reason in self._paused or len(self._campus_of) >= _MOST:
            return
        due = self._clock.now() if at is None else at
        climb = self._climbs.get(campus)
        if climb is None:
            climb = _Climb(Escalation("open", "crisis", rung, due))
            self._climbs[campus] = climb
        else:
            climb.hurry(due)
        self._campus_of[reason] = campus
        climb.reasons[reason] = _Reason(alert)
        self._news.set()

    def settle(self, reason: str) -> None:
        """The store has this one now, or a person does; the last reason of a campus ends its climb."""
        self._paused.pop(reason, None)
        campus = self._campus_of.pop(reason, None)
        if campus is None:
            return
        climb = self._climbs[campus]
        del climb.reasons[reason]
        if not climb.reasons:
            del self._climbs[campus]

    def pause(self, reason: str, until: float | None) -> None:
        """A person has this one: it rings again at `until` unless it is settled; None for not at all.

        The other reasons of the campus ring on; at once where no page named one of them yet.
        """
        paused = self._paused.get(reason)
        if (campus := self._campus_of.get(reason)) is not None:
            paused = _Paused(campus, self._climbs[campus].reasons[reason].alert, until)
        if paused is not None:
            self.settle(reason)
            self._paused[reason] = replace(paused, until=until)
            climb = self._climbs.get(paused.campus)
            if climb is not None and not all(other.named for other in climb.reasons.values()):
                climb.hurry(self._clock.now())
                self._news.set()

    async def run(self) -> None:
        """Runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._news.clear()
                now = self._clock.now()
                for reason, paused in tuple(self._paused.items()):
                    if paused.until is not None and paused.until <= now:
                        del self._paused[reason]
                        self.ring(reason, paused.campus, alert=paused.alert)
                for campus, climb in self._climbs.items():
                    if not climb.telling and climb.state.next_at is not None and climb.state.next_at <= now:
                        climb.telling = True
                        told = min(climb.reasons.values(), key=lambda reason: reason.named)
                        told.named += 1
                        group.create_task(self._tell(campus, climb, told.alert))
                await self._clock.wait(self._news, _LOOK)

    async def _tell(self, campus: str, climb: _Climb, alert: str) -> None:
        began = self._clock.now()

        async def record(target: Target, outcome: Delivered | Failed) -> None:
            """Nothing can be recorded: this runs because the store is away."""

        async def wanted() -> bool:
            return self._climbs.get(campus) is climb

        try:
            reached = await self._teller.tell(
                campus=campus,
                rung=climb.state.rung,
                subject=f"stopgap/{campus}/{began}",
                alert=alert,
                practice=False,
                skip=(),
                record=record,
                wanted=wanted,
            )
        except Exception as error:  # noqa: BLE001  # the climb outlives whatever one rung runs into
            self._report(Trouble("rung", type(error).__name__, campus=campus))
            reached = False
        finally:
            climb.telling = False
        events = decide(climb.state, Tell(self._teller.ladder(campus), reached), began)
        for event in events if isinstance(events, tuple) else ():
            climb.state = evolve(climb.state, event)
        if climb.sooner:
            climb.sooner = False
            climb.hurry(self._clock.now())
            self._news.set()
