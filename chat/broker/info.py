"""What Redis tells of itself with INFO."""

from __future__ import annotations

from collections.abc import Mapping


def read(told: bytes) -> dict[str, str]:
    """From each name to its value, of any sections."""
    return dict(row.split(":", 1) for row in told.decode(errors="replace").splitlines() if ":" in row)


def memory_used(info: Mapping[str, str]) -> float:
    """Which share of the memory that it may take a server uses for data; 0.0 where it has no limit.

    What it holds back for replicas and other buffers does not count against its limit, by its own rule for
    when it is full.
    """
    limit = _number(info, "maxmemory")
    used = _number(info, "used_memory") - _number(info, "mem_not_counted_for_evict")
    return max(0, used) / limit if limit else 0.0


def _number(info: Mapping[str, str], name: str) -> int:
    told = info.get(name, "0")
    return int(told) if told.isascii() and told.isdecimal() else 0
