"""Lexicons: what to look for in one language, read from TOML files that a counsellor can read and change.

A language is the file `<language>.toml` and any `<language>.<part>.toml` beside it, read as one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

from moderation.severity import SEVERITIES, Effect, Severity

Category = Literal["suicide", "self_harm", "abuse", "threat", "eating", "substances", "psychosis"]
Rule = Literal[
    "negated", "other", "you", "past", "fiction", "joking", "quoted", "conditional", "helping", "few"
]
Whose = Literal["any", "self", "implied"]
CATEGORIES: tuple[Category, ...] = get_args(Category)
RULES: tuple[Rule, ...] = get_args(Rule)
"""The scope rules that a category or a term may set an effect for."""
MARKS = (
    "negation", "not_negation", "raising", "self", "other", "you", "past", "recent", "now", "means",
    "fiction",    "joking", "serious", "conditional", "breaker", "idiom", "yes", "filler", "helping",
    "denial", "reporting", "no",
)  # fmt: skip
"""The kinds of scope words that a lexicon may list."""
ASPECTS = (
    "hopelessness", "burden", "alone", "worthless", "pain", "rest", "farewell", "means", "plan", "loss",
    "secrecy", "fear", "control", "force", "touch", "body", "food", "purging", "craving", "dose", "voices",
    "watched", "unreal",
)  # fmt: skip
"""What a sign may be a sign of: signs of different aspects in one message add up."""
HEAVIEST = 2
"""The most that one sign weighs. What says more than that is a finding alone, and no sign."""
TERM_KEYS = {
    "id", "category", "severity", "why", "say", "whose", "weak", "sign", "weight", "needs", "unless", "rises",
    *RULES,
}  # fmt: skip
TABLES = {"classes", "inflections", "scope", "spared", "ordinary", "category", "term", "turned"}
SENTENCES = ".sentences.toml"


class LexiconError(ValueError):
    """A lexicon file that cannot be used; the message names the file, the term and what to change."""


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to look for: the ways to say it, how urgent it is, and what changes that."""

    id: str
    category: Category
    severity: Severity
    why: str
    say: tuple[str, ...]
    whose: Whose = "any"
    """`self`: only where the first person is its subject; `implied`: also where a clause has no subject."""
    weak: bool = False
    """Says nothing alone: counts only beside other weak terms in the same message, or as a sign."""
    sign: str = ""
    """The aspect that it is a sign of: beside signs of other aspects it adds up to a concern."""
    weight: int = 1
    """How much it weighs as a sign, from 1 to HEAVIEST."""
    needs: tuple[str, ...] = ()
    """Kinds of marks of which at least one must stand in the same sentence."""
    unless: tuple[str, ...] = ()
    """Phrases that make it mean something else when they stand in the same sentence."""
    rises: tuple[str, ...] = ()
    """Kinds of marks that make a concern of this term a crisis when they stand in the same sentence."""
    effects: Mapping[Rule, Effect] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's terms, the words its scope rules go by, and the questions to ask."""

    name: str
    terms: tuple[Term, ...]
    classes: Mapping[str, tuple[str, ...]]
    inflections: Mapping[str, tuple[str, ...]]
    marks: Mapping[str, tuple[str, ...]]
    spared: frozenset[str]
    prompts: Mapping[str, tuple[str, ...]]
    effects: Mapping[str, Mapping[Rule, Effect]]
    turned: Mapping[str, str]
    """Words of a question about the reader, as the answer would say them of the author."""
    ordinary: tuple[str, ...] = ()
    """Words that ordinary messages are full of, the commonest first: they only make the search quicker."""


def load(folder: Path) -> tuple[Lexicon, ...]:
    """Every lexicon of a folder, by language. Raises LexiconError for the first mistake found."""
    languages: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.toml")):
        if not path.name.endswith(SENTENCES):
            languages.setdefault(path.name.split(".")[0], []).append(path)
    if not languages:
        raise LexiconError(f"there is no lexicon in {folder.name}")
    return tuple(
        parse(name, {path.name: path.read_text("utf-8") for path in paths})
        for name, paths in languages.items()
    )


def parse(name: str, files: Mapping[str, str]) -> Lexicon:
    """One lexicon from the text of its files, by file name."""
    terms: dict[str, Term] = {}
    classes: dict[str, tuple[str, ...]] = {}
    inflections: dict[str, tuple[str, ...]] = {}
    marks: dict[str, tuple[str, ...]] = {}
    spared: set[str] = set()
    prompts: dict[str, tuple[str, ...]] = {}
    effects: dict[str, Mapping[Rule, Effect]] = {}
    turned: dict[str, str] = {}
    ordinary: list[str] = []
    for file, text in files.items():
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise LexiconError(f"{file}: {error}") from error
        _only(file, table, TABLES)
        for group, phrases in _lists(file, table.get("classes", {})).items():
            if group in classes:
                raise LexiconError(f"{file}: there are two classes {{{group}}}")
            classes[group] = phrases
        inflections |= _lists(file, table.get("inflections", {}))
        for kind, phrases in _lists(file, table.get("scope", {})).items():
            if kind not in MARKS:
                raise LexiconError(f"{file}: scope has no kind {kind!r}; there are {', '.join(MARKS)}")
            marks[kind] = marks.get(kind, ()) + phrases
        turned |= {str(key): str(value) for key, value in table.get("turned", {}).items()}
        spared |= set(str(table.get("spared", "")).split())
        ordinary += str(table.get("ordinary", "")).split()
        for category, told in table.get("category", {}).items():
            _only(f"{file}: category {category}", told, {"prompts", "source", *RULES})
            prompts[_category(file, category)] = tuple(told.get("prompts", ()))
            effects[category] = _effects(f"{file}: category {category}", told)
        for entry in table.get("term", ()):
            term = _term(file, entry)
            if term.id in terms:
                raise LexiconError(f"{file}: there are two terms {term.id!r}")
            terms[term.id] = term
    return Lexicon(
        name,
        tuple(terms.values()),
        classes,
        inflections,
        marks,
        frozenset(spared),
        prompts,
        effects,
        turned,
        tuple(ordinary),
    )


def _term(file: str, entry: Mapping[str, Any]) -> Term:
    where = f"{file}: term {entry.get('id', '?')}"
    _only(where, entry, TERM_KEYS)
    missing = {"id", "category", "severity", "why", "say"} - set(entry)
    if missing:
        raise LexiconError(f"{where} lacks {', '.join(sorted(missing))}")
    if entry["severity"] not in SEVERITIES:
        raise LexiconError(f"{where}: a severity is one of {', '.join(SEVERITIES)}")
    lists = _lists(where, {key: entry.get(key, []) for key in ("say", "needs", "unless", "rises")})
    if entry.get("whose", "any") not in get_args(Whose) or not isinstance(entry.get("weak", False), bool):
        raise LexiconError(f"{where}: whose is any, self or implied, weak is true or false")
    sign, weight = entry.get("sign", ""), entry.get("weight", 1)
    if sign not in {"", *ASPECTS}:
        raise LexiconError(f"{where}: {sign!r} is no aspect of a sign; there are {', '.join(ASPECTS)}")
    if type(weight) is not int or not 1 <= weight <= HEAVIEST or ("weight" in entry and not sign):
        raise LexiconError(f"{where}: weight is what a sign weighs, a number from 1 to {HEAVIEST}")
    if sign and entry["severity"] == "crisis":
        raise LexiconError(f"{where}: what says crisis alone is no sign")
    strange = {*lists["needs"], *lists["rises"]} - set(MARKS)
    if strange or not lists["say"]:
        raise LexiconError(
            f"{where}: {'unknown kinds ' + ', '.join(strange) if strange else 'nothing to say'}"
        )
    return Term(
        id=str(entry["id"]),
        category=_category(where, entry["category"]),
        severity=cast("Severity", entry["severity"]),
        why=str(entry["why"]),
        whose=entry.get("whose", "any"),
        weak=bool(entry.get("weak", False)),
        sign=sign,
        weight=weight,
        effects=_effects(where, entry),
        **lists,
    )


def _effects(where: str, told: Mapping[str, Any]) -> Mapping[Rule, Effect]:
    effects: dict[Rule, Effect] = {}
    for rule in RULES:
        if rule in told:
            if told[rule] not in get_args(Effect):
                raise LexiconError(f"{where}: {rule} is one of {', '.join(get_args(Effect))}")
            effects[rule] = cast("Effect", told[rule])
    return effects


def _category(where: str, name: object) -> Category:
    if name not in CATEGORIES:
        raise LexiconError(f"{where}: {name!r} is no category; there are {', '.join(CATEGORIES)}")
    return name


def _lists(where: str, table: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    for key, value in table.items():
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise LexiconError(f"{where}: {key} is a list of texts")
    return {key: tuple(value) for key, value in table.items()}


def _only(where: str, table: Mapping[str, object], known: set[str]) -> None:
    if strange := set(table) - known:
        raise LexiconError(f"{where} has {', '.join(sorted(strange))}, which nothing reads")
