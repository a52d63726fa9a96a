"""Carries alerts up their ladders. Any process may run one: leases and fences keep them apart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence

from moderation.alerts import Alert, AlertStore, Severity, Source
from moderation.announcer import Announcer
from moderation.channels.channel import Delivered, Failed, Target
from moderation.clock import Clock
from moderation.decisions import LONGEST
from moderation.escalation import (
    UNENTERED,
    Ask,
    Asked,
    Escalation,
    Event,
    Lapse,
    Refused,
    Tell,
    Told,
    decide,
    evolve,
    of,
)
from moderation.pager import Record
from moderation.stopgap import Stopgap
from moderation.teller import Teller
from moderation.trouble import Report, Trouble
from moderation.waiting import remembered

LOOK = 1.0
"""Seconds between two looks into the store, which is the truth; being woken only makes it sooner."""

LEASE = 15.0
"""Seconds that a claim holds: longer than telling a rung takes, short enough for a dead process."""

AHEAD = 10.0
"""Seconds by which something may be due later than any ladder says before a clock is taken to be wrong."""

_AT_ONCE = 64
_PATIENCE = 2.0


def at_once(campus: str, at: float) -> float:  # noqa: ARG001  # the shape of every campus' own rule
    """The rule of a campus where alerts below `crisis` do not wait for opening hours."""
    return at


class Dispatcher:
    """Claims what is due, tells the rung, moves the alert on.

    `owner` is unique to this process and start. `may_tell` answers when an alert below `crisis` may be told
    at the earliest; a crisis, and whatever a person raised, never waits.
    """

    def __init__(
        self,
        *,
        store: AlertStore,
        teller: Teller,
        stopgap: Stopgap,
        announcer: Announcer,
        clock: Clock,
        owner: str,
        report: Report,
        may_tell: Callable[[str, float], float] = at_once,
    ) -> None:
        self._store = store
        self._teller = teller
        self._stopgap = stopgap
        self._announcer = announcer
        self._clock = clock
        self._owner = owner
        self._report = report
        self._may_tell = may_tell
        self._news = asyncio.Event()
        self._telling: dict[str, asyncio.Task[None]] = {}
        self._open: dict[str, Alert] = {}
        self._held: dict[str, Alert] = {}
        """What a person had as the store held it last: shown in an outage, climbed on when that lapses."""
        self._bridged: set[str] = set()
        self._silent: dict[str, float | None] = {}
        self._again: dict[str, Alert] = {}
        """Claims of what is being told at this moment: it changed meanwhile, and has its turn afterwards."""
        self._ahead: dict[str, tuple[int, float]] = {}
        """What another clock put off too far: the fence with which it did, and when it is due by this one."""

    @property
    def busy(self) -> int:
        """How many alerts are being told at this moment."""
        return len(self._telling)

    def wake(self) -> None:
        """Something may be due now."""
        self._news.set()

    def earliest(self, campus: str, severity: Severity, source: Source, at: float) -> float:
        """When such an alert may be told: `at`, unless it is one of those that wait for opening hours."""
        pressing = severity == "crisis" or source != "screening"
        return at if pressing else self._may_tell(campus, at)

    def hush(self, alert: str, moved: Alert | None = None, *, closed: bool = False) -> None:
        """A person has this alert: its paging from this process stops at once.

        `moved` is how it stands since, where that is known here: it is known by that, should the store go
        away now. `closed` says that it is over.
        """
        held = moved or self._held.get(alert)
        self._forget(alert)
        if held is not None and held.state == "acknowledged" and not closed:
            self._held[alert] = held
        if task := self._telling.get(alert):
            task.cancel()

    def silence(self, alert: str, until: float | None) -> None:
        """A person has this one, and the store does not know it yet; None for until it does."""
        self._silent[alert] = until

    def known(self, alert: str) -> Alert | None:
        """An alert that nobody has, as the store held it last."""
        return self._open.get(alert) or (self._held.get(alert) if alert in self._bridged else None)

    def open_of(self, conversation: str) -> Alert | None:
        """The open alert of a conversation as the store held it last."""
        return next((alert for alert in self._open.values() if alert.conversation == conversation), None)

    @property
    def bridged(self) -> Sequence[Alert]:
        """The alerts that climb from memory, because the store is away: nobody has them."""
        every = (*self._open.values(), *(remembered(alert) for alert in self._held.values()))
        return [alert for alert in every if alert.id in self._bridged]

    @property
    def held(self) -> Sequence[Alert]:
        """What somebody has, as the store held it last."""
        return [alert for alert in self._held.values() if alert.id not in self._bridged]

    def remember(self, live: Iterable[Alert]) -> None:
        """What the store held last, so that open alerts climb on from memory while the store is away."""
        standing, now = list(live), self._clock.now()
        self._open = {alert.id: alert for alert in standing if alert.state == "open"}
        self._held = {alert.id: alert for alert in standing if alert.state == "acknowledged"}
        self._ahead = {
            alert.id: self._put_off(alert, longest, now)
            for alert in standing
            if alert.next_at is not None
            and alert.next_at - now > (longest := self._longest(alert, now)) + AHEAD
        }

    def _longest(self, alert: Alert, at: float) -> float:
        """How many seconds from now an alert may be due at the latest, whatever befell it."""
        waits = self.earliest(alert.campus, alert.severity, alert.source, at) - at
        held = 0.0
        if alert.state == "acknowledged":
            held = UNENTERED if alert.decision is None else LONGEST
        return max(self._teller.ladder(alert.campus).longest_wait, waits, held)

    def _put_off(self, alert: Alert, longest: float, at: float) -> tuple[int, float]:
        """The clock of the machine was set back, or is behind: what was due at a moment that is far away now
        is due when its wait is over by this clock, unless somebody moves it before.
        """
        known = self._ahead.get(alert.id)
        return known if known is not None and known[0] == alert.fence else (alert.fence, at + longest + AHEAD)

    async def run(self) -> None:
        """Runs until cancelled, then ends at once; what was half told is taken over when its lease ends."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._news.clear()
                pause = LOOK
                if free := _AT_ONCE - self.busy:
                    claimed = await self._claim(free)
                    for alert in claimed:
                        self._telling[alert.id] = group.create_task(self._tell(alert))
                    pause = 0.0 if len(claimed) == free else await self._pause()
                await self._clock.wait(self._news, pause)

    async def _claim(self, limit: int) -> Sequence[Alert]:
        now = self._clock.now()
        try:
            async with self._clock.within(_PATIENCE):
                claimed = await self._store.claim_due(
                    owner=self._owner,
                    at=now,
                    lease=LEASE,
                    limit=limit,
                    overdue=[(alert, fence) for alert, (fence, due) in self._ahead.items() if due <= now],
                )
        except Exception as error:  # noqa: BLE001  # any database error: the next look tries again
            self._report(Trouble("store", type(error).__name__))
            self._bridge()
            return ()
        for alert in self._bridged:
            self._stopgap.settle(alert)
        self._bridged.clear()
        self._again |= {alert.id: alert for alert in claimed if alert.id in self._telling}
        fresh = [
            alert for alert in claimed if alert.id not in self._telling and not self._is_silent(alert.id, now)
        ]
        # From here on: the store may go away while the first rung is told, before it is looked at again.
        self._open |= {alert.id: alert for alert in fresh if alert.state == "open"}
        return fresh

    async def _pause(self) -> float:
        try:
            async with self._clock.within(_PATIENCE):
                due = await self._store.next_due()
        except Exception:  # noqa: BLE001  # as in _claim, which reports it a second later
            return LOOK
        left = LOOK if due is None else due - self._clock.now()
        # What is due but not to be had is held by another process; it is looked at again with the next look.
        return left if 0 < left < LOOK else LOOK

    def _bridge(self) -> None:
        for alert in self._open.values():
            due = self._ahead[alert.id][1] if alert.id in self._ahead else alert.next_at
            self._stopgap.ring(alert.id, alert.campus, alert=alert.id, rung=alert.rung, at=due)
            self._bridged.add(alert.id)
        now = self._clock.now()
        for alert in self._held.values():
            until = alert.next_at if alert.asked_until is None else alert.asked_until
            if until is not None and until <= now:  # nobody moved it on in time: it is nobody's again
                self._stopgap.ring(alert.id, alert.campus, alert=alert.id, rung=alert.rung)
                self._bridged.add(alert.id)

    def _is_silent(self, alert: str, at: float) -> bool:
        until = self._silent.get(alert, 0.0)
        return until is None or at < until

    def _forget(self, alert: str) -> None:
        self._silent.pop(alert, None)
        self._open.pop(alert, None)
        self._held.pop(alert, None)
        self._bridged.discard(alert)
        self._stopgap.settle(alert)

    async def _tell(self, alert: Alert) -> None:
        claim: Alert | None = alert
        try:
            while claim is not None:
                try:
                    await self._climb(claim)
                except Exception as error:  # noqa: BLE001  # the others go on; this one's lease ends
                    self._report(Trouble("rung", type(error).__name__, alert.id, alert.campus))
                claim = self._again.pop(alert.id, None)
        finally:
            self._again.pop(alert.id, None)
            del self._telling[alert.id]
            self._news.set()

    async def _climb(self, alert: Alert) -> None:
        began = self._clock.now()
        due = max(began, alert.next_at or began)  # later than now only where another clock put it off
        asked = decide(of(alert), Ask(), due)
        if not isinstance(asked, Refused):
            await self._ask(alert, asked)
            return
        state = _lapsed(of(alert), due)
        earliest = self.earliest(alert.campus, alert.severity, alert.source, began)
        if earliest > began:
            await self._move(alert, state.rung, earliest)
            return
        reached = await self._teller.tell(
            campus=alert.campus,
            rung=state.rung,
            subject=alert.id,
            alert=alert.id,
            practice=alert.source == "practice",
            skip=await self._delivered(alert),
            record=self._recorder(alert),
            wanted=lambda: self._holds(alert),
        )
        events = decide(state, Tell(self._teller.ladder(alert.campus), reached), began)
        for event in events if isinstance(events, tuple) else ():
            if isinstance(event, Told):
                await self._move(alert, event.rung, event.next_at)

    async def _ask(self, alert: Alert, events: tuple[Event, ...]) -> None:
        """Pages the person whom the alert was handed to; until when they have time, stood fixed before."""
        if alert.person is not None:
            await self._teller.tell(
                campus=alert.campus,
                rung=alert.rung,
                person=alert.person,
                subject=f"{alert.id}/{alert.asked_until}",
                practice=alert.source == "practice",
                skip=(),
                record=self._recorder(alert),
                wanted=lambda: self._holds(alert),
                alert=alert.id,
            )
        for event in events:
            if isinstance(event, Asked):
                async with self._clock.within(_PATIENCE):
                    await self._store.asked(alert=alert.id, fence=alert.fence, next_at=event.again_at)

    async def _move(self, alert: Alert, rung: int, next_at: float) -> None:
        async with self._clock.within(_PATIENCE):
            moved = await self._store.advance(alert=alert.id, fence=alert.fence, rung=rung, next_at=next_at)
            fresh = await self._store.get(alert.id) if moved else None
        if fresh is not None:
            if fresh.state == "open":
                self._open[fresh.id] = fresh
            await self._announcer.announce(fresh)

    async def _delivered(self, alert: Alert) -> Collection[tuple[str | None, str]]:
        try:
            async with self._clock.within(_PATIENCE):
                return await self._store.delivered(alert=alert.id, rung=alert.rung)
        except Exception as error:  # noqa: BLE001  # any database error: a page too many is better than a miss
            self._report(Trouble("store", type(error).__name__, alert.id, alert.campus))
            return ()

    async def _holds(self, alert: Alert) -> bool:
        try:
            async with self._clock.within(_PATIENCE):
                now = await self._store.get(alert.id)
        except Exception:  # noqa: BLE001  # as in _delivered
            return True
        return now is not None and now.fence == alert.fence

    def _recorder(self, alert: Alert) -> Record:
        async def record(target: Target, outcome: Delivered | Failed) -> None:
            try:
                async with self._clock.within(_PATIENCE):
                    await self._store.record_delivery(
                        alert=alert.id,
                        rung=alert.rung,
                        person=target.person,
                        channel=target.channel,
                        outcome="delivered" if isinstance(outcome, Delivered) else outcome.reason.value,
                        at=self._clock.now(),
                    )
            except Exception as error:  # noqa: BLE001  # as in _delivered
                self._report(Trouble("store", type(error).__name__, alert.id, alert.campus))

        return record


def _lapsed(state: Escalation, at: float) -> Escalation:
    """An acknowledged alert is only claimed when nobody entered, moved on, or confirmed, in time."""
    if state.stage in {"acknowledged", "decided", "handed"}:
        events = decide(state, Lapse(), at)
        for event in events if isinstance(events, tuple) else ():
            state = evolve(state, event)
    return state
