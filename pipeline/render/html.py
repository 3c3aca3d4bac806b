"""The edition as one page: a file that stands alone, needs no script and no network, reads well aloud, on a phone and on paper (WCAG 2.2 AA)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from markupsafe import Markup

from pipeline.model import Edition
from pipeline.render import letter, notices, palette, picture, words
from pipeline.render.cover import cover
from pipeline.render.environment import template
from pipeline.render.essay import essay
from pipeline.render.prepare import prepare


def render(edition: Edition) -> bytes:
    """Write the page. Its links to the other files of the edition lead to the public address."""
    made = prepare(edition)
    shown = view(made) | {"ways": _ways(made), "more_ways": _more_ways(made), "feed": _feed(made)}
    style = _style() + (_pictures_style() if any(entry.picture for entry in made.entries) else "")
    return template("page.html").render(**shown, style=Markup(style), cover=Markup(cover(made))).encode()  # noqa: S704 - our own CSS and SVG


def view(edition: Edition) -> dict[str, object]:
    """Give what the templates of page and mail have in common. The edition must be prepared."""
    entries = {entry.id: (place, entry) for place, section in enumerate(edition.sections) for entry in section.entries}
    told = essay(edition)
    return {
        "edition": edition,
        "collection": words.is_collection(edition),
        "words": words,
        "pictures": picture,
        "way": words.direction(edition.title, edition.language),
        "letter": Markup(letter.as_html(edition.letter)),  # noqa: S704 - sanitised by nh3
        "essay": told,
        "prose": Markup(told.html),  # noqa: S704 - sanitised by nh3
        # A section keeps its colour where the essay has taken entries out of those before it.
        "sections": [(entries[section.entries[0].id][0], section) for section in told.rest],
        "place_of": {item: place for item, (place, _) in entries.items()},
        "notices": notices.notices(edition),
        "marks": notices.marks(edition),
        "errata": notices.errata(edition),
        "picks": [entries[pick] for pick in edition.picks if pick in entries],
        "count": len(entries),
        "hues": len(palette.HUES),
        "most": max((count for trend in edition.trends for count in trend.counts), default=1) or 1,
    }


def _feed(edition: Edition) -> str:
    return words.page(edition, "atom.xml") if words.is_collection(edition) else f"{edition.url}/feeds/all.atom"


def _ways(edition: Edition) -> list[tuple[str, str]]:
    """List what else one may do with the page, as words and addresses."""
    files = [("PDF", words.page(edition, "digest.pdf")), ("Large print", words.page(edition, "digest-large-print.pdf"))]
    if words.is_collection(edition):
        return [*files, ("Feed", _feed(edition))]
    return [*files, ("One page", words.page(edition, "one-page.pdf")), ("Subscribe", f"{edition.url}/subscribe")]


def _more_ways(edition: Edition) -> list[tuple[str, str]]:
    dated = any(entry.event and entry.event.start for entry in edition.entries)
    calendar = [("Events for your calendar", words.page(edition, "events.ics"))] if dated else []
    files = (("Markdown", "digest.md"), ("References (RIS)", "digest.ris"), ("JSON", "edition.json"))
    return [*calendar, ("Feed", _feed(edition)), *((said, words.page(edition, file)) for said, file in files)]


@cache
def _style() -> str:
    return (files("pipeline.render") / "templates" / "page.css").read_text(encoding="utf-8")


@cache
def _pictures_style() -> str:
    """What only a page with pictures needs: one that was released without any keeps its bytes."""
    return (files("pipeline.render") / "templates" / "pictures.css").read_text(encoding="utf-8")
