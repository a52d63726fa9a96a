"""The chain of the record: whatever is done to any of thousands of entries shows."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from storage.chain import START, Entry, Flaw, Head, following, read_head
from tests.support.tampering import TAMPERINGS, Record, Tampering, grown, signed, walked

COUNT = 3_000
WHOLE = grown(COUNT)
HEADS = tuple(Head(row.seq, row.mac.hex(), row.day) for row in WHOLE.rows[99::100])


def test_a_whole_record_has_no_flaw() -> None:
    assert walked(WHOLE) is None
    assert walked(WHOLE, *HEADS) is None


@pytest.mark.parametrize(("name", "tampering"), TAMPERINGS, ids=[name for name, _ in TAMPERINGS])
@settings(max_examples=12)
@given(seq=st.integers(1, COUNT), other=st.integers(1, COUNT))
def test_every_kind_of_tampering_shows_at_every_entry(
    name: str, tampering: Tampering, seq: int, other: int
) -> None:
    touched = tampering(WHOLE, seq, other)
    assume(touched != WHOLE)
    assert walked(touched) is not None, name


@settings(max_examples=30)
@given(
    several=st.lists(st.sampled_from([tampering for _, tampering in TAMPERINGS]), min_size=2, max_size=4),
    seq=st.integers(2, 40),
    other=st.integers(2, 40),
)
def test_several_together_do_not_hide_one_another(several: list[Tampering], seq: int, other: int) -> None:
    whole = grown(200)
    touched: Record = whole
    for tampering in several:
        if max(seq, other) > len(touched.rows):
            break  # what was cut off before leaves nothing there to touch
        touched = tampering(touched, seq, other)
    assume({row.seq: row for row in touched.rows} != {row.seq: row for row in whole.rows})
    assert walked(touched) is not None


@settings(max_examples=40)
@given(kept=st.integers(0, COUNT - 1))
def test_a_copy_of_an_earlier_day_shows_against_a_head_that_was_noted_since(kept: int) -> None:
    earlier = grown(kept)
    assert walked(earlier) is None
    later = [head for head in HEADS if head.seq > kept]
    assume(later)
    assert walked(earlier, *HEADS) == Flaw(kept + 1, "cut_off")


def test_a_record_that_went_another_way_shows_at_the_head_where_it_parts() -> None:
    assert walked(WHOLE, Head(77, "ab" * 32)) == Flaw(77, "not_the_recorded_head")


@pytest.mark.parametrize("field", ["day", "minute", "actor", "subject", "previous", "mac"])
@pytest.mark.parametrize("value", [None, "x", -1, 2**80, 1.5, b"", ()])
def test_what_is_of_no_sensible_kind_is_a_flaw_and_no_crash(field: str, value: object) -> None:
    rows = list(WHOLE.rows[:5])
    rows[2] = replace(rows[2], **{field: value})
    assert walked(replace(grown(5), rows=tuple(rows))) == Flaw(3, "altered")


def test_what_was_forgotten_before_its_term_shows_against_a_head_of_that_day() -> None:
    rest, noted = forgotten(WHOLE, 100), HEADS[0]
    assert noted.seq == 100
    assert noted.day is not None
    assert walked(rest, noted, since=noted.day + dt.timedelta(1)) is None
    assert walked(rest, noted, since=noted.day) == Flaw(100, "forgotten_too_early")


def forgotten(whole: Record, upto: int) -> Record:
    """The oldest entries gone, with the entry that says so, as whoever owns the database can make it."""
    end = whole.end
    row = signed(
        Entry(end.next_seq, whole.rows[-1].minute, "warmline", "forget", "audit", str(upto)),
        end.key,
        end.head,
    )
    rows = tuple(one for one in whole.rows if one.seq > upto)
    return Record(
        (*rows, row),
        replace(
            end,
            next_seq=end.next_seq + 1,
            key=following(end.key),
            head=row.mac,
            anchor_seq=upto + 1,
            anchor=whole.rows[upto - 1].mac,
        ),
    )


@given(seq=st.integers(0, 2**60), code=st.binary(min_size=32, max_size=32), day=st.none() | st.dates())
def test_a_head_is_read_as_it_was_written(seq: int, code: bytes, day: dt.date | None) -> None:
    head = Head(seq, code.hex(), day)
    assert read_head(f" {head}\n") == head


@pytest.mark.parametrize(
    "line",
    ["", "17", "17:", "x:" + "ab" * 32, "-1:" + "ab" * 32, "17:" + "zz" * 32, "tomorrow 17:" + "ab" * 32],
)
def test_what_is_no_head_is_refused_without_being_quoted(line: str) -> None:
    with pytest.raises(ValueError, match=r"SEQ:CODE|hexadecimal") as told:
        read_head(line)
    assert not line or line not in str(told.value)


def test_an_empty_record_is_whole() -> None:
    assert walked(grown(0)) is None
    assert grown(0).end.head == START
