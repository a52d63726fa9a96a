"""Where entries wait on this machine's disk until the store can take them: one synced file a process."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import secrets
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from moderation.framing import DONE, Entry, Form
from moderation.handing import Sink, hand

_MOST_WAITING = 256
_Result = TypeVar("_Result")


class SpoolFailed(Exception):
    """The disk did not take the entry (full, read-only, failing, overwhelmed): it is not durable."""


class Spool(Generic[Entry]):
    """A folder that several processes may share. All disk work happens on one thread of its own.

    Spools of several forms of entry may share it too: each has files of its own.
    """

    def __init__(self, folder: Path, form: Form[Entry]) -> None:
        self._folder = folder
        self._form = form
        self._file: _SpoolFile | None = None
        self._spoilt: list[_SpoolFile] = []
        self._disk = ThreadPoolExecutor(1, "spool")
        self._queued = 0

    async def append(self, entry: Entry) -> None:
        """Returns when the entry is on the disk. Raises `SpoolFailed`; it may be there all the same."""
        if self._queued >= _MOST_WAITING:
            raise SpoolFailed("too much is queued for the disk")
        try:
            await self._on_disk(partial(self._append, self._form.frame(entry)))
        except OSError as error:
            raise SpoolFailed(os.strerror(error.errno or 0)) from None

    async def drain(self, sink: Sink[Entry]) -> int:
        """Hands what is waiting to `sink`, forgets what it took, and answers how many entries that were.

        The files of dead processes are taken over. Of a file of which the sink refuses an entry only what it
        refused is handed over another time; where that cannot be noted, the whole of it is: the sink takes a
        key twice without harm. The first refusal is raised when all files have had their turn.
        """
        count, refusals = 0, list[Exception]()
        tried = set[Path]()
        while (file := await self._taken_over(tried)) is not None:
            tried.add(file.path)
            whole, size, done = False, 0, list[int]()
            try:
                start, content, size = await self._on_disk(file.read)
                found = list(self._form.frames(content))
                handed = await hand([entry for _, entry in found], sink, self._form.about)
                done = [start + found[place][0] for place in handed.taken]
                whole = not handed.refusals
                refusals += handed.refusals
                count += len(done)
            except OSError as error:  # of one file; the others have their turn
                refusals.append(error)
            finally:
                # Also when it is cancelled: what stayed locked would be nobody's while this process lives.
                after = self._disk.submit(self._after, file, size, done, whole=whole)
            await asyncio.wrap_future(after)
        if refusals:
            raise refusals[0]
        return count

    async def waiting(self) -> int:
        """How many bytes wait in the folder, those of other processes included."""
        return await self._on_disk(lambda: sum(map(_size, self._files())))

    async def seen(self) -> list[Entry]:
        """What lies in the folder, also in the files of processes that live. It stays there."""
        content = await self._on_disk(lambda: b"".join(map(_content, self._files())))
        return [entry for _, entry in self._form.frames(content)]

    def close(self) -> None:
        """Gives the files up, so that another process drains what is left in them."""
        self._disk.shutdown(wait=True, cancel_futures=True)
        for file in (*self._spoilt, self._file):
            if file is not None:
                file.close()
        self._file, self._spoilt = None, []

    async def _taken_over(self, tried: AbstractSet[Path]) -> _SpoolFile | None:
        found = self._disk.submit(self._next, tried)
        try:
            return await asyncio.shield(asyncio.wrap_future(found))
        except asyncio.CancelledError:
            found.add_done_callback(self._give_back)
            raise

    def _give_back(self, found: Future[_SpoolFile | None]) -> None:
        """Nobody waits any more for the file that was just taken over."""
        file = None if found.cancelled() or found.exception() else found.result()
        if file is not None and file is not self._file and file not in self._spoilt:
            file.close()

    async def _on_disk(self, work: Callable[[], _Result]) -> _Result:
        self._queued += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._disk, work)
        finally:
            self._queued -= 1

    # What follows runs on the disk's thread.

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{self._form.suffix}"))

    def _append(self, content: bytes) -> None:
        if self._file is None:
            self._file = _SpoolFile.create(self._folder, self._form.suffix)
        try:
            self._file.append(content)
        except OSError:
            # After a failed sync nobody knows what a file holds; what can be read of it is drained later.
            self._spoilt.append(self._file)
            self._file = None
            raise

    def _next(self, tried: AbstractSet[Path]) -> _SpoolFile | None:
        """A file that has not had its turn, our own ones first; one at a time is taken over."""
        own = [*self._spoilt, *([self._file] if self._file else [])]
        mine = {file.path for file in own}
        if left := [file for file in own if file.path not in tried]:
            return left[0]
        others = (path for path in self._files() if path not in tried | mine)
        return next((file for path in others if (file := _SpoolFile.adopt(path))), None)

    def _after(self, file: _SpoolFile, size: int, done: Sequence[int], *, whole: bool) -> None:
        if not whole:
            file.note(done)
        if file is self._file:
            if whole:
                file.forget(size)
            return
        if whole:
            file.remove()
            with contextlib.suppress(ValueError):  # a dead process' file was never in the list
                self._spoilt.remove(file)
        if file not in self._spoilt:
            file.close()


class _SpoolFile:
    """An open, locked file. The lock ends with the process that holds it, however it ends."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle
        self._taken = 0

    @classmethod
    def create(cls, folder: Path, suffix: str) -> _SpoolFile:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{os.getpid()}-{secrets.token_hex(8)}{suffix}"
        # Locked before it has the name by which others look for files of the dead.
        fresh = path.with_suffix(".new")
        handle = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fresh.rename(path)
            _sync_folder(folder)
        except OSError:
            os.close(handle)
            raise
        return cls(path, handle)

    @classmethod
    def adopt(cls, path: Path) -> _SpoolFile | None:
        """Takes over the file of a dead process; None while its process lives or another one was faster."""
        try:
            handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except (FileNotFoundError, PermissionError, IsADirectoryError):
            return None  # not ours to take; the auditor says that something waits
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        if os.fstat(handle).st_nlink == 0:
            os.close(handle)
            return None
        return cls(path, handle)

    def append(self, content: bytes) -> None:
        while content:
            content = content[os.write(self._handle, content) :]
        _sync(self._handle)

    def read(self) -> tuple[int, bytes, int]:
        """Where what is not forgotten yet begins, what it is, and the file's size as it was read."""
        size = os.fstat(self._handle).st_size
        return self._taken, os.pread(self._handle, size - self._taken, self._taken), size

    def note(self, places: Sequence[int]) -> None:
        """The entries at these places have been taken. Not synced: without it they are taken once more."""
        with contextlib.suppress(OSError):
            for place in places:
                os.pwrite(self._handle, DONE, place)

    def forget(self, size: int) -> None:
        """Everything before `size` has been taken; the file is emptied when nothing came after it."""
        self._taken = size
        if os.fstat(self._handle).st_size == size:
            os.ftruncate(self._handle, 0)
            os.lseek(self._handle, 0, os.SEEK_SET)
            self._taken = 0

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        os.close(self._handle)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # drained by another process at this very moment
        return 0


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # as in _size, or not ours to read
        return b""


def _sync(handle: int) -> None:
    # macOS has no fdatasync.
    getattr(os, "fdatasync", os.fsync)(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
