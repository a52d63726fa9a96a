"""`/api/roster`: who is on call when, and what people do about it.

`GET` lists two weeks by place, with gaps and swaps. Coordinators write the text, cover, take back and read
calendars in; whoever is on call asks another to take a time, who accepts or declines.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chat.plan import Plan
from chat.protocol import Role
from chat.rostering import ON_CALL, Rostering
from chat.surfaces.admission import Admission, answered, body_of
from chat.surfaces.security import json
from moderation.gaps import places
from moderation.roster import PLACES
from storage.changes import Change
from storage.feeds import Feeds
from storage.people import Person

TEAM: Final[frozenset[Role]] = frozenset({"lead", "on_call", "coordinator"})
"""Who sees the roster, and may swap what is theirs."""
COORDINATORS: Final[frozenset[Role]] = frozenset({"coordinator"})
FEED: Final = "/calendar/on-call.ics"
DAYS: Final = 14
_MOST_TEXT: Final = 96 * 1024
_MOST_CALENDAR: Final = 512 * 1024
LARGER: Final = {
    "/api/roster": _MOST_TEXT,
    "/api/ladder": _MOST_TEXT,
    "/api/roster/calendar": _MOST_CALENDAR,
}
"""From a path to the bytes that it takes, where that is more than everywhere else."""

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Moment = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}\Z")]
"""A time of the roster's wall clock, as a form gives it."""
Place = Literal["first", "second"]


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole text, and the version that it was made from."""

    text: Annotated[str, Meta(max_length=_MOST_TEXT)]
    version: Annotated[int, Meta(ge=0, le=2**31 - 2)]


class Cover(Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from"}):
    """Somebody else for a time."""

    place: Place
    person: Name
    start: Moment
    until: Moment


class Which(Struct, frozen=True, forbid_unknown_fields=True):
    """One change that was made or asked for."""

    change: Name


class RosterApi:
    """Everything that changes something is on record. `asked` tells a person that a swap is asked of them."""

    def __init__(
        self,
        rostering: Rostering,
        admission: Admission,
        record: Callable[[str, str, str, str], Awaitable[object]],
        feeds: Feeds,
        clock: Callable[[], float],
        *,
        asked: Callable[[Change], object],
    ) -> None:
        self._asked = asked
        self._rostering = rostering
        self._plan = rostering.plan
        self._admission = admission
        self._record = record
        self._feeds = feeds
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/roster", self.show, methods=["GET"]),
            Route("/api/roster", self.write, methods=["POST"]),
            Route("/api/roster/cover", self.cover, methods=["POST"]),
            Route("/api/roster/withdraw", self.withdraw, methods=["POST"]),
            Route("/api/roster/calendar", self.calendar, methods=["POST"]),
            Route("/api/roster/swap", self.swap, methods=["POST"]),
            Route("/api/roster/swap/accept", self.accept, methods=["POST"]),
            Route("/api/roster/swap/decline", self.decline, methods=["POST"]),
            Route("/api/roster/swap/withdraw", self.unask, methods=["POST"]),
            Route("/api/roster/feed", self.make_feed, methods=["POST"]),
            Route("/api/roster/feed", self.end_feed, methods=["DELETE"]),
        ]

    async def show(self, request: Request) -> Response:
        person = await self._admission.one_of(request, TEAM)
        made_on = await answered(self._feeds.made_on(person.id))
        return json(_shown(self._plan, person, self._clock()) | {"feed": _feed(made_on)})

    # --- a coordinator ------------------------------------------------------------------------------------

    async def write(self, request: Request) -> Response:
        person = await self._admission.one_of(request, COORDINATORS)
        given = await body_of(request, Text)
        made = await answered(self._rostering.write("roster", given.text, given.version, person.id))
        await self._record(person.id, "write", "roster", str(made.version))
        return json({"version": made.version})

    async def cover(self, request: Request) -> Response:
        person = await self._admission.one_of(request, COORDINATORS)
        given = await body_of(request, Cover)
        work = self._rostering.cover(given.place, given.person, given.start, given.until, person.id)
        return await self._changed(person, "cover", await answered(work))

    async def withdraw(self, request: Request) -> Response:
        person = await self._admission.one_of(request, COORDINATORS)
        given = await body_of(request, Which)
        return await self._changed(person, "withdraw", await answered(self._rostering.withdraw(given.change)))

    async def calendar(self, request: Request) -> Response:
        person = await self._admission.one_of(request, COORDINATORS)
        shifts = await answered(self._rostering.read_calendar(await request.body(), person.id))
        await self._record(person.id, "read_calendar", "roster", str(shifts))
        return json({"shifts": shifts})

    # --- whoever is on call -------------------------------------------------------------------------------

    async def swap(self, request: Request) -> Response:
        person = await self._admission.one_of(request, TEAM)
        given = await body_of(request, Cover)
        work = self._rostering.ask_swap(given.place, given.person, given.start, given.until, person.id)
        change = await answered(work)
        self._asked(change)
        return await self._changed(person, "ask_swap", change)

    async def accept(self, request: Request) -> Response:
        return await self._settle(request, "accept")

    async def decline(self, request: Request) -> Response:
        return await self._settle(request, "decline")

    async def unask(self, request: Request) -> Response:
        return await self._settle(request, "withdraw")

    async def make_feed(self, request: Request) -> Response:
        """A new password for the own calendar, shown this once; an older one ends."""
        person = await self._admission.one_of(request, TEAM)
        today = dt.datetime.fromtimestamp(self._clock(), dt.UTC).date()
        password = await answered(self._feeds.make(person.id, on=today))
        await self._record(person.id, "make_feed", "person", person.id)
        return json({"path": FEED, "user": person.email, "password": password})

    async def end_feed(self, request: Request) -> Response:
        person = await self._admission.one_of(request, TEAM)
        if await answered(self._feeds.revoke(person.id)):
            await self._record(person.id, "end_feed", "person", person.id)
        return json({"feed": None})

    async def _settle(self, request: Request, move: Literal["accept", "decline", "withdraw"]) -> Response:
        person = await self._admission.one_of(request, TEAM)
        given = await body_of(request, Which)
        change = await answered(self._rostering.settle_swap(given.change, move, person.id))
        return await self._changed(person, f"{move}_swap", change)

    async def _changed(self, person: Person, action: str, change: Change) -> Response:
        await self._record(person.id, action, "on_call", change.id)
        return json({"change": change.id})


def _shown(plan: Plan, person: Person, at: float) -> dict[str, Any]:
    """Two weeks from this Monday on, by the roster's wall clock."""
    zone = plan.roster.zone
    today = dt.datetime.fromtimestamp(at, zone).date()
    monday = today - dt.timedelta(days=today.weekday())
    start, until = (
        dt.datetime.combine(monday + dt.timedelta(days=days), dt.time(), zone).timestamp()
        for days in (0, DAYS)
    )
    coordinates = not COORDINATORS.isdisjoint(person.roles)
    sheet = plan.sheet("roster")
    told = places(plan.ladder)
    return {
        "me": person.id,
        "now": at,
        "zone": zone.key,
        "start": start,
        "until": until,
        "version": sheet.version if sheet else 0,
        "text": (sheet.text if sheet else "") if coordinates else None,
        "shifts": [
            {
                "place": place,
                "person": shift.held.person,
                "name": _name(plan, shift.held.person),
                "how": shift.held.how,
                "start": shift.start,
                "until": shift.until,
                "gap": _gap(plan, shift.held.person) if place in told and shift.until > at else None,
            }
            for place in PLACES
            for shift in plan.roster.shifts(place, start, until)
        ],
        "people": [
            {"id": one.id, "name": one.name}
            for one in plan.people.values()
            if coordinates or not ON_CALL.isdisjoint(one.roles)
        ],
        "swaps": [
            _change(plan, one)
            for one in plan.changes
            if one.kind == "swap"
            and one.ends_at > at
            and (coordinates or person.id in {one.person, one.asked_by})
        ],
        "changes": [
            _change(plan, one)
            for one in plan.changes
            if coordinates and one.state == "in_force" and one.ends_at > at
        ],
    }


def _name(plan: Plan, person: str | None) -> str | None:
    one = plan.people.get(person) if person is not None else None
    return one.name if one is not None else None


def _gap(plan: Plan, person: str | None) -> Literal["nobody", "unreachable"] | None:
    if person is None or person not in plan.people:
        return "nobody"
    return None if person in plan.reached else "unreachable"


def _change(plan: Plan, one: Change) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "state": one.state,
        "place": one.place,
        "person": one.person,
        "name": _name(plan, one.person),
        "asked_by": one.asked_by,
        "asker": _name(plan, one.asked_by),
        "start": one.starts_at,
        "until": one.ends_at,
    }


def _feed(made_on: dt.date | None) -> dict[str, str] | None:
    return None if made_on is None else {"path": FEED, "made_on": made_on.isoformat()}
