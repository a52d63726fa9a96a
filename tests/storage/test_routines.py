"""What comes round: each turn is taken once, whoever asks, and a turn whose process died is free again."""

from __future__ import annotations

import asyncio

from storage.engine import Database, open_database
from storage.routines import Routine, Routines

AT = 1_900_000_000.0


async def take(routines: Routines, turn: int, at: float = AT, *, campus: str = "north") -> bool:
    return await routines.take(campus, "head", turn=turn, at=at, lease=60)


async def test_of_many_processes_one_takes_a_turn(database_url: str) -> None:
    """Two handles on the same database are, to it, two processes."""
    handles = [open_database(database_url, deadline=15) for _ in range(2)]
    for turn in (1, 2, 7):
        taken = await asyncio.gather(*(take(Routines(handles[n % 2]), turn) for n in range(10)))
        assert sum(taken) == 1
    for handle in handles:
        await handle.close()


async def test_a_turn_that_is_done_is_not_taken_again_and_a_past_one_never(database: Database) -> None:
    routines = Routines(database)
    assert await routines.get("north", "head") is None
    assert await take(routines, 5)
    assert await routines.done("north", "head", turn=5, at=AT + 1)
    assert await routines.get("north", "head") == Routine(5, AT, None, AT + 1)
    assert not await take(routines, 5, AT + 999)
    assert not await take(routines, 4, AT + 999)
    assert await take(routines, 6, AT + 999)


async def test_a_turn_whose_process_died_is_free_again_after_its_lease(database: Database) -> None:
    routines = Routines(database)
    assert await take(routines, 5)
    assert not await take(routines, 5, AT + 59)
    assert await take(routines, 5, AT + 60)


async def test_who_was_overtaken_has_done_nothing(database: Database) -> None:
    routines = Routines(database)
    assert await take(routines, 5)
    assert await take(routines, 6, AT + 30)
    assert not await routines.done("north", "head", turn=5, at=AT + 31)
    standing = await routines.get("north", "head")
    assert standing is not None
    assert standing.last == AT


async def test_campuses_do_not_share_their_turns(database: Database) -> None:
    routines = Routines(database)
    assert await take(routines, 5)
    assert await take(routines, 5, campus="south")


async def test_that_it_is_late_is_told_by_one_and_again_after_a_while(database: Database) -> None:
    routines = Routines(database)

    async def tell(at: float) -> int:
        each = (routines.tell_late("north", "head", before=at - 150, at=at, again=3600) for _ in range(5))
        return sum(await asyncio.gather(*each))

    assert await tell(AT) == 0
    await take(routines, 1)
    await routines.done("north", "head", turn=1, at=AT)
    assert await tell(AT + 150) == 0
    assert await tell(AT + 151) == 1
    assert await tell(AT + 3750) == 0
    assert await tell(AT + 3751) == 1
    await take(routines, 2, AT + 4000)
    await routines.done("north", "head", turn=2, at=AT + 4000)
    assert await tell(AT + 4151) == 1


async def test_it_is_switched_off_before_its_first_turn_and_after(database: Database) -> None:
    routines = Routines(database)
    await routines.switch("north", "head", off=True, at=AT)
    assert (await routines.get("north", "head")) == Routine(0, AT, off=True)
    assert await take(routines, 3)
    await routines.switch("north", "head", off=False, at=AT)
    standing = await routines.get("north", "head")
    assert standing is not None
    assert (standing.turn, standing.off) == (3, False)
