"""Feeds, calendar and Markdown of an edition: what their specifications ask for, and what a correction changes in them."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import icalendar
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from markdown_it import MarkdownIt

from pipeline.model import Severity
from pipeline.render import render
from pipeline.render.prepare import prepare
from tests import builders, editions
from tests.test_render import ATOM, body, happening, holding

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_the_atom_feed_has_what_rfc_4287_asks_for() -> None:
    root = etree.fromstring(render(builders.edition(), "atom").body)
    assert root.tag == "{http://www.w3.org/2005/Atom}feed"
    assert root.findtext("a:id", namespaces=ATOM) == "https://digest.example.org/editions/2026-11"
    assert root.findtext("a:updated", namespaces=ATOM) == "2026-11-20T12:00:00Z"
    assert root.findtext("a:author/a:name", namespaces=ATOM) == "Example Learning Network"
    entry = root.find("a:entry", ATOM)
    assert entry is not None
    assert entry.findtext("a:id", namespaces=ATOM) == "https://digest.example.org/items/1"
    assert entry.findtext("a:published", namespaces=ATOM) == "2026-11-03T00:00:00Z"
    link_tag = entry.find("a:link", ATOM)
    assert link_tag is not None
    assert link_tag.get("href") == "https://north.example/a"


def test_the_json_feed_has_what_version_1_1_asks_for() -> None:
    feed = json.loads(body(builders.edition(), "json-feed"))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["items"][0]["id"] == "https://digest.example.org/items/1"
    assert feed["items"][0]["content_text"].startswith("What three networks of practices learnt in a year.")


def test_events_become_a_calendar() -> None:
    paris = timezone(timedelta(hours=1))
    timed = happening(5, datetime(2026, 12, 2, 14, tzinfo=paris), datetime(2026, 12, 2, 15, tzinfo=paris), location="Lyon, hall 2; north")
    days, backwards = (
        happening(6, date(2026, 12, 4), date(2026, 12, 5)),
        happening(7, datetime(2026, 12, 6, 9, tzinfo=UTC), datetime(2026, 12, 5, 9, tzinfo=UTC)),
    )
    calendar = icalendar.Calendar.from_ical(render(holding(timed, days, backwards, happening(8, None), builders.entry()), "ics").body)
    events = calendar.walk("VEVENT")
    assert [str(one["uid"]) for one in events] == [f"item-{n}@digest.example.org" for n in (5, 6, 7)]
    assert events[0].decoded("dtstart") == datetime(2026, 12, 2, 13, tzinfo=UTC)
    assert events[0].decoded("dtend") == datetime(2026, 12, 2, 14, tzinfo=UTC)
    assert str(events[0]["location"]) == "Lyon, hall 2; north"
    assert events[0].decoded("dtstamp") == builders.NOW
    assert (events[1].decoded("dtstart"), events[1].decoded("dtend")) == (date(2026, 12, 4), date(2026, 12, 6))
    assert "dtend" not in events[2]


@given(
    st.one_of(st.none(), st.dates(), st.datetimes(timezones=st.one_of(st.none(), st.timezones()))),
    st.one_of(st.none(), st.dates(), st.datetimes()),
    st.booleans(),
)
def test_any_dates_make_a_calendar_and_a_line(start: date | None, end: date | None, all_day: bool) -> None:
    edition = holding(happening(1, start, end, all_day=all_day))
    assert len(icalendar.Calendar.from_ical(render(edition, "ics").body).walk("VEVENT")) == (start is not None)
    assert "Event number 1" in body(edition, "text")


@given(st.text(alphabet="abc *_`[]()<>#+-.!|~&\\=1)", min_size=1, max_size=30))
def test_words_stay_words_in_markdown(said: str) -> None:
    made = prepare(holding(builders.entry(title=said, blurb=said))).sections[0].entries[0]
    shown = BeautifulSoup(MarkdownIt("commonmark").render(body(holding(builders.entry(title=said, blurb=said), letter=""), "markdown")), "lxml")
    headings = [" ".join(tag.get_text().split()) for tag in shown.find_all("h3")]
    assert headings == [" ".join(made.title.split())]
    assert not made.blurb or made.blurb in [tag.get_text() for tag in shown.find_all("p")]


@pytest.mark.parametrize("name", editions.ALL)
def test_every_atom_element_is_there_as_often_as_it_must(name: str) -> None:
    root = etree.fromstring(render(editions.ALL[name](), "atom").body)
    for one in (root, *root.findall("a:entry", ATOM)):
        for required in ("id", "title", "updated"):  # RFC 4287, 4.1.1 and 4.1.2
            assert len(one.findall(f"a:{required}", ATOM)) == 1
        assert MOMENT.fullmatch(one.findtext("a:updated", namespaces=ATOM) or "")
        assert len([tag for tag in one.findall("a:link", ATOM) if tag.get("rel") == "alternate"]) == 1
        assert len(one.findall("a:content", ATOM)) <= 1
    assert root.find("a:author", ATOM) is not None
    ids = [one.findtext("a:id", namespaces=ATOM) for one in root.iter("{http://www.w3.org/2005/Atom}entry")]
    assert len(ids) == len(set(ids)) == len(editions.ALL[name]().entries)


@pytest.mark.parametrize("name", editions.ALL)
def test_another_reader_finds_the_entries(name: str) -> None:
    feedparser = pytest.importorskip("feedparser")
    edition = editions.ALL[name]()
    read = feedparser.parse(render(edition, "atom").body)
    assert not read.bozo
    assert [one.title for one in read.entries] == [entry.title for entry in edition.entries]


@pytest.mark.parametrize("name", editions.ALL)
def test_every_json_feed_has_the_keys_of_its_version(name: str) -> None:
    feed = json.loads(body(editions.ALL[name](), "json-feed"))
    assert {"version", "title", "items"} <= feed.keys()
    for item in feed["items"]:
        assert isinstance(item["id"], str)
        assert item["content_text"]
        assert all(MOMENT.fullmatch(item[key]) for key in ("date_published", "date_modified") if key in item)
        assert re.match("https?:|mailto:", item.get("url", "https:"))


def test_a_correction_moves_the_feed_and_its_entry_and_no_other() -> None:
    edition = editions.corrected(corrections=(editions.correction(),), errata=())
    root = etree.fromstring(render(edition, "atom").body)
    assert root.findtext("a:updated", namespaces=ATOM) == "2026-11-23T12:00:00Z"
    moved = {one.findtext("a:id", namespaces=ATOM): one.findtext("a:updated", namespaces=ATOM) for one in root.findall("a:entry", ATOM)}
    assert {key for key, value in moved.items() if value == "2026-11-23T12:00:00Z"} == {"https://digest.example.org/items/1"}
    assert "Corrected on 23 November 2026: The table is on page 5." in (root.findtext("a:entry/a:content", namespaces=ATOM) or "")
    first, second = json.loads(body(edition, "json-feed"))["items"][:2]
    assert first["date_modified"] == "2026-11-23T12:00:00Z"
    assert "The table is on page 5." in first["content_text"]
    assert "date_modified" not in second


def test_corrections_of_the_whole_are_in_the_description_of_the_feed() -> None:
    assert "The editor is called Sam." in json.loads(body(editions.corrected(), "json-feed"))["description"]
    subtitle = etree.fromstring(render(editions.corrected(), "atom").body).findtext("a:subtitle", namespaces=ATOM)
    assert "Important correction, October 2026: A year of link workers: The dose was wrong." in (subtitle or "")


def test_the_feed_of_a_collection_keeps_its_name_its_address_and_the_dates_of_its_entries() -> None:
    now, later = editions.collection(), editions.collection(composed=editions.LATER, released=None, month_name="As of 23 November 2026")
    one, other = (etree.fromstring(render(edition, "atom").body) for edition in (now, later))
    for path in ("a:title", "a:id", "a:entry/a:updated"):
        assert one.findtext(path, namespaces=ATOM) == other.findtext(path, namespaces=ATOM)
    assert one.findtext("a:title", namespaces=ATOM) == "Useful resources"
    assert one.findtext("a:id", namespaces=ATOM) == "https://digest.example.org/collections/pcn"
    assert json.loads(body(now, "json-feed"))["feed_url"] == "https://digest.example.org/collections/pcn/feed.json"


# ---------------------------------------------------------------- calendar


def read_line_by_line(raw: bytes) -> list[dict[str, str]]:
    """Read VEVENTs as RFC 5545, 3.1 has it: CRLF, at most 75 octets, unfolded, NAME;PARAM=VALUE:TEXT."""
    assert raw.endswith(b"\r\n")
    assert all(len(one) <= 75 and b"\n" not in one and b"\r" not in one for one in raw.removesuffix(b"\r\n").split(b"\r\n"))
    events: list[dict[str, str]] = []
    depth: list[str] = []
    for one in raw.decode().replace("\r\n ", "").split("\r\n")[:-1]:
        name, _, value = one.partition(":")
        key = name.partition(";")[0]
        assert re.fullmatch("[A-Z-]+", key), one
        if key == "BEGIN":
            depth.append(value)
            events += [{}] if value == "VEVENT" else []
        elif key == "END":
            assert depth.pop() == value
        elif depth[-1] == "VEVENT":
            assert key not in events[-1], key
            events[-1][key] = value
    assert not depth
    return events


def changed(*corrections: Any, **changes: Any) -> list[dict[str, str]]:
    event = happening(1, datetime(2026, 12, 2, 14, tzinfo=UTC), datetime(2026, 12, 2, 15, tzinfo=UTC))
    return read_line_by_line(render(holding(event, happening(2, date(2026, 12, 4)), corrections=corrections, **changes), "ics").body)


def test_an_event_has_what_rfc_5545_asks_for() -> None:
    for event in changed():
        assert {"UID", "DTSTAMP", "DTSTART", "SUMMARY", "SEQUENCE", "LAST-MODIFIED"} <= event.keys()
    assert changed()[0]["DTSTART"] == "20261202T140000Z"


def test_each_correction_of_an_event_raises_its_sequence_and_keeps_its_uid() -> None:
    before, once, twice = changed(), changed(editions.correction()), changed(editions.correction(), editions.correction(note="It begins at three."))
    assert [one[0]["SEQUENCE"] for one in (before, once, twice)] == ["0", "1", "2"]
    assert len({one[0]["UID"] for one in (before, once, twice)}) == 1
    assert before[1] == twice[1]
    assert once[0]["LAST-MODIFIED"] == "20261123T120000Z"
    assert "Changed on 23 November 2026: It begins at three." in twice[0]["DESCRIPTION"]


def test_an_event_that_an_earlier_issue_had_wrong_has_been_changed_before() -> None:
    assert changed(errata=(editions.correction(edition="2026-10"),))[0]["SEQUENCE"] == "1"


def test_an_event_that_was_withdrawn_is_cancelled() -> None:
    assert changed(editions.correction(severity=Severity.RETRACTED))[0]["STATUS"] == "CANCELLED"
    assert "STATUS" not in changed(editions.correction())[0]


# ---------------------------------------------------------------- Markdown


def test_the_markdown_has_corrections_errata_and_how_it_was_made() -> None:
    shown = BeautifulSoup(MarkdownIt("commonmark").render(body(editions.corrected(), "markdown")), "lxml").get_text()
    for said in ("Corrected on 24 November 2026", "Withdrawn on 24 November 2026: The journal withdrew it.", "The dose was wrong.", "kept eight"):
        assert said in shown


def test_the_letter_in_markdown_brings_no_tags_pictures_or_odd_links() -> None:
    bad = "<img src=x onerror=y> ![p](https://x.example/p.png) [a](javascript:x) [b][c]\n\n[c]: data:x\n\n[d](https://d.example) <https://e.example>"
    shown = BeautifulSoup(MarkdownIt("commonmark", {"html": True}).render(body(holding(letter=bad), "markdown")), "lxml")
    assert not shown.find_all("img")
    assert [str(tag["href"]) for tag in shown.find_all("a")][:3] == ["https://x.example/p.png", "https://d.example", "https://e.example"]


def test_a_collection_in_markdown_has_no_subscription() -> None:
    assert "subscribe" not in body(editions.collection(), "markdown")
    assert "subscribe" in body(editions.issue(), "markdown")
