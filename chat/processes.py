"""The processes of one `warmline serve --processes N`: started, watched, replaced and drained as one.

The process that runs this holds the listening sockets and serves nobody. Whatever dies is started again, at
its own sockets, where new connections have waited meanwhile. One whose event loop does not turn any more is
ended, and is replaced like one that died. A hangup replaces one process after another: the new one serves
before the old one is told to go.
"""

from __future__ import annotations

import asyncio
import enum
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from pathlib import Path
from typing import Final

from chat import leash, meters, restarts
from chat.listening import Listening
from chat.log import Event, Log
from chat.settings import BadSetting

STOP_WITHIN: Final = 20.0
"""Seconds that a process may take to stop besides those in which it sends everybody elsewhere; then it is
killed."""
START_WITHIN: Final = 180.0
"""Seconds for which a process that starts may be busy with what it loads, on a machine that does other things
too."""
LOOK_EVERY: Final = 1.0
"""Seconds between two looks at whether every process is heard."""
FAILED: Final = 1


class Part(enum.StrEnum):
    """What a process does."""

    SERVER = "server"
    WORKER = "worker"


Command = Callable[[Part, Sequence[int], int], Sequence[str]]
"""From a part, the numbers of the listening sockets and that of the leash to what is executed."""


class _Child:
    """One running process."""

    def __init__(
        self, process: asyncio.subprocess.Process, end: socket.socket, place: _Place, hung: float
    ) -> None:
        self.place = place
        self._process = process
        self._end = end
        self._loop = asyncio.get_running_loop()
        self._hand = leash.Hand()
        self._watched = restarts.Watched(ceil(hung / LOOK_EVERY), ceil(START_WITHIN / LOOK_EVERY))
        self._said = asyncio.Event()
        self.ended = self._loop.create_task(process.wait())
        self._hearing = self._loop.create_task(self._hear())
        self._since: float | None = None

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def served(self) -> float:
        """For how many seconds it has been ready; 0 when it never was."""
        return 0.0 if self._since is None else self._loop.time() - self._since

    async def ready(self) -> bool:
        """Waits until it does its work; False when it ended before."""
        said = self._loop.create_task(self._said.wait())
        await asyncio.wait((said, self.ended), return_when=asyncio.FIRST_COMPLETED)
        said.cancel()
        if self._said.is_set() and not self.ended.done():
            self._since = self._loop.time()
            return True
        await self.ended
        return False

    def hangs(self) -> bool:
        """Whether it should have been heard by now. Asked once every `LOOK_EVERY` seconds."""
        return not self.ended.done() and self._watched.hangs(self._hand.beats, ready=self._said.is_set())

    async def stop(self) -> bool:
        """Tells it to stop in order, and answers whether it did in its time."""
        if not self.ended.done():
            self._process.terminate()
            most = STOP_WITHIN if self._hand.stops_within is None else self._hand.stops_within
            await asyncio.wait((self.ended,), timeout=most)
        in_time = self.ended.done()
        self.kill()
        await self.ended
        return in_time

    def kill(self) -> None:
        if not self.ended.done():
            self._process.kill()

    async def _hear(self) -> None:
        with suppress(OSError):
            while data := await self._loop.sock_recv(self._end, 4096):
                self._hand.hear(data)
                if self._hand.stops_within is not None:
                    self._said.set()

    def let_go(self) -> None:
        self._hearing.cancel()
        self._end.close()


@dataclass(slots=True)
class _Place:
    """What one process after another does."""

    part: Part
    number: int
    child: _Child | None = None
    failures: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Processes:
    """Keeps servers, and workers beside them, until SIGTERM or SIGINT; SIGHUP replaces them one by one.

    `metrics` is the folder in which they count together. A process that was not heard for `hung` seconds is
    ended.
    """

    def __init__(
        self,
        *,
        command: Command,
        listening: Listening,
        servers: int,
        workers: int,
        environ: Mapping[str, str],
        metrics: Path,
        hung: float,
        told: Log,
    ) -> None:
        self._hung = hung
        self._command = command
        self._listening = listening
        self._environ = {**environ, meters.TOGETHER: str(metrics)}
        self._metrics = metrics
        self._told = told
        self._places = [_Place(Part.SERVER, number) for number in range(servers)]
        self._places += [_Place(Part.WORKER, number) for number in range(workers)]
        self._alive: set[_Child] = set()
        self._stopping = asyncio.Event()
        self._upgrading: asyncio.Task[None] | None = None

    async def run(self) -> int:
        """Answers the exit status: that of the first process when it does not start at all."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        loop.add_signal_handler(signal.SIGHUP, self._upgrade)
        self._told.say(Event.STARTING, count=len(self._places))
        keeping = loop.create_task(self._keep_all())
        watching = loop.create_task(self._watch())
        stopping = loop.create_task(self._stopping.wait())
        await asyncio.wait((keeping, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        first = keeping.result() if keeping.done() else 0
        await self._end(keeping)
        statuses = await self._stop_all()
        watching.cancel()
        self._told.say(Event.STOPPED)
        return first or (FAILED if any(statuses) else 0)

    # --- keeping ------------------------------------------------------------------------------------------

    async def _keep_all(self) -> int:
        first, *others = self._places
        child = await self._start(first)
        if not await child.ready():
            self._forget(child)
            return max(child.ended.result(), FAILED)
        first.child = child
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep(first))
            starts = [group.create_task(self._replace(place)) for place in others]
            await asyncio.gather(*starts)
            self._told.say(Event.READY, count=len(self._places))
            for place in others:
                group.create_task(self._keep(place))
        return 0

    async def _keep(self, place: _Place) -> None:
        """Starts a process again whenever it ends; ends only by cancellation."""
        while True:
            child = place.child
            assert child is not None  # noqa: S101 - a place is kept once it was filled
            await asyncio.shield(child.ended)
            async with place.turn:
                if place.child is child:
                    self._lost(place, child)
                    await self._replace(place)

    async def _replace(self, place: _Place) -> None:
        """Fills a place, and tries until it is filled."""
        while True:
            await asyncio.sleep(restarts.wait(place.failures))
            try:
                child = await self._start(place)
            except (OSError, BadSetting) as error:  # no socket or no process to be had now
                self._told.crashed(error, Event.PROCESS_LOST, part=place.part, process=place.number)
                place.failures = restarts.failures(place.failures, 0.0)
                continue
            if await child.ready():
                if place.failures:
                    self._told.say(Event.PROCESS_BACK, part=place.part, process=place.number)
                place.child = child
                return
            self._lost(place, child)
            if place.part is Part.SERVER:
                self._listening.leave(place.number)

    def _lost(self, place: _Place, child: _Child) -> None:
        place.failures = restarts.failures(place.failures, child.served)
        self._told.trouble(
            Event.PROCESS_LOST,
            part=place.part,
            process=place.number,
            status=child.ended.result(),
            attempt=place.failures,
        )
        self._forget(child)

    async def _watch(self) -> None:
        """Ends what hangs, whatever it should be doing: starting, serving or stopping."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            for child in [child for child in self._alive if child.hangs()]:
                self._told.trouble(Event.PROCESS_HUNG, part=child.place.part, process=child.place.number)
                child.kill()

    # --- replacing ----------------------------------------------------------------------------------------

    def _upgrade(self) -> None:
        if self._upgrading is None or self._upgrading.done():
            self._upgrading = asyncio.get_running_loop().create_task(self._upgrade_all())

    async def _upgrade_all(self) -> None:
        """One after another; the first that does not start leaves the rest as they are."""
        self._told.say(Event.UPGRADING, count=len(self._places))
        for place in self._places:
            async with place.turn:
                fresh = await self._start(place, instead=True)
                if not await fresh.ready():
                    status = fresh.ended.result()
                    self._forget(fresh)
                    self._told.trouble(
                        Event.UPGRADE_REFUSED, part=place.part, process=place.number, status=status
                    )
                    return
                before, place.child, place.failures = place.child, fresh, 0
            if before is not None:
                await self._stop_one(before)
                self._forget(before)
        self._told.say(Event.UPGRADED, count=len(self._places))

    # --- one process --------------------------------------------------------------------------------------

    async def _start(self, place: _Place, *, instead: bool = False) -> _Child:
        """Starts a process; `instead` of one that serves, it takes nothing that is not in order."""
        sockets = self._listening.of(place.number) if place.part is Part.SERVER else ()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        numbers = [one.fileno() for one in sockets]
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command(place.part, numbers, theirs.fileno()),
                *(["--instead"] if instead else []),
                env=self._environ,
                pass_fds=(*numbers, theirs.fileno()),
                start_new_session=True,  # Ctrl-C is for this process, which tells the others
            )
        except BaseException:
            ours.close()  # whatever was started all the same stops when it finds this closed
            raise
        finally:
            theirs.close()
        child = _Child(process, ours, place, self._hung)
        self._alive.add(child)
        return child

    def _forget(self, child: _Child) -> None:
        """Its gauges are nobody's any more; its counts stay, unless it never served."""
        self._alive.discard(child)
        child.let_go()
        meters.forget(self._metrics, child.pid, whole=not child.served)

    # --- stopping -----------------------------------------------------------------------------------------

    def _stop(self) -> None:
        """The second time it is meant: whoever asks twice does not want to wait."""
        if not self._stopping.is_set():
            self._told.say(Event.DRAINING, count=len(self._alive))
            self._stopping.set()
            return
        for child in self._alive:
            child.kill()

    async def _end(self, keeping: asyncio.Task[int]) -> None:
        tasks = [keeping, *([self._upgrading] if self._upgrading else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _stop_all(self) -> list[int]:
        self._listening.close()
        children = list(self._alive)
        served = {child for child in children if child.served}  # others were told to stop before they began
        await asyncio.gather(*(self._stop_one(child) for child in children))
        for child in children:
            self._forget(child)
        return [child.ended.result() for child in children if child in served]

    async def _stop_one(self, child: _Child) -> None:
        if not await child.stop():
            self._told.trouble(Event.PROCESS_KILLED, part=child.place.part, process=child.place.number)


def command(program: Sequence[str], config: Path | None) -> Command:
    """What is executed for each part, with the options that only these processes are given."""
    return partial(_command, [*program, *(["--config", str(config)] if config else [])])


def _command(program: Sequence[str], part: Part, sockets: Sequence[int], end: int) -> list[str]:
    if part is Part.WORKER:
        return [*program, "worker", "--leash", str(end)]
    return [*program, "serve", "--leash", str(end), "--sockets", ",".join(map(str, sockets))]
