"""Errands of a curator: decisions on items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from pipeline.cli import rooms
from pipeline.cli.rooms import desk, item_id
from pipeline.cli.session import Session, by_option, command, here, now
from pipeline.model import Decision, Item, ItemId, Kind, Verdict

if TYPE_CHECKING:
    from pipeline.store import Store

items_argument = click.argument("items", nargs=-1, required=True, metavar="ITEM...")
note_option = click.option("--note", help="For the record, and for readers where it is an acceptance.")


@command("accept", "accept 214 215 --topic leadership --blurb 'Short and to the point.' --by Sam")
@items_argument
@click.option("--topic", "topics", multiple=True, help="What it is about, in place of what is suggested; may be repeated.")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), help="What it is, in place of what was found.")
@click.option("--blurb", help="What the digest says of it.")
@note_option
@by_option
@here
def accept_command(
    session: Session, items: tuple[str, ...], topics: tuple[str, ...], kind: str | None, blurb: str | None, note: str | None, by: str
) -> None:
    """Accept items for the digest."""
    with desk(session) as (config, store):
        rooms.topics(topics, config)
        done = [
            Decision(
                item=number,
                verdict=Verdict.ACCEPT,
                decided=now(),
                curator=by,
                topics=topics or None,
                kind=Kind(kind) if kind else None,
                blurb=blurb,
                note=note,
            )
            for number in _numbers(items, store)
        ]
        _decide(session, store, done)


@command("reject", "reject 216 --reason 'off topic'")
@items_argument
@click.option("--reason", help="Why: duplicate, off topic, promotional, old, paywalled, weak, or your own words.")
@note_option
@by_option
@here
def reject_command(session: Session, items: tuple[str, ...], reason: str | None, note: str | None, by: str) -> None:
    """Reject items."""
    _plain(session, items, Verdict.REJECT, by=by, note=note, reason=reason)


@command("defer", "defer 217 --note 'Wait for the full report.'")
@items_argument
@note_option
@by_option
@here
def defer_command(session: Session, items: tuple[str, ...], note: str | None, by: str) -> None:
    """Put items off for two weeks."""
    _plain(session, items, Verdict.DEFER, by=by, note=note, reason=None)


@command("reopen", "reopen 216")
@items_argument
@note_option
@by_option
@here
def reopen_command(session: Session, items: tuple[str, ...], note: str | None, by: str) -> None:
    """Put decided items back into the queue."""
    _plain(session, items, Verdict.REOPEN, by=by, note=note, reason=None)


def _plain(session: Session, items: tuple[str, ...], verdict: Verdict, *, by: str, note: str | None, reason: str | None) -> None:
    with desk(session) as (_, store):
        numbers = _numbers(items, store)
        _decide(session, store, [Decision(item=one, verdict=verdict, decided=now(), curator=by, note=note, reason=reason) for one in numbers])


def _numbers(items: Sequence[str], store: Store) -> list[ItemId]:
    return list(dict.fromkeys(item_id(word, store) for word in items))


def _decide(session: Session, store: Store, decisions: Sequence[Decision]) -> None:
    """Carry out all of them or, where one is refused, none."""
    with store.transaction():
        done = [store.decide(decision) for decision in decisions]
    for item in done:
        _tell(session, item)


def _tell(session: Session, item: Item) -> None:
    session.emit(
        {"id": item.id, "state": item.state, "title": item.title, "topics": item.topics, "cluster": item.cluster or item.merged_into or item.id}
    )
    session.say(f"{item.id}  {item.state}: {item.title}")


@command("fold", "fold 214 230")
@click.argument("keep", metavar="A")
@click.argument("other", metavar="B")
@by_option
@here
def fold_command(session: Session, keep: str, other: str, by: str) -> None:
    """Say that two items are the same. B goes into A; nothing of it is lost."""
    with desk(session) as (_, store):
        head = store.fold(item_id(keep, store), item_id(other, store), by=by, now=now())
    _tell(session, head)


@command("unfold", "unfold 230")
@click.argument("item")
@by_option
@here
def unfold_command(session: Session, item: str, by: str) -> None:
    """Say that a folded item is another one. It comes back as it was, and is not folded by rule again."""
    with desk(session) as (_, store):
        found = store.unfold(item_id(item, store), by=by, now=now())
    _tell(session, found)


@command("undo", "undo", "undo 3")
@click.argument("count", type=click.IntRange(1, 1000), default=1, metavar="[N]")
@by_option
@here
def undo_command(session: Session, count: int, by: str) -> None:
    """Take back the last decisions."""
    with desk(session) as (_, store):
        done = store.undo(count, by=by, now=now())
    session.emit({"undone": done})
    for sentence in done:
        session.say(sentence)
    if not done:
        session.say("There is nothing to undo.")
