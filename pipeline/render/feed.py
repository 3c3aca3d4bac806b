"""The edition as a feed: Atom (RFC 4287) and JSON Feed 1.1. Ids are the public addresses of the items and never change.

A correction moves the date of its entry and of the feed, and stands in the entry's text. A collection's feed lives on: it keeps its name, and an
entry that was there last month keeps its date.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pipeline import text
from pipeline.model import Edition, Entry, ItemId
from pipeline.plain import Json
from pipeline.render import picture, words
from pipeline.render.environment import template
from pipeline.render.notices import Notice, errata, marks, notices
from pipeline.render.prepare import prepare

_AUTHORS = ("author", "speaker")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dated:
    """An entry with its moments, and what a reader sees beside its description. `modified` is empty where nothing was corrected."""

    entry: Entry
    published: str
    updated: str
    modified: str
    said: str


def render_atom(edition: Edition) -> bytes:
    """Write an Atom feed with an entry for each item."""
    made = prepare(edition)
    shown = {"edition": made, "words": words, "updated": _moment(words.changed(made)), "entries": list(_entries(made)), "about": _about(made)}
    return template("atom.xml").render(**shown).encode()


def render_json(edition: Edition) -> bytes:
    """Write a JSON Feed with an item for each item."""
    made = prepare(edition)
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": words.name(made),
        "home_page_url": words.page(made),
        "feed_url": words.page(made, "feed.json"),
        "description": _about(made),
        "language": made.language,
        "authors": [{"name": made.organisation or made.title}],
        "items": [_json_item(made, one) for one in _entries(made)],
    }
    return (json.dumps(feed, ensure_ascii=False, indent=1) + "\n").encode()


def _json_item(edition: Edition, dated: _Dated) -> dict[str, Json]:
    entry = dated.entry
    item: dict[str, Json] = {
        "id": f"{edition.url}/items/{entry.id}",
        "title": entry.title,
        # content_text may not be missing (JSON Feed 1.1, "Items"): without a description the title is all that we know.
        "content_text": "\n\n".join(part for part in (entry.blurb, dated.said) if part) or entry.title,
        "date_published": dated.published,
        "language": entry.language,
        "tags": [entry.kind_name, *entry.topics],
    }
    authors: list[Json] = [{"name": credit.name} for credit in entry.credits if credit.role in _AUTHORS]
    more: dict[str, Json] = {
        "url": entry.url,
        "authors": authors,
        "summary": text.clip(entry.blurb, 200),
        "date_modified": dated.modified,
        "image": words.page(edition, picture.path(entry.picture)) if entry.picture else "",
    }
    return item | {key: value for key, value in more.items() if value}


def _about(edition: Edition) -> str:
    """Describe the feed: what it is, and what of the whole edition and of earlier ones was put right."""
    whole = [f"{one.label} on {one.day}: {one.note}" for one in notices(edition) if one.item is None]
    earlier = [f"{one.label}, {one.issue or one.day}: {': '.join(part for part in (one.title, one.note) if part)}" for one in errata(edition)]
    return " ".join(part for part in (edition.strap, *whole, *earlier) if part)


def _entries(edition: Edition) -> Iterator[_Dated]:
    otherwise = edition.released or edition.composed
    known = marks(edition)
    for entry in edition.entries:
        published = _moment(entry.published or otherwise)
        modified = _modified(known, entry.id)
        first = published if words.is_collection(edition) else _moment(otherwise)
        said = "\n\n".join(part for part in (entry.note, _corrections(known.get(entry.id, ()))) if part)
        yield _Dated(entry=entry, published=published, updated=max(first, modified), modified=modified, said=said)


def _modified(known: Mapping[ItemId, Sequence[Notice]], item: ItemId) -> str:
    return max((_moment(one.made) for one in known.get(item, ())), default="")


def _corrections(made: Sequence[Notice]) -> str:
    return "\n\n".join(f"{one.label} on {one.day}: {one.note}" for one in made)


def _moment(value: date) -> str:
    """Write a moment in UTC (RFC 3339), so that moments sort as words; a day is its midnight."""
    if not isinstance(value, datetime):
        return f"{value.isoformat()}T00:00:00Z"
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    try:
        aware = aware.astimezone(UTC)
    except OverflowError:  # a moment at the very edge of the calendar
        aware = aware.replace(tzinfo=UTC)
    return aware.replace(microsecond=0).isoformat().replace("+00:00", "Z")
