"""The campus' protocol for an alert, as a list that staff tick: read from TOML, with a shipped default."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Any

from moderation.sheet import BadSheet, Entry, read

_ID = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
_LONGEST = 300
_MOST_ITEMS = 60


@dataclass(frozen=True, slots=True)
class Item:
    """One step. `id` is what a tick names; it holds no text."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    id: str
    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Checklist:
    """`source` names where the questions come from; staff see it below the list."""

    title: str
    source: str
    parts: tuple[Part, ...]

    @cached_property
    def items(self) -> frozenset[str]:
        return frozenset(item.id for part in self.parts for item in part.items)


def parse(text: str) -> Checklist:
    """Reads a protocol. Raises `BadSheet`, which names the line and the reason."""
    sheet = read(text, ("part",))
    sheet.head.only("title", "source", "part")
    if not sheet.entries:
        raise BadSheet(1, "a protocol needs at least one [[part]]")
    lines = _item_lines(text)
    seen: dict[str, int] = {}
    parts = tuple(_part(entry, lines, seen) for entry in sheet.entries)
    if len(seen) > _MOST_ITEMS:
        raise BadSheet(1, f"a protocol has at most {_MOST_ITEMS} items")
    return Checklist(_short(sheet.head, "title"), _source(sheet.head), parts)


def default() -> Checklist:
    """The protocol of a campus that has not written its own."""
    return parse(resources.files("moderation").joinpath("protocols/default.toml").read_text(encoding="utf-8"))


def _source(head: Entry) -> str:
    if "source" not in head.values:
        return ""
    return head.text("source")


def _short(entry: Entry, key: str) -> str:
    text = entry.text(key)
    if len(text) > _LONGEST:
        raise entry.bad(f"'{key}' has more than {_LONGEST} characters", key)
    return text


def _part(entry: Entry, lines: list[int], seen: dict[str, int]) -> Part:
    entry.only("id", "title", "item")
    written = entry.values.get("item")
    if not isinstance(written, list) or not written:
        raise entry.bad("a part needs at least one [[part.item]]")
    items: list[Item] = []
    for values in written:
        line = lines[len(seen)] if len(seen) < len(lines) else entry.line
        items.append(_item(values, line, seen))
        seen[items[-1].id] = line
    return Part(_id(entry.values.get("id"), entry.line), _short(entry, "title"), tuple(items))


def _item(values: Any, line: int, seen: dict[str, int]) -> Item:
    entry = Entry("part.item", line, values if isinstance(values, dict) else {}, {})
    entry.only("id", "text")
    name = _id(entry.values.get("id"), line)
    if name in seen:
        raise entry.bad(f"'{name}' stands at line {seen[name]} already")
    return Item(name, _short(entry, "text"))


def _id(value: object, line: int) -> str:
    if not isinstance(value, str) or not _ID.match(value):
        raise BadSheet(line, "'id' must be a short name of small letters, digits and _")
    return value


def _item_lines(text: str) -> list[int]:
    header = re.compile(r"^\s*\[\[\s*part\s*\.\s*item\s*\]\]")
    return [number for number, line in enumerate(text.splitlines(), start=1) if header.match(line)]
