"""Promise 15: a seeker keeps the place in line through every fault, and nobody is paired twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from chat.protocol import Role
from tests.support.client import Client, Seeker, Teammate
from tests.support.process import Installation, installed
from tests.support.valkey import Valkey

TEAM = ("sam", "noor", "ida", "juri")
PEOPLE: dict[str, list[Role]] = {"lena": ["lead"], **{name: ["supporter"] for name in TEAM}}
MOST = 4
"""Conversations that one desk takes."""


async def line_of(house: Installation, count: int) -> list[Seeker]:
    """Seekers who joined one after the other, on all processes in turn."""
    seekers = []
    for number in range(count):
        here = house.urls[number % len(house.urls)]
        seeker = await Seeker(here, others=[url for url in house.urls if url != here]).open()
        await seeker.hello()
        assert (await seeker.join())["place"] == number + 1
        seekers.append(seeker)
    return seekers


async def come(house: Installation, name: str, server: int = 0) -> Teammate:
    teammate = await Teammate(house.urls[server], await house.sign_in(name)).open()
    await teammate.hello()
    return teammate


def came_back(seeker: Seeker) -> bool:
    return [frame["type"] for frame in seeker.frames].count("welcome") > 1


async def whole_again(lead: Teammate, count: int) -> None:
    """Returns when all stand in line, on a board that was made after now."""
    since = lead.mark

    def seen() -> bool:
        boards = [frame for frame in lead.frames[since:] if frame["type"] == "board"]
        return any(board["waiting"] == count for board in boards[1:])  # the first may have been on its way

    await lead.until(seen, f"{count} in line", though_closed=True)


async def take(teammate: Teammate, count: int) -> list[str]:
    """The conversations of the next offers, each accepted as it comes."""
    since, taken = 0, []
    for _ in range(count):
        offer = await teammate.wait("offer", since=since)
        since = teammate.frames.index(offer, since) + 1
        mark = teammate.mark
        await teammate.send(type="accept", offer=offer["offer"])
        taken.append(str((await teammate.wait("paired", since=mark))["conversation"]))
    return taken


async def test_the_order_of_the_line_survives_every_fault(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    valkey = private_valkey()
    async with installed(tmp_path, valkey, processes=2, people=PEOPLE, lease_seconds="8") as house:
        lena = await come(house, "lena")
        seekers = await line_of(house, MOST)
        order = [str(seeker.conversation) for seeker in seekers]
        staying = [asyncio.create_task(client.stay()) for client in (lena, *seekers)]
        house.servers[1].kill()
        for seeker in seekers[1::2]:
            await seeker.until(partial(came_back, seeker), "back", though_closed=True)
        await whole_again(lena, MOST)
        valkey.flush()
        await whole_again(lena, MOST)
        valkey.restart_empty()
        await whole_again(lena, MOST)
        sam = await come(house, "sam")
        await sam.ready(MOST)
        assert await take(sam, MOST) == order
        for task in staying:
            task.cancel()
        await send_away([lena, sam, *seekers])


async def test_nobody_is_paired_twice_when_all_accept_everything_at_once(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with installed(tmp_path, private_valkey(), processes=2, people=PEOPLE) as house:
        team = [await come(house, name, number % 2) for number, name in enumerate(TEAM)]
        seekers = await line_of(house, len(team) + 1)
        for teammate in team:
            await teammate.ready()
        offers = [(await teammate.wait("offer"))["offer"] for teammate in team]
        assert len(set(offers)) == len(team)
        # Everybody accepts their own offer and those of all the others, twice, all in one moment.
        await asyncio.gather(
            *(
                teammate.send(type="accept", offer=offer, ref=f"{number}-{again}")
                for teammate in team
                for again in range(2)
                for number, offer in enumerate(offers)
            )
        )
        await asyncio.gather(*(answered(teammate, len(offers)) for teammate in team))
        pairs = {
            (teammate.cookie, frame["conversation"])
            for teammate in team
            for frame in teammate.frames
            if frame["type"] == "paired"
        }
        taken = Counter(conversation for _, conversation in pairs)
        assert set(taken.values()) == {1}
        assert set(taken) == {seeker.conversation for seeker in seekers[: len(team)]}
        assert len({cookie for cookie, _ in pairs}) == len(team)
        await asyncio.gather(*(seeker.wait("paired") for seeker in seekers[:-1]))
        assert [len([f for f in s.frames if f["type"] == "paired"]) for s in seekers] == [1] * len(team) + [0]
        assert house.defects() == []
        # Nobody waits beside a free desk: the first that comes free, wherever it is, takes the one left over.
        since = team[1].mark
        await team[1].send(type="end", conversation=dict(pairs)[team[1].cookie])
        offer = await team[1].wait("offer", since=since)
        await team[1].send(type="accept", offer=offer["offer"])
        await seekers[-1].wait("paired")
        await send_away([*team, *seekers])


async def answered(teammate: Teammate, offers: int) -> None:
    refs = {f"{number}-{again}" for number in range(offers) for again in range(2)}
    await teammate.until(lambda: refs <= {frame.get("ref") for frame in teammate.frames}, "all answers")


async def send_away(clients: Sequence[Client]) -> None:
    for client in clients:
        await client.cut()
