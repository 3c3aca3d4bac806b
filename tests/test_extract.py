"""A page becomes a resource, field by field, with the rule behind each; what is no page becomes a reason."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import extract
from pipeline.errors import ExtractError
from pipeline.extract import kind, labels, media
from pipeline.extract.document import decode
from pipeline.extract.maintext import MAX_TEXT
from pipeline.model import Event, Kind, Lead, Page, Resource
from pipeline.plain import from_plain, to_plain
from tests.builders import NOW, lead, page

CASES = Path(__file__).parent / "cases" / "extract"
FLOORS = json.loads((Path(__file__).parent / "floors.json").read_text())["extract"]
WORDS = "<p>" + "Three networks of practices met each month for a year and wrote down what they had learnt from each other. " * 4 + "</p>"


def bare(url: str = "https://north.example/a", **changes: Any) -> Lead:
    return Lead(source="north-blog", url=url, **changes)


# ---------------------------------------------------------------- pages beside what is expected of them


@pytest.mark.parametrize("file", sorted(CASES.glob("*.html")), ids=lambda file: file.stem)
def test_a_page_is_described_as_its_case_says(file: Path) -> None:
    expected = json.loads(file.with_suffix(".json").read_text())
    url = expected.pop("url", "https://north.example/stories/a")
    source = from_plain(Lead, {"source": "north-blog", "url": url} | expected.pop("lead", {}))
    if reason := expected.pop("error", None):
        with pytest.raises(ExtractError, match=r"north\.example") as caught:
            extract.extract(page(file.read_bytes(), url=url), source)
        assert caught.value.reason == reason
        return
    found = extract.extract(page(file.read_bytes(), url=url), source)
    check(found, expected)


def check(found: Resource, expected: dict[str, Any]) -> None:
    origin, happening = expected.pop("origin", {}), expected.pop("event", None)
    assert all(part in found.text for part in expected.pop("text_with", []))
    assert not any(part in found.text for part in expected.pop("text_without", []))
    plain = to_plain(found)
    assert isinstance(plain, dict)
    assert {name: plain[name] for name in expected} == expected
    assert {name: found.origin[name] for name in origin} == origin
    if happening:
        codes = happening.pop("codes")
        seen = to_plain(found.event)
        assert isinstance(seen, dict)
        assert {name: seen[name] for name in happening} == happening
        assert found.event is not None
        assert [problem.split(":")[0] for problem in found.event.problems] == codes


# ---------------------------------------------------------------- properties


def filled_fields(found: Resource) -> set[str]:
    given_by_us = {"url", "audience", "origin"}
    plain = to_plain(found)
    assert isinstance(plain, dict)
    return {name for name, value in plain.items() if name not in given_by_us and value not in (None, "", 0, [], {})}


@pytest.mark.parametrize("file", [file for file in sorted(CASES.glob("*.html")) if not file.stem.startswith("wall-")], ids=lambda file: file.stem)
def test_every_field_names_its_rule(file: Path) -> None:
    found = extract.extract(page(file.read_bytes()), lead(description="Said by the feed."))
    assert filled_fields(found) <= set(found.origin)
    assert all(found.origin.values())


HTML_PIECES = (
    *(
        b"<html lang='en'>",
        b"<title>",
        b"</title>",
        b"<h1>",
        b"<p>",
        b"By Ada Marsh",
        b"<meta name=author content='",
        b'<meta property=og:title content="x',
    ),
    *(b"'>", b'<script type="application/ld+json">', b'{"@type":"Article","author":{"@id":"a"},"@id":"a","name":[[[', b"}]", b"</script>"),
    *(
        b"<time datetime=",
        b"2026-13-99",
        b"<link rel=canonical href='http://[",
        b"\xff\xfe\x00",
        b"&#xD800;",
        b"&#0;",
        b"<![CDATA[",
        b"<!--",
        b"<svg>",
    ),
    *(b"<table><td>", b"Start Date: 99/99/9999", b"%PDF-1.4"),
)
BODIES = st.binary(max_size=400) | st.lists(st.sampled_from(HTML_PIECES), max_size=25).map(b"".join)


def reason(body: bytes, media_type: str) -> str | None:
    """Extract, check what came of it, and give back the reason of a refusal."""
    try:
        found = extract.extract(page(body, media_type=media_type), bare(title="A title"))
    except ExtractError as error:
        return error.reason
    assert filled_fields(found) - set(found.origin) == set()
    assert len(found.text) <= MAX_TEXT
    json.dumps(to_plain(found)).encode("utf-8")
    return None


@given(BODIES, st.sampled_from(["text/html", "application/pdf", "text/plain", "", "image/png"]))
def test_any_bytes_become_a_resource_or_a_reason(body: bytes, media_type: str) -> None:
    assert reason(body, media_type) in (None, "empty", "not-a-document", "javascript", "soft-404", "login", "captcha", "consent")


@given(st.text(max_size=200))
def test_any_words_may_stand_in_the_json(words: str) -> None:
    node = {
        "@type": ["Article", None],
        "headline": words,
        "author": [words, {"name": {"name": words}}, None, 3],
        "datePublished": words,
        "image": {"url": words},
    }
    body = f'<title>x</title><script type="application/ld+json">{json.dumps(node)}</script>{WORDS}'
    assert extract.extract(page(body), bare(title="A title")).title


def test_the_same_page_gives_the_same_resource() -> None:
    body = (CASES / "article-with-json-ld.html").read_bytes()
    assert extract.extract(page(body), lead()) == extract.extract(page(body), lead())


# ---------------------------------------------------------------- decoding and bounds


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ("Überblick".encode("cp1252"), "iso-8859-1"),
        ("Überblick".encode(), "iso-8859-1"),
        ("\ufeffÜberblick".encode(), None),
        ("\ufeffÜberblick".encode("utf-16-le"), None),
        ('<meta charset="windows-1252">Überblick'.encode("cp1252"), None),
        ("Überblick".encode(), "no-such-charset"),
        ("Überblick".encode(), "unicode_escape"),
        ("概要です".encode("shift_jis"), "Shift_JIS"),
    ],
)
def test_a_page_is_decoded_by_mark_header_meta_or_its_bytes(body: bytes, charset: str | None) -> None:
    assert decode(body, charset).endswith(("Überblick", "概要です"))


@pytest.mark.parametrize(
    "body",
    [b"<div>" * 100_000, b"<b><i>" * 50_000, b"<table><tr><td>" * 60_000, b"<a href='x'>y</a>" * 60_000, b"[" * 3_000_000, b"<p>word " * 1_500_000],
    ids=["nested", "inline", "tables", "links", "no markup", "ten megabytes"],
)
def test_hostile_bulk_is_bounded(body: bytes) -> None:
    assert reason(b"<title>A title of some length</title><h1>A title of some length</h1>" + body, "text/html") in (None, "empty")


def test_deep_json_is_passed_over() -> None:
    body = f'<title>Seven habits of networks</title><script type="application/ld+json">{"[" * 100_000}</script>{WORDS}'
    assert extract.extract(page(body), bare()).title == "Seven habits of networks"


# ---------------------------------------------------------------- media types


@pytest.mark.parametrize("media_type", ["image/png", "application/zip", "font/woff2", "application/octet-stream", ""])
def test_what_is_no_document_is_refused(media_type: str) -> None:
    with pytest.raises(ExtractError, match=r"north\.example") as caught:
        extract.extract(page(b"\x89PNG\r\n\x1a\n", media_type=media_type), lead())
    assert caught.value.reason == "not-a-document"


@pytest.mark.parametrize(
    ("media_type", "expected"), [("audio/mpeg", Kind.AUDIO), ("video/mp4", Kind.VIDEO), ("application/vnd.ms-powerpoint", Kind.SLIDES)]
)
def test_a_file_that_we_cannot_read_is_described_by_its_lead(media_type: str, expected: Kind) -> None:
    found = extract.extract(page(b"\x00\x01", media_type=media_type), lead(title="Learning together"))
    assert (found.title, found.kind, found.origin["kind"]) == ("Learning together", expected, "media type")


def test_a_page_that_calls_itself_something_else_is_read_as_a_page() -> None:
    found = extract.extract(page(f"<!DOCTYPE html><title>Small steps for practices</title>{WORDS}", media_type="application/pdf"), bare())
    assert found.title == "Small steps for practices"


def test_a_text_file_keeps_its_words() -> None:
    found = extract.extract(page("Notes of a meeting.\n\nWe met.", media_type="text/plain"), lead(title="Notes"))
    assert (found.text, found.words, found.origin["text"]) == ("Notes of a meeting.\n\nWe met.", 6, "text file")


# ---------------------------------------------------------------- PDF


def pdf(*lines: tuple[int, str], pages: int = 1, info: str = "", trailer: str = "") -> bytes:
    """A small PDF with one line of text for each size and words, from the top of its first page."""
    drawn = "\n".join(f"BT /F1 {size} Tf 50 {780 - 30 * number} Td ({words}) Tj ET" for number, (size, words) in enumerate(lines))
    kids = " ".join(f"{5 + number} 0 R" for number in range(pages))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
        *["<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents 4 0 R >>"] * pages,
        f"<< {info} >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("cp1252")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    start = len(out)
    size = len(objects) + 1
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R /Info {size - 1} 0 R {trailer} >>\n"
    return out + f"{end}startxref\n{start}\n%%EOF".encode()


def described(body: bytes, source: Lead | None = None) -> Resource:
    return extract.extract(page(body, media_type="application/pdf", url="https://north.example/files/annual_report-2026.pdf"), source or bare())


REPORT = (
    (9, "NN-2026-7"),
    (24, "What three networks"),
    (24, "learnt in a year"),
    (12, "Ada Marsh and Tom Reed"),
    (10, "14 May 2026"),
    (10, "We met each month."),
)


def test_a_report_gives_title_people_day_and_pages() -> None:
    found = described(pdf(*REPORT, pages=3, info="/Title (Microsoft Word - final_v7.doc) /Author (jsmith2) /CreationDate (D:20260601120000Z)"))
    assert found.title == "What three networks learnt in a year"
    assert (found.creators, found.published, found.pages) == (("Ada Marsh", "Tom Reed"), date(2026, 5, 14), 3)
    assert found.origin["title"] == "largest type"
    assert "We met each month." in found.text
    assert filled_fields(found) <= set(found.origin)


def test_a_title_that_the_first_page_shows_is_taken_as_stated() -> None:
    found = described(
        pdf((20, "Annual accounts"), (12, "What three networks learnt"), info="/Title (What three networks learnt) /Author (Ada Marsh)")
    )
    assert (found.title, found.origin["title"], found.creators) == ("What three networks learnt", "pdf title", ("Ada Marsh",))


@pytest.mark.parametrize(
    "body",
    [
        pdf(*REPORT, trailer=f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O ({'o' * 32}) /U ({'u' * 32}) >> /ID [(abcd) (abcd)]"),
        pdf(*REPORT)[:150],
        b"%PDF-1.7\n" + b"\x00garbage" * 200,
        b"%PDF-",
    ],
    ids=["encrypted", "cut off", "garbage", "nothing"],
)
def test_a_pdf_that_cannot_be_read_is_what_its_lead_says(body: bytes) -> None:
    found = described(body, bare(title="Our year", published=date(2026, 5, 1)))
    assert (found.title, found.published, found.kind, found.text) == ("Our year", date(2026, 5, 1), Kind.DOCUMENT, "")
    assert (found.origin["title"], found.origin["published"], found.origin["kind"]) == ("lead", "lead", "media type")


def test_a_scanned_report_is_named_by_its_lead_or_its_file() -> None:
    scanned = pdf(pages=4)
    assert described(scanned, bare(title="Our year")).title == "Our year"
    unnamed = described(scanned, bare("https://north.example/files/annual_report-2026.pdf"))
    assert (unnamed.title, unnamed.pages, unnamed.origin["title"]) == ("Annual report 2026", 4, "address")


# ---------------------------------------------------------------- what the lead alone says


def test_a_lead_alone_makes_a_resource() -> None:
    said = lead(
        description="A 12 minute video. Start Date: 25/11/2026 10:00 End Date: 25/11/2026 11:30 Location: Online.",
        label="Watch video",
        creators=("Ada Marsh",),
        posted_by="Sam Reed",
        published=date(2026, 11, 1),
    )
    found = extract.from_lead(said)
    assert (found.title, found.kind, found.creators, found.duration) == ("How a network learns", Kind.VIDEO, ("Ada Marsh",), timedelta(minutes=12))
    assert found.event == Event(
        start=datetime(2026, 11, 25, 10, tzinfo=UTC), end=datetime(2026, 11, 25, 11, 30, tzinfo=UTC), location="Online", online=True
    )
    assert (found.origin["title"], found.origin["creators"], found.origin["published"]) == ("lead", "lead", "lead")
    assert "Sam Reed" not in json.dumps(to_plain(found))
    assert filled_fields(found) <= set(found.origin)


@given(st.text(max_size=60), st.none() | st.text(max_size=80), st.none() | st.text(max_size=80))
def test_any_lead_makes_a_resource(url: str, title: str | None, description: str | None) -> None:
    found = extract.from_lead(bare(url, title=title, description=description))
    assert filled_fields(found) <= set(found.origin)


# ---------------------------------------------------------------- single rules


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"label": "Link to report"}, Kind.REPORT),
        ({"label": "Link to slides"}, Kind.SLIDES),
        ({"kind": Kind.PODCAST, "title": "A report on reports"}, Kind.PODCAST),
        ({"title": "A toolkit for chairs"}, Kind.TOOLKIT),
        ({"title": "Case study: the two bridges"}, Kind.CASE_STUDY),
        ({"title": "Doctors report better days", "description": "It went well."}, Kind.ARTICLE),
        ({"description": "This blog tells how it went."}, Kind.BLOG),
        ({"description": "A collection of papers on trust."}, Kind.COLLECTION),
        ({"kind": Kind.WEBSITE, "description": "A toolkit that we like."}, Kind.TOOLKIT),
    ],
)
def test_the_strongest_sign_tells_the_kind(said: dict[str, Any], expected: Kind) -> None:
    source = bare(**said)
    assert kind.of_lead(source, kind.Words(title=source.title or "", about=source.description or ""))[0] == expected


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("PT10M32S", 632),
        ("P0DT1H", 3600),
        ("1:02:03", 3723),
        ("10:32", 632),
        ("632.5", 632),
        ("PT0S", None),
        ("P", None),
        ("", None),
        ("P30D", None),
        ("soon", None),
    ],
)
def test_durations_are_read_as_systems_write_them(written: str, seconds: int | None) -> None:
    assert media.read_duration(written) == (timedelta(seconds=seconds) if seconds else None)


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("Start Date: 25/09/2026 14:00 End Date: 2026-09-09 Location: Webinar", ["end_before_start"]),
        ("Start Date: 05/06/2026 14:00", ["ambiguous_day_month"]),
        ("Start Date: 05/06/2026 14:00 End Date: 25/06/2026 15:00. A one hour webinar.", ["duration_mismatch"]),
        ("Start Date: 2026-09-25 00:00 End Date: 2026-09-25 23:59", ["midnight_placeholder"]),
        ("Start Date: 2026-06-24T23:00Z End Date: 2026-06-25T23:00Z", ["utc_shift"]),
        ("Start Date: 25 September 2026 14:00 End Date: 25 September 2026 15:00", []),
    ],
)
def test_what_is_wrong_with_an_event_is_named(words: str, codes: list[str]) -> None:
    found = labels.of_words(words)
    assert found is not None
    assert [problem.split(":")[0] for problem in found[0].problems] == codes


@pytest.mark.parametrize("words", ["", "Start Date: to be confirmed", "We start: now", "Ends: 25/09/2026"])
def test_no_date_is_no_event(words: str) -> None:
    assert labels.of_words(words) is None


# ---------------------------------------------------------------- real pages, where they are at hand


def load(path: Path) -> ModuleType:
    module = ModuleType(path.stem)
    exec(compile(path.read_text(), str(path), "exec"), module.__dict__)  # noqa: S102 - the scorer that comes with the corpus
    return module


def prediction(body: bytes, url: str) -> dict[str, Any]:
    try:
        found = extract.extract(Page(url=url, body=body, fetched=NOW), bare(url))
    except ExtractError:
        return {}
    day = found.published.isoformat()[:10] if found.published else None
    return {
        "title": found.title,
        "authors": list(found.creators),
        "date": day,
        "description": found.description,
        "site_name": found.site_name,
        "text": found.text,
    }


@pytest.mark.floors
def test_real_pages_are_described_no_worse_than_the_floors(corpus: Path) -> None:
    gold = [json.loads(line) for line in (corpus / "pages/gold.jsonl").read_text().splitlines()]
    predicted = {one["id"]: prediction(gzip.decompress((corpus / "pages" / one["html_file"]).read_bytes()), one["url"]) for one in gold}
    score: Callable[..., Any] = load(corpus / "score_pages.py").score
    figures, _ = score(gold, predicted)
    assert figures["metadata_F1"] >= FLOORS["metadata_F1"]
    assert figures["description"]["F1"] >= FLOORS["description_F1"]
    assert figures["text_bag"]["F1"] >= FLOORS["text_bag_F1"]


@pytest.mark.floors
def test_real_reports_have_their_titles(corpus: Path) -> None:
    scorer = load(corpus / "score_pages.py")
    gold = [json.loads(line) for line in (corpus / "pages/pdf/gold_pdf.jsonl").read_text().splitlines()]
    found = [described((corpus / "pages/pdf" / one["file"]).read_bytes()).title for one in gold]
    right = sum(
        any(scorer.ratio(scorer.norm(title), scorer.norm(wanted)) >= 90 for wanted in one["gold"]["titles"])
        for title, one in zip(found, gold, strict=True)
    )
    assert right / len(gold) >= FLOORS["pdf_title"]
