"""The edition as one page: a file that stands alone, needs no script and no network, reads well aloud, on a phone and on paper (WCAG 2.2 AA)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from markupsafe import Markup

from pipeline.model import Edition
from pipeline.render import letter, palette, words
from pipeline.render.cover import cover
from pipeline.render.environment import template
from pipeline.render.prepare import prepare


def render(edition: Edition) -> bytes:
    """Write the page. Its links to the other files of the edition lead to the public address."""
    made = prepare(edition)
    return template("page.html").render(**view(made), style=Markup(_style()), cover=Markup(cover(made))).encode()  # noqa: S704 - our own CSS and SVG


def view(edition: Edition) -> dict[str, object]:
    """Give what the templates of page and mail have in common. The edition must be prepared."""
    entries = {entry.id: (place, entry) for place, section in enumerate(edition.sections) for entry in section.entries}
    return {
        "edition": edition,
        "words": words,
        "letter": Markup(letter.as_html(edition.letter)),  # noqa: S704 - sanitised by nh3
        "picks": [entries[pick] for pick in edition.picks if pick in entries],
        "count": len(entries),
        "hues": len(palette.HUES),
        "most": max((count for trend in edition.trends for count in trend.counts), default=1) or 1,
    }


@cache
def _style() -> str:
    return (files("pipeline.render") / "templates" / "page.css").read_text(encoding="utf-8")
