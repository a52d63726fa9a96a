from __future__ import annotations

import base64
import secrets

from hypothesis import given
from hypothesis import strategies as st

from chat.page_links import LASTS, PageLink, PageLinks, digest
from chat.sealing import Key

AT = 1_900_000_000.0
ORIGIN = "https://hello.campus.example"
IDS = st.one_of(
    st.binary(min_size=16, max_size=16).map(bytes.hex), st.text("abc-XYZ09é", min_size=1, max_size=40)
)


def token_of(address: str) -> str:
    return address.partition("#")[2]


@given(kind=st.sampled_from(["alert", "test"]), person=IDS, about=IDS)
def test_what_is_written_is_read_again(kind: str, person: str, about: str) -> None:
    links = PageLinks(Key.new(), ORIGIN)
    link = PageLink(kind, person, about, AT + LASTS)  # type: ignore[arg-type]  # one of the two
    assert links.read(token_of(links.address(link))) == link


@given(st.integers(min_value=0), st.integers(0, 7))
def test_a_link_with_one_bit_changed_is_none(place: int, bit: int) -> None:
    links = PageLinks(Key.new(), ORIGIN)
    token = token_of(links.address(PageLink("alert", "a" * 32, "b" * 32, AT)))
    box = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    box[place % len(box)] ^= 1 << bit
    assert links.read(base64.urlsafe_b64encode(bytes(box)).decode().rstrip("=")) is None


@given(st.text(max_size=600))
def test_what_is_no_link_is_none(token: str) -> None:
    assert PageLinks(Key.new(), ORIGIN).read(token) is None


def test_a_link_of_another_installation_is_none() -> None:
    address = PageLinks(Key.new(), ORIGIN).address(PageLink("alert", "ada", "a1", AT))
    assert PageLinks(Key.new(), ORIGIN).read(token_of(address)) is None


def test_the_secret_stands_in_the_fragment_and_nothing_can_be_read_in_it() -> None:
    links = PageLinks(Key.new(), ORIGIN)
    address = links(person="ada-lovelace", alert="alert-mark", practice=False, at=AT)
    front, _, token = address.partition("#")
    assert front == f"{ORIGIN}/acknowledge"
    assert "mark" not in address
    assert b"mark" not in base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


def test_no_two_links_are_alike_and_each_is_about_its_own() -> None:
    links = PageLinks(Key.new(), ORIGIN)
    made = {links(person="ada", alert="a1", practice=False, at=AT) for _ in range(50)}
    assert len(made) == len({digest(token_of(address)) for address in made}) == 50
    assert {links.read(token_of(address)) for address in made} == {PageLink("alert", "ada", "a1", AT + LASTS)}


def test_a_link_is_the_same_however_it_is_written() -> None:
    """The last sign holds bits that mean nothing; and practice is said in front."""
    links = PageLinks(Key.new(), ORIGIN)
    token = token_of(links.address(PageLink("alert", "ada", "a1", AT), practice=True))
    assert token.startswith("practice.")
    bare = token.removeprefix("practice.")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = [bare[:-1] + sign for sign in alphabet]
    alike = [other for other in (token, *others) if links.read(other)]
    assert len(alike) > 2
    assert {digest(other) for other in alike} == {digest(bare)}


def test_a_page_fits_into_one_text_message() -> None:
    """160 signs, with ids as the store makes them and an address as campuses have."""
    links = PageLinks(Key.new(), ORIGIN)
    person, alert = secrets.token_hex(16), secrets.token_hex(16)
    address = links(person=person, alert=alert, practice=False, at=AT)
    assert len(f"Action needed. Please open {address}") <= 160
