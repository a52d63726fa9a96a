"""The roster and the ladder of a campus as they stand, the same on every process.

The database is the truth and is looked at every few seconds. While it is away, what was read last holds: who
is on call goes on by the clock, and the ladder stays as it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol
from zoneinfo import ZoneInfo

from chat.reachable import FRESH
from moderation import ladder as ladders
from moderation import rostersheet
from moderation.channels.channel import Target
from moderation.directory import Directory, Person
from moderation.gaps import Gap, gaps, places
from moderation.ladder import Ladder
from moderation.readiness import Untested, untested
from moderation.roster import Change, OnCall, Roster
from moderation.sheet import BadSheet
from storage.changes import Change as Kept
from storage.changes import Changes
from storage.drills import Drills
from storage.overrides import Override, Overrides
from storage.reach import Reach
from storage.sheets import Kind, Sheet, Sheets

LOOK_EVERY: Final = 3.0
"""Seconds within which a change is found on every process."""
AHEAD: Final = 86_400.0
"""Seconds for which a ladder has to be tested, and for which gaps are looked for."""
BACK: Final = 14 * 86_400.0
"""Seconds for which changes that are over are still shown."""

State = Literal["tested", "override", "untested"]


class Somebody(Protocol):
    """A person of the team, as storage knows them."""

    @property
    def id(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def roles(self) -> frozenset[str]: ...
    @property
    def active(self) -> bool: ...


class Team(Protocol):
    async def of_campus(self, campus: str) -> Sequence[Somebody]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Where a plan is read from."""

    sheets: Sheets
    changes: Changes
    overrides: Overrides
    drills: Drills
    reach: Reach
    team: Team


class Plan:
    """`built_in` is the ladder of the settings; `own` are the channels of the campus' addresses and the
    fallback's.
    """

    def __init__(
        self,
        written: Written,
        *,
        campus: str,
        zone: ZoneInfo,
        built_in: Ladder,
        own: tuple[Iterable[str], Iterable[str]],
        clock: Callable[[], float],
        on_failure: Callable[[BaseException], None],
    ) -> None:
        self._written = written
        self._campus = campus
        self._built_in = built_in
        self._own = (tuple(own[0]), tuple(own[1]))
        self._clock = clock
        self._on_failure = on_failure
        self._looking = asyncio.Lock()
        self._sheets: dict[Kind, Sheet | None] = {"roster": None, "ladder": None}
        self._unreadable: dict[Kind, Sheet | None] = {}
        self._zone = zone
        self._week = Roster(zone)
        self._written_ladder = built_in
        self._flaws: tuple[Untested, ...] | None = None
        self.roster = Roster(zone)
        self.ladder = built_in
        self.changes: Sequence[Kept] = ()
        self.override: Override | None = None
        self.people: Mapping[str, Somebody] = {}
        """From ids to the active people."""
        self.proven = Directory()
        """Only targets that were confirmed, without their addresses."""

    # --- what it says -------------------------------------------------------------------------------------

    def on_call(self, at: float) -> OnCall:
        return self.roster.on_call(at)

    def state(self, at: float) -> State:
        """Whether the ladder is tested; before anything could be read, it is not."""
        if self._flaws == ():
            return "tested"
        return "override" if self.override is not None and self.override.until > at else "untested"

    @property
    def flaws(self) -> tuple[Untested, ...]:
        """The rungs that would reach nobody who has proven to be reached."""
        return self._flaws or ()

    def gaps(self, at: float, ahead: float = AHEAD) -> list[Gap]:
        """Where somebody is missed at a place that the ladder tells."""
        return gaps(self.roster, places(self.ladder), self.reached, at, at + ahead)

    @property
    def reached(self) -> frozenset[str]:
        """The people with a tested alert channel."""
        return frozenset(person.id for person in self.proven.people if person.targets)

    def names(self) -> dict[str, str]:
        """From what a person may be called in a text or a calendar, an id or an address, to the id."""
        return {called: one.id for one in self.people.values() for called in (one.id, one.email.casefold())}

    def sheet(self, kind: Kind) -> Sheet | None:
        """The text in force; None where the campus has written none."""
        return self._sheets[kind]

    # --- keeping up ---------------------------------------------------------------------------------------

    async def refresh(self) -> None:
        """Takes up what was changed, here or elsewhere. Raises what the database raises."""
        async with self._looking:
            at = self._clock()
            written, campus = self._written, self._campus
            team = await written.team.of_campus(campus)
            tested = await written.reach.tested(campus, since=at - FRESH)
            drilled = await written.drills.proven(campus, at - FRESH)
            override = await written.overrides.current(campus, at)
            changes = await written.changes.of_campus(campus, at - BACK)
            texts = {kind: await self._current(kind) for kind in self._sheets}
            self.people = {one.id: one for one in team if one.active}
            self._read(texts)
            self.changes, self.override = changes, override
            self.roster = self._week.renamed(self.names()).changed(_in_force(changes))
            self.proven = self._confirmed(tested, drilled)
            edges = self.roster.edges(at, at + AHEAD)
            self._flaws = untested(self.ladder, self.roster, self.proven, edges)

    async def _current(self, kind: Kind) -> Sheet | None:
        known = self._sheets[kind]
        version = await self._written.sheets.version(self._campus, kind)
        if version == (known.version if known else 0):
            return known
        return await self._written.sheets.current(self._campus, kind)

    def _read(self, texts: Mapping[Kind, Sheet | None]) -> None:
        """A text that this release cannot read is told of once, and leaves the one in force that it could."""
        for kind, text in texts.items():
            if text == self._sheets[kind] or text == self._unreadable.get(kind):
                continue
            try:
                self._parse(kind, text)
                self._sheets[kind] = text
            except BadSheet as error:
                self._unreadable[kind] = text
                self._on_failure(error)
        self.ladder = self._written_ladder.renamed(self.names())

    def _parse(self, kind: Kind, text: Sheet | None) -> None:
        if kind == "roster":
            self._week = rostersheet.parse(text.text) if text is not None else Roster(self._zone)
        elif text is None or not text.text.strip():
            self._written_ladder = self._built_in
        else:
            self._written_ladder = ladders.parse(text.text)

    def _confirmed(self, tested: Mapping[str, frozenset[str]], drilled: frozenset[str]) -> Directory:
        def targets(channels: Iterable[str]) -> tuple[Target, ...]:
            return tuple(Target(None, channel, "") for channel in channels if channel in drilled)

        return Directory(
            people=tuple(
                Person(
                    one.id,
                    frozenset(one.roles),
                    tuple(Target(one.id, channel, "") for channel in sorted(tested.get(one.id, ()))),
                )
                for one in self.people.values()
            ),
            campus=targets(self._own[0]),
            fallback=targets(self._own[1]),
        )


def _in_force(changes: Iterable[Kept]) -> Iterable[Change]:
    return (
        Change(one.place, one.person, one.starts_at, one.ends_at, one.kind)
        for one in changes
        if one.state == "in_force"
    )
