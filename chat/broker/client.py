"""The client for the waiting room: the Redis library's own, for whatever form the address has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.sentinel import Sentinel
from redis.exceptions import RedisClusterException

from chat.broker.address import Address, Node, parse

MOST_CONNECTIONS: Final = 64
PATIENCE: Final = 1.0
"""Seconds for a connection to be made: less than the waiting room gives a command in all."""

Client = Redis | RedisCluster
Near = Callable[[str], Awaitable[Redis]]
"""A new client of the one server that carries a key or a channel, which the caller closes."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The client, and where to listen."""

    client: Client
    near: Near
    beside: tuple[Redis, ...] = ()
    """Those of the Sentinels."""

    async def aclose(self) -> None:
        for one in (self.client, *self.beside):
            await one.aclose()


def connect(url: str) -> Reached:
    """Nothing is connected yet. Raises `BadAddress`."""
    address = parse(url)
    match address.kind:
        case "one":
            one = partial(_one, address.nodes[0])
            return Reached(one(max_connections=MOST_CONNECTIONS), _always(one))
        case "sentinel":
            watching = _watching(address)
            master = partial(watching.master_for, address.service)
            return Reached(
                master(max_connections=MOST_CONNECTIONS), _always(master), tuple(watching.sentinels)
            )
        case "cluster":
            cluster = RedisCluster(
                startup_nodes=[ClusterNode(node.host, node.port) for node in address.nodes],
                max_connections=MOST_CONNECTIONS,
                **_greeting(address.master),
            )
            return Reached(cluster, partial(_carrier, cluster, address.master))


def _greeting(node: Node) -> dict[str, Any]:
    tls = {
        "ssl_ca_certs": node.ca or None,
        "ssl_certfile": node.certificate or None,
        "ssl_keyfile": node.key or None,
    }
    return {
        "username": node.user or None,
        "password": node.password or None,
        "ssl": node.tls,
        "socket_connect_timeout": PATIENCE,
        **(tls if node.tls else {}),  # without TLS there is nobody in the library who takes them
    }


def _one(node: Node, **options: Any) -> Redis:
    if node.path:
        given = _greeting(node) | {"unix_socket_path": node.path, "ssl": False}
    else:
        given = _greeting(node) | {"host": node.host, "port": node.port}
    return Redis(db=node.database, **given, **options)


def _watching(address: Address) -> Any:
    return Sentinel(  # type: ignore[no-untyped-call]  # the library's
        [(node.host, node.port) for node in address.nodes],
        sentinel_kwargs={**_greeting(address.nodes[0]), "socket_timeout": PATIENCE},
        db=address.master.database,
        **_greeting(address.master),
    )


def _always(make: Callable[[], Redis]) -> Near:
    async def near(_: str) -> Redis:
        return make()

    return near


async def _carrier(cluster: RedisCluster, master: Node, key: str) -> Redis:
    await cluster.initialize()
    node = cluster.get_node_from_key(key)
    if node is None:
        raise RedisClusterException("nobody carries it")
    return _one(master.at(str(node.host), int(node.port)))
