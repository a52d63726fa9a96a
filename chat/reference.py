"""The tables of this package's README, drawn from the code: frames, refusals, close codes, moves, Redis keys.

`python -m chat.reference` writes them anew; a test says when they are stale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Final

from msgspec import Struct

from chat import conversation, protocol
from chat.acts import ACTS
from chat.broker import SCRIPTS, keys
from chat.codes import CLOSE_REASONS, DETAILS, FINAL
from chat.protocol import Role, frame_type
from chat.roles import may

START: Final = "<!-- reference: written by `python -m chat.reference` -->"
END: Final = "<!-- end of the reference -->"

_ROLES: Final[tuple[Role, ...]] = ("supporter", "lead", "on_call", "coordinator")
_MINUTE: Final = 60_000


def markdown() -> str:
    """All tables, each under its heading."""
    parts = (
        ("How a conversation moves", f"```mermaid\n{conversation.diagram()}\n```"),
        ("Frames of clients, and who may send them", _table(_client_head(), _client_frames())),
        ("Frames of the server", _table(("frame", "fields"), _server_frames())),
        ("What is on record", _table(("way", "recorded as", "while the record is away"), _acts())),
        ("Refusals", _table(("code", "what a person reads"), _refusals())),
        ("Close codes", _table(("code", "name", "reason", "come back"), _closes())),
        ("Redis keys", _table(("key", "holds", "lives"), _keys())),
        ("Redis scripts", _table(("script", "what it does"), _scripts())),
    )
    return "\n\n".join(f"### {heading}\n\n{body}" for heading, body in parts)


def rewritten(text: str) -> str:
    """A README with the tables of today between its two marks."""
    before, _, rest = text.partition(START)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError("the README has no marks for the reference")
    return f"{before}{START}\n\n{markdown()}\n\n{END}{after}"


def _table(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    titles = tuple(head)
    lines = [titles, ("---",) * len(titles), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _client_head() -> tuple[str, ...]:
    return ("frame", "fields", "seeker", *(role.replace("_", "-") for role in _ROLES))


def _client_frames() -> Iterator[tuple[str, ...]]:
    seeker, team = (
        {frame_type(frame): frame for frame in protocol.clients()[side]} for side in ("seeker", "team")
    )
    for name in dict.fromkeys((*seeker, *team)):
        fields = dict.fromkeys((*_fields(seeker.get(name)), *_fields(team.get(name))))
        roles = (_mark(yes=name in team and may({role}, team[name])) for role in _ROLES)
        yield f"`{name}`", _code(fields), _mark(yes=name in seeker), *roles


def _server_frames() -> Iterator[tuple[str, ...]]:
    frames: dict[str, dict[str, None]] = {}
    for frame in protocol.AnyServerFrame.__args__:
        frames.setdefault(frame_type(frame), {}).update(dict.fromkeys(_fields(frame)))
    for name, fields in frames.items():
        yield f"`{name}`", _code(fields)


def _acts() -> Iterator[tuple[str, ...]]:
    for way, act in ACTS.items():
        yield f"`{way}`", f"`{act.action}` `{act.kind}`", "is recorded later" if act.waits else "is refused"


def _refusals() -> Iterator[tuple[str, ...]]:
    return ((f"`{code}`", sentence) for code, sentence in DETAILS.items())


def _closes() -> Iterator[tuple[str, ...]]:
    return (
        (str(int(code)), f"`{code.name.lower()}`", reason, "no" if code in FINAL else "yes")
        for code, reason in CLOSE_REASONS.items()
    )


def _keys() -> Iterator[tuple[str, ...]]:
    live, ended = _span(keys.LIVE_MS), _span(keys.ENDED_MS)
    named: tuple[tuple[str, Callable[..., str], str], ...] = (
        (keys.meta("C"), keys.meta, f"{live} after the last touch, {ended} after the end"),
        (keys.log("C"), keys.log, f"{live} after the last touch; gone with the end"),
        (keys.settle(keys.bucket("C")), keys.settle, f"{ended} after the last end"),
        (keys.team("P"), keys.team, f"{_span(keys.TEAM_MS)} after the last change"),
        (keys.channel(keys.bucket("C"), "N"), keys.channel, "a channel: nothing is kept"),
    )
    for name, told, lives in named:
        general = name.replace(keys.bucket("C"), "{bNN}").replace(":C:", ":<conversation>:")
        general = general.replace("t:P", "t:<person>").replace(":N", ":<process>")
        yield f"`{general}`", " ".join((told.__doc__ or "").split()), lives
    yield (
        f"`{keys.STAFF}`",
        "The channel on which alerts that changed are told.",
        "a channel: nothing is kept",
    )


def _scripts() -> Iterator[tuple[str, ...]]:
    for name in SCRIPTS:
        source = (files("chat.broker") / "lua" / f"{name}.lua").read_text("utf-8")
        head = source.partition("-- KEYS")[0]
        yield f"`{name}`", " ".join(line.removeprefix("--").strip() for line in head.splitlines())


def _fields(frame: type[Struct] | None) -> tuple[str, ...]:
    return frame.__struct_encode_fields__ if frame is not None else ()


def _code(fields: Iterable[str]) -> str:
    return " ".join(f"`{field}`" for field in fields)


def _mark(*, yes: bool) -> str:
    return "yes" if yes else ""


def _span(milliseconds: int) -> str:
    minutes = milliseconds // _MINUTE
    hours, rest = divmod(minutes, 60)
    return f"{minutes} minutes" if rest else f"{hours} hours"


if __name__ == "__main__":
    readme = Path(__file__).with_name("README.md")
    readme.write_text(rewritten(readme.read_text(encoding="utf-8")), encoding="utf-8")
