"""A real Chromium with visitors in it, whose every page is watched for what it must not do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.demo import Demo, running_demo
from tests.support.process import installed
from tests.support.valkey import Valkey
from tests.support.visitors import Mortal, Visitors, launched, visiting


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a file; each visitor has a context of their own.

    No longer than that: while it runs, this thread has an event loop that no other test can use.
    """
    with launched() as running:
        yield running


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """A demo of the file's own: what other tests left open would stand on the staff's screens.

    Offers stay as long as people's do: a browser on a busy machine is no faster than a person.
    """
    with running_demo(languages='["en", "de"]') as running:
        yield running


@pytest.fixture
def visitors(browser: Browser, demo: Demo) -> Iterator[Visitors]:
    """People with browsers at the demo."""
    with visiting(browser, demo) as people:
        yield people


@pytest.fixture
def closed_visitors(browser: Browser, closed_demo: Demo) -> Iterator[Visitors]:
    """People with browsers at a demo outside its opening hours."""
    with visiting(browser, closed_demo) as people:
        yield people


@pytest.fixture
def mortal(private_valkey: Callable[[], Valkey], tmp_path: Path) -> Iterator[Mortal]:
    """One process with a supporter. It is looked after in a thread: the browser's loop runs in this one."""
    with ThreadPoolExecutor(1) as aside:
        runner = aside.submit(asyncio.Runner).result()
        context = installed(tmp_path, private_valkey(), people={"sam": ["supporter"]})
        made = aside.submit(lambda: runner.run(context.__aenter__())).result()
        server = made.servers[0]
        try:
            cookie = aside.submit(lambda: runner.run(made.sign_in("sam"))).result()
            demo = Demo(made.url, {}, server.log, {"sam": cookie})
            yield Mortal(made, demo, lambda: aside.submit(lambda: runner.run(server.ready())).result())
        finally:
            aside.submit(lambda: runner.run(context.__aexit__(None, None, None))).result()
            aside.submit(runner.close).result()


@pytest.fixture
def mortal_visitors(browser: Browser, mortal: Mortal) -> Iterator[Visitors]:
    """People with browsers at an installation whose server is killed."""
    with visiting(browser, mortal.demo) as people:
        yield people
