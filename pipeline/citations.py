"""Citation data as libraries write them: identifiers in one form with their check digits, and where a paper came out.

Every value that it gives is one clean line of bounded length, so that what a stranger wrote stays data wherever it is written again. It guesses at
nothing: what is no identifier of its scheme is "", and a line that is not plainly a citation says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import astuple

from pipeline import text
from pipeline.model import Citation

JOURNAL, NUMBER = 300, 40
"""Characters of the name of a journal, and of a volume, an issue or a run of pages."""
_LONGEST = 300  # characters of an identifier
_READ = 2_000  # characters of a value that are looked at
_PREFIX = re.compile(
    r"(?:(?:doi|isbn(?:-1[03])?|issn|pmid|pmcid|arxiv)\s*:?\s*|info:(?:doi|pmid)/|urn:isbn:|https?://(?:dx\.)?doi\.org/|https?://arxiv\.org/(?:abs|pdf)/"
    r"|https?://(?:pubmed\.ncbi\.nlm\.nih\.gov|www\.ncbi\.nlm\.nih\.gov/pubmed)/|https?://(?:pmc\.ncbi\.nlm\.nih\.gov|(?:www\.)?ncbi\.nlm\.nih\.gov/pmc)/articles/)+",
    re.IGNORECASE,
)
_FORMS: Mapping[str, re.Pattern[str]] = {
    "doi": re.compile(r"10\.\d[\d.]{0,20}/\S{1,200}"),
    "isbn": re.compile(r"(?:97[89])?\d{9}[\dX]"),
    "issn": re.compile(r"\d{4}-\d{3}[\dX]"),
    "pmid": re.compile(r"[1-9]\d{0,8}"),
    "pmc": re.compile(r"pmc[1-9]\d{0,9}"),
    "arxiv": re.compile(r"[a-z-]{2,20}(?:\.[a-z]{2})?/\d{7}|\d{4}\.\d{4,5}"),
}
_DASH = re.compile(r"\s*(?:[-‐‑‒–—−]+|\bto\b)\s*")
_PAGES = re.compile(r"(?:pages?|pp?|seiten?|s)(?:\.\s*|\s+)(?=\d)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(1[6-9]\d\d|20\d\d)(?!\d)")

_NUMBERED = re.compile(r"\d.*\d")
_RUN = r"(?P<first>[A-Za-z]?\d{1,6})(?:\s?[-‐‑–—]{1,2}\s?(?P<last>[A-Za-z]?\d{1,6}))?"
_FULL_RUN = _RUN.removesuffix("?")
_NAME = r"(?P<journal>(?-i:[^\W\d_a-z][^\d()\[\];:|•]{2,120}?))"
_VOLUME, _DATED = r"(?P<volume>\d{1,4})", r"(?P<year>(?:19|20)\d\d)"
_ISSUE = r"(?:\((?P<issue>[\w./–-]{1,12})\)\s?)?"
_ENDS = r"\.?(?=$|\s*(?:[.;|•]|doi\b|https?:|www\.|contents lists|journal homepage))"
_LINES = tuple(
    re.compile(form + _ENDS, re.IGNORECASE)
    for form in (
        # The Leadership Quarterly 21 (2010) 12-19; Health Policy 88 (2–3) (2008) 101–110
        rf"{_NAME},?\s+{_VOLUME}\s?{_ISSUE}\({_DATED}\),?\s+{_FULL_RUN}",
        # J Health Serv Res Policy 2010;15(3):12–19; BMJ 2015;351:h3942
        rf"{_NAME}[.,]?\s+{_DATED}(?:\s[a-z]{{3}}(?:\s\d{{1,2}})?)?;\s?{_VOLUME}\s?{_ISSUE}:\s?{_RUN}",
        # Journal of Shared Care, Vol. 12, No. 3 (2010), pp. 12–19; Journal of Shared Care, Volume 12, Issue 3, March 2010, Pages 12-19
        rf"{_NAME},?\s+vol(?:ume|\.)?\s?{_VOLUME}[,.]?\s+(?:(?:no|nr|issue|number|iss)\.?\s?(?P<issue>\d{{1,3}})[,.]?\s+)?"
        rf"\(?(?:[a-z]{{3,9}}\s)?{_DATED}\)?[,.:]?\s+(?:pp?\.?|pages)\s?{_RUN}",
        # Journal of Shared Care; Vol. 12 No. 3 (2010): Spring; 12-19, as repositories write it
        rf"{_NAME};\s+vol\.?\s?{_VOLUME},?\s+(?:(?:no|iss)\.?\s?(?P<issue>\d{{1,3}})\s+)?\({_DATED}\)(?::[^;]{{0,100}})?;\s+{_RUN}",
        # The Leadership Quarterly, 21(3), 12–19
        rf"{_NAME},\s+{_VOLUME}\s?\((?P<issue>[\w./–-]{{1,12}})\)[,:.]\s?(?:pp?\.\s?)?{_FULL_RUN}",
    )
)
_POINTERS = frozenset(("see", "see also", "in", "from", "cf", "page", "pages", "table", "figure", "section", "chapter", "part", "version"))
_SMALL = frozenset(
    ("of", "the", "and", "for", "in", "on", "de", "la", "et", "der", "die", "für", "und", "del", "y", "i", "og", "och", "van", "en", "&")
)


def identifier(scheme: str, written: str) -> str:
    """Write an identifier as its scheme does, without a prefix: a DOI in small letters, an ISBN in 13 digits, a number of PubMed without zeros.

    Gives "" for what is none: of another form, or an ISBN whose check digit is wrong. An unknown scheme keeps its value, as one line.
    """
    squeezed = text.squeeze(written[:_READ])
    plain = _PREFIX.sub("", squeezed, count=1) if _PREFIX.match(squeezed) else squeezed
    match scheme:
        case "doi":
            plain = plain.rstrip(".,;").lower()
        case "isbn":
            plain = isbn(plain)
        case "issn":
            bare = re.sub(r"[\s-]", "", plain).upper()
            plain = f"{bare[:4]}-{bare[4:]}"
        case "pmid":
            plain = plain.rstrip("/").lstrip("0")
        case "pmc":
            bare = plain.rstrip("/").lower()
            plain = bare if bare.startswith("pmc") else f"pmc{bare}"
        case "arxiv":
            plain = re.sub(r"(?:v\d{1,3})?(?:\.pdf)?$", "", plain.lower())
    form = _FORMS.get(scheme)
    return text.clip(plain, _LONGEST) if form is None or form.fullmatch(plain) else ""


def isbn(written: str) -> str:
    """Write an ISBN as its 13 digits (ISO 2108); "" where the check digit is wrong or it is none."""
    number = re.sub(r"[\s‐‑–-]", "", written[:_LONGEST]).upper()
    if not number.isascii() or not _FORMS["isbn"].fullmatch(number):
        return ""
    if len(number) == 10:
        digits = [10 if digit == "X" else int(digit) for digit in number]
        if sum(digit * (10 - place) for place, digit in enumerate(digits)) % 11:
            return ""
        return f"978{number[:9]}{_check(f'978{number[:9]}')}"
    return number if number.isdecimal() and _check(number[:12]) == number[12] else ""


def _check(twelve: str) -> str:
    return str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve)) % 10)


def pagination(first: str | None, last: str | None = None) -> str:
    """Write a run of pages as "12-19", in whatever form it is given: "pp. 12–19", "12" and "19", "101-9" as catalogues shorten it."""
    stated = _DASH.sub("-", _PAGES.sub("", text.squeeze((first or "")[:_READ]), count=1))
    end = text.squeeze((last or "")[:_READ])
    begin, dash, rest = (stated, "-", end) if end and "-" not in stated else stated.partition("-")
    if begin.isascii() and begin.isdecimal() and rest.isascii() and rest.isdecimal() and len(rest) < len(begin):
        rest = begin[: len(begin) - len(rest)] + rest
    whole = begin if begin == rest or not rest else f"{begin}{dash}{rest}"
    return text.clip(whole.strip("- "), NUMBER)


def citation(
    *,
    journal: str | None = None,
    volume: str | None = None,
    issue: str | None = None,
    pages: str | None = None,
    year: int | None = None,
) -> Citation | None:
    """Put together where a paper came out, each part one bounded line; `None` where nothing but a year is known."""
    made = Citation(
        journal=_line(journal, JOURNAL),
        volume=_line(volume, NUMBER),
        issue=_line(issue, NUMBER),
        pagination=pagination(pages) or None,
        year=year if year is not None and 1600 <= year < 2100 else None,
    )
    return made if any(astuple(made)[:4]) else None


def bounded(given: Citation | None) -> Citation | None:
    """Give a citation again with every part bounded, whoever made it."""
    if given is None:
        return None
    return citation(journal=given.journal, volume=given.volume, issue=given.issue, pages=given.pagination, year=given.year)


def year(stated: str | None) -> int | None:
    """Read the year of a date that may be no day: "2010", "2010/03", "Spring 2010"."""
    found = _YEAR.search((stated or "")[:NUMBER])
    return int(found[1]) if found else None


def stated(line: str) -> Citation | None:
    """Read a line that is plainly a citation, as journals print it above an article: "The Leadership Quarterly 21 (2010) 12-19"."""
    squeezed = text.squeeze(line[:_LONGEST])
    if not _NUMBERED.search(squeezed):
        return None
    for form in _LINES:
        if found := form.match(squeezed):
            said = found.groupdict()
            run = pagination(said["first"], said["last"])
            journal = said["journal"].strip(" ,.")
            if journal.casefold() in _POINTERS or any(word[:1].islower() and word not in _SMALL for word in journal.split()):
                return None  # a sentence, and no name
            return citation(journal=journal, volume=said["volume"], issue=said["issue"], pages=run, year=year(said.get("year")))
    return None


def _line(words: str | None, limit: int) -> str | None:
    return text.clip(text.squeeze((words or "")[:_READ]), limit) or None
