"""The second factor of a sign-in: six digits that an app makes of a secret and the time (TOTP). Pure.

Source: RFC 6238 with the values that every app takes: SHA-1, six digits, thirty seconds.
"""

from __future__ import annotations

import hmac
from typing import Final

import pyotp
import segno

STEP: Final = 30
"""Seconds for which a code stands."""
_EITHER_SIDE: Final = (0, -1, 1)
"""Steps whose codes are taken: a phone's clock may be half a minute off, and people take their time."""


def step_of(secret: str, code: str, at: float) -> int | None:
    """The time step that a code belongs to, counted since the Unix epoch; None where it is not one of now.

    `secret` is in base 32, as apps take it; `at` is in seconds since the Unix epoch.

    Spaces in the code do not count: apps show it in two halves.
    """
    given = "".join(code.split()).encode()
    clock, now = pyotp.TOTP(secret), int(at // STEP)
    for aside in _EITHER_SIDE:
        step = now + aside
        if step >= 0 and hmac.compare_digest(clock.generate_otp(step).encode(), given):
            return step
    return None


def address(secret: str, *, email: str, campus: str) -> str:
    """What an app reads to take the secret in (the `otpauth` scheme)."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=f"Warmline {campus}")


def squares(text: str) -> list[str]:
    """A QR code (ISO/IEC 18004) of the text: one string a row, with `1` for what is dark."""
    return ["".join("1" if dark else "0" for dark in row) for row in segno.make_qr(text, error="m").matrix]
