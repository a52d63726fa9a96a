"""How a campus changes its terms: proposed, checked, agreed to, tried in shadow, put in force, undone."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from chat.terms import CampusTerms, change_of
from moderation import sentences
from moderation.campus import Change, addition, applied, require, weakens_a_crisis
from moderation.checking import Turned, reaches, turned, words_about_identity
from moderation.lexicon import LexiconError
from moderation.screening import SHIPPED, Screen
from moderation.sentences import Sentence
from moderation.severity import Severity
from storage.errors import Conflict
from storage.terms import CampusTerm, State, Terms

MOST: Final = 200
"""How many changes of a campus may be in force or waiting at once."""
PERIOD: Final = dt.timedelta(days=90)
"""How far back counts are shown."""
LONGEST_TEXT: Final = 255
LONGEST_WHY: Final = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A change as somebody proposes it. `fields` are those of a lexicon file, of an addition."""

    kind: Literal["add", "mute", "lower"]
    lexicon: str
    name: str
    state: Literal["draft", "shadow", "live"]
    severity: Severity | None
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answered:
    """A change as it stands now, and the sentences that get another verdict by it."""

    standing: CampusTerm
    turned: Sequence[Turned] = ()


class NotPossible(Exception):
    """A change that cannot be made; `code` and the message are for people who proposed it."""

    def __init__(self, code: Literal["bad_term", "not_now", "not_allowed", "unknown"], why: str) -> None:
        super().__init__(why)
        self.code = code


_ACTIONS: Final = {"shadow": "shadow", "live": "live", "undone": "undo"}
"""What a move is called in the record."""


class Proposals:
    """One method for each thing that a coordinator does. `wake` tells the other processes."""

    def __init__(
        self,
        *,
        store: Terms,
        terms: CampusTerms,
        campus: str,
        wake: Callable[[], None],
        record: Callable[[str, str, str, str], Awaitable[object]],
    ) -> None:
        """`record` writes down what is about to be done, and raises where it cannot."""
        self._store = store
        self._terms = terms
        self._campus = campus
        self._wake = wake
        self._record = record
        self._told: tuple[Sentence, ...] = ()
        self._known: dict[Sentence, Severity | None] = {}
        self._checking = asyncio.Lock()

    async def all(self) -> tuple[Sequence[CampusTerm], Mapping[str, Mapping[str, int]]]:
        """Every change as it stands, and what each term, shipped ones too, was counted for lately."""
        await self._terms.flush()
        changes = await self._store.current(self._campus)
        return changes, await self._store.counts(self._campus, self._terms.today() - PERIOD)

    async def propose(self, asked: Asked, person: str) -> Answered:
        """Checks a change and stores it as asked for, or as a draft that waits for a second person.

        Raises `NotPossible`, and then nothing was changed.
        """
        change = self._read(asked)
        found, second = await self._checked(change)
        before = await self._store.get(self._campus, change.lexicon, change.term)
        in_force = before is not None and before.state in {"shadow", "live"}
        if before is not None and before.state != "undone" and change.kind != "add":
            raise NotPossible("not_now", "There is a change of this term already. Undo it first.")
        if change.kind != "add" and asked.state == "shadow":
            raise NotPossible("bad_term", "Only a new term can be tried in shadow.")
        if in_force and asked.state == "draft":
            raise NotPossible("not_now", "This term is in force. Undo it before it becomes a draft again.")
        if before is None and await self._full():
            raise NotPossible("not_now", f"There are {MOST} changes already. Undo some first.")
        standing = CampusTerm(
            campus=self._campus,
            lexicon=change.lexicon,
            term=change.term,
            version=before.version + 1 if before else 1,
            change=change.kind,
            state="draft" if second else asked.state,
            severity=asked.severity,
            second=second,
            proposed_by=person,
            changed_on=self._terms.today(),
            **_columns(asked),
        )
        return Answered(await self._keep(standing, person, "propose"), found)

    async def agree(self, lexicon: str, term: str, version: int, person: str) -> Answered:
        """The second person agrees, and the change takes effect."""
        before = await self._at(lexicon, term, version)
        if not before.second or before.state != "draft":
            raise NotPossible("not_now", "Nobody has to agree to this.")
        if before.proposed_by == person:
            raise NotPossible("not_allowed", "Another coordinator has to agree to this.")
        return Answered(await self._keep(self._next(before, "live", agreed_by=person), person, "agree"))

    async def move(
        self, lexicon: str, term: str, version: int, state: Literal["shadow", "live", "undone"], person: str
    ) -> Answered:
        """Tries a term in shadow, puts it in force, or undoes it."""
        before = await self._at(lexicon, term, version)
        if before.state in {state, "undone"}:
            raise NotPossible("not_now", "It is so already, or was undone.")
        if state != "undone":
            if before.change != "add" and state == "shadow":
                raise NotPossible("bad_term", "Only a new term can be tried in shadow.")
            if before.second and before.agreed_by is None:
                raise NotPossible("not_allowed", "Another coordinator has to agree to this first.")
            await self._checked(_changed(before))
        return Answered(await self._keep(self._next(before, state), person, _ACTIONS[state]))

    # --- checking -----------------------------------------------------------------------------------------

    def _read(self, asked: Asked) -> Change:
        try:
            if asked.kind == "add":
                change = addition(asked.lexicon, asked.name, {**asked.fields, "severity": asked.severity})
            else:
                change = Change(asked.lexicon, asked.name, asked.kind, severity=asked.severity)
            require(self._terms.shipped.lexicons, change)
        except LexiconError as error:
            raise NotPossible("bad_term", _sentence(str(error))) from None
        return change

    async def _checked(self, change: Change) -> tuple[Sequence[Turned], bool]:
        """The sentences that turn, and whether a second person must agree. Raises `NotPossible`."""
        async with self._checking:
            standing = await self._store.current(self._campus)
            others = [
                _changed(one)
                for one in standing
                if one.state == "live" and (one.lexicon, one.term) != (change.lexicon, change.term)
            ]
            try:
                found = await asyncio.to_thread(self._check, change, others)
            except LexiconError as error:
                raise NotPossible("bad_term", _sentence(str(error))) from None
        second = change.kind != "add" and (
            weakens_a_crisis(self._terms.shipped.lexicons, change) or any(one.loses_a_crisis for one in found)
        )
        return found, second

    def _check(self, change: Change, others: Sequence[Change]) -> Sequence[Turned]:
        """Runs on a thread: building screens and asking every sentence takes about a second."""
        lexicons = self._terms.shipped.lexicons
        if words := words_about_identity(lexicons, change):
            raise LexiconError(f"words about who somebody is are never terms: {', '.join(words)}")
        if not reaches(lexicons, change):
            raise LexiconError(
                "no message could ever raise this: look at the patterns and at what excuses them"
            )
        if not self._told:
            self._told = sentences.load(SHIPPED)
            self._known = {one: one.verdict(self._terms.shipped) for one in self._told}
        alone = turned(self._terms.shipped, Screen(applied(lexicons, [change])), self._told, self._known)
        if change.kind == "add" and (broken := [one for one in alone if one.breaks]):
            first = broken[0]
            raise LexiconError(
                f"it breaks {len(broken)} of our sentences; the first is {first.sentence.text!r}, which must "
                f"be {first.sentence.wanted} and would be {first.after or 'none'}"
            )
        if others:
            Screen(applied(lexicons, [*others, change]))
        return alone

    # --- keeping ------------------------------------------------------------------------------------------

    async def _at(self, lexicon: str, term: str, version: int) -> CampusTerm:
        found = await self._store.get(self._campus, lexicon, term)
        if found is None:
            raise NotPossible("unknown", "There is no such change.")
        if found.version != version:
            raise NotPossible("not_now", "Somebody changed this meanwhile. Please look at it again.")
        return found

    def _next(self, before: CampusTerm, state: State, **more: Any) -> CampusTerm:
        return replace(
            before, version=before.version + 1, state=state, changed_on=self._terms.today(), **more
        )

    async def _keep(self, standing: CampusTerm, person: str, action: str) -> CampusTerm:
        """Stores a version and has every process take it up, this one before it is answered.

        It is on record before it is so: what the screen looks for is not changed while nobody can write down
        who did it.
        """
        await self._record(person, action, "term", standing.key)
        try:
            await self._store.add(standing)
        except Conflict:
            raise NotPossible(
                "not_now", "Somebody changed this meanwhile. Please look at it again."
            ) from None
        self._wake()
        await self._terms.refresh()
        return standing

    async def _full(self) -> bool:
        standing = await self._store.current(self._campus)
        return sum(one.state != "undone" for one in standing) >= MOST


def _columns(asked: Asked) -> dict[str, str | None]:
    """The fields of an addition as they are stored. Raises `NotPossible` for what is too long to keep."""
    if asked.kind != "add":
        return {}
    fields = asked.fields
    columns: dict[str, str | None] = {
        "category": fields.get("category"),
        "why": fields.get("why"),
        "say": "\n".join(fields.get("say", ())),
        "unless": "\n".join(fields.get("unless", ())) or None,
        "needs": ",".join(fields.get("needs", ())) or None,
        "rises": ",".join(fields.get("rises", ())) or None,
        "whose": fields.get("whose"),
    }
    for name, longest in (("say", LONGEST_TEXT), ("unless", LONGEST_TEXT), ("why", LONGEST_WHY)):
        if len(columns[name] or "") > longest:
            raise NotPossible("bad_term", f"{name} is longer than {longest} characters.")
    return columns


def _changed(one: CampusTerm) -> Change:
    try:
        return change_of(one)
    except LexiconError as error:
        raise NotPossible("bad_term", _sentence(str(error))) from None


def _sentence(message: str) -> str:
    """What a lexicon says of a mistake, as a sentence without the name of a file that is none."""
    plain = message.removeprefix("campus: ")
    return f"{plain[0].upper()}{plain[1:]}{'' if plain.endswith('.') else '.'}"
