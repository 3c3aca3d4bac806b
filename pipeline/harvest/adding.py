"""Add a source by its address: what each of its offers would bring, and the source that is made of one. Keeps nothing and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline import config as written
from pipeline import urls
from pipeline.config import Config
from pipeline.errors import ConflictError
from pipeline.harvest.probe import Probe, probe
from pipeline.model import HarvestSettings, Source
from pipeline.sources.discover import Offer
from pipeline.text import clip, squeeze


def probed(offers: Sequence[Offer], settings: HarvestSettings, *, now: Callable[[], datetime], seconds: float | None = None) -> tuple[Probe, ...]:
    """Look at each offer of an address, for so many seconds each. One that nobody named is passed over where there is something better."""
    probes: list[Probe] = []
    for offer in offers:
        if offer.guess and any(one.leads for one in probes):
            continue
        source = Source(id="new", kind=offer.kind, url=offer.url, title=offer.title)
        found = probe(source, settings, now=now, with_item=False, seconds=seconds)
        if found.leads or not offer.guess:
            probes.append(found)
    return tuple(probes)


def named(found: Probe, config: Config, *, name: str | None = None, topics: tuple[str, ...] = ()) -> Source:
    """Make a source of what was looked at, with an id of its own. Raises `ConflictError` where the address or the id is there already."""
    here_already = next((one for one in config.sources if urls.canonical(one.url) == urls.canonical(found.source.url)), None)
    if here_already:
        raise ConflictError(
            f"“{here_already.id}” has this address already.", hint=f"`gleanings sources test {here_already.id}` shows what it brings."
        )
    title = clip(squeeze(found.source.title or found.title or ""), 120)
    taken = [one.id for one in config.sources]
    if name in taken:
        raise ConflictError(f"There is a source “{name}” already.", hint="Choose another id with --id.")
    return replace(found.source, id=name or written.new_id(title or urls.host(found.source.url), taken), title=title, topics=topics)
