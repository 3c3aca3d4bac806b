"""What a feed reader may mark: seen, starred (accepted), labelled (a topic). Each mark that decides is signed, and undone, like any other act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.errors import NotFoundError
from pipeline.model import Account, Decision, Item, ItemId, State, Verdict
from pipeline.store import Store
from pipeline.web.problems import RefusedVisitError
from pipeline.web.reader_stream import READ, STARRED, Asked, only_seen, plain, topic_of
from pipeline.web.site import Site

MOST_SEEN, MOST_DECIDED = 10_000, 50
"""Items that one call may mark as seen, and that it may decide."""


def tag(items: Sequence[ItemId], given: Sequence[str], taken: Sequence[str], *, site: Site, person: Account) -> None:
    """Give marks to items and take marks away: all of it or nothing. Raises `RefusedVisitError` for marks that we do not know."""
    if len(items) > (MOST_SEEN if only_seen((*given, *taken)) else MOST_DECIDED):
        raise RefusedVisitError("These are too many items for one call.", status=413)
    with site.open_store() as store, store.transaction():
        for marks, on in ((given, True), (taken, False)):
            for mark in map(plain, marks):
                _mark(items, mark, on=on, site=site, store=store, person=person)


def mark_all(of: Asked, *, site: Site, person: Account) -> int:
    """Mark what waits in a stream as seen, and decide nothing; how many."""
    if of.wanted.states != (State.QUEUED,):
        raise RefusedVisitError("Only what waits can be marked as read.", status=400)
    with site.open_store() as store:
        return store.see_all(replace(of.wanted, by=person.name), now=site.clock())


def _mark(items: Sequence[ItemId], mark: str, *, on: bool, site: Site, store: Store, person: Account) -> None:
    if only_seen([mark]):
        seen = on if mark == READ else not on
        store.see(dict.fromkeys(items, seen), by=person.name, now=site.clock())
        return
    topic = topic_of(mark)
    if mark != STARRED and topic is None:
        raise RefusedVisitError(f"“{mark[:80]}” is no mark that we know.", status=400)
    if topic is not None and topic not in {one.id for one in site.config.topics}:
        raise NotFoundError("topic", f"“{topic[:80]}”", hint="Labels are the topics of the desk, by their ids.")
    for one in items:
        item = store.item(one)
        if topic is None:
            _star(item, on=on, site=site, store=store, person=person)
        else:
            _label(item, topic, on=on, site=site, store=store, person=person)


def _star(item: Item, *, on: bool, site: Site, store: Store, person: Account) -> None:
    """Accept an item, or put one that was accepted back into the queue; what is so already stays so."""
    if on == (item.state in (State.ACCEPTED, State.PUBLISHED)):
        return
    verdict = Verdict.ACCEPT if on else Verdict.REOPEN
    store.decide(Decision(item=item.id, verdict=verdict, decided=site.clock(), curator=person.name))


def _label(item: Item, topic: str, *, on: bool, site: Site, store: Store, person: Account) -> None:
    rest = tuple(one for one in item.topics if one != topic)
    topics = (*rest, topic) if on else rest
    if set(topics) != set(item.topics):
        store.edit(item.id, replace(item.overlay, topics=topics), by=person.name, now=site.clock(), note="topics, from a feed reader")
