"""Finds what could tell who somebody is, or where else to reach them: numbers, addresses, handles, links.

Pure and linear: no pattern can backtrack over more than a bounded number of characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["phone", "email", "handle", "link"]
CHUNK = re.compile(r"\S+")
DIGITS = re.compile(r"\+?[0-9(][0-9()./ \u00a0-]{5,28}[0-9]")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{2,4}")
FEWEST_DIGITS = 7
MOST_DIGITS = 15
"""E.164 knows no longer number."""
LONGEST = 254
"""No address is longer (RFC 5321); what is longer is not looked into."""
EDGES = ".,;:!?()[]{}<>\"'*_~"
ENDINGS = frozenset((
    "com", "net", "org", "edu", "gov", "io", "me", "co", "app", "dev", "info", "gg", "tv", "uk", "us",
    "de", "fr", "es", "pt", "br", "it", "nl", "eu", "cn", "ca", "au", "in", "link", "xyz",
))  # fmt: skip
SERVICES = frozenset((
    "snap", "snapchat", "insta", "instagram", "ig", "discord", "telegram", "tg", "whatsapp", "kik",
    "tiktok", "twitter", "signal", "wechat", "line", "sc",
))  # fmt: skip
JOINS = frozenset(
    {"is", "me", "at", "on", "id", "my", "handle", "name", "username", "add", "dm", "text", ":"}
)
"""Words that may stand between a service and the name that somebody has there."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """What kind it is, and where: `text[start:end]`. It holds no words of the text."""

    kind: Kind
    start: int
    end: int


def find(text: str) -> tuple[Identifier, ...]:
    """Every identifier in a text, in order; none overlap."""
    found = sorted((*_words(text), *_phones(text)), key=lambda item: (item.start, -item.end))
    kept: list[Identifier] = []
    for item in found:
        if not kept or item.start >= kept[-1].end:
            kept.append(item)
    return tuple(kept)


def _words(text: str) -> Iterator[Identifier]:
    service = -1
    for count, chunk in enumerate(CHUNK.finditer(text)):
        raw = chunk.group()
        word = raw.strip(EDGES) if len(raw) <= LONGEST else ""
        if not word:
            continue
        start = chunk.start() + raw.index(word)
        end = start + len(word)
        low = word.lower()
        if kind := _kind(low):
            yield Identifier(kind, start, end)
        elif low.rstrip(":") in SERVICES:
            service = count
        elif 0 < count - service <= 3 and service >= 0 and low not in JOINS and _is_name(low):  # noqa: PLR2004 - two joins
            yield Identifier("handle", start, end)
            service = -1


def _kind(word: str) -> Kind | None:
    name, at, host = word.partition("@")
    if at and not name:
        return "handle" if _is_handle(host) else None
    if at:
        return "email" if "@" not in host and _is_host(host, known=False) else None
    if word.startswith(("http://", "https://", "www.")):
        return "link"
    return "link" if _is_host(word.partition("/")[0], known=True) else None


def _is_handle(name: str) -> bool:
    return (
        len(name) > 1
        and any(map(str.isalpha, name))
        and all(char.isalnum() or char in "._-" for char in name)
    )


def _is_name(word: str) -> bool:
    """A name that was made up: letters with a digit, dot or underscore among them."""
    return any(map(str.isalpha, word)) and _is_handle(word) and not word.isalpha()


def _is_host(host: str, *, known: bool) -> bool:
    labels = host.split(".")
    if len(labels) < 2 or not all(labels) or not labels[-1].isalpha():  # noqa: PLR2004 - a host has two labels
        return False
    if not all(char.isalnum() or char == "-" for label in labels for char in label):
        return False
    return labels[-1] in ENDINGS if known else len(labels[-1]) > 1


def _phones(text: str) -> Iterator[Identifier]:
    for match in DIGITS.finditer(text):
        digits = sum(map(str.isdigit, match.group()))
        before = text[match.start() - 1 : match.start()]
        after = text[match.end() : match.end() + 1]
        if DATE.match(match.group()):
            continue
        if FEWEST_DIGITS <= digits <= MOST_DIGITS and not before.isalnum() and not after.isalnum():
            yield Identifier("phone", match.start(), match.end())
