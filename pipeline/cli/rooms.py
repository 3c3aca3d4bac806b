"""Opens the rooms that commands need: the settings and the database."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.cli import late
from pipeline.cli.session import Session, day
from pipeline.errors import NotFoundError
from pipeline.model import Failure, ItemId
from pipeline.text import nearest

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.store import Store


def settings(session: Session) -> Config:
    """Read the settings. Raises `ConfigError` with every problem."""
    return late.config.load(session.path, os.environ, folder=session.folder, db=session.db)


FAILURES = 50
"""Links that could not be read, as many as are shown."""


@contextmanager
def desk(session: Session, *, given: bool = False) -> Iterator[tuple[Config, Store]]:
    """Open settings and database; `given` are the settings that the service hands to its child, which may be older than the file."""
    found: Config = pickle.load(sys.stdin.buffer) if given else settings(session)  # noqa: S301 - our own parent wrote it, into a file of its own
    with late.store.Store.open(found.db) as store:
        yield found, store


def unread(session: Session, failures: Sequence[Failure]) -> None:
    """Say which links could not be read, and why."""
    if failures:
        session.say("\nlinks that could not be read, the last ones first:")
        rows = [(one.source, day(one.again) if one.again else "never", f"{one.url}: {one.reason}") for one in failures]
        session.table(("source", "again", "why"), rows)


def item_id(word: str, store: Store) -> ItemId:
    """Find an item by its number or its address."""
    if word.isdecimal() and len(word) < 18:
        return ItemId(int(word))
    found = store.find(word)
    if found is None:
        raise NotFoundError("item", f"“{word}”", hint="Give its number, as `gleanings queue` shows it, or its address.")
    return found


def topics(words: tuple[str, ...], found: Config) -> tuple[str, ...]:
    """Check that the topics exist."""
    known = [topic.id for topic in found.topics]
    for word in words:
        if word not in known:
            near = nearest(word, known)
            hint = f"Did you mean “{near}”?" if near else f"Topics stand in {found.path.name}: {', '.join(known) or 'none yet'}."
            raise NotFoundError("topic", f"“{word}”", hint=hint)
    return words


def source(word: str, found: Config) -> str:
    """Check that the source exists."""
    known = [one.id for one in found.sources]
    if word not in known:
        near = nearest(word, known)
        raise NotFoundError("source", f"“{word}”", hint=f"Did you mean “{near}”?" if near else "`gleanings sources list` shows them.")
    return word
