"""What a survey learns about its source besides the leads: has it moved, is it gone, does it give what it gave? Judged by `sources.repair`, kept by
the store. Changes no settings: what would mend a source is proposed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipeline import politeness, schedule, sources, urls
from pipeline.errors import PipelineError, RefusedError, UnreachableError
from pipeline.fetch.follow import follow
from pipeline.late import late
from pipeline.model import Alarm, Fetch, Heard, KeptPage, Lead, NotModified, Page, Repair, Request, Run, Source, SourceState
from pipeline.sources import hints
from pipeline.store import Store

if TYPE_CHECKING:
    from pipeline.sources import discover, repair
    from pipeline.sources.discover import Offer
else:  # of a source that has not changed there is nothing to judge
    discover, repair = late("pipeline.sources.discover"), late("pipeline.sources.repair")

log = logging.getLogger("gleanings")

WATCHED = frozenset(("feed", "listing", "sitemap"))
"""Kinds that give the same things again and again, so that their silence or a change can be told."""
OFFERS = 6
"""Offers of a home page that are looked at when a source is gone."""
RECENT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one survey brings home. `moved` are new addresses of known things, `kept` is the page to keep and `good` whether all was well with it."""

    run: Run
    leads: Sequence[Lead] = ()
    heard: Heard | None = None
    moved: Mapping[str, str] = field(default_factory=dict)
    kept: KeptPage | None = None
    good: bool = True


def redirected(request: Request, source: Source, state: SourceState) -> Request:
    """Ask a source at the address that it has moved to for good, where that is known."""
    if state.moved_to and state.moved_seen >= schedule.MOVES and request.url == sources.address(source):
        return replace(request, url=state.moved_to)
    return request


def unchanged(answer: NotModified, request: Request, state: SourceState, *, now: datetime) -> Heard:
    """Say what was learnt where nothing has changed since the last survey."""
    moved_to, seen = _moves(answer, request, state, is_same=False)
    return Heard(not_before=politeness.hold(now, hint=answer.max_age), moved_to=moved_to, moved_seen=seen)


def judged(told: Told, page: Page, *, request: Request, source: Source, state: SourceState, store: Store) -> Told:
    """Complete what a survey tells with a judgement on the page that it read."""
    now = told.run.started
    hint = max(page.max_age or timedelta(), (hints.rhythm(page) if source.kind == "feed" else None) or timedelta())
    if source.kind not in WATCHED:
        return replace(told, heard=Heard(not_before=politeness.hold(now, hint=hint)))
    good = store.kept_page(source.id, good=True)
    is_strange = good is not None and store.strange(told.leads, source.folding) >= repair.MANY
    is_elsewhere = page.permanent and page.url != request.url
    known = store.said(source.id) if good and (is_strange or is_elsewhere or source.kind == "listing" or not told.leads) else ()
    moved_to, seen = _moves(page, request, state, is_same=state.last_ok is None or repair.overlap(told.leads, known) > 0)
    sentence = repair.fault(source, page, found=told.leads, good=good, known=known)
    proposal = repair.reselect(source, page, known) if sentence and source.kind == "listing" else None
    run = replace(told.run, error=sentence) if told.run.error and sentence else told.run  # of the same thing, what says more
    return replace(
        told,
        run=run,
        heard=Heard(
            not_before=politeness.hold(now, hint=hint),
            moved_to=moved_to,
            moved_seen=seen,
            alarm=Alarm(since=now, sentence=sentence, repair=proposal) if sentence else None,
            judged=True,
        ),
        moved=repair.moved_entries(told.leads, known) if is_strange else {},
        kept=_kept(source, replace(page, fetched=now), told.leads),
        good=sentence is None,
    )


async def failed(source: Source, state: SourceState, error: PipelineError, *, store: Store, fetch: Fetch, now: datetime) -> Told:
    """Say what was learnt from a survey that failed. At the third failure in a row, and where the server says that all is over, look round once for
    where the source may be now."""
    has_moved = state.moved_seen >= schedule.MOVES
    gone = now if isinstance(error, RefusedError) and error.status == 410 and not has_moved else None
    wait = error.retry_after if isinstance(error, UnreachableError) else None
    alarm = None
    if source.kind in WATCHED and not has_moved and (gone or state.failures == schedule.PATIENCE):
        proposal = await elsewhere(source, recent(source, store), fetch)
        alarm = Alarm(since=now, sentence=f"It may be at {proposal.url} now.", repair=proposal) if proposal else None
    heard = Heard(
        not_before=politeness.hold(now, retry_after=wait),
        gone=gone,
        # Where the new address fails, the old one is asked again, and may send us on once more.
        moved_to=None if has_moved else state.moved_to,
        moved_seen=0 if has_moved else state.moved_seen,
        alarm=alarm,
        judged=alarm is not None,
    )
    return Told(run=Run(source=source.id, started=now, error=str(error)), heard=heard)


async def elsewhere(source: Source, known: Sequence[Lead], fetch: Fetch) -> Repair | None:
    """Look at what a site's home page offers now, and give the offer that has most in common with what the source named; `None` where none has."""
    home = urls.join(source.url, "/")
    found = await _page(home, fetch) if home and known else None
    best: Repair | None = None
    for offer in [one for one in discover.offers(found) if _is_other(one, source)][:OFFERS] if found else ():
        page = found if found and found.url == offer.url else await _page(offer.url, fetch)
        proposal = _weighed(offer, page, source=source, known=known) if page else None
        if proposal and proposal.matched > (best.matched if best else 0):
            best = proposal
    return best if best and (best.matched >= repair.MANY or 2 * best.matched >= best.known) else None


def recent(source: Source, store: Store) -> tuple[Lead, ...]:
    """Give what a source named when all was well last."""
    good = store.kept_page(source.id, good=True)
    return store.said(source.id, limit=good.leads if good and good.leads else RECENT)


def _is_other(offer: Offer, source: Source) -> bool:
    """Say whether an offer could stand for a source: of its kind, or where it has no options of its own of any that gives leads by itself."""
    may_be = offer.kind == source.kind or (offer.kind in WATCHED and not source.options)
    return may_be and urls.canonical(offer.url) != urls.canonical(source.url)


def _weighed(offer: Offer, page: Page, *, source: Source, known: Sequence[Lead]) -> Repair | None:
    there = replace(source, kind=offer.kind, url=offer.url)
    try:
        found = [one for one in sources.leads(there, page) if isinstance(one, Lead)]
    except PipelineError:
        return None
    return repair.weigh(there, found, known)


async def _page(url: str, fetch: Fetch) -> Page | None:
    try:
        answer = await follow(Request(url=url), fetch)
    except PipelineError as error:
        log.info("nothing there url=%s error=%s", url, error)
        return None
    return answer if isinstance(answer, Page) else None


def _moves(answer: Page | NotModified, request: Request, state: SourceState, *, is_same: bool) -> tuple[str | None, int]:
    """Count the surveys that were sent on for good to one address where the source's own things are."""
    if request.url == state.moved_to and answer.url == request.url:
        return state.moved_to, state.moved_seen
    target = answer.url if answer.permanent and answer.url != urls.clean(request.url) else None
    return politeness.moved(state.moved_to, state.moved_seen, target=target, is_same=is_same)


def _kept(source: Source, page: Page, leads: Sequence[Lead]) -> KeptPage:
    """Choose what to keep of a page: of a listing all of it, so that its selectors can be mended; of others what was found."""
    return KeptPage(page=page if source.kind == "listing" else replace(page, body=b""), leads=len(leads), titled=repair.titled(leads))
