"""Every refusal and every close code, in one table each, with the sentence that people read.

A refusal answers a frame that cannot be carried out and leaves the connection as it was. A close code ends
the connection and says by its number alone whether to come back: 4000-4499 come back (with jitter),
4500-4999 do not.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Refusal(StrEnum):
    """Why a frame was not carried out. The value is the code on the wire."""

    BAD_FRAME = "bad_frame"
    TOO_LONG = "too_long"
    TOO_FAST = "too_fast"
    NOT_NOW = "not_now"
    NOT_ALLOWED = "not_allowed"
    OUT_OF_ORDER = "out_of_order"
    UNKNOWN = "unknown"
    GONE = "gone"
    CLOSED = "closed"
    FULL = "full"
    BUSY = "busy"


DETAILS: dict[Refusal, str] = {
    Refusal.BAD_FRAME: "This is not a frame of the protocol. Nothing was changed.",
    Refusal.TOO_LONG: "This is longer than 4,000 characters. Please send it in parts; nothing was sent yet.",
    Refusal.TOO_FAST: "That was a lot at once. Nothing is lost; it can be sent again in a moment.",
    Refusal.NOT_NOW: "That cannot be done at this point. Nothing was changed.",
    Refusal.NOT_ALLOWED: "Your role does not include this.",
    Refusal.OUT_OF_ORDER: "A message before this one has not arrived. Please send from that one on.",
    Refusal.UNKNOWN: "There is nothing here by that name.",
    Refusal.GONE: "That is over already.",
    Refusal.CLOSED: "We are closed right now. The emergency lines answer at any time.",
    Refusal.FULL: "The waiting room is full right now. The emergency lines answer at any time.",
    Refusal.BUSY: "This could not be kept safe yet. Please keep this page open; it is tried again.",
}
"""What a person reads for each refusal."""


class Close(IntEnum):
    """Why a connection ended. Below 4500: come back. From 4500 on: do not."""

    DRAINING = 4000
    BROKE = 4001
    TOO_SLOW = 4002
    TAKEN_OVER = 4003
    RESYNC = 4004
    SILENT = 4005
    FULL = 4006
    BAD_PROTOCOL = 4500
    NOT_ALLOWED = 4501
    ENDED = 4502
    SIGNED_OUT = 4503


CLOSE_REASONS: dict[Close, str] = {
    Close.DRAINING: "this server is restarting; come back",
    Close.BROKE: "something broke here; come back",
    Close.TOO_SLOW: "the connection was too slow to keep up; come back",
    Close.TAKEN_OVER: "continued in another tab",
    Close.RESYNC: "this view is out of date; come back and resume",
    Close.SILENT: "nothing was heard for too long; come back",
    Close.FULL: "this server is full right now; come back",
    Close.BAD_PROTOCOL: "not the protocol warmline.1",
    Close.NOT_ALLOWED: "not allowed",
    Close.ENDED: "this conversation is over",
    Close.SIGNED_OUT: "signed out",
}
"""The reason that travels in the close frame; never more than these words."""


FINAL = range(4500, 5000)
"""The codes after which a client stays away."""
