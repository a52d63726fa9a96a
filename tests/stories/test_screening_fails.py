"""When screening breaks, the message arrives, staff hear that it could not be checked, and no log has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from chat.protocol import Role
from tests.support import choking, launching
from tests.support.client import Seeker, Teammate
from tests.support.process import installed
from tests.support.stage import open_desk, take_offer
from tests.support.valkey import Valkey

PEOPLE: Final[Mapping[str, Sequence[Role]]] = {"sam": ["supporter"], "otto": ["on_call"]}
WORDS: Final = "canary: i want to tell you something"


@pytest.fixture
def choking_screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Servers started under it have a screen that chokes on every message and quotes it."""
    with closing(launching.Launcher(choking.__name__)) as launcher:
        monkeypatch.setattr(launching, "shared", lambda: launcher)
        yield


@pytest.mark.usefixtures("choking_screen")
async def test_the_message_is_delivered_and_an_alert_says_that_it_could_not_be_checked(
    tmp_path: Path, valkey: Valkey
) -> None:
    async with installed(tmp_path, valkey, people=PEOPLE) as campus:
        supporter = Teammate(campus.url, cookie=await campus.sign_in("sam"))
        staff = Teammate(campus.url, cookie=await campus.sign_in("otto"))
        seeker = Seeker(campus.url)
        async with supporter, staff, seeker:
            for client in (supporter, staff, seeker):
                await client.hello()
            await open_desk(supporter)
            await seeker.send(type="join")
            conversation = await take_offer(supporter)
            n = await seeker.say(WORDS)
            await seeker.wait("ack", n=n)
            assert (await supporter.wait("said", n=n))["text"] == WORDS
            alert = await staff.wait("alert", conversation=conversation)
        assert (alert["category"], alert["source"], alert["severity"]) == ("screening", "failure", "concern")
        assert not [frame for frame in seeker.frames if frame["type"] == "crisis"]
        assert not [frame for frame in supporter.frames if frame["type"] == "finding"]
        log = campus.servers[0].log.read_text()
        assert "ValueError" in log
        assert "canary" not in log
        assert "choked" not in log
