"""Fifty readers and three curators at the real server, beside a harvest: how long 95 of 100 answers take, and whether any failed.

Each reader reads a public page and waits a second; each curator opens the queue, decides, and waits a moment. It ends after so many
seconds by itself.
"""

from __future__ import annotations

import http.client
import random
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

from benchmarks.desk import Visitor
from benchmarks.stage import EDITION, accepted, feeds, filled, serving, web
from tests.desk import Desk, ended

READERS, CURATORS, SECONDS, PAGES, ITEMS = 50, 3, 30.0, 300, 1_000
BOUNDS = {"reader": 200.0, "queue": 100.0, "decide": 100.0}
"""Milliseconds that 95 of 100 answers may take, on a machine of two cores that the harvest and the visitors share."""


class Crowd:
    """Visitors, each in a thread with a connection of its own."""

    def __init__(self, port: int, seconds: float, waiting: list[int]) -> None:
        self.port, self.until, self.waiting = port, time.monotonic() + seconds, waiting
        self.took: dict[str, list[float]] = defaultdict(list)
        self.failed: list[str] = []
        self._lock = threading.Lock()

    def run(self, *, readers: int, curators: int) -> None:
        """Let them all come, and wait until the last has gone."""
        threads = [threading.Thread(target=self._stays, args=(self._reader, seed)) for seed in range(readers)]
        threads += [threading.Thread(target=self._stays, args=(self._curator, 1_000 + seed)) for seed in range(curators)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()

    def _stays(self, visit: object, seed: int) -> None:
        assert callable(visit)
        chance, visitor = random.Random(seed), Visitor(self.port)
        time.sleep(chance.uniform(0, 1))
        while time.monotonic() < self.until:
            try:
                visit(visitor, chance)
            except (OSError, RuntimeError, http.client.HTTPException) as error:
                with self._lock:
                    self.failed.append(repr(error)[:200])
                visitor.connect()
        with self._lock:
            for name, took in visitor.took.items():
                self.took[name] += took

    def _reader(self, visitor: Visitor, chance: random.Random) -> None:
        visitor.get(chance.choice(("/", f"/editions/{EDITION}", "/search?q=network", "/sitemap.xml")), "reader")
        time.sleep(chance.uniform(0.5, 1.5))

    def _curator(self, visitor: Visitor, chance: random.Random) -> None:
        visitor.get("/desk/queue", "queue")
        with self._lock:
            item = self.waiting.pop()
        visitor.post(f"/desk/items/{item}/decide", chance.choice(({"verdict": "accept"}, {"reason": "weak"})), "decide")
        time.sleep(chance.uniform(0.2, 0.8))


def crowded(seconds: float = SECONDS, readers: int = READERS, curators: int = CURATORS, pages: int = PAGES) -> tuple[list[str], list[str]]:
    """Give a line for each kind of visit with p50, p95 and p99 in milliseconds, and what failed."""
    with tempfile.TemporaryDirectory(prefix="gleanings-crowd-") as name, web(Path(name), pages):
        desk = Desk(Path(name), sources=feeds(2))
        accepted(desk, 12)
        desk.must("digest", "release", EDITION)
        filled(desk, ITEMS, first=100)
        waiting = [number for (number,) in desk.rows("SELECT id FROM items WHERE state = 'queued'")]
        with serving(desk, "--no-harvest") as (_, curator):
            child = desk.start("harvest", "--all", "--workers", "1")
            crowd = Crowd(curator.port, seconds, waiting)
            crowd.run(readers=readers, curators=curators)
            gathered = desk.rows("SELECT count(*) FROM items WHERE url LIKE 'http://host%'")[0][0]
            with suppress(ProcessLookupError):
                child.terminate()
            ended(child)
        decided = desk.rows("SELECT count(*) FROM decisions WHERE item > 12")[0][0]
    if decided != len(crowd.took["decide"]):
        crowd.failed.append(f"{len(crowd.took['decide'])} decisions were answered, {decided} stand")
    told = f"{readers} readers and {curators} curators for {seconds:.0f} s; {gathered} pages harvested meanwhile, {len(crowd.failed)} failures"
    lines = [f"crowd: {told}"]
    for kind, bound in BOUNDS.items():
        cut = statistics.quantiles(crowd.took[kind], n=100)
        told = f"p50 {cut[49]:7.1f}  p95 {cut[94]:7.1f}  p99 {cut[98]:7.1f} ms  (p95 wanted {bound:.0f})"
        lines.append(f"crowd: {kind:7} {len(crowd.took[kind]):6} answers  {told}")
    return lines, crowd.failed
