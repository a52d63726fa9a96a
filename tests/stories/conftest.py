"""Which stories are told on each form of Redis: one server, a Cluster, and what a Sentinel watches."""

from __future__ import annotations

from typing import Final

import pytest

EVERYWHERE: Final = frozenset({"test_talking", "test_returning", "test_crisis"})
"""Where there are several servers of Redis, the people come to two processes in turn."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.rpartition(".")[2] in EVERYWHERE and "demo" in metafunc.fixturenames:
        metafunc.parametrize("demo", ["one", "cluster", "sentinel"], indirect=True, scope="session")
