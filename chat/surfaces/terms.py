"""`/api/terms`: what a coordinator sees of the terms, and changes in them.

`GET` lists every term with what it was counted for. `POST` proposes; `POST` to `agree`, `shadow`, `live` and
`undo` moves a change on. Each names the version it was decided at, so that nobody overrides what they did not
see.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chat.proposals import Answered, Asked, NotPossible, Proposals
from chat.protocol import Severity
from chat.surfaces.auth import SignedIn
from chat.surfaces.security import Problem, json
from chat.terms import MISSED, CampusTerms
from moderation.lexicon import CATEGORIES, Term
from storage.errors import StorageError
from storage.terms import CampusTerm

_T = TypeVar("_T", bound=Struct)

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Phrases = Annotated[list[Annotated[str, Meta(min_length=1, max_length=255)]], Meta(max_length=24)]
Kinds = Annotated[list[Annotated[str, Meta(max_length=16)]], Meta(max_length=4)]
MOST_TURNED: Final = 20
"""How many sentences that turn are shown."""


class Proposal(Struct, frozen=True, forbid_unknown_fields=True):
    """A change as a coordinator proposes it."""

    change: Literal["add", "mute", "lower"]
    lexicon: Name
    term: Name
    state: Literal["draft", "shadow", "live"] = "live"
    severity: Severity | None = None
    category: Name | None = None
    why: Annotated[str, Meta(max_length=200)] | None = None
    say: Phrases = []
    unless: Phrases = []
    needs: Kinds = []
    rises: Kinds = []
    whose: Literal["any", "self", "implied"] | None = None


class Place(Struct, frozen=True, forbid_unknown_fields=True):
    """Which change, as it stood when it was looked at."""

    lexicon: Name
    term: Name
    version: Annotated[int, Meta(ge=1, le=2**31 - 2)]


class TermsApi:
    """Coordinators only. Everything that changes something is on record."""

    def __init__(
        self,
        proposals: Proposals,
        terms: CampusTerms,
        who: Callable[[str | None], Awaitable[SignedIn | None]],
    ) -> None:
        self._proposals = proposals
        self._terms = terms
        self._who = who

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/terms", self.show, methods=["GET"]),
            Route("/api/terms", self.propose, methods=["POST"]),
            Route("/api/terms/{move}", self.move, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        person = await self._coordinator(request)
        try:
            changes, counts = await self._proposals.all()
        except StorageError:
            raise _AWAY from None
        by_key = {one.key: one for one in changes}
        shipped = [
            _shipped(lexicon.name, term, by_key.pop(f"{lexicon.name}:{term.id}", None), counts, person)
            for lexicon in self._terms.shipped.lexicons
            for term in lexicon.terms
        ]
        own = [_own(one, counts, person) for one in by_key.values()]
        return json(
            {
                "terms": [*own, *shipped],
                "missed": counts.get(MISSED, {}).get("missed", 0),
                "lexicons": [lexicon.name for lexicon in self._terms.shipped.lexicons],
                "categories": CATEGORIES,
            }
        )

    async def propose(self, request: Request) -> Response:
        person = await self._coordinator(request)
        given = await _body(request, Proposal)
        asked = Asked(
            kind=given.change,
            lexicon=given.lexicon,
            name=given.term,
            state=given.state,
            severity=given.severity,
            fields={
                "category": given.category,
                "why": given.why,
                "say": given.say,
                "unless": given.unless,
                "needs": given.needs,
                "rises": given.rises,
                "whose": given.whose,
            },
        )
        return await self._answer(person, self._proposals.propose(asked, person))

    async def move(self, request: Request) -> Response:
        person = await self._coordinator(request)
        move = request.path_params["move"]
        if move not in {"agree", "shadow", "live", "undo"}:
            raise _UNKNOWN
        place = await _body(request, Place)
        where = (place.lexicon, place.term, place.version)
        if move == "agree":
            return await self._answer(person, self._proposals.agree(*where, person))
        state: Literal["shadow", "live", "undone"] = "undone" if move == "undo" else move
        return await self._answer(person, self._proposals.move(*where, state, person))

    async def _answer(self, person: str, work: Awaitable[Answered]) -> Response:
        try:
            answered = await work
        except NotPossible as why:
            raise Problem(_STATUS[why.code], why.code, str(why)) from None
        except StorageError:
            raise _AWAY from None
        return json(
            {
                "change": _change(answered.standing, person),
                "turned": [
                    {
                        "text": one.sentence.text,
                        "wanted": one.sentence.wanted,
                        "before": one.before,
                        "after": one.after,
                    }
                    for one in answered.turned[:MOST_TURNED]
                ],
                "turned_count": len(answered.turned),
            }
        )

    async def _coordinator(self, request: Request) -> str:
        try:
            signed_in = await self._who(request.headers.get("cookie"))
        except StorageError:
            raise _AWAY from None
        if signed_in is None:
            raise _SIGNED_OUT
        if "coordinator" not in signed_in.person.roles:
            raise _NOT_ALLOWED
        return signed_in.person.id


async def _body(request: Request, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _BAD_REQUEST from None


def _counted(key: str, counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    found = counts.get(key, {})
    return {what: found.get(what, 0) for what in ("shown", "shadow", "false_alarm")}


def _shipped(
    lexicon: str, term: Term, change: CampusTerm | None, counts: Mapping[str, Mapping[str, int]], person: str
) -> dict[str, Any]:
    return {
        "lexicon": lexicon,
        "term": term.id,
        "shipped": True,
        "category": term.category,
        "severity": term.severity,
        "why": term.why,
        "change": _change(change, person) if change else None,
        **_counted(f"{lexicon}:{term.id}", counts),
    }


def _own(one: CampusTerm, counts: Mapping[str, Mapping[str, int]], person: str) -> dict[str, Any]:
    return {
        "lexicon": one.lexicon,
        "term": one.term,
        "shipped": False,
        "category": one.category or "",
        "severity": one.severity,
        "why": one.why or "",
        "change": _change(one, person),
        **_counted(one.key, counts),
    }


def _change(one: CampusTerm, person: str) -> dict[str, Any]:
    return {
        "kind": one.change,
        "lexicon": one.lexicon,
        "term": one.term,
        "state": one.state,
        "version": one.version,
        "severity": one.severity,
        "say": _lines(one.say),
        "unless": _lines(one.unless),
        "needs_second": one.second and one.agreed_by is None,
        "mine": one.proposed_by == person,
        "changed_on": one.changed_on.isoformat(),
    }


def _lines(text: str | None) -> Sequence[str]:
    return text.split("\n") if text else []


_STATUS: Final = {
    "bad_term": HTTPStatus.UNPROCESSABLE_ENTITY,
    "not_now": HTTPStatus.CONFLICT,
    "not_allowed": HTTPStatus.FORBIDDEN,
    "unknown": HTTPStatus.NOT_FOUND,
}
_SIGNED_OUT: Final = Problem(HTTPStatus.UNAUTHORIZED, "signed_out", "Nobody is signed in here.")
_NOT_ALLOWED: Final = Problem(HTTPStatus.FORBIDDEN, "not_allowed", "Only coordinators see and change terms.")
_UNKNOWN: Final = Problem(HTTPStatus.NOT_FOUND, "unknown", "There is nothing at this address.")
_BAD_REQUEST: Final = Problem(
    HTTPStatus.BAD_REQUEST, "bad_frame", "A field is missing or not as it should be."
)
_AWAY: Final = Problem(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "busy",
    "Terms cannot be read or changed right now. Please try again in a minute.",
    {"Retry-After": "5"},
)
