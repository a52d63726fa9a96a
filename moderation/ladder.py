"""The ladder of a campus: whom an alert tells, by which alert channels, and how long each rung waits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from moderation.sheet import BadSheet, Entry, read

Kind = Literal["person", "role", "first", "second", "everyone", "campus", "fallback"]

_ALONE: tuple[Kind, ...] = ("first", "second", "everyone", "campus", "fallback")
_NAMED: tuple[Kind, ...] = ("person", "role")
_SHORTEST, _LONGEST = 5.0, 3600.0
_MOST_RUNGS = 50
_CONCERNS: Mapping[str, bool] = {"at once": False, "opening hours": True}


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a rung tells.

    `first` and `second` are the places of the roster, `everyone` all on-call staff, `campus` the targets
    that belong to no person (a campus' own webhook), `fallback` the contact outside the team. Only `person`
    (an id) and `role` carry a `name`.
    """

    kind: Kind
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind


@dataclass(frozen=True, slots=True)
class Rung:
    """One step. `channels` is empty where every channel of those told is used; `wait` is in seconds."""

    tell: tuple[Who, ...]
    channels: tuple[str, ...]
    wait: float


@dataclass(frozen=True, slots=True)
class Ladder:
    """At least one rung. An alert climbs it round after round until a person acknowledges."""

    rungs: tuple[Rung, ...]
    concerns_wait: bool | None = None
    """Whether alerts below crisis wait for opening hours; None where the ladder leaves it to the setting."""

    def rung(self, index: int) -> Rung:
        """The rung that an alert's count `index` stands for, in whichever round."""
        return self.rungs[index % len(self.rungs)]

    def first_round(self, index: int) -> bool:
        return index < len(self.rungs)

    def renamed(self, people: Mapping[str, str]) -> Ladder:
        """The ladder with the ids of people who are called otherwise in its text; others stay as written."""

        def named(who: Who) -> Who:
            if who.kind != "person":
                return who
            return replace(who, name=people.get(who.name) or people.get(who.name.casefold()) or who.name)

        return replace(
            self, rungs=tuple(replace(rung, tell=tuple(map(named, rung.tell))) for rung in self.rungs)
        )

    @property
    def longest_wait(self) -> float:
        return max(rung.wait for rung in self.rungs)


DEFAULT = """\
# The consoles of all on shift show every live alert at once; rungs order what is sent beyond them.

[[rung]]                              # at once: the campus' own line and the first on call
tell = ["campus", "first"]
by = ["webhook", "push", "email", "apprise"]
wait = 30

[[rung]]                              # after 30 s: the same person by text or call
tell = ["first"]
by = ["sms", "voice", "email"]
wait = 30

[[rung]]                              # after 60 s: the second on call, by whatever reaches them
tell = ["second"]
by = ["any"]
wait = 60

[[rung]]                              # after 120 s: all on-call staff
tell = ["everyone"]
by = ["any"]
wait = 60

[[rung]]                              # after 180 s: the contact outside the team; then round again
tell = ["fallback", "campus"]
by = ["any"]
wait = 60
"""
"""The ladder of a campus that has not written its own."""


def parse(
    text: str,
    *,
    channels: Collection[str] | None = None,
    people: Mapping[str, str] | None = None,
    roles: Collection[str] | None = None,
) -> Ladder:
    """Reads a ladder. Raises `BadSheet`, which names the line, the rung and the reason.

    Where `channels` (names of alert channels), `roles` or `people` are given, others are refused; `people`
    leads from what a person may be called in the text (an id, an address) to the id.
    """
    sheet = read(text, ("rung",))
    sheet.head.only("concerns", "rung")
    if not sheet.entries:
        raise BadSheet(1, "a ladder needs at least one [[rung]]")
    if len(sheet.entries) > _MOST_RUNGS:
        raise sheet.entries[_MOST_RUNGS].bad(f"a ladder has at most {_MOST_RUNGS} rungs")
    rungs = tuple(_rung(entry, channels, people, roles) for entry in sheet.entries)
    return Ladder(rungs, _concerns(sheet.head))


def _concerns(head: Entry) -> bool | None:
    if "concerns" not in head.values:
        return None
    written = head.text("concerns")
    if written not in _CONCERNS:
        raise head.bad(f"'concerns' must be one of {', '.join(_CONCERNS)}", "concerns")
    return _CONCERNS[written]


def _rung(
    entry: Entry,
    channels: Collection[str] | None,
    people: Mapping[str, str] | None,
    roles: Collection[str] | None,
) -> Rung:
    entry.only("tell", "by", "wait")
    tell = tuple(_who(entry, item, people, roles) for item in entry.texts("tell"))
    if len(set(tell)) < len(tell):
        raise entry.bad("'tell' names somebody twice", "tell")
    by = entry.texts("by")
    if "any" in by and len(by) > 1:
        raise entry.bad("'any' stands alone in 'by'", "by")
    if channels is not None:
        for channel in by:
            if channel not in channels and channel != "any":
                known = ", ".join(sorted(channels))
                raise entry.bad(f"no alert channel is called '{channel}'; there are {known} and any", "by")
    return Rung(tell, () if by == ("any",) else by, entry.number("wait", _SHORTEST, _LONGEST))


def _who(entry: Entry, item: str, people: Mapping[str, str] | None, roles: Collection[str] | None) -> Who:
    kind, colon, name = item.partition(":")
    for alone in _ALONE:
        if kind == alone and not colon:
            return Who(alone)
    if kind == "role" and name.strip():
        if roles is not None and name not in roles:
            raise entry.bad(f"no role is called '{name}'; there are {', '.join(sorted(roles))}", "tell")
        return Who("role", name)
    if kind == "person" and name.strip():
        known = name if people is None else people.get(name) or people.get(name.casefold())
        if known is None:
            raise entry.bad(f"nobody here is '{name}'", "tell")
        return Who("person", known)
    expected = ", ".join((*_ALONE, *(f"{named}:..." for named in _NAMED)))
    raise entry.bad(f"'{item}' tells nobody; expected one of {expected}", "tell")
