"""What stands between an edition and its release: everything that is found about it, and what an editor let pass by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from types import MappingProxyType

from pipeline import digest
from pipeline.config import Config
from pipeline.errors import NotFoundError, PipelineError, RenderError
from pipeline.model import Edition, Entry, Finding, ItemId, Resource, Waiver
from pipeline.publish import retractions
from pipeline.render.inspect import inspect
from pipeline.store import LinkState, Store

_ORDER = ("error", "warning", "note")


def findings(edition: Edition, config: Config, store: Store, *, broken: Mapping[ItemId, str] = MappingProxyType({})) -> tuple[Finding, ...]:
    """List what an editor should look at before release, errors first. `broken` says of links that were asked just now what is wrong with them;
    of all others the last visit counts, and what is known of links in earlier editions."""
    history = [one for one in store.editions() if one.is_released and one.id < edition.id]
    known = {entry.id: reason for entry in edition.entries if (reason := store.reason(entry.url))}
    known |= _marked(edition, store)
    found = digest.preflight(
        edition,
        resources=dict(_resources(edition.entries, store)),
        history=history,
        broken={**known, **broken},
        topics=config.topics,
        copied_words=config.digest.copied_words,
    )
    return in_order((*found, *retractions.found(edition, store), *inspect(edition)))


def _marked(edition: Edition, store: Store) -> dict[ItemId, str]:
    """Say of links that stood in earlier editions and are gone or moved since what became of them."""
    marked = store.marked_links()
    found = {entry.id: marked[entry.url] for entry in edition.entries if entry.url in marked}
    return {item: f"moved to {one.moved_to} for good" if one.state is LinkState.MOVED else one.reason for item, one in found.items()}


def in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Put errors, which stop a release, before warnings and notes."""
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.severity)))


def waivers(found: Sequence[Finding], wishes: Sequence[str], *, by: str, now: datetime) -> tuple[Waiver, ...]:
    """Let findings pass by name. A wish is `RULE`, or `RULE:PLACE` where PLACE is as the finding says it, or the number of its item.

    Raises `PipelineError` where nobody stands for it, `NotFoundError` for a wish that meets no finding.
    """
    if wishes and not by.strip():
        raise PipelineError("A finding is let pass by name only.", hint="Add `--by` and your name.")
    passed: dict[tuple[str, str], Waiver] = {}
    for wish in wishes:
        rule, _, place = wish.partition(":")
        met = [one for one in found if rule and one.rule == rule and place in ("", one.place, one.place.removeprefix("item "))]
        if not met:
            raise NotFoundError("finding", f"“{wish}”", hint="`gleanings digest check EDITION` lists them, each with its rule and place.")
        passed |= {(one.rule, one.place): Waiver(rule=one.rule, place=one.place, by=by.strip(), at=now) for one in met}
    return tuple(passed.values())


def refuse_errors(edition: Edition, found: Iterable[Finding], passed: Sequence[Waiver]) -> None:
    """Raise `RenderError` with the first error that nobody let pass."""
    known = {(one.rule, one.place) for one in passed}
    for one in found:
        if one.severity == "error" and (one.rule, one.place) not in known:
            waive = f" Or let it pass: `gleanings digest release {edition.id} --waive '{one.rule}:{one.place}' --by NAME`." if one.rule else ""
            raise RenderError(f"Edition {edition.id} is not ready: {one.problem}", place=one.place, hint=f"{one.remedy}{waive}")


def _resources(entries: Iterable[Entry], store: Store) -> Iterator[tuple[ItemId, Resource]]:
    for entry in entries:
        with suppress(NotFoundError):
            yield entry.id, store.item(entry.id).resource
