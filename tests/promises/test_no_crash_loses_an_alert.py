"""Promises 9 to 11, with a crash possible at every await: nothing is lost, doubled, or told again in vain.

The same on real processes is held by `tests/torture`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.alerting import AlertPath
from tests.support.crashing import Call, Mutant, Process, World

CONVERSATIONS: Final = ("c1", "c2")
PROCESSES: Final = 2
SOME: Final = st.integers(0, 11)


async def acknowledges(path: AlertPath, alert: str) -> object:
    return await path.book.acknowledge(alert, "ada")


async def enters(path: AlertPath, alert: str) -> object:
    return await path.book.enter(alert, "ada")


async def resolves(path: AlertPath, alert: str) -> object:
    return await path.book.resolve(alert, "ada", "safe")


MOVES: tuple[Callable[[AlertPath, str], Awaitable[object]], ...] = (acknowledges, enters, resolves)


class Crashes(RuleBasedStateMachine):
    """Two processes carry the calls of two conversations; each may die wherever it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.world = World(Path(self.folder.name))

    @initialize(prompt=st.booleans())
    def begins(self, *, prompt: bool) -> None:
        self.world.prompt = prompt
        for _ in range(PROCESSES):
            self.world.start()
        self.somebody_calls(which=0, conversation=CONVERSATIONS[0], severe=True)

    def one(self, which: int) -> Any:
        return self.world.living[which % len(self.world.living)]

    @precondition(lambda self: self.world.living)
    @rule(which=SOME, conversation=st.sampled_from(CONVERSATIONS), severe=st.booleans())
    def somebody_calls(self, *, which: int, conversation: str, severe: bool) -> None:
        call = Call(
            f"{conversation}/{len(self.world.calls)}", conversation, "crisis" if severe else "concern"
        )
        self.world.calls.append(call)
        self.world.say(call, self.one(which))

    @precondition(lambda self: self.world.living and any(call.unanswered for call in self.world.calls))
    @rule(which=SOME, whose=SOME)
    def somebody_says_it_again(self, *, which: int, whose: int) -> None:
        calls = [call for call in self.world.calls if call.unanswered]
        self.world.say(calls[whose % len(calls)], self.one(which))

    @precondition(lambda self: self.world.living and self.world.alerts())
    @rule(which=SOME, alert=SOME, move=st.sampled_from(MOVES))
    def a_person_moves_an_alert(
        self, *, which: int, alert: int, move: Callable[[AlertPath, str], Awaitable[object]]
    ) -> None:
        known = self.world.alerts()
        self.world.move(self.one(which), move, known[alert % len(known)])

    @rule(which=st.lists(SOME, min_size=1, max_size=12))
    def the_world_answers(self, *, which: list[int]) -> None:
        for one in which:
            self.world.go(one)

    @precondition(lambda self: self.world.living and not self.world.prompt)
    @rule(which=SOME)
    def a_process_stands_still_or_goes_on(self, *, which: int) -> None:
        process = self.one(which)
        self.world.stall(process, on=not process.stalled)

    @precondition(lambda self: self.world.living)
    @rule(which=SOME)
    def a_process_crashes(self, *, which: int) -> None:
        self.world.crash(self.one(which))

    @precondition(lambda self: len(self.world.living) < PROCESSES)
    @rule()
    def a_process_starts(self) -> None:
        self.world.start()

    @rule(seconds=st.sampled_from((0.4, 1.0, 5.0, 16.0)))
    def time_passes(self, *, seconds: float) -> None:
        self.world.pass_time(seconds)

    @rule()
    def the_database_goes_or_is_back(self) -> None:
        self.world.away = not self.world.away

    @rule()
    def the_disk_fails_or_works(self) -> None:
        self.world.disk_broken = not self.world.disk_broken

    @invariant()
    def nothing_falls_or_is_doubled(self) -> None:
        self.world.check()

    def teardown(self) -> None:
        try:
            self.world.settle()
        finally:
            self.world.close()
            self.folder.cleanup()


def test_no_crash_at_any_await_loses_an_alert_or_doubles_one(request: pytest.FixtureRequest) -> None:
    examples = max(10, request.config.getoption("--schedules") // 80)
    run_state_machine_as_test(
        Crashes, settings=settings(max_examples=examples, stateful_step_count=25, deadline=None)
    )


def answered(world: World) -> None:
    """The only process dies before anything of a call is durable."""
    world.start()
    call(world, world.living[0])
    world.go_until(world.living[0], "raise_")
    world.crash(world.living[0])


def spooled(world: World) -> None:
    """The database is away, the call is on the disk, and then its process dies."""
    world.away = True
    world.start()
    call(world, world.living[0])
    world.pass_time(1.0)
    assert world.calls[0].acked
    world.crash(world.living[0])


def recorded(world: World) -> None:
    """A process dies between the record of its page and the move to the next rung."""
    world.start()
    call(world, world.living[0])
    world.go_until(world.living[0], "advance")
    world.crash(world.living[0])


def overtaken(world: World) -> None:
    """A process comes back from a claim that others have taken over, two rungs later."""
    world.prompt = False
    world.start()
    slow = world.living[0]
    call(world, slow)
    world.go_until(slow, "advance")
    world.stall(slow)
    world.start()
    quick = world.living[1]
    for _ in range(2):
        world.go_until(quick, "advance", done=True)
        world.go_until(quick, "claim_due")
    world.go_until(quick, "send")
    world.check()
    world.go([stop.what for stop in world.stops].index("advance"))
    world.check()


def call(world: World, process: Process) -> None:
    made = Call("c1/1", "c1", "crisis")
    world.calls.append(made)
    world.say(made, process)


STORIES: Final[dict[Mutant, Callable[[World], None]]] = {
    "answers first": answered,
    "forgets the disk": spooled,
    "records nothing": recorded,
    "moves whatever the fence says": overtaken,
}

WRONG: Final[dict[Mutant, str]] = {
    "answers first": "not stored",
    "forgets the disk": "not stored",
    "records nothing": "came again",
    "moves whatever the fence says": "fell",
}


def _live_through(world: World, mutant: Mutant) -> None:
    STORIES[mutant](world)
    world.settle()


@pytest.mark.parametrize("mutant", get_args(Mutant))
def test_a_design_without_one_of_the_rules_fails_where_ours_holds(mutant: Mutant, tmp_path: Path) -> None:
    for number, chosen in enumerate((None, mutant)):
        folder = tmp_path / str(number)
        folder.mkdir()
        world = World(folder, chosen)
        try:
            if chosen is None:
                _live_through(world, mutant)
            else:
                with pytest.raises(AssertionError, match=WRONG[mutant]):
                    _live_through(world, mutant)
        finally:
            world.close()
