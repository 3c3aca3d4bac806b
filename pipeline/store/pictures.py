"""The first page of a report as a small picture, drawn by us, for the desk alone. One for each row; an earlier state of it has none."""

from __future__ import annotations

from pipeline.model import ItemId
from pipeline.store.connection import Connection


class Pictures(Connection):
    """Keeping and finding them."""

    def keep_picture(self, item: ItemId, png: bytes | None) -> None:
        """Keep the picture of an item as it is now; `None` lets go of one that showed an earlier state."""
        if png is None:
            self._change("DELETE FROM pictures WHERE item = ?1 AND version < (SELECT version FROM items WHERE id = ?1)", (item,))
            return
        self._change("INSERT OR REPLACE INTO pictures (item, png, version) SELECT id, ?, version FROM items WHERE id = ?", (png, item))

    def picture(self, item: ItemId) -> bytes | None:
        """Give the picture of an item, its own before that of another one folded into the same head; `None` where there is none."""
        row = self._row(f"SELECT png {_OF} LIMIT 1", (item,))
        return bytes(row["png"]) if row else None

    def has_picture(self, item: ItemId) -> bool:
        """Say whether there is one to show."""
        return self._row(f"SELECT 1 {_OF} LIMIT 1", (item,)) is not None


_OF = """FROM items asked JOIN items i ON i.head = asked.head JOIN pictures p ON p.item = i.id AND p.version = i.version
    WHERE asked.id = ?1 ORDER BY i.id <> ?1, i.id"""
