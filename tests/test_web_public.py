"""The public archive, in-process over a real database: what stands on its pages, and what never does."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import icalendar
import lxml.etree
import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Collection, Correction, Credit, Edition, EditionState, Entry, Event, ItemId, Kind, Section, Severity
from pipeline.publish import collections
from pipeline.render.prepare import prepare
from pipeline.web import finding
from pipeline.web.art import drawing
from pipeline.web.public import as_script
from pipeline.web.shelf import put_together, slug
from tests import builders
from tests.test_web import Site

ATOM = "{http://www.w3.org/2005/Atom}"
PUBLIC = "https://digest.example.org"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, url=PUBLIC)


def get(site: Site, path: str) -> str:
    answer = site.visitor(home=PUBLIC).get(path)
    assert answer.status_code == 200, f"{path}: {answer.text[:400]}"
    return answer.text


def edition_of(*entries: Entry, **changes: object) -> Edition:
    section = replace(builders.edition().sections[0], entries=entries)
    return builders.edition(sections=(section,), **changes)


def published(site: Site, number: int, *, edition: str = "2026-11", **changes: object) -> ItemId:
    """Release an edition with one entry of its own."""
    item = site.accept(number)
    site.release(edition_of(builders.entry(id=item, **changes), id=edition, month_name=f"Month {edition}"))
    return item


# ---------------------------------------------------------------- pages


def test_the_page_of_an_item_says_all_that_its_edition_said(site: Site) -> None:
    credits = (Credit(role="author", name="Ada Marsh"), Credit(role="recommended by", name="Ben Oak"))
    item = published(
        site, 1, credits=credits, also_seen=("Harbour listing",), topics=("Learning networks", "Trams"), identifiers={"doi": "10.1000/x"}
    )
    page = lxml.html.fromstring(get(site, f"/items/{item}"))
    text = page.text_content()
    for said in ("How a network learns", "Take the table on page 4", "North Network", "3 November 2026", "Harbour listing", "10.1000/x"):
        assert said in text
    links = set(page.xpath("//main//a/@href"))
    assert {
        "https://north.example/a",
        "/people/ada-marsh",
        "/people/ben-oak",
        "/topics/learning",
        "/topics/trams",
        f"/editions/2026-11#item-{item}",
    } <= links
    assert page.xpath("//link[@rel='canonical']/@href") == [f"{PUBLIC}/items/{item}"]
    assert page.xpath("//meta[@property='og:title']/@content") == ["How a network learns"]
    assert page.xpath("//meta[@name='citation_title']/@content") == ["How a network learns"]
    assert page.xpath("//meta[@name='citation_author']/@content") == ["Marsh, Ada"]
    assert page.xpath("//meta[@name='citation_doi']/@content") == ["10.1000/x"]
    said = json.loads(page.xpath("//script[@type='application/ld+json']")[0].text)
    assert (said["@type"], said["author"], said["url"]) == ("Report", [{"@type": "Person", "name": "Ada Marsh"}], "https://north.example/a")


def test_an_address_that_only_this_machine_can_follow_is_no_canonical_one(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.release(builders.edition())
    assert "canonical" not in site.visitor().get("/").text


def test_an_item_of_two_editions_names_both_and_shows_the_words_of_the_newer(site: Site) -> None:
    item = published(site, 1, edition="2026-10", blurb="The older words.")
    shelf = put_together(
        [prepare(edition_of(builders.entry(id=item, blurb=words), id=name)) for name, words in (("2026-10", "old"), ("2026-11", "new"))], ()
    )
    assert [edition.id for edition in shelf.holdings[item].stood] == ["2026-11", "2026-10"]
    assert shelf.holdings[item].entry.blurb == "new"


def test_all_editions_stand_in_a_list_and_lead_to_one_another(site: Site) -> None:
    for number, name in enumerate(("2025-12", "2026-10", "2026-11")):
        published(site, number, edition=name)
    page = lxml.html.fromstring(get(site, "/editions"))
    assert page.xpath("//h2/text()") == ["2026", "2025"]
    assert page.xpath("//ul[@class='shelf']//a/@href") == ["/editions/2026-11", "/editions/2026-10", "/editions/2025-12"]
    middle = get(site, "/editions/2026-10")
    assert 'href="/editions/2025-12">Earlier' in middle
    assert 'href="/editions/2026-11">Later' in middle


def test_topics_and_people_have_pages_with_their_items(site: Site) -> None:
    item = published(site, 1, topics=("Learning networks",), credits=(Credit(role="speaker", name="Dr Ada Marsh"),))
    assert 'href="/topics/learning"' in get(site, "/topics")
    assert f'href="/items/{item}"' in get(site, "/topics/learning")
    people = lxml.html.fromstring(get(site, "/people"))
    assert people.xpath("//h2/text()") == ["M"]
    assert f'href="/items/{item}"' in get(site, people.xpath("//section//a/@href")[0])
    for nobody in (
        "/topics/nothing",
        "/people/nobody",
        "/items/4711",
        "/collections/none",
        "/editions/2031-01",
        "/feeds/topic/nothing.atom",
        "/feeds/all.txt",
    ):
        assert site.visitor(home=PUBLIC).get(nobody).status_code == 404, nobody


def test_who_subscribes_before_the_first_edition_gets_empty_feeds_and_an_empty_calendar(site: Site) -> None:
    for name in ("all", "topic/learning", "kind/report", "search"):
        feed = lxml.etree.fromstring(get(site, f"/feeds/{name}.atom").encode())
        assert [feed.findtext(f"{ATOM}{tag}") is not None for tag in ("id", "title", "updated")] == [True, True, True]
        assert feed.find(f"{ATOM}entry") is None
        assert json.loads(get(site, f"/feeds/{name}.json"))["items"] == []
    assert icalendar.Calendar.from_ical(get(site, "/calendar.ics")).walk("VEVENT") == []
    for unknown in ("/feeds/topic/nothing.atom", "/feeds/kind/nothing.json"):
        assert site.visitor(home=PUBLIC).get(unknown).status_code == 404


def test_a_topic_and_a_kind_without_items_are_empty_and_not_unknown(site: Site) -> None:
    published(site, 1, topics=("Trams",))
    assert "Learning networks" in get(site, "/topics/learning")
    assert "0 resources" in get(site, "/topics/learning")
    assert json.loads(get(site, "/feeds/topic/learning.json"))["items"] == []
    assert json.loads(get(site, "/feeds/kind/podcast.json"))["items"] == []


def test_the_icon_is_sent_once_to_who_has_it(site: Site) -> None:
    visitor = site.visitor(home=PUBLIC)
    sent = visitor.get("/favicon.ico")
    assert (sent.status_code, sent.headers["content-type"]) == (200, "image/svg+xml")
    assert visitor.get("/favicon.ico", if_none_match=sent.headers["etag"]).status_code == 304


def test_a_correction_stands_on_the_edition_and_on_the_item(site: Site) -> None:
    item = published(site, 1)
    with site.open() as store:
        before = store.edition("2026-11")
        made = Correction(
            edition="2026-11", item=item, title="How a network learns", severity=Severity.ERROR, note="Ten networks, not three.", made=site.now
        )
        store.correct(replace(before, state=EditionState.CORRECTED, corrected=site.now, corrections=(made,)), files={})
    for path in ("/", "/editions/2026-11", f"/items/{item}"):
        assert "Ten networks, not three." in get(site, path)


def test_what_was_withdrawn_is_told_where_it_stood_and_listed_nowhere(site: Site) -> None:
    item = published(site, 1)
    get(site, "/")
    with site.open() as store:
        made = Correction(edition="2026-11", item=item, severity=Severity.RETRACTED, note="The authors took it back.", made=site.now)
        store.correct(replace(store.edition("2026-11"), state=EditionState.CORRECTED, corrected=site.now, corrections=(made,)), files={})
    page = get(site, f"/items/{item}")
    assert "The authors took it back." in page
    assert "https://north.example/a" not in page
    assert "The authors took it back." in get(site, "/editions/2026-11")
    for path in ("/search?q=network", "/feeds/all.atom", "/sitemap.xml", "/feeds/all.json"):
        assert f"/items/{item}" not in get(site, path), path


# ---------------------------------------------------------------- what is not public


def test_of_an_edition_for_members_the_public_reads_what_is_for_everybody(site: Site) -> None:
    known, secret = site.accept(1), site.accept(2)
    hidden = builders.entry(
        id=secret, audience="members", title="Minutes of the board", topics=("Board papers",), credits=(Credit(role="author", name="Eve Hush"),)
    )
    site.release(edition_of(builders.entry(id=known), hidden, audience="members"), atom_xml=b"<feed>Minutes of the board</feed>")
    visitor = site.visitor(home=PUBLIC)
    assert visitor.get(f"/items/{secret}").status_code == 404
    assert visitor.get("/editions/2026-11/atom.xml").status_code == 404
    assert visitor.get("/people/eve-hush").status_code == 404
    paths = [
        "/",
        "/editions",
        "/editions/2026-11",
        f"/items/{known}",
        "/topics",
        "/people",
        "/search?q=minutes",
        "/search",
        "/feeds/all.atom",
        "/feeds/all.json",
    ]
    for path in (*paths, "/sitemap.xml", "/calendar.ics", "/feeds/search.atom?q=board"):
        said = get(site, path)
        assert "Minutes of" not in said, path
        assert "Board papers" not in said, path
        assert "Hush" not in said, path


def test_a_draft_is_on_no_page(site: Site) -> None:
    published(site, 1, edition="2026-10")
    with site.open() as store:
        store.save_edition(edition_of(builders.entry(id=ItemId(99), title="Not yet said")))
    for path in ("/", "/editions", "/search?q=yet", "/feeds/all.atom", "/sitemap.xml"):
        assert "Not yet said" not in get(site, path)
        assert "/editions/2026-11" not in get(site, path)


def test_a_release_is_seen_at_once_and_no_visit_reads_what_it_knows(site: Site) -> None:
    published(site, 1, edition="2026-10", title="First")
    assert "First" in get(site, "/search")
    with site.open() as store:
        shelf = site.app.state.site.memory.shelf(site.config, store)
        assert site.app.state.site.memory.shelf(site.config, store) is shelf
    published(site, 2, title="Second")
    assert "Second" in get(site, "/search")
    with site.open() as store:
        assert site.app.state.site.memory.shelf(site.config, store).editions[1] is shelf.editions[0]


def test_a_visit_changes_nothing(site: Site) -> None:
    item = published(site, 1)
    with site.open() as store:
        before = "\n".join(store._db.iterdump())
    for path in (
        "/",
        "/editions",
        f"/items/{item}",
        "/topics",
        "/topics/primary-care-networks",
        "/people",
        "/collections",
        "/search?q=network",
        "/feeds/all.atom",
    ):
        for method in ("GET", "HEAD"):
            assert site.visitor(home=PUBLIC).ask(method, path).status_code == 200, (method, path)
    with site.open() as store:
        assert "\n".join(store._db.iterdump()) == before


# ---------------------------------------------------------------- the search


def test_the_search_finds_words_by_their_beginnings_and_marks_them(site: Site) -> None:
    first = published(site, 1, edition="2026-10", title="Éclairs for networks")
    second = published(site, 2, title="Trams", blurb="Of networks, and <b>not</b> of cake.")
    page = get(site, "/search?q=network")
    assert [int(found) for found in re.findall(r'<h3 class="name"><a href="/items/(\d+)"', page)] == [first, second]  # the title counts more
    assert "Éclairs for <mark>networks</mark>" in page
    assert "&lt;b&gt;not&lt;/b&gt;" in page
    assert f"/items/{first}" in get(site, "/search?q=eclair")
    assert f"/items/{second}" not in get(site, "/search?q=eclair")
    assert "Nothing holds all of these words" in get(site, "/search?q=network+zebra")
    assert "Nothing holds all of these words" in get(site, "/search?q=%26%26")


def test_the_search_finds_a_word_that_stands_only_in_the_whole_text(site: Site) -> None:
    item = site.add(1, text="Somewhere inside stands the word ombudsman, once.")
    with site.open() as store:
        store.decide(builders.decision(item=item))
    site.release(edition_of(builders.entry(id=item)))
    assert f"/items/{item}" in get(site, "/search?q=ombudsman+network")


def test_topic_and_kind_narrow_a_search_and_the_feed_of_it(site: Site) -> None:
    entries = [builders.entry(id=site.accept(n), title=f"Thing {n}", kind=kind, kind_name=kind.value, topics=topics) for n, kind, topics in (
        (1, Kind.REPORT, ("Learning networks",)), (2, Kind.VIDEO, ("Learning networks",)), (3, Kind.VIDEO, ("Trams",)))]  # fmt: skip
    site.release(edition_of(*entries))
    narrowed = get(site, "/search?topic=learning&kind=video")
    assert re.findall(r'class="name"><a href="/items/(\d+)"', narrowed) == [str(entries[1].id)]
    assert 'href="/search?kind=video"' in narrowed  # all topics, the kind stays
    feed = lxml.etree.fromstring(get(site, "/feeds/search.atom?q=thing&kind=video").encode())
    assert {one.text for one in feed.findall(f"{ATOM}entry/{ATOM}title")} == {"Thing 2", "Thing 3"}
    assert feed.find(f"{ATOM}link[@rel='self']").get("href") == f"{PUBLIC}/feeds/search.atom?q=thing&kind=video"


def test_long_lists_go_on_where_the_last_item_stood(site: Site) -> None:
    entries = [builders.entry(id=site.accept(number), title=f"Thing {number}") for number in range(70)]
    site.release(edition_of(*entries))
    for start in ("/search", "/search?q=thing", "/topics/primary-care-networks"):
        seen: list[str] = []
        path = start
        while path:
            page = lxml.html.fromstring(get(site, path))
            seen += page.xpath("//article//*[contains(@class, 'name')]/a/@href")
            path = next(iter(page.xpath("//nav[@class='pager']/a[text()='More']/@href")), "")
        assert len(seen) == len(set(seen)) == 70, start
    for nonsense in ("after=x", "after=999999", "after=" + "9" * 40, "after=²"):
        assert site.visitor(home=PUBLIC).get(f"/search?{nonsense}").status_code == 200


@given(query=st.text(max_size=60))
def test_marking_loses_no_letter_and_lets_no_markup_through(query: str) -> None:
    text = f"A <script>{query}</script> & network of Networks’ weavers"
    said = str(finding.marked(text, finding.wanted(query + " netw")))
    assert html.unescape(said.replace("<mark>", "").replace("</mark>", "")) == html.unescape(html.escape(text))
    assert "<script" not in said
    assert "<mark>network</mark>" in said


@given(name=st.text(min_size=1, max_size=80))
def test_a_slug_can_stand_in_an_address_and_in_a_file_name(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", slug(name))
    assert slug(name) == slug(name.upper().lower()) or not name.isascii()


def test_names_without_latin_letters_keep_pages_of_their_own() -> None:
    assert slug("李雷") != slug("韩梅梅")
    assert slug("José Álvarez") == slug("Jose Alvarez") == "jose-alvarez"


# ---------------------------------------------------------------- feeds and calendar


@pytest.mark.parametrize("path", ["/feeds/all", "/feeds/topic/learning", "/feeds/kind/report", "/feeds/search"])
def test_every_feed_is_atom_and_json(site: Site, path: str) -> None:
    item = published(site, 1, topics=("Learning networks",), title="A & B \x00 <i>")
    feed = lxml.etree.fromstring(get(site, f"{path}.atom").encode())
    assert feed.find(f"{ATOM}entry/{ATOM}id").text == f"{PUBLIC}/items/{item}"
    assert feed.find(f"{ATOM}entry/{ATOM}title").text == "A & B <i>"
    assert feed.find(f"{ATOM}link[@rel='self']").get("href") == f"{PUBLIC}{path}.atom"
    made = json.loads(get(site, f"{path}.json"))
    assert (made["items"][0]["id"], made["items"][0]["external_url"]) == (f"{PUBLIC}/items/{item}", "https://north.example/a")


def test_a_collection_has_a_page_and_feeds_and_leads_to_our_items(tmp_path: Path) -> None:
    site = Site(tmp_path, url=PUBLIC)
    object.__setattr__(
        site.config, "collections", (Collection(id="start", title="Starting out", topics=("learning",), introduction="*Begin* here."),)
    )
    item = site.accept(1)
    with site.open() as store:
        store.sync_topics(site.config.topics, site.now)
    site.release(edition_of(builders.entry(id=item)))
    assert 'href="/collections/start"' in get(site, "/collections")
    page = get(site, "/collections/start")
    assert "<em>Begin</em> here." in page
    assert f'href="/items/{item}"' in page
    assert b"<feed" in get(site, "/feeds/collection/start.atom").encode()
    assert "Starting out" in json.loads(get(site, "/feeds/collection/start.json"))["title"]
    with site.open() as store:
        collections.build(site.config, store, now=site.now)
    assert site.visitor(home=PUBLIC).get("/collections/start/feed.json").status_code == 200
    assert site.visitor(home=PUBLIC).get("/collections/start/manifest.json").status_code == 404


def test_the_calendar_holds_what_is_to_come_of_all_editions(site: Site) -> None:
    def event(start: datetime) -> Event:
        return Event(start=start, end=start + timedelta(hours=1))

    past = published(site, 1, edition="2026-09", kind=Kind.EVENT, event=event(site.now - timedelta(days=9)))
    older = published(site, 2, edition="2026-10", kind=Kind.EVENT, event=event(site.now + timedelta(days=30)))
    newer = published(site, 3, kind=Kind.EVENT, event=event(site.now + timedelta(days=3)))
    events = icalendar.Calendar.from_ical(get(site, "/calendar.ics")).walk("VEVENT")
    assert [str(one["UID"]).partition("@")[0] for one in events] == [f"item-{newer}", f"item-{older}"]
    assert f"item-{past}" not in get(site, "/calendar.ics")


def test_sitemap_and_robots_name_public_pages_only(site: Site) -> None:
    item = published(site, 1)
    found = lxml.etree.fromstring(get(site, "/sitemap.xml").encode())
    places = [one.text for one in found.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert f"{PUBLIC}/items/{item}" in places
    assert not any("/desk" in place for place in places)
    assert all(site.visitor(home=PUBLIC).get(place.removeprefix(PUBLIC)).status_code == 200 for place in places)
    assert f"Sitemap: {PUBLIC}/sitemap.xml" in get(site, "/robots.txt")


def test_what_a_script_element_holds_cannot_end_it() -> None:
    said = as_script({"name": "</script><!-- & -->"})
    assert "<" not in said
    assert json.loads(said) == {"name": "</script><!-- & -->"}


def test_an_item_is_always_drawn_the_same() -> None:
    assert drawing(7) == drawing(7) != drawing(8)
    assert drawing(7).count("<circle") == 7


def test_a_section_and_an_essay_print_their_own(site: Site) -> None:
    item, other = site.accept(1), site.accept(2)
    sections = (Section(id="a", title="Reports", entries=(builders.entry(id=item, title="Cited"), builders.entry(id=other, title="Not cited"))),)
    site.release(builders.edition(sections=sections, template="essay", essay=f"It is said [@{item}] <script>."))
    page = get(site, "/editions/2026-11")
    assert 'href="#reference-1"' in page
    assert "<script>." not in page
    assert page.index("Cited") < page.index("Not cited")


def test_dates_of_a_page_do_not_depend_on_the_day_of_the_visit(site: Site) -> None:
    item = published(site, 1, published=date(2026, 11, 3))
    before = get(site, f"/items/{item}")
    site.now = datetime(2031, 5, 1, tzinfo=UTC)
    assert get(site, f"/items/{item}") == before
