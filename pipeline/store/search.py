"""Full-text search over title, description and text, by SQLite's FTS5. Takes what people type, never FTS5's own query language."""

from __future__ import annotations

from pipeline.model import ItemId, Resource
from pipeline.store.connection import Connection

WORDS = 16
"""Words of a query that count."""
LENGTH = 20_000
"""Characters of a text that can be found: an index of whole books would be most of the file."""


class Search(Connection):
    """What can be found, and finding it."""

    def search(self, query: str, limit: int = 50) -> tuple[ItemId, ...]:
        """Find the items that hold all the words, best first; a folded one is found as its head. The last word may be a beginning.

        What a transaction has added is found once it has ended.
        """
        words = phrases(query)
        if not words:
            return ()
        sql = """WITH found AS MATERIALIZED (SELECT rowid, bm25(search, 8.0, 3.0, 1.0) AS score FROM search WHERE search MATCH ?)
                 SELECT i.head FROM found JOIN items i ON i.id = found.rowid GROUP BY i.head ORDER BY min(found.score), i.head LIMIT ?"""
        return tuple(ItemId(row[0]) for row in self._rows(sql, (words, limit)))

    def published_with(self, word: str) -> frozenset[ItemId]:
        """Find the published items whose title, description or text holds a word that begins so; a folded one is found as its head."""
        words = phrases(word)
        if not words:
            return frozenset()
        sql = """SELECT DISTINCT h.id FROM search JOIN items i ON i.id = search.rowid JOIN items h ON h.id = i.head
                 WHERE search MATCH ? AND h.state = 'published' ORDER BY h.id LIMIT 1000000"""
        return frozenset(ItemId(row[0]) for row in self._rows(sql, (words,)))

    def last_decision(self) -> int:
        """Give the number of the last act: where it is the same, nobody decided anything meanwhile."""
        return int(self._rows("SELECT coalesce(max(id), 0) FROM decisions")[0][0])

    def _index(self, item: int, resource: Resource) -> None:
        self._later("INSERT INTO search (rowid, title, description, text) VALUES (?, ?, ?, ?)", (item, *_columns(resource)))

    def _unindex(self, item: int, resource: Resource) -> None:
        """Take an item out. The index keeps no text, so it must be told what it was: https://www.sqlite.org/fts5.html#the_delete_command"""
        self._later("INSERT INTO search (search, rowid, title, description, text) VALUES ('delete', ?, ?, ?, ?)", (item, *_columns(resource)))


def phrases(query: str) -> str:
    """Write what a person typed as an FTS5 query that cannot be wrong: each word in quotation marks. Empty where there is no word."""
    words = [word[:100] for word in query.replace("\0", " ").replace('"', " ").split() if any(letter.isalnum() for letter in word)][:WORDS]
    return " ".join(f'"{word}"' for word in words) + "*" if words else ""


def _columns(resource: Resource) -> tuple[str, str, str]:
    return resource.title, resource.description or "", resource.text[:LENGTH]
