"""How a gateway for texts or calls is written in the settings, and what is wrong with one that is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from moderation.channels.gateway import Gateway
from moderation.channels.http import BadAddress, parts_of

_PLACE: Final = re.compile(r"\{([^{}\s\":,]+)\}")
_PLACES: Final = frozenset({"to", "text", "key", "secret"})
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class HttpGateway(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One gateway: where it is asked, how, and how its answer says that it took the message."""

    url: Annotated[str, Meta(min_length=8, max_length=500)]
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    body: Annotated[str, Meta(max_length=4000)] = ""
    secret_file: str = ""
    success: Annotated[str, Meta(max_length=200)] = ""

    def __repr__(self) -> str:
        return "<gateway>"


def complaint(given: HttpGateway) -> str | None:
    """What is wrong with it, in a few words that quote nothing; None when it can be used."""
    try:
        parts_of(_PLACE.sub("x", given.url))
    except BadAddress as bad:
        return f"url: {bad}"
    written = (given.url, given.body, *given.headers.values())
    places = {name for text in written for name in _PLACE.findall(text)}
    if places - _PLACES:
        return "only the places {to}, {text}, {key} and {secret} can be filled"
    if "{secret}" in given.url:
        return "url: a secret does not belong into an address; put {secret} into a header or the body"
    if not {"to", "text"} <= places:
        return "the places {to} and {text} must stand in its body, its headers or its url"
    if ("secret" in places) != bool(given.secret_file):
        return "secret_file and the place {secret} belong together"
    for name, value in given.headers.items():
        if not _TOKEN.fullmatch(name) or not (value.isascii() and value.isprintable()):
            return "headers: must be names and values of HTTP"
    try:
        re.compile(given.success)
    except re.error:
        return "success: is not a regular expression"
    return None if _secret(given) is not None else "secret_file: cannot be read, or is empty"


def made(given: HttpGateway) -> Gateway:
    """The gateway itself. Call it with one that `complaint` has nothing against."""
    return Gateway(
        url=given.url,
        method=given.method,
        headers=given.headers,
        body=given.body,
        secret=_secret(given) or "",
        success=re.compile(given.success) if given.success else None,
    )


def _secret(given: HttpGateway) -> str | None:
    if not given.secret_file:
        return ""
    try:
        return Path(given.secret_file).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None
