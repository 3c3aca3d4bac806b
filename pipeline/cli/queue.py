"""Errands of reading the queue: what waits, what an item is, and why the machine thinks so."""

from __future__ import annotations

from collections.abc import Iterator

import click

from pipeline import classify, dates
from pipeline.cli import rooms
from pipeline.cli.rooms import desk, item_id
from pipeline.cli.session import Session, command, day, here, now
from pipeline.exchange import item_line
from pipeline.model import Item, Kind, Match, State
from pipeline.store import ItemQuery
from pipeline.text import clip

SHOWN = ("url", "canonical_url", "kind", "title", "creators", "publisher", "site_name", "published", "modified", "language", "description", "words",
         "minutes", "duration_seconds", "pages", "event", "identifiers", "series", "audience")  # fmt: skip


@command("queue", "queue --limit 10", "queue --topic leadership --kind report --json")
@click.option("--topic", help="Only with this topic.")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), help="Only of this kind.")
@click.option("--source", help="Only seen in this source.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="So many at most.")
@here
def queue_command(session: Session, topic: str | None, kind: str | None, source: str | None, limit: int) -> None:
    """List what waits for a decision, best first."""
    with desk(session) as (config, store):
        if topic:
            rooms.topics((topic,), config)
        if source:
            rooms.source(source, config)
        store.wake(now())
        query = ItemQuery(states=(State.QUEUED,), topic=topic, kind=Kind(kind) if kind else None, source=source, limit=limit)
        items = store.items(query)
        waiting = store.counts().get(State.QUEUED, 0)
    for item in items:
        session.emit(item_line(item))
        session.say(_line(item))
    session.say(f"{len(items)} of {waiting} shown." if items else "Nothing waits here.")


def _line(item: Item) -> str:
    resource = item.resource
    facts = [
        item.kind.value,
        resource.site_name or resource.publisher or "",
        dates.iso(resource.published)[:10] if resource.published else "",
        ", ".join(item.topics),
    ]
    return f"{item.id:>6}  {clip(item.title or resource.url, 90)}\n        {' · '.join(fact for fact in facts if fact)}"


@command("show", "show 214", "show https://www.example.org/a-report --json")
@click.argument("item")
@here
def show_command(session: Session, item: str) -> None:
    """Show an item, with the origin of every field."""
    with desk(session) as (_, store):
        found = store.item(item_id(item, store))
        decisions = store.decisions(found.id)
    session.emit(item_line(found))
    for words in _fields(found):
        session.say(words)
    for sighting in found.sightings:
        session.say(f"seen in {sighting.lead.source} since {day(sighting.first_seen)}: {sighting.lead.url}")
    for decision in decisions:
        said = [decision.reason or "", decision.note or ""]
        session.say(f"{day(decision.decided)}: {decision.verdict}, by {decision.curator or 'somebody'}{''.join(f' ({one})' for one in said if one)}")
    session.say(clip(found.resource.text, 600))


def _fields(item: Item) -> Iterator[str]:
    line, origin = item_line(item), item.resource.origin
    where = f", folded into {item.merged_into}" if item.merged_into else f", in edition {item.edition}" if item.edition else ""
    yield f"item {item.id}: {item.state}{where}, rank {item.rank:.2f}, added {day(item.added)}"
    for name in SHOWN:
        value = line[name]
        if value in (None, "", [], {}, 0):
            continue
        rule = origin.get("duration" if name == "duration_seconds" else name)
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        yield f"  {name:<16}  {text}" + (f"   [{rule}]" if rule else "")
    yield f"  {'topics':<16}  {', '.join(item.topics) or 'none'}" + ("   [curator]" if item.overlay.topics is not None else "   [suggested]")


@command("explain", "explain 214")
@click.argument("item")
@here
def explain_command(session: Session, item: str) -> None:
    """Say why these topics, this rank, this fold."""
    with desk(session) as (_, store):
        found = store.item(item_id(item, store))
        proposals = store.proposals(found.id)
        record = store.source_record()
    source = found.sightings[0].lead.source if found.sightings else ""
    why = classify.why(found, now=now(), record=record.get(source, (0, 0)))
    session.emit(
        {
            "id": found.id,
            "topics": [{"topic": one.topic, "score": one.probability, "reasons": one.reasons} for one in found.suggestions],
            "rank": found.rank,
            "why": why,
            "fold": {"into": found.merged_into, "rule": found.fold_rule, "evidence": found.fold_evidence} if found.merged_into else None,
            "proposals": [{"of": one.of, "rule": one.rule, "evidence": one.evidence} for one in proposals],
        }
    )
    session.say(f"item {found.id}: {found.title}")
    for words in (*_reasons(found), f"rank {found.rank:.2f}:", *(f"  {sentence}" for sentence in why), *_folds(found, proposals)):
        session.say(words)


def _reasons(item: Item) -> Iterator[str]:
    if not item.suggestions:
        yield "topics: none is suggested; no keyword of a topic stands in it"
    for one in item.suggestions:
        yield f"topic {one.topic}: {one.probability:.0%}, because of {', '.join(one.reasons) or 'its words as a whole'}"


def _folds(item: Item, proposals: tuple[Match, ...]) -> Iterator[str]:
    if item.merged_into:
        yield f"folded into {item.merged_into} by the rule “{item.fold_rule}”: {item.fold_evidence}. `gleanings unfold {item.id}` takes them apart."
    for one in proposals:
        yield f"may be the same as {one.of} ({one.rule}: {one.evidence})."
        yield f"  `gleanings fold {one.of} {item.id}` says yes, `gleanings unfold {item.id}` says no."
