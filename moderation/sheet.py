"""A TOML sheet that people edit, read so that every mistake is answered with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_HEADER = re.compile(r"^\s*\[\[\s*([A-Za-z_-]+)\s*\]\]")
_KEY = re.compile(r"^\s*([A-Za-z_-]+)\s*=")
_TOML_LINE = re.compile(r"\(at line (\d+),")


class BadSheet(ValueError):
    """The sheet cannot be used; `line` counts from 1. Whoever reads it keeps the sheet already in force."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Entry:
    """One `[[table]]` of a sheet, or the keys before the first of them."""

    name: str
    line: int
    values: Mapping[str, object]
    lines: Mapping[str, int]

    def bad(self, reason: str, key: str | None = None) -> BadSheet:
        """The error to raise about this entry, at the line of `key` where it has one."""
        return BadSheet(self.lines.get(key or "", self.line), f"{self.name}: {reason}")

    def only(self, *keys: str) -> None:
        """Refuses every key that is not among `keys`: a misspelt one must not pass in silence."""
        for key in self.values:
            if key not in keys:
                raise self.bad(f"'{key}' is not known here; expected {', '.join(keys)}", key)

    def text(self, key: str) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.bad(f"'{key}' must be a text that is not empty", key)
        return value

    def number(self, key: str, low: float, high: float) -> float:
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise self.bad(f"'{key}' must be a number between {low:g} and {high:g}", key)
        return float(value)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            raise self.bad(f"'{key}' must be a list of texts that is not empty", key)
        return tuple(value)


@dataclass(frozen=True, slots=True)
class Sheet:
    """`head` holds the keys before the first table, `entries` the tables in the order of the text."""

    head: Entry
    entries: tuple[Entry, ...]


def read(text: str, tables: Sequence[str]) -> Sheet:
    """Reads a sheet that has no other tables than arrays named in `tables`. Raises `BadSheet`."""
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_LINE.search(str(error))
        line = int(found.group(1)) if found else text.count("\n") + 1
        raise BadSheet(line, str(error).split(" (at ")[0]) from None
    head, places = _places(text)
    for key, value in parsed.items():
        if key in tables and not _is_tables(value):
            raise BadSheet(head.get(key, 1), f"'{key}' must be written as [[{key}]]")
        if key not in tables and (isinstance(value, dict) or _is_tables(value)):
            line = next((line for name, line, _ in places if name == key), 1)
            raise BadSheet(line, f"[[{key}]] is not known here; expected {', '.join(tables)}")
    entries: list[Entry] = []
    for name in tables:
        of_name = [(line, lines) for found_name, line, lines in places if found_name == name]
        for number, values in enumerate(parsed.get(name, []), start=1):
            line, lines = of_name[number - 1] if number <= len(of_name) else (1, {})
            entries.append(Entry(f"{name} {number}", line, values, lines))
    entries.sort(key=lambda entry: entry.line)
    own = {key: value for key, value in parsed.items() if key not in tables}
    return Sheet(Entry("sheet", 1, own, head), tuple(entries))


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _places(text: str) -> tuple[dict[str, int], list[tuple[str, int, dict[str, int]]]]:
    """Where keys and tables stand. tomllib tells lines only of what it cannot parse."""
    head: dict[str, int] = {}
    places: list[tuple[str, int, dict[str, int]]] = []
    keys = head
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            keys = {}
            places.append((header.group(1), number, keys))
        elif key := _KEY.match(line):
            keys.setdefault(key.group(1), number)
    return head, places
