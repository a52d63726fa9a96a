"""What the page of the wire contract says of every frame that a server sends, written from the page alone.

A field may be added to a frame; none that stands here may be missing, and none may be of another kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Check = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _count(value: Any) -> bool:
    return _whole(value) and value >= 0


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _either(*checks: Check) -> Check:
    return lambda value: any(check(value) for check in checks)


def _none(value: Any) -> bool:
    return value is None


def _one_of(*values: Any) -> Check:
    return lambda value: value in values


def _list(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(check(one) for one in value)


def _map(check: Check) -> Check:
    return lambda value: isinstance(value, dict) and all(_text(k) and check(v) for k, v in value.items())


def _object(**fields: Check) -> Check:
    return lambda value: (
        isinstance(value, dict)
        and all(name in value and check(value[name]) for name, check in fields.items())
    )


_LINE = _object(name=_text, number=_text, href=_text)
_LINES: Check = lambda value: bool(value) and _list(_LINE)(value)  # noqa: E731  # one entry of a table of checks
_RESUMED = _object(epoch=_text, top=_count, accepted=_count, recovered=_flag)
_ROLE = _one_of("seeker", "supporter", "lead", "on_call", "system")
_SEVERITY = _one_of("notice", "concern", "crisis")
_OPTIONAL = _either(_none, _text)
_WELCOME: Mapping[str, Check] = {
    "v": _one_of(1),
    "open": _flag,
    "limits": lambda value: isinstance(value, dict) and value != {},
    "lines": _LINES,
}

_ENVELOPE: Mapping[str, Check] = {
    "conversation": _text,
    "agreed": _flag,
    "unread": _flag,
    "policy": _one_of("consent", "two_staff"),
    "opened": _list(_object(who=_ROLE, name=_text, at=_number, together=_flag)),
    "asked": _list(_text),
}
_BOTH: Mapping[str, Mapping[str, Check]] = {
    "ping": {"epoch": _OPTIONAL, "top": _either(_none, _count)},
    "refused": {
        "code": _text,
        "detail": lambda value: _text(value) and " " in value and value.endswith("."),
        "retry_after": _either(_none, _number),
        "re": _OPTIONAL,
        "ref": _OPTIONAL,
        "n": _either(_none, _whole),
    },
    "ack": {"n": _count},
    "said": {
        "conversation": _text,
        "epoch": _text,
        "offset": _count,
        "from": _ROLE,
        "author": _text,
        "n": _count,
        "text": _text,
        "at": _number,
    },
    "got": {"author": _text, "n": _count},
    "typing": {"on": _flag},
    "ended": {"by": _ROLE, "reason": _text, "receipt": lambda value: isinstance(value, str)},
    "presence": {"who": _ROLE, "is": _one_of("here", "away", "gone")},
    "done": {"re": _text},
}
SEEKER: Mapping[str, Mapping[str, Check]] = {
    **_BOTH,
    "welcome": {
        **_WELCOME,
        "ticket": _text,
        "state": _one_of("idle", "waiting", "live", "ended"),
        "conversation": _OPTIONAL,
        "resumed": _either(_none, _RESUMED),
    },
    "waiting": {
        "place": lambda value: _whole(value) and value >= 1,
        "wait": _object(low=_count, high=_count),
    },
    "left": {},
    "paired": {"conversation": _text, "alias": _text, "trained": _one_of(True)},
    "crisis": {"lines": _LINES},
    "envelope": _ENVELOPE,
}
TEAM: Mapping[str, Mapping[str, Check]] = {
    **_BOTH,
    "welcome": {
        **_WELCOME,
        "ticket": lambda value: isinstance(value, str),
        "state": _one_of("off", "ready", "paused"),
        "conversations": _map(lambda value: isinstance(value, dict)),
        "resumed": _either(_none, _map(_RESUMED)),
    },
    "paired": {"conversation": _text},
    "offer": {
        "offer": _text,
        "topic": _OPTIONAL,
        "language": _OPTIONAL,
        "mood": _either(_none, _one_of(1, 2, 3, 4, 5)),
        "waited": _number,
        "urgent": _flag,
        "lapses_at": _number,
    },
    "lapsed": {"offer": _text},
    "desk": {"open": _flag, "paused": _flag, "capacity": _count},
    "finding": {
        "conversation": _text,
        "category": _text,
        "severity": _SEVERITY,
        "why": _text,
        "prompts": _list(_text),
    },
    "board": {"open": _flag, "waiting": _count},
    "alert": {
        "alert": _text,
        "conversation": _OPTIONAL,
        "category": _text,
        "severity": _SEVERITY,
        "state": _one_of("open", "acknowledged", "resolved", "stood_down"),
        "rung": _count,
        "since": _number,
        "next_at": _either(_none, _number),
    },
    "observing": {"conversation": _text, "on": _flag},
    "envelope": _ENVELOPE,
    "contents": {
        "conversation": _text,
        "where": lambda value: isinstance(value, str),
        "reach": lambda value: isinstance(value, str),
    },
    "debrief": {"conversation": _OPTIONAL},
}


def faults(frame: Mapping[str, Any], side: Mapping[str, Mapping[str, Check]]) -> list[str]:
    """What of this frame is not as the page says; an empty list when all of it is."""
    told = side.get(str(frame.get("type")))
    if told is None:
        return [f"unknown frame {frame.get('type')}"]
    return [
        f"{frame['type']}.{name}" for name, good in told.items() if name not in frame or not good(frame[name])
    ]


def hold(frames: Iterable[Mapping[str, Any]], side: str) -> None:
    """Holds every frame to the page of the contract."""
    table = SEEKER if side == "seeker" else TEAM
    wrong = sorted({fault for frame in frames for fault in faults(frame, table)})
    assert wrong == [], f"not as the contract says: {wrong}"
