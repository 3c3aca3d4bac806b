"""What became of links that stand on public pages: a plain mark beside each that moved or is gone. Asks nobody; `publish.links` did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request

from pipeline import dates
from pipeline.model import Edition, Entry
from pipeline.store import LinkState, Store
from pipeline.web.site import site_of

ARCHIVE = "https://web.archive.org/web"
"""A month and an address behind it lead to the copy nearest to that month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """That a link moved, and where to; or (`moved_to` is empty) that nothing was there on a day, and where a copy may be."""

    moved_to: str
    day: str
    archived: str


def marks(request: Request, store: Store, entries: Iterable[tuple[Entry, Edition]]) -> dict[str, Mark]:
    """Give the marks of entries by their addresses, each entry with the edition for which somebody had read it."""
    site, known = site_of(request), store.marked_links()
    return {
        entry.url: Mark(
            moved_to=check.moved_to if check.state is LinkState.MOVED else "",
            day=dates.long(check.since.astimezone(site.zone), site.config.desk.language),
            archived=f"{ARCHIVE}/{(edition.released or edition.composed).astimezone(site.zone):%Y%m}/{entry.url}",
        )
        for entry, edition in entries
        if (check := known.get(entry.url))
    }
