"""What may go when it is old: words that nobody looks at any more.

Never what was published or kept, a decision, an edition, or what tells that we had a thing already: nothing that was rejected ever comes again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.model import Resource
from pipeline.store.connection import Value, stamp
from pipeline.store.forms import dump, load
from pipeline.store.search import Search

SLACK = 0.25
"""Part of the file that lies empty, from which on it is worthwhile to write it anew."""
_STEP = 200
"""Texts of one transaction, so that nobody waits long to write."""

# An item with all that is folded into it, rejected before the moment ?1, none of it ever in an edition.
_REJECTED = """FROM items i JOIN items h ON h.id = i.head
    WHERE h.state = 'rejected' AND coalesce((SELECT max(d.decided) FROM decisions d WHERE d.item = h.id), h.added) < ?1
      AND NOT EXISTS (SELECT 1 FROM edition_items e JOIN items m ON m.id = e.item WHERE m.head = h.id)"""
_LICENCE = """CASE WHEN json_extract(resource, '$.licence') IS NULL THEN 'none stated'
    WHEN json_extract(resource, '$.licence') LIKE '%creativecommons.org%' OR json_extract(resource, '$.licence') LIKE '%open-government-licence%'
      OR json_extract(resource, '$.licence') LIKE 'CC%' OR json_extract(resource, '$.licence') LIKE 'OGL%' THEN 'open' ELSE 'other' END"""
_TEXTS = f"""FROM resources WHERE coalesce(json_extract(resource, '$.text'), '') <> '' AND (NOT ?2 OR {_LICENCE} <> 'open')
    AND item IN (SELECT i.id {_REJECTED})"""
_EARLIER = f"FROM versions WHERE (NOT ?2 OR {_LICENCE} <> 'open') AND item IN (SELECT i.id {_REJECTED})"
_PICTURES = f"FROM pictures WHERE item IN (SELECT i.id {_REJECTED})"
_GIVEN = f"FROM illustrations WHERE (stands = 0 AND given < ?1) OR item IN (SELECT i.id {_REJECTED})"
_PAGES = "FROM kept_pages WHERE fetched < ?1"
_RUNS = "FROM runs WHERE started < ?1 AND started < (SELECT max(l.started) FROM runs l WHERE l.source = runs.source)"
_LEADS = f"FROM sightings WHERE last_seen < ?1 AND json_extract(said, '$.description') IS NOT NULL AND item IN (SELECT i.id {_REJECTED})"
_NOTICES = "FROM notices WHERE state IN ('sent', 'failed') AND changed < ?1 AND (subject <> '' OR body <> '' OR leave <> '')"
_ALERTS = "FROM alerts WHERE over < ?1 AND over_told IS NOT NULL"

_SORTS = {
    "kept pages": ("substr(fetched, 1, 4)", "'internal use'", "length(body)", _PAGES),
    "runs": ("substr(started, 1, 4)", "''", "length(run)", _RUNS),
    "texts of rejected items": (
        "(SELECT substr(i.added, 1, 4) FROM items i WHERE i.id = item)", _LICENCE, "length(CAST(json_extract(resource, '$.text') AS BLOB))", _TEXTS,
    ),
    "earlier states of rejected items": ("substr(replaced, 1, 4)", _LICENCE, "length(CAST(resource AS BLOB))", _EARLIER),
    "pictures of rejected reports": ("(SELECT substr(i.added, 1, 4) FROM items i WHERE i.id = item)", "'internal use'", "length(png)", _PICTURES),
    "pictures for editions, replaced or of rejected items": ("substr(given, 1, 4)", "''", "length(image)", _GIVEN),
    "words of leads to rejected items": ("substr(last_seen, 1, 4)", "''", "length(CAST(json_extract(said, '$.description') AS BLOB))", _LEADS),
    "words of notices": ("substr(changed, 1, 4)", "''", "length(CAST(body AS BLOB)) + length(subject)", _NOTICES),
    "alerts that are over": ("substr(over, 1, 4)", "''", "length(sentence)", _ALERTS),
}  # fmt: skip
"""Sort → year, licence and bytes of a row, and which rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prunable:
    """Rows of one sort, year and licence that may go, and the bytes that they take."""

    sort: str
    year: str
    licence: str
    count: int
    bytes: int


class Prune(Search):
    """Saying what may go, and letting it go."""

    def prunable(self, before: datetime, *, spare_open: bool) -> tuple[Prunable, ...]:
        """List what is older than a moment and may go. `spare_open` leaves out texts under an open licence."""
        return tuple(one for sort in _SORTS for one in self._counted(sort, (stamp(before), spare_open)))

    def prune(self, before: datetime, *, spare_open: bool) -> tuple[Prunable, ...]:
        """Let go of it, and say what that was. A second time finds nothing left."""
        gone = self.prunable(before, spare_open=spare_open)
        when, what = (stamp(before),), (stamp(before), spare_open)
        while rows := self._rows(f"SELECT item, resource {_TEXTS} LIMIT {_STEP}", what):
            with self.transaction():
                for row in rows:
                    self._empty(row["item"], load(Resource, row["resource"]))
        with self.transaction():
            self._change(f"DELETE {_EARLIER}", what)
            self._change(f"DELETE {_PICTURES}", when)
            self._change(f"DELETE {_GIVEN}", when)
            self._change(f"DELETE {_PAGES}", when)
            self._change(f"DELETE {_RUNS}", when)
            self._change(f"UPDATE sightings SET said = json_remove(said, '$.description') WHERE id IN (SELECT id {_LEADS})", when)  # noqa: S608 - ours
            self._change(f"UPDATE notices SET subject = '', body = '', leave = '' WHERE id IN (SELECT id {_NOTICES})", when)  # noqa: S608 - ours
            self._change(f"DELETE {_ALERTS}", when)
        return gone

    def slack(self) -> float:
        """Say which part of the file lies empty."""
        return float(self._rows("PRAGMA freelist_count")[0][0]) / max(1, int(self._rows("PRAGMA page_count")[0][0]))

    def compact(self) -> None:
        """Write the file anew without what lies empty in it. Others wait to write meanwhile, and it needs as much room again."""
        self._change("VACUUM")
        self._rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def _counted(self, sort: str, values: tuple[Value, ...]) -> Iterator[Prunable]:
        year, licence, size, rows = _SORTS[sort]
        sql = f"SELECT {year} AS year, {licence} AS licence, count(*) AS n, sum({size}) AS bytes {rows} GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 1000"
        for row in self._rows(sql, values if "?2" in sql else values[:1]):
            yield Prunable(sort=sort, year=row["year"], licence=row["licence"], count=row["n"], bytes=row["bytes"] or 0)

    def _empty(self, item: int, resource: Resource) -> None:
        """Let go of a text. What folds (keys, word sequences) and what ranks (features) was counted from it before, and stays."""
        bare = replace(resource, text="")
        self._change("UPDATE resources SET resource = ? WHERE item = ?", (dump(bare), item))
        self._unindex(item, resource)
        self._index(item, bare)
