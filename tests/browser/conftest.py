"""A real Chromium with visitors in it, whose every page is watched for what it must not do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from chat.protocol import Role
from tests.support.demo import Demo, running_demo
from tests.support.postgres import Postgres
from tests.support.process import Installation, installed
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


@contextmanager
def aside(context: AbstractAsyncContextManager[Installation], *names: str) -> Iterator[Mortal]:
    """An installation that is looked after in a thread: the browser's loop runs in this one.

    The people named are signed in.
    """
    with ThreadPoolExecutor(1) as thread:
        runner = thread.submit(asyncio.Runner).result()
        made = thread.submit(lambda: runner.run(context.__aenter__())).result()
        server = made.servers[0]
        try:
            signed_in = [thread.submit(runner.run, made.sign_in(name)) for name in names]
            cookies = dict(zip(names, (one.result() for one in signed_in), strict=True))
            demo = Demo(made.url, {}, server.log, cookies)
            yield Mortal(made, demo, lambda: thread.submit(lambda: runner.run(server.ready())).result())
        finally:
            thread.submit(lambda: runner.run(context.__aexit__(None, None, None))).result()
            thread.submit(runner.close).result()


@pytest.fixture
def mortal(private_valkey: Callable[[], Valkey], tmp_path: Path) -> Iterator[Mortal]:
    """One process with a supporter."""
    with aside(installed(tmp_path, private_valkey(), people={"sam": ["supporter"]}), "sam") as made:
        yield made


@pytest.fixture
def mortal_visitors(browser: Browser, mortal: Mortal) -> Iterator[Visitors]:
    """People with browsers at an installation whose server is killed."""
    with visiting(browser, mortal.demo) as people:
        yield people


@pytest.fixture
def on_postgres(
    browser: Browser, private_valkey: Callable[[], Valkey], postgres: Postgres, tmp_path: Path
) -> Iterator[Visitors]:
    """People with browsers at an installation with on-call staff, whose database a test freezes."""
    people: dict[str, list[Role]] = {"omar": ["on_call"], "lena": ["lead", "on_call"]}
    with (
        postgres.database() as url,
        aside(installed(tmp_path, private_valkey(), people=people, database_url=url), *people) as made,
        visiting(browser, made.demo, made.installation.defects) as visitors,
    ):
        yield visitors
