"""`/api/reach`: where a member of the team is reached, and whether that works; `/api/acknowledge`: one tap.

Everybody of the team sees and changes their own addresses and nobody else's. Coordinators see of each person
which channels are tested, and no address. Acknowledging needs no session: the link says for whom it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal, Protocol, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chat.reachable import Address, NotPossible, Reachable
from chat.surfaces.auth import SignedIn
from chat.surfaces.security import Problem, json
from chat.taps import Refused, Taps, Why
from storage.errors import StorageError

_T = TypeVar("_T", bound=Struct)


class Added(Struct, frozen=True, forbid_unknown_fields=True):
    """A way to be reached, as its person writes it."""

    channel: Literal["push", "sms", "voice", "email", "apprise"]
    address: Annotated[str, Meta(min_length=1, max_length=1500)]
    label: Annotated[str, Meta(max_length=40)] = ""

    def __repr__(self) -> str:
        return "<added>"


class Tapped(Struct, frozen=True, forbid_unknown_fields=True):
    """What stood in the fragment of a page's link."""

    link: Annotated[str, Meta(min_length=1, max_length=600)]

    def __repr__(self) -> str:
        return "<tapped>"


class Named(Protocol):
    """Somebody of the team."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def roles(self) -> frozenset[Any]: ...
    @property
    def active(self) -> bool: ...


class ReachApi:
    """Everything that changes something is on record, by ids alone."""

    def __init__(
        self,
        *,
        reachable: Reachable,
        taps: Taps,
        push_key: str,
        campus: str,
        team: Callable[[], Awaitable[Sequence[Named]]],
        who: Callable[[str | None], Awaitable[SignedIn | None]],
        record: Callable[[str, str, str, str], Awaitable[object]],
    ) -> None:
        """`push_key` is the public key with which browsers subscribe; `team` lists all of the campus."""
        self._reachable = reachable
        self._taps = taps
        self._push_key = push_key
        self._campus = campus
        self._team = team
        self._who = who
        self._record = record

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/reach", self.show, methods=["GET"]),
            Route("/api/reach", self.add, methods=["POST"]),
            Route("/api/reach/people", self.people, methods=["GET"]),
            Route("/api/reach/{address}", self.remove, methods=["DELETE"]),
            Route("/api/reach/{address}/test", self.test, methods=["POST"]),
            Route("/api/reach/{address}/heard", self.heard, methods=["POST"]),
            Route("/api/acknowledge", self.tap, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        person = (await self._signed_in(request)).person.id
        own = await _answered(self._reachable.own(person))
        return json(
            {
                "channels": list(self._reachable.ready),
                "services": list(self._reachable.services),
                "push_key": self._push_key,
                "addresses": [_shown(one) for one in own],
            }
        )

    async def add(self, request: Request) -> Response:
        person = (await self._signed_in(request)).person.id
        given = await _body(request, Added)
        added = await _answered(self._reachable.add(person, given.channel, given.address, given.label))
        await self._record(person, "add", "reach", added.id)
        return json(_shown(added))

    async def remove(self, request: Request) -> Response:
        person = (await self._signed_in(request)).person.id
        address = request.path_params["address"]
        await _answered(self._reachable.remove(person, address))
        await self._record(person, "remove", "reach", address)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def test(self, request: Request) -> Response:
        """Answers when the other side has taken the practice page; that it arrived, only a person says."""
        person = (await self._signed_in(request)).person.id
        await _answered(self._reachable.test(person, request.path_params["address"]))
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def heard(self, request: Request) -> Response:
        person = (await self._signed_in(request)).person.id
        address = request.path_params["address"]
        await _answered(self._reachable.heard(person, address))
        await self._record(person, "confirm", "reach", address)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def people(self, request: Request) -> Response:
        signed_in = await self._signed_in(request)
        if "coordinator" not in signed_in.person.roles:
            raise _NOT_ALLOWED
        tested = await _answered(self._reachable.tested(self._campus))
        return json(
            {
                "people": [
                    {
                        "name": one.name,
                        "roles": sorted(one.roles),
                        "tested": sorted(tested.get(one.id, ())),
                    }
                    for one in await _answered(self._team())
                    if one.active
                ]
            }
        )

    async def tap(self, request: Request) -> Response:
        """Only this, and never opening an address, acknowledges: programs that look at mail follow links."""
        given = await _body(request, Tapped)
        try:
            return json({"outcome": await self._taps.tap(given.link)})
        except Refused as refused:
            raise _REFUSED[refused.why] from None

    async def _signed_in(self, request: Request) -> SignedIn:
        signed_in = await _answered(self._who(request.headers.get("cookie")))
        if signed_in is None:
            raise _SIGNED_OUT
        return signed_in


_A = TypeVar("_A")


async def _answered(work: Awaitable[_A]) -> _A:
    try:
        return await work
    except NotPossible as why:
        raise Problem(_STATUS[why.code], why.code, str(why)) from None
    except StorageError:
        raise _AWAY from None


async def _body(request: Request, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _BAD_REQUEST from None


def _shown(one: Address) -> dict[str, Any]:
    return {
        "id": one.id,
        "channel": one.channel,
        "label": one.label,
        "shown": one.shown,
        "added_on": one.added_on.isoformat(),
        "tried_at": one.tried_at,
        "confirmed_at": one.confirmed_at,
    }


_STATUS: Final = {
    "bad_address": HTTPStatus.UNPROCESSABLE_ENTITY,
    "not_now": HTTPStatus.CONFLICT,
    "too_fast": HTTPStatus.TOO_MANY_REQUESTS,
    "unknown": HTTPStatus.NOT_FOUND,
}
_SIGNED_OUT: Final = Problem(HTTPStatus.UNAUTHORIZED, "signed_out", "Nobody is signed in here.")
_NOT_ALLOWED: Final = Problem(
    HTTPStatus.FORBIDDEN, "not_allowed", "Only coordinators see who can be reached."
)
_BAD_REQUEST: Final = Problem(
    HTTPStatus.BAD_REQUEST, "bad_frame", "A field is missing or not as it should be."
)
_AWAY: Final = Problem(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "busy",
    "This cannot be read or changed right now. Please try again in a minute.",
    {"Retry-After": "5"},
)
_REFUSED: Final[dict[Why, Problem]] = {
    "unknown": Problem(
        HTTPStatus.NOT_FOUND, "unknown", "This link is not whole, or not one of ours. Nothing was done."
    ),
    "old": Problem(HTTPStatus.GONE, "old", "This link is older than fifteen minutes. Nothing was done."),
    "used": Problem(HTTPStatus.CONFLICT, "used", "This link was used already. It works once."),
    "over": Problem(HTTPStatus.CONFLICT, "over", "This is over. Nobody needs you for it any more."),
    "held": Problem(HTTPStatus.CONFLICT, "held", "Somebody else has it. You need not do anything."),
    "busy": Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "busy",
        "This could not be noted right now, so others are still being told. Please try again.",
        {"Retry-After": "2"},
    ),
}
