"""One socket as a pure object: what a client sends comes in, what is to be done about it comes out.

It holds the order of a connection (hello first, and in time), how fast a client may be, which references were
answered already, and whether the other side is still there. It knows no transport and no clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from msgspec import Struct

from chat import protocol
from chat.codes import DETAILS, Close, Refusal
from chat.protocol import BadFrame, Refused, SeekerFrame, TeamFrame

FIRST_FRAME_WITHIN: Final = 10.0
"""Seconds until the first frame must have come."""
PING_EVERY: Final = 15.0
PING_EVERY_IN_CONVERSATION: Final = 5.0
SILENT_AFTER: Final = 35.0
"""Seconds without any frame after which a connection is given up."""
MOST_REFERENCES: Final = 64

Frame = SeekerFrame | TeamFrame
Side = Literal["seeker", "team"]

_FREE = frozenset(
    {
        protocol.Pong,
        protocol.Help,
        protocol.Raise,
        protocol.Acknowledge,
        protocol.Seal,
        protocol.End,
        protocol.TeamEnd,
    }
)
"""Frames that no limit stands in front of: a call for help, its answer, and the way out."""
_HELLOS = frozenset({protocol.SeekerHello, protocol.TeamHello})
_MESSAGES = frozenset({protocol.Say, protocol.TeamSay})


class Take(Struct, frozen=True):
    """Carry this frame out. `hasty` messages are over the limit: only a call for help in them passes."""

    frame: Frame
    hasty: bool = False
    rest: float = 0.0
    """Then read no more from this client for so many seconds: it is over the limit, but loses nothing."""

    def __repr__(self) -> str:
        return f"<Take hasty={self.hasty} rest={self.rest}>"


@dataclass(frozen=True, slots=True)
class Answer:
    """Send this and change nothing."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shut:
    """Close the connection with this code."""

    code: Close


@dataclass(frozen=True, slots=True)
class Rest:
    """Answer, and read no more from this client for so many seconds."""

    data: bytes = field(repr=False)
    seconds: float


@dataclass(frozen=True, slots=True)
class Ask:
    """Ping the client."""


class Bucket:
    """A token bucket: `rate` tokens a second, at most `burst` of them saved."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, at: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = at

    def take(self, at: float) -> float:
        """Takes one token; answers 0.0, or the seconds until there would have been one."""
        if at > self._at:
            tokens = self._tokens + (at - self._at) * self._rate
            self._tokens = min(self._burst, tokens)
            self._at = at
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._rate


class Link:
    """The rules of one connection."""

    __slots__ = (
        "_answers",
        "_asked_at",
        "_frames",
        "_messages",
        "_opened_at",
        "_read",
        "greeted",
        "heard_at",
        "side",
        "talking",
    )

    def __init__(self, side: Side, at: float, *, per_minute: int = 60, burst: int = 10) -> None:
        self.side: Side = side
        self._read: Callable[[bytes], Frame] = (
            protocol.read_seeker if side == "seeker" else protocol.read_team
        )
        self._messages = Bucket(per_minute / 60, burst, at)
        self._frames = Bucket(20, 60, at)
        self._answers: dict[str, bytes | None] = {}
        self._opened_at = at
        self._asked_at = at
        self.heard_at = at
        """When the last frame came."""
        self.greeted = False
        self.talking = False
        """Whether the client is in a conversation: then its silence is noticed sooner."""

    def receive(self, data: bytes, at: float) -> Take | Answer | Rest | Shut:
        """One text frame. Times are seconds of any clock that only goes forward."""
        self.heard_at = at
        wait = self._frames.take(at)
        try:
            frame = self._read(data)
        except BadFrame as bad:
            if not self.greeted:
                return Shut(Close.BAD_PROTOCOL)
            answer = refusal(bad.code, detail=bad.detail, re=bad.re, ref=bad.ref, n=bad.n)
            return Rest(answer, wait) if wait else Answer(answer)
        kind = type(frame)
        if kind in _HELLOS:
            if self.greeted:
                return Answer(refusal(Refusal.NOT_NOW, re="hello"))
            if frame.v != protocol.VERSION:  # type: ignore[union-attr]  # a hello has one
                return Shut(Close.BAD_PROTOCOL)
            self.greeted = True
            return Take(frame)
        if not self.greeted:
            return Shut(Close.BAD_PROTOCOL)
        if kind in _MESSAGES:
            return Take(frame, hasty=bool(wait) or self._messages.take(at) > 0, rest=wait)
        if wait and kind not in _FREE:
            return Rest(refused(frame, Refusal.TOO_FAST, retry_after=wait), wait)
        return self._once(frame, wait)

    def _once(self, frame: Frame, wait: float) -> Take | Answer | Rest:
        ref: str | None = getattr(frame, "ref", None)
        if ref is None:
            return Take(frame, rest=wait)
        if ref in self._answers:
            answer = self._answers[ref] or refused(frame, Refusal.BUSY, retry_after=1.0)
            return Rest(answer, wait) if wait else Answer(answer)
        self._answers[ref] = None
        if len(self._answers) > MOST_REFERENCES:
            del self._answers[next(iter(self._answers))]
        return Take(frame, rest=wait)

    def answered(self, ref: str | None, data: bytes) -> None:
        """Remembers the answer to a reference, so that its repetition gets the same and does nothing."""
        if ref is not None and ref in self._answers:
            self._answers[ref] = data

    def reopen(self, ref: str | None) -> None:
        """Forgets a reference whose frame was not carried out, so that its repetition is carried out."""
        if ref is not None:
            self._answers.pop(ref, None)

    def tick(self, at: float) -> Ask | Shut | None:
        """What time asks for: a ping, an end, or nothing."""
        if not self.greeted:
            return Shut(Close.SILENT) if at - self._opened_at >= FIRST_FRAME_WITHIN else None
        if at - self.heard_at >= SILENT_AFTER:
            return Shut(Close.SILENT)
        if at - self._asked_at >= (PING_EVERY_IN_CONVERSATION if self.talking else PING_EVERY):
            self._asked_at = at
            return Ask()
        return None


def refusal(
    code: Refusal,
    *,
    detail: str | None = None,
    re: str | None = None,
    ref: str | None = None,
    n: int | None = None,
    conversation: str | None = None,
    retry_after: float | None = None,
) -> bytes:
    """A refusal as it is sent."""
    return protocol.write(
        Refused(
            code=code.value,
            detail=detail or DETAILS[code],
            re=re,
            ref=ref,
            n=n,
            conversation=conversation,
            retry_after=retry_after,
        )
    )


def refused(
    frame: Frame, code: Refusal, *, detail: str | None = None, retry_after: float | None = None
) -> bytes:
    """The refusal of this very frame: its type, reference, count and conversation are named."""
    return refusal(
        code,
        detail=detail,
        re=protocol.frame_type(type(frame)),
        ref=getattr(frame, "ref", None),
        n=getattr(frame, "n", None),
        conversation=getattr(frame, "conversation", None),
        retry_after=None if retry_after is None else round(retry_after, 2),
    )
