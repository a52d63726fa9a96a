"""Where Redis is: one server, the master that Sentinels name, or the masters of a Cluster.

The address is written as a URL, with an `s` after `redis` for TLS:

    redis://[user:password@]host[:port][/database]
    unix:///path/of/socket
    redis+sentinel://[user:password@]host:port,host:port/service[/database]
    redis+cluster://[user:password@]host:port,host:port

Over TLS, `?ca=` may name a file with the certificates of those who may vouch for the servers, in the place of
the system's, and `&cert=` and `&key=` files by which the servers know this client.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field, replace
from typing import Final, Literal
from urllib.parse import parse_qs, unquote, urlsplit

Kind = Literal["one", "sentinel", "cluster"]
PORT: Final = 6379
SENTINEL_PORT: Final = 26379
FORMS: Final = "redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://"
_SCHEME: Final = re.compile(r"redis(?P<tls>s?)(\+(?P<kind>sentinel|cluster))?\Z")


_OPTIONS: Final = frozenset({"ca", "cert", "key"})
_SENTINEL_OPTIONS: Final = _OPTIONS | {"sentinel_password"}


class BadAddress(Exception):
    """What was given is no address of Redis. The message quotes nothing of it."""


@dataclass(frozen=True, slots=True, repr=False)
class Node:
    """One server, and how to greet it. Printing it shows nothing, because it holds a password."""

    host: str = ""
    port: int = PORT
    path: str = ""
    """Of a Unix socket, in the place of host and port."""
    user: str = ""
    password: str = ""
    database: int = 0
    tls: bool = False
    ca: str = ""
    certificate: str = ""
    key: str = ""

    def at(self, host: str, port: int) -> Node:
        """Another server that is greeted alike."""
        return replace(self, host=host, port=port, path="")

    def context(self) -> ssl.SSLContext | None:
        """How TLS is spoken there; None where it is not. Raises `OSError` for files that cannot be read."""
        if not self.tls:
            return None
        made = ssl.create_default_context(cafile=self.ca or None)
        if self.certificate:
            made.load_cert_chain(self.certificate, self.key or None)
        return made


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """`nodes` are the server itself, the Sentinels, or some servers of the Cluster."""

    kind: Kind
    nodes: tuple[Node, ...]
    master: Node = field(default_factory=Node)
    """How a master is greeted that Sentinels name."""
    service: str = ""


def parse(url: str) -> Address:
    """Raises `BadAddress`."""
    scheme, _, rest = url.partition("://")
    if scheme == "unix":
        return _unix(url)
    found = _SCHEME.fullmatch(scheme)
    if found is None or not rest:
        raise BadAddress(f"must begin with {FORMS}")
    kind: Kind = found["kind"] or "one"  # type: ignore[assignment]  # the pattern's own words
    rest, _, query = rest.partition("?")
    authority, _, tail = rest.partition("/")
    login, _, hosts = authority.rpartition("@")
    user, _, password = login.partition(":") if login else ("", "", "")
    options = _options(query, _SENTINEL_OPTIONS if kind == "sentinel" else _OPTIONS)
    parts = [part for part in tail.split("/") if part]
    service = ""
    if kind == "sentinel":
        if not parts:
            raise BadAddress("must end with the name of the service that the Sentinels watch")
        service = parts.pop(0)
    whole = Node(
        user=unquote(user),
        password=unquote(password),
        database=_number(parts.pop(0), "the database") if parts else 0,
        tls=bool(found["tls"]),
        ca=options.get("ca", ""),
        certificate=options.get("cert", ""),
        key=options.get("key", ""),
    )
    if not whole.tls and (whole.ca or whole.certificate or whole.key):
        raise BadAddress("names files of TLS, and does not begin with rediss")
    if whole.key and not whole.certificate:
        raise BadAddress("names a key without its certificate")
    if parts:
        raise BadAddress("has something after the number of the database")
    if kind == "cluster" and whole.database:
        raise BadAddress("a Cluster has one database, so none may be named")
    port = SENTINEL_PORT if kind == "sentinel" else PORT
    nodes = tuple(whole.at(*_host(one, port)) for one in hosts.split(","))
    if kind == "one" and len(nodes) > 1:
        raise BadAddress("names several servers; say whether they are redis+sentinel:// or redis+cluster://")
    if kind == "sentinel":
        # Sentinels have accounts of their own, and as a rule none.
        own = options.get("sentinel_password", "")
        nodes = tuple(replace(node, user="", password=own, database=0) for node in nodes)
    return Address(kind, nodes, whole, service)


def _options(query: str, known: frozenset[str]) -> dict[str, str]:
    given = parse_qs(query, keep_blank_values=True)
    if not given.keys() <= known or any(len(values) > 1 for values in given.values()):
        raise BadAddress(f"may have these options, each once: {', '.join(sorted(known))}")
    return {name: values[0] for name, values in given.items()}


def _unix(url: str) -> Address:
    parts = urlsplit(url)
    if not parts.path:
        raise BadAddress("names no path of a socket")
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return Address(
        "one",
        (
            Node(
                path=unquote(parts.path),
                user=unquote(parts.username or ""),
                password=unquote(parts.password or ""),
                database=_number(database, "the database"),
            ),
        ),
    )


def _host(text: str, port: int) -> tuple[str, int]:
    found = re.fullmatch(r"(\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<name>[^:\[\]]*))(:(?P<port>\d+))?", text)
    if found is None:
        raise BadAddress("has a host that is not written as name:port")
    given = _number(found["port"], "a port") if found["port"] else port
    if not 0 < given < 1 << 16:
        raise BadAddress("has a port that is none")
    return found["six"] or unquote(found["name"]) or "localhost", given


def _number(text: str, what: str) -> int:
    if not text.isascii() or not text.isdecimal():
        raise BadAddress(f"has {what} that is not a number")
    return int(text)
