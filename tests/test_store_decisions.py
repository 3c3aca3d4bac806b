"""Deciding, folding, and taking it back: every act is allowed or refused by name, and undo is exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConflictError, NotFoundError, PipelineError, TransitionError
from pipeline.model import Entry, Fingerprint, Fold, ItemId, Kind, Match, Overlay, Section, State, Verdict
from pipeline.store import Store
from tests.builders import NOW, decision, edition, entry, resource

DAY = timedelta(days=1)
NEW = Match(fold=Fold.NEW)
TABLES = ("items", "overlay", "resources", "sightings", "proposals", "kept_apart")


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as made:
        yield made


def put(store: Store, name: str, match: Match = NEW) -> ItemId:
    url = f"https://north.example/{name}"
    return store.add(resource(url=url, canonical_url=url, title=name, text=""), Fingerprint(keys=(f"url:{name}",)), match, now=NOW)


def same(of: ItemId) -> Match:
    return Match(fold=Fold.SAME, of=of, rule="doi", evidence="Equal.")


def maybe(of: ItemId) -> Match:
    return Match(fold=Fold.MAYBE, of=of, rule="title", evidence="Alike.")


def fold(store: Store, a: ItemId, b: ItemId) -> ItemId:
    return store.fold(a, b, by="Sam", now=NOW).id


def rows(store: Store, tables: tuple[str, ...] = TABLES) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the tables that an act can change, value by value."""
    return {table: [tuple(row) for row in store._rows(f"SELECT * FROM {table} ORDER BY 1, 2")] for table in tables}  # noqa: S608


def publish(store: Store, *items: ItemId) -> None:
    entries: tuple[Entry, ...] = tuple(entry(id=item) for item in items)
    store.release(edition(sections=(Section(id="all", title="All", entries=entries),)), files={}, now=NOW)


# ---------------------------------------------------------------- deciding


def test_a_decision_moves_the_item_and_stays_with_it(store: Store) -> None:
    a = put(store, "a")
    made = decision(item=a, topics=("networks",), kind=Kind.REPORT, blurb="Read it.", reason="apt", probability=0.7, shown="random")
    after = store.decide(made)
    assert (after.state, after.decision, after.topics, after.kind) == (State.ACCEPTED, made, ("networks",), Kind.REPORT)
    assert store.decisions(a) == store.decisions() == (made,)


def test_a_change_of_mind_keeps_both_decisions_and_the_last_one_counts(store: Store) -> None:
    a, b = put(store, "a"), put(store, "b")
    first, second = decision(item=a, shown="random", probability=0.5), decision(item=b, shown="random", probability=0.5)
    third = decision(item=a, verdict=Verdict.REJECT, reason="old news")
    for one in (first, second, third):
        store.decide(one)
    assert (store.decisions(a), store.decisions(limit=2)) == ((third, first), (third, second))
    assert (store.item(a).state, store.item(a).decision) == (State.REJECTED, third)


def test_a_verdict_that_is_not_allowed_changes_nothing(store: Store) -> None:
    row = put(store, "b", same(put(store, "a")))
    before = rows(store, (*TABLES, "decisions"))
    with pytest.raises(TransitionError, match=f"Item {row} is folded into item 1"):
        store.decide(decision(item=row))
    assert rows(store, (*TABLES, "decisions")) == before


def test_deferred_items_come_back_when_their_day_has_come(store: Store) -> None:
    a, b = put(store, "a"), put(store, "b")
    store.decide(decision(item=a, verdict=Verdict.DEFER))
    store.decide(decision(item=b, verdict=Verdict.DEFER, decided=NOW + DAY))
    assert store.item(a).deferred_until == NOW + 14 * DAY
    assert (store.wake(NOW + 13 * DAY), store.wake(NOW + 14 * DAY)) == (0, 1)
    assert [(store.item(one).state, store.item(one).deferred_until) for one in (a, b)] == [(State.QUEUED, None), (State.DEFERRED, NOW + 15 * DAY)]


def test_two_curators_at_once_decide_one_after_the_other(tmp_path: Path) -> None:
    with Store.open(tmp_path / "curated.db") as store:
        a = put(store, "a")
    start = Barrier(2)

    def work(verdict: Verdict) -> None:
        with Store.open(tmp_path / "curated.db") as mine:
            start.wait()
            mine.decide(decision(item=a, verdict=verdict, curator=verdict.value))

    threads = [Thread(target=work, args=(verdict,)) for verdict in (Verdict.ACCEPT, Verdict.REJECT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Store.open(tmp_path / "curated.db") as store:
        last, first = store.decisions(a)
        assert {first.verdict, last.verdict} == {Verdict.ACCEPT, Verdict.REJECT}
        assert store.item(a).state == (State.ACCEPTED if last.verdict is Verdict.ACCEPT else State.REJECTED)


# ---------------------------------------------------------------- folding


def test_a_fold_puts_the_second_into_the_first_with_its_sightings(store: Store) -> None:
    a, b = put(store, "a"), put(store, "b")
    head = store.fold(a, b, by="Sam", now=NOW)
    assert (head.id, [one.lead.title for one in head.sightings]) == (a, ["a", "b"])
    folded = store.item(b)
    assert (folded.state, folded.merged_into, folded.fold_rule) == (State.MERGED, a, "curator")
    assert folded.fold_evidence == "Sam said on 2026-11-20 that they are the same."


def test_the_one_that_readers_know_stays_head(store: Store) -> None:
    a, b, c = put(store, "a"), put(store, "b"), put(store, "c")
    store.decide(decision(item=b))
    assert fold(store, a, b) == b
    store.decide(decision(item=c))
    publish(store, c)
    assert fold(store, b, c) == c
    assert [store.item(one).merged_into for one in (a, b)] == [c, c]


def test_two_published_items_are_not_folded(store: Store) -> None:
    a, b = put(store, "a"), put(store, "b")
    for one in (a, b):
        store.decide(decision(item=one))
    publish(store, a, b)
    with pytest.raises(ConflictError, match="both published"):
        fold(store, a, b)


def test_what_is_folded_together_is_not_folded_again(store: Store) -> None:
    a = put(store, "a")
    b, c = put(store, "b", same(a)), put(store, "c", same(a))
    for one, other in ((a, a), (a, b), (b, c)):
        with pytest.raises(ConflictError, match="folded together already"):
            fold(store, one, other)
    with pytest.raises(NotFoundError):
        fold(store, a, ItemId(99))


def test_fold_then_unfold_restores_every_row(store: Store) -> None:
    a, b = put(store, "a"), put(store, "b")
    put(store, "c", same(b))
    put(store, "d", maybe(b))
    store.decide(decision(item=b, verdict=Verdict.DEFER))
    before = rows(store)
    fold(store, a, b)
    store.unfold(b, by="Sam", now=NOW)
    after = rows(store)
    assert after.pop("kept_apart") == [(a, b)]
    before.pop("kept_apart")
    assert after == before


def test_what_came_in_folded_goes_into_the_queue_and_is_never_folded_by_rule_again(store: Store) -> None:
    a = put(store, "a")
    b = put(store, "b", same(a))
    item = store.unfold(b, by="Sam", now=NOW)
    assert (item.state, item.merged_into, item.fold_rule, item.fold_evidence, item.cluster) == (State.QUEUED, None, "", "", b)
    assert [one.id for one in store.neighbours(Fingerprint(keys=("url:b",)))] == [b]
    assert fold(store, a, b) == a  # but a curator may
    assert rows(store)["kept_apart"] == []


def test_unfolding_the_middle_takes_along_what_was_folded_into_it(store: Store) -> None:
    a, b, c = put(store, "a"), put(store, "b"), put(store, "c")
    fold(store, b, c)
    fold(store, a, b)
    assert [store.item(one).merged_into for one in (b, c)] == [a, a]
    store.unfold(b, by="Sam", now=NOW)
    assert [store.item(one).merged_into for one in (b, c)] == [None, b]
    assert [one.lead.title for one in store.item(b).sightings] == ["b", "c"]


def test_unfolding_a_proposal_says_that_they_are_different(store: Store) -> None:
    a = put(store, "a")
    b = put(store, "b", maybe(a))
    assert store.unfold(b, by="Sam", now=NOW).state is State.QUEUED
    assert store.proposals(a) == store.proposals(b) == ()
    store.undo(1, by="Sam", now=NOW)
    assert [match.of for match in store.proposals(b)] == [a]


def test_there_is_nothing_to_unfold_where_nothing_is_folded(store: Store) -> None:
    a = put(store, "a")
    put(store, "b", same(a))
    with pytest.raises(TransitionError, match="Item 1 is not folded into another"):
        store.unfold(a, by="Sam", now=NOW)


# ---------------------------------------------------------------- undo


def test_undo_takes_back_the_last_acts_and_says_so(store: Store) -> None:
    a, b = put(store, "a"), put(store, "b")
    before = rows(store)
    store.decide(decision(item=a, topics=("t",)))
    fold(store, a, b)
    said = store.undo(5, by="Kim", now=NOW + DAY)
    assert said == (
        "The fold of item 2 “b” by Sam (2026-11-20) is taken back; the item is queued again.",
        "The accept of item 1 “a” by Sam (2026-11-20) is taken back; the item is queued again.",
    )
    assert rows(store) == before
    assert (store.item(a).overlay, store.item(a).decision, store.decisions(), store.undo(1, by="", now=NOW)) == (Overlay(), None, (), ())
    assert [tuple(row) for row in store._rows("SELECT undone_by FROM decisions")] == [("Kim",), ("Kim",)]


@pytest.mark.parametrize("count", [0, -3])
def test_undoing_nothing_does_nothing(store: Store, count: int) -> None:
    store.decide(decision(item=put(store, "a")))
    assert (store.undo(count, by="", now=NOW), store.item(ItemId(1)).state) == ((), State.ACCEPTED)


def test_what_was_published_since_is_not_taken_back_and_neither_is_the_rest(store: Store) -> None:
    a, b = put(store, "a"), put(store, "b")
    for one in (a, b):
        store.decide(decision(item=one))
    publish(store, a)
    before = rows(store)
    with pytest.raises(
        ConflictError, match=r"item 1 “a” by Sam .* cannot be taken back: the item has changed since, and is published now"
    ) as refusal:
        store.undo(2, by="", now=NOW)
    assert "gleanings show 1" in refusal.value.hint
    assert rows(store) == before


def test_what_came_in_after_a_fold_stays_in_the_cluster_when_the_fold_is_undone_or_goes_with_what_it_is_a_copy_of(store: Store) -> None:
    a, b = put(store, "a"), put(store, "b")
    fold(store, a, b)
    c, d = put(store, "c", replace(same(b), rule="text")), put(store, "d", same(b))
    store.undo(1, by="", now=NOW)
    assert (store.item(b).state, store.item(c).merged_into, store.item(d).merged_into) == (State.QUEUED, a, b)


def test_undoing_an_unfold_takes_along_what_came_in_meanwhile(store: Store) -> None:
    a = put(store, "a")
    b = put(store, "b", same(a))
    store.unfold(b, by="Sam", now=NOW)
    c = put(store, "c", same(b))
    store.undo(1, by="", now=NOW)
    assert [store.item(one).merged_into for one in (b, c)] == [a, a]
    assert rows(store)["kept_apart"] == []


def test_undo_does_not_touch_a_later_text(store: Store) -> None:
    a = put(store, "a")
    store.decide(decision(item=a))
    put(store, "a2", Match(fold=Fold.REVISION, of=a))
    store.undo(1, by="", now=NOW)
    assert (store.item(a).state, store.item(a).version, store.item(a).title) == (State.QUEUED, 2, "a2")


# ---------------------------------------------------------------- any sequence

ACTS = st.tuples(
    st.sampled_from([*Verdict, "fold", "unfold", "undo", "new", "same", "maybe", "publish", "wake"]), st.integers(1, 6), st.integers(1, 6)
)


def act(store: Store, what: str, a: ItemId, b: ItemId) -> None:
    match what:
        case "fold":
            fold(store, a, b)
        case "unfold":
            store.unfold(a, by="Sam", now=NOW)
        case "undo":
            store.undo(b, by="Sam", now=NOW)
        case "publish":
            # One edition for each item, and each once: a released edition stays as it is.
            store.release(edition(id=f"2026-{a:02}", sections=(Section(id="all", title="All", entries=(entry(id=a),)),)), files={}, now=NOW)
        case "wake":
            store.wake(NOW + 15 * DAY)
        case "new" | "same" | "maybe":
            put(store, f"n{len(list(store.each_item()))}", {"new": NEW, "same": same(a), "maybe": maybe(a)}[what])
        case _:
            store.decide(decision(item=a, verdict=Verdict(what), topics=("t",) if b == 1 else None))


def check(store: Store) -> None:
    items = {item.id: item for item in store.each_item()}
    for item in items.values():
        assert (item.state is State.MERGED) == (item.merged_into is not None)
        assert (item.state is State.PUBLISHED) == (item.edition is not None)
        assert (item.state is State.DEFERRED) == (item.deferred_until is not None)
        assert item.cluster is not None
        assert items[item.cluster].state is not State.MERGED
        assert (item.cluster == item.id) == (item.state is not State.MERGED)
        assert len(item.sightings) == (1 if item.state is State.MERGED else sum(other.cluster == item.id for other in items.values()))


@given(st.lists(ACTS, max_size=25))
def test_no_sequence_of_acts_reaches_an_undefined_state_and_a_refused_act_changes_nothing(acts: list[tuple[str, int, int]]) -> None:
    with Store.open(":memory:") as store:
        for name in "abc":
            put(store, name)
        for what, one, other in acts:
            before = rows(store)
            try:
                act(store, what, ItemId(one), ItemId(other))
            except PipelineError:
                assert rows(store) == before
            check(store)
        assert store._rows("PRAGMA foreign_key_check") == []


@given(st.lists(ACTS.filter(lambda one: one[0] in [*Verdict, "fold", "unfold"]), max_size=15), st.integers(1, 5))
def test_undoing_everything_in_any_steps_restores_every_row(acts: list[tuple[str, int, int]], step: int) -> None:
    with Store.open(":memory:") as store:
        a = put(store, "a")
        put(store, "b", same(a))
        put(store, "c", maybe(a))
        put(store, "d")
        before = rows(store)
        for what, one, other in acts:
            try:
                act(store, what, ItemId(one % 5), ItemId(other % 5))
            except PipelineError:
                continue
        while store.undo(step, by="", now=NOW):
            check(store)
        assert rows(store) == before
