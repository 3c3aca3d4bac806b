"""An item as an edition prints it: names instead of ids, credits by role, nothing left to look up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, tzinfo

from pipeline import text, urls
from pipeline.digest.sections import EVENT_KINDS
from pipeline.digest.series import spotlight
from pipeline.digest.words import KIND_WORDS
from pipeline.model import Credit, Entry, Event, Item, Kind
from pipeline.names.spellings import AS_WRITTEN, Spellings, bare

_SPOKEN = frozenset({Kind.TALK, Kind.WEBINAR, Kind.EVENT, Kind.PODCAST})
_ROOM_FOR_SOURCES = 4
EXCERPT = 420
"""Characters of a source's own description that are printed; what a curator wrote is not cut here."""


def entry(item: Item, topic_names: Mapping[str, str], *, lead: bool, spellings: Spellings = AS_WRITTEN) -> Entry:
    """Put one item into words. People and publishers are called as `spellings` prefers."""
    resource = item.resource
    name, label = KIND_WORDS[item.kind]
    return Entry(
        id=item.id,
        url=resource.canonical_url or resource.url,
        kind=item.kind,
        kind_name=name,
        link_label=label,
        title=item.title,
        source=spellings.publisher(resource.publisher or resource.site_name or urls.host(resource.url)),
        credits=tuple(credits(item, spellings)),
        published=resource.published,
        blurb=_blurb(item),
        note=item.note,
        minutes=None if resource.duration else resource.minutes,
        duration_minutes=max(1, round(resource.duration.total_seconds() / 60)) if resource.duration else None,
        pages=resource.pages,
        language=resource.language or "en",
        topics=tuple(dict.fromkeys(topic_names[topic] for topic in item.topics if topic in topic_names)),
        event=item.event if item.kind in EVENT_KINDS else None,
        also_seen=tuple(dict.fromkeys(sighting.lead.source for sighting in item.sightings))[1 : 1 + _ROOM_FOR_SOURCES],
        lead=lead,
        must_have=item.overlay.must_have,
        audience=item.audience,
        series=resource.series or "",
        part=resource.part,
        citation=resource.citation,
        identifiers=dict(resource.identifiers),
    )


def is_over(item: Item, now: datetime, zone: tzinfo) -> bool:
    """Say whether an event has ended at `now`; one whose dates are unknown has not."""
    event = item.event
    return item.kind in EVENT_KINDS and event is not None and ended(event, now, zone)


def ended(event: Event, now: datetime, zone: tzinfo) -> bool:
    """Say whether the last moment of an event is past. A day counts until its end in `zone`."""
    known = [one for one in (event.start, event.end) if one is not None]
    if not known:
        return False
    # An end before the start is a mistake of the page: the later of the two is what we may trust.
    return max(starts(one, zone) for one in known) < starts(now if _is_timed(known) else now.astimezone(zone).date(), zone)


def starts(value: date, zone: tzinfo) -> datetime:
    """Turn a day or a moment into an aware moment, so that both sort together. A day begins at midnight in `zone`."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    return datetime(value.year, value.month, value.day, tzinfo=zone)


def _is_timed(values: Iterable[date]) -> bool:
    return all(isinstance(one, datetime) for one in values)


def _blurb(item: Item) -> str:
    if item.overlay.blurb is not None:
        return item.overlay.blurb
    if item.overlay.description is not None:
        return item.overlay.description
    if item.decision and item.decision.blurb:
        return item.decision.blurb
    return text.clip(item.resource.description or "", EXCERPT)


def credits(item: Item, spellings: Spellings = AS_WRITTEN) -> Iterator[Credit]:
    """Name each person once in a role. Whoever sent in work of their own submitted it, and recommends nothing."""
    made = tuple(_makers(item, spellings))
    makers = {spellings.person_key(credit.name) for credit in made}
    sent = _told(item, "recommended_by")
    given = [("posted by", name) for name in _told(item, "posted_by")]
    given += [("submitted by" if spellings.person_key(name) in makers else "recommended by", name) for name in sent]
    said: set[tuple[str, str]] = set()
    for claim in (*made, *(Credit(role=role, name=name) for role, name in given)):
        key = (claim.role, spellings.person_key(claim.name))
        if claim.name.strip() and key not in said:
            said.add(key)
            name = spellings.person(claim.name)
            yield replace(claim, name=name, written=claim.name if name != text.squeeze(claim.name) else "")


def _told(item: Item, field: str) -> list[str]:
    """Name whom its sources, or the file that it was imported from, call so."""
    brought = item.extra.get(field)
    told = [getattr(sighting.lead, field) for sighting in item.sightings] + [brought if isinstance(brought, str) else None]
    return [name for name in told if name]


def _makers(item: Item, spellings: Spellings) -> Iterator[Credit]:
    """Who wrote it, speaks in it, or is asked in it: whoever the title of an interview names answers there."""
    role = "speaker" if item.kind in _SPOKEN else "author"
    title = f" {' '.join(text.words(item.title))} " if item.kind is Kind.INTERVIEW else ""
    profile = spotlight(item)
    asked, _, about = profile.partition(", ")
    for name in item.resource.creators:
        if profile and spellings.person_key(name) == spellings.person_key(asked):
            continue
        is_asked = title and f" {' '.join(text.words(bare(name)))} " in title
        yield Credit(role="in conversation with" if is_asked else role, name=name)
    if profile:
        yield Credit(role="in conversation with", name=asked, about=about)
