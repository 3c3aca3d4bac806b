"""What sources say exists: feeds, listings, sitemaps, calendars, and what an address offers. Case files stand in `tests/cases`."""

from __future__ import annotations

import gzip
import html
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import sources, urls
from pipeline.errors import ParseError
from pipeline.model import Event, Kind, Lead, Mark, Page, Request, Source
from pipeline.sources import markup
from pipeline.sources.discover import Offer, offers
from pipeline.sources.labels import LABELS, is_label, kind_of_label
from tests import builders

CASES = Path(__file__).parent / "cases"
FEEDS_FLOOR = 0.92  # among the expected are titles with their tags, deleted records counted, and repeated dates not
LISTINGS_FLOOR = 0.97


def source(kind: str, url: str = "https://fen.example/list", options: Mapping[str, object] | None = None) -> Source:
    return builders.source(id="fen", kind=kind, url=url, options=options or {})


def page(body: str | bytes, url: str = "https://fen.example/list", **changes: Any) -> Page:
    return builders.page(body, url=url, **changes)


def found(kind: str, body: str | bytes, **options: object) -> list[Lead]:
    return [one for one in sources.leads(source(kind, options=options), page(body)) if isinstance(one, Lead)]


def asked(kind: str, body: str | bytes, **options: object) -> list[str]:
    return [one.url for one in sources.leads(source(kind, options=options), page(body)) if isinstance(one, Request)]


def case(name: str) -> bytes:
    return (CASES / name).read_bytes()


def rss(items: str) -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>{items}</channel></rss>'


# ---------------------------------------------------------------- feeds


def test_a_podcast_gives_its_episodes_with_people_length_and_day() -> None:
    first, second, third = found("feed", case("feed/podcast.xml"))
    assert first == Lead(
        source="fen",
        url="https://fen.example/episodes/7",
        title="Who opens the door?",
        description="Two porters talk about trust & keys.",
        published=first.published,
        creators=("Ada Marsh", "Joan Reed"),
        kind=Kind.PODCAST,
        duration=timedelta(hours=1, minutes=2, seconds=3),
    )
    assert isinstance(first.published, datetime)
    assert first.published.isoformat() == "2026-11-03T23:30:00-05:00"
    assert (second.url, second.creators, second.duration) == ("https://ward.example/7b.mp3", ("Sam Hall",), timedelta(seconds=754))
    assert (third.page, third.title) == (False, "A notice without any address")
    assert third.url.startswith("https://ward.example/#/")


def test_an_atom_feed_resolves_links_against_every_base_and_reads_titles_by_their_type() -> None:
    first, second, third = found("feed", case("feed/bases.atom"))
    assert (first.url, first.title, first.creators) == ("https://north.example/blog/2026/less", "Less is more", ("Ada Marsh", "Joan Reed"))
    assert (first.description, first.published) == ("Why less.", date(2026, 11, 3))
    assert (second.url, second.title) == ("https://north.example/rd", "R&D now")
    assert (third.title, third.page) == ("Never run", False)
    assert sources.title(source("feed"), page(case("feed/bases.atom"))) == "Notes on <b>"


def test_the_title_of_a_feed_is_not_that_of_its_picture() -> None:
    assert sources.title(source("feed"), page(case("feed/podcast.xml"))) == "Ward & Street"


LINK = "<link>https://a.example/</link>"
WIDE = '<?xml version="1.0" encoding="utf-16"?><rss><channel><item><title>Wide</title><link>https://a.example/</link></item></channel></rss>'
WINDOWS = b'<?xml version="1.0" encoding="utf-8"?><rss><channel><item><title>\x93Value\x94 caf\xc3\xa9</title><link>https://a.example/</link></item>'


@pytest.mark.parametrize(
    ("body", "title"),
    [
        pytest.param("\ufeff \n" + rss(f"<item><title>A</title>{LINK}</item>"), "A", id="mark and space before the start"),
        pytest.param(rss(f"<item><title>Q&A on R&D</title>{LINK}</item>"), "Q&A on R&D", id="bare ampersands"),
        pytest.param(rss(f"<item><title>Care&nbsp;&ndash; a guide</title>{LINK}</item>"), "Care – a guide", id="names of HTML characters"),
        pytest.param(rss(f"<item><title>A \x0bB</title>{LINK}</item>"), "A B", id="control characters"),
        pytest.param(rss(f"<item><dc:title>Undeclared</dc:title>{LINK}</item>"), "Undeclared", id="undeclared prefix"),
        pytest.param(WINDOWS, "“Value” café", id="bytes of Windows, and cut off"),
        pytest.param(WIDE.encode("utf-16"), "Wide", id="UTF-16"),
    ],
)
def test_a_damaged_feed_is_mended(body: str | bytes, title: str) -> None:
    assert [lead.title for lead in found("feed", body)] == [title]


def test_entries_of_rdf_stand_beside_the_channel() -> None:
    body = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
    <channel><title>Old</title></channel><item><title>One</title><link>https://a.example/1</link><dc:date>2026-11-02</dc:date></item></rdf:RDF>"""
    assert [(lead.title, lead.published) for lead in found("feed", body)] == [("One", date(2026, 11, 2))]


def test_a_json_feed_is_read_and_its_wrong_types_are_passed_over() -> None:
    people = [{"name": "Ada Marsh"}, {"name": []}]
    sound = {"url": "https://a.example/2.mp3", "mime_type": "audio/mpeg", "duration_in_seconds": 61}
    items: list[object] = [
        {
            "id": 1,
            "url": "/one",
            "title": "One",
            "content_html": "<p>About one</p>",
            "date_published": "2026-11-03T10:00:00+01:00",
            "authors": people,
        },
        {"id": "2", "url": 1.2, "title": ["no"], "authors": "none", "attachments": [sound]},
        *({"title": {}}, None, "text"),
    ]
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": items})
    one, two = found("feed", body)
    assert (one.url, one.description, one.creators) == ("https://fen.example/one", "About one", ("Ada Marsh",))
    assert one.published == datetime.fromisoformat("2026-11-03T10:00:00+01:00")
    assert (two.url, two.title, two.kind, two.duration) == ("https://a.example/2.mp3", None, Kind.PODCAST, timedelta(seconds=61))
    assert sources.title(source("feed"), page(body)) == "J"


def test_a_web_page_served_as_a_feed_says_which_feeds_it_names() -> None:
    body = '<html><head><link rel="alternate" type="application/rss+xml" href="/rss.xml"><title>x</title></head><body><p>Hello</body></html>'
    with pytest.raises(ParseError, match=r"this is a web page; try kind: listing, or one of the feeds it names: https://fen\.example/rss\.xml"):
        found("feed", body)


def test_entities_are_neither_expanded_nor_fetched() -> None:
    outside = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd"><!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>'
    (lead,) = found("feed", outside + rss("<item><title>a &e; b</title><link>https://a.example/</link></item>")[21:])
    assert lead.title == "a &e; b"


def test_a_billion_laughs_cost_nothing() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    body = f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>' + rss("<item><title>&l11;</title><link>https://a.example/</link></item>")[21:]
    assert [lead.title for lead in found("feed", body)] == ["&l11;"]


# ---------------------------------------------------------------- labels


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Link to report", Kind.REPORT),
        ("Watch Video", Kind.VIDEO),
        ("View PDF", Kind.DOCUMENT),
        ("Visit Site", Kind.WEBSITE),
        ("Watch Talk", Kind.TALK),
        ("Link to podcast", Kind.PODCAST),
        ("Download full report (2.4 MB) »", Kind.REPORT),
        ("Link to article 12", Kind.ARTICLE),
        ("read the article", Kind.ARTICLE),
        ("Listen", Kind.PODCAST),
        ("Watch now", Kind.VIDEO),
        ("Read more", None),
        ("Spark", None),
        ("", None),
        ("Click for more information", None),
    ],
)
def test_a_link_label_names_a_kind(label: str, kind: Kind | None) -> None:
    assert kind_of_label(label) is kind


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_label_that_names_it_back(kind: Kind) -> None:
    assert kind_of_label(LABELS[kind][0]) is kind
    assert is_label(LABELS[kind][0])


def test_no_noun_names_two_kinds() -> None:
    nouns = [noun.casefold() for row in LABELS.values() for noun in row]
    assert len(nouns) == len(set(nouns))


@pytest.mark.parametrize(
    "title", ["Watch your language: a guide for boards", "Reports from the front line", "How to read an article", "The case for rest"]
)
def test_a_title_is_no_label(title: str) -> None:
    assert not is_label(title)


# ---------------------------------------------------------------- listings


def test_a_listing_without_headings_is_cut_in_whatever_order_its_lines_stand() -> None:
    leads = found("listing", case("listing/any-order.html"))
    assert [(lead.label, lead.kind, lead.title) for lead in leads] == [
        ("Link to report", Kind.REPORT, None),
        ("View PDF", Kind.DOCUMENT, "A network of gardens"),
        ("Watch Video", Kind.VIDEO, None),
        ("Link to resources", Kind.TOOLKIT, "Stay a while"),
        ("Visit Site", Kind.WEBSITE, None),
    ]
    assert {lead.posted_by for lead in leads} == {"Carol Reed RN/MSc"}
    assert leads[1].creators == ("Ada Marsh", "Joan Hall")
    assert leads[0].description == "How three wards halved their waits by asking porters first. Good for a first meeting."
    pages = ["a.example/waits", "b.example/gardens.pdf", "c.example/huddle", "d.example/spring", "e.example/"]
    assert [lead.url for lead in leads] == [f"https://{one}" for one in pages]


def test_cards_give_kind_people_poster_day_and_length_and_no_chrome() -> None:
    leads = found("listing", case("listing/cards.html"))
    tea, kit, paper, why = leads
    assert tea == Lead(
        source="fen",
        url="https://cdn.fen.example/lib/ep/1",
        title="Talking over tea",
        description="Six teams talk about what tea has to do with trust, and why biscuits are no luxury.",
        published=date(2026, 3, 3),
        label="Listen",
        creators=("Ada Marsh",),
        posted_by="Sam Hall",
        kind=Kind.PODCAST,
        duration=timedelta(minutes=10),
    )
    assert (kit.kind, kit.label, kit.creators) == (Kind.TOOLKIT, "Visit Site", ("Ada Marsh", "Joan Hall"))
    assert (paper.title, paper.page, paper.kind) == ("Only on paper", False, Kind.REPORT)
    assert (why.url, why.label, why.kind) == ("https://cdn.fen.example/blog/3", "Read more", Kind.BLOG)


@pytest.mark.parametrize("label", ["Link to article {}", "Read more", "Link to article"])
def test_a_bare_list_gives_every_link_once_and_no_title(label: str) -> None:
    links = "".join(f'<li><a href="https://site-{n}.example/page?id={n}&amp;x=1">{label.format(n)}</a></li>' for n in range(60))
    leads = found("listing", f"<html><head><title>Resources</title></head><body><ul>{links}</ul></body></html>")
    assert [lead.url for lead in leads] == [f"https://site-{n}.example/page?id={n}&x=1" for n in range(60)]
    assert {lead.title for lead in leads} == {None}
    assert [lead.label for lead in leads] == [label.format(n) for n in range(60)]


def test_a_platform_listing_gives_every_link_with_its_label_and_poster() -> None:
    labels = ["Link to article", "Watch Video", "Link to PDF", "Link to report"]
    items = "".join(
        f'<div class="resource"><p>Thing {n}, sent to the network.</p><p>Carol Example RN/MSc</p>'
        f'<p><a href="https://w{n}.example/">{labels[n % 4]}</a></p></div>'
        for n in range(40)
    )
    leads = found("listing", f"<html><body><main>{items}</main></body></html>")
    assert [(lead.url, lead.label, lead.posted_by) for lead in leads] == [
        (f"https://w{n}.example/", labels[n % 4], "Carol Example RN/MSc") for n in range(40)
    ]
    assert leads[0].description == "Thing 0, sent to the network."


def test_a_card_that_is_one_great_link_keeps_its_title() -> None:
    words = "<p>Words that say a little more.</p>"
    cards = "".join(f'<a href="/r/{n}"><div><h3>Report number {n} of the year</h3>{words}</div></a>' for n in range(4))
    assert [(lead.url, lead.title) for lead in found("listing", f"<body><main>{cards}</main></body>")] == [
        (f"https://fen.example/r/{n}", f"Report number {n} of the year") for n in range(4)
    ]


def test_a_curators_selectors_are_obeyed() -> None:
    words = "<h3>Title {}</h3><i class=who>Sam</i><p>Blurb {}</p><b>3 March 2026</b>"
    items = "".join(f'<div class=r>{words.format(n, n)}<a href="no{n}">No</a><a class=go href="r{n}">View PDF</a></div>' for n in (1, 2))
    select = {"item": ".r", "link": "a.go", "title": "h3", "blurb": "p", "posted_by": ".who", "date": "b"}
    leads = found("listing", f"<body>{items}</body>", select=select)
    assert (leads[0].title, leads[0].description, leads[0].posted_by, leads[0].published) == ("Title 1", "Blurb 1", "Sam", date(2026, 3, 3))
    assert (leads[0].label, leads[0].kind) == ("View PDF", Kind.DOCUMENT)
    assert [lead.url for lead in leads] == ["https://fen.example/r1", "https://fen.example/r2"]


def test_a_listing_turns_its_pages_unless_told_not_to() -> None:
    body = case("listing/cards.html")
    assert asked("listing", body) == ["https://fen.example/library?page=2"]
    assert asked("listing", body, follow=False) == []
    assert asked("listing", body.replace(b"https://fen.example/library?page=2", b"https://elsewhere.example/")) == []


def test_a_page_without_resources_says_what_to_do() -> None:
    with pytest.raises(ParseError, match=r"no resources were found on https://fen\.example/list; name its items with `select`"):
        found("listing", "<html><body><h1>Log in</h1><form><input type=password></form></body></html>")
    with pytest.raises(ParseError, match="its selectors match nothing there"):
        found("listing", "<p><a href='/x'>A long enough title</a>", select={"item": ".none"})


# ---------------------------------------------------------------- sitemaps


def test_a_sitemap_gives_addresses_and_only_the_dates_of_news() -> None:
    one, two, three, about = found("sitemap", case("sitemap/news.xml"))
    assert (one.url, one.published, one.title) == ("https://fen.example/reports/one", None, None)
    assert (two.url, two.published, two.title) == ("https://fen.example/reports/two?a=1&b=2", datetime(2026, 11, 2, 9, tzinfo=UTC), "Two")
    assert {three.url, about.url} == {"https://fen.example/reports/draft-three", "https://fen.example/about"}


def test_a_sitemap_takes_what_is_included_and_not_excluded() -> None:
    leads = found("sitemap", gzip.compress(case("sitemap/news.xml")), include=["/reports/"], exclude=["draft"])
    assert [lead.url for lead in leads] == ["https://fen.example/reports/one", "https://fen.example/reports/two?a=1&b=2"]


def test_a_sitemap_index_asks_for_each_of_its_sitemaps_but_not_itself() -> None:
    body = (
        "<sitemapindex>"
        + "".join(f"<sitemap><loc>{loc}</loc></sitemap>" for loc in ("/a.xml.gz", "https://fen.example/list", "/b.xml", "/b.xml"))
        + "</sitemapindex>"
    )
    assert asked("sitemap", body) == ["https://fen.example/a.xml.gz", "https://fen.example/b.xml"]


def test_a_plain_list_of_addresses_is_a_sitemap_too() -> None:
    assert [lead.url for lead in found("sitemap", "https://a.example/1\nhttps://a.example/2\njavascript:x\n")] == [
        "https://a.example/1",
        "https://a.example/2",
    ]


def test_a_packed_bomb_is_refused_within_its_bounds() -> None:
    bomb = gzip.compress(b"<urlset>" + b" " * (markup.MAX_BYTES + 10))
    with pytest.raises(ParseError, match="unpacks to more than 30 MB"):
        found("sitemap", bomb)
    with pytest.raises(ParseError, match="broken gzip"):
        found("sitemap", b"\x1f\x8b rubbish")


@pytest.mark.parametrize(
    ("body", "advice"), [(rss(""), "try kind: feed"), ("<html><p>x</p></html>", "try kind: listing"), ("<opml/>", "first element is <opml>")]
)
def test_what_is_no_sitemap_says_what_it_is(body: str, advice: str) -> None:
    with pytest.raises(ParseError, match=advice):
        found("sitemap", body)


# ---------------------------------------------------------------- calendars


def events() -> list[Lead]:
    return found("calendar", case("calendar/fen.ics"))


def event(lead: Lead) -> Event:
    assert lead.event is not None
    return lead.event


def test_the_end_of_an_all_day_event_is_its_last_day() -> None:
    lead = events()[0]
    assert (lead.url, lead.kind, lead.page) == ("https://fen.example/spring", Kind.EVENT, True)
    assert lead.event == Event(start=date(2027, 4, 16), end=date(2027, 4, 18), all_day=True, location="Bex College, Bex", online=False)


def test_a_time_in_utc_is_shown_in_the_calendars_own_zone() -> None:
    lead = events()[1]
    assert [one.isoformat() for one in (event(lead).start, event(lead).end) if one] == ["2027-05-13T18:30:00+01:00", "2027-05-13T19:45:00+01:00"]
    assert (event(lead).timezone, lead.url) == ("Europe/London", "https://fen.example/book?id=2")
    assert event(lead).problems == ("cancelled: the calendar says so",)


def test_a_repeating_event_gives_its_coming_dates_at_the_same_hour_in_summer_and_winter() -> None:
    huddles = [lead for lead in events() if lead.title == "Huddle"]
    starts = [one.isoformat() for lead in huddles if (one := event(lead).start)]
    assert starts == ["2027-03-10T12:00:00+00:00", "2027-03-24T12:00:00+00:00", "2027-04-07T12:00:00+01:00"]
    assert {lead.page for lead in huddles} == {False}
    assert event(huddles[0]).online is True


def test_a_moved_date_stands_for_itself_and_an_end_before_its_start_is_named() -> None:
    (moved,) = (lead for lead in events() if lead.title == "Huddle (moved)")
    assert event(moved).problems[0].startswith("end_before_start: 2027-04-01")


def test_past_and_undated_events_are_said_to_be() -> None:
    by_title = {lead.title: event(lead).problems for lead in events()}
    assert by_title["Founders' supper"][0].startswith("past: ")
    assert by_title.get("Broken clock", ("no_date: ",))[0].startswith("no_date: ")


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", ["2027-01-29", "2027-02-26", "2027-03-26"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", ["2027-01-29", "2027-02-26"]),
        ("FREQ=DAILY;INTERVAL=10;UNTIL=20270201", ["2027-01-04", "2027-01-14", "2027-01-24"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=3", ["2027-01-04", "2027-01-06", "2027-01-18"]),
        ("FREQ=YEARLY;COUNT=4", ["2027-01-04"]),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", ["2027-01-04"]),
        ("FREQ=SECONDLY", ["2027-01-04"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;INTERVAL=0;COUNT=2", ["2027-01-31", "2027-02-28"]),
    ],
)
def test_rules_of_recurrence_are_followed_within_bounds(rule: str, days: list[str]) -> None:
    body = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:S\r\nDTSTART;VALUE=DATE:20270104\r\nRRULE:{rule}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    starts = [str(event(lead).start) for lead in found("calendar", body)]
    first = [] if days[0] == "2027-01-04" else ["2027-01-04"]
    assert starts == [*first, *days]


def one_event(*lines: str) -> list[Event]:
    body = "\r\n".join(("BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT", "END:VCALENDAR", ""))
    return [event(lead) for lead in found("calendar", body)]


@pytest.mark.parametrize(
    ("place", "words", "online"),
    [
        ("Online (Zoom)", "", True),
        ("Microsoft Teams Meeting", "", True),
        ("Zoom or Teams", "", True),
        ("https://meet.google.com/abc-defg-hij", "", True),
        ("Webinar https://example.org/join/or/watch", "", True),
        ("Quay House, Fenwick", "", False),
        ("Quay House, Fenwick", "Book online by Friday.", False),
        ("Quay House (room tbc)", "", False),
        ("Virtual Reality Lab, Fenwick", "", False),
        ("Quay House and online", "", None),
        ("Quay House / Zoom", "", None),
        ("Hybrid, Quay House", "", None),
        ("Quay House", "You can also join via Zoom.", None),
        ("https://fen.example/about-the-venue", "", None),
        ("See-Saw Centre", "", False),
        ("See our website", "", None),
        ("N/A", "", None),
        ("Venue TBC", "", None),
        ("Venue to be confirmed", "", None),
        ("TBC", "This is an online event.", True),
        ("", "", None),
        ("", "Register online at our site.", None),
        ("", "Join: https://us02web.zoom.us/j/123", True),
        ("", "Watch last month's: https://us02web.zoom.us/rec/share/x", None),
        ("", "We meet online and in person.", None),
        ("", "A webinar for wardens.", True),
        ("", "It takes place online.", True),
    ],
)
def test_an_event_is_online_or_at_a_place_by_what_it_says(place: str, words: str, online: bool | None) -> None:
    (only,) = one_event("SUMMARY:Supper", "DTSTART:20270303T180000Z", f"LOCATION:{place}", f"DESCRIPTION:{words}")
    assert only.online is online


def test_a_link_to_a_call_in_a_property_of_its_own_makes_an_event_online() -> None:
    (only,) = one_event("SUMMARY:Supper", "DTSTART:20270303T180000Z", "X-GOOGLE-CONFERENCE:https://meet.google.com/abc-defg-hij")
    assert only.online is True


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("20270703T000000", "20270703T000000", ("2027-07-03", "2027-07-03")),
        ("20270703T000000", "20270703T235900", ("2027-07-03", "2027-07-03")),
        ("20270703T000000", "20270704T000000", ("2027-07-03", "2027-07-03")),
        ("20270703T000000", "20270705T235959", ("2027-07-03", "2027-07-05")),
        ("20270703T000000", None, ("2027-07-03", "None")),
    ],
)
def test_midnight_to_midnight_is_a_day_without_a_time(start: str, end: str | None, days: tuple[str, str]) -> None:
    zone = ";TZID=Europe/London:"
    (only,) = one_event("SUMMARY:Fair", f"DTSTART{zone}{start}", *([f"DTEND{zone}{end}"] if end else []))
    assert (str(only.start), str(only.end), only.all_day) == (*days, True)
    assert [problem.split(":")[0] for problem in only.problems] == ["midnight_placeholder"]


@pytest.mark.parametrize(("start", "end"), [("T000000", "T013000"), ("T235900", "T235900"), ("T180000", "T235900")])
def test_a_time_of_its_own_stays_though_midnight_is_near(start: str, end: str) -> None:
    (only,) = one_event("SUMMARY:Vigil", f"DTSTART;TZID=Europe/London:20270703{start}", f"DTEND;TZID=Europe/London:20270703{end}")
    assert (only.all_day, only.problems, isinstance(only.start, datetime)) == (False, (), True)


def test_a_repeated_midnight_gives_days_and_keeps_its_exceptions() -> None:
    zone = ";TZID=Europe/London:"
    rule = ("RRULE:FREQ=WEEKLY;COUNT=3", f"EXDATE{zone}20270710T000000")
    shown = one_event("SUMMARY:Fair", f"DTSTART{zone}20270703T000000", f"DTEND{zone}20270703T235900", *rule)
    assert [(str(one.start), str(one.end)) for one in shown] == [("2027-07-03", "2027-07-03"), ("2027-07-17", "2027-07-17")]


def test_an_address_without_ics_gives_the_events_of_its_calendar() -> None:
    zone = ";TZID=America/New_York:"
    lines = ("SUMMARY:Potluck", f"DTSTART{zone}20271103T183000", f"DTEND{zone}20271103T203000", "LOCATION:Library\\, 2 Quay St")
    (only,) = one_event(*lines)
    assert (str(only.start), only.timezone, only.location) == ("2027-11-03 18:30:00-04:00", "America/New_York", "Library, 2 Quay St")


def test_a_calendar_has_a_name_and_a_web_page_is_none() -> None:
    assert sources.title(source("calendar"), page(case("calendar/fen.ics"))) == "Fen Network events"
    with pytest.raises(ParseError, match="is no calendar but a web page"):
        found("calendar", "<!doctype html><p>x")


# ---------------------------------------------------------------- options, addresses, offers


@pytest.mark.parametrize(
    ("kind", "options", "sentence"),
    [
        ("feeds", {}, "there is no kind of source 'feeds'; did you mean 'feed'?"),
        ("sitemap", {"includes": ["/x"]}, "a sitemap has no option 'includes'; did you mean 'include'?"),
        ("sitemap", {"include": [1]}, "a sitemap: include must be a list of texts, not [1]"),
        ("listing", {"select": {"itm": ".x"}}, "select has no option 'itm'; did you mean 'item'?"),
        ("listing", {"select": {"item": "..x"}}, "select: item is no CSS selector: "),
        ("listing", {"select": {"link": "a"}}, "select needs an `item`"),
        ("listing", {"follow": "yes"}, "a listing: follow must be true or false, not 'yes'"),
        ("feed", {"colour": "red"}, "a feed has no option 'colour'"),
    ],
)
def test_a_wrong_option_is_named_with_the_nearest_right_one(kind: str, options: Mapping[str, object], sentence: str) -> None:
    assert any(said.startswith(sentence) for said in sources.check(kind, options))


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("feed", {}),
        ("calendar", {}),
        ("sitemap", {"include": "/x/", "exclude": ["/y/"]}),
        ("listing", {"follow": False, "select": {"item": "div > .x", "link": "a"}}),
    ],
)
def test_right_options_are_let_through(kind: str, options: Mapping[str, object]) -> None:
    assert list(sources.check(kind, options)) == []


CHANNEL = "UC" + "a" * 22


@pytest.mark.parametrize(
    ("url", "fetched"),
    [
        (f"https://www.youtube.com/channel/{CHANNEL}", f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}"),
        ("https://youtube.com/playlist?list=PL1234567890", "https://www.youtube.com/feeds/videos.xml?playlist_id=PL1234567890"),
        ("https://www.youtube.com/@example", "https://www.youtube.com/@example"),
        ("https://podcasts.apple.com/gb/podcast/tea/id123456789", "https://itunes.apple.com/lookup?id=123456789&entity=podcast"),
        ("https://fen.example/feed", "https://fen.example/feed"),
    ],
)
def test_a_channel_address_becomes_its_feed(url: str, fetched: str) -> None:
    assert sources.address(source("feed", url)) == fetched
    assert sources.address(source("listing", url)) == url


def test_a_channel_page_leads_to_the_feed_that_it_names() -> None:
    feed = f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}"
    shown = page(f'<html><title>Fen - YouTube</title><script>{{"externalId":"{CHANNEL}"}}</script>', url="https://www.youtube.com/@fen")
    assert list(sources.leads(source("feed"), shown)) == [Request(url=feed)]
    assert sources.title(source("feed"), shown) is None
    assert offers(shown) == (Offer(kind="feed", url=feed, title="Fen"),)
    answer = page('{"resultCount": 1, "results": [{"feedUrl": "https://ward.example/rss"}]}')
    assert list(sources.leads(source("feed"), answer)) == [Request(url="https://ward.example/rss")]


@pytest.mark.parametrize(
    ("name", "kind", "title"),
    [("feed/podcast.xml", "feed", "Ward & Street"), ("sitemap/news.xml", "sitemap", ""), ("calendar/fen.ics", "calendar", "Fen Network events")],
)
def test_a_source_offers_itself(name: str, kind: str, title: str) -> None:
    assert offers(page(case(name), media_type="text/plain")) == (Offer(kind=kind, url="https://fen.example/list", title=title),)


def test_a_web_page_offers_its_feeds_itself_and_a_guess_at_its_sitemap() -> None:
    head = '<link rel="alternate" type="application/atom+xml" title="News" href="/news.atom"><title>Fen</title>'
    assert offers(page(f"<!doctype html><html><head>{head}</head><body><p>x</p></body></html>")) == (
        Offer(kind="feed", url="https://fen.example/news.atom", title="News"),
        Offer(kind="listing", url="https://fen.example/list", title="Fen"),
        Offer(kind="sitemap", url="https://fen.example/sitemap.xml", guess=True),
    )


@pytest.mark.parametrize("body", [b"", b"\x89PNG\r\n\x1a\n\x00\x00", b"plain words"])
def test_what_is_no_source_offers_nothing(body: bytes) -> None:
    assert offers(page(body)) == ()


# ---------------------------------------------------------------- any bytes

PIECES = st.sampled_from(
    [
        *("<rss>", "<channel>", "<item>", "</item>", "<title>", "<link>", "</link>", "https://a.example/x", "<feed>", "<entry>"),
        *("<![CDATA[", "]]>", "&amp;", "&", "<!DOCTYPE x [", "<urlset>", "<url>", "<loc>", "<!doctype html>", "<html>"),
        *(
            "<ul>",
            "<li>",
            "</li>",
            "<p>",
            "<br>",
            '<a href="/x">',
            '<a href="http://[">',
            "</a>",
            "Link to report",
            "<h3>",
            "<table>",
            "<base href='//['>",
        ),
        *("BEGIN:VCALENDAR\r\n", "BEGIN:VEVENT\r\n", "END:VEVENT\r\n", "END:VCALENDAR\r\n", "DTSTART:20270101\r\n", "RRULE:FREQ=DAILY\r\n"),
        *("DTSTART;TZID=Nowhere:20270101T990000\r\n", "RECURRENCE-ID:x\r\n", "UID:\r\n", "EXDATE:1,2\r\n"),
        *('{"items": [', '{"url": "x"}', "]}", "null", "\x00", "\ufffe", "\r\n", " – ", "Ada Marsh", "3 March 2026", "[", "\\"),
    ]
)
ANY = st.one_of(
    st.binary(max_size=300), st.lists(PIECES | st.text(max_size=20), max_size=25).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass"))
)


@pytest.mark.parametrize("kind", sources.KINDS)
@given(body=ANY)
def test_any_bytes_give_leads_to_the_web_or_a_parse_error(kind: str, body: bytes) -> None:
    try:
        leads = [one for one in sources.leads(source(kind), page(body)) if not isinstance(one, Mark)]
        sources.title(source(kind), page(body))
    except ParseError:
        leads = []
    assert all(urls.is_web(lead.url) for lead in leads)
    assert all(lead.title is None or (lead.title and not lead.title.isspace()) for lead in leads if isinstance(lead, Lead))


@given(body=ANY)
def test_any_bytes_offer_what_can_be_asked_for(body: bytes) -> None:
    assert all(urls.is_web(offer.url) and offer.kind in sources.KINDS for offer in offers(page(body)))


@given(
    titles=st.lists(
        st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc", "Cn", "Co", "Cf"]), min_size=1, max_size=40), min_size=1, max_size=8
    )
)
def test_a_feed_keeps_its_order_and_its_words(titles: list[str]) -> None:
    items = "".join(f"<item><title>{html.escape(html.escape(one))}</title><link>https://a.example/{n}</link></item>" for n, one in enumerate(titles))
    leads = found("feed", rss(items))
    assert [lead.url for lead in leads] == [f"https://a.example/{n}" for n in range(len(titles))]
    assert [lead.title or "" for lead in leads if "<" not in (lead.title or "")] == [" ".join(one.split()) for one in titles if "<" not in one]


# ---------------------------------------------------------------- real material


def _read(shown: Page) -> tuple[str | None, list[Lead | Request]]:
    offered = offers(shown)
    if not offered:
        return None, []
    chosen = replace(source(offered[0].kind), url=shown.url)
    try:
        return sources.title(chosen, shown), [one for one in sources.leads(chosen, shown) if not isinstance(one, Mark)]
    except ParseError:
        return None, []


def _checks(row: Mapping[str, Any], body: bytes) -> list[bool]:
    """Compare one feed of the corpus with what is expected of it: title, entries, and the first entry's title, link and day."""
    title, leads = _read(page(body, url=f"https://feeds.test/{row['file']}"))
    expected, entry = row["expected"], row["expected"].get("first_entry") or {}
    checks = [(expected.get("title"), title), (expected.get("entries"), len(leads))]
    if leads and isinstance(first := leads[0], Lead):
        checks += [(entry.get("title"), first.title), (entry.get("link"), first.url)]
        checks.append(((entry.get("published") or "")[:10], str(first.published)[:10]))
    return [str(have).strip() == str(want).strip() for want, have in checks if want not in (None, "")]


def test_real_feeds_are_read_as_expected(corpus: Path) -> None:
    rows = [json.loads(line) for line in (corpus / "feeds" / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    checks = [ok for row in rows for ok in _checks(row, (corpus / "feeds" / row["file"]).read_bytes())]
    assert sum(checks) / len(checks) >= FEEDS_FLOOR


def test_real_listings_are_cut_as_expected(corpus: Path) -> None:
    folder = corpus / "listings"
    files = {row["url"]: row["file"] for row in map(json.loads, (folder / "web.jsonl").read_text(encoding="utf-8").splitlines())}
    right = claimed = wanted = 0
    for row in map(json.loads, (folder / "gold.jsonl").read_text(encoding="utf-8").splitlines()):
        gold = {urls.canonical(item["url"]) for item in row["items"] if item.get("url")}
        leads = [
            lead
            for at in row["pages"]
            for lead in sources.leads(source("listing", at["url"]), page((folder / files[at["url"]]).read_bytes(), url=at["url"]))
            if isinstance(lead, Lead) and lead.page
        ]
        mine = {urls.canonical(lead.url) for lead in leads}
        right, claimed, wanted = right + len(gold & mine), claimed + len(mine), wanted + len(gold)
    assert 2 * right / (claimed + wanted) >= LISTINGS_FLOOR
