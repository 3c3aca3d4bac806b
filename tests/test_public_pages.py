"""The public pages in a real browser: accessible in light and dark at three widths, silent, and the copy from a stick with its search."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pipeline.model import Correction, Credit, EditionState, Kind, Severity
from pipeline.web import static_site
from tests import builders
from tests.axe import axe, obstacles
from tests.test_browser import SMALL_TARGETS, browser, desk
from tests.test_web import Site

__all__ = ["axe", "browser", "desk"]  # fixtures
pytestmark = pytest.mark.browser

WIDTHS = (1280, 640, 320)


def fill(site: Site, *, items: int = 40) -> None:
    """Release two editions with something of everything: people, topics, an event, a correction, a language from right to left."""
    section = builders.edition().sections[0]
    old = builders.entry(id=site.accept(50), title="An older piece")
    site.release(builders.edition(id="2026-10", month_name="October 2026", sections=(replace(section, entries=(old,)),)), digest_pdf=b"%PDF")
    people = (Credit(role="author", name="Ada Marsh"), Credit(role="recommended by", name="Ben Oak"))
    titles = [f"How {'networks' if number % 2 else 'teams'} learn, part {number}" for number in range(items)]
    entries = [builders.entry(id=site.accept(number), title=title, credits=people, also_seen=("Lantern",)) for number, title in enumerate(titles)]
    entries[1] = replace(entries[1], title="كيف تتعلم الشبكات", language="ar", kind=Kind.VIDEO, kind_name="Video")
    site.release(
        builders.edition(sections=(replace(section, entries=tuple(entries)),)), digest_pdf=b"%PDF", index_html=b"<!doctype html><title>x</title>"
    )
    with site.open() as store:
        notes = tuple(
            Correction(edition="2026-11", item=entries[place].id, title=entries[place].title, severity=severity, note="It was ten.", made=site.now)
            for place, severity in ((2, Severity.ERROR), (3, Severity.RETRACTED))
        )
        for last in (1, 2):
            made = replace(store.edition("2026-11"), state=EditionState.CORRECTED, corrected=site.now, corrections=notes[:last])
            store.correct(made, files=store.files("2026-11"))


@pytest.fixture
def public(desk: tuple[Site, str]) -> tuple[Site, str]:
    fill(desk[0])
    return desk


def export(site: Site, folder: Path) -> None:
    """Write the copy in a thread of its own: this one runs the loop of the browser."""
    with ThreadPoolExecutor() as threads:
        threads.submit(static_site.export, site.config, site.open, lambda: site.now, folder).result()


def watched(page: Page) -> list[str]:
    """Gather what a page complains of."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def paths(site: Site) -> Iterator[str]:
    yield from ("/", "/editions", "/editions/2026-11", "/topics", "/topics/primary-care-networks", "/people", "/people/ada-marsh", "/collections")
    yield from ("/search", "/search?q=learn&kind=report", "/search?q=nothing+of+it", "/subscribe")
    with site.open() as store:
        yield from (f"/items/{entry.id}" for entry in store.edition("2026-11").entries[:4])


def test_no_public_page_stands_in_anybodys_way(browser: Browser, desk: tuple[Site, str]) -> None:
    script = axe()
    site, address = desk
    fill(site, items=4)
    context = browser.new_context(color_scheme="light", bypass_csp=True)
    page = context.new_page()
    complaints = watched(page)
    for path in paths(site):
        page.goto(address + path)
        assert obstacles(page, script, widths=WIDTHS) == [], path
    assert complaints == []
    context.close()


def test_public_pages_are_silent_under_their_policy_and_targets_are_large_enough(browser: Browser, public: tuple[Site, str]) -> None:
    site, address = public
    page = browser.new_page(viewport={"width": 390, "height": 844})
    complaints = watched(page)
    for path in paths(site):
        page.goto(address + path)
        assert page.evaluate(SMALL_TARGETS) == [], path
    assert complaints == []
    page.close()


def test_without_scripts_a_reader_searches_and_pages_on(browser: Browser, public: tuple[Site, str]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(public[1])
    page.get_by_role("searchbox").fill("learn")
    page.get_by_role("button", name="Search").click()
    assert page.locator(".entry mark").first.inner_text() == "learn"
    page.get_by_role("link", name="More").click()
    assert page.locator(".entry").count() > 0
    context.close()


@pytest.mark.parametrize("width", [1280, 320])
def test_the_copy_opens_from_a_stick_and_its_search_finds(browser: Browser, tmp_path: Path, width: int) -> None:
    (tmp_path / "desk").mkdir()
    site = Site(tmp_path / "desk", url="https://digest.example.org")
    fill(site)
    folder = tmp_path / "a stick & more"
    export(site, folder)
    page = browser.new_page(viewport={"width": width, "height": 800})
    complaints = watched(page)
    page.goto((folder / "index.html").as_uri())
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('20px Newsreader'))")
    page.get_by_role("searchbox").fill("netw part 5")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#res")).to_have_text("1 resource")
    expect(page.locator(".entry mark").first).to_have_text("networks")
    page.get_by_role("searchbox").fill("")
    expect(page.locator("#res")).to_have_text("40 resources")
    page.locator("#results").get_by_role("button", name="More").click()
    assert page.locator(".entry").count() == 40
    page.get_by_role("searchbox").fill("الشبكات")
    page.locator(".entry h3 a").first.click()
    assert re.search(r"/items/\d+\.html$", page.url)
    assert page.locator("h1").inner_text() == "كيف تتعلم الشبكات"
    page.get_by_role("link", name="November 2026").first.click()
    assert page.url.split("#")[0].endswith("/editions/2026-11.html")
    page.goto((folder / "search.html").as_uri() + "?kind=video")
    expect(page.locator("#res")).to_have_text("1 resource")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints == []
    page.close()


def test_without_scripts_the_copy_says_where_its_lists_are(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    site = Site(tmp_path / "desk")
    fill(site)
    export(site, tmp_path / "out")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "out" / "search.html").as_uri())
    expect(page.locator("#unscripted")).to_be_visible()
    page.locator("#unscripted").get_by_role("link", name="Topics").click()
    assert page.locator("h1").inner_text() == "Topics"
    context.close()
