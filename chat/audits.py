"""`warmline audit`: whether the record of what staff did is whole, and where it ends."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

import click
import uvloop

from chat.settings import load
from storage.audit import KEY, Audit
from storage.chain import Flaw, Head, What, read_head
from storage.engine import open_database

_FAILED: Final = 1
_SAID: Final[dict[What, str]] = {
    "no_chain": "The record was never begun, or all of it was taken away.",
    "missing": "Entry {seq} is missing: entries were removed there, or put into another order.",
    "altered": "Entry {seq} is not what was written: it was changed, put in another's place, or made anew. "
    "(If it is the first, this may also be the key of another record.)",
    "added": "Entry {seq} was added by somebody who is not the service.",
    "cut_off": "The record ends before entry {seq}: its end was cut off, or was set back to an older copy.",
    "not_the_recorded_head": "Entry {seq} is not the one whose head was noted: the record was made anew.",
    "forgotten_too_early": "Entry {seq}, the last of a noted day, was taken away before its term was over.",
}


@click.group()
def audit() -> None:
    """The record of what staff did."""


@audit.command()
@click.option(
    "--key",
    "key_file",
    default="-",
    show_default="standard input",
    type=click.File("r", encoding="ascii"),
    help="File with the key that the first `warmline migrate` printed.",
)
@click.option("--head", "told", multiple=True, metavar="SEQ:CODE", help="A head that was noted earlier.")
@click.option(
    "--heads",
    "heads_file",
    type=click.File("r", encoding="utf-8"),
    help="File with heads, one a line, as the custodians were sent them: DAY SEQ:CODE.",
)
@click.pass_obj
def verify(config: Path | None, key_file: TextIO, told: tuple[str, ...], heads_file: TextIO | None) -> None:
    """Find any change, removal, reordering or truncation; the exit status is 1 when there is one.

    The key is read from a file or from standard input, never from the command line, which others can see.
    """
    heads = [_head(line, f"--head {number}") for number, line in enumerate(told, 1)]
    heads += _heads(heads_file) if heads_file else []
    key = _key(key_file)
    flaw, end = uvloop.run(_verify(load(os.environ, config).database_url, key, heads))
    if flaw is not None:
        click.echo(_SAID[flaw.what].format(seq=flaw.seq))
        sys.exit(_FAILED)
    against = f", and agrees with {len(heads)} noted heads" if heads else "; no noted head was given"
    click.echo(f"The record is whole up to entry {end.seq}{against}.")


@audit.command()
@click.pass_obj
def head(config: Path | None) -> None:
    """Print where the record ends, to be noted where the owner of the database has no hand."""
    click.echo(str(uvloop.run(_end(load(os.environ, config).database_url))))


async def _verify(url: str, key: bytes, heads: list[Head]) -> tuple[Flaw | None, Head]:
    database = open_database(url)
    try:
        today = dt.datetime.now(dt.UTC).date()
        flaw = await Audit(database).verify(key, *heads, today=today)
        return flaw, Head(0, "") if flaw else await Audit(database).head()
    finally:
        await database.close()


async def _end(url: str) -> Head:
    database = open_database(url)
    try:
        return await Audit(database).head()
    finally:
        await database.close()


def _key(file: TextIO) -> bytes:
    """The first key, in hexadecimal. What is none is not quoted."""
    told = click.prompt("The first key", hide_input=True) if file.isatty() else _text(file, "the key")
    try:
        key = bytes.fromhex(str(told).strip())
    except ValueError:
        key = b""
    if len(key) != KEY:
        raise click.UsageError(f"the key has {2 * KEY} hexadecimal digits, as `warmline migrate` printed it")
    return key


def _heads(file: TextIO) -> Iterator[Head]:
    for number, line in enumerate(_text(file, "the heads").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield _head(line, f"line {number} of the heads")


def _head(line: str, where: str) -> Head:
    try:
        return read_head(line)
    except ValueError as wrong:
        raise click.UsageError(f"{where}: {wrong}") from None


def _text(file: TextIO, what: str) -> str:
    try:
        return file.read()
    except (OSError, UnicodeDecodeError):
        raise click.UsageError(f"{what} cannot be read as text") from None
