"""Real servers that the tests share. How each is started stands in tests/support."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack

import pytest
import pytest_asyncio
from hypothesis import settings

from tests.support.demo import Demo, running_demo
from tests.support.postgres import Postgres, running_postgres
from tests.support.process import running_house
from tests.support.redises import Cluster, Watched, started
from tests.support.stage import Stage
from tests.support.valkey import Valkey

# How long an example takes says something about the machine, and nothing about the code.
settings.register_profile("warmline", deadline=None)
settings.load_profile("warmline")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--schedules", type=int, default=2_000, help="How many schedules of faults the simulation runs."
    )


@pytest.fixture(scope="session")
def shared_valkey() -> Iterator[Valkey]:
    """One server for the whole run. Tests take `valkey`, which hands it over empty."""
    with Valkey() as server:
        yield server


@pytest.fixture
def valkey(shared_valkey: Valkey) -> Valkey:
    """The shared server, running and empty. A test that stops or kills one takes `private_valkey`."""
    shared_valkey.start()
    shared_valkey.flush()
    return shared_valkey


@pytest.fixture(scope="session")
def shared_cluster() -> Iterator[Cluster]:
    """A Cluster of three masters for the whole run."""
    with started() as start:
        yield Cluster(start).settle()


@pytest.fixture(scope="session")
def shared_watched() -> Iterator[Watched]:
    """A master with a replica and a Sentinel for the whole run."""
    with started() as start:
        yield Watched(start).settle()


@pytest.fixture(params=["one", "cluster", "sentinel"])
def where(request: pytest.FixtureRequest) -> str:
    """The address of an empty Redis, in each form in which it may be given.

    A test that looks into the server itself takes `valkey`, and this with `ALONE`.
    """
    if request.param == "one":
        server: Valkey | Cluster | Watched = request.getfixturevalue("valkey")
    else:
        name = "shared_cluster" if request.param == "cluster" else "shared_watched"
        server = request.getfixturevalue(name)
    server.flush()
    return server.url


@pytest.fixture
def private_valkey() -> Iterator[Callable[[], Valkey]]:
    """Starts servers that belong to this test alone."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Valkey())


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the whole run. Tests take a fresh database of it with `postgres.database()`."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def demo(request: pytest.FixtureRequest) -> Iterator[Demo]:
    """One running demo for the whole run. Its offers lapse soon and its waiting room is small.

    For some stories also its team at two processes, on a Cluster and on what a Sentinel watches.
    """
    settings = {"offer_seconds": "6", "queue_capacity": "6", "languages": '["en", "de"]'}
    where = getattr(request, "param", "one")
    if where == "one":
        with running_demo(**settings) as running:
            yield running
        return
    servers = request.getfixturevalue("shared_cluster" if where == "cluster" else "shared_watched")
    servers.flush()
    shared = request.getfixturevalue("shared_valkey")
    with running_house(shared, processes=2, redis_url=servers.url, **settings) as running:
        yield running


@pytest.fixture(scope="session")
def closed_demo() -> Iterator[Demo]:
    """A demo outside its opening hours, which are one minute of a day that is neither today nor next."""
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(dt.datetime.now(dt.UTC).weekday() + 3) % 7]
    with running_demo(hours=f'{{{day} = ["00:00-00:01"]}}') as running:
        yield running


@pytest_asyncio.fixture
async def stage(demo: Demo) -> AsyncIterator[Stage]:
    """The demo with nobody on it. What its server sent is held to the contract in the end."""
    stage = Stage(demo)
    try:
        yield stage
    finally:
        await stage.clear()
