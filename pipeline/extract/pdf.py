"""A PDF → resource: title by its type size, people who are no login names, a day, the text of its first pages, its first page as a picture.

Encrypted, damaged and scanned files are items too: their lead says what they are, and `origin["text"]` why there is no more. No script is run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

import pypdfium2
from pypdfium2 import raw

from pipeline import citations, text
from pipeline.extract import bylines, describe, frontmatter, kind, leaves, licences, media, metadata
from pipeline.extract.document import Found
from pipeline.model import Kind, Lead, Page, Resource

MAX_PICTURE = 60_000
"""Bytes of a picture of a first page."""

_TELLING = 800  # characters that tell a language; more of them cost time and tell no more
_WIDTHS = (360, 240, 160, 100)  # dots; the first that keeps within the bytes is taken, and 100 always does
_MAX_COUNT = 20_000  # pages; what claims more is an attack, or a mistake
_WHY = {
    raw.FPDF_ERR_PASSWORD: "none: the PDF is encrypted, and its password is not known",
    raw.FPDF_ERR_SECURITY: "none: the PDF is encrypted in a way that cannot be read",
}
_DAMAGED = "none: the PDF is damaged and cannot be read"
_BOMB = "none: the PDF unpacks to more than a page can hold, and was not opened"
_SCANNED = "none: the PDF holds pictures of pages and no text"
_EMPTY = "none: the PDF has no pages that can be read"
_DOI = re.compile(r"\b(?:doi:?\s*|doi\.org/)(10\.\d{4,9}/[^\s\"<>]{1,120})", re.IGNORECASE)
_ISBN = re.compile(r"\bISBN(?:[- ]?1[03])?\)?:?\s{0,3}((?:97[89][- –]?)?\d(?:[- –]?\d){8}[- –]?[\dX])\b", re.IGNORECASE)


def extract(page: Page, lead: Lead) -> Resource:
    """Describe a PDF; what it does not give is taken from the lead. Never raises on what is in the file."""
    known = describe.of_file(lead, page.url, Kind.DOCUMENT, rule="media type")
    said = {name: (getattr(known, name), rule) for name, rule in known.origin.items()}
    try:
        with closing(_opened(page)) as document:
            found, why = _findings(document, page, lead)
    except pypdfium2.PdfiumError as error:
        found, why = {}, _WHY.get(error.err_code, _DAMAGED)
    except _BombError:
        found, why = {}, _BOMB
    except (ValueError, UnicodeError, OverflowError):
        found, why = {}, _DAMAGED
    resource = describe.assemble(page.url, said | {name: one for name, one in found.items() if one is not None})
    return replace(resource, origin={**resource.origin, "text": why}) if why else resource


class _BombError(Exception):
    """The file unpacks to more than we open."""


def _opened(page: Page) -> pypdfium2.PdfDocument:
    if leaves.is_bomb(page.body):
        raise _BombError
    return pypdfium2.PdfDocument(page.body)


def picture(page: Page) -> bytes | None:
    """Draw the first page of a PDF as a PNG of at most `MAX_PICTURE` bytes; `None` where it is blank, encrypted, damaged or no PDF."""
    try:
        with closing(_opened(page)) as document:
            return leaves.picture(document, widths=_WIDTHS, limit=MAX_PICTURE)
    except (pypdfium2.PdfiumError, _BombError, ValueError, UnicodeError, OverflowError):
        return None


def _findings(document: Any, page: Page, lead: Lead) -> tuple[Mapping[str, Found[Any]], str]:
    """What the file says, and why there is no text in it, if there is none."""
    about = document.get_metadata_dict(skip_empty=True)
    count = len(document)
    if not count:
        return {}, _EMPTY
    read = leaves.read(document)
    lines, words = _front(document, read), read.words
    title = frontmatter.title(about.get("Title", ""), lines, words)
    number = len(text.words(words))
    identifiers = _identifiers(page.url, words)
    subject = text.squeeze(about.get("Subject", ""))
    day = bylines.day(about.get("CreationDate", ""), lines, words, fetched=page.fetched)
    guess = title.found if title.sure or not lead.title else None
    return {
        "title": guess,
        "creators": bylines.creators(about.get("Author", ""), lines, title.end, words),
        "published": day,
        "language": metadata.guessed_language(words[:_TELLING]),
        "description": (subject, "pdf subject") if len(subject) > 40 and not lead.description else None,
        "text": (words, "pdf text"),
        "words": (number, "text") if number else None,
        "minutes": _minutes(read, number, count, lead),
        "pages": (count, "pdf") if count <= _MAX_COUNT else None,
        "identifiers": (identifiers, "first pages and address") if identifiers else None,
        "citation": frontmatter.citation(lines, dated=day is not None),
        "licence": licences.of_report(page.body, words),
        "kind": _kind(lead, guess[0] if guess else "", paper="doi" in identifiers),
    }, "" if words else _SCANNED


def _front(document: Any, read: leaves.Leaves) -> tuple[leaves.Line, ...]:
    """The lines of the report's own first page: of the page behind the letter that sends it, where there is one."""
    if len(document) > 2 and frontmatter.is_letter(read.lines):
        behind, _ = leaves.front(document, 1)
        if frontmatter.is_front(behind, letter=read.lines):
            return behind
    return read.lines


def _identifiers(url: str, words: str) -> dict[str, str]:
    """A DOI near the beginning (further on stand those of other works), and an ISBN whose check digit is right."""
    found = {}
    if doi := _DOI.search(words[:5_000]):
        found["doi"] = doi[1].rstrip(".,;)]").lower()
    for written in _ISBN.findall(words[:30_000]):
        if isbn := citations.isbn(written):
            found["isbn"] = isbn
            break
    return metadata.of_address(url) | found


def _minutes(read: leaves.Leaves, number: int, pages: int, lead: Lead) -> Found[int]:
    """Minutes for all the pages, as if those that were not read held as many words each."""
    return media.reading_minutes(read.words, number * max(pages, read.pages) // read.pages, lead=lead)


def _kind(lead: Lead, title: str, *, paper: bool) -> Found[Kind]:
    """`None` leaves what the lead and the media type say."""
    about = " ".join(filter(None, (lead.description, lead.note)))
    found, rule = kind.of_lead(lead, kind.Words(title=title or lead.title or "", about=about))
    if rule != "default":
        return found, rule
    return (Kind.PAPER, "doi on its first pages") if paper else None
