"""What a page or a mail states in so many words: the kind behind a label, the title below a journal's line, degrees before a name."""

from __future__ import annotations

import time

import pytest
from lxml import html

from pipeline import extract
from pipeline.extract import stated
from pipeline.model import Kind, Lead, Page, Resource
from pipeline.names import parts
from pipeline.sources import records
from tests import builders

PARAGRAPH = "<p>The three wards read their notes aloud at every handover, and two years later they still do, to the surprise of all.</p>"


def page(inner: str, title: str = "Reading aloud") -> Resource:
    body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{inner}{PARAGRAPH * 3}</body></html>".encode()
    url = "https://ward.example/reading-aloud"
    return extract.extract(Page(url=url, body=body, media_type="text/html", fetched=builders.NOW), Lead(source="s", url=url))


@pytest.mark.parametrize(
    ("inner", "kind"),
    [
        ("<p>Art: Studie | Thema: Pflege</p>", Kind.RESEARCH),
        ("<p>Dokumenttype: Veileder</p>", Kind.GUIDE),
        ("<table><tr><td>Document type:</td><td>Guideline</td></tr></table>", Kind.GUIDE),
        ("<dl><dt>Publication type: </dt><dd>Report</dd></dl>", Kind.REPORT),
    ],
)
def test_kind_behind_a_label_is_believed(inner: str, kind: Kind) -> None:
    found = page(inner)
    assert found.kind is kind
    assert found.origin["kind"].startswith("stated")


def test_stated_kind_goes_before_a_word_of_the_title() -> None:
    assert page("<p>Document type: Guidance</p>", "Neighbourhood handbook").kind is Kind.GUIDE


@pytest.mark.parametrize(
    "inner",
    [
        "<p>Type: Report</p><p>Type: Video</p>",  # a filter
        "<p>Document type: of no particular sort</p>",
        "<p>Start: Studie</p>",
        "<p>The report says what type: guideline or not.</p>",
    ],
)
def test_other_labels_state_no_kind(inner: str) -> None:
    assert page(inner).kind is Kind.ARTICLE


def test_looking_for_a_stated_kind_is_bounded() -> None:
    for words in ("type " * 50_000, "type:" + " " * 50_000, "document " * 20_000):
        tree = html.fromstring(f"<body>{'<p>type :</p>' * 5_000}<p>{words}</p></body>")
        started = time.process_time()
        stated.of_page(tree)
        assert time.process_time() - started < 0.5


def test_records_whose_journal_stands_right_above_the_title() -> None:
    text = """PubMed Results
Items 1 - 2 of 2

1. Fam Pract. 2026 Mar 2:cmag011. doi: 10.1093/fampra/cmag011. Online ahead of print.
Working across practices: a realist evaluation.
Brandvold O, Asante K.
PMID: 41000111

2. BMJ Open. 2026 Feb 27;16(2):e09911.
Link workers and loneliness in three counties: cohort study with
nested interviews.
Sommerlath F, Demirel A.
PMID: 41000222
"""
    found = records.read(text)
    assert [one.title for one in found] == [
        "Working across practices: a realist evaluation",
        "Link workers and loneliness in three counties: cohort study with nested interviews",
    ]
    assert [one.creators[0] for one in found] == ["Brandvold O", "Sommerlath F"]


@pytest.mark.parametrize("written", ["Mgr. Jitka Horáková", "Ing. Jitka Horáková", "Dipl.-Psych. Jitka Horáková", "Mag. Jitka Horáková"])
def test_degrees_before_a_name_are_no_part_of_it(written: str) -> None:
    assert parts.split(written) == parts.split("Jitka Horáková")


@pytest.mark.parametrize(
    "link", ['<a href="/yazar/ek">Yazar: Elif Karadeniz</a>', '<a href="/auteurs/ek">Elif Karadeniz</a>', '<a href="/autores/ek">Elif Karadeniz</a>']
)
def test_address_of_a_person_names_an_author_in_other_languages(link: str) -> None:
    assert page(f"<div>{link} <span>12.03.2026</span></div>").creators == ("Elif Karadeniz",)
