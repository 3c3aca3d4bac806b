"""Figures for Prometheus: counted where they happen, or asked of the database, and kept for half a minute. None of them names a person.

`TABLE` is all there is; the documentation is made from it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics, generate_latest
from prometheus_client import Counter as Counts
from prometheus_client import Histogram as Spans
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.config import Config
from pipeline.errors import StoreError
from pipeline.store import Store
from pipeline.watch.looking import free, healths, last_backup
from pipeline.watch.pulse import Pulse
from pipeline.watch.troubles import overdue

KEPT = 30.0
"""Seconds that what the database said is kept: a scrape every second costs no more than two a minute."""
SPANS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: the steps of the histogram of requests."""


class Row(NamedTuple):
    """One metric: its name, its type, its labels, and what it says."""

    name: str
    type: str
    labels: tuple[str, ...]
    help: str


TABLE = (
    Row("gleanings_info", "gauge", ("version", "schema"), "Always 1; the labels say which version runs on which schema."),
    Row("gleanings_ready", "gauge", (), "1 while the database can be asked, else 0; then what comes from the database is left out."),
    Row("gleanings_items", "gauge", ("state",), "Items by state."),
    Row("gleanings_leads_waiting", "gauge", (), "Links that are due to be visited."),
    Row("gleanings_sources", "gauge", ("state",), "Sources by how they do: ok, new, silent, failing, alarm, gone, paused."),
    Row("gleanings_editions", "gauge", ("state",), "Editions by state."),
    Row("gleanings_subscribers", "gauge", ("state",), "Subscribers by state."),
    Row("gleanings_deliveries_waiting", "gauge", (), "Mails of the last twelve editions that are queued or under way."),
    Row("gleanings_deliveries_uncertain", "gauge", (), "Mails of the last twelve editions of which nobody knows whether the server took them."),
    Row("gleanings_alerts_open", "gauge", ("kind",), "Troubles that are open, by kind."),
    Row("gleanings_errand_done_timestamp_seconds", "gauge", ("errand",), "When each errand was last done well, in Unix time."),
    Row("gleanings_errand_overdue", "gauge", ("errand",), "1 where an errand should have been done again long ago."),
    Row("gleanings_errand_failed", "gauge", ("errand",), "1 where an errand went wrong the last time."),
    Row(
        "gleanings_backup_timestamp_seconds",
        "gauge",
        (),
        "When the last nightly copy was made, in Unix time; left out where there is none.",
    ),
    Row("gleanings_database_bytes", "gauge", (), "Size of the database with its write-ahead log."),
    Row("gleanings_disk_free_bytes", "gauge", (), "Free room where the desk works."),
    Row("gleanings_scheduler_beat_age_seconds", "gauge", (), "Seconds since the scheduler last ticked; it does each minute."),
    Row("gleanings_harvest_running", "gauge", (), "1 while the harvesting child is at work."),
    Row("gleanings_harvest_deaths", "gauge", (), "How often in a row the harvesting child ended badly."),
    Row("gleanings_settings_stale", "gauge", (), "1 while sources.yaml as it is now cannot be used and the one of before goes on."),
    Row(
        "gleanings_requests_total",
        "counter",
        ("room", "status"),
        "Answers, by the part of the desk that gave them and the class of their status (2xx).",
    ),
    Row("gleanings_request_seconds", "histogram", ("room",), "How long answers took."),
)
"""Every metric of our own. Those of the process (`gleanings_process_…`: memory, processor time, open files) come from the library."""

_HELP = {row.name: row for row in TABLE}
Values = Iterable[tuple[tuple[str, ...], float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the figures are asked of."""

    config: Callable[[], Config]
    problem: Callable[[], str]
    open_store: Callable[[], Store]
    clock: Callable[[], datetime]
    pulse: Pulse


class Metrics(Collector):
    """The figures of one process, in a registry of their own."""

    def __init__(self, world: World) -> None:
        self.registry = CollectorRegistry()
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second line for each of ours, which says only when the process began
        self._world = world
        self._lock = Lock()
        self._kept: tuple[float, tuple[Metric, ...]] | None = None
        requests, spans = _HELP["gleanings_requests_total"], _HELP["gleanings_request_seconds"]
        self._requests = Counts(requests.name, requests.help, requests.labels, registry=self.registry)
        self._spans = Spans(spans.name, spans.help, spans.labels, registry=self.registry, buckets=SPANS)
        self.registry.register(self)
        ProcessCollector(namespace="gleanings", registry=self.registry)

    def answered(self, room: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._requests.labels(room, f"{status // 100}xx").inc()
        self._spans.labels(room).observe(seconds)

    def text(self) -> bytes:
        """Write all figures as Prometheus reads them (text format 0.0.4)."""
        return generate_latest(self.registry)

    def describe(self) -> Iterable[Metric]:
        """Nothing is said at the start: that would ask the database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Give what is so now, and what the database said within the last half minute."""
        yield from self._now()
        with self._lock:
            ticks = self._world.pulse.ticks()
            if self._kept is None or ticks - self._kept[0] >= KEPT:
                self._kept = ticks, tuple(self._asked())
            found = self._kept[1]
        yield from found

    def _now(self) -> Iterator[Metric]:
        world, pulse = self._world, self._world.pulse
        room, age, backup = free(world.config().folder), pulse.age, last_backup(world.config())
        said = {
            "gleanings_disk_free_bytes": room,
            "gleanings_database_bytes": _size(world.config().db),
            "gleanings_backup_timestamp_seconds": backup.timestamp() if backup else None,
            "gleanings_scheduler_beat_age_seconds": age.total_seconds() if age is not None else None,
            "gleanings_harvest_running": float(pulse.child != 0),
            "gleanings_harvest_deaths": float(pulse.deaths),
            "gleanings_settings_stale": float(bool(world.problem())),
        }
        yield from (_gauge(name, [((), value)]) for name, value in said.items() if value is not None)

    def _asked(self) -> Iterator[Metric]:
        try:
            with self._world.open_store() as store:
                found = tuple(self._of(store))
        except StoreError:
            found = ()
        yield _gauge("gleanings_ready", [((), float(bool(found)))])
        yield from found

    def _of(self, store: Store) -> Iterator[Metric]:
        now, config = self._world.clock(), self._world.config()
        yield _gauge("gleanings_info", [((version("gleanings"), str(store.schema_version)), 1.0)])
        for name, what in (("items", "items"), ("editions", "editions"), ("subscribers", "subscribers"), ("alerts_open", "alerts")):
            yield _gauge(f"gleanings_{name}", _by_word(store.count_by(what)))
        states = {state.id: state for state in store.source_states(counted=False)}
        yield _gauge("gleanings_sources", _by_word(Counter(one.state for one in healths(config, states, now))))
        yield _gauge("gleanings_leads_waiting", [((), store.pending(now))])
        yield _gauge("gleanings_deliveries_waiting", [((), store.mails_waiting())])
        yield _gauge("gleanings_deliveries_uncertain", [((), sum(one.uncertain for one in store.mailings()))])
        errands = store.errands()
        yield _gauge("gleanings_errand_done_timestamp_seconds", [((one.name,), one.done.timestamp()) for one in errands if one.done])
        yield _gauge("gleanings_errand_overdue", [((one.name,), float(overdue(one, now))) for one in errands])
        yield _gauge("gleanings_errand_failed", [((one.name,), float(one.failed is not None)) for one in errands])


def _gauge(name: str, values: Values) -> Metric:
    row = _HELP[name]
    family = GaugeMetricFamily(name, row.help, labels=row.labels)
    for labels, value in values:
        family.add_metric(labels, value)
    return family


def _by_word(counts: Mapping[str, int]) -> list[tuple[tuple[str, ...], float]]:
    return [((word,), float(number)) for word, number in sorted(counts.items())]


def _size(db: Path) -> float:
    """Sum up the database's files; one that is not there counts nothing."""
    return float(sum(path.stat().st_size for path in (db, Path(f"{db}-wal")) if path.exists()))
