"""Lets the people of some roles into an address over HTTP, and reads what they send."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final, TypeVar

import msgspec
from msgspec import Struct
from starlette.requests import Request

from chat.protocol import Role
from chat.rostering import Code, NotPossible
from chat.surfaces.auth import SignedIn
from chat.surfaces.security import Problem
from storage.errors import StorageError
from storage.people import Person

_T = TypeVar("_T", bound=Struct)
_A = TypeVar("_A")


class Admission:
    """`who` answers who is behind a Cookie header."""

    def __init__(self, who: Callable[[str | None], Awaitable[SignedIn | None]]) -> None:
        self._who = who

    async def one_of(self, request: Request, roles: frozenset[Role]) -> Person:
        """The person who asks, if one of these roles is theirs. Raises `Problem`."""
        try:
            signed_in = await self._who(request.headers.get("cookie"))
        except StorageError:
            raise AWAY from None
        if signed_in is None:
            raise _SIGNED_OUT
        if roles.isdisjoint(signed_in.person.roles):
            raise _NOT_ALLOWED
        return signed_in.person


async def body_of(request: Request, kind: type[_T]) -> _T:
    """What was sent, as it must be. Raises `Problem`."""
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BAD_REQUEST from None


async def answered(work: Awaitable[_A]) -> _A:
    """The answer of some work; what is not possible, or not now, as a `Problem`."""
    try:
        return await work
    except NotPossible as why:
        raise Problem(_STATUS[why.code], why.code, str(why)) from None
    except StorageError:
        raise AWAY from None


_STATUS: Final[dict[Code, HTTPStatus]] = {
    "bad_sheet": HTTPStatus.UNPROCESSABLE_ENTITY,
    "bad_calendar": HTTPStatus.UNPROCESSABLE_ENTITY,
    "not_now": HTTPStatus.CONFLICT,
    "not_allowed": HTTPStatus.FORBIDDEN,
    "unknown": HTTPStatus.NOT_FOUND,
}
_SIGNED_OUT: Final = Problem(HTTPStatus.UNAUTHORIZED, "signed_out", "Nobody is signed in here.")
_NOT_ALLOWED: Final = Problem(HTTPStatus.FORBIDDEN, "not_allowed", "Your role does not include this.")
BAD_REQUEST: Final = Problem(
    HTTPStatus.BAD_REQUEST, "bad_frame", "A field is missing or not as it should be."
)
AWAY: Final = Problem(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "busy",
    "This cannot be read or changed right now. Please try again in a minute.",
    {"Retry-After": "5"},
)
