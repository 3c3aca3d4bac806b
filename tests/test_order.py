"""The queue's order: plain without decisions, learnt from them, exact in what it says, and steady under odd input."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import zip_longest
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import screening
from pipeline.classify import latent, order, space
from pipeline.classify.features import features
from pipeline.model import Candidate, Example, Features, ItemId, Kind, Resource
from tests.builders import NOW

WANTED = ("wards share what they learn in a peer network", "a network of nurses meets to learn from peers", "peer learning across hospital wards")
OTHER = (
    "the price of copper fell on the exchange",
    "a recipe for leek soup with cream",
    "the football season begins in rain",
    "copper mines close for the season",
)


def page(text: str, title: str = "") -> Resource:
    return Resource(url="https://north.example/a", title=title, text=text)


def candidate(number: int, text: str, **changes: Any) -> Candidate:
    default = Candidate(item=ItemId(number), features=features(page(text)), day=NOW.date(), sources=("north-blog",))
    return replace(default, **changes)


def decided(kept: Sequence[Candidate], rejected: Sequence[Candidate], **changes: Any) -> list[Example]:
    """Decide in turn, as a curator does who meets both sorts."""
    both = zip_longest(((one, True) for one in kept), ((one, False) for one in rejected))
    pairs = [pair for turn in both for pair in turn if pair]
    return [Example(candidate=one, kept=is_kept, decided=NOW + timedelta(seconds=n), **changes) for n, (one, is_kept) in enumerate(pairs)]


def pool(count: int = 12) -> tuple[list[Candidate], list[Candidate]]:
    """Items of two sorts, told apart by their words alone."""
    wanted = [candidate(n, f"{WANTED[n % 3]} number{n} " * 3) for n in range(count)]
    other = [candidate(100 + n, f"{OTHER[n % 4]} number{n} " * 3) for n in range(count)]
    return wanted, other


def rank(model: order.OrderModel, one: Candidate) -> float:
    return model.ranks([one], now=NOW)[0]


def test_without_decisions_topic_freshness_and_mentions_make_the_order() -> None:
    model = order.learn((), ())
    bare = candidate(1, "nothing", day=date(2026, 1, 1))
    better = (
        replace(bare, topics=(("networks", 0.9),)),
        replace(bare, day=NOW.date()),
        replace(bare, sources=("north-blog", "alert", "list")),
        replace(bare, ends=NOW.date()),
    )
    assert not model.calibrated
    assert all(rank(model, one) > rank(model, bare) for one in better)
    assert rank(model, replace(bare, ends=date(2026, 11, 1))) <= rank(model, bare)


def test_the_sentences_of_the_plain_order_say_what_it_is_made_of() -> None:
    said = order.learn((), ()).why(candidate(1, "x", topics=(("networks", 0.9),), sources=("a", "b")), page("x"), now=NOW)
    assert said[0] == "The likeliest topic is networks, at 0.90. (+0.83)"
    assert {line.split(" (")[0] for line in said[1:]} == {"Nothing of its source has been decided yet.", "It is 0 days old.", "2 sources name it."}


def test_one_kept_and_one_rejected_item_order_the_rest() -> None:
    wanted, other = pool()
    background = [one.features for one in (*wanted, *other)]
    model = order.learn(background, decided(wanted[:1], other[:1]))
    assert rank(model, wanted[3]) > max(rank(model, one) for one in other[4:])


def test_what_is_kept_comes_first_whatever_was_suggested() -> None:
    wanted, other = pool()
    misled = [replace(one, topics=(("soup", 0.95),)) for one in other]
    model = order.learn([one.features for one in (*wanted, *other)], decided(wanted[:8], misled[:8]))
    assert model.calibrated
    assert min(rank(model, one) for one in wanted[8:]) > max(rank(model, one) for one in misled[8:])


def test_rejections_alone_teach_what_is_not_wanted() -> None:
    wanted, other = pool()
    model = order.learn([one.features for one in (*wanted, *other)], decided((), other[:6]))
    assert not model.calibrated
    assert rank(model, wanted[0]) > rank(model, other[8])


def test_a_source_that_was_often_kept_lifts_its_items_and_says_its_record() -> None:
    wanted, other = pool()
    good = [replace(one, sources=("good",)) for one in (*wanted[:6], *other[:6])]
    poor = [replace(one, sources=("poor",)) for one in (*wanted[6:], *other[6:])]
    model = order.learn((), decided(good, poor))
    new = candidate(500, "something else altogether", sources=("good",))
    assert rank(model, new) > rank(model, replace(new, sources=("poor",)))
    assert any(line.startswith("Of its source 12 of 12 were kept.") for line in model.why(new, page("something else altogether"), now=NOW))


@pytest.mark.parametrize(
    ("liked", "other"),
    [
        ({"kind": Kind.REPORT}, {"kind": Kind.NEWS}),
        ({"people": ("Ada Marsh",)}, {"people": ("Ben Poole",)}),
        ({"topics": (("a", 0.8),)}, {"topics": (("b", 0.8),)}),
    ],
)
def test_kind_people_and_topics_are_learnt(liked: dict[str, Any], other: dict[str, Any]) -> None:
    kept = [candidate(n, "the same words", **liked) for n in range(6)]
    rejected = [candidate(10 + n, "the same words", **other) for n in range(6)]
    model = order.learn((), decided(kept, rejected))
    assert rank(model, candidate(50, "the same words", **liked)) > 0.5 > rank(model, candidate(51, "the same words", **other))


def test_the_terms_add_up_to_the_rank() -> None:
    wanted, other = pool()
    model = order.learn([one.features for one in (*wanted, *other)], decided(wanted[:7], other[:7]))
    for one, text in ((wanted[9], WANTED[0]), (other[9], OTHER[1])):
        odds = sum(term.value for term in model.terms(one, page(text), now=NOW))
        assert 1 / (1 + math.exp(-odds)) == pytest.approx(rank(model, one), abs=1e-4)


def test_the_words_that_speak_for_an_item_stand_in_it_as_written() -> None:
    wanted, other = pool()
    model = order.learn([one.features for one in (*wanted, *other)], decided(wanted[:6], other[:6]))
    text = "Peers from two Hospitals read of copper and leek soup."
    words = model.words(page(text))
    assert {"peers", "hospitals"} & set(words)
    assert not {"copper", "soup"} & set(words)
    assert all(word in text.casefold() for word in words)


def test_the_nearest_kept_items_are_named_and_never_the_item_itself() -> None:
    wanted, other = pool()
    model = order.learn([one.features for one in (*wanted, *other)], decided(wanted[:6], other[:6]))
    near = model.nearest(wanted[0])
    assert near[0][0] == 3  # the same sentence with another number
    assert [number for number, _ in near] == sorted({n for n, _ in near}, key=lambda n: -dict(near)[n])
    assert all(number < 6 and number != 0 and 0 < value <= 1 for number, value in near)
    assert order.learn((), ()).nearest(wanted[0]) == ()


def test_five_kept_and_five_rejected_make_a_probability_and_steers_do_not() -> None:
    wanted, other = pool()
    assert not order.learn((), decided(wanted[:5], other[:4])).calibrated
    assert order.learn((), decided(wanted[:5], other[:5])).calibrated
    assert not order.learn((), decided(wanted[:5], other[:5], shown="steer")).calibrated
    assert order.learn((), decided(wanted[:5], other[:5], shown="past")).records == {}


def test_more_of_this_weighs_more_than_one_decision() -> None:
    wanted, other = pool()
    background = [one.features for one in (*wanted, *other)]
    before = decided(other[:3], wanted[:3])
    steer = Example(candidate=wanted[5], kept=True, decided=NOW, weight=3.0, shown="steer")
    light = rank(order.learn(background, [*before, replace(steer, weight=1.0)]), wanted[8])
    assert rank(order.learn(background, [*before, steer]), wanted[8]) > light


def test_a_taste_that_moved_is_followed() -> None:
    wanted, other = pool()
    past = [replace(example, decided=NOW - timedelta(days=1500)) for example in decided(other[:6], wanted[:6])]
    model = order.learn([one.features for one in (*wanted, *other)], [*past, *decided(wanted[:6], other[:6])])
    assert rank(model, wanted[8]) > rank(model, other[8])


def test_the_same_decisions_in_any_order_make_the_same_ranks() -> None:
    wanted, other = pool()
    examples = decided(wanted[:6], other[:6])
    one, two = (order.learn((), given).ranks([*wanted, *other], now=NOW) for given in (examples, examples[::-1]))
    assert one == two


def test_a_hundred_thousand_decisions_are_bounded_to_the_latest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "MAX_EXAMPLES", 4)
    wanted, other = pool()
    model = order.learn((), decided(wanted, other))
    assert [one.item for one in model.kept] == [8, 9, 10, 11]
    assert model.records["north-blog"] == (12, 24)


EMPTY = Features(terms=b"")


def test_items_without_words_sources_or_people_are_ranked() -> None:
    bare = Candidate(item=ItemId(1), features=EMPTY, day=NOW.date())
    model = order.learn([EMPTY, EMPTY], decided([bare], [replace(bare, item=ItemId(2))]))
    assert 0 < rank(model, bare) < 1
    assert model.words(page("")) == ()
    assert model.nearest(bare) == ()
    assert model.ranks([], now=NOW) == []
    assert model.why(bare, page(""), now=NOW)


@given(st.lists(st.tuples(st.text(max_size=60), st.booleans(), st.floats(0, 1)), max_size=12))
def test_whatever_was_decided_a_rank_lies_between_nought_and_one(told: list[tuple[str, bool, float]]) -> None:
    candidates = [candidate(n, text, topics=(("a", probability),)) for n, (text, _, probability) in enumerate(told)]
    examples = [Example(candidate=one, kept=kept, decided=NOW) for one, (_, kept, _) in zip(candidates, told, strict=True)]
    ranks = order.learn([one.features for one in candidates], examples).ranks(candidates, now=NOW)
    assert len(ranks) == len(told)
    assert all(0 <= value <= 1 for value in ranks)


def test_probabilities_of_a_noisy_taste_are_near_the_truth() -> None:
    """Where three of four of one sort and one of four of the other are kept, no rank may claim certainty."""
    wanted, other = pool(80)
    kept, rejected = [*wanted[:30], *other[:10]], [*wanted[30:40], *other[10:40]]
    for lot, side in enumerate((kept, rejected)):
        random.Random(lot).shuffle(side)  # noqa: S311 - a simulation
    examples = decided(kept, rejected)
    model = order.learn([one.features for one in (*wanted, *other)], examples)
    sure, unsure = (model.ranks(side[40:], now=NOW) for side in (wanted, other))
    assert sum(sure) / 40 == pytest.approx(0.75, abs=0.12)
    assert sum(unsure) / 40 == pytest.approx(0.25, abs=0.12)


def test_items_meet_in_latent_subjects_without_a_word_in_common() -> None:
    """Nurses go with wards and wards with beds, so nurses are near beds and far from boats."""
    texts = ("nurses wards", "wards beds", "nurses wards", "wards beds", "boats sails", "sails masts", "boats sails", "sails masts")
    packed = [features(page(text)) for text in texts]
    fitted = space.fit(packed)
    rows = fitted.rows(packed)
    directions = latent.fit(rows)
    nurses, beds, boats = latent.project(fitted.rows([features(page(text)) for text in ("nurses", "beds", "boats")]), directions)
    assert directions.shape[1] <= len(texts)
    assert nurses @ beds > nurses @ boats + 0.2
    assert latent.project(fitted.rows([EMPTY]), directions).tolist() == [[0.0] * directions.shape[1]]
    assert latent.fit(fitted.rows([])).shape == (len(fitted.vocabulary), 0)


@pytest.mark.floors
def test_screening_with_the_order_saves_as_much_as_before(corpus: Path) -> None:
    floors = json.loads((Path(__file__).parent / "floors.json").read_text())["queue"]["selfhosted"]
    assert (corpus / "topics" / "selfhosted").is_dir()
    sets = screening.collections(range(1), name="selfhosted")
    runs = [screening.screened(records, screening.ours(records), stopping_too=False) for records in sets]
    assert mean(run.saved for run in runs) >= floors["WSS@95"]
    assert mean(run.precision for run in runs) >= floors["P@20 after 50"]
