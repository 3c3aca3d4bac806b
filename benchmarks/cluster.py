"""The crew on Dask: `python -m benchmarks.cluster [overhead|kills]`. Overhead of a task with 2 and 4 workers, and a harvest of 2,000 generated
pages in which ten workers are killed by SIGKILL; what the sites saw is read from their access log."""

from __future__ import annotations

import os
import pickle
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from distributed import Client

from pipeline import harvest
from pipeline.config import Config
from pipeline.harvest import crew
from pipeline.harvest.work import shards
from pipeline.model import Claim, ClusterSettings, Desk, DigestSettings, HarvestSettings, Lead, MailSettings, Shard, ShardDone
from pipeline.store import Store
from tests.crews import article, cluster, done
from tests.web import Web

PAGES, KILLS, HOSTS = 2_000, 10, 200
PAUSE = timedelta(seconds=0.2)


def nothing(shard: Shard, settings: HarvestSettings) -> ShardDone:
    """Work that costs nothing, so that only the giving out is measured."""
    return done(shard)


def overhead(tasks: int = 1_000) -> Iterator[str]:
    """What it costs to give out a shard and have it back."""
    claims = [_claim(number, f"http://host{number}.example/report-{number}") for number in range(tasks)]
    cut = shards(claims, most=1, robots={})
    whole = shards(claims, most=16, robots={})[0]
    page = pickle.dumps(replace(whole, claims=whole.claims[:16]))
    yield f"cluster: a shard of 16 leads with its settings travels as {len(page) + len(pickle.dumps(HarvestSettings())):,} bytes"
    for workers in (2, 4):
        with tempfile.TemporaryDirectory() as scratch, cluster(Path(scratch), workers=workers) as site:
            with Client(site.address, set_as_default=False) as client:
                client.wait_for_workers(workers)
            settings = HarvestSettings(cluster=ClusterSettings(address=site.address))
            with crew.hired(settings, work=nothing) as hands:
                list(crew.run(cut[:50], hands))
                wall, cpu = time.perf_counter(), time.process_time()
                answers = sum(len(answer.outcomes) for answer in crew.run(cut, hands))
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            each = f"{wall / tasks * 1e3:.2f} ms wall, {cpu / tasks * 1e3:.2f} ms of the coordinator's CPU"
            yield f"cluster: {workers} workers, {answers} empty tasks: {each} a task; load {os.getloadavg()[0]:.1f}"


def kills() -> Iterator[str]:
    """A harvest in which workers die: every page must be stored once, and no site may notice."""
    links = [f"http://host{number % HOSTS}.example/page-{number}" for number in range(PAGES)]
    with tempfile.TemporaryDirectory() as scratch, Web() as web:
        folder = Path(scratch)
        environ = web.environment(folder)
        for link in links:
            web.put(link, article(link))
        with cluster(folder, workers=2, environ=environ) as site, Store.open(folder / "curated.db") as store, Client(site.address) as client:
            store.offer("bench", tuple(Lead(source="bench", url=link) for link in links), datetime.now(UTC))
            killer = Killer(client)
            began, cpu = time.perf_counter(), time.process_time()
            harvest.harvest(_config(folder, site.address), store, now=lambda: datetime.now(UTC), report=killer.report)
            wall, cpu = time.perf_counter() - began, time.process_time() - cpu
            found = [store.find(link) for link in links]
            failures = [one.reason for one in store.failures(20)]
        once = len(set(found) - {None})
        yield f"cluster: {once} of {PAGES} stored once, {killer.killed} workers killed; {wall:.0f} s wall, load {os.getloadavg()[0]:.1f}"
        yield f"cluster: the coordinator with its web server took {cpu:.0f} s of CPU; failures: {failures or 'none'}"
        yield from _seen(web)


class Killer:
    """Kills a worker each time that another part of the pages is done."""

    def __init__(self, client: Client) -> None:
        self._client, self.killed = client, 0

    def report(self, what: str, count: int, total: int) -> None:
        if what != "visiting" or self.killed >= KILLS or count < (self.killed + 0.5) * PAGES / KILLS:
            return
        pids = sorted(pid for pid in self._client.run(os.getpid, on_error="return").values() if isinstance(pid, int))
        if pids:
            os.kill(pids[self.killed % len(pids)], signal.SIGKILL)
            self.killed += 1


def _seen(web: Web) -> Iterator[str]:
    """Read from the access log how polite the harvest was."""
    hosts = defaultdict(list)
    for one in web.asked:
        hosts[urlsplit(one.url).netloc].append(one)
    gaps = [after.at - before.at for asked in hosts.values() for before, after in pairwise(asked)]
    twice = Counter(Counter(one.url for one in web.asked if one.path != "/robots.txt").values())
    most = max(one.open for one in web.asked)
    yield f"cluster: access log: {len(web.asked)} requests, at most {most} open at once to a host, pages by how often they were asked: {dict(twice)}"
    close = sum(gap < PAUSE.total_seconds() for gap in gaps)
    least = f"{min(gaps):.3f} s, {close} of {len(gaps)} under it (median {statistics.median(gaps):.2f} s)"
    yield f"cluster: pause asked for {PAUSE.total_seconds()} s; least seen {least}"


def _claim(number: int, url: str) -> Claim:
    return Claim(id=number, url=url, lead=Lead(source="bench", url=url))


def _config(folder: Path, address: str) -> Config:
    settings = HarvestSettings(delay=PAUSE, cluster=ClusterSettings(address=address))
    return Config(
        desk=Desk(), harvest=settings, digest=DigestSettings(), mail=MailSettings(), sources=(),
        path=folder / "sources.yaml", folder=folder, db=folder / "curated.db", digests=folder / "digests",
    )  # fmt: skip


MEASURES: dict[str, Callable[[], Iterator[str]]] = {"overhead": overhead, "kills": kills}


if __name__ == "__main__":
    for name in sys.argv[1:] or MEASURES:
        for line in MEASURES[name]():
            print(line, flush=True)
