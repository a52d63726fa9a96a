"""Clients that speak the wire contract, written from its page alone: they share no code with the server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

PATIENCE = 20.0
"""Seconds after which an expected frame counts as missing; never waited for when all is well."""

Frame = dict[str, Any]


@dataclass
class Talk:
    """Where a client stands in one conversation."""

    epoch: str | None = None
    offset: int = 0
    said: int = 0
    confirmed: int = 0
    acked: set[int] = field(default_factory=set)
    outbox: dict[int, str] = field(default_factory=dict)
    shown: dict[str, int] = field(default_factory=dict)
    view: list[tuple[str, int, str]] = field(default_factory=list)
    """What the person has seen of others: author, n, text, in the order shown."""
    author: str = "seeker"

    def position(self) -> Frame | None:
        if self.epoch is None:
            return None
        return {
            "epoch": self.epoch,
            "offset": self.offset,
            "confirmed": self.confirmed,
            "shown": self.shown,
        }


class Client:
    """One socket at a time; `frames` holds everything that arrived, in order."""

    path = "/ws/seeker"

    def __init__(self, url: str, *, cookie: str | None = None) -> None:
        self.url = url
        self.cookie = cookie
        self.frames: list[Frame] = []
        self.ticket: str | None = None
        self.closed: int | None = None
        self._news = asyncio.Condition()
        self._socket: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None

    async def open(self) -> Self:
        headers = {"Cookie": self.cookie} if self.cookie else {}
        self.closed = None
        self._socket = await connect(
            self.url.replace("http", "ws", 1) + self.path,
            origin=self.url,  # type: ignore[arg-type]  # the library's own name for str
            subprotocols=[Subprotocol("warmline.1")],
            additional_headers=headers,
            compression=None,
            max_size=2**20,
            ping_interval=None,
        )
        self._reading = asyncio.create_task(self._read(self._socket))
        return self

    async def _read(self, socket: ClientConnection) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for message in socket:
                frame: Frame = json.loads(message)
                await self._took(frame)
        self.closed = socket.close_code
        async with self._news:
            self._news.notify_all()

    async def _took(self, frame: Frame) -> None:
        if frame["type"] == "ping":
            await self.send(type="pong")
        await self.took(frame)
        async with self._news:
            self.frames.append(frame)
            self._news.notify_all()

    async def took(self, frame: Frame) -> None:
        """What this kind of client does with a frame."""

    async def send(self, **frame: Any) -> None:
        if self._socket is not None:
            with contextlib.suppress(websockets.ConnectionClosed):
                await self._socket.send(json.dumps(frame))

    async def send_raw(self, data: str | bytes) -> None:
        assert self._socket is not None
        await self._socket.send(data)

    async def wait(self, kind: str, *, since: int = 0, **fields: Any) -> Frame:
        """The first frame after index `since` with this type and these fields."""

        def found() -> Frame | None:
            for frame in self.frames[since:]:
                if frame["type"] == kind and all(frame.get(k) == v for k, v in fields.items()):
                    return frame
            return None

        return await self.until(found, f"{kind} {sorted(fields)}")

    async def until(self, found: Callable[[], Any], what: str = "it") -> Any:
        """Waits until `found` answers something, asking again whenever something arrived."""
        async with self._news:
            try:
                async with asyncio.timeout(PATIENCE):
                    while not (answer := found()):
                        if self.closed is not None and what != "closed":
                            raise AssertionError(f"closed with {self.closed} while waiting for {what}")
                        await self._news.wait()
            except TimeoutError:
                types = [frame["type"] for frame in self.frames]
                raise AssertionError(f"{what} did not come; came {types[-20:]}") from None
        return answer

    async def wait_closed(self) -> int:
        await self.until(lambda: self.closed is not None, "closed")
        assert self.closed is not None
        return self.closed

    @property
    def mark(self) -> int:
        """An index for `since`: only what comes from now on."""
        return len(self.frames)

    async def cut(self) -> None:
        """Drops the connection without a word, as a network does."""
        if self._socket is not None:
            self._socket.transport.abort()
        if self._reading is not None:
            await self._reading

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._reading is not None:
            await self._reading

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class Seeker(Client):
    """A seeker who keeps what they said until the other side has shown it."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.talk = Talk()
        self.conversation: str | None = None

    async def hello(self, *, fresh: bool = False) -> Frame:
        since = self.mark
        await self.send(
            type="hello",
            v=1,
            lang="en",
            ticket=None if fresh else self.ticket,
            resume=None if fresh else self.talk.position(),
        )
        return await self.wait("welcome", since=since)

    async def took(self, frame: Frame) -> None:
        match frame["type"]:
            case "welcome":
                self.ticket = frame["ticket"]
                await _resumed(self, self.talk, frame["resumed"])
            case "waiting" | "paired":
                self.conversation = frame["conversation"]
                if frame["type"] == "paired":
                    self.talk.epoch = frame["epoch"]
            case _:
                await _talked(self, self.talk, frame)

    async def say(self, text: str) -> int:
        self.talk.said += 1
        self.talk.outbox[self.talk.said] = text
        await self.send(type="say", n=self.talk.said, text=text)
        return self.talk.said

    async def say_again(self, n: int) -> None:
        await self.send(type="say", n=n, text=self.talk.outbox[n])

    async def got(self, author: str, n: int) -> None:
        await self.send(type="got", author=author, n=n)

    async def come_back(self) -> Frame:
        return await _come_back(self)


class Teammate(Client):
    """A signed-in person; may be in several conversations."""

    path = "/ws/team"

    def __init__(self, url: str, cookie: str) -> None:
        super().__init__(url, cookie=cookie)
        self.talks: dict[str, Talk] = {}

    async def hello(self) -> Frame:
        since = self.mark
        resume = {c: p for c, t in self.talks.items() if (p := t.position()) is not None}
        await self.send(type="hello", v=1, lang="en", ticket=None, resume=resume or None)
        return await self.wait("welcome", since=since)

    async def took(self, frame: Frame) -> None:
        match frame["type"]:
            case "welcome":
                for conversation, told in frame["conversations"].items():
                    talk = self.talks.setdefault(conversation, Talk())
                    talk.author = told["author"]
                    await _resumed(
                        _Bound(self, conversation), talk, (frame["resumed"] or {}).get(conversation)
                    )
            case "paired" | "observing":
                if frame.get("on", True):
                    talk = self.talks.setdefault(frame["conversation"], Talk())
                    talk.author, talk.epoch, talk.offset = frame["author"], frame["epoch"], frame["offset"]
            case "board" | "alert":
                pass
            case _:
                conversation = frame.get("conversation")
                if conversation in self.talks:
                    await _talked(_Bound(self, conversation), self.talks[conversation], frame)

    async def say(self, conversation: str, text: str) -> int:
        talk = self.talks[conversation]
        talk.said += 1
        talk.outbox[talk.said] = text
        await self.send(type="say", conversation=conversation, n=talk.said, text=text)
        return talk.said

    async def come_back(self) -> Frame:
        return await _come_back(self)


class _Bound:
    """A team member's socket, for one of their conversations."""

    def __init__(self, client: Teammate, conversation: str) -> None:
        self._client = client
        self._conversation = conversation

    async def say_again(self, n: int) -> None:
        text = self._client.talks[self._conversation].outbox[n]
        await self._client.send(type="say", conversation=self._conversation, n=n, text=text)

    async def got(self, author: str, n: int) -> None:
        await self._client.send(type="got", conversation=self._conversation, author=author, n=n)

    async def cut(self) -> None:
        self._client.drop()


async def _resumed(side: Seeker | _Bound, talk: Talk, resumed: Frame | None) -> None:
    if resumed is None:
        return
    if talk.epoch != resumed["epoch"]:
        talk.epoch, talk.offset = resumed["epoch"], 0
    if not resumed["recovered"]:
        talk.offset = 0
    talk.said = max(talk.said, resumed["accepted"])
    for n in sorted(talk.outbox):
        if n > resumed["accepted"]:
            await side.say_again(n)
    for author, n in talk.shown.items():
        await side.got(author, n)


async def _talked(side: Seeker | _Bound, talk: Talk, frame: Frame) -> None:
    match frame["type"]:
        case "ack":
            talk.acked.add(frame["n"])
        case "got":
            if frame["author"] == talk.author:
                talk.confirmed = max(talk.confirmed, frame["n"])
                for n in [n for n in talk.outbox if n <= talk.confirmed]:
                    del talk.outbox[n]
        case "said":
            talk.epoch = frame["epoch"]
            talk.offset = max(talk.offset, frame["offset"])
            author, n = frame["author"], frame["n"]
            if author != talk.author and n > talk.shown.get(author, 0):
                talk.shown[author] = n
                talk.view.append((author, n, frame["text"]))
                await side.got(author, n)
        case "refused":
            if frame["code"] in {"busy", "too_fast", "out_of_order"} and frame["re"] == "say":
                await asyncio.sleep(random.uniform(0, 0.05))
                for again in sorted(talk.outbox):
                    if again not in talk.acked and again >= frame["n"]:
                        await side.say_again(again)
        case _:
            pass


async def _come_back(client: Seeker | Teammate) -> Frame:
    """Connects and says hello until it works, as a page does."""
    until = asyncio.get_running_loop().time() + PATIENCE * 2
    wait = 0.05
    while True:
        try:
            await client.open()
            return await client.hello()
        except (OSError, AssertionError, websockets.WebSocketException):
            if asyncio.get_running_loop().time() > until:
                raise
            await asyncio.sleep(random.uniform(0, wait))
            wait = min(wait * 2, 2.0)
