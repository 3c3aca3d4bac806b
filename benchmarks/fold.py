"""Folding at scale: `python -m benchmarks.fold FOLDER [N]` makes a file of N generated items (a million), unless it stands there, and measures.

Texts are drawn word by word (Zipf and Mandelbrot), long and short as pages are (half of them under 300 words); four of ten end in one of twenty
paragraphs that thousands share; three of a hundred are copies of others, two thirds of them with a tenth of the words changed. What is timed is an
arriving item: its neighbours, the match, and all that adding it writes, its words for the search among it, twenty in a transaction as a harvest
stores them; the commit is counted to the twentieth. The search knows only the titles of the N, so its index is smaller than a desk's.
Fingerprints are timed apart, beside datasketch and rensa where `GLEANINGS_PEERS` names their folder.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.desk_file import vocabulary, weights
from pipeline import dedupe
from pipeline.dedupe import keys
from pipeline.model import Fingerprint, ItemId, Resource
from pipeline.store import Store
from pipeline.store.forms import dump

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
ARRIVING, TOGETHER = 3_000, 20
COPIES, CHANGED, BOILED = 0.03, 0.67, 0.4
_PART = 2_000
_WORDS = vocabulary()
_OFTEN = np.cumsum(weights(len(_WORDS)))
_BOILER = tuple(" ".join(_WORDS[n] for n in np.random.default_rng(seed).integers(0, 3_000, 60).tolist()) for seed in range(20))
_PEOPLE = tuple(f"{one.capitalize()} {other.capitalize()}" for one, other in zip(_WORDS[2_000:4_000], _WORDS[9_000:11_000], strict=True))


def drawn(chance: np.random.Generator, count: int) -> list[str]:
    """Draw words, the frequent ones often."""
    return [_WORDS[n] for n in np.minimum(np.searchsorted(_OFTEN, chance.random(count)), len(_WORDS) - 1).tolist()]


def made(seed: int, size: int = _PART, copies: float = COPIES) -> list[Resource]:
    """Make one part, with copies of its own items."""
    chance = np.random.default_rng(seed)
    lengths = np.clip(chance.lognormal(5.7, 0.8, size), 60, 3_000).astype(int).tolist()
    found: list[Resource] = []
    for at, length in enumerate(lengths):
        people: tuple[str, ...]
        luck, host, title = chance.random(4).tolist(), int(chance.integers(0, 5_000)), " ".join(drawn(chance, 8 + at % 4))
        words = drawn(chance, length)
        people = (_PEOPLE[int(chance.integers(0, len(_PEOPLE)))],) if luck[2] < 0.6 else ()
        if found and luck[0] < copies:
            copied = found[int(chance.integers(0, len(found)))]
            words = copied.text.split()
            if luck[1] < CHANGED:
                for place in chance.integers(0, len(words), max(1, len(words) // 10)).tolist():
                    words[place] = "changed"
            title, people = copied.title if luck[1] < 0.5 else title, copied.creators
        boiler = (_BOILER[int(20 * luck[3] / BOILED)],) if luck[3] < BOILED else ()
        day = date(2026, 11, 20) - timedelta(days=int(1_000 * luck[2]))
        slug = "-".join(title.split()[:4])
        url = f"https://www.{_WORDS[100 + host]}.example/{day:%Y/%m}/{slug}-{seed}{at}"
        found.append(Resource(url=url, title=title.capitalize(), creators=people, published=day, text=" ".join((*words, *boiler)), words=length))
    return found


def _rows(seed: int) -> list[tuple[Resource, str, Fingerprint]]:
    return [(one, dump(one), dedupe.fingerprint(one)) for one in made(seed)]


def make(path: Path, count: int) -> None:
    """Write items, resources and titles to be searched, without the index of dedupe; which `index_anew` then makes."""
    part, began = path.with_suffix(".part"), time.monotonic()
    for leftover in path.parent.glob(f"{part.name}*"):
        leftover.unlink()
    Store.open(part).close()
    db = sqlite3.connect(part, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000", "locking_mode = EXCLUSIVE"):
        db.execute(f"PRAGMA {pragma}")
    number = 0
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for rows in pool.map(_rows, range(-(-count // _PART)), chunksize=2):
            _insert(db, number, rows)
            number += len(rows)
            if number % 100_000 == 0:
                print(f"{number:>10,} items, {time.monotonic() - began:.0f} s", flush=True)
    db.close()
    part.rename(path)


def _insert(db: sqlite3.Connection, number: int, rows: list[tuple[Resource, str, Fingerprint]]) -> None:
    numbered = list(enumerate(rows, number + 1))
    added = NOW.isoformat(timespec="microseconds")
    db.execute("BEGIN")
    db.executemany(
        "INSERT INTO items (id, state, kind, title, url, published, title_key, added, head) VALUES (?1, 'queued', 'article', ?2, ?3, ?4, ?5, ?6, ?1)",
        ((n, one.title, one.url, str(one.published), known.title, added) for n, (one, _, known) in numbered),
    )
    db.executemany("INSERT INTO resources VALUES (?, ?, ?)", ((n, written, dump(known)) for n, (_, written, known) in numbered))
    db.executemany(
        "INSERT INTO leads (id, key, url, host, state, item) VALUES (?1, ?2, ?2, ?3, 'settled', ?1)",
        ((n, one.url, one.url.split("/")[2]) for n, (one, _, _) in numbered),
    )
    db.executemany("INSERT INTO search (rowid, title, description, text) VALUES (?, ?, '', '')", ((n, one.title) for n, (one, _, _) in numbered))
    db.execute("COMMIT")


def rebuilt(path: Path) -> Iterator[str]:
    """Make the index anew, and weigh it."""
    with Store.open(path) as store:
        cpu, wall = time.process_time(), time.perf_counter()
        store.index_anew()
        yield f"index made anew: {time.process_time() - cpu:.1f} s cpu, {time.perf_counter() - wall:.1f} s wall; memory {_highest():.0f} MB"
    yield weighed(path)


def weighed(path: Path) -> str:
    """Say how many bytes of pages an item has in the tables of the index, each with what indexes it."""
    with sqlite3.connect(path) as db:
        (count,) = db.execute("SELECT count(*) FROM items").fetchone()
        sizes = {name: size / count for name, size in db.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name")}
    parts = {name: sizes.get(name, 0) for name in ("identities", "shingles", "titles", "items_title")}
    return f"index: {sum(parts.values()):.0f} bytes an item of {count:,} ({', '.join(f'{name} {size:.0f}' for name, size in parts.items() if size)})"


def arrivals(path: Path) -> Iterator[str]:
    """Let new items come in, three of a hundred of them copies of what is stored, after some that warm the caches; then look some up again."""
    with Store.open(path) as store:
        last = int(store._rows("SELECT max(id) FROM items")[0][0])
        new = _arriving(store, last)
        _added(store, _arriving(store, last + 7)[:500])  # what a process loads once, and the caches
        cpu = time.process_time()
        took, folded = _added(store, new)
        cpu = time.process_time() - cpu
        looks = [_looked(store, known) for _, known in _arriving(store, last + 1)]
    yield f"an item with commit: {1_000 * cpu / len(new):.3f} ms cpu; wall {_spread(took)}; {folded} folded or proposed of {len(new):,}"
    yield f"look-up: wall {_spread([one[0] for one in looks])}; {np.mean([one[1] for one in looks]):.2f} neighbours on average"
    yield f"memory of the process at its highest: {_highest():.0f} MB"


def _arriving(store: Store, last: int) -> list[tuple[Resource, Fingerprint]]:
    chance = np.random.default_rng(last)
    fresh = [one for seed in range(2) for one in made(1_000_000 + last + seed, ARRIVING // 2, 0)]
    for at in np.flatnonzero(chance.random(len(fresh)) < COPIES).tolist():
        stored = store.item(ItemId(int(chance.integers(1, last)))).resource
        fresh[at] = replace(stored, url=fresh[at].url, text=stored.text + " Syndicated with permission.")
    return [(one, dedupe.fingerprint(one)) for one in fresh]


def _added(store: Store, new: list[tuple[Resource, Fingerprint]]) -> tuple[list[float], int]:
    """Add items; gives the seconds of each, the first among them, and how many were folded or proposed."""
    took, folded = [], 0
    for first in range(0, len(new), TOGETHER):
        begun = time.perf_counter()
        with store.transaction():
            for one, known in new[first : first + TOGETHER]:
                verdict = dedupe.match(one, known, store.neighbours(known))
                store.add(one, known, verdict, now=NOW)
                folded += verdict.of is not None
                ended = time.perf_counter()
                took.append(ended - begun)
                begun = ended
        took[-1] += time.perf_counter() - begun
    return took, folded


def _highest() -> float:
    """Megabytes of this process alone: `ru_maxrss` of a child begins with those of its parent."""
    return next(int(line.split()[1]) / 1024 for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))


def _forget() -> None:
    """Let the process know nothing of texts that it read before."""
    for kept in (keys.words, keys.sequences, keys._hashes, keys._parts):
        kept.cache_clear()


def _looked(store: Store, known: Fingerprint) -> tuple[float, int]:
    begun = time.perf_counter()
    found = store._near(known)
    return time.perf_counter() - begun, len(found)


def _spread(took: list[float]) -> str:
    half, most, all_but_one = (1_000 * float(np.percentile(took, share)) for share in (50, 99, 100))
    return f"mean {1_000 * np.mean(took):.3f} ms, median {half:.3f}, p99 {most:.3f}, worst {all_but_one:.1f}"


def fingerprints(count: int = 200) -> Iterator[str]:
    """Fingerprints of 5 kB of text, and what the peers make of the same words; the best of five rounds, each in turn."""
    chance = np.random.default_rng(5)
    texts = [" ".join(drawn(chance, 1_000))[:5_000] for _ in range(count)]
    ways: dict[str, Callable[[str], object]] = {
        "gleanings": lambda text: dedupe.fingerprint(Resource(url="https://a.example/1", title="A title", text=text))
    }
    if peers := os.environ.get("GLEANINGS_PEERS"):
        sys.path.append(peers)
        ways |= _peers()
    best = dict.fromkeys(ways, 1e9)
    for _ in range(5):
        for name, way in ways.items():
            _forget()
            cpu = time.process_time()
            for text in texts:
                way(text)
            best[name] = min(best[name], (time.process_time() - cpu) / count)
    for name, seconds in best.items():
        yield f"fingerprint of 5 kB: {name} {1_000 * seconds:.3f} ms cpu"


def _peers() -> dict[str, Callable[[str], object]]:
    import datasketch  # type: ignore[import-not-found]  # a peer, in a folder of its own
    import rensa  # type: ignore[import-not-found]

    def cut(text: str) -> list[str]:
        words = text.lower().split()
        return [" ".join(words[at : at + 4]) for at in range(len(words) - 3)]

    def sketch(text: str) -> object:
        made = datasketch.MinHash(num_perm=128)
        made.update_batch([one.encode() for one in cut(text)])
        return made

    def rust(text: str) -> object:
        made = rensa.RMinHash(num_perm=128, seed=1)
        made.update(cut(text))
        return made.digest()

    return {"datasketch MinHash (128)": sketch, "rensa RMinHash (128)": rust}


def _said(measure: Callable[[Path], Iterator[str]], path: Path) -> list[str]:
    """Measure in a process of its own, so that its memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_listed, measure, path).result()


def _listed(measure: Callable[[Path], Iterator[str]], path: Path) -> list[str]:
    return list(measure(path))


def main(folder: Path, count: int) -> None:
    path = folder / f"fold{count}.db"
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores", flush=True)
    for line in fingerprints():
        print(line, flush=True)
    if not path.exists():
        make(path, count)
    for measure in (rebuilt, arrivals):
        for line in _said(measure, path):
            print(line, flush=True)
    print(weighed(path), f"\nload {os.getloadavg()[0]:.1f}, file {path.stat().st_size / 1e9:.2f} GB", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
