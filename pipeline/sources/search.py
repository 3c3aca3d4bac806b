"""A saved query to leads: what Crossref, PubMed or OpenAlex know of a subject and had not a month ago. Builds addresses and fetches nothing.

Options: `service`, `query` in the service's own syntax, and `since` (30d), how far each survey looks back. A service that the desk tells its
contact answers in its better lane, so the address carries it. Crossref has no "and": of it the best hundred of the time are taken, by its
own order of fit; the others find what has all words, and are read from the newest on. Crossref and OpenAlex say what there is to say, so no
publisher's page is visited for them; of PubMed the page is, which has the abstract.
Documentation: api.crossref.org, ncbi.nlm.nih.gov/books/NBK25501, developers.openalex.org.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from pipeline import citations, dates, text, urls
from pipeline.errors import ParseError
from pipeline.model import Kind, Lead, Page, Request, Source
from pipeline.sources import loose
from pipeline.sources.loose import Object
from pipeline.sources.options import Options, problems, span, span_problems

SINCE = timedelta(days=30)
ROWS = 100
"""Works of one answer: what OpenAlex gives at most, and enough for an address that names each of them."""
MAX_PAGES = 3
"""Answers of one survey; a query with more than 300 new works in its time is too wide for a person to read."""
DESCRIPTION = 2_000

_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/[^\s\"<>]{1,500})", re.IGNORECASE)
_CONTACT = re.compile(r"[^\s;,<>]{1,64}@[^\s;,<>]{1,190}")
_SERIAL = frozenset(("journal-article", "review", "peer-review", "journal-issue"))
_MONTHS = {name: number for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)}
_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("journal-article", "proceedings-article", "posted-content", "article", "preprint", "journal article"), Kind.PAPER),
    **dict.fromkeys(("book", "monograph", "edited-book", "reference-book", "book-chapter", "book-section", "book-part"), Kind.BOOK),
    **dict.fromkeys(("review", "systematic review", "peer-review", "meta-analysis"), Kind.REVIEW),
    **dict.fromkeys(("report", "report-component", "report-series"), Kind.REPORT),
    **dict.fromkeys(("editorial", "letter", "comment"), Kind.ARTICLE),
    **dict.fromkeys(("practice guideline", "guideline"), Kind.GUIDE),
    "dissertation": Kind.RESEARCH,
    "dataset": Kind.DATASET,
    "software": Kind.SOFTWARE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """A place to search: its name, the address of its interface, what to ask, and how to read what it answers."""

    name: str
    url: str
    asked: Callable[[str, date, str], dict[str, str]]
    read: Callable[[Source, Page, Object], Iterator[Lead | Request]]


def check(options: Options) -> Iterator[str]:
    """Say what is wrong with the options: `service` and `query` must stand there, `since` is a span such as 30d."""
    yield from problems(options, {"service": str, "query": str, "since": str}, where="a search")
    service, query = options.get("service"), options.get("query")
    if service not in SERVICES:
        near = text.nearest(service, SERVICES) if isinstance(service, str) else None
        what = f"there is no service {service!r}" if service is not None else "a search needs a `service`"
        yield f"{what}; " + (f"did you mean {near!r}?" if near else f"the services are {', '.join(SERVICES)}")
    if query is None or (isinstance(query, str) and not 2 <= len(query.strip()) <= 1_000):
        yield 'a search needs a `query` of 2 to 1,000 characters; for example `query: "communities of practice"`'
    yield from span_problems(options, "since")


def address_of(service: str) -> str:
    """Give the address at which a service is asked; empty for one that there is not."""
    return SERVICES[service].url if service in SERVICES else ""


def address(source: Source, *, now: datetime, contact: str = "") -> str:
    """Build the address of a query's first answer. `contact` may hold other words; its first mail address is told to the service."""
    service = _service(source)
    mail = _CONTACT.search(contact)
    since = (now.astimezone(UTC) - (span(source.options, "since") or SINCE)).date()
    asked = service.asked(text.squeeze(str(source.options.get("query", ""))), since, mail[0] if mail else "")
    return _with(source.url or service.url, {key: value for key, value in asked.items() if value})


def title(source: Source, page: Page) -> str:
    """Name the source by its query."""
    del page
    return f"{_service(source).name}: {text.clip(str(source.options.get('query', '')), 120)}"


def leads(source: Source, page: Page) -> Iterator[Lead | Request]:
    """Read the works of one answer, then ask for more where there is more. Raises `ParseError` with what the service says is wrong."""
    service = _service(source)
    if not loose.is_json(page):
        what = "a web page" if re.search(rb"<(?:!doctype )?html", page.body[:500], re.IGNORECASE) else "no JSON"
        hint = "The service may be closed for the moment; it is asked again."
        raise ParseError(f"{source.id}: {service.name} answered with {what}.", source=source.id, hint=hint)
    told = loose.document(source, page)
    if said := _refusal(told):
        hint = "The query is written in the service's own syntax; try it on its site."
        raise ParseError(f"{source.id}: {service.name} does not answer the query: {text.clip(said, 200).rstrip('.')}.", source=source.id, hint=hint)
    yield from service.read(source, page, told)


def _service(source: Source) -> _Service:
    name = str(source.options.get("service", ""))
    if name not in SERVICES:
        raise ParseError(f"{source.id}: {'; '.join(check(source.options))}.", source=source.id)
    return SERVICES[name]


def _refusal(told: Object) -> str:
    """Find what a service says against a query, in the places where the three of them say it."""
    inner = loose.of(told.get("esearchresult"))
    faults = [loose.of(one) for one in loose.each(told.get("message"))]
    said = [loose.words(one.get("message")) for one in faults] + [loose.words(inner.get("ERROR"))]
    plain = " ".join(filter(None, (loose.words(told.get("error")), loose.words(told.get("message")))))
    return next(filter(None, said), plain)


def _with(url: str, changes: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    asked = {**dict(parse_qsl(parts.query)), **changes}
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(asked, quote_via=quote, safe=":,*"), ""))


def _unlike(source: Source, page: Page) -> ParseError:
    return ParseError(f"{source.id}: {page.url} is JSON, but no answer of {_service(source).name}.", source=source.id)


# ---------------------------------------------------------------- Crossref


def _ask_crossref(query: str, since: date, mail: str) -> dict[str, str]:
    chosen = "DOI,title,subtitle,author,container-title,volume,issue,page,publisher,published,created,abstract,type"
    return {"query.bibliographic": query, "filter": f"from-created-date:{since}", "rows": str(ROWS), "select": chosen, "mailto": mail}


def _read_crossref(source: Source, page: Page, told: Object) -> Iterator[Lead | Request]:
    items = loose.of(told.get("message")).get("items")
    if not isinstance(items, list):
        raise _unlike(source, page)
    found = [lead for one in items[:ROWS] if (lead := _crossref_lead(source, loose.of(one)))]
    yield from sorted(found, key=lambda lead: dates.day(lead.published) if lead.published else date.min, reverse=True)


def _crossref_lead(source: Source, work: Object) -> Lead | None:
    return _told(
        Lead(
            source=source.id,
            url=_address(loose.string(work.get("DOI"))),
            title=": ".join(filter(None, (_first(work.get("title")), _first(work.get("subtitle"))))),
            description=re.sub(r"^abstract\s+", "", text.plain(loose.string(work.get("abstract"))), flags=re.IGNORECASE),
            published=_parts(work.get("published")) or _parts(work.get("created")),
            creators=tuple(_person(loose.of(one)) for one in loose.each(work.get("author"))),
            kind=_KINDS.get(loose.string(work.get("type"))),
            publisher=_first(work.get("container-title")) or loose.words(work.get("publisher")),
            citation=citations.citation(
                journal=_first(work.get("container-title")) if loose.string(work.get("type")) in _SERIAL else None,
                volume=loose.words(work.get("volume")),
                issue=loose.words(work.get("issue")),
                pages=loose.words(work.get("page")),
                year=None if _parts(work.get("published")) else _year(work.get("published")),
            ),
        )
    )


def _person(said: Object) -> str:
    return " ".join(filter(None, (loose.words(said.get("given")), loose.words(said.get("family"))))) or loose.words(said.get("name"))


def _first(value: object) -> str:
    return next((words for one in loose.each(value) if (words := text.plain(loose.string(one)))), "")


def _parts(value: object) -> date | None:
    """Read Crossref's `{"date-parts": [[2026, 11, 3]]}`; a month or year alone is no day."""
    parts = loose.each(next(iter(loose.each(loose.of(value).get("date-parts"))), None))
    return _day(*parts) if len(parts) == 3 else None


def _year(value: object) -> int | None:
    parts = loose.each(next(iter(loose.each(loose.of(value).get("date-parts"))), None))
    return citations.year(loose.string(next(iter(parts), None)))


def _day(year: object, month: object, day: object) -> date | None:
    try:
        return date(int(str(year)), int(str(month)), int(str(day)))
    except ValueError:
        return None


# ---------------------------------------------------------------- PubMed


def _ask_pubmed(query: str, since: date, mail: str) -> dict[str, str]:
    days = {"datetype": "edat", "mindate": f"{since:%Y/%m/%d}", "maxdate": "3000"}
    return {"db": "pubmed", "term": query, **days, "sort": "pub_date", "retmax": str(ROWS), "retmode": "json", "tool": "gleanings", "email": mail}


def _read_pubmed(source: Source, page: Page, told: Object) -> Iterator[Lead | Request]:
    """Read either answer: the numbers of what was found, which are asked for in a second step, or what they stand for."""
    found, works = loose.of(told.get("esearchresult")), loose.of(told.get("result"))
    if not found and not works:
        raise _unlike(source, page)
    for uid in loose.each(works.get("uids"))[:ROWS]:
        if lead := _pubmed_lead(source, loose.string(uid), loose.of(works.get(loose.string(uid)))):
            yield lead
    if not found:
        return
    numbers = [number for one in loose.each(found.get("idlist"))[:ROWS] if re.fullmatch(r"\d{1,9}", number := loose.string(one))]
    parts = urlsplit(page.url)
    asked = dict(parse_qsl(parts.query))
    if numbers:
        who = {key: asked[key] for key in ("tool", "email") if asked.get(key)}
        beside = urlunsplit((parts.scheme, parts.netloc, parts.path.replace("esearch", "esummary"), "", ""))
        yield Request(url=_with(beside, {"db": "pubmed", "retmode": "json", **who, "id": ",".join(numbers)}))
    start = _whole(asked.get("retstart")) + ROWS
    if len(numbers) == ROWS and start < min(_whole(found.get("count")), MAX_PAGES * ROWS):
        yield Request(url=_with(page.url, {"retstart": str(start)}))


def _pubmed_lead(source: Source, uid: str, work: Object) -> Lead | None:
    if not re.fullmatch(r"\d{1,9}", uid) or work.get("error"):
        return None
    people = [loose.of(one) for one in loose.each(work.get("authors"))]
    published = next((day for key in ("epubdate", "pubdate", "sortpubdate") if (day := _said_day(loose.string(work.get(key))))), None)
    kinds = (_KINDS.get(loose.string(one).casefold()) for one in reversed(loose.each(work.get("pubtype"))))
    return _told(
        Lead(
            source=source.id,
            url=f"https://pubmed.ncbi.nlm.nih.gov/{uid}/",
            title=text.plain(loose.string(work.get("title"))).rstrip(".").removeprefix("[").removesuffix("]"),
            published=published,
            creators=tuple(_uninitialled(loose.words(one.get("name"))) for one in people),
            kind=next((kind for kind in kinds if kind), Kind.PAPER),
            publisher=loose.words(work.get("fulljournalname")) or loose.words(work.get("source")),
            citation=citations.citation(
                journal=loose.words(work.get("fulljournalname")) or loose.words(work.get("source")),
                volume=loose.words(work.get("volume")),
                issue=loose.words(work.get("issue")),
                pages=loose.words(work.get("pages")),
                year=None if published else citations.year(loose.words(work.get("pubdate"))),
            ),
        ),
        page=True,
    )


def _said_day(words: str) -> date | None:
    """Read PubMed's "2026 Nov 3" and "2026/11/03 00:00"; a month alone is no day."""
    if written := re.match(r"(\d{4}) ([A-Za-z]{3}) (\d{1,2})$", words):
        return _day(written[1], _MONTHS.get(written[2].lower()), written[3])
    sorted_ = re.match(r"(\d{4})/(\d\d)/(\d\d)\b", words)
    return _day(*sorted_.groups()) if sorted_ else None


def _uninitialled(name: str) -> str:
    """Write PubMed's "Marsh AB" as "A B Marsh"."""
    found = re.fullmatch(r"(.{2,80}) ([A-Z]{1,4})", name)
    return f"{' '.join(found[2])} {found[1]}" if found else name


def _whole(value: object) -> int:
    number = loose.string(value)
    return int(number) if re.fullmatch(r"\d{1,9}", number) else 0


# ---------------------------------------------------------------- OpenAlex


def _ask_openalex(query: str, since: date, mail: str) -> dict[str, str]:
    return {"search": query, "filter": f"from_publication_date:{since}", "sort": "publication_date:desc", "per_page": str(ROWS), "mailto": mail}


def _read_openalex(source: Source, page: Page, told: Object) -> Iterator[Lead | Request]:
    works = told.get("results")
    if not isinstance(works, list):
        raise _unlike(source, page)
    for one in works[:ROWS]:
        if lead := _openalex_lead(source, loose.of(one)):
            yield lead
    number = max(_whole(dict(parse_qsl(urlsplit(page.url).query)).get("page")), 1)
    if len(works) >= ROWS and number < MAX_PAGES and number * ROWS < _whole(loose.of(told.get("meta")).get("count")):
        yield Request(url=_with(page.url, {"page": str(number + 1)}))


def _openalex_lead(source: Source, work: Object) -> Lead | None:
    place = loose.of(work.get("primary_location"))
    kept_in, biblio = loose.of(place.get("source")), loose.of(work.get("biblio"))
    published = _said_day(loose.string(work.get("publication_date")).replace("-", "/"))
    people = (loose.of(loose.of(one).get("author")) for one in loose.each(work.get("authorships")))
    return _told(
        Lead(
            source=source.id,
            url=_address(loose.string(work.get("doi"))) or loose.string(place.get("landing_page_url")) or loose.string(work.get("id")),
            title=text.plain(loose.string(work.get("display_name")) or loose.string(work.get("title"))),
            description=_unfolded(loose.of(work.get("abstract_inverted_index"))),
            published=published,
            creators=tuple(loose.words(one.get("display_name")) for one in people),
            kind=_KINDS.get(loose.string(work.get("type"))),
            publisher=loose.words(kept_in.get("display_name")),
            citation=citations.citation(
                journal=loose.words(kept_in.get("display_name")) if loose.string(kept_in.get("type")) in ("journal", "") else None,
                volume=loose.words(biblio.get("volume")),
                issue=loose.words(biblio.get("issue")),
                pages=citations.pagination(loose.words(biblio.get("first_page")), loose.words(biblio.get("last_page"))),
                year=citations.year(loose.string(work.get("publication_year"))) if published is None else None,
            ),
        )
    )


def _unfolded(index: Object) -> str:
    """Put an abstract together again from the places of its words: `{"of": [1, 4], …}`."""
    words = {at: word for word, places in list(index.items())[:3_000] for at in loose.each(places)[:500] if isinstance(at, int) and 0 <= at < 3_000}
    return " ".join(words[at] for at in sorted(words))


# ---------------------------------------------------------------- what they share


def _address(doi: str) -> str:
    found = _DOI.fullmatch(doi)
    return f"https://doi.org/{quote(found[1].lower(), safe='/:;()._-')}" if found else ""


def _told(lead: Lead, *, page: bool = False) -> Lead | None:
    """Bound what a service said of a work; one without a title or an address is none."""
    if not lead.title or not urls.is_web(lead.url):
        return None
    return replace(
        lead,
        page=page,
        title=text.clip(lead.title, 500),
        description=text.clip(text.squeeze(lead.description or ""), DESCRIPTION) or None,
        creators=tuple(dict.fromkeys(text.clip(name, 120) for name in lead.creators if name))[:50],
        publisher=text.clip(lead.publisher or "", 160) or None,
    )


SERVICES: Mapping[str, _Service] = {
    "crossref": _Service(name="Crossref", url="https://api.crossref.org/works", asked=_ask_crossref, read=_read_crossref),
    "pubmed": _Service(name="PubMed", url="https://eutils.ncbi.nlm.nih.gov/entrez/eutils/esearch.fcgi", asked=_ask_pubmed, read=_read_pubmed),
    "openalex": _Service(name="OpenAlex", url="https://api.openalex.org/works", asked=_ask_openalex, read=_read_openalex),
}
