"""Where Redis is, as operators write it."""

from __future__ import annotations

import pytest

from chat.broker.address import BadAddress, Node, parse

CANARY = "heron-4417"


def test_one_server() -> None:
    assert parse("redis://localhost").nodes == (Node("localhost", 6379),)
    assert parse("rediss://sam:a%20b@redis.example:7000/3").nodes == (
        Node("redis.example", 7000, "", "sam", "a b", 3, tls=True),
    )
    assert parse("redis://:secret@[::1]:7000").nodes == (Node("::1", 7000, password="secret"),)
    assert parse("unix:///run/redis.sock?db=2").nodes == (Node(path="/run/redis.sock", database=2),)


def test_sentinels_name_the_master_of_a_service_and_have_accounts_of_their_own() -> None:
    told = parse("redis+sentinel://sam:secret@one,two:5000/warmline/1?sentinel_password=other")
    assert (told.kind, told.service) == ("sentinel", "warmline")
    assert told.nodes == (Node("one", 26379, password="other"), Node("two", 5000, password="other"))
    assert told.master.at("three", 6379) == Node("three", 6379, "", "sam", "secret", 1)


def test_some_servers_of_a_cluster() -> None:
    told = parse("rediss+cluster://:secret@one:7000,two:7001")
    assert told.kind == "cluster"
    assert told.nodes == (
        Node("one", 7000, password="secret", tls=True),
        Node("two", 7001, password="secret", tls=True),
    )


def test_tls_may_have_an_authority_and_a_certificate_of_its_own() -> None:
    told = parse(
        "rediss+sentinel://:secret@one/warmline?ca=/a.pem&cert=/c.pem&key=/k.pem&sentinel_password=x"
    )
    assert (told.master.ca, told.master.certificate, told.master.key) == ("/a.pem", "/c.pem", "/k.pem")
    assert told.nodes == (
        Node("one", 26379, password="x", tls=True, ca="/a.pem", certificate="/c.pem", key="/k.pem"),
    )
    assert parse("redis://one").master.context() is None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"redis://one?ca={CANARY}", "does not begin with rediss"),
        (f"rediss://one?key={CANARY}", "a key without its certificate"),
        (f"rediss://one?{CANARY}=1", "may have these options"),
        (f"rediss://one?ca={CANARY}&ca=2", "may have these options, each once: ca, cert, key"),
        (f"rediss+cluster://one?sentinel_password={CANARY}", "may have these options"),
        (f"http://{CANARY}", "must begin with"),
        (CANARY, "must begin with"),
        (f"unix://?db={CANARY}", "names no path"),
        (f"redis://one,{CANARY}", "names several servers"),
        (f"redis://one:{CANARY}", "not written as name:port"),
        ("redis://one:70000", "has a port that is none"),
        (f"redis://one/{CANARY}", "the database that is not a number"),
        ("redis://one/1/2", "after the number of the database"),
        ("redis+sentinel://one:26379", "must end with the name of the service"),
        ("redis+cluster://one/1", "a Cluster has one database"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_of_it_is_quoted(url: str, why: str) -> None:
    with pytest.raises(BadAddress, match=why) as refused:
        parse(url)
    assert CANARY not in str(refused.value)


def test_printing_shows_no_password() -> None:
    told = parse(f"redis+cluster://:{CANARY}@one")
    assert CANARY not in f"{told} {told.nodes} {told.master!r}"
