"""The page shells: what shows before, and without, any script. Lines and hours stand in all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import msgspec
from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from chat.protocol import Line, Policy, Wait
from chat.surfaces.assets import Assets
from chat.surfaces.security import CLEAR

DEFAULT: Final = "en"
_RIGHT_TO_LEFT: Final = frozenset({"ar", "dv", "fa", "he", "ps", "ur", "yi"})
_DAYS: Final = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
Kept = tuple[str, str, str, str]
"""A column of the database: its table, its name, why it is kept, how long."""


class Pages:
    """`/`, `/console`, `/staff`, `/privacy` and `/leave`, in the language that the browser asks for."""

    def __init__(
        self,
        web: Path,
        assets: Assets,
        *,
        campus: str,
        lines: Sequence[Line],
        hours: Mapping[Any, Sequence[str]],
        languages: Sequence[str],
        schema: Sequence[Kept],
        is_open: Callable[[], bool],
        wait: Callable[[], Awaitable[Wait | None]],
        envelope: Policy = "consent",
    ) -> None:
        """`web` is the folder with `templates` and `locales`."""
        self._templates = Environment(
            loader=FileSystemLoader(web / "templates"), autoescape=True, auto_reload=False
        )
        self._texts = {
            path.stem: msgspec.json.decode(path.read_bytes()) for path in (web / "locales").glob("*.json")
        }
        self._is_open = is_open
        self._wait = wait
        self._hours = hours
        self._same = {
            "assets": assets.urls,
            "campus": campus,
            "lines": lines,
            "languages": list(languages),
            "schema": schema,
            "envelope": envelope,
        }

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self.seeker, methods=["GET"]),
            Route("/favicon.ico", self.icon, methods=["GET"]),
            Route("/console", self.console, methods=["GET"]),
            Route("/staff", self.staff, methods=["GET"]),
            Route("/privacy", self.privacy, methods=["GET"]),
            Route("/leave", self.leave, methods=["GET"]),
        ]

    async def seeker(self, request: Request) -> Response:
        return await self.page("seeker", request)

    async def console(self, request: Request) -> Response:
        return await self.page("console", request)

    async def staff(self, request: Request) -> Response:
        return await self.page("staff", request)

    async def privacy(self, request: Request) -> Response:
        return await self.page("privacy", request)

    async def leave(self, request: Request) -> Response:
        """Where a quick exit ends: the browser forgets this site, and the page says nothing."""
        page = await self.page("leave", request)
        page.headers.update(CLEAR)
        return page

    async def icon(self, _: Request) -> Response:
        """Pages name their icon themselves; the one that names none is asked for nothing again."""
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def page(self, name: str, request: Request) -> Response:
        """The shell of this name, in the reader's language."""
        lang = self.language(request)
        is_open = self._is_open()
        html = self._templates.get_template(f"{name}.html").render(
            self._same,
            lang=lang,
            dir="rtl" if lang.partition("-")[0] in _RIGHT_TO_LEFT else "ltr",
            texts=self._texts[lang],
            hours=opening(self._hours, self._texts[lang].get("page", {}).get("days", _DAYS)),
            open=is_open,
            wait=await self._honest_wait() if is_open else None,
        )
        return HTMLResponse(html, HTTPStatus.OK, {"Vary": "Accept-Language"})

    def language(self, request: Request) -> str:
        """The language in which this reader gets pages."""
        return language(request.headers.get("accept-language", ""), self._texts)

    async def _honest_wait(self) -> dict[str, int] | None:
        try:
            wait = await self._wait()
        except Exception:  # noqa: BLE001  # the page shows whom to call when everything else is down
            return None
        return None if wait is None else {"low": wait.low, "high": wait.high}


def language(accepted: str, known: Mapping[str, object]) -> str:
    """The first language of an Accept-Language header that there are texts for; English where there is none.

    Browsers send their languages by preference, so the order is taken as it stands.
    """
    for part in accepted[:256].split(","):
        tag = part.partition(";")[0].strip().lower()
        for candidate in (tag, tag.partition("-")[0]):
            if candidate in known:
                return candidate
    return DEFAULT


def opening(hours: Mapping[Any, Sequence[str]], days: Mapping[str, str] = _DAYS) -> list[str]:
    """Opening hours as sentences, in the order of `days`, which names `mon` to `sun`."""
    return [
        f"{name}: {', '.join(_dashed(span) for span in hours[day])}"
        for day, name in days.items()
        if hours.get(day)
    ]


def _dashed(span: str) -> str:
    return span.replace("-", "\N{EN DASH}")
