"""The arithmetic of sizes: it grows as it should, agrees with the dice, and the page says what it says."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.crc import key_slot

from chat.broker import keys
from tests.load import sizing
from tests.load.capacity import (
    BUCKETS,
    SLOTS,
    Costs,
    Limits,
    Load,
    campuses,
    fullness,
    needed,
    reach,
    shard,
    tag,
    thrown,
    unevenness,
)

COSTS = sizing.measured().costs


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - dice, not a secret


students = st.integers(min_value=100, max_value=2_000_000)


def test_the_page_and_the_plot_are_what_the_measured_costs_make_them() -> None:
    told = sizing.measured()
    page = (sizing.DEPLOY / "README.md").read_text(encoding="utf-8")
    assert sizing.rewritten(page, told) == page, "run: python -m tests.load.sizing"
    assert (sizing.DEPLOY / "capacity.svg").read_text(encoding="utf-8") == sizing.plot(told)


def test_every_cost_is_a_measurement_and_none_is_zero() -> None:
    assert all(getattr(COSTS, name) > 0 for name in COSTS.__struct_fields__)


@given(students, st.integers(min_value=2, max_value=10))
def test_more_students_need_as_much_more(number: int, times: int) -> None:
    one, more = needed(number, COSTS, Load()), needed(number * times, COSTS, Load())
    for part in ("messages_per_second", "server_cores", "server_gib", "redis_cores", "redis_gib"):
        assert getattr(more, part) == pytest.approx(times * getattr(one, part), rel=0.02), part


@given(students)
def test_what_is_planned_is_never_more_than_full(number: int) -> None:
    need, limits = needed(number, COSTS, Load()), Limits()
    full = fullness(need, COSTS, limits, processes=need.processes(limits), shards=need.shards(limits))
    assert max(full.values()) <= 1.0


def test_a_part_is_full_exactly_where_its_reach_ends() -> None:
    limits = Limits()
    for part, until in reach(COSTS, Load(), limits, processes=16).items():
        full = fullness(needed(until, COSTS, Load()), COSTS, limits, processes=16, shards=1)[part]
        assert full == pytest.approx(1.0, rel=0.02), part


@given(st.text(min_size=1, max_size=40))
def test_a_conversation_falls_into_the_bucket_and_onto_the_master_that_redis_says(conversation: str) -> None:
    bucket = keys.bucket(conversation)
    assert bucket == f"{{b{tag(conversation):02d}}}"
    for shards in (1, 2, 3, 8):
        assert shard(tag(conversation), shards) == key_slot(bucket.encode()) * shards // SLOTS
    assert len(keys.buckets()) == BUCKETS


def test_buckets_fall_unevenly_onto_many_masters_and_evenly_onto_few() -> None:
    assert unevenness(1) == unevenness(2) == unevenness(4) == 1.0
    assert 1.0 < unevenness(6) < unevenness(64)


def test_the_dice_agree_with_the_arithmetic_and_find_more_in_the_fullest_part() -> None:
    limits = Limits()
    whole = thrown(120_000, COSTS, Load(), limits, dice(7))
    need = needed(120_000, COSTS, Load())
    assert whole.processes >= need.processes(limits)
    assert whole.shards >= whole.campuses
    # Planned, no part is more than full on average; where sockets fall by lot, the fullest is hardly more.
    assert max(whole.hottest.values()) <= 1.05


def test_dice_thrown_again_fall_the_same() -> None:
    first, again = (thrown(20_000, COSTS, Load(), Limits(), dice(3)) for _ in range(2))
    assert first == again
    assert sum(campuses(20_000, dice(3))) == 20_000


def test_a_redis_that_takes_longer_is_full_earlier() -> None:
    slow = Costs(
        **{name: getattr(COSTS, name) for name in COSTS.__struct_fields__} | {"redis_us_per_message": 900}
    )
    usual = reach(COSTS, Load(), Limits(), processes=16)
    assert reach(slow, Load(), Limits(), processes=16)["Redis processor"] < usual["Redis processor"]
    assert needed(1_000_000, slow, Load()).shards(Limits()) > needed(1_000_000, COSTS, Load()).shards(
        Limits()
    )


def test_the_costs_come_from_a_benchmark_and_void_rounds_do_not_count() -> None:
    talk = {"servers_per_1000": 0.25, "redis_per_1000": 0.05}
    idle = {"connections": 1000, "kib_each": 9.0, "cpu_share": 0.02, "accepted_per_second": 900.0}
    void = {"servers_per_1000": 9.0, "redis_per_1000": 9.0, "void": True}
    rounds = {"talk_1000": [talk, void, {"failed": "why"}], "in_line": [idle], "greeted": [idle]}
    told = sizing.benched({"rounds": {"warmline": rounds}}, sizing.measured())
    assert told.costs.server_us_per_message == pytest.approx(250)
    assert told.costs.redis_us_per_message == pytest.approx(50)
    assert told.costs.server_kib_per_socket == pytest.approx(9.0)
    assert told.costs.server_us_per_socket_second == pytest.approx(20)
    assert told.costs.process_mib == COSTS.process_mib
    with pytest.raises(KeyError, match="talk_1000"):
        sizing.benched({"rounds": {"warmline": rounds | {"talk_1000": [void]}}}, sizing.measured())
