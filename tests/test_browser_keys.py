"""The queue as a place to work in, in a real browser: one's own keys, a bad line, a thumb, several people, the minutes one has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from pipeline.model import State, Verdict
from tests import builders
from tests.axe import axe, obstacles
from tests.test_browser import Window, browser, context, desk, window
from tests.test_web import Site

__all__ = ["browser", "context", "desk", "window"]
pytestmark = pytest.mark.browser

BADLY = ("ERR_INTERNET_DISCONNECTED", "409")
"""What the browser itself writes to the console of a broken line or a refused form."""


def forgive(window: Window) -> None:
    """Leave out what the test broke on purpose."""
    window.complaints[:] = [line for line in window.complaints if not any(one in line for one in BADLY)]


def waiting(page: Page) -> int:
    """How much of what was done here has not been sent."""
    return int(page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('desk/line/')).length"))


def until(page: Page, said: str) -> None:
    """Wait until an expression is true in the page. (`wait_for_function` needs `eval`, which our policy forbids.)"""
    for _ in range(500):
        if page.evaluate(said):
            return
        page.wait_for_timeout(10)
    raise AssertionError(said)


def sent(page: Page) -> None:
    """Wait until nothing waits to be sent."""
    until(page, "!Object.keys(localStorage).some(name => name.startsWith('desk/line/'))")


def ready(page: Page) -> None:
    """Wait until the items after the first have been fetched ahead."""
    until(page, "document.querySelectorAll('.row[data-there]').length === 3")


def swipe(page: Page, across: int, down: int = 0) -> None:
    """Draw a finger over the item, as the browser itself would report it."""
    session = page.context.new_cdp_session(page)
    x, y = 195, 420
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 9):
        point = {"x": x + across * step / 8, "y": y + down * step / 8}
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


# ---------------------------------------------------------------- keys


def test_a_key_changed_on_the_keys_page_works_in_the_queue_and_in_its_help(window: Window) -> None:
    page = window.page
    page.goto(f"{window.address}/desk/keys")
    page.get_by_label("Accept", exact=True).fill("z")
    page.get_by_label("off: Undo").check()
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#told")).to_have_text("Your keys are kept.")
    page.goto(f"{window.address}/desk/queue")
    expect(page.locator("#view [data-act=accept] kbd")).to_have_text("Z")
    page.keyboard.press("a")
    page.keyboard.press("z")
    expect(page.locator("#live")).to_have_text("Accepted: How network 0 learns")
    page.keyboard.press("u")
    sent(page)
    assert [window.state(place) for place in range(2)] == [State.ACCEPTED, State.QUEUED]
    page.keyboard.press("?")
    expect(page.locator("[data-keyed=accept]")).to_have_text("Z")
    expect(page.locator("[data-keyed=undo]")).to_have_text(re.compile("off", re.IGNORECASE))


def test_two_acts_with_one_key_are_told_and_nothing_is_kept(window: Window) -> None:
    page = window.page
    page.goto(f"{window.address}/desk/keys")
    page.get_by_label("Accept", exact=True).fill("x")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#told")).to_contain_text("“x” is both “Accept” and “Reject, then why”.")
    page.reload()
    expect(page.get_by_label("Accept", exact=True)).to_have_value("a")
    window.complaints[:] = [line for line in window.complaints if "422" not in line]


def test_two_keys_after_one_another_lead_to_the_queue_from_anywhere(window: Window) -> None:
    page = window.page
    page.goto(f"{window.address}/desk/sources")
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/desk/queue")


def test_every_key_has_a_button_that_can_be_seen(window: Window) -> None:
    page = window.page
    seen = "names => names.filter(name => ![...document.querySelectorAll(`[data-act='${name}'], [data-${name}]`)].some(one => one.checkVisibility()))"
    page.keyboard.press("j")
    expect(page.locator("#view form.one")).to_be_visible()
    page.locator(".drop.me summary").click()
    always = ["next", "previous", "original", "search", "views", "accept", "reject", "later", "must-have", "edit", "more", "less", "why", "minutes"]
    assert page.evaluate(seen, [*always, "queue", "keys", "draft"]) == []
    assert page.locator("#view button[form=undo]").is_visible()


# ---------------------------------------------------------------- a bad line


def test_what_is_decided_without_a_line_waits_and_is_sent_in_order_when_it_is_back(window: Window) -> None:
    page = window.page
    ready(page)
    page.context.set_offline(True)
    for key in ("a", "l", "a"):
        page.keyboard.press(key)
    expect(page.locator("#unsent")).to_have_text("3 waiting to be sent")
    assert [window.state(place) for place in range(3)] == [State.QUEUED] * 3
    page.context.set_offline(False)
    expect(page.locator("#unsent")).to_be_hidden()
    sent(page)
    assert [window.state(place) for place in range(4)] == [State.ACCEPTED, State.DEFERRED, State.ACCEPTED, State.QUEUED]
    with window.site.open() as store:
        assert [one.item for one in reversed(store.decisions(limit=9))] == list(window.items[:3])
    forgive(window)


def test_a_reload_loses_nothing_that_waits(window: Window) -> None:
    page = window.page
    page.route("**/decide", lambda route: route.abort())
    page.keyboard.press("a")
    expect(page.locator("#unsent")).to_have_text("1 waiting to be sent")
    page.unroute("**/decide")
    page.reload()
    expect(page.locator(".row")).to_have_count(3)
    sent(page)
    assert window.state(0) is State.ACCEPTED
    window.complaints[:] = [line for line in window.complaints if "ERR_FAILED" not in line]


def test_undo_takes_back_what_was_not_sent_yet(window: Window) -> None:
    page = window.page
    ready(page)
    page.context.set_offline(True)
    page.keyboard.press("a")
    page.keyboard.press("u")
    expect(page.locator("#live")).to_have_text("Taken back before it was sent: How network 0 learns")
    assert waiting(page) == 0
    page.context.set_offline(False)
    assert window.titles() == [f"How network {number} learns" for number in range(4)]
    assert window.state(0) is State.QUEUED
    forgive(window)


def test_an_answer_that_got_lost_makes_no_second_decision(window: Window) -> None:
    page = window.page
    lost: list[object] = []

    def swallow(route: object) -> None:
        if not lost:
            lost.append(route.fetch())  # type: ignore[attr-defined]  # it arrives, its answer does not
            route.abort()  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    page.route("**/decide", swallow)
    page.keyboard.press("a")
    sent(page)
    with window.site.open() as store:
        assert len(store.decisions(window.items[0])) == 1
    assert "How network 0 learns" not in window.titles()
    expect(page.locator("#toast")).not_to_have_class(re.compile("bad"))
    window.complaints[:] = [line for line in window.complaints if "ERR_FAILED" not in line and "409" not in line]


# ---------------------------------------------------------------- several people


def test_what_somebody_else_decided_is_told_in_place_and_a_second_decision_is_a_knowing_one(window: Window) -> None:
    page = window.page
    with window.site.open() as store:
        store.decide(builders.decision(item=window.items[0], verdict=Verdict.REJECT, reason="weak", curator="Kim"))
    page.keyboard.press("a")
    expect(page.locator("#live")).to_contain_text("Kim")
    row = page.locator(f".row[data-id='{window.items[0]}']")
    expect(row).to_have_class(re.compile("contested"))
    row.locator("a").click()
    expect(page.locator("#view .conflict")).to_contain_text("Kim")
    forgive(window)


def test_who_reads_an_item_is_shown_on_its_row(window: Window) -> None:
    page = window.page
    with window.site.open() as store:
        store.read(window.items[1], by="Priya Shah", now=window.site.now)
    expect(page.locator(f".row[data-id='{window.items[1]}'] [data-reading]")).to_have_text("Priya Shah is reading")
    expect(page.locator("#here .av").first).to_have_text("PS")


# ---------------------------------------------------------------- more rows than a page


def test_the_list_never_ends_while_more_wait(browser: Browser, desk: tuple[Site, str]) -> None:
    site, address = desk
    for number in range(60):
        site.add(number, rank=0.9 - number / 100)
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{address}/desk/queue")
    expect(page.locator(".row")).to_have_count(40)
    for _ in range(55):
        page.keyboard.press("j")
        page.wait_for_selector("#view form.one")
    expect(page.locator(".row[aria-current] h3")).to_have_text("How network 55 learns")
    expect(page.locator(".row")).to_have_count(60)
    page.close()


def test_what_moved_up_meanwhile_comes_at_the_end_of_the_list(browser: Browser, desk: tuple[Site, str]) -> None:
    site, address = desk
    items = [site.add(number, rank=0.9 - number / 100) for number in range(43)]
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{address}/desk/queue")
    expect(page.locator(".row")).to_have_count(40)
    with site.open() as store:
        store.suggest(items[-1], (), 0.99)  # the place from which the next page goes on lies behind it now
    for _ in range(41):
        page.keyboard.press("j")
        page.wait_for_selector("#view form.one")
    expect(page.locator(".row")).to_have_count(43)
    expect(page.locator(".row").last).to_contain_text("How network 42 learns")
    page.close()


# ---------------------------------------------------------------- the minutes one has


def test_minutes_are_counted_down_and_leaving_tells_what_was_done(window: Window) -> None:
    page = window.page
    page.keyboard.press("t")
    page.keyboard.type("25")
    page.keyboard.press("Enter")
    page.wait_for_url("**began=**")  # and loaded, so that the keys are heard
    expect(page.locator(".clock")).to_be_visible()
    page.keyboard.press("a")
    expect(page.locator("[data-count=sat-kept]")).to_have_text("1")
    sent(page)
    page.keyboard.press("L")
    expect(page.locator("h1")).to_contain_text("1 decision")
    expect(page.locator("h1")).to_contain_text("1 kept")
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/desk/queue")
    assert [window.state(place) for place in range(4)] == [State.ACCEPTED, *[State.QUEUED] * 3]


# ---------------------------------------------------------------- words


def test_e_edits_the_words_and_ctrl_enter_keeps_them(window: Window) -> None:
    page = window.page
    page.keyboard.press("e")
    field = page.locator("[data-edit] textarea").first
    expect(field).to_be_focused()
    field.fill("A network that learns.")
    page.keyboard.press("Control+Enter")
    sent(page)
    with window.site.open() as store:
        assert store.item(window.items[0]).description == "A network that learns."
    assert window.state(0) is State.QUEUED


# ---------------------------------------------------------------- a thumb


@pytest.fixture
def thumb(browser: Browser, desk: tuple[Site, str]) -> Page:
    site, address = desk
    for number in range(4):
        site.add(number, rank=0.9 - number / 10, description="A long story. " * 60)
    made: BrowserContext = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = made.new_page()
    page.goto(f"{address}/desk/queue")
    page.wait_for_selector("#view form.one")
    return page


def test_a_swipe_to_the_right_accepts(thumb: Page, desk: tuple[Site, str]) -> None:
    swipe(thumb, 160)
    expect(thumb.locator("#live")).to_have_text("Accepted: How network 0 learns")
    sent(thumb)
    assert len(_of(desk[0], State.ACCEPTED)) == 1


def test_a_swipe_to_the_left_asks_for_the_reason(thumb: Page, desk: tuple[Site, str]) -> None:
    swipe(thumb, -160)
    thumb.get_by_role("button", name="Off topic").click()
    sent(thumb)
    assert len(_of(desk[0], State.REJECTED)) == 1


def test_a_short_swipe_and_scrolling_decide_nothing(thumb: Page, desk: tuple[Site, str]) -> None:
    swipe(thumb, 50)
    swipe(thumb, 60, -260)
    assert thumb.evaluate("scrollY") > 100
    assert waiting(thumb) == 0
    assert len(_of(desk[0], State.QUEUED)) == 4


def test_where_motion_is_unwanted_the_item_stands_still_under_the_thumb(thumb: Page) -> None:
    thumb.emulate_media(reduced_motion="reduce")
    swipe(thumb, 160)
    assert thumb.locator("#view .paper").evaluate("one => one.style.translate") == ""
    expect(thumb.locator("#live")).to_have_text("Accepted: How network 0 learns")


def test_every_target_is_large_enough_for_a_thumb_and_nothing_scrolls_sideways(thumb: Page) -> None:
    small = """[...document.querySelectorAll('.decide .btn, .chip, .top a, .top summary, .plan .btn')].filter(one => one.checkVisibility())
        .map(one => [one.textContent.trim(), one.getBoundingClientRect()]).filter(([, box]) => box.height < 40).map(([words]) => words)"""
    assert thumb.evaluate(small) == []
    thumb.set_viewport_size({"width": 320, "height": 640})
    assert thumb.evaluate("document.documentElement.scrollWidth <= innerWidth")


def _of(site: Site, state: State) -> list[int]:
    with site.open() as store:
        return [item.id for item in store.each_item(state)]


# ---------------------------------------------------------------- for everybody


def test_axe_finds_nothing_on_the_pages_of_the_keys_and_the_queue(browser: Browser, desk: tuple[Site, str]) -> None:
    script = axe()
    site, address = desk
    for number in range(4):
        site.add(number, rank=0.9 - number / 10)
    made = browser.new_context(color_scheme="light", bypass_csp=True)
    page = made.new_page()
    for path in ("/desk/queue", "/desk/queue?minutes=25", "/desk/keys"):
        page.goto(address + path)
        assert obstacles(page, script, widths=(320, 820, 1440)) == [], path
    made.close()


def test_the_page_without_scripts_shows_every_form(browser: Browser, desk: tuple[Site, str], tmp_path: Path) -> None:
    site, address = desk
    site.add(1)
    made = browser.new_context(java_script_enabled=False)
    page = made.new_page()
    page.goto(f"{address}/desk/queue")
    assert page.get_by_role("button", name="Accept").is_visible()
    page.locator("#minutes").fill("25")
    page.get_by_role("button", name="Plan").click()
    assert "25 min" in page.locator(".forecast").inner_text()
    page.get_by_role("link", name="Leave the rest").click()
    assert "0 decisions" in page.locator("h1").inner_text()
    made.close()


def test_an_empty_tray_is_shown_once_and_not_again_and_again(window: Window) -> None:
    seen: list[str] = []
    window.page.on("request", lambda request: seen.append(request.url) if "lane=audit" in request.url else None)
    window.page.goto(f"{window.address}/desk/queue?lane=audit")
    expect(window.page.locator("#view")).to_contain_text("This tray is empty")
    window.page.wait_for_timeout(600)
    assert len(seen) == 1
