"""Two years of a desk in minutes: a fake clock over 24 editions, 500 sources and as many items as are wanted, in one process that is watched.

    nice python -m benchmarks.endurance [ITEMS] [SOURCES]    # 40,000 and 500 if left out; the whole is 200,000

Everything but the network is the real thing: sources name leads, leads are leased and become items by way of folding and suggestion, the service
ticks, a curator decides, readers look, the model learns, and each month an edition is frozen, released with all its files, and mailed.
After each month memory, open files and the size of the database are written down; at the end least squares say whether they are flat.
"""

from __future__ import annotations

import asyncio
import gc
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from benchmarks.desk_file import vocabulary
from pipeline import dedupe, deliver, learn, processes, publish, service
from pipeline.config import Config, load
from pipeline.model import Claim, Decision, ItemId, Lead, Resource, Run, State, SubscriberState, Verdict
from pipeline.store import Store
from pipeline.web import create_app

MONTHS, SOURCES, ITEMS = 24, 500, 40_000
SETTLED = 8
"""Months until the caches are full and the model has seen its first examples; the slopes are taken from there on."""
MEMORY, FILES, GROWTH = 1.5, 0.1, 0.15
"""Flat: megabytes a month, open files a month, and the share by which an item of the second half may take more room than one of the first."""
KEPT, READERS, PART = 40, 50, 20
TOPICS = 12
PAGES = ("/desk/queue", "/desk/queue?q=network", "/desk/sources", "/desk/editions", "/", "/search?q=care", "/healthz")


@dataclass
class Clock:
    """The time that everything here goes by."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass(frozen=True, kw_only=True)
class Month:
    """What was seen at the end of a month: megabytes, open files, megabytes of the file, seconds it took, seconds of
    processor time for 1,000 new items."""

    items: int
    memory: float
    files: int
    database: float
    took: float
    harvest: float

    def __str__(self) -> str:
        figures = f"{self.memory:10.1f} {self.files:6} {self.database:10.1f} {self.database * 1e6 / max(1, self.items):12,.0f}"
        return f"{self.items:9,} {figures} {self.harvest:11.2f} {self.took:8.1f}"


HEAD = "month     items  memory MB  files    file MB  bytes / item   s / 1,000   s month"


class Life:
    """A desk that lives through its months."""

    def __init__(self, folder: Path, *, items: int, sources: int = SOURCES, seed: int = 9) -> None:
        self.config = _settled(folder, sources)
        self.share, self.chance, self.words = max(1, items // MONTHS), random.Random(seed), vocabulary(12_000)
        self.clock = Clock(datetime(2026, 1, 10, 9, tzinfo=UTC))
        self.number, self.spent = 0, 0.0
        with self.open() as store:
            store.sync_sources(self.config.sources, self.clock.now())
            with store.transaction():
                for n in range(READERS):
                    store.add_subscriber(f"reader{n}@d{n % 20}.example", state=SubscriberState.CONFIRMED, now=self.clock.now())
        self.app = create_app(self.config, self.open, self.clock.now)
        self.doors = service.Doors(app=self.app, open_store=self.open, clock=self.clock.now, child=("true",))

    def open(self) -> Store:
        return Store.open(self.config.db)

    def months(self, count: int = MONTHS) -> Iterator[Month]:
        """Live through so many months, and look around after each."""
        for _ in range(count):
            began, self.spent = time.monotonic(), 0.0
            self._until(10)
            for _ in range(4):
                with self.open() as store:
                    self._week(store)
                self._look_in()
            with self.open() as store:
                self._decide(store)
                learn.train(self.config, store, now=self.clock.now())
                self._edition(store)
            shutil.rmtree(self.config.folder / "outbox", ignore_errors=True)  # mails that have gone out
            yield self._seen(time.monotonic() - began)

    def _until(self, day: int) -> None:
        """Go on to this day of the next month."""
        late = (self.clock.moment.replace(day=1) + timedelta(days=32)).replace(day=day)
        self.clock.moment = late

    def _week(self, store: Store) -> None:
        """Harvest a quarter of a month's share: each source is asked, and names what is new and much that is known."""
        names = [source.id for source in self.config.sources]
        begun = self.number
        for at, name in enumerate(names):
            fresh = range(begun + at, begun + self.share // 4, len(names))
            old = [self.chance.randrange(begun) for _ in range(3)] if begun else []
            leads = [Lead(source=name, url=_address(n), title=f"Number {n}") for n in (*fresh, *old)]
            found, new = store.offer(name, leads, self.clock.now())
            store.record_run(Run(source=name, started=self.clock.now(), finished=self.clock.now(), found=found, new=new))
        self.number += self.share // 4
        model, begin = learn.fit(self.config, store), time.process_time()
        while claims := store.lease(self.clock.now(), limit=PART, seconds=600, owner="endurance"):
            with store.transaction():
                items = [number for claim in claims if (number := self._item(store, claim)) is not None]
                learn.suggest(self.config, store, items=items, model=model, now=self.clock.now())
        self.spent += time.process_time() - begin
        self.clock.moment += timedelta(days=1)

    def _item(self, store: Store, claim: Claim) -> ItemId | None:
        made = self._resource(claim.url)
        mark = dedupe.fingerprint(made)
        number = store.add(made, mark, dedupe.match(made, mark, store.neighbours(mark)), now=self.clock.now(), claim=claim)
        return None if store.item(number).state is State.MERGED else number

    def _resource(self, url: str) -> Resource:
        """Write an article of 45 words, drawn as words are: a few often, most seldom. One in twenty says what another said."""
        seed = int(url.rpartition("/")[2])
        chance = random.Random(seed - 7 if seed % 20 == 0 else seed)
        drawn = [self.words[int(len(self.words) * chance.random() ** 4)] for _ in range(45)]
        return Resource(
            url=url, canonical_url=url, title=" ".join(drawn[:8]).capitalize(), description=" ".join(drawn[8:24]), text=" ".join(drawn[24:])
        )

    def _look_in(self) -> None:
        """The service ticks, and somebody looks at the desk and at the public pages."""
        service.tick(self.config, self.doors, None)
        asyncio.run(_visited(self.app))

    def _decide(self, store: Store) -> None:
        """Keep and reject as many of what came this month; the rest waits for ever."""
        waiting = [one.item for one in store.waiting()][-10 * KEPT :]
        for at, item in enumerate(self.chance.sample(waiting, min(len(waiting), 2 * KEPT))):
            verdict = Verdict.REJECT if at % 2 else Verdict.ACCEPT
            topics = () if at % 2 else (f"topic-{at % TOPICS:02}",)
            store.decide(Decision(item=item, verdict=verdict, topics=topics, decided=self.clock.now(), curator="Priya"))

    def _edition(self, store: Store) -> None:
        name = f"{self.clock.moment:%Y-%m}"
        publish.build(name, self.config, store, now=self.clock.now(), formats=(), letter="Dear all.")
        publish.freeze(name, self.config, store, now=self.clock.now())
        publish.release(name, self.config, store, now=self.clock.now())
        with closing(deliver.mailer(self.config.mail, self.config.folder)) as mailer:
            world = publish.Doors(now=self.clock.now, sleep=self.clock.sleep)
            counts = publish.send(name, self.config, store, [mailer], doors=world)
        assert counts == {"sent": READERS}, counts

    def _seen(self, took: float) -> Month:
        with self.open() as store:
            items = sum(store.counts().values())
        gc.collect()
        status = Path("/proc/self/status").read_text()
        memory = int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]  # Linux has that line
        size = sum(path.stat().st_size for path in self.config.folder.glob("curated.db*")) / 1e6
        files = len(list(Path("/proc/self/fd").iterdir()))
        return Month(items=items, memory=memory, files=files, database=size, took=took, harvest=1_000 * self.spent / self.share)


def _address(number: int) -> str:
    return f"https://host{number % 997}.example/{number}"


async def _visited(app: object) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, client=("127.0.0.1", 50_000)), base_url="http://127.0.0.1:8765") as client:  # type: ignore[arg-type]  # a Starlette
        for path in PAGES:
            answer = await client.get(path)
            assert answer.status_code < 500, (path, answer.status_code)


def _settled(folder: Path, sources: int) -> Config:
    topics = "\n".join(f"  - {{id: topic-{at:02}, name: Subject {at:02}, keywords: [network, care, practice]}}" for at in range(TOPICS))
    named = "\n".join(f"  - {{id: source-{at:03}, kind: feed, url: 'https://host{at:03}.example/feed'}}" for at in range(sources))
    head = "desk: {name: Long desk, organisation: Example, url: 'https://digest.example.org', contact: editor@example.org, editor: Sam}"
    mail = "mail: {from: editor@example.org, bounce: editor@example.org, outbox: outbox, per_second: 10000}"
    month = "digest: {schedule: '0 9 28 * *'}"  # after the days of a month that are lived through here
    (folder / "sources.yaml").write_text(f"{head}\n{mail}\n{month}\ntopics:\n{topics}\nsources:\n{named}\n", encoding="utf-8")
    return load(folder / "sources.yaml", {}, folder=folder, db=None)


def verdict(seen: list[Month]) -> Iterator[str]:
    """Say of memory, files and room for an item whether they are flat, by least squares over the months after the caches were filled."""
    late = seen[SETTLED:]
    months = range(len(late))
    for name, values, bound, unit in (
        ("memory", [one.memory for one in late], MEMORY, "MB a month"),
        ("open files", [float(one.files) for one in late], FILES, "a month"),
    ):
        slope = statistics.linear_regression(months, values).slope
        told = "flat" if slope <= bound else "NOT FLAT"
        yield f"{name}: slope {slope:+.3f} {unit} over months {SETTLED + 1} to {len(seen)}: {told} (bound {bound})"
    middle = len(late) // 2
    first, second = (_growth(part) for part in (late[:middle], late[middle:]))
    told = "flat" if second <= first * (1 + GROWTH) else "NOT FLAT"
    yield f"database: {first:,.0f} bytes for a new item in the first half, {second:,.0f} in the second: {told} (bound {GROWTH:+.0%})"


def _growth(part: list[Month]) -> float:
    """Give the bytes that the file grows by for a new item."""
    return statistics.linear_regression([one.items for one in part], [one.database * 1e6 for one in part]).slope


def main(items: int, sources: int) -> int:
    begin, seen = time.monotonic(), list[Month]()
    processes.keep_little()  # as `serve` does
    print(f"{MONTHS} months, {sources} sources, {items:,} items\n{HEAD}", flush=True)
    with tempfile.TemporaryDirectory(prefix="gleanings-endurance-") as folder:
        for month in Life(Path(folder), items=items, sources=sources).months():
            seen.append(month)
            print(f"{len(seen):5}{month}", flush=True)
    told = list(verdict(seen))
    print(*told, f"{time.monotonic() - begin:,.0f} s", sep="\n")
    return int(any("NOT FLAT" in line for line in told))


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:3]]
    sys.exit(main(*given, *(ITEMS, SOURCES)[len(given) :]))
