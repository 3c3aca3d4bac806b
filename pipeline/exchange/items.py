"""Items as lines for other programs: every field always there, `None` where it is not known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pipeline.exchange.reading import NOWHERE
from pipeline.model import Event, Item, ItemId, Overlay, Sighting, State
from pipeline.plain import to_plain
from pipeline.store import Appearance, Store

Line = dict[str, Any]

COLUMNS = (
    "id", "origin_id", "url", "canonical_url", "kind", "title", "creators", "publisher", "site_name", "published", "modified",
    "language", "description", "text", "words", "minutes", "duration_seconds", "pages", "event", "identifiers", "topics",
    "score", "lane", "state", "duplicate_of", "cluster", "seen", "posted_by", "recommended_by", "citation", "licence", "image",
    "image_alt", "series", "part", "audience", "decision",
    "blurb", "edition", "was", "version", "source_changed", "fold_rule", "fold_evidence", "origin",
)  # fmt: skip


def export_items(store: Store, state: State | None = None) -> Iterator[Line]:
    """Yield a line for every item, folded ones too (`state` merged), so that whatever came in can be joined with what became of it."""
    for item in store.each_item(state):
        was = store.appearances([item.id]).get(item.id) if item.edition else None
        edited = store.last_edit(item.id) if item.version > 1 and item.overlay != Overlay() else None
        yield item_line(item, was=was, source_changed=edited.changed if edited else None)


def item_line(item: Item, *, was: Appearance | None = None, source_changed: datetime | None = None) -> Line:
    """Write an item as a line, with where it came out and since when its source says something else than when a curator put words on it. Fields
    that an import brought and we do not know stand behind ours."""
    resource = item.resource
    line: Line = {
        "id": item.id,
        "origin_id": item.origin_id,
        "url": address(resource.url),
        "canonical_url": resource.canonical_url,
        "kind": item.kind.value,
        "title": item.title,
        "creators": list(resource.creators),
        "publisher": resource.publisher,
        "site_name": resource.site_name,
        "published": to_plain(resource.published),
        "modified": to_plain(resource.modified),
        "language": resource.language,
        "description": item.description,
        "text": resource.text,
        "words": resource.words,
        "minutes": resource.minutes,
        "duration_seconds": int(resource.duration.total_seconds()) if resource.duration is not None else None,
        "pages": resource.pages,
        "event": event_line(resource.event),
        "identifiers": dict(resource.identifiers),
        **_standing(item),
        "seen": _seen(item),
        "posted_by": _said(item, "posted_by"),
        "recommended_by": _said(item, "recommended_by"),
        **_about(item),
        "audience": item.audience,
        "decision": _decision(item),
        "blurb": item.overlay.blurb,
        "edition": item.edition,
        "was": {"edition": was.edition, "month": was.month, "item": was.place or None} if was else None,
        "version": item.version,
        "source_changed": to_plain(source_changed),
        "fold_rule": item.fold_rule or None,
        "fold_evidence": item.fold_evidence or None,
        "origin": dict(resource.origin),
    }
    return line | {key: value for key, value in item.extra.items() if key not in line}


def _standing(item: Item) -> Line:
    """What it is about and where it stands."""
    return {
        "topics": _topics(item),
        "score": item.rank,
        "lane": item.lane.value,
        "state": item.state.value,
        "duplicate_of": item.merged_into,
        "cluster": _cluster(item),
    }


def _about(item: Item) -> Line:
    """Where it came out, under which terms, and what stands beside its words."""
    resource = item.resource
    return {
        "citation": to_plain(resource.citation),
        "licence": resource.licence,
        "image": resource.image,
        "image_alt": item.overlay.image_alt or resource.image_alt,
        "series": resource.series,
        "part": resource.part,
    }


def address(url: str) -> str | None:
    """Give an address as it goes out: `None` for what has none, whose stand-in means nothing elsewhere."""
    return None if url.startswith(NOWHERE) else url


def event_line(event: Event | None) -> Line | None:
    """Write an event as a line's field, as `sources test` prints it too."""
    if event is None:
        return None
    return {
        "start": to_plain(event.start),
        "end": to_plain(event.end),
        "all_day": event.all_day,
        "timezone": event.timezone,
        "location": event.location,
        "online": "mixed" if event.hybrid else event.online,
        "problems": list(event.problems),
    }


def _topics(item: Item) -> list[Line]:
    """The curator's choice, certain and under her name, else what is suggested."""
    if item.overlay.topics is not None:
        by = (item.decision.curator if item.decision else "") or "curator"
        return [{"topic": topic, "score": 1.0, "by": by, "assigned": True} for topic in item.overlay.topics]
    return [{"topic": one.topic, "score": round(one.probability, 4), "by": "suggested", "assigned": one.is_assigned} for one in item.suggestions]


def _cluster(item: Item) -> ItemId:
    return item.cluster or item.merged_into or item.id


def _seen(item: Item) -> list[Line]:
    brought = item.extra.get("seen")
    ours = [_sight(sighting) for sighting in item.sightings]
    return ours + [one for one in brought if isinstance(one, dict)] if isinstance(brought, list) else ours


def _sight(sighting: Sighting) -> Line:
    return {"source": sighting.lead.source, "url": address(sighting.lead.url), "at": to_plain(sighting.first_seen)}


def _said(item: Item, field: str) -> str | None:
    said = (getattr(sighting.lead, field) for sighting in item.sightings)
    brought = item.extra.get(field)
    return next((one for one in said if one), brought if isinstance(brought, str) else None)


def _decision(item: Item) -> Line | None:
    decision = item.decision
    if decision is None:
        return None
    return {
        "verdict": decision.verdict.value,
        "by": decision.curator or None,
        "at": to_plain(decision.decided),
        "reason": decision.reason,
        "note": decision.note,
    }
