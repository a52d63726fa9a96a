"""Keeps requests that change something out while the record cannot be written: nothing is done unseen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chat.acts import ACTS
from chat.surfaces.security import Problem
from storage.errors import StorageError

Endpoint = Callable[[Request], Awaitable[Response]]


def recorded(routes: Iterable[BaseRoute], able: Callable[[], Awaitable[object]]) -> list[BaseRoute]:
    """The same routes; `able` raises where the record cannot be written, and then they answer 503 `busy`.

    What answers a call for help (`waits` in `ACTS`) and what changes nothing is let through.
    """
    return [_guarded(route, able) if isinstance(route, Route) else route for route in routes]


def _guarded(route: Route, able: Callable[[], Awaitable[object]]) -> Route:
    methods = sorted((route.methods or set()) - {"GET", "HEAD"})
    if not methods or any(_waits(method, route.path) for method in methods):
        return route
    endpoint: Endpoint = route.endpoint

    async def guarded(request: Request) -> Response:
        try:
            await able()
        except StorageError:
            raise _UNSEEN from None
        return await endpoint(request)

    return Route(route.path, guarded, methods=methods)


def _waits(method: str, path: str) -> bool:
    act = ACTS.get(f"{method} {path}")
    return act is not None and act.waits


_UNSEEN: Final = Problem(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "busy",
    "This cannot be written into the record right now, so it was not done. Please try again in a minute.",
    {"Retry-After": "5"},
)
