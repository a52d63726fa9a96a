"""The plan of a campus: taken up everywhere, held while the database is away, and tested or not."""

from __future__ import annotations

import datetime as dt
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from chat.alert_path import concerns_wait
from chat.hours import waiting_until_open
from chat.settings import Settings
from moderation.readiness import Untested
from storage.changes import Change, Changes, new_id
from storage.errors import StorageError
from storage.overrides import Overrides
from storage.people import People
from storage.tables import alert
from tests.support.turning import NOON, House, founded, house

DAY = 86_400.0
NIGHTS = """
zone = "Europe/Berlin"
[[week]]
place = "first"
person = "Ada@north.example"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
from = "08:00"
until = "20:00"
[[week]]
place = "first"
person = "ben@north.example"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
from = "20:00"
until = "08:00"
"""
ONE_RUNG = "[[rung]]\ntell = ['first']\nby = ['any']\nwait = 30\n"


async def test_what_one_process_writes_is_in_force_on_another_at_its_next_look(tmp_path: Path) -> None:
    url = await founded(tmp_path)
    async with AsyncExitStack() as stack:
        one, other = [await stack.enter_async_context(house(tmp_path / name, url)) for name in ("a", "b")]
        ada, ben = await one.person("Ada", "on_call"), await one.person("Ben", "on_call")
        await one.write("roster", NIGHTS)
        await one.write("ladder", ONE_RUNG)
        await other.path.plan.refresh()
        plan = other.path.plan
        assert plan.on_call(NOON).first == ada
        assert plan.on_call(NOON + 9 * 3600).first == ben
        assert len(plan.ladder.rungs) == 1
        await one.write("ladder", "")
        await plan.refresh()
        assert len(plan.ladder.rungs) == 5


async def test_while_the_database_is_away_the_last_roster_holds_and_goes_on_by_the_clock(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as here:
        ada, ben = await here.person("Ada", "on_call"), await here.person("Ben", "on_call")
        await here.write("roster", NIGHTS)
        await here.path.teller.look_up("north")
        (tmp_path / "warmline.sqlite3").rename(tmp_path / "away")
        (tmp_path / "warmline.sqlite3").mkdir()
        await here.database.close()
        with pytest.raises(StorageError):
            await here.path.plan.refresh()
        assert here.path.plan.on_call(NOON).first == ada
        assert here.path.plan.on_call(NOON + 9 * 3600).first == ben
        known = await here.path.teller.look_up("north")
        assert {one.id for one in known.people} == {ada, ben}
        assert known.on_call == here.path.plan.on_call(time.time())


@pytest.mark.parametrize("kind", ["roster", "ladder"])
async def test_a_text_that_cannot_be_read_leaves_the_old_one_in_force(tmp_path: Path, kind: str) -> None:
    async with house(tmp_path) as here:
        ada = await here.person("Ada", "on_call")
        await here.person("Ben", "on_call")
        await here.write("roster", NIGHTS)
        await here.write("ladder", ONE_RUNG)
        assert not here.failures
        await here.write(kind, "nonsense = [")  # type: ignore[arg-type]  # it is one of the two
        await here.path.plan.refresh()
        assert len(here.failures) == 1, "it is told of once"
        assert here.path.plan.on_call(NOON).first == ada
        assert len(here.path.plan.ladder.rungs) == 1


def change(person: str, start: float, until: float, settled: float, **more: str) -> Change:
    return Change(
        id=new_id(),
        campus="north",
        kind=more.get("kind", "cover"),  # type: ignore[arg-type]  # one of the kinds
        state=more.get("state", "in_force"),  # type: ignore[arg-type]  # one of the states
        place="first",
        person=person,
        starts_at=start,
        ends_at=until,
        asked_by="cleo",
        settled_at=settled,
    )


async def test_of_two_changes_the_one_agreed_on_last_holds_and_a_proposal_never_does(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.write("roster", NIGHTS)
        late = change("late", NOON, NOON + 60, settled=2)
        early = change("early", NOON, NOON + 120, settled=1)
        asked = change("asked", NOON, NOON + 120, settled=3, kind="swap", state="proposed")
        await Changes(here.database).add([late, early, asked])
        await here.path.plan.refresh()
        assert here.path.plan.on_call(NOON).first == "late"
        assert here.path.plan.on_call(NOON + 60).first == "early"


async def ready(here: House, confirmed: float) -> str:
    """A ladder of one rung, and Ada on it all day, who confirmed a test at a time."""
    ada = await here.person("Ada", "on_call")
    await here.write("ladder", ONE_RUNG)
    await here.write("roster", NIGHTS.replace("ben@", "ada@"))
    await here.reached(ada, "json://127.0.0.1:9/", confirmed=confirmed)
    return ada


async def test_before_anything_was_read_the_ladder_is_not_tested(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        assert here.path.plan.state(NOON) == "untested"


async def test_a_ladder_is_tested_once_everybody_on_it_confirmed_and_as_long_as_that_is_fresh(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as here:
        await ready(here, NOON - 89 * DAY)
        assert here.path.plan.state(NOON) == "tested"
        assert here.path.plan.gaps(NOON) == []
        here.now += 2 * DAY
        await here.path.plan.refresh()
        assert here.path.plan.state(here.now) == "untested"
        assert here.path.plan.flaws == (Untested(1, here.now),)


async def test_somebody_unproven_within_the_day_makes_it_untested(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await ready(here, NOON)
        ben = await here.person("Ben", "on_call")
        start = NOON + 20 * 3600
        await Changes(here.database).add([change(ben, start, start + 3600, settled=NOON)])
        await here.path.plan.refresh()
        assert here.path.plan.state(NOON) == "untested"
        assert here.path.plan.flaws == (Untested(1, start),)
        (gap,) = here.path.plan.gaps(NOON)
        assert (gap.why, gap.start, gap.until, gap.person) == ("unreachable", start, start + 3600, ben)


async def test_who_left_proves_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        ada = await ready(here, NOON)
        assert await People(here.database).deactivate(ada, on=dt.date(2031, 5, 1))
        await here.path.plan.refresh()
        assert here.path.plan.state(NOON) == "untested"
        assert here.path.plan.gaps(NOON)


async def test_a_drill_that_arrived_at_the_campus_proves_its_rungs(tmp_path: Path) -> None:
    async with house(tmp_path, on_call=["https://pager.example/x"]) as here:
        await here.write("ladder", "[[rung]]\ntell = ['campus']\nby = ['any']\nwait = 30\n")
        assert here.path.plan.state(NOON) == "untested"
        raised, _ = await here.alerts.raise_(
            key="k",
            conversation="c",
            campus="north",
            category="practice",
            severity="crisis",
            source="practice",
            at=NOON,
        )
        for outcome, expected in (("rejected", "untested"), ("delivered", "tested")):
            await here.alerts.record_delivery(
                alert=raised.id, rung=0, person=None, channel="webhook", outcome=outcome, at=NOON
            )
            await here.path.plan.refresh()
            assert here.path.plan.state(NOON) == expected
        async with here.database.writing() as connection:
            await connection.execute(alert.update().values(source="seeker"))
        await here.path.plan.refresh()
        assert here.path.plan.state(NOON) == "untested", "only practice is a test"


async def test_an_override_holds_until_its_time_also_while_the_database_is_away(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await Overrides(here.database).add(
            "north", reason="setting_up", by="operator", at=NOON, until=NOON + 60
        )
        await here.path.plan.refresh()
        assert here.path.plan.state(NOON + 59) == "override"
        assert here.path.plan.state(NOON + 60) == "untested"


WEEKDAYS = Settings(timezone="Europe/Berlin", hours={"mon": ["18:00-22:00"], "fri": ["18:00-22:00"]})
"""NOON is on a Friday."""


def test_what_can_wait_waits_for_the_opening_and_no_longer() -> None:
    may_tell = waiting_until_open(WEEKDAYS, lambda: True)
    assert may_tell("north", NOON) == NOON + 6 * 3600
    assert may_tell("north", NOON + 7 * 3600) == NOON + 7 * 3600
    assert may_tell("north", NOON + 10 * 3600) == NOON + (3 * 24 + 6) * 3600


def test_nothing_waits_where_the_campus_does_not_say_so_or_has_no_hours() -> None:
    assert waiting_until_open(WEEKDAYS, lambda: False)("north", NOON) == NOON
    assert waiting_until_open(Settings(), lambda: True)("north", NOON) == NOON


@pytest.mark.parametrize(
    ("setting", "head", "waits"),
    [
        (False, "", False),
        (True, "", True),
        (True, "concerns = 'at once'\n", False),
        (False, "concerns = 'opening hours'\n", True),
    ],
)
async def test_the_ladder_says_whether_concerns_wait_or_else_the_setting(
    tmp_path: Path, *, setting: bool, head: str, waits: bool
) -> None:
    async with house(tmp_path) as here:
        await here.write("ladder", head + ONE_RUNG)
        assert concerns_wait(Settings(concerns_wait=setting), here.path.plan) is waits
