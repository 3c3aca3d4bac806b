"""Citation data in and out: where a paper came out, its identifiers, the licence and the words for a picture, from whatever states them plainly."""

from __future__ import annotations

import html
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import citations, exchange, extract, learn
from pipeline.exchange import Result
from pipeline.exchange.items import item_line
from pipeline.exchange.lines import BadLineError
from pipeline.exchange.reading import incoming
from pipeline.extract import frontmatter, licences
from pipeline.extract.leaves import Line
from pipeline.model import Citation, Item, ItemId, Kind, Lead, Resource, Source
from pipeline.plain import to_plain
from pipeline.render import cite, render
from pipeline.render.works import work_of
from pipeline.sources import oai, search
from pipeline.store import ItemQuery, Store
from tests.builders import NOW, edition, entry, item, page, resource
from tests.test_cite import read_bibtex, read_csl
from tests.test_cite import read_ris as strict

QUARTERLY = Citation(journal="The Leadership Quarterly", volume="21", issue="1", pagination="12-19")
STORY = "<p>Three practices met each month for a year and wrote down what they had learnt from each other, and what they would not do again.</p>" * 3


def read(head: str, inside: str = "") -> Resource:
    title = "How practices learn"
    body = f"<html lang='en'><head><title>{title}</title>{head}</head><body><main><h1>{title}</h1>{STORY}{inside}</main></body></html>"
    return extract.extract(page(body, url="https://north.example/papers/a"), Lead(source="north", url="https://north.example/papers/a"))


def metas(**named: str) -> str:
    return "".join(f'<meta name="{name.replace("__", ".")}" content="{html.escape(value)}">' for name, value in named.items())


def linked(node: dict[str, Any]) -> str:
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


# ---------------------------------------------------------------- identifiers


@pytest.mark.parametrize(
    ("scheme", "written", "form"),
    [
        ("doi", "https://doi.org/10.1000/A_b", "10.1000/a_b"),
        ("doi", "doi: 10.1016/j.leaqua.2009.10.002.", "10.1016/j.leaqua.2009.10.002"),
        ("doi", "info:doi/10.1/x", "10.1/x"),
        ("doi", "see the page", ""),
        ("pmid", "PMID: 0031000001", "31000001"),
        ("pmid", "https://pubmed.ncbi.nlm.nih.gov/31000001/", "31000001"),
        ("pmid", "0", ""),
        ("pmc", "PMCID: PMC3000001", "pmc3000001"),
        ("pmc", "https://pmc.ncbi.nlm.nih.gov/articles/PMC3000001/", "pmc3000001"),
        ("arxiv", "arXiv:2401.01234v2", "2401.01234"),
        ("arxiv", "https://arxiv.org/pdf/2401.01234v1.pdf", "2401.01234"),
        ("arxiv", "math.GT/0309136", "math.gt/0309136"),
        ("isbn", "ISBN-13: 978-0-306-40615-7", "9780306406157"),
        ("isbn", "0-306-40615-2", "9780306406157"),
        ("isbn", "080442957X", "9780804429573"),
        ("isbn", "978-0-306-40615-8", ""),
        ("isbn", "0-306-40615-3", ""),
        ("issn", "1234567x", "1234-567X"),
        ("handle", "a\r\nb", "a b"),
    ],
)
def test_an_identifier_has_one_form(scheme: str, written: str, form: str) -> None:
    assert citations.identifier(scheme, written) == form
    assert citations.identifier(scheme, form) == form


@given(st.integers(0, 10**9 - 1), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_makes_no_isbn(body: int, place: int, off: int) -> None:
    (right,) = [whole for last in range(10) if (whole := citations.isbn(f"978{body:09}{last}"))]
    wrong = f"{right[:place]}{(int(right[place]) + off) % 10}{right[place + 1 :]}"
    assert citations.isbn(wrong) == ""


@given(
    st.sampled_from(["doi", "pmid", "pmc", "arxiv", "isbn", "issn", "other"]),
    st.text(max_size=60) | st.from_regex(r"[\d.X/v-]{0,20}", fullmatch=True),
)
def test_any_text_is_an_identifier_in_its_form_or_none(scheme: str, written: str) -> None:
    found = citations.identifier(scheme, written)
    assert found == citations.identifier(scheme, found)
    assert found.splitlines() in ([found], [])


# ---------------------------------------------------------------- a line that is a citation


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("The Leadership Quarterly 21 (2010) 12-19", ("The Leadership Quarterly", "21", None, "12-19", 2010)),
        ("Health Policy 88 (2–3) (2008) 101–9", ("Health Policy", "88", "2–3", "101-109", 2008)),
        ("BMJ 2015;351:h3942 doi: 10.1136/bmj.h3942", ("BMJ", "351", None, "h3942", 2015)),
        ("J Health Serv Res Policy 2010;15(3):12–19.", ("J Health Serv Res Policy", "15", "3", "12-19", 2010)),
        ("Journal of Shared Care, Vol. 12, No. 3 (2010), pp. 12–19", ("Journal of Shared Care", "12", "3", "12-19", 2010)),
        ("Journal of Shared Care, Volume 12, Issue 3, March 2010, Pages 101-119", ("Journal of Shared Care", "12", "3", "101-119", 2010)),
        ("Journal of Shared Care; Vol. 12 No. 3 (2010): Spring; 12-19", ("Journal of Shared Care", "12", "3", "12-19", 2010)),
        ("The Leadership Quarterly, 21(3), 12–19", ("The Leadership Quarterly", "21", "3", "12-19", None)),
    ],
)
def test_a_plain_line_says_where_a_paper_came_out(line: str, expected: tuple[Any, ...]) -> None:
    journal, volume, issue, pagination, year = expected
    assert citations.stated(line) == Citation(journal=journal, volume=volume, issue=issue, pagination=pagination, year=year)


@pytest.mark.parametrize(
    "line",
    [
        "We met in 21 (2010) 12-19 places",
        "Our work with friends 12 (2010) 15-19",
        "Annual report 2010",
        "Page 12 of 19",
        "See 21 (2010) 12-19",
        "12 (2010) 1-2",
    ],
)
def test_a_sentence_is_no_citation(line: str) -> None:
    assert citations.stated(line) is None


@given(st.text(max_size=400) | st.from_regex(r"[A-Z][a-z ,;()]{0,80}\d[\d ();:,–-]{0,300}", fullmatch=True))
def test_any_line_is_a_bounded_citation_or_none(line: str) -> None:
    found = citations.stated(line)
    assert citations.bounded(found) == found


@pytest.mark.parametrize(
    ("first", "last", "written"),
    [
        ("pp. 12–19", None, "12-19"),
        ("12", "19", "12-19"),
        ("101-9", None, "101-109"),
        ("e12", "e19", "e12-e19"),
        ("12--19", "", "12-19"),
        ("7", "7", "7"),
    ],
)
def test_pages_have_one_form(first: str, last: str | None, written: str) -> None:
    assert citations.pagination(first, last) == written
    assert citations.pagination(written) == written


# ---------------------------------------------------------------- from a page


def test_the_tags_for_search_engines_say_where_it_came_out() -> None:
    head = metas(
        citation_journal_title="The Leadership Quarterly", citation_volume="21", citation_issue="1", citation_firstpage="12", citation_lastpage="19",
        citation_publication_date="2010/02/03", citation_doi="10.1000/ABC", citation_pmid="020001", citation_isbn="0-306-40615-2",
    )  # fmt: skip
    found = read(head)
    assert (found.citation, found.origin["citation"]) == (QUARTERLY, "meta citation_journal_title")
    assert found.identifiers == {"doi": "10.1000/abc", "pmid": "20001", "isbn": "9780306406157"}


def test_a_year_is_kept_where_no_day_is_known() -> None:
    found = read(metas(prism__publicationname="Care", prism__volume="3", prism__pagerange="4-9", citation_year="2010"))
    assert found.citation == Citation(journal="Care", volume="3", pagination="4-9", year=2010)
    assert found.published is None


@pytest.mark.parametrize(
    "part_of",
    [
        {
            "@type": "PublicationIssue",
            "issueNumber": 1,
            "isPartOf": {"@type": "PublicationVolume", "volumeNumber": "21", "isPartOf": {"@type": "Periodical", "name": "The Leadership Quarterly"}},
        },
        {"@type": ["Periodical", "PublicationVolume"], "name": "The Leadership Quarterly", "volumeNumber": "21", "issueNumber": "1"},
        {"@id": "#issue"},
    ],
)
def test_an_article_is_part_of_an_issue_of_a_journal(part_of: dict[str, Any]) -> None:
    article = {"@type": "ScholarlyArticle", "headline": "How practices learn", "pageStart": 12, "pageEnd": "19", "isPartOf": part_of}
    issue = {"@id": "#issue", "@type": "PublicationIssue", "issueNumber": "1", "isPartOf": [{"@id": "#volume"}]}
    volume = {
        "@id": "#volume",
        "@type": "PublicationVolume",
        "volumeNumber": 21,
        "isPartOf": {"@type": "Periodical", "name": "The Leadership Quarterly"},
    }
    assert read(linked({"@graph": [article, issue, volume]})).citation == Citation(
        journal="The Leadership Quarterly", volume="21", issue="1", pagination="12-19"
    )


def test_a_part_of_a_site_is_in_no_journal() -> None:
    assert read(linked({"@type": "Article", "isPartOf": {"@type": "WebSite", "name": "North"}, "pageStart": "1"})).citation is None


def test_what_is_part_of_itself_ends() -> None:
    node = {"@id": "#a", "@type": ["Article", "Periodical"], "name": "How practices learn", "isPartOf": [{"@id": "#a"}, {"@id": "#a"}]}
    assert read(linked(node)).title == "How practices learn"


def test_dublin_core_may_hold_a_whole_citation() -> None:
    found = read(metas(dcterms__bibliographicCitation="The Leadership Quarterly, 21(1), 12–19"))
    assert (found.citation, found.origin["citation"]) == (QUARTERLY, "meta dcterms.bibliographiccitation")


def test_the_page_is_believed_before_its_lead_and_the_lead_before_nothing() -> None:
    lead = Lead(source="s", url="https://north.example/x", page=False, title="How practices learn", citation=QUARTERLY)
    assert extract.from_lead(lead).citation == QUARTERLY


def test_the_first_page_of_a_report_says_it_in_a_line() -> None:
    lines = [Line(words=words, size=9, left=0, right=100, top=700 - 12 * n, bottom=690 - 12 * n) for n, words in enumerate((
        "Contents lists available", "The Leadership Quarterly 21 (2010) 12–19", "How practices learn"))]  # fmt: skip
    found = frontmatter.citation(lines, dated=False)
    assert found == (Citation(journal="The Leadership Quarterly", volume="21", pagination="12-19", year=2010), "line of the first page")
    assert frontmatter.citation(lines[:1], dated=True) is None


# ---------------------------------------------------------------- from catalogues


def answers(service: str, told: dict[str, Any]) -> Lead:
    source = Source(id="q", kind="search", url="", options={"service": service, "query": "learning"})
    (lead,) = search.leads(source, page(json.dumps(told), url=search.address_of(service), media_type="application/json"))
    assert isinstance(lead, Lead)
    return lead


def test_crossref_says_where_it_came_out() -> None:
    work = {
        "DOI": "10.1000/x",
        "title": ["How practices learn"],
        "type": "journal-article",
        "container-title": ["The Leadership Quarterly"],
        "volume": "21",
    }
    lead = answers("crossref", {"message": {"items": [work | {"issue": "1", "page": "12-19", "published": {"date-parts": [[2010, 2]]}}]}})
    assert lead.citation == Citation(journal="The Leadership Quarterly", volume="21", issue="1", pagination="12-19", year=2010)
    assert "volume,issue,page" in search.address(Source(id="q", kind="search", url="", options={"service": "crossref", "query": "a b"}), now=NOW)


def test_pubmed_says_where_it_came_out() -> None:
    work = {
        "title": "How practices learn.",
        "fulljournalname": "The Leadership Quarterly",
        "volume": "21",
        "issue": "1",
        "pages": "12-9",
        "pubdate": "2010 Feb",
    }
    lead = answers("pubmed", {"result": {"uids": ["31"], "31": work | {"pages": "112-9"}}})
    assert lead.citation == Citation(journal="The Leadership Quarterly", volume="21", issue="1", pagination="112-119", year=2010)


def test_openalex_says_where_it_came_out() -> None:
    biblio = {"volume": "21", "issue": "1", "first_page": "12", "last_page": "19"}
    place = {"source": {"display_name": "The Leadership Quarterly", "type": "journal"}}
    work = {"doi": "https://doi.org/10.1000/x", "display_name": "How practices learn", "biblio": biblio, "primary_location": place}
    assert answers("openalex", {"results": [work | {"publication_date": "2010-02-03"}]}).citation == QUARTERLY


def test_a_repository_names_the_journal_as_its_source() -> None:
    record = (
        "<OAI-PMH><ListRecords><record><header><identifier>oai:x:1</identifier></header><metadata><dc><title>How practices learn</title>"
        "<identifier>https://north.example/1</identifier><source>2049-3630</source>"
        "<source>The Leadership Quarterly; Vol. 21 No. 1 (2010): Spring; 12-19</source>"
        "</dc></metadata></record></ListRecords></OAI-PMH>"
    )
    source = Source(id="o", kind="oai", url="https://north.example/oai")
    found = [one for one in oai.leads(source, page(record, url=source.url, media_type="text/xml")) if isinstance(one, Lead)]
    assert [one.citation for one in found] == [Citation(journal="The Leadership Quarterly", volume="21", issue="1", pagination="12-19", year=2010)]


# ---------------------------------------------------------------- out, and in again

_EVIL = st.sampled_from(
    ["\r\nER  - \r\nTY  - BOOK", "}\n@book{x,", "\\}", "{", "}}", "\\input{x}", "%", "\u2028VL  - 9", "\x00", '"><script>', "~^_#$&", "–", "-"]
)
_WORDS = st.lists(_EVIL | st.text(max_size=12), max_size=4).map("".join)
_LONG = st.just("Journal of {everything} " * 450)
_CITED = st.builds(
    citations.citation, journal=_WORDS | _LONG, volume=_WORDS | _LONG, issue=_WORDS, pages=_WORDS | _LONG, year=st.none() | st.integers(0, 9999)
).filter(lambda one: one is not None and one.journal is not None)


def paper(cited: Citation, **changes: Any) -> Item:
    thing = resource(kind=Kind.PAPER, citation=cited, published=None, canonical_url=None, **changes)
    return item(id=ItemId(7), resource=thing)


@settings(max_examples=40)
@given(_CITED)
def test_a_citation_goes_out_as_ris_and_comes_in_the_same(cited: Citation) -> None:
    written = exchange.references([paper(cited)], "ris", {})
    assert len(strict(written)) == 1
    with Store.open(":memory:") as store:
        exchange.import_references(
            lambda result: exchange.read_ris(written.encode(), result), store, count=learn.counted, suggest=lambda items: None, now=NOW
        )
        (back,) = store.items(ItemQuery())
    assert back.resource.citation == cited
    assert back.resource.publisher == "North Network"


@settings(max_examples=40)
@given(_CITED)
def test_a_citation_goes_out_as_tags_and_comes_in_the_same(cited: Citation) -> None:
    tags = cite.meta(work_of(paper(cited)))
    found = read("".join(f'<meta name="{html.escape(name)}" content="{html.escape(value)}">' for name, value in tags))
    assert found.citation == cited


@given(_CITED)
def test_a_citation_goes_out_as_a_line_and_comes_in_the_same(cited: Citation) -> None:
    one = paper(cited, licence="CC BY 4.0", image="https://north.example/a.png", image_alt="Three people at a table")
    back = incoming(json.loads(json.dumps(item_line(one)))).resource
    assert (back.citation, back.licence, back.image, back.image_alt) == (cited, "CC BY 4.0", "https://north.example/a.png", "Three people at a table")


@given(_CITED)
def test_a_citation_goes_out_to_processors_with_all_its_parts(cited: Citation) -> None:
    one = work_of(paper(cited, identifiers={"pmid": "31", "pmc": "pmc9", "doi": "10.1/x"}))
    (csl,) = read_csl(cite.csl([one]))
    parts = ("journal", "container-title"), ("volume", "volume"), ("issue", "issue"), ("pagination", "page")
    assert {name: csl.get(theirs) for name, theirs in parts} == {name: getattr(cited, name) for name, _ in parts}
    assert (csl["PMID"], csl["PMCID"], csl["DOI"], csl["publisher"]) == ("31", "PMC9", "10.1/x", "North Network")
    (bibtex,) = read_bibtex(cite.bibtex([one]))
    assert {"journal"} | {
        name for name, value in (("volume", cited.volume), ("number", cited.issue), ("pages", cited.pagination)) if value
    } <= bibtex.keys()


def test_bibtex_names_the_journal_its_number_and_its_pages() -> None:
    (one,) = read_bibtex(cite.bibtex([work_of(paper(QUARTERLY))]))
    assert (one["journal"], one["volume"], one["number"], one["pages"], one["publisher"]) == (
        "The Leadership Quarterly", "21", "1", "12--19", "North Network"
    )  # fmt: skip


def test_ris_names_the_journal_apart_from_the_publisher() -> None:
    (one,) = strict(exchange.references([paper(QUARTERLY, identifiers={"pmid": "31"})], "ris", {}))
    assert (one["T2"], one["PB"], one["VL"], one["IS"], one["SP"], one["EP"], one["AN"]) == (
        ["The Leadership Quarterly"], ["North Network"], ["21"], ["1"], ["12"], ["19"], ["pmid:31"],
    )  # fmt: skip


def test_the_edition_holds_it_for_other_programs() -> None:
    made = edition(sections=(type(edition().sections[0])(id="evidence", title="Evidence", entries=(entry(citation=QUARTERLY),)),))
    told = json.loads(render(made, "json").body)
    assert json.dumps(to_plain(QUARTERLY)) in json.dumps(told)


def test_a_line_with_a_citation_of_another_type_is_refused() -> None:
    with pytest.raises(BadLineError, match="citation"):
        incoming({"url": "https://north.example/a", "citation": ["no"]})


def test_an_import_leaves_what_is_no_identifier_out() -> None:
    found = incoming({"url": "https://north.example/a", "identifiers": {"isbn": "978-0-306-40615-8", "pmid": "PMID 007", "handle": "1/2"}})
    assert found.resource.identifiers == {"pmid": "7", "handle": "1/2"}


def test_a_reference_of_another_manager_brings_its_journal() -> None:
    written = b"TY  - JOUR\nTI  - A\nUR  - https://n.example/a\nJF  - Care\nPB  - Press\nVL  - 3\nSP  - 12-9\nER  - \n"
    (row,) = [row for _, row in exchange.read_ris(written, Result())]
    assert (row["publisher"], row["citation"]) == ("Press", {"journal": "Care", "volume": "3", "pagination": "12-19"})


# ---------------------------------------------------------------- under what terms


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("https://creativecommons.org/licenses/by-nc-nd/4.0/deed.de", "CC BY-NC-ND 4.0"),
        ("http://creativecommons.org/licenses/by/3.0/igo/", "CC BY 3.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"),
        ("CC-BY-SA-4.0", "CC BY-SA 4.0"),
        ("CC BY", "CC BY"),
        ("Creative Commons Attribution-NonCommercial 4.0 International", "CC BY-NC 4.0"),
        ("https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/", "OGL-UK-3.0"),
        ("Open Government Licence v3.0", "OGL-UK-3.0"),
        ("https://opensource.org/licenses/MIT", "MIT"),
        ("https://spdx.org/licenses/Apache-2.0.html", "Apache-2.0"),
        ("https://opendatacommons.org/licenses/odbl/1-0/", "ODbL-1.0"),
        ("© 2026 North Network. All rights reserved", ""),
        ("CC the board by Friday", ""),
    ],
)
def test_a_licence_has_a_short_name(written: str, name: str) -> None:
    assert licences.named(written) == name


DEED = "https://creativecommons.org/licenses/by/4.0/"


@pytest.mark.parametrize(
    ("head", "inside", "expected", "rule"),
    [
        (f'<link rel="license" href="{DEED}">', "", "CC BY 4.0", "rel license"),
        (linked({"@type": "Article", "license": {"@type": "CreativeWork", "name": "CC BY-SA 4.0"}}), "", "CC BY-SA 4.0", "json-ld"),
        (metas(dc__rights="© North Network"), "", "© North Network", "meta dc.rights"),
        ("", f'<p>This work is licensed under a <a href="{DEED}">Creative Commons licence</a>.</p>', "CC BY 4.0", "sentence with a licence"),
        (
            "",
            f'<footer>Except where noted, all content is under a <a href="{DEED}">CC BY licence</a></footer>',
            "CC BY 4.0",
            "sentence with a licence",
        ),
        ("", f'<p>Photo by Ada Marsh, this picture under a <a href="{DEED}">Creative Commons licence</a>.</p>', None, None),
        ("", f'<figure><figcaption>This work: licence <a rel="license" href="{DEED}">CC BY</a></figcaption></figure>', None, None),
        ("", f'<p>We wrote about <a href="{DEED}">a Creative Commons licence</a>.</p>', None, None),
        (
            "",
            f'<p>This page is under licence <a href="{DEED}">CC BY</a>.</p>'
            f'<p>This page is under licence <a href="{DEED.replace("by", "by-nd")}">CC</a>.</p>',
            None,
            None,
        ),
    ],
)
def test_the_terms_are_those_of_the_page(head: str, inside: str, expected: str | None, rule: str | None) -> None:
    found = read(head, inside)
    assert (found.licence, found.origin.get("licence")) == (expected, rule)


def test_a_report_states_its_terms_in_its_head_or_in_a_sentence() -> None:
    xmp = b'<rdf:Description xmpRights:WebStatement="https://creativecommons.org/licenses/by-nd/4.0/"/>'
    assert licences.of_report(b"%PDF-1.7" + xmp, "") == ("CC BY-ND 4.0", "xmp")
    words = "This report is published under the Open Government Licence v3.0. To view it visit the National Archives."
    assert licences.of_report(b"%PDF-1.7", words) == ("OGL-UK-3.0", "sentence with a licence")
    assert licences.of_report(b"%PDF-1.7", "Photograph on the cover: A. Marsh, licence CC BY 4.0.") is None


# ---------------------------------------------------------------- words for the picture

PICTURE = '<meta property="og:image" content="https://north.example/img/team.jpg?w=1200">'


@pytest.mark.parametrize(
    ("head", "inside", "alt", "rule"),
    [
        (PICTURE + '<meta property="og:image:alt" content="The team">', "", "The team", "meta og:image:alt"),
        (PICTURE + '<meta name="twitter:image:alt" content="The team">', "", "The team", "meta twitter:image:alt"),
        (linked({"@type": "Article", "image": {"@type": "ImageObject", "url": "/img/team.jpg", "caption": "The team"}}), "", "The team", "json-ld"),
        (PICTURE, '<img src="/img/team.jpg?w=300" alt="The team at work">', "The team at work", "img alt"),
        (PICTURE, '<img src="/img/team.jpg" alt="team.jpg">', None, None),
        (PICTURE, '<img src="/img/other.jpg" alt="Another thing">', None, None),
        ("", '<img src="/img/team.jpg" alt="The team">', None, None),
    ],
)
def test_a_picture_has_the_words_that_its_page_gives_it(head: str, inside: str, alt: str | None, rule: str | None) -> None:
    found = read(head, inside)
    assert (found.image_alt, found.origin.get("image_alt")) == (alt, rule)
