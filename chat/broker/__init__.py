"""Conversations between processes: streams in Redis that every process appends to, reads and follows.

The stream is the truth. A published message is only a wake-up that happens to carry the event: it is used
when it is the next one, and any gap is filled from the stream.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from typing import Final, NamedTuple

from msgspec import Struct

from chat.broker import keys
from chat.broker.info import memory_used, read
from chat.broker.line import Answer, Done, Line, Refusal, Unavailable, settle
from chat.broker.shards import Shards
from chat.broker.together import Together

__all__ = ["Broker", "Lost", "Position", "Refusal", "Signal", "Stored", "Stream", "Unavailable"]

MOST_MESSAGES: Final = 20_000
"""The longest conversation that is carried, in messages."""
MARKS_WITHIN: Final = 0.025
"""Seconds that a mark may wait for others, to be told together with them. Nobody waits for one."""
SCRIPTS: Final = (
    "append",
    "mark",
    "move",
    "open",
    "follow",
    "touch",
    "signal",
    "lift",
    "finish",
    "annotate",
    "settle",
    "post",
    "posted",
)


class Lost(Exception):
    """Redis knows nothing of this conversation, or is another Redis than the one that did."""


class Position(NamedTuple):
    """A place in a stream: messages count offsets, the moves between two messages count subs."""

    offset: int = 0
    sub: int = 0

    def follows(self, other: Position) -> bool:
        """Whether nothing can lie between `other` and this place."""
        if self.offset == other.offset:
            return self.sub == other.sub + 1
        return self.offset == other.offset + 1 and self.sub == 0

    def __str__(self) -> str:
        return f"{self.offset}-{self.sub}"

    @classmethod
    def parse(cls, text: bytes) -> Position:
        offset, _, sub = text.partition(b"-")
        return cls(int(offset), int(sub))


BEGINNING: Final = Position()


class Stored(Struct, frozen=True):
    """One event of a stream, as it is kept."""

    conversation: str
    epoch: str
    at: Position
    event: bytes

    def __repr__(self) -> str:
        return f"<Stored {self.at}>"


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that is told but not kept."""

    conversation: str
    signal: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stream:
    """A conversation as Redis holds it."""

    epoch: str
    ended: bool
    wrapped: bytes = field(repr=False)
    counts: Mapping[str, int]
    shown: Mapping[str, int]
    fields: Mapping[str, bytes] = field(repr=False)
    entries: tuple[tuple[Position, bytes], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Touched:
    """Where a conversation stands, and how many seconds each author has been silent."""

    epoch: str
    at: Position
    silent: Mapping[str, float]


class Broker:
    """The one door to Redis for conversations: one line to ask, one line to listen, nothing a socket.

    `on_event`, `on_mark` (conversation, author, shown up to n) and `on_signal` are called from the event loop
    for what other processes did, `on_staff` for what any process tells the staff; `on_up` when the connection
    is there (again), because anything may have been missed while it was not.
    """

    def __init__(
        self,
        url: str,
        process: str,
        *,
        on_event: Callable[[Stored], None],
        on_mark: Callable[[str, str, int], None],
        on_signal: Callable[[Signal], None],
        on_staff: Callable[[bytes], None],
        on_up: Callable[[], None],
        on_down: Callable[[], None],
    ) -> None:
        self.process = process
        self._on_event = on_event
        self._on_mark = on_mark
        self._on_signal = on_signal
        self._on_staff = on_staff
        self._on_up = on_up
        self._on_down = on_down
        lua = files(__package__) / "lua"
        self._sources = {name: (lua / f"{name}.lua").read_bytes() for name in SCRIPTS}
        self._hashes = {
            name: hashlib.sha1(source, usedforsecurity=False).hexdigest().encode()
            for name, source in self._sources.items()
        }
        self._shards = Shards(url, self)
        together = partial(Together, self._shards)
        learn = self._load_forgotten
        self._appends = together(self._hashes["append"], self._for_appends, learn)
        self._marks = together(self._hashes["mark"], self._for_marks, learn, wait=MARKS_WITHIN)
        self._touches = together(self._hashes["touch"], self._for_touches, learn)

    async def run(self) -> None:
        """Keeps all lines up until it is cancelled."""
        await self._shards.run()

    @property
    def ready(self) -> bool:
        return self._shards.ready

    async def ping(self) -> None:
        """Raises `Unavailable` when Redis, or a part of it, does not answer."""
        if not (lines := list(self._shards.lines)):
            raise Unavailable
        await asyncio.gather(*(line.call(b"PING") for line in lines))

    async def memory(self) -> float:
        """Which share of its memory the fullest of the servers uses; 0.0 where none has a limit, or tells.

        Raises `Unavailable`.
        """
        if not (lines := list(self._shards.lines)):
            raise Unavailable
        told = await asyncio.gather(
            *(line.call(b"INFO", b"memory") for line in lines), return_exceptions=True
        )
        if away := next((error for error in told if isinstance(error, Unavailable)), None):
            raise away
        return max((memory_used(read(one)) for one in told if isinstance(one, bytes)), default=0.0)

    # --- messages -----------------------------------------------------------------------------------------

    def append(self, conversation: str, author: str, n: int, event: bytes, done: Done) -> None:
        """Adds a message at its author's count `n`, and publishes it. Returns at once.

        `done` gets a list that begins with OK (offset, epoch), DUP (offset), GAP (last count), LOST, ENDED or
        FULL; or `Unavailable` or `Refusal`, and then the message may be there or not. Appends of one author
        keep the order in which they were called.
        """
        tag = keys.bucket(conversation)
        self._appends.add(
            tag,
            (keys.meta(conversation), keys.log(conversation)),
            (f"{tag}:p:", conversation, author, n, event),
            done,
        )

    def mark(self, conversation: str, author: str, n: int) -> None:
        """Notes that `author`'s messages up to `n` were shown, and soon tells the other processes.

        Lost marks are not repeated: a device that comes back says what it has shown.
        """
        tag = keys.bucket(conversation)
        self._marks.add(tag, (keys.meta(conversation),), (f"{tag}:p:", conversation, author, n), _forget)

    def signal(self, conversation: str, signal: bytes) -> None:
        """Tells the other processes something that is not kept.

        Lost signals are not repeated, so nothing may depend on one.
        """
        tag = keys.bucket(conversation)
        line = self._shards.of(tag)
        line.ask(
            self._load_forgotten,
            b"EVALSHA",
            self._hashes["signal"],
            1,
            keys.meta(conversation),
            line.generation,
            self.process,
            f"{tag}:p:",
            conversation,
            signal,
        )

    # --- moves --------------------------------------------------------------------------------------------

    async def move(
        self,
        conversation: str,
        seen: int,
        event: bytes,
        phase: str,
        fields: Mapping[str, str | bytes | int] | None = None,
    ) -> Position | None:
        """Adds a move decided after `seen` moves; None when somebody moved faster. Raises `Lost`.

        Every mark made here before it is known wherever the move is: the next supporter sees only what none
        before them has seen.
        """
        self._marks.hurry(keys.bucket(conversation))
        answer = await self._run(
            "move",
            (keys.meta(conversation), keys.log(conversation)),
            self._generation(conversation),
            seen,
            event,
            self.process,
            f"{keys.bucket(conversation)}:p:",
            conversation,
            phase,
            *_flat(fields or {}),
        )
        return _moved(answer)

    async def finish(
        self, conversation: str, seen: int, event: bytes, contact: Mapping[str, str | bytes | int]
    ) -> Position | None:
        """Ends a conversation: in this one step its key and its words are gone from Redis.

        `contact` is what is kept until the contact is counted. None when somebody moved faster.
        """
        tag = keys.bucket(conversation)
        answer = await self._run(
            "finish",
            (keys.meta(conversation), keys.log(conversation), keys.settle(tag)),
            self._generation(conversation),
            seen,
            event,
            self.process,
            f"{tag}:p:",
            conversation,
            keys.ENDED_MS,
            *_flat(contact),
        )
        return _moved(answer)

    async def open(
        self,
        conversation: str,
        *,
        epoch: str,
        wrapped: bytes,
        phase: str,
        counts: Mapping[str, int],
        moves: Iterable[bytes],
    ) -> tuple[bool, str]:
        """Starts a stream, or starts it anew after a loss; answers whether this call did, and the epoch."""
        answer = await self._run(
            "open",
            (keys.meta(conversation), keys.log(conversation)),
            self._generation(conversation),
            epoch,
            wrapped,
            keys.LIVE_MS,
            phase,
            len(counts),
            *_flat(counts),
            *moves,
        )
        return answer[0] == b"OK", answer[1].decode()

    # --- reading ------------------------------------------------------------------------------------------

    async def follow(self, conversation: str, after: Position = BEGINNING) -> Stream:
        """Makes this process hear of the conversation, and answers what happened after a position.

        Raises `Lost` when there is no such conversation.
        """
        answer = await self._run(
            "follow",
            (keys.meta(conversation), keys.log(conversation)),
            self._generation(conversation),
            self.process,
            str(after),
            keys.FOLLOW_MS,
        )
        if answer[0] == b"LOST":
            raise Lost
        fields = {answer[0][i].decode(): answer[0][i + 1] for i in range(0, len(answer[0]), 2)}
        return Stream(
            epoch=fields["e"].decode(),
            ended=fields["f"] == b"ended",
            wrapped=fields.get("k", b""),
            counts={name[2:]: int(value) for name, value in fields.items() if name.startswith("n:")},
            shown={name[2:]: int(value) for name, value in fields.items() if name.startswith("h:")},
            fields=fields,
            entries=tuple((Position.parse(entry[0]), entry[1][1]) for entry in answer[1]),
        )

    async def touch(self, conversation: str, silent: Mapping[str, float]) -> Touched:
        """Keeps a conversation for its time and answers where it stands. Raises `Lost`.

        `silent` says of the authors connected here how many seconds ago each was last heard of.
        """
        told: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._touches.add(
            keys.bucket(conversation),
            (keys.meta(conversation), keys.log(conversation)),
            (" ".join(f"{author} {int(seconds * 1000)}" for author, seconds in silent.items()),),
            partial(settle, told),
        )
        answer = await told
        if answer[0] == b"LOST":
            raise Lost
        everyone = {answer[i].decode(): answer[i + 1] / 1000 for i in range(3, len(answer), 2)}
        return Touched(answer[0].decode(), Position(answer[1], answer[2]), everyone)

    async def lift(self, conversation: str, author: str, n: int) -> int:
        """Raises an author's count to `n` if it is lower; answers the count. Raises `Lost`."""
        answer = await self._run(
            "lift", (keys.meta(conversation),), self._generation(conversation), author, n
        )
        if answer[0] == b"LOST":
            raise Lost
        return int(answer[1])

    # --- afterwards ---------------------------------------------------------------------------------------

    async def annotate(self, conversation: str, fields: Mapping[str, str | bytes | int]) -> bool:
        """Adds to what is kept of an ended conversation until it is counted; False from then on."""
        return bool(await self._run("annotate", (keys.meta(conversation),), *_flat(fields)))

    async def settle(self, *, at_once: bool = False) -> list[dict[str, bytes]]:
        """Takes the ended conversations that are due to be counted; nobody else gets the same ones."""
        due: list[dict[str, bytes]] = []
        tags = keys.buckets()
        while tags:
            answers = await asyncio.gather(
                *(
                    self._run("settle", (keys.settle(tag),), f"{tag}:c:", "now" if at_once else "due")
                    for tag in tags
                ),
                return_exceptions=True,  # what the others took is nobody else's any more
            )
            tags = [tag for tag, answer in zip(tags, answers, strict=True) if isinstance(answer, list)]
            due.extend(
                {answer[i].decode(): answer[i + 1] for i in range(0, len(answer), 2)}
                for answer in answers
                if isinstance(answer, list) and answer
            )
        return due

    # --- the boards ---------------------------------------------------------------------------------------

    async def post(self, rows: bytes) -> None:
        """Posts what the boards of all processes show of this one, for a short while."""
        await self._run("post", (keys.posts(), keys.post(self.process)), self.process, rows, keys.POST_MS)

    async def posted(self) -> list[bytes]:
        """What the other processes posted that are alive."""
        return list(await self._run("posted", (keys.posts(),), keys.post(""), self.process))

    # --- who is where -------------------------------------------------------------------------------------

    async def conversations_of(self, person: str) -> list[str]:
        """The conversations that a person was last known to be in; some may be over."""
        key = keys.team(person)
        return sorted(name.decode() for name in await self._shards.of(key).call(b"SMEMBERS", key))

    async def joined(self, person: str, conversation: str) -> None:
        key = keys.team(person)
        line = self._shards.of(key)
        await asyncio.gather(line.call(b"SADD", key, conversation), line.call(b"PEXPIRE", key, keys.TEAM_MS))

    async def parted(self, person: str, conversation: str) -> None:
        key = keys.team(person)
        await self._shards.of(key).call(b"SREM", key, conversation)

    def tell_staff(self, what: bytes) -> None:
        """Wakes every process, this one too, for something that concerns leads and on-call staff."""
        self._shards.of(keys.STAFF).ask(_forget, b"SPUBLISH", keys.STAFF, what)

    # --- inside -------------------------------------------------------------------------------------------

    def _generation(self, conversation: str) -> str:
        return self._shards.of(keys.bucket(conversation)).generation

    async def _run(self, script: str, names: tuple[str, ...], *arguments: str | bytes | int) -> Answer:
        line = self._shards.of(names[0])
        try:
            return await line.call(b"EVALSHA", self._hashes[script], len(names), *names, *arguments)
        except Refusal as refusal:
            if str(refusal) != "NOSCRIPT":
                raise
        return await line.call(b"EVAL", self._sources[script], len(names), *names, *arguments)

    def _for_appends(self, line: Line) -> tuple[str | int, ...]:
        return line.generation, self.process, MOST_MESSAGES

    def _for_marks(self, line: Line) -> tuple[str, ...]:
        return line.generation, self.process

    def _for_touches(self, line: Line) -> tuple[str | int, ...]:
        return line.generation, self.process, keys.LIVE_MS, keys.FOLLOW_MS

    def _load_forgotten(self, answer: Answer) -> None:
        """Somebody emptied Redis' memory of scripts: the author says it again, and then it is there."""
        if isinstance(answer, Refusal) and str(answer) == "NOSCRIPT":
            for line in self._shards.lines:
                for source in self._sources.values():
                    line.ask(_forget, b"SCRIPT", b"LOAD", source)

    # --- what its lines ask of it --------------------------------------------------------------------------

    def heard(self, push: list[Answer]) -> None:
        if push[0] != b"smessage":
            return
        if push[1] == keys.STAFF.encode():
            self._on_staff(push[2])
            return
        conversation, epoch, place, body = push[2].split(b" ", 3)
        if epoch != b"-":
            self._on_event(Stored(conversation.decode(), epoch.decode(), Position.parse(place), body))
        elif conversation != b"-":
            self._on_signal(Signal(conversation.decode(), body))
        else:
            marks = iter(body.decode().split(" "))
            for marked, author, n in zip(marks, marks, marks, strict=True):
                self._on_mark(marked, author, int(n))

    async def prepare_asking(self, line: Line) -> None:
        await asyncio.gather(*(line.call(b"SCRIPT", b"LOAD", source) for source in self._sources.values()))

    def prepare_hearing(self, line: Line, carries: Callable[[str], bool]) -> None:
        for name in (*(keys.channel(tag, self.process) for tag in keys.buckets()), keys.STAFF):
            if carries(name):
                line.send(b"SSUBSCRIBE", name)

    def changed(self) -> None:
        """Tells the owner whether all lines are up."""
        (self._on_up if self.ready else self._on_down)()


def _moved(answer: Answer) -> Position | None:
    if answer[0] == b"LOST":
        raise Lost
    return Position(answer[1], answer[2]) if answer[0] == b"OK" else None


def _flat(fields: Mapping[str, str | bytes | int]) -> list[str | bytes | int]:
    return [part for pair in fields.items() for part in pair]


def _forget(answer: Answer) -> None:
    """Nothing depends on it."""
