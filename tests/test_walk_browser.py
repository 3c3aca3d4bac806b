"""The curator's walk in a real browser: less of a poor source by one key, both steps undone, and the last decision of a list is told."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from pipeline.model import State
from tests.test_browser import Window, browser, context, desk, settle, window
from tests.test_walk_curator import history

__all__ = ["browser", "context", "desk", "window"]
pytestmark = pytest.mark.browser


def test_y_asks_for_less_and_u_twice_restores_both(window: Window) -> None:
    page, site = window.page, window.site
    history(site, kept=1, promotional=9, weak=2)
    item = site.bring(11)
    page.goto(f"{window.address}/desk/queue?item={item}")
    page.keyboard.press("x")
    page.keyboard.press("3")
    expect(page.locator("#live")).to_contain_text("1 kept of 13, 10 promotional.")
    page.keyboard.press("y")
    expect(page.locator("#live")).to_contain_text("The queue brings less of what item")
    expect(page.locator("#demote")).to_be_hidden()
    with site.open() as store:
        assert (store.steered(item), store.item(item).state) == (-1, State.REJECTED)
    settle(window)
    for _ in range(2):
        page.keyboard.press("u")
        settle(window)
    expect(page.locator(f".row[data-id='{item}']")).to_be_visible()
    with site.open() as store:
        assert (store.steered(item), store.item(item).state) == (0, State.QUEUED)


def test_a_source_is_offered_once(window: Window) -> None:
    page, site = window.page, window.site
    history(site, kept=0, promotional=12)
    first, second = (site.bring(number) for number in (11, 12))
    page.goto(f"{window.address}/desk/queue?item={first}")
    page.keyboard.press("x")
    page.keyboard.press("3")
    expect(page.locator("#demote")).to_be_visible()
    page.locator(f".row[data-id='{second}'] a").click()
    page.keyboard.press("x")
    page.keyboard.press("3")
    settle(window)
    assert site.state(second) is State.REJECTED
    expect(page.locator("#demote")).to_be_hidden()


def test_the_last_decision_of_a_list_is_still_told(window: Window) -> None:
    page = window.page
    page.goto(f"{window.address}/desk/queue?q=%22network+2%22")
    page.keyboard.press("a")
    expect(page.locator("#view")).to_contain_text("Nothing waits here")
    expect(page.locator("#live")).to_have_text("Accepted: How network 2 learns")


def test_the_last_rejection_of_a_list_leads_on_at_once_and_still_offers_less(window: Window) -> None:
    page, site = window.page, window.site
    history(site, kept=1, promotional=9, weak=2)
    item = site.bring(11)
    page.goto(f"{window.address}/desk/queue?q=%22network+11%22")
    page.keyboard.press("x")
    page.keyboard.press("3")
    expect(page.locator("#view")).to_contain_text("Nothing waits here", timeout=4_000)  # it once waited eight seconds with the offer
    expect(page.locator("#live")).to_have_text("Rejected: How network 11 learns · North Network blog: 1 kept of 13, 10 promotional.")
    page.keyboard.press("y")
    expect(page.locator("#live")).to_contain_text("The queue brings less of what item")
    expect(page.locator("#demote")).to_be_hidden()
    settle(window)
    with site.open() as store:
        assert store.steered(item) == -1
    page.reload()
    expect(page.locator("#demote")).to_be_hidden()
