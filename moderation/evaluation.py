"""Measures a screen on labelled text: what it catches, where it is alarmed for nothing, what disguise hides.

A set is a JSONL file, one object a line with `text`, `label` (`risk`, or anything else for text that should
be quiet) and optionally `id` and `lang`. Nothing of a text is in a result.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from moderation.disguises import DISGUISES, halves
from moderation.screening import Finding
from moderation.severity import Severity, highest, rank
from moderation.speed import Timing

RISK = "risk"
SHORT = 200
"""Texts up to this many characters are disguised: in a longer one, much else is left to catch."""
MOST_DISGUISED = 300
"""How many texts of a set are disguised in each way."""


class Judge(Protocol):
    """What is measured."""

    def findings(self, text: str, history: Sequence[str] = (), asked: str = "") -> Sequence[Finding]: ...


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text."""

    id: str
    text: str = field(repr=False)
    label: str
    lang: str


@dataclass(frozen=True, slots=True)
class Measured:
    """How many texts of one set, label and language were found, and how many of these as a crisis."""

    set: str
    label: str
    lang: str
    rows: int
    found: int
    crises: int

    @property
    def is_risk(self) -> bool:
        return self.label == RISK

    @property
    def recall(self) -> float:
        """The part that was found, from 0 to 1."""
        return self.found / self.rows

    @property
    def alarms(self) -> float:
        """How many of a thousand texts raise anything."""
        return 1000 * self.found / self.rows

    @property
    def crisis_alarms(self) -> float:
        return 1000 * self.crises / self.rows


@dataclass(frozen=True, slots=True)
class Disguised:
    """Of texts that are found as they stand, how many are still found when they are disguised."""

    disguise: str
    rows: int
    found: int

    @property
    def kept(self) -> float:
        return self.found / self.rows


def sets(folder: Path) -> Iterator[tuple[str, list[Row]]]:
    """Every set of a folder, by name. Raises ValueError, with file and line, for a row that is none."""
    for path in sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")]):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as lines:
            rows = [_row(path.name, number, line) for number, line in enumerate(lines, 1) if line.strip()]
        yield path.name.partition(".")[0], rows


def _row(file: str, number: int, line: str) -> Row:
    try:
        told = json.loads(line)
        return Row(
            str(told.get("id", number)), str(told["text"]), str(told["label"]), str(told.get("lang", ""))
        )
    except (ValueError, KeyError, AttributeError, TypeError):
        raise ValueError(f"{file}:{number}: not an object with text and label") from None


def severity(judge: Judge, text: str, history: Sequence[str] = ()) -> Severity | None:
    return highest(finding.severity for finding in judge.findings(text, history))


def measure(judge: Judge, name: str, rows: Iterable[Row]) -> list[Measured]:
    """What a judge makes of one set, by label and language."""
    counts: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        count = counts.setdefault((row.label, row.lang), [0, 0, 0])
        found = severity(judge, row.text)
        count[0] += 1
        count[1] += found is not None
        count[2] += found == "crisis"
    return [Measured(name, label, lang, *count) for (label, lang), count in sorted(counts.items())]


def disguised(judge: Judge, rows: Iterable[Row]) -> list[Disguised]:
    """What is left of the recall when the words that were found are disguised, one way after the other."""
    plain: list[tuple[str, Finding]] = []
    for row in rows:
        if row.label == RISK and len(row.text) <= SHORT and (found := judge.findings(row.text)):
            plain.append((row.text, found[0]))
            if len(plain) == MOST_DISGUISED:
                break
    if not plain:
        return []
    results = [
        Disguised(name, len(plain), sum(_still(judge, text, finding, disguise) for text, finding in plain))
        for name, disguise in DISGUISES.items()
    ]
    split = [cut for text, finding in plain if (cut := halves(text, finding.start, finding.end))]
    if split:
        caught = sum(severity(judge, last, [first]) is not None for first, last in split)
        results.append(Disguised("split over two messages", len(split), caught))
    return results


def together(results: Iterable[Disguised]) -> list[Disguised]:
    """The same disguises over several sets, added up."""
    sums: dict[str, tuple[int, int]] = {}
    for one in results:
        rows, found = sums.get(one.disguise, (0, 0))
        sums[one.disguise] = (rows + one.rows, found + one.found)
    return [Disguised(name, rows, found) for name, (rows, found) in sums.items()]


@dataclass(frozen=True, slots=True)
class Shift:
    """A row that another judge judges otherwise. It shows no text."""

    set: str
    row: str
    label: str
    before: Severity | None
    after: Severity | None

    @property
    def is_better(self) -> bool:
        """Whether text of risk is judged more severely, or quiet text less."""
        return (rank(self.after) > rank(self.before)) == (self.label == RISK)


def shifts(before: Judge, after: Judge, name: str, rows: Iterable[Row]) -> Iterator[Shift]:
    for row in rows:
        was, becomes = severity(before, row.text), severity(after, row.text)
        if was != becomes:
            yield Shift(name, row.id, row.label, was, becomes)


def _still(judge: Judge, text: str, finding: Finding, disguise: Callable[[str], str]) -> bool:
    hidden = f"{text[: finding.start]}{disguise(text[finding.start : finding.end])}{text[finding.end :]}"
    return severity(judge, hidden) is not None


def table(
    measured: Sequence[Measured],
    hidden: Sequence[Disguised],
    speeds: Mapping[str, Timing],
    notes: Sequence[str],
) -> str:
    """All results as one Markdown page. `speeds` says what was timed."""
    lines = ["# What the screen catches", "", *notes, "", "## Recall", ""]
    lines += ["| set | language | rows | found | as crisis |", "|---|---|---:|---:|---:|"]
    lines += [
        f"| {one.set} | {one.lang} | {one.rows:,} | {one.recall:.1%} | {one.crises / one.rows:.1%} |"
        for one in measured
        if one.is_risk
    ]
    lines += ["", "## Alarms in 1,000 texts that should be quiet", ""]
    lines += ["| set | label | language | rows | any | crisis |", "|---|---|---|---:|---:|---:|"]
    lines += [
        f"| {one.set} | {one.label} | {one.lang} | {one.rows:,} "
        f"| {one.alarms:.1f} | {one.crisis_alarms:.1f} |"
        for one in measured
        if not one.is_risk
    ]
    lines += [
        "",
        "## Still found when disguised",
        "",
        "| disguise | texts | still found |",
        "|---|---:|---:|",
    ]
    lines += [f"| {one.disguise} | {one.rows:,} | {one.kept:.1%} |" for one in hidden]
    lines += ["", "## Speed", "", "Microseconds of a processor for one message.", ""]
    lines += ["| what | median | 99 of 100 at most |", "|---|---:|---:|"]
    lines += [f"| {what} | {timing.median:,.0f} | {timing.p99:,.0f} |" for what, timing in speeds.items()]
    return "\n".join([*lines, ""])
