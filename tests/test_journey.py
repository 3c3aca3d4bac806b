"""One resource from the bytes of a feed to a mail in somebody's box, by the commands that a curator types. Web, database and mail server are real."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import httpx
import pypdfium2
import pytest
from icalendar import Calendar, Event
from lxml import etree

from pipeline.config import load
from pipeline.model import ItemId
from pipeline.render import FORMATS
from pipeline.web import create_app
from tests.desk import Desk, Done
from tests.smtp import Postbox, postbox
from tests.web import Web

EDITION = "2026-11"
SECRET = "Minutes that only members may read"
TITLE = "How twelve practices learn from one another"
WORDS = "The practices met every month and told one another what had gone wrong and what had helped, and after a year they wrote it down. "
CARE = "On the island the clinic opens when the ferry lands, and the nurse knows each patient by the boat on which he came across the water. "
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>North notes</title><link>http://north.example/</link><description>d</description>
<item><title>How twelve practices learn from one another</title><link>http://north.example/practices?utm_source=rss</link></item>
<item><title>The ferry and the clinic</title><link>http://north.example/ferry</link></item></channel></rss>"""
LISTING = """<ul><li><a href='http://north.example/practices'>Link to report</a></li>
<li><a href='http://south.example/reprint'>Link to article</a></li>
<li><a href='http://south.example/lamps'>Link to blog</a></li></ul>"""
EVENTS = """BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//North//EN\r\nBEGIN:VEVENT\r\nUID:meeting@north.example\r\nDTSTAMP:20260101T000000Z\r
SUMMARY:The networks meet in Leeds\r\nDTSTART;TZID=Europe/London:20990610T100000\r\nDTEND;TZID=Europe/London:20990610T160000\r
LOCATION:Leeds\r\nDESCRIPTION:A day of offers and requests.\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"""
SOURCES = """[{id: north, kind: feed, url: "http://north.example/feed"}, {id: shelf, kind: listing, url: "http://south.example/shelf"},
  {id: diary, kind: calendar, url: "http://north.example/events.ics"}]"""


def article(title: str, words: str) -> str:
    body = "".join(f"<p>{words}</p>" for _ in range(6))
    return f"<!doctype html><html lang='en'><title>{title}</title><body><main><h1>{title}</h1><p>By Ada Marsh</p>{body}</main></body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """What the whole way left behind, step by step."""

    desk: Desk
    box: Postbox
    harvest: list[dict[str, object]]
    queue: list[dict[str, object]]
    item: int
    words: dict[str, Done]
    files: dict[str, bytes]
    folder: Path

    def mails(self) -> dict[str, EmailMessage]:
        """What came into the boxes of the subscribers, the first each."""
        return {str(mail["To"]): mail for mail in self.box.mails}


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    folder = tmp_path_factory.mktemp("desk")
    with pytest.MonkeyPatch.context() as patch, Web() as web, postbox() as box:
        for name in ("NO_PROXY", "no_proxy"):
            patch.delenv(name, raising=False)
        for name, value in web.environment(folder).items():
            patch.setenv(name, value)
        web.put("http://north.example/feed", FEED, type="application/rss+xml").put("http://south.example/shelf", LISTING)
        web.put("http://north.example/events.ics", EVENTS, type="text/calendar")
        for address in ("http://north.example/practices?utm_source=rss", "http://north.example/practices", "http://south.example/reprint"):
            web.put(address, article(TITLE, WORDS))
        web.put("http://north.example/ferry", article("The ferry and the clinic", CARE))
        web.put("http://south.example/lamps", article("Why the lamps were out", "Nobody had asked the night staff about the lamps on the stairs. "))
        yield _made(Desk(folder, sources=SOURCES, port=box.port), box)


def _made(desk: Desk, box: Postbox) -> Journey:
    words = {"check": desk.run("check")}
    harvest = desk.must("harvest", "--all", "--workers", "1")
    (desk.folder / "members.jsonl").write_text(
        json.dumps({"id": "m1", "url": "https://intranet.example/minutes", "title": SECRET, "audience": "members", "text": "Salaries. " * 60})
    )
    desk.must("import", "items", str(desk.folder / "members.jsonl"))
    queue = desk.must("queue")
    number = {str(item["title"]): int(str(item["id"])) for item in queue}
    item = number[TITLE]
    words |= {name: desk.run(name, str(item)) for name in ("show", "explain")}
    _decide(desk, number, words)
    words["build"] = desk.run("digest", "build", EDITION)
    words["release"] = desk.run("digest", "release", EDITION)
    folder = desk.folder / "digests" / EDITION
    _subscribe(desk)
    words["send"] = desk.run("send", EDITION)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    return Journey(desk=desk, box=box, harvest=harvest, queue=queue, item=item, words=words, files=files, folder=folder)


def printed(pdf: bytes) -> str:
    """Give the words of a PDF."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())
    finally:
        document.close()


def _decide(desk: Desk, number: dict[str, int], words: dict[str, Done]) -> None:
    item, ferry, lamps = (str(number[title]) for title in (TITLE, "The ferry and the clinic", "Why the lamps were out"))
    desk.must("accept", item, "--topic", "leadership", "--note", "Take page 4 to your next meeting.", "--by", "Sam")
    words["fold"] = desk.run("fold", item, lamps, "--by", "Sam", "--json")
    words["unfold"] = desk.run("unfold", lamps, "--by", "Sam", "--json")
    desk.must("reject", lamps, "--reason", "off topic", "--by", "Sam")
    words["undo"] = desk.run("undo", "--by", "Sam", "--json")
    words["lamps"] = desk.run("show", lamps, "--json")
    desk.must("accept", ferry, str(number["The networks meet in Leeds"]), str(number[SECRET]), "--by", "Sam")


def _subscribe(desk: Desk) -> None:
    desk.must("subscribers", "add", "ada@reader.example", "--name", "Ada Marsh", "--confirmed")
    (desk.folder / "readers.csv").write_text(
        "email,name,consented_at\nben@reader.example,Ben Okafor,2026-01-05\nADA@reader.example,Ada again,2026-01-05\n"
    )
    assert desk.must("subscribers", "import", str(desk.folder / "readers.csv"))[0]["new"] == 1


def test_the_settings_are_read_and_the_sources_asked(journey: Journey) -> None:
    assert journey.words["check"].out == "sources.yaml: 3 sources, 2 topics, 0 collections; all is well.\n"
    counts = {str(line["source"]): (line["found"], line["failed"], line["error"]) for line in journey.harvest[:-1]}
    assert counts == {"north": (2, 0, None), "shelf": (3, 0, None), "diary": (1, 0, None)}


def test_the_queue_shows_each_resource_once_with_every_place_where_it_was_seen(journey: Journey) -> None:
    titles = sorted(str(item["title"]) for item in journey.queue)
    assert titles == sorted([TITLE, "The ferry and the clinic", "Why the lamps were out", "The networks meet in Leeds", SECRET])
    with journey.desk.store() as store:
        found = store.item(ItemId(journey.item))
        assert store.find("http://south.example/reprint") == found.id
    assert sorted((sighting.lead.source, sighting.lead.url) for sighting in found.sightings) == [
        ("north", "http://north.example/practices?utm_source=rss"),
        ("shelf", "http://north.example/practices"),
        ("shelf", "http://south.example/reprint"),
    ]


def test_show_and_explain_say_where_each_field_and_topic_comes_from(journey: Journey) -> None:
    assert TITLE in journey.words["show"].out
    assert "[" in next(line for line in journey.words["show"].out.splitlines() if line.strip().startswith("title"))
    assert "topic learning" in journey.words["explain"].out
    assert "practices" in journey.words["explain"].out


def test_folding_unfolding_and_undoing_leave_the_item_as_it_was(journey: Journey) -> None:
    assert journey.words["fold"].lines[0]["id"] == journey.item
    assert journey.words["unfold"].lines[0]["state"] == "queued"
    assert "is taken back; the item is queued again" in journey.words["undo"].lines[0]["undone"][0]
    assert journey.words["lamps"].lines[0]["state"] == "queued"


def test_the_manifest_names_every_file_by_its_true_hash(journey: Journey) -> None:
    manifest = json.loads(journey.files["manifest.json"])["files"]
    assert set(manifest) == {kind.filename for kind in FORMATS.values()}
    assert manifest == {name: hashlib.sha256(journey.files[name]).hexdigest() for name in manifest}


def test_the_pdf_prints_title_note_and_address(journey: Journey) -> None:
    words = printed(journey.files["digest.pdf"])
    assert TITLE in words
    assert "Take page 4 to your next meeting." in words


def test_the_feed_is_atom_and_links_to_the_resource(journey: Journey) -> None:
    root = etree.fromstring(journey.files["atom.xml"])
    atom = "{http://www.w3.org/2005/Atom}"
    assert root.tag == f"{atom}feed"
    links = {link.get("href") for link in root.iterfind(f"{atom}entry/{atom}link")}
    assert any("north.example/practices" in str(link) for link in links), links


def test_the_calendar_holds_the_event_at_its_time(journey: Journey) -> None:
    (event,) = Calendar.from_ical(journey.files["events.ics"]).walk("VEVENT")
    assert isinstance(event, Event)
    assert isinstance(event.start, datetime)
    assert str(event["summary"]) == "The networks meet in Leeds"
    assert event.start.astimezone(UTC) == datetime(2099, 6, 10, 9, 0, tzinfo=UTC)


def test_each_subscriber_has_one_mail_with_text_and_html_and_the_headers_of_a_list(journey: Journey) -> None:
    assert "2 sent" in journey.words["send"].out
    assert sorted(journey.box.recipients) == ["ada@reader.example", "ben@reader.example"]
    assert {sender for sender, _, _ in journey.box.envelopes} == {"bounces@example.org"}
    for address, mail in journey.mails().items():
        assert address in journey.box.recipients
        assert str(mail["From"]) == "What's new <digest@example.org>"
        assert str(mail["Subject"]) == "What's new: November 2026"
        assert str(mail["List-Id"]) == "<whats-new.digest.example.org>"
        assert str(mail["List-Unsubscribe"]).startswith("<https://digest.example.org/unsubscribe/")
        text = mail.get_body(("plain",))
        assert text is not None
        assert "Change what you get: https://digest.example.org/preferences/" in text.get_content()
        assert str(mail["Message-ID"]).endswith("@digest.example.org>")
        for kind in ("plain", "html"):
            part = mail.get_body((kind,))
            assert part is not None
            assert TITLE in " ".join(part.get_content().split())
            assert "@@" not in part.get_content()
    assert len({mail["Message-ID"] for mail in journey.box.mails}) == 2


def test_a_second_sending_sends_nothing_but_reaches_who_came_since(journey: Journey) -> None:
    before = len(journey.box.envelopes)
    assert "2 sent" in journey.desk.run("send", EDITION).out
    assert len(journey.box.envelopes) == before
    journey.desk.must("subscribers", "add", "chi@reader.example", "--confirmed")
    try:
        assert "3 sent" in journey.desk.run("send", EDITION).out
        assert journey.box.recipients[before:] == ["chi@reader.example"]
    finally:
        del journey.box.envelopes[before:]


def test_a_second_release_writes_the_same_bytes(journey: Journey) -> None:
    assert journey.desk.run("digest", "release", EDITION).code == 0
    assert {path.name: path.read_bytes() for path in journey.folder.iterdir()} == journey.files


def test_what_only_members_may_read_is_in_no_public_output(journey: Journey) -> None:
    number = next(int(str(item["id"])) for item in journey.queue if item["title"] == SECRET)
    assert journey.desk.must("show", str(number))[0]["state"] == "accepted"
    for name, body in journey.files.items():
        assert b"Minutes that only" not in body, name
        assert b"Salaries" not in body, name
    assert "Minutes that only" not in printed(journey.files["digest.pdf"]) + printed(journey.files["digest-large-print.pdf"])
    assert not any(b"Minutes that only" in body for _, _, body in journey.box.envelopes)
    config = load(journey.desk.folder / "sources.yaml", {})
    app = create_app(config, journey.desk.store, lambda: datetime(2026, 11, 30, tzinfo=UTC))

    async def visit() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://digest.example.org") as client:
            return [await client.get(path) for path in ("/", f"/editions/{EDITION}", "/feeds/all.atom", "/calendar.ics", f"/items/{number}")]

    *pages, hidden = asyncio.run(visit())
    assert [page.status_code for page in pages] == [200] * 4
    assert hidden.status_code == 404
    assert all("Minutes that only" not in page.text for page in (*pages, hidden))
