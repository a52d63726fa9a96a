"""The WebSocket class on a real connection: work ends before its session leaves, and floods are slowed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from chat.codes import Close
from chat.link import Link, Take
from chat.protocol import SeekerHello
from chat.socket import Session, Socket
from tests.support.peers import eventually


class Sitting:
    """A session that notes what it is given, and works as long as it is told to."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.taken: list[Take] = []
        self.told: list[str] = []
        self.go_on = asyncio.Event()

    def carry(self, take: Take) -> Coroutine[Any, Any, None] | None:
        self.taken.append(take)
        return None if isinstance(take.frame, SeekerHello) else self._work()

    async def _work(self) -> None:
        await self.go_on.wait()
        self.told.append("worked")

    def ask(self) -> None: ...

    def left(self) -> None:
        self.told.append("left")


class Swift(Sitting):
    """A session that is done with a frame at once."""

    def carry(self, take: Take) -> None:
        self.taken.append(take)


class Doorway:
    """Lets everybody in."""

    def __init__(self, sits: type[Sitting] = Sitting) -> None:
        self.sits = sits
        self.sessions: list[Sitting] = []
        self.sockets: set[Socket] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.crashes: list[BaseException] = []

    async def admit(
        self,
        path: str,  # noqa: ARG002 - the port's names
        headers: list[tuple[str, str]],  # noqa: ARG002 - as above
        socket: Socket,
    ) -> Session | HTTPStatus | Close:
        socket.link = Link("seeker", asyncio.get_running_loop().time())
        self.sessions.append(self.sits(socket))
        return self.sessions[-1]

    def spawn(self, work: Coroutine[Any, Any, None]) -> object:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def came(self, socket: Socket) -> None:
        self.sockets.add(socket)

    def went(self, socket: Socket) -> None:
        self.sockets.discard(socket)

    def crashed(self, session: Session | None, error: BaseException) -> None:
        assert session is not None
        self.crashes.append(error)


class Noting(asyncio.Transport):
    """A transport that leads nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


HANDSHAKE = (
    b"GET /ws/seeker HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: warmline.1\r\n\r\n"
)


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Doorway, str]]:
    door, config, state = Doorway(), Config(lambda: None), ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: Socket(config, state, {"door": door}), "127.0.0.1", 0
    )
    yield door, f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws/seeker"
    server.close()
    for connection in tuple(state.connections):
        connection._transport.abort()  # type: ignore[union-attr]  # every connection here is a Socket
    await server.wait_closed()


@pytest.fixture
async def met() -> AsyncIterator[tuple[ClientConnection, Sitting, Doorway]]:
    """A client that is connected and greeted, and its session."""
    async with (
        serving() as (door, url),
        connect(url, subprotocols=[Subprotocol("warmline.1")], compression=None) as client,
    ):
        await client.send('{"type":"hello","v":1}')
        await eventually(lambda: door.sessions and door.sessions[0].taken)
        yield client, door.sessions[0], door


Met = tuple[ClientConnection, Sitting, Doorway]


async def test_a_session_leaves_after_what_it_was_carrying_out(met: Met) -> None:
    client, session, door = met
    await client.send('{"type":"join"}')
    await eventually(lambda: len(session.taken) == 2)
    client.transport.abort()
    await eventually(lambda: not door.sockets)
    assert session.told == []
    session.go_on.set()
    await eventually(lambda: len(session.told) == 2)
    assert session.told == ["worked", "left"]


@pytest.mark.parametrize("way", ["closed", "cut"])
async def test_what_was_said_before_the_other_side_went_is_carried_out(met: Met, way: str) -> None:
    client, session, door = met
    for frame in ('{"type":"join"}', '{"type":"leave"}'):
        await client.send(frame)
    await eventually(lambda: len(session.taken) == 2)
    if way == "closed":
        await client.close()
    else:
        await (await client.ping())  # everything before it has arrived
        client.transport.abort()
    await eventually(lambda: not door.sockets)
    session.go_on.set()
    await eventually(lambda: "left" in session.told)
    assert [type(take.frame).__name__ for take in session.taken] == ["SeekerHello", "Join", "Leave"]
    assert session.told == ["worked", "worked", "left"]


async def test_what_waits_when_this_side_closes_is_not_carried_out(met: Met) -> None:
    client, session, door = met
    for frame in ('{"type":"join"}', '{"type":"leave"}'):
        await client.send(frame)
    await (await client.ping())
    session.socket.shut(Close.BROKE)
    session.go_on.set()
    await eventually(lambda: not door.sockets)
    assert [type(take.frame).__name__ for take in session.taken] == ["SeekerHello", "Join"]
    assert session.told == ["worked", "left"]


async def test_an_idle_session_leaves_at_once_and_once(met: Met) -> None:
    client, session, door = met
    await client.close()
    await eventually(lambda: not door.sockets)
    assert session.told == ["left"]


async def test_frames_wait_for_the_one_before_them_and_a_call_for_help_does_not(met: Met) -> None:
    client, session, _ = met
    for frame in ('{"type":"join"}', '{"type":"leave"}', '{"type":"help"}'):
        await client.send(frame)
    await eventually(lambda: len(session.taken) == 3)
    assert [type(take.frame).__name__ for take in session.taken] == ["SeekerHello", "Join", "Help"]
    session.go_on.set()
    await eventually(lambda: len(session.taken) == 4)
    assert type(session.taken[3].frame).__name__ == "Leave"


def masked(payload: bytes, first: int = 0x81) -> bytes:
    """One frame of a client, as it is on the wire."""
    mask = b"\xa1" * 4  # under which padding looks like the beginning of frames
    size = len(payload)
    head = bytes((first, 0x80 | size)) if size < 126 else bytes((first, 0xFE)) + size.to_bytes(2)
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


@given(st.data())
async def test_messages_arrive_whole_and_in_order_however_the_network_cuts_them(data: st.DataObject) -> None:
    """The frames that are read here and those that the library reads, in any mixture and in any pieces."""
    sent: list[str] = []
    wire = b""
    for number in range(data.draw(st.integers(1, 8))):
        ref = f"{number}-".ljust(data.draw(st.sampled_from((3, 60))), "x")
        message = b'{"type":"end","ref":"%s"%s}' % (
            ref.encode(),
            b" " * data.draw(st.sampled_from((8, 90, 300))),
        )
        sent.append(ref)
        match data.draw(st.sampled_from(("whole", "parts", "after a ping"))):
            case "whole":
                wire += masked(message)
            case "parts":
                cut = data.draw(st.integers(0, len(message)))
                wire += masked(message[:cut], 0x01) + masked(b"?", 0x89) + masked(message[cut:], 0x80)
            case _:
                wire += masked(b"", 0x89) + masked(message)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=8)))
    door = Doorway(Swift)
    socket = Socket(Config(lambda: None), ServerState(), {"door": door})
    socket.connection_made(Noting())
    socket.data_received(HANDSHAKE)
    await eventually(lambda: door.sessions)
    session = door.sessions[0]
    socket.data_received(masked(b'{"type":"hello","v":1}'))
    for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True):
        if start < end:
            socket.data_received(wire[start:end])
    assert [take.frame.ref for take in session.taken[1:]] == sent  # type: ignore[union-attr]  # `end` has one


async def test_empty_parts_of_a_message_are_not_collected(met: Met) -> None:
    client, session, _ = met

    async def parts() -> AsyncIterator[str]:
        yield '{"type":'
        for _ in range(1000):
            yield ""
        await eventually(lambda: session.socket._parts)
        assert session.socket._parts == [b'{"type":']
        yield '"join"}'

    await client.send(parts())
    await eventually(lambda: len(session.taken) == 2)


async def test_a_flood_of_calls_for_help_is_slowed_and_none_is_dropped(met: Met) -> None:
    client, session, _ = met
    session.go_on.set()
    for _ in range(70):
        await client.send('{"type":"help"}')
    await eventually(lambda: len(session.taken) == 71)
    assert any(take.rest > 0 for take in session.taken)
    assert session.socket._resting


async def test_a_failure_of_ours_is_told_and_closes_with_its_code(met: Met) -> None:
    client, session, door = met

    async def fail() -> None:
        raise ZeroDivisionError

    session._work = fail  # type: ignore[method-assign]  # broken on purpose
    await client.send('{"type":"join"}')
    with pytest.raises(ConnectionClosed):
        await client.recv()
    assert client.close_code == Close.BROKE
    assert [type(error) for error in door.crashes] == [ZeroDivisionError]


async def test_a_binary_frame_closes_the_connection(met: Met) -> None:
    client, _, _ = met
    await client.send(b"\x00")
    with pytest.raises(ConnectionClosed):
        await client.recv()
    assert client.close_code == Close.BAD_PROTOCOL
