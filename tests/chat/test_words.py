"""Words show nothing unless they are asked to."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.words import Words

TEXTS = st.text(min_size=1)
CANARY = "canary-7c1f"


@given(TEXTS)
def test_only_reveal_gives_words_out(text: str) -> None:
    assert Words(text).reveal() == text


@given(TEXTS)
def test_every_way_to_print_words_shows_the_same_thing(text: str) -> None:
    words = Words(text)
    shown = {
        repr(words),
        str(words),
        f"{words}",
        f"{words!r}",
        format(words),
        "%s" % words,  # noqa: UP031 - this way of formatting is one of those that are tried
        "{}".format(words),  # noqa: UP032 - as above
        ascii(words),
        repr([words])[1:-1],
    }
    assert shown == {"<words>"}


def test_a_width_pads_the_placeholder_and_not_the_words() -> None:
    assert f"{Words(CANARY):>9}" == "  <words>"


def test_words_in_a_log_line_and_a_traceback_stay_hidden(caplog: pytest.LogCaptureFixture) -> None:
    def careless(words: Words) -> None:
        raise ValueError(words)

    try:
        careless(Words(CANARY))
    except ValueError as error:
        logging.getLogger("words").exception("failed on %s", Words(CANARY))
        told = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert CANARY not in caplog.text
    assert "failed on <words>" in caplog.text
    assert "<words>" in told


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy])
def test_words_are_not_copied_out_of_the_process(take: Any) -> None:
    with pytest.raises(TypeError, match=r"^words are not pickled$"):
        take(Words(CANARY))


def test_equal_words_are_equal_but_are_found_in_no_set() -> None:
    assert Words("a") == Words("a")
    assert Words("a") != Words("b")
    assert Words("a") != "a"
    with pytest.raises(TypeError):
        hash(Words("a"))


def test_words_have_no_other_attribute_to_leave_by() -> None:
    with pytest.raises(TypeError):
        vars(Words(CANARY))
    with pytest.raises(TypeError):
        len(Words(CANARY))  # type: ignore[arg-type]  # that there is no length is what is tried
