"""Screening in the step that accepts a message, before anything is acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol

from chat.protocol import Severity
from chat.room import Found


class Finding(Protocol):
    """What the screen answers, as far as it is needed here."""

    @property
    def category(self) -> str: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def why(self) -> str: ...
    @property
    def prompts(self) -> tuple[str, ...]: ...
    @property
    def phrase(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class Screen(Protocol):
    def findings(self, text: str, history: Sequence[str] = (), asked: str = "") -> Sequence[Finding]: ...


class Mask(Protocol):
    """Masks abuse in a text; the spans that a crisis was found in stay as they were written."""

    def __call__(self, text: str, exempt: Sequence[tuple[int, int]] = ()) -> str: ...


class RaiseAlert(Protocol):
    """Makes an alert durable; raises when it could not, and pages from memory then."""

    async def __call__(
        self, *, key: str, conversation: str, category: str, severity: Severity, source: str
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of looking at one message."""

    text: str = field(repr=False)
    """The text as the other side will read it."""
    found: tuple[Found, ...] = ()
    severity: Severity | None = None
    failed: bool = False
    """Screening itself failed: the message goes on, and an alert says so."""

    @property
    def is_crisis(self) -> bool:
        return self.severity == "crisis"


class Watch:
    """Looks at messages. Never raises for what a text does to the screen."""

    def __init__(
        self,
        screen: Screen,
        mask: Mask,
        on_failure: Callable[[BaseException], None],
        took: Callable[[float], None],
    ) -> None:
        self._took = took
        self._screen = screen
        self._mask = mask
        self._on_failure = on_failure

    def look(self, text: str, history: Sequence[str], asked: str = "") -> Seen:
        """Screens a seeker's message, and masks abuse in it."""
        began = perf_counter()
        try:
            findings = self._screen.findings(text, history, asked)
        except Exception as error:  # noqa: BLE001 - whatever it is, the message must still arrive
            self._on_failure(error)
            return Seen(text, failed=True)
        finally:
            self._took(perf_counter() - began)
        found = tuple(
            Found(finding.category, finding.severity, finding.why, list(finding.prompts), finding.phrase)
            for finding in findings
        )
        spans = [(finding.start, finding.end) for finding in findings]
        return Seen(self.masked(text, spans), found, findings[0].severity if findings else None)

    def masked(self, text: str, exempt: Sequence[tuple[int, int]] = ()) -> str:
        """The text with abuse masked; as it was written when masking fails."""
        try:
            return self._mask(text, exempt)
        except Exception as error:  # noqa: BLE001 - as above
            self._on_failure(error)
            return text
