"""The sources at the desk: sparklines with words, filters, one source, a test that keeps nothing, an address added, and no count of everything."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import dedupe
from pipeline.classify import record
from pipeline.config import load
from pipeline.model import Fold, HarvestSettings, ItemId, Match, Run, Verdict
from pipeline.store import Store
from pipeline.web import create_app, source, worth
from tests import builders
from tests.test_web import Site
from tests.web import Web

WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>West notes</title>{}</channel></rss>"""
ENTRY = "<item><title>Note {0}</title><link>http://west.example/notes/{0}</link></item>"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A desk whose settings file is there, with one source in it."""
    (tmp_path / "sources.yaml").write_text(
        "desk: {name: What's new, organisation: Example Learning Network, editor: Sam Reed}\n"
        "topics:\n  - {id: learning, name: Learning networks, keywords: [learn]}\n"
        "sources:\n  # ours\n  - {id: north-blog, kind: feed, url: https://north.example/feed, title: North Network blog}\n",
        encoding="utf-8",
    )
    made = Site(tmp_path)
    made.config = load(tmp_path / "sources.yaml", {})
    made.app = create_app(made.config, made.open, lambda: made.now)
    with made.open() as store:
        store.sync_sources(made.config.sources, made.now)
    return made


@pytest.fixture
def web(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with Web() as made:
        for name, value in made.environment(tmp_path).items():
            monkeypatch.setenv(name, value)
        site.config = replace(site.config, harvest=HarvestSettings(delay=timedelta(0), allow_private=("127.0.0.1",)))
        site.app = create_app(site.config, site.open, lambda: site.now)
        yield made


def bring(store: Store, number: int, *, ago: timedelta, name: str = "north-blog") -> ItemId:
    url, seen = f"https://{name}.example/{number}", builders.NOW - ago
    store.offer(name, [builders.lead(source=name, url=url)], seen)
    (claim,) = store.lease(seen, limit=1, seconds=60, owner="test")
    one = builders.resource(url=url, canonical_url=url, title=f"Page {number}", text=f"Page {number} says its own thing.")
    return store.add(one, dedupe.fingerprint(one), Match(fold=Fold.NEW), now=seen, claim=claim)


def test_a_sparkline_draws_twelve_weeks_and_says_them(site: Site) -> None:
    with site.open() as store:
        for number in range(6):
            bring(store, number, ago=DAY + (number % 2) * WEEK)
    page = site.visitor().get("/desk/sources").text
    assert 'aria-label="New items week by week, this week last: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3"' in page
    assert re.search(r'<path class="l" d="M1\.0 26\.0 L11\.7 26\.0 .* L119\.0 2\.0"/>', page)


@given(st.lists(st.integers(0, 10_000), max_size=60))
def test_a_drawing_stays_within_its_frame_and_rises_with_the_numbers(numbers: list[int]) -> None:
    points = [tuple(map(float, pair.split())) for pair in worth.spark(numbers).line.lstrip("M").split(" L") if pair]
    assert len(points) == len(numbers)
    assert all(0 <= x <= worth.WIDTH and 0 <= y <= worth.HEIGHT for x, y in points)
    for (_, above), more in zip(points, numbers, strict=True):
        assert all(above <= y for (_, y), fewer in zip(points, numbers, strict=True) if fewer <= more)


@given(st.lists(st.tuples(st.integers(0, 99), st.sampled_from(("north-blog", "west"))), max_size=14))
def test_the_weeks_are_those_of_a_count_of_everything(made: list[tuple[int, str]]) -> None:
    with Store.open(":memory:") as store:
        store.sync_sources([builders.source(), builders.source(id="west", url="https://west.example/feed")], builders.NOW)
        for number, (days, name) in enumerate(made):
            bring(store, number, ago=days * DAY + timedelta(hours=1), name=name)
        expected = record.records(["north-blog", "west"], store.brought(builders.NOW - record.YEAR), now=builders.NOW)
        assert store.weeks(["north-blog", "west"], builders.NOW, record.WEEKS) == {one.source: one.weeks for one in expected}


@given(st.lists(st.tuples(st.sampled_from((None, Verdict.ACCEPT, Verdict.REJECT, Verdict.DEFER)), st.integers(1, 400)), max_size=10))
def test_what_was_kept_is_what_the_record_of_a_year_says(made: list[tuple[Verdict | None, int]]) -> None:
    with Store.open(":memory:") as store:
        store.sync_sources([builders.source()], builders.NOW)
        for number, (verdict, days) in enumerate(made):
            item = bring(store, number, ago=days * DAY)
            if verdict:
                store.decide(builders.decision(item=item, verdict=verdict, decided=builders.NOW - days * DAY))
        (slow,) = record.records(["north-blog"], store.brought(builders.NOW - record.YEAR), now=builders.NOW)
        (fast,) = record.records(["north-blog"], store.judged(builders.NOW - record.YEAR), now=builders.NOW)
        assert replace(fast, weeks=slow.weeks) == slow


def test_what_needs_attention_stands_first_and_can_be_shown_alone(site: Site) -> None:
    path = site.config.path
    path.write_text(path.read_text() + "  - {id: west, kind: feed, url: https://west.example/feed, title: A west blog}\n")
    with site.open() as store:
        store.sync_sources(site.config.sources, site.now)
        store.record_run(Run(source="north-blog", started=site.now, finished=site.now, error="It does not answer."))
    visitor = site.visitor()
    names = re.compile(r'<td><a class="name" [^>]+>([^<]+)')
    assert names.findall(visitor.get("/desk/sources").text) == ["North Network blog", "A west blog"]
    assert names.findall(visitor.get("/desk/sources?state=failing").text) == ["North Network blog"]
    assert names.findall(visitor.get("/desk/sources?state=attention").text) == ["North Network blog"]
    assert names.findall(visitor.get("/desk/sources?q=WEST+feed").text) == ["A west blog"]
    assert "No source fits." in visitor.get("/desk/sources?q=%3Cb%3E").text


def test_one_source_tells_its_runs_items_and_settings(site: Site) -> None:
    with site.open() as store:
        item = bring(store, 1, ago=DAY)
        store.decide(builders.decision(item=item, decided=site.now))
        store.record_run(Run(source="north-blog", started=site.now, finished=site.now + 2 * timedelta(seconds=1), found=9, new=1, same=8))
    page = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", site.visitor().get("/desk/sources/north-blog").text))
    for words in ("Page 1 article kept", "2.0 s", "8 known already", "https://north.example/feed", "1 this week; 1 links ever"):
        assert words in page


def test_a_source_that_is_not_there_is_a_page_that_says_so(site: Site) -> None:
    for path in ("/desk/sources/none", "/desk/sources/%3Cb%3E"):
        answer = site.visitor().get(path)
        assert answer.status_code == 404
        assert "<b>" not in answer.text


def test_all_sources_are_asked_at_once_but_for_paused_ones(site: Site) -> None:
    visitor = site.visitor()
    visitor.post("/desk/sources/all/run", {})
    with site.open() as store:
        assert store.source_state("north-blog").wanted
        store.pause("north-blog", True)
    visitor.post("/desk/sources/all/run", {})
    with site.open() as store:
        assert not store.source_state("north-blog").wanted


def test_a_test_shows_what_a_source_brings_and_keeps_nothing(site: Site, web: Web) -> None:
    web.put("https://north.example/feed", FEED.format(ENTRY.format(7)), type="application/rss+xml")
    web.put("http://west.example/notes/7", "<title>Note 7</title><p>" + "Seven networks met and learnt from one another. " * 30)
    page = site.visitor().post("/desk/sources/north-blog/test", {})
    assert page.status_code == 200
    assert "Note 7" in page.text
    assert "Nothing of this was kept." in page.text
    with site.open() as store:
        assert not list(store.each_item())
        assert store.runs("north-blog") == ()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # TLS waits for a goodbye that never comes; the collector closes it
def test_a_test_that_takes_too_long_says_so(site: Site, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    site.visitor().post("/desk/sources/north-blog/test", {})  # what a first look loads is not what takes too long here
    monkeypatch.setattr(source, "SECONDS", 0.5)
    web.put("https://north.example/feed", "late", delay=5)
    assert "It took longer than 0 seconds" in site.visitor().post("/desk/sources/north-blog/test", {}).text
    gc.collect()


def test_an_address_is_looked_at_and_then_added_with_topics(site: Site, web: Web) -> None:
    web.put("http://west.example/feed", FEED.format("".join(ENTRY.format(number) for number in range(8))), type="application/rss+xml")
    visitor = site.visitor()
    page = visitor.post("/desk/sources", {"url": "http://west.example/feed"})
    assert page.text.count("http://west.example/notes/") == source.FEW
    assert "West notes" in page.text
    assert "west" not in site.config.path.read_text()
    answer = visitor.post("/desk/sources", {"url": "http://west.example/feed", "kind": "feed", "title": "West notes", "topic": "learning"})
    assert answer.headers["location"] == "/desk/sources/west-notes?did=add"
    written = load(site.config.path, {}).sources[-1]
    assert (written.id, written.kind, written.topics) == ("west-notes", "feed", ("learning",))
    assert "# ours" in site.config.path.read_text()
    assert "West notes" in visitor.get(answer.headers["location"]).text
    again = visitor.post("/desk/sources", {"url": "http://west.example/feed", "kind": "feed"})
    assert again.status_code == 409


@pytest.mark.parametrize("url", ["/etc/passwd", "file:///etc/passwd", "sources.yaml", "", "javascript:alert(1)", "ftp://west.example/"])
def test_no_file_of_this_machine_is_read_by_a_form(site: Site, url: str) -> None:
    answer = site.visitor().post("/desk/sources", {"url": url})
    assert answer.status_code == 422
    assert "no web address" in answer.text


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://169.254.169.254/latest/meta-data", "http://[::1]/", "http://10.0.0.1/"])
def test_no_address_inside_our_network_is_asked(site: Site, url: str) -> None:
    answer = site.visitor().post("/desk/sources", {"url": url})
    assert answer.status_code >= 400
    assert "Add this one" not in answer.text


def test_a_kind_that_is_none_is_not_written(site: Site) -> None:
    before = site.config.path.read_text()
    assert site.visitor().post("/desk/sources", {"url": "https://west.example/", "kind": "shell"}).status_code == 404
    assert site.config.path.read_text() == before


def test_topics_of_a_source_are_written_into_the_settings_with_their_comments(site: Site) -> None:
    visitor = site.visitor()
    visitor.post("/desk/sources/north-blog/topics", {"topic": "learning"})
    assert load(site.config.path, {}).sources[0].topics == ("learning",)
    visitor.post("/desk/sources/north-blog/topics", {"topic": "no-such"})
    assert load(site.config.path, {}).sources[0].topics == ()
    assert "# ours" in site.config.path.read_text()


def test_a_settings_file_that_breaks_leaves_the_sources_as_they_were(site: Site) -> None:
    visitor = site.visitor()
    assert "North Network blog" in visitor.get("/desk/sources").text
    site.config.path.write_text("sources: [")
    assert "North Network blog" in visitor.get("/desk/sources").text


def test_the_harvests_of_two_days_are_drawn_hour_by_hour(site: Site) -> None:
    with site.open() as store:
        for hours, new, error in ((0, 4, None), (1, 0, "no answer"), (47, 2, None), (60, 9, None)):
            started = site.now - timedelta(hours=hours, minutes=1)
            store.record_run(Run(source="north-blog", started=started, finished=started, new=new, error=error))
    page = site.visitor().get("/desk/sources").text
    assert 'aria-label="3 runs in the last 48 hours, 1 of them failed"' in page
