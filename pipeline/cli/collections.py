"""Errands around living collections: list, build, show, and say that somebody looked through one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from pipeline.cli import late
from pipeline.cli.rooms import desk, settings
from pipeline.cli.session import Session, command, group, here, now
from pipeline.model import Finding
from pipeline.text import counted

if TYPE_CHECKING:
    from pipeline.publish.collections import Built, Review, Standing

collection_argument = click.argument("collection_id", metavar="ID")


@group("collections", "collections list", "collections build useful-primary-care", "collections reviewed useful-primary-care")
def collections_command() -> None:
    """List, build, show and review living collections."""


@command("list", "collections list", "collections list --json", group=collections_command)
@here
def list_collections(session: Session) -> None:
    """List the collections with what they hold and when they are to be looked through again."""
    with desk(session) as (config, store):
        found = late.collections.standings(config, store, now=now())
    for one in found:
        session.emit(summary(one))
    session.table(
        ("collection", "items", "as of", "reviewed", "due", "title"),
        [
            (
                one.collection.id,
                str(len(one.edition.entries)),
                one.edition.composed.date().isoformat(),
                one.review.reviewed.isoformat() if one.review.reviewed else "never",
                due(one.review),
                one.edition.title,
            )
            for one in found
        ],
    )
    _tell(session, [finding for one in found for finding in one.findings])


def due(review: Review) -> str:
    """Say when a collection is to be looked through again."""
    return review.due.isoformat() + (" (overdue)" if review.is_overdue else "") if review.due else ""


def summary(one: Standing) -> dict[str, object]:
    """Write a collection in a line."""
    return {
        "id": one.collection.id,
        "title": one.edition.title,
        "items": len(one.edition.entries),
        "as_of": one.edition.composed,
        "reviewed": one.review.reviewed,
        "due": one.review.due,
        "overdue": one.review.is_overdue,
        "entered": [entry.id for entry in one.entered],
        "findings": one.findings,
    }


@command("build", "collections build", "collections build useful-primary-care", group=collections_command)
@click.argument("collection_id", metavar="[ID]", required=False)
@here
def build_collections(session: Session, collection_id: str | None) -> None:
    """Write page, PDF and feeds of all collections, or of one. Without a change they are the same bytes again."""
    with desk(session) as (config, store):
        made = late.collections.build(config, store, only=collection_id, now=now())
    for one in made:
        session.emit({**summary(one.standing), "folder": str(one.folder), "files": one.files, "changed": one.changed})
        session.say(_written(one))
    if not made:
        session.say("There are no collections yet. Write them under `collections:` in the settings.")
    _tell(session, [finding for one in made for finding in one.standing.findings])


def _written(one: Built) -> str:
    holds = counted(len(one.standing.edition.entries), "entry", "entries")
    news = "changed" if one.changed else "nothing changed"
    return f"Collection {one.standing.collection.id} has {holds} ({news}) and stands in {one.folder}: {', '.join(one.files)}"


@command("show", "collections show useful-primary-care", group=collections_command)
@collection_argument
@here
def show_collection(session: Session, collection_id: str) -> None:
    """Show what belongs to a collection at this moment."""
    with desk(session) as (config, store):
        (one,) = late.collections.standings(config, store, only=collection_id, now=now())
    session.emit({**summary(one), "edition": one.edition})
    session.say(f"{one.edition.title}. {one.edition.month_name}: {counted(len(one.edition.entries), 'entry', 'entries')}")
    fresh = {entry.id for entry in one.entered} if one.review.reviewed else set()
    for section in one.edition.sections:
        session.say(f"\n{section.title}")
        for entry in section.entries:
            session.say(f"  {entry.id:>6}  {entry.title}{'  (new since the review)' if entry.id in fresh else ''}")
            session.say(f"          {' · '.join(part for part in (entry.kind_name, entry.source, *entry.topics) if part)}")
    _tell(session, one.findings)


@command("reviewed", "collections reviewed useful-primary-care", group=collections_command)
@collection_argument
@here
def mark_collection(session: Session, collection_id: str) -> None:
    """Write into sources.yaml that somebody looked through a collection today."""
    config = settings(session)
    review = late.collections.mark(collection_id, config, now=now())
    session.emit({"id": collection_id, "reviewed": review.reviewed, "due": review.due})
    session.say(f"Collection {collection_id} was looked through on {review.reviewed}; the next time is {due(review)}.")


def _tell(session: Session, findings: Sequence[Finding]) -> None:
    for finding in findings:
        session.note(f"{finding.severity}: {finding.place}: {finding.problem} {finding.remedy}")
