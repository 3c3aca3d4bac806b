"""References for reference managers: RIS, BibTeX, CSL-JSON, and the citation tags of a page. The same works give the same bytes.

Every value is one clean line before it is written (`works.py`), so that no word from outside can begin a line, a tag or a field of its own.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from pipeline import dates
from pipeline.model import Edition, Event, Kind
from pipeline.names.parts import Name
from pipeline.plain import Json
from pipeline.render.prepare import prepare
from pipeline.render.works import Work, work, work_of

__all__ = ["Work", "bibtex", "csl", "meta", "render_bibtex", "render_csl", "render_ris", "ris", "work", "work_of"]

_PAPER = ("JOUR", "article", "article-journal")
_REPORT = ("RPRT", "techreport", "report")
_PAGE = ("ELEC", "misc", "webpage")
_SOUND = ("SOUND", "misc", "song")
_MEETING = ("CONF", "misc", "speech")
_OTHER = ("GEN", "misc", "document")
_FORMS: Mapping[Kind, tuple[str, str, str]] = {
    **dict.fromkeys((Kind.REPORT, Kind.RESEARCH, Kind.REVIEW, Kind.CASE_STUDY, Kind.WHITE_PAPER, Kind.GUIDE, Kind.TOOLKIT), _REPORT),
    **dict.fromkeys((Kind.ARTICLE, Kind.INTERVIEW, Kind.COURSE, Kind.COLLECTION, Kind.DIGEST, Kind.WEBSITE), _PAGE),
    **dict.fromkeys((Kind.PODCAST, Kind.AUDIO), _SOUND),
    **dict.fromkeys((Kind.TALK, Kind.EVENT, Kind.WEBINAR), _MEETING),
    Kind.PAPER: _PAPER,
    Kind.BLOG: ("BLOG", "misc", "post-weblog"),
    Kind.NEWS: ("NEWS", "misc", "article-newspaper"),
    Kind.BOOK: ("BOOK", "book", "book"),
    Kind.VIDEO: ("VIDEO", "misc", "motion_picture"),
    Kind.SLIDES: ("SLIDE", "misc", "speech"),
    Kind.DATASET: ("DATA", "misc", "dataset"),
    Kind.SOFTWARE: ("COMP", "misc", "software"),
}
"""Kind → its type in RIS, BibTeX and CSL; any other kind is a document."""
_LEARNED = frozenset({Kind.ARTICLE, Kind.RESEARCH, Kind.REVIEW})
_PRINTED = (_REPORT, _PAGE, _OTHER, _FORMS[Kind.BLOG], _FORMS[Kind.NEWS])  # what is an article where it stands in a journal
_OWN_TAGS = frozenset({"doi", "isbn", "issn"})

_TEX = str.maketrans(
    {
        **{mark: f"\\{mark}" for mark in "$&#_%"},
        "\\": r"{\textbackslash}",
        "{": r"{\textbraceleft}",  # \{ would count as a brace, and BibTeX counts braces
        "}": r"{\textbraceright}",
        "^": r"{\textasciicircum}",
        "~": r"{\textasciitilde}",
    }
)
_VERBATIM = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C", " ": "%20"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EMPTY_WORDS = frozenset((
    "a", "an", "and", "are", "as", "at", "by", "for", "from", "how", "in", "into", "is", "its", "it", "of", "on", "or", "that", "the", "their",
    "this", "to", "what", "when", "where", "which", "who", "why", "with",
))  # fmt: skip
_RANGE = re.compile(r"\s*[-–—]+\s*")


# ---------------------------------------------------------------- RIS


def ris(works: Iterable[Work]) -> str:
    """Write works as RIS, with the line ends that its specification wants. An event's days stand behind the date, where RIS has room for words."""
    return "".join(f"{tag}  - {value}\r\n" if tag else "\r\n" for one in _told_apart(works) for tag, value in _ris(one))


def render_ris(edition: Edition) -> bytes:
    """Write the works of an edition as RIS."""
    return ris(_works(edition)).encode()


def _ris(one: Work) -> Iterator[tuple[str, str]]:
    form = _form(one)[0]
    yield "TY", form
    stated: list[tuple[str, str]] = [("ID", one.id), ("TI", one.title)]
    stated += [("AU", name.turned) for name in one.people]
    journal, publisher = _place(one, serial=form in ("JOUR", "BLOG", "ELEC", "NEWS", "CONF"))
    stated += [("T2", journal), ("PB", publisher)]
    stated += [("PY", one.issued[:4]), ("DA", _ris_date(one))]
    stated += [("VL", one.volume), ("IS", one.issue), *zip(("SP", "EP"), _RANGE.split(one.pages, 1), strict=False)]
    stated += [("CY", (one.event and one.event.location) or ""), ("M1", _clock(one.duration)), ("M3", _kind(one))]
    stated += [("SN", one.identifiers.get("isbn", "")), ("SN", one.identifiers.get("issn", "")), ("DO", one.doi)]
    stated += [("AN", f"{scheme}:{value}") for scheme, value in one.identifiers.items() if scheme not in _OWN_TAGS]
    stated += [("UR", one.url), ("Y2", one.accessed.replace("-", "/")), ("LA", one.language), ("AB", one.abstract), ("N1", one.note)]
    stated += [("KW", word) for word in one.keywords]
    yield from ((tag, value) for tag, value in stated if value)
    yield "ER", ""
    yield "", ""


def _ris_date(one: Work) -> str:
    """YYYY/MM/DD/other words, the parts that are not known left empty. The words are the moments of an event: "2026-12-02 to 2026-12-04"."""
    moments = (one.event.start, one.event.end) if one.event else ()
    words = " to ".join(dates.iso(moment) for moment in moments if moment is not None)
    return "/".join([*[*one.issued.split("-"), "", ""][:3], words]) if one.issued else ""


def _clock(duration: timedelta | None) -> str:
    seconds = int(duration.total_seconds()) if duration else 0
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if seconds else ""


# ---------------------------------------------------------------- BibTeX


def bibtex(works: Iterable[Work]) -> str:
    """Write works as BibTeX in UTF-8, each under a key like `marsh2026practical`; a second work of that key is `marsh2026practical-2`."""
    taken: dict[str, int] = {}
    return "\n".join(_bibtex(one, _unused(_key(one), taken)) for one in works)


def render_bibtex(edition: Edition) -> bytes:
    """Write the works of an edition as BibTeX."""
    return bibtex(_works(edition)).encode()


def _bibtex(one: Work, key: str) -> str:
    kind = _form(one)[1] if one.people and one.issued and (one.journal or one.container) else "misc"  # the others must name all three
    holder = {"techreport": "institution", "book": "publisher"}.get(kind, "howpublished")
    year, month, _ = [*one.issued.split("-"), "", ""][:3]
    fields = [("title", _title(one.title)), ("author", " and ".join(_tex_name(name) for name in one.people))]
    journal, publisher = _place(one, serial=kind == "article")
    fields += [("journal", _tex(journal)), ("publisher" if journal else holder, _tex(publisher)), ("year", year)]
    fields += [("volume", _tex(one.volume)), ("number", _tex(one.issue)), ("pages", _tex(_RANGE.sub("--", one.pages)))]
    fields += [("type", _tex(_kind(one)) if kind != "article" else ""), ("doi", one.doi.translate(_VERBATIM))]
    fields += [(scheme, _tex(one.identifiers.get(scheme, ""))) for scheme in ("isbn", "issn", "pmid", "pmc")]
    fields += [("eprint", one.identifiers.get("arxiv", "")), ("archiveprefix", "arXiv" if "arxiv" in one.identifiers else "")]
    fields += [("url", one.url.translate(_VERBATIM)), ("urldate", one.accessed), ("language", one.language)]
    fields += [("eventdate", "/".join(_days(one.event))), ("venue", _tex((one.event and one.event.location) or ""))]
    fields += [("abstract", _tex(one.abstract)), ("note", _tex(one.note)), ("keywords", _tex(_list(one.keywords)))]
    lines = [f"  {name} = {{{value}}}," for name, value in fields if value]
    lines += [f"  month = {_MONTHS[int(month) - 1]},"] if month else []
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])


def _tex(words: str) -> str:
    return words.translate(_TEX)


def _title(title: str) -> str:
    """Keep in braces the words that a style must not put into small letters: NHS, iPhone, and names in a title that is written as a sentence."""
    words = title.split(" ")
    long = [word for word in words[1:] if len(word) > 3 and word[0].isalpha()]
    sentence = 2 * sum(word[0].isupper() for word in long) <= len(long)
    kept = []
    for at, word in enumerate(words):
        opens = at == 0 or words[at - 1].endswith((":", "?", ".", "!", "–", "—"))
        named = sentence and not opens and word[:1].isupper()
        kept.append(f"{{{_tex(word)}}}" if named or any(mark.isupper() for mark in word[1:].lstrip("“‘('\"")) else _tex(word))
    return " ".join(kept)


def _tex_name(name: Name) -> str:
    if not name.family:
        return f"{{{_tex(name.written)}}}"
    parts = [f"{name.particle} {_kept(name.family)}".strip(), _kept(name.suffix), _kept(name.given)]
    return ", ".join(part for part in parts if part)


def _kept(part: str) -> str:
    """A part of a name in braces where BibTeX would cut it: at "and" and at commas."""
    return f"{{{_tex(part)}}}" if "," in part or "and" in part.lower().split() else _tex(part)


def _key(one: Work) -> str:
    maker = (one.people[0].family or one.people[0].written) if one.people else one.container
    family = _plain(maker if one.people and one.people[0].family else maker.split(" ")[0])
    words = [plain for word in one.title.split(" ") if (plain := _plain(word)) and plain not in _EMPTY_WORDS]
    return f"{family}{one.issued[:4]}{words[0] if words else ''}"[:60] or f"item{_plain(one.id)}"


def _plain(word: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFKD", word).lower() if mark.isascii() and mark.isalnum())


# ---------------------------------------------------------------- CSL-JSON


def csl(works: Iterable[Work]) -> str:
    """Write works as CSL-JSON (csl-data.json of the Citation Style Language, 1.0.2)."""
    return json.dumps([_csl(one) for one in _told_apart(works)], ensure_ascii=False, indent=1) + "\n"


def render_csl(edition: Edition) -> bytes:
    """Write the works of an edition as CSL-JSON."""
    return csl(_works(edition)).encode()


def _csl(one: Work) -> dict[str, Json]:
    kind = _form(one)[2]
    named = one.identifiers
    journal, publisher = _place(one, serial=kind not in ("report", "book", "dataset", "software", "document"))
    stated: dict[str, Json] = {
        "id": one.id,
        "type": kind,
        "title": one.title,
        "author": [_csl_name(name) for name in one.people],
        "container-title": journal,
        "publisher": publisher,
        "issued": _csl_date([one.issued]),
        "accessed": _csl_date([one.accessed]),
        "event-date": _csl_date(_days(one.event)),
        "event-place": (one.event and one.event.location) or "",
        "genre": "" if kind == "article-journal" else _kind(one),
        "dimensions": _clock(one.duration),
        "volume": one.volume,
        "issue": one.issue,
        "page": _RANGE.sub("-", one.pages),
        "DOI": one.doi,
        "ISBN": named.get("isbn", ""),
        "ISSN": named.get("issn", ""),
        "PMID": named.get("pmid", ""),
        "PMCID": named.get("pmc", "").upper(),
        "URL": one.url,
        "language": one.language,
        "abstract": one.abstract,
        "note": one.note,
        "keyword": _list(one.keywords),
    }
    return {key: value for key, value in stated.items() if value}


def _csl_name(name: Name) -> dict[str, Json]:
    if not name.family:
        return {"literal": name.written}
    parts = {"family": name.family, "given": name.given, "non-dropping-particle": name.particle, "suffix": name.suffix}
    return {key: value for key, value in parts.items() if value}


def _csl_date(days: Sequence[str]) -> dict[str, Json]:
    parts: list[Json] = [[int(part) for part in day.split("-")] for day in days if day]
    return {"date-parts": parts} if parts else {}


def _days(event: Event | None) -> list[str]:
    return list(dict.fromkeys(dates.day(moment).isoformat() for moment in (event.start, event.end) if moment)) if event else []


# ---------------------------------------------------------------- the tags of a page


def meta(one: Work) -> tuple[tuple[str, str], ...]:
    """Name and content of the citation tags that scholarly search engines and reference managers read from a page. The page escapes them."""
    form = _form(one)[0]
    journal, publisher = _place(one, serial=form == "JOUR")
    holder = "citation_technical_report_institution" if form == "RPRT" else "citation_publisher"
    first, last = [*_RANGE.split(one.pages, maxsplit=1), ""][:2]
    stated = [("citation_title", one.title), *(("citation_author", name.turned) for name in one.people)]
    stated += [("citation_publication_date", one.issued.replace("-", "/")), ("citation_journal_title", journal), (holder, publisher)]
    stated += [("citation_volume", one.volume), ("citation_issue", one.issue), ("citation_firstpage", first), ("citation_lastpage", last)]
    tags = (("doi", "doi"), ("isbn", "isbn"), ("issn", "issn"), ("pmid", "pmid"), ("pmc", "pmcid"), ("arxiv", "arxiv_id"))
    stated += [(f"citation_{tag}", one.identifiers.get(scheme, "")) for scheme, tag in tags]
    stated += [("citation_language", one.language), *(("citation_keywords", word) for word in one.keywords)]
    return tuple((name, value) for name, value in stated if value)


# ---------------------------------------------------------------- shared


def _works(edition: Edition) -> list[Work]:
    made = prepare(edition)
    return [work(entry, made) for entry in made.entries]


def _form(one: Work) -> tuple[str, str, str]:
    """The types of a work; what has the marks of a journal article is one."""
    if one.kind in _LEARNED and (one.doi or one.volume or "pmid" in one.identifiers or "arxiv" in one.identifiers):
        return _PAPER
    if one.journal and _FORMS.get(one.kind, _OTHER) in _PRINTED:
        return _PAPER
    return _FORMS.get(one.kind, _OTHER)


def _place(one: Work, *, serial: bool) -> tuple[str, str]:
    """The journal (where none is known the site, of what stands in one) and the publisher beside it."""
    journal = one.journal or (one.container if serial else "")
    return journal, "" if one.container == journal else one.container


def _kind(one: Work) -> str:
    return one.kind.value.replace("-", " ").capitalize()


def _list(words: Iterable[str]) -> str:
    return ", ".join(word.replace(",", " ") for word in words)


def _told_apart(works: Iterable[Work]) -> Iterator[Work]:
    """Give every work an id of its own."""
    taken: dict[str, int] = {}
    for one in works:
        yield replace(one, id=_unused(one.id, taken))


def _unused(key: str, taken: dict[str, int]) -> str:
    """The key itself, or with the next number that is free. `taken` says how often each key was asked for."""
    found = key
    while found in taken:
        taken[key] += 1
        found = f"{key}-{taken[key]}"
    taken[found] = 1
    return found
