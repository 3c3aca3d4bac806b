"""A poll that brings nothing costs little: what it loads, what it writes, and what it keeps of hosts and hurries."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.fetch.turns import Hosts
from pipeline.harvest.survey import survey_all
from pipeline.model import HarvestSettings, Run, Source
from pipeline.store import Store
from tests.web import Web

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
READERS = ("bs4", "charset_normalizer", "distributed", "lxml", "numpy", "scipy", "soupsieve", "trafilatura", "pypdfium2")
POLL = f"""
import sys
from pipeline.cli import main
code = main(["--dir", sys.argv[1], "harvest", "--all", "--json"])
print(code, sorted(set({READERS!r}) & set(sys.modules)))
"""
FEED = '<?xml version="1.0"?><rss version="2.0"><channel><title>Notes {0}</title><link>http://n{0}.example/</link><description>d</description></channel></rss>'


def feed(number: int) -> Source:
    return Source(id=f"s{number}", kind="feed", url=f"http://n{number}.example/feed")


def poll(web: Web, store: Store, sources: list[Source], folder: Path, patch: pytest.MonkeyPatch) -> list[Run]:
    for name, value in web.environment(folder).items():
        patch.setenv(name, value)
    return survey_all(sources, store, HarvestSettings(delay=timedelta()), now=lambda: NOW, report=lambda what, done, total: None)[0]


def test_a_poll_in_which_nothing_is_new_loads_nothing_that_reads_pages_or_learns(tmp_path: Path) -> None:
    with Web() as web:
        web.put("http://north.example/feed", FEED.format(1), type="application/rss+xml")
        web.put("http://north.example/robots.txt", status=404)
        (tmp_path / "sources.yaml").write_text('sources: [{id: north, kind: feed, url: "http://north.example/feed"}]\n')
        env = {**os.environ, **web.environment(tmp_path)}
        for _ in range(2):
            done = subprocess.run([sys.executable, "-c", POLL, str(tmp_path)], capture_output=True, text=True, check=True, env=env)
    *said, last = done.stdout.splitlines()
    assert last == "0 []"
    assert json.loads(said[0])["source"] == "north"
    assert web.paths.count("/feed") == 2


@pytest.mark.usefixtures("bare_environment")
def test_every_source_is_surveyed_once_and_runs_come_in_the_order_of_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [feed(number) for number in range(120)]
    with Web() as web, Store.open(tmp_path / "curated.db") as store:
        for number in range(120):
            web.put(f"http://n{number}.example/feed", FEED.format(number), type="application/rss+xml", delay=0.05 if number % 40 == 0 else 0)
            web.put(f"http://n{number}.example/robots.txt", status=404)
        store.sync_sources(sources, NOW)
        runs = poll(web, store, sources, tmp_path, monkeypatch)
        assert [run.source for run in runs] == [source.id for source in sources]
        assert {state.id: state.title for state in store.source_states()} == {f"s{number}": f"Notes {number}" for number in range(120)}
        assert len(store.robots([f"n{number}.example" for number in range(120)])) == 120
        asked = len(web.asked)
        assert all(run.unchanged for run in poll(web, store, sources, tmp_path, monkeypatch))
    assert len(web.asked) == asked + 120  # robots.txt is known


@pytest.mark.usefixtures("bare_environment")
def test_a_poll_that_cannot_be_stored_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Web() as web, Store.open(tmp_path / "curated.db") as store:
        web.put("http://n1.example/feed", FEED.format(1), type="application/rss+xml")
        store.sync_sources([feed(1)], NOW)
        store._execute("PRAGMA query_only = ON", ())
        with pytest.raises(StoreError, match="cannot be written"):
            poll(web, store, [feed(1)], tmp_path, monkeypatch)


def test_sources_that_are_as_they_were_are_not_written_again(tmp_path: Path) -> None:
    with Store.open(tmp_path / "curated.db") as store:
        sources = [feed(1), Source(id="quotes", kind="page", url="https://q.example/?a='b'&c=\"d\"", title="Ä “title” \\ of 1")]
        store.sync_sources(sources, NOW)
        before = store._db.total_changes
        store.sync_sources(sources, NOW + timedelta(hours=1))
        assert store._db.total_changes == before
        assert [(one.id, one.url, one.title, one.since) for one in store.source_states()] == [
            ("quotes", sources[1].url, sources[1].title, NOW),
            ("s1", sources[0].url, "", NOW),
        ]


def test_what_is_paused_is_left_alone(tmp_path: Path) -> None:
    with Store.open(tmp_path / "curated.db") as store:
        store.sync_sources([feed(1), feed(2)], NOW)
        store.pause("s2", True)
        assert store.left_alone() == {"s2"}


def test_a_host_that_nobody_asks_is_forgotten_but_not_when_it_was_asked() -> None:
    hosts = Hosts(1, {"south.example": NOW})

    async def ask() -> None:
        async with hosts.host("north.example").turn(timedelta()):
            assert hosts.host("north.example") is hosts.host("north.example")
            assert list(hosts._busy) == ["north.example"]

    asyncio.run(ask())
    assert not hosts._busy
    assert sorted(hosts.asked) == ["north.example", "south.example"]
