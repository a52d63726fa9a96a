"""What goes wrong under an installation: its database, its disk, and both."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

import asyncpg  # type: ignore[import-untyped] # it ships no types

from tests.support.postgres import Postgres
from tests.torture.failpoints import BAD_SYNC
from tests.torture.house import House

SMALL: Final = 64 * 1024
"""Bytes that the small disk holds."""


class CannotBreak(Exception):
    """The machine does not let itself be broken that way; the message is one line that says why."""


Fault = Callable[[House], AbstractAsyncContextManager[None]]
"""Breaks something while a block runs."""


def hangs(postgres: Postgres) -> Fault:
    """The database stands still: it takes connections and answers nothing."""

    @contextlib.asynccontextmanager
    async def fault(_: House) -> AsyncIterator[None]:
        postgres.freeze()
        try:
            yield
        finally:
            postgres.thaw()

    return fault


def refuses(postgres: Postgres, url: str) -> Fault:
    """The database ends every connection and takes no new one."""
    name = url.partition("@/")[2].partition("?")[0]

    async def switch(*, on: bool) -> None:
        connection = await asyncpg.connect(postgres.address("postgres"))
        try:
            await connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {str(on).lower()}')
            if not on:
                await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
                )
        finally:
            await connection.close()

    @contextlib.asynccontextmanager
    async def fault(_: House) -> AsyncIterator[None]:
        await switch(on=False)
        try:
            yield
        finally:
            await switch(on=True)

    return fault


def locked(file: Path) -> Fault:
    """Somebody else writes to the SQLite database all the while."""

    @contextlib.asynccontextmanager
    async def fault(_: House) -> AsyncIterator[None]:
        other = sqlite3.connect(file, timeout=30, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()

    return fault


@contextlib.asynccontextmanager
async def full(house: House) -> AsyncIterator[None]:
    """The disk on which the spool lies has no room left; it has when the block is left."""
    rest = house.spool / "everything-else"
    with rest.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    try:
        yield
    finally:
        rest.unlink()


@contextlib.asynccontextmanager
async def sync_fails_in_python(house: House) -> AsyncIterator[None]:
    """Every sync of a spool fails, as the launcher's failpoint does it."""
    for member in house.members:
        member.order(BAD_SYNC)
    try:
        yield
    finally:
        for member in house.members:
            member.order("")


@contextlib.asynccontextmanager
async def sync_fails(house: House) -> AsyncIterator[None]:
    """Every fsync and fdatasync of every process fails with EIO: the kernel answers so, by strace."""
    strace = shutil.which("strace")
    if strace is None:
        raise CannotBreak("strace is missing (Debian: apt-get install strace)")
    calls = "fsync,fdatasync"
    attached = []
    try:
        for member in house.members:
            process = await asyncio.create_subprocess_exec(
                *(strace, "-f", "-q", "-e", f"trace={calls}", "-e", f"inject={calls}:error=EIO"),
                *("-p", str(member.pid)),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            attached.append(process)
            while _tracer(member.pid) != process.pid:
                if process.returncode is not None:
                    raise CannotBreak("strace may not be used here")
                await asyncio.sleep(0.02)
        yield
    finally:
        for process in attached:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


def both(*faults: Fault) -> Fault:
    @contextlib.asynccontextmanager
    async def fault(house: House) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            for one in faults:
                await stack.enter_async_context(one(house))
            yield

    return fault


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of its own with room for little. Raises `CannotBreak` where none may be mounted."""
    folder.mkdir(parents=True)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", folder], check=False, capture_output=True
    )
    if made.returncode:
        raise CannotBreak("a small disk can only be mounted as root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True, capture_output=True)


def _tracer(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("TracerPid:"):
            return int(line.split()[1])
    return 0
