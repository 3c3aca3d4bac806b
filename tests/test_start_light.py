"""The desk is ready before it has loaded what harvests, learns, prints and mails: nothing of that is needed to answer the first visit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import late
from pipeline.store import Store

READERS = ("bs4", "charset_normalizer", "flufl.bounce", "icalendar", "lxml", "pypdfium2", "py3langid", "soupsieve", "trafilatura", "urllib3")
NETWORK = ("aiohttp", "authlib", "httpx", "smtplib", "stamina")
LEARNING = ("numpy", "rapidfuzz", "scipy")
PRINTING = ("css_inline", "markdown_it", "nh3", "segno", "typst")
ROOMS = (
    *("pipeline.dedupe.decide", "pipeline.deliver", "pipeline.digest.check", "pipeline.digest.compose", "pipeline.extract", "pipeline.fetch.fetcher"),
    *("pipeline.harvest", "pipeline.learn.train", "pipeline.publish.editions", "pipeline.publish.incoming", "pipeline.publish.links"),
    *("pipeline.publish.sending", "pipeline.render.html", "pipeline.sources.feed", "pipeline.sources.mailbox", "pipeline.sources.repair"),
)
HEAVY = (*READERS, *NETWORK, *LEARNING, *PRINTING, *ROOMS)

READY = f"""
import asyncio, json, sys
from datetime import datetime, UTC
from pathlib import Path
from pipeline import service
from pipeline.config import load
from pipeline.store import Store
from pipeline.web.app import create_app

config = load(Path(sys.argv[1]) / "sources.yaml", {{}})
with Store.open(config.db) as store:
    store.sync_sources(config.sources, datetime.now(UTC))
app = create_app(config, lambda: Store.open(config.db), lambda: datetime.now(UTC))
said = []

async def visit():
    async def receive():
        return {{"type": "http.request", "body": b"", "more_body": False}}
    async def send(message):
        said.append(message)
    scope = {{"type": "http", "method": "GET", "path": "/readyz", "raw_path": b"/readyz", "query_string": b"", "headers": [(b"host", b"127.0.0.1")],
              "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "scheme": "http", "root_path": "", "http_version": "1.1"}}
    await app(scope, receive, send)

asyncio.run(visit())
print(json.dumps([said[0]["status"], sorted(set({HEAVY!r}) & set(sys.modules))]))
"""
"""What `serve` does until it is ready, and the visit that asks whether it is."""


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, list[str]]:
    folder: Path = tmp_path_factory.mktemp("desk")
    (folder / "sources.yaml").write_text("desk: {name: T}\ntopics: []\nsources: []\n")
    Store.open(folder / "curated.db").close()  # a desk that was begun before: only changing a schema loads what changes it
    done = subprocess.run([sys.executable, "-c", READY, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    status, loaded = json.loads(done.stdout)
    return status, loaded


def test_the_desk_is_ready_without_what_it_does_not_need_yet(ready: tuple[int, list[str]]) -> None:
    assert ready == (200, [])


ALONE = """
import sys
from pipeline.late import late
before = "colorsys" in sys.modules
colours = late("colorsys")
print(before, "colorsys" in sys.modules, colours.rgb_to_hsv(0, 0, 0), "colorsys" in sys.modules)
"""


def test_when_to_stop_is_said_without_loading_what_learns() -> None:
    script = "import sys; from pipeline.classify import stopping; print(stopping.least_recall([True] * 5 + [False] * 60, 40), 'scipy' in sys.modules)"
    said, loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert (0 < float(said) < 1, loaded) == (True, "False")


def test_a_late_module_is_loaded_by_the_first_of_its_names() -> None:
    assert subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True).stdout == "False False (0.0, 0.0, 0) True\n"


def test_a_late_module_has_the_names_of_the_module_and_no_others() -> None:
    colours = late.late("colorsys")
    assert colours.ONE_THIRD == 1 / 3
    assert not hasattr(colours, "ONE_FOURTH")


DOORS = ("dedupe", "digest", "exchange", "fetch", "learn", "publish")


@pytest.mark.parametrize("package", DOORS)
def test_every_name_of_a_package_with_a_door_is_there_whatever_was_loaded_before(package: str) -> None:
    """A room may be called as the function in it: loading the room must not put it into the function's place."""
    script = f"""
import importlib, pkgutil, types
package = importlib.import_module("pipeline.{package}")
for room in pkgutil.iter_modules(package.__path__):
    importlib.import_module(f"pipeline.{package}.{{room.name}}")
print([name for name in package.__all__ if isinstance(getattr(package, name), types.ModuleType)], hasattr(package, "cellar"))
"""
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[] False\n"
