"""Files that are something to curate but nothing that we can read: recordings, slides, office documents. Their lead speaks for them."""

from __future__ import annotations

from pipeline import text
from pipeline.extract import describe
from pipeline.extract.document import decode
from pipeline.model import Kind, Lead, Page, Resource

_OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS = {
    "text/plain": Kind.DOCUMENT,
    "text/csv": Kind.DATASET,
    "application/msword": Kind.DOCUMENT,
    "application/rtf": Kind.DOCUMENT,
    "application/epub+zip": Kind.BOOK,
    "application/vnd.oasis.opendocument.text": Kind.DOCUMENT,
    "application/vnd.oasis.opendocument.presentation": Kind.SLIDES,
    "application/vnd.oasis.opendocument.spreadsheet": Kind.DATASET,
    "application/vnd.ms-powerpoint": Kind.SLIDES,
    "application/vnd.ms-excel": Kind.DATASET,
    f"{_OFFICE}.wordprocessingml.document": Kind.DOCUMENT,
    f"{_OFFICE}.presentationml.presentation": Kind.SLIDES,
    f"{_OFFICE}.spreadsheetml.sheet": Kind.DATASET,
    **dict.fromkeys(("audio/mpeg", "audio/mp4", "audio/x-m4a", "audio/ogg", "audio/wav", "audio/aac", "audio/flac"), Kind.AUDIO),
    **dict.fromkeys(("video/mp4", "video/webm", "video/ogg", "video/quicktime", "video/mpeg"), Kind.VIDEO),
}
"""Media types of such files, and the kind of thing that they mostly are."""

_UNTYPED = frozenset(
    {"", "application/octet-stream", "binary/octet-stream", "application/download", "application/force-download", "application/x-download"}
)


def media_type(page: Page) -> str:
    """The media type of a page: what its first bytes show, where the server's word is wrong or none."""
    head = page.body[:1024]
    if b"%PDF-" in head:
        return "application/pdf"  # the specification lets the mark stand anywhere in the first kilobyte
    if head.lstrip(b"\xef\xbb\xbf \r\n\t")[:15].upper() == b"BEGIN:VCALENDAR":
        return "text/calendar"
    looks_like_html = head.lstrip().lower().startswith((b"<!doctype html", b"<html", b"\xef\xbb\xbf<!doctype html", b"\xef\xbb\xbf<html"))
    if looks_like_html and (page.media_type in _UNTYPED or page.media_type in ("application/pdf", "text/plain") or page.media_type in KINDS):
        return "text/html"
    return page.media_type


def extract(page: Page, lead: Lead) -> Resource:
    """Describe a file by its lead and its type."""
    known = describe.of_file(lead, page.url, KINDS[page.media_type], rule="media type")
    if page.media_type != "text/plain":
        return known
    words = text.clip(text.clean(decode(page.body[:500_000], page.charset)).strip(), 500_000)
    count = len(text.words(words))
    findings = {name: (getattr(known, name), rule) for name, rule in known.origin.items()}
    return describe.assemble(
        page.url, findings | {"text": (words, "text file"), "words": (count, "text"), "minutes": (text.minutes(count), "number of words")}
    )
