"""Clients that speak the wire contract, written from its page alone: they share no code with the server."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

PATIENCE: Final = 20.0
"""Seconds after which an expected frame counts as missing; never waited for when all is well."""
FINAL: Final = 4500
"""From this close code on a client stays away."""
AGAIN: Final = frozenset({"busy", "too_fast", "out_of_order"})
"""The refusals after which a message is said again."""

Frame = dict[str, Any]


@dataclass
class Talk:
    """Where a client stands in one conversation."""

    author: str = "seeker"
    epoch: str | None = None
    offset: int = 0
    said: int = 0
    confirmed: int = 0
    outbox: dict[int, str] = field(default_factory=dict)
    """What was said and not yet shown by the other side."""
    acked: set[int] = field(default_factory=set)
    """What the conversation holds, as far as this client knows."""
    promised: set[int] = field(default_factory=set)
    """Every count that was ever acknowledged."""
    shown: dict[str, int] = field(default_factory=dict)
    view: list[tuple[str, int, str]] = field(default_factory=list)
    """What the person has seen of others: author, n, text, in the order shown."""
    refused: list[str] = field(default_factory=list)
    """The codes of refused messages that are not said again."""
    gaps: list[tuple[str, int, int]] = field(default_factory=list)
    """Where a message was shown without the one before it: author, the one before, the one shown."""
    over: bool = False
    retrying: bool = False

    def position(self) -> Frame | None:
        if self.epoch is None:
            return None
        return {
            "epoch": self.epoch,
            "offset": self.offset,
            "confirmed": self.confirmed,
            "shown": self.shown,
        }

    def is_behind(self, ping: Frame) -> bool:
        """Whether a ping tells of something that should have come before it."""
        if ping["epoch"] is None or self.epoch is None or self.over:
            return False
        return bool(ping["epoch"] != self.epoch or ping["top"] > self.offset)


class Client:
    """One socket at a time; `frames` holds everything that arrived, in order."""

    path = "/ws/seeker"

    def __init__(self, url: str, *, cookie: str | None = None, others: Sequence[str] = ()) -> None:
        self.url = url
        self.cookie = cookie
        self.frames: list[Frame] = []
        self.ticket: str | None = None
        self.closed: int | None = None
        self.returns = 0
        """How often `stay` came back."""
        self.on_closed: Callable[[int], object] = lambda _: None
        """Is told the code with which a connection ended."""
        self._turns = itertools.cycle((url, *others))
        self._news = asyncio.Condition()
        self._socket: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._later: set[asyncio.Task[None]] = set()

    async def open(self, url: str | None = None, *, user_agent: str | None = None, query: str = "") -> Self:
        """Connects to `url`, or to the next of the client's own; a page tries them in turn."""
        chosen = url or next(self._turns)
        self.closed = None
        self._socket = await connect(
            chosen.replace("http", "ws", 1) + self.path + query,
            origin=Origin(chosen),
            subprotocols=[Subprotocol("warmline.1")],
            additional_headers={"Cookie": self.cookie} if self.cookie else {},
            user_agent_header=user_agent,
            compression=None,
            max_size=2**20,
            open_timeout=PATIENCE,
            close_timeout=1.0,
            ping_interval=None,
        )
        self._reading = asyncio.create_task(self._read(self._socket))
        return self

    async def _read(self, socket: ClientConnection) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for message in socket:
                await self._took(json.loads(message))
        self.closed = socket.close_code or 1006
        self.on_closed(self.closed)
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
        """Sends a frame; what a lost connection does not take is said again after the return."""
        await self.send_raw(json.dumps(frame, ensure_ascii=False))

    async def send_raw(self, data: str | bytes) -> None:
        if self._socket is not None:
            with contextlib.suppress(websockets.ConnectionClosed):
                await self._socket.send(data)

    async def wait(self, kind: str, *, since: int = 0, **fields: Any) -> Frame:
        """The first frame after index `since` with this type and these fields."""

        def found() -> Frame | None:
            for frame in self.frames[since:]:
                if frame["type"] == kind and all(frame.get(k) == v for k, v in fields.items()):
                    return frame
            return None

        answer: Frame = await self.until(found, f"{kind} {fields}")
        return answer

    async def until(self, found: Callable[[], Any], what: str = "it", *, though_closed: bool = False) -> Any:
        """Waits until `found` answers something, asking again whenever something arrived."""
        async with self._news:
            try:
                async with asyncio.timeout(PATIENCE):
                    while not (answer := found()):
                        if self.closed is not None and not though_closed:
                            raise AssertionError(f"closed with {self.closed} while waiting for {what}")
                        await self._news.wait()
            except TimeoutError:
                types = [frame["type"] + ":" + frame.get("code", "") for frame in self.frames]
                raise AssertionError(f"{what} did not come; came {types[-20:]}") from None
        return answer

    async def wait_closed(self) -> int:
        """The code that the connection was closed with."""
        await self.until(lambda: self.closed is not None, "closed", though_closed=True)
        assert self.closed is not None
        return self.closed

    @property
    def mark(self) -> int:
        """An index for `since`: only what comes from now on."""
        return len(self.frames)

    def drop(self) -> None:
        """Drops the connection without a word, as a network does."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def cut(self) -> None:
        """As `drop`, and waits until nothing more can arrive."""
        self.drop()
        if self._reading is not None:
            await self._reading

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        for task in (self._reading, *self._later):
            if task is not None:
                await task

    async def hello(self) -> Frame:
        raise NotImplementedError

    async def come_back(self) -> Frame:
        """Connects and says hello until it works, as a page does; to the next address each time."""
        until = asyncio.get_running_loop().time() + PATIENCE * 2
        wait = 0.05
        while True:
            try:
                await self.open()
                return await self.hello()
            except (OSError, AssertionError, websockets.WebSocketException):
                await self.cut()
                if asyncio.get_running_loop().time() > until:
                    raise
            await asyncio.sleep(wait)
            wait = min(wait * 2, 1.0)

    async def stay(self) -> None:
        """Comes back whenever the connection ends, until it is cancelled or told to stay away."""
        while True:
            if self._reading is not None:
                await asyncio.wait([self._reading])
            if self.closed is not None and self.closed >= FINAL:
                return
            self.returns += 1
            await self.come_back()

    def later(self, seconds: float, work: Callable[[], Iterable[Frame]]) -> None:
        """Sends what `work` answers after a while."""

        async def run() -> None:
            await asyncio.sleep(seconds)
            for frame in work():
                await self.send(**frame)

        task = asyncio.create_task(run())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class Seeker(Client):
    """A seeker who keeps what they said until the other side has shown it."""

    def __init__(self, url: str, *, others: Sequence[str] = ()) -> None:
        super().__init__(url, others=others)
        self.talk = Talk()
        self.conversation: str | None = None
        self._joins: Frame = {}

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
                self.conversation = frame["conversation"] or self.conversation
                await _resumed(self, None, self.talk, frame["resumed"])
            case "waiting":
                self.conversation = frame["conversation"]
            case "refused" if (frame["re"], frame["code"]) == ("join", "busy"):
                self.later(frame["retry_after"], lambda: [self._joins])
            case "paired":
                self.conversation = frame["conversation"]
                self.talk.epoch = self.talk.epoch or frame["epoch"]
            case _:
                await _talked(self, None, self.talk, frame)

    async def send(self, **frame: Any) -> None:
        """As every client sends; a join that was refused because the server is busy is said again."""
        if frame["type"] == "join":
            self._joins = frame
        await super().send(**frame)

    async def say(self, text: str) -> int:
        return await _say(self, None, self.talk, text)

    async def join(self, **triage: Any) -> Frame:
        since = self.mark
        await self.send(type="join", **triage)
        return await self.wait("waiting", since=since)


class Teammate(Client):
    """A signed-in person; may be in several conversations."""

    path = "/ws/team"

    def __init__(self, url: str, cookie: str, *, others: Sequence[str] = ()) -> None:
        super().__init__(url, cookie=cookie, others=others)
        self.talks: dict[str, Talk] = {}

    async def hello(self) -> Frame:
        since = self.mark
        places = {c: t.position() for c, t in self.talks.items() if not t.over and t.epoch is not None}
        await self.send(type="hello", v=1, lang="en", ticket=None, resume=places or None)
        return await self.wait("welcome", since=since)

    async def took(self, frame: Frame) -> None:
        match frame["type"]:
            case "welcome":
                for conversation, told in frame["conversations"].items():
                    talk = self.talks.setdefault(conversation, Talk())
                    talk.author = told["author"]
                    await _resumed(self, conversation, talk, (frame["resumed"] or {}).get(conversation))
            case "paired" | "observing":
                if frame.get("on", True):
                    talk = self.talks.setdefault(frame["conversation"], Talk())
                    talk.author, talk.epoch, talk.offset = frame["author"], frame["epoch"], frame["offset"]
            case "board" | "alert" | "desk" | "offer" | "lapsed":
                pass
            case _:
                conversation = frame.get("conversation")
                if conversation in self.talks:
                    await _talked(self, conversation, self.talks[conversation], frame)

    async def say(self, conversation: str, text: str) -> int:
        return await _say(self, conversation, self.talks[conversation], text)

    async def ready(self, capacity: int = 1, **desk: Any) -> Frame:
        """Opens the desk."""
        since = self.mark
        await self.send(type="desk", open=True, capacity=capacity, **desk)
        return await self.wait("desk", since=since)

    async def accept(self, *, since: int = 0) -> Frame:
        """Accepts the next offer; answers `paired`."""
        offer = await self.wait("offer", since=since)
        ref = f"accept-{offer['offer']}"[:64]
        since = self.mark
        await self.send(type="accept", offer=offer["offer"], ref=ref)
        return await self.wait("paired", since=since)


def _addressed(conversation: str | None, frame: Frame) -> Frame:
    return frame if conversation is None else {**frame, "conversation": conversation}


async def _say(client: Client, conversation: str | None, talk: Talk, text: str) -> int:
    talk.said += 1
    n = talk.said
    talk.outbox[n] = text
    await client.send(**_addressed(conversation, {"type": "say", "n": n, "text": text}))
    return n


def _again(conversation: str | None, talk: Talk) -> list[Frame]:
    """Everything that the conversation is not known to hold, in order."""
    talk.retrying = False
    return [
        _addressed(conversation, {"type": "say", "n": n, "text": talk.outbox[n]})
        for n in sorted(talk.outbox)
        if n not in talk.acked
    ]


async def _resumed(client: Client, conversation: str | None, talk: Talk, resumed: Frame | None) -> None:
    if resumed is None:
        return
    if talk.epoch != resumed["epoch"] or not resumed["recovered"]:
        talk.epoch, talk.offset = resumed["epoch"], 0
    accepted = resumed["accepted"]
    talk.said = max(talk.said, accepted)
    talk.acked = set(range(1, accepted + 1))
    for frame in _again(conversation, talk):
        await client.send(**frame)


async def _talked(client: Client, conversation: str | None, talk: Talk, frame: Frame) -> None:
    match frame["type"]:
        case "ack":
            talk.acked.add(frame["n"])
            talk.promised.add(frame["n"])
        case "got" if frame["author"] == talk.author:
            talk.confirmed = max(talk.confirmed, frame["n"])
            for n in [n for n in talk.outbox if n <= talk.confirmed]:
                del talk.outbox[n]
        case "said":
            talk.epoch = frame["epoch"]
            talk.offset = max(talk.offset, frame["offset"])
            author, n = frame["author"], frame["n"]
            if author != talk.author and n > talk.shown.get(author, 0):
                if n != talk.shown.get(author, 0) + 1 and talk.shown.get(author):
                    talk.gaps.append((author, talk.shown[author], n))
                talk.shown[author] = n
                talk.view.append((author, n, frame["text"]))
                await client.send(**_addressed(conversation, {"type": "got", "author": author, "n": n}))
        case "refused" if frame["re"] == "say":
            if frame["code"] not in AGAIN:
                talk.refused.append(frame["code"])
            elif not talk.retrying:
                talk.retrying = True
                wait = min(frame["retry_after"] or 0.1, 0.4)
                client.later(wait, lambda: _again(conversation, talk))
        case "ping" if talk.is_behind(frame):
            client.drop()
        case "ended":
            talk.over = True
        case _:
            pass
