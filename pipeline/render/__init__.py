"""An edition as bytes, in every format that a reader may want.

Each format takes the same prepared edition, escapes what it prints, and loads nothing from anywhere. The same edition gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.errors import RenderError
from pipeline.model import Edition, Rendition
from pipeline.render import calendar, email, feed, html, markdown, pdf, snapshot

__all__ = ["FORMATS", "Format", "render"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One way to publish an edition: the name of its file, its media type, and what makes its bytes."""

    filename: str
    media_type: str
    build: Callable[[Edition], bytes]


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "pdf": Format(filename="digest.pdf", media_type="application/pdf", build=pdf.render),
        "pdf-large": Format(filename="digest-large-print.pdf", media_type="application/pdf", build=pdf.render_large),
        "html": Format(filename="index.html", media_type="text/html; charset=utf-8", build=html.render),
        "email": Format(filename="email.html", media_type="text/html; charset=utf-8", build=email.render),
        "text": Format(filename="email.txt", media_type="text/plain; charset=utf-8", build=email.render_text),
        "markdown": Format(filename="digest.md", media_type="text/markdown; charset=utf-8", build=markdown.render),
        "atom": Format(filename="atom.xml", media_type="application/atom+xml; charset=utf-8", build=feed.render_atom),
        "json-feed": Format(filename="feed.json", media_type="application/feed+json", build=feed.render_json),
        "ics": Format(filename="events.ics", media_type="text/calendar; charset=utf-8", build=calendar.render),
        "json": Format(filename="edition.json", media_type="application/json", build=snapshot.render),
    }
)


def render(edition: Edition, format: str) -> Rendition:
    """Make one rendition. `format` is a key of `FORMATS`; raises `RenderError` for another, and where an edition cannot be set."""
    found = FORMATS.get(format)
    if found is None:
        raise RenderError(f"There is no format {format!r}.", place=f"format {format}", hint=f"Choose one of {', '.join(FORMATS)}.")
    return Rendition(filename=found.filename, media_type=found.media_type, body=found.build(edition))
