"""A simulation of the protocol under faults: two people, an observer, processes and Redis, no sockets.

What decides and what folds is the project's own pure code: `chat.conversation` decides every message and
move and folds every stream, `chat.link` takes every frame in. Around them stand small models of what is not
pure: the scripts of the broker (open, append, lift, follow, move), rooms that keep a conversation in memory,
pipes that a cut empties, and a database with a spool. One seed is one schedule.

Whatever one fault leaves is enough to go on from. No schedule destroys every memory of a conversation at
once: it neither wipes Redis while no process knows all moves, nor kills the only process that knows them
before Redis does again.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from chat import conversation as pure
from chat import protocol
from chat.codes import Refusal
from chat.link import Link, Take

Mutant = Literal[
    "acknowledge before durable",
    "forget at acknowledgement",
    "no epoch in pings",
    "epoch kept across stale failover",
    "no receiver dedupe",
    "new events before the missed ones",
    "any device confirms",
]
"""A design with one of its rules taken away."""

CONVERSATION: Final = "c"
SEEKER: Final = "seeker"
PEOPLE: Final = (SEEKER, "sam", "noor", "omar")
"""The seeker, two supporters one after the other, and an observer."""
OBSERVER: Final = "omar"
STEPS: Final = 400
ROUNDS: Final = 600
"""Rounds in which everything must be settled once the faults are over."""


@dataclass
class Redis:
    """What the broker's scripts do to one conversation's stream."""

    generation: int = 0
    epoch: str | None = None
    of: int = 0
    """The generation that the stream was begun in."""
    log: list[pure.Event] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    state: pure.Conversation = field(default_factory=lambda: pure.Conversation(CONVERSATION))
    """What the log adds up to."""

    def wipe(self) -> None:
        self.epoch, self.log, self.counts = None, [], {}
        self.state = fold([])

    def add(self, event: pure.Event) -> None:
        self.log.append(event)
        self.state = pure.evolve(self.state, event)

    def restart(self) -> None:
        self.generation += 1
        self.wipe()

    def stale(self, lost: int, *, notice: bool) -> None:
        """A replica takes over that never heard of the last events; it is another Redis, with another run."""
        self.log = self.log[: max(1, len(self.log) - lost)]
        self.state = fold(self.log)
        self.counts = dict(self.state.counts)
        if notice:
            self.generation += 1

    @property
    def is_lost(self) -> bool:
        return self.epoch is None or self.of != self.generation

    def open(self, epoch: str, moves: list[pure.Event]) -> None:
        if self.is_lost:
            self.epoch, self.of, self.log, self.counts = epoch, self.generation, list(moves), {}
            self.state = fold(moves)

    def append(self, said: pure.Said) -> str:
        if self.is_lost:
            return "LOST"
        last = self.counts.get(said.author, 0)
        if said.n <= last:
            return "DUP"
        if said.n != last + 1:
            return "GAP"
        self.counts[said.author] = said.n
        self.add(said)
        return "OK"

    def lift(self, author: str, n: int) -> int:
        self.counts[author] = max(self.counts.get(author, 0), n)
        return self.counts[author]


def fold(log: list[pure.Event], onto: pure.Conversation | None = None) -> pure.Conversation:
    """The state that a stream adds up to, by the project's own `evolve`."""
    state = onto or pure.Conversation(CONVERSATION)
    for event in log:
        state = pure.evolve(state, event)
    return state


@dataclass
class Room:
    """The conversation as one process knows it."""

    epoch: str | None = None
    log: list[pure.Event] = field(default_factory=list)
    state: pure.Conversation = field(default_factory=lambda: pure.Conversation(CONVERSATION))

    def absorb(self, epoch: str | None, log: list[pure.Event]) -> None:
        fresh = epoch != self.epoch or len(log) < len(self.log)
        self.state = fold(log) if fresh else fold(log[len(self.log) :], self.state)
        self.epoch, self.log = epoch, list(log)

    @property
    def moves(self) -> list[pure.Event]:
        return [
            msgspec.structs.replace(e, since=0) if isinstance(e, pure.Paired) else e
            for e in self.log
            if not isinstance(e, pure.Said)
        ]


@dataclass
class Pipe:
    """One socket: frames up, frames down, and the link that takes frames in."""

    process: int
    link: Link
    up: deque[bytes] = field(default_factory=deque)
    down: deque[dict[str, object]] = field(default_factory=deque)
    seated: bool = False
    epoch: str | None = None
    """The epoch that this seat was taken in: the process pushes what is of that one only."""
    at: int = 0
    """How much of the log was put into this pipe."""


@dataclass
class Person:
    """A client as the contract describes it."""

    name: str
    author: str | None
    said: int = 0
    texts: dict[int, str] = field(default_factory=dict)
    outbox: dict[int, str] = field(default_factory=dict)
    confirmed: int = 0
    epoch: str | None = None
    offset: int = 0
    shown: dict[str, int] = field(default_factory=dict)
    view: list[tuple[str, int]] = field(default_factory=list)
    promised: set[int] = field(default_factory=set)
    pipe: Pipe | None = None


@dataclass
class Outcome:
    """What one schedule came to."""

    wrong: list[str] = field(default_factory=list)
    messages: int = 0
    did: Counter[str] = field(default_factory=Counter)


class World:
    """Everything, and the one source of chance."""

    def __init__(self, seed: int, mutant: Mutant | None = None) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - schedules, not secrets
        self.mutant = mutant
        self.redis = Redis()
        self.rooms: dict[int, Room] = {0: Room(), 1: Room()}
        self.people = {name: Person(name, SEEKER if name == SEEKER else None) for name in PEOPLE}
        self.alerts: set[int] = set()
        self.spool: set[int] = set()
        self.database_up = True
        self.spool_up = True
        self.late: list[int] = []
        self.shown: dict[str, int] = {}
        self.at = 0.0
        self.outcome = Outcome()
        self._epochs = itertools.count(1)
        self._begin()

    def _begin(self) -> None:
        opened = pure.decide(pure.Conversation(CONVERSATION), pure.Open("campus", "Otter"), self.at)
        assert isinstance(opened, pure.Opened)
        self.redis.open(self._epoch(), [opened])
        self._pull(0)
        self.move(0, pure.Pair("sam"))

    def _epoch(self) -> str:
        return f"e{next(self._epochs)}"

    # --- processes ----------------------------------------------------------------------------------------

    def _pull(self, process: int) -> bool:
        """What a process does that doubts: it reads the stream, or begins it anew from what it remembers."""
        room = self.rooms[process]
        if self.redis.is_lost:
            if not room.log:
                return False
            self.redis.open(self._epoch(), room.moves)
            self.outcome.did["begun anew"] += 1
        if room.epoch not in {None, self.redis.epoch}:
            self._clear(process)
        room.absorb(self.redis.epoch, self.redis.log)
        self._push(process)
        return True

    def change_hands(self) -> None:
        """The seeker gets another supporter, or an observer comes in: once each."""
        process = self.chance.randrange(2)
        if not self._pull(process):
            return
        state = self.redis.state
        if self.chance.random() < 0.5:
            if state.member(OBSERVER) is None:
                self.move(process, pure.Enter(OBSERVER, "on_call"))
                self.people[OBSERVER].pipe = None  # who comes in says hello there
        elif state.phase is pure.Phase.LIVE and state.member("sam") is not None:
            self.move(process, pure.Return(pure.Why.SWITCHED))
        else:
            self.pair_again(process)

    def pair_again(self, process: int) -> None:
        """Whoever waits is paired with the next supporter."""
        if self._pull(process) and self.redis.state.phase is pure.Phase.WAITING:
            self.move(process, pure.Pair("noor", self._unshown_from()))
            self.people["noor"].pipe = None

    def _unshown_from(self) -> int:
        """What a supporter has shown stays with that one; what nobody has shown must not be lost."""
        offset = 0
        for event in self.redis.log:
            if isinstance(event, pure.Said):
                if event.author == SEEKER and event.n > self.shown.get(SEEKER, 0):
                    return offset
                offset += 1
        return offset

    def all_moves_are_known(self) -> bool:
        """Whether every process that knows the conversation knows all its moves, and one does."""
        if self.redis.is_lost:
            return False
        knowing = [room for room in self.rooms.values() if room.log]
        return bool(knowing) and all(
            room.epoch == self.redis.epoch and room.state.moves == self.redis.state.moves for room in knowing
        )

    def finish_late(self) -> None:
        """The mutant that acknowledges first gets round to the alerts, if it lives and can."""
        for n in self.late:
            self._durable(n)
        self.late.clear()

    def is_quiet(self) -> bool:
        """Nothing is under way and nobody is behind."""
        top = self.redis.state.offset
        for person in self.people.values():
            if person.pipe is None or person.pipe.up or person.pipe.down:
                return False
            if (person.name == SEEKER or self.is_in(person)) and (
                person.epoch != self.redis.epoch or person.offset < top
            ):
                return False
        return True

    def _clear(self, process: int) -> None:
        for person in self.people.values():
            if person.pipe is not None and person.pipe.process == process and person.pipe.seated:
                person.pipe.down.append({"type": "close"})

    def _push(self, process: int) -> None:
        """Shows every seat of a process what its room has and the seat has not."""
        room = self.rooms[process]
        for person in self.people.values():
            pipe = person.pipe
            if pipe is None or pipe.process != process or not pipe.seated or pipe.epoch != room.epoch:
                continue
            if person.name != SEEKER and room.state.member(person.name) is None:
                continue
            self._send_from(pipe, room, self._since(room, person))

    def _send_from(self, pipe: Pipe, room: Room, since: int) -> None:
        offset = sum(isinstance(e, pure.Said) for e in room.log[: pipe.at])
        for event in room.log[pipe.at :]:
            if isinstance(event, pure.Said):
                offset += 1
                if offset > since:
                    pipe.down.append({"type": "said", "epoch": room.epoch, "offset": offset, "event": event})
        pipe.at = len(room.log)

    def _since(self, room: Room, person: Person) -> int:
        member = room.state.member(person.name)
        return member.since if member else 0

    def kill(self, process: int) -> None:
        """The process is gone, and what it knew; another takes its place."""
        self.outcome.did["kill"] += 1
        self.late.clear()
        self.rooms[process] = Room()
        for person in self.people.values():
            if person.pipe is not None and person.pipe.process == process:
                person.pipe = None

    def move(self, process: int, command: pure.Pair | pure.Return | pure.Enter | pure.Exit) -> None:
        """Decides a move where the process stands and appends it, if nobody moved since."""
        if not self._pull(process):
            return
        event = pure.decide(self.rooms[process].state, command, self.at)
        if isinstance(event, Refusal | pure.Duplicate):
            return
        self.redis.add(event)
        self.outcome.did[type(event).__name__] += 1
        self._pull(process)
        self._wake(process)

    def _wake(self, process: int) -> None:
        """A wake-up reaches the other process at once, or is lost and made good by its next look."""
        if self.chance.random() < 0.7:
            self._pull(1 - process)

    # --- what the server does with frames -----------------------------------------------------------------

    def serve(self, person: Person, die: Literal["before", "between", "after"] | None = None) -> None:
        """Takes one frame of a client in, and may be killed at any point of it."""
        pipe = person.pipe
        if pipe is None or not pipe.up:
            return
        data = pipe.up.popleft()
        if self.redis.is_lost and not self.rooms[1 - pipe.process].log:
            die = None  # this process is the only memory of the conversation
        if die == "before":
            self.kill(pipe.process)
            return
        taken = pipe.link.receive(data, self.at)
        if not isinstance(taken, Take):
            pipe.down.append({"type": "close"})
            return
        match taken.frame:
            case protocol.SeekerHello() as hello:
                self._hello(person, pipe, hello.resume)
            case protocol.TeamHello() as hello:
                self._hello(person, pipe, (hello.resume or {}).get(CONVERSATION))
            case protocol.Say() | protocol.TeamSay() as say:
                self._say(person, pipe, say.n, say.text, die)
            case protocol.Got() | protocol.TeamGot() as got:
                self._got(person, got.author, got.n)
            case _:
                pass

    def _hello(self, person: Person, pipe: Pipe, resume: protocol.Resume | None) -> None:
        if not self._pull(pipe.process):
            pipe.down.append({"type": "close"})
            return
        room = self.rooms[pipe.process]
        member = room.state.member(person.name)
        author = SEEKER if person.name == SEEKER else member.author if member else None
        if author is None or self.redis.epoch is None:
            pipe.down.append({"type": "welcome", "author": None})
            return
        accepted = self.redis.lift(author, resume.confirmed if resume else 0)
        said = [index for index, e in enumerate(room.log, 1) if isinstance(e, pure.Said)]
        known = resume is not None and resume.epoch == room.epoch and resume.offset <= len(said)
        offset = resume.offset if resume is not None and known else 0
        pipe.seated, pipe.epoch = True, room.epoch
        welcome: dict[str, object] = {
            "type": "welcome",
            "author": author,
            "epoch": room.epoch,
            "accepted": accepted,
        }
        if self.mutant == "new events before the missed ones" and len(said) > offset:
            newest = said[-1]
            event = room.log[newest - 1]
            pipe.down.append({"type": "said", "epoch": room.epoch, "offset": len(said), "event": event})
        pipe.down.append(welcome)
        pipe.at = said[offset - 1] if offset else 0
        self._send_from(pipe, room, self._since(room, person))
        for other, n in resume.shown.items() if resume is not None else ():
            self._got(person, other, n)

    def _say(self, person: Person, pipe: Pipe, n: int, text: str, die: str | None) -> None:
        room = self.rooms[pipe.process]
        author = person.author
        if author is None or not pipe.seated or room.epoch != pipe.epoch:
            pipe.down.append({"type": "close"})
            return
        if person.name != SEEKER and room.state.member(person.name) is None:
            return  # refused: the conversation goes on without them
        crisis = text.endswith("!")
        if crisis and self.mutant != "acknowledge before durable" and not self._durable(n):
            pipe.down.append({"type": "busy"})
            return
        if die == "between":
            self.kill(pipe.process)
            return
        # The script places a message by its author's count alone; what it makes of it, `decide` agrees with.
        decided = pure.decide(self._truth(), pure.Say(author, n, b""), self.at)
        answer = self.redis.append(pure.Said(author, "seeker", n, self.at, b""))
        self._agree(decided, answer)
        if die == "after":
            self.kill(pipe.process)
            return
        if answer in {"OK", "DUP"}:
            pipe.down.append({"type": "ack", "n": n})
            if crisis and self.mutant == "acknowledge before durable":
                self.late.append(n)
        else:
            pipe.down.append({"type": "busy"})
        if answer == "OK" and self.redis.epoch == room.epoch:
            self._pull(pipe.process)
            self._wake(pipe.process)
        elif answer in {"GAP", "LOST"} or self.redis.epoch != room.epoch:
            self._pull(pipe.process)

    def _truth(self) -> pure.Conversation:
        """The stream's state; its counts include what returning authors lifted them to."""
        return msgspec.structs.replace(
            self.redis.state, counts={**self.redis.state.counts, **self.redis.counts}
        )

    def _agree(self, decided: object, answer: str) -> None:
        if self.redis.is_lost or decided is Refusal.NOT_ALLOWED:
            return
        expected = {"OK": pure.Said, "DUP": pure.Duplicate, "GAP": Refusal}[answer]
        if not isinstance(decided, expected):
            self.outcome.wrong.append(f"the script said {answer}, decide did not")

    def _durable(self, n: int) -> bool:
        if self.database_up:
            self.alerts.add(n)
        elif self.spool_up:
            self.spool.add(n)
        else:
            return False
        return True

    def _got(self, person: Person, author: str, n: int) -> None:
        """Only the counterpart's device counts: the seeker's, or for the seeker's words the supporter's."""
        counts = person.name == SEEKER or (person.name != OBSERVER and author == SEEKER)
        if author == person.author or not (counts or self.mutant == "any device confirms"):
            return
        self.shown[author] = max(n, self.shown.get(author, 0))
        for other in self.people.values():
            if other.author == author and other.pipe is not None:
                other.pipe.down.append({"type": "got", "n": n})

    def ping(self, person: Person) -> None:
        pipe = person.pipe
        if pipe is None or not pipe.seated or self.mutant == "no epoch in pings":
            return
        self._pull(pipe.process)
        room = self.rooms[pipe.process]
        top = sum(isinstance(e, pure.Said) for e in room.log)
        pipe.down.append({"type": "ping", "epoch": room.epoch, "top": top})

    # --- what clients do ----------------------------------------------------------------------------------

    def connect(self, person: Person) -> None:
        if person.pipe is not None:
            return
        side: Literal["seeker", "team"] = "seeker" if person.name == SEEKER else "team"
        pipe = Pipe(self.chance.randrange(2), Link(side, self.at, per_minute=10**9, burst=10**9))
        person.pipe = pipe
        resume = None
        if person.epoch is not None:
            resume = protocol.Resume(
                epoch=person.epoch, offset=person.offset, confirmed=person.confirmed, shown=dict(person.shown)
            )
        if side == "seeker":
            pipe.up.append(msgspec.json.encode(protocol.SeekerHello(v=1, resume=resume)))
        else:
            places = {CONVERSATION: resume} if resume is not None else None
            pipe.up.append(msgspec.json.encode(protocol.TeamHello(v=1, resume=places)))

    def say(self, person: Person) -> None:
        if person.author is None or (person.name != SEEKER and not self.is_in(person)):
            return
        person.said += 1
        crisis = person.name == SEEKER and self.chance.random() < 0.3
        text = f"{person.said}{'!' if crisis else ''}"
        person.texts[person.said] = person.outbox[person.said] = text
        self.outcome.messages += 1
        if person.pipe is not None and person.pipe.seated:
            self._send_say(person, person.said)

    def is_in(self, person: Person) -> bool:
        return self.redis.state.member(person.name) is not None and not self.redis.is_lost

    def _send_say(self, person: Person, n: int) -> None:
        assert person.pipe is not None
        frame: protocol.Say | protocol.TeamSay = protocol.Say(n=n, text=person.texts[n])
        if person.name != SEEKER:
            frame = protocol.TeamSay(conversation=CONVERSATION, n=n, text=person.texts[n])
        person.pipe.up.append(protocol_bytes(frame))

    def receive(self, person: Person) -> None:
        pipe = person.pipe
        if pipe is None or not pipe.down:
            return
        frame = pipe.down.popleft()
        match frame["type"]:
            case "welcome":
                self._welcomed(person, frame)
            case "said":
                event = frame["event"]
                assert isinstance(event, pure.Said)
                self._show(person, event, str(frame["epoch"]), int(str(frame["offset"])))
            case "ack":
                n = int(str(frame["n"]))
                person.promised.add(n)
                if self.mutant == "forget at acknowledgement":
                    person.outbox = {k: t for k, t in person.outbox.items() if k > n}
            case "got":
                person.confirmed = max(person.confirmed, int(str(frame["n"])))
                person.outbox = {k: t for k, t in person.outbox.items() if k > person.confirmed}
            case "ping":
                if frame["epoch"] != person.epoch or int(str(frame["top"])) > person.offset:
                    person.pipe = None
            case _:
                person.pipe = None

    def _welcomed(self, person: Person, frame: dict[str, object]) -> None:
        pipe = person.pipe
        assert pipe is not None
        if frame["author"] is None:
            return
        person.author = str(frame["author"])
        if person.epoch != frame["epoch"]:
            person.epoch, person.offset = str(frame["epoch"]), 0
        for n in sorted(person.outbox):
            if n > int(str(frame["accepted"])):
                self._send_say(person, n)

    def _show(self, person: Person, event: pure.Said, epoch: str, offset: int) -> None:
        person.epoch = epoch
        person.offset = max(person.offset, offset)
        if event.author == person.author:
            return
        if event.n > person.shown.get(event.author, 0) or self.mutant == "no receiver dedupe":
            person.shown[event.author] = max(event.n, person.shown.get(event.author, 0))
            person.view.append((event.author, event.n))
        if person.pipe is not None:
            got: protocol.Got | protocol.TeamGot = protocol.Got(author=event.author, n=event.n)
            if person.name != SEEKER:
                got = protocol.TeamGot(conversation=CONVERSATION, author=event.author, n=event.n)
            person.pipe.up.append(protocol_bytes(got))


def protocol_bytes(frame: protocol.Say | protocol.TeamSay | protocol.Got | protocol.TeamGot) -> bytes:
    """A client's frame as it travels."""
    return msgspec.json.encode(frame)


def run(seed: int, mutant: Mutant | None = None) -> Outcome:
    """One schedule: faults at random, then quiet, then the count of what came through."""
    world = World(seed, mutant)
    for _ in range(STEPS):
        world.at += 0.1
        _step(world)
    world.database_up = world.spool_up = True
    world.finish_late()
    for process in world.rooms:
        world.pair_again(process)
    _settle(world)
    _check(world)
    return world.outcome


def _step(world: World) -> None:
    chance, outcome = world.chance, world.outcome
    person = world.people[chance.choice(PEOPLE)]
    dice = chance.random()
    if dice < 0.16:
        world.say(person)
    elif dice < 0.46:
        world.serve(person, chance.choice([*[None] * 20, "before", "between", "after"]))
    elif dice < 0.78:
        world.receive(person)
    elif dice < 0.88:
        world.connect(person)
    elif dice < 0.90:
        outcome.did["cut"] += person.pipe is not None
        person.pipe = None
    elif dice < 0.91:
        _lose(world)
    elif dice < 0.93:
        world.database_up = not world.database_up
    elif dice < 0.94:
        world.spool_up = not world.spool_up
    elif dice < 0.95:
        world.change_hands()
    elif dice < 0.96:
        world.finish_late()
    else:
        world.ping(person)


def _lose(world: World) -> None:
    if not world.all_moves_are_known():
        return
    what = world.chance.choice(["wipe", "restart", "stale failover"])
    world.outcome.did[what] += 1
    match what:
        case "wipe":
            world.redis.wipe()
        case "restart":
            world.redis.restart()
        case _:
            world.redis.stale(
                world.chance.randint(1, 3), notice=world.mutant != "epoch kept across stale failover"
            )


def _settle(world: World) -> None:
    for round_ in range(ROUNDS):
        world.at += 1.0
        for person in world.people.values():
            world.connect(person)
            world.serve(person)
            world.receive(person)
            if round_ % 40 == 20:
                world.ping(person)
        if round_ % 50 == 49 and world.is_quiet():
            return


def _check(world: World) -> None:
    wrong = world.outcome.wrong
    seeker = world.people[SEEKER]
    covered: set[int] = set()
    for person in world.people.values():
        views: dict[str, list[int]] = {}
        for author, n in person.view:
            views.setdefault(author, []).append(n)
        for author, counts in views.items():
            if any(b <= a for a, b in itertools.pairwise(counts)):
                wrong.append(f"{person.name} saw {author} twice or out of order")
            owed = person.name == SEEKER or (person.name != OBSERVER and author == SEEKER)
            if owed and counts != list(range(counts[0], counts[0] + len(counts))):
                wrong.append(f"{person.name} missed some of {author} in the middle")
        if person.name == SEEKER:
            for other in world.people.values():
                _check_heard(world, other, views.get(other.author or "", []))
        elif person.name != OBSERVER:
            covered |= set(views.get(SEEKER, []))
    if covered != set(range(1, seeker.said + 1)):
        wrong.append(f"no supporter saw {sorted(set(range(1, seeker.said + 1)) - covered)[:5]} of the seeker")
    calls = {n for n in seeker.promised if seeker.texts[n].endswith("!")}
    if lost := calls - world.alerts - world.spool:
        wrong.append(f"{len(lost)} acknowledged calls without an alert")


def _check_heard(world: World, person: Person, seen: list[int]) -> None:
    """The seeker saw all that a member said, from the first on; of one who left, no later one alone."""
    if person.name == SEEKER or person.author is None:
        return
    must = person.said if world.is_in(person) else 0
    if seen[:1] not in ([], [1]) or len(seen) < must:
        world.outcome.wrong.append(f"the seeker saw {len(seen)} of {must} from {person.name}")
