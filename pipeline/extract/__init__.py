"""A page becomes a resource: read by its media type, described field by field, with the rule behind each. Knows no network and no clock.

What is no document is refused with `ExtractError` and a reason: `login`, `consent`, `captcha`, `javascript`, `soft-404`, `empty`, `not-a-document`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pipeline.errors import ExtractError
from pipeline.extract import files, html, pdf
from pipeline.extract.describe import from_lead
from pipeline.extract.files import media_type
from pipeline.model import Lead, Page, Resource

__all__ = ["EXTRACTORS", "extract", "from_lead", "media_type", "picture"]

EXTRACTORS: Mapping[str, Callable[[Page, Lead], Resource]] = {
    "text/html": html.extract,
    "application/xhtml+xml": html.extract,
    "application/pdf": pdf.extract,
    **dict.fromkeys(files.KINDS, files.extract),
}


def picture(page: Page) -> bytes | None:
    """Draw a small picture (PNG, at most 60 kB) of the first page of a report; `None` where there is none to draw or the page is no PDF."""
    return pdf.picture(page) if media_type(page) == "application/pdf" else None


def extract(page: Page, lead: Lead, select: Mapping[str, str] = MappingProxyType({})) -> Resource:
    """Describe what a page holds, by its media type; the lead fills what the page does not say. Raises `ExtractError`.

    `select` maps fields of a web page (`title authors date description text`) to the CSS selectors that its source has for them; they win.
    """
    extractor = EXTRACTORS.get(media_type(page))
    if extractor is None:
        named = page.media_type or "something without a type"
        raise ExtractError(f"{page.url} is no document but {named}; there is nothing in it to read.", url=page.url, reason="not-a-document")
    return html.extract(page, lead, select) if extractor is html.extract else extractor(page, lead)
