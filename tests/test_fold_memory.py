"""What a fold may not forget: who knows what, what was parted, what was typed; each case that a sequence once got wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline import dedupe, exchange
from pipeline.errors import ConflictError
from pipeline.learn import counted
from pipeline.model import Fold, ItemId, Match, Overlay, Section, State, Verdict
from pipeline.store import Store
from tests import builders
from tests.builders import NOW, decision, resource


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as made:
        yield made


def put(store: Store, name: str, match: Match | None = None, **changes: object) -> ItemId:
    url = f"https://north.example/{name}"
    made = replace(resource(url=url, canonical_url=url, title=f"A title of {name} alone", text=""), **changes)  # type: ignore[arg-type]
    return store.add(made, dedupe.fingerprint(made), match or Match(fold=Fold.NEW), now=NOW)


def same(of: ItemId, *also: ItemId, better: bool = False) -> Match:
    return Match(fold=Fold.SAME, of=of, rule="text", evidence="All of it.", also=also, better=better)


def maybe(of: ItemId) -> Match:
    return Match(fold=Fold.MAYBE, of=of, rule="title", evidence="Alike.")


def clusters(store: Store, *items: ItemId) -> list[ItemId | None]:
    return [store.item(item).cluster for item in items]


# ---------------------------------------------------------------- by hand


def test_edited_words_stand_at_the_head_whichever_is_named_first(store: Store) -> None:
    plain, edited = put(store, "a"), put(store, "b")
    store.edit(edited, Overlay(title="Ours"), by="Ann", now=NOW)
    assert store.fold(plain, edited, by="Ann", now=NOW).id == edited


def test_of_two_edited_items_the_words_of_the_other_stay_with_it_and_it_is_said(store: Store) -> None:
    one, other = put(store, "a"), put(store, "b")
    store.edit(one, Overlay(title="Ours"), by="Ann", now=NOW)
    store.edit(other, Overlay(title="Theirs", note="For Monday."), by="Tom", now=NOW)
    assert store.fold(one, other, by="Ann", now=NOW).title == "Ours"
    (folded,) = store.folded_into(one)
    assert folded.evidence.endswith("A curator's words on it stay with it: title, why it matters.")
    assert folded.words == (("title", "Theirs"), ("why it matters", "For Monday."))
    assert store.unfold(other, by="Ann", now=NOW).overlay == Overlay(title="Theirs", note="For Monday.")


def test_an_unfold_is_not_undone_into_a_circle(store: Store) -> None:
    one = put(store, "a")
    other = put(store, "b", same(one))
    store.unfold(other, by="Ann", now=NOW)
    store.fold(other, one, by="Tom", now=NOW)
    with pytest.raises(ConflictError, match=f"item {one} has been folded into item {other} since") as refusal:
        store.undo(1, by="Ann", now=NOW, mine=True)
    assert f"gleanings unfold {one}" in refusal.value.hint
    assert clusters(store, one, other) == [other, other]
    store.undo(1, by="Tom", now=NOW, mine=True)
    store.undo(1, by="Ann", now=NOW, mine=True)
    assert clusters(store, one, other) == [one, one]


# ---------------------------------------------------------------- remembered for ever


def test_a_refused_proposal_stays_refused_when_its_cluster_falls_apart(store: Store) -> None:
    head = put(store, "head")
    member = put(store, "member", same(head))
    item = put(store, "item", maybe(member))
    assert [match.of for match in store.proposals(item)] == [head]
    store.unfold(item, by="Ann", now=NOW)
    store.unfold(member, by="Ann", now=NOW)
    assert store.proposals(item) == store.proposals(member) == store.proposals(head) == ()
    put(store, "whole", same(member, item))
    assert clusters(store, member, item) == [member, item]


def test_what_was_parted_stays_parted_through_a_third_and_a_better_one(store: Store) -> None:
    one = put(store, "a")
    other = put(store, "b", same(one))
    store.unfold(other, by="Ann", now=NOW)
    better = put(store, "c", same(one, other, better=True))
    again = put(store, "d", same(other, better, better=True))
    assert clusters(store, one, better) == [better, better]
    assert clusters(store, other, again) == [other, other]


def test_a_cluster_that_somebody_made_by_hand_is_not_put_under_another(store: Store) -> None:
    one, other, third = put(store, "a"), put(store, "b"), put(store, "c")
    store.fold(one, other, by="Ann", now=NOW)
    put(store, "d", same(third, one))
    put(store, "e", same(one, better=True))
    assert clusters(store, one, other, third) == [one, one, one]


def test_what_somebody_was_asked_to_decide_is_not_put_under_another(store: Store) -> None:
    one, other = put(store, "a"), put(store, "b")
    store.assign([other], to="Tom", by="Ann", now=NOW)
    put(store, "c", same(one, other))
    assert clusters(store, one, other) == [other, other]
    assert [assignment.item for assignment in store.assigned("Tom")] == [other]


def test_who_was_asked_of_an_item_that_is_folded_is_asked_of_its_head(store: Store) -> None:
    one, other = put(store, "a"), put(store, "b")
    store.assign([other], to="Tom", by="Ann", now=NOW)
    store.fold(one, other, by="Ann", now=NOW)
    assert [(asked.item, asked.to) for asked in store.assignments([one])] == [(one, "Tom")]
    assert [asked.item for asked in store.assigned("Tom")] == [one]
    store.assign([one], to="Ann", by="Tom", now=NOW + timedelta(hours=1))
    assert ([asked.item for asked in store.assigned("Tom")], [asked.item for asked in store.assigned("Ann")]) == ([], [one])
    store.unassign([one])
    assert store.assignments([one]) == ()


# ---------------------------------------------------------------- lines of a file


def take(store: Store, *lines: dict[str, object]) -> dict[str, int]:
    raw = [json.dumps(line).encode() + b"\n" for line in lines]
    return exchange.import_items(raw, store, count=counted, suggest=lambda items: None, now=NOW).counts


LONG = " ".join(f"Word{n} tells of thing{n * 7} here." for n in range(60))


def test_a_line_that_was_folded_into_another_address_is_known_again(store: Store) -> None:
    lines: list[dict[str, object]] = [
        {"id": name, "url": f"https://{name}.example/x", "title": "Seven habits of networks that last", "text": LONG} for name in ("a", "b")
    ]
    assert take(store, *lines) == {"new": 1, "folded": 1}
    assert take(store, *lines) == take(store, *reversed(lines)) == {"known": 2}
    assert len(list(store.each_item())) == 2


def test_a_line_without_a_number_is_known_by_all_that_it_says(store: Store) -> None:
    line: dict[str, object] = {"url": "https://a.example/x", "title": "Seven habits of networks that last", "text": LONG}
    assert (take(store, line), take(store, line)) == ({"new": 1}, {"known": 1})
    assert take(store, {**line, "title": "Seven habits of networks"}) == {"folded": 1}


def test_a_rejected_item_takes_in_what_is_the_same_through_a_third(store: Store) -> None:
    waiting, rejected = put(store, "a"), put(store, "b")
    store.decide(decision(item=rejected, verdict=Verdict.REJECT))
    put(store, "c", same(waiting, rejected))
    assert store.item(waiting).state is State.MERGED
    assert store.unfold(waiting, by="Ann", now=NOW).state is State.QUEUED


# ---------------------------------------------------------------- memory over editions


def publish(store: Store, item: ItemId, edition: str = "2026-03") -> None:
    store.decide(decision(item=item))
    section = Section(id="all", title="All", entries=(builders.entry(id=item),))
    store.release(builders.edition(id=edition, month_name="March 2026", sections=(section,)), files={}, now=NOW)


def arrive(store: Store, name: str, text: str) -> ItemId:
    """Let a page come in as the harvest does it."""
    url = f"https://north.example/{name}"
    made = resource(url=url, canonical_url=url, title=f"A title of {name} alone", text=text)
    fingerprint = dedupe.fingerprint(made)
    return store.add(made, fingerprint, dedupe.match(made, fingerprint, store.neighbours(fingerprint)), now=NOW)


def words(part: str) -> str:
    return " ".join(f"Word{part}{n} tells of thing{part}{n * 7} here." for n in range(60))


def test_what_was_published_does_not_come_up_again_and_its_changed_text_comes_up_once_as_an_update(store: Store) -> None:
    item = arrive(store, "a", words("x"))
    publish(store, item)
    assert store.item(arrive(store, "a", words("x"))).merged_into == item
    update = arrive(store, "a", words("x") + words("y"))
    assert (store.item(update).state, store.item(item).version) == (State.QUEUED, 1)
    (proposal,) = store.proposals(update)
    assert (proposal.of, proposal.rule) == (item, "update")
    assert proposal.evidence == "Readers had it; it says something else now. Both lead to north.example/a."
    assert arrive(store, "a", words("x") + words("y")) == update
    assert store.item(arrive(store, "a", words("x"))).cluster == item
    assert arrive(store, "a", words("x") + words("z")) == update
    assert (store.item(update).version, store.item(update).state) == (2, State.QUEUED)
    assert [one.changed for one in store.versions(update)] == [("text",)]


def test_an_update_that_was_published_is_followed_by_another_and_one_that_was_refused_is_not_offered_again(store: Store) -> None:
    item = arrive(store, "a", words("x"))
    publish(store, item)
    second = arrive(store, "a", words("x") + words("y"))
    publish(store, second, "2026-04")
    assert arrive(store, "a", words("x") + words("y")) == second
    third = arrive(store, "a", words("z"))
    assert [match.of for match in store.proposals(third)] == [second]
    store.decide(decision(item=third, verdict=Verdict.REJECT))
    assert arrive(store, "a", words("q")) == third
    assert store.counts()[State.QUEUED] == 0


def test_an_update_folded_into_what_was_published_is_known_and_the_next_change_is_offered(store: Store) -> None:
    item = arrive(store, "a", words("x"))
    publish(store, item)
    update = arrive(store, "a", words("x") + words("y"))
    assert store.fold(item, update, by="Ann", now=NOW).id == item
    assert store.item(arrive(store, "a", words("x") + words("y"))).state is State.MERGED
    assert store.item(arrive(store, "a", words("z"))).state is State.QUEUED


def test_what_an_old_bulletin_told_is_filled_in_and_not_offered_as_an_update(store: Store) -> None:
    item = put(store, "a")
    store.publish_past(decision(item=item), "past/letter-2024-05")
    assert arrive(store, "a", words("x")) == item
    assert (store.item(item).state, store.item(item).version) == (State.PUBLISHED, 2)


def test_what_is_remembered_of_an_item(store: Store) -> None:
    item, other = arrive(store, "a", words("x")), arrive(store, "b", words("y"))
    folded = arrive(store, "a", words("x"))
    store.fold(item, other, by="Ann", now=NOW)
    store.unfold(other, by="Ann", now=NOW)
    store.decide(decision(item=item, curator="Ann", blurb="Read it."))
    later = NOW + timedelta(days=1)
    made = replace(store.item(item).resource, text=words("z"), title="Another title")
    store.add(made, dedupe.fingerprint(made), Match(fold=Fold.REVISION, of=item), now=later)
    publish(store, item)
    memory = store.memory(store.item(item))
    assert memory.was is not None
    assert memory.was.said == "March 2026, item 1"
    assert (memory.source_changed, memory.apart, [one.id for one in memory.folded]) == (later, (other,), [folded])
    assert [(one.number, one.until, one.changed) for one in memory.versions] == [(1, later, ("title", "text"))]
    lines = {line["id"]: line for line in exchange.export_items(store)}
    assert lines[item]["was"] == {"edition": "2026-03", "month": "March 2026", "item": 1}
    assert (lines[item]["version"], lines[item]["source_changed"], lines[folded]["fold_rule"]) == (2, "2026-11-21T12:00:00+00:00", "address")


def test_a_copy_by_its_address_goes_with_what_has_that_address(store: Store) -> None:
    """A reprint is taken out of the article that it was folded into, and the reprint's print view is not left behind."""
    article = put(store, "article")
    reprint = put(store, "reprint", same(article))
    view = put(store, "reprint/amp", Match(fold=Fold.SAME, of=reprint, rule="address", evidence="Both lead there."))
    assert clusters(store, reprint, view) == [article, article]
    store.unfold(reprint, by="Ann", now=NOW)
    assert clusters(store, article, reprint, view) == [article, reprint, reprint]
    assert store.kept_apart(article) == (reprint,)
    store.undo(1, by="Ann", now=NOW)
    assert clusters(store, article, reprint, view) == [article] * 3


def test_who_is_taken_out_is_kept_apart_from_all_that_stood_above(store: Store) -> None:
    article = put(store, "article")
    reprint = put(store, "reprint", same(article))
    view = put(store, "reprint/amp", Match(fold=Fold.SAME, of=reprint, rule="address", evidence="Both lead there."))
    store.unfold(view, by="Ann", now=NOW)
    assert store.kept_apart(view) == (article,)  # the head of both
    store.unfold(reprint, by="Ann", now=NOW)
    assert store.kept_apart(view) == (article, reprint)


def test_what_was_kept_apart_is_so_again_when_a_fold_is_taken_back(store: Store) -> None:
    one = put(store, "one")
    other = put(store, "other", same(one))
    store.unfold(other, by="Ann", now=NOW)
    store.fold(one, other, by="Tom", now=NOW)
    assert store.kept_apart(other) == ()
    store.undo(1, by="Tom", now=NOW)
    assert (clusters(store, one, other), store.kept_apart(other)) == ([one, other], (one,))
    copy = put(store, "copy", same(one, other))
    assert clusters(store, one, other, copy) == [one, other, one]


def test_what_was_counted_of_an_earlier_state_is_not_kept_for_the_later_one(store: Store) -> None:
    page = put(store, "page", text="The first state of a page.")
    store.keep_features([counted(page, store.item(page).resource)])
    later = replace(store.item(page).resource, text="The second state of a page, and much longer than the first.")
    store.add(later, dedupe.fingerprint(later), Match(fold=Fold.REVISION, of=page, rule="address"), now=NOW)
    assert store._rows("SELECT item FROM features") == []


def test_the_first_state_of_an_item_is_kept_however_often_its_source_changes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.store.arrivals.STATES_KEPT", 2)
    page = put(store, "page", text="State 0 of a page.")
    for number in range(1, 8):
        later = replace(store.item(page).resource, text=f"State {number} of a page.")
        store.add(later, dedupe.fingerprint(later), Match(fold=Fold.REVISION, of=page, rule="address"), now=NOW)
    kept = [json.loads(row["resource"])["text"] for row in store._rows("SELECT resource FROM versions WHERE item = ? ORDER BY version", (page,))]
    assert kept == [f"State {number} of a page." for number in (0, 5, 6)]
