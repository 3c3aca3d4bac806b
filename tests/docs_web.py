"""The web of the tutorial: a blog with a feed, a page that lists resources, and a calendar, as a reader of `docs/tutorial.md` may have them."""

from __future__ import annotations

import mailbox
from email.message import EmailMessage
from pathlib import Path

from tests.web import Web

TITLE = "How twelve practices learn from one another"
_TEXTS = {
    "https://lantern.example/practices": (
        TITLE,
        "The practices met every month and told one another what had gone wrong and what had helped, and then wrote it down. ",
    ),
    "https://lantern.example/ferry": (
        "The ferry and the clinic",
        "On the island the clinic opens when the ferry lands, and the nurse knows each patient by the boat. ",
    ),
    "https://harbour.example/guide": (
        "A guide to your first meeting",
        "Leadership of a community of practice begins with the list of those who are not in the room yet. ",
    ),
    "https://harbour.example/lamps": (
        "Ten lamps for your reception",
        "Order today and light up your waiting room with our new range of lamps at a special price for readers. ",
    ),
}
_FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>The Lantern</title><link>https://lantern.example/</link><description>d</description>
<item><title>How twelve practices learn from one another</title><link>https://lantern.example/practices?utm_source=rss</link></item>
<item><title>The ferry and the clinic</title><link>https://lantern.example/ferry</link></item></channel></rss>"""
_HOME = """<!doctype html><html lang="en"><title>The Lantern</title><link rel="alternate" type="application/rss+xml" href="/feed.xml">
<body><h1>The Lantern</h1><p>Stories of care on the coast.</p></body></html>"""
_LISTING = """<!doctype html><html lang="en"><title>Harbour resources</title><body><main><h1>Resources</h1><ul>
<li><h3><a href="/guide">A guide to your first meeting</a></h3><p>What to do before, and who brings the cake.</p></li>
<li><h3><a href="https://lantern.example/practices">How twelve practices learn from one another</a></h3><p>A year of mornings.</p></li>
<li><h3><a href="/lamps">Ten lamps for your reception</a></h3><p>Sponsored.</p></li></ul></main></body></html>"""
_EVENTS = """BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Almanac//EN\r\nX-WR-CALNAME:Almanac\r\nBEGIN:VEVENT\r\nUID:meeting@almanac.example\r
DTSTAMP:20260101T000000Z\r\nSUMMARY:The networks meet in Leeds\r\nDTSTART;TZID=Europe/London:20990610T100000\r
DTEND;TZID=Europe/London:20990610T160000\r\nLOCATION:Leeds\r\nDESCRIPTION:A day of offers and requests.\r
END:VEVENT\r\nEND:VCALENDAR\r\n"""
_OPML = """<?xml version="1.0"?><opml version="2.0"><head><title>Subscriptions</title></head><body><outline text="Care">
<outline text="The Lantern" type="rss" xmlUrl="https://lantern.example/feed.xml" htmlUrl="https://lantern.example/"/>
<outline text="North" type="rss" xmlUrl="https://north.example/feed.xml"/></outline></body></opml>"""
_ISSUE = """# What's new, March 2026

## Practical tools

- [A checklist for hand-over](https://harbour.example/checklist). Five lines for the end of a shift.
- [The quiet hour](https://harbour.example/quiet). How one ward stopped ringing.

## Case studies

- [Why the door stayed open](https://lantern.example/door). A clinic and its street.
"""
_SUBSCRIBED = """"Email Address","First Name","Last Name",OPTIN_TIME,CONFIRM_TIME,TAGS
ada@reader.example,Ada,Marsh,"2025-01-10 08:00:01","2025-01-10 08:05:40",
ben@reader.example,Ben,Okafor,"2025-02-02 10:00:00","2025-02-02 10:01:00",
"""
_LEFT = """"Email Address","First Name","Last Name",OPTIN_TIME,CONFIRM_TIME,UNSUB_TIME
chi@reader.example,Chi,Nakamura,"2024-03-15 10:00:00","2024-03-15 10:01:00","2025-01-01 09:00:00"
"""


def furnished(web: Web) -> Web:
    """Put every page of the tutorial there."""
    web.put("https://lantern.example/", _HOME).put("https://lantern.example/feed.xml", _FEED, type="application/rss+xml")
    web.put("https://lantern.example/practices?utm_source=rss", _article(*_TEXTS["https://lantern.example/practices"]))
    web.put("https://harbour.example/resources", _LISTING).put("https://almanac.example/events.ics", _EVENTS, type="text/calendar")
    for address, (title, words) in _TEXTS.items():
        web.put(address, _article(title, words))
    return web


def _article(title: str, words: str) -> str:
    body = "".join(f"<p>{words}</p>" for _ in range(6))
    return f"<!doctype html><html lang='en'><title>{title}</title><body><main><h1>{title}</h1><p>By Ada Marsh</p>{body}</main></body></html>"


def belongings(folder: Path) -> None:
    """Put beside the desk what the how-tos begin with: a list of feeds, past issues, alert mails and a list of readers."""
    (folder / "past-issues").mkdir(parents=True)
    for name, words in {
        "subscriptions.opml": _OPML,
        "past-issues/letter-2026-03.md": _ISSUE,
        "subscribed.csv": _SUBSCRIBED,
        "unsubscribed.csv": _LEFT,
    }.items():
        (folder / name).write_text(words, encoding="utf-8")
    box = mailbox.mbox(folder / "alerts.mbox")
    box.add(_alert())
    box.close()


def _alert() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Alerts <alerts@harbour.example>", "desk@harbour.example", "New this week"
    mail["Date"], mail["Message-ID"], mail["List-Id"] = "Mon, 02 Nov 2026 08:00:00 +0000", "<week-1@harbour.example>", "<alerts.harbour.example>"
    mail.set_content(
        "New this week\n\nA guide to your first meeting\nhttps://harbour.example/guide\n\nThe ferry and the clinic\nhttps://lantern.example/ferry\n"
    )
    return mail
