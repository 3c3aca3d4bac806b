"""Living collections: what each told when it was built last, and since when. Knows nothing of their files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from pipeline.store.connection import Connection, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A hash of what a collection told when it was built last, the moment when it began to tell that, and the day on which it was first built."""

    meaning: str
    changed: datetime
    first: date


class Living(Connection):
    """Keeping since when collections tell what they tell."""

    def collection_told(self, collection: str) -> Told | None:
        """Give what a collection told last; `None` for one that was never built."""
        row = self._row("SELECT * FROM collections WHERE id = ?", (collection,))
        if row is None:
            return None
        return Told(meaning=row["meaning"], changed=datetime.fromisoformat(row["changed"]), first=date.fromisoformat(row["first"]))

    def tell_collection(self, collection: str, meaning: str, *, now: datetime, today: date) -> None:
        """Keep what a collection tells now. Where it tells what it told before, its moment stays, unless that lies in the future."""
        with self.transaction():
            before = self.collection_told(collection)
            changed = min(before.changed, now) if before is not None and before.meaning == meaning else now
            first = min(before.first, today) if before is not None else today
            made = Told(meaning=meaning, changed=changed, first=first)
            if made != before:
                sql = "INSERT OR REPLACE INTO collections (id, meaning, changed, first) VALUES (?, ?, ?, ?)"
                self._change(sql, (collection, meaning, stamp(changed), first.isoformat()))
