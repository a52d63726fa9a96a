"""Every table there is. A column that is not here is not kept; none can hold words of a conversation."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.columns import Identifier, Octets, choice, column
from storage.retention import Keep

metadata: Final = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ROLES: Final = ("supporter", "lead", "on_call", "coordinator")
SEVERITIES: Final = ("notice", "concern", "crisis")
SOURCES: Final = ("screening", "seeker", "supporter", "failure", "practice")
STATES: Final = ("open", "acknowledged", "resolved", "stood_down")
WAITS: Final = ("under_1", "1_to_5", "5_to_15", "15_to_30", "30_to_60", "over_60")
CHANGES: Final = ("add", "mute", "lower")
TERM_STATES: Final = ("draft", "shadow", "live", "undone")
MARKS: Final = ("shown", "shadow", "false_alarm", "missed")
SHEETS: Final = ("roster", "ladder")
PLACES: Final = ("first", "second")
CHANGE_KINDS: Final = ("cover", "swap", "calendar")
CHANGE_STATES: Final = ("proposed", "in_force", "declined", "withdrawn")
GAPS: Final = ("nobody", "unreachable")
OVERRIDES: Final = ("setting_up", "staff_on_site", "channel_fault", "demonstration")
STARTS: Final = ("command", "button", "month")
DEBRIEFS: Final = ("offered", "break", "talk", "no")
AUDIT_DAYS: Final = 1096
"""How long an entry of the record stays."""
DURATIONS: Final = ("under_5", "5_to_15", "15_to_30", "30_to_60", "60_to_90", "over_90")

_MEMBER = Keep("30 days after the person leaves", days=30, since="left_on")
_WITH_PERSON = Keep("as long as the person it belongs to")
_SESSION = Keep("one day after the session ends by itself", days=1, since="expires_at")
_ALERT = Keep("400 days after the alert is closed", days=400, since="closed_on")
_EXACT = Keep("30 days after the alert is closed", days=30, since="closed_on", then="empty")
_LIVE = Keep("until the alert is closed")
_EVENT = Keep("30 days", days=30, since="seen_on")
_TICK = Keep("30 days", days=30, since="ticked_on")
_DEBRIEF = Keep("400 days", days=400, since="day")
_DUE = Keep("14 days, or until it is answered", days=14, since="due_on")
_STAFF_KEY = Keep("one day after it was replaced", days=1, since="ended_at")
_DELIVERY = Keep("90 days", days=90, since="sent_on")
_CONTACT = Keep("400 days", days=400, since="day")
_AUDIT = Keep("three years", days=AUDIT_DAYS, since="day")
_CHAIN = Keep("as long as the record of staff actions")
_RING = Keep("until the hour it serves is over", days=0, since="expires_at")
_TERM = Keep("400 days after it was replaced or undone", days=400, since="ended_on")
_MARK = Keep("400 days", days=400, since="day")
_SHEET = Keep("90 days after it was replaced", days=90, since="ended_on")
_WITH_SHEET = Keep("as long as the version it belongs to")
_CHANGE = Keep("90 days after it ends", days=90, since="ends_at")
_OVERRIDE = Keep("400 days after its last day", days=400, since="lasts_until")
_GAP = Keep("30 days after it ends", days=30, since="ends_at")
_NOTICE = Keep("30 days after the shift begins", days=30, since="starts_at")
_FEED = Keep("until the person revokes it or is forgotten")
_DRILL = Keep("three years", days=1096, since="began_on")
_RUNNING = Keep("until the drill is over")
_WITH_DRILL = Keep("as long as the drill it belongs to")
_ROUTINE = Keep("as long as the campus does it")
_RECORD = Keep("three years", days=1096, since="day")
_LINK = Keep("one day after the link ends by itself", days=1, since="expires_at")

person: Final = sa.Table(
    "person",
    metadata,
    column("id", Identifier(), keep=_MEMBER, why="names the person inside, at random", primary_key=True),
    column("campus", Identifier(), keep=_MEMBER, why="everybody belongs to one campus"),
    column("email", sa.String(254), keep=_MEMBER, why="the person signs in and is reached with it"),
    column("password", sa.String(255), keep=_MEMBER, why="Argon2id hash that proves a sign-in"),
    column("name", sa.String(80), keep=_MEMBER, why="colleagues see who is on shift"),
    column("active", sa.Boolean(), keep=_MEMBER, why="only active people sign in"),
    column(
        "left_on", sa.Date(), keep=_MEMBER, why="starts the term after which all is forgotten", nullable=True
    ),
    sa.UniqueConstraint("email"),
    sa.Index(None, "campus"),
)

person_role: Final = sa.Table(
    "person_role",
    metadata,
    column(
        "person",
        Identifier(),
        sa.ForeignKey("person.id", ondelete="CASCADE"),
        keep=_WITH_PERSON,
        why="whose role it is",
        primary_key=True,
    ),
    column("role", choice("role", *ROLES), keep=_WITH_PERSON, why="what the person may do", primary_key=True),
)

second_factor: Final = sa.Table(
    "second_factor",
    metadata,
    column(
        "person",
        Identifier(),
        sa.ForeignKey("person.id", ondelete="CASCADE"),
        keep=_WITH_PERSON,
        why="whose sign-in asks for it",
        primary_key=True,
    ),
    column(
        "sealed",
        Octets(96),
        keep=_WITH_PERSON,
        why="the secret of their app, sealed: codes are checked against it",
        nullable=True,
    ),
    column(
        "proven",
        sa.Boolean(),
        keep=_WITH_PERSON,
        why="the secret is shown until an app has proven it",
    ),
    column("last_step", sa.BigInteger(), keep=_WITH_PERSON, why="a code counts once"),
    column("tries", sa.Integer(), keep=_WITH_PERSON, why="nobody guesses codes"),
    column("tried_at", sa.Double(), keep=_WITH_PERSON, why="how long to wait after wrong codes"),
)

session: Final = sa.Table(
    "session",
    metadata,
    column(
        "token",
        Octets(32),
        keep=_SESSION,
        why="SHA-256 of the cookie, which itself is not kept",
        primary_key=True,
    ),
    column(
        "person",
        Identifier(),
        sa.ForeignKey("person.id", ondelete="CASCADE"),
        keep=_SESSION,
        why="who is signed in",
    ),
    column("created_at", sa.Double(), keep=_SESSION, why="shows a person their own sessions"),
    column("seen_at", sa.Double(), keep=_SESSION, why="an idle session ends"),
    column("expires_at", sa.Double(), keep=_SESSION, why="every session ends"),
    column("revoked_at", sa.Double(), keep=_SESSION, why="a revoked session is dead at once", nullable=True),
    sa.Index(None, "person"),
)

reach: Final = sa.Table(
    "reach",
    metadata,
    column("id", Identifier(), keep=_WITH_PERSON, why="names the address, at random", primary_key=True),
    column(
        "person",
        Identifier(),
        sa.ForeignKey("person.id", ondelete="CASCADE"),
        keep=_WITH_PERSON,
        why="whom it reaches",
    ),
    column("channel", Identifier(), keep=_WITH_PERSON, why="by which alert channel"),
    column(
        "sealed",
        Octets(2048),
        keep=_WITH_PERSON,
        why="the number or address to which pages go, under the installation's secret",
    ),
    column("label", sa.String(40), keep=_WITH_PERSON, why="the person tells their own addresses apart"),
    column("added_on", sa.Date(), keep=_WITH_PERSON, why="shows the person what is old"),
    column("tried_at", sa.Double(), keep=_WITH_PERSON, why="when it was last tested", nullable=True),
    column(
        "confirmed_at",
        sa.Double(),
        keep=_WITH_PERSON,
        why="when the person last had a test: who cannot be reached is found",
        nullable=True,
    ),
    sa.Index(None, "person"),
)

used_link: Final = sa.Table(
    "used_link",
    metadata,
    column(
        "digest",
        Octets(32),
        keep=_LINK,
        why="SHA-256 of the link of a page, which itself is not kept: it works once",
        primary_key=True,
    ),
    column("expires_at", sa.Double(), keep=_LINK, why="after it the link does nothing anyway"),
)

alert: Final = sa.Table(
    "alert",
    metadata,
    column("id", Identifier(), keep=_ALERT, why="names the alert, at random", primary_key=True),
    column("campus", Identifier(), keep=_ALERT, why="whose on-call staff it calls"),
    column("conversation", Identifier(), keep=_LIVE, why="staff enter it; one alert each", nullable=True),
    column("category", Identifier(), keep=_ALERT, why="which protocol staff follow; counted"),
    column("severity", choice("severity", *SEVERITIES), keep=_ALERT, why="how urgent it is; counted"),
    column("source", choice("source", *SOURCES), keep=_ALERT, why="who raised it; counted"),
    column("state", choice("state", *STATES), keep=_ALERT, why="whether somebody has it"),
    column("outcome", Identifier(), keep=_ALERT, why="what became of it; counted", nullable=True),
    column("rung", sa.Integer(), keep=_ALERT, why="how far the ladder had to be climbed"),
    column("raised_on", sa.Date(), keep=_ALERT, why="counts of alerts by day"),
    column("raised_at", sa.Double(), keep=_EXACT, why="how long a seeker waited for staff", nullable=True),
    column("acknowledged_at", sa.Double(), keep=_EXACT, why="how fast staff answered", nullable=True),
    column("entered_at", sa.Double(), keep=_EXACT, why="how fast staff were there", nullable=True),
    column("closed_at", sa.Double(), keep=_EXACT, why="how long it took", nullable=True),
    column("closed_on", sa.Date(), keep=_ALERT, why="starts the terms of this row", nullable=True),
    column("person", Identifier(), keep=_EXACT, why="who has it, or had it", nullable=True),
    column("handed_by", Identifier(), keep=_LIVE, why="who had it until the other confirms", nullable=True),
    column(
        "asked_until",
        sa.Double(),
        keep=_LIVE,
        why="when who was handed it must have confirmed",
        nullable=True,
    ),
    column(
        "decision",
        Identifier(),
        keep=_LIVE,
        why="what who has it decided while it stays open; no text",
        nullable=True,
    ),
    column("decided_at", sa.Double(), keep=_LIVE, why="since when that holds", nullable=True),
    column("next_at", sa.Double(), keep=_LIVE, why="when the next rung is due", nullable=True),
    column("fence", sa.Integer(), keep=_ALERT, why="an overtaken worker changes nothing"),
    column("owner", Identifier(), keep=_LIVE, why="which worker is telling the rung", nullable=True),
    column("held_until", sa.Double(), keep=_LIVE, why="when a dead worker's hold ends", nullable=True),
    sa.CheckConstraint(
        "(state IN ('open', 'acknowledged') AND conversation IS NOT NULL AND closed_on IS NULL)"
        " OR (state IN ('resolved', 'stood_down') AND conversation IS NULL AND closed_on IS NOT NULL)",
        name="closed_is_unlinked",
    ),
)
sa.Index(
    "uq_alert_conversation",
    alert.c.conversation,
    unique=True,
    sqlite_where=alert.c.conversation.is_not(None),
    postgresql_where=alert.c.conversation.is_not(None),
)
sa.Index(
    "ix_alert_next_at",
    alert.c.next_at,
    sqlite_where=alert.c.next_at.is_not(None),
    postgresql_where=alert.c.next_at.is_not(None),
)
sa.Index("ix_alert_closed_on", alert.c.closed_on)

alert_event: Final = sa.Table(
    "alert_event",
    metadata,
    column(
        "key",
        Octets(32),
        keep=_EVENT,
        why="SHA-256 of the event's key: what is said again is not raised again",
        primary_key=True,
    ),
    column(
        "alert",
        Identifier(),
        sa.ForeignKey("alert.id", ondelete="CASCADE"),
        keep=_EVENT,
        why="which alert it belongs to",
    ),
    column("category", Identifier(), keep=_EVENT, why="staff see how often what was found", nullable=True),
    column("severity", choice("severity", *SEVERITIES), keep=_EVENT, why="what was seen"),
    column("seen_on", sa.Date(), keep=_EVENT, why="starts its term"),
    sa.Index(None, "alert"),
)

alert_tick: Final = sa.Table(
    "alert_tick",
    metadata,
    column(
        "alert",
        Identifier(),
        sa.ForeignKey("alert.id", ondelete="CASCADE"),
        keep=_TICK,
        why="which alert it was done for",
        primary_key=True,
    ),
    column(
        "item", Identifier(), keep=_TICK, why="which step of the protocol is done; no text", primary_key=True
    ),
    column("person", Identifier(), keep=_TICK, why="whoever has the alert next can ask them"),
    column("ticked_at", sa.Double(), keep=_TICK, why="when it was done"),
    column("ticked_on", sa.Date(), keep=_TICK, why="starts its term"),
)

delivery: Final = sa.Table(
    "delivery",
    metadata,
    column("id", Identifier(), keep=_DELIVERY, why="names the attempt, at random", primary_key=True),
    column(
        "alert",
        Identifier(),
        sa.ForeignKey("alert.id", ondelete="CASCADE"),
        keep=_DELIVERY,
        why="what was told",
    ),
    column("rung", sa.Integer(), keep=_DELIVERY, why="who takes over pages nobody twice"),
    column("person", Identifier(), keep=_DELIVERY, why="who was told", nullable=True),
    column("channel", Identifier(), keep=_DELIVERY, why="by which alert channel"),
    column("outcome", Identifier(), keep=_DELIVERY, why="whether it arrived; dead channels are found"),
    column("sent_at", sa.Double(), keep=_DELIVERY, why="when it was tried"),
    column("sent_on", sa.Date(), keep=_DELIVERY, why="starts its term"),
    sa.Index(None, "alert", "rung"),
)

debrief: Final = sa.Table(
    "debrief",
    metadata,
    column("campus", Identifier(), keep=_DEBRIEF, why="whose supporters they were", primary_key=True),
    column("day", sa.Date(), keep=_DEBRIEF, why="counts by day; starts its term", primary_key=True),
    column("what", choice("debrief", *DEBRIEFS), keep=_DEBRIEF, why="what was taken up", primary_key=True),
    column("total", sa.Integer(), keep=_DEBRIEF, why="how often"),
)

debrief_due: Final = sa.Table(
    "debrief_due",
    metadata,
    column(
        "person",
        Identifier(),
        sa.ForeignKey("person.id", ondelete="CASCADE"),
        keep=_DUE,
        why="a supporter is offered a debrief at the next sign-in; nothing says after what",
        primary_key=True,
    ),
    column("due_on", sa.Date(), keep=_DUE, why="starts its term"),
)

contact: Final = sa.Table(
    "contact",
    metadata,
    column("id", Identifier(), keep=_CONTACT, why="random, so that it has no order", primary_key=True),
    column("campus", Identifier(), keep=_CONTACT, why="reports are per campus"),
    column("day", sa.Date(), keep=_CONTACT, why="counts by day; starts its term"),
    column("six_hour_block", sa.SmallInteger(), keep=_CONTACT, why="which hours need people"),
    column("wait_bucket", choice("wait_bucket", *WAITS), keep=_CONTACT, why="whether waits are too long"),
    column(
        "duration_bucket",
        choice("duration_bucket", *DURATIONS),
        keep=_CONTACT,
        why="how much people it takes",
    ),
    column("topic", Identifier(), keep=_CONTACT, why="what training is needed"),
    column("language", Identifier(), keep=_CONTACT, why="which languages are needed"),
    column("outcome", Identifier(), keep=_CONTACT, why="what became of it"),
    column(
        "severity", choice("severity", *SEVERITIES), keep=_CONTACT, why="how often it is grave", nullable=True
    ),
    column("helped", sa.SmallInteger(), keep=_CONTACT, why="the seeker's rating, 1 to 5", nullable=True),
    column("mood_change", sa.SmallInteger(), keep=_CONTACT, why="mood after minus before", nullable=True),
    sa.CheckConstraint("six_hour_block BETWEEN 0 AND 3", name="block"),
    sa.CheckConstraint("helped BETWEEN 1 AND 5", name="helped"),
    sa.CheckConstraint("mood_change BETWEEN -4 AND 4", name="mood_change"),
    sa.Index(None, "campus", "day"),
    sa.Index(None, "day"),
)

audit: Final = sa.Table(
    "audit",
    metadata,
    column("seq", sa.BigInteger(), keep=_AUDIT, why="the order of the chain", primary_key=True),
    column("day", sa.Date(), keep=_AUDIT, why="starts its term"),
    column("minute", sa.BigInteger(), keep=_AUDIT, why="when it was done, in minutes since 1970"),
    column("actor", Identifier(), keep=_AUDIT, why="which person of the staff did it"),
    column("action", Identifier(), keep=_AUDIT, why="what was done"),
    column("subject_kind", Identifier(), keep=_AUDIT, why="to what kind of thing"),
    column("subject", Identifier(), keep=_AUDIT, why="to which one"),
    column("previous", Octets(32), keep=_AUDIT, why="ties it to the entry before"),
    column("mac", Octets(32), keep=_AUDIT, why="shows any change"),
)

audit_chain: Final = sa.Table(
    "audit_chain",
    metadata,
    column("id", sa.SmallInteger(), keep=_CHAIN, why="there is one row", primary_key=True),
    column("next_seq", sa.BigInteger(), keep=_CHAIN, why="the number of the next entry"),
    column("key", Octets(32), keep=_CHAIN, why="signs the next entry, then is replaced by its hash"),
    column("head", Octets(32), keep=_CHAIN, why="code of the last entry"),
    column("anchor_seq", sa.BigInteger(), keep=_CHAIN, why="the first entry that is not forgotten yet"),
    column("anchor", Octets(32), keep=_CHAIN, why="code of the last forgotten entry"),
    sa.CheckConstraint("id = 1", name="one_row"),
)

sealing_key: Final = sa.Table(
    "sealing_key",
    metadata,
    column("id", Identifier(), keep=_RING, why="names the ring key, at random", primary_key=True),
    column("slot", sa.BigInteger(), keep=_RING, why="one ring key for each span of time"),
    column("wrapped", Octets(128), keep=_RING, why="the ring key, under the installation's secret"),
    column("expires_at", sa.Double(), keep=_RING, why="after it nothing of that time opens"),
    sa.UniqueConstraint("slot"),
)

staff_key: Final = sa.Table(
    "staff_key",
    metadata,
    column("id", Identifier(), keep=_STAFF_KEY, why="names the key, at random", primary_key=True),
    column("campus", Identifier(), keep=_STAFF_KEY, why="whose staff read with it"),
    column("public", Octets(65), keep=_STAFF_KEY, why="browsers of seekers seal with it"),
    column(
        "sealed", Octets(128), keep=_STAFF_KEY, why="opens what they share, under the installation's secret"
    ),
    column("made_at", sa.Double(), keep=_STAFF_KEY, why="the newest is used"),
    column("ended_at", sa.Double(), keep=_STAFF_KEY, why="starts its term", nullable=True),
    sa.Index(None, "campus"),
)

campus_term: Final = sa.Table(
    "campus_term",
    metadata,
    column("campus", Identifier(), keep=_TERM, why="whose screen it changes", primary_key=True),
    column("lexicon", Identifier(), keep=_TERM, why="the language it belongs to", primary_key=True),
    column("term", Identifier(), keep=_TERM, why="names the term", primary_key=True),
    column("version", sa.Integer(), keep=_TERM, why="each change is a new row", primary_key=True),
    column("change", choice("change", *CHANGES), keep=_TERM, why="what it does to the shipped terms"),
    column("state", choice("term_state", *TERM_STATES), keep=_TERM, why="whether it has an effect"),
    column("category", Identifier(), keep=_TERM, why="what an added term is about", nullable=True),
    column(
        "severity",
        choice("severity", *SEVERITIES),
        keep=_TERM,
        why="how urgent an added or lowered term is",
        nullable=True,
    ),
    column("why", sa.String(200), keep=_TERM, why="the sentence that supporters read", nullable=True),
    column("say", sa.String(255), keep=_TERM, why="the patterns of an added term, one a line", nullable=True),
    column("unless", sa.String(255), keep=_TERM, why="phrases that excuse it, one a line", nullable=True),
    column("needs", Identifier(), keep=_TERM, why="kinds of words it needs near it", nullable=True),
    column("rises", Identifier(), keep=_TERM, why="kinds of words that make it a crisis", nullable=True),
    column("whose", Identifier(), keep=_TERM, why="whom it must be about", nullable=True),
    column("second", sa.Boolean(), keep=_TERM, why="whether a second coordinator must agree"),
    column("proposed_by", Identifier(), keep=_TERM, why="nobody agrees to their own proposal"),
    column("agreed_by", Identifier(), keep=_TERM, why="who answers for it besides", nullable=True),
    column("changed_on", sa.Date(), keep=_TERM, why="since when it is so"),
    column("ended_on", sa.Date(), keep=_TERM, why="starts its term", nullable=True),
    sa.CheckConstraint(
        "second IS FALSE OR state IN ('draft', 'undone') OR agreed_by IS NOT NULL", name="agreed"
    ),
    sa.CheckConstraint("agreed_by IS NULL OR agreed_by <> proposed_by", name="two_people"),
)

term_mark: Final = sa.Table(
    "term_mark",
    metadata,
    column("campus", Identifier(), keep=_MARK, why="whose conversations they were", primary_key=True),
    column("term", Identifier(), keep=_MARK, why="which term earns its place", primary_key=True),
    column("day", sa.Date(), keep=_MARK, why="counts by day; starts its term", primary_key=True),
    column("what", choice("mark", *MARKS), keep=_MARK, why="what is counted", primary_key=True),
    column("total", sa.Integer(), keep=_MARK, why="how often"),
)

sheet: Final = sa.Table(
    "sheet",
    metadata,
    column("campus", Identifier(), keep=_SHEET, why="whose roster or ladder it is", primary_key=True),
    column("kind", choice("sheet", *SHEETS), keep=_SHEET, why="which of the two it is", primary_key=True),
    column("version", sa.Integer(), keep=_SHEET, why="each change is a new version", primary_key=True),
    column("saved_by", Identifier(), keep=_SHEET, why="who answers for it"),
    column("saved_on", sa.Date(), keep=_SHEET, why="since when it is so"),
    column("ended_on", sa.Date(), keep=_SHEET, why="starts its term", nullable=True),
)

sheet_line: Final = sa.Table(
    "sheet_line",
    metadata,
    column("campus", Identifier(), keep=_WITH_SHEET, why="whose sheet it stands in", primary_key=True),
    column(
        "kind", choice("line_sheet", *SHEETS), keep=_WITH_SHEET, why="in which of the two", primary_key=True
    ),
    column("version", sa.Integer(), keep=_WITH_SHEET, why="in which version", primary_key=True),
    column("number", sa.Integer(), keep=_WITH_SHEET, why="which line it is", primary_key=True),
    column("line", sa.String(255), keep=_WITH_SHEET, why="who is on call when, or whom a rung tells"),
    sa.ForeignKeyConstraint(
        ["campus", "kind", "version"], ["sheet.campus", "sheet.kind", "sheet.version"], ondelete="CASCADE"
    ),
)

on_call_change: Final = sa.Table(
    "on_call_change",
    metadata,
    column("id", Identifier(), keep=_CHANGE, why="names the change, at random", primary_key=True),
    column("campus", Identifier(), keep=_CHANGE, why="whose roster it changes"),
    column("kind", choice("change_kind", *CHANGE_KINDS), keep=_CHANGE, why="how it came about"),
    column("state", choice("change_state", *CHANGE_STATES), keep=_CHANGE, why="whether it holds"),
    column("place", choice("change_place", *PLACES), keep=_CHANGE, why="which place of the roster"),
    column("person", Identifier(), keep=_CHANGE, why="who is on call instead"),
    column("starts_at", sa.Double(), keep=_CHANGE, why="from when"),
    column("ends_at", sa.Double(), keep=_CHANGE, why="until when; starts its term"),
    column("asked_by", Identifier(), keep=_CHANGE, why="who asked for it"),
    column("settled_at", sa.Double(), keep=_CHANGE, why="of two, the one agreed on last holds"),
    sa.Index(None, "campus", "ends_at"),
)

calendar_feed: Final = sa.Table(
    "calendar_feed",
    metadata,
    column(
        "person",
        Identifier(),
        sa.ForeignKey("person.id", ondelete="CASCADE"),
        keep=_FEED,
        why="whose shifts a calendar may read",
        primary_key=True,
    ),
    column("token", Octets(32), keep=_FEED, why="SHA-256 of the feed's password, which itself is not kept"),
    column("made_on", sa.Date(), keep=_FEED, why="shows a person how old it is"),
)

opening_override: Final = sa.Table(
    "opening_override",
    metadata,
    column("id", Identifier(), keep=_OVERRIDE, why="names it, at random", primary_key=True),
    column("campus", Identifier(), keep=_OVERRIDE, why="which campus opens without a tested ladder"),
    column("reason", choice("override", *OVERRIDES), keep=_OVERRIDE, why="why it may"),
    column("made_by", Identifier(), keep=_OVERRIDE, why="who answers for it"),
    column("made_at", sa.Double(), keep=_OVERRIDE, why="since when"),
    column("lasts_until", sa.Double(), keep=_OVERRIDE, why="until when; starts its term"),
    sa.Index(None, "campus", "lasts_until"),
)

roster_gap: Final = sa.Table(
    "roster_gap",
    metadata,
    column("id", Identifier(), keep=_GAP, why="names the gap, at random", primary_key=True),
    column("campus", Identifier(), keep=_GAP, why="whose roster has it"),
    column("place", choice("gap_place", *PLACES), keep=_GAP, why="which place of the roster"),
    column("why", choice("gap", *GAPS), keep=_GAP, why="whether nobody is there or nobody is reached"),
    column("starts_at", sa.Double(), keep=_GAP, why="from when"),
    column("ends_at", sa.Double(), keep=_GAP, why="until when; starts its term"),
    column("told_at", sa.Double(), keep=_GAP, why="coordinators are told once", nullable=True),
    column("pressed_at", sa.Double(), keep=_GAP, why="and once more when it is near", nullable=True),
    sa.Index(None, "campus"),
)

shift_notice: Final = sa.Table(
    "shift_notice",
    metadata,
    column("campus", Identifier(), keep=_NOTICE, why="whose roster it is", primary_key=True),
    column("place", choice("notice_place", *PLACES), keep=_NOTICE, why="which place it is", primary_key=True),
    column("person", Identifier(), keep=_NOTICE, why="who was told of a shift, once", primary_key=True),
    column("starts_at", sa.Double(), keep=_NOTICE, why="when it begins; starts its term", primary_key=True),
)

drill: Final = sa.Table(
    "drill",
    metadata,
    column("id", Identifier(), keep=_DRILL, why="names the drill; of a month there is one", primary_key=True),
    column("campus", Identifier(), keep=_DRILL, why="whose on-call staff practised"),
    column("began_on", sa.Date(), keep=_DRILL, why="when it was; starts its term"),
    column("started", choice("started", *STARTS), keep=_DRILL, why="whether somebody asked for it"),
    column("alert", Identifier(), keep=_RUNNING, why="the practice alert that is carried", nullable=True),
    column("began_at", sa.Double(), keep=_RUNNING, why="people are timed from it", nullable=True),
    column("until", sa.Double(), keep=_RUNNING, why="when it is given up", nullable=True),
    column("answered_after", sa.Double(), keep=_DRILL, why="seconds until somebody had it", nullable=True),
    column("rungs", sa.Integer(), keep=_DRILL, why="how many rungs were told until then"),
)
sa.Index(
    "uq_drill_running",
    drill.c.campus,
    unique=True,
    sqlite_where=drill.c.until.is_not(None),
    postgresql_where=drill.c.until.is_not(None),
)

drill_rung: Final = sa.Table(
    "drill_rung",
    metadata,
    column(
        "drill",
        Identifier(),
        sa.ForeignKey("drill.id", ondelete="CASCADE"),
        keep=_WITH_DRILL,
        why="which drill",
        primary_key=True,
    ),
    column("rung", sa.Integer(), keep=_WITH_DRILL, why="which rung", primary_key=True),
    column("told_after", sa.Double(), keep=_WITH_DRILL, why="seconds until it was told", nullable=True),
    column("reached", sa.Integer(), keep=_WITH_DRILL, why="how many pages arrived; dead rungs show"),
)

routine: Final = sa.Table(
    "routine",
    metadata,
    column("campus", Identifier(), keep=_ROUTINE, why="whose it is", primary_key=True),
    column("name", Identifier(), keep=_ROUTINE, why="what comes round", primary_key=True),
    column("turn", sa.BigInteger(), keep=_ROUTINE, why="the last turn that a process took: each once"),
    column("held_until", sa.Double(), keep=_ROUTINE, why="when a dead process' turn is free", nullable=True),
    column("since", sa.Double(), keep=_ROUTINE, why="since when it should come round"),
    column("done_at", sa.Double(), keep=_ROUTINE, why="whether it is late", nullable=True),
    column("told_at", sa.Double(), keep=_ROUTINE, why="who knows that it is late is not told", nullable=True),
    column("off", sa.Boolean(), keep=_ROUTINE, why="whether it is switched off"),
)

forgotten: Final = sa.Table(
    "forgotten",
    metadata,
    column("table_name", Identifier(), keep=_RECORD, why="what was forgotten", primary_key=True),
    column("part", Identifier(), keep=_RECORD, why="whole rows, or which column", primary_key=True),
    column("day", sa.Date(), keep=_RECORD, why="when; starts its term", primary_key=True),
    column("row_count", sa.BigInteger(), keep=_RECORD, why="how many rows"),
)
