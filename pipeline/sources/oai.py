"""A repository or catalogue that speaks OAI-PMH 2.0 to leads, by its Dublin Core records. Fetches nothing.

Standard: openarchives.org/OAI/openarchivesprotocol.html. Asked is only for what changed since the last survey, a day of overlap included; a long
answer comes in parts, and a survey that ends in between is gone on with at the next. A deleted record is not offered; an item that we
have already stays, for that a catalogue dropped its record says nothing of the thing. Options: `set`, and `since` (a first survey goes back no
further: `since: 90d`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from pipeline import citations, dates, text, urls
from pipeline.errors import ParseError
from pipeline.model import Citation, Kind, Lead, Mark, Page, Request, Source
from pipeline.sources import loose, markup
from pipeline.sources.labels import kind_of_noun
from pipeline.sources.markup import Element
from pipeline.sources.options import Options, problems, span, span_problems

MAX_RECORDS = 10_000
"""Records of one answer; repositories send some hundred."""
MAX_TOKEN = 1_200
"""Characters; a longer one makes no address."""
DESCRIPTION = 2_000
OVERLAP = timedelta(days=1)

_ASKED = frozenset(("verb", "resumptionToken", "from", "until", "metadataPrefix", "set", "identifier"))
_DOI = re.compile(r"(?:(?:info:)?doi:\s*|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/[^\s\"<>]{1,500})", re.IGNORECASE)
_HANDLE = re.compile(r"(?:info:hdl/|hdl:\s*)(\d[\w.]{1,30}/[^\s\"<>]{1,300})", re.IGNORECASE)
_FILE = re.compile(r"\.(?:pdf|docx?|pptx?|xlsx?|zip|epub|mp[34]|jpe?g|png|txt|csv|xml)$|/bitstreams?/", re.IGNORECASE)
_INVERTED = re.compile(r"([^,\d]{2,60}), ([^,\d]{1,60})")
_END = re.compile(rb"</(?:\w+:)?OAI-PMH\s*>\s*$", re.IGNORECASE)
_TYPES: Mapping[str, Kind] = {
    "article": Kind.PAPER,
    "journal article": Kind.PAPER,
    "contribution to journal": Kind.PAPER,
    "conference object": Kind.PAPER,
    "conference paper": Kind.PAPER,
    "conference or workshop item": Kind.PAPER,
    "preprint": Kind.PAPER,
    "thesis": Kind.RESEARCH,
    "doctoral thesis": Kind.RESEARCH,
    "master thesis": Kind.RESEARCH,
    "bachelor thesis": Kind.RESEARCH,
    "technical report": Kind.REPORT,
    "book part": Kind.BOOK,
    "book section": Kind.BOOK,
    "moving image": Kind.VIDEO,
    "sound": Kind.AUDIO,
    "interactive resource": Kind.WEBSITE,
}
_FAULTS: Mapping[str, str] = {
    "noSetHierarchy": "the repository has no sets; leave `set` out",
    "cannotDisseminateFormat": "it gives no Dublin Core (oai_dc), which every repository has to",
    "badResumptionToken": "it no longer knows the place where its own list was cut; the next survey starts anew",
    "badVerb": "it knows no ListRecords, and so speaks no OAI-PMH 2.0",
}


@dataclass(frozen=True, slots=True)
class _Way:
    """How far a list has been read. `since` is from when it tells, `started` the repository's own time at its beginning, `token` where it was cut."""

    set: str = ""
    since: str = ""
    started: str = ""
    token: str = ""

    def mark(self) -> Mark:
        return Mark(value=json.dumps(asdict(self)))

    def anew(self) -> _Way:
        """The way back to the beginning of the same list."""
        day = dates.parse(self.since, dayfirst=False)
        return _Way(set=self.set, started=(dates.day(day) + OVERLAP).isoformat() if day is not None else "")


def check(options: Options) -> Iterator[str]:
    """Say what is wrong with the options: `set` is the name of one set, `since` a span such as 90d."""
    yield from problems(options, {"set": str, "since": str}, where="an OAI source")
    yield from span_problems(options, "since")


def address(source: Source, *, now: datetime) -> str:
    """Build the address that goes on where the last survey ended: its list, where that was cut, or what is new since."""
    return _asking(source, _way(source), now)


def anew(source: Source) -> Source:
    """Give a source that goes back to the beginning of the list in which it was, for a repository that will not go on with it."""
    way = _way(source)
    return replace(source, mark=way.anew().mark().value) if way.token else source


def title(source: Source, page: Page) -> str | None:
    """Read the repository's name, where this answer tells it (`Identify`)."""
    if b"repositoryName" not in page.body:
        return None  # the usual answer is long, and not worth a second reading
    name = next((one for one in _root(source, page).iter() if markup.local(one) == "repositoryname"), None)
    return text.clip(markup.words(name), 300) or None if name is not None else None


def leads(source: Source, page: Page) -> Iterator[Lead | Request | Mark]:
    """Read the records of one answer, then ask for the next part. Raises `ParseError` for what is no OAI-PMH, and for its errors as sentences."""
    root, way = _root(source, page), _way(source)
    told = {markup.local(one): one for one in root}
    started = markup.words(told["responsedate"])[:20] if "responsedate" in told else ""
    started = started if re.match(r"\d{4}-\d\d-\d\d", started) else f"{page.fetched:%Y-%m-%d}"
    if "error" in told:
        yield from _failed(source, page, told["error"], way, started=started)
        return
    records = told.get("listrecords", told.get("listidentifiers", told.get("getrecord")))
    if records is None:  # a person gave the address of another verb
        yield Request(url=_asking(source, way, page.fetched))
        return
    for one in islice(records, MAX_RECORDS):
        if markup.local(one) in ("record", "header") and (lead := _lead(source, page, one)):
            yield lead
    if _END.search(page.body[-200:]):  # half an answer says nothing of how far it came
        yield from _further(source, records, way, now=page.fetched, started=started)


def _further(source: Source, records: Element, way: _Way, *, now: datetime, started: str) -> Iterator[Request | Mark]:
    """Ask for the next part where there is one, and keep where we are."""
    token = next((markup.words(one) for one in records if markup.local(one) == "resumptiontoken"), "")
    way = way if way.token else _Way(set=_set(source), since=_since(source, way, now), started=started)
    if len(token) > MAX_TOKEN:
        return
    if not token or token == way.token:
        yield replace(way, token="").mark()
        return
    way = replace(way, token=token)
    yield way.mark()
    yield Request(url=_asking(source, way, now))


def _failed(source: Source, page: Page, error: Element, way: _Way, *, started: str) -> Iterator[Request | Mark]:
    code = error.get("code") or ""
    if code == "noRecordsMatch":
        yield _Way(set=_set(source), started=started).mark()
        return
    if code == "badResumptionToken" and way.token:
        yield way.anew().mark()
        yield Request(url=_asking(source, way.anew(), page.fetched))
        return
    words = text.clip(markup.words(error), 160)
    said = _FAULTS.get(code) or f"it answers {text.clip(code, 40) or 'with an error'}" + (f": {words}" if words else "")
    raise ParseError(f"{source.id}: {page.url}: {said.rstrip('.')}.", source=source.id)


def _root(source: Source, page: Page) -> Element:
    root = markup.xml(source, page)
    name = markup.local(root)
    if name == "oai-pmh":
        return root
    what = "this is a web page" if name == "html" else f"its first element is <{text.clip(name, 40)}>"
    hint = "The address of a repository often ends in /oai or /oai/request; with ?verb=Identify it answers with its name."
    raise ParseError(f"{source.id}: {page.url} does not speak OAI-PMH; {what}.", source=source.id, hint=hint)


# ---------------------------------------------------------------- asking


def _way(source: Source) -> _Way:
    """Read the mark of the last survey; one of another set counts for nothing."""
    try:
        kept = loose.of(json.loads(source.mark or "{}"))
    except ValueError:
        kept = {}
    way = _Way(**{one.name: loose.string(kept.get(one.name)) for one in fields(_Way)})
    return way if way.set == _set(source) else _Way()


def _asking(source: Source, way: _Way, now: datetime) -> str:
    parts = urlsplit(source.url)
    own = [(key, value) for key, value in parse_qsl(parts.query) if key not in _ASKED]
    if way.token:
        asked = [("verb", "ListRecords"), ("resumptionToken", way.token)]
    else:
        chosen = {"from": _since(source, way, now), "set": _set(source)}
        asked = [("verb", "ListRecords"), ("metadataPrefix", "oai_dc"), *((key, value) for key, value in chosen.items() if value)]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode([*own, *asked], quote_via=quote), ""))


def _set(source: Source) -> str:
    given = source.options.get("set") or dict(parse_qsl(urlsplit(source.url).query)).get("set", "")
    return str(given)


def _since(source: Source, way: _Way, now: datetime) -> str:
    """From which day to ask: that of the last whole list less the overlap, else as the options say. Whole days are what every repository takes."""
    last = dates.parse(way.started[:10], dayfirst=False) if way.started else None
    if last is not None:
        return (dates.day(last) - OVERLAP).isoformat()
    back = span(source.options, "since")
    return (now.astimezone(UTC) - back).date().isoformat() if back else ""


# ---------------------------------------------------------------- records


def _lead(source: Source, page: Page, record: Element) -> Lead | None:
    header = record if markup.local(record) == "header" else next((one for one in record if markup.local(one) == "header"), None)
    if header is not None and (header.get("status") or "").lower() == "deleted":
        return None
    name = next((markup.words(one) for one in header if markup.local(one) == "identifier"), "") if header is not None else ""
    said = _said(record)
    url = _landing(said.get("identifier", [])) or _landing([name])
    heading = next(iter(said.get("title", ())), None)
    if url is None and not name and not heading:
        return None
    published = _published(said.get("date", []))
    return Lead(
        source=source.id,
        url=url or markup.stand_in(source.url, name or heading or ""),
        page=url is not None,
        title=text.clip(text.plain(heading), 500) if heading else None,
        description=text.clip(text.plain(max(said.get("description", [""]), key=len)), DESCRIPTION) or None,
        published=published,
        creators=tuple(dict.fromkeys(_name(one) for one in said.get("creator", ())))[:50],
        kind=next((kind for one in said.get("type", ()) if (kind := _kind(one))), None),
        publisher=text.clip(next(iter(said.get("publisher", ())), ""), 120) or None,
        citation=_citation(said, dated=published is not None),
    )


def _said(record: Element) -> dict[str, list[str]]:
    """Read the fields of a record by their names in Dublin Core; each may be given several times."""
    said: dict[str, list[str]] = {}
    for part in (one for one in record if markup.local(one) == "metadata"):
        for one in part.iter():
            if not len(one) and (words := markup.words(one)):
                said.setdefault(markup.local(one), []).append(words)
    return said


def _citation(said: Mapping[str, list[str]], *, dated: bool) -> Citation | None:
    """Read where it came out from what a record calls its source or its citation, where that is plainly one."""
    given = [one for name in ("bibliographiccitation", "source") for one in said.get(name, ())[:20]]
    found = next(filter(None, map(citations.stated, given)), None)
    return replace(found, year=None) if found and dated else found


def _landing(identifiers: list[str]) -> str | None:
    """Choose the address to visit: a page before a DOI, a DOI before a handle, a handle before a file."""
    found: list[tuple[int, str]] = []
    for one in identifiers[:50]:
        if doi := _DOI.fullmatch(one):
            found.append((1, f"https://doi.org/{quote(doi[1].rstrip('.'), safe='/:;()._-')}"))
        elif handle := _HANDLE.fullmatch(one):
            found.append((2, f"https://hdl.handle.net/{quote(handle[1], safe='/:;()._-')}"))
        elif urls.is_web(one) and not re.search(r"\s", one):
            found.append((3 if _FILE.search(urlsplit(one).path) else 0, one))
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _published(given: list[str]) -> date | None:
    """Choose the first of the days that a record states: the later ones are when it was put in and let out."""
    found = [day for one in given[:20] if (day := dates.parse(one, dayfirst=False))]
    return min(found, key=dates.day) if found else None


def _name(words: str) -> str:
    """Write "Marsh, Ada" as it is said."""
    inverted = _INVERTED.fullmatch(words)
    return text.clip(f"{inverted[2]} {inverted[1]}" if inverted else words, 120)


def _kind(words: str) -> Kind | None:
    """Tell the kind by `dc:type`: words, or the last part of an address such as info:eu-repo/semantics/conferenceObject."""
    last = re.split(r"[/#]", words[:200])[-1]
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", last).replace("-", " ").casefold()
    return _TYPES.get(plain) or kind_of_noun(plain)
