"""Topics: from the taxonomy alone, from the harvest, from decisions; with reasons, sure only where it may be, and whole on bad input."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline import classify
from pipeline.classify import calibrate, ridge, topics
from pipeline.classify.calibrate import Curve
from pipeline.classify.topics import TopicModel
from pipeline.model import Candidate, Example, Features, ItemId, Resource, Suggestion, Topic
from tests.builders import NOW, resource

FLOORS = json.loads((Path(__file__).parent / "floors.json").read_text())["classify"]
TOPICS = (
    Topic(
        id="networks", name="Learning networks", description="Groups that learn from each other.", keywords=("community of practice", "peer learning")
    ),
    Topic(id="falls", name="Falls and frailty", keywords=("hip fracture", "falls prevention")),
    Topic(id="data", name="Data and dashboards", keywords=("run chart", "control chart")),
)


def page(title: str, text: str = "") -> Resource:
    return resource(title=title, text=text, description=None)


def packed(*pages: Resource, vectors: bool = True) -> list[Features]:
    return [replace(one, vector=one.vector if vectors else b"") for one in map(classify.features, pages)]


BACKGROUND = packed(
    *(
        page(f"{word} at work", f"A page about {word} and little else. " * 5)
        for word in ("porters", "charts", "gardens", "networks", "beds", "films", "beans", "lifts")
    )
)


def example(number: int, what: Features, named: tuple[str, ...] | None, *, kept: bool = True) -> Example:
    candidate = Candidate(item=ItemId(number), features=what, day=date(2026, 1, 1))
    return Example(candidate=candidate, kept=kept, decided=NOW + timedelta(minutes=number), topics=named)


def asked(model: TopicModel, what: Resource, *, vectors: bool = True) -> dict[str, Suggestion]:
    """What is suggested for one page, by topic, in the order given."""
    (found,) = model.suggest(packed(what, vectors=vectors))
    return {suggestion.topic: suggestion for suggestion in found}


# ---------------------------------------------------------------- from the taxonomy and the harvest alone


@pytest.mark.parametrize("vectors", [True, False], ids=["with word vectors", "without"])
def test_a_topic_is_suggested_for_its_keywords_and_says_which(vectors: bool) -> None:
    model = topics.learn(TOPICS, [replace(one, vector=one.vector if vectors else b"") for one in BACKGROUND])
    what = page("Falls prevention on two wards", "Hip fractures fell by half. Nobody drew anything.")
    found = asked(model, what, vectors=vectors)
    assert next(iter(found)) == "falls"
    assert found["falls"].probability > 0.5
    assert found["falls"].assigned
    assert not found["falls"].calibrated
    assert {"falls", "falls prevention", "hip fractures"} <= set(model.reasons(what, ["falls"])["falls"])


@pytest.mark.parametrize("vectors", [True, False], ids=["with word vectors", "without"])
@pytest.mark.parametrize("size", [1, 3, 20])
def test_a_keyword_in_title_and_text_is_ticked_on_a_young_desk(size: int, vectors: bool) -> None:
    taxonomy = (Topic(id="leadership", name="Leadership", keywords=("leading",)), Topic(id="safety", name="Safety", keywords=("harm",)))
    titles = ("Less harm in wards", "Leading change in networks", "Bread and roses", *(f"Bread number {number} of the baker" for number in range(17)))
    pages = [page(title, f"{title}. " * 30) for title in titles[:size]]
    model = topics.learn(taxonomy, packed(*pages, vectors=vectors))
    ticked = [[one.topic for one in found.values() if one.is_assigned] for found in (asked(model, what, vectors=vectors) for what in pages)]
    assert ticked == [["safety"], ["leadership"], *([] for _ in range(18))][:size]


def test_the_title_weighs_more_than_the_text() -> None:
    model = topics.learn(TOPICS, BACKGROUND)
    titled, told = asked(model, page("A run chart", "For porters.")), asked(model, page("For porters", "A run chart."))
    assert titled["data"].probability > told["data"].probability


def test_a_word_that_every_page_has_speaks_for_little() -> None:
    what = page("Peer learning again", "Peer learning, as on every page.")
    seldom, often = topics.learn(TOPICS, BACKGROUND), topics.learn(TOPICS, packed(what) * 200)
    assert asked(seldom, what)["networks"].probability > 0.5
    assert not any(one.assigned for one in asked(often, what).values())


def test_a_page_of_nothing_known_has_no_topic_and_no_reasons() -> None:
    model = topics.learn(TOPICS, packed(*(page(f"{n} soups", f"Leek and {n} carrots") for n in range(60)), vectors=False))
    assert not any(one.assigned for one in asked(model, page("Zwieback", "Quark."), vectors=False).values())
    assert model.reasons(page("Zwieback", "Quark."), ["falls"]) == {"falls": ()}
    assert model.reasons(page("Falls"), ["no such topic"]) == {}


def test_the_harvest_teaches_words_that_the_taxonomy_does_not_have() -> None:
    about = [("Hip fracture", "zimmer frame and handrail"), ("Run chart", "median and quartile"), ("Peer learning", "webinar and circle")]
    harvest = packed(*(page(f"{title} {n}", f"{title}: {words}") for n in range(50) for title, words in about), vectors=False)
    model = topics.learn(TOPICS, harvest)
    what = page("A zimmer frame", "With a handrail.")
    assert next(iter(asked(model, what, vectors=False))) == "falls"
    assert {"zimmer", "handrail"} <= set(model.reasons(what, ["falls"])["falls"])
    assert asked(topics.learn(TOPICS, []), what, vectors=False) == {}


def test_the_words_of_an_example_and_of_its_address_speak_for_a_topic() -> None:
    examples = ("https://blog.example.org/2024/tea-trolley.html", "Why beds move")
    model = topics.learn((replace(TOPICS[1], examples=examples), TOPICS[2]), BACKGROUND)
    assert "tea trolley" in model.reasons(page("A tea trolley"), ["falls"])["falls"]
    assert next(iter(asked(model, page("Why beds move"), vectors=False))) == "falls"
    assert model.reasons(page("An example blog"), ["falls"]) == {"falls": ()}


def test_items_stored_without_a_vector_stand_beside_those_with_one() -> None:
    model = topics.learn(TOPICS, BACKGROUND)
    with_one, without = packed(page("Hip fractures")), packed(page("Hip fractures"), vectors=False)
    assert [found[0].topic for found in model.suggest(with_one + without)] == ["falls", "falls"]


def test_one_by_one_and_all_at_once_give_the_same() -> None:
    model = topics.learn(TOPICS, BACKGROUND)
    assert model.suggest(BACKGROUND) == [model.suggest([one])[0] for one in BACKGROUND]
    assert model.suggest([]) == []


# ---------------------------------------------------------------- from decisions

WORLDS = {
    "networks": ("circle", "members", "sharing", "facilitator", "alliance"),
    "falls": ("frame", "balance", "slippers", "bruise", "handrail"),
    "data": ("median", "axis", "baseline", "spread", "plot"),
}


def labelled(count: int, seed: int = 0) -> list[tuple[Features, tuple[str, ...]]]:
    """Pages that say nothing from the taxonomy: their topics show in other words only, three of five."""
    draw = random.Random(seed)  # noqa: S311
    named = [draw.choice(list(WORLDS)) for _ in range(count)]
    pages = [page(f"Note {n}", " ".join(draw.sample(WORLDS[topic], 3))) for n, topic in enumerate(named)]
    return [(what, (topic,)) for what, topic in zip(packed(*pages, vectors=False), named, strict=True)]


def test_decisions_teach_what_the_taxonomy_does_not_say() -> None:
    rows, unseen = labelled(90), labelled(60, seed=1)
    before = topics.learn(TOPICS, [what for what, _ in rows])
    after = topics.learn(TOPICS, [what for what, _ in rows], [example(n, what, named) for n, (what, named) in enumerate(rows)])

    def right(model: TopicModel) -> int:
        return sum(
            bool(found) and found[0].topic == named[0] for found, (_, named) in zip(model.suggest([w for w, _ in unseen]), unseen, strict=True)
        )

    assert right(after) >= 58 > right(before)
    assert all(found[0].probability > 0.8 for found in after.suggest([what for what, _ in unseen]))


def test_nothing_is_calibrated_before_five_positives_of_that_topic() -> None:
    what = packed(page("Hip fractures"), page("Run charts"))
    told = [example(n, what[0], ("falls",)) for n in range(5)] + [example(n, what[1], ("data",)) for n in range(5, 9)]
    found = {one.topic: one for row in topics.learn(TOPICS, BACKGROUND, told).suggest(what) for one in row}
    assert found["falls"].calibrated
    assert not found["data"].calibrated


def test_rejected_items_and_items_without_a_word_on_topics_teach_nothing() -> None:
    silent = [example(n, one, None) for n, one in enumerate(BACKGROUND)] + [
        example(n + 50, one, ("falls",), kept=False) for n, one in enumerate(BACKGROUND)
    ]
    assert topics.learn(TOPICS, BACKGROUND, silent).suggest(BACKGROUND) == topics.learn(TOPICS, BACKGROUND).suggest(BACKGROUND)


def test_the_same_decisions_give_the_same_model_whatever_their_order() -> None:
    told = [example(n, what, named) for n, (what, named) in enumerate(labelled(40))]
    at_once, again = topics.learn(TOPICS, BACKGROUND, told), topics.learn(TOPICS, BACKGROUND, told[::-1])
    assert at_once.suggest(BACKGROUND) == again.suggest(BACKGROUND)


def test_of_two_decisions_on_one_item_the_later_counts() -> None:
    what = packed(page("Zimmer frames"))[0]
    told = [replace(example(1, what, ("data",)), decided=NOW), replace(example(1, what, ("falls",)), decided=NOW + timedelta(days=1))]
    assert topics.learn(TOPICS, BACKGROUND, told).suggest(BACKGROUND) == topics.learn(TOPICS, BACKGROUND, told[1:]).suggest(BACKGROUND)


def test_one_class_only_leaves_the_other_topics_where_they_were() -> None:
    told = [example(n, one, ("falls",)) for n, one in enumerate(packed(*(page(f"Hip fracture {n}") for n in range(20))))]
    found = asked(topics.learn(TOPICS, BACKGROUND, told), page("A run chart", "A control chart."))
    assert next(iter(found)) in {"data", "falls"}
    assert found["data"].probability > 0.1


def test_topics_that_are_gone_are_passed_over() -> None:
    told = [example(n, one, ("gone", "falls")) for n, one in enumerate(BACKGROUND)]
    assert {one.topic for found in topics.learn(TOPICS, BACKGROUND, told).suggest(BACKGROUND) for one in found} <= {"networks", "falls", "data"}


def test_of_very_many_decisions_the_latest_and_those_on_rare_topics_are_read() -> None:
    rare, usual = packed(page("A run chart"))[0], packed(page("Hip fractures"))[0]
    told = [example(0, rare, ("data",)), *(example(n, usual, ("falls",)) for n in range(1, 4_000))]
    chosen = topics.worth_learning(told)
    assert len(chosen) <= topics.MAX_EXAMPLES
    assert {one.candidate.item for one in chosen} >= {0, *range(4_000 - topics.LATEST, 4_000)}


def test_leaving_one_out_is_exact() -> None:
    told = [what for what, _ in labelled(12)]
    ground = topics.learn(TOPICS, told).ground
    rows, sides = ground.space.rows(told), np.zeros((12, 0), np.float32)
    truth = np.eye(3, dtype=np.float32)[[n % 3 for n in range(12)]]
    _, left_out = ridge.exact(rows, sides, truth, penalty=0.5)
    rest = [n for n in range(12) if n != 4]
    weights, _ = ridge.exact(rows[rest], sides[rest], truth[rest], penalty=0.5)
    assert left_out[4] == pytest.approx(weights(rows[[4]], sides[[4]])[0], abs=1e-3)


def test_the_quick_ridge_and_the_exact_one_agree_at_a_strong_penalty() -> None:
    told = [what for what, _ in labelled(60)]
    rows, sides = topics.learn(TOPICS, told).ground.space.rows(told), np.ones((60, 2), np.float32)
    truth = np.eye(3, dtype=np.float32)[[n % 3 for n in range(60)]]
    exact, _ = ridge.exact(rows, sides, truth, penalty=20.0)
    nearly = ridge.nearly(rows, sides, truth, penalty=20.0)
    assert nearly(rows, sides) == pytest.approx(exact(rows, sides), abs=1e-3)


def test_a_curve_moves_to_what_is_true_and_no_decision_moves_it() -> None:
    start = Curve(np.array([1.0]), np.zeros(2))
    draw = np.random.default_rng(1)
    evidence = draw.standard_normal((1, 4_000, 2))
    truth = (draw.random((4_000, 2)) < calibrate.sigmoid(2 * evidence[0] - np.array([1.0, 2.0]))).astype(float)
    found = calibrate.fit(evidence, truth, start, weights=np.ones(4_000))
    assert found.slopes == pytest.approx([2.0], abs=0.15)
    assert found.levels == pytest.approx([-1.0, -2.0], abs=0.2)
    assert calibrate.fit(evidence[:, :0], truth[:0], start, weights=np.ones(0)).levels == pytest.approx(start.levels)


# ---------------------------------------------------------------- bad input

ODD = {
    "none": (),
    "no words": (Topic(id="a", name=""),),
    "no letters": (Topic(id="a", name="???", keywords=("", " ")),),
    "one twice": (TOPICS[0], TOPICS[0]),
    "two alike": (TOPICS[0], Topic(id="twin", name=TOPICS[0].name)),
    "one without words among others": (*TOPICS, Topic(id="a", name="—")),
}


@pytest.mark.parametrize("taxonomy", ODD.values(), ids=ODD)
def test_an_odd_taxonomy_breaks_nothing(taxonomy: tuple[Topic, ...]) -> None:
    what = page("Learning networks", "Peer learning.")
    told = [example(n, one, tuple(topic.id for topic in taxonomy[:1])) for n, one in enumerate(BACKGROUND)]
    for model in (topics.learn(taxonomy, BACKGROUND), topics.learn(taxonomy, BACKGROUND, told), topics.learn(taxonomy, [])):
        assert set(asked(model, what)) <= {topic.id for topic in taxonomy}
        assert all(np.isfinite(one.probability) for one in asked(model, what).values())


def test_two_topics_alike_are_suggested_alike() -> None:
    found = asked(topics.learn((TOPICS[1], replace(TOPICS[1], id="twin"), TOPICS[2]), BACKGROUND), page("Hip fractures", "Falls prevention."))
    assert found["falls"].probability == found["twin"].probability > 0.5


TONGUES = (
    "Réseau d'apprentissage",
    "Lernende Netzwerke",
    "学習ネットワーク",
    "شبكات التعلم",
    "Сети обучения",
    "Δίκτυα μάθησης",
    "학습 네트워크",
    "रचना",
    "Netværk",
    "Ağlar",
)


def test_ten_languages_mixed_and_an_item_of_megabytes_are_taken_in_their_stride() -> None:
    mixed = packed(*(page(words, words * 3) for words in TONGUES), page("Hip fracture", "word " * 1_000_000), page("Falls"))
    model = topics.learn((*TOPICS, Topic(id="ja", name="学習ネットワーク")), mixed, [example(n, one, ("falls",)) for n, one in enumerate(mixed)])
    assert len(model.suggest(mixed)) == len(mixed)
    assert "ja" in {one.topic for one in topics.learn((*TOPICS, Topic(id="ja", name="学習ネットワーク")), mixed).suggest(mixed)[2]}


NAMES = st.text(max_size=30)
ANY_TOPIC = st.builds(Topic, id=st.text(max_size=5), name=NAMES, description=NAMES, keywords=st.lists(NAMES, max_size=3).map(tuple))
ANY_PAGE = st.builds(page, st.text(max_size=80), st.text(max_size=300))


@given(st.lists(ANY_TOPIC, max_size=4), st.lists(ANY_PAGE, max_size=4), ANY_PAGE)
def test_any_text_and_taxonomy_give_probabilities_in_order(taxonomy: list[Topic], background: list[Resource], what: Resource) -> None:
    told = [example(n, one, tuple(topic.id for topic in taxonomy[n % 2 :])) for n, one in enumerate(packed(*background))]
    model = topics.learn(taxonomy, packed(*background), told)
    (found,) = model.suggest(packed(what))
    assert all(topics.LEAST <= one.probability <= 1 for one in found)
    assert list(found) == sorted(found, key=lambda one: -one.probability)
    assert all(one.assigned == (one.probability >= topics.ASSIGNED) for one in found)
    assert all(isinstance(word, str) for words in model.reasons(what, [one.topic for one in found]).values() for word in words)


# ---------------------------------------------------------------- real collections


@cache
def real(folder: Path) -> tuple[list[Topic], list[dict[str, Any]], list[Features]]:
    plain = yaml.safe_load((folder / "taxonomy.yaml").read_text(encoding="utf-8"))["topics"]
    rows = [json.loads(line) for line in (folder / "items.jsonl").read_text(encoding="utf-8").splitlines()]
    taxonomy = [Topic(id=t["id"], name=t["name"], description=t.get("description", ""), keywords=tuple(t.get("keywords", ()))) for t in plain]
    return taxonomy, rows, packed(*(page(row["title"], row["text"]) for row in rows))


def decided(train: list[tuple[dict[str, Any], Features]], each: int) -> list[Example]:
    """Decisions in order until every topic has so many."""
    left: Counter[str] = Counter()
    told: list[Example] = []
    for row, what in train:
        named = tuple(row["topics"])
        if any(left[topic] < each for topic in named):
            left.update(named)
            told.append(example(len(told), what, named))
    return told


@pytest.mark.floors
@pytest.mark.parametrize("each", [0, 20])
@pytest.mark.parametrize("vectors", [True, False], ids=["vectors", "plain"])
@pytest.mark.parametrize("name", ["18f", "selfhosted", "ted"])
def test_real_collections_are_labelled_no_worse_than_the_floors(corpus: Path, tmp_path: Path, name: str, vectors: bool, each: int) -> None:
    taxonomy, rows, known = real(corpus / "topics" / name)
    if vectors and not known[0].vector:
        pytest.skip("the table of word vectors is not installed")
    known = known if vectors else [replace(one, vector=b"") for one in known]
    pairs = list(zip(rows, known, strict=True))
    random.Random(7).shuffle(pairs)  # noqa: S311
    train, test = pairs[: len(rows) * 6 // 10], pairs[len(rows) * 6 // 10 :]
    found = topics.learn(taxonomy, known, decided(train, each)).suggest([what for _, what in test])
    (tmp_path / "gold.jsonl").write_text("\n".join(json.dumps(row) for row, _ in test), encoding="utf-8")
    lines = [
        json.dumps({"id": row["id"], "topics": [{"topic": s.topic, "score": s.probability, "assigned": s.assigned} for s in said]})
        for (row, _), said in zip(test, found, strict=True)
    ]
    (tmp_path / "predicted.jsonl").write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, str(corpus / "score_topics.py"), str(tmp_path / "gold.jsonl"), str(tmp_path / "predicted.jsonl")]
    scored = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    floor = FLOORS[f"{name}@{each}" if vectors else f"{name}@{each} plain"]
    assert {key: scored[key] >= least for key, least in floor.items()} == dict.fromkeys(floor, True), scored
