"""What is wrong with a shift or with the plan of who is on call, as the board shows it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from chat.plan import Plan
from chat.protocol import BoardAlarm


def of_shift(*, waiting: int, ready: int, paused: int) -> Iterator[BoardAlarm]:
    """Nobody is ready while somebody waits; or a supporter is alone, where two should always be present."""
    if waiting and not ready:
        yield BoardAlarm(kind="nobody_ready")
    if ready + paused == 1:
        yield BoardAlarm(kind="lone_supporter")


def of_plan(plan: Plan, at: float) -> Iterator[BoardAlarm]:
    """The ladder is not tested, or open all the same for a time; and where the roster reaches nobody."""
    match plan.state(at):
        case "untested":
            flaw = plan.flaws[0] if plan.flaws else None
            yield BoardAlarm(
                kind="untested_ladder", rung=flaw.rung if flaw else None, at=flaw.at if flaw else None
            )
        case "override" if plan.override is not None:
            yield BoardAlarm(kind="override", reason=plan.override.reason, until=plan.override.until)
    for gap in plan.gaps(at):
        yield BoardAlarm(kind="gap", place=gap.place, why=gap.why, at=gap.start, until=gap.until)
