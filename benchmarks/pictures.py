"""Pictures of every page, as in `docs/pictures/`: `python -m benchmarks.pictures [FOLDER]`. Runs the demonstration; each page wide, dark, on a phone.

Needs Playwright and a Chromium; nothing but the demonstration is shown.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
PAGES = {
    "today": "/desk",
    "queue": "/desk/queue",
    "item": "/desk/items/{item}",
    "bulk": "/desk/bulk",
    "similar": "/desk/items/{item}/similar",
    "views": "/desk/views",
    "keys": "/desk/keys",
    "sources": "/desk/sources",
    "log": "/desk/log",
    "readers": "/desk/subscribers",
    "people": "/desk/people",
    "accounts": "/desk/accounts",
    "rules": "/desk/rules",
    "learning": "/desk/learning",
    "impact": "/impact",
    "home": "/",
    "editions": "/editions",
    "topics": "/topics",
    "contributors": "/people",
    "subscribe": "/subscribe",
    "suggest": "/suggest",
    "search": "/search?q=network",
}
EDITION = {"builder": "/desk/editions/draft", "edition-desk": "/desk/editions"}
"""Pages of the edition, which show little before something is accepted for it."""
ACCEPTED = 6
FORMS = {"wide": (1440, 900, "light"), "dark": (1440, 900, "dark"), "phone": (390, 844, "light")}


def take(folder: Path) -> Iterator[str]:
    """Take every picture; say what was taken."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, _desk(Path(scratch)) as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"])
        item = _first(browser, address)
        for form in FORMS:
            yield from _taken(browser, form, {name: address + path.format(item=item) for name, path in PAGES.items()}, folder)
        _accept(browser, address)
        for form in FORMS:
            yield from _taken(browser, form, {name: address + path for name, path in EDITION.items()}, folder)
        browser.close()


def _first(browser: Browser, address: str) -> str:
    """Give the number of the item that stands first in the queue."""
    page = browser.new_page()
    page.goto(f"{address}/desk/queue")
    item = page.locator(".row").first.get_attribute("data-id")
    page.close()
    return item or "1"


def _accept(browser: Browser, address: str) -> None:
    """Accept what stands first in the queue, by its key, and wait until the draft is composed anew: the service looks once a minute."""
    page = browser.new_page()
    page.goto(f"{address}/desk/queue")
    for _ in range(ACCEPTED):
        page.wait_for_selector("#view form.one")
        page.keyboard.press("a")
        page.wait_for_timeout(300)
    for _ in range(120):
        page.wait_for_timeout(1_000)
        page.goto(f"{address}/desk/editions/draft")
        if page.locator(".card").count():
            break
    page.close()


def _taken(browser: Browser, form: str, pages: Mapping[str, str], folder: Path) -> Iterator[str]:
    width, height, scheme = FORMS[form]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    for name, url in pages.items():
        answer = page.goto(url)
        page.wait_for_timeout(400)
        target = folder / f"{name}-{form}.jpg"
        page.screenshot(path=target, type="jpeg", quality=72)
        yield f"{target.name}: {answer.status if answer else 'no answer'}"
    context.close()


@contextmanager
def _desk(folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "pipeline.demo", "--folder", str(folder / "demo"), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as demo:
        try:
            yield _awake(f"http://127.0.0.1:{port}")
        finally:
            demo.terminate()


def _awake(address: str) -> str:
    for _ in range(600):
        try:
            httpx.get(f"{address}/healthz")
        except httpx.HTTPError:
            time.sleep(0.5)
        else:
            return address
    raise TimeoutError("The demonstration did not come up.")


if __name__ == "__main__":
    for line in take(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER):
        print(line, flush=True)
