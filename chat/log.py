"""The log: which events exist, which fields they may carry, and nothing else.

What is logged is about the installation, never about a person: no address, no query, no words, no id of a
conversation, no time of something that a seeker did. Libraries log through the same door, which lets through
their name, their level and the place in their code, and a message only where it is one of a few that are
known to be constant. Exceptions show their type and where they were raised; never their message, because
messages quote what they choke on.
"""

from __future__ import annotations

import asyncio
import enum
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, TextIO, TypedDict, Unpack

import structlog

_DEEPEST: Final = 4
"""How many frames, and how many exceptions of a chain or a group, are told."""


class Event(enum.StrEnum):
    """Everything that Warmline itself logs."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"
    STOPPED = "stopped"
    CRASHED = "crashed"
    WARNED = "warned"
    LIBRARY = "library"
    REDIS_LOST = "redis_lost"
    REDIS_BACK = "redis_back"
    REDIS_EMPTY = "redis_empty"
    REDIS_FULL = "redis_full"
    REDIS_HAS_ROOM = "redis_has_room"
    DATABASE_LOST = "database_lost"
    DATABASE_BACK = "database_back"
    SPOOLED = "spooled"
    SPOOL_DRAINED = "spool_drained"
    ALERT_LATE = "alert_late"
    CHANNEL_FAILED = "channel_failed"
    CHANNEL_BACK = "channel_back"
    WORKER_BEHIND = "worker_behind"
    PROCESS_LOST = "process_lost"
    PROCESS_BACK = "process_back"
    PROCESS_HUNG = "process_hung"
    PROCESS_KILLED = "process_killed"
    UPGRADING = "upgrading"
    UPGRADED = "upgraded"
    UPGRADE_REFUSED = "upgrade_refused"
    FORGOT = "forgot"
    MIGRATED = "migrated"


class Fields(TypedDict, total=False):
    """Everything that an event may carry: numbers and members of enums."""

    count: int
    seconds: float
    attempt: int
    rung: int
    port: int
    process: int
    status: int
    part: enum.StrEnum
    reason: enum.StrEnum


_FIELDS: Final = frozenset(Fields.__annotations__)
_OWN: Final = frozenset({"event", "level", "logger", "where", "error", "message"})
"""Fields that only this module fills."""

_CONSTANT: Final = frozenset(
    {
        "Waiting for application startup.",
        "Application startup complete.",
        "Application startup failed. Exiting.",
        "Waiting for application shutdown.",
        "Application shutdown complete.",
        "Application shutdown failed. Exiting.",
        "Shutting down",
        "Waiting for background tasks to complete. (CTRL+C to force quit)",
        "Waiting for connections to close. (CTRL+C to force quit)",
        "Invalid HTTP request received.",
        "Exception in ASGI application",
        "ASGI callable returned without completing response.",
        "ASGI callable returned without starting response.",
    }
)
"""Messages of libraries that hold nothing but these words."""

_QUIET: Final = (
    "httptools",
    "websockets",
    "redis",
    "sqlalchemy",
    "aiosqlite",
    "asyncio",
    "apprise",
    "alembic",
)


class Log:
    """Writes events, one line each. Made once by `start` and handed to whoever has something to say."""

    def __init__(self, stream: TextIO) -> None:
        self._logger = structlog.wrap_logger(
            structlog.PrintLogger(stream),
            processors=[
                _allowed,
                structlog.processors.LogfmtRenderer(key_order=["level", "event"], bool_as_flag=False),
            ],
            wrapper_class=_Wrapper,
        )

    def say(self, event: Event, **fields: Unpack[Fields]) -> None:
        """Something that is in order."""
        self._write("info", event, fields)

    def trouble(self, event: Event, **fields: Unpack[Fields]) -> None:
        """Something that somebody should look at when there is time."""
        self._write("warning", event, fields)

    def crashed(self, error: BaseException, event: Event = Event.CRASHED, **fields: Unpack[Fields]) -> None:
        """A defect of ours: the type of the exception and where it was raised, and nothing of its message."""
        self._write("error", event, {**fields, "error": kind(error), "where": place(error)})

    def library(self, record: logging.LogRecord) -> None:
        """What a library logged, without anything that could be of a person."""
        fields: dict[str, object] = {
            "logger": record.name,
            "where": f"{record.module}:{record.lineno}",
        }
        if isinstance(record.msg, str) and record.msg in _CONSTANT:
            fields["message"] = record.msg
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            fields |= {"error": kind(error), "where": place(error)}
        self._write(record.levelname.lower(), Event.LIBRARY, fields)

    def warned(self, category: type[Warning], filename: str, line: int) -> None:
        """A warning of Python's own, without its text."""
        where = f"{filename.replace(chr(92), '/').rpartition('/')[2]}:{line}"
        self._write("warning", Event.WARNED, {"error": category.__name__, "where": where})

    def _write(self, level: str, event: Event, fields: Mapping[str, object]) -> None:
        with suppress(OSError, ValueError):  # a log that cannot be written stops nobody
            self._logger.log(level, event.value, **fields)


class _Wrapper(structlog.BoundLogger):
    """Hands every level to the same method of the logger underneath."""

    def log(self, level: str, event: str, **fields: object) -> None:
        self._proxy_to_logger("msg", event, level=level, **fields)


class _Door(logging.Handler):
    """Takes over the standard library's logging, and with it that of every library."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.INFO)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.library(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the name is the library's
        del record  # the standard one prints the record with its arguments


def start(stream: TextIO | None = None) -> Log:
    """Takes over every way in which this process can print about itself, and returns the log.

    Called once, before anything else starts. asyncio has a handler for each loop: see `on_loop_error`.
    """
    log = Log(stream or sys.stderr)
    root = logging.getLogger()
    root.handlers[:] = [_Door(log)]
    root.setLevel(logging.INFO)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Says addresses and paths at INFO, even where its access log is off.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").disabled = True
    logging.raiseExceptions = False

    def on_exception(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
        if not isinstance(error, KeyboardInterrupt):
            log.crashed(error)

    def on_thread(told: threading.ExceptHookArgs) -> None:
        if told.exc_value is not None and not isinstance(told.exc_value, SystemExit):
            log.crashed(told.exc_value)

    def on_unraisable(told: Any) -> None:
        if told.exc_value is not None:
            log.crashed(told.exc_value)

    def on_warning(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: object, **__: object
    ) -> None:
        del message
        log.warned(category, filename, lineno)

    sys.excepthook = on_exception
    threading.excepthook = on_thread
    sys.unraisablehook = on_unraisable
    warnings.showwarning = on_warning
    return log


def on_loop_error(log: Log) -> Callable[[asyncio.AbstractEventLoop, dict[str, Any]], None]:
    """The exception handler for an event loop, to be given to `loop.set_exception_handler`."""

    def handle(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            log.crashed(error)
        else:
            log.trouble(Event.CRASHED)

    return handle


def kind(error: BaseException) -> str:
    """The names of an exception's type, of its causes' and, in a group, of its members'."""
    names: list[str] = []
    _collect(error, names)
    return ",".join(names)


def place(error: BaseException) -> str:
    """Where it was raised, innermost first, as modules and lines."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    frames: list[str] = []
    step = error.__traceback__
    while step is not None:
        module = str(step.tb_frame.f_globals.get("__name__", "?"))
        frames.append(f"{module}:{step.tb_frame.f_code.co_name}:{step.tb_lineno}")
        step = step.tb_next
    return "<".join(reversed(frames[-_DEEPEST:])) or "unknown"


def _collect(error: BaseException | None, names: list[str]) -> None:
    if error is None or len(names) >= _DEEPEST:
        return
    names.append(type(error).__name__)
    for member in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        _collect(member, names)
    _collect(error.__cause__ or error.__context__, names)


def _allowed(_: Any, __: str, told: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Drops every field that is not on the list and hides every value that is not a number or an enum."""
    kept: dict[str, Any] = {}
    for name, value in told.items():
        if name in _OWN:
            kept[name] = str(value)
        elif name in _FIELDS:
            if isinstance(value, enum.Enum):
                kept[name] = str(value.value)
            else:
                kept[name] = value if isinstance(value, int | float) else "hidden"
    return kept
