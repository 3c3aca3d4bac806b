"""The kinds of source that answer questions or remember: OAI-PMH, saved searches, other desks' editions, pages that change, lists of feeds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import config as configuration
from pipeline import dedupe, extract, harvest, render, sources, urls
from pipeline.config import Config
from pipeline.errors import ConfigError, ParseError
from pipeline.model import (
    Citation,
    Credit,
    Desk,
    DigestSettings,
    Event,
    HarvestSettings,
    Kind,
    Lead,
    MailSettings,
    Mark,
    Page,
    Request,
    Run,
    Section,
    Source,
)
from pipeline.sources.discover import Offer, offers
from pipeline.store import ItemQuery, Store
from tests import builders
from tests.desk import Desk as Folder
from tests.web import Fault, Web

CASES = Path(__file__).parent / "cases"
NOW = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
OAI = "http://library.example/oai"
FIRST = f"{OAI}?verb=ListRecords&metadataPrefix=oai_dc"
NEXT = f"{OAI}?verb=ListRecords&resumptionToken=a%2Bb%26c%3Dd%20%25"


def case(name: str) -> bytes:
    return (CASES / name).read_bytes()


def source(kind: str, url: str, *, mark: str = "", **options: object) -> Source:
    return Source(id="fen", kind=kind, url=url, mark=mark, options=options)


def page(body: str | bytes, url: str) -> Page:
    return builders.page(body, url=url, fetched=NOW)


def said(asked: Source, body: str | bytes, url: str = "") -> list[Lead | Request | Mark]:
    return list(sources.leads(asked, page(body, url or asked.url)))


def leads(asked: Source, body: str | bytes, url: str = "") -> list[Lead]:
    return [one for one in said(asked, body, url) if isinstance(one, Lead)]


def requests(asked: Source, body: str | bytes, url: str = "") -> list[str]:
    return [one.url for one in said(asked, body, url) if isinstance(one, Request)]


def mark(asked: Source, body: str | bytes, url: str = "") -> str:
    return [one.value for one in said(asked, body, url) if isinstance(one, Mark)][-1]


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Web]:
    with Web() as web:
        for name, value in web.environment(tmp_path).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        yield web


class Place:
    """A desk with one source, on the small web."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder, self.store = folder, store

    def survey(self, asked: Source, *, now: datetime = NOW) -> Run:
        polite = HarvestSettings(delay=timedelta(0), contact="https://desk.example; editor@desk.example", total=timedelta(seconds=5))
        made = Config(
            desk=Desk(), harvest=polite, digest=DigestSettings(), mail=MailSettings(), sources=(asked,), path=self.folder / "sources.yaml",
            folder=self.folder, db=self.folder / "curated.db", digests=self.folder / "digests",
        )  # fmt: skip
        (run,) = harvest.harvest(made, self.store, everything=True, workers=1, now=lambda: now)
        return run

    def titles(self) -> list[str]:
        return sorted(item.title for item in self.store.items(ItemQuery()))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with Store.open(":memory:") as store:
        yield Place(tmp_path, store)


def asked(web: Web, host: str) -> list[str]:
    return [one.url for one in web.asked if host in one.url and not one.url.endswith("/robots.txt")]


# ---------------------------------------------------------------- OAI-PMH


def test_a_record_becomes_a_lead_with_its_landing_page_its_people_and_its_first_day() -> None:
    first, second, third = leads(source("oai", OAI), case("oai/first.xml"))
    assert first == Lead(
        source="fen",
        url="http://library.example/record/41",
        title="How wards learn from near misses",
        description="Forty wards wrote down what had nearly gone wrong, and met every month to talk about it.",
        published=date(2026, 11, 3),
        creators=("Ada Marsh", "Joan Reed"),
        kind=Kind.PAPER,
        publisher="University of the Fens",
    )
    assert (second.url, second.kind, second.creators) == ("https://doi.org/10.5555/NIGHT.42", Kind.DATASET, ("Fen Health Board",))
    assert (third.page, third.url, third.published) == (False, f"{OAI}#/oai%3Alibrary.example%3A43", None)


def test_a_deleted_record_is_not_offered() -> None:
    assert not any("17" in lead.url for lead in leads(source("oai", OAI), case("oai/first.xml")))
    header = (
        "<header status='deleted'><identifier>http://a.example/1</identifier></header><header><identifier>http://a.example/2</identifier></header>"
    )
    body = f"<OAI-PMH><ListIdentifiers>{header}</ListIdentifiers></OAI-PMH>"
    assert [lead.url for lead in leads(source("oai", OAI), body)] == ["http://a.example/2"]


def test_the_address_asks_for_dublin_core_and_keeps_what_is_the_repositorys_own() -> None:
    given = source("oai", "http://library.example/index.php?page=oai&verb=Identify&set=nursing&metadataPrefix=marcxml")
    assert sources.opening(given, now=NOW).url == ("http://library.example/index.php?page=oai&verb=ListRecords&metadataPrefix=oai_dc&set=nursing")
    since = source("oai", OAI, since="90d", set="a:b")
    assert sources.opening(since, now=NOW).url == f"{OAI}?verb=ListRecords&metadataPrefix=oai_dc&from=2026-09-02&set=a%3Ab"


def test_the_next_survey_asks_from_the_day_before_the_last_one_began() -> None:
    begun = source("oai", OAI, mark=mark(source("oai", OAI), case("oai/first.xml")))
    assert sources.opening(begun, now=NOW).url == NEXT
    ended = source("oai", OAI, mark=mark(begun, case("oai/last.xml")))
    assert sources.opening(ended, now=NOW).url == f"{OAI}?verb=ListRecords&metadataPrefix=oai_dc&from=2026-11-30"
    assert sources.opening(source("oai", OAI, mark=ended.mark, set="other"), now=NOW).url.endswith("oai_dc&set=other")


def test_a_place_to_which_a_repository_will_not_go_back_is_given_up_after_three_surveys(web: Web, place: Place) -> None:
    web.put(FIRST, case("oai/first.xml"), type="text/xml").put(NEXT, status=500)
    for hours in (0, 6, 12, 18):
        place.survey(source("oai", OAI), now=NOW + timedelta(hours=hours))
    assert asked(web, "library.example/oai") == [FIRST, NEXT, NEXT, NEXT, NEXT]
    assert place.survey(source("oai", OAI), now=NOW + timedelta(hours=24)).error is None
    assert asked(web, "library.example/oai")[5:] == [FIRST, NEXT]


def test_half_an_answer_gives_its_leads_and_does_not_count_as_read() -> None:
    half = case("oai/last.xml").replace(b"</OAI-PMH>", b"")
    assert [type(one) for one in said(source("oai", OAI), half)] == [Lead]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("noSetHierarchy", "has no sets; leave `set` out"),
        ("cannotDisseminateFormat", "gives no Dublin Core"),
        ("badVerb", "speaks no OAI-PMH 2.0"),
        ("badArgument", "answers badArgument: the month is wrong"),
        ("badResumptionToken", "no longer knows the place"),
    ],
)
def test_an_error_of_a_repository_is_a_sentence(code: str, sentence: str) -> None:
    with pytest.raises(ParseError, match=sentence):
        said(source("oai", OAI), f"<OAI-PMH><error code='{code}'>the month is wrong.</error></OAI-PMH>")


def test_nothing_new_is_no_error_and_moves_the_mark() -> None:
    body = "<OAI-PMH><responseDate>2026-12-01T06:00:00Z</responseDate><error code='noRecordsMatch'/></OAI-PMH>"
    ended = source("oai", OAI, mark=mark(source("oai", OAI), body))
    assert sources.opening(ended, now=NOW).url == f"{FIRST}&from=2026-11-30"


def test_what_is_no_repository_is_said_so() -> None:
    with pytest.raises(ParseError, match="does not speak OAI-PMH; this is a web page"):
        said(source("oai", OAI), "<!doctype html><html><body>Welcome</body></html>")
    with pytest.raises(ParseError, match="first element is <rss>"):
        said(source("oai", OAI), "<rss><channel/></rss>")


def test_another_verb_leads_to_the_records() -> None:
    identify = "<OAI-PMH><Identify><repositoryName>Fen Library</repositoryName></Identify></OAI-PMH>"
    assert requests(source("oai", OAI), identify, f"{OAI}?verb=Identify") == [FIRST]
    assert sources.title(source("oai", OAI), page(identify, OAI)) == "Fen Library"
    assert offers(page(identify, f"{OAI}?verb=Identify")) == (Offer(kind="oai", url=f"{OAI}?verb=Identify", title="Fen Library"),)


def test_no_entity_of_a_repository_is_expanded() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "boom"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    record = "<record><header><identifier>oai:x:1</identifier></header><metadata><dc><title>A &b; and &f;</title></dc></metadata></record>"
    (lead,) = leads(source("oai", OAI), f"{bomb}<OAI-PMH><ListRecords>{record}</ListRecords></OAI-PMH>")
    assert lead.title == "A &b; and &f;"


def test_a_repository_is_read_part_by_part_and_then_only_for_what_is_new(web: Web, place: Place) -> None:
    web.put(FIRST, case("oai/first.xml"), type="text/xml").put(NEXT, case("oai/last.xml"), type="text/xml")
    web.put(f"{FIRST}&from=2026-11-30", "<OAI-PMH><responseDate>2026-12-02T06:00:00Z</responseDate><error code='noRecordsMatch'/></OAI-PMH>")
    run = place.survey(source("oai", OAI))
    assert (run.error, run.found) == (None, 4)
    again = place.survey(source("oai", OAI), now=NOW + timedelta(days=1))
    assert (again.error, again.found) == (None, 0)
    assert asked(web, "library.example/oai") == [FIRST, NEXT, f"{FIRST}&from=2026-11-30"]
    assert not any("if-none-match" in one.headers for one in web.asked)


def test_a_list_that_broke_off_is_gone_on_with_and_a_forgotten_place_starts_it_anew_once(web: Web, place: Place) -> None:
    bad = "<OAI-PMH><error code='badResumptionToken'/></OAI-PMH>"
    web.put(FIRST, case("oai/first.xml"), type="text/xml")
    web.put(NEXT, status=503, times=1).put(NEXT, bad, type="text/xml")
    assert place.survey(source("oai", OAI)).found == 3
    run = place.survey(source("oai", OAI), now=NOW + timedelta(hours=6))
    assert asked(web, "library.example/oai") == [FIRST, NEXT, NEXT, FIRST]
    assert (run.error, run.found) == (None, 3)


def test_a_repository_without_end_is_left_after_so_many_pages(web: Web, place: Place) -> None:
    for number in range(60):
        token = f"<resumptionToken>{number + 1}</resumptionToken>"
        record = f"<record><header><identifier>oai:x:{number}</identifier></header><metadata><dc><title>T {number}</title></dc></metadata></record>"
        where = f"{OAI}?verb=ListRecords&resumptionToken={number}" if number else FIRST
        web.put(where, f"<OAI-PMH><ListRecords>{record}{token}</ListRecords></OAI-PMH>", type="text/xml")
    assert place.survey(source("oai", OAI)).found == 50
    assert place.survey(source("oai", OAI), now=NOW + timedelta(hours=6)).found == 10
    assert asked(web, "library.example/oai")[50].endswith("resumptionToken=50")


def test_a_token_that_never_changes_ends_the_list(web: Web, place: Place) -> None:
    body = "<OAI-PMH><ListRecords><record/><resumptionToken>same</resumptionToken></ListRecords></OAI-PMH>"
    web.put("/oai", body, type="text/xml")
    assert place.survey(source("oai", OAI)).error is None
    assert len(asked(web, "library.example/oai")) == 2


# ---------------------------------------------------------------- saved searches

API = {
    "crossref": "https://api.crossref.org/works",
    "pubmed": "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/esearch.fcgi",
    "openalex": "https://api.openalex.org/works",
}


def search(service: str, url: str = "", since: str = "30d") -> Source:
    return source("search", url or API[service], service=service, query="communities of practice", since=since)


@pytest.mark.parametrize(
    ("service", "address"),
    [
        (
            "crossref",
            "?query.bibliographic=communities%20of%20practice&filter=from-created-date:2026-11-01&rows=100"
            "&select=DOI,title,subtitle,author,container-title,volume,issue,page,publisher,published,created,abstract,type&mailto=editor%40desk.example",
        ),
        (
            "pubmed",
            "?db=pubmed&term=communities%20of%20practice&datetype=edat&mindate=2026%2F11%2F01&maxdate=3000&sort=pub_date&retmax=100&retmode=json"
            "&tool=gleanings&email=editor%40desk.example",
        ),
        (
            "openalex",
            "?search=communities%20of%20practice&filter=from_publication_date:2026-11-01&sort=publication_date:desc&per_page=100"
            "&mailto=editor%40desk.example",
        ),
    ],
)
def test_a_query_is_asked_as_the_service_wants_it(service: str, address: str) -> None:
    asked_for = sources.opening(search(service), now=NOW, contact="https://desk.example; editor@desk.example")
    assert asked_for == Request(url=API[service] + address)
    unnamed = sources.opening(search(service, since="1w"), now=NOW, contact="https://desk.example")
    assert "desk.example" not in unnamed.url
    assert "2026-11-24" in unnamed.url.replace("%2F", "-")


def test_crossref_works_are_leads_by_their_doi_the_newest_first() -> None:
    newer, older = leads(search("crossref"), case("search/crossref.json"))
    assert newer == Lead(
        source="fen",
        url="https://doi.org/10.5555/newer.2",
        title="Trust on the ward: a year of talk",
        description="Nurses met & talked for a year.",
        published=date(2026, 11, 20),
        creators=("Ada Marsh", "Joan Reed"),
        kind=Kind.PAPER,
        page=False,
        publisher="Journal of Wards",
        citation=Citation(journal="Journal of Wards"),
    )
    assert urls.identity(newer.url)[1:] == ("doi:10.5555/newer.2",)
    assert (older.url, older.published, older.creators) == ("https://doi.org/10.5555/older.1", date(2026, 11, 9), ("Fen Network",))


def test_pubmed_is_asked_for_numbers_and_then_for_what_they_stand_for() -> None:
    where = f"{API['pubmed']}?db=pubmed&term=x&retmax=100&tool=gleanings&email=editor%40desk.example"
    (following,) = requests(search("pubmed"), case("search/esearch.json"), where)
    assert following == (
        "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/esummary.fcgi?db=pubmed&retmode=json&tool=gleanings&email=editor%40desk.example&id=40000002,40000001"
    )
    first, second = leads(search("pubmed"), case("search/esummary.json"), following)
    assert first == Lead(
        source="fen",
        url="https://pubmed.ncbi.nlm.nih.gov/40000002/",
        title="Who opens the door at night",
        published=date(2026, 11, 18),
        creators=("A B Marsh", "Fen Night Staff Group"),
        kind=Kind.REVIEW,
        publisher="Journal of wards and streets",
        citation=Citation(journal="Journal of wards and streets"),
    )
    assert urls.identity(first.url)[1:] == ("pmid:40000002",)
    assert (second.published, second.kind, second.publisher) == (date(2026, 11, 2), Kind.ARTICLE, "J Wards")


def test_openalex_abstracts_are_put_together_again() -> None:
    first, second = leads(search("openalex"), case("search/openalex.json"))
    assert (first.url, first.description) == ("https://doi.org/10.5555/newer.2", "Nurses met and talked, then they wrote.")
    assert (first.creators, first.publisher, first.kind, first.published) == (("Ada Marsh",), "Journal of Wards", Kind.PAPER, date(2026, 11, 20))
    assert (second.url, second.kind) == ("https://fen.example/report", Kind.REPORT)


def test_further_pages_of_an_answer_are_bounded() -> None:
    works = [{"id": f"https://openalex.org/W{n}", "display_name": f"Work {n}"} for n in range(100)]
    body = json.dumps({"meta": {"count": 5000}, "results": works})
    assert requests(search("openalex"), body, f"{API['openalex']}?search=x") == [f"{API['openalex']}?search=x&page=2"]
    assert requests(search("openalex"), body, f"{API['openalex']}?search=x&page=3") == []
    numbers = json.dumps({"esearchresult": {"count": "5000", "idlist": [str(n) for n in range(1, 101)]}})
    assert requests(search("pubmed"), numbers, f"{API['pubmed']}?term=x")[1] == f"{API['pubmed']}?term=x&retstart=100"
    assert len(requests(search("pubmed"), numbers, f"{API['pubmed']}?term=x&retstart=200")) == 1


@pytest.mark.parametrize(
    ("service", "body", "sentence"),
    [
        ("crossref", '{"status": "failed", "message": [{"type": "x", "message": "Filter y is unknown."}]}', "Filter y is unknown"),
        ("openalex", '{"error": "Invalid query parameters error.", "message": "sort is wrong"}', "Invalid query parameters error. sort is wrong"),
        ("pubmed", '{"error": "API rate limit exceeded", "count": "11"}', "API rate limit exceeded"),
        ("pubmed", '{"esearchresult": {"ERROR": "Empty term and query_key"}}', "Empty term and query_key"),
        ("crossref", "<html>Closed</html>", "answered with a web page"),
        ("pubmed", "", "answered with no JSON"),
        ("openalex", '{"results": [', "broken JSON"),
        ("openalex", '{"hits": []}', "no answer of OpenAlex"),
        ("crossref", "[]", "no answer of Crossref"),
        ("pubmed", "{}", "no answer of PubMed"),
    ],
)
def test_a_service_that_does_not_answer_is_a_sentence(service: str, body: str, sentence: str) -> None:
    with pytest.raises(ParseError, match=sentence) as caught:
        said(search(service), body)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"query": "x y"}, "needs a `service`; the services are crossref, pubmed, openalex"),
        ({"service": "pubmet", "query": "x y"}, "did you mean 'pubmed'"),
        ({"service": "pubmed"}, "needs a `query`"),
        ({"service": "pubmed", "query": ""}, "needs a `query`"),
        ({"service": "pubmed", "query": "wards", "since": "a while"}, "since must be a span"),
        ({"service": "pubmed", "query": "wards", "rows": 5}, "no option 'rows'"),
        ({"service": ["x"], "query": 3}, "query must be text"),
    ],
)
def test_what_is_wrong_with_a_search_is_said(options: Mapping[str, object], sentence: str) -> None:
    assert any(sentence in one for one in sources.check("search", options)), list(sources.check("search", options))


def test_a_search_stands_in_the_file_without_an_address(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text('sources:\n  - {id: new-papers, kind: search, service: openalex, query: "communities of practice", since: 2w}\n')
    (made,) = configuration.load(path, {}).sources
    assert (made.kind, made.url, made.options["since"]) == ("search", API["openalex"], "2w")
    path.write_text("sources:\n  - {id: new-papers, kind: search, service: openalex}\n")
    with pytest.raises(ConfigError, match="a search needs a `query`"):
        configuration.load(path, {})


def test_a_saved_search_fills_the_queue_without_visiting_publishers(web: Web, place: Place) -> None:
    web.put("/works", case("search/crossref.json"), type="application/json")
    run = place.survey(search("crossref", "http://api.example/works"))
    assert (run.error, run.found, run.title) == (None, 2, "Crossref: communities of practice")
    assert place.titles() == ["Older of the two", "Trust on the ward: a year of talk"]
    (item,) = (one for one in place.store.items(ItemQuery()) if one.title.startswith("Trust"))
    assert (item.resource.publisher, item.resource.identifiers.get("doi")) == ("Journal of Wards", "10.5555/newer.2")
    assert not asked(web, "doi.org")
    assert "mailto=editor%40desk.example" in asked(web, "api.example")[0]


def test_a_saved_search_of_pubmed_takes_both_steps(web: Web, place: Place) -> None:
    web.put("/entrez/eutils/esearch.fcgi", case("search/esearch.json"), type="application/json")
    web.put("/entrez/eutils/esummary.fcgi", case("search/esummary.json"), type="application/json")
    run = place.survey(search("pubmed", "http://eutils.example/entrez/eutils/esearch.fcgi"))
    assert (run.error, run.found) == (None, 2)
    assert [one.partition("?")[0].rpartition("/")[2] for one in asked(web, "eutils.example")] == ["esearch.fcgi", "esummary.fcgi"]


# ---------------------------------------------------------------- editions of other desks

EDITION = "https://digest.example.org/editions/2026-11/edition.json"


def edition(**changes: Any) -> bytes:
    entry = builders.entry(
        credits=(Credit(role="author", name="Ada Marsh"), Credit(role="posted by", name="Sam")),
        event=Event(start=datetime(2027, 1, 8, 10, 0, tzinfo=UTC), end=datetime(2027, 1, 8, 12, 0, tzinfo=UTC), online=True),
    )
    made = builders.edition(sections=(Section(id="evidence", title="Reports", entries=(entry,)),))
    return render.render(replace(made, **changes), "json").body


def test_an_edition_of_another_desk_is_read_with_credit_to_it() -> None:
    (lead,) = leads(source("edition", EDITION), edition())
    assert lead == Lead(
        source="fen",
        url="https://north.example/a",
        title="How a network learns",
        description="What three networks of practices learnt in a year.",
        published=date(2026, 11, 3),
        creators=("Ada Marsh",),
        kind=Kind.REPORT,
        event=Event(start=datetime(2027, 1, 8, 10, 0, tzinfo=UTC), end=datetime(2027, 1, 8, 12, 0, tzinfo=UTC), online=True),
        recommended_by="Example Learning Network",
        note="Take the table on page 4 to your next meeting.",
        publisher="North Network",
        via="Example Learning Network, What's new, November 2026",
    )
    assert sources.title(source("edition", EDITION), page(edition(), EDITION)) == "What's new, Example Learning Network"


def test_an_edition_for_members_is_refused_and_an_entry_for_members_left_out() -> None:
    with pytest.raises(ParseError, match="for that desk's members"):
        said(source("edition", EDITION), edition(audience="members"))
    told = json.loads(edition())
    told["sections"][0]["entries"][0]["audience"] = "members"
    assert leads(source("edition", EDITION), json.dumps(told)) == []


def test_a_later_version_is_read_for_what_we_know_of_it() -> None:
    told = json.loads(edition()) | {"format": "gleanings-edition/7", "mood": ["new"]}
    told["sections"][0]["entries"] += [{"title": 7, "kind": ["x"], "credits": "no list", "url": "javascript:alert(1)"}, "no entry", {"url": "x"}]
    first, odd = leads(source("edition", EDITION), json.dumps(told))
    assert (first.title, odd.title, odd.kind, odd.page) == ("How a network learns", "7", None, False)
    assert urls.is_web(odd.url)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ('{"format": "other/1"}', "no edition of a desk"),
        ("<html><body><a href='/about'>About</a></body></html>", "no edition of a desk and names none"),
        ('{"format": "gleanings-edition/1", ', "broken JSON"),
        ("", "is empty"),
    ],
)
def test_what_is_no_edition_is_said_so(body: str, sentence: str) -> None:
    with pytest.raises(ParseError, match=sentence):
        said(source("edition", EDITION), body)


def test_a_list_of_editions_leads_to_the_newest(web: Web, place: Place) -> None:
    listing = "".join(f'<a href="/editions/{month}/">{month}</a>' for month in ("2026-09", "2026-11", "2026-10"))
    web.put("http://digest.example/", f"<!doctype html><html><body>{listing}</body></html>")
    web.put("http://digest.example/editions/2026-11/edition.json", edition(), type="application/json")
    run = place.survey(source("edition", "http://digest.example/"))
    assert (run.error, run.found) == (None, 1)
    assert asked(web, "digest.example") == ["http://digest.example/", "http://digest.example/editions/2026-11/edition.json"]


def test_the_feed_of_an_edition_leads_to_the_file_beside_it() -> None:
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": []})
    assert requests(source("edition", EDITION), body, "https://digest.example.org/editions/2026-11/feed.json") == [EDITION]


def test_an_item_that_two_desks_carried_is_one_item_and_says_both(web: Web, place: Place) -> None:
    web.put("http://one.example/edition.json", edition(organisation="Desk One"), type="application/json")
    web.put("http://two.example/edition.json", edition(organisation="Desk Two"), type="application/json")
    web.put(
        "https://north.example/a", f"<!doctype html><title>How a network learns</title><main><p>{'They met and talked every month. ' * 30}</p></main>"
    )
    place.survey(source("edition", "http://one.example/edition.json"))
    place.survey(replace(source("edition", "http://two.example/edition.json"), id="street"))
    (item,) = place.store.items(ItemQuery())
    assert [sighting.lead.recommended_by for sighting in item.sightings] == ["Desk One", "Desk Two"]


# ---------------------------------------------------------------- pages that change

WATCHED = "http://ward.example/visits"


def test_a_page_is_first_itself_and_then_what_changed_on_it() -> None:
    before = source("page", WATCHED)
    (first,) = leads(before, case("page/before.html"))
    assert (first.url, first.title, first.page) == (WATCHED, "Visiting hours and guidance", True)
    known = source("page", WATCHED, mark=mark(before, case("page/before.html")))
    assert leads(known, case("page/before.html")) == []
    (changed,) = leads(known, case("page/after.html"))
    assert changed.title == "Visiting hours and guidance (changed 1 December 2026)"
    assert changed.description == "Visitors are welcome from noon until nine. Dogs that work may come in."
    assert (changed.page, changed.published) == (False, date(2026, 12, 1))
    assert changed.url.startswith(f"{WATCHED}#/changed-2026-12-01-")
    again = source("page", WATCHED, mark=mark(known, case("page/after.html")))
    assert leads(again, case("page/after.html")) == []
    assert urls.canonical(changed.url) != urls.canonical(leads(again, case("page/before.html"))[0].url)


def test_of_several_articles_all_are_watched_and_a_sentence_is_whole_whatever_is_bold_in_it() -> None:
    notes = [
        f"<article><p>Note {n} says at some length what <b>the ward</b> did. {'It met. And it talked a lot. ' * 8}</p></article>" for n in range(3)
    ]
    first = source("page", WATCHED, select="article", mark=mark(source("page", WATCHED, select="article"), "".join(notes[1:])))
    assert [lead.description for lead in leads(first, "".join(notes))] == ["Note 0 says at some length what the ward did."]
    whole = source("page", WATCHED, mark=mark(source("page", WATCHED), "".join(notes[:2])))
    assert [lead.description for lead in leads(whole, "".join(notes))] == ["Note 2 says at some length what the ward did."]


def test_what_was_taken_out_is_said_too() -> None:
    known = source("page", WATCHED, mark=mark(source("page", WATCHED), case("page/before.html")))
    less = case("page/before.html").replace(b"<li>Dogs stay at home.</li>", b"")
    assert [lead.description for lead in leads(known, less)] == ["1 sentence taken out; nothing new was written."]


def test_counters_menus_and_another_order_are_no_change() -> None:
    known = source("page", WATCHED, mark=mark(source("page", WATCHED), case("page/before.html")))
    children, dogs = b"<li>Children come with a grown person.</li>", b"<li>Dogs stay at home.</li>"
    other = case("page/before.html").replace(children + dogs, dogs + children).replace(b"4711", b"9000").replace(b"10:14", b"23:59")
    assert leads(known, other) == []


def test_a_selector_says_what_to_look_at_and_a_new_one_begins_anew() -> None:
    chosen = source("page", WATCHED, select="main ul", mark=mark(source("page", WATCHED, select="main ul"), case("page/before.html")))
    assert [lead.description for lead in leads(chosen, case("page/after.html"))] == ["Dogs that work may come in."]
    (first,) = leads(source("page", WATCHED, select="footer"), case("page/before.html"))
    assert first.url == WATCHED
    other = source("page", WATCHED, select="main p", mark=chosen.mark)
    assert [lead.url for lead in leads(other, case("page/after.html"))] == [WATCHED]
    assert "no CSS selector" in "".join(sources.check("page", {"select": "main >"}))


@pytest.mark.parametrize("body", [b"", b"%PDF-1.7 x", b"\x89PNG\r\n\x1a\n", b"<html><body><p>Soon.</p></body></html>", b"\x00\x01"])
def test_a_page_without_text_is_an_error(body: bytes) -> None:
    with pytest.raises(ParseError, match=r"no text to watch|no web page but a file|is empty"):
        said(source("page", WATCHED), body)


def test_a_page_that_nests_without_end_is_no_crash() -> None:
    deep = "<div>" * 100_000 + "<p>Four words stand here.</p>"
    assert len(leads(source("page", WATCHED), "<p>Four words stand here.</p>" + deep)) == 1


def test_a_watched_page_brings_each_change_once(web: Web, place: Place) -> None:
    web.put(WATCHED, case("page/before.html"), times=4).put(WATCHED, case("page/after.html"))
    watched = source("page", WATCHED)
    runs = [place.survey(watched, now=NOW + timedelta(days=day)) for day in range(6)]
    assert [run.error for run in runs] == [None] * 6
    assert len([title for title in place.titles() if "(changed" in title]) == 1
    assert "Dogs that work may come in." in "".join(item.description or "" for item in place.store.items(ItemQuery()))


def test_things_without_a_page_of_their_own_stay_apart() -> None:
    names = ("one", "two", "a%20b")
    keys = [dedupe.fingerprint(extract.from_lead(Lead(source="fen", url=f"{WATCHED}#/{name}", page=False, title="Clinic"))).keys for name in names]
    assert len({key for found in keys for key in found}) == 3
    odd = extract.from_lead(Lead(source="fen", url=f"{WATCHED}#/a b<\u202ec", page=False, title="Clinic"))
    assert odd.url == f"{WATCHED}#/a%20b%3C%E2%80%AEc"
    assert extract.from_lead(Lead(source="fen", url=f"{WATCHED}#/one", title="Clinic")).url == WATCHED


# ---------------------------------------------------------------- lists of feeds


def test_a_list_of_feeds_gives_its_feeds_in_whatever_folders_they_stand() -> None:
    outlines = "<outline text='Wards'><outline text='North' xmlUrl='https://north.example/feed?a=1&amp;b=2' description='Notes'/></outline>"
    body = f"<opml version='2.0'><head><title>What we read</title></head><body>{outlines}<outline text='None' url='x'/></body></opml>"
    asked_for = source("opml", "https://fen.example/list.opml")
    (lead,) = leads(asked_for, body)
    assert (lead.url, lead.title, lead.description, lead.page) == ("https://north.example/feed?a=1&b=2", "North", "Notes", False)
    assert offers(page(body, asked_for.url)) == (Offer(kind="opml", url=asked_for.url, title="What we read"),)
    with pytest.raises(ParseError, match="no list of feeds"):
        said(asked_for, "<rss/>")


# ---------------------------------------------------------------- feeds in pages


def paged(number: int, following: str) -> str:
    links = f"<link rel='next' href='{following}'/>" if following else ""
    entry = f"<entry><title>Note {number}</title><id>n{number}</id><link href='http://north.example/{number}'/></entry>"
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>North</title>{links}{entry}</feed>"


def test_a_feed_in_pages_is_followed_until_what_is_known(web: Web, place: Place) -> None:
    for number in range(3):
        web.put(
            f"http://north.example/feed?p={number}", paged(number, f"feed?p={number + 1}" if number < 2 else ""), times=1, type="application/atom+xml"
        )
    asked_for = source("feed", "http://north.example/feed?p=0")
    assert place.survey(asked_for).found == 3
    before = len(asked(web, "north.example/feed"))
    web.put("http://north.example/feed?p=0", paged(9, "feed?p=x"), type="application/atom+xml")
    web.put("http://north.example/feed?p=x", paged(0, "feed?p=1"), type="application/atom+xml")
    assert place.survey(asked_for, now=NOW + timedelta(hours=6)).found == 2
    assert asked(web, "north.example/feed")[before:] == ["http://north.example/feed?p=0", "http://north.example/feed?p=x"]


def test_an_archive_is_followed_and_a_feed_without_end_is_not(web: Web, place: Place) -> None:
    for number in range(30):
        body = paged(number, f"feed?p={number + 1}").replace("rel='next'", "rel='prev-archive'")
        web.put(f"http://north.example/feed?p={number}", body, type="application/atom+xml")
    assert place.survey(source("feed", "http://north.example/feed?p=0")).found == 10


def test_a_json_feed_names_its_next_page_and_an_option_stops_it() -> None:
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "next_url": "?p=2", "items": []})
    assert requests(source("feed", "https://north.example/feed.json"), body) == ["https://north.example/feed.json?p=2"]
    assert requests(source("feed", "https://north.example/feed.json", follow=False), body) == []
    assert requests(source("feed", "http://north.example/feed", follow=False), paged(0, "?p=1")) == []


# ---------------------------------------------------------------- what an address offers


def test_a_page_of_a_repository_offers_the_place_where_its_program_answers() -> None:
    body = "<!doctype html><html><head><meta name='Generator' content='DSpace 7.6'><title>Fen Library</title></head><body><p>x</p></body></html>"
    guessed = [offer for offer in offers(page(body, "https://library.example/home")) if offer.kind == "oai"]
    assert [(offer.url, offer.guess) for offer in guessed] == [
        ("https://library.example/server/oai/request", True),
        ("https://library.example/oai/request", True),
    ]


def test_a_page_of_another_desk_offers_its_editions_before_itself() -> None:
    body = "<!doctype html><html><head><title>Fen Digest</title></head><body><a href='/editions/2026-11/edition.json'>JSON</a></body></html>"
    kinds = [offer.kind for offer in offers(page(body, "https://digest.example.org/"))]
    assert kinds.index("edition") < kinds.index("listing")
    assert offers(page(edition(), EDITION)) == (Offer(kind="edition", url=EDITION, title="What's new, Example Learning Network"),)


def test_a_page_that_names_no_feed_is_asked_where_feeds_usually_stand() -> None:
    found = offers(page("<!doctype html><html><body><p>x</p></body></html>", "https://fen.example/news"))
    assert [offer.url for offer in found if offer.kind == "feed"] == [
        f"https://fen.example/{name}" for name in ("feed", "rss.xml", "atom.xml", "feed.xml")
    ]
    assert all(offer.guess for offer in found if offer.kind == "feed")


def added(folder: Path, *words: str) -> list[tuple[str, str]]:
    """Give `sources add`, and read what stands in the file then."""
    Folder(folder).must("sources", "add", *words)
    return [(one.kind, one.url) for one in configuration.load(folder / "sources.yaml", {}).sources]


def test_each_kind_is_added_by_its_address(web: Web, tmp_path: Path) -> None:
    web.put("/oai", case("oai/last.xml"), type="text/xml")
    web.put("http://digest.example/", "<!doctype html><html><body><a href='/editions/2026-11/edition.json'>For other desks</a></body></html>")
    web.put("http://digest.example/editions/2026-11/edition.json", edition(), type="application/json")
    web.put("http://fen.example/list", "<opml version='2.0'><body><outline xmlUrl='http://north.example/feed'/></body></opml>", type="text/xml")
    web.put(WATCHED, case("page/before.html"))
    assert added(tmp_path, OAI) == [("oai", OAI)]
    assert added(tmp_path, "http://digest.example/") == [("edition", "http://digest.example/")]
    assert added(tmp_path, "http://fen.example/list") == [("opml", "http://fen.example/list")]
    assert added(tmp_path, WATCHED, "--kind", "page") == [("page", WATCHED)]
    refused = Folder(tmp_path).run("sources", "add", WATCHED)
    assert "`--kind page` watches it" in refused.err


def test_a_feed_that_no_page_names_is_found_where_feeds_usually_stand(web: Web, tmp_path: Path) -> None:
    web.put("http://north.example/", "<!doctype html><html><head><title>North</title></head><body><p>Welcome.</p></body></html>")
    web.put("http://north.example/rss.xml", paged(1, ""), type="application/rss+xml")
    assert added(tmp_path, "http://north.example/") == [("feed", "http://north.example/rss.xml")]


# ---------------------------------------------------------------- faults and hostile bytes

ASKED = (
    source("oai", OAI),
    search("crossref", "http://library.example/works"),
    search("pubmed", "http://library.example/esearch.fcgi"),
    search("openalex", "http://library.example/works"),
    source("edition", "http://library.example/edition.json"),
    source("page", "http://library.example/page"),
    source("opml", "http://library.example/list.opml"),
)


def name_of(asked_for: Source) -> str:
    return f"{asked_for.kind} {asked_for.options.get('service', '')}".strip()


@pytest.mark.parametrize("asked_for", [ASKED[0], ASKED[1], *ASKED[4:]], ids=name_of)
@pytest.mark.parametrize("fault", ["reset", "truncate", "badgzip"])
def test_a_broken_answer_is_a_sentence_and_the_next_survey_starts_where_this_one_did(web: Web, place: Place, asked_for: Source, fault: Fault) -> None:
    web.put(urls_path(asked_for), "half an answer", fault=fault)
    run = place.survey(asked_for)
    assert run.error is not None
    assert run.error.endswith(".")
    assert "internal" not in run.error.lower()
    assert place.store.source_state("fen").etag is None


def urls_path(asked_for: Source) -> str:
    return asked_for.url.partition(".example")[2]


PIECES = st.sampled_from(
    [
        *(
            "<OAI-PMH>",
            "<ListRecords>",
            "<record>",
            "</record>",
            "<header status='deleted'>",
            "<metadata>",
            "<title>",
            "<identifier>",
            "https://a.example/x",
        ),
        *(
            "<resumptionToken>",
            "</OAI-PMH>",
            "<error code='badResumptionToken'/>",
            "doi:10.5555/",
            "<responseDate>",
            "<opml>",
            "<outline xmlUrl='http://a'/>",
        ),
        *(
            '{"message": {"items": [',
            '{"results": [',
            '{"result": {"uids": ["1"], "1": {"title": "x"}}}',
            '{"esearchresult": {"idlist": ["1"]}}',
            "]}}",
            "]}",
        ),
        *(
            '{"format": "gleanings-edition/1", "sections": [{"entries": [{"title": "x", "url": ',
            '"http://["',
            "null",
            "}]}]}",
            '"authors": 3,',
            "NaN",
        ),
        *("<html>", "<main>", "<p>", "Four words stand here.", "\x00", "&x;", "<!DOCTYPE x [", "1" * 30),
    ]
)
ANY = st.one_of(
    st.binary(max_size=200), st.lists(PIECES | st.text(max_size=15), max_size=15).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass"))
)


@pytest.mark.parametrize("asked_for", ASKED, ids=name_of)
@settings(max_examples=60)
@given(body=ANY, kept=st.text(max_size=40) | st.just('{"token": "x", "since": "never", "started": 3}'))
def test_any_bytes_and_any_mark_give_leads_to_the_web_or_a_parse_error(asked_for: Source, body: bytes, kept: str) -> None:
    marked = replace(asked_for, mark=kept)
    try:
        found = said(marked, body)
        sources.title(marked, page(body, marked.url))
    except ParseError:
        found = []
    assert all(urls.is_web(one.url) for one in found if not isinstance(one, Mark))
    assert urls.is_web(sources.opening(marked, now=NOW).url)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8) | st.just("10.5555/x"),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
WORK = st.dictionaries(
    st.sampled_from(
        [
            "DOI",
            "doi",
            "title",
            "display_name",
            "author",
            "authors",
            "authorships",
            "published",
            "abstract",
            "abstract_inverted_index",
            "type",
            "id",
            "url",
        ]
    ),
    JSON | st.dictionaries(st.sampled_from(["date-parts", "x"]), JSON, max_size=2),
)


@settings(max_examples=60)
@given(work=WORK)
def test_any_work_of_a_service_is_a_lead_or_left_out(work: dict[str, Any]) -> None:
    for service, told in (
        ("crossref", {"message": {"items": [work]}}),
        ("openalex", {"results": [work]}),
        ("pubmed", {"result": {"uids": ["7"], "7": work}}),
    ):
        assert all(lead.title and urls.is_web(lead.url) for lead in leads(search(service), json.dumps(told)))
    entry = json.dumps({"format": "gleanings-edition/1", "sections": [{"entries": [work]}]})
    assert all(lead.title and urls.is_web(lead.url) for lead in leads(source("edition", EDITION), entry))
