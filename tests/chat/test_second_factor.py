"""Codes of apps: those of RFC 6238, and none but those of now."""

from __future__ import annotations

import base64

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.second_factor import STEP, address, squares, step_of

SECRET = base64.b32encode(b"12345678901234567890").decode()
"""That of RFC 6238, appendix B."""
TIMES = st.integers(10 * STEP, 4_000_000_000)


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_the_codes_are_those_of_the_standard(at: int, code: str) -> None:
    """The last six digits of the values of RFC 6238, appendix B, for SHA-1."""
    assert step_of(SECRET, code, at) == at // STEP
    assert step_of(SECRET, f"{code[:3]} {code[3:]} ", at) == at // STEP


@given(TIMES, st.integers(-5, 5))
def test_a_code_is_taken_one_step_to_either_side_and_no_farther(at: int, aside: int) -> None:

    near = {pyotp.TOTP(SECRET).at(at, counter_offset=step) for step in (-1, 0, 1)}
    code = pyotp.TOTP(SECRET).at(at, counter_offset=aside)
    assert (step_of(SECRET, code, at) is not None) == (code in near)
    if abs(aside) <= 1:
        assert step_of(SECRET, code, at) == at // STEP + aside or len(near) < 3


@given(st.text(max_size=16))
def test_nothing_that_is_no_code_is_taken(text: str) -> None:
    near = "".join(text.split())
    if not (near.isascii() and near.isdigit() and len(near) == 6):
        assert step_of(SECRET, text, 1_900_000_000) is None


def test_an_app_reads_for_whom_and_where_it_is() -> None:
    told = address(SECRET, email="sam@campus.example", campus="north")
    assert told.startswith("otpauth://totp/Warmline%20north:sam%40campus.example?")
    assert f"secret={SECRET}" in told


def test_a_qr_code_has_its_three_corners() -> None:
    rows = squares(address(SECRET, email="sam@campus.example", campus="north"))
    assert all(len(row) == len(rows) and set(row) <= {"0", "1"} for row in rows)
    for corner in (rows[0][:7], rows[0][-7:], rows[-1][:7]):
        assert corner == "1111111"
