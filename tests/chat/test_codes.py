"""Refusals and close codes: complete, short, and told apart by their numbers alone."""

from __future__ import annotations

from chat.codes import CLOSE_REASONS, DETAILS, FINAL, Close, Refusal

MOST_REASON = 123
"""Bytes of a close reason that fit a control frame."""


def test_every_refusal_has_a_sentence_for_people() -> None:
    assert set(DETAILS) == set(Refusal)
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in DETAILS.values())


def test_every_close_code_has_a_reason_that_fits_the_frame() -> None:
    assert set(CLOSE_REASONS) == set(Close)
    assert all(0 < len(reason.encode()) <= MOST_REASON for reason in CLOSE_REASONS.values())


def test_the_number_alone_says_whether_to_come_back() -> None:
    stay_away = {code for code in Close if code in FINAL}
    assert stay_away == {Close.BAD_PROTOCOL, Close.NOT_ALLOWED, Close.ENDED, Close.SIGNED_OUT}
    assert all(4000 <= code < 5000 for code in Close)


def test_the_codes_of_the_contract_keep_their_numbers() -> None:
    contract = {
        4000: Close.DRAINING,
        4001: Close.BROKE,
        4002: Close.TOO_SLOW,
        4003: Close.TAKEN_OVER,
        4500: Close.BAD_PROTOCOL,
        4501: Close.NOT_ALLOWED,
        4502: Close.ENDED,
    }
    assert {int(code): code for code in Close if int(code) in contract} == contract
