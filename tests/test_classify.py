"""Classify: topics with the words that speak for them, and the order of the queue, from nothing but a taxonomy."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline import classify
from pipeline.model import Event, Resource, Sighting, Suggestion, Topic
from tests.builders import NOW, item, lead, resource

TOPICS = (
    Topic(
        id="networks", name="Learning networks", description="Groups that learn from each other.", keywords=("community of practice", "peer learning")
    ),
    Topic(id="falls", name="Falls and frailty", keywords=("hip fracture", "falls prevention")),
    Topic(id="data", name="Data and dashboards", keywords=("run chart", "control chart")),
)
BACKGROUND = tuple(
    resource(title=f"{word} at work", text=f"A page about {word} and little else. " * 5)
    for word in ("porters", "charts", "gardens", "networks", "beds", "films", "beans", "lifts")
)


def page(title: str, text: str = "") -> Resource:
    return resource(title=title, text=text, description=None)


def test_a_topic_is_suggested_for_its_keywords_and_says_which() -> None:
    suggest = classify.build(TOPICS, BACKGROUND)
    best = suggest(page("Falls prevention on two wards", "Hip fractures fell by half. Nobody drew a chart."))[0]
    assert best.topic == "falls"
    assert best.probability > 0.5
    assert best.reasons[0] == "falls"
    assert {"falls prevention", "hip fractures"} <= set(best.reasons)


def test_endings_do_not_hide_a_word() -> None:
    assert classify.build(TOPICS, ())(page("A learning network for porters"))[0].topic == "networks"


def test_the_title_weighs_more_than_the_text() -> None:
    suggest = classify.build(TOPICS, BACKGROUND)
    (titled,), (told,) = suggest(page("A run chart", "For porters.")), suggest(page("For porters", "A run chart."))
    assert titled.topic == told.topic == "data"
    assert titled.probability > told.probability


def test_a_word_that_every_page_has_speaks_for_little() -> None:
    common = tuple(page("Peer learning again", "Peer learning, as on every page.") for _ in range(200))
    seldom, often = classify.build(TOPICS, BACKGROUND), classify.build(TOPICS, common)
    what = page("Peer learning again", "Peer learning, as on every page.")
    assert seldom(what)[0].probability > 0.5
    assert all(suggestion.probability < 0.5 for suggestion in often(what))


def test_a_page_of_nothing_known_has_no_topic() -> None:
    assert classify.build(TOPICS, BACKGROUND)(page("Soup of the day", "Leek.")) == ()


TWIN = Topic(id="twin", name=TOPICS[0].name)
ODD = {
    "none": (),
    "no words": (Topic(id="a", name=""),),
    "no letters": (Topic(id="a", name="???", keywords=("", " ")),),
    "one twice": (TOPICS[0], TOPICS[0]),
    "two alike": (TOPICS[0], TWIN),
}


@pytest.mark.parametrize("topics", ODD.values(), ids=ODD)
def test_an_odd_taxonomy_breaks_nothing(topics: tuple[Topic, ...]) -> None:
    found = classify.build(topics, BACKGROUND)(page("Learning networks", "Peer learning."))
    assert {suggestion.topic for suggestion in found} <= {topic.id for topic in topics}


def test_every_kind_builds_a_classifier() -> None:
    for kind in classify.KINDS.values():
        assert kind.build(TOPICS, BACKGROUND)(page("Falls prevention"))


NAMES = st.text(max_size=30)
ANY_TOPIC = st.builds(Topic, id=st.text(max_size=5), name=NAMES, description=NAMES, keywords=st.lists(NAMES, max_size=3).map(tuple))
ANY_PAGE = st.builds(page, st.text(max_size=80), st.text(max_size=300))


@given(st.lists(ANY_TOPIC, max_size=4), st.lists(ANY_PAGE, max_size=4), ANY_PAGE)
def test_any_text_and_taxonomy_give_probabilities_in_order(topics: list[Topic], background: list[Resource], what: Resource) -> None:
    found = classify.build(topics, background)(what)
    assert all(0 <= suggestion.probability <= 1 and suggestion.reasons for suggestion in found)
    assert list(found) == sorted(found, key=lambda suggestion: -suggestion.probability)


FULL = (Suggestion(topic="falls", probability=0.9, reasons=("hip fracture",)),)


def test_the_rank_grows_with_each_of_its_reasons() -> None:
    new = resource(published=NOW.date())
    plain = classify.rank(item(resource=new), now=NOW, record=(0, 0))
    seen = tuple(Sighting(lead=lead(source=name), first_seen=NOW, last_seen=NOW) for name in ("a", "b"))
    assert classify.rank(item(resource=new, suggestions=FULL), now=NOW, record=(0, 0)) > plain
    assert classify.rank(item(resource=new), now=NOW, record=(9, 10)) > plain
    assert classify.rank(item(resource=new), now=NOW, record=(1, 10)) < plain
    assert classify.rank(item(resource=new, sightings=seen), now=NOW, record=(0, 0)) > plain
    assert classify.rank(item(resource=resource(published=date(2020, 1, 1))), now=NOW, record=(0, 0)) < plain


def test_an_event_is_fresh_until_it_is_over() -> None:
    coming, gone = (item(resource=resource(event=Event(start=NOW.date() + timedelta(days=days)))) for days in (20, -1))
    assert classify.rank(coming, now=NOW, record=(0, 0)) > classify.rank(gone, now=NOW, record=(0, 0))
    assert any("The event is over." in line for line in classify.why(gone, now=NOW, record=(0, 0)))


def test_the_reasons_of_a_rank_are_sentences_and_sum_to_it() -> None:
    what = item(resource=resource(published=NOW.date() - timedelta(days=1)), suggestions=FULL)
    lines = classify.why(what, now=NOW, record=(4, 10))
    assert lines[0] == "The likeliest topic is falls, at 0.90 for its words hip fracture. That gives 0.50 of 0.55."
    assert "Of 10 decided items of its source 4 were kept. That gives 0.07 of 0.20." in lines
    assert "It was published 1 day ago. That gives 0.15 of 0.15." in lines
    assert "1 source names it. That gives 0.00 of 0.10." in lines
    given = sum(float(line.split("That gives ")[1].split()[0]) for line in lines)
    assert given == pytest.approx(classify.rank(what, now=NOW, record=(4, 10)), abs=0.02)


@given(st.integers(0, 500), st.integers(0, 500), st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.floats(0, 1))
def test_a_rank_lies_between_nothing_and_one(kept: int, more: int, published: date, probability: float) -> None:
    what = item(resource=resource(published=published), suggestions=(Suggestion(topic="a", probability=probability),))
    assert 0 <= classify.rank(what, now=NOW, record=(kept, kept + more)) <= 1


@pytest.mark.parametrize(("name", "first", "f1"), [("18f", 0.62, 0.52), ("selfhosted", 0.62, 0.58), ("ted", 0.58, 0.42)])
def test_real_collections_are_labelled_as_well_as_before(corpus: Path, tmp_path: Path, name: str, first: float, f1: float) -> None:
    folder = corpus / "topics" / name
    plain = yaml.safe_load((folder / "taxonomy.yaml").read_text(encoding="utf-8"))["topics"]
    rows = [json.loads(line) for line in (folder / "items.jsonl").read_text(encoding="utf-8").splitlines()]
    topics = [Topic(id=t["id"], name=t["name"], description=t.get("description", ""), keywords=tuple(t.get("keywords", ()))) for t in plain]
    pages = [page(row["title"], row["text"]) for row in rows]
    suggest = classify.build(topics, pages)
    lines = [
        json.dumps({"id": row["id"], "topics": [{"topic": s.topic, "score": s.probability} for s in suggest(what)]})
        for row, what in zip(rows, pages, strict=True)
    ]
    predicted = tmp_path / "predicted.jsonl"
    predicted.write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, str(corpus / "score_topics.py"), str(folder / "items.jsonl"), str(predicted)]
    scored = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert scored["precision_at_1"] >= first
    assert scored["micro_f1"] >= f1
