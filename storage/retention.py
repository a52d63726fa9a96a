"""How long things are kept: terms read off the declarations of columns, and when they have come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Keep:
    """How long a value stays.

    `days` count from the time or day in the column `since` of the same row; without them `words` say what
    ends it. When the term has come, the whole row goes (`row`), or only this value (`empty`).
    """

    words: str
    days: int | None = None
    since: str | None = None
    then: Literal["row", "empty"] = "row"


@dataclass(frozen=True, slots=True)
class Term:
    """What goes together: the rows of a table, or (where `columns` are named) only these values of them."""

    table: str
    since: str
    days: int
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cutoff:
    """What lies before this has to go: a time in seconds since the Unix epoch, or a day."""

    moment: float
    day: dt.date


def terms(declared: Iterable[tuple[str, str, Keep]]) -> Sequence[Term]:
    """The terms of all columns, given as (table, column, keep).

    Raises `ValueError` when the columns of one table disagree about when its rows go.
    """
    rows: dict[str, Term] = {}
    values: dict[tuple[str, str, int], list[str]] = {}
    for table, column, keep in declared:
        if keep.days is None or keep.since is None:
            continue
        if keep.then == "empty":
            values.setdefault((table, keep.since, keep.days), []).append(column)
            continue
        term = Term(table, keep.since, keep.days)
        if rows.setdefault(table, term) != term:
            raise ValueError(f"the columns of {table} disagree about when its rows go")
    emptied = [
        Term(table, since, days, tuple(sorted(columns))) for (table, since, days), columns in values.items()
    ]
    return [*emptied, *rows.values()]


def due(term: Term, at: float) -> Cutoff:
    """What has to go at `at`, in seconds since the Unix epoch. Days are compared in UTC."""
    moment = at - term.days * _DAY
    day = dt.datetime.fromtimestamp(moment, dt.UTC).date()
    return Cutoff(moment, day)
