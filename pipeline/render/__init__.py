"""An edition as bytes, in every format that a reader may want.

Each format takes the same prepared edition, escapes what it prints, and loads nothing from anywhere. The same edition gives the same bytes.
What makes a format is loaded when the first edition is made in it: the table itself costs nothing, so that a command can list the formats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

from pipeline.errors import RenderError
from pipeline.model import Edition, Rendition

__all__ = ["FORMATS", "Format", "render"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One way to publish an edition: the name of its file, its media type, and what makes its bytes (`module.function` of this package)."""

    filename: str
    media_type: str
    made_by: str

    def build(self, edition: Edition) -> bytes:
        """Make the bytes."""
        module, _, function = self.made_by.partition(".")
        made: bytes = getattr(import_module(f"pipeline.render.{module}"), function)(edition)
        return made


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "pdf": Format(filename="digest.pdf", media_type="application/pdf", made_by="pdf.render"),
        "pdf-large": Format(filename="digest-large-print.pdf", media_type="application/pdf", made_by="pdf.render_large"),
        "one-page": Format(filename="one-page.pdf", media_type="application/pdf", made_by="onepage.render"),
        "html": Format(filename="index.html", media_type="text/html; charset=utf-8", made_by="html.render"),
        "email": Format(filename="email.html", media_type="text/html; charset=utf-8", made_by="email.render"),
        "text": Format(filename="email.txt", media_type="text/plain; charset=utf-8", made_by="email.render_text"),
        "draft": Format(filename="digest.eml", media_type="message/rfc822", made_by="draft.render"),
        "teaser": Format(filename="teaser.txt", media_type="text/plain; charset=utf-8", made_by="draft.render_teaser"),
        "markdown": Format(filename="digest.md", media_type="text/markdown; charset=utf-8", made_by="markdown.render"),
        "atom": Format(filename="atom.xml", media_type="application/atom+xml; charset=utf-8", made_by="feed.render_atom"),
        "json-feed": Format(filename="feed.json", media_type="application/feed+json", made_by="feed.render_json"),
        "ics": Format(filename="events.ics", media_type="text/calendar; charset=utf-8", made_by="calendar.render"),
        "ris": Format(filename="digest.ris", media_type="application/x-research-info-systems", made_by="cite.render_ris"),
        "bibtex": Format(filename="digest.bib", media_type="application/x-bibtex; charset=utf-8", made_by="cite.render_bibtex"),
        "csl": Format(filename="digest.csl.json", media_type="application/vnd.citationstyles.csl+json", made_by="cite.render_csl"),
        "json": Format(filename="edition.json", media_type="application/json", made_by="snapshot.render"),
    }
)


def render(edition: Edition, format: str) -> Rendition:
    """Make one rendition. `format` is a key of `FORMATS`; raises `RenderError` for another, and where an edition cannot be set."""
    found = FORMATS.get(format)
    if found is None:
        raise RenderError(f"There is no format {format!r}.", place=f"format {format}", hint=f"Choose one of {', '.join(FORMATS)}.")
    return Rendition(filename=found.filename, media_type=found.media_type, body=found.build(edition))
