"""The command `warmline`. It reads settings, starts what `app` puts together, and says errors in one line."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import secrets
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar, get_args
from zoneinfo import ZoneInfo

import click
import msgspec
import uvloop
from rich.console import Console
from rich.table import Table

from chat import app, log, web
from chat.audits import audit
from chat.checks import Unsound, require_sound, require_spool
from chat.demo import Demo, PortTaken, new_password, prepare, require_free
from chat.embedded import CannotStart, Embedded, embedded
from chat.leash import Leash
from chat.lexicons import lexicon
from chat.listening import Listening, require_listening
from chat.passwords import Passwords, complaint
from chat.processes import STOP_WITHIN, Processes, command
from chat.protocol import Role
from chat.settings import BadSetting, Settings, lines, load
from chat.surfaces.assets import NotBuilt
from moderation.alerts import Alert
from storage.audit import KEY, Audit
from storage.drills import Drills, Outcome
from storage.engine import Database, open_database
from storage.errors import Conflict, StorageError
from storage.factors import Factors
from storage.forgetting import Forgetting
from storage.migrate import upgrade
from storage.overrides import LONGEST, REASONS, Override, Overrides, Reason
from storage.people import People
from storage.sessions import Sessions

_T = TypeVar("_T")

DEMO_PORT: Final = 8642
_WEB: Final = Path(web.__file__).parent
_PROGRAM: Final = (sys.executable, "-c", "from chat.cli import main; main()")
"""This command once more, with whatever is installed when it is executed."""
_USAGE: Final = 2
_FAILED: Final = 1
_MOST_DRILLS: Final = 60


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="TOML file with settings.")
@click.version_option(package_name="warmline", message="%(version)s")
@click.pass_context
def commands(context: click.Context, config: Path | None) -> None:
    """Anonymous, real-time peer support that a school or university runs itself.

    Settings come from WARMLINE_... variables or a TOML file.
    """
    context.obj = config


@commands.command()
@click.option("--port", default=DEMO_PORT, show_default=True, type=click.IntRange(1, 65535))
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when it is ready, and no more.")
def demo(port: int, *, as_json: bool) -> None:
    """Everything on this machine, for trying it out; forgotten when it ends."""
    require_free(port)
    told = log.start()
    with embedded() as server:
        _run_server(lambda started: _demo(server, port, started, told, as_json=as_json))


@commands.command()
@click.option("--processes", type=click.IntRange(1, 256), help="Processes on the same port.")
@click.option("--leash", type=int, hidden=True)
@click.option("--sockets", default="", hidden=True)
@click.option("--instead", is_flag=True, hidden=True)
@click.pass_obj
def serve(
    config: Path | None, processes: int | None, leash: int | None, sockets: str, *, instead: bool
) -> None:
    """Serve pages and sockets.

    With several processes, SIGHUP replaces one after another by what is installed and set now.
    """
    settings, told = _settings(config), log.start()
    held = Leash(leash)
    if leash is None:
        require_listening(settings)
        _run(require_sound(settings))  # once: who is put in the place of one that died is not to stay away
    require_spool(settings)
    if instead:
        _run(app.require_people(settings))
    if leash is not None:
        given = [_socket(int(number)) for number in sockets.split(",")]
        _run_server(lambda started: _held(held, started, settings, told, given))
        return
    number = settings.processes if processes is None else processes
    if number > 1:
        sys.exit(_serve_by_several(config, settings, number, told))
    _run_server(lambda started: app.serve(settings, ready=started, told=told))


def _serve_by_several(config: Path | None, settings: Settings, number: int, told: log.Log) -> int:
    listening = Listening(settings, number)
    with tempfile.TemporaryDirectory(prefix="warmline-metrics-") as metrics:
        servers = Processes(
            command=command(_PROGRAM, config),
            listening=listening,
            servers=number,
            workers=settings.workers,
            environ=os.environ,
            metrics=Path(metrics),
            hung=settings.hung_seconds,
            told=told,
        )
        return asyncio.run(servers.run())


def _socket(number: int) -> socket.socket:
    made = socket.socket(fileno=number)
    made.set_inheritable(False)
    return made


async def _held(
    held: Leash,
    started: Callable[[], None],
    settings: Settings,
    told: log.Log,
    sockets: Sequence[socket.socket],
) -> None:
    """Serves as one of several processes."""

    def ready() -> None:
        started()
        held.ready(stops_within=settings.drain_seconds + STOP_WITHIN)

    held.follow(hung=settings.hung_seconds)
    await app.serve(settings, ready=ready, told=told, sockets=sockets)


@commands.command()
@click.option("--leash", type=int, hidden=True)
@click.option("--instead", is_flag=True, hidden=True)
@click.pass_obj
def worker(config: Path | None, leash: int | None, *, instead: bool) -> None:
    """Tell on-call staff, count contacts, and forget what is due."""
    settings, told = _settings(config), log.start()
    require_spool(settings)
    if instead:
        _run(app.require_people(settings))
    if leash is None:
        _run(require_sound(settings, redis=False))
    _run(_until_told(app.work(settings, told=told), told, Leash(leash), settings.hung_seconds))


@commands.command()
@click.pass_obj
def migrate(config: Path | None) -> None:
    """Bring the database to the tables of this release."""
    key = _run(_migrate(load(os.environ, config)))
    click.echo("The database has the tables of this release.")
    if key is not None:
        click.echo("The record of what staff do begins now. Keep this key away from this machine; with it,")
        click.echo(f"and only with it, the record can be checked later: {key.hex()}")


@commands.command()
@click.pass_obj
def check(config: Path | None) -> None:
    """Check the settings and every dependency, each in one line."""
    settings = load(os.environ, config)
    found = _run(app.checked(settings, _WEB))
    stands = lines(os.environ, config)
    click.echo("ok    settings: are all known and well formed")
    for one in found:
        mark = "wrong" if not one.good else "warn " if one.warns else "ok   "
        line = stands.get(one.setting or "")
        where = f" ({one.setting}, line {line} of the file)" if line is not None and not one.good else ""
        click.echo(f"{mark} {one.name}: {one.detail}{where}")
    if not all(one.good for one in found):
        sys.exit(_FAILED)


commands.add_command(lexicon)


@commands.group()
def user() -> None:
    """People of the team."""


@user.command()
@click.argument("email")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(get_args(Role)),
    help="May be repeated.",
)
@click.option("--name", help="What colleagues see; the first part of the address if it is not given.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def add(
    config: Path | None, email: str, roles: tuple[Role, ...], name: str | None, *, password_stdin: bool
) -> None:
    """Add a person. Without a terminal to ask at, a password is made and printed."""
    if email.count("@") != 1 or email.startswith("@") or any(sign.isspace() for sign in email):
        raise click.UsageError("this is not an e-mail address")
    settings = load(os.environ, config)
    password, made = _password(from_stdin=password_stdin)
    if wrong := complaint(password, email, name or ""):
        raise click.UsageError(wrong)
    _run(_add(settings, email, password, name or email.partition("@")[0], roles))
    click.echo(f"Added as {', '.join(roles)}.")
    if made:
        click.echo(f"Password: {password}")


@user.command()
@click.argument("email")
@click.option("--off", is_flag=True, help="Ask for none any more.")
@click.pass_obj
def factor(config: Path | None, email: str, *, off: bool) -> None:
    """Ask for a second factor when this person signs in, or for a new one when their phone is lost.

    The next sign-in with the password shows what an app takes in. The app before counts no more, and
    whoever is signed in as this person is signed out.
    """
    settings = load(os.environ, config)
    if not _run(_factor(settings, email, off=off)):
        raise click.UsageError("nobody active has this address")
    if not off or settings.second_factor == "everybody":
        click.echo("The next sign-in shows what the app takes in.")
    else:
        click.echo("Signing in takes the password alone.")


@commands.command()
@click.option("--reason", default="setting_up", show_default=True, type=click.Choice(REASONS))
@click.option("--hours", default=24.0, show_default=True, type=click.FloatRange(0.05, LONGEST / 3600))
@click.option("--end", is_flag=True, help="End what is in force instead.")
@click.pass_obj
def override(config: Path | None, reason: Reason, hours: float, *, end: bool) -> None:
    """Open although the ladder is not tested, for some hours and on record.

    Without a tested ladder nobody new is let in: who would answer an alert? The board shows an override.
    """
    settings = load(os.environ, config)
    if end:
        click.echo("It is ended." if _run(_end_override(settings)) else "There was none in force.")
        return
    until = _run(_override(settings, reason, hours))
    click.echo(f"Open without a tested ladder until {until:%Y-%m-%d %H:%M %Z} ({reason.replace('_', ' ')}).")


@commands.command()
@click.pass_obj
def forget(config: Path | None) -> None:
    """Forget now what has come to its term."""
    for table, rows in _run(_forget(load(os.environ, config))):
        click.echo(f"{table}: {rows}")


@commands.group()
def key() -> None:
    """The staff key, to which browsers seal what seekers share."""


@key.command()
@click.pass_obj
def new(config: Path | None) -> None:
    """Make a new staff key. What was sealed to the one before still opens for a day.

    The first one is made when the service first starts. Make a new one when somebody left who had the
    installation's secret, and after the secret was changed.
    """
    name = _run(app.new_staff_key(_settings(config)))
    click.echo(f"The staff key {name} is in force; servers take it up within the hour.")


commands.add_command(audit)


@commands.command("drill")
@click.option("--minutes", default=10.0, show_default=True, type=click.FloatRange(0.05, 120))
@click.option("--history", is_flag=True, help="Show what came of the drills so far, and start none.")
@click.option("--monthly", type=click.Choice(["on", "off"]), help="Switch the monthly drill, on record.")
@click.pass_obj
def drill_(config: Path | None, minutes: float, monthly: str | None, *, history: bool) -> None:
    """Raise a practice alert, and time the first person who acknowledges it.

    The servers or workers that run carry it up the real ladder; it is marked as practice everywhere.
    """
    settings = _settings(config)
    if monthly is not None:
        _run(app.switch_drills(settings, off=monthly == "off", told=log.start()))
        click.echo(f"The monthly drill is {monthly}.")
        return
    if history:
        _show_drills(_run(_with(settings, lambda kept: Drills(kept).history(settings.campus, _MOST_DRILLS))))
        return
    rung = -1

    def show(alert: Alert, seconds: float) -> None:
        nonlocal rung
        if alert.rung != rung:
            rung = alert.rung
            click.echo(f"{seconds:6.1f} s  {alert.state}, rung {rung + 1} is next", err=True)

    outcome = _run(app.practise(settings, minutes=minutes, told=log.start(), show=show))
    if outcome is None:
        _stop("a drill is running already; it ends by itself", _FAILED)
    told = len(outcome.rungs)
    if outcome.answered_after is None:
        click.echo(f"Nobody acknowledged it within {minutes:g} minutes; {told} rungs were told.")
        sys.exit(_FAILED)
    click.echo(f"Acknowledged after {outcome.answered_after:.1f} seconds; {told} rungs were told.")


def _show_drills(drills: Sequence[Outcome]) -> None:
    """As a table, the latest first; without a drill, one line."""
    if not drills:
        click.echo("There was no drill yet.")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("day", "started by", "acknowledged after", "rungs, each with its first page"):
        table.add_column(heading)
    for one in drills:
        rungs = ", ".join(
            "nobody to tell"
            if rung.told_after is None
            else f"{rung.told_after:.1f} s, {rung.reached} arrived"
            for rung in one.rungs
        )
        answered = "nobody did" if one.answered_after is None else f"{one.answered_after:.1f} s"
        table.add_row(one.began_on.isoformat(), one.started, answered, rungs or "none")
    Console(highlight=False).print(table)


def main() -> None:
    """Runs the command; what people can put right is told in one line on standard error."""
    try:
        commands(prog_name="warmline")
    except BadSetting as bad:
        _stop(f"setting {bad}", _USAGE)
    except PortTaken:
        _stop("this port is taken; choose another with --port", _USAGE)
    except (CannotStart, Unsound) as why:
        _stop(str(why), _FAILED)
    except NotBuilt:
        _stop("the front-end is not built; run: python chat/web/build.py", _FAILED)
    except Conflict:
        _stop("there is somebody with this address already", _FAILED)
    except StorageError as why:
        _stop(str(why), _FAILED)


def _stop(line: str, status: int) -> NoReturn:
    click.echo(f"warmline: {line}", err=True)
    sys.exit(status)


def _settings(config: Path | None) -> Settings:
    """Settings for a process that opens conversations: it cannot do without the secret."""
    settings = load(os.environ, config)
    settings.key()
    return settings


def _run(work: Coroutine[Any, Any, _T]) -> _T:
    return uvloop.run(work)


def _run_server(work: Callable[[Callable[[], None]], Coroutine[Any, Any, None]]) -> None:
    """Runs a server to its orderly end.

    uvicorn takes SIGTERM and SIGINT while it serves, and raises them again when it is through. By then they
    have had their effect, and what still has to be put away must not be cut off.
    """
    serving = False

    def started() -> None:
        nonlocal serving
        serving = True

    def told(*_: object) -> None:
        if not serving:
            raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)
    uvloop.run(work(started))


async def _until_told(work: Coroutine[Any, Any, None], told: log.Log, held: Leash, hung: float) -> None:
    """Runs until it is through, or until SIGTERM or SIGINT; what is open is put away either way."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(log.on_loop_error(told))
    task = loop.create_task(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    held.follow(hung=hung)
    told.say(log.Event.READY)
    held.ready(stops_within=STOP_WITHIN)
    with suppress(asyncio.CancelledError):
        await task


async def _with(settings: Settings, work: Callable[[Database], Awaitable[_T]]) -> _T:
    database = open_database(settings.database_url)
    try:
        return await work(database)
    finally:
        await database.close()


async def _demo(
    server: Embedded, port: int, started: Callable[[], None], told: log.Log, *, as_json: bool
) -> None:
    made = await prepare(server, port, os.environ)

    def ready() -> None:
        started()
        _show(made, as_json=as_json)

    await app.serve(made.settings, ready=ready, told=told)


def _show(demo: Demo, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode({"url": demo.url, "people": demo.people}).decode())
        return
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False)
    for heading in ("sign in as", "address", "password", "at"):
        table.add_column(heading)
    for one in demo.people:
        surface = "/console" if one.role in {"supporter", "lead"} else "/staff"
        table.add_row(one.role.replace("_", "-"), one.email, one.password, demo.url + surface)
    console.print(f"\nWarmline is on. Write as a student: [bold]{demo.url}/[/bold]\n", soft_wrap=True)
    console.print(table)
    console.print(
        "\nThe demo is open although nobody has tested its ladder: an override on record says so until "
        f"{dt.datetime.fromtimestamp(demo.open_until, dt.UTC):%Y-%m-%d %H:%M %Z}.",
        soft_wrap=True,
    )
    console.print("\nEverything is in memory or in a private folder, and gone when you press Ctrl-C.\n")


def _password(*, from_stdin: bool) -> tuple[str, bool]:
    """The password, and whether it was made here and so has to be shown."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n"), False
    if not sys.stdin.isatty():
        return new_password(), True
    told = click.prompt("Password (empty makes one)", default="", hide_input=True, show_default=False)
    if not told:
        return new_password(), True
    if click.prompt("The same again", hide_input=True) != told:
        raise click.UsageError("these were not the same")
    return str(told), False


async def _migrate(settings: Settings) -> bytes | None:
    await upgrade(settings.database_url)
    key = secrets.token_bytes(KEY)
    return key if await _with(settings, lambda database: Audit(database).begin(key)) else None


async def _add(settings: Settings, email: str, password: str, name: str, roles: tuple[Role, ...]) -> None:
    passwords = Passwords()
    try:
        hashed = await passwords.hash(password)
    finally:
        passwords.close()

    async def work(database: Database) -> None:
        await Audit(database).head()  # raises where nothing can be recorded: then nobody is added
        added = await People(database).add(
            campus=settings.campus, email=email, password=hashed, name=name, roles=roles
        )
        await Audit(database).append(
            actor="operator", action="added", subject_kind="person", subject=added.id, at=time.time()
        )

    await _with(settings, work)


async def _factor(settings: Settings, email: str, *, off: bool) -> bool:
    at = time.time()

    async def work(database: Database) -> bool:
        person = await People(database).by_email(email)
        if person is None or not person.active:
            return False
        action = "factor_off" if off else "factor_asked"
        await Audit(database).append(  # what cannot be recorded is not done
            actor="operator", action=action, subject_kind="person", subject=person.id, at=at
        )
        await (Factors(database).drop if off else Factors(database).ask)(person.id)
        await Sessions(database).revoke_all_of(person.id, at=at)
        return True

    return await _with(settings, work)


async def _override(settings: Settings, reason: Reason, hours: float) -> dt.datetime:
    at = time.time()

    async def work(database: Database) -> Override:
        made = await Overrides(database).add(
            settings.campus, reason=reason, by="operator", at=at, until=at + hours * 3600
        )
        await Audit(database).append(
            actor="operator", action="override", subject_kind="ladder", subject=made.id, at=at
        )
        return made

    made = await _with(settings, work)
    return dt.datetime.fromtimestamp(made.until, ZoneInfo(settings.timezone))


async def _end_override(settings: Settings) -> bool:
    at = time.time()

    async def work(database: Database) -> bool:
        ended = await Overrides(database).end(settings.campus, at=at)
        if ended:
            await Audit(database).append(
                actor="operator", action="end_override", subject_kind="ladder", subject="override", at=at
            )
        return ended

    return await _with(settings, work)


async def _forget(settings: Settings) -> list[tuple[str, int]]:
    forgotten = await _with(settings, lambda database: Forgetting(database).run(time.time()))
    return [(one.table, one.count) for one in forgotten]
