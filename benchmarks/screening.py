"""Screening with the queue's order, beside ASReview's ELAS u4: `python -m benchmarks.screening [SEEDS]`.

A curator wants two topics of a labelled collection, starts with one wanted and one unwanted item, and decides in batches in the order of the
queue. The desk knows the collection's taxonomy, and suggests topics from it as it does before any decision on them. WSS@95: share of the work
saved when 95 % of the wanted are found, beyond what chance saves (Cohen 2006). Stopping: at which share of the screening the estimate allows to
stop, and how often the recall is then what was stated.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from statistics import mean

import numpy as np
import yaml

from pipeline import classify
from pipeline.classify import order, stopping
from pipeline.classify.features import features
from pipeline.model import Candidate, Example, ItemId, Resource, Topic

TOPICS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "topics"
START = datetime(2026, 1, 1, tzinfo=UTC)
Scores = Callable[[Sequence[int]], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Records:
    """A screening set: what each record says and whether it is wanted."""

    name: str
    texts: list[str]
    candidates: list[Candidate]
    wanted: list[bool]


@dataclass(frozen=True, slots=True)
class Screened:
    """How a screening went. `stops` are (share seen, recall stated, recall true) where the estimate first allowed to stop."""

    saved: float
    precision: float
    stop: tuple[float, float, float]


def collections(seeds: range, *, name: str = "*") -> Iterator[Records]:
    """Two topics of each collection, or of the named one, other topics for each seed, as a curator might want them."""
    for path in sorted(TOPICS.glob(f"{name}/items.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        candidates = suggested([candidate(n, row["title"], row["text"]) for n, row in enumerate(rows)], path.with_name("taxonomy.yaml"))
        counts = Counter(topic for row in rows for topic in row["topics"])
        some = sorted(topic for topic, count in counts.items() if 0.02 * len(rows) <= count <= 0.12 * len(rows))
        for seed in seeds:
            both = set(random.Random(seed).sample(some, 2))
            wanted = [bool(both & set(row["topics"])) for row in rows]
            yield Records(path.parent.name, [f"{row['title']} {row['text']}" for row in rows], candidates, wanted)


def suggested(candidates: Sequence[Candidate], taxonomy: Path) -> list[Candidate]:
    """Give them the topics that the desk suggests from the taxonomy and the texts alone."""
    topics = [
        Topic(id=one["id"], name=one["name"], description=one.get("description", ""), keywords=tuple(one.get("keywords", ())))
        for one in yaml.safe_load(taxonomy.read_text(encoding="utf-8"))["topics"]
    ]
    packed = [one.features for one in candidates]
    found = classify.learn(topics, packed).topics.suggest(packed)
    named = [tuple((one.topic, one.probability) for one in some) for some in found]
    return [replace(one, topics=some) for one, some in zip(candidates, named, strict=True)]


def artificial(seeds: range, size: int = 3_000, share: float = 0.04) -> Iterator[Records]:
    """Made-up abstracts: each from a few of forty subjects with words of their own among common ones; wanted are those where two subjects meet."""
    for seed in seeds:
        lot = random.Random(seed)
        subjects = [[f"{chr(97 + n % 26)}{'aeiou'[n // 26]}w{word}ra" for word in range(60)] for n in range(40)]
        common = [f"common{word}" for word in range(800)]
        texts, wanted = [], []
        for _ in range(size):
            hit = lot.random() < share
            picked = [0, 1] if hit else lot.sample(range(0 if lot.random() < 0.1 else 2, 40), 2)
            pool = [word for subject in picked for word in subjects[subject]]
            texts.append(" ".join(lot.choice(pool) if lot.random() < 0.25 else lot.choice(common) for _ in range(lot.randint(60, 160))))
            wanted.append(hit or set(picked) == {0, 1})
        yield Records("artificial", texts, [candidate(n, text[:60], text) for n, text in enumerate(texts)], wanted)


def candidate(number: int, title: str, text: str) -> Candidate:
    return Candidate(item=ItemId(number), features=features(Resource(url="", title=title, text=text)), day=date(2026, 1, 1))


def ours(records: Records) -> Scores:
    background = [one.features for one in records.candidates]

    def scores(decided: Sequence[int]) -> Sequence[float]:
        examples = [
            Example(candidate=records.candidates[n], kept=records.wanted[n], decided=START + timedelta(seconds=place))
            for place, n in enumerate(decided)
        ]
        return order.learn(background, examples).ranks(records.candidates, now=START)

    return scores


def elas_u4(records: Records) -> Scores:
    """ASReview's default model with its own parts: TF-IDF of words and pairs, linear support vectors, weights balanced 9.8 to 1."""
    classifiers, balancers = import_module("asreview.models.classifiers"), import_module("asreview.models.balancers")
    text = import_module("sklearn.feature_extraction.text")
    rows = text.TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=1, max_df=0.95).fit_transform(records.texts)

    def scores(decided: Sequence[int]) -> Sequence[float]:
        labels = np.array([int(records.wanted[n]) for n in decided])
        weights = balancers.Balanced(ratio=9.8).compute_sample_weight(labels)
        model = classifiers.SVM(C=0.11, loss="squared_hinge").fit(rows[list(decided)], labels, sample_weight=weights)
        return list(model.decision_function(rows))

    return scores


def screened(records: Records, scores: Scores, *, stopping_too: bool) -> Screened:
    """Decide in batches, best first, until 95 % of the wanted are found; if asked, go on until the estimate allows to stop."""
    size, wanted = len(records.wanted), sum(records.wanted)
    batch = [records.wanted.index(True), records.wanted.index(False)]
    decided: list[int] = []
    seen_at = precision = stop = None
    while batch and (seen_at is None or (stopping_too and stop is None)):
        for n in batch:
            decided.append(n)
            if seen_at is None and sum(records.wanted[d] for d in decided) >= 0.95 * wanted:
                seen_at = len(decided)
        if stopping_too and stop is None:
            stop = _stop(records, decided)
        ranks = scores(decided)
        done = set(decided)
        best = sorted((n for n in range(size) if n not in done), key=lambda n: (-ranks[n], n))
        batch = best[: 12 if len(decided) < 50 else 20 if len(decided) < 100 else max(50, size // 25)]
        if precision is None and len(decided) >= 50:
            precision = sum(records.wanted[n] for n in best[:20]) / 20
    return Screened(0.95 - (seen_at or size) / size, precision or 0.0, stop or (1.0, 1.0, 1.0))


def _stop(records: Records, decided: Sequence[int]) -> tuple[float, float, float] | None:
    outcomes = [records.wanted[n] for n in decided]
    stated = stopping.least_recall(outcomes, len(records.wanted) - len(decided))
    if stated is None or stated < stopping.STOP_RECALL:
        return None
    return len(decided) / len(records.wanted), stated, sum(outcomes) / sum(records.wanted)


def report(seeds: range) -> Iterator[str]:
    peers = {"ours": ours} | ({"elas u4": elas_u4} if find_spec("asreview") and find_spec("sklearn") else {})
    if len(peers) == 1:
        yield "screening: asreview is not installed here; its ELAS u4 is left out"
    stops = []
    sets = (*(collections(seeds) if TOPICS.is_dir() else ()), *artificial(range(min(2, len(seeds)))))
    for collection, some in groupby(sets, key=lambda records: records.name):
        held = list(some)
        for name, peer in peers.items():
            runs = [screened(records, peer(records), stopping_too=name == "ours") for records in held]
            saved, precision = mean(run.saved for run in runs), mean(run.precision for run in runs)
            yield f"screening: {collection:<11}{name:<8} WSS@95 {saved:.3f}  P@20 after 50 {precision:.2f}"
            if name == "ours":
                stops += [run.stop for run in runs]
                yield f"stopping:  {collection:<11}{promise([run.stop for run in runs])}"
    yield f"stopping:  {'all':<11}{promise(stops)}"


def promise(stops: Sequence[tuple[float, float, float]]) -> str:
    kept = mean(true >= stated - 1e-4 for _, stated, true in stops)
    return f"recall as stated in {kept:.0%} of {len(stops)} runs, {1 - mean(seen for seen, _, _ in stops):.0%} of the screening saved"


if __name__ == "__main__":
    for line in report(range(int(sys.argv[1]) if len(sys.argv) > 1 else 5)):
        print(line, flush=True)
