"""Promise 18: who never reads is let go of before they cost memory, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.typing import Origin, Subprotocol
from websockets.uri import parse_uri

from chat.codes import Close
from chat.protocol import Role
from chat.socket import MOST_UNSENT
from tests.support.client import Seeker, Teammate
from tests.support.process import Installation, installed
from tests.support.valkey import Valkey

PEOPLE: dict[str, list[Role]] = {"sam": ["supporter"], "noor": ["supporter"]}
FLOOD = 90
"""Messages, each as long as one may be: together several times what may wait for a reader."""
LONGEST = "\N{CRESCENT MOON}" * 4_000
FAST: dict[str, Any] = {"messages_per_minute": "600", "message_burst": "100"}


class Sluggish:
    """A seeker's socket that reads only when it is told to, with next to no room in its own system."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._url, self._address = url, (str(parts.hostname), int(parts.port or 0))
        self._socket = socket.socket()
        # Small segments and a small buffer: what the other side's system holds for this one stays small too.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        self._socket.setblocking(False)
        self._core = ClientProtocol(
            parse_uri(url.replace("http", "ws", 1) + "/ws/seeker"),
            origin=Origin(url),
            subprotocols=[Subprotocol("warmline.1")],
            max_size=2**20,
        )
        self.received = 0
        self.code: int | None = None

    async def open(self, ticket: str | None, resume: Any) -> dict[str, Any]:
        """Says hello and reads the welcome; nothing after it."""
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self._socket, self._address)
        self._core.send_request(self._core.connect())
        await self._flush()
        while self._core.state is not State.OPEN:
            await self._read()
        hello = {"type": "hello", "v": 1, "lang": "en", "ticket": ticket, "resume": resume}
        self._core.send_text(json.dumps(hello).encode())
        await self._flush()
        while True:
            for event in await self._read():
                if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                    welcome: dict[str, Any] = json.loads(bytes(event.data))
                    return welcome

    async def read_to_the_end(self) -> None:
        """Reads whatever there is until the connection ends; `received` counts the bytes."""
        try:
            while await self._read(until_closed=True):
                pass
        except ConnectionError:
            pass
        self.code = self._core.close_rcvd.code if self._core.close_rcvd else None

    async def _read(self, *, until_closed: bool = False) -> list[Any]:
        data = await asyncio.get_running_loop().sock_recv(self._socket, 65_536)
        if not data:
            if until_closed:
                return []
            raise ConnectionError
        self.received += len(data)
        self._core.receive_data(data)
        events: list[Any] = list(self._core.events_received())
        return events or [Response(200, "", None)] if until_closed else events  # type: ignore[arg-type]  # any event

    async def _flush(self) -> None:
        for data in self._core.data_to_send():
            await asyncio.get_running_loop().sock_sendall(self._socket, data)

    def close(self) -> None:
        self._socket.close()


async def talking(house: Installation, name: str) -> tuple[Seeker, Teammate, str]:
    teammate = await Teammate(house.url, await house.sign_in(name)).open()
    await teammate.hello()
    await teammate.ready()
    seeker = await Seeker(house.url).open()
    await seeker.hello()
    await seeker.join()
    conversation = str((await teammate.accept())["conversation"])
    await seeker.wait("paired")
    return seeker, teammate, conversation


async def test_who_never_reads_is_let_go_of_and_another_conversation_goes_on(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with installed(tmp_path, private_valkey(), people=PEOPLE, **FAST) as house:
        slow, sam, flooded = await talking(house, "sam")
        other, noor, undisturbed = await talking(house, "noor")
        await slow.cut()
        sluggish = Sluggish(house.url)
        assert (await sluggish.open(slow.ticket, slow.talk.position()))["state"] == "live"
        before = sluggish.received
        for number in range(FLOOD):
            await sam.say(flooded, LONGEST)
            if number % 10 == 0:
                await other.say(f"seeker {number}")
                await noor.wait("said", conversation=undisturbed, text=f"seeker {number}")
                await noor.say(undisturbed, f"supporter {number}")
                await other.wait("said", text=f"supporter {number}")
        await sam.wait("ack", n=FLOOD)
        assert {other.closed, noor.closed, sam.closed} == {None}
        await sluggish.read_to_the_end()
        sluggish.close()
        assert sluggish.code in {Close.TOO_SLOW, None}  # None: it did not even read that far
        flood = FLOOD * len(LONGEST.encode())
        assert flood > 4 * MOST_UNSENT
        assert sluggish.received - before < 2 * MOST_UNSENT
        # Who reads again has lost nothing.
        await slow.come_back()
        await slow.until(lambda: len(slow.talk.view) == FLOOD, "the whole flood")
        assert [n for _, n, _ in slow.talk.view] == list(range(1, FLOOD + 1))
        assert house.defects() == []
        for client in (slow, sam, other, noor):
            await client.cut()
