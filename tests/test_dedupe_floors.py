"""How well folding does on sets with gold labels, against `floors.json`; and that the order of arrival hardly matters."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from pipeline import exchange
from pipeline.model import Features, ItemId, Resource
from pipeline.store import Counted, Store
from tests.builders import NOW

FLOORS = json.loads((Path(__file__).parent / "floors.json").read_text())["dedupe"]


def uncounted(item: ItemId, resource: Resource) -> Counted:
    return Counted(item=item, features=Features(terms=b""))


def lines(folder: Path) -> list[bytes]:
    rows = map(json.loads, (folder / "items.jsonl").read_text(encoding="utf-8").splitlines())
    return [json.dumps(_line(row)).encode() + b"\n" for row in rows]


def _line(row: dict[str, Any]) -> dict[str, Any]:
    names = row.get("authors") or []
    people = [one.strip() for one in names.replace(" and ", ";").split(";") if one.strip()] if isinstance(names, str) else names
    known = {"id": row["id"], "url": row["url"], "title": row["title"], "text": row.get("text"), "published": row.get("date") or None}
    return {**known, "creators": people, "identifiers": {"doi": row["doi"]} if row.get("doi") else {}}


def clusters(given: list[bytes]) -> dict[str, int]:
    with Store.open(":memory:") as store:
        exchange.import_items(given, store, count=uncounted, suggest=lambda items: None, now=NOW)
        return {str(item.origin_id): int(item.cluster or item.id) for item in store.each_item()}


@pytest.mark.floors
@pytest.mark.parametrize("name", ["dupes", "traps"])
def test_folding_holds_its_floors(corpus: Path, name: str, tmp_path: Path) -> None:
    predicted = tmp_path / "clusters.jsonl"
    found = clusters(lines(corpus / name))
    predicted.write_text("".join(json.dumps({"id": item, "cluster": cluster}) + "\n" for item, cluster in found.items()))
    command = [sys.executable, str(corpus / "score_dupes.py"), str(corpus / name), str(predicted), "--json"]
    scored = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    reached = {key: scored["strict"][key] for key in ("f1", "precision")} | {"macro_recall": scored["macro"]["recall"]}
    assert not {key: (reached[key], floor) for key, floor in FLOORS[name].items() if reached[key] < floor}


@pytest.mark.floors
def test_the_order_of_arrival_hardly_matters(corpus: Path) -> None:
    given = lines(corpus / "dupes")[:1200]
    one, other = pairs(clusters(given)), pairs(clusters(given[::-1]))
    assert len(one & other) >= FLOORS["common_pairs"] * len(one | other)


def pairs(found: dict[str, int]) -> set[frozenset[str]]:
    groups: dict[int, list[str]] = {}
    for item, cluster in found.items():
        groups.setdefault(cluster, []).append(item)
    return {frozenset(pair) for group in groups.values() for pair in combinations(group, 2)}
