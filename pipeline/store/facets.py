"""What can be filtered and counted, read in few great columns, and of single items when they change. Counts nothing itself.

A column is read as one text for each value: SQLite puts a million numbers together in the time in which Python would fetch a tenth of them, and
other threads go on meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.model import Verdict
from pipeline.store.connection import Connection, stamp

FACETS = ("state", "lane", "topic", "kind", "source", "person", "edition")
"""What an item can be filtered by; `topic` under the name that it was given, which may be one of the past."""

_ASSIGNED = "coalesce(g.assigned, g.probability >= 0.5)"
_CHOSEN = "json_type(o.overlay, '$.topics') = 'array'"
_VERDICTS = "('accept', 'reject', 'defer', 'reopen')"
_STARTS = "CAST(strftime('%s', json_extract({}, '$.event.start')) AS INTEGER)"

# What is not said has no row; several rows may give the same value.
_COLUMNS = {
    "source": ("SELECT source, group_concat(item) FROM sightings WHERE item IS NOT NULL GROUP BY source",),
    "person": (
        f"""SELECT curator, group_concat(item) FROM decisions WHERE act <> 'reopen' AND curator <> '' AND id IN
            (SELECT max(id) FROM decisions WHERE undone IS NULL AND act IN {_VERDICTS} GROUP BY item) GROUP BY curator""",  # noqa: S608
        "SELECT curator, group_concat(item) FROM assignments GROUP BY curator",
    ),
    "edition": ("SELECT edition, group_concat(id) FROM items WHERE edition IS NOT NULL GROUP BY edition",),
    "topic": (f"SELECT t.value, group_concat(o.item) FROM overlay o, json_each(o.overlay, '$.topics') t WHERE {_CHOSEN} GROUP BY t.value",),  # noqa: S608
}
_STANDING = "SELECT state, lane, group_concat(id) AS items FROM items GROUP BY state, lane ORDER BY state, lane"
# Without an index by which to group, sorting two million rows would take longer than all the rest: value and item stand in two texts side by side.
_BESIDE = {
    "kind": """SELECT coalesce(group_concat(coalesce(json_extract(o.overlay, '$.kind'), i.kind), char(31)), '') AS said,
               coalesce(group_concat(i.id), '') AS items FROM items i LEFT JOIN overlay o ON o.item = i.id WHERE i.id > ?1 AND i.id <= ?2""",
    "topic": f"""SELECT coalesce(group_concat(g.topic, char(31)), '') AS said, coalesce(group_concat(g.item), '') AS items FROM suggestions g
                 WHERE g.item > ?1 AND g.item <= ?2 AND {_ASSIGNED}
                 AND g.item NOT IN (SELECT o.item FROM overlay o WHERE o.item > ?1 AND o.item <= ?2 AND {_CHOSEN})""",  # noqa: S608
}
_PART = 50_000
"""Item numbers that are read side by side at a time."""
_FOLDED = "SELECT coalesce(group_concat(id), '') AS ids, coalesce(group_concat(head), '') AS heads FROM items WHERE merged_into IS NOT NULL"
_RANKS = (
    "SELECT coalesce(group_concat(id), '') AS ids, coalesce(group_concat(printf('%!.17g', rank)), '') AS ranks FROM items WHERE lane {} 'must-have'"
)
_BEGINNINGS = f"""SELECT coalesce(group_concat(item), '') AS ids, coalesce(group_concat(starts), '') AS starts FROM (
    SELECT r.item, {_STARTS.format("r.resource")} AS starts FROM resources r
    WHERE json_extract(r.resource, '$.event.start') IS NOT NULL
        AND r.item NOT IN (SELECT item FROM overlay WHERE json_type(overlay, '$.event') = 'object')
    UNION ALL SELECT item, {_STARTS.format("overlay")} FROM overlay WHERE json_extract(overlay, '$.event.start') IS NOT NULL)
    WHERE starts IS NOT NULL"""  # noqa: S608 - written above
_OF = f"""SELECT i.id, i.head, i.state, i.lane, i.rank, i.edition, coalesce(json_extract(o.overlay, '$.kind'), i.kind) AS kind,
    CASE WHEN {_CHOSEN} THEN json_extract(o.overlay, '$.topics')
         ELSE (SELECT json_group_array(g.topic) FROM suggestions g WHERE g.item = i.id AND {_ASSIGNED}) END AS topics,
    (SELECT json_group_array(DISTINCT s.source) FROM items m JOIN sightings s ON s.item = m.id WHERE m.head = i.id) AS sources,
    (SELECT CASE d.act WHEN 'reopen' THEN '' ELSE d.curator END FROM decisions d
     WHERE d.item = i.id AND d.undone IS NULL AND d.act IN {_VERDICTS} ORDER BY d.id DESC LIMIT 1) AS decided_by,
    (SELECT a.curator FROM assignments a WHERE a.item = i.id) AS assigned,
    CASE WHEN json_type(o.overlay, '$.event') = 'object' THEN {_STARTS.format("o.overlay")}
         ELSE (SELECT {_STARTS.format("r.resource")} FROM resources r WHERE r.item = i.id) END AS starts
    FROM items i LEFT JOIN overlay o ON o.item = i.id WHERE i.id IN (SELECT value FROM json_each(?)) ORDER BY i.id"""  # noqa: S608 - written above


@dataclass(frozen=True, slots=True)
class Facts:
    """What one item is filtered and ordered by. `values` has all facets; `starts` is when its event begins, in seconds since 1970."""

    item: int
    head: int
    must_have: bool
    rank: float
    starts: int | None
    values: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Column:
    """The items of one value of each of these facets, as numbers with commas between."""

    values: Mapping[str, str]
    items: str


@dataclass(frozen=True, slots=True)
class Beside:
    """Items of one facet as numbers with commas between, and in the same order the value of each."""

    facet: str
    items: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """Numbers of items and, in the same order, a number of each, with commas between."""

    items: str
    numbers: str


SKIPPED_UNASKED = "Skipped by the machine: it is among those of lowest rank, and the audit vouches for the queue."
"""The reason of what no rule skipped; by it these are told from the others."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What waits and was not skipped by a rule: how many items, how many of them in the tray of what is unlikely (its audit too), and the sum of all
    ranks. `skipped` are those of the tray that the machine skipped by itself: they still belong to what the audit speaks of."""

    items: int
    tray: int
    ranks: float
    skipped: int


class Facetted(Connection):
    """Reading what is filtered by."""

    def last_change(self) -> int:
        """Give the number of the last change of what is counted."""
        return int(self._rows("SELECT coalesce(max(id), 0) FROM changes")[0][0])

    def last_item(self) -> int:
        """Give the highest number of an item."""
        return int(self._rows("SELECT coalesce(max(id), 0) FROM items")[0][0])

    def changed(self, *, after: int, limit: int) -> tuple[int, tuple[int, ...]]:
        """Give the items that changed after a change, in the order of it, and the number of the last change that is told."""
        rows = self._rows("SELECT id, item FROM changes WHERE id > ? ORDER BY id LIMIT ?", (after, limit))
        return (rows[-1]["id"] if rows else after), tuple(row["item"] for row in rows)

    def columns(self) -> Iterator[Column]:
        """Give what is read value by value; the items of a source are those that it named, folded ones under their own number."""
        for row in self._rows(_STANDING):
            yield Column({"state": row["state"], "lane": row["lane"]}, row["items"])
        for facet, queries in _COLUMNS.items():
            for sql in queries:
                for row in self._rows(sql):
                    yield Column({facet: row[0]}, row[1])

    def beside(self) -> Iterator[Beside]:
        """Give what is read item by item: kinds, and topics but for those that a curator chose, which stand among the columns."""
        last = self.last_item()
        for facet, sql in _BESIDE.items():
            for begin in range(0, last, _PART):
                row = self._rows(sql, (begin, begin + _PART))[0]
                yield Beside(facet, row["items"], tuple(row["said"].split("\x1f")) if row["items"] else ())

    def folds(self) -> Measured:
        """Give the folded items with their heads."""
        row = self._rows(_FOLDED)[0]
        return Measured(row["ids"], row["heads"])

    def ranks(self, *, must_have: bool) -> Measured:
        """Give the ranks of must-haves, or of all others."""
        row = self._rows(_RANKS.format("=" if must_have else "<>"))[0]
        return Measured(row["ids"], row["ranks"])

    def beginnings(self) -> Measured:
        """Give when events begin, in seconds since 1970."""
        row = self._rows(_BEGINNINGS)[0]
        return Measured(row["ids"], row["starts"])

    def facts(self, items: Iterable[int]) -> tuple[Facts, ...]:
        """Give what these items are filtered by; one that is gone is left out."""
        return tuple(
            Facts(
                item=row["id"],
                head=row["head"],
                must_have=row["lane"] == "must-have",
                rank=row["rank"],
                starts=row["starts"],
                values={
                    "state": (row["state"],),
                    "lane": (row["lane"],),
                    "kind": (row["kind"],),
                    "edition": _said(row["edition"]),
                    "topic": _each(row["topics"]),
                    "source": _each(row["sources"]),
                    "person": tuple(dict.fromkeys((*_said(row["decided_by"]), *_said(row["assigned"])))),
                },
            )
            for row in self._rows(_OF, (json.dumps(sorted(items)),))
        )

    def expected(self) -> Expected:
        """Sum up what waits."""
        sql = """SELECT lane, count(*) AS n, total(rank) AS ranks FROM items WHERE state = 'queued' AND lane <> 'skipped' GROUP BY lane
                 UNION ALL SELECT 'skipped', count(*), total(rank) FROM items
                           WHERE state = 'queued' AND lane = 'skipped' AND lane_reason = ? LIMIT 10"""
        rows = self._rows(sql, (SKIPPED_UNASKED,))
        tray = sum(row["n"] for row in rows if row["lane"] in ("unlikely", "audit", "skipped"))
        skipped = next(row["n"] for row in rows if row["lane"] == "skipped")
        return Expected(items=sum(row["n"] for row in rows), tray=tray, ranks=sum(row["ranks"] for row in rows), skipped=skipped)

    def verdicts_since(self, since: datetime) -> dict[Verdict, int]:
        """Count the items decided since then, each by the last verdict on it that stands."""
        sql = """SELECT act, count(*) AS n FROM (SELECT act, max(id) FROM decisions WHERE decided >= ? AND undone IS NULL
                 AND +act IN ('accept', 'reject', 'defer', 'reopen') GROUP BY +item) GROUP BY act"""
        found = {row["act"]: row["n"] for row in self._rows(sql, (stamp(since),))}
        return {verdict: found.get(verdict.value, 0) for verdict in Verdict}

    def last_act_state(self) -> tuple[int, str]:
        """Give what tells whether anybody did or took back anything: the number of the last act, and when one was last taken back."""
        row = self._rows("SELECT coalesce(max(id), 0) AS last FROM decisions")[0]
        back = self._rows("SELECT coalesce(max(undone), '') AS back FROM decisions WHERE undone IS NOT NULL")[0]
        return row["last"], back["back"]

    def heads(self, items: Sequence[int]) -> tuple[int, ...]:
        """Give the heads of these items, each once."""
        rows = self._rows("SELECT DISTINCT head FROM items WHERE id IN (SELECT value FROM json_each(?)) ORDER BY head", (json.dumps(list(items)),))
        return tuple(row["head"] for row in rows)


def _said(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


def _each(written: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(json.loads(written))) if written else ()
