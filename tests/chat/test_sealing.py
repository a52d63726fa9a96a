"""What is sealed opens with its own key, about its own thing, unaltered, and not otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.sealing import KEY_BYTES, Key, Ring, Unopenable, derived, derived_bytes

PLAIN = st.binary(max_size=200)
ABOUT = st.binary(max_size=40)
KEY = Key(bytes(range(KEY_BYTES)))


@given(PLAIN, ABOUT)
def test_what_is_sealed_opens(plain: bytes, about: bytes) -> None:
    assert KEY.open(KEY.seal(plain, about), about) == plain


@given(PLAIN, ABOUT, ABOUT)
def test_a_box_opens_only_together_with_what_it_is_about(plain: bytes, about: bytes, other: bytes) -> None:
    box = KEY.seal(plain, about)
    if about != other:
        with pytest.raises(Unopenable):
            KEY.open(box, other)


@given(PLAIN, ABOUT, st.data())
def test_an_altered_box_never_opens(plain: bytes, about: bytes, data: st.DataObject) -> None:
    box = bytearray(KEY.seal(plain, about))
    place = data.draw(st.integers(0, len(box) - 1))
    box[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Unopenable):
        KEY.open(bytes(box), about)


@given(st.binary(max_size=100))
def test_what_was_never_sealed_never_opens(box: bytes) -> None:
    with pytest.raises(Unopenable):
        KEY.open(box, b"")


@given(PLAIN)
def test_a_cut_box_never_opens(plain: bytes) -> None:
    box = KEY.seal(plain, b"")
    for end in range(0, len(box), 7):
        with pytest.raises(Unopenable):
            KEY.open(box[:end], b"")


def test_another_key_opens_nothing() -> None:
    with pytest.raises(Unopenable):
        Key.new().open(KEY.seal(b"words", b""), b"")


def test_sealing_the_same_twice_gives_two_boxes() -> None:
    assert KEY.seal(b"words", b"") != KEY.seal(b"words", b"")


def test_a_wrapped_key_opens_what_the_key_sealed() -> None:
    key, under = Key.new(), Key.new()
    again = Key.unwrap(key.wrap(under, b"c"), under, b"c")
    assert again.open(key.seal(b"words", b"a"), b"a") == b"words"
    assert again.fingerprint == key.fingerprint
    with pytest.raises(Unopenable):
        Key.unwrap(key.wrap(under, b"c"), under, b"d")
    with pytest.raises(Unopenable):
        Key.unwrap(key.wrap(under, b"c"), Key.new(), b"c")


def test_nothing_printed_of_a_key_is_the_key() -> None:
    raw = b"K" * KEY_BYTES
    key, ring = Key(raw), Ring()
    ring.put("r", key)
    shown = f"{key!r} {key} {ring!r} {key.fingerprint} {[key]} {Unopenable()!r}"
    assert "KKKK" not in shown
    assert raw.hex()[:8] not in shown.lower()


def test_fingerprints_tell_keys_apart() -> None:
    assert len({Key.new().fingerprint for _ in range(50)}) == 50
    assert len(KEY.fingerprint) == 14


def test_keys_for_different_purposes_have_nothing_in_common() -> None:
    secret = b"s" * 32
    assert derived_bytes(secret, "ring") != derived_bytes(secret, "ticket") != secret
    box = derived(secret, "ring").seal(b"x", b"")
    assert derived(secret, "ring").open(box, b"") == b"x"
    with pytest.raises(Unopenable):
        derived(secret, "ticket").open(box, b"")


def test_a_ring_wraps_under_its_newest_key_and_opens_under_all_it_has() -> None:
    ring = Ring()
    with pytest.raises(Unopenable):
        ring.wrap(KEY, "c")
    ring.put("old", Key.new())
    under_old = ring.wrap(KEY, "c")
    ring.put("new", Key.new())
    under_new = ring.wrap(KEY, "c")
    assert under_old[:8] != under_new[:8]
    for wrapped in (under_old, under_new):
        assert ring.unwrap(wrapped, "c").fingerprint == KEY.fingerprint
        with pytest.raises(Unopenable):
            ring.unwrap(wrapped, "another conversation")


def test_a_ring_key_that_was_dropped_opens_nothing_any_more() -> None:
    ring = Ring()
    ring.put("old", Key.new())
    wrapped = ring.wrap(KEY, "c")
    ring.put("new", Key.new())
    ring.keep({"new"})
    with pytest.raises(Unopenable):
        ring.unwrap(wrapped, "c")


def test_a_ring_that_lost_its_newest_key_wraps_nothing_rather_than_break() -> None:
    ring = Ring()
    ring.put("only", Key.new())
    ring.keep(set())
    with pytest.raises(Unopenable):
        ring.wrap(KEY, "c")
