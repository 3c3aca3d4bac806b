"""A PDF → resource: title by its type size, people who are no login names, a date, the text of its first pages.

Encrypted, damaged and scanned files are items too: their lead says what they are. Nothing is drawn and no script of a file is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any

import pypdfium2
from pypdfium2 import raw

from pipeline import dates, text
from pipeline.extract import describe, kind, media, metadata, published, site
from pipeline.extract.document import Found
from pipeline.model import Kind, Lead, Page, Resource

MAX_PAGES = 30
"""Pages whose text is read: enough to find, classify and compare a report. Minutes of reading are then reckoned from all its pages."""
MAX_TEXT = 300_000
_TITLE_CHARACTERS = 3_000
_HYPHEN = re.compile("[\x02\ufffe\u00ad](?:\r?\n)?")  # how PDFium marks a word broken at the end of a line
_NO_TITLE = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel)\b.*|(?:powerpoint|word) (?:presentation|document)|untitled.*|document\d*|layout ?\d*"
    r"|slide ?\d+|title|print|full page"
    r"|.*\.(?:docx?|pptx?|xlsx?|indd|pdf|qxd|tex|dvi|ps|eps|rtf|odt)|[\d\W_]*|\d+ \d+\.\.\d+)",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^[A-Z]{2,5}-\d[\d-]*,\s+")  # report numbers before the title
_NAME = r"[A-ZÀ-ÝŁŚŻ][\w.'’-]*(?: (?:[A-ZÀ-ÝŁŚŻ][\w.'’-]*|van|von|de[rl]?|la|di|bin|al)){1,4}"
_PEOPLE = re.compile(rf"(?:by )?({_NAME}(?:(?:, (?:and )?| and | & |; ){_NAME})*)")
_BETWEEN = re.compile(r", (?:and )?| and | & |; ")
_NOTE_MARKS = re.compile(r"[\d∗*†‡§¶]+(?=[\s,]|$)")
_BODY = re.compile(
    r"\b(?:universit|institut|departm|laborat|school|college|centre|center|hospital|council|office|trust|street|road|report|abstract"
    r"|introduction|version|draft)",
    re.IGNORECASE,
)
_DOI = re.compile(r"\b(?:doi:?\s*|doi\.org/)(10\.\d{4,9}/[^\s\"<>]{1,120})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    words: str
    size: float  # height of its tallest letter, in points


def extract(page: Page, lead: Lead) -> Resource:
    """Describe a PDF; what it does not give is taken from the lead. Never raises on what is in the file."""
    known = describe.of_file(lead, page.url, Kind.DOCUMENT, rule="media type")
    try:
        with closing(pypdfium2.PdfDocument(page.body)) as document:
            found = _findings(document, page, lead)
    except (pypdfium2.PdfiumError, ValueError, UnicodeError, OverflowError):  # encrypted, damaged, or no PDF at all
        return known
    said = {name: (getattr(known, name), rule) for name, rule in known.origin.items()}
    return describe.assemble(page.url, said | {name: one for name, one in found.items() if one is not None})


def _findings(document: Any, page: Page, lead: Lead) -> dict[str, Found[Any]]:
    about = document.get_metadata_dict(skip_empty=True)
    count = len(document)
    words = _text(document, count)
    lines = _lines(document) if count else ()
    title = _title(about.get("Title", ""), lines, words)
    number = len(text.words(words))
    doi = _DOI.search(words[:5_000])
    identifiers = metadata.of_address(page.url) | ({"doi": doi[1].rstrip(".,;)").lower()} if doi else {})
    subject = text.squeeze(about.get("Subject", ""))
    return {
        "title": title,
        "creators": _creators(about.get("Author", ""), title[0] if title else "", lines),
        "published": _published(about.get("CreationDate", ""), lines, page),
        "language": metadata.guessed_language(words),
        "description": (subject, "pdf subject") if len(subject) > 40 and not lead.description else None,
        "text": (words, "pdf text"),
        "words": (number, "text") if number else None,
        "minutes": _minutes(words, number, count, lead),
        "pages": (count, "pdf") if count else None,
        "identifiers": (identifiers, "first pages and address") if identifiers else None,
        "kind": _kind(lead, title[0] if title else "", paper=doi is not None),
    }


def _minutes(words: str, number: int, pages: int, lead: Lead) -> Found[int]:
    return media.reading_minutes(words, number * max(pages, MAX_PAGES) // MAX_PAGES, lead=lead)


def _kind(lead: Lead, title: str, *, paper: bool) -> Found[Kind]:
    """`None` leaves what the lead and the media type say."""
    about = " ".join(filter(None, (lead.description, lead.note)))
    found, rule = kind.of_lead(lead, kind.Words(title=title or lead.title or "", about=about))
    if rule != "default":
        return found, rule
    return (Kind.PAPER, "doi on its first pages") if paper else None


def _text(document: Any, count: int) -> str:
    pages, length = [], 0
    for index in range(min(count, MAX_PAGES)):
        pages.append(_page_text(document, index))
        length += len(pages[-1])
        if length > MAX_TEXT:
            break
    lines = (text.squeeze(line) for line in "\n".join(pages).splitlines())
    return text.clip("\n".join(line for line in lines if line), MAX_TEXT)


def _page_text(document: Any, index: int) -> str:
    try:
        with closing(document[index]) as page, closing(page.get_textpage()) as textpage:
            return _HYPHEN.sub("", textpage.get_text_bounded(errors="ignore"))
    except pypdfium2.PdfiumError:  # one damaged page does not spoil the others
        return ""


def _lines(document: Any) -> tuple[_Line, ...]:
    """The first lines of the first page, with their size."""
    try:
        with closing(document[0]) as page, closing(page.get_textpage()) as textpage:
            return tuple(_each_line(textpage))
    except pypdfium2.PdfiumError:
        return ()


def _each_line(textpage: Any) -> Iterator[_Line]:
    count = min(textpage.count_chars(), _TITLE_CHARACTERS)
    characters: list[str] = []
    size = 0.0
    box = raw.FS_RECTF()
    for index in range(count + 1):
        code = raw.FPDFText_GetUnicode(textpage, index) % 0x110000 if index < count else 10
        if code in (10, 13):
            if words := text.squeeze(_HYPHEN.sub("", "".join(characters))):
                yield _Line(words=words, size=round(size, 1))
            characters, size = [], 0.0
            continue
        characters.append(chr(code))
        if chr(code).isalpha() and raw.FPDFText_GetLooseCharBox(textpage, index, box):
            size = max(size, box.top - box.bottom)


def _title(stated: str, lines: tuple[_Line, ...], words: str) -> Found[str]:
    """The stated title where the first pages show it, else the largest type of the first page, else the stated one.

    Office programs state the name of a file, or the title of the document that this one was copied from.
    """
    stated = _NUMBERED.sub("", text.squeeze(stated))
    plausible = not _NO_TITLE.fullmatch(stated) and (" " in stated or not stated.isascii()) and "_" not in stated
    largest = _largest(lines)
    told = frozenset(text.words(stated))
    shown = plausible and ((not stated.isascii() and " " not in stated) or _is_shown(stated, told, words[:4_000]))
    if shown and not (largest and told < frozenset(text.words(largest))):
        return text.clip(stated, 500), "pdf title"
    if largest:
        return text.clip(largest, 500), "largest type"
    return (text.clip(stated, 500), "pdf title") if plausible else None


def _is_shown(stated: str, told: frozenset[str], words: str) -> bool:
    """Whether a title stands in the text, whole or, where it is long, in nearly all its words."""
    if len(told) > 2 and site.fold(stated) in site.fold(words):
        return True
    return len(told) > 5 and len(told & frozenset(text.words(words))) >= 0.9 * len(told)


def _largest(lines: tuple[_Line, ...]) -> str:
    """The run of lines in the largest type of the first page that reads like a title."""
    greatest = max((line.size for line in lines if _is_wordy(line.words)), default=0.0)
    start = next((index for index, line in enumerate(lines) if line.size == greatest and _is_wordy(line.words)), 0)
    run: list[str] = []
    for line in lines[start : start + 5]:
        if line.size < 0.96 * greatest or (run and run[0].isupper() and not line.words.isupper()):
            break
        run.append(line.words)
    return " ".join(run) if len(run) < 5 else ""  # five lines of one size are the body of a page


def _is_wordy(words: str) -> bool:
    letters = sum(c.isalpha() for c in words)
    return "@" not in words and letters >= 8 and letters * 2 > len(words) and (" " in words or not words.isascii())


def _creators(stated: str, title: str, lines: tuple[_Line, ...]) -> Found[tuple[str, ...]]:
    """People (or a body) by name: those that the file states, unless that is the login name of whoever made it; else those under the title."""
    stated = text.squeeze(stated.split("http")[0]).strip(" ,;")
    if stated and (people := _PEOPLE.fullmatch(stated)):
        return tuple(_BETWEEN.split(people[1])), "pdf author"
    following = iter(lines)
    for line in following:
        if title.endswith(line.words):
            break
    for line in list(following)[:2]:
        people = _PEOPLE.fullmatch(text.squeeze(_NOTE_MARKS.sub("", line.words)).strip(" ,"))
        if people and not _BODY.search(line.words) and not line.words.isupper() and len(line.words) < 200:
            return tuple(_BETWEEN.split(people[1])), "under the title"
    return None


def _published(created: str, lines: tuple[_Line, ...], page: Page) -> Found[date]:
    """A date that stands in a line of its own at the beginning, else the day on which the file was made."""
    for line in lines[:40]:
        value = dates.parse(line.words) if len(line.words) < 40 else None
        if value and published.plausible(value, page.fetched):
            return published.day(value), "first page"
    found = re.match(r"(?:D:)?(\d{4})(\d\d)(\d\d)", created)
    value = dates.parse("-".join(found.groups())) if found else None
    return (value, "pdf creation date") if value and published.plausible(value, page.fetched) else None
