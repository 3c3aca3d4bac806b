"""What a visit asks for beside its page: oEmbed documents, transcripts, the events of a calendar file, the picture of a report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.harvest.work import shards
from pipeline.model import Claim, Item, Kind, Lead, Source
from pipeline.store import ItemQuery, Store
from tests.test_extract import pdf
from tests.test_harvest import FEED, LISTING, WORDS, article, config, feed, run
from tests.web import Web

HOME = "http://north.example"
PLAYER = "<h1>How wards share a nurse</h1><p>Three wards, one nurse and a year of trying things out together.</p><div id=player></div>"
SAID = {"version": "1.0", "type": "video", "title": "How wards share a nurse", "author_name": "North Ward Films", "thumbnail_url": "/still.jpg"}
SPOKEN = "Good morning. Nobody had asked the night staff, and so nobody knew that the lamps were out. " * 20


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Web]:
    with Web() as web:
        for name, value in web.environment(tmp_path).items():
            monkeypatch.setenv(name, value)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        yield web


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as store:
        yield store


def player(
    link: str, *, ld: str = '{"@type": "VideoObject", "name": "How wards share a nurse", "description": "A film."}', body: str = PLAYER
) -> str:
    return (
        f"<html lang='en'><head><title>How wards share a nurse</title><script type='application/ld+json'>{ld}</script>"
        f"<link rel='alternate' type='application/json+oembed' href='{link}'></head><body><main>{body}</main></body></html>"
    )


def harvested(web: Web, store: Store, tmp_path: Path, *links: str, source: Source = FEED) -> tuple[Item, ...]:
    web.put(source.url, feed(*links), type="application/rss+xml")
    run(config(tmp_path, source), store)
    return store.items(ItemQuery(limit=100))


def asked(web: Web, path: str) -> int:
    return sum(one.url.startswith(path) for one in web.asked)


# ---------------------------------------------------------------- oEmbed


def test_a_film_whose_page_says_little_is_completed_by_its_own_hosts_document(web: Web, store: Store, tmp_path: Path) -> None:
    web.put(f"{HOME}/film", player(f"{HOME}/oembed"))
    web.put(
        f"{HOME}/oembed",
        json.dumps(SAID | {"duration": 754, "html": "<script>alert(1)</script><iframe src='//evil.example'>"}),
        type="application/json",
    )
    (item,) = harvested(web, store, tmp_path, f"{HOME}/film")
    found = item.resource
    assert (found.publisher, found.image, found.duration) == ("North Ward Films", f"{HOME}/still.jpg", timedelta(seconds=754))
    assert {name for name, rule in found.origin.items() if rule == "oembed"} == {"publisher", "image", "duration"}
    assert "evil" not in repr(found)
    assert asked(web, f"{HOME}/oembed") == 1


def test_what_the_page_says_stands_and_nothing_is_asked_for_that_is_there(web: Web, store: Store, tmp_path: Path) -> None:
    whole = {
        "@type": "VideoObject", "name": "How wards share a nurse", "duration": "PT4M", "author": {"@type": "Person", "name": "Ada Marsh"},
        "publisher": {"name": "North"}, "thumbnailUrl": f"{HOME}/own.jpg",
    }  # fmt: skip
    web.put(f"{HOME}/film", player(f"{HOME}/oembed", ld=json.dumps(whole)))
    web.put(f"{HOME}/story", article("How practices learn").replace("</head>", f"<link type='application/json+oembed' href='{HOME}/oembed'></head>"))
    web.put(f"{HOME}/oembed", json.dumps(SAID), type="application/json")
    items = harvested(web, store, tmp_path, f"{HOME}/film", f"{HOME}/story")
    assert {item.resource.kind for item in items} == {Kind.VIDEO, Kind.ARTICLE}
    assert asked(web, f"{HOME}/oembed") == 0


@pytest.mark.parametrize(
    ("document", "media_type"),
    [
        (b"no json", "application/json"),
        (b"{" * 100_000, "application/json"),
        (b"[1, 2]", "application/json"),
        (b'{"title": {"a": 1}, "author_name": ["x"], "thumbnail_url": 7, "duration": -1}', "application/json"),
        (b'{"duration": 1e999, "thumbnail_url": "javascript:alert(1)"}', "application/json"),
        (b'<!DOCTYPE o [<!ENTITY a SYSTEM "file:///etc/passwd">]><oembed><author_name>&a;</author_name></oembed>', "text/xml"),
        (b'{"author_name": "' + b"x" * 250_000 + b'"}', "application/json"),
    ],
    ids=["no json", "deep", "list", "other types", "no number", "entity", "too long"],
)
def test_a_document_that_is_none_changes_nothing(web: Web, store: Store, tmp_path: Path, document: bytes, media_type: str) -> None:
    web.put(f"{HOME}/film", player(f"{HOME}/oembed"))
    web.put(f"{HOME}/oembed", document, type=media_type)
    (item,) = harvested(web, store, tmp_path, f"{HOME}/film")
    assert (item.title, item.resource.publisher, item.resource.image) == ("How wards share a nurse", None, None)
    assert "oembed" not in item.resource.origin.values()


def test_an_xml_document_is_read_too(web: Web, store: Store, tmp_path: Path) -> None:
    web.put(f"{HOME}/film", player(f"{HOME}/oembed").replace("json+oembed", "xml+oembed").replace("application/xml", "text/xml"))
    web.put(f"{HOME}/oembed", "<?xml version='1.0'?><oembed><type>video</type><author_name>North Ward Films</author_name></oembed>", type="text/xml")
    (item,) = harvested(web, store, tmp_path, f"{HOME}/film")
    assert item.resource.publisher == "North Ward Films"


def test_a_document_that_robots_may_not_see_is_not_asked_for(web: Web, store: Store, tmp_path: Path) -> None:
    web.put(f"{HOME}/robots.txt", "User-agent: *\nDisallow: /oembed", type="text/plain")
    web.put(f"{HOME}/film", player(f"{HOME}/oembed"))
    web.put(f"{HOME}/oembed", json.dumps(SAID), type="application/json")
    (item,) = harvested(web, store, tmp_path, f"{HOME}/film")
    assert item.resource.publisher is None
    assert asked(web, f"{HOME}/oembed") == 0


SHELL = "<html><head><title>North</title><link rel=alternate type='application/json+oembed' href='{}'></head><body><div id=app></div></body></html>"


def test_behind_an_empty_shell_the_document_speaks(web: Web, store: Store, tmp_path: Path) -> None:
    web.put(f"{HOME}/film", SHELL.format(f"{HOME}/oembed"))
    web.put(f"{HOME}/oembed", json.dumps(SAID | {"title": "The lamps were out"}), type="application/json")
    (item,) = harvested(web, store, tmp_path, f"{HOME}/film")
    assert (item.title, item.resource.kind, item.resource.publisher) == ("The lamps were out", Kind.VIDEO, "North Ward Films")
    assert item.resource.origin["title"] == "oembed"
    assert item.resource.url == f"{HOME}/film"


def test_a_document_at_another_host_is_asked_in_that_hosts_turn(web: Web, store: Store, tmp_path: Path) -> None:
    web.put(f"{HOME}/film", SHELL.format("http://films.example/oembed"))
    web.put("http://films.example/oembed", json.dumps(SAID), type="application/json")
    (item,) = harvested(web, store, tmp_path, f"{HOME}/film")
    assert (item.title, item.resource.url) == ("How wards share a nurse", f"{HOME}/film")
    assert [one.url for one in web.asked if "oembed" in one.url] == ["http://films.example/oembed"]


def test_a_wall_whose_document_says_nothing_stays_a_wall(web: Web, store: Store, tmp_path: Path) -> None:
    web.put("http://south.example/resources", f"<ul><li><a href='{HOME}/film'>Read more</a></li></ul>")
    web.put(f"{HOME}/film", SHELL.format(f"{HOME}/oembed"))
    web.put(f"{HOME}/oembed", "{}", type="application/json")
    run(config(tmp_path, LISTING), store)
    assert not store.items(ItemQuery(limit=10))
    assert "holds no text" in (store.reason(f"{HOME}/film") or "")


# ---------------------------------------------------------------- transcripts


def podcast(episode: str, *, words: str) -> str:
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><title>Night talk</title>'
        f"<item><title>The lamps</title><link>{episode}</link><enclosure url='{HOME}/lamps.mp3' type='audio/mpeg' length='1'/>"
        f"<podcast:transcript url='{words}.json' type='application/json'/><podcast:transcript url='{words}.srt' type='application/x-subrip'/>"
        f"<podcast:transcript url='{words}.exe' type='application/x-msdownload'/></item></channel></rss>"
    )


def subtitles(words: str) -> str:
    lines = words.split(". ")
    return "\n\n".join(f"{n}\n00:00:{n % 60:02},000 --> 00:00:{n % 60:02},900\n<i>{line}.</i>" for n, line in enumerate(lines) if line)


def test_an_episode_has_the_words_of_its_transcript_for_its_text(web: Web, store: Store, tmp_path: Path) -> None:
    web.put(FEED.url, podcast(f"{HOME}/lamps", words="http://words.example/lamps"), type="application/rss+xml")
    web.put(f"{HOME}/lamps", article("The lamps", "Ada Marsh asks the night staff. "))
    web.put("http://words.example/lamps.srt", subtitles(SPOKEN), type="application/x-subrip")
    run(config(tmp_path, FEED), store)
    (item,) = store.items(ItemQuery(limit=10))
    found = item.resource
    assert (found.kind, found.origin["text"], found.minutes) == (Kind.PODCAST, "transcript", None)
    assert found.text.startswith("Good morning. Nobody had asked the night staff")
    assert "-->" not in found.text
    assert "<i>" not in found.text
    assert asked(web, "http://words.example/lamps") == 1


def test_a_page_that_says_more_than_its_transcript_keeps_its_text(web: Web, store: Store, tmp_path: Path) -> None:
    web.put(FEED.url, podcast(f"{HOME}/lamps", words=f"{HOME}/words"), type="application/rss+xml")
    web.put(f"{HOME}/lamps", article("The lamps", WORDS))
    web.put(f"{HOME}/words.srt", subtitles("Hello there. Goodbye."), type="application/x-subrip")
    run(config(tmp_path, FEED), store)
    (item,) = store.items(ItemQuery(limit=10))
    assert item.resource.origin["text"] == "trafilatura"


@pytest.mark.parametrize(
    "link",
    [
        "<video><track kind='chapters' src='/no.vtt'>"
        "<track kind='captions' srclang='de' src='/de.vtt'><track kind='captions' srclang='en' src='/words.vtt'></video>",
        "<p><a href='/words.vtt'>Read the transcript</a></p>",
        "<p><a href='/words.vtt'>Download the full video transcript (VTT)</a></p>",
    ],
)
def test_captions_and_a_link_called_transcript_are_found_on_the_page(web: Web, store: Store, tmp_path: Path, link: str) -> None:
    web.put(f"{HOME}/film", player(f"{HOME}/none", body=PLAYER + link))
    web.put(f"{HOME}/words.vtt", f"WEBVTT\n\nNOTE nobody says this\n\n00:01.000 --> 00:02.000 align:start\n<v Ada>{SPOKEN}</v>\n", type="text/vtt")
    (item,) = harvested(web, store, tmp_path, f"{HOME}/film")
    assert item.resource.text.startswith("Good morning.")
    assert "nobody says" not in item.resource.text


@pytest.mark.parametrize(
    "link",
    [
        "<a href='http://other.example/words.txt'>Transcript</a>",
        "<a href='#transcript'>Transcript</a>",
        "<a href='/words.txt'>Why a transcript is no minute of a meeting</a>",
        "<a href='javascript:show()'>Transcript</a>",
    ],
)
def test_no_other_link_is_taken_for_a_transcript(web: Web, store: Store, tmp_path: Path, link: str) -> None:
    web.put(f"{HOME}/film", player(f"{HOME}/none", body=f"{PLAYER}<p>{link}</p>"))
    web.put(f"{HOME}/words.txt", SPOKEN, type="text/plain")
    web.put("http://other.example/words.txt", SPOKEN, type="text/plain")
    (item,) = harvested(web, store, tmp_path, f"{HOME}/film")
    assert "Good morning" not in item.resource.text
    assert asked(web, f"{HOME}/film") == 1


def test_a_host_of_transcripts_is_asked_by_one_worker_alone() -> None:
    def claim(number: int, host: str, words: str | None) -> Claim:
        lead = Lead(source="s", url=f"https://{host}/{number}", transcript=words)
        return Claim(id=number, lead=lead, url=lead.url)

    claims = [claim(n, f"h{n}.example", "https://words.example/a" if n in (1, 4) else None) for n in range(6)]
    cut = shards(claims, most=1, robots={"words.example": "", "h0.example": ""})
    assert sorted(len(one.claims) for one in cut) == [1, 1, 1, 1, 2]
    (both,) = [one for one in cut if len(one.claims) == 2]
    assert {one.id for one in both.claims} == {1, 4}
    assert both.robots == {"words.example": ""}


# ---------------------------------------------------------------- calendars


def calendar(*events: tuple[str, str, str]) -> str:
    entries = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\nSUMMARY:{title}\r\nDTSTART:{day}\r\nLOCATION:Mill Hall\r\n{more}END:VEVENT\r\n"
        for n, (title, day, more) in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{entries}END:VCALENDAR\r\n"


@pytest.mark.parametrize("media_type", ["text/calendar", "application/octet-stream", "text/plain"])
def test_a_link_to_a_calendar_file_is_the_event_in_it(web: Web, store: Store, tmp_path: Path, media_type: str) -> None:
    web.put(f"{HOME}/go.ics", calendar(("Open evening", "20280510T183000Z", "")), type=media_type)
    (item,) = harvested(web, store, tmp_path, f"{HOME}/go.ics")
    assert item.event is not None
    assert (item.title, item.resource.kind, item.event.location) == ("Open evening", Kind.EVENT, "Mill Hall")
    assert item.event.start is not None
    assert item.event.start.isoformat() == "2028-05-10T18:30:00+00:00"
    assert item.resource.origin["event"] == "calendar"


def test_of_several_events_the_next_is_the_item_and_the_others_come_as_leads(web: Web, store: Store, tmp_path: Path) -> None:
    web.put(
        f"{HOME}/ical/",
        calendar(("Autumn supper", "20281103T183000Z", ""), ("Spring supper", "20280317T183000Z", ""), ("Last year", "20200101", "")),
        type="text/calendar",
    )
    items = harvested(web, store, tmp_path, f"{HOME}/ical/")
    found = {item.title: item for item in items}
    assert set(found) == {"Spring supper", "Autumn supper"}
    assert found["Spring supper"].resource.url == f"{HOME}/ical/"
    assert found["Spring supper"].resource.origin["event"] == "calendar, the first to come; it names 1 other event"
    assert found["Autumn supper"].resource.url.startswith(f"{HOME}/ical/#/")
    assert asked(web, f"{HOME}/ical/") == 1


def test_calendars_that_name_each_other_come_to_an_end(web: Web, store: Store, tmp_path: Path) -> None:
    for n in range(6):
        entries = (("Near", f"202801{n + 10}", ""), ("Far", "20281231", f"URL:{HOME}/{n + 1}.ics\r\n"))
        web.put(f"{HOME}/{n}.ics", calendar(*entries), type="text/calendar")
    harvested(web, store, tmp_path, f"{HOME}/0.ics")
    assert [path for path in web.paths if path.endswith(".ics")] == ["/0.ics", "/1.ics"]


def test_a_calendar_without_events_is_what_its_lead_says(web: Web, store: Store, tmp_path: Path) -> None:
    web.put(f"{HOME}/a.ics", calendar(), type="text/calendar")
    web.put(f"{HOME}/b.ics", "BEGIN:VCALENDAR\r\nnonsense", type="text/calendar")
    items = harvested(web, store, tmp_path, f"{HOME}/a.ics", f"{HOME}/b.ics")
    assert {item.title for item in items} == {"Item 0", "Item 1"}


# ---------------------------------------------------------------- pictures


def report(web: Web, *lines: tuple[int, str], **more: Any) -> None:
    web.put(f"{HOME}/report.pdf", pdf(*lines, **more), type="application/pdf")


def test_a_report_comes_with_a_picture_of_its_first_page(web: Web, store: Store, tmp_path: Path) -> None:
    report(web, (24, "What three networks learnt"))
    (item,) = harvested(web, store, tmp_path, f"{HOME}/report.pdf")
    drawn = store.picture(item.id)
    assert drawn is not None
    assert drawn.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(drawn) <= 60_000
    assert replace(item) == store.item(item.id)


def test_a_report_without_a_page_to_see_has_none(web: Web, store: Store, tmp_path: Path) -> None:
    report(web)
    (item,) = harvested(web, store, tmp_path, f"{HOME}/report.pdf")
    assert store.picture(item.id) is None
    assert not store.has_picture(item.id)
