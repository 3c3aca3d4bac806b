"""What stands in somebody's way on a page that a browser shows: axe-core at several widths in light, its colours in dark, what runs over the edge,
and markup that HTML does not allow. The page is loaded and the script read once for all of it."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import html5lib
import pytest
from playwright.sync_api import Page

FOUND = "options => axe.run(options).then(done => done.violations.map(one => [one.id, one.nodes[0].html]))"
ALL: dict[str, object] = {"resultTypes": ["violations"]}
COLOURS: dict[str, object] = ALL | {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""What darkness changes: neither the structure of a page nor its widths."""


def axe() -> str:
    """The script of axe-core, as one of the packages that bring it has it."""
    for package in ("axe_playwright_python", "axe_core_python"):
        spec = find_spec(package)
        for place in spec.submodule_search_locations or () if spec else ():
            for found in sorted(Path(place).rglob("axe.min.js")):
                return found.read_text(encoding="utf-8")
    named = os.environ.get("AXE")
    if named:
        return Path(named).read_text(encoding="utf-8")
    if os.environ.get("CI"):
        pytest.fail("axe-core is not at hand")
    pytest.skip("axe-core is not at hand: set AXE to its axe.min.js")


def obstacles(page: Page, script: str, *, widths: tuple[int, ...]) -> list[tuple[str, int, object]]:
    """Look at the page that is open in light at each width, and in dark at the last; it is in light again afterwards.

    The context must have been made with `bypass_csp`: axe is not ours.
    """
    page.evaluate(script)
    found: list[tuple[str, int, object]] = [("markup", 0, one) for one in _misspelt(page)]
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        found += [("light", width, one) for one in page.evaluate(FOUND, ALL)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(("light", width, "it runs over the edge"))
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    found += [("dark", widths[-1], one) for one in page.evaluate(FOUND, COLOURS)]
    page.emulate_media(color_scheme="light")
    return found


def misspelt(html: str) -> list[str]:
    """Name what a strict parser of HTML (the living standard's algorithm) finds wrong, with line and column."""
    parser = html5lib.HTMLParser()
    parser.parse(html)
    return [f"{place[0]}:{place[1]} {what} {values}" for place, what, values in parser.errors]


def _misspelt(page: Page) -> list[str]:
    """Look at the page as the server sends it; one that only a form leads to is left out."""
    answer = page.request.get(page.url) if page.url.startswith("http") else None
    return misspelt(answer.text()) if answer and answer.ok else []
