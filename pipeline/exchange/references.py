"""What a reference manager says of a work, under the tags of RIS, turned into the line that `import items` takes; whatever form the file has.

Never guesses an address: a record that has neither a web address nor an identifier that leads to one is refused, and named by its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pipeline import citations, dates, text, urls
from pipeline.citations import identifier
from pipeline.errors import ParseError
from pipeline.exchange.lines import BadLineError, Result
from pipeline.model import Kind
from pipeline.names.parts import split
from pipeline.render.works import language

MAX_BYTES = 50_000_000
_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("JOUR", "JFULL", "EJOUR", "ABST", "INPR", "CPAPER", "CONF", "EJOU"), Kind.PAPER),
    **dict.fromkeys(("RPRT", "GOVDOC", "HEAR", "THES", "UNPB", "UNPD"), Kind.REPORT),
    **dict.fromkeys(("BOOK", "EBOOK", "EDBOOK", "CHAP", "ECHAP", "SER"), Kind.BOOK),
    **dict.fromkeys(("VIDEO", "MPCT", "ADVS"), Kind.VIDEO),
    **dict.fromkeys(("SOUND", "MUSIC"), Kind.AUDIO),
    **dict.fromkeys(("DATA", "AGGR", "DBASE"), Kind.DATASET),
    **dict.fromkeys(("ELEC", "ICOMM", "MGZN", "ENCYC"), Kind.ARTICLE),
    **{"BLOG": Kind.BLOG, "NEWS": Kind.NEWS, "COMP": Kind.SOFTWARE, "SLIDE": Kind.SLIDES, "STAND": Kind.GUIDE},
}
_NAMES = frozenset(kind.value for kind in Kind)
_PRESS = ("MGZN", "NEWS")
_SERIAL = ("JOUR", "JFULL", "EJOUR", "EJOU", "ABST", "INPR", *_PRESS)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ISO = re.compile(r"([12]\d{3})(?:[/-](\d{1,2}))?(?:[/-](\d{1,2}))?(?![\d])")
_WORDED = re.compile(r"([12]\d{3}) ([A-Za-z]{3})[a-z]*(?:[- ]([A-Za-z]{3}|\d{1,2})\b)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:T[\d:]{8}(?:\.\d+)?(?:[+-]\d\d:\d\d(?::\d\d)?)?)?")
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d):([0-5]\d)")
_SCHEMED = re.compile(r"([a-z][a-z0-9]{1,11}):(\S.*)")
_RESOLVED = (("doi", "https://doi.org/"), ("pmid", "https://pubmed.ncbi.nlm.nih.gov/"), ("arxiv", "https://arxiv.org/abs/"))


@dataclass(slots=True)
class Record:
    """One reference: the line of the file on which it begins, and its values by their tag in RIS, in order."""

    line: int
    values: dict[str, list[str]] = field(default_factory=dict)

    def all(self, *tags: str) -> list[str]:
        return [value for tag in tags for one in self.values.get(tag, ()) if (value := text.squeeze(one))]

    def first(self, *tags: str) -> str:
        return next(iter(self.all(*tags)), "")


def read(
    body: bytes, records: Callable[[str], Iterable[Record]], result: Result, *, form: str, where: str, hint: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the line on which each record begins, and the record as a line of `import items`. Bad ones are refused in `result`.

    Raises `ParseError` with `hint` where the file is too large or holds no record at all.
    """
    if len(body) > MAX_BYTES:
        raise ParseError(f"{where} is larger than {MAX_BYTES // 1_000_000} MB.", source=where, hint="Export the library in parts.")
    found = False
    for record in records(_decoded(body)):
        found = True
        try:
            yield record.line, _row(record)
        except BadLineError as error:
            result.refuse(record.line, error)
    if not found:
        raise ParseError(f"{where} is no {form} file.", source=where, hint=hint)


def _decoded(body: bytes) -> str:
    """UTF-8 or UTF-16 as marked, else UTF-8, else what Windows wrote before."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _row(record: Record) -> dict[str, Any]:
    """Turn a record into a line of `import items`. Raises `BadLineError` where nothing leads to the work."""
    named = _identifiers(record)
    links = _links(record)
    url = next((link for link in links if not link.lower().endswith(".pdf")), links[0] if links else "")
    url = url or next((resolver + named[scheme] for scheme, resolver in _RESOLVED if scheme in named), "")
    title = record.first("TI", "T1", "CT", "BT", "TT")
    if not url:
        raise BadLineError(f"“{text.clip(title, 80) or 'a record without a title'}” has neither a web address nor a DOI")
    tag = language(record.first("LA"))
    issued = _issued(record.first("DA")) or _issued(record.first("PY", "Y1"))
    row: dict[str, Any] = {
        "id": record.first("ID"),
        "url": url,
        "title": title,
        "kind": _kind(record).value,
        "publisher": _publisher(record),
        "language": tag,
        "description": record.first("AB", "N2"),
        "identifiers": named,
        "note": record.first("N1"),
        "keywords": [word for one in record.all("KW", "K1") for word in re.split(r"\s*;\s*", one) if word],
        "accessed": _issued(record.first("Y2")),
        "citation": _citation(record, year=int(issued[:4]) if len(issued) == 4 else None),
        "duration_seconds": _seconds(record.first("M1")),
        "event": _event(record),
        "links": [link for link in links if link != url],
        **_people(record, tag),
    }
    row["published" if len(issued) == 10 else "issued"] = issued
    return {key: value for key, value in row.items() if value}


def _people(record: Record, tag: str) -> dict[str, list[str]]:
    """Names in their natural order; as they were written too, where the family name could not be found again."""
    stated = [one for one in (record.all("AU", "A1") or record.all("A2", "ED")) if split(one, tag).written][:500]
    names = [split(one, tag) for one in stated]
    found = {"creators": [name.written for name in names]}
    if any(split(name.written, tag) != name for name in names):
        found["authors"] = stated
    return found


def _publisher(record: Record) -> str:
    if record.first("TY") in _SERIAL:
        return record.first("PB") or _journal(record)
    return record.first("PB", "T2", "JF", "JO")


def _journal(record: Record) -> str:
    return record.first("JF", "JO", "T2", "JA", "J2", "J1")


def _citation(record: Record, *, year: int | None) -> dict[str, Any] | None:
    """Where a paper came out. Of what is in no journal T2 names a site, a book or a conference."""
    journal = _journal(record) if record.first("TY") in _SERIAL and record.first("TY") not in _PRESS else ""
    first, last = [*record.all("SP", "EP"), "", ""][:2]
    found = citations.citation(
        journal=journal, volume=record.first("VL", "VO"), issue=record.first("IS", "CP"), pages=citations.pagination(first, last), year=year
    )
    return {name: value for name, value in asdict(found).items() if value} if found else None


def _kind(record: Record) -> Kind:
    """The kind by its own name in M3, else by the type."""
    for stated in record.all("M3"):
        word = stated.casefold().replace(" ", "-")
        if word in _NAMES:
            return Kind(word)
    return _KINDS.get(record.first("TY").upper(), Kind.DOCUMENT)


def _identifiers(record: Record) -> dict[str, str]:
    found = {scheme: value for scheme, value in _accessions(record) if value}
    for stated in record.all("SN"):
        for one in re.split(r"[;,]|\s(?=[\dX]{4})|\(\w+\)", stated):
            for scheme in ("issn", "isbn"):
                if value := identifier(scheme, one):
                    found.setdefault(scheme, value)
    doi = next(filter(None, (identifier("doi", one) for one in record.all("DO", "DI", "M3", "L3"))), "")
    return found | {"doi": doi} if doi else found


def _accessions(record: Record) -> Iterator[tuple[str, str]]:
    """Numbers in databases: PubMed's by the name of the database, ours by their scheme ("arxiv:2401.01234")."""
    pubmed = "med" in record.first("DB", "DP").lower()
    for stated in record.all("AN"):
        if known := _SCHEMED.fullmatch(stated):
            yield known[1], identifier(known[1], known[2])
        elif pubmed and stated.isdecimal():
            yield "pmid", identifier("pmid", stated)
    for stated in record.all("C2"):
        if re.fullmatch(r"PMC\d{1,9}", stated):
            yield "pmc", identifier("pmc", stated)


def _links(record: Record) -> list[str]:
    """Every web address, in order; what lies on somebody's disk is none."""
    stated = (part for one in record.all("UR", "LK", "L2", "L1") for part in re.split(r"[\s;,]+(?=https?://)", one))
    return list(dict.fromkeys(urls.clean(one) for one in stated if urls.is_web(one)))


def _issued(stated: str) -> str:
    """Write a date as exactly as it is stated: "2024", "2024-03", "2024-03-05"; empty for none."""
    if worded := _WORDED.match(stated):
        month = _MONTHS.index(worded[2].lower()) + 1 if worded[2].lower() in _MONTHS else 0
        year, day = worded[1], int(worded[3]) if worded[3] and worded[3].isdigit() else 0
    elif found := _ISO.match(stated):
        year, month, day = found[1], int(found[2] or 0), int(found[3] or 0)
    else:
        return ""
    exact = f"{year}-{month:02}-{day:02}"
    if day and dates.parse(exact):
        return exact
    return exact[:7] if 1 <= month <= 12 else year


def _event(record: Record) -> dict[str, str] | None:
    """What a record of ours says of an event, behind its date; the day and the place of a conference stay with the paper that was read there."""
    other = [*record.first("DA").split("/", 3), "", "", ""][3]
    moments = _MOMENT.findall(other)[:2]
    if not moments or record.first("TY") != "CONF":
        return None
    return dict(zip(("start", "end"), moments, strict=False)) | ({"location": record.first("CY")} if record.first("CY") else {})


def _seconds(stated: str) -> int | None:
    found = _CLOCK.fullmatch(stated)
    return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3]) if found else None
