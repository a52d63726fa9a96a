"""Promise 14, on the pure protocol: thousands of schedules of faults, and designs with a rule taken away.

The same promise on real processes is held by `tests/stories/test_endurance.py`.
"""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest

from tests.support.simulation import Mutant, run


def test_no_schedule_of_faults_loses_doubles_or_reorders_anything(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    schedules: int = request.config.getoption("--schedules")
    did: Counter[str] = Counter()
    messages = 0
    for seed in range(schedules):
        outcome = run(seed)
        assert outcome.wrong == [], f"schedule {seed}: {outcome.wrong}"
        messages += outcome.messages
        did += outcome.did
    with capsys.disabled():
        faults = ", ".join(f"{count:,} {what}" for what, count in sorted(did.items()))
        print(f"\n0 of {schedules:,} schedules wrong (95 % bound {3 / schedules:.1e})")  # noqa: T201 - for people
        print(f"{messages:,} messages; {faults}")  # noqa: T201 - as above
    assert messages > 10 * schedules
    assert min(did[what] for what in ("kill", "wipe", "restart", "stale failover", "cut")) > 0
    assert min(did[what] for what in ("Entered", "Returned", "begun anew")) > 0


@pytest.mark.parametrize("mutant", get_args(Mutant))
def test_a_design_without_one_of_the_rules_fails(mutant: Mutant) -> None:
    assert any(run(seed, mutant).wrong for seed in range(400))
