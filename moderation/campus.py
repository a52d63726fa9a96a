"""What a campus changes in the shipped lexicons: terms of its own, and shipped terms muted or lowered.

A change is vocabulary, never words of a conversation. It takes nothing from the shipped files: `applied`
makes other lexicons, and what is not applied any more is as if it had never been.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from moderation.lexicon import Lexicon, LexiconError, Term, parse
from moderation.severity import SEVERITIES, Severity, rank

Kind = Literal["add", "mute", "lower"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PREFIX = "campus-"
"""Every term of a campus begins with this, so that none can take the place of a shipped one."""
NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a campus wants otherwise."""

    lexicon: str
    term: str
    kind: Kind
    added: Term | None = None
    """The whole term, of an addition."""
    severity: Severity | None = None
    """The most that a lowered term may say."""

    @property
    def key(self) -> str:
        return f"{self.lexicon}:{self.term}"


def addition(lexicon: str, name: str, fields: Mapping[str, Any]) -> Change:
    """A change that adds a term, from fields named as in a lexicon file, without its `id`.

    Raises LexiconError, with words for whoever wrote it, when they do not make a term.
    """
    if len(name) > LONGEST_NAME or not NAME.fullmatch(name):
        raise LexiconError(
            f"a name has small letters, digits and single hyphens, and at most {LONGEST_NAME} of them"
        )
    term = f"{PREFIX}{name}"
    text = _toml({"id": term, **{key: value for key, value in fields.items() if value}})
    return Change(lexicon, term, "add", parse(lexicon, {"campus": f"[[term]]\n{text}"}).terms[0])


def read(file: str, text: str, lexicons: Sequence[Lexicon]) -> tuple[Change, ...]:
    """The changes of a campus' own file: `language`, `[[term]]` tables, `mute` (a list), `lower` (a table).

    Without `language`, the first part of the file's name is it. Raises LexiconError for the first mistake.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LexiconError(f"{file}: {error}") from error
    if strange := set(table) - {"language", "term", "mute", "lower"}:
        raise LexiconError(f"{file} has {', '.join(sorted(strange))}, which nothing reads")
    language = str(table.get("language", file.split(".", maxsplit=1)[0]))
    changes = [
        addition(
            language,
            str(entry.get("id", "")).removeprefix(PREFIX),
            {key: value for key, value in entry.items() if key != "id"},
        )
        for entry in table.get("term", ())
    ]
    changes += [Change(language, str(term), "mute") for term in table.get("mute", ())]
    for term, severity in table.get("lower", {}).items():
        if severity not in SEVERITIES:
            raise LexiconError(f"{file}: a severity is one of {', '.join(SEVERITIES)}")
        changes.append(Change(language, term, "lower", severity=severity))
    for change in changes:
        require(lexicons, change)
    return tuple(changes)


def require(lexicons: Sequence[Lexicon], change: Change) -> None:
    """Raises LexiconError when a change names a language or a term that is not there."""
    names = {lexicon.name for lexicon in lexicons}
    if change.lexicon not in names:
        raise LexiconError(f"there is no lexicon {change.lexicon!r}; there are {', '.join(sorted(names))}")
    term = shipped(lexicons, change)
    if change.kind == "add":
        return
    if term is None:
        raise LexiconError(f"there is no shipped term {change.key!r}")
    if change.kind == "lower" and (change.severity is None or rank(change.severity) >= _most(term)):
        raise LexiconError(f"{change.key} says {term.severity} at most; lower it to less than that")


def applied(lexicons: Sequence[Lexicon], changes: Iterable[Change]) -> tuple[Lexicon, ...]:
    """The lexicons with the changes made. Changes of terms that are not there change nothing."""
    wanted: dict[str, list[Change]] = {}
    for change in changes:
        wanted.setdefault(change.lexicon, []).append(change)
    return tuple(
        _changed(lexicon, wanted[lexicon.name]) if lexicon.name in wanted else lexicon for lexicon in lexicons
    )


def alone(lexicons: Sequence[Lexicon], changes: Iterable[Change]) -> tuple[Lexicon, ...]:
    """Lexicons of nothing but the added terms, with the scope words and questions of their languages."""
    added: dict[str, list[Term]] = {}
    for change in changes:
        if change.added is not None:
            added.setdefault(change.lexicon, []).append(change.added)
    return tuple(
        replace(lexicon, terms=tuple(added[lexicon.name])) for lexicon in lexicons if lexicon.name in added
    )


def shipped(lexicons: Iterable[Lexicon], change: Change) -> Term | None:
    """The shipped term that a change is about."""
    return next(
        (
            term
            for lexicon in lexicons
            if lexicon.name == change.lexicon
            for term in lexicon.terms
            if term.id == change.term
        ),
        None,
    )


def weakens_a_crisis(lexicons: Sequence[Lexicon], change: Change) -> bool:
    """Whether a shipped term that can say crisis would no longer do so."""
    term = shipped(lexicons, change)
    return change.kind != "add" and term is not None and _most(term) == rank("crisis")


def _most(term: Term) -> int:
    return rank("crisis") if term.rises else rank(term.severity)


def _changed(lexicon: Lexicon, changes: Sequence[Change]) -> Lexicon:
    by_term = {change.term: change for change in changes}
    kept: list[Term] = []
    for term in lexicon.terms:
        change = by_term.get(term.id)
        if change is None:
            kept.append(term)
        elif change.kind == "lower" and change.severity is not None:
            severity = min(term.severity, change.severity, key=rank)
            kept.append(replace(term, severity=severity, rises=()))
    kept += [change.added for change in changes if change.added is not None]
    return replace(lexicon, terms=tuple(kept))


def _toml(fields: Mapping[str, Any]) -> str:
    """Fields as TOML. JSON writes texts, lists of texts and truth values as TOML does."""
    lines = []
    for key, value in fields.items():
        if not re.fullmatch(r"[a-z_]+", key):
            raise LexiconError("a field has a name that nothing reads")
        written = json.dumps(value, ensure_ascii=False)
        if "\x7f" in written or not written.isprintable():
            raise LexiconError(f"{key} has a sign that cannot be shown")
        lines.append(f"{key} = {written}")
    return "\n".join(lines)
