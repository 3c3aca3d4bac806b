"""Page and mail in a real browser, on wide and narrow, light and dark screens, and before axe-core (WCAG 2.2 AA and its good practice)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from pipeline.render import render
from tests import editions
from tests.axe import ALL, FOUND, axe

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


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """One for all: what is looked at leaves nothing behind, and a new one takes longer than to look."""
    made = browser.new_page()
    yield made
    made.close()


@cache
def body(name: str, format: str) -> bytes:
    return render(editions.ALL[name](), format).body


def show(page: Page, tmp_path: Path, raw: bytes, *, width: int, scheme: str) -> None:
    file = tmp_path / "page.html"
    file.write_bytes(raw)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(file.as_uri())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("format", "width"), [("html", 320), ("html", 1280), ("email", 320), ("email", 640)])
@pytest.mark.parametrize("name", editions.ALL)
def test_nothing_is_wider_than_the_screen_or_loaded_from_elsewhere(
    page: Page, tmp_path: Path, name: str, format: str, width: int, scheme: str
) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    show(page, tmp_path, body(name, format), width=width, scheme=scheme)
    page.remove_listener("request", note)
    assert len(asked) == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [320, 1280])
def test_links_that_stand_alone_are_large_enough(page: Page, tmp_path: Path, width: int) -> None:
    show(page, tmp_path, body("essay", "html"), width=width, scheme="light")
    assert page.evaluate(SMALL) == []


def test_what_has_the_focus_has_an_outline(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, body("corrected", "html"), width=1280, scheme="light")
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        assert float(page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")) >= 2


@pytest.mark.parametrize(
    ("format", "width", "scheme"), [("html", 320, "dark"), ("html", 1280, "light"), ("email", 320, "light"), ("email", 640, "dark")]
)
@pytest.mark.parametrize("name", editions.ALL)
def test_axe_finds_nothing(page: Page, tmp_path: Path, name: str, format: str, width: int, scheme: str) -> None:
    script = axe()
    show(page, tmp_path, body(name, format), width=width, scheme=scheme)
    page.evaluate(script)
    assert page.evaluate(FOUND, ALL | {"runOnly": RULES}) == []
