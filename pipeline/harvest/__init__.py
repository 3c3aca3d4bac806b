"""The corridor from a source to the queue: survey sources for leads, visit the leads, fold and suggest, and put items into the store.

The coordinator here is the only writer. Work that costs time (fetching and reading pages) is handed out in shards; see `work` and `crew`.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from pipeline import dedupe, learn, politeness, schedule, urls
from pipeline.config import Config
from pipeline.errors import NotFoundError, RefusedError, UnavailableError
from pipeline.fetch.follow import HOPS
from pipeline.harvest import crew
from pipeline.harvest.crew import Hands
from pipeline.harvest.survey import survey_all
from pipeline.harvest.work import shards
from pipeline.late import door, late
from pipeline.model import Claim, ClusterSettings, Fingerprint, Folding, ItemId, Lead, Outcome, Resource, Run, ShardDone, Source, State
from pipeline.sources import overrides
from pipeline.store import Store
from pipeline.text import nearest

if TYPE_CHECKING:
    from pipeline.classify import Model
    from pipeline.extract import endings
    from pipeline.harvest.adding import named, probed
    from pipeline.harvest.answering import Answer, answers
    from pipeline.harvest.letters import mails_in
    from pipeline.harvest.mend import Examined, accept, examine, proposed, standing
    from pipeline.harvest.probe import Probe, discover, probe
    from pipeline.sources import repair
else:
    endings = late("pipeline.extract.endings")
    repair = late("pipeline.sources.repair")

__all__ = [
    "Answer",
    "Examined",
    "Probe",
    "accept",
    "add_address",
    "answers",
    "discover",
    "examine",
    "folding_of",
    "harvest",
    "mails_in",
    "named",
    "probe",
    "probed",
    "proposed",
    "standing",
]

door(
    __name__,
    adding=("named", "probed"),
    answering=("Answer", "answers"),
    letters=("mails_in",),
    mend=("Examined", "accept", "examine", "proposed", "standing"),
    probe=("Probe", "discover", "probe"),
)

Clock = Callable[[], datetime]
Report = Callable[[str, int, int], None]
"""Takes what is going on ("surveying", "visiting"), how much is done, and of how much."""

BATCH = 20
"""Outcomes in one transaction: a crash loses at most so many, and their lease brings them back."""
RUNS = 200
"""Runs that are kept by one write to the disk: not so many that others wait long for their turn to write."""
ROUND = 2_000
SHARD = 16
LEASE = 1_800
AGAIN = timedelta(minutes=1)
"""The time of a harvest that goes into what an earlier version stored."""
KNOWN_TITLES = 20_000
"""Titles, the newest, from which the names of sites are learnt."""


def harvest(
    config: Config,
    store: Store,
    *,
    only: Sequence[str] = (),
    everything: bool = False,
    limit: int | None = None,
    workers: int | None = None,
    now: Clock,
    report: Report = lambda what, done, total: None,
) -> tuple[Run, ...]:
    """Survey the sources that are due (or `only` these, or `everything`), visit their leads, and give back a run for each source.

    `limit` bounds the leads visited. The caller holds the database's harvest lock, so every lease found at the start belongs to a run that died.
    Raises `UnavailableError` where a cluster is configured and cannot be used, before a source is asked or when it is lost; what came is kept.
    """
    with crew.hired(config.harvest, workers=workers) as hands:
        return _harvest(config, store, hands, only=only, everything=everything, limit=limit, now=now, report=report)


def _harvest(
    config: Config, store: Store, hands: Hands, *, only: Sequence[str], everything: bool, limit: int | None, now: Clock, report: Report
) -> tuple[Run, ...]:
    store.sync_sources(config.sources, now())
    store.release_leases()
    _look_again(config, store, now=now, report=report)
    began = now()
    chosen = _chosen(config.sources, store, only=only, everything=everything, now=began)
    runs, asked = survey_all(chosen, store, config.harvest, now=now, report=report)
    visits = Visits(config, store, now=now, report=report, asked=asked)
    try:
        visits.run(hands, limit=limit, sources=[source.id for source in chosen] if only else None)
    except UnavailableError:
        store.release_leases()
        _close(runs, visits, store, now())
        raise
    if visits.added:
        store.propose_ties(began, now=now())  # what came before the thing that it speaks of
    if visits.added or (store.last_item() and learn.is_due(config, store, now=now())):  # of nothing there is nothing to learn, and it takes 23 MB
        learn.train(config, store, now=now(), report=report)
    return _close(runs, visits, store, now())


def _look_again(config: Config, store: Store, *, now: Clock, report: Report) -> None:
    """Know by the rules of today what an earlier version stored, before anything new meets it: a minute of each harvest, until all are."""
    began, all_of_them, rules_of = now(), store.outdated(), folding_of(config)
    while (left := store.refold(rules_of)) and now() - began < AGAIN:
        report("looking again", all_of_them - left, all_of_them)


def folding_of(config: Config) -> Callable[[str], Folding | None]:
    """Give the words by which the leads of a source are folded, by its name."""
    own = {source.id: source.folding for source in config.sources}
    return lambda source: own.get(source, config.folding)


def _close(runs: Sequence[Run], visits: Visits, store: Store, now: datetime) -> tuple[Run, ...]:
    """Keep with each run what became of its leads."""
    counted = [visits.counted(run, now) for run in runs]
    for at in range(0, len(counted), RUNS):
        with store.transaction():
            for run in counted[at : at + RUNS]:
                store.record_run(run)
                if run.new:
                    store.keep_drift(run.source, repair.drift(store.yields(run.source)))
    return (*counted, *visits.others({run.source for run in counted}, now))


def _chosen(sources: Sequence[Source], store: Store, *, only: Sequence[str], everything: bool, now: datetime) -> list[Source]:
    if only:
        known = {source.id: source for source in sources}
        for name in only:
            if name not in known:
                near = nearest(name, known)
                raise NotFoundError("source", f'"{name}"', hint=f'Did you mean "{near}"?' if near else "`gleanings sources list` shows them.")
        return [known[name] for name in dict.fromkeys(only)]
    if everything:
        left_alone = store.left_alone()
        return [source for source in sources if source.id not in left_alone]
    return list(schedule.due(store.source_states(counted=False), sources, now))


class Visits:
    """One round after another over the leads that wait, until none is due: the state of the second half of a harvest."""

    def __init__(self, config: Config, store: Store, *, now: Clock, report: Report, asked: Mapping[str, datetime] = MappingProxyType({})) -> None:
        self.config, self.store, self.now, self.report = config, store, now, report
        self.added = 0
        self.asked = dict(asked)
        self.folding_of = folding_of(config)
        self.new: Counter[str] = Counter()
        self.same: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    @cached_property
    def titles(self) -> dict[str, list[str]]:
        """The titles of each host; read when the first page has come."""
        known: dict[str, list[str]] = defaultdict(list)
        for url, title in self.store.titles(limit=KNOWN_TITLES):
            known[urls.host(url)].append(title)
        return known

    @cached_property
    def model(self) -> Model:
        """What suggests topics; learnt when the first page has come."""
        return learn.fit(self.config, self.store, report=self.report)

    def run(self, hands: Hands, *, limit: int | None, sources: Sequence[str] | None) -> None:
        """Visit what waits. A lead that moved to another host comes again in the next round, in that host's turn."""
        left, done = limit, 0
        while left is None or left > 0:
            claims = self.store.lease(self.now(), limit=min(ROUND, left or ROUND), seconds=LEASE, owner=f"harvest-{os.getpid()}", sources=sources)
            if not claims:
                return
            if left is not None:
                left -= len(claims)
            self._round(claims, hands, done=done)
            done += len(claims)

    def _round(self, claims: Sequence[Claim], hands: Hands, *, done: int) -> None:
        waiting = {claim.id: claim for claim in claims}
        robots = self.store.robots({urls.host(claim.url) for claim in claims})
        select = {source.id: chosen for source in self.config.sources if (chosen := overrides.selectors(source.options))}
        todo = shards(claims, most=_share(len(claims), hands.size), robots=robots, asked=self.asked, select=select)
        total = done + len(claims) + self.store.pending(self.now())
        self.report("visiting", done, total)
        with closing(crew.run(todo, hands)) as answers:
            for answer in answers:
                self._settle(answer, waiting)
                self.asked.update(answer.asked)
                done += len(answer.outcomes)
                self.report("visiting", done, total)

    def _settle(self, answer: ShardDone, waiting: dict[int, Claim]) -> None:
        for batch in _batches(answer.outcomes):
            with self.store.transaction():
                if answer.robots:
                    self.store.keep_robots(answer.robots, self.now())
                found = [self._outcome(waiting[outcome.claim], outcome) for outcome in batch]
                items = [number for number in found if number is not None]
                learn.suggest(self.config, self.store, items=items, model=self.model, now=self.now())

    def _outcome(self, claim: Claim, outcome: Outcome) -> ItemId | None:
        """Keep what became of a lead; gives the item that is new in the queue by it."""
        source = claim.lead.source
        if outcome.resource is not None and outcome.fingerprint is not None:
            return self._item(claim, outcome)
        if outcome.moved is not None and claim.hops < HOPS:
            self.store.settle_move(claim.id, outcome.moved, self.now())
        else:
            reason = outcome.reason or f"The address moves on and on; it was given up after {HOPS} hosts."
            wait = politeness.retry(claim.attempts, retry_after=outcome.retry_after) if outcome.again else None
            self.store.settle_failure(claim.id, reason, again_at=None if wait is None else self.now() + wait, now=self.now())
            self.failed[source] += 1
        return None

    def _item(self, claim: Claim, outcome: Outcome) -> ItemId | None:
        assert outcome.resource is not None  # noqa: S101 - for the type checker; `_outcome` looked
        assert outcome.fingerprint is not None  # noqa: S101
        folding = self.folding_of(claim.lead.source)
        fingerprint = dedupe.fingerprint(outcome.resource, folding) if folding else outcome.fingerprint
        resource, fingerprint = self._titled(outcome.resource, fingerprint, folding)
        match = dedupe.match(resource, fingerprint, self.store.neighbours(fingerprint))
        number = self.store.add(resource, fingerprint, match, now=self.now(), claim=claim)
        self.store.keep_picture(number, outcome.picture)
        if outcome.leads:
            self.store.offer(claim.lead.source, outcome.leads, self.now(), folding=folding)
        self.added += 1
        if self.store.item(number).state is State.MERGED:
            self.same[claim.lead.source] += 1
            return None
        self.new[claim.lead.source] += 1
        return number

    def _titled(self, resource: Resource, fingerprint: Fingerprint, folding: Folding | None) -> tuple[Resource, Fingerprint]:
        """Cut off its title what the titles of its host have in common: the name of a site that its pages do not state."""
        known = self.titles[urls.host(resource.url)]
        title = endings.without_ending(resource.title, known)
        known.append(resource.title)
        if title == resource.title or resource.origin.get("title") in ("select", "lead"):
            return resource, fingerprint
        rule = f"{resource.origin.get('title', '')}, cut as others of its host"
        resource = replace(resource, title=title, origin={**resource.origin, "title": rule})
        return resource, dedupe.fingerprint(resource, folding)

    def others(self, surveyed: set[str], now: datetime) -> list[Run]:
        """Give a run for each source that was not asked now, but whose links from an earlier time were visited."""
        visited = self.new.keys() | self.same.keys() | self.failed.keys()
        return [self.counted(Run(source=source, started=now, unchanged=True), now) for source in sorted(visited - surveyed)]

    def counted(self, run: Run, now: datetime) -> Run:
        """Complete the run of a source with what became of its leads."""
        new, same, failed = self.new[run.source], self.same[run.source], self.failed[run.source]
        return replace(run, finished=now, new=new, same=max(run.found - new - failed, same), failed=failed)


def _share(leads: int, workers: int) -> int:
    """Leads in a shard: enough shards that no worker waits long for the last one, and not so few hosts that the network is idle."""
    return max(4, min(SHARD, -(-leads // (workers * 4))))


def _batches(outcomes: Sequence[Outcome]) -> Iterator[Sequence[Outcome]]:
    for start in range(0, len(outcomes), BATCH):
        yield outcomes[start : start + BATCH]


def add_address(url: str, config: Config, store: Store, *, note: str | None = None, by: str | None = None, now: Clock) -> ItemId:
    """Take one link by hand, through the same door as a harvested one. Raises the named error where the page cannot be had."""
    if not urls.is_web(url):
        raise RefusedError(f"“{url}” is no web address.", url=url, hint="Give it whole, for example https://www.example.org/a-report.")
    lead = Lead(source="by hand", url=urls.clean(url), recommended_by=by, note=note)
    store.offer(lead.source, (lead,), now(), folding=config.folding)
    store.retry(lead.url, config.folding)
    known = store.find(lead.url, config.folding)
    if known is None:
        visits = Visits(config, store, now=now, report=lambda what, done, total: None)
        with crew.hired(replace(config.harvest, cluster=ClusterSettings()), workers=1) as hands:
            visits.run(hands, limit=None, sources=[lead.source])
        known = store.find(lead.url, config.folding)
    if known is None:
        reason = store.reason(lead.url, config.folding) or "The page could not be read."
        raise NotFoundError("item for", lead.url, hint=reason)
    return known
