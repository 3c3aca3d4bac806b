"""Pictures before a real browser: they are seen on the item's page, in the archive, in a copy of it and in the preview; a form brings a file."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from pipeline import publish
from pipeline.model import ItemId
from pipeline.web import static_site
from tests import shots
from tests.axe import axe, obstacles
from tests.builders import NOW
from tests.test_browser import browser, desk
from tests.test_web import Site

__all__ = ["browser", "desk"]

pytestmark = pytest.mark.browser
MONTH, NEXT = "2026-11", "2026-12"
WIDTHS = (390, 1280)
SEEN = """Promise.all([...document.images].map(one => { one.loading = 'eager'; return one.decode(); }))
    .then(() => [...document.images].map(one => one.naturalWidth > 0 && one.getBoundingClientRect().width <= innerWidth))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A desk with an accepted item, open in a browser."""

    page: Page
    site: Site
    home: str
    item: ItemId


@pytest.fixture
def shown(browser: Browser, desk: tuple[Site, str], tmp_path: Path) -> Iterator[Shown]:
    site, home = desk
    item = site.accept(1)
    (tmp_path / "ward.jpg").write_bytes(shots.saved(shots.photo(1_400, 900), "JPEG"))
    context = browser.new_context(bypass_csp=True)
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.goto(f"{home}/desk/items/{item}#picture")
    page.get_by_text("Add a picture").click()
    page.get_by_label("File").set_input_files(tmp_path / "ward.jpg")
    page.get_by_label("What it shows").fill("Two nurses at a board")
    page.get_by_label("Credit and licence").fill("Photo: Ann Example, CC BY 4.0")
    page.get_by_label("We may print it").check()
    page.get_by_role("button", name="Give it this picture").click()
    page.wait_for_url("**edited=**")
    yield Shown(page=page, site=site, home=home, item=item)
    assert complaints == []
    context.close()


def test_a_curator_gives_a_picture_and_sees_it_on_the_page_of_the_item(shown: Shown) -> None:
    assert shown.page.evaluate(SEEN) == [True]
    shown.page.get_by_text("Change the picture").click()
    assert obstacles(shown.page, axe(), widths=WIDTHS) == []


def test_readers_see_it_in_the_archive_in_the_file_to_keep_and_in_a_copy(shown: Shown, tmp_path: Path) -> None:
    page = shown.page
    with shown.site.open() as store:
        publish.build(MONTH, shown.site.config, store, now=NOW, formats=("html",))
        page.goto(f"{shown.home}/desk/editions/{MONTH}/preview/index.html")
        assert page.evaluate(SEEN) == [True]
        publish.release(MONTH, shown.site.config, store, now=NOW)
    with ThreadPoolExecutor(1) as hands:  # the browser has a loop in this thread already
        hands.submit(static_site.export, shown.site.config, shown.site.open, lambda: NOW, tmp_path / "copy").result()
    for name in (f"editions/{MONTH}.html", f"editions/{MONTH}/index.html"):
        page.goto((tmp_path / "copy" / name).as_uri())
        assert (page.evaluate(SEEN), page.get_by_role("img", name="Two nurses at a board").count()) == ([True], 1)
    for address in (f"{shown.home}/editions/{MONTH}", f"{shown.home}/editions/{MONTH}/index.html"):
        page.goto(address)
        assert (page.evaluate(SEEN), page.get_by_role("img", name="Two nurses at a board").count()) == ([True], 1)
        assert obstacles(page, axe(), widths=WIDTHS) == []


def test_the_builder_leads_to_the_picture_of_each_item(shown: Shown) -> None:
    shown.site.accept(2)
    with shown.site.open() as store:
        publish.build(NEXT, shown.site.config, store, now=NOW, formats=())
    page = shown.page
    page.goto(f"{shown.home}/desk/editions/{NEXT}/arrange")
    assert page.get_by_role("link", name="Add a picture: How network 2 learns").count() == 1
    assert obstacles(page, axe(), widths=WIDTHS) == []
    page.get_by_role("link", name="Picture: How network 1 learns", exact=True).click()
    assert page.url == f"{shown.home}/desk/items/{shown.item}#picture"
