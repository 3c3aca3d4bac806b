"""How much of a hostile page is looked at. Counted and not timed: elements, characters, nodes, pages."""

from __future__ import annotations

import json
from contextlib import closing

import pypdfium2
import pytest

from pipeline import extract
from pipeline.errors import ExtractError
from pipeline.extract import beside, event, jsonld, leaves, maintext, walls
from pipeline.extract.document import MAX_BYTES, MAX_ELEMENTS, MAX_META, MAX_NAME, Document, parse
from pipeline.model import Lead
from tests.builders import page
from tests.test_extract import pdf

HEAD = b"<title>A title of some length</title><h1>A title of some length</h1>"
WORDS = b"<p>Three practices met each month for a year and wrote down what they had learnt from each other.</p>"
DEEPEST = 256  # levels at which libxml2 stops


def read(body: bytes) -> Document:
    return parse(page(HEAD + body, url="https://north.example/a"))


def depth(document: Document) -> int:
    return max(sum(1 for _ in one.iterancestors()) for one in document.tree.iter())


@pytest.mark.parametrize(
    "body",
    [
        WORDS * 500_000,
        b"<div>" * 100_000,
        b"<div>x" * 100_000,
        b"<p>word</p>" * 30_000,
        b"<meta name=author content='Ada Marsh'>" * 1_000_000,
        b"<table><tr>" + b"<td>5 May 2026</td>" * 60_000,
        (b"<div class=author>" * 200 + b"x" + b"</div>" * 200) * 300,
    ],
    ids=["50 MB", "100,000 nested", "nested with words", "30,000 elements", "1,000,000 metas", "one row", "deep and wide"],
)
def test_no_more_elements_are_read_than_a_page_has(body: bytes) -> None:
    document = read(body)
    assert len(list(document.tree.iter())) <= MAX_ELEMENTS * 1.01 + 10
    assert depth(document) <= DEEPEST
    assert sum(len(one) for one in document.tree.itertext()) <= MAX_BYTES


@pytest.mark.parametrize("name", ["class", "id"])
def test_a_class_of_megabytes_is_cut(name: str) -> None:
    document = read(f"<p {name}='{'author by ' * 250_000}'>Hello</p>".encode() + WORDS)
    assert max(len(one.get(name) or "") for one in document.tree.iter()) == MAX_NAME


def test_an_attribute_of_ten_megabytes_ends_in_a_reason_or_a_page() -> None:
    body = HEAD + b"<p title='" + b"x" * 10_000_000 + b"'>Hello</p>" + WORDS * 30
    with pytest.raises(ExtractError, match="holds no text") as raised:
        extract.extract(page(body), Lead(source="north", url="https://north.example/a"))
    assert raised.value.reason == "empty"


def test_what_a_meta_and_a_heading_say_is_cut() -> None:
    words = "A - b | " * 110_000
    document = parse(page(f"<title>{words}</title><meta property='og:title' content='{words}'><h1>{words}</h1>".encode()))
    assert len(document.heading) <= MAX_META // 10
    assert max(len(one) for one in document.metas["og:title"]) <= MAX_META
    assert all(len(one) <= MAX_META // 10 for one in walls.signs(document).headings)


def test_a_million_dates_are_not_all_weighed() -> None:
    notice = event.notice(read(b"<p>" + b"5 May 2026 " * 250_000), title="", posted=None)
    assert len(notice.words) <= 100_000


@pytest.mark.parametrize(
    "script",
    [
        json.dumps({"@graph": [{"@type": "Article", "headline": str(n), "hasPart": {"@type": "Article"}} for n in range(9_000)]}),
        '{"@type": "Article", "author":' * 5_000 + "1" + "}" * 5_000,
        '{"@type": "Article", "author":' + "[" * 50_000 + "]" * 50_000 + "}",
        " " * 900_000 + "x",
        "[1," + " " * 900_000 + "]]>",
        "{" + ", " * 400_000 + "}",
    ],
    ids=["wide", "deep", "lists", "spaces", "spaces inside", "commas"],
)
def test_json_without_end_gives_few_nodes(script: str) -> None:
    assert len(read(f"<script type='application/ld+json'>{script}</script>".encode() + WORDS).nodes) <= 2_000


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('// <![CDATA[\n{"a": 1}\n// ]]>', {"a": 1}),
        ('/* <![CDATA[ */ {"a": 1} /* ]]> */;', {"a": 1}),
        ('<!-- {"a": 1} -->', {"a": 1}),
        ('{"a": "]]> stays"}', {"a": "]]> stays"}),
        ('{"a": 1,};', {"a": 1}),
    ],
)
def test_json_in_its_wrappings_is_read(written: str, value: object) -> None:
    (node,) = jsonld.nodes(read(f"<script type='application/ld+json'>{written}</script>".encode()).tree)
    assert node == value


def test_thirty_thousand_links_are_looked_at_once_and_none_is_a_transcript() -> None:
    body = HEAD + b"<a href='/x'>transcript of what nobody asked for, at length and in other words than ours</a>" * 30_000
    assert beside.beside(page(body, url="https://north.example/a")) == beside.Beside()


def test_a_text_of_megabytes_is_cut() -> None:
    found = extract.extract(page(HEAD + b"<p>" + b"word " * 200_000), Lead(source="north", url="https://north.example/a"))
    assert len(found.text) <= maintext.MAX_TEXT


@pytest.mark.parametrize("count", [11, 5_000])
def test_of_a_long_report_ten_pages_are_read(count: int) -> None:
    with closing(pypdfium2.PdfDocument(pdf((24, "What three networks learnt"), pages=count))) as document:
        assert leaves.read(document).pages == leaves.MAX_PAGES
