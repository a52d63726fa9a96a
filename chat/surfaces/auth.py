"""Sign-in of the team: opaque sessions in a strict cookie, revocable together with their sockets.

Seekers never come here. A session is 256 random bits in a cookie; the database holds only their SHA-256.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chat.passwords import Passwords, TooBusy
from chat.proofs import Enrol, Proofs, Wait
from chat.second_factor import squares
from chat.surfaces.security import CLEAR, Problem, json
from chat.surfaces.throttle import Throttle
from storage.audit import Audit
from storage.errors import Broken, Unavailable
from storage.people import People, Person
from storage.sessions import Sessions

GRACE: Final = 900.0
"""Seconds for which a session that was good goes on while the database is away."""
TOUCH_EVERY: Final = 60.0
"""Seconds between two notes that a session is in use."""
_MOST_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person and the session by which they came."""

    person: Person
    token: str = field(repr=False)
    """SHA-256 of the session's token, in hexadecimal: names it to whoever closes its sockets."""


class _Credentials(Struct, frozen=True, forbid_unknown_fields=True):
    email: Annotated[str, Meta(min_length=3, max_length=254)]
    password: Annotated[str, Meta(min_length=1, max_length=1024)]
    code: Annotated[str, Meta(max_length=16)] | None = None
    """Of the app that is the second factor; empty or left out until it is asked for."""

    def __repr__(self) -> str:
        return "<credentials>"


class Auth:
    """`/api/session`, and the answer to who is behind a cookie.

    `revoked` is called with the session's name (`SignedIn.token`) once it is revoked.
    """

    def __init__(
        self,
        *,
        people: People,
        sessions: Sessions,
        audit: Audit,
        passwords: Passwords,
        proofs: Proofs,
        clock: Callable[[], float],
        revoked: Callable[[str], None],
        https: bool,
        idle_seconds: float = 1800.0,
        absolute_seconds: float = 43_200.0,
    ) -> None:
        self._people = people
        self._sessions = sessions
        self._audit = audit
        self._passwords = passwords
        self._proofs = proofs
        self._clock = clock
        self._revoked = revoked
        self._https = https
        self._idle = idle_seconds
        self._absolute = absolute_seconds
        self._throttle = Throttle()
        self._remembered: OrderedDict[str, tuple[Person, float]] = OrderedDict()
        self.cookie: Final = "__Host-warmline" if https else "warmline"

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/session", self.show, methods=["GET"]),
            Route("/api/session", self.sign_in, methods=["POST"]),
            Route("/api/session", self.sign_out, methods=["DELETE"]),
        ]

    async def who(self, cookie_header: str | None) -> SignedIn | None:
        """Who is behind a Cookie header, which counts as a sign of life of the session.

        Raises `storage.errors.Unavailable` when the database is away and the session is not known here.
        """
        token = self._token(cookie_header)
        return await self.still(_name(token)) if token else None

    async def still(self, token: str) -> SignedIn | None:
        """Whose session this is, by its name; None when it does not go on."""
        at, digest = self._clock(), bytes.fromhex(token)
        try:
            session = await self._sessions.lookup(digest, at=at, idle=self._idle)
            if session is not None and at - session.seen_at >= TOUCH_EVERY:
                await self._sessions.touch([digest], at=at)
        except Unavailable:
            person, seen = self._remembered.get(token, (None, 0.0))
            if person is None or at - seen > GRACE:
                raise
            return SignedIn(person, token)
        if session is None:
            self._remembered.pop(token, None)
            return None
        self._remember(token, session.person, at)
        return SignedIn(session.person, token)

    async def ended(self, tokens: Collection[str]) -> set[str]:
        """Which of these sessions, by their names, do not go on; asked now and then for all open sockets.

        An open socket is a sign of life of those that do. Raises `storage.errors.Unavailable` when the
        database is away: then none of them is known to have ended.
        """
        at = self._clock()
        digests = {bytes.fromhex(token): token for token in tokens}
        live = await self._sessions.live_among(digests, at=at, idle=self._idle)
        for digest, session in live.items():
            self._remember(digests[digest], session.person, at)
        gone = {token for digest, token in digests.items() if digest not in live}
        for token in gone:
            self._remembered.pop(token, None)
        await self._sessions.touch(
            [digest for digest, session in live.items() if at - session.seen_at >= TOUCH_EVERY], at=at
        )
        return gone

    async def show(self, request: Request) -> Response:
        signed_in = await self._asked(request)
        if signed_in is None:
            raise _SIGNED_OUT
        return json(_shown(signed_in.person))

    async def sign_in(self, request: Request) -> Response:
        try:
            given = msgspec.json.decode(await request.body(), type=_Credentials)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise _BAD_REQUEST from None
        try:
            person = await self._known(given)
            match await self._proofs.check(person, given.code or ""):
                case Enrol() as shown:
                    return _enrol(shown)
                case Wait(seconds):
                    raise _too_fast(seconds)
                case "enrolled":
                    await self._note(person, "factor_proven", self._clock())
                case "needed" | "wrong" | "unreadable" as lacking:
                    raise _LACKING[lacking]
                case "enough":
                    pass
            token = await self._open(person)
            await self._leave(request)
        except (Unavailable, Broken):  # what is not on record is not done
            raise _AWAY from None
        answer = json(_shown(person))
        self._set_cookie(answer, token, max_age=int(self._absolute))
        return answer

    async def sign_out(self, request: Request) -> Response:
        """Ends the session, if there is one, and makes the browser forget this site."""
        try:
            await self._leave(request)
        except (Unavailable, Broken):  # what is not on record is not done
            raise _AWAY from None
        answer = Response(status_code=HTTPStatus.NO_CONTENT, headers=CLEAR)
        self._set_cookie(answer, "", max_age=0)
        return answer

    async def revoke(self, token: str) -> None:
        """Ends a session by its name, and its sockets with it."""
        self._remembered.pop(token, None)
        await self._sessions.revoke(bytes.fromhex(token), at=self._clock())
        self._revoked(token)

    async def _asked(self, request: Request) -> SignedIn | None:
        try:
            return await self.who(request.headers.get("cookie"))
        except Unavailable:
            raise _AWAY from None

    async def _known(self, given: _Credentials) -> Person:
        account = hashlib.sha256(given.email.strip().casefold().encode()).hexdigest()
        at = self._clock()
        if (wait := self._throttle.wait(account, at)) > 0:
            raise _too_fast(wait)
        self._throttle.tried(account, at)
        person = await self._people.by_email(given.email)
        active = person if person is not None and person.active else None
        try:
            checked = await self._passwords.check(active.password if active else None, given.password)
        except TooBusy:
            raise _too_fast(1.0) from None
        if active is None or not checked.right:
            raise _WRONG
        self._throttle.succeeded(account)
        if checked.renewed is not None:
            await self._people.set_password(active.id, checked.renewed)
        return active

    async def _open(self, person: Person) -> str:
        token = secrets.token_urlsafe(32)
        name, at = _name(token), self._clock()
        await self._note(person, "signed_in", at)
        await self._sessions.create(bytes.fromhex(name), person_id=person.id, at=at, lasts=self._absolute)
        self._remember(name, person, at)
        return token

    async def _leave(self, request: Request) -> None:
        """Ends the session with which the request came: nobody has two in one browser."""
        signed_in = await self.who(request.headers.get("cookie"))
        if signed_in is not None:
            await self.revoke(signed_in.token)
            await self._note(signed_in.person, "signed_out", self._clock())

    async def _note(self, person: Person, action: str, at: float) -> None:
        await self._audit.append(
            actor=person.id, action=action, subject_kind="person", subject=person.id, at=at
        )

    def _remember(self, token: str, person: Person, at: float) -> None:
        self._remembered.pop(token, None)
        self._remembered[token] = (person, at)
        while len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.popitem(last=False)

    def _token(self, header: str | None) -> str | None:
        try:
            morsel = SimpleCookie(header or "").get(self.cookie)
        except CookieError:
            return None
        return morsel.value if morsel else None

    def _set_cookie(self, answer: Response, value: str, *, max_age: int) -> None:
        answer.set_cookie(
            self.cookie,
            value,
            max_age=max_age,
            path="/",
            secure=self._https,
            httponly=True,
            samesite="strict",
        )


def _name(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _shown(person: Person) -> dict[str, object]:
    return {"name": person.name, "roles": sorted(person.roles)}


def _too_fast(wait: float) -> Problem:
    seconds = str(math.ceil(wait))
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too_fast",
        "That was a lot at once. Please try again in a moment.",
        {"Retry-After": seconds},
    )


def _enrol(shown: Enrol) -> Response:
    """The secret, to be taken in once; kept by no cache, as no answer of this surface is."""
    return json(
        {
            "code": "enrol",
            "detail": "This account needs a second factor. Take it into an app, and sign in with its code.",
            "secret": shown.secret,
            "address": shown.address,
            "squares": squares(shown.address),
        },
        HTTPStatus.UNAUTHORIZED,
    )


_LACKING: Final = {
    "needed": Problem(HTTPStatus.UNAUTHORIZED, "code_needed", "Please add the code that your app shows."),
    "wrong": Problem(
        HTTPStatus.UNAUTHORIZED, "code_wrong", "This code is not right, or was used. Wait for the next one."
    ),
    "unreadable": Problem(
        HTTPStatus.UNAUTHORIZED,
        "code_unreadable",
        "Your second factor cannot be read any more. Please ask whoever runs this to set it up anew.",
    ),
}
_SIGNED_OUT: Final = Problem(HTTPStatus.UNAUTHORIZED, "signed_out", "Nobody is signed in here.")
_WRONG: Final = Problem(HTTPStatus.UNAUTHORIZED, "wrong", "This address and password do not belong together.")
_BAD_REQUEST: Final = Problem(
    HTTPStatus.BAD_REQUEST, "bad_frame", "This needs an address and a password, as JSON."
)
_AWAY: Final = Problem(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "busy",
    "Signing in is not possible right now. Please try again in a minute.",
    {"Retry-After": "5"},
)
