"""The edition as a feed: Atom (RFC 4287) and JSON Feed 1.1. Ids are the public addresses of the items and never change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime

from pipeline import text
from pipeline.model import Edition, Entry
from pipeline.plain import Json
from pipeline.render import words
from pipeline.render.environment import template
from pipeline.render.prepare import prepare

_AUTHORS = ("author", "speaker")


def render_atom(edition: Edition) -> bytes:
    """Write an Atom feed with an entry for each item."""
    made = prepare(edition)
    return (
        template("atom.xml")
        .render(edition=made, page=words.page, updated=_moment(made.released or made.composed), entries=list(_entries(made)))
        .encode()
    )


def render_json(edition: Edition) -> bytes:
    """Write a JSON Feed with an item for each item."""
    made = prepare(edition)
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"{made.title}, {made.month_name}",
        "home_page_url": words.page(made),
        "feed_url": words.page(made, "feed.json"),
        "description": made.strap,
        "language": made.language,
        "authors": [{"name": made.organisation}],
        "items": [_json_item(made, entry, updated) for entry, updated in _entries(made)],
    }
    return (json.dumps(feed, ensure_ascii=False, indent=1) + "\n").encode()


def _json_item(edition: Edition, entry: Entry, published: str) -> dict[str, Json]:
    # content_text may not be missing (JSON Feed 1.1, "Items"): without a description the title is all that we know.
    about = "\n\n".join(part for part in (entry.blurb, entry.note) if part) or entry.title
    item: dict[str, Json] = {
        "id": f"{edition.url}/items/{entry.id}",
        "title": entry.title,
        "content_text": about,
        "date_published": published,
        "language": entry.language,
        "tags": [entry.kind_name, *entry.topics],
    }
    if entry.url:
        item["url"] = entry.url
    authors: list[Json] = [{"name": credit.name} for credit in entry.credits if credit.role in _AUTHORS]
    return item | ({"authors": authors} if authors else {}) | ({"summary": text.clip(entry.blurb, 200)} if entry.blurb else {})


def _entries(edition: Edition) -> Iterator[tuple[Entry, str]]:
    otherwise = edition.released or edition.composed
    for entry in edition.entries:
        yield entry, _moment(entry.published or otherwise)


def _moment(value: date) -> str:
    if not isinstance(value, datetime):
        return f"{value.isoformat()}T00:00:00Z"
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return aware.replace(microsecond=0).isoformat().replace("+00:00", "Z")
