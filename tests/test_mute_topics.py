"""A topic whose words mean nothing proposes nothing before decisions, and the help for whoever keeps the taxonomy says why."""

from __future__ import annotations

import pytest

from pipeline import classify
from pipeline.classify import embeddings, taxonomy, topics
from pipeline.model import Item, ItemId, Topic
from tests.builders import item, resource

SUBJECTS = ("falls", "hip fractures", "run charts", "gardens", "dementia", "staff rotas", "kitchens", "night shifts", "budgets", "transport")
PAGES = [
    resource(title=f"{one} {turn}", text=f"A page about {one} and number {turn}. " * 5, description=None) for one in SUBJECTS for turn in range(25)
]
PACKED = [classify.features(one) for one in PAGES]
KNOWN = (Topic(id="falls", name="Falls", keywords=("hip fracture",)), Topic(id="food", name="Kitchens"))


@pytest.mark.parametrize(
    "odd",
    [
        Topic(id="odd", name="Xqz"),
        Topic(id="odd", name="Klimawandel"),
        Topic(id="odd", name="Xqz", examples=("https://example.org/watch?v=dQw4w9WgXcQ",)),
    ],
    ids=["no word", "another language", "an example link alone"],
)
def test_a_topic_whose_words_mean_nothing_proposes_nothing(odd: Topic) -> None:
    found = topics.learn((*KNOWN, odd), PACKED).suggest(PACKED)
    assert not [one for row in found for one in row if one.topic == "odd"]
    assert any(one.topic == "falls" and one.is_assigned for one in found[0])


def test_a_word_that_stands_in_the_harvest_is_a_word() -> None:
    pages = [resource(title="Xqz at work", text="All about Xqz. " * 5, description=None), *PAGES]
    packed = [classify.features(one) for one in pages]
    found = topics.learn((*KNOWN, Topic(id="odd", name="Xqz")), packed).suggest(packed)
    assert any(one.topic == "odd" for one in found[0])


def test_the_table_knows_words_and_not_letters() -> None:
    if not embeddings.vector("word"):
        pytest.skip("without the extra there is no table")
    assert embeddings.knows("Falls")
    assert not embeddings.knows("Xqz")


def test_the_review_says_that_no_word_of_a_silent_topic_stands_anywhere() -> None:
    items: list[Item] = [item(id=ItemId(number), resource=one) for number, one in enumerate(PAGES, 1)]
    said = {one.topic: one.sentence for one in taxonomy.review((*KNOWN, Topic(id="odd", name="Xqz")), items) if one.about == "never"}
    assert "No word of its name and keywords stands in them" in said["odd"]
    assert "No word" not in said["falls"]
