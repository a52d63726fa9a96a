from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

import pytest

import moderation

_compiler, _constants, _parser = (
    import_module(f"re.{name}") for name in ("_compiler", "_constants", "_parser")
)
ALPHABET = [chr(code) for code in range(0x250)]
FEW = 32
"""A repeat that takes at most so many characters gives back no more."""
REPEATS = {_constants.MAX_REPEAT, _constants.MIN_REPEAT}
SINGLE = {_constants.LITERAL, _constants.NOT_LITERAL, _constants.IN, _constants.ANY}


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    for module in pkgutil.walk_packages(moderation.__path__, "moderation."):
        for name, value in vars(import_module(module.name)).items():
            if isinstance(value, re.Pattern):
                yield f"{module.name}.{name}", value


def ambiguous(pattern: re.Pattern[Any]) -> list[str]:
    """Repeats of what could as well be taken by what follows: there a matcher would go back."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    flags = pattern.flags & ~re.DEBUG if isinstance(pattern.pattern, str) else pattern.flags & re.IGNORECASE
    return list(_walk(_parser.parse(source, flags), frozenset(), flags, looped=False))


def _walk(row: Iterable[Any], after: frozenset[str], flags: int, *, looped: bool) -> Iterator[str]:
    nodes = list(row)
    for at, (kind, told) in enumerate(nodes):
        rest = _first(nodes[at + 1 :], flags, after)
        if kind in REPEATS:
            least, most, body = told
            own = _first(list(body), flags, frozenset())
            few = len(body) == 1 and body[0][0] in SINGLE and most <= FEW and not looped
            if own & rest and most != least and not few:
                yield f"a repeat of {sorted(own & rest)[:3]}"
            yield from _walk(body, rest | own if most > 1 else rest, flags, looped=looped or most > FEW)
        elif kind is _constants.SUBPATTERN:
            yield from _walk(told[-1], rest, flags, looped=looped)
        elif kind is _constants.BRANCH:
            firsts = [_first(list(way), flags, rest) for way in told[1]]
            if looped and len(frozenset().union(*firsts)) < sum(map(len, firsts)):
                yield "ways that begin alike"
            for way in told[1]:
                yield from _walk(way, rest, flags, looped=looped)


def _first(nodes: list[Any], flags: int, after: frozenset[str]) -> frozenset[str]:
    """The characters that a row of nodes may begin with; those behind it, where the row may be empty."""
    if not nodes:
        return after
    (kind, told), *rest = nodes
    if kind in SINGLE:
        one = _compiler.compile(_parser.SubPattern(_parser.State(), [nodes[0]]), flags)
        return frozenset(filter(one.fullmatch, ALPHABET))
    if kind in REPEATS or kind is _constants.POSSESSIVE_REPEAT:
        own = _first(list(told[2]), flags, frozenset())
        return own | _first(rest, flags, after) if told[0] == 0 else own
    if kind is _constants.SUBPATTERN:
        return _first([*told[-1], *rest], flags, after)
    if kind is _constants.BRANCH:
        return frozenset().union(*(_first([*way, *rest], flags, after) for way in told[1]))
    return _first(rest, flags, after)


@pytest.mark.parametrize(("name", "pattern"), list(patterns()))
def test_no_pattern_of_moderation_can_backtrack(name: str, pattern: re.Pattern[Any]) -> None:
    assert ambiguous(pattern) == [], name


@pytest.mark.parametrize("bad", [r"(a+)+b", r"(a|aa)*c", r".*x", r"\w+\d", r"(?:ab?)*b", r"\s*\s"])
def test_a_pattern_that_could_is_found(bad: str) -> None:
    assert ambiguous(re.compile(bad))


@pytest.mark.parametrize("good", [r"[a-z]+(?:-[a-z]+)*", r"a+b", r"\.{2,}x", r"[^}]*\}", r"\d{1,4}\d"])
def test_a_pattern_that_could_not_is_let_pass(good: str) -> None:
    assert ambiguous(re.compile(good)) == []
