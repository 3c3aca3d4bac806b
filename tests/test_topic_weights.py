"""Decisions on topics, however they were drawn: a curator who seeks out examples of rare topics makes these no likelier than they are."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from pipeline.classify import calibrate, features, topics
from pipeline.classify.calibrate import Curve
from pipeline.model import Candidate, Example, Features, ItemId, Resource, Topic

TAXONOMY = (
    Topic(id="falls", name="Falls", keywords=("frailty",)),
    Topic(id="data", name="Dashboards", keywords=("charts",)),
    Topic(id="staff", name="Rotas", keywords=("shifts",)),
)
SHARES = {"falls": 0.08, "data": 0.55, "staff": 0.37}
Labelled = tuple[Features, str]


def harvest(size: int) -> list[Labelled]:
    """Pages of one topic each, whose words belong to it in three cases of five."""
    lot = random.Random(5)  # noqa: S311
    words = {topic.id: (topic.name, *topic.keywords, f"{topic.id}ward", f"{topic.id}plan") for topic in TAXONOMY}
    found = []
    for number in range(size):
        (right,) = lot.choices(list(SHARES), list(SHARES.values()))
        said = [lot.choice(words[right if lot.random() < 0.6 else lot.choice(list(words))]) for _ in range(4)]
        text = " ".join((*said, *(f"common{lot.randrange(60)}" for _ in range(20))))
        found.append((features(Resource(url="", title=f"Page {number}", text=text)), right))
    return found


def told(number: int, packed: Features, right: str) -> Example:
    when = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    candidate = Candidate(item=ItemId(number), features=packed, day=date(2026, 1, 1))
    return Example(candidate=candidate, kept=True, decided=when, topics=(right,))


def sought(pages: Sequence[Labelled]) -> list[Example]:
    """Decisions in order until each topic has thirty."""
    left = dict.fromkeys(SHARES, 30)
    found = []
    for number, (packed, right) in enumerate(pages):
        if left[right] > 0:
            left[right] -= 1
            found.append(told(number, packed, right))
    return found


def excess(pages: Sequence[Labelled]) -> float:
    """By how much the rare topic seems likelier than it is, on pages that nobody decided."""
    model = topics.learn(TAXONOMY, [packed for packed, _ in pages], sought(pages[:500]))
    rest = pages[500:]
    shown = [one.probability for some in model.suggest([packed for packed, _ in rest]) for one in some if one.topic == "falls"]
    return sum(shown) / len(rest) - sum(right == "falls" for _, right in rest) / len(rest)


def test_a_rare_topic_that_was_sought_out_seems_hardly_likelier_than_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = harvest(1_000)
    weighed = excess(pages)
    monkeypatch.setattr(topics, "_stands_for", lambda shares, expected, truth: np.ones(len(truth)))
    alike = excess(pages)
    assert alike > 0.02
    assert weighed < alike - 0.01, (weighed, alike)


def test_a_decision_that_counts_twice_is_two_decisions() -> None:
    draw = np.random.default_rng(2)
    evidence, start = draw.standard_normal((2, 40, 3)), Curve(np.ones(2), np.zeros(3))
    truth = (draw.random((40, 3)) < 0.4).astype(float)
    twice = calibrate.fit(np.concatenate((evidence, evidence[:, :10]), axis=1), np.concatenate((truth, truth[:10])), start, weights=np.ones(50))
    weighed = calibrate.fit(evidence, truth, start, weights=np.repeat([2.0, 1.0], [10, 30]))
    assert weighed.slopes == pytest.approx(twice.slopes)
    assert weighed.levels == pytest.approx(twice.levels)


@pytest.mark.parametrize("many", [3, 10, 30])
def test_decisions_on_one_topic_only_leave_the_others_their_place(many: int) -> None:
    pages = harvest(600)
    others = [packed for packed, right in pages if right == "data"]
    liked = [number for number, (_, right) in enumerate(pages) if right == "staff"][:many]
    cold = topics.learn(TAXONOMY, [packed for packed, _ in pages])
    taught = topics.learn(TAXONOMY, [packed for packed, _ in pages], [told(number, *pages[number]) for number in liked])
    first = [sum(bool(some) and some[0].topic == "data" for some in model.suggest(others)) for model in (cold, taught)]
    assert first[0] > 0.6 * len(others)
    assert first[1] > 0.75 * first[0], first


def test_without_a_harvest_every_decision_counts_in_full() -> None:
    pages = harvest(60)
    examples = [told(number, *page) for number, page in enumerate(pages)]
    found = topics.learn(TAXONOMY, [], examples).suggest([packed for packed, _ in pages])
    assert all(0 <= one.probability <= 1 for some in found for one in some)
