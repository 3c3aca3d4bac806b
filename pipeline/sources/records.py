"""A literature alert in plain text to its records: fields with labels, or the numbered stanzas of PubMed. Opens no link, and guesses at no address.

Ovid, EBSCO, ProQuest, Embase, Cochrane, Web of Science, MEDLINE, RIS and arXiv write a label before each field or on a line of its own. Where a
record prints no address it has one by its number: PMID, DOI, or what a catalogue counts by. A text without such records gives none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipeline import urls
from pipeline.sources import citation
from pipeline.sources.unwrap import unwrap
from pipeline.text import clean, squeeze

MAX_LINES = 20_000
MAX_LINE = 4_000
MAX_RECORDS = 1_000
MAX_VALUE = 20_000
"""Characters of one field."""
_TITLE = 500
_ABSTRACT = 5_000

_LABELS = {
    **dict.fromkeys(("title", "article title", "document title", "item title", "record title", "ti", "t1"), "title"),
    **dict.fromkeys(("authors", "author", "au", "a1", "author names", "author name", "by", "creators", "creator"), "authors"),
    **dict.fromkeys(("abstract", "ab", "n2", "summary", "snippet"), "abstract"),
    **dict.fromkeys(
        (*("source", "so", "organisation", "organization", "publication title", "journal", "journal title", "jt", "ta", "jf", "jo", "t2"),
         *("publication info", "published in", "source title", "publication", "citation", "journal name", "publication details")), "source",
    ),
    **dict.fromkeys(("doi", "do", "di", "digital object identifier", "lid", "aid"), "doi"),
    **dict.fromkeys(("pmid", "pubmed id", "pubmed identifier", "medline pmid", "pm"), "pmid"),
    **dict.fromkeys(("pmc", "pmcid", "pubmed central id"), "pmc"),
    **dict.fromkeys(
        (*("unique identifier", "ui", "accession number", "an", "id", "ut", "eid", "embase accession id", "embase accession number", "arxiv"),
         *("cochrane id", "eric number", "accession id", "accession no", "medline accession number")), "id",
    ),
    **dict.fromkeys(("proquest document id", "document id"), "proquest"),
    **dict.fromkeys(
        (*("url", "ur", "us", "link", "links", "persistent link", "persistent link to this record", "permalink", "document url", "embase link"),
         *("link to the ovid full text or citation", "link to the ovid full text", "link to full text", "link to record", "record link", "web link"),
         *("full text link", "full text", "full text url", "article url", "record url", "view record", "view article", "available at", "l1", "l2"),
         *("stable url", "article link", "publisher link", "link to article", "web address", "read online")), "url",
    ),
    **dict.fromkeys(
        (*("link to the external link resolver", "external link resolver", "link resolver", "openurl", "check for full text", "get it"),
         *("find full text", "order full text", "request this item", "cover date", "database", "db", "publication type", "pt", "issn", "is", "sn"),
         *("language", "la", "mesh", "mesh headings", "mh", "subject", "subjects", "subject headings", "subject terms", "keywords", "keyword", "kw"),
         *("de", "year", "yr", "py", "y1", "dp", "da", "year of publication", "publication year", "publication date", "date of publication", "date"),
         *("volume", "vl", "vi", "vol", "ip", "issue", "pages", "page", "pg", "sp", "ep", "author information", "affiliation", "ad", "institution"),
         *("correspondence address", "copyright", "cp", "country of publication", "pl", "place of publication", "publisher", "pb", "document type"),
         *("dt", "entry date", "status", "st", "own", "stat", "conflict of interest statement", "comments", "comment in", "er", "ty", "ot", "phst"),
         *("fau", "ci", "rights", "editors", "isbn", "notes", "cited by", "times cited", "categories", "msc-class", "journal-ref", "report-no"),
         *("entrez date", "edat", "mhda", "crdt", "lr", "dep", "jid", "sb", "gr", "rn", "emtree", "peer reviewed", "embase status")), "other",
    ),
}  # fmt: skip
_LABELLED = re.compile(
    r"\s{0,8}([A-Za-z][A-Za-z0-9 /'’#*-]{0,50}?)\s*(?:\((?:s|permalink|pmid|doi)\))?\s*(?:[:=]|\s-(?=\s|$)|-(?=\s)|$)\s*(.*)$", re.IGNORECASE
)
_NOT_ALONE = frozenset(
    ("by", "link", "links", "full text", "id", "an", "is", "do", "so", "us", "by", "page", "pages", "date", "get it", "notes", "status")
)
"""Labels that, on a line without anything else, may be words of a text."""
_SEPARATORS = (
    re.compile(r"\s{0,3}<(\d{1,4})>\s*()$"),
    re.compile(
        r"\W{0,6}(?:record|document|result|citation|item|article|reference|hit)\s*(?:#|no\.?|number)?\s*:?\s*(\d{1,4})(?:\s*(?:of"
        r"|/)\s*\d{1,5})?\W{0,6}()$",
        re.IGNORECASE,
    ),
    re.compile(r"\s{0,3}\[(\d{1,4})\]\s*(.*)$"),
    re.compile(r"\s{0,3}(\d{1,4})[.:)]\s+(\S.*)$"),
)
_RULE = re.compile(r"\s*([=\-_*~#+.—–\\]\s?){3,}\s*$|\s*\\\\")
_QUOTED = re.compile(r"^(?:>\s?)+")
_URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]'’”]", re.IGNORECASE)
_RESOLVERS = re.compile(
    r"openurl|[?&](?:sid|rft\.|rft_id|url_ver|genre|issn)=|resolver|/sfx|linkfinder|//(?:dx\.)?doi\.org/|creativecommons", re.IGNORECASE
)
"""What finds a library's copy is no address of the work; a DOI is read as a number."""
_PMID = re.compile(r"\bPMID\s?[:-]?\s?(\d{5,9})\b", re.IGNORECASE)
_DOI = re.compile(r"\b(10\.\d{4,9}/[^\s\"<>\[\]]*[^\s\"<>\[\].,;:)])")
_AFFILIATED = re.compile(r"(?<=\w)\(\d{1,3}(?:(?:\)\(|,\s?)\d{1,3})*\)")
_ANY = re.compile(r"[A-ZÀ-Þ][\w-]{1,20}(?: [\w-]{1,20}){0,2}:\s\S")
"""A label that nobody listed; in an abstract it is a word of the text."""
_ONE = re.compile(r"[^\W\d_][\w'’-]+,\s[A-ZÀ-Þ][^\W\d_]{2,}(?:\s[A-Z]\.?){0,2}")
_NOBODY = re.compile(r"\[?no (?:authors? listed|author)\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_ASIDE = re.compile(
    r"(?:author information|©|copyright|\(c\)|comment (?:in|on)|erratum|update (?:in|of)|conflict of interest|\(\d{1,3}\)\s?[A-Z])", re.IGNORECASE
)
_NUMBERS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"CN-\d{6,9}"), "https://www.cochranelibrary.com/central/doi/10.1002/central/{}/full"),
    (re.compile(r"WOS:\w{10,20}"), "https://www.webofscience.com/wos/woscc/full-record/{}"),
    (re.compile(r"2-s2\.0-\d{8,12}"), "https://www.scopus.com/record/display.uri?eid={}"),
    (re.compile(r"E[JD]\d{6,8}"), "https://eric.ed.gov/?id={}"),
    (re.compile(r"L\d{8,12}"), "https://www.embase.com/records?id={}"),
    (re.compile(r"\d{4}\.\d{4,5}(?=v\d|\b)"), "https://arxiv.org/abs/{}"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A work as an alert describes it. `url` is where the alert leads for it, or what its number stands for."""

    title: str
    url: str
    creators: tuple[str, ...] = ()
    abstract: str = ""


@dataclass(slots=True)
class _Fields:
    """One record while it is read: what its labels say, and the stanzas that have none."""

    said: dict[str, list[str]] = field(default_factory=dict)
    stanzas: list[list[str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def first(self, name: str) -> str:
        return next((value for value in self.said.get(name, []) if value), "")


def read(text: str) -> tuple[Record, ...]:
    """Read the records of a text; none where it is a letter of another sort. Never raises."""
    raw = [_QUOTED.sub("", clean(line[:MAX_LINE]).expandtabs(4).rstrip()) for line in text.splitlines()[:MAX_LINES]]
    for part in _parted(raw):
        parts = [_fields(lines) for lines in part[:MAX_RECORDS]]
        found = [record for one in parts if (record := _record(one, text))]
        if found and 2 * len(found) >= len(parts):
            return tuple(found)
    return ()


# ---------------------------------------------------------------- lines


def _parted(raw: Sequence[str]) -> Iterator[list[list[str]]]:
    """Give the ways in which a text may be parted into records: at numbers that count up, or where the first label comes again."""
    for separator in _SEPARATORS:
        places: list[tuple[int, str]] = []
        number = 0
        for place, line in enumerate(raw):
            mark = separator.match(line)
            if mark and int(mark[1]) == number + 1 and (number or int(mark[1]) == 1):
                number += 1
                places.append((place, mark[2]))
        if places:
            ends = [place for place, _ in places[1:]] + [len(raw)]
            yield [[rest, *raw[place + 1 : end]] for (place, rest), end in zip(places, ends, strict=True)]
    yield _repeated(raw)


def _repeated(raw: Sequence[str]) -> list[list[str]]:
    """Part a text where the label comes again that opened the first record, below an empty line or a rule."""
    found: list[list[str]] = []
    opening, above = "", ""
    for line in raw:
        label = _label(line)
        if (label and not opening and label[0] in ("title", "id", "pmid", "doi")) or (label and label[2] == "ty"):
            opening = opening or label[2]
        if label and label[2] == opening and (not found or not above.strip() or _RULE.match(above) or opening in ("title", "ty", "pmid", "arxiv")):
            found.append([])
        if found:
            found[-1].append(line)
        above = line
    return found


def _label(line: str) -> tuple[str, str, str] | None:
    """Read a line that begins a field: which one, its value, and the label as printed."""
    mark = _LABELLED.match(line[:400])
    if not mark:
        return None
    said = squeeze(mark[1]).lower()
    name = _LABELS.get(said)
    value = line[mark.start(2) :].strip()
    if name is None or (not value and not line.rstrip().endswith((":", "-")) and (said in _NOT_ALONE or not line.strip()[0].isupper())):
        return None
    return name, value, said


def _fields(lines: Sequence[str]) -> _Fields:
    """Read the fields of one record. A value goes on to the next label or empty line; what has no label is a stanza."""
    found = _Fields(lines=[line for line in lines if line])
    values: list[str] | None = None
    fresh = True
    for line in lines:
        label = _label(line)
        if label:
            values = found.said.setdefault(label[0], [])
            values.append(label[1])
        elif not line.strip() or _RULE.match(line):
            values = values if values and not values[-1] else None
            fresh = True
        elif values is not None and values is not found.said.get("abstract") and _ANY.match(line):
            values = found.said.setdefault("other", [])
            values.append(line)
        elif values is not None and len(values[-1]) < MAX_VALUE:
            values[-1] = f"{values[-1]} {line.strip()}".strip()
        elif values is not None:
            continue
        elif fresh or not found.stanzas:
            found.stanzas.append([line.strip()])
            fresh = False
        else:
            found.stanzas[-1].append(line.strip())
    return found


# ---------------------------------------------------------------- records


def _record(one: _Fields, text: str) -> Record | None:
    title, creators, abstract = one.first("title"), one.said.get("authors", []), one.first("abstract")
    told = sum(bool(one.first(name)) for name in ("authors", "source", "abstract", "doi", "pmid", "id", "proquest"))
    numbered = _PMID.search(" ".join(one.lines)[:20_000])
    if not title and (numbered or told > 1):
        title, byline, more = _untitled(one)
        creators, abstract = creators or [byline], abstract or more
    url = _address(one, text) if title and (told or numbered) else ""
    if not url:
        return None
    named = tuple(name for line in creators if not _NOBODY.match(line) for name in _names(line))
    return Record(title=_closed(title), url=url, creators=named[:50], abstract=squeeze(abstract)[:_ABSTRACT])


def _untitled(one: _Fields) -> tuple[str, str, str]:
    """Find title, byline and abstract where no label says which they are: as PubMed and ProQuest print them."""
    stanzas = [[_AFFILIATED.sub("", line) for line in stanza] for stanza in one.stanzas] or [[]]
    said = _sentences(stanzas[0])
    if len(said) > 2 and _YEAR.search(said[0]) and not any(map(_names_authors, said[:2])) and _names_authors(said[2]):
        said = said[1:]  # journal, date and pages in a line above the title
    at = next((place for place, line in enumerate(said[:2]) if _names_authors(line)), None)
    if at is not None and len(said) > 1:  # a line each: authors above or below the title
        return said[1 - at], said[at], _told(stanzas[1:])
    if len(stanzas) > 1 and _YEAR.search(" ".join(stanzas[0])) and not _names_authors(" ".join(stanzas[1])):
        stanzas = stanzas[1:]  # journal, date and pages come first
    title = squeeze(" ".join(stanzas[0]))
    if len(stanzas) > 1 and _names_authors(" ".join(stanzas[1])):
        return title, " ".join(stanzas[1]), _told(stanzas[2:])
    start, _, rest = title.partition(". ")
    if rest and _names_authors(start):  # all in one paragraph
        return re.split(r"(?<=[.?!])\s", rest, maxsplit=1)[0], start, _told(stanzas[1:])
    return title, "", _told(stanzas[1:])


def _names_authors(words: str) -> bool:
    return bool(_NOBODY.match(words)) or citation.is_byline(words)


def _sentences(stanza: Sequence[str]) -> list[str]:
    """Put lines together up to a full stop at the end of one."""
    found: list[str] = []
    ended = True
    for line in stanza:
        found[len(found) - (not ended) :] = [line if ended else f"{found[-1]} {line}"]
        ended = line.endswith((".", "?", "!")) or bool(_NOBODY.match(line))
    return found


def _told(stanzas: Sequence[Sequence[str]]) -> str:
    return next(
        (words for stanza in stanzas if len(words := squeeze(" ".join(stanza))) > 60 and not _ASIDE.match(words) and not _URL.match(words)), ""
    )


def _names(line: str) -> tuple[str, ...]:
    said = _AFFILIATED.sub("", squeeze(line))
    if ";" in said or _ONE.fullmatch(said):
        return tuple(part for part in re.split(r";\s*", said.rstrip(" ;")) if part)
    return citation.names(said)


def _closed(title: str) -> str:
    """Take the full stop off a title, which catalogues put behind a question mark, too."""
    said = citation.plain(squeeze(title))[:_TITLE].strip()
    return said[:-1] if said.endswith(".") and not said.endswith("..") else said


# ---------------------------------------------------------------- addresses


def _address(one: _Fields, text: str) -> str:
    """Where a record leads: what its labels say, any other address, or what its numbers stand for."""
    labelled = [found for value in one.said.get("url", []) for found in _URL.findall(value)]
    printed = [found for line in one.lines if (found := line.strip(" <>()[]")) and _URL.fullmatch(found)]  # in a sentence, it may be anything
    for found in (*labelled, *printed):
        url = unwrap(found)
        if urls.is_web(url) and not _RESOLVERS.search(url):
            return url
    return _numbered(one, text) or next((unwrap(found) for found in (*labelled, *printed)), "")


def _numbered(one: _Fields, text: str) -> str:
    said = " ".join(one.lines)[:20_000]
    number = one.first("id")
    pmid = re.match(r"\d{5,9}\b", one.first("pmid")) or _PMID.search(said)
    if not pmid and re.search(r"medline|pubmed", text[:20_000], re.IGNORECASE):
        pmid = re.fullmatch(r"\d{7,9}", number)
    if pmid:
        return f"https://pubmed.ncbi.nlm.nih.gov/{pmid[pmid.lastindex or 0]}/"
    if doi := _DOI.search(one.first("doi")) or _DOI.search(said):
        return urls.canonical(f"https://doi.org/{doi[1]}")
    if pmc := re.search(r"PMC\d{5,9}", one.first("pmc") or number):
        return urls.canonical(f"https://www.ncbi.nlm.nih.gov/pmc/articles/{pmc[0]}/")
    if proquest := re.fullmatch(r"\d{6,12}", one.first("proquest")):
        return f"https://www.proquest.com/docview/{proquest[0]}"
    return next((form.format(found[0]) for pattern, form in _NUMBERS if (found := pattern.search(number))), "")
