"""Words on items as acts, one's own undo, and what stands around an item, in the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import dedupe
from pipeline.errors import ConflictError, TransitionError
from pipeline.model import Event, Fold, ItemId, Kind, Match, Overlay, State, Verdict
from pipeline.store import Store
from tests import builders
from tests.builders import NOW


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as opened:
        yield opened


def add(store: Store, number: int, match: Match | None = None) -> ItemId:
    url = f"https://north.example/{number}"
    resource = builders.resource(url=url, canonical_url=url, title=f"How network {number} learns")
    return store.add(resource, dedupe.fingerprint(resource), match or Match(fold=Fold.NEW), now=NOW)


def test_an_edit_writes_the_overlay_of_an_item_that_still_waits(store: Store) -> None:
    item = add(store, 1)
    after = store.edit(item, Overlay(title="Ours", event=Event(location="Leeds")), by="Ann", now=NOW, note="title: a → b")
    assert (after.state, after.title) == (State.QUEUED, "Ours")
    assert after.event == Event(location="Leeds")
    assert store.item(item) == after
    assert store.decisions(item) == ()  # it is no verdict
    assert [(one.act, one.by, one.decision.note) for one in store.acts()] == [("edit", "Ann", "title: a → b")]


def test_an_edit_that_changes_nothing_leaves_no_trace(store: Store) -> None:
    item = add(store, 1)
    store.edit(item, Overlay(title="How network 1 learns", kind=Kind.ARTICLE), by="Ann", now=NOW)
    assert store.last_act() is None


def test_what_is_folded_or_published_is_not_edited(store: Store) -> None:
    item = add(store, 1)
    folded = add(store, 2, Match(fold=Fold.SAME, of=item, rule="title"))
    with pytest.raises(TransitionError, match="folded into item 1: edit that one"):
        store.edit(folded, Overlay(title="Ours"), by="Ann", now=NOW)


def test_undo_of_ones_own_leaves_what_others_did(store: Store) -> None:
    a, b = add(store, 1), add(store, 2)
    store.edit(a, Overlay(title="Ours"), by="Ann", now=NOW)
    store.decide(builders.decision(item=b, curator="Tom"))
    (said,) = store.undo(1, by="Ann", now=NOW, mine=True)
    assert said.startswith("The edit of item 1")
    assert (store.item(a).overlay, store.item(b).state) == (Overlay(), State.ACCEPTED)
    assert store.undo(1, by="Ann", now=NOW, mine=True) == ()
    assert len(store.undo(1, by="Ann", now=NOW)) == 1  # the command line takes the last of all
    assert store.item(b).state is State.QUEUED


def test_undo_of_an_edit_is_refused_where_somebody_edited_since_and_goes_on_before_it(store: Store) -> None:
    a, b = add(store, 1), add(store, 2)
    store.edit(b, Overlay(title="First"), by="Ann", now=NOW)
    store.edit(a, Overlay(title="Hers"), by="Ann", now=NOW)
    store.edit(a, Overlay(title="His"), by="Tom", now=NOW)
    last = store.last_act("Ann")
    assert last is not None
    assert (last.act, last.item, last.moves) == ("edit", a, False)
    with pytest.raises(ConflictError, match="edit by Tom"):
        store.undo(1, by="Ann", now=NOW, mine=True)
    store.undo(1, by="Ann", now=NOW, mine=True, before=last.id)
    assert (store.item(a).title, store.item(b).title) == ("His", "How network 2 learns")


def test_many_items_decided_at_once_are_one_act_to_undo(store: Store) -> None:
    items = [add(store, number) for number in range(3)]
    single = add(store, 9)
    store.decide(builders.decision(item=single, curator="Ann"))
    store.decide_all([builders.decision(item=one, curator="Ann", verdict=Verdict.REJECT) for one in items])
    last = store.last_act("Ann")
    assert last is not None
    assert last.many
    assert store.undo(1, by="Ann", now=NOW, mine=True) == ("The reject of 3 items is taken back.",)
    assert {store.item(one).state for one in items} == {State.QUEUED}
    assert store.item(single).state is State.ACCEPTED


def test_who_edited_last_and_what_the_source_was_then(store: Store) -> None:
    item = add(store, 1)
    assert store.last_edit(item) is None
    before = store.edit(item, Overlay(title="Ours"), by="Ann", now=NOW).resource
    edited = store.last_edit(item)
    assert edited is not None
    assert (edited.by, edited.at, edited.before, edited.changed) == ("Ann", NOW, None, None)
    for hours, title in ((1, "Once"), (2, "Twice")):
        later = replace(before, title=title)
        store.add(later, dedupe.fingerprint(later), Match(fold=Fold.REVISION, of=item), now=NOW + timedelta(hours=hours))
    edited = store.last_edit(item)
    assert edited is not None
    assert (edited.before, edited.changed) == (before, NOW + timedelta(hours=2))


def test_what_may_be_known_is_asked_for_many_at_once(store: Store) -> None:
    known = add(store, 1)
    item = add(store, 2, Match(fold=Fold.MAYBE, of=known, rule="title", evidence="Alike."))
    apart = add(store, 3, Match(fold=Fold.MAYBE, of=known, rule="title", evidence="Alike."))
    alone = add(store, 4)
    store.unfold(apart, by="Ann", now=NOW)
    everything = [known, item, apart, alone]
    assert store.proposed(everything) == {one for one in everything if store.proposals(one)} == {known, item}


def test_folded_items_are_named_with_their_evidence(store: Store) -> None:
    head, tail = add(store, 1), add(store, 2)
    store.fold(head, tail, by="Ann", now=NOW)
    (one,) = store.folded_into(head)
    assert (one.id, one.title, one.rule) == (tail, "How network 2 learns", "curator")
    assert store.folded_into(tail) == ()


def test_where_something_came_out_is_read_from_the_snapshot(store: Store) -> None:
    item, past = add(store, 1), add(store, 2)
    store.decide(builders.decision(item=item))
    section = replace(builders.edition().sections[0], entries=(builders.entry(id=item),))
    store.release(builders.edition(id="2026-03", month_name="March 2026", sections=(section,)), files={}, now=NOW)
    store.publish_past(builders.decision(item=past), "past/letter-2024-05")
    found = store.appearances([item, past, ItemId(77)])
    assert (found[item].edition, found[item].month, found[item].place) == ("2026-03", "March 2026", 1)
    assert found[past].place == 0
    assert set(found) == {item, past}


def test_a_must_have_and_a_day_go_with_a_decision(store: Store) -> None:
    a, b = add(store, 1), add(store, 2)
    assert store.decide(builders.decision(item=a, must_have=True)).overlay.must_have
    until = NOW + timedelta(days=3)
    store.decide(builders.decision(item=b, verdict=Verdict.DEFER, until=until))
    assert store.item(b).deferred_until == until
    assert store.wake(until - timedelta(seconds=1)) == 0
    assert store.wake(until) == 1


def test_nobody_who_writes_is_waited_for_where_nothing_is_to_be_woken(tmp_path: Path) -> None:
    path = tmp_path / "curated.db"
    with Store.open(path) as store, Store.open(path) as other:
        other._execute("PRAGMA busy_timeout = 0", ())
        with store.transaction():
            assert other.wake(NOW) == 0
