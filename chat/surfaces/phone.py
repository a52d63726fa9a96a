"""What staff phones are given: the page of a tap, the page that turns pushes on, and the service worker.

The service worker stands under `/staff/` and reaches no further. Registering one is the only thing here that
the strictest content policy forbids, so the one page that does it has a policy of its own: it may make one
trusted address, in the one way that its name says.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chat.page_links import PATH
from chat.surfaces.assets import Assets
from chat.surfaces.pages import Pages
from chat.surfaces.security import json

TRUSTED: Final = "warmline-worker"
"""The name of the one policy of trusted types, which the script of that page makes."""
ICONS: Final = (
    ("icon-192.png", "192x192", "image/png", "any"),
    ("icon-512.png", "512x512", "image/png", "any"),
    ("icon-maskable-512.png", "512x512", "image/png", "maskable"),
    ("icon.svg", "any", "image/svg+xml", "any"),
)
"""The icons of the manifest: phones install nothing without one of 192 and one of 512 pixels."""


class Phone:
    """`/acknowledge`, `/staff/phone`, `/staff/worker.js` and `/staff/app.webmanifest`."""

    def __init__(self, pages: Pages, assets: Assets, *, campus: str, policy: str) -> None:
        """`policy` is the content policy of the page that registers the worker."""
        self._pages = pages
        self._assets = assets
        self._campus = campus
        self._policy = policy

    def routes(self) -> list[BaseRoute]:
        return [
            Route(PATH, self.acknowledge, methods=["GET"]),
            Route("/staff/phone", self.phone, methods=["GET"]),
            Route("/staff/worker.js", self.worker, methods=["GET"]),
            Route("/staff/app.webmanifest", self.manifest, methods=["GET"]),
        ]

    async def acknowledge(self, request: Request) -> Response:
        """The same for everybody: what it is about stands in the fragment, which does not come here."""
        return await self._pages.page("acknowledge", request)

    async def phone(self, request: Request) -> Response:
        page = await self._pages.page("phone", request)
        page.headers["Content-Security-Policy"] = self._policy
        return page

    async def worker(self, request: Request) -> Response:
        """Always under one address, so that a phone finds the next version of it."""
        lang = self._pages.language(request)
        script = self._assets.content(f"worker.{lang}.js") or self._assets.content("worker.js") or b""
        headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language"}
        return Response(script, media_type="text/javascript", headers=headers)

    async def manifest(self, _: Request) -> Response:
        """Some phones take pushes only from what was added to the home screen."""
        icons = [
            {"src": self._assets.urls[name], "sizes": sizes, "type": kind, "purpose": purpose}
            for name, sizes, kind, purpose in ICONS
        ]
        about = {
            "id": "/staff",
            "name": self._campus,
            "short_name": self._campus[:12],
            "start_url": "/staff",
            "scope": "/",
            "display": "standalone",
            "background_color": "#fbf8f4",
            "theme_color": "#0f6b62",
            "icons": icons,
        }
        answer = json(about)
        answer.headers["Content-Type"] = "application/manifest+json"
        return answer
