"""Climbs ladders from memory while the store cannot: page first, record later."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from moderation.channels.channel import Delivered, Failed, Target
from moderation.clock import Clock
from moderation.escalation import UNENTERED, Escalation, Tell, decide, evolve
from moderation.teller import Teller
from moderation.trouble import Report, Trouble

_LOOK = 1.0
_MOST = 10_000


@dataclass(slots=True)
class _Climb:
    """One campus' climb and what it is for; all pages say the same, so one climb serves all of a campus."""

    state: Escalation
    reasons: set[str] = field(default_factory=set)
    telling: bool = False
    held: bool = False
    """A person said "I have it" since the last rung began to be told."""


class Stopgap:
    """Rings for whatever has no claim in the store, until each of its reasons is settled."""

    def __init__(self, *, teller: Teller, clock: Clock, report: Report) -> None:
        self._teller = teller
        self._clock = clock
        self._report = report
        self._climbs: dict[str, _Climb] = {}
        self._campus_of: dict[str, str] = {}
        self._paused: dict[str, tuple[str, float | None]] = {}
        """Reasons that a person has: their campus, and when they ring again; None for not at all."""
        self._news = asyncio.Event()

    @property
    def ringing(self) -> bool:
        return bool(self._climbs)

    def ring(self, reason: str, campus: str, *, rung: int = 0, at: float | None = None) -> None:
        """Starts or joins the climb of a campus; its next rung is told at `at` at the latest, by default now.

        `reason` is an opaque name, such as the conversation's; ringing for it again changes nothing.
        """
        if reason in self._campus_of or reason in self._paused or len(self._campus_of) >= _MOST:
            return
        due = self._clock.now() if at is None else at
        climb = self._climbs.get(campus)
        if climb is None:
            climb = _Climb(Escalation("open", "crisis", rung, due))
            self._climbs[campus] = climb
        elif climb.state.next_at is not None and due < climb.state.next_at:
            climb.state = replace(climb.state, next_at=due)
        self._campus_of[reason] = campus
        climb.reasons.add(reason)
        self._news.set()

    def settle(self, reason: str) -> None:
        """The store has this one now, or a person does; the last reason of a campus ends its climb."""
        self._paused.pop(reason, None)
        campus = self._campus_of.pop(reason, None)
        if campus is None:
            return
        climb = self._climbs[campus]
        climb.reasons.discard(reason)
        if not climb.reasons:
            del self._climbs[campus]

    def pause(self, reason: str, until: float | None) -> None:
        """A person has this one: it rings again at `until` unless it is settled; None for not at all.

        The other reasons of the campus ring on.
        """
        campus = self._campus_of.get(reason) or self._paused.get(reason, ("",))[0]
        if campus:
            self.settle(reason)
            self._paused[reason] = (campus, until)

    def hold(self, campus: str) -> bool:
        """A person has what rings here: silence for five minutes, or until the campus has another reason.

        Nothing of it is on record, so the climb goes on after that. False when nothing rings.
        """
        climb = self._climbs.get(campus)
        if climb is None:
            return False
        climb.state = replace(climb.state, next_at=self._clock.now() + UNENTERED)
        climb.held = True
        return True

    async def run(self) -> None:
        """Runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._news.clear()
                now = self._clock.now()
                for reason, (campus, until) in tuple(self._paused.items()):
                    if until is not None and until <= now:
                        del self._paused[reason]
                        self.ring(reason, campus)
                for campus, climb in self._climbs.items():
                    if not climb.telling and climb.state.next_at is not None and climb.state.next_at <= now:
                        climb.telling, climb.held = True, False
                        group.create_task(self._tell(campus, climb))
                await self._clock.wait(self._news, _LOOK)

    async def _tell(self, campus: str, climb: _Climb) -> None:
        began = self._clock.now()

        async def record(target: Target, outcome: Delivered | Failed) -> None:
            """Nothing can be recorded: this runs because the store is away."""

        async def wanted() -> bool:
            return self._climbs.get(campus) is climb and not climb.held

        try:
            reached = await self._teller.tell(
                campus=campus,
                rung=climb.state.rung,
                subject=f"stopgap/{campus}/{began}",
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
        if not climb.held:
            events = decide(climb.state, Tell(self._teller.ladder(campus), reached), began)
            for event in events if isinstance(events, tuple) else ():
                climb.state = evolve(climb.state, event)
