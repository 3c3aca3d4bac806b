"""The curator's walk, steps 4 and 6, in a real browser: a date in doubt is taken, edited or asked about; what is related is tied and not folded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from pipeline.model import Event, Fold, ItemId, Kind, Match, RelationState, State, Tie, Topic
from tests.axe import axe, obstacles
from tests.test_browser import Window, browser, context, desk, settle, window
from tests.test_web import Site

__all__ = ["browser", "context", "desk", "window"]
pytestmark = pytest.mark.browser

DOUBT = "end_before_start: it would end 2018-09-09, before it starts 2018-09-10T14:00:00+01:00"
START = datetime(2018, 9, 10, 13, tzinfo=UTC)


def event(site: Site, number: int = 20, **changes: Any) -> ItemId:
    happening = Event(start=START, end=date(2018, 9, 9), problems=(DOUBT,))
    return site.add(number, rank=0.99, kind=Kind.EVENT, event=happening, title="Autumn clinic on run charts", **changes)


def related(site: Site, kind: Kind = Kind.VIDEO) -> tuple[ItemId, ItemId]:
    """A case study, and what may be the same."""
    first = site.add(30, rank=0.98, title="Better Care Together vanguard", kind=Kind.CASE_STUDY)
    maybe = Match(fold=Fold.MAYBE, of=first, rule="title", evidence="Their titles are the same.")
    return first, site.add(31, rank=0.99, title="Better Care Together vanguard", kind=kind, match=maybe)


def go(window: Window, item: ItemId) -> None:
    window.page.goto(f"{window.address}/desk/queue?item={item}")
    expect(window.page.locator("#view form.one")).to_have_attribute("data-id", str(item))


# ---------------------------------------------------------------- a date in doubt


def test_one_takes_the_date_and_the_log_keeps_old_new_and_rule(window: Window) -> None:
    item = event(window.site)
    go(window, item)
    assert window.page.locator(".when .key").all_inner_texts()[0] == "1"
    window.page.keyboard.press("1")
    settle(window)
    with window.site.open() as store:
        (act, *_) = store.acts(limit=1)
        assert not store.item(item).event.problems  # type: ignore[union-attr]  # it is one
    assert act.act == "edit"
    assert act.decision.note
    assert act.decision.note.split(":")[0]
    assert "→" in act.decision.note


def test_two_opens_the_dates(window: Window) -> None:
    go(window, event(window.site))
    window.page.keyboard.press("2")
    expect(window.page.locator("[name=start_day]")).to_be_focused()
    expect(window.page.locator("[name=start_day]")).to_have_value("2018-09-10")


@pytest.mark.parametrize("by_key", [True, False])
def test_each_of_nine_topics_keeps_its_digit_and_a_question_that_is_left_gives_the_first_ones_back(by_key: bool, window: Window) -> None:
    page, item = window.page, event(window.site)
    topics = tuple(Topic(id=f"topic-{place}", name=f"Topic {place}") for place in range(9))
    site = window.site.app.state.site
    site.settings._config = replace(site.settings.config, topics=topics)  # nine are more than the desk of these tests has
    go(window, item)
    boxes, caps, left = page.locator("#view .chip input"), page.locator("#view .chip .key"), page.get_by_role("button", name="Leave it")
    assert caps.all_text_contents() == ["", "", "", *"456789"]
    for digit in "49":
        page.keyboard.press(digit)
        expect(boxes.nth(int(digit) - 1)).to_be_checked()
    page.locator("#view .paper").focus()
    if by_key:
        page.keyboard.press("Escape")
    else:
        left.click()
    expect(left).to_be_hidden()
    assert caps.all_text_contents() == [*"123456789"]
    assert page.locator("#view .when .key").all_text_contents() == ["", "", ""]
    page.keyboard.press("1")
    expect(boxes.first).to_be_checked()
    with window.site.open() as store:
        assert store.item(item).event.problems  # type: ignore[union-attr]  # it is one


def test_three_asks_the_organiser_and_the_item_waits_for_the_answer(window: Window) -> None:
    page, site = window.page, window.site
    item = event(site, text="The clinic is free. Write to (clinic@north.example) to book.")
    go(window, item)
    page.keyboard.press("3")
    expect(page.get_by_role("heading", name="The letter")).to_be_visible()
    page.wait_for_load_state()  # its scripts have run
    link = page.get_by_role("link", name="Open in your mail program").get_attribute("href") or ""
    assert link.startswith("mailto:clinic@north.example?subject=When%20is%20")
    assert "\n" not in link
    page.keyboard.press("q")
    expect(page.locator("#view form.one")).to_be_visible()
    expect(page.locator("#live")).to_have_text("Put off until later: Autumn clinic on run charts")
    with site.open() as store:
        after, (remark,) = store.item(item), store.remarks([item])
        assert after.state is State.DEFERRED
        assert after.deferred_until is not None
        assert timedelta(days=6) < after.deferred_until - site.now <= timedelta(days=7)
        assert remark.text.startswith("Asked the organiser: ")
    page.keyboard.press("u")
    expect(page.locator(f".row[data-id='{item}']")).to_be_visible()
    assert site.state(item) is State.QUEUED


# ---------------------------------------------------------------- related, of a different kind


def test_enter_ties_what_is_related_and_one_undo_takes_it_back(window: Window) -> None:
    page, site = window.page, window.site
    first, second = related(site)
    go(window, second)
    expect(page.locator(".same").first).to_contain_text("related, of different kinds, not folded")
    page.keyboard.press("Enter")
    expect(page.locator("#live")).to_have_text("Related, not the same: Better Care Together vanguard")
    settle(window)
    expect(page.locator("#view")).to_contain_text("Companion piece")
    with site.open() as store:
        (tie,) = store.ties([first])
        assert (tie.tie, tie.state, store.proposals(second), store.item(second).state) == (Tie.COMPANION, RelationState.TAKEN, (), State.QUEUED)
    page.keyboard.press("u")
    settle(window)
    with site.open() as store:
        assert [one.state for one in store.ties([first])] == [RelationState.PROPOSED]
        assert [one.of for one in store.proposals(second)] == [first]
    expect(page.locator("#view .same").first).to_be_visible()
    page.keyboard.press("Enter")  # and once more: a tie that is known is taken
    settle(window)
    with site.open() as store:
        assert [one.state for one in store.ties([first])] == [RelationState.TAKEN]


def test_enter_means_what_it_means_on_buttons_and_in_fields(window: Window) -> None:
    page, site = window.page, window.site
    first, second = related(site)
    go(window, second)
    page.locator("#view button[form=undo]").focus()
    page.keyboard.press("Enter")
    settle(window)
    page.locator("[data-act=search]").focus()
    page.keyboard.press("Escape")
    page.locator("#view [data-why]").focus()
    page.keyboard.press("Enter")
    settle(window)
    with site.open() as store:
        assert store.ties([first]) == ()
    window.complaints.clear()  # there was nothing to undo, and the browser writes refused forms to its console


def test_two_of_one_kind_have_the_button_and_no_key(window: Window) -> None:
    page, site = window.page, window.site
    first, second = related(site, kind=Kind.CASE_STUDY)
    go(window, second)
    page.keyboard.press("Enter")
    settle(window)
    with site.open() as store:
        assert store.ties([first]) == ()
    page.get_by_role("button", name="Related, not the same").click()
    settle(window)
    with site.open() as store:
        assert [one.state for one in store.ties([first])] == [RelationState.TAKEN]


# ---------------------------------------------------------------- for everybody


def test_a_date_in_doubt_and_the_letter_are_accessible_wide_and_small(browser: Browser, desk: tuple[Site, str]) -> None:
    site, address = desk
    item = event(site)
    context = browser.new_context(bypass_csp=True)  # axe is not ours
    page, script = context.new_page(), axe()
    for path in (f"queue?item={item}", f"items/{item}/ask"):
        page.goto(f"{address}/desk/{path}")
        assert obstacles(page, script, widths=(1440, 320)) == [], path
    context.close()
