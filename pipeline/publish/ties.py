"""What readers are told of ties between items: only what a curator took, and only where they may read both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline import dedupe
from pipeline.model import Edition, Item, ItemId, Relation, State, Tied
from pipeline.store import Store


def with_ties(edition: Edition, store: Store) -> Edition:
    """Give an edition whose entries name what they are tied to: things that are published, or stand in this same edition.

    What is for members is named only in an edition for members; `digest.public` takes it out of the rendition for everybody.
    """
    known = {entry.id for entry in edition.entries}
    told = tied(list(known), store, shown=lambda item: item.state is State.PUBLISHED or item.id in known)
    if edition.audience == "public":
        told = {item: tuple(one for one in found if one.audience == "public") for item, found in told.items()}
    sections = (replace(one, entries=tuple(replace(entry, ties=told.get(entry.id, ())) for entry in one.entries)) for one in edition.sections)
    return replace(edition, sections=tuple(sections))


def tied(items: Sequence[ItemId], store: Store, *, shown: Callable[[Item], bool]) -> Mapping[ItemId, tuple[Tied, ...]]:
    """Say of each of these items what it is tied to, of those that are `shown`."""
    found: dict[ItemId, list[Tied]] = {}
    wanted = frozenset(items)
    for tie in store.taken_ties(items):
        for me, other, of_other in _sides(tie):
            if me in wanted and shown(item := store.item(other)):
                found.setdefault(me, []).append(_told(tie, item, of_other=of_other))
    return {item: tuple(ties) for item, ties in found.items()}


def _sides(tie: Relation) -> Iterator[tuple[ItemId, ItemId, bool]]:
    yield tie.item, tie.other, False
    yield tie.other, tie.item, True


def _told(tie: Relation, item: Item, *, of_other: bool) -> Tied:
    return Tied(
        id=item.id,
        label=dedupe.label(tie.tie, of_other=of_other, kind=item.kind),
        title=item.title or item.resource.url,
        url=item.resource.canonical_url or item.resource.url,
        audience=item.audience,
    )
