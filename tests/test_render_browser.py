"""Page and mail in a real browser, on wide and narrow, light and dark screens, and before axe-core (WCAG 2.2 AA and its good practice)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from pipeline.render import render
from tests import editions

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SMALL = """[...document.querySelectorAll('main a, header a, nav a, footer a')]
    .filter(one => one.checkVisibility() && !one.closest('p:not(.ways, .back), li:not(nav li), h3'))
    .map(one => [one.textContent.trim(), one.getBoundingClientRect()])
    .filter(([, box]) => box.width < 24 || box.height < 24).map(([words]) => words)"""
"""The words of links under 24 by 24 CSS pixels (WCAG 2.2, 2.5.8), but for those within a sentence."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None and not os.environ.get("CI"):
        pytest.skip("no Chromium is found")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield made
        made.close()


def shown(browser: Browser, tmp_path: Path, raw: bytes, *, width: int, scheme: str) -> Page:
    file = tmp_path / "page.html"
    file.write_bytes(raw)
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light")
    page.goto(file.as_uri())
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("format", "width"), [("html", 320), ("html", 1280), ("email", 320), ("email", 640)])
@pytest.mark.parametrize("name", editions.ALL)
def test_nothing_is_wider_than_the_screen_or_loaded_from_elsewhere(
    browser: Browser, tmp_path: Path, name: str, format: str, width: int, scheme: str
) -> None:
    asked: list[str] = []
    browser_page = shown(browser, tmp_path, b"", width=width, scheme=scheme)
    browser_page.on("request", lambda request: asked.append(request.url))
    (tmp_path / "page.html").write_bytes(render(editions.ALL[name](), format).body)
    browser_page.reload()
    assert len(asked) == 1
    assert browser_page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    browser_page.close()


@pytest.mark.parametrize("width", [320, 1280])
def test_links_that_stand_alone_are_large_enough(browser: Browser, tmp_path: Path, width: int) -> None:
    page = shown(browser, tmp_path, render(editions.essay(), "html").body, width=width, scheme="light")
    assert page.evaluate(SMALL) == []
    page.close()


def test_what_has_the_focus_has_an_outline(browser: Browser, tmp_path: Path) -> None:
    page = shown(browser, tmp_path, render(editions.corrected(), "html").body, width=1280, scheme="light")
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        assert float(page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")) >= 2
    page.close()


@pytest.mark.parametrize(
    ("format", "width", "scheme"), [("html", 320, "dark"), ("html", 1280, "light"), ("email", 320, "light"), ("email", 640, "dark")]
)
@pytest.mark.parametrize("name", editions.ALL)
def test_axe_finds_nothing(browser: Browser, tmp_path: Path, name: str, format: str, width: int, scheme: str) -> None:
    pytest.importorskip("axe_playwright_python")
    page = shown(browser, tmp_path, render(editions.ALL[name](), format).body, width=width, scheme=scheme)
    page.add_script_tag(content=(files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    broken = page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(done => done.violations.map(one => [one.id, one.nodes[0].html]))", RULES
    )
    assert broken == []
    page.close()
