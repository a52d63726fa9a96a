"""Several real Valkeys for tests: a Cluster of three masters, and a master that Sentinels watch."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import pytest
import redis
from redis.crc import key_slot

from tests.support.demo import free_port
from tests.support.doors import Doors
from tests.support.servers import certified
from tests.support.valkey import PATIENCE, SETTINGS, binary

ALONE: Final = pytest.mark.parametrize("where", ["one"], indirect=True)
"""For tests that look into the one server, or end it."""
SERVICE: Final = "warmline"
_PASSWORD: Final = "a password of servers"
_SLOTS: Final = 16384
_LONG: Final = 600_000
"""Milliseconds for which a server may be silent that nobody is to take for dead."""


class Node:
    """One server on a loopback port. Others know it by the port `open`: its own, or that of its door."""

    def __init__(
        self, folder: Path, extra: str, *, sentinel: bool = False, doors: Doors | None = None
    ) -> None:
        self.port = free_port()
        self.open = self.port if doors is None else doors.open(self.port)
        self._folder = folder / str(self.port)
        self._folder.mkdir()
        own = f'port {self.port}\nbind 127.0.0.1\ndir "{self._folder}"\n'
        known = f"cluster-announce-port {self.open}\nreplica-announce-port {self.open}\n"
        settings = extra if sentinel else SETTINGS.replace("port 0\n", "") + extra + known
        (self._folder / "conf").write_text(own + settings)
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [binary(), str(self._folder / "conf"), *(["--sentinel"] if sentinel else [])],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.client = redis.Redis(port=self.port, password=None if sentinel else _PASSWORD)
        until(self._answers, (self._folder / "log").read_text)

    def _answers(self) -> bool:
        with suppress(redis.ConnectionError, redis.exceptions.BusyLoadingError):
            return bool(self.client.ping())
        return False

    def ask(self, *command: str | int | bytes) -> Any:
        return self.client.execute_command(*command)  # type: ignore[no-untyped-call]  # the library's

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)
        self.client.close()


def until(found: Callable[[], Any], said: Callable[[], str] = lambda: "") -> None:
    """Waits for servers that can only be asked again."""
    deadline = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < deadline, said()
        time.sleep(0.02)


class Cluster:
    """Three masters, each with a third of the slots and a replica."""

    def __init__(self, start: Callable[..., Node]) -> None:
        extra = (
            "cluster-enabled yes\ncluster-node-timeout 1000\ncluster-require-full-coverage no\n"
            f'requirepass "{_PASSWORD}"\nmasterauth "{_PASSWORD}"\n'
        )
        ports = [free_port() for _ in range(6)]
        self.nodes = [start(f"{extra}cluster-port {port}\n") for port in ports]
        first, self.masters, replicas = self.nodes[0], self.nodes[:3], self.nodes[3:]
        for number, node in enumerate(self.masters):
            begin, end = number * _SLOTS // 3, (number + 1) * _SLOTS // 3 - 1
            node.ask("CLUSTER", "ADDSLOTSRANGE", begin, end)
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for node, port in zip(self.nodes[1:], ports[1:], strict=True):
            first.ask("CLUSTER", "MEET", "127.0.0.1", node.open, port)
        until(lambda: all(self._knows(node) for node in self.nodes))
        for master, replica in zip(self.masters, replicas, strict=True):
            until(partial(_follows, replica, master.ask("CLUSTER", "MYID")))
        until(lambda: all(b"master_link_status:up" in _info(node) for node in replicas))
        until(lambda: all(b"cluster_state:ok" in _cluster(node) for node in self.nodes))

    @property
    def url(self) -> str:
        return f"redis+cluster://:{_PASSWORD.replace(' ', '%20')}@" + ",".join(
            f"127.0.0.1:{node.open}" for node in self.masters
        )

    def settle(self) -> Self:
        """From here on no replica takes the place of a master that is only slow, on a busy machine."""
        for node in self.nodes:
            node.ask("CONFIG", "SET", "cluster-node-timeout", _LONG)
        return self

    def flush(self) -> None:
        """Empties the masters; their scripts are forgotten too."""
        for node in self.masters:
            node.client.flushall()
            node.client.script_flush()

    def move(self, slot: int, source: Node, target: Node) -> None:
        """Moves an empty or full slot from one master to another, as an operator does."""
        ids = {node: node.ask("CLUSTER", "MYID") for node in (source, target)}
        target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source])
        source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
        while names := source.ask("CLUSTER", "GETKEYSINSLOT", slot, 100):
            source.ask("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "AUTH", _PASSWORD, "KEYS", *names)
        for node in (target, source):
            node.ask("CLUSTER", "SETSLOT", slot, "NODE", ids[target])

    def _knows(self, node: Node) -> bool:
        told: bytes = _cluster(node)
        return b"cluster_known_nodes:6" in told and b"cluster_slots_assigned:16384" in told

    def carrier(self, key: str) -> Node:
        """The master that carries a key's slot from the start."""
        return self.masters[key_slot(key.encode()) * 3 // _SLOTS]


def _follows(replica: Node, name: bytes) -> bool:
    with suppress(redis.ResponseError):
        return bool(replica.ask("CLUSTER", "REPLICATE", name))
    return False


def _info(node: Node) -> bytes:
    told = node.ask("INFO", "replication")
    return told if isinstance(told, bytes) else "\n".join(f"{k}:{v}" for k, v in told.items()).encode()


def _cluster(node: Node) -> bytes:
    told = node.ask("CLUSTER", "INFO")
    return told if isinstance(told, bytes) else "\n".join(f"{k}:{v}" for k, v in told.items()).encode()


class Alone:
    """One server that has a password."""

    def __init__(self, start: Callable[..., Node]) -> None:
        self.master = start(f'requirepass "{_PASSWORD}"\n')

    @property
    def url(self) -> str:
        return f"redis://:{_PASSWORD.replace(' ', '%20')}@127.0.0.1:{self.master.open}"


class Watched:
    """A master and its replica, and a Sentinel that puts the one in the place of the other."""

    def __init__(self, start: Callable[..., Node]) -> None:
        extra = f'requirepass "{_PASSWORD}"\nmasterauth "{_PASSWORD}"\n'
        self.master = start(extra)
        self.replica = start(f"{extra}replicaof 127.0.0.1 {self.master.open}\n")
        until(lambda: b"master_link_status:up" in _info(self.replica))
        self.sentinel = start(
            f"sentinel monitor {SERVICE} 127.0.0.1 {self.master.open} 1\n"
            f'sentinel auth-pass {SERVICE} "{_PASSWORD}"\n'
            f"sentinel down-after-milliseconds {SERVICE} 500\nsentinel failover-timeout {SERVICE} 2000\n",
            sentinel=True,
        )
        until(lambda: self.sentinel.ask("SENTINEL", "REPLICAS", SERVICE))

    @property
    def url(self) -> str:
        password = _PASSWORD.replace(" ", "%20")
        return f"redis+sentinel://:{password}@127.0.0.1:{self.sentinel.open}/{SERVICE}"

    def settle(self) -> Self:
        """As for a Cluster."""
        self.sentinel.ask("SENTINEL", "SET", SERVICE, "down-after-milliseconds", _LONG)
        return self

    def flush(self) -> None:
        self.master.client.flushall()


_Redises = TypeVar("_Redises", Alone, Cluster, Watched)


@contextmanager
def over_tls(kind: Callable[[Callable[..., Node]], _Redises], folder: Path) -> Iterator[tuple[_Redises, str]]:
    """Servers of this kind that ask for a certificate and show one, and their address."""
    server, _ = certified(folder, "127.0.0.1")
    pem = folder / "127.0.0.1.pem"
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_verify_locations(pem)
    doors = Doors(server)
    try:
        with started(doors) as start:
            made = kind(start)
            yield made, f"{made.url.replace('redis', 'rediss', 1)}?ca={pem}&cert={pem}"
    finally:
        doors.close()
    assert doors.greeted, "nobody spoke TLS"


@contextmanager
def started(doors: Doors | None = None) -> Iterator[Callable[..., Node]]:
    """Starts nodes, behind doors where there are some, and ends them with the block."""
    folder = Path(tempfile.mkdtemp(prefix="wl-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)

        def start(extra: str, *, sentinel: bool = False) -> Node:
            node = Node(folder, extra, sentinel=sentinel, doors=doors)
            stack.callback(node.kill)
            return node

        yield start
