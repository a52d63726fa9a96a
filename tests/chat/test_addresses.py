from __future__ import annotations

import pytest

from chat.addresses import BadAddress, checked, shown
from tests.support.browsers import Phone

HOSTS = ("fcm.googleapis.com", "*.push.apple.com", "127.0.0.1")
SERVICES = ("ntfy", "ntfys")


def good(channel: str, address: str) -> str:
    return checked(channel, address, push_hosts=HOSTS, services=SERVICES)


@pytest.mark.parametrize(
    ("channel", "address", "kept"),
    [
        ("email", " ada@campus.example ", "ada@campus.example"),
        ("sms", "+44 (1632) 960-000", "+441632960000"),
        ("voice", "+441632960000", "+441632960000"),
        ("apprise", "ntfys://ntfy.example/topic", "ntfys://ntfy.example/topic"),
    ],
)
def test_an_address_is_kept_as_it_is_used(channel: str, address: str, kept: str) -> None:
    assert good(channel, address) == kept
    assert shown(channel, kept) in kept


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("email", "nobody"),
        ("email", "ada@campus.example, eve@elsewhere.example"),
        ("sms", "01632 960000"),
        ("sms", "+44"),
        ("voice", "call me"),
        ("apprise", "ntfy"),
        ("apprise", "json://127.0.0.1:6379/"),
        ("apprise", "ntfys://two words"),
        ("push", "{}"),
        ("pigeon", "roof"),
        ("email", ""),
        ("apprise", "ntfys://" + "x" * 1500),
    ],
)
def test_what_is_no_address_is_refused_in_a_sentence_that_does_not_repeat_it(
    channel: str, address: str
) -> None:
    with pytest.raises(BadAddress) as refused:
        good(channel, address)
    told = str(refused.value)
    assert told.endswith(".")
    assert len(address) < 5 or address not in told


@pytest.mark.parametrize(
    ("endpoint", "allowed"),
    [
        ("https://fcm.googleapis.com/fcm/send/x", True),
        ("https://web.push.apple.com/x", True),
        ("https://push.apple.com.evil.example/x", False),
        ("https://evilpush.apple.com/x", False),
        ("http://fcm.googleapis.com/x", False),
        ("https://10.0.0.5/admin", False),
        ("http://127.0.0.1:9/x", True),
    ],
)
def test_pushes_go_only_to_push_services_that_are_set_up(endpoint: str, allowed: bool) -> None:  # noqa: FBT001  # a row of the table
    address = Phone().subscription(endpoint)
    if allowed:
        assert good("push", address) == address
    else:
        with pytest.raises(BadAddress):
            good("push", address)


def test_of_what_holds_a_secret_only_the_place_is_shown() -> None:
    assert shown("push", Phone().subscription("https://web.push.apple.com/secret")) == "web.push.apple.com"
    assert shown("apprise", "ntfys://token@ntfy.example/topic") == "ntfys"
