"""The queue in a real browser: keys, buttons, honest roll-back, and nothing on the console."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect, sync_playwright

from pipeline import publish
from pipeline.model import ItemId, Lane, State, Suggestion, Verdict
from tests import builders
from tests.test_web import Site
from tests.web import listening

pytestmark = pytest.mark.browser

ARRIVED = """(!document.querySelector('.items .row') || !!document.querySelector('#view form.one'))
    && !(navigator.onLine && Object.keys(localStorage).some(name => name.startsWith('desk/line/')))"""
"""Whether the item is there, and nothing waits to be sent that can be sent."""
SMALL_TARGETS = """[...document.querySelectorAll('a, button, summary, input:not([type=hidden]), textarea')]
    .filter(one => one.checkVisibility() && !one.closest('p, label, .skip, .row, .vh'))
    .map(one => [one.textContent.trim(), one.getBoundingClientRect()])
    .filter(([, box]) => box.width < 24 || box.height < 24).map(([words]) => words)"""
"""The words of links and buttons under 24 by 24 CSS pixels (WCAG 2.2, 2.5.8), but for those within a sentence or a label."""


@dataclass
class Window:
    """A page of the desk, what the browser complained about, and the desk behind it."""

    page: Page
    site: Site
    items: tuple[ItemId, ...]
    address: str
    complaints: list[str] = field(default_factory=list)
    asked: set[Request] = field(default_factory=set)
    """Requests that are under way."""

    def titles(self) -> list[str]:
        return self.page.locator(".items h3").all_inner_texts()

    def state(self, place: int) -> State:
        return self.site.state(self.items[place])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None and not os.environ.get("CI"):
        pytest.skip("no Chromium is found")
    expect.set_options(timeout=20_000)  # of a machine that does much else besides
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Site, str]]:
    site = Site(tmp_path)
    listener = listening()
    server = uvicorn.Server(uvicorn.Config(site.app, log_config=None, lifespan="off", proxy_headers=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield site, f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    size = {"wide": (1440, 900), "phone": (390, 844)}[getattr(request, "param", "wide")]
    made = browser.new_context(viewport={"width": size[0], "height": size[1]})
    yield made
    made.close()


@pytest.fixture
def window(context: BrowserContext, desk: tuple[Site, str]) -> Iterator[Window]:
    site, address = desk
    items = tuple(site.add(number, rank=0.9 - number / 10) for number in range(4))
    made = Window(context.new_page(), site, items, address)
    made.page.on("console", lambda message: made.complaints.append(message.text) if message.type in ("error", "warning") else None)
    made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
    made.page.on("request", lambda request: made.asked.add(request))
    made.page.on("requestfinished", lambda request: made.asked.discard(request))
    made.page.on("requestfailed", lambda request: made.asked.discard(request))
    made.page.goto(f"{address}/desk/queue")
    yield made
    assert made.complaints == []


def settle(window: Window) -> None:
    """Wait until what was sent is answered. ("networkidle" comes once for each page, and not again.)"""
    window.page.wait_for_timeout(20)  # lets the page send what it is about to send
    for _ in range(500):
        if not window.asked and window.page.evaluate(ARRIVED):  # keys pressed before a pane has come wait for it
            return
        window.page.wait_for_timeout(10)


def test_keys_accept_reject_and_put_off(window: Window) -> None:
    page = window.page
    page.keyboard.press("a")
    expect(page.locator("#live")).to_have_text("Accepted: How network 0 learns")
    page.keyboard.press("x")
    page.keyboard.press("3")
    expect(page.locator("#live")).to_have_text("Rejected: How network 1 learns")
    page.keyboard.press("l")
    expect(page.locator("#live")).to_have_text("Put off until later: How network 2 learns")
    settle(window)
    assert [window.state(place) for place in range(4)] == [State.ACCEPTED, State.REJECTED, State.DEFERRED, State.QUEUED]
    assert window.titles() == ["How network 3 learns"]
    with window.site.open() as store:
        assert store.decisions(window.items[1])[0].reason == "promotional"
    assert page.locator("[data-count=all]").inner_text() == "3"


@pytest.mark.parametrize("context", ["wide", "phone"], indirect=True)
def test_buttons_do_what_the_keys_do(window: Window) -> None:
    page = window.page
    page.get_by_role("button", name="Accept").click()
    page.locator("summary", has_text="Reject").click()
    page.get_by_role("button", name="Off topic").click()
    settle(window)
    assert [window.state(place) for place in range(2)] == [State.ACCEPTED, State.REJECTED]


def test_j_and_k_move_and_show_the_item(window: Window) -> None:
    page = window.page
    page.keyboard.press("j")
    expect(page.locator("#view h2")).to_have_text("How network 1 learns")
    assert page.locator(".row[aria-current] h3").inner_text() == "How network 1 learns"
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#view h2")).to_have_text("How network 2 learns")
    page.keyboard.press("k")
    page.keyboard.press("k")
    page.keyboard.press("k")
    expect(page.locator("#view h2")).to_have_text("How network 0 learns")
    expect(page.get_by_role("link", name="Previous")).to_be_hidden()


def test_undo_brings_the_item_back_to_its_place(window: Window) -> None:
    page = window.page
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.press("u")
    expect(page.locator("#view h2")).to_have_text("How network 1 learns")
    settle(window)
    assert window.titles() == [f"How network {number} learns" for number in range(4)]
    assert window.state(1) is State.QUEUED
    assert page.locator("[data-count=accept]").inner_text() == "0"


def test_digits_switch_topics_and_the_choice_is_kept(window: Window) -> None:
    page = window.page
    page.keyboard.press("1")
    page.keyboard.press("a")
    settle(window)
    with window.site.open() as store:
        assert store.item(window.items[0]).topics == ()


def test_a_decision_that_somebody_else_made_first_is_rolled_back_with_the_reason(window: Window) -> None:
    with window.site.open() as store:
        store.decide(builders.decision(item=window.items[0], verdict=Verdict.REJECT, reason="weak", curator="Kim"))
    window.page.keyboard.press("a")
    expect(window.page.locator("#live")).to_contain_text("Kim rejected this")
    assert window.titles()[0] == "How network 0 learns"
    assert window.page.locator("[data-count=accept]").inner_text() == "0"
    assert window.state(0) is State.REJECTED
    window.complaints[:] = [line for line in window.complaints if "409" not in line]  # the browser names every refused request


def test_single_letter_keys_can_be_switched_off(window: Window) -> None:
    page = window.page
    page.keyboard.press("?")
    page.get_by_label("Single-letter keys are on").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("a")
    settle(window)
    assert window.state(0) is State.QUEUED


def test_typing_in_a_field_is_no_command(window: Window) -> None:
    page = window.page
    page.keyboard.press("e")
    page.get_by_label("Why it matters to us").fill("")
    page.get_by_label("Why it matters to us").press_sequentially("all a x l u")
    settle(window)
    assert [window.state(place) for place in range(4)] == [State.QUEUED] * 4


def test_plus_and_minus_ask_for_more_and_less_and_undo_takes_it_back(window: Window) -> None:
    page = window.page
    page.keyboard.press("+")
    expect(page.locator("#live")).to_contain_text("How network 0 learns")
    expect(page.locator("[name=steer][value=more]")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Less like this").click()
    expect(page.locator("[name=steer][value=less]")).to_have_attribute("aria-pressed", "true")
    settle(window)
    with window.site.open() as store:
        assert store.steered(window.items[0]) == -1
    assert sorted(window.titles()) == [f"How network {number} learns" for number in range(4)]
    assert page.locator(".row[aria-current]").get_attribute("data-id") == str(window.items[0])
    page.keyboard.press("u")
    expect(page.locator("#live")).to_contain_text("The less of item")
    expect(page.locator("[name=steer][value=more]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("u")
    expect(page.locator("#live")).to_contain_text("The more of item")
    with window.site.open() as store:
        assert store.steered(window.items[0]) == 0
    assert [window.state(place) for place in range(4)] == [State.QUEUED] * 4


def test_all_reasons_open_beside_the_item_and_stay_open(window: Window) -> None:
    page = window.page
    page.keyboard.press("w")
    expect(page.locator("#view .reasons")).to_contain_text("What its place is made of")
    expect(page.locator("#view [data-why]")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("j")
    expect(page.locator("#view .title")).to_have_text("How network 1 learns")
    expect(page.locator("#view .reasons")).to_contain_text("What its place is made of")
    page.keyboard.press("w")
    expect(page.locator("#view .reasons")).to_be_hidden()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_topic_shows_its_words_where_they_stand(browser: Browser, desk: tuple[Site, str], scripts: bool) -> None:
    site, address = desk
    item = site.add(1, description="Networks of practices learn about care.")
    with site.open() as store:
        found = [Suggestion(topic="learning", probability=0.9, reasons=("practices",)), Suggestion(topic="care", probability=0.6, reasons=("care",))]
        store.suggest(item, found, 0.9)
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.goto(f"{address}/desk/queue")
    assert [seen(page.locator(name).first) for name in ("#view .m1", "#view .m2")] == [True, False]
    page.get_by_role("radio", name="Integrated care").check()
    assert [seen(page.locator(name).first) for name in ("#view .m1", "#view .m2")] == [False, True]
    page.locator(".chip", has_text="Learning networks").hover()
    assert seen(page.locator("#view .m1").first)
    context.close()


def seen(mark: Locator) -> bool:
    return bool(mark.evaluate("one => getComputedStyle(one).backgroundColor") != "rgba(0, 0, 0, 0)")


def test_t_asks_for_the_minutes(window: Window) -> None:
    page = window.page
    page.keyboard.press("T")
    page.keyboard.type("25")
    page.keyboard.press("Enter")
    expect(page.locator(".forecast")).to_contain_text("25 min")
    page.wait_for_load_state()  # the keys work once the page's script has come
    page.keyboard.press("a")
    expect(page.locator("[data-count=sat-kept]")).to_have_text("1")
    settle(window)
    page.reload()
    expect(page.locator("[data-count=sat]")).to_have_text("1")


def test_trays_take_the_same_keys_and_b_puts_back(window: Window) -> None:
    with window.site.open() as store:
        for place in (1, 2, 3):
            store.set_lane(window.items[place], Lane.SKIPPED, "A rule says so.")
    page = window.page
    page.reload()
    page.get_by_role("link", name="Skipped").click()
    expect(page.locator(".row")).to_have_count(3)
    page.wait_for_load_state()  # the keys work once the page's scripts have come
    page.keyboard.press("b")
    expect(page.locator("#live")).to_have_text("Back in the queue: How network 1 learns")
    page.keyboard.press("a")
    settle(window)
    expect(page.locator(".trays [data-count=skipped]")).to_have_text("1")
    expect(page.locator(".trays [data-count=ranked]")).to_have_text("2")
    settle(window)
    with window.site.open() as store:
        assert (store.item(window.items[1]).lane, store.item(window.items[2]).state) == (Lane.RANKED, State.ACCEPTED)
    page.keyboard.press("x")
    page.keyboard.press("2")
    expect(page.locator("#view")).to_contain_text("This tray is empty")


def test_a_key_without_its_button_does_nothing(window: Window) -> None:
    window.page.keyboard.press("b")
    settle(window)
    assert len(window.titles()) == 4
    assert window.state(0) is State.QUEUED


def test_the_last_decision_leads_to_an_empty_queue(window: Window) -> None:
    for _ in range(4):
        window.page.keyboard.press("a")
    expect(window.page.locator("#view")).to_contain_text("The queue is empty")
    assert [window.state(place) for place in range(4)] == [State.ACCEPTED] * 4


def test_without_scripts_the_forms_do_the_same(browser: Browser, desk: tuple[Site, str]) -> None:
    site, address = desk
    items = [site.add(number, rank=0.9 - number / 10) for number in range(2)]
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/desk/queue")
    page.get_by_role("button", name="Accept").click()
    assert page.locator("#view h2").inner_text() == "How network 1 learns"
    assert page.locator("#live").inner_text() == "Accepted: How network 0 learns"
    page.locator("summary", has_text="Reject").click()
    page.get_by_role("button", name="Weak").click()
    assert [site.state(item) for item in items] == [State.ACCEPTED, State.REJECTED]
    page.locator(".done").get_by_role("button", name="Undo").click()
    assert site.state(items[1]) is State.QUEUED
    context.close()


@pytest.mark.parametrize("context", ["wide", "phone"], indirect=True)
def test_no_page_overflows_and_every_target_is_large_enough(window: Window) -> None:
    window.site.release(builders.edition(), digest_pdf=b"%PDF")
    for path in (
        "/",
        "/desk/queue?minutes=25",
        "/desk/queue?lane=audit",
        "/desk/items/1",
        "/desk/items/1/why",
        "/desk/learning",
        "/desk/sources",
        "/desk/editions",
        "/desk/editions/2026-11",
        "/nowhere",
    ):
        window.page.goto(window.address + path)
        assert window.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert window.page.evaluate(SMALL_TARGETS) == [], path
    window.complaints[:] = [line for line in window.complaints if "404" not in line]


def test_what_is_published_looks_as_it_was_made(window: Window) -> None:
    """Page and mail of a real release keep their styles under our policy: the browser refuses nothing."""
    for number in range(10, 13):
        window.site.accept(number)
    with window.site.open() as store:
        publish.release("2026-11", window.site.config, store, now=window.site.now)
    for path in ("/editions/2026-11/index.html", "/editions/2026-11/email.html", "/"):
        window.page.goto(window.address + path)
        assert window.page.get_by_role("link", name="How network 10 learns").first.is_visible()
