"""The screen of this campus: the shipped lexicons with its own changes, the same on every process.

The database is the truth and is looked at every few seconds; a word through Redis makes it sooner. A screen
is built beside the event loop and put in the place of the old one in one step.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, Literal
from zoneinfo import ZoneInfo

from chat.room import Found
from chat.words import Words
from moderation.campus import PREFIX, Change, addition, alone, applied
from moderation.lexicon import Lexicon, LexiconError
from moderation.screening import Finding, Screen
from storage.terms import CampusTerm, Mark, Terms

LOOK_EVERY: Final = 3.0
"""Seconds within which a change is found also when nobody told of it."""
MISSED: Final = "-"
"""Stands for the term where nothing was found and something should have been."""
MOST_COUNTED: Final = 5_000
"""How many different counts wait in memory at most."""


class CampusTerms:
    """Answers as a screen does, and counts by term what was shown, and what shadow terms would have shown."""

    def __init__(
        self,
        *,
        store: Terms,
        campus: str,
        shipped: Screen,
        zone: ZoneInfo,
        clock: Callable[[], float],
        on_failure: Callable[[BaseException], None],
    ) -> None:
        self.shipped: Final = shipped
        self._store = store
        self._campus = campus
        self._zone = zone
        self._clock = clock
        self._on_failure = on_failure
        self._screen = shipped
        self._shadow: Screen | None = None
        self._standing: tuple[CampusTerm, ...] = ()
        self._known = _names(shipped.lexicons)
        self._counts: Counter[tuple[dt.date, str, Mark]] = Counter()
        self._looking = asyncio.Lock()

    @property
    def screen(self) -> Screen:
        """The screen as it is now."""
        return self._screen

    def findings(self, text: str, history: Sequence[str] = (), asked: str = "") -> tuple[Finding, ...]:
        return self._screen.findings(text, history, asked)

    def knows(self, term: str) -> bool:
        """Whether there is a term of this name, or was one since this process began."""
        return term in self._known

    # --- counting -----------------------------------------------------------------------------------------

    def saw(self, words: Words, history: Sequence[Words], asked: Words, shown: Sequence[Found]) -> None:
        """Counts what a message raised, and asks the shadow terms about it. Never raises."""
        for term in {found.term for found in shown}:
            self._count(term, "shown")
        if self._shadow is None:
            return
        try:
            found = self._shadow.findings(words.reveal(), [said.reveal() for said in history], asked.reveal())
        except Exception as error:  # noqa: BLE001 - what is only tried out must not disturb a conversation
            self._on_failure(error)
            return
        for term in {f"{finding.lexicon}:{finding.term}" for finding in found}:
            self._count(term, "shadow")

    def mark(self, verdict: Literal["false_alarm", "missed"], term: str | None) -> None:
        """Counts what a supporter made of a finding, or of silence."""
        self._count(term or MISSED, verdict)

    async def flush(self) -> None:
        """Writes the counts. Raises what the database raises; then they wait on."""
        counts, self._counts = self._counts, Counter()
        try:
            for day in sorted({day for day, _, _ in counts}):
                today = {(term, what): total for (on, term, what), total in counts.items() if on == day}
                await self._store.count(self._campus, day, today)
                for term, what in today:
                    del counts[day, term, what]
        finally:
            self._counts.update(counts)

    def _count(self, term: str, what: Mark) -> None:
        key = (self.today(), term, what)
        if key in self._counts or len(self._counts) < MOST_COUNTED:
            self._counts[key] += 1

    def today(self) -> dt.date:
        return dt.datetime.fromtimestamp(self._clock(), self._zone).date()

    # --- changing -----------------------------------------------------------------------------------------

    async def refresh(self) -> None:
        """Takes up what was changed, here or elsewhere. Raises what the database raises."""
        async with self._looking:
            current = await self._store.current(self._campus)
            standing = tuple(one for one in current if one.state in {"live", "shadow"})
            if standing == self._standing:
                return
            self._screen, self._shadow = await asyncio.to_thread(self._build, standing)
            self._known |= {one.key for one in standing}
            self._standing = standing

    def _build(self, standing: Sequence[CampusTerm]) -> tuple[Screen, Screen | None]:
        lexicons = self.shipped.lexicons
        usable = [(one.state, change) for one in standing if (change := self._usable(one)) is not None]
        live = [change for state, change in usable if state == "live"]
        shadow = [change for state, change in usable if state == "shadow"]
        screen = Screen(applied(lexicons, live)) if live else self.shipped
        return screen, Screen(alone(lexicons, shadow)) if shadow else None

    def _usable(self, one: CampusTerm) -> Change | None:
        """The change; None when it does not fit the lexicons of this release, which must stop no other."""
        try:
            change = change_of(one)
            Screen(alone(self.shipped.lexicons, [change]))
        except LexiconError as error:
            self._on_failure(error)
            return None
        return change


def change_of(one: CampusTerm) -> Change:
    """What a stored version means. Raises LexiconError when it is no term."""
    if one.change != "add":
        return Change(one.lexicon, one.term, one.change, severity=one.severity)
    fields = {
        "category": one.category,
        "severity": one.severity,
        "why": one.why,
        "say": (one.say or "").split("\n"),
        "unless": (one.unless or "").split("\n") if one.unless else [],
        "needs": one.needs.split(",") if one.needs else [],
        "rises": one.rises.split(",") if one.rises else [],
        "whose": one.whose,
    }
    return addition(one.lexicon, one.term.removeprefix(PREFIX), fields)


def _names(lexicons: Sequence[Lexicon]) -> set[str]:
    return {f"{lexicon.name}:{term.id}" for lexicon in lexicons for term in lexicon.terms}
