"""A reader's word in a real browser: from the mail's link to the thanks, without scripts and pictures, on the smallest phone, in light and dark."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from pipeline.model import Voice
from tests import builders
from tests.axe import axe, obstacles
from tests.test_browser import SMALL_TARGETS, browser, desk
from tests.test_votes import Readers
from tests.test_web import Site

__all__ = ["browser", "desk"]  # fixtures
pytestmark = pytest.mark.browser

WIDTHS = (1280, 320)


@pytest.fixture
def readers(desk: tuple[Site, str]) -> Readers:
    made = Readers(desk[0], readers=14)
    made.say(Voice.WILL_USE, people=12, item=made.items[0])
    return made


def test_a_reader_says_that_they_will_use_it_without_scripts_and_pictures(browser: Browser, desk: tuple[Site, str], readers: Readers) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    context.route("**/*", lambda route: route.abort() if route.request.resource_type in ("image", "font") else route.continue_())
    page, item, person = context.new_page(), readers.items[0], readers.people[13]
    page.goto(desk[1] + readers.path(person, item))
    assert len(readers.said(item)) == 12
    page.get_by_role("button", name="I will use it").click()
    expect(page.get_by_role("status")).to_have_text("Thanks. 12 readers said the same.")
    assert len(readers.said(item)) == 13
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back.")
    assert len(readers.said(item)) == 12
    context.close()


def test_a_reader_answers_two_months_later_without_scripts(browser: Browser, desk: tuple[Site, str], readers: Readers) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    page, item, person = context.new_page(), readers.items[0], readers.people[0]
    readers.site.now = builders.NOW + timedelta(days=60)
    page.goto(desk[1] + readers.question(person, item))
    page.get_by_label("For what, in a line?").fill("Our away day")
    page.get_by_role("button", name="I used it").click()
    expect(page.get_by_role("status")).to_contain_text("Thank you.")
    with readers.site.open() as store:
        vote = store.vote_of(item, person)
    assert vote is not None
    assert (vote.used, vote.words) == ("used", "Our away day")
    context.close()


def fits(page: Page, script: str) -> None:
    assert obstacles(page, script, widths=WIDTHS) == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(SMALL_TARGETS) == []


def test_the_pages_stand_in_nobodys_way(browser: Browser, desk: tuple[Site, str], readers: Readers) -> None:
    script, person, item = axe(), readers.people[0], readers.items[0]
    context = browser.new_context(color_scheme="light", bypass_csp=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(desk[1] + readers.path(person, item))
    fits(page, script)
    page.get_by_role("button", name="Useful", exact=True).click()
    expect(page.get_by_role("status")).to_be_visible()
    page.wait_for_load_state()
    fits(page, script)
    page.goto(desk[1] + readers.question(person, item))
    fits(page, script)
    page.get_by_role("button", name="Not yet").click()
    expect(page.get_by_role("status")).to_be_visible()
    page.wait_for_load_state()
    fits(page, script)
    page.goto(f"{desk[1]}/impact")
    fits(page, script)
    assert complaints == []
    context.close()
