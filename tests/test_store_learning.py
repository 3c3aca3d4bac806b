"""What the machine learns from: the change of an older file, features, examples, steers, lanes, and bulletins of before this desk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from pipeline.errors import NotFoundError, TransitionError
from pipeline.model import (
    Claim,
    Decision,
    Features,
    Fingerprint,
    Fold,
    ItemId,
    Kind,
    Lane,
    Lead,
    Match,
    State,
    Suggestion,
    Topic,
    Verdict,
)  # fmt: skip
from pipeline.store import Counted, ItemQuery, Store, Training
from pipeline.store.connection import SCHEMA
from pipeline.store.copies import OURS
from pipeline.store.schema import changes
from tests.builders import NOW, decision, edition, resource

NEW = Match(fold=Fold.NEW)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as made:
        yield made


def add(store: Store, number: int = 1, *, source: str = "", counted: bool = True, **changed: object) -> ItemId:
    """One item, seen in a source, with features."""
    url = f"https://north.example/{number}"
    what, key = resource(url=url, canonical_url=url, **changed), Fingerprint(keys=(f"url:{url}",))
    claim = None
    if source:
        store.offer(source, [Lead(source=source, url=url)], NOW)
        claim = Claim(id=store._rows("SELECT id FROM leads WHERE url = ?", (url,))[0]["id"], lead=Lead(source=source, url=url), url=url)
    item = store.add(what, key, NEW, now=NOW, claim=claim)
    if counted:
        store.keep_features([Counted(item=item, features=Features(terms=bytes([number]), vector=b"v"), people=("Ada Marsh",), way="a")])
    return item


# ---------------------------------------------------------------- an older file


def test_a_file_of_the_first_schema_is_changed_and_keeps_all_that_it_held(tmp_path: Path) -> None:
    path = tmp_path / "curated.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        changes.apply(Database(old, execute_plugins=False), stop_before="m002_learning")
        old.execute(f"PRAGMA application_id = {OURS}")
        old.execute("PRAGMA user_version = 1")
        for number, state in ((1, "queued"), (2, "accepted"), (3, "rejected")):
            old.execute(
                """INSERT INTO items (id, state, kind, title, url, title_key, added, rank, head)
                   VALUES (?, ?, 'article', ?, 'https://n.example', '', ?, .4, ?)""",
                (number, state, f"Title {number}", NOW.isoformat(timespec="microseconds"), number),
            )
            old.execute("""INSERT INTO resources VALUES (?, '{"url":"https://n.example","title":"Title"}', '{"keys":[]}')""", (number,))
        old.execute("INSERT INTO suggestions VALUES (1, 'networks', .7, '[\"peers\"]', 0)")
        for item, act in ((2, "accept"), (3, "reject"), (3, "reopen"), (3, "reject")):
            about = f'{{"item":{item},"verdict":"{act}","decided":"{NOW.isoformat()}"}}'
            old.execute(
                """INSERT INTO decisions (item, act, decided, curator, reason, decision, before, after, undone)
                   VALUES (?, ?, ?, 'Sam', 'weak', ?, '{}', '{}', ?)""",
                (item, act, NOW.isoformat(timespec="microseconds"), about, None if item == 2 else "2026-11-21"),
            )
        before = old.execute("SELECT * FROM decisions ORDER BY id").fetchall()
    with Store.open(path) as store:
        assert store.schema_version == SCHEMA
        found = store.item(ItemId(1))
        assert (found.title, found.rank, found.lane, found.lane_reason) == ("Title", 0.4, Lane.RANKED, "")
        assert found.suggestions == (Suggestion(topic="networks", probability=0.7, reasons=("peers",)),)
        assert [tuple(row)[: len(before[0])] for row in store._rows("SELECT * FROM decisions ORDER BY id")] == before
        assert store._rows("SELECT act FROM v_decisions WHERE undone IS NULL")[0]["act"] == "accept"
        assert store._rows("SELECT topics FROM v_items WHERE id = 1")[0]["topics"] == '["networks"]'
        assert [row["quick_check"] for row in store._rows("PRAGMA quick_check")] == ["ok"]
        assert not store._rows("PRAGMA foreign_key_check")
        store.steer(ItemId(1), more=True, by="Sam", now=NOW)
    with Store.open(path) as again:
        assert again.steered(ItemId(1)) == 1


# ---------------------------------------------------------------- features and candidates


def test_features_are_missing_until_they_are_counted_and_again_after_another_way_of_counting_or_a_revision(store: Store) -> None:
    first, second = add(store, 1), add(store, 2, counted=False)
    assert [item for item, _ in store.uncounted("a", limit=10)] == [second]
    assert [item for item, _ in store.uncounted("b", limit=10)] == [second, first]
    assert [item for item, _ in store.uncounted("b", limit=1)] == [second]
    assert [item for item, _ in store.uncounted("b", among=(first,), limit=10)] == [first]
    assert [item for item, _ in store.uncounted("b", below=second, limit=10)] == [first]
    store.add(resource(url="https://north.example/1"), Fingerprint(keys=()), Match(fold=Fold.REVISION, of=first), now=LATER)
    assert {item for item, _ in store.uncounted("a", limit=10)} == {first, second}


def test_a_folded_item_is_counted_only_where_it_is_asked_for(store: Store) -> None:
    head, tail = add(store, 1), add(store, 2, counted=False)
    store.fold(head, tail, by="Sam", now=NOW)
    assert store.uncounted("a", limit=10) == ()
    assert [item for item, _ in store.uncounted("a", among=(tail,), limit=10)] == [tail]


def test_a_candidate_says_all_that_is_known_beside_the_text(store: Store) -> None:
    item = add(store, 1, source="south", kind=Kind.EVENT, published=None)
    store.offer("north", [Lead(source="north", url="https://north.example/1")], LATER)
    store.keep_features([Counted(item=item, features=Features(terms=b"t"), people=("Ada Marsh", "Li"), ends=date(2026, 12, 1), way="a")])
    store.suggest(item, (Suggestion(topic="networks", probability=0.8),), 0.5)
    (found,) = store.candidates(limit=5)
    assert (found.item, found.features, found.sources, found.kind) == (item, Features(terms=b"t"), ("south", "north"), Kind.EVENT)
    assert (found.people, found.day, found.ends, found.topics) == (("Ada Marsh", "Li"), NOW.date(), date(2026, 12, 1), (("networks", 0.8),))
    assert store.candidates_of((item,)) == (found,)


def test_candidates_wait_and_come_a_page_at_a_time(store: Store) -> None:
    one, two, three = (add(store, number) for number in (1, 2, 3))
    store.decide(decision(item=two, verdict=Verdict.REJECT))
    store.decide(decision(item=three, verdict=Verdict.DEFER))
    assert [it.item for it in store.candidates(limit=10)] == [one, three]
    assert [it.item for it in store.candidates(limit=1)] == [one]
    assert [it.item for it in store.candidates(after=one, limit=10)] == [three]
    assert [(it.item, it.queued, it.touched) for it in store.waiting()] == [(one, True, False), (three, False, True)]


def test_the_background_is_the_latest_items_without_folded_ones(store: Store) -> None:
    head, tail, last = add(store, 1), add(store, 2), add(store, 3)
    store.fold(head, tail, by="Sam", now=NOW)
    assert [one.terms for one in store.background(10)] == [bytes([3]), bytes([1])]
    assert store.background(1) == (Features(terms=bytes([last]), vector=b"v"),)


# ---------------------------------------------------------------- examples


def examples(store: Store) -> list[tuple[int, bool, str]]:
    return [(one.candidate.item, one.kept, one.shown) for one in store.examples(100)]


def test_what_was_decided_and_stands_is_an_example_and_nothing_else(store: Store) -> None:
    kept, rejected, again, undone, deferred, _ = (add(store, number) for number in range(1, 7))
    store.decide(decision(item=kept, topics=("networks",)))
    store.decide(decision(item=rejected, verdict=Verdict.REJECT, decided=LATER))
    store.decide(decision(item=again))
    store.decide(decision(item=again, verdict=Verdict.REOPEN))
    store.decide(decision(item=deferred, verdict=Verdict.DEFER))
    store.decide(decision(item=undone))
    store.undo(1, by="Sam", now=NOW)
    first, second = store.examples(100)
    assert (first.candidate.item, first.kept, first.topics, first.decided, first.weight) == (kept, True, ("networks",), NOW, 1.0)
    assert (second.candidate.item, second.kept, second.topics) == (rejected, False, None)
    assert [one.candidate.item for one in store.examples(1)] == [rejected]


def test_a_published_item_counts_as_kept(store: Store) -> None:
    item = add(store, 1)
    store.decide(decision(item=item))
    (section,) = edition().sections
    (entry,) = section.entries
    store.release(edition(sections=(replace(section, entries=(replace(entry, id=item),)),)), files={}, now=NOW)
    assert store.item(item).state is State.PUBLISHED
    assert examples(store) == [(item, True, "ranked")]


def test_a_duplicate_says_nothing_of_what_is_wanted(store: Store) -> None:
    store.decide(decision(item=add(store, 1), verdict=Verdict.REJECT, reason="duplicate"))
    store.decide(decision(item=add(store, 2), verdict=Verdict.REJECT, reason="off topic"))
    assert examples(store) == [(2, False, "ranked")]


def test_accepting_without_a_word_on_topics_says_nothing_of_topics(store: Store) -> None:
    store.decide(decision(item=add(store, 1)))
    assert [one.topics for one in store.examples(5)] == [None]


def test_a_topic_that_was_renamed_since_is_learnt_under_its_new_name(store: Store) -> None:
    store.sync_topics([Topic(id="nets", name="Networks")], NOW)
    item = add(store, 1)
    store.suggest(item, (Suggestion(topic="nets", probability=0.8),), 0)
    store.decide(decision(item=item, topics=("nets",)))
    store.sync_topics([Topic(id="networks", name="Networks", was=("nets",))], LATER, moving=True)
    assert [one.topics for one in store.examples(5)] == [("networks",)]
    assert store.item(item).topics == ("networks",)
    assert [one.topic for one in store.item(item).suggestions] == ["networks"]
    assert [one.id for one in store.items(ItemQuery(states=(), topic="networks"))] == [item]


def test_what_a_subscriber_asked_for_goes_under_the_new_name_too(store: Store) -> None:
    store.sync_topics([Topic(id="nets", name="Networks")], NOW)
    store.add_subscriber("reader@example.org", topics=("nets",), now=NOW)
    store.sync_topics([Topic(id="networks", name="Networks", was=("nets",))], LATER, moving=True)
    assert [one.topics for one in store.subscribers()] == [("networks",)]


def test_two_topics_that_became_one_are_suggested_once_with_the_likelier(store: Store) -> None:
    store.sync_topics([Topic(id="one", name="One"), Topic(id="two", name="Two")], NOW)
    item = add(store, 1)
    store.suggest(item, (Suggestion(topic="two", probability=0.8), Suggestion(topic="one", probability=0.3)), 0)
    store.sync_topics([Topic(id="both", name="Both", was=("one", "two"))], LATER, moving=True)
    assert store.item(item).suggestions == (Suggestion(topic="both", probability=0.8),)


# ---------------------------------------------------------------- more and less


def test_more_of_this_is_an_example_of_weight_and_the_last_word_counts(store: Store) -> None:
    item = add(store, 1)
    store.steer(item, more=True, by="Sam", now=NOW)
    assert [(one.kept, one.shown, one.weight) for one in store.examples(9)] == [(True, "steer", 3.0)]
    store.steer(item, more=False, by="Sam", now=LATER)
    assert store.steered(item) == -1
    assert [(one.kept, one.decided) for one in store.examples(9)] == [(False, LATER)]


def test_undo_takes_a_steer_back_and_says_so(store: Store) -> None:
    item = add(store, 1)
    store.steer(item, more=True, by="Sam", now=NOW)
    store.steer(item, more=False, by="Sam", now=LATER)
    (sentence,) = store.undo(1, by="Sam", now=LATER)
    assert "The less of item 1" in sentence
    assert store.steered(item) == 1
    store.undo(1, by="Sam", now=LATER)
    assert store.steered(item) == 0
    assert store.examples(9) == ()


def test_a_steer_is_no_verdict_on_the_item(store: Store) -> None:
    item = add(store, 1)
    store.steer(item, more=False, by="Sam", now=NOW)
    assert store.item(item).state is State.QUEUED
    assert store.decisions() == ()
    assert [one.touched for one in store.waiting()] == [False]


def test_a_steer_on_a_folded_item_means_its_head_and_on_none_is_refused(store: Store) -> None:
    head, tail = add(store, 1), add(store, 2)
    store.fold(head, tail, by="Sam", now=NOW)
    store.steer(tail, more=True, by="Sam", now=NOW)
    assert store.steered(head) == 1
    with pytest.raises(NotFoundError):
        store.steer(ItemId(9), more=True, by="Sam", now=NOW)


# ---------------------------------------------------------------- how an item had come up


@pytest.mark.parametrize("lane", [Lane.RANKED, Lane.AUDIT, Lane.UNLIKELY])
def test_a_decision_keeps_the_rank_and_the_lane_that_stood_beside_the_item(store: Store, lane: Lane) -> None:
    item = add(store, 1)
    store.suggest(item, (), 0.25)
    store.set_lane(item, lane, "for a reason")
    store.decide(decision(item=item, verdict=Verdict.REJECT))
    (found,) = store.decisions()
    assert (found.probability, found.shown) == (0.25, lane.value)
    assert [(one.probability, one.shown) for one in store.examples(5)] == [(0.25, lane.value)]


def test_who_knows_better_how_an_item_came_up_is_believed(store: Store) -> None:
    store.decide(decision(item=add(store, 1), shown="random", probability=0.5))
    assert [(one.probability, one.shown) for one in store.decisions()] == [(0.5, "random")]


def test_a_change_of_mind_was_not_shown_by_the_queue(store: Store) -> None:
    item = add(store, 1)
    store.decide(decision(item=item))
    store.decide(decision(item=item, verdict=Verdict.REJECT, decided=LATER))
    assert [(one.shown, one.probability) for one in store.decisions()] == [("", None), ("ranked", 0.0)]


# ---------------------------------------------------------------- lanes


def test_the_queue_shows_must_haves_first_and_what_is_skipped_only_by_name(store: Store) -> None:
    low, high, must, skipped = (add(store, number) for number in (1, 2, 3, 4))
    for item, rank in ((low, 0.1), (high, 0.9), (must, 0.05), (skipped, 0.95)):
        store.suggest(item, (), rank)
    store.set_lane(must, Lane.MUST_HAVE, "rule")
    store.set_lane(skipped, Lane.SKIPPED, "rule")
    assert [one.id for one in store.items(ItemQuery())] == [must, high, low]
    assert [one.id for one in store.items(ItemQuery(after=must))] == [high, low]
    assert [one.id for one in store.items(ItemQuery(after=high))] == [low]
    assert [one.id for one in store.items(ItemQuery(lanes=(Lane.SKIPPED,)))] == [skipped]
    assert store.lanes() == {Lane.MUST_HAVE: 1, Lane.RANKED: 2, Lane.AUDIT: 0, Lane.UNLIKELY: 0, Lane.SKIPPED: 1}


def test_an_item_put_aside_may_be_put_back_by_hand_and_that_can_be_undone(store: Store) -> None:
    item = add(store, 1)
    with pytest.raises(TransitionError):
        store.decide(decision(item=item, verdict=Verdict.REOPEN))
    store.set_lane(item, Lane.UNLIKELY, "It is unlikely.")
    found = store.decide(decision(item=item, verdict=Verdict.REOPEN))
    assert (found.state, found.lane, found.lane_reason) == (State.QUEUED, Lane.RANKED, "")
    assert store.waiting()[0].touched
    store.undo(1, by="Sam", now=NOW)
    assert (store.item(item).lane, store.item(item).lane_reason) == (Lane.UNLIKELY, "It is unlikely.")


def test_a_must_have_stays_one_when_it_is_accepted(store: Store) -> None:
    item = add(store, 1)
    store.set_lane(item, Lane.MUST_HAVE, "rule")
    assert store.decide(decision(item=item)).overlay.must_have
    store.undo(1, by="Sam", now=NOW)
    assert not store.item(item).overlay.must_have


def test_a_lane_is_told_only_where_it_changes_and_where_the_item_waits(store: Store) -> None:
    item = add(store, 1)
    assert store.set_lane(item, Lane.AUDIT, "lot")
    assert not store.set_lane(item, Lane.AUDIT, "lot")
    store.decide(decision(item=item))
    assert not store.set_lane(item, Lane.RANKED, "")


def test_what_is_assigned_and_calibrated_comes_back(store: Store) -> None:
    item = add(store, 1)
    said = (Suggestion(topic="a", probability=0.3, calibrated=True, assigned=True), Suggestion(topic="b", probability=0.9, assigned=False))
    store.suggest(item, said, 0.5)
    assert store.item(item).suggestions == said
    assert store.item(item).topics == ("a",)
    assert [len(store.items(ItemQuery(topic=topic))) for topic in ("a", "b")] == [1, 0]


def test_items_can_be_read_from_a_moment_on(store: Store) -> None:
    item = add(store, 1)
    assert [one.id for one in store.each_item(since=NOW)] == [item]
    assert list(store.each_item(since=LATER)) == []


# ---------------------------------------------------------------- bulletins of before


def past(item: ItemId) -> Decision:
    return decision(item=item, shown="past", note="Notes, March 2026: Tools", decided=NOW - timedelta(days=240))


def test_an_item_of_a_bulletin_of_before_is_published_and_no_edition_of_ours_is_made(store: Store) -> None:
    item = add(store, 1)
    found = store.publish_past(past(item), "past/notes-2026-03")
    assert (found.state, found.edition) == (State.PUBLISHED, "past/notes-2026-03")
    assert store.editions() == ()
    assert examples(store) == [(item, True, "past")]
    assert store._rows("PRAGMA foreign_key_check") == []


def test_undo_takes_an_item_out_of_the_past_again(store: Store) -> None:
    item = add(store, 1)
    store.publish_past(past(item), "past/notes-2026-03")
    store.undo(1, by="Sam", now=NOW)
    assert (store.item(item).state, store.item(item).edition) == (State.QUEUED, None)
    assert store.examples(5) == ()


def test_what_a_bulletin_passed_over_of_its_sources_in_its_month_speaks_softly_against(store: Store) -> None:
    month = date(2026, 3, 20)
    told = add(store, 1, source="south", published=month)
    passed = add(store, 2, source="south", published=month)
    add(store, 3, source="south", published=date(2026, 4, 2))
    add(store, 4, source="other", published=month)
    store.publish_past(past(told), "past/notes-2026-03")
    found = store.examples(9)
    assert [(one.candidate.item, one.kept, one.weight) for one in found] == [(told, True, 1.0), (passed, False, 0.25)]
    assert found[1].decided == past(told).decided


# ---------------------------------------------------------------- the last training


def test_the_last_training_is_kept_and_every_act_changes_what_has_been_decided(store: Store) -> None:
    assert store.trained() is None
    for number in (1, 2):
        store.keep_training(Training(at=NOW, state=f"s{number}", calibrated=number == 2))
    assert store.trained() == Training(at=NOW, state="s2", calibrated=True)
    item = add(store, 1)
    seen = {store.decided_until()}
    store.decide(decision(item=item))
    seen.add(store.decided_until())
    store.undo(1, by="Sam", now=LATER)
    seen.add(store.decided_until())
    store.steer(item, more=True, by="Sam", now=LATER)
    seen.add(store.decided_until())
    assert len(seen) == 4
    assert store.decided_until()[1] == LATER


def test_what_a_source_brought_is_told_with_what_became_of_it(store: Store) -> None:
    one, two = add(store, 1, source="south"), add(store, 2, source="south")
    store.decide(decision(item=one, verdict=Verdict.REJECT, reason="weak", decided=LATER))
    found = store.brought(NOW)
    assert [(it.source, it.item, it.state, it.reason, it.decided) for it in found] == [
        ("south", one, State.REJECTED, "weak", LATER),
        ("south", two, State.QUEUED, None, None),
    ]
    assert [it.item for it in store.brought(LATER)] == [one]


def test_a_steer_and_a_decision_are_undone_whatever_lane_the_machine_chose_since(store: Store) -> None:
    item = add(store, 1)
    store.steer(item, more=True, by="Sam", now=NOW)
    store.decide(decision(item=item, verdict=Verdict.DEFER))
    store.set_lane(item, Lane.AUDIT, "lot")
    assert len(store.undo(2, by="Sam", now=LATER)) == 2
    assert (store.item(item).state, store.item(item).lane, store.steered(item)) == (State.QUEUED, Lane.AUDIT, 0)


def test_an_act_of_before_there_were_lanes_is_undone_too(store: Store) -> None:
    item = add(store, 1)
    store.decide(decision(item=item))
    for column in ("before", "after"):
        store._change(f"UPDATE decisions SET {column} = json_remove({column}, '$.lanes')")  # noqa: S608
    store.undo(1, by="Sam", now=LATER)
    assert store.item(item).state is State.QUEUED


def test_what_waits_is_listed_whole_however_many_rows_are_read_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [add(store, number) for number in range(1, 8)]
    whole = store.waiting()
    monkeypatch.setattr("pipeline.store.learning._BLOCK", 3)  # the number stands in the SQL, so two blocks and a rest
    assert store.waiting() == whole
    assert [one.item for one in whole] == items
