"""The data map: every column that exists, why, and how long it is kept. `/privacy` and the README show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from storage.columns import Identifier, Octets
from storage.retention import Keep
from storage.tables import metadata

START: Final = "<!-- data map: written by `python -m storage.schema` -->"
END: Final = "<!-- end of the data map -->"


@dataclass(frozen=True, slots=True)
class Kept:
    """One column, as people read it."""

    table: str
    column: str
    holds: str
    why: str
    keep: str


def data_map() -> Sequence[Kept]:
    """All columns, in the order in which they are declared."""
    return [
        Kept(table.name, column.name, _holds(column), column.info["why"], column.info["keep"].words)
        for table in metadata.tables.values()
        for column in table.columns
    ]


def declared() -> Iterator[tuple[str, str, Keep]]:
    """Every column's term as (table, column, keep)."""
    for table in metadata.tables.values():
        for column in table.columns:
            yield table.name, column.name, column.info["keep"]


def markdown() -> str:
    """The data map as one Markdown table for each table of the database."""
    lines: list[str] = []
    for table in metadata.tables:
        lines += ["", f"**{table}**", "", "| column | holds | why | kept |", "|---|---|---|---|"]
        lines += [
            f"| `{kept.column}` | {kept.holds} | {kept.why} | {kept.keep} |"
            for kept in data_map()
            if kept.table == table
        ]
    return "\n".join([*lines, ""])


def rewritten(text: str) -> str:
    """A README with the data map of today between its two marks."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{markdown()}\n{END}{after}"


def _holds(column: sa.Column[object]) -> str:
    match column.type:
        case sa.Enum(enums=words):
            return "one of " + ", ".join(f"`{word}`" for word in words)
        case Octets(length=length):
            return f"up to {length} bytes"
        case sa.String(length=length):
            return f"up to {length} characters"
        case Identifier():
            return "an identifier"
        case sa.Double():
            return "a time"
        case sa.Date():
            return "a day"
        case sa.Boolean():
            return "yes or no"
        case _:
            return "a number"


if __name__ == "__main__":
    readme = Path(__file__).with_name("README.md")
    readme.write_text(rewritten(readme.read_text("utf-8")), "utf-8")
