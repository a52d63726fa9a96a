"""Whether a running database keeps what Warmline promises: that its logs hold nothing of what it stores."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from storage.engine import Database
from storage.tables import metadata

OLDEST: Final = 13
"""The oldest PostgreSQL that can be told to keep parameters out of its log."""
_RECORDERS: Final = ("auto_explain", "pg_stat_statements", "pgaudit")


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is not as it should be. `what` says it, with what to change; `breaks` is a promise."""

    name: str
    what: str
    breaks: bool


_MUST: Final = (
    ("log_statement", ("none", "ddl"), "writes statements into its log", "none"),
    ("log_min_duration_statement", ("-1",), "writes slow statements into its log", "-1"),
    ("log_min_duration_sample", ("-1",), "writes samples of statements into its log", "-1"),
    ("log_transaction_sample_rate", ("0",), "writes samples of transactions into its log", "0"),
    ("log_parameter_max_length_on_error", ("0",), "writes parameters of what failed into its log", "0"),
)
"""Settings that a promise stands on: name, good values, what another one does, what to set."""
_SHOULD: Final = (
    ("log_parameter_max_length", ("0",), "would write parameters as soon as statements are logged", "0"),
    ("log_connections", ("off", ""), "writes into its log when who connected", "off"),
)
_NAMES: Final = (*(name for name, *_ in (*_MUST, *_SHOULD)), "server_version_num", "shared_preload_libraries")


async def flaws(database: Database) -> list[Flaw]:
    """What is not as it should be, worst first. Raises `StorageError` when the database cannot be asked."""
    found = await (_sqlite(database) if database.is_sqlite else _postgres(database))
    return sorted(found, key=lambda flaw: not flaw.breaks)


async def _postgres(database: Database) -> list[Flaw]:
    async with database.reading() as connection:
        rows = await connection.execute(
            sa.text("SELECT name, setting FROM pg_settings WHERE name = ANY(:names)"), {"names": list(_NAMES)}
        )
        shown = {row.name: row.setting for row in rows}
        boss = await connection.scalar(sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))
        short = await connection.scalars(
            sa.text(
                "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
                " AND relkind = 'r' AND relname = ANY(:tables) AND NOT (has_table_privilege(oid, 'SELECT')"
                " AND has_table_privilege(oid, 'INSERT') AND has_table_privilege(oid, 'UPDATE')"
                " AND has_table_privilege(oid, 'DELETE')) ORDER BY relname"
            ),
            {"tables": sorted(metadata.tables)},
        )
        return judged(shown, is_superuser=bool(boss), short=tuple(short))


def judged(shown: Mapping[str, str], *, is_superuser: bool, short: tuple[str, ...]) -> list[Flaw]:
    """The flaws of a PostgreSQL that shows these settings; `short` names tables that it may not fully use."""
    found = []
    version = int(shown.get("server_version_num", "0")) // 10_000
    if version < OLDEST:
        found.append(Flaw("version", f"is {version}; {OLDEST} is the oldest that will do", breaks=True))
    for rules, breaks in ((_MUST, True), (_SHOULD, False)):
        for name, good, does, remedy in rules:
            if shown.get(name, good[0]) not in good:
                found.append(Flaw(name, f"{does}; set: {name} = {remedy or repr('')}", breaks=breaks))
    for library in _RECORDERS:
        if library in shown.get("shared_preload_libraries", ""):
            does = f"loads {library}, which records statements; take it out, or see that it keeps no values"
            found.append(Flaw("shared_preload_libraries", does, breaks=False))
    if short:
        remedy = "grant SELECT, INSERT, UPDATE, DELETE on it, and on all tables of this schema"
        found.append(Flaw("rights", f"may not use the table {short[0]}; {remedy}", breaks=True))
    if is_superuser:
        does = "is used as a superuser; give Warmline a role of its own that owns its database"
        found.append(Flaw("role", does, breaks=False))
    return found


async def _sqlite(database: Database) -> list[Flaw]:
    found = []
    async with database.reading() as connection:
        for pragma, good, does, remedy in (
            ("secure_delete", 1, "leaves what was forgotten in the file", "stop Warmline and set it to ON"),
            ("auto_vacuum", 1, "keeps room of what was forgotten", "PRAGMA auto_vacuum = FULL; VACUUM;"),
            ("journal_mode", "wal", "makes readers wait for writers", "a folder on a local disk"),
            ("synchronous", 2, "may lose an alert when the power fails", "stop Warmline and set it to FULL"),
        ):
            value: Any = await connection.scalar(sa.text(f"PRAGMA {pragma}"))
            if value != good:
                found.append(Flaw(pragma, f"{does}; needs: {remedy}", breaks=pragma == "secure_delete"))
    return found + _file(database.engine.url.database)


def _file(name: str | None) -> list[Flaw]:
    if not name or not Path(name).exists():
        return []
    file = Path(name).resolve()
    # A folder that only its owner enters protects the file all the same.
    if file.stat().st_mode & stat.S_IROTH and file.parent.stat().st_mode & stat.S_IXOTH:
        does = "can be read by all on this machine; take that away: chmod o= FILE"
        return [Flaw("file", does, breaks=False)]
    return []
