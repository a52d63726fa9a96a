"""Several processes on one port, run as an operator runs them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest_asyncio

from chat.protocol import Role
from tests.support.client import Seeker, Talk, Teammate
from tests.support.process import Installation, Server, comes, installed, said
from tests.support.valkey import Valkey

PEOPLE: dict[str, list[Role]] = {"sam": ["supporter"]}
CONFIG = "warmline.toml"
TALKATIVE = {"messages_per_minute": "600", "message_burst": "100"}


@pytest_asyncio.fixture
async def house(private_valkey: Callable[[], Valkey], tmp_path: Path) -> AsyncIterator[Installation]:
    """Two processes on one port, and a worker beside them."""
    (tmp_path / CONFIG).write_text('campus_name = "Northgate"\n')
    settings = {**TALKATIVE, "workers": "1", "hung_seconds": "3", "config": str(tmp_path / CONFIG)}
    async with installed(
        tmp_path, private_valkey(), processes=1, together="2", people=PEOPLE, **settings
    ) as made:
        await said(made.servers[0], "event=ready count=3")
        yield made


async def talking(house: Installation) -> tuple[Seeker, Teammate, str]:
    sam = await Teammate(house.url, await house.sign_in("sam")).open()
    await sam.hello()
    await sam.ready()
    seeker = await Seeker(house.url).open()
    await seeker.hello()
    await seeker.join()
    conversation = str((await sam.accept())["conversation"])
    await seeker.wait("paired")
    return seeker, sam, conversation


async def shown(client: Seeker | Teammate, talk: Talk, count: int) -> None:
    await client.until(lambda: len(talk.view) >= count, "what the other said", though_closed=True)


def everybody_is_counted(server: Server) -> bool:
    """Whichever process is asked, and whichever has the sockets."""
    told = server.ask("GET", "/metrics")[2].decode()
    return 'sockets{side="seeker"} 1.0' in told and 'sockets{side="team"} 1.0' in told


async def a_wrong_setting_changes_nothing(house: Installation) -> None:
    server, (config, good) = house.servers[0], (house.folder / CONFIG, (house.folder / CONFIG).read_text())
    before = set(server.children)
    config.write_text("campus_nam = 1\n")
    os.kill(server.pid, signal.SIGHUP)
    await said(server, "event=upgrade_refused part=server process=0 status=2")
    assert set(server.children) == before
    assert "\nwarmline: setting campus_nam: is not a setting (line 1 of the file)\n" in server.log.read_text()
    ladder = house.folder / "ladder.toml"
    ladder.write_text('[[rung]]\ntell = ["person:nobody@campus.example"]\nby = ["any"]\nwait = 60\n')
    config.write_text(f'{good}ladder_file = "{ladder}"\n')
    os.kill(server.pid, signal.SIGHUP)
    reason = "line 2: rung 1: nobody here is 'nobody@campus.example'"
    await said(server, f"warmline: setting ladder_file: {reason}\n")
    await comes(lambda: server.log.read_text().count("event=upgrade_refused") == 2)
    assert set(server.children) == before
    config.write_text(good)


async def test_each_process_is_replaced_while_people_talk_and_nothing_is_lost(house: Installation) -> None:
    """Whatever is installed by then is what serves; and a process that dies is started again."""
    server = house.servers[0]
    seeker, sam, conversation = await talking(house)
    before = set(server.children)
    assert len(before) == 3
    await comes(lambda: everybody_is_counted(server))
    staying = [asyncio.create_task(client.stay()) for client in (seeker, sam)]
    os.kill(server.pid, signal.SIGHUP)
    talk, count = sam.talks[conversation], 0
    while "event=upgraded" not in server.log.read_text() or not (seeker.returns and sam.returns):
        await seeker.say(f"seeker {count}")
        await sam.say(conversation, f"supporter {count}")
        count += 1
        status, _, _ = await asyncio.to_thread(server.ask, "GET", "/livez")
        assert status == 200  # nobody who arrives meanwhile is refused
        await shown(sam, talk, count)
        await shown(seeker, seeker.talk, count)
    assert before.isdisjoint(server.children)
    assert [text for _, _, text in talk.view] == [f"seeker {number}" for number in range(count)]
    assert [text for _, _, text in seeker.talk.view] == [f"supporter {number}" for number in range(count)]
    await a_wrong_setting_changes_nothing(house)
    os.kill(server.children[0], signal.SIGKILL)
    await said(server, "event=process_back")
    assert len(server.children) == 3
    for task in staying:
        task.cancel()
    await asyncio.gather(seeker.cut(), sam.cut())
    assert await asyncio.to_thread(server.stop) == 0
    assert "event=stopped" in server.log.read_text()
    assert house.defects() == []


async def test_a_process_that_hangs_is_replaced_and_nobody_loses_anything(house: Installation) -> None:
    """Each in turn, so that both people were on one that stood still."""
    server = house.servers[0]
    seeker, sam, conversation = await talking(house)
    staying = [asyncio.create_task(client.stay()) for client in (seeker, sam)]
    talk = sam.talks[conversation]
    for number, child in enumerate(server.children):
        os.kill(child, signal.SIGSTOP)
        await seeker.say(f"seeker {number}")
        await sam.say(conversation, f"supporter {number}")
        await comes(lambda times=number + 1: server.log.read_text().count("event=process_back") == times)  # type: ignore[misc]  # mypy cannot infer a default
        assert server.log.read_text().count("event=process_hung") == number + 1
        await shown(sam, talk, number + 1)
        await shown(seeker, seeker.talk, number + 1)
        assert child not in server.children
    assert [text for _, _, text in talk.view] == ["seeker 0", "seeker 1", "seeker 2"]
    assert [text for _, _, text in seeker.talk.view] == ["supporter 0", "supporter 1", "supporter 2"]
    assert len(server.children) == 3
    for task in staying:
        task.cancel()
    await asyncio.gather(seeker.cut(), sam.cut())
    assert house.defects() == []


async def test_what_keeps_all_from_starting_is_told_once_and_is_the_exit_status(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with installed(tmp_path, private_valkey(), processes=0) as house:
        ladder = tmp_path / "ladder.toml"
        ladder.write_text("rungs = 1\n")
        house.environ |= {"WARMLINE_PROCESSES": "3", "WARMLINE_LADDER_FILE": str(ladder)}
        told = await asyncio.to_thread(house.command, "serve")
    assert told.returncode == 2
    assert told.stderr.count("warmline: setting ladder_file: ") == 1


async def test_one_that_is_stopped_while_it_starts_ends_in_order(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with installed(tmp_path, private_valkey(), together="2") as house:
        assert await asyncio.to_thread(house.servers[0].stop) == 0


async def test_children_do_not_outlive_the_one_that_started_them(house: Installation) -> None:
    server = house.servers[0]
    children = server.children
    server.kill()
    await comes(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
