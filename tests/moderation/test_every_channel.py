"""What holds for every alert channel alike: what it says, whom it holds up, and when the ladder moves on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from email.message import Message
from pathlib import Path

import pytest

from moderation.channels.apprise_url import AppriseUrl
from moderation.channels.channel import Channel, Delivered, Failed, Page, Reason, Target
from moderation.channels.email import Email, MailServer
from moderation.channels.gateway import Gateway, HttpGateway
from moderation.channels.push import Push
from moderation.channels.push_keys import Vapid
from moderation.channels.threads import AppriseThreads
from moderation.channels.webhook import Webhook
from moderation.directory import Directory, Person
from moderation.ladder import parse
from moderation.pager import WITHIN, Pager
from moderation.roster import OnCall
from storage.alerts import Alerts
from tests.support.alerting import AlertPath, Phones
from tests.support.browsers import Phone
from tests.support.clock import DrivenClock
from tests.support.servers import Handler, Hanging, Mailbox, Web, listening

NAMES = ("webhook", "email", "apprise", "ntfy", "push", "sms", "voice")
PHONE = Phone()
LINK = "https://warm.example/acknowledge#one-tap"
PAGE = Page(key="5f3a", where="https://warm.example/staff", link=LINK)
GIVEN_AWAY = ("crisis", "self_harm", "suicide", "conversation-one", "seeker", "student", "alert")
TWO_RUNGS = """
[[rung]]
tell = ["first"]
by = ["any"]
wait = 30
[[rung]]
tell = ["second"]
by = ["any"]
wait = 30
"""


async def nobody(_: Target) -> None:
    """No subscription ends in these tests."""


def made(name: str, port: int) -> tuple[Channel, str]:
    """A channel whose other side listens on `port` of this machine, and an address on it."""
    url = f"http://127.0.0.1:{port}/x"
    gateway = Gateway(url=url, headers={"Content-Type": "application/json"}, body='["{to}", "{text}"]')
    match name:
        case "webhook":
            return Webhook(key=b"k", now=lambda: 0.0), url
        case "email":
            server = MailServer("127.0.0.1", port, "warmline@campus.example", "insecure")
            return Email(server, AppriseThreads()), "ada@campus.example"
        case "apprise":
            return AppriseUrl(AppriseThreads()), f"json://127.0.0.1:{port}/x"
        case "ntfy":
            return AppriseUrl(AppriseThreads()), f"ntfy://127.0.0.1:{port}/north-on-call"
        case "push":
            vapid = Vapid(bytes(32), "https://warm.example")
            return Push(vapid=vapid, now=lambda: 0.0, gone=nobody), PHONE.subscription(url)
        case "sms":
            return HttpGateway(gateway, says=lambda page: page.text), "+441632960000"
        case _:
            return HttpGateway(gateway, says=lambda page: page.spoken), "+441632960000"


def read(name: str, web: Web, mailbox: Mailbox) -> str:
    """All that the other side was told, opened where it is sealed."""
    if name == "email":
        [mail] = mailbox.mails
        return f"{mail['Subject']} {whole(mail)}"
    [(line, headers, body)] = web.requests
    shown = PHONE.reads(body) if name == "push" else body
    return f"{line} {headers} {shown.decode()}"


def whole(mail: Message) -> str:
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Greets in no language of mail, and goes."""
    writer.write(b"\x00 fine, thanks\r\n")
    await writer.drain()


def other_side(name: str) -> tuple[Web, Mailbox]:
    answer = b'{"id": "1"}'
    head = f"HTTP/1.1 200 Told\r\nContent-Length: {len(answer)}\r\nConnection: close\r\n\r\n".encode()
    return Web(raw=head + answer) if name == "ntfy" else Web(), Mailbox()


@pytest.mark.parametrize("name", NAMES)
async def test_a_page_says_that_action_is_needed_and_where_and_nothing_else(
    name: str, store: Alerts, clock: DrivenClock, tmp_path: Path
) -> None:
    """Promise 11, by the whole path: an alert of the gravest kind, told by each channel."""
    web, mailbox = other_side(name)
    async with listening(mailbox if name == "email" else web) as port:
        channel, address = made(name, port)
        path = AlertPath(store=store, clock=clock, phones=channel, folder=tmp_path, ladder=parse(TWO_RUNGS))
        path.staff.directory = Directory(
            people=(Person("ada", frozenset({"on_call"}), (Target("ada", "sms", address),)),),
            on_call=OnCall("ada"),
        )
        async with path.running():
            alert = await path.alarm("conversation-one")
            await path.until(lambda: ("open", 1) in path.consoles.seen)
    told = read(name, web, mailbox)
    assert "action is needed" in told.lower() or "action needed" in told.lower()
    assert alert.id not in told
    assert not [word for word in GIVEN_AWAY if word in told.lower()]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "voice"])
async def test_a_page_to_a_person_says_where_one_tap_acknowledges(name: str) -> None:
    web, mailbox = other_side(name)
    async with listening(mailbox if name == "email" else web) as port:
        channel, address = made(name, port)
        assert await channel.send(PAGE, Target("ada", name, address)) == Delivered()
    assert LINK in read(name, web, mailbox)


@pytest.mark.parametrize("name", NAMES)
async def test_the_link_is_no_part_of_any_address_that_is_asked(name: str) -> None:
    web, mailbox = other_side(name)
    async with listening(mailbox if name == "email" else web) as port:
        channel, address = made(name, port)
        await channel.send(PAGE, Target("ada", name, address))
    assert all("one-tap" not in line for line, _, _ in web.requests)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", ["refuses", "fails", "away", "lies"])
async def test_no_channel_says_delivered_when_nothing_was(name: str, way: str) -> None:
    web = {
        "refuses": Web(status=403),
        "fails": Web(status=500),
        "lies": Web(raw=b"\x00 fine, thanks\r\n\r\n"),
    }
    mail: dict[str, Handler] = {
        "refuses": Mailbox(refuses="RCPT"),
        "fails": Mailbox(refuses="DATA"),
        "lies": babble,
    }
    server = (mail if name == "email" else web).get(way, Hanging())
    async with listening(server) as port:
        channel, address = made(name, port)
        if way != "away":
            assert isinstance(await channel.send(PAGE, Target("ada", name, address)), Failed)
    if way == "away":
        assert isinstance(await channel.send(PAGE, Target("ada", name, address)), Failed)


@pytest.mark.parametrize("name", NAMES)
async def test_a_hanging_other_side_holds_nobody_who_stops_waiting(name: str) -> None:
    hanging = Hanging()
    async with listening(hanging) as port:
        channel, address = made(name, port)
        sending = asyncio.create_task(channel.send(PAGE, Target("ada", name, address)))
        await hanging.connected.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending


def hangs(phones: Phones) -> None:
    phones.hangs = {"push"}


def fails(phones: Phones) -> None:
    phones.answer = lambda _, target: (
        Failed(retry=True, reason=Reason.FAULT) if target.channel == "push" else Delivered()
    )


def refuses(phones: Phones) -> None:
    phones.answer = lambda _, target: (
        Failed(retry=False, reason=Reason.REJECTED) if target.channel == "push" else Delivered()
    )


@pytest.mark.parametrize("breaks", [hangs, fails, refuses])
async def test_a_dead_channel_moves_on_within_ten_seconds(
    breaks: Callable[[Phones], None], store: Alerts, clock: DrivenClock, tmp_path: Path
) -> None:
    """The first rung's only channel is dead: the second rung, which waits 30 s, is told within ten."""
    phones = Phones(clock)
    breaks(phones)
    path = AlertPath(store=store, clock=clock, phones=phones, folder=tmp_path, ladder=parse(TWO_RUNGS))
    path.staff.directory = Directory(
        people=(
            Person("ada", frozenset({"on_call"}), (Target("ada", "push", "a"),)),
            Person("ben", frozenset({"on_call"}), (Target("ben", "sms", "b"),)),
        ),
        on_call=OnCall("ada", "ben"),
    )
    start = clock.now()
    async with path.running():
        await path.alarm()
        if phones.hangs:
            await phones.hanging.wait()
            clock.jump(WITHIN)  # the deadline of the attempt; nothing else waits for the time
        await path.until(lambda: any(who == "ben" for _, who, _ in phones.rings))
    (moved,) = [at for at, who, _ in phones.since(start) if who == "ben"]
    assert moved <= 10, moved


async def test_a_channel_that_hangs_is_tried_again_within_its_time(clock: DrivenClock) -> None:
    """With a time of its own for each attempt, eight seconds hold more than one."""
    phones = Phones(clock, hangs={"push"})
    outcomes: list[Delivered | Failed] = []

    async def record(_: Target, outcome: Delivered | Failed) -> None:
        outcomes.append(outcome)

    async def wanted() -> bool:
        return True

    pager = Pager(channels={"push": phones}, clock=clock, chance=lambda: 0.5, patience={"push": 3.0})
    sending = asyncio.create_task(pager.send(PAGE, [Target("ada", "push", "a")], record, wanted))
    for pause in (0.5, 1.0):
        await phones.hanging.wait()
        phones.hanging.clear()
        clock.jump(3.0)
        await clock.rest(waiters=lambda: 1)
        clock.jump(pause)
    await phones.hanging.wait()
    clock.jump(3.0)
    assert await sending == 0
    assert outcomes == [Failed(retry=True, reason=Reason.TIMED_OUT)] * 3


async def test_an_address_that_fails_rests_on_its_own_channel_alone(clock: DrivenClock) -> None:
    """Each address of each channel has a breaker of its own."""
    phones = Phones(clock)
    refuses(phones)
    outcomes: list[tuple[str, Delivered | Failed]] = []

    async def record(target: Target, outcome: Delivered | Failed) -> None:
        outcomes.append((target.channel, outcome))

    async def wanted() -> bool:
        return False

    pager = Pager(channels=dict.fromkeys(("push", "sms"), phones), clock=clock, chance=lambda: 0.5)
    targets = [Target("ada", "push", "same"), Target("ada", "sms", "same"), Target("ben", "push", "other")]
    for _ in range(4):
        await pager.send(PAGE, targets[:2], record, wanted)
    await pager.send(PAGE, targets[2:], record, wanted)
    rests = Failed(retry=False, reason=Reason.OPEN_CIRCUIT)
    told = [outcome for channel, outcome in outcomes if channel == "push"]
    assert [outcome == rests for outcome in told] == [False, False, False, True, False]
    assert [outcome for channel, outcome in outcomes if channel == "sms"] == [Delivered()] * 4


async def test_each_person_gets_a_link_of_their_own_and_a_campus_none(clock: DrivenClock) -> None:
    phones, asked = Phones(clock), 0

    async def record(_: Target, __: Delivered | Failed) -> None:
        """Nothing to note."""

    async def wanted() -> bool:
        return True

    def link(target: Target) -> str:
        nonlocal asked
        asked += 1
        return f"https://warm.example/acknowledge#{target.person}" if target.person else ""

    pager = Pager(channels={"push": phones, "webhook": phones}, clock=clock, chance=lambda: 0.0)
    targets = [Target("ada", "push", "a"), Target("ben", "push", "b"), Target(None, "webhook", "w")]
    await pager.send(PAGE, targets, record, wanted, link)
    assert asked == 3
    assert {page.link.partition("#")[2] for page in phones.pages} == {"ada", "ben", ""}
    assert phones.pages[-1].text.endswith(PAGE.where)


async def test_a_body_with_a_link_is_json_that_receivers_can_read() -> None:
    web = Web()
    async with listening(web) as port:
        channel, address = made("webhook", port)
        await channel.send(PAGE, Target("ada", "webhook", address))
    assert json.loads(web.requests[0][2])["where"] == PAGE.where
