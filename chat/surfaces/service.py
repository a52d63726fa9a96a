"""What a page of the campus may show: open or closed, the expected wait, whom to call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chat.protocol import Line, Wait
from chat.surfaces.security import json


class Service:
    """The one answer that pages of other origins may read: it is the same for everybody."""

    def __init__(
        self,
        *,
        is_open: Callable[[], bool],
        wait: Callable[[], Awaitable[Wait | None]],
        lines: Sequence[Line],
        languages: Sequence[str],
    ) -> None:
        self._is_open = is_open
        self._wait = wait
        self._lines = list(lines)
        self._languages = list(languages)

    def routes(self) -> list[BaseRoute]:
        return [Route("/api/service", self.show, methods=["GET"])]

    async def show(self, _: Request) -> Response:
        """The lines show whatever happens; where nothing honest can be said about the wait, it is null."""
        is_open = self._is_open()
        try:
            wait = await self._wait() if is_open else None
        except Exception:  # noqa: BLE001  # a lost Redis must not hide whom to call
            wait = None
        return json(
            {"open": is_open, "wait": wait, "lines": self._lines, "languages": self._languages},
            Access_Control_Allow_Origin="*",
            Cross_Origin_Resource_Policy="cross-origin",
        )
