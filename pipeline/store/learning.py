"""What the machine learns from: the features of items, what was decided on them, and what was learnt last. Learns nothing itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pipeline.model import Candidate, Example, Features, ItemId, Kind, Lane, Resource, State, Suggestion
from pipeline.store.connection import Row, stamp
from pipeline.store.decisions import Decisions
from pipeline.store.forms import dump, load
from pipeline.store.topics import renamed

STEER = 3.0
"""Decisions that "more" or "less of this" is worth: it is said of a sort of thing and not of one item."""
SILENCE = 0.25
"""Decisions that it is worth that a bulletin of before this desk passed over what its sources brought in that month."""
DUPLICATE = "duplicate"
"""A reason of rejection that says nothing of what is wanted: the other one may have been kept."""

_BLOCK = 20_000
"""Rows that are read at once of what is too long for that."""
_VERDICTS = "('accept', 'reject', 'defer', 'reopen')"
_CANDIDATE = """SELECT i.id, i.head, coalesce(json_extract(o.overlay, '$.kind'), i.kind) AS kind,
                coalesce(i.published, substr(i.added, 1, 10)) AS day,
                json_extract(o.overlay, '$.topics') AS chosen, f.terms, f.vector, f.people, f.ends"""
_JOINED = "JOIN features f ON f.item = i.id LEFT JOIN overlay o ON o.item = i.id"
_STANDING = f"""d.undone IS NULL AND d.act IN ('accept', 'reject') AND i.state IN ('accepted', 'published', 'rejected')
                AND d.id = (SELECT max(e.id) FROM decisions e WHERE e.item = d.item AND e.undone IS NULL AND e.act IN {_VERDICTS})"""  # noqa: S608 - written above
_STEERED = """d.undone IS NULL AND d.act IN ('more', 'less')
              AND d.id = (SELECT max(e.id) FROM decisions e WHERE e.item = d.item AND e.undone IS NULL AND e.act IN ('more', 'less'))"""


_BEYOND = 2**63 - 1  # a number above that of any item


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The features of an item as they are kept: with them people and the last day of an event, so that no resource has to be read again.
    `way` names the way of counting."""

    item: ItemId
    features: Features
    people: tuple[str, ...] = ()
    ends: date | None = None
    way: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Where a waiting item stands: in the queue, or put off. `touched`: a curator has decided on it once, so that nothing but she puts it by."""

    item: ItemId
    queued: bool
    added: datetime
    rank: float
    lane: Lane
    lane_reason: str
    touched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """The last training: when, from which state, and whether the ranks are probabilities since."""

    at: datetime
    state: str
    calibrated: bool


class Learning(Decisions):
    """Features, examples, candidates."""

    def uncounted(self, way: str, *, among: Sequence[ItemId] = (), below: ItemId | None = None, limit: int) -> tuple[tuple[ItemId, Resource], ...]:
        """Give items whose features are missing or were counted in another way: all but those folded into others, or these, the last added first.
        `below` goes on beneath an item, so that of very many none is looked at twice."""
        which = "i.id IN (SELECT value FROM json_each(?))" if among else "i.state <> 'merged' AND ? IS NOT NULL"
        sql = f"""SELECT i.id, r.resource FROM items i JOIN resources r ON r.item = i.id LEFT JOIN features f ON f.item = i.id
                  WHERE {which} AND (f.way IS NULL OR f.way <> ?) AND i.id < ? ORDER BY i.id DESC LIMIT ?"""  # noqa: S608
        return tuple(
            (ItemId(row["id"]), load(Resource, row["resource"])) for row in self._rows(sql, (json.dumps(among), way, below or _BEYOND, limit))
        )

    def standing(self, items: Sequence[ItemId]) -> tuple[ItemId, ...]:
        """Give those of these items that are not folded into others, by number."""
        sql = "SELECT id FROM items WHERE id IN (SELECT value FROM json_each(?)) AND state <> 'merged' ORDER BY id"
        return tuple(ItemId(row["id"]) for row in self._rows(sql, (json.dumps(items),)))

    def unranked(self, items: Sequence[ItemId]) -> tuple[ItemId, ...]:
        """Give those of these items that wait and were never given a place in the queue, because whoever brought them was interrupted."""
        sql = """SELECT id FROM items WHERE id IN (SELECT value FROM json_each(?)) AND state = 'queued' AND rank = 0
                 AND NOT EXISTS (SELECT 1 FROM suggestions s WHERE s.item = items.id) ORDER BY id"""
        return tuple(ItemId(row["id"]) for row in self._rows(sql, (json.dumps(items),)))

    def keep_features(self, counted: Iterable[Counted]) -> None:
        """Keep the features of items in the place of those before."""
        with self.transaction():
            for one in counted:
                self._change(
                    "INSERT OR REPLACE INTO features (item, way, terms, vector, people, ends) VALUES (?, ?, ?, ?, ?, ?)",
                    (one.item, one.way, one.features.terms, one.features.vector, dump(one.people), one.ends.isoformat() if one.ends else None),
                )

    def background(self, limit: int) -> tuple[Features, ...]:
        """Give the features of the latest items, which say what is common here. Folded ones would count twice."""
        sql = """SELECT f.terms, f.vector FROM items i JOIN features f ON f.item = i.id WHERE i.state <> 'merged' ORDER BY i.id DESC LIMIT ?"""
        return tuple(Features(terms=row["terms"], vector=row["vector"]) for row in self._rows(sql, (limit,)))

    def candidates(self, *, after: ItemId | None = None, limit: int) -> tuple[Candidate, ...]:
        """List items that wait, deferred ones too, with what is suggested for them, in the order of their numbers."""
        # The plus keeps SQLite from the index of the queue: by that one it would sort all that waits for each batch.
        sql = f"{_CANDIDATE} FROM items i {_JOINED} WHERE +i.state IN ('queued', 'deferred') AND i.id > ? ORDER BY i.id LIMIT ?"
        return self._candidates(self._rows(sql, (after or 0, limit)))

    def candidates_of(self, items: Sequence[ItemId]) -> tuple[Candidate, ...]:
        """Give these items as candidates, whatever became of them, in the order of their numbers; only those whose features are counted."""
        sql = f"{_CANDIDATE} FROM items i {_JOINED} WHERE i.id IN (SELECT value FROM json_each(?)) ORDER BY i.id LIMIT 100000"  # noqa: S608
        return self._candidates(self._rows(sql, (json.dumps(items),)))

    def waiting(self) -> tuple[Waiting, ...]:
        """List where the items stand that wait, by number. Their rows are read a block at a time: those of a million take more room than the list."""
        touched = f"EXISTS (SELECT 1 FROM decisions d WHERE d.item = i.id AND d.undone IS NULL AND d.act IN {_VERDICTS})"  # noqa: S608
        sql = f"""SELECT i.id, i.state, i.added, i.rank, i.lane, i.lane_reason, {touched} AS touched
                  FROM items i WHERE i.id > ? AND +i.state IN ('queued', 'deferred') ORDER BY i.id LIMIT {_BLOCK}"""  # noqa: S608
        found, reasons = list[Waiting](), dict[str, str]()
        while rows := self._rows(sql, (found[-1].item if found else -1,)):
            found += (
                Waiting(
                    item=ItemId(row["id"]),
                    queued=row["state"] == State.QUEUED,
                    added=datetime.fromisoformat(row["added"]),
                    rank=row["rank"],
                    lane=Lane(row["lane"]),
                    lane_reason=reasons.setdefault(row["lane_reason"], row["lane_reason"]),
                    touched=bool(row["touched"]),
                )
                for row in rows
            )
        return tuple(found)

    def rerank(self, ranks: Iterable[tuple[ItemId, float]]) -> None:
        """Give waiting items another place in the queue; what is suggested stays."""
        with self.transaction():
            for item, rank in ranks:
                self._change("UPDATE items SET rank = ?1 WHERE id = ?2 AND rank <> ?1", (rank, item))

    def examples(self, limit: int) -> tuple[Example, ...]:
        """Give what there is to learn from, the oldest first: what was decided and stands, at most `limit`, the latest; what was asked for more or
        less of; and what bulletins of before this desk passed over."""
        found = [*self._decided(limit), *self._steered(), *self._passed_over(limit)]
        return tuple(sorted(found, key=lambda one: (one.decided, one.candidate.item)))

    def steered(self, item_id: ItemId) -> int:
        """Say whether a curator wants more (1) or less (-1) of what an item is, or said nothing (0)."""
        row = self._row(f"SELECT d.act FROM decisions d WHERE d.item = ? AND {_STEERED}", (item_id,))  # noqa: S608
        return 0 if row is None else 1 if row["act"] == "more" else -1

    def decided_until(self) -> tuple[str, datetime | None]:
        """Say in short what has been decided, and when that changed last: equal words mean equal decisions."""
        sql = "SELECT count(*) AS n, max(id) AS last, count(undone) AS undone, max(max(decided, coalesce(undone, ''))) AS at FROM decisions"
        row = self._rows(sql)[0]
        return f"{row['n']}.{row['last'] or 0}.{row['undone']}", datetime.fromisoformat(row["at"]) if row["at"] else None

    def trained(self) -> Training | None:
        """Give the last training."""
        row = self._row("SELECT * FROM trained")
        return None if row is None else Training(at=datetime.fromisoformat(row["at"]), state=row["state"], calibrated=bool(row["calibrated"]))

    def keep_training(self, training: Training) -> None:
        """Keep that there was a training."""
        values = (stamp(training.at), training.state, training.calibrated)
        self._change("INSERT OR REPLACE INTO trained (one, at, state, calibrated) VALUES (1, ?, ?, ?)", values)

    # ------------------------------------------------------------ steps

    def _decided(self, limit: int) -> list[Example]:
        sql = f"""{_CANDIDATE}, d.act, d.decided, json_extract(d.decision, '$.probability') AS probability,
                  coalesce(json_extract(d.decision, '$.shown'), '') AS shown
                  FROM decisions d JOIN items i ON i.id = d.item {_JOINED}
                  WHERE {_STANDING} AND coalesce(d.reason, '') <> '{DUPLICATE}' ORDER BY d.id DESC LIMIT ?"""
        rows, renames = self._rows(sql, (limit,)), self.renames()
        return [
            Example(
                candidate=candidate,
                kept=row["act"] == "accept",
                decided=datetime.fromisoformat(row["decided"]),
                topics=renamed(json.loads(row["chosen"]), renames) if row["act"] == "accept" and row["chosen"] else None,
                probability=row["probability"],
                shown=row["shown"],
            )
            for row, candidate in zip(rows, self._candidates(rows), strict=True)
        ]

    def _steered(self) -> list[Example]:
        sql = f"{_CANDIDATE}, d.act, d.decided FROM decisions d JOIN items i ON i.id = d.item {_JOINED} WHERE {_STEERED} ORDER BY d.id LIMIT 10000"
        rows = self._rows(sql)
        return [
            Example(candidate=one, kept=row["act"] == "more", decided=datetime.fromisoformat(row["decided"]), shown="steer", weight=STEER)
            for row, one in zip(rows, self._candidates(rows), strict=True)
        ]

    def _passed_over(self, limit: int) -> list[Example]:
        sql = f"""WITH past AS (
                    SELECT s.source, substr(d.decided, 1, 7) AS month, max(d.decided) AS decided
                    FROM decisions d JOIN items m ON m.head = d.item JOIN sightings s ON s.item = m.id
                    WHERE d.undone IS NULL AND d.act = 'accept' AND json_extract(d.decision, '$.shown') = 'past' AND s.source <> 'import'
                    GROUP BY 1, 2)
                  {_CANDIDATE}, max(p.decided) AS decided
                  FROM past p JOIN sightings s ON s.source = p.source JOIN items i ON i.id = s.item {_JOINED}
                  WHERE i.state = 'queued' AND substr(coalesce(i.published, i.added), 1, 7) = p.month GROUP BY i.id ORDER BY i.id DESC LIMIT ?"""  # noqa: S608
        rows = self._rows(sql, (limit,))
        return [
            Example(candidate=one, kept=False, decided=datetime.fromisoformat(row["decided"]), shown="past", weight=SILENCE)
            for row, one in zip(rows, self._candidates(rows), strict=True)
        ]

    def _candidates(self, rows: Sequence[Row]) -> tuple[Candidate, ...]:
        wanted = json.dumps([row["id"] for row in rows])
        sources, suggestions = self._sources(wanted), self._suggestions(wanted, self.renames())
        return tuple(_candidate(row, sources.get(row["head"], []), suggestions.get(row["id"], [])) for row in rows)

    def _sources(self, wanted: str) -> Mapping[int, list[str]]:
        """What names each of these heads, the first one first."""
        sql = """SELECT m.head, s.source FROM items i JOIN items m ON m.head = i.head JOIN sightings s ON s.item = m.id
                 WHERE i.id IN (SELECT value FROM json_each(?)) GROUP BY m.head, s.source ORDER BY min(s.first_seen), min(s.id)"""
        found: dict[int, list[str]] = {}
        for row in self._rows(sql, (wanted,)):
            found.setdefault(row["head"], []).append(row["source"])
        return found


def _candidate(row: Row, sources: Sequence[str], suggestions: Sequence[Suggestion]) -> Candidate:
    return Candidate(
        item=ItemId(row["id"]),
        features=Features(terms=row["terms"], vector=row["vector"]),
        sources=tuple(sources),
        kind=Kind(row["kind"]),
        people=tuple(json.loads(row["people"])),
        day=date.fromisoformat(row["day"]),
        ends=date.fromisoformat(row["ends"]) if row["ends"] else None,
        topics=tuple((one.topic, one.probability) for one in suggestions),
    )
