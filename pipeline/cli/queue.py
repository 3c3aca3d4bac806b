"""Errands of reading the queue: what waits, and what an item is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from pipeline import dates
from pipeline.cli import late, rooms
from pipeline.cli.rooms import desk, item_id
from pipeline.cli.session import Session, command, day, here, now
from pipeline.model import Item, ItemId, Kind, Lane, Outlook, State
from pipeline.text import clip, counted

if TYPE_CHECKING:
    from pipeline.store import Memory, Store

SHOWN = ("url", "canonical_url", "kind", "title", "creators", "publisher", "site_name", "published", "modified", "language", "description", "words",
         "minutes", "duration_seconds", "pages", "event", "identifiers", "citation", "licence",
         "image_alt", "series", "part", "audience")  # fmt: skip


@command("queue", "queue --limit 10", "queue --minutes 25", "queue --lane unlikely", "queue --topic leadership --kind report --json")
@click.option("--topic", help="Only with this topic.")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), help="Only of this kind.")
@click.option("--source", help="Only seen in this source.")
@click.option("--lane", "lanes", type=click.Choice([lane.value for lane in Lane]), multiple=True, help="Only in this lane; may be repeated.")
@click.option("--minutes", type=click.FloatRange(0, 10_000, min_open=True), help="What fits into so many minutes at the curators' pace.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="So many at most.")
@here
def queue_command(
    session: Session, topic: str | None, kind: str | None, source: str | None, lanes: tuple[str, ...], minutes: float | None, limit: int
) -> None:
    """List what waits for a decision, best first; must-haves before all. What a rule skips is listed with --lane skipped."""
    with desk(session) as (config, store):
        if topic:
            rooms.topics((topic,), config)
        if source:
            rooms.source(source, config)
        store.wake(now())
        expected = _expected(store, minutes) if minutes is not None else None
        if expected is not None and expected.pace is not None:
            limit = max(1, expected.fits)
        query = late.store.ItemQuery(
            topic=topic, kind=Kind(kind) if kind else None, source=source, lanes=tuple(Lane(lane) for lane in lanes), limit=limit
        )
        chosen = _chosen(store, minutes) if minutes is not None and not (topic or kind or source or lanes) else ()
        items = tuple(map(store.item, chosen)) or store.items(query)
        waiting = store.counts().get(State.QUEUED, 0)
    for item in items:
        session.emit(late.exchange.item_line(item))
        session.say(_line(item))
    session.say(f"{len(items)} of {waiting} shown." if items else "Nothing waits here.")
    if minutes is not None and expected is not None:
        session.say(_promise(expected, minutes))


def _expected(store: Store, minutes: float) -> Outlook:
    return late.learn.outlook(store, now=now(), minutes=minutes)


def _chosen(store: Store, minutes: float) -> tuple[ItemId, ...]:
    """Take what brings most keepers in so many minutes."""
    return late.learn.plan(store, now=now(), minutes=minutes)


def _promise(expected: Outlook, minutes: float) -> str:
    """Say what so many minutes hold, as far as it is known."""
    if expected.pace is None:
        return "How many fit is not known yet: that takes ten decisions made one after the other."
    words = f"{minutes:g} minutes are about {counted(expected.fits, 'item')}, at {expected.pace:g} seconds a decision."
    if expected.expected is None or expected.expected_all is None:
        return f"{words} How many of them are keepers can be said after five kept and five rejected items."
    return f"{words} Expected keepers in them: {expected.expected:g}, of about {expected.expected_all:g} in all that waits."


def _line(item: Item) -> str:
    resource = item.resource
    facts = [
        "" if item.lane is Lane.RANKED else item.lane.value,
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
        decisions, memory = store.decisions(found.id), store.memory(found)
        ties = [(one, store.item(one.other if one.item == found.id else one.item)) for one in store.ties([found.id])]
    session.emit(late.exchange.item_line(found, was=memory.was, source_changed=memory.source_changed) | remembered(memory))
    for words in (*_fields(found), *recalled(found, memory)):
        session.say(words)
    for sighting in found.sightings:
        session.say(f"seen in {sighting.lead.source} since {day(sighting.first_seen)}: {sighting.lead.url}")
    for tie, other in ties:
        label = late.dedupe.label(tie.tie, of_other=tie.other == found.id, kind=other.kind)
        session.say(f"{label}: item {other.id}, {other.title} ({tie.state}: {tie.words})")
    for decision in decisions:
        said = [decision.reason or "", decision.note or ""]
        session.say(f"{day(decision.decided)}: {decision.verdict}, by {decision.curator or 'somebody'}{''.join(f' ({one})' for one in said if one)}")
    session.say(clip(found.resource.text, 600))


def remembered(memory: Memory) -> dict[str, object]:
    """Write what is remembered of an item, for programs."""
    return {
        "versions": [{"version": one.number, "until": one.until, "title": one.resource.title, "changed": one.changed} for one in memory.versions],
        "folded": [{"id": one.id, "title": one.title, "rule": one.rule, "evidence": one.evidence, "words": dict(one.words)} for one in memory.folded],
        "kept_apart": memory.apart,
    }


def recalled(item: Item, memory: Memory) -> Iterator[str]:
    """Say what is remembered of an item: where it came out, how its source changed, what is folded into it and kept apart from it."""
    if memory.was:
        yield f"{'its head ' if item.merged_into else ''}was in {memory.was.said}"
    for one in memory.versions:
        old = one.resource
        what = f"“{clip(old.title, 90)}”, {counted(old.words, 'word')}; then changed: {', '.join(one.changed) or 'nothing that is told here'}"
        yield f"version {one.number}, until {day(one.until)}: {what}"
    if memory.edited and memory.edited.changed:
        yield f"the source has changed since {memory.edited.by or 'somebody'} edited this, on {day(memory.edited.changed)}"
    if item.merged_into:
        yield f"folded into {item.merged_into} by the rule “{item.fold_rule}”: {item.fold_evidence}"
    for folded in memory.folded:
        yield f"item {folded.id} is folded into it by the rule “{folded.rule}”: {folded.evidence}"
        yield from (f"  {name} there: {clip(said, 200)}" for name, said in folded.words)
    if memory.apart:
        yield f"kept apart from {', '.join(map(str, memory.apart))}: no rule folds them together"


def _said(value: object) -> str:
    """Write a field of a line for a terminal."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_said(one)}" for name, one in value.items() if one not in (None, "", [], False))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _fields(item: Item) -> Iterator[str]:
    line, origin = late.exchange.item_line(item), item.resource.origin
    where = f", folded into {item.merged_into}" if item.merged_into else f", in edition {item.edition}" if item.edition else ""
    yield f"item {item.id}: {item.state}{where}, rank {item.rank:.2f}, added {day(item.added)}"
    for name in SHOWN:
        value = line[name]
        if value in (None, "", [], {}, 0):
            continue
        rule = origin.get("duration" if name == "duration_seconds" else name)
        yield f"  {name:<16}  {_said(value)}" + (f"   [{rule}]" if rule else "")
    yield f"  {'topics':<16}  {', '.join(item.topics) or 'none'}" + ("   [curator]" if item.overlay.topics is not None else "   [suggested]")
