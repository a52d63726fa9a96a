"""Reloads, lost networks, quick exits: what the page keeps, and what it must not keep."""

from __future__ import annotations

import pytest
import redis
from playwright.sync_api import Page, expect

from tests.support.redises import until
from tests.support.visitors import Mortal, Visitors, begin, mark, meet, on_screen, ready, say, shows


def talking(visitors: Visitors) -> tuple[Page, Page]:
    seeker, console = visitors.seeker(), visitors.teammate("sam")
    ready(console)
    begin(seeker)
    meet(seeker, console)
    say(console, "First words")
    shows(seeker, "First words")
    return seeker, console


def test_a_reload_loses_nothing(visitors: Visitors) -> None:
    seeker, console = talking(visitors)
    say(seeker, "Before the reload")
    shows(console, "Before the reload")
    seeker.reload()
    on_screen(seeker, "talk")
    for text in ("First words", "Before the reload"):
        shows(seeker, text)
    say(seeker, "After the reload")
    shows(console, "After the reload")
    console.reload()
    for text in ("First words", "Before the reload", "After the reload"):
        shows(console, text)


def test_a_place_in_line_survives_a_reload(visitors: Visitors) -> None:
    seeker = visitors.seeker()
    begin(seeker)
    say(seeker, "Kept while waiting")
    shows(seeker, "Kept while waiting")
    seeker.reload()
    on_screen(seeker, "waiting")
    shows(seeker, "Kept while waiting")
    expect(mark(seeker, "place")).to_be_visible()  # the server knows of them again, and of their going


def test_a_double_tap_skips_nothing_that_is_to_be_read(visitors: Visitors) -> None:
    seeker = visitors.seeker()
    mark(seeker, "start").dblclick()
    on_screen(seeker, "before")
    mark(seeker, "understood").dblclick()
    on_screen(seeker, "about")
    mark(seeker, "skip").click()
    expect(mark(seeker, "place")).to_be_visible()


def test_a_lost_network_loses_nothing(visitors: Visitors) -> None:
    seeker, console = talking(visitors)
    seeker.context.set_offline(True)
    say(seeker, "Said without a network")
    shows(seeker, "Said without a network")
    say(console, "Said to nobody yet")
    seeker.context.set_offline(False)
    shows(console, "Said without a network")
    shows(seeker, "Said to nobody yet")


def test_a_redis_that_is_nearly_full_shows_who_is_new_the_emergency_lines(
    mortal_visitors: Visitors, mortal: Mortal
) -> None:
    seeker, server = mortal_visitors.seeker(), mortal.installation.servers[0]
    with redis.Redis(unix_socket_path=str(mortal.installation.valkey.socket)) as store:
        enough = store.info("memory")["maxmemory"]
        store.config_set("maxmemory", store.info("memory")["used_memory"] * 10 // 9)
        until(lambda: b"warmline_redis_memory_scarce 1.0" in server.ask("GET", "/metrics")[2])
        mark(seeker, "start").click()
        mark(seeker, "start-now").click()
        on_screen(seeker, "closed")
        expect(seeker.get_by_role("heading", level=1)).to_have_text("The waiting room is full right now")
        expect(mark(seeker, "line").first).to_be_visible()
        mortal_visitors.look(seeker, "full")
        store.config_set("maxmemory", enough)
        until(lambda: b"warmline_redis_memory_scarce 0.0" in server.ask("GET", "/metrics")[2])
    mark(seeker, "back").click()
    begin(seeker)


def test_a_killed_server_loses_nothing(mortal_visitors: Visitors, mortal: Mortal) -> None:
    seeker, console = talking(mortal_visitors)
    say(seeker, "Before the server died")
    shows(console, "Before the server died")
    mortal.installation.servers[0].kill()
    expect(mark(seeker, "reconnecting")).to_be_visible()
    say(seeker, "While nobody answers")
    shows(seeker, "While nobody answers")
    mortal.installation.servers[0].start()
    mortal.ready()
    shows(console, "While nobody answers")
    say(console, "I am back")
    shows(seeker, "I am back")
    for page in (seeker, console):
        for text in ("First words", "Before the server died", "While nobody answers", "I am back"):
            shows(page, text)


@pytest.mark.parametrize("way", ["button", "shift"])
def test_a_quick_exit_leaves_nothing(visitors: Visitors, way: str) -> None:
    seeker, console = talking(visitors)
    say(seeker, "Something private")
    shows(console, "Something private")
    if way == "button":
        seeker.locator("#leave").click()
    else:
        for _ in range(3):
            seeker.keyboard.press("Shift")
    seeker.wait_for_url("**/leave")
    expect(mark(console, "wrapup")).to_be_visible()
    assert "Something private" not in seeker.content()
    assert seeker.evaluate("sessionStorage.length + localStorage.length") == 0
    seeker.go_back()
    assert "Something private" not in seeker.content()
    assert mark(seeker, "message").count() == 0


def test_the_page_is_blank_before_anything_else_happens(visitors: Visitors) -> None:
    """What is on the page right after the key, in the same task, while the network is still to be asked."""
    seeker, _ = talking(visitors)
    left = seeker.evaluate(
        """() => {
          for (let n = 0; n < 3; n += 1) dispatchEvent(new KeyboardEvent("keydown", {key: "Shift"}));
          return document.body.childElementCount + document.title.length;
        }"""
    )
    assert left == 0


def test_a_second_tab_goes_on_and_the_first_says_so(visitors: Visitors) -> None:
    console = visitors.teammate("sam")
    expect(mark(console, "status")).to_be_visible()
    second = visitors.page(console.context, "/console")
    expect(mark(second, "status")).to_be_visible()
    expect(mark(console, "elsewhere")).to_be_visible()
