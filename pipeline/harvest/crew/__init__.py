"""Where `work` runs: here, in a pool of processes that heals itself, or on a Dask cluster. Shards go in, and each comes back as it completes.

Knows no database and keeps nothing: a shard that was not given back is under a lease, which brings it again. A shard is in one pair of hands at
a time, and all leads of a host are in one shard, so no host is ever asked by two at once.

When a worker is lost, one of its pages may have killed it, or none: machines fail too. So each page of what it had in hand is given out again when
all else is done, alone with its worker, and a page that loses such a worker twice is set aside, by name. Once is no proof: what stood beside a
killer, or was in hand when a machine went away, must not suffer for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline import processes, urls
from pipeline.harvest.crew.hands import Hands, Inline, Pool, Work
from pipeline.harvest.work import PATIENCE, in_peace, set_aside, work
from pipeline.late import late
from pipeline.model import HarvestSettings, Shard, ShardDone

if TYPE_CHECKING:
    from pipeline.harvest.crew import cluster
else:  # few desks have one
    cluster = late("pipeline.harvest.crew.cluster")

__all__ = ["Hands", "hired", "run"]

INLINE = 3
"""So few leads are not worth a process."""


@contextmanager
def hired(settings: HarvestSettings, *, workers: int | None = None, work: Work = work) -> Iterator[Hands]:
    """Have hands for one harvest: those of the cluster where one is configured, else processes (`workers`, or as configured, or one for each core).

    Leaving it drops what is still under way. Raises `UnavailableError` where the cluster cannot be used.
    """
    wanted = workers or settings.workers or processes.cores()
    if settings.cluster.address:
        with cluster.joined(settings, work=work) as hands:
            yield hands
    elif wanted <= 1:
        yield Inline(settings, work)
    else:
        with Pool(settings, work, workers=wanted) as pool:
            yield pool


def run(shards: Sequence[Shard], hands: Hands) -> Generator[ShardDone, None, None]:
    """Work every shard and give each back as it completes. A lost worker stops nothing; a lost cluster raises `UnavailableError`."""
    if isinstance(hands, Pool) and sum(len(shard.claims) for shard in shards) <= INLINE:
        hands = Inline(hands.settings, hands.work)
    lost = yield from _together(shards, hands)
    yield from _alone(lost, hands)


def _together(shards: Sequence[Shard], hands: Hands) -> Generator[ShardDone, None, list[Shard]]:
    """Work shards side by side; gives those that were lost with their worker."""
    waiting, lost = deque(shards), list[Shard]()
    while waiting or hands.busy:
        _fill(waiting, hands)
        answers = hands.take()
        _fill(waiting, hands)  # nobody's hands are idle while the caller stores what came
        for shard, done in answers:
            if done is None:
                lost.append(shard)
            else:
                yield done
    return lost


def _fill(waiting: deque[Shard], hands: Hands) -> None:
    room = hands.room() if waiting else 0
    for _ in range(min(room, len(waiting))):
        hands.give(waiting.popleft())


@dataclass(slots=True, kw_only=True)
class _Line:
    """What is left of one host's leads in a shard that was lost; the shard carries what is known of the host by now."""

    shard: Shard
    unreachable: int = 0

    def next(self) -> Shard:
        """Take out the first page."""
        first, rest = self.shard.claims[:1], self.shard.claims[1:]
        single = replace(self.shard, claims=first)
        self.shard = replace(self.shard, claims=rest)
        return single

    def put_back(self, single: Shard) -> None:
        """Let a page have another try, before the others of its host."""
        self.shard = replace(self.shard, claims=(*single.claims, *self.shard.claims))

    def learn(self, done: ShardDone | None) -> None:
        """Keep what the visit of one page showed of the host; one that was lost had just asked it."""
        host = urls.host(self.shard.claims[0].url) if self.shard.claims else ""
        asked = done.asked if done else {host: datetime.now(UTC)}
        self.shard = replace(self.shard, asked={**self.shard.asked, **asked}, robots={**self.shard.robots, **(done.robots if done else {})})
        self.unreachable = self.unreachable + 1 if done and any(outcome.again for outcome in done.outcomes) else 0


def _alone(lost: Sequence[Shard], hands: Hands) -> Iterator[ShardDone]:
    """Work what was lost page by page, each alone with its worker, and the pages of a host one after the other.

    A page that lost its worker here is tried once more when nothing else is under way: a scheduler that has just lost a worker may put two pages
    on another, and one of them is blamed for what the other does.
    """
    lines, blamed_lines = deque(line for shard in lost for line in _lines(shard)), deque[_Line]()
    out: dict[int, _Line] = {}
    blamed = set[int]()
    while lines or blamed_lines or out:
        if not lines and not out:
            lines.append(blamed_lines.popleft())
        for _ in range(min(hands.room(alone=True), len(lines)) if lines else 0):
            line = lines.popleft()
            single = line.next()
            out[single.claims[0].id] = line
            hands.give(single)
        for shard, done in hands.take():
            page = shard.claims[0]
            line = out.pop(page.id)
            if done is None and page.id not in blamed:
                blamed.add(page.id)
                line.put_back(shard)
            else:
                yield done or set_aside(shard, f"This page brought its worker down twice; it is set aside: {page.url}")
            line.learn(done)
            if line.unreachable >= PATIENCE and line.shard.claims:
                yield ShardDone(shard=shard.id, outcomes=tuple(map(in_peace, line.shard.claims)))
            elif line.shard.claims:
                (blamed_lines if line.shard.claims[0].id in blamed else lines).append(line)


def _lines(shard: Shard) -> Iterator[_Line]:
    """Cut a lost shard by hosts. It may have asked any of them a moment ago. Nobody asks for a transcript now: two lines may name one host for it."""
    now = datetime.now(UTC)
    for host in dict.fromkeys(urls.host(claim.url) for claim in shard.claims):
        mine = (claim for claim in shard.claims if urls.host(claim.url) == host)
        claims = tuple(replace(claim, lead=replace(claim.lead, transcript=None)) for claim in mine)
        yield _Line(shard=replace(shard, claims=claims, asked={**shard.asked, host: now}))
