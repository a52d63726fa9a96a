"""What a campus changes in the shipped lexicons, in versions, and how often each term was seen.

A term is vocabulary: a pattern, a category, one sentence why. Of conversations only counts are here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from storage.engine import Database
from storage.tables import campus_term, term_mark

Change = Literal["add", "mute", "lower"]
State = Literal["draft", "shadow", "live", "undone"]
Severity = Literal["notice", "concern", "crisis"]
Mark = Literal["shown", "shadow", "false_alarm", "missed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampusTerm:
    """One version of one change. The highest version of a term is the one that counts."""

    campus: str
    lexicon: str
    term: str
    version: int
    change: Change
    state: State
    category: str | None = None
    severity: Severity | None = None
    why: str | None = field(default=None, repr=False)
    say: str | None = field(default=None, repr=False)
    """The patterns of an added term, one a line."""
    unless: str | None = field(default=None, repr=False)
    """What excuses an added term, one phrase a line."""
    needs: str | None = None
    rises: str | None = None
    """Kinds of scope words, with commas between them."""
    whose: str | None = None
    second: bool = False
    """Whether a second coordinator must agree before it has an effect."""
    proposed_by: str
    agreed_by: str | None = None
    changed_on: dt.date

    @property
    def key(self) -> str:
        return f"{self.lexicon}:{self.term}"


class Terms:
    """Versions are only ever added: two people who change the same term at once cannot both succeed."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def current(self, campus: str) -> Sequence[CampusTerm]:
        """The newest version of every change of a campus, undone ones too, by name."""
        newest = (
            sa.select(
                campus_term.c.lexicon, campus_term.c.term, sa.func.max(campus_term.c.version).label("version")
            )
            .where(campus_term.c.campus == campus)
            .group_by(campus_term.c.lexicon, campus_term.c.term)
            .subquery()
        )
        chosen = (
            sa.select(campus_term)
            .join(
                newest,
                sa.and_(
                    campus_term.c.lexicon == newest.c.lexicon,
                    campus_term.c.term == newest.c.term,
                    campus_term.c.version == newest.c.version,
                ),
            )
            .where(campus_term.c.campus == campus)
            .order_by(campus_term.c.lexicon, campus_term.c.term)
        )
        return await self._select(chosen)

    async def get(self, campus: str, lexicon: str, term: str) -> CampusTerm | None:
        """The newest version of one change."""
        versions = await self.versions(campus, lexicon, term)
        return versions[0] if versions else None

    async def versions(self, campus: str, lexicon: str, term: str) -> Sequence[CampusTerm]:
        """Every version of one change that is still kept, the newest first."""
        return await self._select(
            sa.select(campus_term)
            .where(
                campus_term.c.campus == campus,
                campus_term.c.lexicon == lexicon,
                campus_term.c.term == term,
            )
            .order_by(campus_term.c.version.desc())
        )

    async def add(self, one: CampusTerm) -> None:
        """Adds a version; the ones before it begin their term. Raises `Conflict` when it exists already."""
        same = (
            (campus_term.c.campus == one.campus)
            & (campus_term.c.lexicon == one.lexicon)
            & (campus_term.c.term == one.term)
        )
        ended = one.changed_on if one.state == "undone" else None
        async with self._database.writing() as connection:
            await connection.execute(
                campus_term.update()
                .where(same, campus_term.c.version < one.version, campus_term.c.ended_on.is_(None))
                .values(ended_on=one.changed_on)
            )
            await connection.execute(campus_term.insert().values(**asdict(one), ended_on=ended))

    async def count(self, campus: str, day: dt.date, counts: Mapping[tuple[str, Mark], int]) -> None:
        """Adds to the counts of a day, by term and what is counted."""
        rows = [
            {"campus": campus, "term": term, "day": day, "what": what, "total": total}
            for (term, what), total in sorted(counts.items())
        ]
        if not rows:
            return
        keys = ["campus", "term", "day", "what"]
        async with self._database.writing() as connection:
            if self._database.is_sqlite:
                small = sqlite.insert(term_mark)
                await connection.execute(
                    small.on_conflict_do_update(
                        keys, set_={"total": term_mark.c.total + small.excluded.total}
                    ),
                    rows,
                )
            else:
                large = postgresql.insert(term_mark)
                await connection.execute(
                    large.on_conflict_do_update(
                        index_elements=keys, set_={"total": term_mark.c.total + large.excluded.total}
                    ),
                    rows,
                )

    async def counts(self, campus: str, since: dt.date) -> Mapping[str, Mapping[str, int]]:
        """From each term to what was counted from a day on."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                sa.select(term_mark.c.term, term_mark.c.what, sa.func.sum(term_mark.c.total))
                .where(term_mark.c.campus == campus, term_mark.c.day >= since)
                .group_by(term_mark.c.term, term_mark.c.what)
            )
            found: dict[str, dict[str, int]] = {}
            for term, what, total in rows:
                found.setdefault(term, {})[what] = int(total)
            return found

    async def _select(self, chosen: sa.Select[Any]) -> Sequence[CampusTerm]:
        async with self._database.reading() as connection:
            rows = await connection.execute(chosen)
            return [_term(row) for row in rows]


def _term(row: sa.Row[Any]) -> CampusTerm:
    told = row._asdict()
    del told["ended_on"]
    return CampusTerm(**told)
