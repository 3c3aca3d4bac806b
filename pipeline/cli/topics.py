"""The errand of a taxonomy that changes: what would move, shown before it does, and the change itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import click

from pipeline.cli import late
from pipeline.cli.progress import progress
from pipeline.cli.rooms import desk
from pipeline.cli.session import Session, command, here, now
from pipeline.model import ItemId, State, SubscriberState, Topic
from pipeline.plain import to_plain
from pipeline.text import clip, counted

if TYPE_CHECKING:
    from pipeline.classify.taxonomy import Change, Shift
    from pipeline.config import Config
    from pipeline.store import Store

SAMPLES = 5
MOST_WAITING = 2_000
"""Waiting items, the best, whose suggestions are tried with the new taxonomy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What one change of the taxonomy moves: decided items that carry the topic, waiting ones that gain or lose it, who names it."""

    change: Change
    decided: tuple[ItemId, ...]
    shift: Shift
    collections: tuple[str, ...]
    subscribers: int


class _TakenBackError(Exception):
    """Ends a rehearsal: everything in its transaction is undone."""


@command("topics", "topics", "topics --json", "topics --apply")
@click.option("--apply", is_flag=True, help="Take the taxonomy of sources.yaml over, with all that it moves.")
@here
def topics_command(session: Session, apply: bool) -> None:
    """Show the taxonomy in force against sources.yaml, and what would move; `--apply` moves it."""
    with desk(session) as (config, store), progress():
        force = store.topics()
        changes = late.taxonomy.compare(force, config.topics)
        moves, waiting = _rehearsed(changes, config, store) if changes else ((), ())
        if apply:
            store.sync_topics(config.topics, now(), moving=True)
        if apply and changes:
            late.learn.train(config, store, now=now())
        shown = {item: store.item(item).title for move in moves for item in _samples(move)}
        carried = {topic.id: len(store.carried(topic.id)) for topic in force}
    session.emit(
        {
            "topics": [{**_fields(topic), "decided": carried[topic.id]} for topic in force],
            "changes": [_plain(move, shown) for move in moves],
            "waiting": () if apply else waiting,
            "applied": apply and bool(changes),
        }
    )
    rows = [(one.id, one.facet, str(carried[one.id]), one.name) for one in force]
    session.table(("topic", "facet", "decided", "name"), rows) if rows else session.say("No taxonomy is in force yet.")
    for move in moves:
        for words in _told(move, shown):
            session.say(words)
    session.say(_end(config, changes=changes, waiting=waiting, apply=apply))


def _rehearsed(changes: Sequence[Change], config: Config, store: Store) -> tuple[tuple[Move, ...], tuple[str, ...]]:
    """Carry the change out and take it back, so that what is shown is what would happen. Gives also the ids that wait for a word."""
    concerned = {one for change in changes for one in (change.topic, *change.was)}
    decided = {one: store.carried(one) for one in concerned}
    names = {one: store.names_of(one) for one in concerned}
    asked = [set(one.topics) for one in store.subscribers() if one.state is not SubscriberState.UNSUBSCRIBED]
    shifts: dict[str, Shift] = {}
    waiting: tuple[str, ...] = ()
    with suppress(_TakenBackError), store.transaction():
        waiting = store.sync_topics(config.topics, now())
        store.sync_topics(config.topics, now(), moving=True)
        shifts = {shift.topic: shift for shift in _shifts(config, store)}
        raise _TakenBackError
    moves = []
    for change in changes:
        meant = (change.topic, *change.was)
        move = Move(
            change=change,
            decided=tuple(sorted({item for one in meant for item in decided[one]}, reverse=True)),
            shift=shifts.get(change.topic, late.taxonomy.Shift(topic=change.topic)),
            collections=tuple(one.id for one in config.collections if change.topic in one.topics),
            subscribers=sum(not topics.isdisjoint(name for one in meant for name in names[one]) for topics in asked),
        )
        moves.append(move)
    return tuple(moves), waiting


def _shifts(config: Config, store: Store) -> tuple[Shift, ...]:
    """Suggest topics anew for what waits, and say what differs from the suggestions that stand."""
    items = store.items(late.store.ItemQuery(states=(State.QUEUED,), limit=MOST_WAITING))
    late.learn.suggest(config, store, items=[item.id for item in items], model=late.learn.fit(config, store), now=now())
    return late.taxonomy.shifts({item.id: item.topics for item in items}, {item.id: store.item(item.id).topics for item in items})


def _samples(move: Move) -> tuple[ItemId, ...]:
    return (*move.decided[:SAMPLES], *move.shift.gained[:SAMPLES], *move.shift.lost[:SAMPLES])


def _told(move: Move, titles: dict[ItemId, str]) -> Iterator[str]:
    yield f"\n{move.change.what}: {move.change.sentence}"
    kinds = (("decided", "carries it", "carry it", move.decided), ("waiting", "gains it", "gain it", move.shift.gained))
    for what, one, many, items in (*kinds, ("waiting", "loses it", "lose it", move.shift.lost)):
        if items:
            yield f"  {counted(len(items), f'{what} item')} {one if len(items) == 1 else many}:"
            yield from (f"    {item}  {clip(titles[item], 100)}" for item in items[:SAMPLES])
    if move.collections:
        yield f"  collections that name it: {', '.join(move.collections)}"
    if move.subscribers:
        yield f"  {counted(move.subscribers, 'subscriber')} asked for it"


def _end(config: Config, *, changes: Sequence[Change], waiting: Sequence[str], apply: bool) -> str:
    if not changes:
        return f"The taxonomy in force is that of {config.path.name}: {counted(len(config.topics), 'topic')}."
    if apply:
        return f"\nTaken over from {config.path.name}: {counted(len(changes), 'change')}. What waits has new suggestions."
    if waiting:
        return f"\nNothing is changed yet, and {', '.join(waiting)} will wait: `gleanings topics --apply` takes all over. No decision is rewritten."
    return "\nNothing is changed yet. It holds from the next harvest on; `gleanings topics --apply` takes it over now."


def _plain(move: Move, titles: dict[ItemId, str]) -> dict[str, object]:
    def some(items: Sequence[ItemId]) -> dict[str, object]:
        return {"count": len(items), "samples": [{"id": item, "title": titles[item]} for item in items[:SAMPLES]]}

    return {
        **_fields(move.change),
        "decided": some(move.decided),
        "gained": some(move.shift.gained),
        "lost": some(move.shift.lost),
        "collections": move.collections,
        "subscribers": move.subscribers,
    }


def _fields(value: Topic | Change) -> dict[str, object]:
    return {one.name: to_plain(getattr(value, one.name)) for one in fields(value)}
