"""What a page says, whom it is for, and the one method that every alert channel has."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Notice:
    """What is sent about the service itself, where nobody is in need: these words and no more.

    `kind` is for programs, one word of a fixed list.
    """

    kind: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """What is sent. It says that action is needed, and where; nobody learns more from a lock screen.

    `key` is the same each time that one rung of one alert is told, so that a receiver can drop a repetition;
    nothing can be read from it. `where` is the address of the staff surface; `link`, on pages to a person,
    the address at which one tap says "I have it".
    """

    key: str
    where: str
    practice: bool = False
    notice: Notice | None = None
    link: str = field(default="", repr=False)

    @property
    def kind(self) -> str:
        """What it is, for programs."""
        return self.notice.kind if self.notice else "action_needed"

    @property
    def title(self) -> str:
        if self.notice:
            return self.notice.title
        return "Practice: action needed" if self.practice else "Action needed"

    @property
    def text(self) -> str:
        if self.notice:
            return self.notice.text
        return f"{self.title}. Please open {self.link or self.where}"

    @property
    def spoken(self) -> str:
        """The same for an ear, which can do nothing with an address."""
        if self.notice:
            return self.notice.text
        practice = "This is practice. " if self.practice else ""
        return f"{practice}This is Warmline. Action is needed. Please open the Warmline staff page now."


@dataclass(frozen=True, slots=True)
class Target:
    """A person's, or with `person` None a campus', address on one alert channel. The address is a secret."""

    person: str | None
    channel: str
    address: str = field(repr=False)


class Reason(StrEnum):
    """Why a page was not delivered. These words are all that is kept of a failure."""

    UNREACHABLE = "unreachable"
    """No connection: refused, no route, no such host."""
    TIMED_OUT = "timed_out"
    UNTRUSTED = "untrusted"
    """The other side could not prove who it is."""
    REJECTED = "rejected"
    """The other side understood and said no."""
    FAULT = "fault"
    """The other side failed, or answered what nobody can understand."""
    GONE = "gone"
    """The other side says that this address exists no longer; nobody needs to try it again."""
    BAD_TARGET = "bad_target"
    NOT_SENT = "not_sent"
    """The library that sends for us does not say why."""
    NO_CHANNEL = "no_channel"
    OPEN_CIRCUIT = "open_circuit"
    """The address failed so often just now that it is given a rest."""
    CRASHED = "crashed"
    """Our own code failed."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The other side took the page over. Whether a person read it, only an acknowledgement says."""


@dataclass(frozen=True, slots=True)
class Failed:
    """`retry` says whether the same attempt may succeed a moment later; not before `after` seconds, where the
    other side asks for that.
    """

    retry: bool
    reason: Reason
    after: float = 0.0


class Channel(Protocol):
    """One way to reach staff."""

    async def send(self, page: Page, target: Target) -> Delivered | Failed:
        """Sends once. The caller sets the deadline by cancelling; failures are answered, not raised."""
        ...
