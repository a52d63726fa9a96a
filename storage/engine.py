"""The one door to the database: transactions with a deadline, on PostgreSQL or SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Final
from weakref import WeakSet

import aiosqlite
import asyncpg  # type: ignore[import-untyped] # it ships no types
import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage.errors import Broken, Conflict, StorageError, Unavailable

DEADLINE: Final = 3.0
"""Seconds that a whole transaction may take, the wait for a connection included."""

LOCK_WAIT: Final = 1.0
"""Seconds that a statement waits for what another transaction holds."""
_FAREWELL: Final = 0.2
_WRITES: Final = "warmline_writes"
_SQL_FAULT: Final = 1
"""SQLite's code for a statement that cannot be right, such as one about a missing table."""

_BUSY: Final = frozenset({"40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "53300", "53100"})
"""PostgreSQL's codes for what passes: deadlock, lock and statement timeouts, shutdown, too many clients."""


class Database:
    """Owns the connections to one database. Each transaction ends within the deadline, or is undone.

    Every error that leaves it is a `StorageError`: drivers put rows and parameters into their messages.
    """

    def __init__(self, engine: AsyncEngine, *, deadline: float = DEADLINE) -> None:
        self.engine: Final = engine
        self._writer: Final = engine.execution_options(**{_WRITES: True})
        self._deadline: Final = deadline
        # SQLite has one writer, and waits for it by polling: within a process, writers take turns instead.
        self._turn: Final = asyncio.Lock() if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def reading(self, *, deadline: float | None = None) -> AsyncIterator[AsyncConnection]:
        """A transaction that changes nothing. Raises `Unavailable` when it takes too long."""
        async with self._transaction(self.engine, None, deadline) as connection:
            yield connection

    @asynccontextmanager
    async def writing(self, *, deadline: float | None = None) -> AsyncIterator[AsyncConnection]:
        """A transaction that is durable when the block has been left, or of which nothing remains.

        On SQLite it holds the write lock from its start, so what it reads is still true when it writes.
        Raises `Conflict` when a constraint stands against it.
        """
        async with self._transaction(self._writer, self._turn, deadline) as connection:
            yield connection

    async def ping(self) -> None:
        """Raises `Unavailable` when the database does not answer."""
        async with self.reading() as connection:
            await connection.execute(sa.select(1))

    async def settle(self) -> None:
        """Takes what was deleted out of SQLite's journal too; PostgreSQL does the like by itself, later.

        Readers that stand in the way are waited for briefly; what is left goes with the next time.
        """
        if not self.is_sqlite:
            return
        async with self._guarded(None), self.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            journal: Any = raw.driver_connection  # a checkpoint is no transaction, and cannot stand in one
            await journal.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")

    async def close(self) -> None:
        await self.engine.dispose()

    @asynccontextmanager
    async def _transaction(
        self, engine: AsyncEngine, turn: asyncio.Lock | None, deadline: float | None
    ) -> AsyncIterator[AsyncConnection]:
        async with self._guarded(deadline), AsyncExitStack() as stack:
            if turn is not None:
                await stack.enter_async_context(turn)
            connection = await stack.enter_async_context(engine.connect())
            await stack.enter_async_context(connection.begin())
            yield connection

    @asynccontextmanager
    async def _guarded(self, deadline: float | None) -> AsyncIterator[None]:
        """Ends in time, and lets no error of a library out."""
        try:
            async with asyncio.timeout(deadline or self._deadline):
                yield
        except (exc.SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            failure = _told(error)  # TimeoutError is an OSError
        else:
            return
        # Raised outside the handler, so that the driver's error, which may hold a row, is not its context.
        raise failure from None


def open_database(
    url: str, *, deadline: float = DEADLINE, connections: int = 10, lock_wait: float | None = None
) -> Database:
    """A database by its address: `sqlite:///file` or `postgresql://…`. Nothing is connected yet.

    `lock_wait` is how many seconds a statement waits for what another transaction holds.
    Raises `ValueError`, which does not repeat the address, when it is neither.
    """
    address = _address(url)
    lock_wait = LOCK_WAIT if lock_wait is None else lock_wait
    shared: dict[str, Any] = {"hide_parameters": True, "echo": False, "pool_timeout": deadline}
    if address.get_backend_name() == "sqlite":
        engine = create_async_engine(
            address,
            async_creator=_sqlite_opener(address.database or "", lock_wait),
            pool_size=connections,
            max_overflow=0,
            **shared,
        )
        _prepare_sqlite(engine)
    else:
        engine = create_async_engine(
            address,
            connect_args={
                "timeout": deadline,
                "command_timeout": deadline,
                "connection_class": _Connection,
                "server_settings": {
                    "application_name": "warmline",
                    "statement_timeout": f"{int(deadline * 1000)}",
                    "lock_timeout": f"{int(lock_wait * 1000)}",
                    "idle_in_transaction_session_timeout": "10000",
                },
            },
            pool_size=connections,
            max_overflow=0,
            pool_pre_ping=True,
            pool_recycle=1800,
            **shared,
        )
    return Database(engine, deadline=deadline)


class _Connection(asyncpg.Connection):  # type: ignore[misc] # its base ships no types
    """Says good-bye briefly: a server that stopped answering holds nobody up who drops the connection."""

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the signature is the library's
        await super().close(timeout=min(timeout or _FAREWELL, _FAREWELL))


def _address(url: str) -> URL:
    try:
        address = make_url(url)
        backend = address.get_backend_name()
    except exc.ArgumentError:
        backend = ""
    if backend == "sqlite" and address.database not in {None, "", ":memory:"}:
        return address.set(drivername="sqlite+aiosqlite")
    if backend in {"postgresql", "postgres"}:
        return address.set(drivername="postgresql+asyncpg")
    raise ValueError("a database address starts with sqlite:/// and a file, or with postgresql://")


class _SqliteConnection(sqlite3.Connection):
    """Ends what is under way when it is closed.

    SQLite keeps a closed connection, and its lock, for as long as a cursor of it is left in the middle of a
    statement; after a cancelled transaction one may be, in a cycle that is not collected for a long while.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._cursors: Final = WeakSet[sqlite3.Cursor]()

    def cursor(self, *args: Any, **named: Any) -> Any:
        made = super().cursor(*args, **named)
        self._cursors.add(made)
        return made

    def close(self) -> None:
        with suppress(sqlite3.Error):
            for cursor in list(self._cursors):
                cursor.close()
            self.rollback()
        super().close()


def _sqlite_opener(file: str, lock_wait: float) -> Callable[[], Coroutine[Any, Any, aiosqlite.Connection]]:
    async def connect() -> aiosqlite.Connection:
        connection = aiosqlite.connect(
            file, timeout=lock_wait, isolation_level=None, check_same_thread=False, factory=_SqliteConnection
        )
        thread = connection._thread  # noqa: SLF001 - the library offers no other way to wait for its end
        thread.daemon = True  # a process that is killed by an exception does not wait for it
        try:
            return await connection
        except BaseException:
            # Its thread is told to end, but not waited for: it would answer to a loop that may be closed.
            await asyncio.shield(asyncio.to_thread(thread.join, LOCK_WAIT))
            raise

    return connect


def _prepare_sqlite(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in (
            "auto_vacuum = FULL",  # must stand before the first table; what is deleted leaves the file
            "journal_mode = WAL",
            "synchronous = FULL",
            "secure_delete = ON",
            "foreign_keys = ON",
            "trusted_schema = OFF",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _told(error: Exception) -> StorageError:
    """Our error for the library's, without anything of its message."""
    match error:
        case exc.IntegrityError():
            return Conflict("the database refused a row")
        case exc.OperationalError(orig=original) if _sqlite_code(original) == _SQL_FAULT:
            return Broken("the database does not have what was asked for")
        case exc.DBAPIError(connection_invalidated=True) | exc.OperationalError() | exc.InterfaceError():
            return Unavailable("the database cannot be used now")
        case exc.DBAPIError(orig=original) if _code(original) in _BUSY or isinstance(original, TimeoutError):
            return Unavailable("the database is busy")
        case TimeoutError() | exc.TimeoutError():
            return Unavailable("the database did not answer in time")
        case OSError() | asyncpg.PostgresError() | asyncpg.InterfaceError():
            return Unavailable("the database cannot be reached")
        case _:
            return Broken(f"the database could not do what it was asked: {type(error).__name__}")


def _sqlite_code(error: BaseException | None) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return code if isinstance(code, int) else None


def _code(error: BaseException | None) -> str | None:
    code = getattr(error, "sqlstate", None)
    return code if isinstance(code, str) else None
