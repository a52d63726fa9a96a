"""The built front-end: read once, compressed once, and served for ever under names that change with it."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chat.surfaces.security import Problem

_FOR_EVER: Final = "public, max-age=31536000, immutable"


class NotBuilt(Exception):
    """The front-end was not built: `python chat/web/build.py` does it."""


@dataclass(frozen=True, slots=True)
class _Asset:
    kind: str
    plain: bytes = field(repr=False)
    gzipped: bytes = field(repr=False)


class Assets:
    """`/assets/*`. `urls` leads from a plain name, such as `seeker.js`, to where it is served."""

    def __init__(self, web: Path) -> None:
        """Reads `dist` and `static` in the folder `web`. Raises `NotBuilt`."""
        try:
            manifest = msgspec.json.decode((web / "dist" / "manifest.json").read_bytes(), type=dict[str, str])
            files = {served: (web / "dist" / served).read_bytes() for served in manifest.values()}
        except (OSError, msgspec.DecodeError):
            raise NotBuilt from None
        static = web / "static"
        for path in sorted(static.iterdir()) if static.is_dir() else ():
            if path.is_file():
                content = path.read_bytes()
                served = f"{path.stem}-{hashlib.sha256(content).hexdigest()[:8]}{path.suffix}"
                files[served] = content
                manifest[path.name] = served
        self._assets = {name: _asset(name, content) for name, content in files.items()}
        self.urls: Final[Mapping[str, str]] = MappingProxyType(
            {name: f"/assets/{served}" for name, served in manifest.items()}
        )

    def routes(self) -> list[BaseRoute]:
        return [Route("/assets/{name}", self.show, methods=["GET"])]

    def content(self, name: str) -> bytes | None:
        """What was built under a plain name, such as `worker.js`; None where nothing was."""
        asset = self._assets.get(self.urls.get(name, "").removeprefix("/assets/"))
        return asset.plain if asset else None

    async def show(self, request: Request) -> Response:
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            raise Problem(HTTPStatus.NOT_FOUND, "unknown", "There is nothing at this address.")
        headers = {"Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(asset.gzipped, media_type=asset.kind, headers=headers)
        return Response(asset.plain, media_type=asset.kind, headers=headers)


def _asset(name: str, content: bytes) -> _Asset:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return _Asset(kind, content, gzip.compress(content, 9, mtime=0))
