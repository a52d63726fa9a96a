"""Looks for a mark in everything that an installation leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis

from tests.support.valkey import Valkey


def files_with(mark: bytes, *folders: Path) -> list[str]:
    """The names of all files under the folders that hold the mark: databases, journals, logs, spools."""
    return [
        str(path)
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and mark in path.read_bytes()
    ]


def values(valkey: Valkey) -> dict[bytes, list[bytes]]:
    """Everything that Redis holds: from each key to all its parts."""
    with redis.Redis(unix_socket_path=str(valkey.socket)) as client:
        return {key: list(_parts(client, key)) for key in client.scan_iter(count=1000)}


def redis_with(mark: bytes, valkey: Valkey) -> list[str]:
    """Where Redis has the mark: keys, values, its slow log, its memory where this system shows it."""
    found = [
        key.decode(errors="replace")
        for key, parts in values(valkey).items()
        if mark in key or any(mark in part for part in parts)
    ]
    with redis.Redis(unix_socket_path=str(valkey.socket)) as client:
        if mark in repr(client.slowlog_get(1000)).encode():
            found.append("slow log")
    if mark in _memory(valkey):
        found.append("memory")
    return found


def _parts(client: Any, key: bytes) -> Iterator[bytes]:
    match client.type(key):
        case b"hash":
            for name, value in client.hgetall(key).items():
                yield from (name, value)
        case b"stream":
            for _, fields in client.xrange(key):
                yield from fields.values()
        case b"zset":
            yield from client.zrange(key, 0, -1)
        case b"set":
            yield from client.smembers(key)
        case b"list":
            yield from client.lrange(key, 0, -1)
        case b"string":
            yield client.get(key) or b""
        case b"none":
            """It ended between the two looks, and nothing is left of it."""
        case other:
            raise AssertionError(f"nobody looks into a {other!r}")


def _memory(valkey: Valkey) -> bytes:
    """The writable memory of the Redis process; empty where the system does not show it."""
    maps, memory = Path(f"/proc/{valkey.pid}/maps"), Path(f"/proc/{valkey.pid}/mem")
    if not maps.exists():
        return b""
    seen = bytearray()
    with memory.open("rb", buffering=0) as opened:
        for line in maps.read_text().splitlines():
            span, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            opened.seek(start)
            try:
                seen += opened.read(end - start)
            except OSError:
                continue  # a span that the system keeps for itself
    return bytes(seen)
