"""Sentences of our own making that say what a lexicon must raise and must not.

Beside every language stands `<language>.sentences.toml`: one table for each phenomenon, in it lists by what
is wanted (`crisis`, `concern`, `notice`, `any`, `none`); `[[history]]` cases that say what was `said` before,
and `[[answer]]` cases that say what was `asked`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moderation.lexicon import SENTENCES, LexiconError
from moderation.screening import Screen
from moderation.severity import SEVERITIES, Severity, highest

FEWEST: Mapping[str, int] = {"en": 400}
FEWEST_OTHERWISE = 120
"""How many sentences a language must have at least."""
ANY = "any"
NONE = "none"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and the severity it must get: one of the three, `any` of them, or `none`."""

    language: str
    phenomenon: str
    wanted: str
    text: str
    said: tuple[str, ...] = field(default=())
    """What the author said before, oldest first."""
    asked: str = ""
    """What the other side said last."""

    def verdict(self, screen: Screen) -> Severity | None:
        """The severity that a screen gives it."""
        found = screen.findings(self.text, self.said, self.asked)
        return highest(finding.severity for finding in found)

    def is_kept(self, verdict: Severity | None) -> bool:
        """Whether a verdict is what is wanted."""
        if self.wanted == ANY:
            return verdict is not None
        return verdict == (None if self.wanted == NONE else self.wanted)


def load(folder: Path) -> tuple[Sentence, ...]:
    """The sentences of every language of a folder. Raises LexiconError for a file that cannot be read."""
    return tuple(
        sentence
        for path in sorted(folder.glob(f"*{SENTENCES}"))
        for sentence in parse(path.name, path.read_text("utf-8"))
    )


def parse(file: str, text: str) -> Sequence[Sentence]:
    """The sentences of one file, in its order."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LexiconError(f"{file}: {error}") from error
    language = file.split(".", maxsplit=1)[0]
    return [sentence for name, table in tables.items() for sentence in _read(file, language, name, table)]


def _read(file: str, language: str, name: str, table: object) -> Iterator[Sentence]:
    if isinstance(table, list):
        yield from (_case(file, language, name, case) for case in table)
        return
    if not isinstance(table, dict):
        raise LexiconError(f"{file}: {name} is neither a table of lists nor a list of cases")
    for wanted, texts in table.items():
        if wanted not in {*SEVERITIES, ANY, NONE} or not isinstance(texts, list):
            raise LexiconError(f"{file}: {name}.{wanted} is not a list named for a severity, any or none")
        for text in texts:
            if not isinstance(text, str):
                raise LexiconError(f"{file}: {name}.{wanted} holds something that is not a text")
            yield Sentence(language, name, wanted, text)


def _case(file: str, language: str, name: str, case: Mapping[str, Any]) -> Sentence:
    said, asked = case.get("said", []), case.get("asked", "")
    if not isinstance(case.get("text"), str) or not isinstance(said, list) or not isinstance(asked, str):
        raise LexiconError(f"{file}: a case of {name} lacks its text, or said or asked are not texts")
    return Sentence(language, name, str(case.get("severity", NONE)), case["text"], tuple(said), asked)
