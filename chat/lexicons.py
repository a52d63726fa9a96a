"""`warmline lexicon`: the commands with which people check, understand, measure and try lexicons.

Nothing that is asked about is stored or logged; what is measured stays where it is.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import process_time
from typing import Final

import click
from rich.console import Console
from rich.progress import track

from moderation import campus, sentences, speed
from moderation.checking import Turned, check, turned, words_about_identity
from moderation.evaluation import Disguised, Measured, disguised, measure, sets, shifts, table, together
from moderation.explaining import explain
from moderation.lexicon import LexiconError
from moderation.plot import Bar, Panel, svg
from moderation.screening import HISTORY, SHIPPED, Screen

_FAILED: Final = 1
_TIMED: Final = 400
"""How many messages are timed; the slowest rival a tenth of them."""
_MOST_ALARMS: Final = 50.0
"""Alarms in 1,000 texts that fill a bar of the plot."""
_LONGEST: Final = 1_000.0
"""Microseconds that fill a bar of the plot."""
_FOLDER: Final = click.Path(path_type=Path, file_okay=False, exists=True)


@click.group()
def lexicon() -> None:
    """What the screen looks for: check it, ask it, measure it, try additions."""


@lexicon.command("check")
@click.argument("folder", type=_FOLDER, default=SHIPPED)
def check_(folder: Path) -> None:
    """Check the lexicons of FOLDER (the shipped ones, if none is given); each fault with file and line."""
    faults = check(folder)
    for fault in faults:
        click.echo(str(fault))
    if faults:
        click.echo(f"{len(faults)} to put right.", err=True)
        sys.exit(_FAILED)
    lexicons = Screen.load(folder).lexicons
    terms = sum(len(one.terms) for one in lexicons)
    click.echo(
        f"{len(lexicons)} languages, {terms} terms, {len(sentences.load(folder))} sentences: all is well."
    )


@lexicon.command("explain")
@click.argument("text", required=False)
@click.option("--said", multiple=True, help="What the same person wrote before; may be repeated.")
@click.option("--asked", default="", help="What the other side wrote last.")
@click.option("--folder", type=_FOLDER, default=SHIPPED, help="Other lexicons than the shipped ones.")
def explain_(text: str | None, said: tuple[str, ...], asked: str, folder: Path) -> None:
    """Say how TEXT is judged, step by step. Nothing is stored or logged.

    With - as TEXT, or without it, the words are read from standard input: so they stand in no shell history.
    """
    if text is None or text == "-":
        if sys.stdin.isatty():
            click.echo("Write the message, then press Ctrl-D:", err=True)
        text = sys.stdin.read().rstrip("\r\n")
    if not text.strip():
        raise click.UsageError("there is nothing to explain")
    for step in explain(_screen(folder), text, said, asked):
        click.echo(str(step))


@lexicon.command()
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("evaluation"),
    show_default=True,
    help="Where the table and the plot are written.",
)
@click.option("--lexicons", type=_FOLDER, default=SHIPPED, help="Other lexicons than the shipped ones.")
@click.option("--limit", type=click.IntRange(1), help="At most so many rows of each set.")
def evaluate(folder: Path, out: Path, lexicons: Path, limit: int | None) -> None:
    """Measure the screen on the labelled sets (JSONL, also packed with gzip) of DIR.

    A row has `text` and `label`; `risk` must be found, anything else should be quiet.
    """
    began = process_time()
    screen = _screen(lexicons)
    built = process_time() - began
    measured: list[Measured] = []
    hidden: list[Disguised] = []
    texts: list[str] = []
    try:
        found = list(sets(folder))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if not found:
        raise click.UsageError("there is no .jsonl or .jsonl.gz file in this folder")
    for name, rows in track(found, "measuring", console=Console(stderr=True), transient=True):
        some = rows[:limit] if limit else rows
        measured += measure(screen, name, some)
        hidden += disguised(screen, some)
        texts += speed.cut(row.text for row in some[:_TIMED])
    hidden = together(hidden)
    timed = texts[:: max(1, len(texts) // _TIMED)][:_TIMED]
    speeds = _speeds(screen, timed) if timed else {}
    notes = [f"Building the screen took {built:.2f} s of a processor, once for each process."]
    out.mkdir(parents=True, exist_ok=True)
    page = table(measured, hidden, speeds, notes)
    (out / "evaluation.md").write_text(page, "utf-8")
    (out / "evaluation.svg").write_text(_plot(measured, hidden, speeds), "utf-8")
    click.echo(page)
    click.echo(f"Written to {out / 'evaluation.md'} and {out / 'evaluation.svg'}.", err=True)


@lexicon.command("try")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--data", type=_FOLDER, help="Labelled sets on which to look for changed verdicts too.")
@click.option("--folder", type=_FOLDER, default=SHIPPED, help="Other lexicons than the shipped ones.")
def try_(file: Path, data: Path | None, folder: Path) -> None:
    """Try a campus' own additions in FILE against the shipped lexicons: what would change.

    FILE has `language`, `[[term]]` tables as in a lexicon, `mute` (a list of shipped terms) and `[lower]`
    (a severity for each shipped term).
    """
    shipped = _screen(folder)
    try:
        changes = campus.read(file.name, file.read_text("utf-8"), shipped.lexicons)
        changed = Screen(campus.applied(shipped.lexicons, changes))
    except LexiconError as error:
        raise click.UsageError(str(error)) from None
    for change in changes:
        click.echo(f"{change.kind} {change.key}{_remark(shipped, change)}")
    moved = turned(shipped, changed, sentences.load(folder), {})
    _tell_turned(moved)
    if data is not None:
        _tell_rows(shipped, changed, data)
    if any(words_about_identity(shipped.lexicons, change) for change in changes):
        sys.exit(_FAILED)


def _screen(folder: Path) -> Screen:
    try:
        return Screen.load(folder)
    except LexiconError as error:
        raise click.UsageError(f"{error}; `warmline lexicon check` says more") from None


def _remark(shipped: Screen, change: campus.Change) -> str:
    if words := words_about_identity(shipped.lexicons, change):
        return f": refused, because words about identity are never terms: {', '.join(words)}"
    if campus.weakens_a_crisis(shipped.lexicons, change):
        return ": a second coordinator has to agree, because it can be a crisis"
    return ""


def _tell_turned(moved: Sequence[Turned]) -> None:
    click.echo(f"{len(moved)} sentences get another verdict.")
    for one in moved:
        mark = "wrong now" if one.breaks else "changed"
        click.echo(
            f"  {mark}: {one.before or 'none'} becomes {one.after or 'none'}: {one.sentence.text!r} "
            f"({one.sentence.language}, {one.sentence.phenomenon})"
        )


def _tell_rows(shipped: Screen, changed: Screen, data: Path) -> None:
    for name, rows in sets(data):
        moved = list(shifts(shipped, changed, name, rows))
        better = sum(one.is_better for one in moved)
        click.echo(f"{name}: {len(moved)} of {len(rows)} rows change, {better} of them for the better.")
        for one in moved[:10]:
            click.echo(f"  {one.row} ({one.label}): {one.before or 'none'} becomes {one.after or 'none'}")


def _speeds(screen: Screen, texts: Sequence[str]) -> dict[str, speed.Timing]:
    few = texts[::10] or texts
    size, many = speed.LENGTH, f"{speed.HOSTILE_LENGTH:,}"
    return {
        f"this screen, {size} characters": speed.timed(screen.findings, texts, process_time),
        f"this screen, with {HISTORY} earlier messages": speed.timed(
            speed.remembering(screen, texts), texts, process_time
        ),
        f"a plain `re` alternation of {speed.PHRASES} phrases": speed.timed(
            speed.alternation(screen), texts, process_time
        ),
        "better-profanity": speed.timed(speed.profanity(), few, process_time),
        f"this screen, the slowest hostile text of {many} characters": speed.slowest(screen, process_time),
    }


def _plot(
    measured: Sequence[Measured], hidden: Sequence[Disguised], speeds: Mapping[str, speed.Timing]
) -> str:
    recall = [
        Bar(f"{one.set} ({one.lang})", one.recall, f"{one.recall:.1%}") for one in measured if one.is_risk
    ]
    alarms = [
        Bar(f"{one.set} ({one.lang}, {one.label})", one.alarms / _MOST_ALARMS, f"{one.alarms:.1f}")
        for one in measured
        if not one.is_risk
    ]
    kept = [Bar(one.disguise, one.kept, f"{one.kept:.1%}") for one in hidden]
    times = [
        Bar(what.replace("`", ""), timing.median / _LONGEST, f"{timing.median:,.0f}")
        for what, timing in speeds.items()
    ]
    return svg(
        "What the screen catches",
        [
            Panel("Recall: risk that is found", recall, "#0f6b60"),
            Panel("Alarms in 1,000 texts that should be quiet (shorter is better)", alarms, "#b4531d"),
            Panel("Still found when disguised", kept, "#0f6b60"),
            Panel("Microseconds for a message, the median (shorter is better)", times, "#4a5a8a"),
        ],
    )
