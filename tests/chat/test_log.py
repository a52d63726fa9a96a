"""Nothing that a person wrote, and nothing that tells who they are, gets into the log."""

from __future__ import annotations

import asyncio
import io
import logging
import subprocess
import sys
import warnings
from collections.abc import Iterator

import pytest

from chat.log import Event, Log, kind, on_loop_error, place, start

CANARY = "heron-4417"

LEAKS = {
    "an exception that nobody catches": "raise ValueError(canary)",
    "an exception with a cause": """
try:
    int(canary)
except ValueError as error:
    raise KeyError(canary) from error
""",
    "a group of exceptions": "raise ExceptionGroup(canary, [ValueError(canary), OSError(canary)])",
    "a note on an exception": """
error = ValueError(canary)
error.add_note(canary)
raise error
""",
    "an exception in a thread": """
import threading
def fail():
    raise ValueError(canary)
thread = threading.Thread(target=fail, name=canary)
thread.start()
thread.join()
""",
    "an exception in a finaliser": """
class Fails:
    def __del__(self):
        raise ValueError(canary)
fails = Fails()
del fails
""",
    "a warning": "import warnings; warnings.warn(canary, stacklevel=1)",
    "the arguments of a library's record": "logging.getLogger('redis').error('%s', canary)",
    "a library's message": "logging.getLogger('sqlalchemy.engine').error(f'params {canary}')",
    "a library's exception": """
try:
    raise OSError(canary)
except OSError:
    logging.getLogger('websockets').exception(canary)
""",
    "a record that cannot be formatted": "logging.getLogger('uvicorn.error').error('%d', canary)",
    "an access log": "logging.getLogger('uvicorn.access').info('%s', canary)",
    "extra fields of a record": "logging.getLogger('x').error('x', extra={'told': canary})",
    "a task that fails unseen": """
import asyncio
async def fail():
    raise ValueError(canary)
async def main():
    asyncio.get_running_loop().set_exception_handler(on_loop_error(log))
    task = asyncio.create_task(fail(), name=canary)
    await asyncio.sleep(0)
    del task
    await asyncio.sleep(0)
asyncio.run(main())
""",
    "a value of our own event": "log.say(Event.READY, port=canary, told=canary)",
}
"""From a sentence to code that tries to print the canary."""

HEAD = """
import logging
from chat.log import Event, on_loop_error, start
log = start()
canary = "-".join(["heron", "4417"])
"""


@pytest.mark.parametrize("way", LEAKS)
def test_no_way_to_fail_shows_what_was_choked_on(way: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", HEAD + LEAKS[way]], capture_output=True, text=True, timeout=60, check=False
    )
    assert CANARY not in told.stdout + told.stderr
    assert told.stdout == ""
    assert "level=" in told.stderr or way == "an access log"
    assert "Traceback" not in told.stderr


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    kept = (root.handlers[:], root.level, sys.excepthook, sys.unraisablehook, warnings.showwarning)
    yield io.StringIO()
    root.handlers[:], root.level, sys.excepthook, sys.unraisablehook, warnings.showwarning = kept
    logging.getLogger("uvicorn.access").disabled = False
    logging.raiseExceptions = True


def test_an_event_is_one_line_with_its_numbers(stream: io.StringIO) -> None:
    Log(stream).say(Event.READY, port=8642, count=2)
    assert stream.getvalue() == "level=info event=ready port=8642 count=2\n"


def test_a_crash_tells_its_types_and_its_place(stream: io.StringIO) -> None:
    def inner() -> None:
        raise OSError(CANARY)

    def outer() -> None:
        try:
            inner()
        except OSError as error:
            raise LookupError(CANARY) from error

    with pytest.raises(LookupError) as caught:
        outer()
    assert kind(caught.value) == "LookupError,OSError"
    assert ":outer:" in place(caught.value)
    Log(stream).crashed(caught.value)
    assert stream.getvalue().startswith("level=error event=crashed ")
    assert CANARY not in stream.getvalue()


def test_a_known_constant_message_of_a_library_is_let_through(stream: io.StringIO) -> None:
    start(stream)
    logging.getLogger("uvicorn.error").warning("Application startup failed. Exiting.")
    assert 'message="Application startup failed. Exiting."' in stream.getvalue()


def test_uvicorn_does_not_tell_who_connects(stream: io.StringIO) -> None:
    start(stream)
    logging.getLogger("uvicorn.error").info('%s - "WebSocket %s" [accepted]', "192.0.2.7:1", f"/?{CANARY}")
    logging.getLogger("uvicorn.access").info('%s - "GET %s"', "192.0.2.7:1", f"/?{CANARY}")
    assert stream.getvalue() == ""


def test_a_broken_log_stops_nobody() -> None:
    closed = io.StringIO()
    closed.close()
    Log(closed).say(Event.READY)


async def test_a_loop_error_without_an_exception_is_still_told(stream: io.StringIO) -> None:
    on_loop_error(Log(stream))(asyncio.get_running_loop(), {"message": CANARY})
    assert stream.getvalue() == "level=warning event=crashed\n"
