"""What mails are made of that go out between the issues or once a quarter, and what readers used: lists and marks. Chooses nothing, mails nothing.

An edition that was put together for a mail alone is kept beside the others under a name with a slash, `mail/2026-q4`: no list of issues shows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from pipeline.errors import ConflictError
from pipeline.model import Edition, ItemId, Voice
from pipeline.store.connection import moment, stamp
from pipeline.store.forms import dump
from pipeline.store.topics import Topics


class Gathered(Topics):
    """Editions for a mail alone, and what they are made from."""

    def keep_gathered(self, edition: Edition) -> None:
        """Keep an edition for a mail alone. It stays as it is: raises `ConflictError` where there is one of its name, or where it has no slash."""
        with self.transaction():
            done = "/" in edition.id and self._change(
                "INSERT OR IGNORE INTO editions (id, state, composed, released, edition, files) VALUES (?, ?, ?, ?, ?, '{}')",
                (edition.id, edition.state, stamp(edition.composed), stamp(edition.released or edition.composed), dump(edition)),
            )
            if not done:
                raise ConflictError(f"Edition {edition.id} cannot be kept for a mail alone: there is one, or its name is that of an issue.")

    def is_gathered(self, edition_id: str) -> bool:
        """Whether there is one of this name."""
        return self._row("SELECT 1 FROM editions WHERE id = ?", (edition_id,)) is not None

    def last_week(self) -> datetime | None:
        """Give the moment until which the last weekly mail told what was new; `None` where there was none."""
        row = self._row("SELECT max(composed) AS last FROM editions WHERE id GLOB 'mail/*-w[0-9][0-9]'", ())
        return moment(row["last"]) if row else None

    def mails_with(self, item: ItemId) -> tuple[str, ...]:
        """List the editions for a mail alone that hold an item, the oldest first."""
        sql = """SELECT e.id FROM editions e WHERE e.id GLOB 'mail/*' AND EXISTS (
                   SELECT 1 FROM json_each(e.edition, '$.sections') s, json_each(s.value, '$.entries') t WHERE json_extract(t.value, '$.id') = ?)
                 ORDER BY e.composed, e.id LIMIT 10000"""
        return tuple(row["id"] for row in self._rows(sql, (item,)))

    def has_readers(self, frequency: str) -> bool:
        """Whether anybody is mailed so often."""
        sql = "SELECT 1 FROM subscribers WHERE state = 'confirmed' AND quarantined IS NULL AND frequency = ? LIMIT 1"
        return self._row(sql, (frequency,)) is not None

    def kept_between(self, since: datetime, until: datetime) -> tuple[ItemId, ...]:
        """List what is kept and was accepted for the first time after `since` and until `until`; not what came with a bulletin of the past."""
        sql = """SELECT i.id FROM items i WHERE i.state IN ('accepted', 'published') AND coalesce(i.edition, '') NOT LIKE '%/%'
                 AND i.id IN (SELECT item FROM decisions WHERE act = 'accept' AND undone IS NULL AND decided > ?1 AND decided <= ?2)
                 AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.item = i.id AND d.act = 'accept' AND d.undone IS NULL AND d.decided <= ?1)
                 ORDER BY i.id LIMIT 1000"""
        return tuple(ItemId(row["id"]) for row in self._rows(sql, (stamp(since), stamp(until))))

    def topic_names(self) -> dict[str, str]:
        """Give the id of today of each topic by its name and by every name that it had; of two topics the one that has it now, or had it last."""
        renames = self.renames()
        rows = self._rows(
            "SELECT id, json_extract(topic, '$.name') AS name FROM topics ORDER BY until IS NULL, coalesce(until, since), rowid LIMIT 100000"
        )
        return {row["name"]: renames.get(row["id"], row["id"]) for row in rows}

    def used_since(self, since: datetime) -> Mapping[int, frozenset[ItemId]]:
        """Give what each reader called useful or meant to use, or did, since then, by the reader's number."""
        sql = "SELECT subscriber, item FROM votes WHERE at > ? AND (vote IN (?, ?) OR used IN ('used', 'shared')) ORDER BY subscriber LIMIT 10000000"
        found: defaultdict[int, set[ItemId]] = defaultdict(set)
        for row in self._rows(sql, (stamp(since), Voice.USEFUL, Voice.WILL_USE)):
            found[row["subscriber"]].add(ItemId(row["item"]))
        return {subscriber: frozenset(items) for subscriber, items in found.items()}
