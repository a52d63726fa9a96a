"""The WebSocket protocol class that uvicorn is given: bytes in, frames to the link, bytes out.

It stands on the sans-I/O core of the websockets library. There is no task, no queue and no wrapper object for
a connection: what arrives is handled in the callback it arrived in, and what one turn of the event loop sends
to a client travels together, because uvloop writes at the end of a turn.

Nearly all that clients send are messages of one whole text frame. Those are read here, at a tenth of what the
library needs for one; it reads everything else: what comes in parts, control frames, and all that is wrong.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any, Final, Protocol, cast

from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode, apply_mask  # type: ignore[attr-defined]  # the one that is compiled, if it is
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from chat.codes import CLOSE_REASONS, Close
from chat.link import Answer, Ask, Link, Rest, Shut, Take
from chat.protocol import MAX_FRAME, SUBPROTOCOL, Acknowledge, Help, Raise

MOST_UNSENT: Final = 256 * 1024
"""Bytes that may wait for a slow reader before its connection is closed; it resumes and loses nothing."""
MOST_WAITING: Final = 64
"""Frames of one client that may wait while an earlier one is carried out; then it is read no further."""
CLOSE_WITHIN: Final = 3.0
"""Seconds that the other side has to answer a close frame."""

_SHORT: Final = 126
_MEDIUM: Final = 1 << 16
_TEXT: Final = 0x81
"""The first byte of a text frame that is a whole message."""
_MASKED: Final = 0x80
_LEAST: Final = 6
"""Bytes of the shortest head of a client's frame."""
_HEADS: Final = [bytes((_TEXT, size)) for size in range(_SHORT)]
_AHEAD = (Help, Raise, Acknowledge)
"""Frames that do not wait for the ones before them."""


class Session(Protocol):
    """What one connection is about, once it is greeted or before."""

    def carry(self, take: Take) -> Coroutine[Any, Any, None] | None:
        """Carries a frame out: at once, or by work that must end before the next frame is carried out."""
        ...

    def ask(self) -> None:
        """Pings the client."""
        ...

    def left(self) -> None:
        """The connection is gone, and nothing that came over it is still being carried out."""
        ...


class Door(Protocol):
    """Where sockets belong: it lets them in, looks after them and hears of their failures."""

    async def admit(
        self, path: str, headers: list[tuple[str, str]], socket: Socket
    ) -> Session | HTTPStatus | Close:
        """Who this is, or why not."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> object: ...

    def came(self, socket: Socket) -> None: ...

    def went(self, socket: Socket) -> None: ...

    def crashed(self, session: Session | None, error: BaseException) -> None:
        """Something of ours broke while a frame was carried out."""
        ...


class Core(ServerProtocol):
    """The library's core, but a close frame may come between the parts of a message (RFC 6455, 5.4)."""

    between = False
    """Whether it holds nothing that has begun: the next byte is the first one of a message."""

    def receive_data(self, data: bytes | bytearray) -> None:
        self.between = False
        super().receive_data(data)

    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            self.current_size = None
        super().recv_frame(frame)
        self.between = not self.reader.buffer and self.current_size is None and self.state is State.OPEN


class Socket(asyncio.Protocol):
    """One WebSocket connection."""

    __slots__ = (
        "_backlog",
        "_busy",
        "_closing",
        "_door",
        "_loop",
        "_lost",
        "_open",
        "_parts",
        "_resting",
        "_state",
        "_transport",
        "_works",
        "_ws",
        "link",
        "session",
        "shut_with",
    )

    def __init__(
        self,
        config: Config,  # noqa: ARG002 - uvicorn's signature
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._door: Door = app_state["door"]
        self._state = server_state
        self._loop = _loop or asyncio.get_running_loop()
        self._ws = Core(
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            select_subprotocol=_select,
            max_size=MAX_FRAME,
        )
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._parts: list[bytes] = []
        self._backlog: list[Take] = []
        self._busy = False
        self._works = 0
        self._resting = False
        self._open = False
        """Whether text may be sent: from the handshake until either side closes."""
        self._closing = False
        self._lost = False
        self.link: Link | None = None
        self.session: Session | None = None
        self.shut_with: Close | None = None
        """The code with which this side closed the connection."""

    def __repr__(self) -> str:
        return "<Socket>"

    # --- what uvicorn and asyncio call --------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=MOST_UNSENT)
        self._state.connections.add(self)  # type: ignore[arg-type]  # uvicorn only calls shutdown() on it

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._state.connections.discard(self)
        self._closing = True
        self._open = False
        self._lost = True
        self._door.went(self)
        self._leave()

    def _leave(self) -> None:
        # A session that left while its work went on would take a seat or open a desk for nobody.
        if self._lost and not self._works and not self._backlog and self.session is not None:
            self.session.left()

    def data_received(self, data: bytes) -> None:
        if self._ws.between:
            data = self._read_whole(data)
            if not data:
                return
        self._ws.receive_data(data)
        self._after_receiving()

    def eof_received(self) -> None:
        self._ws.receive_eof()
        self._after_receiving()

    def pause_writing(self) -> None:
        self.shut(Close.TOO_SLOW)

    def shutdown(self) -> None:
        """The server is going down: the client comes back elsewhere."""
        if self.session is None:
            self._transport.close()
        else:
            self.shut(Close.DRAINING)

    # --- receiving ----------------------------------------------------------------------------------------

    def _after_receiving(self) -> None:
        events = self._ws.events_received()
        self._flush()  # a pong goes out before the answer to what came after its ping
        for event in events:
            if isinstance(event, Request):
                self._transport.pause_reading()
                self._door.spawn(self._shake_hands(event))
            elif isinstance(event, Frame):
                self._frame(event)
        self._conclude()

    def _conclude(self) -> None:
        """Sends what is left to say, and gives the other side its time once the connection is over."""
        self._flush()
        if self._ws.close_expected() and not self._closing:
            self._closing = True
            self._loop.call_later(CLOSE_WITHIN, self._transport.abort)

    def _read_whole(self, data: bytes) -> bytes:
        """Takes the messages of one frame each with which `data` begins; answers the rest (RFC 6455, 5.2)."""
        at, size = 0, len(data)
        while size - at > _LEAST and data[at] == _TEXT and not self._closing:
            length, start = data[at + 1] - _MASKED, at + _LEAST
            if length == _SHORT:  # the length itself follows, in two bytes
                length, start = int.from_bytes(data[at + 2 : at + 4]), start + 2
            elif not 0 < length < _SHORT:
                break
            end = start + length
            if length > MAX_FRAME or end > size:
                break
            self._message(apply_mask(data[start:end], data[start - 4 : start]))
            at = end
        return data[at:]

    async def _shake_hands(self, request: Request) -> None:
        response = self._ws.accept(request)
        verdict: Session | HTTPStatus | Close | None = None
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            path = request.path.partition("?")[0]
            verdict = await self._door.admit(path, list(request.headers.raw_items()), self)
            if isinstance(verdict, HTTPStatus):
                response = self._ws.reject(verdict, verdict.phrase + "\n")
        if self._transport.is_closing():
            return
        self._ws.send_response(response)
        self._flush()
        request.headers.clear()  # the core holds the request as long as the connection, and nobody needs it
        if isinstance(verdict, Close):
            self.shut(verdict)
        elif verdict is not None and not isinstance(verdict, HTTPStatus):
            self.session = verdict
            self._door.came(self)
            if self._ws.subprotocol is None:
                self.shut(Close.BAD_PROTOCOL)
        self._transport.resume_reading()
        self._after_receiving()

    def _frame(self, frame: Frame) -> None:
        match frame.opcode:
            case Opcode.TEXT if frame.fin and not self._parts:
                self._message(bytes(frame.data))
            case Opcode.TEXT | Opcode.CONT:
                if frame.data:  # empty parts cost nothing of the size that limits a message
                    self._parts.append(bytes(frame.data))
                if frame.fin:
                    data, self._parts = b"".join(self._parts), []
                    self._message(data)
            case Opcode.BINARY:
                self.shut(Close.BAD_PROTOCOL)
            case _:
                pass  # the library answers pings and closes by itself

    def _message(self, data: bytes) -> None:
        if self._closing or self.session is None or self.link is None:
            return
        if not data.isascii():
            try:
                data.decode()
            except UnicodeDecodeError:
                self._ws.fail(1007, "not UTF-8")
                self._conclude()
                return
        match self.link.receive(data, self._loop.time()):
            case Take() as take:
                self._take(take)
                if take.rest:
                    self._rest(take.rest)
            case Answer(answer):
                self.send(answer)
            case Rest(answer, seconds):
                self.send(answer)
                self._rest(seconds)
            case Shut(code):
                self.shut(code)

    def _take(self, take: Take) -> None:
        if self._busy and not isinstance(take.frame, _AHEAD):
            self._backlog.append(take)
            if len(self._backlog) >= MOST_WAITING and not self._resting:
                self._transport.pause_reading()
        else:
            self._carry(take)

    def _carry(self, take: Take) -> None:
        if self.session is None:
            return
        try:
            work = self.session.carry(take)
        except Exception as error:  # noqa: BLE001 - any failure of ours ends this connection, and is told
            self._crash(error)
            return
        if work is not None:
            ahead = isinstance(take.frame, _AHEAD)
            self._busy = self._busy or not ahead
            self._works += 1
            self._door.spawn(self._work(work, ahead=ahead))

    async def _work(self, work: Coroutine[Any, Any, None], *, ahead: bool) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - as above
            self._crash(error)
        finally:
            self._works -= 1
            if not ahead:
                self._busy = False
                self._go_on()
            self._leave()

    def _go_on(self) -> None:
        """Carries out what waited for its turn.

        Also where the other side has closed since: who says something, ends the conversation and is gone
        within one moment has ended it.
        """
        full = len(self._backlog) >= MOST_WAITING
        while self._backlog and not self._busy:
            self._carry(self._backlog.pop(0))
        if full and not self._resting:
            self._wake()

    def _rest(self, seconds: float) -> None:
        """Reads no further for a while: a flood is slowed to what it may send, and costs nobody else."""
        if not self._resting and not self._transport.is_closing():
            self._resting = True
            self._transport.pause_reading()
            self._loop.call_later(seconds, self._wake)

    def _wake(self) -> None:
        self._resting = False
        if not self._transport.is_closing() and len(self._backlog) < MOST_WAITING:
            self._transport.resume_reading()

    def _crash(self, error: Exception) -> None:
        self._door.crashed(self.session, error)
        self.shut(Close.BROKE)

    # --- sending ------------------------------------------------------------------------------------------

    @property
    def heard_at(self) -> float:
        return self.link.heard_at if self.link else 0.0

    @property
    def gone(self) -> bool:
        """Whether the connection is closed or closing; its session was told that it left, or will be."""
        return self._closing

    def send(self, data: bytes) -> None:
        """Sends one text frame; does nothing once the connection is closing."""
        if self._open and not self._transport.is_closing():
            self._transport.write(_text(data))

    def _flush(self) -> None:
        """Sends what the WebSocket protocol itself has to say."""
        self._open = self._ws.state is State.OPEN
        for data in self._ws.data_to_send():
            if data:
                self._transport.write(data)
            elif self._transport.can_write_eof() and not self._transport.is_closing():
                self._transport.write_eof()

    def shut(self, code: Close) -> None:
        """Closes with a code of the protocol, after what was sent before."""
        self._backlog.clear()
        if self._closing:
            return
        self.shut_with = code
        if self._ws.state is State.OPEN:
            self._ws.send_close(int(code), CLOSE_REASONS[code])
            self._flush()
        self._closing = True
        self._loop.call_later(CLOSE_WITHIN, self._transport.abort)

    def tick(self, at: float) -> None:
        """What time asks of this connection; called about once a second."""
        if self._closing or self.link is None or self.session is None:
            return
        match self.link.tick(at):
            case Shut(code):
                self.shut(code)
            case Ask():
                self.session.ask()
            case None:
                pass


def _text(data: bytes) -> bytes:
    """One unfragmented text frame of a server (RFC 6455, section 5.2)."""
    size = len(data)
    if size < _SHORT:
        return _HEADS[size] + data
    if size < _MEDIUM:
        return struct.pack("!BBH", _TEXT, 126, size) + data
    return struct.pack("!BBQ", _TEXT, 127, size) + data


def _select(protocol: ServerProtocol, offered: Any) -> Subprotocol | None:  # noqa: ARG001 - the library's signature
    return Subprotocol(SUBPROTOCOL) if SUBPROTOCOL in offered else None
