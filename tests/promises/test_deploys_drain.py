"""Promise 17: a process that is told to stop sends everybody elsewhere, and nobody loses anything."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from chat.codes import Close
from chat.protocol import Role
from tests.support.client import Seeker, Teammate
from tests.support.process import PATIENCE, Installation, Server, installed
from tests.support.valkey import Valkey

PEOPLE: dict[str, list[Role]] = {"sam": ["supporter"]}
SAID = 5


async def talking(house: Installation) -> tuple[Seeker, Seeker, Teammate, str]:
    """Two at the first process in a conversation, and one there who waits."""
    here, *others = house.urls
    sam = await Teammate(here, await house.sign_in("sam"), others=others).open()
    await sam.hello()
    await sam.ready()
    seeker = await Seeker(here, others=others).open()
    await seeker.hello()
    await seeker.join()
    conversation = str((await sam.accept())["conversation"])
    await seeker.wait("paired")
    waiting = await Seeker(here, others=others).open()
    await waiting.hello()
    await waiting.join()
    return seeker, waiting, sam, conversation


def asked_while_stopping(server: Server, connection: http.client.HTTPConnection) -> tuple[int, list[str]]:
    """What `/readyz` says to a balancer whose question and the signal reach the process together."""
    server.freeze()
    os.kill(server.pid, signal.SIGTERM)
    connection.request("GET", "/readyz")
    server.thaw()
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())["missing"]


async def test_a_process_that_stops_sends_everybody_elsewhere_and_nothing_is_lost(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with installed(tmp_path, private_valkey(), processes=2, people=PEOPLE) as house:
        seeker, waiting, sam, conversation = await talking(house)
        leaving = house.servers[0]
        parts = urlsplit(leaving.url)
        balancer = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=PATIENCE)
        balancer.request("GET", "/readyz")
        assert json.loads(balancer.getresponse().read())["ready"] is True
        for number in range(SAID):
            await seeker.say(f"seeker {number}")
            await sam.say(conversation, f"supporter {number}")
        status, missing = await asyncio.to_thread(asked_while_stopping, leaving, balancer)
        balancer.close()
        assert (status, missing) == (503, ["draining"])
        everybody = (seeker, waiting, sam)
        assert [await client.wait_closed() for client in everybody] == [Close.DRAINING] * 3
        assert Close.DRAINING < 4500  # the codes after which a client comes back
        for number in range(SAID, 2 * SAID):
            await seeker.say(f"seeker {number}")
            await sam.say(conversation, f"supporter {number}")
        await asyncio.gather(*(client.come_back() for client in everybody))
        await asyncio.to_thread(leaving.stop)
        await seeker.until(lambda: len(seeker.talk.view) == 2 * SAID, "all of the supporter's words")
        talk = sam.talks[conversation]
        await sam.until(lambda: len(talk.view) == 2 * SAID, "all of the seeker's words")
        assert [text for _, _, text in talk.view] == [f"seeker {number}" for number in range(2 * SAID)]
        assert [t for _, _, t in seeker.talk.view] == [f"supporter {number}" for number in range(2 * SAID)]
        assert (await waiting.wait("waiting"))["place"] == 1
        assert house.servers[1].is_alive
        assert house.defects() == []
        for client in everybody:
            await client.cut()
