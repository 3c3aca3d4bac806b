"""Connections to the database, kept open between visits: opening one costs more than most pages ask of it. Knows no table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from pipeline.store import Store

KEPT = 4
"""Connections that wait for a visit; what many visits at once need beyond is closed after them."""


class Pool:
    """Lends each visit a connection of its own. One after whose use anything went wrong is not used again."""

    def __init__(self, open_store: Callable[[], Store]) -> None:
        self._open_store = open_store
        self._lock = Lock()
        self._waiting: list[Store] = []

    @contextmanager
    def lend(self) -> Iterator[Store]:
        """Lend a connection for the length of a block."""
        store = self._take()
        try:
            yield store
        except BaseException:
            store.close()
            raise
        with self._lock:
            keeps = len(self._waiting) < KEPT
            if keeps:
                self._waiting.append(store)
        if not keeps:
            store.close()

    def _take(self) -> Store:
        """Take the one that was used last, if it is still good; else open one."""
        with self._lock:
            found = self._waiting.pop() if self._waiting else None
        if found is not None and found.is_current:
            return found
        if found is not None:
            found.close()
        store = self._open_store()
        store.hold_little()
        return store
