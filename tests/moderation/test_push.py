"""Web push against a push service on loopback and a browser that can read."""

from __future__ import annotations

import json

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from moderation.channels.channel import Delivered, Failed, Page, Reason, Target
from moderation.channels.push import Push, Subscription
from moderation.channels.push_keys import Vapid, sealed
from tests.support.browsers import CURVE, Phone, proven, unwritten, written
from tests.support.servers import Web, listening

AT = 1_900_000_000.0
LINK = "https://warm.example/acknowledge#one-tap"
PAGE = Page(key="5f3a" * 8, where="https://warm.example/staff", link=LINK)
VAPID = Vapid(bytes(range(32)), "https://warm.example")


class Ended(list[Target]):
    """The subscriptions of which the channel says that they have ended."""

    async def __call__(self, target: Target) -> None:
        self.append(target)


def push(gone: Ended | None = None) -> Push:
    return Push(vapid=VAPID, now=lambda: AT, gone=Ended() if gone is None else gone)


def to(phone: Phone, port: int) -> Target:
    return Target("ada", "push", phone.subscription(f"http://127.0.0.1:{port}/send/abc"))


def test_the_example_of_the_rfc_comes_out_as_it_stands_there() -> None:
    """RFC 8291, appendix A: the keys, the salt and the whole message."""
    own = ec.derive_private_key(
        int.from_bytes(unwritten("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), CURVE
    )
    message = sealed(
        b"When I grow up, I want to be a watermelon",
        browser=unwritten(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        shared=unwritten("BTBZMqHH6r4Tts7J_aSIgg"),
        own=own,
        salt=unwritten("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert written(message) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


async def test_only_the_phone_reads_a_push_and_it_says_where_one_tap_acknowledges() -> None:
    phone, web = Phone(), Web(status=201)
    async with listening(web) as port:
        assert await push().send(PAGE, to(phone, port)) == Delivered()
    [(line, headers, body)] = web.requests
    assert line == "POST /send/abc HTTP/1.1"
    assert json.loads(phone.reads(body)) == {
        "title": "Action needed",
        "text": "",
        "key": PAGE.key,
        "link": LINK,
        "practice": False,
    }
    with pytest.raises(InvalidTag):
        Phone(shared=phone.shared, key=ec.generate_private_key(CURVE)).reads(body)
    assert b"warm.example" not in body
    assert (headers["content-encoding"], headers["urgency"]) == ("aes128gcm", "high")
    assert int(headers["ttl"]) == 900


async def test_the_push_service_can_check_who_sends_and_how_to_reach_them() -> None:
    web = Web(status=201)
    async with listening(web) as port:
        await push().send(PAGE, to(Phone(), port))
    [(_, headers, _)] = web.requests
    claims = proven(headers["authorization"])
    assert claims == {
        "aud": f"http://127.0.0.1:{port}",
        "exp": int(AT) + 12 * 3600,
        "sub": "https://warm.example",
    }
    assert headers["authorization"].endswith(f"k={VAPID.public}")


async def test_two_pages_are_never_sealed_alike() -> None:
    phone, web = Phone(), Web(status=201)
    async with listening(web) as port:
        for _ in range(2):
            await push().send(PAGE, to(phone, port))
    (_, _, first), (_, _, second) = web.requests
    assert first[:86] != second[:86]


def test_the_same_secret_makes_the_same_keys_and_another_one_others() -> None:
    assert Vapid(bytes(range(32)), "x").public == VAPID.public
    assert Vapid(bytes(32), "x").public != VAPID.public
    assert len(unwritten(VAPID.public)) == 65
    assert repr(VAPID) == "<vapid>"


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_has_ended_is_said_and_not_tried_again(status: int) -> None:
    ended = Ended()
    async with listening(Web(status=status)) as port:
        target = to(Phone(), port)
        assert await push(ended).send(PAGE, target) == Failed(retry=False, reason=Reason.GONE)
    assert ended == [target]


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (500, Failed(retry=True, reason=Reason.FAULT)),
        (429, Failed(retry=True, reason=Reason.REJECTED)),
        (401, Failed(retry=False, reason=Reason.REJECTED)),
    ],
)
async def test_a_push_service_that_fails_or_refuses_ends_no_subscription(
    status: int, failure: Failed
) -> None:
    ended = Ended()
    async with listening(Web(status=status)) as port:
        assert await push(ended).send(PAGE, to(Phone(), port)) == failure
    assert ended == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "{",
        "[]",
        '{"endpoint": "https://push.example/x"}',
        '{"endpoint": "https://push.example/x", "keys": {"p256dh": 1, "auth": 2}}',
        '{"endpoint": "https://push.example/x", "keys": {"p256dh": "AAAA", "auth": "AAAA"}}',
        json.dumps({"endpoint": "x", "keys": {"p256dh": written(b"\x04" * 65), "auth": written(bytes(16))}}),
    ],
)
async def test_what_is_no_subscription_is_a_bad_target(address: str) -> None:
    with pytest.raises(ValueError, match="not a subscription"):
        Subscription.read(address)
    outcome = await push().send(PAGE, Target("ada", "push", address))
    assert outcome == Failed(retry=False, reason=Reason.BAD_TARGET)


def test_a_subscription_shows_nothing_when_it_is_printed() -> None:
    made = Subscription.read(Phone().subscription("https://push.example/canary"))
    assert "canary" not in repr(made)
