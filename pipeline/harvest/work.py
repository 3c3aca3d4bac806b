"""The stateless half of the harvest: visit the leads of one shard of hosts and say what became of each.

Knows no database. The same function runs here, in a pool of processes or on a cluster; what goes in and comes out can be pickled.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from pipeline import dedupe, urls
from pipeline.errors import ExtractError, ParseError, PipelineError, UnreachableError
from pipeline.fetch import Fetcher
from pipeline.late import late
from pipeline.model import Claim, Fetch, HarvestSettings, Moved, NotModified, Outcome, Page, Request, Resource, Shard, ShardDone

if TYPE_CHECKING:
    from pipeline import extract
    from pipeline.harvest import asides, happenings
else:  # a poll that brings nothing reads no page
    extract = late("pipeline.extract")
    asides, happenings = late("pipeline.harvest.asides"), late("pipeline.harvest.happenings")

log = logging.getLogger("gleanings")

PATIENCE = 3
"""So many leads of one host may find it unreachable, one after the other; the rest of that host waits for a later time."""


Selectors = Mapping[str, Mapping[str, str]]
"""CSS selectors of fields, by the source that has them."""


def work(shard: Shard, settings: HarvestSettings) -> ShardDone:
    """Fetch, extract and fingerprint every lead of a shard: many hosts at once, each host in the order of its leads."""
    return asyncio.run(_work(shard, settings))


async def _work(shard: Shard, settings: HarvestSettings) -> ShardDone:
    hosts = _by_host(shard.claims)
    async with Fetcher(settings, robots=shard.robots, asked=shard.asked) as fetch:
        done = await asyncio.gather(*(_visit_host(claims, fetch, shard.select) for claims in hosts.values()))
        robots = {host: text for host, text in fetch.robots.items() if shard.robots.get(host) != text}
    return ShardDone(shard=shard.id, outcomes=tuple(outcome for outcomes in done for outcome in outcomes), robots=robots, asked=fetch.asked)


async def _visit_host(claims: Sequence[Claim], fetch: Fetch, select: Selectors) -> list[Outcome]:
    outcomes: list[Outcome] = []
    unreachable = 0
    for claim in claims:
        if unreachable >= PATIENCE:
            outcomes.append(in_peace(claim))
            continue
        outcome = await visit(claim, fetch, select.get(claim.lead.source, {}))
        unreachable = unreachable + 1 if outcome.again else 0
        outcomes.append(outcome)
    return outcomes


def in_peace(claim: Claim) -> Outcome:
    """Leave a lead for a later time, because its host could not be reached."""
    return Outcome(claim=claim.id, reason=f"{urls.host(claim.url)} could not be reached; it is left in peace for now.", again=True)


async def visit(claim: Claim, fetch: Fetch, select: Mapping[str, str] = MappingProxyType({})) -> Outcome:
    """Visit one lead; `select` are the selectors of its source.

    Every expected failure becomes a reason; a bug in our own code becomes one too, and is logged once.
    """
    try:
        if not claim.lead.page:
            return _described(claim, extract.from_lead(claim.lead))
        answer = await fetch(Request(url=claim.url))
        return await _answered(claim, answer, fetch, select)
    except UnreachableError as error:
        return Outcome(claim=claim.id, reason=str(error), again=True, retry_after=error.retry_after)
    except PipelineError as error:
        return Outcome(claim=claim.id, reason=str(error))
    except Exception:
        log.exception("internal error url=%s", claim.url)
        return Outcome(claim=claim.id, reason="An internal error; the log has the details.")


async def _answered(claim: Claim, answer: Page | NotModified | Moved, fetch: Fetch, select: Mapping[str, str]) -> Outcome:
    match answer:
        case Moved(to=to):
            return Outcome(claim=claim.id, moved=to)
        case NotModified():
            return Outcome(claim=claim.id, reason="The page has not changed.")
        case Page() as page:
            return await _read(claim, page, fetch, select)


async def _read(claim: Claim, page: Page, fetch: Fetch, select: Mapping[str, str]) -> Outcome:
    """Read a page. What is no document (a sound file, a spreadsheet) is still an item where its lead has a title; a wall never is."""
    lead = claim.lead
    try:
        if extract.media_type(page) in happenings.TYPES:
            first, others = happenings.read(page, lead)
            return replace(_described(claim, first), leads=others)
        if claim.hops and (embedded := asides.document(page, lead)):
            return _described(claim, embedded)
        found = await asides.read(page, lead, fetch, select)
    except (ExtractError, ParseError) as error:
        if (isinstance(error, ExtractError) and error.reason != "not-a-document") or not lead.title:
            raise
        return _described(claim, extract.from_lead(lead))
    if isinstance(found, str):
        return Outcome(claim=claim.id, moved=found)
    return replace(_described(claim, found), picture=extract.picture(page))


def _described(claim: Claim, resource: Resource) -> Outcome:
    return Outcome(claim=claim.id, resource=resource, fingerprint=dedupe.fingerprint(resource))


def shards(
    claims: Sequence[Claim],
    *,
    most: int,
    robots: Mapping[str, str],
    asked: Mapping[str, datetime] = MappingProxyType({}),
    select: Selectors = MappingProxyType({}),
) -> list[Shard]:
    """Cut claims into shards of at most `most` leads; a host is never in two shards, so a long one makes its shard longer. That holds for hosts of
    transcripts, too."""
    groups: list[list[Claim]] = []
    for group in sorted(_inseparable(claims), key=len, reverse=True):
        if not groups or len(groups[-1]) + len(group) > most:
            groups.append([])
        groups[-1].extend(group)
    return [_shard(number, group, robots=robots, asked=asked, select=select) for number, group in enumerate(groups, 1)]


def _shard(number: int, claims: list[Claim], *, robots: Mapping[str, str], asked: Mapping[str, datetime], select: Selectors) -> Shard:
    mine = {host for claim in claims for host in _hosts(claim)}
    named = dict.fromkeys(claim.lead.source for claim in claims)
    return Shard(
        id=number,
        claims=tuple(claims),
        robots={host: text for host, text in robots.items() if host in mine},
        asked={host: moment for host, moment in asked.items() if host in mine},
        select={source: select[source] for source in named if source in select},
    )


def _hosts(claim: Claim) -> set[str]:
    """The hosts that a visit may ask, as far as that is known before."""
    return {urls.host(url) for url in (claim.url, claim.lead.transcript) if url}


def _inseparable(claims: Sequence[Claim]) -> list[list[Claim]]:
    """Put together the claims that may ask a host in common."""
    head: dict[str, str] = {}

    def find(host: str) -> str:
        while (above := head.setdefault(host, host)) != host:
            host = above
        return host

    for claim in claims:
        for host in _hosts(claim):
            head[find(host)] = find(urls.host(claim.url))
    groups: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        groups[find(urls.host(claim.url))].append(claim)
    return list(groups.values())


def _by_host(claims: Sequence[Claim]) -> dict[str, list[Claim]]:
    hosts: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        hosts[urls.host(claim.url)].append(claim)
    return hosts


def set_aside(shard: Shard, reason: str) -> ShardDone:
    """Give up every lead of a shard whose worker was lost, all for the same reason."""
    return ShardDone(shard=shard.id, outcomes=tuple(Outcome(claim=claim.id, reason=reason) for claim in shard.claims))
