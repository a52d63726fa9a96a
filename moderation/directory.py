"""Who there is to tell on a campus, and whom a rung means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from moderation.channels.channel import Target
from moderation.ladder import Rung, Who
from moderation.roster import OnCall

ON_CALL = "on_call"
"""The role of those whom `everyone` means."""


@dataclass(frozen=True, slots=True)
class Person:
    """One member of staff: an id, roles, and the addresses at which pages reach them."""

    id: str
    roles: frozenset[str]
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """A campus at one time. `campus` and `fallback` are targets that belong to no person."""

    people: tuple[Person, ...] = ()
    on_call: OnCall = field(default_factory=OnCall)
    campus: tuple[Target, ...] = ()
    fallback: tuple[Target, ...] = ()

    def find(self, rung: Rung) -> tuple[Target, ...]:
        """The targets that a rung tells, each once.

        Where the roster has nobody, or somebody who is gone, all on-call staff are meant: a gap in a plan
        must not silence an alert.
        """
        found = (target for who in rung.tell for target in self._targets(who))
        wanted = (target for target in found if not rung.channels or target.channel in rung.channels)
        return tuple(dict.fromkeys(wanted))

    def _targets(self, who: Who) -> Iterable[Target]:
        match who.kind:
            case "campus":
                return self.campus
            case "fallback":
                return self.fallback
            case "role":
                return self._of(person for person in self.people if who.name in person.roles)
            case "everyone":
                return self._everyone()
            case "person":
                return self._one(who.name)
            case "first":
                return self._one(self.on_call.first)
            case "second":
                return self._one(self.on_call.second)

    def _one(self, person: str | None) -> Iterable[Target]:
        one = [candidate for candidate in self.people if candidate.id == person]
        return self._of(one) if one else self._everyone()

    def _everyone(self) -> Iterable[Target]:
        return self._of(person for person in self.people if ON_CALL in person.roles)

    def _of(self, people: Iterable[Person]) -> Iterable[Target]:
        return [target for person in people for target in person.targets]


class Directories(Protocol):
    """Where the people of a campus are looked up."""

    async def of(self, campus: str, at: float) -> Directory:
        """The campus as it stands at `at`. May fail while the database is away: the last answer is kept."""
        ...

    def bare(self, campus: str) -> Directory:
        """What is known of the campus without asking anybody, for a process that has no answer yet."""
        ...
