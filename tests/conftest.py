"""What every test stands on: no network beyond this machine, a derandomised hypothesis in CI, empty databases that are copies of one."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from pipeline.store import Store
from pipeline.store.connection import SCHEMA, Connection
from tests.web import write_ca

settings.register_profile("ci", derandomize=True, max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", max_examples=25, deadline=None)
settings.register_profile("thorough", max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "dev")

UNCOUNTED = ("hypothesis", "floors", "browser")
"""Kinds of tests whose lines are not counted. To count takes as long again as to run, and what a property says a hundred times, a floor of
thousands of pages and a click in a browser, an example says once."""
UNCOUNTED_FILES = ("attacks", "endurance")
"""Files that come to the same lines hundreds of times, and to none but for which another file has examples."""
FIRST = (
    *("xss", "browser_keys", "browser", "public_pages", "endurance", "faults", "mutants", "attacks", "browser_builder", "votes_browser"),
    *("crowd_browser", "survey_pages", "suggest_pages", "reader_walk", "render_browser", "dedupe_floors", "classify_topics", "docs_tutorial"),
    *("docs_site", "demo", "wheel", "everything", "journey", "order"),
    *("crew_cluster", "crew_lost", "cli_learn", "collections"),
    *("browser_pictures", "press", "sending", "builder", "render", "web", "learn", "migrations", "service_clock"),
)
"""The files that take longest: with them begun first, no worker has one left to do when the others have ended."""

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, and say which tests run without being counted."""
    places = {f"test_{name}": place for place, name in enumerate(FIRST)}
    uncounted = {f"test_{name}" for name in UNCOUNTED_FILES}
    items.sort(key=lambda item: places.get(item.path.stem, len(FIRST)))
    for item in items:
        if item.path.stem in uncounted or any(item.get_closest_marker(name) for name in UNCOUNTED):
            item.add_marker("no_cover")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket to another machine fails the test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(("127.", "::1", "localhost")):
            pytest.fail(f"a test reached for {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True, scope="session")
def empty_databases() -> Iterator[None]:
    """Every migration is run once; each further new database is a copy of that one. A file that holds anything goes the long way, and so does
    every other process."""
    migrate, one_at_a_time = Connection._migrate, threading.Lock()
    with Store.open(":memory:") as empty, pytest.MonkeyPatch.context() as patch:

        def copied(self: Connection) -> None:
            with one_at_a_time:
                if self._db.execute("PRAGMA schema_version").fetchone()[0]:
                    migrate(self)
                else:
                    empty._db.backup(self._db)

        assert empty.schema_version == SCHEMA
        patch.setattr(Connection, "_migrate", copied)
        yield


@pytest.fixture(scope="session")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of our own authority, which signs for the small web of `tests/web.py`."""
    return write_ca(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch, ca: Path) -> None:
    """No proxy, and no authority but ours."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    for key in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(key, raising=False)
        monkeypatch.delenv(key.upper(), raising=False)


@pytest.fixture
def corpus() -> Path:
    """The folder of real material, where it is at hand."""
    folder = SHARED / "corpus"
    if not folder.is_dir():
        pytest.skip("the corpus of real pages is not at hand")
    return folder
