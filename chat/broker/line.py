"""One connection to Redis whose commands of one turn of the event loop travel together.

Neither `ask` nor `call` waits: they queue a command, whose answer is handed to a function or to a future.
What was queued in the same turn is written at once, answers come back in order. There is no pool and no task
for a command.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

import hiredis

from chat.broker.address import Address, Node, parse

Answer = Any
"""What Redis answers: bytes, int, None or a list of these."""

DEADLINE = 2.0
"""Seconds after which an unanswered command counts as lost, and the connection with it."""
ELSEWHERE = frozenset({"MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN", "READONLY", "MASTERDOWN", "LOADING"})
"""Errors of a server that is not, or not yet, or no longer the one to ask: nothing was carried out."""
MOST_PENDING = 50_000
"""How many commands may wait for their answers before new ones are turned away."""


Done = Callable[[Answer], None]
"""What is done with an answer; a command that came to nothing is answered by `Unavailable` or `Refusal`."""


class Unavailable(Exception):
    """Redis cannot be reached, or did not answer in time. It may or may not have carried out the command."""


class Refusal(Exception):
    """Redis refused a command. Only its error code is kept, because its message may quote arguments."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error).partition(" ")[0])


class Listener(Protocol):
    """Who is told when a line comes up and goes down."""

    async def up(self, line: Line) -> None:
        """Prepares a new connection; until this returns, others cannot use the line."""
        ...

    def down(self, line: Line) -> None: ...


class Line:
    """A connection that comes back by itself.

    `run` keeps it up until it is cancelled. While it is down, `call` fails at once with `Unavailable`: who
    can wait decides how long, nobody waits by accident.
    """

    def __init__(
        self,
        at: str | Node,
        listener: Listener,
        on_push: Callable[[list[Answer]], None] | None = None,
        *,
        astray: Callable[[], None] = lambda: None,
    ) -> None:
        """`at` is an address or a server. `astray` is called when the other end is not the one to ask."""
        self._at = parse(at) if isinstance(at, str) else Address("one", (at,))
        self._astray = astray
        self._listener = listener
        self._on_push = on_push
        self._wire: _Wire | None = None
        self.ready = False
        self.generation = ""
        """The run id of the Redis at the other end: another Redis, another generation."""

    def ask(self, done: Done, *command: str | bytes | int) -> None:
        """Sends a command; `done` is called with its answer, `Refusal` or `Unavailable`, and must not raise.

        That is in the turn in which the answer comes, and at once while the line is down.
        """
        if not self.ready or self._wire is None:
            done(Unavailable())
        else:
            self._wire.ask(done, command)

    def call(self, *command: str | bytes | int) -> asyncio.Future[Answer]:
        """Sends a command; the future ends with its answer, `Refusal` or `Unavailable`."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.ask(partial(settle, future), *command)
        return future

    def late(self, work: Callable[[], None]) -> None:
        """Calls `work` when what was queued in this turn is written: what it asks travels with that.

        At once while the line is down.
        """
        if not self.ready or self._wire is None:
            work()
        else:
            self._wire.late(work)

    def send(self, *command: str | bytes | int) -> None:
        """Sends a command whose answers arrive as pushes; does nothing while the line is down."""
        if self._wire is not None:
            self._wire.write(command)

    def drop(self) -> None:
        """Gives the connection up; another one is made at once, with whoever is the one to ask by then."""
        if self._wire is not None:
            self._wire.close()

    async def run(self) -> None:
        """Keeps the line up; returns only by cancellation."""
        wait = 0.05
        while True:
            try:
                await self._once()
                wait = 0.05
            except (OSError, TimeoutError, Unavailable, Refusal, hiredis.HiredisError):
                wait = min(wait * 2, 1.0)
            finally:
                self._drop()
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret

    async def _once(self) -> None:
        async with asyncio.timeout(DEADLINE):
            node = await found(self._at)
            wire = await _connect(node, self._on_push, self._elsewhere)
            self._wire = wire
            self.generation = await _greet(wire, node, master=self._at.kind == "sentinel")
            self.ready = self._on_push is None
            await self._listener.up(self)
            wire.listening = self._on_push is not None
            self.ready = True
        while True:
            try:
                async with asyncio.timeout(DEADLINE / 2):
                    await wire.lost.wait()
            except TimeoutError:
                if wire.stuck():
                    raise
            else:
                return

    def _elsewhere(self, code: str) -> None:
        self._astray()
        if code in {"READONLY", "MASTERDOWN"}:
            self.drop()

    def _drop(self) -> None:
        was_ready, self.ready = self.ready, False
        if self._wire is not None:
            self._wire.close()
            self._wire = None
        if was_ready:
            self._listener.down(self)


class _Wire(asyncio.Protocol):
    def __init__(
        self, on_push: Callable[[list[Answer]], None] | None, elsewhere: Callable[[str], None]
    ) -> None:
        self._elsewhere = elsewhere
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader()
        self._pending: deque[Done] = deque()
        self._outgoing: list[bytes] = []
        self._late: list[Callable[[], None]] = []
        self._writes_soon = False
        self._transport: asyncio.Transport | None = None
        self._on_push = on_push
        self._heard = self._loop.time()
        self._asked = self._heard
        self.listening = False
        self.lost = asyncio.Event()

    def ask(self, done: Done, command: Sequence[str | bytes | int]) -> None:
        if len(self._pending) >= MOST_PENDING or self.lost.is_set():
            done(Unavailable())
            return
        self.write(command)  # first: what cannot be written has no answer to wait for
        if not self._pending:
            self._asked = self._loop.time()
        self._pending.append(done)

    def call(self, *command: str | bytes | int) -> asyncio.Future[Answer]:
        future: asyncio.Future[Answer] = self._loop.create_future()
        self.ask(partial(settle, future), command)
        return future

    def write(self, command: Sequence[str | bytes | int]) -> None:
        self._outgoing.append(hiredis.pack_command(command))  # type: ignore[arg-type]  # its stub is narrower
        self._write_soon()

    def late(self, work: Callable[[], None]) -> None:
        self._late.append(work)
        self._write_soon()

    def _write_soon(self) -> None:
        if not self._writes_soon:
            self._writes_soon = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        late, self._late = self._late, []
        for work in late:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - what others ask in this turn goes out all the same
                context = {"message": "something could not be asked of Redis", "exception": error}
                self._loop.call_exception_handler(context)
        self._writes_soon = False
        outgoing, self._outgoing = self._outgoing, []
        if outgoing and self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(outgoing))

    def _refused(self, error: Exception) -> Exception:
        refusal = Refusal(error)
        if (code := str(refusal)) not in ELSEWHERE:
            return refusal
        self._elsewhere(code)
        return Unavailable()

    def _deaf(self, code: str) -> None:
        """A subscription was refused by a server that does not carry its slot, or not yet: it is made anew,
        because a line that stays up hears nothing of it.
        """
        if code in ELSEWHERE:
            self._elsewhere(code)
            self.close()

    def stuck(self) -> bool:
        """Whether an answer is overdue. A listening wire asks for a sign of life, to have one to expect."""
        now = self._loop.time()
        if self.listening:
            if now - self._heard > 2 * DEADLINE:
                return True
            self.write((b"PING",))
            return False
        return bool(self._pending) and now - max(self._asked, self._heard) > DEADLINE

    def close(self) -> None:
        self.lost.set()
        if self._transport is not None:
            self._transport.abort()
        while self._pending:
            self._pending.popleft()(Unavailable())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a stream connection has a full transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.close()

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        self._reader.feed(data)
        while True:
            answer = self._reader.gets()
            if answer is False:
                return
            if self.listening and self._on_push is not None:
                if isinstance(answer, list):
                    self._on_push(answer)
                elif isinstance(answer, Exception):
                    self._deaf(str(Refusal(answer)))
                continue
            if not self._pending:
                continue  # the answer of a subscription made while the line came up
            done = self._pending.popleft()
            done(self._refused(answer) if isinstance(answer, Exception) else answer)


def settle(future: asyncio.Future[Answer], answer: Answer) -> None:
    """Ends a future with an answer: as what a command is `done` with, where somebody waits for it."""
    if future.done():
        return  # whoever waited was cancelled
    if isinstance(answer, Exception):
        future.set_exception(answer)
        future.exception()  # a future that nobody awaits any more is not worth a warning
    else:
        future.set_result(answer)


async def ask_once(node: Node, *command: str | bytes | int) -> Answer:
    """Asks a server one thing over a connection of its own. Raises what connecting does, too."""
    wire = await _connect(node, None, lambda _: None)
    try:
        await _enter(wire, node)
        return await wire.call(*command)
    finally:
        wire.close()


async def found(address: Address) -> Node:
    """The server to ask now. Raises `Unavailable` when no Sentinel knows one."""
    if address.kind != "sentinel":
        return address.nodes[0]
    for sentinel in address.nodes:
        with suppress(OSError, TimeoutError, Unavailable, Refusal):
            async with asyncio.timeout(DEADLINE / 4):
                told = await ask_once(sentinel, b"SENTINEL", b"GET-MASTER-ADDR-BY-NAME", address.service)
                if told:
                    return address.master.at(told[0].decode(), int(told[1]))
    raise Unavailable


async def _connect(
    node: Node, on_push: Callable[[list[Answer]], None] | None, elsewhere: Callable[[str], None]
) -> _Wire:
    loop = asyncio.get_running_loop()
    connecting: Awaitable[tuple[asyncio.Transport, _Wire]]
    if node.path:
        connecting = loop.create_unix_connection(lambda: _Wire(on_push, elsewhere), node.path)
    else:
        connecting = loop.create_connection(
            lambda: _Wire(on_push, elsewhere), node.host, node.port, ssl=node.context()
        )
    _, wire = await connecting
    return wire


async def _enter(wire: _Wire, node: Node) -> None:
    if node.password:
        await wire.call(b"AUTH", node.user or "default", node.password)
    if node.database:
        await wire.call(b"SELECT", node.database)


async def _greet(wire: _Wire, node: Node, *, master: bool) -> str:
    """The run id. Raises `Unavailable` for a server that is no master where it must be one."""
    await _enter(wire, node)
    info = b"\r\n".join(
        [await wire.call(b"INFO", b"server")] + ([await wire.call(b"INFO", b"replication")] if master else [])
    )
    told = dict(row.split(b":", 1) for row in info.split(b"\r\n") if b":" in row)
    if b"run_id" not in told or (master and told.get(b"role") != b"master"):
        raise Unavailable
    return told[b"run_id"].decode()
