"""The edition builder in a real browser: cards moved by keyboard, by pointer and by buttons, said aloud, kept, and taken back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Locator, Page, expect

from pipeline import publish
from pipeline.digest import steps
from pipeline.model import ItemId
from pipeline.publish import arranging
from tests.axe import axe, obstacles
from tests.test_browser import SMALL_TARGETS, browser
from tests.test_builder import HERE, ID, Desk
from tests.web import listening

__all__ = ["browser"]
pytestmark = pytest.mark.browser

BOARD = f"{HERE}/arrange"
WIDTHS = (1440, 820, 390)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Desk, str]]:
    desk = Desk(tmp_path)
    listener = listening()
    server = uvicorn.Server(uvicorn.Config(desk.app, log_config=None, lifespan="off", proxy_headers=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield desk, f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def page(browser: Browser, served: tuple[Desk, str]) -> Iterator[Page]:
    made = browser.new_page(viewport={"width": 1440, "height": 1400})
    complaints = watched(made)
    made.goto(served[1] + BOARD)
    yield made
    made.close()
    assert complaints == []


def watched(page: Page) -> list[str]:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def stands(desk: Desk) -> dict[str, list[int]]:
    """What the draft holds. (Asked of the database: a visitor of tests cannot run beside a browser.)"""
    with desk.open() as store:
        return {section.id: [int(entry.id) for entry in section.entries] for section in store.edition(ID).sections}


def elsewhere(desk: Desk, act: str, item: ItemId) -> None:
    """Do a step as another editor does it at the same time."""
    do = {"lead": steps.lead, "leave": steps.leave_out}[act]
    with desk.open() as store:
        known = store.arrangement(ID)
        made = replace(do(known, store.edition(ID), item), by="Priya Shah")
        arranging.arrange(made, desk.config, store, expected_version=known.version, now=desk.now)


def grip(page: Page, item: int) -> Locator:
    return page.locator(f"#card-{item} .grip")


def live(page: Page) -> Locator:
    return page.locator("#live")


def test_a_card_is_carried_by_keyboard_within_and_between_sections(page: Page, served: tuple[Desk, str]) -> None:
    desk, (a, b, c), (d, e) = served[0], served[0].read, served[0].see
    grip(page, a).focus()
    page.keyboard.press("ArrowDown")
    expect(grip(page, b)).to_be_focused()
    page.keyboard.press("Space")
    expect(live(page)).to_have_text("Taken: How network 1 learns. To read, place 2 of 3. Arrow keys move it.")
    expect(grip(page, b)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowDown")
    expect(live(page)).to_have_text("To read, place 3 of 3")
    page.keyboard.press("ArrowDown")
    expect(live(page)).to_have_text("To see, place 1 of 3")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(live(page)).to_have_text("“How network 1 learns”: moved to To see, place 2 of 3.")
    expect(grip(page, b)).to_be_focused()
    assert stands(desk) == {"read": [a, c], "see": [d, b, e]}
    expect(page.locator("#stand")).to_contain_text("Sam Reed")


def test_escape_leaves_a_card_where_it_was(page: Page, served: tuple[Desk, str]) -> None:
    desk = served[0]
    grip(page, desk.read[0]).focus()
    for key in ("Enter", "ArrowDown", "ArrowRight", "Escape"):
        page.keyboard.press(key)
    expect(live(page)).to_have_text("Left where it was: How network 0 learns.")
    expect(grip(page, desk.read[0])).to_be_focused()
    assert page.locator("#board .card").first.get_attribute("data-item") == str(desk.read[0])
    assert desk.version() == "0"


def test_a_card_is_dragged_by_its_handle(page: Page, served: tuple[Desk, str]) -> None:
    desk = served[0]
    target = page.locator(f"#card-{desk.see[1]}")
    target.scroll_into_view_if_needed()
    start, end = grip(page, desk.read[0]).bounding_box(), target.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 10, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(end["x"] + 60, end["y"] + 30, steps=4)
    page.mouse.move(end["x"] + 60, end["y"] + 6, steps=2)
    expect(page.locator(".landing")).to_have_count(1)
    page.mouse.up()
    expect(live(page)).to_have_text("“How network 0 learns”: moved to To see, place 2 of 3.")
    assert stands(desk)["see"] == [desk.see[0], desk.read[0], desk.see[1]]
    expect(page.locator(".landing")).to_have_count(0)


def test_a_drag_into_nowhere_changes_nothing(page: Page, served: tuple[Desk, str]) -> None:
    desk = served[0]
    start = grip(page, desk.read[0]).bounding_box()
    assert start is not None
    page.mouse.move(start["x"] + 10, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(700, 90, steps=3)
    page.mouse.up()
    expect(live(page)).to_have_text("Left where it was: How network 0 learns.")
    assert desk.version() == "0"


def test_buttons_do_each_step_and_undo_takes_them_back(page: Page, served: tuple[Desk, str]) -> None:
    desk, (a, b, c) = served[0], served[0].read
    page.get_by_role("button", name="Down: How network 0 learns").click()
    expect(live(page)).to_have_text("“How network 0 learns”: place 2 of 3 in To read.")
    expect(page.get_by_role("button", name="Down: How network 0 learns")).to_be_focused()
    page.get_by_role("button", name="Make lead: How network 2 learns").click()
    expect(live(page)).to_contain_text("lead of its section")
    page.get_by_role("button", name="Leave out: How network 3 learns").click()
    expect(live(page)).to_contain_text("left out")
    assert stands(desk) == {"read": [c, b, a], "see": [desk.see[1]]}
    page.get_by_role("button", name="Bring back: How network 3 learns").click()
    expect(live(page)).to_have_text("“How network 3 learns”: back in this edition.")
    for said in ("back in this edition", "left out", "lead of its section", "place 2 of 3"):
        page.get_by_role("button", name="Undo").click()
        expect(live(page)).to_contain_text(said)
    assert stands(desk) == {"read": [a, b, c], "see": list(desk.see)}
    expect(page.locator("#stand")).to_contain_text("nothing was moved by hand yet")


def test_a_step_upon_anothers_step_is_refused_and_shows_how_it_stands(browser: Browser, served: tuple[Desk, str]) -> None:
    desk, address = served
    page = browser.new_page()
    page.goto(address + BOARD)
    elsewhere(desk, "lead", desk.read[2])
    page.get_by_role("button", name="Leave out: How network 0 learns").click()
    expect(page.locator("#failed")).to_contain_text("Priya Shah changed this draft meanwhile: “How network 2 learns”: lead of its section.")
    expect(page.locator("#board .card").first).to_contain_text("How network 2 learns")
    page.get_by_role("button", name="Leave out: How network 0 learns").click()
    expect(live(page)).to_contain_text("left out")
    expect(page.locator("#failed")).to_be_hidden()
    page.close()


def test_the_letter_saves_itself_and_shows_what_readers_get(page: Page, served: tuple[Desk, str]) -> None:
    desk = served[0]
    page.locator(".letter-box summary").click()
    words = page.get_by_label("Your letter, in Markdown")
    words.fill("Dear all,\n\nthis *month* is <b>full</b>.")
    expect(page.locator("#saved")).to_have_text("Saved.")
    expect(page.locator("#letter-preview em")).to_have_text("month")
    expect(page.locator("#letter-preview")).to_contain_text("<b>full</b>")
    with desk.open() as store:
        assert store.edition(ID).letter.startswith("Dear all")
    page.wait_for_load_state("networkidle")
    page.evaluate("document.querySelector('#board').dataset.old = 'yes'")
    words.press_sequentially(" Mo")
    page.wait_for_selector("#board:not([data-old])")
    words.page.keyboard.type("re.")  # the page was renewed meanwhile, and the keys still go to the letter
    grip(page, desk.read[0]).click()
    expect(page.locator("#saved")).to_have_text("Saved.")
    page.get_by_role("button", name="Make lead: How network 1 learns").click()
    expect(live(page)).to_contain_text("lead of its section")
    expect(words).to_have_value("Dear all,\n\nthis *month* is <b>full</b>. More.")


def test_without_scripts_every_move_is_a_form(browser: Browser, served: tuple[Desk, str]) -> None:
    desk, address = served
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + BOARD)
    expect(page.locator(".grip").first).to_be_hidden()
    page.get_by_role("button", name="Up: How network 1 learns").click()
    page.locator("summary", has_text="Move to").first.click()
    page.get_by_label("Section for How network 1 learns").select_option("see")
    page.locator(f"#card-{desk.read[1]}").get_by_role("button", name="Move", exact=True).click()
    assert stands(desk) == {"read": [desk.read[0], desk.read[2]], "see": [*desk.see, desk.read[1]]}
    context.close()


def test_a_release_is_asked_a_second_time(page: Page, served: tuple[Desk, str]) -> None:
    desk, address = served
    page.goto(address + HERE)
    page.get_by_role("link", name="Release …").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Release December 2026?")
    page.get_by_role("button", name="Release it with").click()
    expect(page.get_by_role("link", name="Correct …")).to_be_visible()
    with desk.open() as store:
        assert store.edition(ID).is_released


def test_the_pages_around_an_edition_stand_in_nobodys_way(browser: Browser, served: tuple[Desk, str]) -> None:
    desk, address = served
    script = axe()
    elsewhere(desk, "leave", desk.read[1])
    with desk.open() as store:
        publish.build("2026-11", desk.config, store, now=desk.now, formats=())
    context = browser.new_context(color_scheme="light", bypass_csp=True)
    page = context.new_page()
    complaints = watched(page)
    for path in (BOARD, HERE, "/desk/editions", f"{HERE}/release"):
        page.goto(address + path)
        page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")
        assert obstacles(page, script, widths=WIDTHS) == [], path
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(SMALL_TARGETS) == [], (path, width)
    assert complaints == []
    context.close()
