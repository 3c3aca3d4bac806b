"""Items: coming in, being found again, being listed and searched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import dedupe
from pipeline.errors import NotFoundError
from pipeline.model import Event, Fingerprint, Fold, ItemId, Kind, Match, Resource, State, Suggestion, Verdict
from pipeline.store import ItemQuery, Store
from pipeline.store.hashes import HOT
from pipeline.store.search import JOINED_AT
from tests.builders import NOW, decision, lead, resource

DAY = timedelta(days=1)
NEW = Match(fold=Fold.NEW)


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as made:
        yield made


def put(store: Store, name: str, match: Match = NEW, *, now: datetime = NOW, keys: tuple[str, ...] | None = None, **changes: Any) -> ItemId:
    url = f"https://north.example/{name}"
    fields = {"url": url, "canonical_url": url, "title": name} | changes
    fingerprint = Fingerprint(keys=keys if keys is not None else (f"url:north.example/{name}",), title=name)
    return store.add(resource(**fields), fingerprint, match, now=now)


def same(of: ItemId) -> Match:
    return Match(fold=Fold.SAME, of=of, rule="doi", evidence="Both say doi:10.1/x.")


# ---------------------------------------------------------------- coming in


def test_a_new_resource_is_a_queued_item_that_reads_back_as_it_was(store: Store) -> None:
    full = resource(
        published=datetime(2026, 11, 3, 9, tzinfo=UTC),
        event=Event(start=date(2026, 12, 1), problems=("ends-early: 30 November",)),
        duration=timedelta(minutes=9),
        identifiers={"doi": "10.1/x"},
        origin={"title": "json-ld"},
        text="Zeichen: \0 \n é 漢字 🙂",
    )
    number = store.add(full, Fingerprint(keys=("doi:10.1/x",)), NEW, now=NOW, origin_id="ours-7", extra={"series": ["a"], "n": 1})
    item = store.item(number)
    assert (item.resource, item.state, item.added, item.version, item.cluster) == (full, State.QUEUED, NOW, 1, number)
    assert (item.origin_id, item.extra) == ("ours-7", {"series": ["a"], "n": 1})


def test_what_no_source_named_has_a_sighting_of_its_import(store: Store) -> None:
    number = store.add(resource(), Fingerprint(keys=()), NEW, now=NOW)
    assert [(one.lead.source, one.lead.url, one.first_seen) for one in store.item(number).sightings] == [("import", resource().url, NOW)]
    assert store.offer("north-blog", [lead()], NOW) == (1, 0)
    assert [one.lead.source for one in store.item(number).sightings] == ["import", "north-blog"]


def test_an_import_without_an_address_is_an_item_too(store: Store) -> None:
    first = store.add(resource(url="", canonical_url=None), Fingerprint(keys=()), NEW, now=NOW)
    second = store.add(resource(url="", canonical_url=None), Fingerprint(keys=()), NEW, now=NOW)
    assert [len(store.item(one).sightings) for one in (first, second)] == [1, 1]


def test_an_import_settles_the_lead_that_waits_for_its_address(store: Store) -> None:
    store.offer("north-blog", [lead()], NOW)
    number = store.add(resource(), Fingerprint(keys=()), NEW, now=NOW)
    assert store.pending(NOW) == 0
    assert {one.lead.source for one in store.item(number).sightings} == {"import", "north-blog"}


def test_the_same_again_is_a_folded_row_and_its_sighting_shows_at_the_head(store: Store) -> None:
    head = put(store, "a")
    row = put(store, "b", same(head))
    folded = store.item(row)
    assert (folded.state, folded.merged_into, folded.fold_rule, folded.fold_evidence) == (State.MERGED, head, "doi", "Both say doi:10.1/x.")
    assert [one.lead.title for one in store.item(head).sightings] == ["a", "b"]
    assert [one.lead.title for one in folded.sightings] == ["b"]
    assert [item.id for item in store.items(ItemQuery())] == [head]


def test_the_same_as_a_folded_one_goes_to_the_head_of_heads(store: Store) -> None:
    head = put(store, "a")
    third = put(store, "c", same(put(store, "b", same(head))))
    assert (store.item(third).merged_into, store.item(third).cluster) == (head, head)


def through(store: Store, *, of: ItemId, also: ItemId) -> ItemId:
    match = Match(fold=Fold.SAME, of=of, rule="text", evidence="All of it.", also=(also,))
    return put(store, "whole", match)


def test_what_shows_two_clusters_to_be_one_joins_them_and_unfolding_parts_them(store: Store) -> None:
    one, other = put(store, "one"), put(store, "other")
    copy = put(store, "copy", same(other))
    whole = through(store, of=one, also=other)
    assert [store.item(item).cluster for item in (one, other, copy, whole)] == [one] * 4
    assert (store.item(other).fold_rule, store.item(other).fold_evidence) == ("through", f"Item {whole} is the same as both.")
    store.unfold(other, by="Sam", now=NOW)
    assert [store.item(item).cluster for item in (one, other, copy, whole)] == [one, other, other, one]
    assert (store.item(other).state, store.item(other).fold_rule) == (State.QUEUED, "")


def test_what_somebody_knows_is_the_head_of_what_is_joined(store: Store) -> None:
    one, decided = put(store, "one"), put(store, "decided")
    store.decide(decision(item=decided))
    whole = through(store, of=one, also=decided)
    assert [store.item(item).cluster for item in (one, decided, whole)] == [decided] * 3
    store.unfold(one, by="Sam", now=NOW)
    assert [store.item(item).cluster for item in (one, decided, whole)] == [one, decided, one]


def test_two_that_somebody_knows_are_not_joined_but_proposed(store: Store) -> None:
    one, other = put(store, "one"), put(store, "other")
    for item in (one, other):
        store.decide(decision(item=item))
    whole = through(store, of=one, also=other)
    assert [store.item(item).cluster for item in (one, other, whole)] == [one, other, one]
    evidence = f"Item {whole} is the same as both."
    assert store.proposals(one) == (Match(fold=Fold.MAYBE, of=other, rule="through", evidence=evidence),)


def test_what_somebody_kept_apart_is_not_joined(store: Store) -> None:
    one, apart = put(store, "one"), put(store, "apart")
    store.fold(one, apart, by="Sam", now=NOW)
    store.unfold(apart, by="Sam", now=NOW)
    through(store, of=one, also=apart)
    assert [store.item(item).cluster for item in (one, apart)] == [one, apart]


def test_perhaps_the_same_is_queued_with_a_proposal_on_both_sides(store: Store) -> None:
    first = put(store, "a")
    second = put(store, "b", Match(fold=Fold.MAYBE, of=first, rule="title", evidence="Equal titles."))
    assert store.item(second).state is State.QUEUED
    assert store.proposals(second) == (Match(fold=Fold.MAYBE, of=first, rule="title", evidence="Equal titles."),)
    assert store.proposals(first) == (Match(fold=Fold.MAYBE, of=second, rule="title", evidence="Equal titles."),)


def test_a_proposal_names_the_head_and_ends_with_the_fold(store: Store) -> None:
    first = put(store, "a")
    second = put(store, "b", Match(fold=Fold.MAYBE, of=first, rule="title", evidence="Equal titles."))
    third = put(store, "c")
    store.fold(third, first, by="Sam", now=NOW)
    assert [match.of for match in store.proposals(second)] == [third]
    store.fold(third, second, by="Sam", now=NOW)
    assert store.proposals(second) == store.proposals(third) == ()


def test_a_revision_keeps_number_state_and_the_curators_words_and_the_text_before(store: Store) -> None:
    number = put(store, "a", text="Old words.")
    store.decide(decision(item=number, topics=("ours",)))
    assert put(store, "a2", Match(fold=Fold.REVISION, of=number, rule="url"), text="Novel words.", kind=Kind.REPORT) == number
    item = store.item(number)
    assert (item.version, item.resource.text, item.kind, item.state, item.topics) == (2, "Novel words.", Kind.REPORT, State.ACCEPTED, ("ours",))
    assert (store.search("novel"), store.search("old")) == ((number,), ())
    (kept,) = store._rows("SELECT version, json_extract(resource, '$.text') FROM versions")
    assert tuple(kept) == (1, "Old words.")


def test_a_revision_is_found_by_its_old_and_its_new_names(store: Store) -> None:
    number = store.add(resource(), Fingerprint(keys=("doi:10.1/x",), shingles=(1, 2, 3), title="old"), NEW, now=NOW)
    store.add(resource(), Fingerprint(keys=("doi:10.1/y",), shingles=(7, 8, 9), title="new"), Match(fold=Fold.REVISION, of=number), now=NOW)
    found = {keys: [one.id for one in store.neighbours(Fingerprint(keys=(keys,)))] for keys in ("doi:10.1/x", "doi:10.1/y", "doi:10.1/z")}
    assert found == {"doi:10.1/x": [number], "doi:10.1/y": [number], "doi:10.1/z": []}
    assert store.neighbours(Fingerprint(keys=(), shingles=(1, 2, 3), title="old")) == ()


@pytest.mark.parametrize("of", [None, ItemId(99), ItemId(10**30), ItemId(-1)])
@pytest.mark.parametrize("fold", [Fold.SAME, Fold.MAYBE, Fold.REVISION])
def test_a_match_with_nothing_is_a_named_error_and_stores_nothing(store: Store, fold: Fold, of: ItemId | None) -> None:
    with pytest.raises(NotFoundError):
        put(store, "a", Match(fold=fold, of=of))
    assert list(store.each_item()) == []


@given(text=st.text(), title=st.text(), url=st.text(max_size=50))
def test_any_text_survives_the_store(text: str, title: str, url: str) -> None:
    with Store.open(":memory:") as store:
        made = Resource(url=url, title=title, text=text)
        number = store.add(made, dedupe.fingerprint(made), NEW, now=NOW)
        assert store.item(number).resource == made
        assert store.search(text) in ((), (number,))


# ---------------------------------------------------------------- neighbours


def test_neighbours_share_an_identity_a_title_or_two_shingles(store: Store) -> None:
    def add(name: str, fingerprint: Fingerprint) -> ItemId:
        return store.add(resource(url=f"https://a.example/{name}", canonical_url=None), fingerprint, NEW, now=NOW)

    by_text = add("1", Fingerprint(keys=("url:1",), shingles=(2**64 - 1, 2**63, 5)))
    by_title = add("2", Fingerprint(keys=("url:2",), title="how a network learns"))
    by_key = add("3", Fingerprint(keys=("url:3", "doi:10.1/x")))
    add("4", Fingerprint(keys=("url:4",), shingles=(5, 6), title=""))
    found = store.neighbours(Fingerprint(keys=("doi:10.1/x",), shingles=(2**64 - 1, 2**63, 6), title="how a network learns"))
    assert [one.id for one in found] == [by_key, by_title, by_text]
    assert found[2].fingerprint.shingles == (2**64 - 1, 2**63, 5)
    assert store.neighbours(Fingerprint(keys=())) == ()


def test_folded_rows_are_neighbours_too(store: Store) -> None:
    head = put(store, "a")
    row = put(store, "b", same(head))
    (found,) = store.neighbours(Fingerprint(keys=("url:north.example/b",)))
    assert (found.id, found.state) == (row, State.MERGED)


def test_what_everybody_shares_brings_few_neighbours(store: Store) -> None:
    everywhere = Fingerprint(keys=("doi:10.1/journal",), shingles=(1, 2, 3), title="newsletter")
    for number in range(80):
        store.add(resource(url=f"https://a.example/{number}", canonical_url=None), everywhere, NEW, now=NOW)
    assert 10 <= len(store.neighbours(everywhere)) <= 30
    assert [row[0] for row in store._rows("SELECT count(*) FROM shingles GROUP BY hash")] == [HOT, HOT, HOT]


def test_what_a_curator_kept_apart_from_the_same_address_does_not_come_back(store: Store) -> None:
    first = store.add(resource(), Fingerprint(keys=("url:1",), title="t"), NEW, now=NOW)
    second = store.add(resource(), Fingerprint(keys=("url:2",), title="t"), same(first), now=NOW)
    store.unfold(second, by="Sam", now=NOW)
    again = Fingerprint(keys=("url:2",), title="t")
    assert [one.id for one in store.neighbours(again)] == [second]
    assert [one.id for one in store.neighbours(Fingerprint(keys=("url:3",), title="t"))] == [second, first]


# ---------------------------------------------------------------- finding


def test_an_item_is_found_by_any_address_that_led_to_it_and_by_the_id_it_came_with(store: Store) -> None:
    head = store.add(resource(), Fingerprint(keys=("url:north.example/a", "doi:10.1/x")), NEW, now=NOW, origin_id="o-1")
    row = put(store, "b", same(head))
    for words in ("http://www.north.example/a?utm_source=x", "https://north.example/b", "o-1", "https://doi.org/10.1/x"):
        assert store.find(words) == head
    assert store.item(row).merged_into == head
    assert store.find("https://nowhere.example/") is store.find("") is store.find("\udc00") is None


@pytest.mark.parametrize("number", [0, 99, -3, 10**40])
def test_an_unknown_item_is_a_named_error(store: Store, number: int) -> None:
    with pytest.raises(NotFoundError, match="There is no item"):
        store.item(ItemId(number))
    with pytest.raises(NotFoundError):
        store.decide(decision(item=ItemId(number)))


# ---------------------------------------------------------------- listing


def test_the_queue_is_the_best_first_and_goes_on_after_the_last_one_shown(store: Store) -> None:
    numbers = [put(store, name) for name in "abcd"]
    for number, rank in zip(numbers, (0.2, 0.9, 0.2, 0.5), strict=True):
        store.suggest(number, (), rank)
    a, b, c, d = numbers
    assert [item.id for item in store.items(ItemQuery())] == [b, d, c, a]
    assert [item.id for item in store.items(ItemQuery(after=d, limit=1))] == [c]
    store.decide(decision(item=d))  # decided meanwhile: the page after it is still the same
    assert [item.id for item in store.items(ItemQuery(after=d))] == [c, a]


def test_lists_can_be_newest_first_or_by_number(store: Store) -> None:
    a, b, c = put(store, "a", now=NOW + DAY), put(store, "b"), put(store, "c")
    assert [item.id for item in store.items(ItemQuery(order="newest"))] == [a, c, b]
    assert [item.id for item in store.items(ItemQuery(order="newest", after=c))] == [b]
    assert [item.id for item in store.items(ItemQuery(order="id", after=a))] == [b, c]


def test_lists_can_be_narrowed_to_states_kind_source_topic_and_words(store: Store) -> None:
    a = put(store, "a", title="Learning networks", text="x", description=None)
    b = put(store, "b", title="Waiting lists", text="x", description=None, kind=Kind.VIDEO)
    store.offer("south", [lead(url="https://north.example/b")], NOW)
    store.suggest(a, (Suggestion(topic="networks", probability=0.8, reasons=("network",)), Suggestion(topic="lists", probability=0.3)), 0)
    store.suggest(b, (Suggestion(topic="networks", probability=0.6),), 0)
    store.decide(decision(item=b, topics=("lists",), kind=Kind.WEBINAR))

    def found(**query: Any) -> list[ItemId]:
        return [item.id for item in store.items(ItemQuery(states=(), order="id", **query))]

    assert found() == [a, b]
    assert (found(topic="networks"), found(topic="lists")) == ([a], [b])
    assert (found(kind=Kind.ARTICLE), found(kind=Kind.VIDEO), found(kind=Kind.WEBINAR)) == ([a], [], [b])
    assert (found(source="south"), found(source="import"), found(source="west")) == ([b], [a, b], [])
    assert (found(text="learn"), found(text="list waiting"), found(text="!!!"), found(text="  ")) == ([a], [], [], [a, b])
    assert found(text="waiting list", kind=Kind.WEBINAR, topic="lists", source="south") == [b]
    assert store.item(a).suggestions[0] == Suggestion(topic="networks", probability=0.8, reasons=("network",))


def test_no_topics_chosen_is_in_no_topic(store: Store) -> None:
    a = put(store, "a")
    store.suggest(a, (Suggestion(topic="networks", probability=0.8),), 0)
    store.decide(decision(item=a, topics=()))
    assert store.items(ItemQuery(states=(), topic="networks")) == ()


def test_folded_items_are_listed_only_when_named_and_always_exported(store: Store) -> None:
    head = put(store, "a")
    row = put(store, "b", same(head))
    assert [item.id for item in store.items(ItemQuery(states=()))] == [head]
    assert [item.id for item in store.items(ItemQuery(states=(State.MERGED,)))] == [row]
    assert [item.id for item in store.each_item()] == [head, row]
    assert [item.id for item in store.each_item(State.MERGED)] == [row]


def test_every_item_comes_once_however_many_there_are(store: Store) -> None:
    with store.transaction():
        for number in range(450):
            put(store, str(number), text="")
    assert [item.id for item in store.each_item()] == list(range(1, 451))


def test_counts_name_every_state(store: Store) -> None:
    head = put(store, "a")
    put(store, "b", same(head))
    store.decide(decision(item=put(store, "c"), verdict=Verdict.REJECT))
    assert store.counts() == dict.fromkeys(State, 0) | {State.QUEUED: 1, State.MERGED: 1, State.REJECTED: 1}


def test_suggesting_again_replaces_what_was_suggested(store: Store) -> None:
    a = put(store, "a")
    store.suggest(a, (Suggestion(topic="one", probability=0.9),), 0.9)
    store.suggest(a, (Suggestion(topic="two", probability=0.7), Suggestion(topic="two", probability=0.1)), 0.1)
    assert (store.item(a).suggestions, store.item(a).rank) == ((Suggestion(topic="two", probability=0.7),), 0.1)
    with pytest.raises(NotFoundError):
        store.suggest(ItemId(9), (), 0)


# ---------------------------------------------------------------- searching


def test_a_search_finds_all_words_the_title_first_and_the_last_as_a_beginning(store: Store) -> None:
    in_text = put(store, "a", title="Other", text="A café where networks meet.")
    in_title = put(store, "b", title="Networks meet", text="Nothing.")
    assert store.search("network") == (in_title, in_text)
    assert store.search("CAFE networks") == (in_text,)
    assert store.search("network meet") == ()
    assert store.search("networks", limit=1) == (in_title,)


def test_a_folded_item_is_found_as_its_head(store: Store) -> None:
    head = put(store, "a", title="One", text="")
    put(store, "b", same(head), title="Two", text="")
    assert store.search("two") == (head,)


@given(st.text() | st.text(alphabet="\"*^:(){}-+ANDORTNE \0\\'", max_size=30))
def test_no_search_is_an_error(words: str) -> None:
    with Store.open(":memory:") as store:
        assert store.search(words) == ()
        assert store.items(ItemQuery(text=words or "x")) == ()


def parts(store: Store) -> int:
    return int(store._rows("SELECT count(DISTINCT segid) FROM search_idx")[0][0])


def test_parts_of_the_search_index_are_joined_as_items_come_and_none_is_lost(store: Store) -> None:
    before = 0
    for number in range(1, JOINED_AT + 3):
        put(store, f"word{number} common")
        if number == JOINED_AT - 1:
            before = parts(store)
    assert parts(store) < before / 2
    assert store.newest_with("common ", limit=10_000).count(",") == JOINED_AT + 1
    assert [len(store.search(f"word{number}")) for number in (249, 250, 251, 252)] == [1, 1, 1, 1]


def test_what_a_transaction_that_fails_brought_is_neither_stored_nor_found(store: Store) -> None:
    put(store, "word one")
    with suppress(ZeroDivisionError), store.transaction():
        put(store, "word two")
        _ = 1 / 0
    assert store.newest_with("word", limit=9) == "1"
