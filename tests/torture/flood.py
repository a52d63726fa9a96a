"""One seeker says the same thing a thousand times in a minute."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from storage.alerts import Alerts
from tests.torture.calls import Caller, alerts_of, stored
from tests.torture.figures import Figure
from tests.torture.house import House
from tests.torture.phone import Phone, page_of

MINUTE: Final = 60.0


async def flood(house: House, phone: Phone, messages: int, say: Callable[[str], None]) -> list[Figure]:
    """Real sockets and a real server; the ladder's one rung comes round every five seconds."""
    caller = Caller([house.servers[0].url])
    await caller.start()
    try:
        calls = []
        began = time.monotonic()
        for number in range(messages):
            say(f"flood: {number + 1} of {messages} messages")
            calls.append(await caller.say())
            await asyncio.sleep(max(0.0, began + MINUTE / 1000 * (number + 1) - time.monotonic()))
        unheard = [call for call in calls if not await caller.acked(call)]
        held = await stored(house.database, [call.key for call in calls])
        there = await alerts_of(house.database)
        for alert in there:
            await Alerts(house.database).close(
                alert=alert, person="omar", state="resolved", outcome="safe", at=time.time()
            )
    finally:
        await caller.stop()
    own = {page_of(alert, rung) for alert, reached in there.items() for rung in range(reached + 1)}
    told = {page: rings for page, rings in phone.came.items() if page in own}
    memory = phone.came.keys() - own
    return [
        Figure(
            "flood: every message is acknowledged, and on record",
            messages,
            len(unheard) + messages - len(held),
        ),
        Figure("flood: one alert", messages, len(there) - 1),
        Figure(
            "flood: one page a rung",
            len(told),
            sum(len(rings) - 1 for rings in told.values()),
            note=f"{len(memory)} from memory",
        ),
    ]
