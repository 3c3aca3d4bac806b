"""The counts beside the filters, and lists under any filter, kept in step with the database: `Facets` is the door to both.

Everything is held in memory as bits (see `tally`) and brought up to date before each answer from the table of changes. A large desk is loaded in
the background, and brought up to date there after very many changes: until then nothing is counted, and lists come from SQL, which gives the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Lock, Thread
from time import sleep
from typing import TYPE_CHECKING

from pipeline.config import Config
from pipeline.late import late
from pipeline.model import ItemId
from pipeline.store import Store
from pipeline.web.filters import Filters, Sort
from pipeline.web.held import Held, load, numbers

if TYPE_CHECKING:
    import numpy as np
    from markupsafe import Markup

    from pipeline import processes
    from pipeline.web.held import Words
else:
    np = late("numpy")
    processes = late("pipeline.processes")

__all__ = ["Facets", "Filters"]

AT_ONCE = 20_000
"""Items that are loaded while somebody waits."""
IN_STEP = 2_000
"""Changes that are followed while somebody waits."""
BESIDE = 100_000
"""Changes that are followed beside the visits; beyond, everything is read again."""
BREATH = 0.5
"""Seconds before what a page wants is loaded beside it: first it is answered with what there is."""
_EVERY = Filters()
MANY = 10_000
"""Items that a search looks through; of more that it finds, the newest."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the desk shows under some filters: a page of numbers; of each facet how many items have each value, under the filters of the others and
    under none (`every`); how many there are. Until it is loaded nothing is counted: mappings are empty and `total` is `None`. `is_partial` says
    that more items hold the words of a search than are looked through. `shown` keeps what a page makes of it, and is emptied when anything
    changes."""

    page: tuple[ItemId, ...]
    counts: Mapping[str, Mapping[str, int]]
    every: Mapping[str, Mapping[str, int]]
    total: int | None
    is_partial: bool
    shown: dict[tuple[str, ...], tuple[Config, Markup]]


class Facets:
    """What the desk filters by. Safe to use from several threads."""

    def __init__(self, open_store: Callable[[], Store], clock: Callable[[], datetime]) -> None:
        self._open_store = open_store
        self._clock = clock
        self._lock = Lock()
        self._held: Held | None = None
        self._loader: Thread | None = None

    def look(self, store: Store, filters: Filters, *, order: Sort = "best", after: ItemId | None = None, limit: int = 40) -> Look:
        """Give all that a page of the desk shows under these filters, as of one moment. Lists: must-haves and the likeliest first, the last added
        first, or events to come, the next first."""
        with self._in_step(store) as held:
            if held and (after is None or held.knows(after)):
                words = _words(held, store, filters)
                among = held.among(filters, words)
                return Look(
                    page=tuple(map(ItemId, held.page(among, order=order, after=after, limit=limit, now=self._clock()))),
                    counts=held.counts(filters, _words(held, store, filters, counting=True)),
                    every=held.counts(_EVERY, None),
                    total=among.count,
                    is_partial=words is not None and len(words) >= MANY,
                    shown=held.shown,
                )
        many = len(numbers(store.newest_with(filters.q, limit=MANY))) >= MANY if filters.q.strip() else False
        page = store.item_ids(filters.item_query(order=order, after=after, limit=limit), now=self._clock())
        return Look(page=page, counts={}, every={}, total=None, is_partial=many, shown={})

    def record(self, store: Store, sources: Iterable[str]) -> Mapping[str, tuple[int, int]]:
        """Say for each of these sources how many of its items were kept and how many decided. Empty until it is loaded."""
        with self._in_step(store) as held:
            return held.record(sources) if held else {}

    def decided(self, store: Store) -> tuple[int, int]:
        """Say how many items were kept and how many decided. None until it is loaded."""
        with self._in_step(store) as held:
            return held.decided() if held else (0, 0)

    def members(self, store: Store, filters: Filters, *, limit: int = 10_000) -> tuple[ItemId, ...]:
        """List all items under these filters, the best first."""
        with self._in_step(store) as held:
            if held:
                among = held.among(filters, _words(held, store, filters))
                found = held.page(among, order="best", after=None, limit=limit, now=self._clock())
                return tuple(map(ItemId, found))
        return store.item_ids(filters.item_query(order="best", after=None, limit=limit), now=self._clock())

    @contextmanager
    def _in_step(self, store: Store) -> Iterator[Held | None]:
        """Give what is held, up to date, to one at a time; `None` while it is being loaded."""
        with self._lock:
            yield self._follow(store)

    def _follow(self, store: Store) -> Held | None:
        if self._held is not None:
            until, changed = store.changed(after=self._held.until, limit=IN_STEP + 1)
            if len(changed) <= IN_STEP:
                self._held.follow(store, changed, until)
                return self._held
            if store.last_change() - self._held.until > BESIDE:
                self._held = None
        if store.last_item() <= AT_ONCE:
            self._held = load(store)
            return self._held
        if self._loader is None:
            self._loader = Thread(target=self._work, name="facets", daemon=True)
            self._loader.start()
        return None

    def _work(self) -> None:
        """Load beside the visits, or follow many changes. What changes meanwhile is followed afterwards."""
        sleep(BREATH)
        try:
            with self._open_store() as store:
                if self._held is None:
                    held = load(store)
                    with self._lock:
                        self._held = held
                while self._follows_on(store):
                    pass
            processes.give_back()
        except Exception:
            log.exception("the counts could not be loaded")
        finally:
            self._loader = None

    def _follows_on(self, store: Store) -> bool:
        """Follow some changes, and let the visits in after them; says whether there are more."""
        with self._lock:
            if self._held is None:
                return False
            until, changed = store.changed(after=self._held.until, limit=IN_STEP)
            self._held.follow(store, changed, until)
            return len(changed) == IN_STEP


def _words(held: Held, store: Store, filters: Filters, *, counting: bool = False) -> Words:
    """Find the items that hold the words of a search: `None` without one. A few candidates are asked one by one, else the newest that hold them.
    What was found is kept until something changes: a page asks several times."""
    if not filters.q.strip():
        return None
    few = held.few(filters, counting=counting)
    if (filters.q, few) not in held.found:
        found = np.array(store.holding(filters.q, among=few), np.int64) if few is not None else numbers(store.newest_with(filters.q, limit=MANY))
        held.found[filters.q, few] = found
    return held.found[filters.q, few]
