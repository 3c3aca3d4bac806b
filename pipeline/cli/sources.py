"""Errands around sources: list, add, test, pause, resume, repair, and what each was worth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from pipeline import urls
from pipeline.cli import late
from pipeline.cli.rooms import FAILURES, desk, settings, source, topics, unread
from pipeline.cli.session import PARTLY, Session, command, day, group, here, now
from pipeline.errors import NotFoundError
from pipeline.model import Health, KeptPage, Lead, Repair, Resource, Source, SourceState
from pipeline.plain import to_plain
from pipeline.text import clip, counted

if TYPE_CHECKING:
    from pipeline.classify.record import Proposal, SourceRecord
    from pipeline.config import Config
    from pipeline.harvest import Examined, Probe
    from pipeline.store import Store

KINDS = ("feed", "listing", "sitemap", "calendar", "mailbox", "oai", "search", "edition", "page", "opml")
"""Those of `pipeline.sources.KINDS`, written out: help must not load what reads them."""
FEW = 5
WIDE = 200
"""Characters of what is told of a source."""
PACED = 300
"""Decisions, the last ones, that say how long one takes."""


@group(
    "sources", "sources list", "sources record", "sources add https://www.example.org/blog", "sources test kings-fund", "sources repair kings-fund"
)
def sources_command() -> None:
    """List, add, test, judge, repair, pause and resume sources."""


@command("list", "sources list", "sources list --json", group=sources_command)
@here
def list_sources(session: Session) -> None:
    """List the sources and how they are."""
    with desk(session) as (config, store):
        store.sync_sources(config.sources, now())
        states = {state.id: state for state in store.source_states()}
        failures = store.failures(FAILURES)
        judged = {proposal.source: (found, proposal) for found, proposal in _judged(config, store)}
    rows = []
    for one in config.sources:
        state = states[one.id]
        health = late.schedule.health(state, one, now())
        found, proposal = judged[one.id]
        session.emit({**_listed(one, state, health), "kept": found.kept, "rejected": found.rejected, "proposal": proposal.what})
        last = clip(late.schedule.told(health, now()) or one.url, WIDE)
        rows.append((one.id, one.kind, health.state, str(state.items), _share(found, proposal), str(state.failed), day(state.last_new), last))
    session.table(("source", "kind", "state", "items", "kept", "not read", "last new", "what is to be known, or address"), rows)
    unread(session, failures)


def _listed(one: Source, state: SourceState, health: Health) -> dict[str, object]:
    kept = {name: getattr(state, name) for name in ("items", "failed", "paused", "last_run", "last_ok", "last_new", "failures")}
    found = {name: getattr(health, name) for name in ("state", "since", "error", "next", "silent", "usual_gap", "alarm", "moved_to")}
    return {**_source(one), "topics": one.topics, **kept, **found}


def _share(found: SourceRecord, proposal: Proposal) -> str:
    if not found.decided:
        return ""
    return f"{found.kept} of {found.decided}" + (f": {proposal.what}?" if proposal.what in ("drop", "demote") else "")


def _judged(config: Config, store: Store) -> list[tuple[SourceRecord, Proposal]]:
    """Give the record of each source with what is proposed, the most pressing first."""
    moment = now()
    pace = late.stopping.pace(store.decisions(limit=PACED))
    found = late.record.records([one.id for one in config.sources], store.brought(moment - late.record.YEAR), now=moment, pace=pace)
    by_source = {one.source: one for one in found}
    return [(by_source[one.source], one) for one in late.record.proposals(found, now=moment)]


@command("record", "sources record", "sources record kings-fund --json", group=sources_command)
@click.argument("names", nargs=-1, metavar="[ID]...")
@here
def record_command(session: Session, names: tuple[str, ...]) -> None:
    """Say what each source was worth, and propose to drop, demote or keep it. Does nothing by itself."""
    with desk(session) as (config, store):
        wanted = {source(name, config) for name in names} or {one.id for one in config.sources}
        judged = [pair for pair in _judged(config, store) if pair[1].source in wanted]
    for found, proposal in judged:
        told = {name: getattr(proposal, name) for name in ("sentence", "how", "low", "high")}
        session.emit({**_plain(found), "decided": found.decided, "proposal": proposal.what, **told})
        session.say(f"{proposal.source}: {proposal.what}\n  {proposal.sentence}")
        for words in (*_told(found), *([f"to do so: {proposal.how}"] if proposal.how else [])):
            session.say(f"  {words}")


def _told(found: SourceRecord) -> Iterator[str]:
    if found.reasons:
        yield f"rejected: {', '.join(f'{count} {reason}' for reason, count in found.reasons)}"
    if found.overlap:
        yield f"{found.shared} of {found.decided} named by others too: {', '.join(f'{name} ({count})' for name, count in found.overlap[:FEW])}"
    if found.last_kept:
        yield f"{found.published} published; {found.alone} kept that nobody else named; last kept {day(found.last_kept)}"
    yield f"new items week by week: {' '.join(map(str, found.weeks))}"


@command(
    "add",
    "sources add https://www.example.org/blog",
    "sources add https://www.example.org/resources --kind listing --id example",
    group=sources_command,
)
@click.argument("url")
@click.option("--id", "name", help="Its id; made of its title if left out.")
@click.option("--kind", type=click.Choice(KINDS), help="Which of its offers to take; the best if left out.")
@click.option("--topic", "chosen", multiple=True, help="What nearly everything there is about; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Show what the address offers, and change nothing.")
@here
def add_source_command(session: Session, url: str, name: str | None, kind: str | None, chosen: tuple[str, ...], dry_run: bool) -> None:
    """Find what an address offers, show five leads of each, and add the best to sources.yaml."""
    config = settings(session)
    topics(chosen, config)
    offered = late.harvest.discover(urls.clean(url), config.harvest, now=now)
    if kind and all(offer.kind != kind for offer in offered):  # she knows what it is, or wants a page watched, which any page can be
        offered = (late.discover.Offer(kind=kind, url=urls.clean(url)),)
    probes = late.harvest.probed(offered, config.harvest, now=now)
    taken = next((probe for probe in probes if not probe.error and probe.leads and (kind is None or probe.source.kind == kind)), None)
    for probe in probes:
        session.emit({**_line(probe, few=True), "added": probe is taken and not dry_run})
        _show(session, probe, few=True)
    if taken is None:
        raise NotFoundError(
            "source at",
            url,
            hint="Nothing there gives leads. `--kind page` watches it for changes; a page of links can be read with CSS selectors (`select:`).",
        )
    if not dry_run:
        added = late.harvest.named(taken, config, name=name, topics=chosen)
        late.config.add_source(config.path, added)
        settings(session)  # says at once what is wrong, should anything be
        session.say(f"Added to {config.path.name} as “{added.id}” ({added.kind}). `gleanings harvest {added.id}` asks it now.")


@command(
    "test",
    "sources test kings-fund",
    "sources test https://www.example.org/feed --json",
    "sources test events.ics --leads-only",
    group=sources_command,
)
@click.argument("places", nargs=-1, required=True, metavar="ID-or-URL...")
@click.option("--leads-only", is_flag=True, help="Fetch nothing but the source.")
@here
def test_source(session: Session, places: tuple[str, ...], leads_only: bool) -> int:
    """Show what sources bring, and one item as it would be read. Stores nothing."""
    config = settings(session)
    failed = 0
    for place in places:
        probe = _probed(place, config, with_item=not leads_only)
        failed += probe.error is not None
        session.emit(_line(probe))
        _show(session, probe)
    return 0 if not failed else 1 if failed == len(places) else PARTLY


def _probed(place: str, config: Config, *, with_item: bool) -> Probe:
    """Ask one place. A name that no source has is the error of that place, and the others are asked all the same."""
    try:
        one = _source_at(place, config)
    except NotFoundError as error:
        return late.harvest.Probe(source=Source(id=place, kind="", url=""), error=f"{error} {error.hint}")
    return late.harvest.probe(one, config.harvest, now=now, with_item=with_item)


def _source_at(place: str, config: Config) -> Source:
    """A source by its id; else an address or a path whose kind is found by looking."""
    known = next((one for one in config.sources if one.id == place), None)
    if known is not None:
        return known
    if not urls.is_web(place) and "/" not in place and "." not in place:
        source(place, config)
    return Source(id="test", kind="", url=place)


@command("pause", "sources pause kings-fund", group=sources_command)
@click.argument("name", metavar="ID")
@here
def pause_source(session: Session, name: str) -> None:
    """Stop asking a source; what it brought stays."""
    _pause(session, name, paused=True)


@command("resume", "sources resume kings-fund", group=sources_command)
@click.argument("name", metavar="ID")
@here
def resume_source(session: Session, name: str) -> None:
    """Ask a paused source again."""
    _pause(session, name, paused=False)


@command("repair", "sources repair platform-listing", "sources repair platform-listing --accept", group=sources_command)
@click.argument("name", metavar="ID")
@click.option("--accept", is_flag=True, help="Write what is proposed into sources.yaml, and read the page again.")
@here
def repair_source(session: Session, name: str, accept: bool) -> int:
    """Say what is wrong with a source, and propose selectors or an address that would mend it."""
    return repair(session, name, accept=accept)


def repair(session: Session, name: str, *, accept: bool) -> int:
    """Examine a source and say what was found, what would mend it, and what was mended. Gives the exit code."""
    with desk(session) as (config, store):
        store.sync_sources(config.sources, now())
        one = next(known for known in config.sources if known.id == source(name, config))
        found = late.harvest.examine(one, config, store, now=now)
        taken = late.harvest.accept(one, found.repair, config=config, store=store, now=now) if accept else None
    session.emit(_examined(found, taken))
    for line in _examination(found):
        session.say(line)
    if taken:
        settings(session)  # says at once what is wrong, should anything be
        session.say(
            f"Written into {config.path.name}. {counted(taken[0], 'item')} on the kept page, {taken[1]} of them new; the next harvest visits them."
        )
    elif found.repair:
        session.say(f"`gleanings sources repair {name} --accept` writes this into {config.path.name}.")
    return 0 if found.repair or not found.sentence else 1


def _examined(found: Examined, taken: tuple[int, int] | None) -> dict[str, object]:
    return {
        **_source(found.source),
        "alarm": found.sentence or None,
        "since": found.since,
        "last_good": _kept(found.good),
        "today": _kept(found.today),
        "then": [_lead(lead) for lead in found.then],
        "proposal": _proposal(found.repair) if found.repair else None,
        "accepted": taken is not None,
        "found": taken[0] if taken else None,
        "new": taken[1] if taken else None,
    }


def _kept(kept: KeptPage | None) -> dict[str, object] | None:
    return {"url": kept.page.url, "at": kept.page.fetched, "items": kept.leads, "titles": kept.titled} if kept else None


def _proposal(proposal: Repair) -> dict[str, object]:
    counts = {"matched": proposal.matched, "known": proposal.known, "new": proposal.fresh}
    preview = [_lead(lead) for lead in proposal.preview]
    return {"kind": proposal.kind, "url": proposal.url, "select": dict(proposal.select) or None, **counts, "preview": preview}


def _examination(found: Examined) -> Iterator[str]:
    """Say what stands against a source: what it gave, what it gives, what is proposed."""
    if not found.sentence:
        yield f"{found.source.id}: nothing is wrong with it."
        return
    yield f"{found.source.id}: {found.sentence}" + (f" (since {day(found.since)})" if found.since else "")
    if found.good:
        yield f"  the last good page, {day(found.good.page.fetched)}: {counted(found.good.leads, 'item')}"
        yield from (f"    {clip(lead.title or lead.url, 100)}" for lead in found.then)
    if found.today:
        yield f"  the page of {day(found.today.page.fetched)}: {counted(found.today.leads, 'item')}"
    if found.repair is None:
        yield f"  Nothing was found that would mend it. `gleanings sources add {found.source.url} --dry-run` shows what the address offers."
        return
    moved = found.repair.url != found.source.url
    yield f"  proposed: {f'url: {found.repair.url}' if moved else f'select: {late.config.flow(dict(found.repair.select))}'}"
    if found.repair.known:
        yield f"  it {late.repair.sentence(found.repair)}"
    yield from (f"    {clip(lead.title or lead.url, 100)}\n      {lead.url}" for lead in found.repair.preview)


def _pause(session: Session, name: str, *, paused: bool) -> None:
    with desk(session) as (config, store):
        store.sync_sources(config.sources, now())
        store.pause(source(name, config), paused)
    session.emit({"id": name, "paused": paused})
    session.say(f"{name} is {'paused' if paused else 'asked again when it is due'}.")


def _source(one: Source) -> dict[str, object]:
    return {"id": one.id, "url": one.url, "kind": one.kind, "title": one.title or None}


def _line(probe: Probe, *, few: bool = False) -> dict[str, object]:
    leads = probe.leads[:FEW] if few else probe.leads
    return {
        "source": {**_source(probe.source), "title": probe.title or probe.source.title or None},
        "leads": [_lead(lead) for lead in leads],
        "item": _item(probe.item) if probe.item else None,
        "error": probe.error,
        **(
            {"kind": probe.mail.sort, "sender": probe.mail.sender, "mail": {"kind": probe.mail.sort, "sender": probe.mail.sender}}
            if probe.mail
            else {}
        ),
    }


def _lead(lead: Lead) -> dict[str, object]:
    return {
        "url": lead.url,
        "title": lead.title,
        "description": lead.description,
        "published": to_plain(lead.published),
        "label": lead.label,
        "posted_by": lead.posted_by,
        "recommended_by": lead.recommended_by,
        "creators": list(lead.creators),
        "kind": lead.kind,
        "minutes": round(lead.duration.total_seconds() / 60) if lead.duration is not None else None,
        "series": lead.series,
        "part": lead.part,
        "event": late.exchange.event_line(lead.event),
    }


def _item(resource: Resource) -> dict[str, object]:
    return {**_plain(resource), "event": late.exchange.event_line(resource.event)}


def _plain(value: object) -> dict[str, object]:
    plain = to_plain(value)
    return {**plain} if isinstance(plain, dict) else {}


def _show(session: Session, probe: Probe, *, few: bool = False) -> None:
    name = f"{probe.source.kind or 'source'} {probe.source.url or probe.source.id}" + (f" “{probe.title}”" if probe.title else "")
    if probe.error:
        session.say(f"{name}: {probe.error}")
        return
    session.say(f"{name}: {counted(len(probe.leads), 'lead')}")
    for lead in probe.leads[: FEW if few else None]:
        session.say(f"  {clip(lead.title or lead.url, 100)}\n    {lead.url}")
    if probe.item:
        by = ", ".join(probe.item.creators) or "nobody named"
        session.say(f"The first as an item: {probe.item.kind}, “{probe.item.title}”, {probe.item.words} words, by {by}")
