"""Who is let in at a WebSocket's handshake, and under which name."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, Final

from chat.codes import Close
from chat.crowd import Crowd
from chat.hub import Hub
from chat.link import Link
from chat.roles import STAFF
from chat.services import Services
from chat.socket import Session, Socket
from chat.surfaces.auth import Auth
from chat.surfaces.seeker import SeekerSession
from chat.surfaces.team import Identity, TeamSession

SEEKER: Final = "/ws/seeker"
TEAM: Final = "/ws/team"
_OUTCOMES: Final[dict[HTTPStatus | Close, str]] = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.SERVICE_UNAVAILABLE: "busy",
    Close.NOT_ALLOWED: "not_allowed",
    Close.FULL: "full",
}


class Door:
    """Lets sockets in.

    The Origin of a page must be one of the installation's own. A client that sends none is no browser:
    nothing that a foreign page could borrow, like a cookie, is ever sent without one.
    """

    def __init__(
        self,
        services: Services,
        auth: Auth,
        origins: frozenset[str],
        crowd: Crowd,
        outages: tuple[type[Exception], ...],
        *,
        count: Callable[[str], None],
    ) -> None:
        """`count` is told what became of each."""
        self._services = services
        self._auth = auth
        self._origins = origins
        self._crowd = crowd
        self._outages = outages
        self._count = count

    @property
    def hub(self) -> Hub:
        return self._services.hub

    async def admit(
        self, path: str, headers: list[tuple[str, str]], socket: Socket
    ) -> Session | HTTPStatus | Close:
        others = len(self.hub.sockets)
        if not self._crowd.lets("help" if path == TEAM else "return", others):
            self._count("full")
            return HTTPStatus.SERVICE_UNAVAILABLE
        verdict = await self._judge(path, headers, socket)
        self._count(_OUTCOMES.get(verdict, "in") if isinstance(verdict, HTTPStatus | Close) else "in")
        return verdict

    async def _judge(
        self, path: str, headers: list[tuple[str, str]], socket: Socket
    ) -> Session | HTTPStatus | Close:
        given = {name.lower(): value for name, value in headers}
        if path not in {SEEKER, TEAM}:
            return HTTPStatus.NOT_FOUND
        if "origin" in given and given["origin"] not in self._origins:
            return HTTPStatus.FORBIDDEN
        limits = self._services.limits
        at = self.hub.now()
        if path == SEEKER:
            socket.link = Link("seeker", at, per_minute=limits.per_minute, burst=limits.burst)
            return SeekerSession(self._services, socket)
        try:
            signed_in = await self._auth.who(given.get("cookie"))
        except self._outages:
            return HTTPStatus.SERVICE_UNAVAILABLE
        if signed_in is None:
            return Close.NOT_ALLOWED
        person = signed_in.person
        if STAFF.isdisjoint(person.roles) and not self._crowd.lets("return", len(self.hub.sockets)):
            return Close.FULL
        socket.link = Link("team", at, per_minute=limits.per_minute, burst=limits.burst)
        return TeamSession(
            self._services,
            socket,
            Identity(id=person.id, name=person.name, roles=person.roles, token=signed_in.token),
        )

    def spawn(self, work: Coroutine[Any, Any, None]) -> object:
        return self.hub.spawn(work)

    def came(self, socket: Socket) -> None:
        self.hub.came(socket)

    def went(self, socket: Socket) -> None:
        self.hub.went(socket)

    def crashed(self, session: Session | None, error: BaseException) -> None:
        self.hub.crashed(session, error)
