"""What a page names beside itself: its oEmbed document, and the words of its recording. Finds addresses, and asks for none.

The page is parsed a second time for it, so it is only looked at where its bytes name such a thing and its kind may need it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from pipeline import urls
from pipeline.errors import ExtractError
from pipeline.extract.document import Document, beginning, parse
from pipeline.model import Page

_SIGNS = re.compile(rb"\+oembed|<track\b|transcript|transkript|transcription", re.IGNORECASE)
_OEMBED = ("application/json+oembed", "text/xml+oembed", "application/xml+oembed")
_CAPTIONS = ("captions", "subtitles")
_TRANSCRIPT = re.compile(
    r"(?:(?:click|here|to|for|read|view|see|open|get|show|download|full|complete|the|a|our|this|video|audio|episode|podcast|talk|webinar|text|written)\s+){0,8}"
    r"(?:transcripts?|transcription|transkript)(?:\s+(?:of|for)\s+(?:the|this)\s+\w{1,20})?(?:\s*[\[(][^\[\]()]{1,20}[\])])?\W{0,5}",
    re.IGNORECASE,
)
_LONGEST = 80  # characters of a link's words
_LINKS = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Addresses: of an oEmbed document, wherever it is; and of captions or a transcript, on the page's own host."""

    oembed: str | None = None
    transcript: str | None = None


def beside(page: Page) -> Beside:
    """Find what a page names beside itself."""
    if not _SIGNS.search(page.body):
        return Beside()
    try:
        document = parse(page)
    except ExtractError:
        return Beside()
    return Beside(oembed=_oembed(document), transcript=_captions(document) or _transcript(document))


def _oembed(document: Document) -> str | None:
    found = {(link.get("type") or "").strip().lower(): link.get("href") for link in document.tree.iter("link") if link.get("href")}
    return next((address for kind in _OEMBED if kind in found and (address := urls.join(document.url, found[kind]))), None)


def _captions(document: Document) -> str | None:
    """The words of the language of the page, where captions are offered in several."""
    tracks = [one for one in islice(document.tree.iter("track"), _LINKS) if (one.get("kind") or "subtitles").strip().lower() in _CAPTIONS]
    language = (document.tree.get("lang") or "")[:2].lower()
    tracks.sort(key=lambda one: ((one.get("srclang") or "")[:2].lower() != language, one.get("default") is None))
    return next((address for one in tracks if (address := _own(document, one.get("src") or ""))), None)


def _transcript(document: Document) -> str | None:
    for link in islice(document.tree.iter("a"), _LINKS):
        words = beginning(link, _LONGEST)
        if len(words) > _LONGEST or "trans" not in words.lower() or not _TRANSCRIPT.fullmatch(words):
            continue
        if (
            len(words) <= _LONGEST
            and "trans" in words.lower()
            and _TRANSCRIPT.fullmatch(words)
            and (address := _own(document, link.get("href") or ""))
        ):
            return address
    return None


def _own(document: Document, ref: str) -> str | None:
    """The address of another file of the page's own host."""
    address = urls.join(document.url, ref)
    return address if address and urls.host(address) == urls.host(document.url) and address != urls.clean(document.url) else None
