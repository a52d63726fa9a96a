"""Looks a day ahead: coordinators hear of gaps in the roster, and people of the shift that comes.

Each thing is said once, whichever process looks; a gap that comes near once more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chat.plan import Plan
from moderation.channels.channel import Notice, Target
from moderation.gaps import Gap, places
from moderation.messenger import Messenger
from moderation.roster import Shift
from moderation.teller import Teller
from storage.changes import Change
from storage.lookahead import KnownGap, Lookaheads, new_id
from storage.routines import Routines

LOOK_EVERY: Final = 20.0
"""Seconds between two looks at whose turn it is."""
TURN: Final = 60.0
"""Seconds of one turn: one process looks in it, for all of them."""
NEAR: Final = 3 * 3600.0
"""Seconds before a gap at which coordinators are told again."""
_NAME: Final = "lookahead"
_LEASE: Final = 55.0
_ALOUD: Final = frozenset({"voice"})
"""Channels that ring: a reminder does not use them."""


@dataclass(frozen=True, slots=True)
class Followed:
    """The gaps as they stand now, and the ids of those that were closed in time."""

    standing: tuple[KnownGap, ...]
    closed: frozenset[str]


class Lookahead:
    """`notice` is how many seconds before a shift its person is told; 0 means never."""

    def __init__(
        self,
        plan: Plan,
        *,
        store: Lookaheads,
        routines: Routines,
        messenger: Messenger,
        teller: Teller,
        campus: str,
        notice: float,
        clock: Callable[[], float],
    ) -> None:
        self._plan = plan
        self._store = store
        self._routines = routines
        self._messenger = messenger
        self._teller = teller
        self._campus = campus
        self._notice = notice
        self._clock = clock

    async def look(self) -> None:
        """Looks, if it is this process' turn. Raises what the database raises."""
        at = self._clock()
        turn = int(at // TURN)
        if await self._routines.take(self._campus, _NAME, turn=turn, at=at, lease=_LEASE):
            await self.gaps(at)
            await self.shifts(at)
            await self._routines.done(self._campus, _NAME, turn=turn, at=self._clock())

    async def gaps(self, at: float) -> None:
        """Tells the campus and its coordinators of gaps that they have not heard of."""
        known = await self._store.gaps(self._campus, at)
        followed = follow(known, self._plan.gaps(at), new_id)
        await self._store.keep(self._campus, followed.standing, closed=followed.closed)
        for gap in followed.standing:
            if (moment := due(gap, at)) is None:
                continue
            said = Notice("roster_gap", "A gap in the roster", _gap_text(gap, self._plan))
            if await self._messenger.tell(said, self._campus, f"{gap.id}/{moment}"):
                near = gap.start - at <= NEAR
                told = replace(gap, told_at=gap.told_at or at, pressed_at=at if near else None)
                await self._store.keep(self._campus, [told], closed=())

    async def shifts(self, at: float) -> None:
        """Tells people of their shifts that begin soon."""
        if not self._notice:
            return
        for shift in self._beginning(at):
            person = shift.held.person
            if person is None:
                continue
            targets = await self._targets(person)
            noted = {"place": shift.place, "person": person, "starts_at": shift.start}
            if not targets or not await self._store.notice(self._campus, **noted):  # type: ignore[arg-type]  # its own fields
                continue
            said = Notice("shift", "Your shift", _shift_text(shift, self._plan))
            key = f"{self._campus}/{shift.place}/{person}/{shift.start}"
            if not await self._messenger.send(said, self._campus, key, targets):
                await self._store.unnotice(self._campus, **noted)  # type: ignore[arg-type]  # as above

    async def swap_asked(self, change: Change) -> None:
        """Tells a person that somebody asks them to take a shift, and when it begins."""
        text = f"Somebody asks you to take a shift from {_moment(change.starts_at, self._plan)}."
        said = Notice("swap", "A shift to take over", f"{text} Please look at the roster.")
        await self._messenger.send(said, self._campus, change.id, await self._targets(change.person))

    def _beginning(self, at: float) -> Iterable[Shift]:
        roster = self._plan.roster
        for place in places(self._plan.ladder):
            before = roster.holder(place, at).person
            for shift in roster.shifts(place, at, at + self._notice):
                if shift.held.person != before and shift.start > at:
                    yield shift
                before = shift.held.person

    async def _targets(self, person: str) -> Sequence[Target]:
        directory = await self._teller.look_up(self._campus)
        return [
            target
            for one in directory.people
            if one.id == person
            for target in one.targets
            if target.channel not in _ALOUD
        ]


def follow(known: Sequence[KnownGap], found: Sequence[Gap], name: Callable[[], str]) -> Followed:
    """Which of the gaps found are those that are known: the same place and reason, and times that meet."""
    left = list(known)
    standing = []
    for gap in found:
        same = next(
            (
                one
                for one in left
                if (one.place, one.why) == (gap.place, gap.why)
                and one.start <= gap.until
                and gap.start <= one.until
            ),
            None,
        )
        if same is None:
            standing.append(KnownGap(name(), gap.place, gap.why, gap.start, gap.until))
        else:
            left.remove(same)
            standing.append(replace(same, start=min(same.start, gap.start), until=gap.until))
    return Followed(tuple(standing), frozenset(one.id for one in left))


def due(gap: KnownGap, at: float) -> str | None:
    """Which time it is that a gap has to be told of, `first` or `again`; None when it need not be."""
    if gap.told_at is None:
        return "first"
    near = gap.start - at <= NEAR
    return "again" if near and gap.pressed_at is None and gap.told_at < gap.start - NEAR else None


def _gap_text(gap: KnownGap, plan: Plan) -> str:
    who = "Nobody is" if gap.why == "nobody" else "Somebody without a tested alert channel is"
    return f"{who} {gap.place} on call from {_moment(gap.start, plan)}. Please look at the roster."


def _shift_text(shift: Shift, plan: Plan) -> str:
    return f"Your on-call shift begins at {_moment(shift.start, plan)}."


def _moment(at: float, plan: Plan) -> str:
    return dt.datetime.fromtimestamp(at, plan.roster.zone).strftime("%H:%M on %A, %d %B (%Z)")
