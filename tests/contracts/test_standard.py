"""The project's own socket class against Autobahn's cases: what RFC 6455 asks of a server.

An echo stands behind the class here, and binary messages and large ones are let through, because the cases
need them. Everything else is the class as it serves.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Coroutine
from http import HTTPStatus
from typing import Any, cast

import uvicorn
from kosoku import FailureError, run_fuzzingclient
from starlette.applications import Starlette
from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from chat.codes import Close
from chat.link import Answer, Link, Take
from chat.protocol import SUBPROTOCOL
from chat.socket import Core, Session, Socket
from tests.support.demo import free_port

MOST = 64 * 1024 * 1024
"""Bytes: more than the largest message of the cases."""
COMPRESSION = ["12.*", "13.*"]
"""Cases of permessage-deflate, which is off: it costs memory, and it lets sizes tell secrets."""


class Standard(Core):
    """The core without a subprotocol: the cases ask for none."""

    def accept(self, request: Request) -> Response:
        response = super().accept(request)
        self.subprotocol = Subprotocol(SUBPROTOCOL)
        return response


class EchoLink:
    """Answers each message with itself."""

    heard_at = 0.0

    def receive(self, data: bytes, at: float) -> Answer:
        self.heard_at = at
        return Answer(data)

    def tick(self, _: float) -> None:
        return None


class EchoSession:
    def carry(self, _: Take) -> None:
        return None

    def ask(self) -> None:
        return None

    def left(self) -> None:
        return None


class EchoDoor:
    """Lets everybody in, and keeps what breaks."""

    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[None]] = set()
        self.broke: list[BaseException] = []
        self.sockets = 0

    async def admit(self, _: str, __: list[tuple[str, str]], socket: Socket) -> Session | HTTPStatus | Close:
        socket.link = cast("Link", EchoLink())
        return EchoSession()

    def spawn(self, work: Coroutine[Any, Any, None]) -> object:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def came(self, _: Socket) -> None:
        self.sockets += 1

    def went(self, _: Socket) -> None:
        return None

    def crashed(self, _: Session | None, error: BaseException) -> None:
        self.broke.append(error)


class EchoSocket(Socket):
    """The class as it serves, but for binary messages and sizes."""

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any]) -> None:
        super().__init__(config, server_state, app_state)
        self._ws = Standard(max_size=MOST)
        self._binary: list[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._transport.set_write_buffer_limits(high=MOST)

    def _frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.BINARY:
            self._binary = []
        if self._binary is None or frame.opcode not in {Opcode.BINARY, Opcode.CONT}:
            super()._frame(frame)
            return
        self._binary.append(bytes(frame.data))
        if frame.fin:
            data, self._binary = b"".join(self._binary), None
            self._ws.send_binary(data)


@contextlib.asynccontextmanager
async def echoing() -> AsyncIterator[tuple[str, EchoDoor]]:
    """Serves the echo on a free port of the loopback, on this event loop."""
    door = EchoDoor()

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, object]]:
        yield {"door": door}

    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            Starlette(lifespan=lifespan),
            host="127.0.0.1",
            port=port,
            ws=EchoSocket,
            lifespan="on",
            log_config=None,
            access_log=False,
        )
    )
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110  # uvicorn tells its readiness by this flag alone
            await asyncio.sleep(0.01)
        yield f"127.0.0.1:{port}", door
    finally:
        server.should_exit = True
        await serving


async def test_all_cases_of_the_standard_pass() -> None:
    async with echoing() as (address, door):
        try:
            results = await run_fuzzingclient(address, None, COMPRESSION, concurrency=4)
            failed: list[str] = []
        except FailureError as failure:
            results = failure.results
            failed = [f"{one.case_id}: {one.result}" for one in results if not one.passed]
    sys.stdout.write(f"Autobahn: {len(results) - len(failed)} of {len(results)} cases pass\n")
    assert failed == []
    assert len(results) > 240
    assert door.broke == []
    assert door.sockets == len(results)
