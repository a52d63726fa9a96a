"""Resume tokens lead back to a conversation and can be made by nobody else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chat.protocol import SeekerHello, read_seeker
from chat.tickets import Tickets

TICKETS = Tickets(b"s" * 32)
TOKEN = TICKETS.write("some-conversation")


def test_a_ticket_leads_back_to_its_conversation() -> None:
    conversation, token = TICKETS.new()
    assert TICKETS.read(token) == conversation
    assert Tickets(b"s" * 32).read(token) == conversation


def test_every_conversation_and_every_ticket_is_another_one() -> None:
    made = [TICKETS.new() for _ in range(100)]
    assert len({conversation for conversation, _ in made}) == 100
    assert TICKETS.write("c") != TICKETS.write("c")


def test_a_ticket_of_another_installation_leads_nowhere() -> None:
    assert TICKETS.read(Tickets(b"t" * 32).write("c")) is None


def test_no_ticket_leads_nowhere() -> None:
    assert TICKETS.read(None) is None
    assert TICKETS.read("") is None


@given(st.text(max_size=200))
def test_nothing_that_was_made_up_is_a_ticket(token: str) -> None:
    assert TICKETS.read(token) is None


@given(st.data())
def test_an_altered_ticket_leads_nowhere(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(TOKEN) - 2))  # the last sign may carry bits that mean nothing
    sign = data.draw(st.sampled_from("ABCxyz019-_").filter(lambda s: s != TOKEN[place]))
    assert TICKETS.read(TOKEN[:place] + sign + TOKEN[place + 1 :]) is None


def test_a_ticket_shows_nothing_of_its_conversation() -> None:
    conversation, token = TICKETS.new()
    assert conversation not in token


def test_a_ticket_fits_the_field_it_travels_in() -> None:
    _, token = TICKETS.new()
    hello = read_seeker(b'{"type": "hello", "v": 1, "ticket": "%s"}' % token.encode())
    assert isinstance(hello, SeekerHello)
    assert hello.ticket == token
