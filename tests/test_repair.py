"""Sources that change: alarms and what would mend them, sources that moved or are gone, old things at new addresses. On values, and on a real web."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from pipeline import config as settings
from pipeline import harvest, schedule, sources, urls
from pipeline.config import Config
from pipeline.errors import ConfigError, NotFoundError
from pipeline.fetch import answers
from pipeline.harvest import proposed
from pipeline.harvest.work import shards, work
from pipeline.model import Claim, HarvestSettings, KeptPage, Lead, Page, Repair, Run, Source, SourceState
from pipeline.sources import hints, repair, selectors
from pipeline.store import Store
from pipeline.web.app import create_app
from tests.builders import NOW, lead, page
from tests.desk import Desk
from tests.test_web import Site, Visitor
from tests.web import Web

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SUBJECTS = ("Night shifts", "Ward rounds", "Waiting lists", "Home visits", "Care homes", "Island clinics", "Winter plans", "Shared records")
SITE = "https://north.example"
LISTING = Source(id="north-list", kind="listing", url=f"{SITE}/resources")


def names(count: int = 8) -> list[str]:
    return [f"{SUBJECTS[n % len(SUBJECTS)]} and what the teams learnt in year {n + 1}" for n in range(count)]


def leads(count: int = 8, *, root: str = SITE, **changes: Any) -> tuple[Lead, ...]:
    found = [Lead(source="north-list", url=f"{root}/r/{n}", title=title, description=blurb(n)) for n, title in enumerate(names(count))]
    return tuple(replace(one, **changes) for one in found)


def blurb(number: int) -> str:
    return f"Blurb {number}: four practices say how they began, what it cost them, and what they would leave out another time."


MENU = "<nav><ul><li><a href='/about'>About the northern network</a></li><li><a href='/people'>People of the network</a></li></ul></nav>"
FOOT = "<footer><ul class='foot'><li><a href='/privacy'>How we use your data here</a></li></ul></footer>"


def cards(numbers: Sequence[int], *, name: str = "card", root: str = SITE, head: str = "h3") -> str:
    """A page of cards whose link says only that one may read more."""
    made = "".join(
        f"<div class='{name} post-{1000 + n}'><{head}>{names(n + 1)[n]}</{head}><p class='{name}__text'>{blurb(n)}</p>"
        f"<a class='{name}__more' href='{root}/r/{n}'>Read more</a></div>"
        for n in numbers
    )
    return f"<!doctype html><html><head><title>Resources</title></head><body>{MENU}<main><div class='grid'>{made}</div></main>{FOOT}</body></html>"


def kept(body: str = "", *, count: int = 8, titles: int | None = None) -> KeptPage:
    return KeptPage(
        page=page(body, url=LISTING.url, fetched=datetime(2026, 11, 3, tzinfo=UTC)), leads=count, titled=count if titles is None else titles
    )


# ---------------------------------------------------------------- selectors


def test_selectors_are_made_of_classes_that_last_and_find_known_and_new_items() -> None:
    found = repair.reselect(LISTING, page(cards(range(10)), url=LISTING.url), leads(8))
    assert found is not None
    assert dict(found.select) == {"item": ".card", "link": "a", "title": "h3", "blurb": "p"}
    assert (found.matched, found.known, found.fresh) == (8, 8, 2)
    assert [one.title for one in found.preview] == names(5)
    assert [one.description for one in found.preview] == [blurb(n) for n in range(5)]
    assert repair.sentence(found) == "matches 8 of 8 known items, and 2 that are new"


def test_known_items_at_new_addresses_are_found_by_their_titles() -> None:
    found = repair.reselect(LISTING, page(cards(range(8), root="https://new.example"), url=LISTING.url), leads(8))
    assert found is not None
    assert (found.select["item"], found.matched, found.fresh) == (".card", 8, 0)


def test_no_class_of_a_build_a_state_or_a_single_item_is_used() -> None:
    for name in ("css-1x9f2ab", "is-active", "Card_root__x7Ga1", "p-4711", "post-12345"):
        found = repair.reselect(LISTING, page(cards(range(8), name=name), url=LISTING.url), leads(8))
        assert found is not None, name
        assert found.select["item"] == ".grid > div", name
        assert not any(name in css for css in found.select.values())


def test_of_items_that_are_mostly_unknown_the_smallest_box_of_each_is_taken_and_not_the_row() -> None:
    def tile(number: int) -> str:
        return f"<article class='tile'><a href='{SITE}/r/{number}'>{names(12)[number]}</a></article>"

    rows = "".join(f"<div class='row'>{''.join(tile(n) for n in range(start, start + 3))}</div>" for start in range(0, 12, 3))
    found = repair.reselect(
        LISTING, page(f"<main>{rows}</main>", url=LISTING.url), [lead for lead in leads(12) if int(lead.url.rpartition("/")[2]) % 3 == 0]
    )
    assert found is not None
    assert (found.select["item"], found.matched, found.fresh) == (".tile", 4, 8)


def test_a_menu_of_the_same_tags_is_no_part_of_the_list() -> None:
    rows = "".join(f"<li><a href='{SITE}/r/{n}'>{title}</a> <p>{blurb(n)}</p></li>" for n, title in enumerate(names()))
    found = repair.reselect(LISTING, page(f"{MENU}<main><ul class='resources'>{rows}</ul></main>{FOOT}", url=LISTING.url), leads(8))
    assert found is not None
    assert (found.select["item"], found.fresh) == (".resources > li", 0)


def test_who_posted_and_the_day_are_found_where_they_were_known() -> None:
    rows = "".join(
        f"<div class='entry'><h4><a href='{SITE}/r/{n}'>{title}</a></h4><span class='by'>Posted by Ada {n}</span>"
        f"<span class='day'>{n + 1} October 2026</span>"
        f"<p>{blurb(n)}</p></div>"
        for n, title in enumerate(names())
    )
    known = [replace(one, posted_by=f"Posted by Ada {n}", published=date(2026, 10, n + 1)) for n, one in enumerate(leads(8))]
    found = repair.reselect(LISTING, page(rows, url=LISTING.url), known)
    assert found is not None
    assert dict(found.select) == {"item": ".entry", "link": "a", "blurb": "p", "posted_by": ".by", "date": ".day"}


@pytest.mark.parametrize("body", ["", "<p>Nothing here.</p>", f"<a href='{SITE}/r/1'>One alone</a>", "<div class='card'>" * 3000, "\x00\xff<"])
def test_where_nothing_is_known_nothing_is_proposed(body: str) -> None:
    assert repair.reselect(LISTING, page(body, url=LISTING.url), leads(8)) is None


@given(st.text(alphabet="<>/adiv=\"' class.#pxh3&;\n", max_size=300))
def test_no_page_breaks_the_search(body: str) -> None:
    whole = page(f"{cards(range(3))}{body}", url=LISTING.url)
    select = dict(selectors.derive(whole, leads(3)).select)
    if select:
        assert not list(sources.check("listing", {"select": select}))


def test_selectors_find_most_of_real_listings_from_three_quarters_of_their_items(corpus: Path) -> None:
    folder = corpus / "listings"
    files = {row["url"]: row["file"] for row in map(json.loads, (folder / "web.jsonl").read_text(encoding="utf-8").splitlines())}
    right = claimed = wanted = 0
    for row in map(json.loads, (folder / "gold.jsonl").read_text(encoding="utf-8").splitlines()):
        at = row["pages"][0]["url"]
        gold = [one for one in row["items"] if one.get("page", 1) == 1 and one.get("url")]
        known = [Lead(source="x", url=one["url"], title=one.get("title"), description=one.get("blurb")) for one in gold[len(gold) // 4 :]]
        whole = page((folder / files[at]).read_bytes(), url=at)
        select = dict(selectors.derive(whole, known).select)
        found = _selected(whole, select) if select else set()
        mine = {urls.canonical(one["url"]) for one in gold}
        right, claimed, wanted = right + len(found & mine), claimed + len(found), wanted + len(mine)
    assert 2 * right / (claimed + wanted) >= 0.95


def _selected(whole: Page, select: dict[str, str]) -> set[str]:
    there = Source(id="x", kind="listing", url=whole.url, options={"select": select, "follow": False})
    return {urls.canonical(one.url) for one in sources.leads(there, whole) if isinstance(one, Lead)}


# ---------------------------------------------------------------- alarms


def judge(found: Sequence[Lead], *, body: str = "", good: KeptPage | None = None, known: Sequence[Lead] | None = None, kind: str = "listing") -> str:
    whole = page(body or "<p>Quiet.</p>", url=LISTING.url)
    return repair.fault(replace(LISTING, kind=kind), whole, found=found, good=good or kept(), known=leads(8) if known is None else known) or ""


def test_a_listing_that_gives_nothing_any_more_is_an_alarm_with_what_it_gave() -> None:
    assert judge([]) == "Nothing is found there any more; 8 items on 3 November 2026."


def test_a_listing_that_gives_a_few_strangers_instead_is_an_alarm() -> None:
    assert judge([lead(url=f"{SITE}/privacy")]) == "Only 1 item is found; 8 on 3 November 2026."


def test_a_listing_that_has_fewer_of_its_own_is_none() -> None:
    assert judge(leads(2)) == ""
    assert judge(leads(8)) == ""
    assert judge(leads(40)[30:], known=leads(8)) == ""  # all of them new


def test_known_items_that_are_on_the_page_and_are_not_found_are_an_alarm() -> None:
    strangers = [lead(url=f"{SITE}/menu/{n}", title=f"Part {n} of the menu") for n in range(9)]
    assert judge(strangers, body=cards(range(7))) == "Of 7 known items that the page names, only 0 are found on it."


def test_titles_that_are_gone_or_all_alike_are_an_alarm_also_for_a_feed() -> None:
    assert judge(leads(8, title=None), kind="feed") == "The titles are gone: 0 among 8 items, 8 among 8 on 3 November 2026."
    assert judge(leads(8, title="Read more"), kind="feed").startswith("The titles are gone: 1 among 8 items")
    assert judge(leads(8, title=None), kind="feed", good=kept(titles=2)) == ""


def test_what_was_never_good_cannot_become_bad() -> None:
    assert repair.fault(LISTING, page(), found=(), good=None, known=()) is None
    assert repair.fault(LISTING, page(), found=(), good=kept(count=0), known=()) is None


@pytest.mark.parametrize(
    ("last", "before", "expected"),
    [
        ([40] * 10, [850] * 20, "The texts of its last 10 items are suddenly short: 40 words, 850 before."),
        ([400] * 10, [850] * 20, None),
        ([4] * 10, [60] * 20, None),  # they were always short
        ([40] * 10, [850] * 5, None),  # too few to tell
        ([], [], None),
    ],
)
def test_texts_that_are_suddenly_short_are_a_drift(last: list[int], before: list[int], expected: str | None) -> None:
    assert repair.drift([(f"Title {n}", count) for n, count in enumerate([*last, *before])]) == expected


def test_titles_that_are_suddenly_equal_are_a_drift_and_titles_that_always_were_are_none() -> None:
    before = [(f"Title {n}", 300) for n in range(20)]
    equal = [("Cookies on this site", 300)] * 8 + [("Another", 300)] * 2
    assert repair.drift([*equal, *before]) == "8 of its last 10 items have the same title, “Cookies on this site”."
    assert repair.drift([("Weekly links", 300)] * 30) is None


# ---------------------------------------------------------------- new addresses


def test_entries_at_new_addresses_with_old_titles_and_days_are_the_old_ones() -> None:
    old = [replace(one, published=date(2026, 10, n + 1)) for n, one in enumerate(leads(8))]
    new = [replace(one, url=one.url.replace("/r/", "/2026/")) for one in old]
    assert repair.moved_entries(new, old) == {one.url: two.url for one, two in zip(new, old, strict=True)}


def test_a_title_that_comes_again_on_another_day_is_a_new_thing() -> None:
    old = [replace(one, title="Open hours of the team", published=date(2026, 10, n + 1)) for n, one in enumerate(leads(8))]
    new = [replace(one, url=f"{one.url}/b", published=date(2026, 11, 2)) for one in old]
    assert repair.moved_entries(new, old) == {}


def test_two_alike_among_many_new_ones_are_chance() -> None:
    old = leads(8)
    new = [
        *(replace(one, url=f"{one.url}/b") for one in old[:3]),
        *(lead(url=f"{SITE}/n/{n}", title=f"Something else entirely {n}") for n in range(9)),
    ]
    assert repair.moved_entries(new, old) == {}
    assert repair.moved_entries(new[:2], old) == {}


# ---------------------------------------------------------------- hints of servers and feeds


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"cache-control": "max-age=3600"}, HOUR),
        ({"cache-control": "public, MAX-AGE = 7200 , must-revalidate", "age": "3600"}, HOUR),
        ({"cache-control": "max-age=60", "age": "100"}, None),
        ({"cache-control": "no-cache, max-age=3600"}, None),
        ({"cache-control": "s-maxage=3600"}, None),
        ({"cache-control": "max-age=99999999999999"}, None),
        ({"cache-control": "max-age=0"}, None),
        ({}, None),
    ],
)
def test_an_answer_says_how_long_it_is_fresh(headers: dict[str, str], expected: timedelta | None) -> None:
    assert answers.max_age(headers) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<ttl>60</ttl>", HOUR),
        ("<sy:updatePeriod>\n daily \n</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", 6 * HOUR),
        ("<sy:updatePeriod>weekly</sy:updatePeriod>", 7 * DAY),
        ("<ttl>60</ttl><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", DAY),
        ("<ttl>0</ttl>", None),
        ("<ttl>soon</ttl><sy:updatePeriod>now and then</sy:updatePeriod>", None),
        ("", None),
    ],
)
def test_a_feed_says_how_often_it_is_written(head: str, expected: timedelta | None) -> None:
    assert hints.rhythm(page(f"<rss><channel>{head}<item/></channel></rss>")) == expected


# ---------------------------------------------------------------- on a web


WORDS = "The practices met every month and told one another what had gone wrong and what had helped, and after a year they wrote it down. "


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Web]:
    with Web() as web:
        for name, value in web.environment(tmp_path).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        yield web


class House:
    """A desk with one source on that web, surveyed on days of our choice."""

    def __init__(self, folder: Path, entry: str) -> None:
        self.desk = Desk(folder, sources=f"[{entry}]")
        self.store = Store.open(self.desk.db)
        self.now = NOW

    @property
    def config(self) -> Config:
        return settings.load(self.desk.folder / "sources.yaml", {})

    def survey(self, *, days: float = 1, limit: int = 0) -> Run:
        self.now += timedelta(days=days)
        return harvest.harvest(self.config, self.store, everything=True, workers=1, limit=limit, now=lambda: self.now)[0]

    @property
    def state(self) -> SourceState:
        return self.store.source_state("north")

    def accept(self) -> tuple[int, int]:
        return harvest.accept(self.config.sources[0], proposed(self.state), config=self.config, store=self.store, now=lambda: self.now)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, "{id: north, kind: feed, url: http://north.example/feed}")
    yield made
    made.store.close()


@pytest.fixture
def listed(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, "{id: north, kind: listing, url: http://north.example/resources, select: {item: .card, link: a, title: h3, blurb: p}}")
    yield made
    made.store.close()


def feed(count: int = 6, *, root: str = "http://north.example", start: int = 0) -> str:
    items = "".join(
        f"<item><title>{title}</title><link>{root}/r/{n}</link><guid>{root}/r/{n}</guid>"
        f"<pubDate>{n % 27 + 1:02} Oct 2026 08:00:00 GMT</pubDate></item>"
        for n, title in enumerate(names(count))
        if n >= start
    )
    return f'<rss version="2.0"><channel><title>North</title><link>{root}/</link><description>d</description>{items}</channel></rss>'


def test_a_redesigned_listing_rings_and_is_mended_by_one_command(web: Web, listed: House) -> None:
    at, root = "http://north.example/resources", "http://north.example"
    web.put(at, cards(range(8), root=root), times=1).put(at, cards(range(10), root=root, name="teaser", head="h2"))
    assert listed.survey().found == 8
    before = listed.state
    assert before.alarm is None
    run = listed.survey()
    assert run.error == "Nothing is found there any more; 8 items on 21 November 2026."
    alarm = listed.state.alarm
    assert alarm is not None
    assert alarm.sentence == run.error
    shown = listed.desk.run("sources", "repair", "north")
    assert shown.code == 0
    assert "matches 8 of 8 known items, and 2 that are new" in shown.out
    assert names()[0] in shown.out
    asked = len(web.asked)
    (told,) = listed.desk.must("sources", "repair", "north", "--accept")
    assert len(web.asked) == asked  # the kept page was read, nobody was asked
    assert (told["proposal"]["select"]["item"], told["found"], told["new"]) == (".teaser", 10, 2)
    assert 'select: {item: ".teaser"' in (listed.desk.folder / "sources.yaml").read_text()
    assert (listed.state.alarm, listed.state.wanted) == (None, True)
    assert listed.survey().error is None
    assert listed.store.pending(listed.now) == 10


def test_what_a_listing_was_is_kept_compressed_and_replaced_by_the_next_good_page(web: Web, listed: House) -> None:
    at = "http://north.example/resources"
    web.put(at, cards(range(8)), times=1).put(at, cards(range(9)))
    listed.survey()
    listed.survey()
    good = listed.store.kept_page("north", good=True)
    assert good is not None
    assert (good.leads, good.page.body.decode()) == (9, cards(range(9)))
    assert listed.store.kept_page("north", good=False) is None
    assert listed.desk.rows("SELECT length(body) < 2000 FROM kept_pages") == [(1,)]


def test_a_source_in_order_needs_no_repair(web: Web, listed: House) -> None:
    web.put("http://north.example/resources", cards(range(8)))
    listed.survey()
    assert "nothing is wrong" in listed.desk.run("sources", "repair", "north").out
    with pytest.raises(NotFoundError, match="no proposal"):
        listed.accept()


def test_a_feed_that_died_is_looked_for_on_its_home_page_at_the_third_failure(web: Web, house: House) -> None:
    web.put("http://north.example/feed", feed(), type="application/rss+xml", times=1).put("http://north.example/feed", status=404)
    web.put("http://north.example/", "<html><head><link rel=alternate type='application/rss+xml' href='/new/feed'></head><body>Home</body></html>")
    web.put("http://north.example/new/feed", feed(7, start=2), type="application/rss+xml")
    for _ in range(3):
        house.survey(days=30)
    assert "/" not in web.paths
    house.survey(days=30)
    alarm = house.state.alarm
    assert alarm is not None
    assert alarm.repair is not None
    assert (alarm.repair.url, alarm.repair.matched, alarm.repair.known, alarm.repair.fresh) == ("http://north.example/new/feed", 4, 6, 1)
    assert web.paths.count("/") == 1
    house.accept()
    assert house.config.sources[0].url == "http://north.example/new/feed"
    assert house.survey().error is None
    assert (house.state.alarm, house.state.failures) == (None, 0)


def test_a_feed_that_died_is_found_at_once_by_who_asks_for_its_repair(web: Web, house: House) -> None:
    web.put("http://north.example/feed", feed(), type="application/rss+xml", times=1).put("http://north.example/feed", "<html>Moved!</html>")
    web.put("http://north.example/", "<html><head><link rel=alternate type='application/rss+xml' href='/new/feed'></head><body>Home</body></html>")
    web.put("http://north.example/new/feed", feed(), type="application/rss+xml")
    house.survey()
    house.survey()
    (told,) = house.desk.must("sources", "repair", "north", "--accept")
    assert (told["proposal"]["url"], told["accepted"]) == ("http://north.example/new/feed", True)


def test_an_offer_with_nothing_in_common_is_not_proposed(web: Web, house: House) -> None:
    web.put("http://north.example/feed", feed(), type="application/rss+xml", times=1).put("http://north.example/feed", status=410)
    web.put("http://north.example/", "<html><head><link rel=alternate type='application/rss+xml' href='/shop'></head><body>Home</body></html>")
    web.put("http://north.example/shop", feed(9, start=7, root="http://shop.example"), type="application/rss+xml")
    house.survey()
    house.survey()
    assert "/shop" in web.paths
    assert house.state.alarm is None


def test_a_source_that_is_gone_is_asked_no_more_until_a_person_says_so(web: Web, house: House) -> None:
    web.put("http://north.example/feed", feed(), type="application/rss+xml", times=1)
    web.put("http://north.example/feed", status=410, times=1).put("http://north.example/feed", feed(), type="application/rss+xml")
    house.survey()
    house.survey()
    asked = web.paths.count("/feed")
    harvest.harvest(house.config, house.store, everything=True, workers=1, now=lambda: house.now + 300 * DAY)
    assert web.paths.count("/feed") == asked
    assert schedule.due(house.store.source_states(), house.config.sources, house.now + 300 * DAY) == ()
    status = house.desk.run("status").out
    assert "gone" in status
    assert "gleanings sources resume north" in status
    house.desk.must("sources", "resume", "north")
    assert house.survey().error is None
    assert house.state.gone is None


def test_a_move_for_good_counts_from_the_third_time_and_is_used_at_once(web: Web, house: House) -> None:
    web.put("http://north.example/feed", status=301, headers={"Location": "http://new.example/feed"})
    web.put("http://new.example/feed", feed(root="http://north.example"), type="application/rss+xml")
    for seen in (1, 2):
        house.survey()
        assert house.state.moved_seen == seen
        assert proposed(house.state) is None
    house.survey()
    assert proposed(house.state) == Repair(kind="feed", url="http://new.example/feed")
    assert "It has moved to http://new.example/feed for good." in house.desk.run("sources", "list").out
    before = len(web.asked)
    assert house.survey().unchanged
    assert [one.url for one in web.asked[before:] if "robots" not in one.url] == ["http://new.example/feed"]
    house.accept()
    assert house.config.sources[0].url == "http://new.example/feed"
    with pytest.raises(NotFoundError):
        house.accept()


def test_a_move_to_a_page_without_the_sources_things_is_never_taken_for_one(web: Web, house: House) -> None:
    web.put("http://north.example/feed", feed(), type="application/rss+xml", times=1)
    web.put("http://north.example/feed", status=301, headers={"Location": "http://parked.example/"})
    web.put("http://parked.example/", feed(9, start=8, root="http://parked.example"), type="application/rss+xml")
    for _ in range(6):
        house.survey(days=1)
    assert house.state.moved_seen == 0
    assert proposed(house.state) is None


def test_a_move_for_now_is_no_move(web: Web, house: House) -> None:
    web.put("http://north.example/feed", status=302, headers={"Location": "http://new.example/feed"})
    web.put("http://new.example/feed", feed(), type="application/rss+xml")
    for _ in range(5):
        house.survey()
    assert house.state.moved_to is None


def test_where_the_new_address_fails_the_old_one_is_asked_again(web: Web, house: House) -> None:
    web.put("http://north.example/feed", status=301, headers={"Location": "http://new.example/feed"}, times=3)
    web.put("http://north.example/feed", feed(), type="application/rss+xml")
    web.put("http://new.example/feed", feed(), type="application/rss+xml", times=3).put("http://new.example/feed", status=410)
    for _ in range(4):
        house.survey()
    assert (house.state.moved_seen, house.state.gone) == (0, None)
    assert house.survey().error is None


def test_a_feed_that_names_everything_anew_brings_nothing_twice(web: Web, house: House) -> None:
    web.put("http://north.example/feed", feed(), type="application/rss+xml", times=1)
    web.put("http://north.example/feed", feed(7, root="http://fresh.example"), type="application/rss+xml")
    for n in range(7):
        text = "".join(f"<p>{WORDS} Number {n} adds {names(7)[n]} in its own words.</p>" for _ in range(4))
        article = f"<html><head><title>{names(7)[n]}</title></head><body><main><h1>{names(7)[n]}</h1>{text}</main></body></html>"
        web.put(f"http://north.example/r/{n}", article).put(f"http://fresh.example/r/{n}", article)
    house.survey(limit=50)
    quiet = house.state.last_new
    before, items = len(web.asked), sum(house.store.counts().values())
    house.survey(limit=50)
    pages = [one.url for one in web.asked[before:] if "/r/" in one.url]
    assert pages == ["http://fresh.example/r/6"]
    assert sum(house.store.counts().values()) == items + 1
    assert quiet != house.state.last_new
    assert house.store.find("http://fresh.example/r/0") == house.store.find("http://north.example/r/0") is not None


@pytest.mark.parametrize(
    ("headers", "status", "pause"),
    [
        ({"Retry-After": "172800"}, 503, 2 * DAY),
        ({"Retry-After": "86400000"}, 429, 7 * DAY),
        ({"Cache-Control": "max-age=36000"}, 200, 10 * HOUR),
        ({"Cache-Control": "max-age=31536000"}, 200, DAY),
    ],
)
def test_a_server_that_asks_for_time_is_given_it(web: Web, house: House, headers: dict[str, str], status: int, pause: timedelta) -> None:
    web.put("http://north.example/feed", feed(), type="application/rss+xml", status=status, headers=headers)
    house.survey()
    assert house.state.not_before == house.now + pause
    assert schedule.due([house.state], house.config.sources, house.now + pause - HOUR) == ()
    assert schedule.due([house.state], house.config.sources, house.now + pause + DAY) == house.config.sources


def test_a_feed_is_asked_no_more_often_than_it_says_that_it_is_written(web: Web, house: House) -> None:
    web.put("http://north.example/feed", feed().replace("<item>", "<ttl>1200</ttl><item>", 1), type="application/rss+xml")
    house.survey()
    assert house.state.not_before == house.now + 20 * HOUR


def test_a_host_is_asked_in_its_own_time_by_all_its_sources_and_visits_together(web: Web, tmp_path: Path) -> None:
    house = House(tmp_path, "{id: one, kind: feed, url: http://north.example/feed}, {id: two, kind: feed, url: http://www.north.example/feed}")
    patient = replace(house.config, harvest=replace(house.config.harvest, delay=timedelta(seconds=0.2)))
    web.put("/feed", feed(2), type="application/rss+xml").put("/robots.txt", status=404).put("/r/1", "<p>Short.</p>")
    web.put("/r/0", status=301, headers={"Location": "http://south.example/r/0"})
    web.put("http://south.example/r/0", status=301, headers={"Location": "http://north.example/r/1?again"})
    harvest.harvest(patient, house.store, everything=True, workers=1, now=lambda: NOW)
    house.store.close()
    north = [one for one in web.asked if "south" not in one.url]
    assert len(north) >= 6  # robots.txt, two feeds, two pages, and one that came back from another host
    assert max(one.open for one in north) == 1
    assert min(later.at - earlier.at for earlier, later in pairwise(north)) > 0.15


def test_a_host_that_was_asked_a_moment_ago_by_another_is_asked_last(web: Web) -> None:
    web.put("/robots.txt", status=404).put("/r/1", "<p>Short.</p>").put("/r/2", "<p>Short.</p>")
    claims = [Claim(id=n, url=f"http://{host}.example/r/{n}", lead=lead()) for n, host in ((1, "north"), (2, "south"))]
    asked = {"north.example": datetime(2100, 1, 1, tzinfo=UTC)}  # a wait is never longer than the delay
    (shard,) = shards(claims, most=9, robots={"north.example": "", "south.example": ""}, asked=asked)
    done = work(shard, HarvestSettings(delay=timedelta(seconds=0.5)))
    assert [one.path for one in web.asked] == ["/r/2", "/r/1"]
    assert set(done.asked) == {"north.example", "south.example"}


def test_a_drift_is_said_after_the_harvest_that_brought_it(web: Web, house: House) -> None:
    web.put("http://north.example/feed", feed(24), type="application/rss+xml")
    for n in range(24):
        wall = "Please accept cookies to go on reading here, thank you very much."
        text = wall if n >= 14 else " ".join(f"word{n}x{k}" for k in range(500))
        web.put(
            f"http://north.example/r/{n}",
            f"<html><head><title>{names(24)[n]}</title></head><body><main><h1>{names(24)[n]}</h1><p>{text}</p></main></body></html>",
        )
    house.survey(limit=50)
    assert "suddenly short" in (house.state.drift or "")
    assert schedule.health(house.state, house.config.sources[0], house.now).state == "alarm"


# ---------------------------------------------------------------- at the desk


@dataclass
class Door:
    """The desk's web pages over a house."""

    house: House

    @property
    def app(self) -> Starlette:
        return create_app(self.house.config, self.house.desk.store, lambda: self.house.now)


def visitor(house: House) -> Visitor:
    return Visitor(cast("Site", Door(house)))


def test_the_desk_shows_the_alarm_beside_what_was_and_accepts_the_proposal(web: Web, listed: House) -> None:
    at = "http://north.example/resources"
    web.put(at, cards(range(8)), times=1).put(at, cards(range(9), name="teaser"))
    listed.survey()
    listed.survey()
    sam = visitor(listed)
    page = sam.get("/desk/sources").text
    for words in (
        "Not what it was",
        "Nothing is found there any more; 8 items on",
        "matches 8 of 8 known items, and 1 that is new",
        names()[4],
        ">Changed<",
    ):
        assert words in page
    answer = sam.post("/desk/sources/north/accept", {})
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/sources?did=accept")
    assert listed.config.sources[0].options["select"] == {"item": ".teaser", "link": "a", "title": "h3", "blurb": "p"}
    page = sam.get("/desk/sources?did=accept").text
    assert "Written into the settings." in page
    assert "Not what it was" not in page
    assert sam.post("/desk/sources/north/accept", {}).status_code == 404


def test_a_proposal_is_accepted_by_a_form_of_this_desk_only_and_by_no_visit(web: Web, listed: House) -> None:
    at = "http://north.example/resources"
    web.put(at, cards(range(8)), times=1).put(at, cards(range(8), name="teaser"))
    listed.survey()
    listed.survey()
    before = (listed.desk.folder / "sources.yaml").read_text()
    sam = visitor(listed)
    sam.get("/desk/sources")
    assert sam.post("/desk/sources/north/accept", {"token": "guessed"}).status_code == 403
    assert sam.get("/desk/sources/north/accept").status_code == 405
    assert (listed.desk.folder / "sources.yaml").read_text() == before


def test_a_source_is_paused_resumed_and_asked_now_at_the_desk(web: Web, house: House) -> None:
    web.put("http://north.example/feed", feed(), type="application/rss+xml")
    house.survey()
    sam = visitor(house)
    assert sam.post("/desk/sources/north/pause", {}).status_code == 303
    assert house.state.paused
    assert ">Resume<" in sam.get("/desk/sources?did=pause").text
    sam.post("/desk/sources/north/resume", {})
    assert schedule.due([house.state], house.config.sources, house.now) == ()
    sam.post("/desk/sources/north/run", {})
    assert schedule.due([house.state], house.config.sources, house.now) == house.config.sources
    house.survey(days=0.01)
    assert not house.state.wanted


@pytest.mark.parametrize("path", ["/desk/sources/west/pause", "/desk/sources/north/drop", "/desk/sources/%22%3E%3Cb%3E/run"])
def test_an_act_on_no_source_is_a_page_that_says_so(web: Web, house: House, path: str) -> None:
    web.put("http://north.example/feed", feed(), type="application/rss+xml")
    house.survey()
    answer = visitor(house).post(path, {})
    assert answer.status_code == 404
    assert "<b>" not in answer.text


# ---------------------------------------------------------------- the settings file


FILE = """\
# our sources
sources:
  - id: one   # the first
    kind: listing
    url: https://one.example/   # as of May
    select:
      item: .old
      link: a
    # behind the first
  - {id: two, kind: feed, url: "https://two.example/feed"}  # two
  - id: three
    kind: listing
    url: https://three.example/
# the end
"""


def changed(tmp_path: Path, source_id: str, changes: dict[str, object], text: str = FILE) -> str:
    path = tmp_path / "sources.yaml"
    path.write_bytes(text.encode())
    settings.change_source(path, source_id, changes)
    return path.read_bytes().decode()


def test_a_changed_key_leaves_every_comment_where_it_stood(tmp_path: Path) -> None:
    assert changed(tmp_path, "two", {"url": "https://new.example/feed"}) == FILE.replace("https://two.example/feed", "https://new.example/feed")
    text = changed(tmp_path, "one", {"select": {"item": ".card", "link": "a"}})
    assert text == FILE.replace("\n      item: .old\n      link: a", '\n      {item: ".card", link: a}')
    text = changed(tmp_path, "three", {"select": {"item": ".card"}})
    assert text == FILE.replace("three.example/\n", 'three.example/\n    select: {item: ".card"}\n')
    text = changed(tmp_path, "two", {"kind": "listing", "select": {"item": "li"}}, FILE.replace("\n", "\r\n"))
    assert '{id: two, kind: listing, url: "https://two.example/feed", select: {item: li}}  # two\r\n' in text


@pytest.mark.parametrize("text", ["sources: []\n", "{", "sources: {one: two}\n", "desk: {name: x}\n"])
def test_a_file_that_cannot_be_changed_is_a_sentence_and_stays(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError):
        changed(tmp_path, "one", {"url": "https://new.example/"}, text)
    assert (tmp_path / "sources.yaml").read_text() == text


@given(
    value=st.dictionaries(
        st.sampled_from(["item", "link", "title"]), st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=30), min_size=1
    )
)
def test_any_selector_is_written_so_that_it_is_read_back(tmp_path_factory: pytest.TempPathFactory, value: dict[str, str]) -> None:
    folder = tmp_path_factory.mktemp("file")
    for name in ("one", "two", "three"):
        assert "# the end" in changed(folder, name, {"select": value})
