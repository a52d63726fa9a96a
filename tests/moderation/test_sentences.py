"""Every lexicon keeps its promises: what must be raised, what must not, and how severely."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from moderation.hanzi import SIMPLIFIED
from moderation.screening import SHIPPED, Screen
from moderation.severity import SEVERITIES, highest

FEWEST = {"en": 400}
FEWEST_OTHERWISE = 120
FILES = sorted(SHIPPED.glob("*.sentences.toml"))


@cache
def screen() -> Screen:
    return Screen.load()


def tables(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def lists() -> Iterator[tuple[str, str, str, list[str]]]:
    """Of every file and phenomenon, the sentences that are to get one severity."""
    for path in FILES:
        for phenomenon, wanted in tables(path).items():
            if isinstance(wanted, dict):
                yield from ((path.name, phenomenon, severity, texts) for severity, texts in wanted.items())


def sentences() -> Iterator[tuple[str, str]]:
    return ((file, text) for file, _, _, texts in lists() for text in texts)


@pytest.mark.parametrize(("file", "phenomenon", "wanted", "texts"), [*lists()])
def test_every_sentence_gets_its_severity(file: str, phenomenon: str, wanted: str, texts: list[str]) -> None:
    assert wanted in {*SEVERITIES, "any", "none"}, f"{file}: {phenomenon}"
    found = {text: screen().severity(text) for text in texts}
    assert [
        (text, severity)
        for text, severity in found.items()
        if not (severity is not None if wanted == "any" else str(severity).lower() == wanted)
    ] == []


@pytest.mark.parametrize("case", [case for path in FILES for case in tables(path).get("history", ())])
def test_a_sentence_is_read_with_what_was_said_before(case: dict[str, Any]) -> None:
    assert screen().severity(case["text"], case["said"]) == case.get("severity")


@pytest.mark.parametrize("case", [case for path in FILES for case in tables(path).get("answer", ())])
def test_an_answer_is_read_with_its_question(case: dict[str, Any]) -> None:
    found = screen().findings(case["text"], asked=case["asked"])
    assert highest(finding.severity for finding in found) == case.get("severity")


def test_every_language_has_enough_sentences() -> None:
    for lexicon in screen().lexicons:
        own = [text for file, text in sentences() if file == f"{lexicon.name}.sentences.toml"]
        assert len(own) == len(set(own))
        assert len(own) >= FEWEST.get(lexicon.name, FEWEST_OTHERWISE), lexicon.name


TRADITIONAL = {simple: traditional for traditional, simple in SIMPLIFIED.items()}


def test_a_chinese_sentence_gets_its_severity_in_either_script() -> None:
    for file, text in sentences():
        if file.startswith("zh."):
            assert screen().severity(text.translate(TRADITIONAL)) == screen().severity(text), text
