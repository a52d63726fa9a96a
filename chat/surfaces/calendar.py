"""`/calendar/on-call.ics`: a person's own shifts for their calendar, which cannot sign in.

It comes with HTTP Basic: the person's address, and a password that is good for this alone. Neither stands in
the address.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chat.plan import Plan
from chat.surfaces.admission import answered
from chat.surfaces.roster import FEED
from chat.surfaces.security import Problem
from moderation.ical import shifts_as_calendar
from moderation.roster import PLACES
from storage.feeds import Feeds

BACK: Final = 7 * 86_400.0
AHEAD: Final = 92 * 86_400.0
"""Seconds of the past and of the future that a calendar is told of."""
_LONGEST: Final = 1024


class CalendarFeed:
    """Reads only; whoever has the password learns when somebody is on call, and nothing else."""

    def __init__(self, plan: Plan, feeds: Feeds, campus: str, clock: Callable[[], float]) -> None:
        self._plan = plan
        self._feeds = feeds
        self._campus = campus
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        return [Route(FEED, self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        given = _credentials(request.headers.get("authorization", ""))
        person = await answered(self._feeds.who(*given)) if given else None
        if person is None or person.campus != self._campus:
            raise _WHO
        at = self._clock()
        shifts = [
            (place, shift.start, shift.until)
            for place in PLACES
            for shift in self._plan.roster.shifts(place, at - BACK, at + AHEAD)
            if shift.held.person == person.id
        ]
        data = shifts_as_calendar(shifts, owner=f"{self._campus}/{person.id}", now=at)
        return Response(data, media_type="text/calendar")


def _credentials(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.casefold() != "basic" or len(encoded) > _LONGEST:
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if colon else None


_WHO: Final = Problem(
    HTTPStatus.UNAUTHORIZED,
    "signed_out",
    "This calendar needs your address and its own password, which the staff surface makes.",
    {"WWW-Authenticate": 'Basic realm="On call", charset="UTF-8"'},
)
