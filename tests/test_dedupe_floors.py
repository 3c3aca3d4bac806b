"""How well folding does on sets with gold labels, against `floors.json`; and that the order of arrival hardly matters."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from pipeline import exchange
from pipeline.model import Features, ItemId, Resource, State
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


def clusters(given: list[bytes]) -> tuple[dict[str, int], int]:
    """The cluster of each item, and how many pairs of clusters are open questions."""
    with Store.open(":memory:") as store:
        exchange.import_items(given, store, count=uncounted, suggest=lambda items: None, now=NOW)
        items = list(store.each_item())
        asked = {frozenset((item.id, match.of)) for item in items if item.state is State.QUEUED for match in store.proposals(item.id)}
        return {str(item.origin_id): int(item.cluster or item.id) for item in items}, len(asked)


@pytest.mark.floors
@pytest.mark.parametrize("name", ["dupes", "traps"])
def test_folding_holds_its_floors(corpus: Path, name: str, tmp_path: Path) -> None:
    predicted = tmp_path / "clusters.jsonl"
    found, asked = clusters(lines(corpus / name))
    predicted.write_text("".join(json.dumps({"id": item, "cluster": cluster}) + "\n" for item, cluster in found.items()))
    command = [sys.executable, str(corpus / "score_dupes.py"), str(corpus / name), str(predicted), "--json"]
    scored = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    reached = {key: scored["strict"][key] for key in ("f1", "precision")}
    reached |= {f"macro_{key}": scored["macro"][key] for key in ("recall", "specificity")}
    reached |= {"proposed_in_1000": -1000 * asked / len(found), "unique_kept": 1 - scored["false_merge_items_per_1000"] / 1000}
    reached["worst_trap"] = min(kind["right"] for why, kind in scored["why"].items() if why.startswith("diff"))
    assert not {key: (reached[key], floor) for key, floor in FLOORS[name].items() if reached[key] < floor}


@pytest.mark.floors
@pytest.mark.parametrize("name", ["dupes", "traps"])
def test_the_order_of_arrival_hardly_matters(corpus: Path, name: str) -> None:
    given = lines(corpus / name)[:1200]
    shuffled = sorted(given, key=lambda line: hashlib.sha256(line).digest())
    one, *others = (pairs(clusters(order)[0]) for order in (given, given[::-1], shuffled))
    assert all(len(one & other) >= FLOORS["common_pairs"] * len(one | other) for other in others)


def pairs(found: dict[str, int]) -> set[frozenset[str]]:
    groups: dict[int, list[str]] = {}
    for item, cluster in found.items():
        groups.setdefault(cluster, []).append(item)
    return {frozenset(pair) for group in groups.values() for pair in combinations(group, 2)}
