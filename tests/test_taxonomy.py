"""Help for the taxonomy: what is worth a look, and a taxonomy that changes under decisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import config, dedupe
from pipeline.classify import taxonomy
from pipeline.classify.taxonomy import Change, Remark
from pipeline.errors import ConfigError
from pipeline.model import Fold, Item, ItemId, Match, Overlay, State, Suggestion, Topic
from pipeline.store import ItemQuery, Store
from pipeline.store.topics import followed, renamed
from tests import builders
from tests.builders import NOW, decision, resource
from tests.desk import Desk

FALLS = Topic(id="falls", name="Falls", keywords=("hip fracture", "falls prevention"))
DATA = Topic(id="data", name="Data", keywords=("run chart", "dashboard"))
PEOPLE = Topic(id="people", name="Leadership", description="Leading teams.", keywords=("manager",))
TOPICS = (FALLS, DATA, PEOPLE)


def item(number: int, *suggested: str, said: tuple[str, ...] | None = None, state: State = State.QUEUED, text: str = "") -> Item:
    made = resource(title=f"Page {number}", description=None, text=text or "A walk in the garden.")
    return builders.item(
        id=ItemId(number),
        resource=made,
        state=state,
        suggestions=tuple(Suggestion(topic=one, probability=0.8) for one in suggested),
        overlay=Overlay(topics=said),
    )


def kept(number: int, *suggested: str, said: tuple[str, ...], text: str = "") -> Item:
    return item(number, *suggested, said=said, state=State.ACCEPTED, text=text)


def remarks(about: str, topics: Sequence[Topic], items: Sequence[Item]) -> list[Remark]:
    return [one for one in taxonomy.review(topics, items) if one.about == about]


# ---------------------------------------------------------------- what is worth a look


@pytest.mark.parametrize("name", ["&", "…", "Other", "!!!"])
def test_a_topic_without_words_is_said_to_have_none(name: str) -> None:
    (one,) = remarks("wordless", [Topic(id="none", name=name), FALLS], [])
    assert (one.topic, one.sentence) == ("none", f"“{name}” has no word that could be looked for in a text. Give it keywords.")


def test_two_topics_alike_are_told_with_the_words_they_share() -> None:
    twin = Topic(id="slips", name="Falls", keywords=("fracture of the hip",))
    (one,) = remarks("alike", [FALLS, twin, DATA], [])
    assert (one.topic, one.other, one.count, one.of) == ("falls", "slips", 3, 4)
    assert one.words == ("falls", "fracture", "hip")
    assert not remarks("alike", [FALLS, replace(twin, facet="audience")], [])


def test_topics_that_never_fire_and_that_fire_on_everything_are_told_with_examples() -> None:
    items = [item(n, *(("data",) if n % 2 else ()), text="A dashboard again." if n % 2 else "") for n in range(40)]
    (never,) = remarks("never", [FALLS, DATA], items)
    assert (never.topic, never.of) == ("falls", 40)
    assert never.sentence.startswith("“Falls” is suggested for none of 40 items. No word of its name and keywords stands in them")
    (often,) = remarks("often", [FALLS, DATA], items)
    assert (often.topic, often.count, often.of, often.words) == ("data", 20, 40, ("dashboard",))
    assert often.examples == ("Page 39", "Page 37", "Page 35")


def test_a_harvest_of_a_few_items_says_nothing_about_silence() -> None:
    assert {one.about for one in taxonomy.review(TOPICS, [item(n) for n in range(19)])} == set()


def test_topics_that_come_together_are_told_as_overlapping() -> None:
    items = [item(n, *(("falls", "data") if n < 8 else ("falls",) if n < 10 else ())) for n in range(60)]
    (one,) = remarks("overlap", TOPICS, items)
    assert (one.topic, one.other, one.count, one.of) == ("falls", "data", 8, 10)
    assert one.sentence == "“Falls” and “Data” are suggested together for 8 of the 10 items that have either."


def test_keywords_that_stand_nowhere_are_listed_and_endings_do_not_hide_one() -> None:
    items = [item(n, text="Run charts, hip fractures and how to manage falls.") for n in range(20)]
    told = {one.topic: one.words for one in remarks("unheard", TOPICS, items)}
    assert told == {"falls": ("falls prevention",), "data": ("dashboard",)}


def test_a_keyword_deep_in_a_long_text_is_heard() -> None:
    items = [item(n, text="word other thing " * 400 + "a dashboard and a run chart") for n in range(20)]
    assert [one.topic for one in remarks("unheard", [DATA], items)] == []


def test_topics_that_curators_correct_are_told() -> None:
    off = [kept(n, "falls", "data", said=("data",)) for n in range(4)] + [kept(n, "falls", said=("falls",)) for n in range(4, 8)]
    on = [kept(n, said=("people",)) for n in range(10, 15)]
    (taken,) = remarks("taken-off", TOPICS, [*off, *on])
    assert (taken.topic, taken.count, taken.of) == ("falls", 4, 8)
    assert taken.sentence == "“Falls” was suggested for 8 kept items, and curators took it off 4 of them."
    (put,) = remarks("put-on", TOPICS, [*off, *on])
    assert (put.topic, put.count, put.of, put.examples) == ("people", 5, 5, ("Page 14", "Page 13", "Page 12"))


def test_items_on_whose_topics_nobody_spoke_correct_nothing() -> None:
    silent = [item(n, "falls", state=State.ACCEPTED) for n in range(9)] + [item(n, "falls", said=(), state=State.QUEUED) for n in range(9, 18)]
    assert remarks("taken-off", TOPICS, silent) == []


def test_words_of_kept_items_are_proposed_as_keywords() -> None:
    wanted = [kept(n, "falls", said=("falls",), text=f"Balance classes after a hip fracture, in village {n}.") for n in range(6)]
    other = [item(n, "data", text=f"A dashboard for village {n}, and some classes.") for n in range(10, 40)]
    (one,) = remarks("proposal", TOPICS, [*wanted, *other])
    assert one.topic == "falls"
    assert "balance classes" in one.words
    assert not {"hip", "fracture", "hip fracture", "village", "classes"} & set(one.words)
    assert one.of == 6


def test_folded_items_count_for_nothing() -> None:
    assert taxonomy.review(TOPICS, [replace(item(n), state=State.MERGED) for n in range(50)]) == ()


ids = st.sampled_from(["falls", "data", "people", "gone"])
items_of_any_sort = st.lists(
    st.builds(
        lambda number, suggested, said, state, words: item(number, *sorted(suggested), said=said, state=state, text=" ".join(words)),
        st.integers(1, 10_000),
        st.sets(ids),
        st.none() | st.lists(ids, unique=True).map(tuple),
        st.sampled_from(list(State)),
        st.lists(st.sampled_from(["hip", "fracture", "run", "chart", "garden", "Falls", "&", "漢字", "ünter"]), max_size=20),
    ),
    max_size=60,
)


@given(items_of_any_sort)
def test_a_review_names_only_topics_of_the_taxonomy_and_figures_that_can_be(items: list[Item]) -> None:
    known = {topic.id for topic in TOPICS}
    for one in taxonomy.review(TOPICS, items):
        assert one.topic in known
        assert one.other in known | {""}
        assert 0 <= one.count <= one.of or one.about == "wordless"
        assert len(one.examples) <= 3
        assert one.sentence.endswith((".", "?"))


def test_a_review_of_nothing_is_empty() -> None:
    assert taxonomy.review((), [item(n) for n in range(30)]) == ()
    assert taxonomy.review(TOPICS, ()) == ()


# ---------------------------------------------------------------- comparing


def test_every_sort_of_change_is_told() -> None:
    before = (FALLS, DATA, PEOPLE, Topic(id="old", name="Old"), Topic(id="a", name="A"), Topic(id="b", name="B"))
    after = (
        replace(FALLS, keywords=("hip",), name="Falls and frailty"),
        DATA,
        Topic(id="leaders", name="Leaders", was=("people",)),
        Topic(id="ab", name="A and B", was=("a", "b")),
        Topic(id="new", name="New thing"),
    )
    told = {one.topic: (one.what, one.was, one.fields) for one in taxonomy.compare(before, after)}
    assert told == {
        "old": ("removed", (), ()),
        "leaders": ("renamed", ("people",), ()),
        "ab": ("merged", ("a", "b"), ()),
        "falls": ("changed", (), ("name", "keywords")),
        "new": ("added", (), ()),
    }


def test_a_topic_that_takes_over_another_one_is_a_merge() -> None:
    (one,) = taxonomy.compare((FALLS, DATA), (replace(FALLS, was=("data",)),))
    assert one == Change(
        topic="falls", what="merged", was=("data",), sentence="“Falls” takes over “Data”: what was decided as that counts as “Falls”."
    )


def test_a_new_name_that_was_taken_over_already_is_no_change() -> None:
    taken = replace(FALLS, was=("slips",))
    assert taxonomy.compare((taken,), (taken,)) == ()
    assert taxonomy.compare((taken,), (FALLS,)) == ()


topics = st.lists(st.builds(Topic, id=st.sampled_from("abcdef"), name=st.sampled_from(["One", "Two"])), unique_by=lambda one: one.id).map(tuple)


@given(topics, topics)
def test_each_topic_changes_at_most_once_and_the_same_not_at_all(before: tuple[Topic, ...], after: tuple[Topic, ...]) -> None:
    assert taxonomy.compare(before, before) == ()
    told = taxonomy.compare(before, after)
    assert len({one.topic for one in told}) == len(told)
    there, back = (
        {one.topic for one in taxonomy.compare(*pair) if one.what == what}
        for pair, what in (((before, after), "added"), ((after, before), "removed"))
    )
    assert there == back


numbered = st.dictionaries(st.integers(1, 20).map(ItemId), st.sets(st.sampled_from("abc")))


@given(numbered, numbered)
def test_shifts_turn_round_when_the_taxonomies_do(before: dict[ItemId, set[str]], after: dict[ItemId, set[str]]) -> None:
    there, back = taxonomy.shifts(before, after), taxonomy.shifts(after, before)
    assert [(one.topic, one.gained, one.lost) for one in there] == [(one.topic, one.lost, one.gained) for one in back]
    assert taxonomy.shifts(before, before) == ()


# ---------------------------------------------------------------- a taxonomy changed under decisions


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as made:
        yield made


def put(store: Store, number: int, *suggested: str) -> ItemId:
    url = f"https://north.example/{number}"
    one = resource(url=url, canonical_url=url, title=f"Page {number}", text=f"Page {number} says its own thing about falls.")
    made = store.add(one, dedupe.fingerprint(one), Match(fold=Fold.NEW), now=NOW)
    store.suggest(made, tuple(Suggestion(topic=topic, probability=0.8) for topic in suggested), 0.5)
    return made


def accept(store: Store, number: int, *said: str) -> ItemId:
    made = put(store, number)
    store.decide(decision(item=made, topics=said))
    return made


def versions(store: Store, *taxonomies: Sequence[Topic]) -> None:
    for days, topics in enumerate(taxonomies):
        store.sync_topics(topics, NOW + timedelta(days=days), moving=True)


A, B, C = (Topic(id=one, name=one.upper()) for one in "abc")


def test_kept_items_carry_the_new_name_of_their_topic(store: Store) -> None:
    number, waiting = accept(store, 1, "a", "b"), put(store, 2, "a")
    versions(store, (A, B), (replace(C, was=("a",)), B))
    assert store.item(number).topics == ("c", "b")
    assert store.item(waiting).topics == ("c",)
    assert [one.id for one in store.items(ItemQuery(states=(State.ACCEPTED,), topic="c"))] == [number]
    assert (store.carried("c"), store.carried("b")) == ((number,), (number,))
    assert store.decisions(number)[0].topics == ("a", "b")  # the record says what was said


def test_a_merge_names_each_topic_once_and_can_be_taken_back(store: Store) -> None:
    numbers = [accept(store, 1, "a", "b"), accept(store, 2, "a"), accept(store, 3, "b")]
    versions(store, (A, B), (replace(C, was=("a", "b")),))
    assert [store.item(one).topics for one in numbers] == [("c",), ("c",), ("c",)]
    versions(store, (A, B), (replace(C, was=("a", "b")),), (A, B))
    assert [store.item(one).topics for one in numbers] == [("a", "b"), ("a",), ("b",)]


def test_names_are_followed_through_several_changes(store: Store) -> None:
    number = accept(store, 1, "a")
    versions(store, (A,), (replace(B, was=("a",)),), (replace(C, was=("b",)),))
    assert store.item(number).topics == ("c",)
    assert store.names_of("c") == ("c", "a", "b")


def test_a_topic_that_comes_back_takes_back_what_had_become_of_it(store: Store) -> None:
    number = accept(store, 1, "a")
    versions(store, (A,), (replace(B, was=("a",)),), (replace(C, was=("b",)),), (B,))
    assert store.item(number).topics == ("b",)


def test_a_second_new_name_waits_too(store: Store) -> None:
    number = accept(store, 1, "a")
    versions(store, (A,), (replace(B, was=("a",)),))
    assert store.sync_topics((replace(C, was=("b",)),), NOW + timedelta(days=5)) == ("b", "c")
    assert store.item(number).topics == ("b",)


def test_what_the_model_sets_itself_is_carried_as_it_is_shown(store: Store) -> None:
    versions(store, (A, B))
    number = put(store, 1)
    store.suggest(number, (Suggestion(topic="a", probability=0.9, assigned=False), Suggestion(topic="b", probability=0.3, assigned=True)), 0.5)
    store.decide(decision(item=number))
    assert (store.item(number).topics, store.carried("a"), store.carried("b")) == (("b",), (), (number,))


@given(
    st.lists(
        st.builds(Topic, id=st.sampled_from("abcde"), name=st.just("T"), was=st.lists(st.sampled_from("abcde"), max_size=2).map(tuple)), max_size=8
    ),
    st.sets(st.sampled_from("abcde")),
)
def test_ids_of_the_past_lead_to_topics_in_force_and_those_in_force_to_themselves(made: list[Topic], force: set[str]) -> None:
    found = followed(made, force)
    assert set(found.values()) <= force
    assert not set(found) & force
    assert renamed(renamed("abcde", found), found) == renamed("abcde", found)


def test_the_new_name_holds_when_the_file_forgets_the_old_one(store: Store) -> None:
    number = accept(store, 1, "a")
    versions(store, (A,), (replace(B, was=("a",)),), (B,))
    assert store.item(number).topics == ("b",)


@given(said=st.lists(st.sampled_from("abd"), unique=True).map(tuple))
def test_renaming_there_and_back_leaves_every_decision_as_it_was(said: tuple[str, ...]) -> None:
    with Store.open(":memory:") as store:
        number = accept(store, 1, *said)
        before = store.item(number), store.decisions()
        versions(store, (A, B), (replace(C, was=("a",)), B), (replace(A, was=("c",)), B))
        assert (store.item(number), store.decisions()) == before
        assert store.renames().get("a") is None


def test_a_change_that_moves_what_was_decided_waits_for_a_word(store: Store) -> None:
    number = accept(store, 1, "a")
    store.sync_topics((A, B), NOW)
    assert store.sync_topics((replace(C, was=("a",)), replace(B, name="Bee")), NOW + timedelta(days=1)) == ("a", "c")
    assert {one.id: one.name for one in store.topics()} == {"a": "A", "b": "Bee"}
    assert store.item(number).topics == ("a",)
    assert store.sync_topics((replace(C, was=("a",)), B), NOW + timedelta(days=2), moving=True) == ()
    assert {one.id for one in store.topics()} == {"b", "c"}
    assert store.item(number).topics == ("c",)


def test_what_nobody_named_goes_without_a_word(store: Store) -> None:
    put(store, 1, "a")
    store.sync_topics((A, B), NOW)
    assert store.sync_topics((replace(C, was=("a",)),), NOW + timedelta(days=1)) == ()
    assert [one.id for one in store.topics()] == ["c"]


def test_a_subscriber_who_asked_for_a_topic_holds_it(store: Store) -> None:
    store.add_subscriber("a@north.example", topics=("a",), now=NOW)
    store.sync_topics((A,), NOW)
    assert store.sync_topics((), NOW + timedelta(days=1)) == ("a",)


def test_an_unchanged_taxonomy_makes_no_version(store: Store) -> None:
    versions(store, (A, B), (A, B))
    assert store.topics() == (A, B)
    assert store.sync_topics((A, B), NOW + timedelta(days=3)) == ()


# ---------------------------------------------------------------- as it is written


def loaded(folder: Path, topics: str) -> config.Config:
    path = folder / "sources.yaml"
    path.write_text(f"topics:\n{topics}", encoding="utf-8")
    return config.load(path, {})


def test_former_ids_are_read(tmp_path: Path) -> None:
    found = loaded(tmp_path, "  - {id: c, was: [a, b]}\n  - {id: d, was: e}\n")
    assert [one.was for one in found.topics] == [("a", "b"), ("e",)]


@pytest.mark.parametrize(
    ("second", "what"),
    [
        ("{id: d, was: a}", 'topic "d": was: `a` became `c` already'),
        ("{id: d, was: d}", 'topic "d": was: `d` is a topic still'),
        ("{id: d, was: c}", 'topic "d": was: `c` is a topic still'),
    ],
)
def test_a_topic_that_was_split_is_refused_with_its_line(tmp_path: Path, second: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, f"  - {{id: c, was: a}}\n  - {second}\n")
    (problem,) = caught.value.problems
    assert (problem.line, problem.what) == (3, what)
    assert problem.remedy == "no rule can split a topic: leave it off, and sort its items anew"


# ---------------------------------------------------------------- as a librarian meets it

SETTINGS = """\
desk: {name: What's new, organisation: Example Learning Network, url: "https://digest.example.org", contact: editor@example.org}
topics: [TOPICS]
collections: [{id: slips, title: Slips and trips, query: {topics: [balance]}}]
"""


def write(desk: Desk, topics: str) -> None:
    text = SETTINGS if "balance" in topics else SETTINGS.partition("collections")[0]
    (desk.folder / "sources.yaml").write_text(text.replace("TOPICS", topics), encoding="utf-8")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Three kept items on falls, one of which is on data too; two that wait; a subscriber."""
    made = Desk(tmp_path, sources=None)
    write(made, "{id: falls, name: Falls, keywords: [falls]}, {id: data, name: Data, keywords: [dashboard]}")
    with made.store() as store:
        for number, said in enumerate((("falls",), ("falls",), ("falls", "data")), start=1):
            accept(store, number, *said)
        for number in (4, 5):
            put(store, number, "falls")
        store.add_subscriber("a@north.example", topics=("falls",), now=NOW)
    made.must("topics", "--apply")
    return made


def test_a_taxonomy_that_is_in_force_is_listed(desk: Desk) -> None:
    (told,) = desk.must("topics")
    assert [(one["id"], one["decided"]) for one in told["topics"]] == [("falls", 3), ("data", 1)]
    assert (told["changes"], told["applied"]) == ([], False)
    assert "The taxonomy in force is that of sources.yaml: 2 topics." in desk.run("topics").out


def test_a_change_that_moves_nothing_does_not_wait(desk: Desk) -> None:
    write(desk, "{id: falls, name: Falls, keywords: [falls, slips]}, {id: data, name: Data, keywords: [dashboard]}")
    (told,) = desk.must("topics")
    assert ([one["what"] for one in told["changes"]], told["waiting"]) == (["changed"], [])
    assert "It holds from the next harvest on" in desk.run("topics").out


def test_a_rename_is_shown_before_it_is_made_and_then_moves_everything(desk: Desk) -> None:
    write(desk, "{id: balance, name: Balance, keywords: [falls], was: falls}, {id: data, name: Data, keywords: [dashboard]}")
    before = desk.rows("SELECT * FROM overlay"), desk.rows("SELECT * FROM decisions"), desk.rows("SELECT * FROM suggestions")
    (told,) = desk.must("topics")
    (change,) = told["changes"]
    assert (change["topic"], change["what"], change["was"]) == ("balance", "renamed", ["falls"])
    assert (change["decided"]["count"], [one["id"] for one in change["decided"]["samples"]]) == (3, [3, 2, 1])
    assert (change["collections"], change["subscribers"]) == (["slips"], 1)
    assert before == (desk.rows("SELECT * FROM overlay"), desk.rows("SELECT * FROM decisions"), desk.rows("SELECT * FROM suggestions"))
    said = desk.run("topics").out
    assert "renamed: “Falls” (`falls`) is called “Balance” (`balance`)." in said
    assert "3 decided items carry it:" in said
    assert "Nothing is changed yet, and falls, balance will wait" in said
    assert desk.must("topics", "--apply")[0]["applied"]
    with desk.store() as store:
        assert [store.item(ItemId(n)).topics for n in (1, 2, 3)] == [("balance",), ("balance",), ("balance", "data")]
    assert desk.rows("SELECT * FROM overlay") == before[0]
    assert desk.must("topics")[0]["changes"] == []


def test_a_topic_that_goes_is_shown_with_what_carries_it_and_comes_back_whole(desk: Desk) -> None:
    write(desk, "{id: falls, name: Falls, keywords: [falls]}")
    (change,) = desk.must("topics")[0]["changes"]
    assert (change["topic"], change["what"], change["decided"]["samples"]) == ("data", "removed", [{"id": 3, "title": "Page 3"}])
    assert "no rule can say which item belongs to which" in change["sentence"]
    desk.must("topics", "--apply")
    write(desk, "{id: falls, name: Falls, keywords: [falls]}, {id: data, name: Data, keywords: [dashboard]}")
    desk.must("topics", "--apply")
    with desk.store() as store:
        assert store.item(ItemId(3)).topics == ("falls", "data")


def test_waiting_items_that_would_gain_or_lose_a_topic_are_named(desk: Desk) -> None:
    with desk.store() as store:
        text = "A run chart shows whether a change helped. Draw the run chart each week, and keep run charts where all can see them."
        one = resource(url="https://north.example/6", canonical_url=None, title="Run charts for beginners", text=text)
        new = store.add(one, dedupe.fingerprint(one), Match(fold=Fold.NEW), now=NOW)
    write(desk, "{id: charts, name: Run charts, keywords: [run chart]}, {id: data, name: Data}")
    told = {one["topic"]: one for one in desk.must("topics")[0]["changes"]}
    assert {name: one["what"] for name, one in told.items()} == {"falls": "removed", "data": "changed", "charts": "added"}
    assert told["charts"]["gained"] == {"count": 1, "samples": [{"id": new, "title": "Run charts for beginners"}]}
    assert (told["falls"]["lost"]["count"], told["falls"]["decided"]["count"], told["data"]["fields"]) == (2, 3, ["keywords"])
    assert desk.must("topics")[0]["waiting"] == ["falls"]
    with desk.store() as store:
        assert {one.id for one in store.topics()} == {"falls", "data"}
        assert store.item(ItemId(4)).topics == ("falls",)
