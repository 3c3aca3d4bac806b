"""Measure how well topics are suggested, by decisions a topic: `python -m benchmarks.topics [CORPUS]`. Prints a table, draws `topics.svg`.

Each collection is shuffled and split 60 to 40. Decisions are the first part's labels, in order, until every topic has so many; the second part is
scored by the corpus's own `score_topics.py`. The taxonomy and all texts are known from the start, as at a desk.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from pipeline import classify
from pipeline.classify import topics as learning
from pipeline.model import Candidate, Example, Features, ItemId, Resource, Suggestion, Topic

HERE = Path(__file__).resolve().parent
CORPUS = HERE.parents[1] / "shared" / "corpus"
EACH = (0, 5, 20, 50)
"""Decisions a topic."""
FIGURES = {"precision_at_1": "P@1", "micro_f1": "micro F1", "recall_at_3": "R@3", "mean_ap": "mAP", "ece_shown": "ECE of shown"}
Row = dict[str, Any]


def collections(corpus: Path) -> Iterator[tuple[str, list[Topic], list[Row]]]:
    """Give each labelled collection: name, taxonomy, items."""
    folders = [(path.parent.name, path.parent / "items.jsonl", path) for path in sorted(corpus.glob("topics/*/taxonomy.yaml"))]
    for name, items, taxonomy in [*folders, ("s4n", corpus / "s4n.jsonl", corpus / "s4n-taxonomy.yaml")]:
        rows = [json.loads(line) for line in items.read_text(encoding="utf-8").splitlines()]
        plain = yaml.safe_load(taxonomy.read_text(encoding="utf-8"))["topics"]
        known = [Topic(id=t["id"], name=t["name"], description=t.get("description", ""), keywords=tuple(t.get("keywords", ()))) for t in plain]
        yield name, known, rows


def read(row: Row) -> Features:
    """Take an item as the desk would; a title that the annotator made up is left out."""
    return classify.features(Resource(url="", title="" if row.get("title_derived") else row["title"], text=row["text"]))


def decisions(train: Sequence[tuple[Row, Features]], each: int) -> Iterator[Example]:
    """Decide in order until every topic has so many."""
    left: Counter[str] = Counter()
    for number, (row, packed) in enumerate(train):
        if any(left[topic] < each for topic in row["topics"]):
            left.update(row["topics"])
            when = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
            candidate = Candidate(item=ItemId(number), features=packed, day=date(2026, 1, 1))
            yield Example(candidate=candidate, kept=True, decided=when, topics=tuple(row["topics"]))


def score(corpus: Path, gold: Iterable[Row], found: Iterable[Sequence[Suggestion]]) -> dict[str, float]:
    """Have the corpus's own script judge."""
    with tempfile.TemporaryDirectory() as scratch:
        right, said = Path(scratch) / "gold.jsonl", Path(scratch) / "said.jsonl"
        with right.open("w", encoding="utf-8") as golds, said.open("w", encoding="utf-8") as lines:
            for row, suggestions in zip(gold, found, strict=True):
                golds.write(json.dumps(row) + "\n")
                told = [{"topic": one.topic, "score": one.probability, "assigned": one.assigned} for one in suggestions]
                lines.write(json.dumps({"id": row["id"], "topics": told}) + "\n")
        command = [sys.executable, str(corpus / "score_topics.py"), str(right), str(said)]
        scored: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        return scored


def measure(corpus: Path, taxonomy: list[Topic], pairs: list[tuple[Row, Features]]) -> Iterator[tuple[int, int, dict[str, float]]]:
    """Give decisions a topic, decisions in all, and the figures."""
    shuffled = list(pairs)
    random.Random(7).shuffle(shuffled)
    cut = len(shuffled) * 6 // 10
    for each in EACH:
        told = list(decisions(shuffled[:cut], each))
        found = learning.learn(taxonomy, [packed for _, packed in pairs], told).suggest([packed for _, packed in shuffled[cut:]])
        yield each, len(told), score(corpus, [row for row, _ in shuffled[cut:]], found)


def picture(curves: dict[str, list[float]]) -> str:
    """Draw a curve for each name over the decisions a topic, as SVG: values from .3 to .9, names at their ends."""
    width, height, left, top = 620, 360, 50, 20

    def place(number: int, value: float) -> tuple[float, float]:
        return left + number * 130, top + (0.9 - value) / 0.6 * (height - 60)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">']
    parts.append("<title>Micro F1 of suggested topics by decisions a topic; broken lines are without word vectors</title>")
    parts.append(f'<rect width="{width}" height="{height}" fill="white"/>')
    for tenth in range(3, 10):
        _, y = place(0, tenth / 10)
        parts.append(f'<path d="M{left} {y:.0f}H{left + 390}" stroke="#ddd"/><text x="{left - 28}" y="{y + 4:.0f}">.{tenth}</text>')
    for number, each in enumerate(EACH):
        parts.append(f'<text x="{left + number * 130}" y="{height - 16}" text-anchor="middle">{each}</text>')
    parts.append(f'<text x="{left + 195}" y="{height - 2}" text-anchor="middle">decisions a topic</text>')
    lowest = 0.0
    for number, (name, values) in enumerate(sorted(curves.items(), key=lambda curve: -curve[1][-1])):
        colour = f"hsl({sorted(curves).index(name) // 2 * 95} 60% 38%)"
        points = " ".join(f"{x:.0f},{y:.1f}" for x, y in (place(place_, value) for place_, value in enumerate(values)))
        dashes = ' stroke-dasharray="5 4"' if name.endswith("plain") else ""
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')
        lowest = max(lowest + 15, place(number, values[-1])[1])
        parts.append(f'<text x="{left + 400}" y="{lowest + 4:.0f}" fill="{colour}">{name} {values[-1]:.2f}</text>')
    return "\n".join([*parts, "</svg>\n"])


def main(corpus: Path) -> None:
    """Print the figures as a Markdown table, and draw the curves."""
    print(f"| collection | decisions a topic (in all) | {' | '.join(FIGURES.values())} |\n|---|---|{'---|' * len(FIGURES)}")
    curves: dict[str, list[float]] = {}
    for name, taxonomy, rows in collections(corpus):
        full = [(row, read(row)) for row in rows]
        for way, pairs in (("", full), (" plain", [(row, replace(packed, vector=b"")) for row, packed in full])):
            for each, count, figures in measure(corpus, taxonomy, pairs):
                print(f"| {name}{way} | {each} ({count}) | {' | '.join(f'{figures[key] or 0:.3f}' for key in FIGURES)} |", flush=True)
                curves.setdefault(name + way, []).append(figures["micro_f1"])
    (HERE / "topics.svg").write_text(picture(curves), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS)
