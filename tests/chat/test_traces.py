"""A trace holds the stages of one message, however many are on their way, and is a name and numbers only."""

from __future__ import annotations

import asyncio
import builtins
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.collector import Collector
from chat.settings import BadSetting
from chat.traces import MOST_OPEN, ONE_IN, Span, Traces
from moderation.channels.channel import Channel, Delivered, Failed, Page, Reason, Target

SECRET = "heron-4417"


@dataclass
class Clock:
    at: float = 100.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Path:
    """Messages on their way through a process, as the code takes them."""

    clock: Clock = field(default_factory=Clock)
    whole: list[Span] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.traces = Traces(self.whole.append, self.clock)

    def stage(self, name: Any, seconds: float, since: float) -> None:
        self.clock.at += seconds
        self.traces.took(name, seconds, since)

    def comes(self) -> float:
        """A message comes in; answers when."""
        self.clock.at += 0.001
        return self.clock.at

    def kept(self, since: float, asked: float) -> None:
        self.traces.took("append", self.clock.at - asked, since)
        self.traces.took("whole", self.clock.at - since, since)


def of(span: Span) -> dict[str, float]:
    return {inner.name: round(inner.ended - inner.began, 6) for inner in span.inner}


@given(st.lists(st.sampled_from(["seeker", "team", "crisis", "refused"]), max_size=60), st.randoms())
def test_every_stage_is_of_the_message_whose_trace_it_is_in(kinds: list[str], chance: Any) -> None:
    """Each message's stages take as long as no other's, so that a strange one shows."""
    path, waiting, owed = Path(), list[tuple[float, float]](), dict[float, dict[str, float]]()
    alarmed: list[tuple[float, int]] = []

    def seal(since: float, number: int) -> None:
        owed[since]["seal"] = round(number * 1e-4 + 2e-5, 6)
        path.stage("seal", number * 1e-4 + 2e-5, since)
        waiting.append((since, path.clock.at))

    def later() -> None:
        if alarmed and chance.random() < 0.5:
            since, number = alarmed.pop(0)
            owed[since]["alert"] = round(path.clock.at + number * 1e-4 - (since + owed[since]["screen"]), 6)
            path.clock.at += number * 1e-4
            path.traces.took("alert", path.clock.at - (since + owed[since]["screen"]), since)
            seal(since, number)
        if waiting and chance.random() < 0.5:
            path.kept(*waiting.pop(0))

    for number, kind in enumerate(kinds, start=1):
        since = path.comes()
        owed[since] = {}
        if kind != "team":
            owed[since]["screen"] = round(number * 1e-4 + 1e-5, 6)
            path.stage("screen", number * 1e-4 + 1e-5, 0.0)
        if kind == "crisis":
            alarmed.append((since, number))
        elif kind != "refused":
            seal(since, number)
        later()
    for span in path.whole:
        told = of(span)
        assert told.pop("append") >= 0
        assert told == owed[span.began]
        assert (span.name, span.marks) == ("message", {})


def test_one_message_in_several_is_traced() -> None:
    path = Path()
    for _ in range(2 * ONE_IN):
        since = path.comes()
        path.stage("seal", 0.001, since)
        path.kept(since, path.clock.at)
    assert len(path.whole) == 2


def test_what_is_never_kept_is_forgotten_in_the_end() -> None:
    path = Path()
    for _ in range((MOST_OPEN + 5) * ONE_IN):
        path.stage("seal", 0.001, path.comes())
    assert len(path.traces._open) == MOST_OPEN


class Mail:
    """An alert channel that does what it is told to."""

    def __init__(self, does: Callable[[], Delivered | Failed]) -> None:
        self._does = does

    async def send(self, page: Page, target: Target) -> Delivered | Failed:
        del page, target
        return self._does()


def breaks() -> Delivered | Failed:
    raise RuntimeError(SECRET)


@pytest.mark.parametrize(
    ("does", "outcome"),
    [
        (Delivered, "delivered"),
        (lambda: Failed(retry=True, reason=Reason.REJECTED), "rejected"),
        (breaks, "crashed"),
    ],
)
async def test_a_page_is_a_channel_an_outcome_and_a_time(
    does: Callable[[], Delivered | Failed], outcome: str
) -> None:
    whole: list[Span] = []
    channels: dict[str, Channel] = Traces(whole.append).channels({"email": Mail(does)})
    sending = channels["email"].send(Page("key", "https://x.example"), Target(SECRET, "email", SECRET))
    (answer,) = await asyncio.gather(sending, return_exceptions=True)
    assert isinstance(answer, RuntimeError) == (outcome == "crashed")
    (page,) = whole
    assert (page.name, page.marks) == ("page", {"channel": "email", "outcome": outcome})
    assert SECRET not in repr(page)


def test_a_pairing_has_its_two_places() -> None:
    whole: list[Span] = []
    Traces(whole.append, Clock(10.0)).paired(0.5, 0.25)
    assert whole == [Span("pairing", 9.25, 10.0, {}, (Span("room", 9.25, 9.75), Span("stream", 9.75, 10.0)))]


def test_without_the_extra_the_setting_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name.startswith("opentelemetry"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(BadSetting, match=r"traces_url: needs an extra: pip install 'warmline\[traces\]'"):
        Collector("http://127.0.0.1:4318/v1/traces")


def test_where_nobody_asks_for_traces_nothing_of_the_library_that_sends_them_is_loaded() -> None:
    program = (
        "import sys, chat.app; sys.exit(any(n.startswith('opentelemetry.exporter') for n in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
