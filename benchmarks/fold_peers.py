"""Folding beside public rules: `python -m benchmarks.fold_peers [FOLDER]`, where FOLDER holds `dupes/`, `traps/` and `score_dupes.py`.

Every rule sees the same items in the order of the file and gives clusters, which the set's own `score_dupes.py` scores. A rule with a threshold is
given the one that suits it best on the very set, which is kinder than life. `GLEANINGS_PEERS` may name folders of site-packages with the peers
(colons between them); a peer that is not there is named so. Items a second are of processor time, children included.

reader's rule (https://reader.readthedocs.io/en/stable/plugins.html, `entry_dedupe`) is that for the entries of one feed; here all items are of one
feed, all of them new. The rule of Zotero is that of its documentation (https://www.zotero.org/support/duplicate_detection).
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import resource
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process
from scipy import sparse

from pipeline import dates, exchange, text, urls
from pipeline.model import Features, ItemId, Resource
from pipeline.store import Counted, Store

SHARED = Path(__file__).resolve().parents[2] / "shared" / "corpus"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
GRID = [round(0.30 + 0.05 * step, 2) for step in range(14)]
"""Thresholds that are tried."""
PERMUTATIONS = 128
CATALOGUES = ("", "doi.org", "dx.doi.org")
"""Where the records of citation sets lie, by the host of their address; some have none."""
COLUMNS = (
    "Rule",
    "at",
    "strict F1",
    "precision",
    "macro recall",
    "macro specificity",
    "false of 1,000",
    "asked of 1,000",
    "records found",
    "kept",
    "items/s",
)

Row = Mapping[str, Any]
Clusters = dict[str, int]


@dataclass(frozen=True, slots=True)
class Result:
    """What a rule made of a set, at the threshold that suits it best, and how long it took."""

    scored: Mapping[str, Any]
    seconds: float
    clusters: Clusters
    threshold: float | None = None
    asked: float | None = None


def joined(rows: Sequence[Row], pairs: Iterable[tuple[int, int]]) -> Clusters:
    """Make clusters of pairs, by chains."""
    head = list(range(len(rows)))

    def find(one: int) -> int:
        while head[one] != one:
            head[one] = head[head[one]]
            one = head[one]
        return one

    for one, other in pairs:
        head[find(one)] = find(other)
    return {row["id"]: find(number) for number, row in enumerate(rows)}


def ours(rows: Sequence[Row], _: float) -> tuple[Clusters, float]:
    """By the door of `import items`; clusters, and proposals of 1,000 items."""
    with Store.open(":memory:") as store:
        exchange.import_items(map(_line, rows), store, count=_uncounted, suggest=lambda items: None, now=NOW)
        found = {str(item.origin_id): int(item.cluster or item.id) for item in store.each_item()}
        asked = {frozenset((item.id, match.of)) for item in store.each_item() for match in store.proposals(item.id)}
    return found, 1000 * len(asked) / len(rows)


def _uncounted(item: ItemId, resource: Resource) -> Counted:
    return Counted(item=item, features=Features(terms=b""))


def _line(row: Row) -> bytes:
    known = {"id": row["id"], "url": row["url"], "title": row["title"], "text": row.get("text"), "published": row.get("date") or None}
    line = {**known, "creators": people(row), "identifiers": {"doi": row["doi"]} if row.get("doi") else {}}
    return json.dumps(line).encode() + b"\n"


def people(row: Row) -> list[str]:
    """Give the names of a row; one of the sets has them in one string."""
    names = row.get("authors") or []
    return [one.strip() for one in re.split(r";| and |, (?=\w+ )", names) if one.strip()] if isinstance(names, str) else list(names)


def reader_rule(rows: Sequence[Row], _: float) -> Iterator[tuple[int, int]]:
    """The rule of the library reader for the entries of one feed, by its own code."""
    from reader import Content, Entry, Feed
    from reader.plugins.entry_dedupe import OnceConfig

    feed = Feed("https://one.example/feed", last_updated=NOW)
    entries = [
        Entry(
            id=str(number),
            title=row["title"] or None,
            link=row["url"] or None,
            published=_moment(row.get("date")),
            content=(Content(row.get("text") or "", "text/plain"),),
            added=NOW,
            last_updated=NOW,
            feed=feed,
        )
        for number, row in enumerate(rows)
    ]
    by_id = {entry.id: entry for entry in entries}
    for first, *others in OnceConfig(feed, entries, by_id.get).find_duplicates():
        yield from ((int(first.id), int(other.id)) for other in others)


def _moment(said: object) -> datetime | None:
    found = dates.parse(str(said)) if said else None
    if found is None or isinstance(found, datetime):
        return found
    return datetime(found.year, found.month, found.day, tzinfo=UTC)


def zotero_rule(rows: Sequence[Row], _: float) -> Iterator[tuple[int, int]]:
    """Equal DOI; or equal title, years no further apart than one, and one person with the same last name and initial. What is absent agrees."""
    dois, titles = defaultdict(list), defaultdict(list)
    for number, row in enumerate(rows):
        if doi := _doi(row):
            dois[doi].append(number)
        if title := " ".join(text.words(row["title"] or "")):
            titles[title].append(number)
    for group in dois.values():
        yield from combinations(group, 2)
    known = [(_doi(row), _year(row), _surnames(row)) for row in rows]
    for group in titles.values():
        yield from ((one, other) for one, other in combinations(group, 2) if _agree(known[one], known[other]))


def _agree(one: tuple[str, int | None, set[str]], other: tuple[str, int | None, set[str]]) -> bool:
    if one[0] and other[0] and one[0] != other[0]:
        return False
    if one[1] and other[1] and abs(one[1] - other[1]) > 1:
        return False
    return not (one[2] and other[2]) or bool(one[2] & other[2])


def _doi(row: Row) -> str:
    addresses = (f"https://doi.org/{row['doi']}" if row.get("doi") else "", row["url"] or "")
    return next((key for one in addresses for key in urls.identity(one) if key.startswith("doi:")), "")


def _year(row: Row) -> int | None:
    found = re.search(r"\b(?:19|20)\d\d\b", str(row.get("date") or ""))
    return int(found[0]) if found else None


def _surnames(row: Row) -> set[str]:
    names = (text.words(one) for one in people(row))
    return {f"{words[-1]} {words[0][:1]}" for words in names if words}


def title_rule(rows: Sequence[Row], least: float) -> Iterator[tuple[int, int]]:
    """Titles whose edit similarity (rapidfuzz `ratio`) reaches the threshold."""
    titles = [" ".join(text.words(row["title"] or "")) for row in rows]
    told = [number for number, title in enumerate(titles) if title]
    names = [titles[number] for number in told]
    for start in range(0, len(names), 500):
        scores = process.cdist(names[start : start + 500], names, scorer=fuzz.ratio, score_cutoff=100 * least, dtype=np.uint8)
        for one, other in zip(*np.nonzero(scores), strict=True):
            if start + one < other:
                yield told[start + one], told[other]


def grams(row: Row) -> set[str]:
    """Cut title and text into sequences of four words."""
    found = text.words(f"{row['title'] or ''} {row.get('text') or ''}"[:60_000])
    return {" ".join(found[start : start + 4]) for start in range(max(1, len(found) - 3))} if found else set()


def jaccard_rule(rows: Sequence[Row], least: float) -> Iterator[tuple[int, int]]:
    """Word sequences whose Jaccard similarity reaches the threshold, counted exactly."""
    columns: dict[str, int] = {}
    sets = [[columns.setdefault(gram, len(columns)) for gram in grams(row)] for row in rows]
    sizes = np.array([len(one) for one in sets])
    ends = np.concatenate([[0], np.cumsum(sizes)])
    flat = np.array([column for one in sets for column in one], dtype=np.int32)
    matrix = sparse.csr_matrix((np.ones(len(flat), dtype=np.int32), flat, ends), shape=(len(rows), len(columns)))
    shared = sparse.triu(matrix @ matrix.T, k=1).tocoo()
    alike = shared.data / (sizes[shared.row] + sizes[shared.col] - shared.data)
    for one, other in zip(shared.row[alike >= least], shared.col[alike >= least], strict=True):
        yield int(one), int(other)


def datasketch_rule(rows: Sequence[Row], least: float) -> Iterator[tuple[int, int]]:
    """datasketch: MinHashLSH of the same sequences; what it brings is taken."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=least, num_perm=PERMUTATIONS)
    for number, row in enumerate(rows):
        hashed = MinHash(num_perm=PERMUTATIONS)
        hashed.update_batch([gram.encode() for gram in grams(row)])
        yield from ((int(other), number) for other in index.query(hashed))
        index.insert(str(number), hashed)


def rensa_rule(rows: Sequence[Row], least: float) -> Iterator[tuple[int, int]]:
    """rensa: RMinHashLSH of the same sequences, in bands of four; what it brings is compared by its hashes."""
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=least, num_perm=PERMUTATIONS, num_bands=PERMUTATIONS // 4)
    kept = []
    for number, row in enumerate(rows):
        hashed = RMinHash(num_perm=PERMUTATIONS, seed=42)
        hashed.update(sorted(grams(row)))
        yield from ((other, number) for other in index.query(hashed) if hashed.jaccard(kept[other]) >= least)
        index.insert(number, hashed)
        kept.append(hashed)


Rule = Callable[[Sequence[Row], float], Iterator[tuple[int, int]]]
RULES: dict[str, tuple[Rule, Sequence[float]]] = {
    "reader 3.26, entry_dedupe": (reader_rule, [0]),
    "Zotero's rule": (zotero_rule, [0]),
    "title similarity": (title_rule, [*GRID, 0.97, 0.99]),
    "4-gram Jaccard": (jaccard_rule, GRID),
    "datasketch MinHashLSH": (datasketch_rule, GRID[::2]),
    "rensa RMinHashLSH": (rensa_rule, GRID[::2]),
}


def table(folder: Path) -> Iterator[str]:
    """Run every rule over every set."""
    sys.path += [one for one in os.environ.get("GLEANINGS_PEERS", "").split(os.pathsep) if one]
    for name in ("dupes", "traps"):
        if not (folder / name / "items.jsonl").is_file():
            yield f"fold: the set {name} is not at hand in {folder}; skipped"
            continue
        yield f"\n{name}\n\n| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"
        yield from _set(folder, name)


def _set(folder: Path, name: str) -> Iterator[str]:
    rows = [json.loads(line) for line in (folder / name / "items.jsonl").read_text(encoding="utf-8").splitlines() if line]
    pairs = [json.loads(line) for line in (folder / name / "pairs.jsonl").read_text(encoding="utf-8").splitlines() if line]
    scorer = _scorer(folder)
    begin = _seconds()
    found, asked = ours(rows, 0)
    taken = _seconds() - begin
    yield _row("Gleanings", Result(_scored(scorer, folder / name, found), taken, found, asked=asked), rows, pairs)
    for rule, (pairs_of, thresholds) in RULES.items():
        try:
            best = max((_tried(rows, pairs_of, one, scorer, folder / name) for one in thresholds), key=lambda one: one.scored["strict"]["f1"])
        except ImportError:
            yield f"| {rule} | not installed |"
            continue
        yield _row(rule, best, rows, pairs)


def _tried(rows: Sequence[Row], rule: Rule, threshold: float, scorer: ModuleType, folder: Path) -> Result:
    begin = _seconds()
    found = joined(rows, rule(rows, threshold))
    taken = _seconds() - begin
    return Result(scored=_scored(scorer, folder, found), seconds=taken, clusters=found, threshold=threshold or None)


def _scored(scorer: ModuleType, folder: Path, found: Clusters) -> Mapping[str, Any]:
    scored: Mapping[str, Any] = scorer.score(str(folder), [{"id": item, "cluster": cluster} for item, cluster in found.items()])
    return scored


def _scorer(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_dupes", folder / "score_dupes.py")
    if spec is None or spec.loader is None:
        sys.exit(f"fold: there is no score_dupes.py in {folder}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _row(name: str, result: Result, rows: Sequence[Row], pairs: Sequence[Row]) -> str:
    strict, macro = result.scored["strict"], result.scored["macro"]
    records = by_record(rows, pairs, result.clusters)
    parts = [
        name,
        "" if result.threshold is None else f"{result.threshold:.2f}",
        *(f"{figure:.3f}" for figure in (strict["f1"], strict["precision"], macro["recall"], macro["specificity"])),
        f"{result.scored['false_merge_items_per_1000']:.1f}",
        "" if result.asked is None else f"{result.asked:.0f}",
        *(("", "") if records is None else (f"{one:.4f}" for one in records)),
        f"{len(rows) / result.seconds:,.0f}",
    ]
    return f"| {' | '.join(parts)} |"


def by_record(rows: Sequence[Row], pairs: Sequence[Row], found: Clusters) -> tuple[float, float] | None:
    """Count as tools for systematic reviews do, over the records of citation sets: the share of duplicate records that are found, and of unique ones
    that are kept. Of each cluster one record is kept: one of the work that most of its records are of. `None` where a set has no such records."""
    told = [pair for pair in pairs if pair["why"].startswith("citation")]
    if not told:
        return None
    alone = {row["id"] for row in rows if row.get("authors") and urls.host(row["url"] or "") in CATALOGUES}
    ids = sorted({one for pair in told for one in (pair["a"], pair["b"])} | alone)
    place = {one: number for number, one in enumerate(ids)}
    work = joined([{"id": one} for one in ids], ((place[pair["a"]], place[pair["b"]]) for pair in told if pair["same"]))
    groups: dict[int, list[int]] = defaultdict(list)
    for one in ids:
        groups[found[one]].append(work[one])
    kept: dict[int, int] = defaultdict(int)
    for group in groups.values():
        kept[max(sorted(set(group)), key=group.count)] += 1
    sizes = {one: sum(other == one for other in work.values()) for one in set(work.values())}
    duplicates = sum(size - 1 for size in sizes.values())
    detected = sum(size - max(1, kept[one]) for one, size in sizes.items())
    return detected / duplicates, sum(bool(kept[one]) for one in sizes) / len(sizes)


if __name__ == "__main__":
    for line in table(Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED):
        print(line, flush=True)
