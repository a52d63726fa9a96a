"""Real servers that the tests share. How each is started stands in tests/support."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.support.postgres import Postgres, running_postgres
from tests.support.valkey import Valkey


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
