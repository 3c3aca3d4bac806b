"""The counts and lists of the desk from memory, against the same questions put to SQL; and the search that stays quick for every word."""

from __future__ import annotations

import contextlib
import gc
import sqlite3
import tempfile
import threading
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import dedupe
from pipeline.errors import ConflictError, NotFoundError, TransitionError
from pipeline.model import Event, Fold, ItemId, Kind, Lane, Match, Suggestion, Topic, Verdict
from pipeline.store import Store
from pipeline.store.search import phrases
from pipeline.web import facets as door
from pipeline.web import held, prospect, tally
from pipeline.web.facets import Facets
from pipeline.web.filters import ANY, SORTS, Filters, Sort
from tests import builders

NOW = builders.NOW
WORDS = ("network", "learning", "the", "covid-19")
TOPICS, SOURCES, PEOPLE = ("care", "learning", "older"), ("north", "south", "east"), ("Priya", "Tom")
KINDS = (Kind.ARTICLE, Kind.EVENT, Kind.REPORT)


@cache
def fresh() -> bytes:
    """A new database, made once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "curated.db"
        Store.open(path).close()
        return path.read_bytes()


class Bench:
    """A database and the counts of it."""

    def __init__(self, folder: str) -> None:
        self.path = Path(folder) / "curated.db"
        self.path.write_bytes(fresh())
        self.store = self.open()
        self.facets = Facets(self.open, lambda: NOW)
        self.number = 0

    def open(self) -> Store:
        return Store.open(self.path)

    def add(
        self, *, source: str = "north", kind: Kind = Kind.ARTICLE, words: str = "network", starts: int | None = None, of: int | None = None
    ) -> ItemId:
        self.number += 1
        url = f"https://{source}.example/{self.number}"
        event = Event(start=NOW + timedelta(days=starts)) if starts is not None else None
        made = builders.resource(url=url, canonical_url=url, title=f"{words} {self.number}", text=f"{words} and more", kind=kind, event=event)
        match = Match(fold=Fold.SAME, of=ItemId(of), rule="test", evidence="the test says so") if of else Match(fold=Fold.NEW)
        self.store.offer(source, [builders.lead(url=url, source=source)], NOW)
        (claim,) = self.store.lease(NOW, limit=1, seconds=60, owner="test")
        return self.store.add(made, dedupe.fingerprint(made), match, now=NOW + timedelta(seconds=self.number), claim=claim)

    def ids(self) -> list[ItemId]:
        return [item.id for item in self.store.each_item()]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(str(tmp_path))
    yield made
    made.store.close()


# ---------------------------------------------------------------- memory says what SQL says

numbers = st.integers(0, 40)
steps = st.one_of(
    st.tuples(st.just("add"), st.sampled_from(SOURCES), st.sampled_from(KINDS), st.sampled_from(WORDS), st.none() | st.integers(-3, 9)),
    st.tuples(st.just("same"), numbers, st.sampled_from(SOURCES)),
    st.tuples(st.just("decide"), numbers, st.sampled_from(tuple(Verdict)), st.sampled_from(PEOPLE), st.none() | st.sets(st.sampled_from(TOPICS))),
    st.tuples(st.just("fold"), numbers, numbers),
    st.tuples(st.just("unfold"), numbers),
    st.tuples(
        st.just("undo"),
    ),
    st.tuples(st.just("suggest"), numbers, st.sets(st.sampled_from(TOPICS)), st.floats(0, 1), st.booleans()),
    st.tuples(st.just("lane"), numbers, st.sampled_from(tuple(Lane))),
    st.tuples(st.just("assign"), numbers, st.sampled_from((*PEOPLE, ""))),
    st.tuples(st.just("edit"), numbers, st.none() | st.sampled_from(KINDS), st.none() | st.sets(st.sampled_from(TOPICS))),
    st.tuples(st.just("rerank"), numbers, st.floats(0, 1)),
    st.tuples(st.just("rename"), st.booleans()),
)
filters = st.builds(
    Filters,
    state=st.sampled_from(("", "", ANY, "accepted", "rejected", "deferred", "merged")),
    topic=st.sampled_from(("", "", *TOPICS, "none")),
    kind=st.sampled_from(("", *(kind.value for kind in KINDS))),
    source=st.sampled_from(("", "", *SOURCES)),
    person=st.sampled_from(("", "", *PEOPLE)),
    q=st.sampled_from(("", "", "net", "the", "covid-19", "learning 1", "*", '"')),
) | st.builds(Filters, lane=st.sampled_from([lane.value for lane in Lane if lane is not Lane.RANKED]), topic=st.sampled_from(("", *TOPICS)))


def do(bench: Bench, step: tuple[Any, ...]) -> None:
    """Take one step; what is not allowed just does not happen."""
    name, *rest = step
    known = bench.ids()
    with contextlib.suppress(ConflictError, TransitionError):
        getattr(Acts, name)(bench, *(known[one % len(known)] if type(one) is int and name != "add" else one for one in rest))


class Acts:
    """What can happen to items; items are given by number."""

    @staticmethod
    def add(bench: Bench, source: str, kind: Kind, words: str, starts: int | None) -> None:
        bench.add(source=source, kind=kind, words=words, starts=starts)

    @staticmethod
    def same(bench: Bench, item: ItemId, source: str) -> None:
        bench.add(source=source, of=item)

    @staticmethod
    def decide(bench: Bench, item: ItemId, verdict: Verdict, by: str, topics: set[str] | None) -> None:
        chosen = tuple(sorted(topics)) if topics is not None else None
        bench.store.decide(builders.decision(item=item, verdict=verdict, curator=by, topics=chosen, decided=NOW))

    @staticmethod
    def fold(bench: Bench, one: ItemId, other: ItemId) -> None:
        bench.store.fold(one, other, by="Tom", now=NOW)

    @staticmethod
    def unfold(bench: Bench, item: ItemId) -> None:
        bench.store.unfold(item, by="Tom", now=NOW)

    @staticmethod
    def undo(bench: Bench) -> None:
        bench.store.undo(1, by="Tom", now=NOW)

    @staticmethod
    def suggest(bench: Bench, item: ItemId, topics: set[str], rank: float, assigned: bool) -> None:
        bench.store.suggest(item, [Suggestion(topic=one, probability=0.6, assigned=assigned) for one in sorted(topics)], rank)

    @staticmethod
    def lane(bench: Bench, item: ItemId, lane: Lane) -> None:
        bench.store.set_lane(item, lane, "because")

    @staticmethod
    def edit(bench: Bench, item: ItemId, kind: Kind | None, topics: set[str] | None) -> None:
        shown = bench.store.item(item).overlay
        bench.store.edit(item, replace(shown, kind=kind, topics=tuple(sorted(topics)) if topics is not None else None), by="Tom", now=NOW)

    @staticmethod
    def rerank(bench: Bench, item: ItemId, rank: float) -> None:
        bench.store.rerank([(item, rank)])

    @staticmethod
    def assign(bench: Bench, item: ItemId, to: str) -> None:
        if to:
            bench.store.assign([item], to=to, by="Tom", now=NOW)
        else:
            bench.store.unassign([item])

    @staticmethod
    def rename(bench: Bench, joined: bool) -> None:
        care, learning = Topic(id="care", name="Care", was=("older",) if joined else ()), Topic(id="learning", name="Learning")
        bench.store.sync_topics([care, learning, *([] if joined else [Topic(id="older", name="Older")])], NOW, moving=True)


def by_sql(bench: Bench, asked: Filters, order: Sort = "best", after: ItemId | None = None) -> tuple[ItemId, ...]:
    return bench.store.item_ids(asked.item_query(order=order, after=after, limit=1_000), now=NOW)


def counted_by_sql(bench: Bench, asked: Filters) -> dict[str, dict[str, int]]:
    """Count by putting each value of each facet into the filters. A topic that goes by another name today is counted under that."""
    found: dict[str, dict[str, int]] = {}
    topics = [topic for topic in TOPICS if topic not in bench.store.renames()]
    values = {"topic": topics, "kind": [kind.value for kind in KINDS], "source": SOURCES, "person": PEOPLE}
    for name, choices in values.items():
        counts = {value: len(by_sql(bench, replace(asked, **{name: value}))) for value in choices}
        found[name] = {value: count for value, count in counts.items() if count}
    return found


@settings(max_examples=25, deadline=None)
@given(before=st.lists(steps, max_size=12), after=st.lists(steps, max_size=8), asked=st.lists(filters, min_size=1, max_size=4))
def test_under_any_filter_memory_counts_and_lists_what_sql_does(
    before: list[tuple[Any, ...]], after: list[tuple[Any, ...]], asked: list[Filters]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder)
        for number in range(4):
            bench.add(source=SOURCES[number % 3], words=WORDS[number], starts=number - 1)
        for step in before:
            do(bench, step)
        for one in asked:
            bench.facets.look(bench.store, one)  # loaded and counted here: what comes is followed
        for step in after:
            do(bench, step)
        for one in asked:
            same(bench, one)
        bench.store.close()


def same(bench: Bench, asked: Filters) -> None:
    store, facets = bench.store, bench.facets
    expected = by_sql(bench, asked)
    look = facets.look(store, asked, limit=1_000)
    assert look.total == len(expected)
    assert facets.members(store, asked) == expected
    assert look.every == facets.look(store, Filters()).counts
    counts = look.counts
    for name, counted in counted_by_sql(bench, asked).items():
        known = {value: count for value, count in counts[name].items() if value in dict.fromkeys((*TOPICS, *SOURCES, *PEOPLE, *KINDS))}
        assert {value: known.get(value, 0) for value in counted} == counted
    decided = {source: [len(by_sql(bench, Filters(source=source, state=one))) for one in ("accepted", "rejected")] for source in SOURCES}
    assert facets.record(store, SOURCES) == {source: (kept, kept + bad) for source, (kept, bad) in decided.items() if kept + bad}
    taken, turned_down = (len(by_sql(bench, Filters(state=one))) for one in ("accepted", "rejected"))
    assert facets.decided(store) == (taken, taken + turned_down)
    for order in SORTS:
        listed = by_sql(bench, asked, order)
        assert facets.look(store, asked, order=order, limit=1_000).page == listed
        for place, one in enumerate(listed[:3]):
            assert facets.look(store, asked, order=order, after=one, limit=2).page == listed[place + 1 : place + 3]


# ---------------------------------------------------------------- the parts


class Many(tally.Among):
    """Items that are looked for along the line, as very many are."""

    @property
    def count(self) -> int:
        return 1_000_000


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(-1, 5)), max_size=60), st.sets(st.integers(0, 200)), st.integers(0, 200), st.integers(1, 9)
)
def test_an_order_that_was_changed_again_and_again_lists_as_one_that_is_sorted_anew(
    moves: list[tuple[int, int]], flagged: set[int], after: int, limit: int
) -> None:
    keys = np.full(tally.room_for(200), -1, np.int64)
    keys[:100] = np.arange(100) % 7
    order = tally.Order(keys.copy())
    for item, key in moves:
        order.put(item, key)
        keys[item] = key
    placed = sorted((int(keys[one]), one) for one in flagged if keys[one] >= 0)
    start = int(keys[after]), after
    among, many = (Among(tally.pack(np.array(sorted(flagged), np.int32), len(keys))) for Among in (tally.Among, Many))
    assert order.falling(among, after=None, limit=limit) == [one for _, one in reversed(placed)][:limit]
    assert order.rising(among, least=3, after=None, limit=limit) == [one for key, one in placed if key >= 3][:limit]
    assert order.falling(many, after=None, limit=limit) == order.falling(among, after=None, limit=limit)
    assert tally.newest(among.bits, after=after, limit=limit) == sorted((one for one in flagged if one < after), reverse=True)[:limit]
    if keys[after] >= 0:
        assert order.falling(many, after=after, limit=limit) == order.falling(among, after=after, limit=limit)
        assert order.falling(among, after=after, limit=limit) == [one[1] for one in reversed(placed) if one < start][:limit]
        assert order.rising(among, least=0, after=after, limit=limit) == [one[1] for one in placed if one > start][:limit]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 99_999), st.sets(st.sampled_from("abc"))), max_size=40))
def test_a_facet_knows_what_each_item_has_however_frequent_a_value_is(moves: list[tuple[int, set[str]]]) -> None:
    room = tally.room_for(99_999)
    having = {"a": set(range(0, 60_000, 2)), "b": set(range(50))}
    facet = tally.Facet({value: np.array(sorted(items), np.int64) for value, items in having.items()}, room)
    for item, values in moves:
        facet.put(item, tuple(values), room)
        for value in "abc":
            having.setdefault(value, set()).discard(item)
        for value in values:
            having[value].add(item)
        assert facet.of(item) == tuple(sorted(values))
    every = tally.Among(np.full(room // 64, 2**64 - 1, np.uint64))
    spare = np.empty(room // 64, np.uint64), np.empty(room // 64, np.uint8)
    for value, members in facet.values.items():
        assert set(np.flatnonzero(tally.unpack(members.bits(room))).tolist()) == having[value]
        assert members.count(every, spare) == len(having[value])
    items = np.array(sorted({*range(0, 60_000, 3), *(item for item, _ in moves)}), np.int32)
    counts = {value: len(having[value].intersection(items.tolist())) for value in having}
    assert facet.counted(items, {}) == {value: count for value, count in counts.items() if count}
    assert facet.counted(items, {"a": "b"})["b"] == len((having["a"] | having["b"]).intersection(items.tolist()))


VALUES = tuple(f"value-{place}" for place in range(30))
Sets = st.sets(st.sampled_from(VALUES), max_size=5)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.integers(0, 99), Sets, max_size=40),
    st.lists(st.tuples(st.integers(0, 99), Sets), max_size=120),
    st.dictionaries(st.sampled_from(VALUES), st.sampled_from((*VALUES, "another")), max_size=8),
    st.sets(st.integers(0, 99)),
)
def test_a_facet_counts_as_going_through_all_items_does_however_often_they_change(
    first: dict[int, set[str]], moves: list[tuple[int, set[str]]], renames: dict[str, str], asked: set[int]
) -> None:
    room = tally.room_for(99)
    with pytest.MonkeyPatch.context() as few:
        few.setattr(tally, "_LINKS", 7)
        facet = tally.Facet({one: np.array(sorted(item for item, has in first.items() if one in has), np.int64) for one in VALUES}, room)
        has = {item: first.get(item, set()) for item in range(100)}
        for item, values in moves:
            has[item] = values
            facet.put(item, tuple(values), room)
    assert [facet.of(item) for item in range(100)] == [tuple(sorted(has[item])) for item in range(100)]
    for said in ({}, renames):
        counted = Counter(value for item in asked for value in {said.get(one, one) for one in has[item]})
        assert facet.counted(np.array(sorted(asked), np.int64), said) == counted


def test_what_is_named_by_ever_more_sources_takes_a_few_bytes_each_time() -> None:
    room = tally.room_for(9_999)
    facet = tally.Facet({f"source-{place}": np.arange(place, 10_000, 100) for place in range(100)}, room)
    tracemalloc.start()
    for step in range(1, 4):
        for item in range(10_000):
            facet.put(item, (*facet.of(item), f"source-{(item * 7 * step + item // 100) % 100}"), room)
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert taken < 30_000 * 40


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=30))
def test_ranks_as_whole_numbers_stand_in_the_same_order_and_must_haves_above_all(ranks: list[tuple[float, bool]]) -> None:
    keyed = sorted(ranks, key=lambda one: tally.key_of(one[0], must_have=one[1]))
    assert keyed == sorted(ranks, key=lambda one: (one[1], one[0]))


# ---------------------------------------------------------------- loading, searching, the address


def test_what_changed_too_much_is_read_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.add()
    assert bench.facets.look(bench.store, Filters()).total == 1
    monkeypatch.setattr(door, "IN_STEP", 2)
    for _ in range(5):
        bench.add()
    same(bench, Filters())


def test_a_large_desk_is_loaded_beside_the_visits_and_until_then_lists_come_from_sql(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [bench.add(starts=number) for number in range(3)]
    monkeypatch.setattr(door, "AT_ONCE", 0)
    facets = Facets(bench.open, lambda: NOW)
    ended, load = threading.Event(), held.load
    monkeypatch.setattr(door, "load", lambda store: (ended.wait(20), load(store))[1])
    look = facets.look(bench.store, Filters(), order="soonest")
    assert (look.page, look.counts, look.every, look.total) == (tuple(items), {}, {}, None)
    ended.set()
    loader = next(one for one in threading.enumerate() if one.name == "facets")
    loader.join(20)
    assert facets.look(bench.store, Filters()).total == 3


def test_many_changes_of_a_large_desk_are_followed_beside_the_visits_without_reading_all_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.add()
    assert bench.facets.look(bench.store, Filters()).total == 1
    monkeypatch.setattr(door, "AT_ONCE", 0)
    monkeypatch.setattr(door, "IN_STEP", 2)
    monkeypatch.delattr(door, "load")
    items = [bench.add(starts=number) for number in range(5)]
    look = bench.facets.look(bench.store, Filters(), order="soonest")
    assert (look.page, look.total) == (tuple(items), None)
    for one in (one for one in threading.enumerate() if one.name == "facets"):
        one.join(20)
    assert bench.facets.look(bench.store, Filters()).total == 6
    same(bench, Filters())


def test_a_number_beyond_the_room_makes_room(bench: Bench) -> None:
    bench.add()
    same(bench, Filters())
    bench.store.close()
    with sqlite3.connect(bench.path) as db:
        db.execute("UPDATE sqlite_sequence SET seq = 200000 WHERE name = 'items'")
    bench.store = bench.open()
    assert bench.add() > 200_000
    same(bench, Filters())


@pytest.mark.parametrize("words", ["network", "the", "net", "n", "covid-19", "covid 19", "Network LEARNING", "nétwork", "\U0001e900", "a" * 500])
def test_the_newest_that_hold_the_words_are_found_and_each_of_a_few_can_be_asked(bench: Bench, words: str) -> None:
    items = [bench.add(words=one) for one in ("network learning", "the network", "covid-19", "Nétwork")]
    found = [int(one) for one in bench.store.newest_with(words, limit=10).split(",") if one]
    assert set(found) == set(bench.store.holding(words, among=items))
    assert found == sorted(found, reverse=True)
    assert bench.store.newest_with(words, limit=1) == ",".join(map(str, found[:1]))


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_question_that_the_index_understands(typed: str) -> None:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE search USING fts5(a, content='', detail=column, prefix='1 2', tokenize='unicode61 remove_diacritics 2')")
    words = phrases(typed)
    assert not words or db.execute("SELECT rowid FROM search WHERE search MATCH ?", (words,)).fetchall() == []
    db.close()


@given(filters)
def test_filters_are_read_from_an_address_as_they_were_written(asked: Filters) -> None:
    assert Filters.from_query(dict(parse_qsl(asked.query()))) == asked


def test_a_kind_that_there_is_not_is_refused_and_an_unknown_state_is_the_queue() -> None:
    with pytest.raises(NotFoundError):
        Filters.from_query({"kind": "poem"})
    assert Filters.from_query({"state": "nowhere", "lane": "ranked"}) == Filters()


def test_a_page_never_goes_through_the_log_though_nobody_gathered_statistics_of_the_tables(bench: Bench) -> None:
    item = ItemId(bench.add())
    asked: list[str] = []
    bench.store._db.set_trace_callback(asked.append)
    bench.store.item(item)
    bench.store.decisions(item)
    bench.store.decisions(since=NOW)
    bench.store.verdicts_since(NOW)
    bench.store.last_act_state()
    bench.store._db.set_trace_callback(None)
    about = [sql for sql in asked if "decisions" in sql]
    plans = [" ".join(str(row[3]) for row in bench.store._rows(f"EXPLAIN QUERY PLAN {sql}")) for sql in about]
    assert len(plans) >= 5
    assert not [plan for plan in plans if "decisions_act" in plan or "SCAN decisions" in plan]
    assert any("decisions_undone" in plan for plan in plans)


@pytest.mark.parametrize("room", [door, prospect])
def test_counting_a_large_desk_lets_the_page_go_out_first(room: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that counts at once would take every other turn of the page that somebody waits for."""
    told: list[str] = []

    def opened() -> Store:
        told.append("opens")
        return Store.open(tmp_path / "curated.db")

    monkeypatch.setattr(room, "sleep", lambda seconds: told.append(f"waits {seconds}"))
    if room is door:
        Facets(opened, lambda: NOW)._work()
    else:
        prospect.Prospect(opened, lambda: NOW)._work(0, 0)
    assert told[:2] == [f"waits {door.BREATH}", "opens"]
    assert door.BREATH >= 0.2
