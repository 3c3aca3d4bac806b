"""The operator's walk (forty minutes a month), where no other file has the step: a list of feeds, what a night came to, a silent source."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import config, harvest, schedule
from pipeline.model import HarvestSettings, Health, Source
from tests.desk import Desk
from tests.web import Web

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>{0}</title><link>http://{0}.example/</link><description>d</description>
<item><title>What {0} learnt in a year of meetings</title><link>http://{0}.example/{1}</link></item></channel></rss>"""
WORDS = "The practices met every month and told one another what had gone wrong and what had helped, and after a year they wrote it down. "
PAGE = "<!doctype html><html lang='en'><title>{0}</title><body><main><h1>{0}</h1>" + f"<p>{WORDS}</p>" * 6 + "</main></body></html>"
OPML = """<opml version="2.0"><body><outline text="Care">{}</outline></body></opml>"""
DAY = timedelta(days=1)


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with Web() as made:
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        for name, value in made.environment(tmp_path).items():
            monkeypatch.setenv(name, value)
        yield made


def feed(web: Web, name: str, page: str = "a") -> str:
    """Serve a feed with one page; gives its address."""
    address = f"http://{name}.example/{page}"
    web.put(address, PAGE.format(f"What {name} learnt in a year of meetings"))
    web.put(f"http://{name}.example/feed", FEED.format(name, page), type="application/rss+xml")
    return f"http://{name}.example/feed"


def listed(folder: Path, *addresses: str) -> Path:
    """Write a list of feeds as a feed reader does."""
    file = folder / "feeds.opml"
    file.write_text(
        OPML.format("".join(f'<outline text="{one.split("/")[2].split(".")[0]}" xmlUrl="{one}"/>' for one in addresses)), encoding="utf-8"
    )
    return file


def test_a_new_desk_asks_each_feed_of_a_reader_and_writes_where_it_moved(tmp_path: Path, web: Web) -> None:
    north = feed(web, "north")
    web.put("http://old.example/feed", status=301, headers={"location": feed(web, "south")})
    web.put("http://home.example/feed", status=301, headers={"location": "http://home.example/"}).put("http://home.example/", PAGE.format("Home"))
    web.put("http://gone.example/feed", status=410)
    web.put("http://away.example/feed", status=302, headers={"location": feed(web, "guest")})
    names = ("north", "old", "home", "gone", "away")
    desk = Desk(tmp_path / "demo", sources=None)
    done = desk.run("init", str(desk.folder), "--from-opml", str(listed(tmp_path, *(f"http://{name}.example/feed" for name in names))))
    assert done.code == 0
    assert "5 sources: 2 cannot be read, 1 moved for good" in done.out
    assert "  old: now http://south.example/feed" in done.out
    assert f"database: {desk.db}. Edition 20" in done.out
    assert "07:00 Europe/London" in done.out
    assert "mail: by localhost:25" in done.out
    found = {one.id: one.url for one in config.load(desk.folder / "sources.yaml", {}).sources}
    kept = {name: f"http://{name}.example/feed" for name in ("home", "gone", "away")}
    assert found == {"north": north, "old": "http://south.example/feed", **kept}
    assert '\n  - {id: "north"' in (desk.folder / "sources.yaml").read_text(), "each source has a line of its own"


def test_a_program_is_told_the_same(tmp_path: Path, web: Web) -> None:
    desk = Desk(tmp_path / "demo", sources=None)
    (told,) = desk.must("init", str(desk.folder), "--from-opml", str(listed(tmp_path, feed(web, "north"), "http://gone.example/feed")))
    assert (told["sources"], [one["id"] for one in told["dead"]], told["moved"]) == (2, ["gone"], [])


def test_a_server_that_does_not_answer_holds_nobody_up(web: Web) -> None:
    web.put("http://slow.example/robots.txt", delay=30)
    asked = [Source(id=name, kind="feed", url=f"http://{name}.example/feed") for name in ("slow", "north")]
    feed(web, "north")
    slow, north = harvest.answers(asked, HarvestSettings(delay=timedelta()), seconds=1)
    assert "within the 1 seconds" in (slow.error or "")
    assert north.error is None


def test_a_night_is_told_in_one_line(tmp_path: Path, web: Web) -> None:
    sources = "[" + ", ".join(f'{{id: {name}, kind: feed, url: "http://{name}.example/feed"}}' for name in ("north", "south", "gone", "quiet")) + "]"
    desk = Desk(tmp_path, sources=sources)
    for name in ("north", "quiet"):
        feed(web, name)
    web.put("http://south.example/feed", FEED.format("north", "copy").replace("north.example", "south.example"), type="application/rss+xml")
    web.put("http://south.example/copy", PAGE.format("What north learnt in a year of meetings"))
    first = desk.run("harvest", "--all", "--workers", "1")
    assert first.code == 4
    last = first.out.splitlines()[-1]
    assert last == "4 sources: 3 found, 2 new, 1 known, 0 failed; 1 source could not be read (gone); 1 folded"
    quiet_since(desk, "quiet", usual=3 * DAY, last=19 * DAY)
    again = desk.run("harvest", "--all", "--workers", "1")
    assert again.out.splitlines()[-1].endswith("1 silent (quiet: usual gap 3 days, now 19)")
    total = desk.run("harvest", "--all", "--workers", "1", "--json").lines[-1]
    assert {name: total[name] for name in ("sources", "errors", "folded", "silent")} == {"sources": 4, "errors": 1, "folded": 0, "silent": ["quiet"]}


def quiet_since(desk: Desk, source: str, *, usual: timedelta, last: timedelta) -> None:
    """Make a source one that brought its last new things so long ago, each after its usual gap."""
    now = datetime.now(UTC)
    with desk.store() as store, store.transaction():
        store._db.execute("UPDATE sources SET last_new = ?, usual_gap = ? WHERE id = ?", (now - last, usual.total_seconds(), source))


def test_explain_says_of_a_source_what_repair_says(tmp_path: Path, web: Web) -> None:
    desk = Desk(tmp_path, sources='[{id: north, kind: feed, url: "http://north.example/feed"}]')
    feed(web, "north")
    desk.must("harvest", "--all", "--workers", "1")
    assert desk.run("explain", "source", "north").out == desk.run("sources", "repair", "north").out == "north: nothing is wrong with it.\n"
    assert desk.run("explain", "source", "nort").code == 1
    assert desk.run("explain", "1").out.startswith("item 1: What north learnt")
    assert desk.run("explain", "1", "2").code == 2


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("every: 6h, evry: 1h", "a feed has no option 'evry'; did you mean `every`?"),
        ("every: 6 hours", "“6 hours” is no span of time"),
        ("kind: fede", "did you mean `feed`?"),
    ],
)
def test_a_slip_is_named_with_its_line_and_what_was_meant(tmp_path: Path, written: str, told: str) -> None:
    kind = "" if "kind" in written else "kind: feed, "
    desk = Desk(tmp_path, sources=f'[{{id: north, {kind}url: "http://north.example/feed", {written}}}]')
    done = desk.run("check")
    assert done.code == 3
    assert done.err.startswith(f'sources.yaml:{len((tmp_path / "sources.yaml").read_text().splitlines())}: source "north": ')
    assert told in done.err


def test_a_silence_is_told_with_what_is_usual() -> None:
    now = datetime(2026, 11, 26, 7, tzinfo=UTC)
    health = Health(source="north", state="silent", since=now - 19 * DAY, silent=True, usual_gap=3 * DAY, last_new=now - 19 * DAY)
    assert schedule.quiet(health, now) == "usual gap 3 days, now 19"
    assert schedule.quiet(Health(source="north", state="new", since=now), now) == ""
