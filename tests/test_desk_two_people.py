"""Two curators and a scout at one desk at the same time, each signed in in a real browser: what they see of each other, and a bad line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from pipeline.model import Account, ItemId, Role, State
from pipeline.store import new_secret, secret_hash
from tests.staff import kept
from tests.test_browser import browser, desk
from tests.test_browser_keys import sent
from tests.test_web import Site

__all__ = ["browser", "desk"]
pytestmark = pytest.mark.browser

EXPECTED = re.compile(r"status of (409|403|5\d\d)|ERR_FAILED")
"""What the browser itself writes to its console where a form is refused or a line is cut."""


@dataclass
class Office:
    """A desk with people who have accounts, and the windows in which they sit there."""

    browser: Browser
    site: Site
    address: str
    items: tuple[ItemId, ...]
    complaints: list[str] = field(default_factory=list)
    open: list[BrowserContext] = field(default_factory=list)

    def come(self, name: str, role: Role = Role.CURATOR, path: str = "/desk/queue") -> Page:
        """Let somebody sit down, signed in, in a browser of their own."""
        with self.site.open() as store:
            account = next((one for one in store.accounts() if one.name == name), None) or self._made(name, role)
            secret = new_secret()
            store.sign_in(secret_hash(secret), account=account.id, agent="Chromium", now=self.site.now)
        context = self.browser.new_context(viewport={"width": 1280, "height": 860})
        context.add_cookies([{"name": "gleanings_session", "value": secret, "domain": urlsplit(self.address).hostname or "", "path": "/"}])
        self.open.append(context)
        page = context.new_page()
        page.on("console", lambda told: self.complaints.append(told.text) if told.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(self.address + path)
        return page

    def _made(self, name: str, role: Role) -> Account:
        with self.site.open() as store:
            made = store.add_account(name, role, now=self.site.now)
            store.set_password(made.id, kept())
            return store.account_of(made.id)

    def state(self, place: int) -> State:
        return self.site.state(self.items[place])

    def made(self, place: int) -> list[str]:
        """Who decided an item, one name for each decision that stands."""
        with self.site.open() as store:
            return [one.curator for one in store.decisions(self.items[place])]


@pytest.fixture
def office(browser: Browser, desk: tuple[Site, str]) -> Iterator[Office]:
    site, address = desk
    items = tuple(site.add(number, rank=0.9 - number / 100) for number in range(8))
    made = Office(browser, site, address, items)
    yield made
    for context in made.open:
        context.close()
    assert [line for line in made.complaints if not EXPECTED.search(line)] == []


def row(page: Page, item: ItemId) -> str:
    return f".row[data-id='{item}']"


# ---------------------------------------------------------------- what they see of each other


def test_each_sees_what_the_other_reads_and_a_second_decision_loses_nothing(office: Office) -> None:
    priya, tom = office.come("Priya"), office.come("Tom")
    expect(tom.locator("#here")).to_have_attribute("aria-label", re.compile("Priya"))
    tom.locator(f"{row(tom, office.items[3])} h3 a").click()
    priya.keyboard.press("j")  # the next beat brings what is new
    expect(priya.locator(f"{row(priya, office.items[3])} [data-reading]")).to_have_text("Tom is reading")
    tom.keyboard.press("a")
    sent(tom)
    priya.locator(f"{row(priya, office.items[2])} h3 a").click()
    expect(priya.locator(f"{row(priya, office.items[3])} [data-decided]")).to_have_text(re.compile(r"^Tom accepted this \d+ s ago$"))
    priya.locator(f"{row(priya, office.items[3])} h3 a").click()
    priya.locator("[data-act=edit]").click()
    priya.locator("[name=why]").fill("We need this.")
    priya.locator("#view .paper").focus()
    priya.keyboard.press("l")
    expect(priya.locator("#live")).to_contain_text("Tom accepted this")
    priya.locator(f"{row(priya, office.items[3])} h3 a").click()
    expect(priya.locator("#view .conflict")).to_contain_text("Tom accepted this")
    expect(priya.locator("[name=why]")).to_have_value("We need this.")  # what was typed is still there
    assert office.made(3) == ["Tom"]
    priya.locator("#view .paper").focus()
    priya.keyboard.press("s")  # and now knowingly
    sent(priya)
    assert office.made(3) == ["Priya", "Tom"]
    with office.site.open() as store:
        assert (store.item(office.items[3]).note, store.item(office.items[3]).overlay.must_have) == ("We need this.", True)


def test_votes_remarks_and_being_asked_reach_the_other(office: Office) -> None:
    tom, sol = office.come("Tom"), office.come("Sol", Role.SCOUT)
    expect(sol.locator("#view form.one")).to_be_visible()
    assert sol.locator("#view [data-act=accept], #view [data-act=more], [form=undo]").count() == 0
    for key in ("a", "s", "x", "u", "+"):
        sol.keyboard.press(key)  # what a scout may not do, no key does
    sol.get_by_role("button", name="I would keep it").click()
    expect(sol.locator("[data-votes]")).to_have_text("1 keep")
    sol.get_by_text("Add a remark").click()
    sol.locator("[name=remark]").fill("Their best in years; j k a x are only letters here.")
    sol.get_by_role("button", name="Keep the remark").click()
    expect(sol.locator(".talk")).to_contain_text("only letters here")
    assert office.state(0) is State.QUEUED
    tom.reload()
    expect(tom.locator("#view .crowd")).to_contain_text("Sol: keep")
    expect(tom.locator("#view .talk")).to_contain_text("Their best in years")
    priya = office.come("Priya")
    tom.reload()
    tom.keyboard.press("c")
    tom.keyboard.type("Priya")
    tom.get_by_role("button", name="Ask", exact=True).click()
    expect(tom.locator("#view .crowd")).to_contain_text("Priya is asked to decide")
    priya.goto(f"{office.address}/desk/queue")
    expect(priya.locator(row(priya, office.items[0])).get_by_text("for you")).to_be_visible()
    assert "Their best in years" not in priya.request.get(f"{office.address}/items/{office.items[0]}").text()


def test_a_view_is_shared_and_bulk_shows_number_and_five_samples_before_it_acts(office: Office) -> None:
    priya, tom = office.come("Priya", path="/desk/views?q=network"), office.come("Tom")
    priya.get_by_label("Name").fill("All networks")
    priya.get_by_label("For everybody at this desk").check()
    with priya.expect_response(re.compile("/reading$")):  # what is open before her is told after a moment
        priya.get_by_role("button", name="Save the view").click()
    tom.reload()
    tom.get_by_role("link", name="All networks").click()
    expect(tom).to_have_url(re.compile("q=network"))
    expect(tom.locator("#view [data-help]")).to_be_visible()  # its scripts have run
    tom.keyboard.press("Shift+B")
    expect(tom.get_by_role("heading", level=1)).to_have_text("Decide many at once")
    tom.get_by_role("combobox", name="Reason").select_option("old")
    tom.get_by_role("button", name="Reject", exact=True).click()
    expect(tom.locator(".samples > li")).to_have_count(5)
    expect(tom.locator(".skips")).to_contain_text("Priya is reading")  # what is before her eyes is left to her
    assert {office.state(place) for place in range(8)} == {State.QUEUED}  # a preview changes nothing
    priya.goto(f"{office.address}/desk/items/{office.items[6]}")
    priya.locator("[data-act=accept]").click()  # meanwhile
    priya.wait_for_url("**did=*")
    tom.locator("form.do button").click()
    expect(tom.get_by_role("heading", level=1)).to_have_text("6 items were rejected as old")
    expect(tom.locator("main")).to_contain_text("Priya accepted this")
    assert [office.state(place) for place in range(8)] == [State.QUEUED, *[State.REJECTED] * 5, State.ACCEPTED, State.REJECTED]
    tom.goto(f"{office.address}/desk/queue")
    tom.keyboard.press("u")
    expect(tom.locator("#live")).to_contain_text("taken back")
    assert [office.state(place) for place in range(8)] == [State.QUEUED] * 6 + [State.ACCEPTED, State.QUEUED]


def test_undo_reaches_across_sign_ins_and_takes_back_only_ones_own(office: Office) -> None:
    first, tom = office.come("Priya"), office.come("Tom")
    for key in ("a", "l"):
        first.keyboard.press(key)
    sent(first)
    tom.locator(f"{row(tom, office.items[4])} h3 a").click()
    tom.keyboard.press("a")
    sent(tom)
    first.context.close()
    office.open.pop(0)
    again = office.come("Priya")
    for back in (office.items[1], office.items[0]):
        again.keyboard.press("u")
        expect(again.locator(row(again, back))).to_be_visible()
        expect(again.locator("#view [data-help]")).to_be_visible()  # its scripts have run
        sent(again)
    assert [office.state(place) for place in (0, 1, 4)] == [State.QUEUED, State.QUEUED, State.ACCEPTED]
    again.keyboard.press("u")
    expect(again.locator("#live")).to_contain_text("nothing to undo")


# ---------------------------------------------------------------- a bad line


def test_answers_that_take_three_seconds_hold_no_hand_up(office: Office) -> None:
    page, late = office.come("Priya"), list[Route]()
    expect(page.locator(".row[data-there]")).to_have_count(7)
    page.route("**/decide", lambda route: route.continue_() if late else late.append(route))
    for key in ("a", "a", "l"):
        page.keyboard.press(key)
    expect(page.locator(".row")).to_have_count(5)  # the eye is on the fourth before the first was answered
    expect(page.locator(".row[aria-current]")).to_have_attribute("data-id", str(office.items[3]))
    assert [office.state(place) for place in range(3)] == [State.QUEUED] * 3
    page.wait_for_timeout(3_000)
    late[0].continue_()
    sent(page)
    assert [office.state(place) for place in range(4)] == [State.ACCEPTED, State.ACCEPTED, State.DEFERRED, State.QUEUED]
    with office.site.open() as store:
        assert [one.item for one in reversed(store.decisions(limit=9))] == list(office.items[:3])  # one after the other, in their order


def test_errors_of_the_desk_bring_the_item_back_and_the_next_try_decides_once(office: Office) -> None:
    page, tries = office.come("Priya"), count()

    def fail(route: Route) -> None:
        broken = next(tries) == 0
        told = '{"error": "The desk made a mistake.", "hint": "It is number 7."}'
        route.fulfill(status=500, content_type="application/json", body=told) if broken else route.continue_()

    expect(page.locator(".row[data-there]")).to_have_count(7)
    page.route("**/decide", fail)
    accepted = page.locator("[data-count=accept]")
    page.keyboard.press("a")
    expect(page.locator("#toast")).to_have_class(re.compile("bad"))
    expect(page.locator("#live")).to_have_text("How network 0 learns: The desk made a mistake. It is number 7.")
    expect(page.locator(".row").first).to_have_attribute("data-id", str(office.items[0]))
    expect(accepted).to_have_text("0")
    page.locator(f"{row(page, office.items[0])} h3 a").click()
    page.keyboard.press("a")
    sent(page)
    expect(accepted).to_have_text("1")
    assert (office.made(0), office.state(0)) == (["Priya"], State.ACCEPTED)


def test_cut_and_lost_answers_among_many_decisions_lose_and_double_nothing(office: Office) -> None:
    page, tries = office.come("Priya"), count()

    def shaky(route: Route) -> None:
        turn = next(tries) % 3
        if turn == 0:
            route.abort()  # it never arrives
        elif turn == 1:
            route.fetch()  # it arrives, its answer does not
            route.abort()
        else:
            route.continue_()

    # What the page tries again it tries at once.
    page.add_init_script("const real = setTimeout; window.setTimeout = (work, time, ...rest) => real(work, Math.min(time, 40), ...rest);")
    page.reload()
    expect(page.locator(".row[data-there]")).to_have_count(7)
    page.route("**/decide", shaky)
    for key in "alalal":
        page.keyboard.press(key)
    sent(page)
    assert [office.made(place) for place in range(8)] == [["Priya"]] * 6 + [[], []]
    assert [office.state(place) for place in range(6)] == [State.ACCEPTED, State.DEFERRED] * 3
    expect(page.locator("#unsent")).to_be_hidden()
    expect(page.locator("[data-count=all]")).to_have_text("6")
