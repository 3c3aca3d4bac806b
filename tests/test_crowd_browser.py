"""Many at once, their like, views and talk in a real browser: accessible in light and dark at three widths, silent, with true numbers."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from pipeline.model import State
from tests import builders
from tests.axe import axe, obstacles
from tests.test_browser import SMALL_TARGETS, browser, desk
from tests.test_bulk import like, rejections
from tests.test_public_pages import watched
from tests.test_web import Site

__all__ = ["browser", "desk"]  # fixtures
pytestmark = pytest.mark.browser

WIDTHS = (1440, 640, 320)


def test_these_pages_are_accessible_at_three_widths_and_silent(desk: tuple[Site, str], browser: Browser) -> None:
    site, address = desk
    offers, others = like(site)
    with site.open() as store:
        done = store.decide_all(rejections(offers[3:]))
        store.remark(others[0], "We had this in March.", by="Priya", now=site.now)
        store.opine(others[0], keep=True, by="Priya", now=site.now)
        store.read(others[0], by="Priya", now=site.now)
        store.save_view("desk", "Reports", "kind=report")
        store.save_view("Priya", "Events", "kind=event", shared=True)
    pages = ["bulk?act=reject&reason=old", f"bulk/{done.number}", f"items/{offers[0]}/similar", "views?topic=care", f"items/{others[0]}/crowd"]
    context = browser.new_context(color_scheme="light", bypass_csp=True)  # axe is not ours
    page, script = context.new_page(), axe()
    complaints = watched(page)
    for name in pages:
        page.goto(f"{address}/desk/{name}")
        assert obstacles(page, script, widths=WIDTHS) == [], name
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(SMALL_TARGETS) == [], (name, width)
    assert complaints == []
    context.close()


def test_the_button_says_how_many_are_ticked_and_does_that(desk: tuple[Site, str], browser: Browser) -> None:
    site, address = desk
    offers, _ = like(site)
    with site.open() as store:
        store.decide(builders.decision(item=offers[0], verdict=rejections(offers)[0].verdict, reason="promotional"))
    page = browser.new_page()
    page.goto(f"{address}/desk/items/{offers[0]}/similar")
    expect(page.get_by_role("button", name="Reject these 4 as promotional, like the one before")).to_be_visible()
    page.get_by_role("checkbox", checked=True).first.uncheck()
    page.get_by_role("button", name="Reject these 3 as promotional, like the one before").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("3 items were rejected as promotional")
    page.get_by_role("button", name="Take all of it back").click()
    expect(page.get_by_role("status")).to_contain_text("All of it is taken back")
    assert [site.state(item) for item in offers] == [State.REJECTED] + [State.QUEUED] * 4
    page.close()


def test_who_has_the_queue_open_is_told_what_somebody_else_decided_meanwhile(desk: tuple[Site, str], browser: Browser) -> None:
    site, address = desk
    like(site)
    page = browser.new_page()
    page.goto(f"{address}/desk/queue")
    last = page.locator(".row").last
    item = int(last.get_attribute("data-id") or "")
    with site.open() as store:
        store.decide(builders.decision(item=item, curator="Priya", decided=site.now))
    page.locator(".row h3 a").nth(1).click()  # the next beat tells the desk what is open, and hears what is new
    expect(page.locator(f'.row[data-id="{item}"] [data-decided]')).to_have_text("Priya accepted this 0 s ago")
    page.close()
