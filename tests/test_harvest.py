"""The corridor from a source to the queue, on a real web of our own and a real database."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline import harvest
from pipeline.config import Config
from pipeline.errors import NotFoundError, RefusedError
from pipeline.harvest import crew
from pipeline.harvest.work import set_aside, shards
from pipeline.model import Claim, Desk, DigestSettings, HarvestSettings, Lead, MailSettings, Run, Shard, ShardDone, Source, State, Topic
from pipeline.store import ItemQuery, Store
from tests import builders
from tests.web import Fault, Web

WORDS = "The practices met every month and told one another what had gone wrong and what had helped, and after a year they wrote it down. "


def article(title: str, words: str = WORDS) -> str:
    text = f"<p>{words}</p>" * 5
    main = f"<h1>{title}</h1><p>By Ada Marsh</p>{text}"
    return f"<!doctype html><html lang='en'><head><title>{title}</title></head><body><main>{main}</main></body></html>"


def feed(*links: str) -> str:
    items = "".join(f"<item><title>Item {n}</title><link>{link}</link></item>" for n, link in enumerate(links))
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>North notes</title><link>http://north.example/</link><description>d</description>{items}</channel></rss>'


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Web]:
    with Web() as web:
        for name, value in web.environment(tmp_path).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        yield web


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as store:
        yield store


def config(tmp_path: Path, *sources: Source) -> Config:
    settings = HarvestSettings(delay=timedelta(0), contact="editor@example.org", total=timedelta(seconds=5))
    return Config(
        desk=Desk(), harvest=settings, digest=DigestSettings(), mail=MailSettings(), sources=sources,
        path=tmp_path / "sources.yaml", folder=tmp_path, db=tmp_path / "curated.db", digests=tmp_path / "digests",
    )  # fmt: skip


def run(config: Config, store: Store, *, now: Callable[[], datetime] = lambda: builders.NOW, workers: int = 1) -> tuple[Run, ...]:
    return harvest.harvest(config, store, everything=True, workers=workers, now=now)


FEED = Source(id="north", kind="feed", url="http://north.example/feed")
LISTING = Source(id="list", kind="listing", url="http://south.example/resources")


def test_a_page_named_by_two_sources_is_fetched_once_and_becomes_one_item(web: Web, store: Store, tmp_path: Path) -> None:
    web.put("http://north.example/feed", feed("http://north.example/a?utm_source=rss", "http://north.example/b"), type="application/rss+xml")
    web.put(
        "http://south.example/resources",
        "<ul><li><a href='http://north.example/a'>Link to report</a></li><li><a href='http://north.example/c'>Link to blog</a></li></ul>",
    )
    web.put("http://north.example/a?utm_source=rss", article("How practices learn"))
    web.put("http://north.example/a", article("How practices learn"))
    web.put("http://north.example/b", article("A second thing", "Quite other words stand here about clinics, islands and the weather of the north. "))
    web.put("http://north.example/c", article("A third thing", "Nobody had asked the night staff, and so nobody knew that the lamps were out. "))
    runs = run(config(tmp_path, FEED, LISTING), store)
    items = store.items(ItemQuery(states=(State.QUEUED,)))
    assert sorted(item.title for item in items) == ["A second thing", "A third thing", "How practices learn"]
    first = next(item for item in items if item.title == "How practices learn")
    assert sorted(sighting.lead.source for sighting in first.sightings) == ["list", "north"]
    assert sum("/a" in path for path in web.paths) == 1
    assert {one.source: (one.found, one.new) for one in runs} == {"north": (2, 2), "list": (2, 1)}


def test_a_second_harvest_asks_with_validators_and_fetches_no_page_again(web: Web, store: Store, tmp_path: Path) -> None:
    web.put("http://north.example/feed", feed("http://north.example/a"), type="application/rss+xml").put(
        "http://north.example/a", article("How practices learn")
    )
    settings = config(tmp_path, FEED)
    run(settings, store)
    before = len(web.asked)
    again = run(settings, store, now=lambda: builders.NOW + timedelta(hours=1))
    assert [one.path for one in web.asked[before:]] == ["/feed"]
    assert "if-none-match" in web.asked[before].headers
    assert again[0].unchanged
    assert store.counts()[State.QUEUED] == 1


def test_every_broken_answer_ends_in_a_sentence_and_the_rest_is_harvested(web: Web, store: Store, tmp_path: Path) -> None:
    faults: tuple[Fault, ...] = ("reset", "truncate", "gzipbomb", "badgzip", "garbage")
    links = [f"http://{fault}.example/page" for fault in faults] + [
        "http://gone.example/page",
        "http://later.example/page",
        "http://jail.example/page",
    ]
    web.put("http://north.example/feed", feed("http://north.example/a", *links), type="application/rss+xml").put(
        "http://north.example/a", article("How practices learn")
    )
    for fault in faults:
        web.put(f"http://{fault}.example/page", article("Broken"), fault=fault)
    web.put("http://gone.example/page", status=410)
    web.put("http://later.example/page", status=429, headers={"Retry-After": "3600"})
    web.put("http://jail.example/page", status=302, headers={"Location": "http://127.0.0.1:9/"})
    runs = run(config(tmp_path, FEED), store)
    assert [item.title for item in store.items(ItemQuery())] == ["How practices learn"]
    assert (runs[0].new, runs[0].failed) == (1, len(links))
    reasons = [store.reason(link) or "" for link in links]
    assert all(reason.endswith(".") or reason.endswith(")") for reason in reasons), reasons
    assert not any("127.0.0.1" in one.url for one in web.asked)


def test_a_page_that_moved_to_another_host_is_found_in_that_hosts_turn(web: Web, store: Store, tmp_path: Path) -> None:
    web.put("http://north.example/feed", feed("http://old.example/a"), type="application/rss+xml")
    web.put("http://old.example/a", status=301, headers={"Location": "http://new.example/a"}).put("http://new.example/a", article("Moved and found"))
    run(config(tmp_path, FEED), store)
    (item,) = store.items(ItemQuery())
    assert item.title == "Moved and found"
    assert store.find("http://old.example/a") == store.find("http://new.example/a") == item.id


def test_a_page_that_moves_for_ever_is_given_up(web: Web, store: Store, tmp_path: Path) -> None:
    web.put("http://north.example/feed", feed("http://one.example/a"), type="application/rss+xml")
    web.put("http://one.example/a", status=302, headers={"Location": "http://two.example/a"})
    web.put("http://two.example/a", status=302, headers={"Location": "http://one.example/a"})
    runs = run(config(tmp_path, FEED), store)
    assert runs[0].failed == 1
    assert "moves on" in (store.reason("http://one.example/a") or "")


def test_a_source_that_is_gone_is_said_and_the_others_go_on(web: Web, store: Store, tmp_path: Path) -> None:
    web.put("http://south.example/resources", "<ul><li><a href='http://south.example/c'>Link to blog</a></li></ul>").put(
        "http://south.example/c", article("A third thing")
    )
    runs = {one.source: one for one in run(config(tmp_path, FEED, LISTING), store)}
    assert "404" in (runs["north"].error or "")
    assert runs["list"].new == 1
    assert store.source_state("north").error == runs["north"].error


def test_a_lead_put_off_is_tried_again_when_its_time_has_come(web: Web, store: Store, tmp_path: Path) -> None:
    web.put("http://north.example/feed", feed("http://north.example/a"), type="application/rss+xml")
    web.put("http://north.example/a", status=503, times=1).put("http://north.example/a", article("Late but here"))
    settings = config(tmp_path, FEED)
    assert run(settings, store)[0].failed == 1
    assert not store.items(ItemQuery())
    run(settings, store, now=lambda: builders.NOW + timedelta(days=1))
    assert [item.title for item in store.items(ItemQuery())] == ["Late but here"]


def test_processes_give_the_same_harvest_as_one(web: Web, store: Store, tmp_path: Path) -> None:
    links = [f"http://host{n}.example/page" for n in range(12)]
    web.put("http://north.example/feed", feed(*links), type="application/rss+xml")
    for n, link in enumerate(links):
        web.put(link, article(f"Thing number {n}", f"Words that only page {n} has, about subject {n * 7} and place {n * 13}, at length. "))
    runs = run(config(tmp_path, FEED), store, workers=2)
    assert (runs[0].found, runs[0].new, runs[0].failed) == (12, 12, 0)
    assert max(one.open for one in web.asked) == 1


def test_an_unknown_source_is_named_with_its_nearest_neighbour(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        harvest.harvest(config(tmp_path, FEED), store, only=["nroth"], now=lambda: builders.NOW)
    assert '"north"' in caught.value.hint


def test_one_link_by_hand_goes_through_the_same_door(web: Web, store: Store, tmp_path: Path) -> None:
    web.put("http://north.example/a", article("How practices learn"))
    number = harvest.add_address(
        "http://north.example/a#top", config(tmp_path), store, note="for the winter issue", by="Sam", now=lambda: builders.NOW
    )
    item = store.item(number)
    assert item.title == "How practices learn"
    assert item.sightings[0].lead.recommended_by == "Sam"
    assert harvest.add_address("http://north.example/a", config(tmp_path), store, now=lambda: builders.NOW) == number


def test_a_link_by_hand_that_cannot_be_read_says_why(web: Web, store: Store, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        harvest.add_address("http://north.example/none", config(tmp_path), store, now=lambda: builders.NOW)
    assert "404" in caught.value.hint


def test_what_is_no_address_is_refused_by_hand(store: Store, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no web address"):
        harvest.add_address("the report on page 4", config(tmp_path), store, now=lambda: builders.NOW)


def claim(number: int, url: str) -> Claim:
    return Claim(id=number, url=url, lead=Lead(source="north", url=url))


def test_a_host_is_never_in_two_shards() -> None:
    claims = [claim(n, f"http://host{n % 5}.example/{n}") for n in range(40)]
    cut = shards(claims, most=4, robots={"host1.example": "User-agent: *"})
    homes = [{one.url.split("/")[2] for one in shard.claims} for shard in cut]
    assert sum(len(home) for home in homes) == 5
    assert sum(len(shard.claims) for shard in cut) == 40
    assert [bool(shard.robots) for shard in cut].count(True) == 1


def killing(shard: Shard, settings: HarvestSettings) -> ShardDone:
    """Stand-in for `work` in a worker process: one page brings the process down as a crash of a parser would."""
    if any(claim.url.endswith("/killer") for claim in shard.claims):
        os.kill(os.getpid(), signal.SIGKILL)
    return set_aside(shard, "well")


def test_a_page_that_kills_its_worker_is_set_aside_and_the_rest_is_done() -> None:
    claims = [claim(n, f"http://host{n}.example/{'killer' if n == 5 else 'page'}") for n in range(8)]
    cut = shards(claims, most=4, robots={})
    with crew.hired(HarvestSettings(), workers=2, work=killing) as hands:
        done = [outcome for answer in crew.run(cut, hands) for outcome in answer.outcomes]
    assert sorted(outcome.claim for outcome in done) == list(range(8))
    assert [outcome.claim for outcome in done if outcome.reason != "well"] == [5]
    assert "set aside" in next(outcome.reason or "" for outcome in done if outcome.claim == 5)


def test_suggestions_are_made_anew_from_the_taxonomy(web: Web, store: Store, tmp_path: Path) -> None:
    web.put("http://north.example/feed", feed("http://north.example/a"), type="application/rss+xml").put(
        "http://north.example/a", article("How practices learn")
    )
    settings = config(tmp_path, FEED)
    run(settings, store)
    topics = (Topic(id="learning", name="Learning", keywords=("practices learn", "wrote it down")),)
    run(replace(settings, topics=topics), store)
    (item,) = store.items(ItemQuery())
    assert [suggestion.topic for suggestion in item.suggestions] == ["learning"]
