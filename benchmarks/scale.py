"""What grows with the desk: `python -m benchmarks.scale [start|items|reading]`.

start: 10,000 sources that are due at once: until the first is asked, and the memory of polling them all; then all again, unchanged.
items: what it costs to store another item in a desk of 10,000 and of 300,000 (or `ITEMS=1000000`). reading: memory of two workers that read pages.
CPU time stands beside wall time, because other work shares the machine.
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.desk_file import make, vocabulary
from pipeline import dedupe
from pipeline.model import Fingerprint, Resource
from pipeline.store import Store
from pipeline.store.hashes import ROWS, teach
from tests.crews import article
from tests.web import Web

SOURCES = 10_000
NEW = 600
FEED = '<?xml version="1.0"?><rss version="2.0"><channel><title>Notes {n}</title><link>http://h{n}.example/</link><description>d</description></channel></rss>'


def start() -> Iterator[str]:
    """Poll many sources that are due at once, in a process of its own; a second time they have not changed."""
    with tempfile.TemporaryDirectory() as scratch, Web() as web:
        folder = Path(scratch)
        for number in range(SOURCES):
            web.put(f"http://h{number}.example/feed", FEED.replace("{n}", str(number)), type="application/rss+xml")
            web.put(f"http://h{number}.example/robots.txt", "User-agent: *\nAllow: /\n", type="text/plain")
        lines = "".join(f'  - {{id: s{number}, kind: feed, url: "http://h{number}.example/feed"}}\n' for number in range(SOURCES))
        (folder / "sources.yaml").write_text(f"harvest: {{per_host: {{concurrency: 1, delay: 0s}}}}\nsources:\n{lines}", encoding="utf-8")
        for named in ("first poll", "unchanged poll"):
            yield f"scale: {SOURCES:,} sources, {named}: {_polled(folder, web)}; load {os.getloadavg()[0]:.1f}"


def _polled(folder: Path, web: Web) -> str:
    before, began = len(web.asked), time.perf_counter()
    command = [sys.executable, "-m", "pipeline", "--dir", str(folder), "harvest", "--all"]
    process = subprocess.Popen(command, env={**os.environ, **web.environment(folder)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(web.asked) == before and process.poll() is None:
        time.sleep(0.005)
    first, first_cpu = time.perf_counter() - began, _cpu(process.pid)
    peak = _high_water(process.pid)
    _, code, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(code)
    wall, cpu = time.perf_counter() - began, used.ru_utime + used.ru_stime
    asked = len(web.asked) - before
    times = f"first question after {first:.2f} s wall, {first_cpu:.2f} s CPU; {asked} answers in {wall:.1f} s wall, {cpu:.1f} s CPU"
    return f"{times}; peak {peak:.0f} MB; exit {process.returncode}"


def _high_water(pid: int) -> float:
    """Megabytes at most, looked at until the process ends: `ru_maxrss` begins with what its parent held (proc(5), VmHWM)."""
    peak = 0
    while not os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        with suppress(OSError, StopIteration):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
        time.sleep(0.05)
    return peak / 1024


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def items() -> Iterator[str]:
    """Store new items in a small desk and in a large one, by the same steps as a harvest: neighbours, match, add."""
    small, large = 10_000, int(os.environ.get("ITEMS", "300000"))
    cost = {}
    for count in (small, large):
        path = Path(tempfile.gettempdir()) / "gleanings-scale-bench" / f"{count}.db"
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            make(path, count, lambda said: print(f"scale: {said}", file=sys.stderr, flush=True))
            _keyed(path, count)
        wall, cost[count] = _stored(path, count)
        size = path.stat().st_size / 1e6
        yield f"scale: {count:>9,} items ({size:,.0f} MB): another one {cost[count]:.2f} ms CPU, {wall:.2f} ms wall; load {os.getloadavg()[0]:.1f}"
    yield f"scale: ratio {cost[large] / cost[small]:.2f} in CPU (wanted: at most 1.2)"


def _keyed(path: Path, count: int) -> None:
    """Give the items of the file identities, titles and as many shingles as a page has, drawn by lot: nothing is alike by chance."""
    chance = np.random.default_rng(5)
    hashes = np.sort(chance.integers(-(2**31), 2**31, size=count * ROWS))
    whose = chance.integers(1, count + 1, size=count * ROWS)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("BEGIN")
    teach(db)
    db.execute("INSERT OR IGNORE INTO identities (hash, item) SELECT key_hash('url:' || url), id FROM items ORDER BY 1")
    db.execute("INSERT OR IGNORE INTO titles (hash, item) SELECT title_hash(title_key), id FROM items ORDER BY 1")
    for at in range(0, len(hashes), 500_000):
        rows = zip(hashes[at : at + 500_000].tolist(), whose[at : at + 500_000].tolist(), strict=True)
        db.executemany("INSERT OR IGNORE INTO shingles (hash, item) VALUES (?, ?)", rows)
    db.execute("COMMIT")
    db.execute("ANALYZE")
    db.close()


def _fresh(number: int, words: list[str], chance: random.Random) -> tuple[Resource, Fingerprint]:
    text = [words[int(len(words) * chance.random() ** 4)] for _ in range(400)]
    url = f"https://new{number % 50}.example/{time.time_ns()}-{number}"
    made = Resource(url=url, canonical_url=url, title=" ".join(text[:8]), description=" ".join(text[8:24]), text=" ".join(text[24:]))
    return made, dedupe.fingerprint(made)


def _stored(path: Path, seed: int) -> tuple[float, float]:
    """Give milliseconds of wall and of CPU for one new item; the first hundred only warm up."""
    chance, words = random.Random(seed), vocabulary()
    fresh = [_fresh(number, words, chance) for number in range(NEW + 100)]
    with Store.open(path) as store:
        wall = cpu = 0.0
        for at in range(0, len(fresh), 20):
            if at == 100:
                wall, cpu = time.perf_counter(), time.process_time()
            with store.transaction():
                for made, fingerprint in fresh[at : at + 20]:
                    store.add(made, fingerprint, dedupe.match(made, fingerprint, store.neighbours(fingerprint)), now=datetime.now(UTC))
        return (time.perf_counter() - wall) / NEW * 1e3, (time.process_time() - cpu) / NEW * 1e3


def reading(pages: int = 300) -> Iterator[str]:
    """Read pages with two workers, and look at the memory of all processes together while they do."""
    with tempfile.TemporaryDirectory() as scratch, Web() as web:
        folder = Path(scratch)
        links = [f"http://host{number % 60}.example/page-{number}" for number in range(pages)]
        for link in links:
            web.put(link, article(link))
        web.put("http://list.example/all", "<ul>" + "".join(f"<li><a href='{link}'>Link to report</a></li>" for link in links) + "</ul>")
        source = 'sources: [{id: list, kind: listing, url: "http://list.example/all"}]\n'
        (folder / "sources.yaml").write_text(f"harvest: {{per_host: {{concurrency: 1, delay: 0s}}}}\n{source}", encoding="utf-8")
        command = [sys.executable, "-m", "pipeline", "--dir", str(folder), "harvest", "--all", "--workers", "2"]
        env = {**os.environ, **web.environment(folder)}
        process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        peak, ended = [0.0], threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, peak, ended))
        watcher.start()
        process.wait()
        ended.set()
        watcher.join()
    yield f"scale: {pages} pages read by two workers: all processes together peak {peak[0]:.0f} MB of their own (PSS); exit {process.returncode}"


def _watch(leader: int, peak: list[float], ended: threading.Event) -> None:
    while not ended.wait(0.2):
        peak[0] = max(peak[0], sum(_pss(pid) for pid in _session(leader)))


def _session(leader: int) -> Iterator[int]:
    for one in Path("/proc").iterdir():
        if one.name.isdigit():
            try:
                if os.getsid(int(one.name)) == leader:
                    yield int(one.name)
            except ProcessLookupError:
                continue


def _pss(pid: int) -> float:
    """Give the megabytes of a process, each shared page counted in parts."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (OSError, ProcessLookupError):
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1e3


MEASURES: dict[str, Callable[[], Iterator[str]]] = {"start": start, "items": items, "reading": reading}

if __name__ == "__main__":
    for name in sys.argv[1:] or MEASURES:
        for line in MEASURES[name]():
            print(line, flush=True)
