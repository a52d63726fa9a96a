"""What people do to the roster and the ladder: write, cover, swap, read a calendar in, open all the same."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Collection
from typing import Final, Literal

from chat.plan import Plan
from moderation import ladder as ladders
from moderation import rostersheet
from moderation.ical import BadCalendar, read_calendar
from moderation.roster import Place
from moderation.sheet import BadSheet
from storage.changes import Change, Changes, new_id
from storage.changes import Kind as Made
from storage.errors import Conflict
from storage.overrides import LONGEST, Override, Overrides, Reason
from storage.sheets import LONGEST_LINE, MOST_LINES, Kind, Sheet, Sheets, too_long

LONGEST_CHANGE: Final = 31 * 86_400.0
MOST_CHANGES: Final = 4_000
"""How many changes of a campus may be ahead at once."""
ON_CALL: Final = frozenset({"on_call", "lead"})
"""The roles of those who may be asked to take a shift."""
TOGETHER: Final[frozenset[str]] = frozenset({"accept", "decline"})

Code = Literal["bad_sheet", "bad_calendar", "not_now", "not_allowed", "unknown"]


class NotPossible(Exception):
    """It cannot be done, and nothing was changed; `code` and the message are for whoever asked."""

    def __init__(self, code: Code, why: str) -> None:
        super().__init__(why)
        self.code = code


class Rostering:
    """One method for each thing that somebody does. Each is in force here when it returns.

    Raises `NotPossible`, and what the database raises.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        sheets: Sheets,
        changes: Changes,
        overrides: Overrides,
        campus: str,
        roles: Collection[str],
        channels: Collection[str],
        clock: Callable[[], float],
    ) -> None:
        self.plan = plan
        self._sheets = sheets
        self._changes = changes
        self._overrides = overrides
        self._campus = campus
        self._roles = roles
        self._channels = channels
        self._clock = clock

    async def write(self, kind: Kind, text: str, version: int, person: str) -> Sheet:
        """Puts a text in force. `version` is the one that was looked at; what is refused changes nothing."""
        text = text.replace("\r\n", "\n")
        if (line := too_long(text)) is not None:
            long = f"a text has at most {MOST_LINES} lines of {LONGEST_LINE} characters"
            raise NotPossible("bad_sheet", f"Line {line}: {long}.")
        names = self.plan.names()
        try:
            if kind == "roster":
                rostersheet.parse(text, people=names)
            elif text.strip():  # none of one's own: the ladder of the settings
                ladders.parse(text, people=names, roles=self._roles, channels=self._channels)
        except BadSheet as wrong:
            raise NotPossible("bad_sheet", f"Line {wrong.line}: {wrong.reason}.") from None
        made = Sheet(self._campus, kind, version + 1, text, person, self._today())
        if await self._sheets.version(self._campus, kind) != version:
            raise NotPossible("not_now", _OVERTAKEN)
        try:
            await self._sheets.add(made)
        except Conflict:
            raise NotPossible("not_now", _OVERTAKEN) from None
        await self.plan.refresh()
        return made

    async def cover(self, place: Place, who: str, start: str, until: str, by: str) -> Change:
        """Puts somebody else on call for a time; start and end are of the roster's wall clock."""
        if who not in self.plan.people:
            raise NotPossible("unknown", "There is nobody of this name here any more.")
        change = self._change("cover", place, who, self._span(start, until), by=by)
        await self._add(change)
        return change

    async def read_calendar(self, data: bytes, by: str) -> int:
        """Puts everybody on call whom a calendar names; answers how many shifts.

        It takes the place of the calendar that was read in before, as far as that is not over.
        """
        names, zone, now = self.plan.names(), self.plan.roster.zone, self._clock()
        try:
            entered = await asyncio.to_thread(read_calendar, data, people=names, zone=zone, now=now)
        except BadCalendar as wrong:
            raise NotPossible("bad_calendar", f"Line {wrong.line}: {wrong.reason}.") from None
        self._room_for(len(entered))
        await self._changes.replace_calendar(
            self._campus,
            [
                self._change("calendar", one.place, one.person, (one.start, one.until), by=by)
                for one in entered
            ],
            at=now,
        )
        await self.plan.refresh()
        return len(entered)

    async def ask_swap(self, place: Place, to: str, start: str, until: str, by: str) -> Change:
        """Asks another person to take a time that is one's own. Nothing changes until they accept."""
        other = self.plan.people.get(to)
        if other is None or ON_CALL.isdisjoint(other.roles) or to == by:
            raise NotPossible("unknown", "This person cannot take a shift.")
        span = self._span(start, until)
        await self.plan.refresh()
        if not self._holds(by, place, span):
            raise NotPossible("not_now", "You are not on call for the whole of this time.")
        change = self._change("swap", place, to, span, by=by, state="proposed")
        await self._add(change)
        return change

    async def settle_swap(
        self, change: str, move: Literal["accept", "decline", "withdraw"], by: str
    ) -> Change:
        """The other person accepts or declines; whoever asked takes it back."""
        asked = await self._changes.get(self._campus, change)
        if asked is None or asked.kind != "swap" or by not in {asked.person, asked.asked_by}:
            raise NotPossible("unknown", "There is no such swap.")
        if (move in TOGETHER) != (by == asked.person):
            raise NotPossible("not_allowed", "This is for the other person to decide.")
        if move == "accept":
            if asked.ends_at <= self._clock():
                raise NotPossible("not_now", "This time is over.")
            await self.plan.refresh()
            if not self._holds(asked.asked_by, asked.place, (asked.starts_at, asked.ends_at)):
                raise NotPossible("not_now", "The roster has changed since this was asked.")
        becomes: Final = {"accept": "in_force", "decline": "declined", "withdraw": "withdrawn"}
        await self._settle(asked, "proposed", becomes[move])  # type: ignore[arg-type]  # its values are states
        return asked

    async def withdraw(self, change: str) -> Change:
        """Takes a change back that is in force; before it holds what held before."""
        made = await self._changes.get(self._campus, change)
        if made is None:
            raise NotPossible("unknown", "There is no such change.")
        await self._settle(made, "in_force", "withdrawn")
        return made

    async def override(self, reason: Reason, hours: float, by: str) -> Override:
        """Opens although the ladder is not tested."""
        at = self._clock()
        if not 0 < hours * 3600 <= LONGEST:
            raise NotPossible("not_now", f"This is for at most {LONGEST / 86_400:g} days at a time.")
        made = await self._overrides.add(self._campus, reason=reason, by=by, at=at, until=at + hours * 3600)
        await self.plan.refresh()
        return made

    async def end_override(self) -> None:
        """Ends what is in force of that."""
        if not await self._overrides.end(self._campus, at=self._clock()):
            raise NotPossible("not_now", "Nothing of the kind is in force.")
        await self.plan.refresh()

    # --- checking -----------------------------------------------------------------------------------------

    def _span(self, start: str, until: str) -> tuple[float, float]:
        zone = self.plan.roster.zone
        try:
            first, last = (
                dt.datetime.fromisoformat(one).replace(tzinfo=zone).timestamp() for one in (start, until)
            )
        except (ValueError, OverflowError):
            raise NotPossible("not_now", "This is no time that the roster knows.") from None
        if last <= first:
            raise NotPossible("not_now", "The end must be later than the start.")
        if last <= self._clock():
            raise NotPossible("not_now", "This time is over.")
        if last - first > LONGEST_CHANGE:
            raise NotPossible("not_now", "One change is for 31 days at most.")
        return first, last

    def _holds(self, person: str, place: Place, span: tuple[float, float]) -> bool:
        start, until = max(span[0], self._clock()), span[1]
        return all(one.held.person == person for one in self.plan.roster.shifts(place, start, until))

    def _change(
        self,
        kind: Made,
        place: Place,
        who: str,
        span: tuple[float, float],
        *,
        by: str,
        state: Literal["proposed", "in_force"] = "in_force",
    ) -> Change:
        return Change(
            id=new_id(),
            campus=self._campus,
            kind=kind,
            state=state,
            place=place,
            person=who,
            starts_at=span[0],
            ends_at=span[1],
            asked_by=by,
            settled_at=self._clock(),
        )

    def _room_for(self, more: int) -> None:
        ahead = sum(one.ends_at > self._clock() for one in self.plan.changes)
        if ahead + more > MOST_CHANGES:
            raise NotPossible("not_now", f"There are {MOST_CHANGES} changes ahead already.")

    async def _add(self, change: Change) -> None:
        self._room_for(1)
        await self._changes.add([change])
        await self.plan.refresh()

    async def _settle(
        self, change: Change, was: Literal["proposed", "in_force"], becomes: Literal["in_force", "withdrawn"]
    ) -> None:
        moved = await self._changes.settle(
            self._campus, change.id, was=was, becomes=becomes, at=self._clock()
        )
        if not moved:
            raise NotPossible("not_now", "This was settled already.")
        await self.plan.refresh()

    def _today(self) -> dt.date:
        return dt.datetime.fromtimestamp(self._clock(), self.plan.roster.zone).date()


_OVERTAKEN: Final = "Somebody else has changed this meanwhile. Please look at it again."
