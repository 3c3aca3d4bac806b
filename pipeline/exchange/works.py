"""Items as references for reference managers and calendars, and references as items. Nothing is fetched, whatever a reference links to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline import dedupe
from pipeline.digest.entries import entry
from pipeline.exchange.ahead import Count, Taken
from pipeline.exchange.importing import by, keep
from pipeline.exchange.lines import BadLineError, Result
from pipeline.exchange.reading import incoming
from pipeline.model import Desk, Edition, Folding, Item, ItemId, Section, State
from pipeline.render import cite
from pipeline.render.calendar import render
from pipeline.store import Store

KEPT = (State.ACCEPTED, State.PUBLISHED)
"""The states of what readers may cite."""
_WRITERS: Mapping[str, Callable[[Iterable[cite.Work]], str]] = {"ris": cite.ris, "bibtex": cite.bibtex, "csl": cite.csl}


def import_references(
    read: Callable[[Result], Iterable[tuple[int, dict[str, Any]]]],
    store: Store,
    *,
    count: Count,
    suggest: Callable[[Sequence[ItemId]], None],
    now: datetime,
    folding: Folding | None = None,
    dry_run: bool = False,
) -> Result:
    """Take in a file of references by the door of `import_items`. `read` reads it: `read_ris`, `read_bibtex` or `read_csl` with its bytes.

    Raises `ParseError` where the file holds no record at all.
    """
    result = Result()
    todo = by(folding, _taken(read(result), result, count))
    return keep(todo, result, store, suggest=suggest, now=now, dry_run=dry_run, report=lambda done: None)


def _taken(rows: Iterable[tuple[int, dict[str, Any]]], result: Result, count: Count) -> Iterator[Taken]:
    for number, row in rows:
        try:
            one = incoming(row)
        except BadLineError as error:
            result.refuse(number, error)
            continue
        yield Taken(incoming=one, fingerprint=dedupe.fingerprint(one.resource), counted=count(ItemId(0), one.resource))


def kept(store: Store, state: State | None = None, topic: str | None = None) -> list[Item]:
    """Give the items in one state, by number; those accepted and published where none is named. `topic` is what a reader sees."""
    found = (item for one in ((state,) if state else KEPT) for item in store.each_item(one))
    return sorted((item for item in found if topic is None or topic in item.topics), key=lambda item: item.id)


def references(items: Sequence[Item], form: str, topic_names: Mapping[str, str]) -> str:
    """Write items as `ris`, `bibtex` or `csl`, in their order."""
    return _WRITERS[form](cite.work_of(item, topic_names) for item in items)


def calendar(items: Sequence[Item], desk: Desk, topic_names: Mapping[str, str]) -> bytes:
    """Write the events among items as iCalendar, under the UIDs that they have in every edition, so that nothing is there twice."""
    edition = Edition(
        id="events",
        title=desk.name,
        organisation=desk.organisation,
        url=desk.url,
        contact=desk.contact,
        language=desk.language,
        timezone=desk.timezone,
        month_name="Events",
        sections=(Section(id="events", title="Events", entries=tuple(entry(item, topic_names, lead=False) for item in items)),),
        composed=max((_changed(item) for item in items), default=datetime(1970, 1, 1, tzinfo=UTC)),
    )
    return render(edition)


def _changed(item: Item) -> datetime:
    return item.decision.decided if item.decision else item.added
