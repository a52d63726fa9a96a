"""Whether a running Redis keeps what Warmline promises: nothing on a disk, nothing in a log, nothing evicted.

`look` asks, `judged` judges what was seen. What a host of Redis does not let us see is said, and not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from chat.broker.address import Node
from chat.broker.info import memory_used, read
from chat.broker.line import Line, Refusal

OLDEST: Final = (7, 0)
"""The oldest Redis whose commands are used."""
CROWDED: Final = 0.7
"""From which share of its memory in use a Redis is warned of."""
_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
_COMMANDS: Final = (
    ("del", "k"),
    ("get", "k"),
    ("hset", "k", "f", "v"),
    ("hmget", "k", "f"),
    ("hdel", "k", "f"),
    ("hgetall", "k"),
    ("hvals", "k"),
    ("lpush", "k", "v"),
    ("ltrim", "k", "0", "1"),
    ("lrange", "k", "0", "1"),
    ("pexpire", "k", "1"),
    ("publish", "c", "m"),
    ("sadd", "k", "m"),
    ("set", "k", "v"),
    ("smembers", "k"),
    ("spublish", "c", "m"),
    ("srem", "k", "m"),
    ("ssubscribe", "c"),
    ("subscribe", "c"),
    ("time",),
    ("unlink", "k"),
    ("xadd", "k", "*", "f", "v"),
    ("xrange", "k", "-", "+"),
    ("zadd", "k", "1", "m"),
    ("zrange", "k", "0", "1"),
    ("zrem", "k", "m"),
    ("zscore", "k", "m"),
)
"""Commands that Warmline's scripts and lines use, each with arguments of its form."""
_RIGHTS: Final = b"""
local missing = {}
local function is_free(command)
  return redis.acl_check_cmd(unpack(command))
end
for _, command in ipairs(cjson.decode(ARGV[1])) do
  for at, word in ipairs(command) do
    if word == 'k' or word == 'c' then command[at] = '{warmline}' end
  end
  if not is_free(command) then missing[#missing + 1] = command[1] end
end
return missing
"""


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is not as it should be. `what` says it, with what to change; `breaks` is a promise."""

    name: str
    what: str
    breaks: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What a Redis showed. `config` is None where it may not be read, `missing` names refused commands."""

    info: Mapping[str, str]
    config: Mapping[str, str] | None
    missing: tuple[str, ...] = ()
    on_memory: bool | None = None
    """Whether its folder lies in memory; None where that cannot be seen from this machine."""
    runs_scripts: bool = True


_MUST: Final = (
    ("save", "", "writes snapshots to disk", 'save ""'),
    ("appendonly", "no", "writes a journal to disk", "appendonly no"),
    (
        "slowlog-log-slower-than",
        "-1",
        "keeps a slow log with what was said to it",
        "slowlog-log-slower-than -1",
    ),
    ("crash-log-enabled", "no", "would write its memory into its log in a crash", "crash-log-enabled no"),
    ("rdb-del-sync-files", "yes", "keeps what a replica was sent as a file", "rdb-del-sync-files yes"),
    (
        "maxmemory-policy",
        "noeviction",
        "throws away what was accepted when full",
        "maxmemory-policy noeviction",
    ),
)
"""Settings that a promise stands on: name, the only good value, what another one does, what to set."""
_SHOULD: Final = (
    ("latency-monitor-threshold", "0", "keeps a record of slow moments", "latency-monitor-threshold 0"),
    ("enable-debug-command", "no", "can be told to show its memory", "enable-debug-command no"),
    ("notify-keyspace-events", "", "tells others which keys change", 'notify-keyspace-events ""'),
)
_NAMES: Final = (
    *(name for name, *_ in (*_MUST, *_SHOULD)),
    "repl-diskless-load",
    "maxmemory",
    "dir",
    "commandlog-request-larger-than",
    "commandlog-reply-larger-than",
)


def judged(seen: Seen) -> list[Flaw]:
    """Every flaw of a Redis that shows this, worst first; none means that it is as deploy/redis.conf says."""
    flaws = [*_version(seen.info), *_rights(seen)]
    if seen.config is None:
        flaws += _unseen(seen.info)
    else:
        flaws += _configured(seen.config)
        flaws += _commandlog(seen.config)
    if (used := memory_used(seen.info)) >= CROWDED:
        what = f"is {used:.0%} full; set: maxmemory, to more, before seekers find the waiting room full"
        flaws.append(Flaw("memory", what, breaks=False))
    if seen.on_memory is False:
        flaws.append(Flaw("dir", "is a folder on a disk; set: dir, to one in memory (tmpfs)", breaks=False))
    return sorted(flaws, key=lambda flaw: not flaw.breaks)


def _version(info: Mapping[str, str]) -> list[Flaw]:
    # Valkey calls itself Redis 7.2 here, which is true of the commands that it knows.
    version = info.get("redis_version", "0.0")
    if tuple(int(part) for part in version.split(".")[:2]) >= OLDEST:
        return []
    return [Flaw("version", f"is {version}; 7.0 is the oldest that will do", breaks=True)]


def _rights(seen: Seen) -> list[Flaw]:
    if seen.missing:
        grant = " ".join(f"+{name}" for name in seen.missing)
        return [Flaw("rights", f"refuses commands that are needed; grant: {grant}", breaks=True)]
    if not seen.runs_scripts:
        return [Flaw("rights", "lets no script run; grant: +eval +evalsha +script ~* &*", breaks=True)]
    return []


def _configured(config: Mapping[str, str]) -> list[Flaw]:
    flaws = [
        Flaw(name, f"{does}; set: {remedy}", breaks=breaks)
        for rules, breaks in ((_MUST, True), (_SHOULD, False))
        for name, good, does, remedy in rules
        if config.get(name, good) != good
    ]
    if config.get("repl-diskless-load", "swapdb") == "disabled":
        does = "lets a replica write what it is sent to disk; set: repl-diskless-load swapdb"
        flaws.append(Flaw("repl-diskless-load", does, breaks=True))
    if config.get("maxmemory", "1") == "0":
        does = "may take all memory of its machine; set: maxmemory, as the README of deploy/ says"
        flaws.append(Flaw("maxmemory", does, breaks=False))
    return flaws


def _commandlog(config: Mapping[str, str]) -> list[Flaw]:
    return [
        Flaw(name, f"keeps large commands with what was said in them; set: {name} -1", breaks=False)
        for name in ("commandlog-request-larger-than", "commandlog-reply-larger-than")
        if config.get(name, "-1") != "-1"
    ]


def _unseen(info: Mapping[str, str]) -> list[Flaw]:
    """A host that forbids CONFIG still shows a little of it in INFO."""
    flaws = []
    if info.get("aof_enabled", "0") != "0":
        flaws.append(Flaw("appendonly", "writes a journal to disk; have it switched off", breaks=True))
    if info.get("maxmemory_policy", "noeviction") != "noeviction":
        does = "throws away what was accepted when full; have it set to noeviction"
        flaws.append(Flaw("maxmemory-policy", does, breaks=True))
    hidden = (
        "cannot be seen, because CONFIG is forbidden; ask its host that these are as deploy/redis.conf says: "
    )
    return [*flaws, Flaw("settings", hidden + "save, slowlog, crash log, replicas on disk", breaks=False)]


def gathered(servers: Sequence[tuple[str, Sequence[Flaw]]]) -> list[Flaw]:
    """The flaws of several servers by their names, each once, with where it is; worst first.

    What all of them have is told without names.
    """
    where: dict[Flaw, list[str]] = {}
    for name, flaws in servers:
        for flaw in flaws:
            where.setdefault(flaw, []).append(name)
    told = [
        flaw if len(names) == len(servers) else replace(flaw, what=f"{flaw.what} (at: {', '.join(names)})")
        for flaw, names in where.items()
    ]
    return sorted(told, key=lambda flaw: not flaw.breaks)


async def look(line: Line, node: Node) -> Seen:
    """Asks the Redis at the other end of `line`, which is up and leads to `node`. Raises `Unavailable`.

    Nothing is changed and no key is touched: rights are asked for, not tried.
    """
    info: dict[str, str] = {}
    for section in (b"server", b"memory", b"persistence"):
        try:
            info |= read(await line.call(b"INFO", section))
        except Refusal:
            continue
    try:
        listed = [word.decode() for word in await line.call(b"CONFIG", b"GET", *_NAMES)]
        config = dict(zip(listed[::2], listed[1::2], strict=True)) or None
    except Refusal:
        config = None
    missing, runs = await _refused(line)
    return Seen(info, config, missing, _on_memory(node, (config or {}).get("dir")), runs)


async def _refused(line: Line) -> tuple[tuple[str, ...], bool]:
    words = ",".join("[" + ",".join(f'"{word}"' for word in command) + "]" for command in _COMMANDS)
    try:
        return tuple(word.decode() for word in await line.call(b"EVAL", _RIGHTS, 0, f"[{words}]")), True
    except Refusal as refusal:
        return (), "NOPERM" not in str(refusal)


def _on_memory(node: Node, folder: str | None) -> bool | None:
    """Only a server on this machine has a folder that can be looked at from here."""
    mounts = Path("/proc/self/mounts")
    if not folder or not node.path or not Path(folder).is_dir() or not mounts.exists():
        return None
    rows = [row.split() for row in mounts.read_text(encoding="utf-8", errors="replace").splitlines()]
    here = [(row[1], row[2]) for row in rows if Path(folder).is_relative_to(row[1])]
    return max(here, key=lambda one: len(one[0]), default=("", ""))[1] in _MEMORY
