"""Every frame of the wire contract `warmline.1`, as msgspec structs.

One JSON object a frame; `type` tells which. Unknown types and unknown fields are an error, never ignored.
The JSON Schema and the TypeScript types are generated from this module. No struct shows its fields when
printed, because some of them are words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct, field

from chat.codes import DETAILS, Refusal

SUBPROTOCOL = "warmline.1"
VERSION = 1
MAX_FRAME = 16 * 1024
"""Bytes of the largest frame that is read."""
MAX_TEXT = 4_000
"""Characters of the longest message."""

Role = Literal["supporter", "lead", "on_call", "coordinator"]
"""What a signed-in person may be; a person may hold several."""
From = Literal["seeker", "supporter", "lead", "on_call", "system"]
"""Under which role something was said."""
State = Literal["idle", "waiting", "live", "ended", "off", "ready", "paused"]
Topic = Literal[
    "studies",
    "money",
    "home",
    "relationships",
    "loneliness",
    "mood",
    "body",
    "identity",
    "loss",
    "harm",
    "other",
]
TOPICS: tuple[Topic, ...] = Topic.__args__  # type: ignore[attr-defined]  # typing does not type __args__
Outcome = Literal["talked", "signposted", "handed_on", "left_early", "abusive", "practice", "none"]
OUTCOMES: tuple[Outcome, ...] = Outcome.__args__  # type: ignore[attr-defined]  # as above
Wish = Literal["someone_else", "no_mood_questions"]
Reason = Literal["abuse", "unsafe", "not_listening", "something_else"]
CallReason = Literal["crisis", "abuse", "advice", "break"]
Closing = Literal["confirmed", "in_contact", "passed_on", "no_contact", "false_alarm"]
Decision = Literal["following", "on_the_way", "services_called", "in_care"]
"""What keeps an alert open without a climb."""
Severity = Literal["notice", "concern", "crisis"]
Policy = Literal["consent", "two_staff"]
"""Who opens what a seeker shares under seal: staff with their consent, or also two staff together."""
DebriefChoice = Literal["break", "talk", "no"]

Ref = Annotated[str, Meta(min_length=1, max_length=64)]
Id = Annotated[str, Meta(min_length=1, max_length=64)]
Label = Annotated[str, Meta(min_length=1, max_length=16)]
Language = Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?\Z", max_length=12)]
Locale = Annotated[str, Meta(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z", max_length=64)]
"""A language tag as browsers name it, as in `zh-Hans-CN`."""
Count = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Position = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Face = Annotated[int, Meta(ge=1, le=5)]
Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]


class _Frame(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, tag_field="type", gc=False):
    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Resume(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where a client stands in one conversation."""

    epoch: Annotated[str, Meta(max_length=64)]
    offset: Position
    confirmed: Position = 0
    """The client's own highest `n` that the counterpart has shown."""
    shown: dict[Label, Position] = field(default_factory=dict)
    """From each author to the highest `n` that this device has shown."""


# --- what clients send ------------------------------------------------------------------------------------


class SeekerHello(_Frame, tag="hello", frozen=True, kw_only=True):
    """The first frame of a seeker."""

    v: int
    lang: Locale = "en"
    ticket: Annotated[str, Meta(max_length=1024)] | None = None
    resume: Resume | None = None


class TeamHello(_Frame, tag="hello", frozen=True, kw_only=True):
    """The first frame of a signed-in person."""

    v: int
    lang: Locale = "en"
    ticket: Annotated[str, Meta(max_length=1024)] | None = None
    resume: Annotated[dict[Id, Resume], Meta(max_length=16)] | None = None


class Pong(_Frame, tag="pong", frozen=True, kw_only=True):
    """The answer to a ping."""


class Say(_Frame, tag="say", frozen=True, kw_only=True):
    """A seeker's message: the author's own count, and the text."""

    n: Count
    text: Text
    ref: Ref | None = None


class Got(_Frame, tag="got", frozen=True, kw_only=True):
    """Shown on this device: the author's messages up to `n`."""

    author: Label
    n: Count


class Typing(_Frame, tag="typing", frozen=True, kw_only=True):
    on: bool


class End(_Frame, tag="end", frozen=True, kw_only=True):
    ref: Ref | None = None


class Join(_Frame, tag="join", frozen=True, kw_only=True):
    """A seeker enters the waiting room; everything about them is optional."""

    topic: Topic | None = None
    language: Language | None = None
    mood: Face | None = None
    wants: Annotated[list[Wish], Meta(max_length=4)] | None = None
    ref: Ref | None = None


class Leave(_Frame, tag="leave", frozen=True, kw_only=True):
    ref: Ref | None = None


class Help(_Frame, tag="help", frozen=True, kw_only=True):
    """I need urgent help."""

    ref: Ref | None = None


class Rate(_Frame, tag="rate", frozen=True, kw_only=True):
    helped: Face
    mood: Face
    ref: Ref | None = None


class Report(_Frame, tag="report", frozen=True, kw_only=True):
    reason: Reason
    ref: Ref | None = None


class Switch(_Frame, tag="switch", frozen=True, kw_only=True):
    """The seeker asks for another supporter."""

    ref: Ref | None = None


class Seal(_Frame, tag="seal", frozen=True, kw_only=True):
    """Something for on-call staff, sealed in the browser; what lay there before is replaced."""

    key: Id
    """Names the staff key, as the welcome gave it."""
    box: Annotated[str, Meta(min_length=100, max_length=8_000, pattern=r"^[A-Za-z0-9_-]+\Z")]
    """base64url: a point of P-256 that was made for this box, then AES-GCM under what ECDH and HKDF give."""
    agreed: bool = False
    """Whether on-call staff may open it."""
    ref: Ref | None = None


class Consent(_Frame, tag="consent", frozen=True, kw_only=True):
    """The seeker agrees that what they shared is opened, or takes that back while it is unopened."""

    on: bool
    ref: Ref | None = None


class TeamSay(_Frame, tag="say", frozen=True, kw_only=True):
    conversation: Id
    n: Count
    text: Text
    ref: Ref | None = None


class TeamGot(_Frame, tag="got", frozen=True, kw_only=True):
    conversation: Id
    author: Label
    n: Count


class TeamTyping(_Frame, tag="typing", frozen=True, kw_only=True):
    conversation: Id
    on: bool


class TeamEnd(_Frame, tag="end", frozen=True, kw_only=True):
    conversation: Id
    ref: Ref | None = None


class Desk(_Frame, tag="desk", frozen=True, kw_only=True):
    """Opens, changes or closes the supporter's own desk."""

    open: bool
    capacity: Annotated[int, Meta(ge=1, le=4)] = 1
    languages: Annotated[list[Language], Meta(max_length=16)] = field(default_factory=lambda: ["en"])
    topics: Annotated[list[Topic], Meta(max_length=16)] = field(default_factory=list)
    """The topics this desk takes; an empty list takes all."""
    ref: Ref | None = None


class Pause(_Frame, tag="pause", frozen=True, kw_only=True):
    on: bool
    ref: Ref | None = None


class Accept(_Frame, tag="accept", frozen=True, kw_only=True):
    offer: Id
    ref: Ref | None = None


class Decline(_Frame, tag="decline", frozen=True, kw_only=True):
    offer: Id
    ref: Ref | None = None


class Raise(_Frame, tag="raise", frozen=True, kw_only=True):
    """A supporter calls for help."""

    conversation: Id
    reason: CallReason
    ref: Ref | None = None


class Handover(_Frame, tag="handover", frozen=True, kw_only=True):
    """To another supporter; `to` is a person's id, or null for whoever is free."""

    conversation: Id
    to: Id | None = None
    warm: bool = False
    ref: Ref | None = None


class Wrapup(_Frame, tag="wrapup", frozen=True, kw_only=True):
    conversation: Id
    outcome: Outcome
    topic: Topic
    ref: Ref | None = None


class Mark(_Frame, tag="mark", frozen=True, kw_only=True):
    """What a supporter makes of the screen: a finding was a false alarm, or something was missed.

    Only the term's name and a count are kept of it.
    """

    conversation: Id
    n: Count
    """The message that it is about."""
    verdict: Literal["false_alarm", "missed"]
    term: Id | None = None
    """The term of the finding; null where nothing was found."""
    ref: Ref | None = None


class Acknowledge(_Frame, tag="acknowledge", frozen=True, kw_only=True):
    alert: Id
    ref: Ref | None = None


class Resolve(_Frame, tag="resolve", frozen=True, kw_only=True):
    alert: Id
    outcome: Closing
    ref: Ref | None = None


class StandDown(_Frame, tag="stand_down", frozen=True, kw_only=True):
    alert: Id
    ref: Ref | None = None


class Decide(_Frame, tag="decide", frozen=True, kw_only=True):
    """Keeps an alert open that one has: nobody is paged until what was decided has had its time."""

    alert: Id
    decision: Decision
    ref: Ref | None = None


class Hand(_Frame, tag="hand", frozen=True, kw_only=True):
    """Gives an alert that one has to another person, who is paged and must acknowledge it."""

    alert: Id
    to: Id
    """The person's id."""
    ref: Ref | None = None


class Tick(_Frame, tag="tick", frozen=True, kw_only=True):
    """A step of the campus' protocol is done, or not after all."""

    alert: Id
    item: Id
    on: bool
    ref: Ref | None = None


class Unseal(_Frame, tag="unseal", frozen=True, kw_only=True):
    """Opens what the seeker shared; on record, and shown to the seeker at once."""

    conversation: Id
    ref: Ref | None = None


class Debrief(_Frame, tag="debrief", frozen=True, kw_only=True):
    """What a supporter makes of the offered debrief. Only a count is kept."""

    choice: DebriefChoice
    ref: Ref | None = None


class Debriefed(_Frame, tag="debriefed", frozen=True, kw_only=True):
    """A lead has taken up the call of a supporter who would like to talk: the boards let it go."""

    person: Id
    ref: Ref | None = None


class Observe(_Frame, tag="observe", frozen=True, kw_only=True):
    conversation: Id
    ref: Ref | None = None


class Unobserve(_Frame, tag="unobserve", frozen=True, kw_only=True):
    conversation: Id
    ref: Ref | None = None


SeekerFrame = (
    SeekerHello
    | Pong
    | Say
    | Got
    | Typing
    | End
    | Join
    | Leave
    | Help
    | Rate
    | Report
    | Switch
    | Seal
    | Consent
)
TeamFrame = (
    TeamHello
    | Pong
    | TeamSay
    | TeamGot
    | TeamTyping
    | TeamEnd
    | Desk
    | Pause
    | Accept
    | Decline
    | Raise
    | Handover
    | Wrapup
    | Mark
    | Acknowledge
    | Resolve
    | StandDown
    | Decide
    | Hand
    | Tick
    | Observe
    | Unobserve
    | Unseal
    | Debrief
    | Debriefed
)

# --- what the server sends --------------------------------------------------------------------------------


class Line(Struct, kw_only=True, frozen=True):
    """One emergency line: whom to reach, how, and when it answers."""

    name: str
    number: str
    href: str
    note: str = ""


class Limits(Struct, kw_only=True, frozen=True):
    text: int = MAX_TEXT
    frame: int = MAX_FRAME
    per_minute: int = 60
    burst: int = 10


class Resumed(Struct, kw_only=True, frozen=True):
    """What the server could do with a client's position."""

    epoch: str
    top: int
    accepted: int
    """The author's highest `n` in the conversation; what is above it is said again."""
    recovered: bool
    """Whether the client's view plus what follows is whole; if not, it starts from what follows."""


class Wait(Struct, kw_only=True, frozen=True):
    """An honest range, in seconds."""

    low: int
    high: int


class Talk(Struct, kw_only=True, frozen=True):
    """One conversation in a team member's welcome."""

    alias: str
    author: str
    """The label under which this person speaks there."""
    role: From
    topic: Topic | None = None
    language: str | None = None
    phase: Literal["waiting", "live", "ended"] = "live"


class EnvelopeKey(Struct, kw_only=True, frozen=True):
    """What a seeker's browser seals to, and the rule by which it is opened."""

    key: str
    public: str
    """base64url: a point of P-256, uncompressed."""
    policy: Policy


class Welcome(_Frame, tag="welcome", frozen=True, kw_only=True):
    """The answer to a seeker's hello."""

    v: int = VERSION
    ticket: str
    state: State
    open: bool
    limits: Limits
    lines: list[Line]
    conversation: str | None
    resumed: Resumed | None
    author: str = "seeker"
    alias: str | None = None
    envelope: EnvelopeKey | None = None
    """Null where nothing can be sealed."""


class TeamWelcome(_Frame, tag="welcome", frozen=True, kw_only=True):
    """The answer to a team member's hello."""

    v: int = VERSION
    ticket: str
    state: State
    open: bool
    limits: Limits
    lines: list[Line]
    conversations: dict[str, Talk]
    resumed: dict[str, Resumed] | None
    name: str
    roles: list[Role]


class Ping(_Frame, tag="ping", frozen=True, kw_only=True):
    """Asks whether the client is there, and tells the top of its conversation: who is behind resumes."""

    epoch: str | None = None
    top: int | None = None
    conversation: str | None = None


class Refused(_Frame, tag="refused", frozen=True, kw_only=True):
    code: str
    detail: str
    re: str | None = None
    """The type of the frame that was refused, where it could be told."""
    ref: str | None = None
    n: int | None = None
    conversation: str | None = None
    retry_after: float | None = None


class Ack(_Frame, tag="ack", frozen=True, kw_only=True, omit_defaults=True):
    n: int
    conversation: str | None = None
    ref: str | None = None


class Said(_Frame, tag="said", frozen=True, kw_only=True):
    conversation: str
    epoch: str
    offset: int
    from_: From = field(name="from")
    author: str
    n: int
    text: str
    at: float


class GotBy(_Frame, tag="got", frozen=True, kw_only=True):
    """The counterpart's device has shown this author's messages up to `n`."""

    author: str
    n: int
    conversation: str


class TypingBy(_Frame, tag="typing", frozen=True, kw_only=True):
    conversation: str
    author: str
    on: bool


class Ended(_Frame, tag="ended", frozen=True, kw_only=True):
    conversation: str
    by: Literal["seeker", "supporter", "lead", "on_call", "system"]
    reason: str
    receipt: str
    """The fingerprint of the key that was destroyed."""
    ref: str | None = None


class Presence(_Frame, tag="presence", frozen=True, kw_only=True):
    conversation: str
    who: From
    is_: Literal["here", "away", "gone"] = field(name="is")
    author: str


class Waiting(_Frame, tag="waiting", frozen=True, kw_only=True):
    place: int
    wait: Wait
    staffed: bool = True
    """False while nobody is on who could end the wait: then the range is only what is possible at all."""
    conversation: str
    ref: str | None = None


class Left(_Frame, tag="left", frozen=True, kw_only=True):
    ref: str | None = None


class Paired(_Frame, tag="paired", frozen=True, kw_only=True):
    """To both: they may talk. A team member sees the conversation from `offset` on."""

    conversation: str
    alias: str
    trained: bool = True
    author: str
    """The label under which the receiver speaks."""
    epoch: str
    offset: int = 0
    ref: str | None = None
    topic: Topic | None = None
    language: str | None = None
    mood: int | None = None


class Crisis(_Frame, tag="crisis", frozen=True, kw_only=True):
    lines: list[Line]
    ref: str | None = None


class Done(_Frame, tag="done", frozen=True, kw_only=True):
    """The answer to a frame that has no other."""

    re: str
    ref: str | None = None


class DeskIs(_Frame, tag="desk", frozen=True, kw_only=True):
    """The desk as it stands: the answer to `desk` and `pause`, and pushed when it changes otherwise."""

    open: bool
    paused: bool
    capacity: int
    load: int
    languages: list[str]
    topics: list[str]
    ref: str | None = None


class Offer(_Frame, tag="offer", frozen=True, kw_only=True):
    offer: str
    topic: Topic | None
    language: str | None
    mood: int | None
    waited: int
    """Whole seconds."""
    urgent: bool
    lapses_at: float


class Lapsed(_Frame, tag="lapsed", frozen=True, kw_only=True):
    """An offer that was not accepted in time, or that went away with its seeker."""

    offer: str


class Finding(_Frame, tag="finding", frozen=True, kw_only=True):
    """Pushed to the supporter, and to leads and on-call staff who have entered the conversation on record."""

    conversation: str
    author: str
    n: int
    category: str
    severity: Severity
    why: str
    prompts: list[str]
    phrase: str
    term: str = ""
    """The lexicon and the name of the term, as `mark` gives it back."""


class Board(_Frame, tag="board", frozen=True, kw_only=True):
    """What a shift lead sees at a glance."""

    open: bool
    waiting: int
    longest_wait: int
    ready: int
    paused: int
    talking: int
    alerts: int
    """Those of people; practice is counted apart."""
    practice: int = 0
    tested_at: float | None = None
    """When the alert path last proved itself, in seconds since 1970."""
    test_late: bool = False
    """It has not for more than two minutes: alerts may be late."""
    conversations: list[BoardRow]
    alarms: list[BoardAlarm] = field(default_factory=list)
    """What somebody has to put right, the most pressing first."""


class BoardAlarm(Struct, kw_only=True, frozen=True):
    """Something about the shift or the roster that nobody should find out too late."""

    kind: Literal["nobody_ready", "lone_supporter", "untested_ladder", "override", "gap", "debrief"]
    place: Literal["first", "second"] | None = None
    why: Literal["nobody", "unreachable"] | None = None
    """Of a gap: whether nobody is there, or somebody whom no tested alert channel reaches."""
    rung: int | None = None
    """Of an untested ladder: the first rung that reaches nobody, counted from 1."""
    reason: str | None = None
    """Of an override: why."""
    at: float | None = None
    until: float | None = None
    name: str | None = None
    """Of a debrief: who would like to talk."""
    person: str | None = None
    """Their id."""


class BoardRow(Struct, kw_only=True, frozen=True):
    conversation: str
    alias: str
    phase: str
    severity: str | None
    minutes: int


class AlertFinding(Struct, kw_only=True, frozen=True):
    """What was found of one category: how often, and at its worst."""

    category: str
    severity: Severity
    count: int


class AlertTick(Struct, kw_only=True, frozen=True):
    """A step of the protocol that is done: by whom and when."""

    item: str
    by: str
    at: float


class Alert(_Frame, tag="alert", frozen=True, kw_only=True):
    """An alert as it stands, pushed on every change."""

    alert: str
    conversation: str | None
    category: str
    severity: Severity
    source: str
    state: Literal["open", "acknowledged", "resolved", "stood_down"]
    rung: int
    since: float
    next_at: float | None
    held_by: str | None = None
    mine: bool = False
    next: str | None = None
    """Who is told next, in words of the ladder."""
    findings: list[AlertFinding] = field(default_factory=list)
    """The worst first; no words."""
    ticks: list[AlertTick] = field(default_factory=list)
    handed_by: str | None = None
    """Who handed it to whoever has it now, until that one acknowledges it by `next_at`."""
    waits: bool = False
    """It is shown from memory while the database is away."""
    decision: Decision | None = None
    """What whoever has it decided last; it holds until `next_at`, or without an end where that is null."""
    decided_at: float | None = None
    ref: str | None = None


class Observing(_Frame, tag="observing", frozen=True, kw_only=True):
    """An observer is in: what is said follows as ordinary frames."""

    conversation: str
    alias: str
    author: str
    role: From
    epoch: str
    offset: int
    on: bool = True
    ref: str | None = None


class Unsealing(Struct, kw_only=True, frozen=True):
    """Who opened what the seeker shared."""

    who: From
    name: str
    at: float
    together: bool = False
    """By two staff members, without the seeker's consent."""


class EnvelopeIs(_Frame, tag="envelope", frozen=True, kw_only=True):
    """How it stands with what the seeker shares: to the seeker, and to staff who entered."""

    conversation: str
    agreed: bool
    unread: bool
    """Nobody has opened what lies there now."""
    policy: Policy
    opened: list[Unsealing]
    asked: list[str] = field(default_factory=list)
    """The names of those whose word waits for a second one."""
    ref: str | None = None


class Contents(_Frame, tag="contents", frozen=True, kw_only=True):
    """What the seeker shared, to the one staff member who opened it."""

    conversation: str
    where: str
    reach: str
    ref: str | None = None


class DebriefOffer(_Frame, tag="debrief", frozen=True, kw_only=True):
    """After a hard conversation, to its supporter; at a sign-in later on, without its name."""

    conversation: str | None = None


ServerFrame = (
    Welcome
    | Ping
    | Refused
    | Ack
    | Said
    | GotBy
    | TypingBy
    | Ended
    | Presence
    | Waiting
    | Left
    | Paired
    | Crisis
    | Done
    | DeskIs
    | Offer
    | Lapsed
    | Finding
    | Board
    | Alert
    | Observing
    | EnvelopeIs
    | Contents
    | DebriefOffer
)
AnyServerFrame = ServerFrame | TeamWelcome


class BadFrame(Exception):
    """A frame that is not of the protocol. Its message never shows what was sent."""

    def __init__(
        self,
        detail: str,
        *,
        re: str | None = None,
        ref: str | None = None,
        n: int | None = None,
        code: Refusal = Refusal.BAD_FRAME,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code
        self.re = re
        self.ref = ref
        self.n = n


class _Envelope(Struct):
    """The few fields by which a bad frame can still be answered precisely."""

    type: str | None = None
    ref: str | None = None
    n: int | None = None


_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_MAX_REF = 64

_seeker = msgspec.json.Decoder(SeekerFrame)
_team = msgspec.json.Decoder(TeamFrame)
_envelope = msgspec.json.Decoder(_Envelope)
_encoder = msgspec.json.Encoder()


def read_seeker(data: bytes) -> SeekerFrame:
    """Reads one frame of a seeker; raises `BadFrame` with a sentence that quotes nothing of it."""
    try:
        frame: SeekerFrame = _seeker.decode(data)
    except _UNREADABLE as error:
        raise _bad(data, error) from None
    return frame


def read_team(data: bytes) -> TeamFrame:
    """Reads one frame of a team member; raises `BadFrame` with a sentence that quotes nothing of it."""
    try:
        frame: TeamFrame = _team.decode(data)
    except _UNREADABLE as error:
        raise _bad(data, error) from None
    return frame


def write(frame: AnyServerFrame) -> bytes:
    """One frame as UTF-8 JSON."""
    return _encoder.encode(frame)


def spoken(language: str) -> str:
    """The language of a tag, without script or region: who speaks it is understood, whatever the country."""
    return language.partition("-")[0]


def frame_type(frame: type[Struct]) -> str:
    """The value of `type` that tells this frame."""
    return str(frame.__struct_config__.tag)


def clients() -> Mapping[str, tuple[type[Struct], ...]]:
    """The frames that each side may send."""
    return {"seeker": SeekerFrame.__args__, "team": TeamFrame.__args__}


FRAME_TYPES = frozenset(frame_type(frame) for side in clients().values() for frame in side)
_FIELDS = frozenset(
    name for side in clients().values() for frame in side for name in frame.__struct_encode_fields__
)


def _bad(data: bytes, error: Exception) -> BadFrame:
    try:
        seen = _envelope.decode(data)
    except _UNREADABLE:
        return BadFrame("This is not a JSON object with the fields of a frame.")
    ref = seen.ref if seen.ref and len(seen.ref) <= _MAX_REF else None
    if seen.type not in FRAME_TYPES:
        return BadFrame("There is no frame of this type here.", ref=ref, n=seen.n)
    if "`str` of length <=" in str(error) and str(error).endswith("`$.text`"):
        return BadFrame(DETAILS[Refusal.TOO_LONG], re=seen.type, ref=ref, n=seen.n, code=Refusal.TOO_LONG)
    return BadFrame(_sentence(seen.type, str(error)), re=seen.type, ref=ref, n=seen.n)


def _sentence(frame: str, error: str) -> str:
    """What is wrong, in words that can only name fields of the protocol, whatever the library quotes."""
    if "unknown field" in error:
        return "This frame has a field that the protocol does not know."
    missing, name = _named(error)
    if name not in _FIELDS:
        return "A field is missing or not as the protocol says."
    if missing:
        return f"The field {name} is missing."
    if (values := _VALUES.get((frame, name))) is not None:
        return f"The field {name} takes one of these: {', '.join(values)}."
    return f"The field {name} is not as the protocol says."


def _named(error: str) -> tuple[bool, str]:
    """Whether a field is missing, and the name of the field that an error of the library is about."""
    _, missing, name = error.partition("missing required field `")
    if missing:
        return "`$" not in name, name.partition("`")[0]
    return False, error.rpartition(" - at `$.")[2].rstrip("`").partition("[")[0]


def _values(frame: type[Struct]) -> dict[str, tuple[str, ...]]:
    """The fields of a frame that take only certain words, with these words."""
    hints = get_type_hints(frame)
    return {name: words for name in frame.__struct_fields__ if (words := _words(hints[name]))}


def _words(hint: object) -> tuple[str, ...]:
    if get_origin(hint) is Literal:
        return get_args(hint)
    return tuple(word for part in get_args(hint) for word in _words(part))


_VALUES = {
    (frame_type(frame), name): words
    for side in clients().values()
    for frame in side
    for name, words in _values(frame).items()
}
