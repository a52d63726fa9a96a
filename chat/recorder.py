"""The pen of the record: what must be written down before it is done, and what is written down in any case.

Nobody who answers a call for help is kept waiting for the record. What cannot be written down now lies in a
synced file beside the spool and is written later, by this process or, when it is dead, by another.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from storage.audit import Audit
from storage.errors import StorageError

CATCH_UP_EVERY: Final = 5.0
_SUFFIX: Final = ".record"
_MOST_KEPT: Final = 10_000


class Act(Struct, frozen=True, array_like=True):
    """What one person did. `at` is in seconds since the Unix epoch; only its minute is recorded."""

    actor: str
    action: str
    kind: str
    subject: str
    at: float


class Recorder:
    """`failed` is told of every error that keeps something from being written down at once."""

    def __init__(
        self,
        audit: Audit,
        folder: Path,
        clock: Callable[[], float],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._audit = audit
        self._folder = folder
        self._clock = clock
        self._failed = failed
        self._file: _PendingFile | None = None
        self._kept: list[Act] = []
        self._turn = asyncio.Lock()

    async def first(self, actor: str, action: str, kind: str, subject: str) -> None:
        """Writes down what is about to be done. Raises `StorageError`: then it must not be done.

        What is refused afterwards all the same stands in the record as an attempt.
        """
        await self._append(Act(actor, action, kind, subject, self._clock()))

    async def note(self, actor: str, action: str, kind: str, subject: str) -> bool:
        """Writes down what was done, now or later, and answers whether it survives the death of this process.

        Never raises: whoever answers a call for help goes on either way.
        """
        act = Act(actor, action, kind, subject, self._clock())
        try:
            await self._append(act)
        except StorageError as error:
            self._failed(error)
            async with self._turn:
                try:
                    await asyncio.to_thread(self._keep, act)
                except OSError as disk:
                    self._failed(disk)
                    if len(self._kept) < _MOST_KEPT:
                        self._kept.append(act)
                    return False
        return True

    async def catch_up(self) -> int:
        """Writes down what waited, with the time at which it was done, and answers how many acts that were.

        Raises `StorageError` while the record cannot be written. An act whose writing was interrupted may
        stand there twice.
        """
        written = 0
        async with self._turn:
            while self._kept:
                await self._append(self._kept[0])
                del self._kept[0]
                written += 1
            for file in await asyncio.to_thread(self._pending):
                try:
                    for act in await asyncio.to_thread(file.read):
                        await self._append(act)
                        written += 1
                    await asyncio.to_thread(file.empty, remove=file is not self._file)
                finally:
                    if file is not self._file:
                        file.close()
        return written

    def close(self) -> None:
        """Gives the file up, so that another process writes down what is left in it."""
        if self._file is not None:
            self._file.close()
            self._file = None

    async def _append(self, act: Act) -> None:
        await self._audit.append(
            actor=act.actor, action=act.action, subject_kind=act.kind, subject=act.subject, at=act.at
        )

    # What follows runs on a thread.

    def _keep(self, act: Act) -> None:
        if self._file is None:
            self._file = _PendingFile.create(self._folder)
        self._file.append(act)

    def _pending(self) -> list[_PendingFile]:
        own = [self._file] if self._file else []
        paths = {file.path for file in own}
        others = (path for path in sorted(self._folder.glob(f"*{_SUFFIX}")) if path not in paths)
        return own + [file for path in others if (file := _PendingFile.adopt(path))]


class _PendingFile:
    """An open, locked file. The lock ends with the process that holds it, however it ends."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle

    @classmethod
    def create(cls, folder: Path) -> _PendingFile:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{os.getpid()}-{secrets.token_hex(8)}{_SUFFIX}"
        fresh = path.with_suffix(".new")  # locked before it has the name by which others look for it
        file = cls(path, os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600))
        fcntl.flock(file._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fresh.rename(path)
        return file

    @classmethod
    def adopt(cls, path: Path) -> _PendingFile | None:
        """Takes over the file of a dead process; None while its process lives or another one was faster."""
        try:
            handle = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return None
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_nlink:
                return cls(path, handle)
        os.close(handle)
        return None

    def append(self, act: Act) -> None:
        os.write(self._handle, msgspec.json.encode(act) + b"\n")
        os.fsync(self._handle)

    def read(self) -> list[Act]:
        return list(_acts(os.pread(self._handle, os.fstat(self._handle).st_size, 0)))

    def empty(self, *, remove: bool) -> None:
        os.ftruncate(self._handle, 0)
        if remove:
            self.path.unlink(missing_ok=True)

    def close(self) -> None:
        os.close(self._handle)


def _acts(content: bytes) -> Iterator[Act]:
    for line in content.splitlines():
        with contextlib.suppress(msgspec.DecodeError):  # a line that was torn when the machine stopped
            yield msgspec.json.decode(line, type=Act)
