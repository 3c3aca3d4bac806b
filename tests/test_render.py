"""Every format of an edition: what it says, that it lets nothing in, and that the same edition gives the same bytes."""

from __future__ import annotations

import hashlib
import html
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pipeline import dates
from pipeline.errors import RenderError
from pipeline.model import Credit, Edition, EditionState, Entry, Event, ItemId, Kind, Section, Tally, TopicTrend
from pipeline.plain import from_plain
from pipeline.render import FORMATS, fonts, render, words
from pipeline.render.cover import cover
from pipeline.render.palette import BRIGHTS, HUES, INK, NIGHT, PAPER, SOFT
from pipeline.render.prepare import line, link, prepare
from tests import builders

CASES = Path(__file__).parent / "cases" / "render"
ATOM = {"a": "http://www.w3.org/2005/Atom"}


def holding(*entries: Entry, **changes: Any) -> Edition:
    return builders.edition(sections=(Section(id="evidence", title="Reports", entries=entries),) if entries else (), **changes)


def happening(number: int, start: date | None, end: date | None = None, **changes: Any) -> Entry:
    event = Event(start=start, end=end, **changes)
    return builders.entry(id=ItemId(number), kind=Kind.EVENT, kind_name="Event", title=f"Event number {number}", event=event)


def full(count: int = 60) -> Edition:
    made = [
        builders.entry(id=ItemId(n), title=f"Entry number {n} of many", lead=n % 15 == 0, topics=(f"Topic {n % 7}",), duration_minutes=n or None)
        for n in range(count)
    ]
    sections = tuple(
        Section(id=f"s{place}", title=f"Section {place}", standfirst="Said in a line.", entries=tuple(made[start : start + 15]))
        for place, start in enumerate(range(0, count, 15))
    )
    return builders.edition(
        sections=sections,
        picks=(ItemId(0), ItemId(20), ItemId(40)),
        tally=Tally(received=400, folded=30, sources=12),
        months=("Oct", "Nov"),
        trends=(TopicTrend(topic="Topic 1", counts=(3, 9)),),
    )


def body(edition: Edition, format: str) -> str:
    return render(edition, format).body.decode()


def pages(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()


def words_of(pdf: bytes) -> str:
    return " ".join(" ".join(pages(pdf)).replace("\ufffe", "-").split())


def soup(edition: Edition, format: str = "html") -> BeautifulSoup:
    return BeautifulSoup(body(edition, format), "lxml")


# ---------------------------------------------------------------- all formats


def test_every_format_has_the_file_that_the_interface_names() -> None:
    assert [one.filename for one in FORMATS.values()] == [
        *("digest.pdf", "digest-large-print.pdf", "one-page.pdf", "index.html", "email.html", "email.txt", "digest.eml", "teaser.txt"),
        *("digest.md", "atom.xml", "feed.json", "events.ics", "digest.ris", "digest.bib", "digest.csl.json", "edition.json"),
    ]


def test_an_unknown_format_is_refused_by_name() -> None:
    with pytest.raises(RenderError, match="There is no format 'docx'") as caught:
        render(builders.edition(), "docx")
    assert "pdf" in caught.value.hint


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("count", [0, 1, 61])
def test_the_same_edition_gives_the_same_bytes(format: str, count: int) -> None:
    assert render(full(count), format) == render(full(count), format)


def test_another_process_gives_the_same_bytes() -> None:
    edition = builders.edition()
    code = (
        "import hashlib; from tests import builders; from pipeline.render import FORMATS, render\n"
        "for one in FORMATS: print(hashlib.sha256(render(builders.edition(), one).body).hexdigest())"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CASES.parents[2]).stdout.split()
    assert there == [hashlib.sha256(render(edition, one).body).hexdigest() for one in FORMATS]


@pytest.mark.parametrize("format", [one for one in FORMATS if one not in ("ics", "one-page", "draft", "teaser")])
def test_every_entry_is_in_every_format_once(format: str) -> None:
    edition = replace(full(), picks=())
    raw = render(edition, format).body
    text = " ".join(pages(raw)[3:]) if format.startswith("pdf") else html.unescape(raw.decode())
    for n in range(60):
        assert re.search(rf"Entry\s+number\s+{n}\s+of\s+many", text), n
    found = re.findall(r"Entry\s+number\s+\d+\s+of\s+many", re.sub(r'aria-label="[^"]*"', "", text))
    assert len(found) == 60 or format == "pdf-large"


def test_several_threads_may_print_at_once() -> None:
    with ThreadPoolExecutor(4) as crew:
        printed = set(crew.map(lambda _: render(full(4), "pdf").body, range(8)))
    assert printed == {render(full(4), "pdf").body}


HOSTILE = json.loads((CASES / "hostile.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_do_no_harm(format: str, name: str) -> None:
    said = HOSTILE[name]["text"] * HOSTILE[name].get("times", 1)
    bad = builders.entry(
        id=ItemId(2),
        url=said,
        title=said,
        blurb=said,
        note=said,
        source=said,
        language=said,
        topics=(said,),
        credits=(Credit(role=said, name=said),),
        event=Event(start=date(2026, 12, 2), location=said) if format == "ics" else None,
        lead=True,
    )
    good = builders.entry(event=Event(start=date(2026, 12, 1)) if format == "ics" else None)
    edition = holding(good, bad, letter=said, strap=said, editor=said, organisation=said, contact=said, picks=(ItemId(2),))
    raw = render(edition, format).body
    assert len(raw) < 2_000_000
    text = words_of(raw) if raw.startswith(b"%PDF") else raw.decode()
    assert "How a network learns" in text or format in ("one-page", "teaser")  # these name the picks alone
    if not raw.startswith(b"%PDF"):
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", text)


@pytest.mark.parametrize("format", ["html", "email"])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_markup_comes_in_with_words(format: str, name: str) -> None:
    said = HOSTILE[name]["text"]
    page = soup(holding(builders.entry(title=said, blurb=said, url=said, source=said, note=said, topics=(said,)), letter=said, strap=said), format)
    assert not page.find_all(["script", "iframe", "img", "object", "form", "base"])
    assert not [tag for tag in page.find_all(True) for name in tag.attrs if name.startswith("on")]
    assert all(re.match(r"https?:|mailto:|#|@@", str(tag["href"])) for tag in page.find_all(href=True))


texts = st.text(max_size=60)
hostile_entries = st.builds(
    lambda title, blurb, note, url, source, role: builders.entry(
        title=title, blurb=blurb, note=note, url=url, source=source, credits=(Credit(role=role, name=source),), topics=(source,)
    ),
    *(texts for _ in range(6)),
)


@settings(max_examples=15)
@given(hostile_entries, texts)
def test_any_text_survives_every_rendition(entry: Entry, said: str) -> None:
    edition = holding(entry, letter=said, title=said, organisation=said, strap=said)
    for format in FORMATS:
        assert render(edition, format).body
    made = prepare(edition)
    root = etree.fromstring(render(edition, "atom").body)
    assert root.findtext("a:entry/a:title", namespaces=ATOM) == made.sections[0].entries[0].title
    assert from_plain(Edition, json.loads(body(edition, "json"))) == made


@given(hostile_entries)
def test_cleaning_twice_changes_nothing(entry: Entry) -> None:
    once = prepare(holding(entry))
    assert prepare(once) == once


# ---------------------------------------------------------------- cleaning


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "ftp://x.example/", "//x.example", "https://a b", 'https://a"b', "", "x" * 3000]
)
def test_only_web_and_mail_are_links(url: str) -> None:
    assert link(url) == ""
    assert link("https://x.example/a?b=c#d") == "https://x.example/a?b=c#d"
    assert link("mailto:a@x.example") == "mailto:a@x.example"


def test_endless_titles_are_cut_between_words() -> None:
    cut = line("word " * 100_000, 300)
    assert len(cut) <= 300
    assert cut.endswith("word…")


def test_an_entry_without_a_title_shows_its_address() -> None:
    assert prepare(holding(builders.entry(title=" "))).sections[0].entries[0].title == "north.example/a"


def test_an_item_stands_once_in_an_edition() -> None:
    edition = prepare(holding(builders.entry(title="First"), builders.entry(title="Second")))
    assert [entry.title for section in edition.sections for entry in section.entries] == ["First"]


# ---------------------------------------------------------------- phrases


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Link to report"),
        ({"link_label": "Watch video", "duration_minutes": 5}, "Watch video · 5 minutes"),
        ({"duration_minutes": 1}, "Link to report · 1 minute"),
    ],
)
def test_a_link_says_what_it_does_and_how_long_it_takes(changes: dict[str, Any], said: str) -> None:
    assert words.action(builders.entry(**changes)) == said


def test_reading_time_is_said_in_one_way() -> None:
    assert words.reading(builders.entry(minutes=10)) == "10 minute read"
    assert words.reading(builders.entry(minutes=None, pages=24)) == "24 pages"
    assert words.reading(builders.entry(minutes=None)) == ""


def test_people_are_named_by_role() -> None:
    roles = (("author", "Ada"), ("author", "Ben"), ("speaker", "Cy"), ("posted by", "Di"), ("recommended by", "Eve"))
    made = builders.entry(credits=tuple(Credit(role=role, name=name) for role, name in roles))
    assert list(words.credit_lines(made)) == ["By Ada and Ben", "With Cy", "Posted by Di", "Recommended by Eve"]
    assert words.listed(["A", "B", "C", "D", "E"]) == "A, B, C and others"


LONDON = timezone(timedelta(0))


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (datetime(2026, 12, 2, 14, tzinfo=LONDON), datetime(2026, 12, 2, 15, 30, tzinfo=LONDON), "2 December 2026, 14:00–15:30"),
        (datetime(2026, 12, 2, 14, tzinfo=timezone(timedelta(hours=1))), None, "2 December 2026, 14:00 UTC+1"),
        (datetime(2026, 12, 2, 14, tzinfo=timezone(-timedelta(hours=3, minutes=30))), None, "2 December 2026, 14:00 UTC−3:30"),
        (datetime(2026, 12, 2, 22, tzinfo=LONDON), datetime(2026, 12, 3, 2, tzinfo=LONDON), "2 December 2026, 22:00–02:00"),
        (date(2026, 12, 2), date(2026, 12, 4), "2 December 2026 to 4 December 2026"),
        (date(2026, 12, 2), date(2026, 12, 1), "2 December 2026"),
        (None, None, "Date to be confirmed"),
    ],
)
def test_an_event_says_when_it_is(start: date | None, end: date | None, said: str) -> None:
    assert words.when(Event(start=start, end=end), builders.edition()) == said


@pytest.mark.parametrize(
    ("language", "month"), [("en-GB", "March 2027"), ("en-US", "March 2027"), ("de", "März 2027"), ("fr", "mars 2027"), ("es", "marzo de 2027")]
)
def test_a_month_is_named_in_the_language(language: str, month: str) -> None:
    assert dates.month(date(2027, 3, 14), language) == month


# ---------------------------------------------------------------- the printed page


def test_the_pdf_is_tagged_and_has_a_language_and_bookmarks() -> None:
    raw = render(full(), "pdf").body
    assert b"pdfuaid:part" in raw
    assert b"/Lang(en-GB)" in raw
    document = pypdfium2.PdfDocument(raw)
    titles = [one.get_title() for one in document.get_toc()]
    assert titles[:4] == ["Welcome to November", "Contents", "Section 0", "Entry number 0 of many"]
    assert "Section 3" in titles
    assert document.get_metadata_value("Title") == "What's new, November 2026"
    document.close()


def test_the_pdf_says_what_the_edition_says() -> None:
    said = words_of(render(builders.edition(), "pdf").body)
    for part in ("Dear colleagues", "this month there is much to read", "Reports and research", "What was found out", "How a network learns"):
        assert part in said
    for part in ("3 November 2026, 10 minute read", "Take the table on page 4", "Link to report", "Primary care networks", "editor@example.org"):
        assert part in said


def test_no_words_become_markup_of_the_page() -> None:
    said = '#panic("x") $ a^2 $ *bold* @label <b> \\n = Heading'
    assert said in words_of(render(holding(builders.entry(title=said)), "pdf").body)


def test_letters_that_the_faces_lack_are_marked() -> None:
    assert fonts.showable("سلام عليكم! 🚀") == "[Arabic]! :rocket:"
    assert fonts.showable("日本語テキスト") == "[CJK]"
    assert fonts.showable("𝐇ello, Привет, Ελλάδα, Łódź") == "Hello, Привет, Ελλάδα, Łódź"


def test_a_word_without_an_end_may_be_broken() -> None:
    assert fonts.showable("a" * 60).split("\u200b") == ["a" * 24, "a" * 24, "a" * 12]


def test_large_print_has_no_small_letters() -> None:
    document = pypdfium2.PdfDocument(render(full(6), "pdf-large").body)
    sizes = {round(one.get_font_size()) for page in list(document)[1:-1] for one in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT])}
    document.close()
    assert min(sizes) >= 16


def test_three_hundred_entries_are_all_printed() -> None:
    said = words_of(render(full(300), "pdf").body)
    assert all(f"Entry number {n} of many" in said for n in range(300))


def test_a_draft_says_so_and_a_released_edition_does_not() -> None:
    assert "DRAFT" in pages(render(builders.edition(), "pdf").body)[0]
    assert "DRAFT" not in pages(render(builders.edition(state=EditionState.RELEASED), "pdf").body)[0]


def test_the_cover_has_a_dot_for_each_entry_and_a_ring_around_each_pick() -> None:
    drawn = etree.fromstring(cover(full()))
    circles = drawn.findall("{http://www.w3.org/2000/svg}circle")
    assert len(circles) == 63
    assert len([one for one in circles if one.get("fill") == "none"]) == 3


def test_colours_have_enough_contrast() -> None:
    def light(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def contrast(one: str, other: str) -> float:
        dark, bright = sorted((light(one), light(other)))
        return (bright + 0.05) / (dark + 0.05)

    assert all(contrast(colour, PAPER) >= 4.5 for colour in (*HUES, INK, SOFT))
    assert all(contrast(colour, NIGHT) >= 4.5 for colour in BRIGHTS)


def test_the_json_is_the_edition() -> None:
    plain = json.loads(body(builders.edition(), "json"))
    assert plain["format"] == "gleanings-edition/1"
    assert from_plain(Edition, plain) == builders.edition()


def test_a_name_with_a_full_stop_of_its_own_ends_its_sentence_once() -> None:
    entry = builders.entry(credits=(Credit(role="recommended by", name="Carol Read Jr."),))
    assert "Recommended by Carol Read Jr" in words.byline(entry, "en-GB")
    assert ".." not in words.facts(replace(entry, credits=(*entry.credits, Credit(role="posted by", name="Di Oak"))), "en-GB")
