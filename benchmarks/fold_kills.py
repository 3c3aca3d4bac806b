"""Eight processes offer the same items to one database, each in an order of its own, and are killed (`kill -9`) and started again meanwhile.

    python -m benchmarks.fold_kills FOLDER [ITEMS] [KILLS]     # 10,000 items and 40 kills where nothing is said

Then one process offers all once more. What is left must hold every line once, each address as one item, and fold as one process alone folds, but for
what the order of arrival changes. Ends with 1 where something did not hold. Chance is seeded; which process is at which statement then, is not.
"""

from __future__ import annotations

import json
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from benchmarks.stage import Toll
from pipeline import urls
from tests.desk import PATIENCE, Desk, ended, kill

PROCESSES = 8
_WORDS = [f"{a}{b}{c}" for a in ("ba", "ko", "mi", "ta", "ru", "ne") for b in ("len", "dor", "vik", "sam", "pol") for c in range(40)]


def generated(count: int, seed: int = 1) -> list[dict[str, object]]:
    """Write lines of items: three in ten are an earlier one again, under a tracked address, in another letter case, or syndicated elsewhere."""
    chance, made = random.Random(seed), list[dict[str, object]]()
    for n in range(count):
        if made and chance.random() < 0.3:
            first = made[chance.randrange(len(made))]
            url = str(first["url"])
            other = chance.choice((f"{url}?utm_source=mail{n}", url.replace("https://", "http://www."), f"https://copy{n % 7}.example/{n}"))
            made.append({**first, "id": f"r{n}", "url": other})
            continue
        title = " ".join(chance.choices(_WORDS, k=7)).capitalize()
        text = ". ".join(" ".join(chance.choices(_WORDS, k=9)) for _ in range(14))
        made.append(
            {"id": f"r{n}", "url": f"https://site{n % 40}.example/{n}", "title": title, "text": text, "published": f"2026-10-{1 + n % 28:02}"}
        )
    return made


def strike(folder: Path, items: int, kills: int, *, processes: int = PROCESSES, seed: int = 1) -> Toll:
    """Make the run in an empty folder, and say what is left of it."""
    chance, toll, lines = random.Random(seed), Toll("fold"), generated(items)
    alone, desk = _desk(folder / "alone"), _desk(folder / "together")
    _offer(alone, lines, "all")
    files = [_written(desk, chance.sample(lines, items), f"order{n}") for n in range(processes)]
    running = {file: desk.start("import", "items", file) for file in files}
    try:
        _struck(desk, running, sorted(chance.sample(range(items), kills)), chance, toll)
    finally:
        for child in running.values():
            child.kill()  # of a run that went to its end, none is left
    last = _offer(desk, lines, "all")
    toll.check(last == {"known": items}, f"the last run found {last} instead of {items} known lines")
    _whole(desk, lines, toll)
    ours, theirs = (_pairs(one) for one in (desk, alone))
    toll.done = items
    toll.note = f"{len(ours & theirs)} folded pairs as by one process alone, {len(ours - theirs)} more, {len(theirs - ours)} fewer"
    return toll


def _struck(desk: Desk, running: dict[str, subprocess.Popen[str]], aims: Sequence[int], chance: random.Random, toll: Toll) -> None:
    """Kill one of those at work, and start it again, whenever so many rows are in; then let all go to their end."""
    files = list(running)
    for aim in aims:
        if not _comes_to(desk, aim, running.values()):
            break
        alive = [file for file, child in running.items() if child.poll() is None]
        struck = chance.choice(alive or files)
        toll.cut += kill(running[struck]).code == -9
        running[struck] = desk.start("import", "items", struck)
    for child in running.values():
        done = ended(child, patience=60 * PATIENCE)
        toll.check(done.code == 0, f"an import ended with {done.code}: {done.err[-300:]}")


def _desk(folder: Path) -> Desk:
    folder.mkdir(parents=True)
    made = Desk(folder)
    made.store().close()
    return made


def _written(desk: Desk, lines: Iterable[Mapping[str, object]], name: str) -> str:
    path = desk.folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return str(path)


def _offer(desk: Desk, lines: Sequence[Mapping[str, object]], name: str) -> dict[str, int]:
    """Offer lines once, by this process; gives the counts that it tells."""
    told = desk.must("import", "items", _written(desk, lines, name))[-1]
    return {word: count for word, count in told.items() if count and word in ("known", "new", "folded", "wrong")}


def _comes_to(desk: Desk, aim: int, running: Iterable[subprocess.Popen[str]]) -> bool:
    """Wait until so many rows are in; says whether somebody was still at work then."""
    children = list(running)
    while any(child.poll() is None for child in children):
        if desk.rows("SELECT count(*) FROM items")[0][0] >= aim:
            return True
        time.sleep(0.01)
    return False


def _whole(desk: Desk, lines: Sequence[Mapping[str, object]], toll: Toll) -> None:
    toll.check(desk.integrity() == "ok", f"integrity_check says {desk.integrity()}")
    toll.check(not desk.rows("PRAGMA foreign_key_check"), "rows refer to rows that are not there")
    there = [name for (name,) in desk.rows("SELECT origin_id FROM items")]
    toll.check(len(there) == len(set(there)), f"{len(there) - len(set(there))} lines are there twice")
    lost = {str(line["id"]) for line in lines} - set(there)
    toll.check(not lost, f"{len(lost)} lines are lost: {sorted(lost)[:5]}")
    heads: dict[str, set[int]] = {}
    for url, head in desk.rows("SELECT json_extract(r.resource, '$.url'), i.head FROM items i JOIN resources r ON r.item = i.id"):
        heads.setdefault(urls.canonical(url), set()).add(head)
    double = [url for url, found in heads.items() if len(found) > 1]
    toll.check(not double, f"{len(double)} addresses stand twice: {double[:3]}")
    seen = {urls.canonical(json.loads(said)["url"]) for (said,) in desk.rows("SELECT said FROM sightings WHERE item IS NOT NULL")}
    toll.check(seen == heads.keys(), f"{len(heads.keys() - seen)} addresses have no sighting")
    dead = desk.rows("SELECT i.id FROM items i JOIN items h ON h.id = i.head WHERE h.head <> h.id OR h.state = 'merged'")
    toll.check(not dead, f"{len(dead)} items have no live head")
    unfound = desk.rows("SELECT id FROM items WHERE id NOT IN (SELECT rowid FROM search)")
    toll.check(not unfound, f"{len(unfound)} items are not in the search index: {unfound[:5]}")
    bare = desk.rows("SELECT id FROM items WHERE state = 'queued' AND id NOT IN (SELECT item FROM features)")
    unranked = desk.rows("SELECT id FROM items WHERE state = 'queued' AND rank = 0")
    toll.check(not bare and not unranked, f"{len(bare)} items were not counted, {len(unranked)} have no place in the queue")


def _pairs(desk: Desk) -> set[tuple[str, str]]:
    clusters: dict[int, list[str]] = {}
    for head, name in desk.rows("SELECT head, origin_id FROM items ORDER BY origin_id"):
        clusters.setdefault(head, []).append(name)
    return set(_of(clusters))


def _of(clusters: Mapping[int, Sequence[str]]) -> Iterator[tuple[str, str]]:
    for names in clusters.values():
        yield from combinations(names, 2)


def main(words: Sequence[str]) -> int:
    """Make the run that the command line asks for, and print what is left."""
    folder = Path(words[0])
    items, kills = (int(said) for said in (*words[1:], *("10000", "40")[len(words) - 1 :])[:2])
    begun = time.monotonic()
    try:
        toll = strike(folder / "fold-kills", items, kills)
    finally:
        shutil.rmtree(folder / "fold-kills", ignore_errors=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(toll)
    print(f"{PROCESSES} processes, {items} items, {toll.cut} kills, {time.monotonic() - begun:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of CPU")
    return 1 if toll.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
