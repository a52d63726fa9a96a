"""One connection to Redis: order, one write a turn, and no wait without an end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from chat.broker import line as module
from chat.broker.line import Answer, Line, Refusal, Unavailable
from tests.support.peers import eventually
from tests.support.valkey import Valkey


class Listener:
    def __init__(self) -> None:
        self.ups = 0
        self.downs = 0

    async def up(self, line: Line) -> None:
        await line.call(b"PING")
        self.ups += 1

    def down(self, line: Line) -> None:
        assert not line.ready
        self.downs += 1


@asynccontextmanager
async def lined(url: str, listener: Listener) -> AsyncIterator[Line]:
    line = Line(url, listener)
    task = asyncio.create_task(line.run())
    try:
        await eventually(lambda: line.ready and listener.ups)
        yield line
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Tap:
    """A transport that notes what is written at once."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self.writes: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.writes.append(data)
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


async def test_commands_of_one_turn_travel_together_and_their_answers_keep_their_order(
    valkey: Valkey,
) -> None:
    async with lined(valkey.url, Listener()) as line:
        wire: Any = line._wire
        tap = wire._transport = Tap(wire._transport)
        futures = [line.call(b"ECHO", str(number)) for number in range(100)]
        assert await asyncio.gather(*futures) == [str(number).encode() for number in range(100)]
        assert len(tap.writes) == 1
        await asyncio.gather(line.call(b"PING"), line.call(b"PING"))
        assert len(tap.writes) == 2


async def test_late_work_that_breaks_keeps_nothing_else_of_its_turn_back(valkey: Valkey) -> None:
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))
    async with lined(valkey.url, Listener()) as line:
        asked: list[asyncio.Future[Answer]] = []
        line.late(lambda: asked.append(line.call(object())))  # type: ignore[arg-type]  # it cannot be sent
        line.late(lambda: asked.append(line.call(b"ECHO", "late")))
        assert await line.call(b"ECHO", "soon") == b"soon"
        assert await asked[-1] == b"late"
    assert told == ["something could not be asked of Redis"]


async def test_a_refusal_tells_its_code_and_nothing_of_the_command(valkey: Valkey) -> None:
    async with lined(valkey.url, Listener()) as line:
        with pytest.raises(Refusal, match=r"^ERR$") as refused:
            await line.call(b"CANARYCOMMAND", "canary")
        assert "canary" not in repr(refused.value).lower()
        assert await line.call(b"PING") == b"PONG"


async def test_a_server_that_dies_fails_what_waits_and_what_comes_after_at_once(
    private_valkey: Callable[[], Valkey],
) -> None:
    server, listener = private_valkey(), Listener()
    async with lined(server.url, listener) as line:
        waiting = [line.call(b"BLPOP", "nothing", 0), line.call(b"PING")]
        server.kill()
        for answer in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(answer, Unavailable)
        await eventually(lambda: listener.downs)
        late = line.call(b"PING")
        assert late.done()
        assert isinstance(late.exception(), Unavailable)


async def test_a_line_comes_back_by_itself_and_knows_another_redis(
    private_valkey: Callable[[], Valkey],
) -> None:
    server, listener = private_valkey(), Listener()
    async with lined(server.url, listener) as line:
        before = line.generation
        server.restart_empty()
        await eventually(lambda: listener.ups == 2 and line.ready)
        assert line.generation != before
        assert await line.call(b"PING") == b"PONG"


async def test_a_server_that_hangs_is_given_up(
    private_valkey: Callable[[], Valkey], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, listener = private_valkey(), Listener()
    async with lined(server.url, listener) as line:
        monkeypatch.setattr(module, "DEADLINE", 0.05)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGSTOP)
        try:
            with pytest.raises(Unavailable):
                await line.call(b"PING")
        finally:
            os.kill(server.pid, signal.SIGCONT)


async def test_more_commands_than_may_wait_are_turned_away(
    valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_PENDING", 3)
    async with lined(valkey.url, Listener()) as line:
        futures: list[asyncio.Future[Answer]] = [line.call(b"PING") for _ in range(5)]
        answers = await asyncio.gather(*futures, return_exceptions=True)
        assert answers[:3] == [b"PONG"] * 3
        assert all(isinstance(answer, Unavailable) for answer in answers[3:])


async def test_an_answer_that_nobody_awaits_any_more_does_not_shift_the_others(valkey: Valkey) -> None:
    async with lined(valkey.url, Listener()) as line:
        first = line.call(b"ECHO", "first")
        second = line.call(b"ECHO", "second")
        first.cancel()
        assert await second == b"second"
