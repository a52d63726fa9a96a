"""Several processes of the alert path, stepped from one await to the next, any of which may be their last.

The parts, the store and the disk are real; what a process asks of the world (the store, the disk, an alert
channel) stops before it has its effect, and again before the process hears of it. Whoever drives the world
opens one stop after the other. A process that crashes never gets past its stops: no `finally` of it runs.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, cast

import sqlalchemy as sa

from moderation.alertbook import NotDurable, Raised
from moderation.alerts import Alert, AlertStore, Severity
from moderation.channels.channel import Page, Target
from moderation.ladder import parse
from storage.alerts import Alerts
from storage.engine import Database, open_database
from storage.tables import alert, alert_event, metadata
from tests.support.alerting import AlertPath
from tests.support.clock import DrivenClock
from tests.support.stops import (
    Stop,
    StoppingPhones,
    StoppingStore,
    note_what_is_taken_over,
    page_of,
    stop_before_disk,
)

CAMPUS: Final = "north"
WAIT: Final = 5.0
LADDER: Final = parse(f'[[rung]]\ntell = ["campus"]\nby = ["any"]\nwait = {WAIT:.0f}\n')
"""As quick as a ladder may be, so that little time has to pass."""
_PARTS: Final = ("dispatcher", "stopgap", "book", "auditor")
_QUIET: Final = 3
"""Turns of the loop in which nothing happened before the world counts as at rest."""
_Answer = TypeVar("_Answer")
Mutant = Literal["answers first", "forgets the disk", "records nothing", "moves whatever the fence says"]
"""Designs with one of the rules taken away."""


@dataclass(eq=False)
class Ring:
    """A page that arrived: which one, whose life sent it, and whether it is on record."""

    page: str
    target: tuple[str | None, str]
    process: Process
    recorded: bool = False
    excused: bool = False
    """Its record failed, or was given up because a person moved the alert: it may come again."""


@dataclass(eq=False)
class Call:
    """A message that calls for help, which its seeker says again until it is acknowledged."""

    key: str
    conversation: str
    severity: Severity
    acked: bool = False
    asked: tuple[Process, asyncio.Task[Raised]] | None = None

    @property
    def unanswered(self) -> bool:
        """Whether its seeker says it again: nobody has it, and nobody who lives is about to answer."""
        return not self.acked and (self.asked is None or not self.asked[0].alive or self.asked[1].done())


class Process:
    """One life of a process. Its clock is its own, and stands still when it is dead."""

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self.alive = True
        self.stalled = False
        """No time passes for it, as on a machine that is paused; what it has sent off still arrives."""
        self.clock = DrivenClock(world.now)
        self.path = AlertPath(
            store=cast("AlertStore", StoppingStore(world, self)),
            clock=self.clock,
            phones=StoppingPhones(world, self),
            folder=world.folder,
            owner=name,
            ladder=LADDER,
        )
        self.taken_over: set[Any] = set()
        """Files of the dead that it is just reading: the kernel gives up these locks too."""
        for spool in (self.path.spool, self.path.holds):
            stop_before_disk(world, self, spool)
            note_what_is_taken_over(self, spool)
        self.running = [asyncio.get_running_loop().create_task(self._part(part)) for part in _PARTS]

    async def _part(self, name: str) -> None:
        await getattr(self.path, name).run()


class World:
    """One campus, its store and its telephone."""

    def __init__(self, folder: Path, mutant: Mutant | None = None) -> None:
        self.mutant = mutant
        self.folder = folder / "spool"
        self.now = 1_900_000_000.0
        self.stops: list[Stop] = []
        self.living: list[Process] = []
        self._dead: list[Process] = []
        """Kept as they stood: what nobody holds any more is closed, and a closed coroutine runs on."""
        self.calls: list[Call] = []
        self.rings: list[Ring] = []
        self._moves: list[asyncio.Task[object]] = []
        self.wrong: list[str] = []
        self.did: Counter[str] = Counter()
        self.away = False
        self.disk_broken = False
        self.prompt = True
        """Whether nothing that is asked of the world takes any time."""
        self._idle = asyncio.Event()
        """Whether nothing has its effect at this moment; only one thing ever has."""
        self._idle.set()
        self._lives = 0
        self._loop = asyncio.new_event_loop()
        self._database: Database = open_database(f"sqlite:///{folder / 'warmline.db'}", deadline=15)
        self.store = Alerts(self._database)
        self._seen: dict[str, Alert] = {}
        self.risen: set[str] = set()
        """Alerts that became graver while they were told: who tells one as it was is overtaken at once."""
        self._suspect: set[str] = set()
        """Pages that came again; those from memory may, each process has its own."""
        self.run(self._furnish())

    def run(self, work: Coroutine[Any, Any, _Answer]) -> _Answer:
        return self._loop.run_until_complete(work)

    async def _furnish(self) -> None:
        async with self._database.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)

    def close(self) -> None:
        for process in tuple(self.living):
            self.crash(process)
        self.run(self._end())
        self._loop.close()

    async def _end(self) -> None:
        mine = cast("asyncio.Task[Any]", asyncio.current_task())
        while left := asyncio.all_tasks() - {mine}:
            for task in left:
                task.cancel()  # more than once: some go on from a time-out to the next stop
            await asyncio.wait(left, timeout=0.01)
        await self._database.close()

    # --- what happens -------------------------------------------------------------------------------------

    def start(self) -> None:
        """A process starts, whose predecessor is dead."""

        async def start() -> None:
            self._lives += 1
            if self.mutant == "forgets the disk":
                shutil.rmtree(self.folder, ignore_errors=True)
            self.living.append(Process(self, f"life{self._lives}"))
            await self._rest()

        self.run(start())
        self.did["starts"] += 1

    def crash(self, process: Process) -> None:
        """It dies where it stands. The kernel gives up its locks; that is all that is left of it."""
        pages = self.run(self._pages())
        mine = (ring for ring in self.rings if ring.process is process and _open(ring))
        lost = Counter(pages[ring.page] for ring in mine if ring.page in pages)
        process.alive = False
        self.living.remove(process)
        self._dead.append(process)
        self.stops = [stop for stop in self.stops if stop.process is not process]
        process.path.close()
        for file in tuple(process.taken_over):
            file.close()
        self.did["crashes"] += 1
        self.did["pages lost from the record"] += lost.total()
        if any(times > 1 for times in lost.values()):
            self.wrong.append("a crash took several pages of an alert from the record")

    def say(self, call: Call, process: Process) -> None:
        """A seeker says it to a process, for the first time or again."""

        async def say() -> None:
            asked = asyncio.get_running_loop().create_task(
                process.path.book.raise_alert(
                    key=call.key,
                    conversation=call.conversation,
                    campus=CAMPUS,
                    category="self_harm",
                    severity=call.severity,
                    source="screening",
                )
            )
            asked.add_done_callback(lambda done: self._answered(call, done))
            call.asked = (process, asked)
            call.acked = call.acked or self.mutant == "answers first"
            await self._rest()

        self.run(say())
        self.did["calls"] += 1

    def _answered(self, call: Call, done: asyncio.Task[Raised]) -> None:
        if done.cancelled() or isinstance(done.exception(), NotDurable):
            return
        done.result()
        call.acked = True

    def move(self, process: Process, move: Callable[[AlertPath, str], Awaitable[object]], which: str) -> None:
        """A person does something about an alert, by this process."""

        async def moving() -> object:
            try:
                return await move(process.path, which)
            except ConnectionError:  # the database is away: they see that it did not work
                return None

        async def start() -> None:
            self._moves.append(asyncio.get_running_loop().create_task(moving()))
            await self._rest()

        self.run(start())
        self.did["moves"] += 1

    def stall(self, process: Process, *, on: bool = True) -> None:
        """It stands still, or finds itself later than it was."""
        process.stalled = on
        self.run(self._reach(self.now))
        self.did["stalls"] += on

    def go(self, which: int) -> None:
        """One of those who wait for the world gets what it waits for."""
        if self.stops:
            self.run(self._go(self.stops[which % len(self.stops)]))

    def go_until(self, process: Process, what: str, *, done: bool = False) -> None:
        """A process gets what it waits for, and all the time it needs, until it stops at `what`."""
        while not any((s.process, s.what, s.done) == (process, what, done) for s in self.stops):
            mine = [stop for stop in self.stops if stop.process is process]
            self.run(self._go(mine[0]) if mine else self._wait(process))

    async def _wait(self, process: Process) -> None:
        due = process.clock.next()
        assert due is not None
        await self._reach(due)

    async def _go(self, stop: Stop) -> None:
        self.stops.remove(stop)
        stop.open.set_result(None)
        await self._rest()

    def pass_time(self, seconds: float) -> None:
        """Time passes; in a prompt world everybody has what they wait for before it does."""
        self.run(self._pass(self.now + seconds))

    async def _pass(self, until: float) -> None:
        while True:
            while self.prompt and self.stops:
                await self._go(self.stops[0])
            awake = [one for one in self.living if not one.stalled]
            due = [moment for one in awake if (moment := one.clock.next()) is not None]
            moment = min([*due, until])
            if moment >= until and self.now >= until:
                return
            await self._reach(min(moment, until))

    async def _reach(self, moment: float) -> None:
        self.now = max(self.now, moment)
        for process in self.living:
            if not process.stalled:
                process.clock.jump(self.now - process.clock.now())
        await self._rest()

    async def _rest(self) -> None:
        """Returns when every process waits for the world or for the time."""
        quiet = 0
        loop: Any = self._loop
        while quiet < _QUIET:
            await self._idle.wait()  # not in turns: the threads of the database need the interpreter
            for process in self.living:
                for spool in (process.path.spool, process.path.holds):
                    await asyncio.wrap_future(spool._disk.submit(_nothing))
            quiet = 0 if loop._ready or not self._idle.is_set() else quiet + 1
            await asyncio.sleep(0)
        for process in self.living:
            for part in process.running:
                if part.done():
                    part.result()
                    self.wrong.append("a part of a process ended")

    def alerts(self) -> list[str]:
        """The ids of those that stand in the store."""
        return sorted(one.id for one in self.run(self.store.live(CAMPUS)))

    # --- what a process asks of the world -----------------------------------------------------------------

    async def passing(self, process: Process, what: str, effect: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """Something with an effect outside: two awaits at which the process may die."""
        await self._stop(process, what, done=False)
        self._idle.clear()
        failure: Exception | None = None
        try:
            answer = await effect()
        except Exception as error:  # noqa: BLE001  # whatever it is: the process hears of it, if it lives
            failure = error
        finally:
            self._idle.set()
        await self._stop(process, what, done=True)
        if failure is not None:
            raise failure
        return answer

    async def _stop(self, process: Process, what: str, *, done: bool) -> None:
        stop = Stop(process, what, done, asyncio.get_running_loop().create_future())
        if process.alive:
            self.stops.append(stop)
        try:
            await stop.open
        finally:
            if stop in self.stops:
                self.stops.remove(stop)

    def rang(self, process: Process, page: Page, target: Target) -> None:
        """A page arrives; it is suspect where it came before, and is on record or may still be."""
        fresh = Ring(page.key, (target.person, target.channel), process)
        for ring in self.rings:
            if (ring.page, ring.target) != (fresh.page, fresh.target):
                continue
            self.did["repeated pages"] += 1
            if self.prompt and not ring.excused and (ring.recorded or ring.process.alive):
                self._suspect.add(fresh.page)
        self.rings.append(fresh)

    def recorded(self, process: Process, page: str, target: tuple[str | None, str], *, failed: bool) -> None:
        for ring in self.rings:
            if (ring.page, ring.target, ring.process) == (page, target, process):
                ring.excused = ring.excused or (failed and not ring.recorded)
                ring.recorded = ring.recorded or not failed

    def excuse(self, process: Process, page: str) -> None:
        """What told this page was called off before it could be recorded: a person moved the alert."""
        for ring in self.rings:
            if ring.page == page and ring.process is process and not ring.recorded:
                ring.excused = True

    # --- what must be true --------------------------------------------------------------------------------

    def check(self) -> None:
        """Nothing falls that only rises, and of a conversation there is one alert, stored and shown."""
        live = self.run(self.store.live(CAMPUS))
        if len({one.conversation for one in live}) != len(live):
            self.wrong.append("a conversation has two open alerts")
        for one in live:
            before = self._seen.get(one.id, one)
            if one.rung < before.rung or one.fence < before.fence:
                self.wrong.append("a rung or a fence fell")
            self._seen[one.id] = one
        pages = self.run(self._pages()) if self._suspect else {}
        if {pages[page] for page in self._suspect if page in pages} - self.risen:
            self.wrong.append("a page of an alert came again though nobody who told it crashed")
        self._suspect.clear()
        for move in self._moves:
            if move.done() and not move.cancelled():
                move.result()
        for process in self.living:
            shown = [one.conversation for one in process.path.book.remembered(CAMPUS)]
            if len(set(shown)) != len(shown):
                self.wrong.append("two alerts of a conversation are shown")
        assert not self.wrong, self.wrong

    def settle(self) -> None:
        """Everything works again, one process is left, and seekers say again what nobody has."""
        self.away, self.disk_broken, self.prompt = False, False, True
        for process in tuple(self.living):
            self.crash(process)
        self.start()
        for call in self.calls:
            if not call.acked:
                self.say(call, self.living[0])
                while self.stops:
                    self.go(0)
        lost = [call.key for call in self.calls if not call.acked]
        if lost:
            self.wrong.append(f"not taken though everything works: {lost}")
        told = len(self.rings)
        # A lease of the dead ends, a clock that was set back is waited for, and a rung is told.
        self.pass_time(15.0 + WAIT + 2.0)
        self.check()
        pages = {ring.page for ring in self.rings[told:]}
        missing = set(self.calls) - self.run(self._held())
        self.wrong += [f"acknowledged, and not stored: {call.key}" for call in missing]
        for one in self.run(self.store.live(CAMPUS)):
            rungs = {page_of(one.id, rung) for rung in range(one.rung + 1)}
            if one.state == "open" and pages.isdisjoint(rungs):
                self.wrong.append("nobody is told of an open alert any more")
        assert not self.wrong, self.wrong

    async def _pages(self) -> dict[str, str]:
        """From each page that the store's alerts may have had to its alert."""
        async with self._database.reading() as connection:
            rows = await connection.execute(sa.select(alert.c.id, alert.c.rung))
            return {page_of(row.id, rung): row.id for row in rows for rung in range(row.rung + 1)}

    async def _held(self) -> set[Call]:
        digests = {hashlib.sha256(call.key.encode()).digest(): call for call in self.calls}
        async with self._database.reading() as connection:
            rows = await connection.scalars(sa.select(alert_event.c.key))
            return {digests[bytes(key)] for key in rows}


def _open(ring: Ring) -> bool:
    return not ring.recorded and not ring.excused


def _nothing() -> None:
    """Work for a disk that tells, when it is done, that all before it is."""
