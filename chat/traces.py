"""What is traced, where somebody asks for it: how long the stages of a message took, a pairing, and a page.

A trace is names, durations and members of enums. Nothing in it says who, what about, or when: as it is sent,
every trace begins with the minute that it is from.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Final

from chat.stages import Stage
from moderation.channels.channel import Channel, Delivered, Failed, Page, Reason, Target
from moderation.teller import Teller

ONE_IN: Final = 16
"""Of so many messages one is traced, and besides each that raised an alert."""
MOST_OPEN: Final = 1_000
"""Messages on their way that are remembered; one that was never kept is forgotten in the end."""
_SCREENS: Final = 64


@dataclass(frozen=True, slots=True)
class Span:
    """Something that took time, from `began` to `ended` in seconds of one clock, and what it consisted of."""

    name: str
    began: float
    ended: float
    marks: Mapping[str, str] = field(default_factory=dict)
    """Members of enums, by what they are."""
    inner: tuple[Span, ...] = ()


Emit = Callable[[Span], None]


class Traces:
    """Puts together what belongs to one message. `emit` takes what is whole; `clock` only goes forward."""

    def __init__(self, emit: Emit, clock: Callable[[], float] = perf_counter) -> None:
        self._emit = emit
        self._clock = clock
        self._turn = 0
        self._screens: deque[Span] = deque(maxlen=_SCREENS)
        self._alerts: OrderedDict[float, Span] = OrderedDict()
        self._open: OrderedDict[float, list[Span]] = OrderedDict()

    def took(self, stage: Stage, seconds: float, since: float) -> None:
        """A message that came in at `since`, by the clock, spent this long in a stage that ends now.

        The stages come in the order of the path. Which message was screened is not known of a `screen`: it
        is the first that began after a message came in.
        """
        now = self._clock()
        span = Span(stage, now - seconds, now)
        match stage:
            case "screen":
                self._screens.append(span)
            case "alert":
                _remember(self._alerts, since, span)
            case "seal":
                self._turn += 1
                screen = next((one for one in self._screens if one.began >= since), None)
                alert = self._alerts.pop(since, None)
                if self._turn % ONE_IN == 1 or alert is not None:
                    before = [one for one in (screen, alert) if one is not None]
                    _remember(self._open, since, [*before, span])
            case "append":
                if (spans := self._open.get(since)) is not None:
                    spans.append(span)
            case "whole":
                if (spans := self._open.pop(since, None)) is not None:
                    self._emit(Span("message", since, now, {}, tuple(spans)))

    def paired(self, room: float, stream: float) -> None:
        """A pairing was made: seconds in the waiting room, and after that in the stream."""
        now = self._clock()
        began, between = now - stream - room, now - stream
        inner = (Span("room", began, between), Span("stream", between, now))
        self._emit(Span("pairing", began, now, {}, inner))

    def channels(self, channels: Mapping[str, Channel]) -> dict[str, Channel]:
        """The same alert channels, traced."""
        return {name: _Traced(name, channel, self._paged) for name, channel in channels.items()}

    def teller(self) -> type[Teller]:
        """What tells a rung, traced."""
        emit, clock = self._emit, self._clock

        class Telling(Teller):
            async def tell(self, *, practice: bool, **asked: Any) -> bool:
                pages, began, reached = list[Span](), clock(), False
                token = _PAGES.set(pages)
                try:
                    reached = await super().tell(practice=practice, **asked)
                finally:
                    _PAGES.reset(token)
                    marks = {"practice": _yes(practice), "reached": _yes(reached)}
                    emit(Span("rung", began, clock(), marks, tuple(pages)))
                return reached

        return Telling

    def _paged(self, channel: str, outcome: str, seconds: float) -> None:
        now = self._clock()
        span = Span("page", now - seconds, now, {"channel": channel, "outcome": outcome})
        pages = _PAGES.get()
        if pages is None:
            self._emit(span)
        else:
            pages.append(span)


_PAGES: Final[ContextVar[list[Span] | None]] = ContextVar("pages", default=None)
"""Those of the rung that is being told."""


class _Traced:
    """An alert channel that takes notice of how long each attempt took and what became of it."""

    def __init__(self, name: str, channel: Channel, paged: Callable[[str, str, float], None]) -> None:
        self._name = name
        self._channel = channel
        self._paged = paged

    async def send(self, page: Page, target: Target) -> Delivered | Failed:
        began, became = perf_counter(), Reason.TIMED_OUT.value  # whoever waits no longer cancels this
        try:
            outcome = await self._channel.send(page, target)
            became = "delivered" if isinstance(outcome, Delivered) else outcome.reason.value
        except Exception:
            became = Reason.CRASHED.value
            raise
        finally:
            self._paged(self._name, became, perf_counter() - began)
        return outcome


def _yes(fact: bool) -> str:  # noqa: FBT001 - a fact is the argument
    return "yes" if fact else "no"


def _remember(known: OrderedDict[float, Any], since: float, what: Any) -> None:
    known[since] = what
    while len(known) > MOST_OPEN:
        known.popitem(last=False)
