from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.buckets import Block, Duration, Wait, block, duration, wait
from storage.tables import DURATIONS, WAITS

MINUTE = 60
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


def at(text: str) -> float:
    return dt.datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2030-01-01T00:00+01:00", Block(dt.date(2030, 1, 1), 0)),
        ("2030-01-01T05:59:59+01:00", Block(dt.date(2030, 1, 1), 0)),
        ("2030-01-01T06:00+01:00", Block(dt.date(2030, 1, 1), 1)),
        ("2030-01-01T23:30+00:00", Block(dt.date(2030, 1, 2), 0)),
        ("2030-07-01T17:59+02:00", Block(dt.date(2030, 7, 1), 2)),
    ],
)
def test_a_block_follows_the_wall_clock_of_the_campus(time: str, expected: Block) -> None:
    assert block(at(time), BERLIN) == expected


@given(st.floats(0, 4e9), st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Kiritimati"]))
def test_every_time_has_a_block(moment: float, zone: str) -> None:
    found = block(moment, zoneinfo.ZoneInfo(zone))
    assert 0 <= found.six_hours <= 3
    assert abs((found.day - dt.datetime.fromtimestamp(moment, dt.UTC).date()).days) <= 1


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (-1, "under_1"),
        (0, "under_1"),
        (1, "1_to_5"),
        (5, "5_to_15"),
        (15, "15_to_30"),
        (30, "30_to_60"),
        (60, "over_60"),
    ],
)
def test_a_wait_falls_into_the_bucket_that_starts_with_it(minutes: int, expected: Wait) -> None:
    assert wait(minutes * MINUTE) == expected


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0, "under_5"), (5, "5_to_15"), (15, "15_to_30"), (30, "30_to_60"), (60, "60_to_90"), (90, "over_90")],
)
def test_a_duration_falls_into_the_bucket_that_starts_with_it(minutes: int, expected: Duration) -> None:
    assert duration(minutes * MINUTE) == expected


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_longer_never_falls_into_a_lower_bucket(one: float, other: float) -> None:
    short, long = sorted((one, other))
    assert WAITS.index(wait(short)) <= WAITS.index(wait(long))
    assert DURATIONS.index(duration(short)) <= DURATIONS.index(duration(long))
