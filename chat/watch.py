"""Screening in the step that accepts a message, before anything is acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Protocol

from msgspec import Struct

from chat.protocol import Severity
from chat.room import Found
from chat.words import Words


class Finding(Protocol):
    """What the screen answers, as far as it is needed here."""

    @property
    def lexicon(self) -> str: ...
    @property
    def term(self) -> str: ...
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


class Seen(Struct, frozen=True):
    """What came of looking at one message."""

    words: Words
    """The words as the other side will read them."""
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

    def look(self, words: Words, history: Sequence[Words], asked: Words) -> Seen:
        """Screens a seeker's message, and masks abuse in it."""
        began = perf_counter()
        try:
            findings = self._screen.findings(
                words.reveal(), [said.reveal() for said in history], asked.reveal()
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the message must still arrive
            self._on_failure(error)
            return Seen(words, failed=True)
        finally:
            self._took(perf_counter() - began)
        if not findings:
            return Seen(self.masked(words))
        # One card for each danger: the most severe comes first, and what is milder must not stand before it.
        worst: dict[str, Finding] = {}
        for finding in findings:
            worst.setdefault(finding.category, finding)
        found = tuple(
            Found(
                finding.category,
                finding.severity,
                finding.why,
                list(finding.prompts),
                finding.phrase,
                f"{finding.lexicon}:{finding.term}",
            )
            for finding in worst.values()
        )
        spans = [(finding.start, finding.end) for finding in findings]
        return Seen(self.masked(words, spans), found, findings[0].severity)

    def masked(self, words: Words, exempt: Sequence[tuple[int, int]] = ()) -> Words:
        """The words with abuse masked; as they were written when masking fails."""
        try:
            return Words(self._mask(words.reveal(), exempt))
        except Exception as error:  # noqa: BLE001 - as above
            self._on_failure(error)
            return words
