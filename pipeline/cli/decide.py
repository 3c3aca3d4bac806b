"""Errands of a curator: decisions on items."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from pipeline.cli import rooms
from pipeline.cli.rooms import desk, item_id
from pipeline.cli.session import Session, by_option, command, here, now
from pipeline.model import Decision, Item, ItemId, Kind, Verdict

if TYPE_CHECKING:
    from pipeline.store import Store

_OPTIONS = (
    click.argument("items", nargs=-1, required=True, metavar="ITEM..."),
    click.option("--topic", "topics", multiple=True, help="What it is about, in place of what is suggested; may be repeated."),
    click.option("--kind", type=click.Choice([kind.value for kind in Kind]), help="What it is, in place of what was found."),
    click.option("--blurb", help="What the digest says of it."),
    click.option("--reason", help="Why: duplicate, off topic, promotional, old, paywalled, weak, or your own words."),
    click.option("--note", help="For the record, and for readers where it is an acceptance."),
    by_option,
)


class _Words(TypedDict):
    """What the options of every decision say."""

    topics: tuple[str, ...]
    kind: str | None
    blurb: str | None
    reason: str | None
    note: str | None
    by: str


def _deciding(run: Callable[..., None]) -> Callable[..., None]:
    """Give a command what every decision takes."""
    for option in reversed(_OPTIONS):
        run = option(run)
    return run


@command("accept", "accept 214 215 --topic leadership --blurb 'Short and to the point.' --by Sam")
@_deciding
@here
def accept_command(session: Session, items: tuple[str, ...], **words: Unpack[_Words]) -> None:
    """Accept items for the digest."""
    _decided(session, items, Verdict.ACCEPT, words)


@command("reject", "reject 216 --reason 'off topic'")
@_deciding
@here
def reject_command(session: Session, items: tuple[str, ...], **words: Unpack[_Words]) -> None:
    """Reject items."""
    _decided(session, items, Verdict.REJECT, words)


@command("defer", "defer 217 --note 'Wait for the full report.'")
@_deciding
@here
def defer_command(session: Session, items: tuple[str, ...], **words: Unpack[_Words]) -> None:
    """Put items off for two weeks."""
    _decided(session, items, Verdict.DEFER, words)


@command("reopen", "reopen 216")
@_deciding
@here
def reopen_command(session: Session, items: tuple[str, ...], **words: Unpack[_Words]) -> None:
    """Put decided items back into the queue."""
    _decided(session, items, Verdict.REOPEN, words)


def _decided(session: Session, items: tuple[str, ...], verdict: Verdict, words: _Words) -> None:
    """Decide on all of the items or, where one is refused, on none."""
    kind = Kind(words["kind"]) if words["kind"] else None
    with desk(session) as (config, store):
        topics = rooms.topics(words["topics"], config) or None
        with store.transaction():
            done = [
                store.decide(
                    Decision(
                        item=number,
                        verdict=verdict,
                        decided=now(),
                        curator=words["by"],
                        topics=topics,
                        kind=kind,
                        blurb=words["blurb"],
                        note=words["note"],
                        reason=words["reason"],
                    )
                )
                for number in _numbers(items, store)
            ]
    for item in done:
        _tell(session, item)


def _numbers(items: Sequence[str], store: Store) -> list[ItemId]:
    return list(dict.fromkeys(item_id(word, store) for word in items))


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
