"""Full-text search over title, description and text, by SQLite's FTS5. Takes what people type, never FTS5's own query language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from pipeline.model import ItemId, Resource
from pipeline.store.connection import Connection

WORDS = 16
"""Words of a query that count."""
LENGTH = 20_000
"""Characters of a text that can be found: an index of whole books would be most of the file."""

JOINED_AT, JOINED = 250, 3_000
"""At the numbers of which items parts of the index are joined, and pages that are written then at most: some tenths of a second, where all parts of
a size at once take seconds at a million items. Twice as many as so many items bring, in parts of three sizes."""

# What a word is to SQLite's unicode61: letters and numbers, but for some vowel signs that were no letters in the Unicode of its tables. The marks of
# diacritics, where they stand alone, count for nothing in it.
_WORD = re.compile("(?:(?![\u19b0-\u19c9\u1cf2\u1cf3])[^\\W_])+")
_MARKS = dict.fromkeys(range(0x300, 0x332))


class Search(Connection):
    """What can be found, and finding it."""

    def search(self, query: str, limit: int = 50) -> tuple[ItemId, ...]:
        """Find items that hold all the words: those with all in the title first, then in title and description, then anywhere; the newest of each.

        A folded one is found as its head. The last word may be a beginning.
        What a transaction has added is found once it has ended. The index keeps no places, so nothing finer is known of how well a text fits.
        """
        words = phrases(query)
        if not words:
            return ()
        places = (f"{{title}} : ({words})", f"{{title description}} : ({words})", words)
        one = "SELECT * FROM (SELECT rowid, {} AS place FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?)"
        found = " UNION ALL ".join(one.format(place) for place in range(len(places)))
        sql = f"""WITH found AS MATERIALIZED ({found})
                  SELECT i.head FROM found JOIN items i ON i.id = found.rowid GROUP BY i.head ORDER BY min(found.place), i.head DESC LIMIT ?"""  # noqa: S608 - written above
        return tuple(ItemId(row[0]) for row in self._rows(sql, (*(value for place in places for value in (place, 4 * limit)), limit)))

    def newest_with(self, query: str, *, limit: int) -> str:
        """Find the newest items that hold all the words, folded ones under their own number; gives numbers with commas between. Takes no longer for
        a word that a million hold."""
        words = phrases(query)
        sql = "SELECT coalesce(group_concat(rowid), '') FROM (SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?)"
        return str(self._rows(sql, (words, limit))[0][0]) if words else ""

    def holding(self, query: str, *, among: Sequence[int]) -> tuple[int, ...]:
        """Say which of a few items hold all the words."""
        words = phrases(query)
        sql = "SELECT rowid FROM search WHERE search MATCH ? AND rowid = ?"
        return tuple(one for one in among if self._rows(sql, (words, one))) if words else ()

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
        if item % JOINED_AT == 0:
            self._later("INSERT INTO search (search, rank) VALUES ('merge', ?)", (JOINED,))

    def _unindex(self, item: int, resource: Resource) -> None:
        """Take an item out. The index keeps no text, so it must be told what it was: https://www.sqlite.org/fts5.html#the_delete_command"""
        self._later("INSERT INTO search (search, rowid, title, description, text) VALUES ('delete', ?, ?, ?, ?)", (item, *_columns(resource)))


def phrases(query: str) -> str:
    """Write what a person typed as an FTS5 query that cannot be wrong: each word in quotation marks. Empty where there is no word.

    Words are cut where the index cuts them ("covid-19" is two), because it knows no phrases.
    """
    words = [word[:100] for word in _WORD.findall(unicodedata.normalize("NFC", query).translate(_MARKS))][:WORDS]
    return " ".join(f'"{word}"' for word in words) + "*" if words else ""


def _columns(resource: Resource) -> tuple[str, str, str]:
    return resource.title, resource.description or "", resource.text[:LENGTH]
