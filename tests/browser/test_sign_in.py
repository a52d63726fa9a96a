"""Signing in with a second factor: taken in once, then asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from chat.second_factor import STEP
from tests.support.demo import Demo, running_demo
from tests.support.visitors import PHONE, Visitors, mark, visiting


@pytest.fixture(scope="module")
def strict_demo() -> Iterator[Demo]:
    """A demo in which everybody needs a second factor."""
    with running_demo(second_factor="everybody") as running:
        yield running


@pytest.fixture
def people(browser: Browser, strict_demo: Demo) -> Iterator[Visitors]:
    with visiting(browser, strict_demo) as visitors:
        yield visitors


def fill(page: Page, demo: Demo, name: str) -> None:
    mark(page, "email").fill(demo.people[name]["email"])
    mark(page, "password").fill(demo.people[name]["password"])
    page.keyboard.press("Enter")


def enter(page: Page, code: str) -> None:
    expect(mark(page, "code")).to_be_focused()
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def test_a_second_factor_is_taken_in_at_the_first_sign_in_and_asked_for_at_the_next(
    people: Visitors, strict_demo: Demo
) -> None:
    page = people.page(people.context(PHONE), "/staff")
    fill(page, strict_demo, "omar")
    expect(mark(page, "enrol")).to_be_visible()
    people.look(page, "sign-in-enrol")
    app = pyotp.TOTP(mark(page, "secret").inner_text().replace(" ", ""))
    enter(page, "000000" if app.now() != "000000" else "000001")
    expect(mark(page, "sign-in-fault")).to_contain_text("not right")
    expect(mark(page, "enrol")).to_be_visible()
    begun = time.time()
    enter(page, app.at(begun))
    expect(mark(page, "sign-out")).to_be_visible()
    other = people.page(people.context(PHONE, "dark"), "/staff")
    fill(other, strict_demo, "omar")
    expect(mark(other, "code")).to_be_visible()
    expect(mark(other, "enrol")).to_have_count(0)
    mark(other, "sign-in-again").click()
    expect(mark(other, "email")).to_have_value(strict_demo.people["omar"]["email"])
    mark(other, "sign-in").click()
    people.look(other, "sign-in-code")
    enter(other, app.at(begun))
    expect(mark(other, "sign-in-fault")).to_contain_text("used already")
    enter(other, app.at(begun + STEP))
    expect(mark(other, "sign-out")).to_be_visible()
