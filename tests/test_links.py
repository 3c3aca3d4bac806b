"""Links of old editions: which are asked, how, what is made of the answers, and where readers see it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import publish, urls
from pipeline.config import Config
from pipeline.errors import ConflictError, NotFoundError, UnavailableError
from pipeline.model import Collection, HarvestSettings, ItemId
from pipeline.publish import asking, links
from pipeline.publish.answered import Answered, Fate
from pipeline.publish.links import DAY, PATIENCE, TIMES
from pipeline.store import LinkCheck, LinkState, Store
from pipeline.web import static_site
from tests import builders
from tests.builders import NOW
from tests.desk import Desk
from tests.test_harvest import article
from tests.test_web import Site
from tests.web import Web

URL = "http://north.example/a"
WEEK = timedelta(days=7)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Web]:
    monkeypatch.setattr(asking, "PAUSE", timedelta(seconds=0.1))
    with Web() as web:
        for name, value in web.environment(tmp_path).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        yield web


def settings(site: Site) -> Config:
    return replace(site.config, harvest=HarvestSettings(delay=timedelta(0), total=timedelta(seconds=5), allow_private=("127.0.0.1",)))


def released(folder: Path, *addresses: str) -> Site:
    """A desk whose one edition links to these addresses."""
    folder.mkdir(exist_ok=True)
    site = Site(folder, url="https://digest.example.org")
    entries = tuple(builders.entry(id=site.accept(n), url=url, title=f"Thing {n}") for n, url in enumerate(addresses))
    site.release(builders.edition(sections=(replace(builders.edition().sections[0], entries=entries),)), digest_md=b"as released")
    return site


def look(site: Site, *, after: timedelta = timedelta(0), count: int = 100, edition: str = "") -> dict[str, LinkCheck]:
    with site.open() as store:
        return {one.url: one for one in links.sample(settings(site), store, now=NOW + after, count=count, edition=edition)}


def keep(site: Site, *checks: LinkCheck) -> None:
    with site.open() as store:
        store.keep_link_checks(checks)


def check(url: str = URL, **changes: object) -> LinkCheck:
    return replace(LinkCheck(url=url, checked=NOW, state=LinkState.OK, since=NOW), **changes)  # type: ignore[arg-type]  # the test's words


def story(*answers: tuple[Fate | str, int], url: str = URL) -> LinkCheck:
    """Judge one answer after the other, each so many days after the one before; a word is where a page moved for good."""
    known, moment = None, NOW
    for said, days in answers:
        moment += timedelta(days=days)
        answer = Answered(fate=Fate.THERE, moved_to=said) if isinstance(said, str) else Answered(fate=said)
        known = links.judge(known, answer, url=url, now=moment)
    assert known is not None
    return known


# ---------------------------------------------------------------- judging


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        (((Fate.CLOSED, 0),), LinkState.GONE),
        (((Fate.NOTHING, 0), (Fate.NOTHING, 7)), LinkState.FAILING),
        (((Fate.NOTHING, 0), (Fate.NOTHING, 7), (Fate.NOTHING, 6)), LinkState.FAILING),
        (((Fate.NOTHING, 0), (Fate.NOTHING, 7), (Fate.NOTHING, 7)), LinkState.GONE),
        (((Fate.NOTHING, 0), (Fate.NOTHING, 0), (Fate.NOTHING, 14)), LinkState.FAILING),
        (((Fate.NOTHING, 0), (Fate.NOTHING, 7), (Fate.THERE, 7), (Fate.NOTHING, 7)), LinkState.FAILING),
        (((Fate.TROUBLE, 0), (Fate.NOTHING, 30), (Fate.NOTHING, 1), (Fate.NOTHING, 1)), LinkState.FAILING),
        (((Fate.NOTHING, 0), (Fate.TROUBLE, 7), (Fate.NOTHING, 1), (Fate.NOTHING, 7)), LinkState.GONE),
        ((*((Fate.TROUBLE, 30),) * 9,), LinkState.FAILING),
        (((Fate.CLOSED, 0), (Fate.TROUBLE, 30)), LinkState.GONE),
        (((Fate.CLOSED, 0), (Fate.THERE, 30)), LinkState.OK),
        (((Fate.UNASKED, 0),), LinkState.UNASKED),
        ((("https://north.example/b", 0),), LinkState.OK),
        ((("https://north.example/b", 0), ("https://north.example/b", 0)), LinkState.OK),
        ((("https://north.example/b", 0), ("https://north.example/b", 30)), LinkState.MOVED),
        ((("https://north.example/b", 0), ("https://north.example/c", 30)), LinkState.OK),
        ((("https://north.example/b", 0), ("https://north.example/b", 30), (Fate.TROUBLE, 9), ("https://north.example/b", 9)), LinkState.MOVED),
        ((("https://north.example/b", 0), (Fate.THERE, 30), ("https://north.example/b", 30)), LinkState.OK),
    ],
)
def test_a_link_is_judged_by_all_that_was_found(answers: tuple[tuple[Fate | str, int], ...], state: LinkState) -> None:
    assert story(*answers).state is state


def test_a_state_begins_when_it_was_first_seen() -> None:
    assert story((Fate.THERE, 0), (Fate.THERE, 30)).since == NOW
    assert story((Fate.THERE, 0), (Fate.CLOSED, 30), (Fate.CLOSED, 30)).since == NOW + timedelta(days=30)


@given(st.lists(st.tuples(st.sampled_from([one for one in Fate if one is not Fate.CLOSED]), st.integers(0, 20)), min_size=1, max_size=12))
def test_without_a_410_nothing_is_gone_before_three_empty_looks_in_two_weeks(answers: list[tuple[Fate, int]]) -> None:
    known, moment, empty, first = None, NOW, 0, NOW
    for fate, days in answers:
        moment += timedelta(days=days)
        if fate is Fate.THERE:
            empty = 0
        if fate is Fate.NOTHING:
            first = first if empty else moment
            empty += 1
        known = links.judge(known, Answered(fate=fate), url=URL, now=moment)
        if known.state is LinkState.GONE:
            assert empty >= TIMES
            assert moment - first >= PATIENCE


# ---------------------------------------------------------------- choosing


def test_what_was_never_asked_comes_before_what_was_asked_longest_ago() -> None:
    known = {name: check(name, checked=NOW - timedelta(days=age)) for name, age in (("http://a.example/", 90), ("http://b.example/", 120))}
    chosen = links.choose(["http://a.example/", "http://b.example/", "http://c.example/"], known, count=2, now=NOW)
    assert chosen == ("http://c.example/", "http://b.example/")


def test_what_failed_once_comes_again_sooner_but_never_takes_more_than_half() -> None:
    failing = {
        f"http://f{n}.example/": check(f"http://f{n}.example/", state=LinkState.FAILING, checked=NOW - WEEK, since=NOW - WEEK) for n in range(9)
    }
    fresh = [f"http://n{n}.example/" for n in range(9)]
    chosen = links.choose([*fresh, *failing], failing, count=6, now=NOW)
    assert [url.startswith("http://f") for url in chosen] == [True] * 3 + [False] * 3
    old = {url: replace(one, since=NOW - timedelta(days=90)) for url, one in failing.items()}
    assert all(url.startswith("http://n") for url in links.choose([*fresh, *old], old, count=6, now=NOW))


def test_a_check_that_a_clock_gone_wrong_dated_into_the_future_holds_nothing_back() -> None:
    assert links.choose([URL], {URL: check(checked=NOW + timedelta(days=900))}, count=1, now=NOW) == (URL,)


def test_one_large_host_does_not_keep_the_others_out() -> None:
    many = [f"http://large.example/{n}" for n in range(50)] + ["http://small.example/1", "http://tiny.example/1"]
    chosen = links.choose(many, {}, count=5, now=NOW)
    assert sorted(map(urls.host, chosen)) == ["large.example"] * 3 + ["small.example", "tiny.example"]


@given(st.lists(st.integers(0, 30), max_size=40), st.integers(1, 20))
def test_a_choice_is_as_long_as_asked_has_nothing_twice_and_leaves_alone_what_was_asked_today(ages: list[int], count: int) -> None:
    known = {f"http://h{n % 3}.example/{n}": check(f"http://h{n % 3}.example/{n}", checked=NOW - n * DAY, since=NOW - n * DAY) for n in ages}
    chosen = links.choose([*known, *known], known, count=count, now=NOW)
    due = {url for url, one in known.items() if NOW - one.checked >= DAY}
    assert len(chosen) == len(set(chosen)) == min(count, len(due))
    assert set(chosen) <= due


# ---------------------------------------------------------------- asking


def test_each_answer_of_a_server_means_what_it_says(web: Web, tmp_path: Path) -> None:
    wall = "<title>Page not found</title><h1>Page not found</h1><p>Sorry.</p>"
    robot = "<title>Just a moment...</title><h1>Just a moment...</h1><form class='challenge-form'></form>"
    web.put("http://ok.example/a", article("How a network learns"))
    web.put("http://closed.example/a", "", status=410)
    web.put("http://wall.example/a", wall)
    web.put("http://robot.example/a", robot)
    web.put("http://home.example/old", "", status=301, headers={"Location": "/"}).put("http://home.example/", article("Welcome"))
    web.put("http://for-now.example/old", "", status=302, headers={"Location": "/new"}).put("http://for-now.example/new", article("Elsewhere"))
    web.put("http://moved.example/old", "", status=301, headers={"Location": "http://new.example/new"})
    web.put("http://new.example/new", article("How a network learns"))
    web.put("http://jail.example/robots.txt", "User-agent: *\nDisallow: /", type="text/plain")
    web.put("http://busy.example/a", "", status=503)
    web.put("http://large.example/a", "x" * 1_100_000, type="text/plain")
    named = ("ok", "closed", "missing", "wall", "robot", "jail", "busy", "large")
    site = released(
        tmp_path / "desk", *(f"http://{name}.example/a" for name in named), *(f"http://{name}.example/old" for name in ("home", "for-now", "moved"))
    )
    found = {urls.host(url).partition(".")[0]: (one.state.value, one.failures, one.moved_to) for url, one in look(site).items()}
    assert found == {
        "ok": ("ok", 0, ""),
        "closed": ("gone", 1, ""),
        "missing": ("failing", 1, ""),
        "wall": ("failing", 1, ""),
        "robot": ("failing", 0, ""),
        "home": ("failing", 1, ""),
        "for-now": ("ok", 0, ""),
        "moved": ("ok", 0, "http://new.example/new"),
        "jail": ("unasked", 0, ""),
        "busy": ("failing", 0, ""),
        "large": ("ok", 0, ""),
    }
    again = look(site, after=timedelta(days=30))
    assert again["http://moved.example/old"].state is LinkState.MOVED
    later = look(site, after=timedelta(days=60))
    assert {urls.host(url).partition(".")[0] for url, one in later.items() if one.state is LinkState.GONE} == {"closed", "missing", "wall", "home"}
    assert "such page" in later["http://missing.example/a"].reason


def test_a_page_is_asked_for_with_its_validators_and_a_file_for_its_head_only(web: Web, tmp_path: Path) -> None:
    web.put("http://north.example/a", article("How a network learns"))
    web.put("http://north.example/report.pdf", b"%PDF-" + b"x" * 5_000_000, type="application/pdf")
    web.put("http://stiff.example/report.pdf", "", status=405, times=1).put("http://stiff.example/report.pdf", b"%PDF-1.4", type="application/pdf")
    site = released(tmp_path / "desk", "http://north.example/a", "http://north.example/report.pdf", "http://stiff.example/report.pdf")
    look(site)
    asked = [(one.method, one.url) for one in web.asked if not one.url.endswith("robots.txt")]
    assert sorted(asked) == [
        ("GET", "http://north.example/a"),
        ("GET", "http://stiff.example/report.pdf"),
        ("HEAD", "http://north.example/report.pdf"),
        ("HEAD", "http://stiff.example/report.pdf"),
    ]
    before = len(web.asked)
    found = look(site, after=timedelta(days=30))
    assert [one.headers.get("if-none-match", "") != "" for one in web.asked[before:] if one.path == "/a"] == [True]
    assert found["http://north.example/a"].state is LinkState.OK
    assert found["http://north.example/a"].etag


def test_a_name_that_nobody_has_any_more_is_nothing_there(bare_environment: None, tmp_path: Path) -> None:
    with Web() as web:
        web.put("/a", article("How a network learns"))
        site = released(tmp_path / "desk", web.url("/a"), "http://nobody.invalid/a")
        found = look(site)
    assert found["http://nobody.invalid/a"].failures == 1
    assert found["http://nobody.invalid/a"].reason.startswith("The name nobody.invalid cannot be found.")


def test_where_no_host_at_all_can_be_reached_nothing_is_held_against_any(bare_environment: None, tmp_path: Path) -> None:
    site = released(tmp_path / "desk", "http://nobody.invalid/a", "http://nowhere.invalid/a")
    with pytest.raises(UnavailableError, match="None of 2 hosts"):
        look(site)
    with site.open() as store:
        assert store.link_checks() == ()


def test_what_is_no_web_address_is_never_asked_and_drafts_are_not_either(web: Web, tmp_path: Path) -> None:
    site = released(tmp_path / "desk", "mailto:ada@example.org")
    with site.open() as store:
        store.save_edition(builders.edition(id="2026-12"))
        assert links.look(settings(site), store, now=NOW) == ()
        with pytest.raises(NotFoundError, match="released edition 2026-12"):
            links.sample(settings(site), store, now=NOW, count=5, edition="2026-12")
    assert web.asked == []


# ---------------------------------------------------------------- showing


def shown(site: Site, path: str) -> str:
    page = lxml.html.fromstring(site.visitor(home="https://digest.example.org").get(path).text)
    return " ".join(page.text_content().split())


def anchors(site: Site, path: str) -> Sequence[str]:
    return [str(one) for one in lxml.html.fromstring(site.visitor(home="https://digest.example.org").get(path).text).xpath("//main//a/@href")]


def test_the_pages_of_edition_and_item_say_what_became_of_a_link_and_no_released_file_changes(tmp_path: Path) -> None:
    site = released(tmp_path / "desk", "http://north.example/gone", "http://north.example/old", "http://north.example/fine")
    folder = site.config.digests / "2026-11"
    before = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    march = datetime.fromisoformat("2027-03-03T12:00:00+00:00")
    keep(
        site,
        check("http://north.example/gone", state=LinkState.GONE, since=march, checked=march),
        check("http://north.example/old", state=LinkState.MOVED, moved_to="https://south.example/new"),
        check("http://north.example/fine", state=LinkState.FAILING, failures=2, moved_to="https://casino.example/"),
    )
    with site.open() as store:
        snapshot = store.edition("2026-11")
        items = [entry.id for entry in snapshot.entries]
    text = shown(site, "/editions/2026-11")
    assert text.count("No longer there when we looked on 3 March 2027; try the Internet Archive.") == 1
    assert text.count("Moved: now at south.example.") == 1
    assert {"https://web.archive.org/web/202611/http://north.example/gone", "https://south.example/new"} <= set(anchors(site, "/editions/2026-11"))
    assert "casino" not in text
    assert "3 March 2027" in shown(site, f"/items/{items[0]}")
    assert "https://south.example/new" in anchors(site, f"/items/{items[1]}")
    assert "looked on" not in shown(site, f"/items/{items[2]}")
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()} == before
    with site.open() as store:
        assert store.edition("2026-11") == snapshot


def test_a_place_that_is_no_web_address_is_never_linked(tmp_path: Path) -> None:
    site = released(tmp_path / "desk", "http://north.example/old")
    keep(site, check("http://north.example/old", state=LinkState.MOVED, moved_to="javascript:alert(1)"))
    assert "javascript" not in site.visitor(home="https://digest.example.org").get("/editions/2026-11").text


def test_a_collection_and_the_exported_site_carry_the_marks_too(tmp_path: Path) -> None:
    site = Site(tmp_path, url="https://digest.example.org", language="en-GB")
    item = site.add(0)
    with site.open() as store:
        store.decide(builders.decision(item=item, topics=("learning",)))
    entry = builders.entry(id=item, url="https://north.example/0")
    site.release(builders.edition(sections=(replace(builders.edition().sections[0], entries=(entry,)),)))
    site.config = replace(site.config, collections=(Collection(id="pcn", title="Useful resources", topics=("learning",)),))
    keep(site, check("https://north.example/0", state=LinkState.GONE))
    done = static_site.export(site.config, site.open, lambda: site.now, tmp_path / "out")
    for name in ("collections/pcn.html", "editions/2026-11.html", f"items/{item}.html"):
        page = (done.folder / name).read_text(encoding="utf-8")
        assert "No longer there when we looked on 20 November 2026" in page, name
        assert "https://web.archive.org/web/202611/https://north.example/0" in page, name


def test_preflight_knows_that_a_link_of_an_earlier_edition_is_gone(tmp_path: Path) -> None:
    site = released(tmp_path / "desk", URL)
    keep(site, check(state=LinkState.GONE, reason="north.example says that there is no such page (404)."))
    draft = builders.edition(id="2026-12", sections=(replace(builders.edition().sections[0], entries=(builders.entry(id=ItemId(77), url=URL),)),))
    with site.open() as store:
        found = [one.problem for one in publish.findings(draft, site.config, store) if one.rule == "link-broken"]
    assert found == ['The link of "How a network learns" does not work: north.example says that there is no such page (404).']


# ---------------------------------------------------------------- the command


def desk_with(folder: Path, *addresses: str) -> Desk:
    site = released(folder, *addresses)
    assert site.config.db == folder / "curated.db"
    return Desk(folder)


def test_the_command_asks_an_edition_and_lists_what_is_gone_with_where_it_stood(web: Web, tmp_path: Path) -> None:
    web.put("http://north.example/a", "", status=410)
    web.put("http://north.example/b", article("How a network learns"))
    desk = desk_with(tmp_path / "desk", "http://north.example/a", "http://north.example/b")
    asked = {one["url"]: one["state"] for one in desk.must("links", "check", "--edition", "2026-11")}
    assert asked == {"http://north.example/a": "gone", "http://north.example/b": "ok"}
    (gone,) = desk.must("links", "list", "--state", "gone")
    assert (gone["url"], [one["edition"] for one in gone["stood"]], gone["command"]) == ("http://north.example/a", ["2026-11"], None)
    assert "says that the page is gone" in desk.run("links", "list").out
    assert "Links asked: 0" in desk.run("links", "check", "--count", "5").out  # both were asked a moment ago
    assert "No link is moved." in desk.run("links", "list", "--state", "moved").out


def test_a_link_that_moved_has_the_command_that_puts_it_right(tmp_path: Path) -> None:
    desk = desk_with(tmp_path / "desk", "http://north.example/old")
    with desk.store() as store:
        (item,) = (entry.id for entry in store.edition("2026-11").entries)
        store.keep_link_checks([check("http://north.example/old", state=LinkState.MOVED, moved_to="https://south.example/new?a='b'")])
    (moved,) = desk.must("links", "list")
    assert moved["command"].startswith(f"gleanings digest correct 2026-11 --item {item} --severity slip --url ")
    assert desk.run("links", "check", "--edition", "1999-01").code == 1
    assert json.loads(desk.run("links", "list", "--json").out)["moved_to"] == "https://south.example/new?a='b'"


def test_checks_are_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    def some() -> Iterator[LinkCheck]:
        yield check()
        raise ConflictError("stop")

    with Store.open(tmp_path / "curated.db") as store:
        with pytest.raises(ConflictError):
            store.keep_link_checks(some())
        assert store.link_checks() == ()
        store.keep_link_checks([check(moved_to="https://south.example/", etag='"x"', failures=2, reason="Why.")])
        assert store.link_checks(LinkState.OK) == (check(moved_to="https://south.example/", etag='"x"', failures=2, reason="Why."),)
