"""`/api/drills`: what came of the drills, a button that starts one, and the switch of the monthly one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from http import HTTPStatus
from typing import Any, Final

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chat.practice import Practice
from chat.surfaces.auth import SignedIn
from chat.surfaces.security import Problem, json
from storage.drills import Drills, Outcome
from storage.errors import StorageError

SEES: Final = frozenset(("lead", "on_call", "coordinator"))
STARTS: Final = frozenset(("lead", "coordinator"))
SWITCHES: Final = frozenset(("coordinator",))
SHOWN: Final = 36
"""How many drills are shown: three years of monthly ones."""


class _Monthly(Struct, frozen=True, forbid_unknown_fields=True):
    on: bool


class DrillsApi:
    """On-call staff see them; shift leads and coordinators start one; coordinators switch the monthly one."""

    def __init__(
        self,
        practice: Practice,
        drills: Drills,
        campus: str,
        who: Callable[[str | None], Awaitable[SignedIn | None]],
    ) -> None:
        self._practice = practice
        self._drills = drills
        self._campus = campus
        self._who = who

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/drills", self.show, methods=["GET"]),
            Route("/api/drills", self.start, methods=["POST"]),
            Route("/api/drills/monthly", self.switch, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        signed_in = await self._allowed(request, SEES)
        try:
            return json(await self._shown(signed_in.person.roles))
        except StorageError:
            raise _AWAY from None

    async def start(self, request: Request) -> Response:
        """Begins a drill at once. 409 `not_now` while another runs."""
        signed_in = await self._allowed(request, STARTS)
        try:
            if await self._practice.start("button", signed_in.person.id) is None:
                raise _RUNS
            return json(await self._shown(signed_in.person.roles))
        except StorageError:
            raise _AWAY from None

    async def switch(self, request: Request) -> Response:
        """Switches the monthly drill on or off."""
        signed_in = await self._allowed(request, SWITCHES)
        try:
            given = msgspec.json.decode(await request.body(), type=_Monthly)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise _BAD_REQUEST from None
        try:
            await self._practice.switch(off=not given.on, by=signed_in.person.id)
            return json(await self._shown(signed_in.person.roles))
        except StorageError:
            raise _AWAY from None

    async def _shown(self, roles: Collection[str]) -> dict[str, Any]:
        running = await self._practice.running()
        standing = await self._practice.by_itself()
        following = await self._practice.following()
        shown: dict[str, Any] = {
            "running": None,
            "drills": [_outcome(one) for one in await self._drills.history(self._campus, SHOWN)],
            "monthly": {
                "on": standing is None or not standing.off,
                "next": following.timestamp() if following else None,
            },
            "may_start": not STARTS.isdisjoint(roles),
            "may_switch": not SWITCHES.isdisjoint(roles),
        }
        if running is not None:
            run, alert = running
            shown["running"] = {
                "started": run.started,
                "since": run.began_at,
                "until": run.until,
                "rungs": alert.rung if alert else 0,
            }
        return shown

    async def _allowed(self, request: Request, roles: Collection[str]) -> SignedIn:
        try:
            signed_in = await self._who(request.headers.get("cookie"))
        except StorageError:
            raise _AWAY from None
        if signed_in is None:
            raise _SIGNED_OUT
        if not any(role in roles for role in signed_in.person.roles):
            raise _NOT_ALLOWED
        return signed_in


def _outcome(one: Outcome) -> dict[str, Any]:
    return {
        "day": one.began_on.isoformat(),
        "started": one.started,
        "answered_after": one.answered_after,
        "rungs": [{"told_after": rung.told_after, "reached": rung.reached} for rung in one.rungs],
    }


_SIGNED_OUT: Final = Problem(HTTPStatus.UNAUTHORIZED, "signed_out", "Nobody is signed in here.")
_NOT_ALLOWED: Final = Problem(HTTPStatus.FORBIDDEN, "not_allowed", "Your role does not include this.")
_RUNS: Final = Problem(HTTPStatus.CONFLICT, "not_now", "A drill is running already. It ends by itself.")
_BAD_REQUEST: Final = Problem(
    HTTPStatus.BAD_REQUEST, "bad_frame", "A field is missing or not as it should be."
)
_AWAY: Final = Problem(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "busy",
    "Drills cannot be read or started right now. Please try again in a minute.",
    {"Retry-After": "5"},
)
