"""Items as everybody reads them: one, a list, all. Changes nothing but suggestions and lanes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from pipeline import urls
from pipeline.errors import NotFoundError
from pipeline.model import Fold, Folding, Item, ItemId, Kind, Lane, Lead, Match, Overlay, Sighting, State, Suggestion
from pipeline.store.connection import Row, Value, stamp
from pipeline.store.forms import dump, item_of, load
from pipeline.store.hashes import key_hash
from pipeline.store.keys import Keys
from pipeline.store.query import ItemQuery, Listed
from pipeline.store.search import Search, phrases
from pipeline.store.topics import Topics, renamed

PAGE = 200
"""Items that `each_item` reads at a time."""

_DAY = 86_400
_STATES = {one.value: one for one in State}  # a look-up is much quicker than to ask the enumeration
_STANDS = {one.value: one for one in Lane}
_KINDS = {one.value: one for one in Kind}
_ABOVE = 1e300
"""A rank above all."""
_LISTED = "`gleanings queue` lists what waits."
_LINE = """SELECT i.id, i.state, i.lane, i.rank, i.title, coalesce(json_extract(o.overlay, '$.kind'), i.kind) AS kind,
           json_extract(o.overlay, '$.title') AS renamed,
           json_extract(r.resource, '$.url', '$.publisher', '$.site_name', '$.published', '$.minutes') AS said,
           json_array_length(CASE WHEN json_type(o.overlay, '$.event') = 'object' THEN o.overlay ELSE r.resource END, '$.event.problems') AS problems
           FROM items i JOIN resources r ON r.item = i.id LEFT JOIN overlay o ON o.item = i.id WHERE i.id IN (SELECT value FROM json_each(?))"""
_ITEM = "SELECT i.*, r.resource FROM items i JOIN resources r ON r.item = i.id"

_STARTS = """CAST(strftime('%s', CASE WHEN (SELECT json_type(o.overlay, '$.event') FROM overlay o WHERE o.item = i.id) = 'object'
             THEN (SELECT json_extract(o.overlay, '$.event.start') FROM overlay o WHERE o.item = i.id)
             ELSE (SELECT json_extract(r.resource, '$.event.start') FROM resources r WHERE r.item = i.id) END) AS INTEGER)"""
_ORDERS = {  # order: (ORDER BY, what follows the last one of the page before)
    "newest": ("i.added DESC, i.id DESC", "(i.added, i.id) < (SELECT added, id FROM items WHERE id = ?)"),
    "soonest": (
        f"{_STARTS}, i.id",
        f"({_STARTS}, i.id) > (SELECT {_STARTS}, i.id FROM items i WHERE i.id = ?)",  # noqa: S608 - written above
    ),
    "id": ("i.id", "i.id > ?"),
}

_KIND = "coalesce((SELECT json_extract(o.overlay, '$.kind') FROM overlay o WHERE o.item = i.id), i.kind) = ?"
# The same rule as Item.topics: what the curator chose, else what is assigned of what is suggested; under any name that the topic had.
_TOPIC = """CASE WHEN EXISTS (SELECT 1 FROM overlay o WHERE o.item = i.id AND json_type(o.overlay, '$.topics') = 'array')
            THEN EXISTS (SELECT 1 FROM overlay o, json_each(o.overlay, '$.topics') t
                              WHERE o.item = i.id AND t.value IN (SELECT value FROM json_each(?)))
            ELSE EXISTS (SELECT 1 FROM suggestions g WHERE g.item = i.id AND g.topic IN (SELECT value FROM json_each(?))
                         AND coalesce(g.assigned, g.probability >= 0.5)) END"""
_SOURCE = "i.id IN (SELECT m.head FROM sightings s JOIN items m ON m.id = s.item WHERE s.source = ?)"
_TEXT = "i.id IN (SELECT m.head FROM search f JOIN items m ON m.id = f.rowid WHERE search MATCH ?)"
_PERSON = """(EXISTS (SELECT 1 FROM assignments a WHERE a.item = i.id AND a.curator = ?)
             OR EXISTS (SELECT 1 FROM decisions d WHERE d.curator = ? AND d.act <> 'reopen' AND d.id =
                (SELECT max(e.id) FROM decisions e WHERE e.item = i.id AND e.undone IS NULL AND e.act IN ('accept', 'reject', 'defer', 'reopen'))))"""
_EDITION = "i.edition = ?"
_LANES = "i.lane IN (SELECT value FROM json_each(?))"
_SHOWN = "NOT (i.state = 'queued' AND i.lane = 'skipped')"


class Items(Keys, Search, Topics):
    """Reading items."""

    def item(self, item_id: ItemId) -> Item:
        """Give one item; a head with the sightings of all that is folded into it. Raises `NotFoundError`."""
        found = self._items(self._rows(f"{_ITEM} WHERE i.id = ?", (item_id,))) if _is_number(item_id) else ()
        if not found:
            raise NotFoundError("item", item_id, hint=_LISTED)
        return found[0]

    def find(self, url_or_origin_id: str, folding: Folding | None = None) -> ItemId | None:
        """Find the item with this origin id, or the one that this address led to, by the words of `folding`; the head where it is folded."""
        row = self._row("SELECT head FROM items WHERE origin_id = ? ORDER BY id LIMIT 1", (url_or_origin_id,))
        row = row or self._row(
            "SELECT i.head FROM leads l JOIN items i ON i.id = l.item WHERE l.key = ?", (urls.canonical(url_or_origin_id, folding),)
        )
        row = row or self._row(
            "SELECT i.head FROM identities k JOIN items i ON i.id = k.item WHERE k.hash IN (SELECT value FROM json_each(?)) ORDER BY i.id LIMIT 1",
            (json.dumps([key_hash(key) for key in urls.identity(url_or_origin_id, folding)]),),
        )
        return ItemId(row["head"]) if row else None

    def items(self, query: ItemQuery) -> tuple[Item, ...]:
        """List what the query asks for, in its order, at most its limit."""
        wanted = self.item_ids(query)
        rows = self._rows(f"{_ITEM} WHERE i.id IN (SELECT value FROM json_each(?))", (json.dumps(wanted),))  # noqa: S608 - written above
        found = {one.id: one for one in self._items(rows)}
        return tuple(found[one] for one in wanted)

    def item_ids(self, query: ItemQuery, *, now: datetime | None = None) -> tuple[ItemId, ...]:
        """List the numbers of what the query asks for, in its order, at most its limit; of events, with `now`, those of yesterday and later."""
        if query.order == "rank":
            return self._ranked_ids(query)
        order, follows = _ORDERS[query.order]
        where, values = self._where(query)
        if query.order == "soonest":
            where.append(f"{_STARTS} >= ?")
            values.append(int(now.timestamp()) - _DAY if now else 0)
        if query.after is not None:
            where.append(follows)
            values.append(query.after)
        sql = f"SELECT i.id FROM items i WHERE {' AND '.join(where)} ORDER BY {order} LIMIT ?"  # noqa: S608 - parts are written above
        return tuple(ItemId(row["id"]) for row in self._rows(sql, (*values, query.limit)))

    def _ranked_ids(self, query: ItemQuery) -> tuple[ItemId, ...]:
        """List the best first: lane by lane, because each stands in the index in its order, and only so none has to be sorted."""
        after = self._row("SELECT lane = 'must-have' AS first, rank, id FROM items WHERE id = ?", (query.after,)) if query.after is not None else None
        if query.after is not None and after is None:
            return ()
        where, values = self._where(replace(query, lanes=(), states=()), standing=False)
        found: list[tuple[bool, float, int]] = []
        for state in query.states or tuple(one for one in State if one is not State.MERGED):
            for lane in query.lanes or tuple(Lane):
                first = lane is Lane.MUST_HAVE
                if (after and first and not after["first"]) or (not query.lanes and (state, lane) == (State.QUEUED, Lane.SKIPPED)):
                    continue
                start = (after["rank"], after["id"]) if after and bool(after["first"]) == first else (_ABOVE, 0)
                sql = f"""SELECT i.rank, i.id FROM items i WHERE {" AND ".join(("i.state = ?", "i.lane = ?", "(i.rank, i.id) < (?, ?)", *where))}
                          ORDER BY i.rank DESC, i.id DESC LIMIT ?"""  # noqa: S608 - parts are written above
                found += [(first, row["rank"], row["id"]) for row in self._rows(sql, (state, lane, *start, *values, query.limit))]
        return tuple(ItemId(one[2]) for one in sorted(found, reverse=True)[: query.limit])

    def _where(self, query: ItemQuery, *, standing: bool = True) -> tuple[list[str], list[Value]]:
        """Write the conditions of a query, with or without those of the state, and their values."""
        where: list[str] = []
        values: list[Value] = []
        if standing:
            where.append("i.state IN (SELECT value FROM json_each(?))")
            values.append(dump(query.states or tuple(state for state in State if state is not State.MERGED)))
            if not query.lanes:
                where.append(_SHOWN)
        for condition, value in self._conditions(query):
            where.append(condition)
            values += [value] * condition.count("?")
        return where, values

    def listed(self, wanted: Sequence[ItemId]) -> tuple[Listed, ...]:
        """Give items in this order as a list shows them, those that are gone left out. Two questions to the database, however many they are."""
        ids = json.dumps(wanted)
        places = self._places(ids)
        found = {row["id"]: _listed(row, places.get(row["id"], [])) for row in self._rows(_LINE, (ids,))}
        return tuple(found[one] for one in wanted if one in found)

    def each_item(self, state: State | None = None, *, since: datetime | None = None) -> Iterator[Item]:
        """Give every item of a state, or of all with the folded ones, added since then, in the order of their numbers, a page at a time."""
        last, added = 0, stamp(since) if since else ""
        sql = f"{_ITEM} WHERE i.id > ?1 AND (?2 IS NULL OR i.state = ?2) AND i.added >= ?3 ORDER BY i.id LIMIT ?4"
        while rows := self._rows(sql, (last, state, added, PAGE)):
            yield from self._items(rows)
            last = rows[-1]["id"]

    def titles(self, *, limit: int) -> list[tuple[str, str]]:
        """Give the address and the title, as extracted, of the newest items: what the names of sites are learnt from."""
        return [(row["url"], row["title"]) for row in self._rows("SELECT url, title FROM items ORDER BY id DESC LIMIT ?", (limit,))]

    def counts(self) -> dict[State, int]:
        """Count the items of each state."""
        found = {row["state"]: row["n"] for row in self._rows("SELECT state, count(*) AS n FROM items GROUP BY state ORDER BY state LIMIT 10")}
        return {state: found.get(state.value, 0) for state in State}

    def lanes(self) -> dict[Lane, int]:
        """Count what waits in the queue, lane by lane."""
        found = {row["lane"]: row["n"] for row in self._rows("SELECT lane, count(*) AS n FROM items WHERE state = 'queued' GROUP BY lane LIMIT 10")}
        return {lane: found.get(lane.value, 0) for lane in Lane}

    def set_lane(self, item_id: ItemId, lane: Lane, reason: str) -> bool:
        """Put an item into a lane, for this reason; says whether that is news. Raises nothing where the item has gone on from the queue."""
        sql = "UPDATE items SET lane = ?1, lane_reason = ?2 WHERE id = ?3 AND (lane, lane_reason) <> (?1, ?2) AND state IN ('queued', 'deferred')"
        return bool(self._change(sql, (lane, reason, item_id)))

    def suggest(self, item_id: ItemId, suggestions: Sequence[Suggestion], rank: float) -> None:
        """Replace what is suggested for an item, and its place in the queue. Topics that a curator chose are not touched."""
        with self.transaction():
            if not self._change("UPDATE items SET rank = ? WHERE id = ?", (rank, item_id)):
                raise NotFoundError("item", item_id, hint=_LISTED)
            self._change("DELETE FROM suggestions WHERE item = ?", (item_id,))
            for place, one in enumerate(suggestions):
                self._change(
                    """INSERT OR IGNORE INTO suggestions (item, topic, probability, reasons, place, calibrated, assigned)
                       VALUES (?, ?, ?, ?, ?, ?, ?)""",
                    (item_id, one.topic, one.probability, dump(one.reasons), place, one.calibrated, one.assigned),
                )

    def keep_reasons(self, item_id: ItemId, words: Mapping[str, Sequence[str]]) -> None:
        """Keep the words that speak for the topics suggested for an item; those of topics that are not named stay."""
        for topic, reasons in words.items():
            self._change("UPDATE suggestions SET reasons = ? WHERE item = ? AND topic = ?", (dump(tuple(reasons)), item_id, topic))

    def proposals(self, item_id: ItemId) -> tuple[Match, ...]:
        """Say of which items this one may be the same, by which rule, on what evidence; not of those it is folded with or kept apart from."""
        sql = """SELECT h.head AS other, p.rule, p.evidence FROM (
                   SELECT other, rule, evidence FROM proposals WHERE item = ?1
                   UNION SELECT item, rule, evidence FROM proposals WHERE other = ?1) p
                 JOIN items h ON h.id = p.other JOIN items me ON me.id = ?1
                 WHERE h.head <> me.head
                   AND NOT EXISTS (SELECT 1 FROM kept_apart k WHERE k.item = min(p.other, ?1) AND k.other = max(p.other, ?1))
                   AND NOT EXISTS (SELECT 1 FROM kept_apart k WHERE k.item = min(h.head, ?1) AND k.other = max(h.head, ?1))
                 ORDER BY other LIMIT 20"""
        return tuple(
            Match(fold=Fold.MAYBE, of=ItemId(row["other"]), rule=row["rule"], evidence=row["evidence"]) for row in self._rows(sql, (item_id,))
        )

    # ------------------------------------------------------------ steps

    def _head(self, item_id: int) -> int:
        """The item that this one is folded into, itself where it stands alone. Raises `NotFoundError`."""
        row = self._row("SELECT head FROM items WHERE id = ?", (item_id,)) if _is_number(item_id) else None
        if row is None:
            raise NotFoundError("item", item_id, hint=_LISTED)
        return int(row["head"])

    def _places(self, ids: str) -> dict[int, list[Row]]:
        """Find where each of these items and what is folded into it was named, the first at the head."""
        sql = """SELECT m.head, s.source, json_extract(s.said, '$.url') AS url, json_extract(s.said, '$.recommended_by') AS by
                 FROM items m JOIN sightings s ON s.item = m.id WHERE m.head IN (SELECT value FROM json_each(?)) ORDER BY s.first_seen, s.id"""
        found: dict[int, list[Row]] = {}
        for row in self._rows(sql, (ids,)):
            found.setdefault(row["head"], []).append(row)
        return found

    def _items(self, rows: Sequence[Row]) -> tuple[Item, ...]:
        """Put items together, with one query for each sort of thing that belongs to them."""
        if not rows:
            return ()
        wanted = json.dumps([row["id"] for row in rows])
        overlays = self._texts("SELECT item, overlay FROM overlay WHERE item IN (SELECT value FROM json_each(?))", wanted)
        decisions = self._texts(
            """SELECT item, decision FROM decisions WHERE id IN (SELECT max(id) FROM decisions WHERE item IN (SELECT value FROM json_each(?))
               AND +act IN ('accept', 'reject', 'defer', 'reopen') AND undone IS NULL GROUP BY item)""",  # "+": by the item, see decisions()
            wanted,
        )
        renames = self.renames()
        suggestions, sightings = self._suggestions(wanted, renames), self._sightings(wanted)
        return tuple(
            item_of(
                row,
                overlay=_overlay(overlays.get(row["id"]), renames),
                decision=decisions.get(row["id"]),
                suggestions=tuple(suggestions.get(row["id"], ())),
                sightings=tuple(sightings.get(row["id"], ())),
            )
            for row in rows
        )

    def _conditions(self, query: ItemQuery) -> Iterator[tuple[str, Value]]:
        if query.lanes:
            yield _LANES, dump(query.lanes)
        if query.topic is not None:
            yield _TOPIC, dump(self.names_of(query.topic))
        if query.kind is not None:
            yield _KIND, query.kind.value
        if query.source is not None:
            yield _SOURCE, query.source
        if query.person is not None:
            yield _PERSON, query.person
        if query.edition is not None:
            yield _EDITION, query.edition
        if query.text.strip():
            words = phrases(query.text)
            yield (_TEXT, words) if words else ("? IS NULL", query.text)  # signs without a word are found nowhere

    def _texts(self, sql: str, wanted: str) -> dict[int, str]:
        return {row[0]: row[1] for row in self._rows(sql, (wanted,))}

    def _suggestions(self, wanted: str, renames: Mapping[str, str]) -> dict[int, list[Suggestion]]:
        """Suggestions by item, a folded one's being its head's; each topic once: of two that have become one the likelier stays."""
        found: dict[int, list[Suggestion]] = {}
        sql = """SELECT m.id AS owner, g.* FROM items m JOIN suggestions g ON g.item = m.head
                 WHERE m.id IN (SELECT value FROM json_each(?)) ORDER BY m.id, g.place"""
        for row in self._rows(sql, (wanted,)):
            one = Suggestion(
                topic=renames.get(row["topic"], row["topic"]),
                probability=row["probability"],
                reasons=tuple(json.loads(row["reasons"])),
                calibrated=bool(row["calibrated"]),
                assigned=None if row["assigned"] is None else bool(row["assigned"]),
            )
            held = found.setdefault(row["owner"], [])
            if all(other.topic != one.topic for other in held):
                held.append(one)
        return found

    def _sightings(self, wanted: str) -> dict[int, list[Sighting]]:
        """Sightings by item: a folded one has its own, a head has those of its whole cluster."""
        found: dict[int, list[Sighting]] = {}
        sql = """SELECT m.id, m.head, s.said, s.first_seen, s.last_seen FROM items m JOIN sightings s ON s.item = m.id
                 WHERE m.head IN (SELECT head FROM items WHERE id IN (SELECT value FROM json_each(?))) ORDER BY s.first_seen, s.id"""
        for row in self._rows(sql, (wanted,)):
            one = Sighting(
                lead=load(Lead, row["said"]),
                first_seen=datetime.fromisoformat(row["first_seen"]),
                last_seen=datetime.fromisoformat(row["last_seen"]),
            )
            for owner in {row["id"], row["head"]}:
                found.setdefault(owner, []).append(one)
        return found


def _listed(row: Row, places: Sequence[Row]) -> Listed:
    item, state, lane, rank, title, kind, renamed, said, problems = row
    url, publisher, site, published, minutes = json.loads(said)
    return Listed(
        id=item,
        state=_STATES[state],
        lane=_STANDS[lane],
        rank=rank,
        kind=_KINDS[kind],
        title=renamed or title,
        url=url,
        by=publisher or site or "",
        published=date.fromisoformat(published[:10]) if published else None,
        minutes=minutes,
        is_doubtful=bool(problems),
        places=tuple([(source, named, by or "") for _, source, named, by in places]),
    )


def _is_number(item_id: int) -> bool:
    """Whether SQLite can hold the number: somebody may type forty digits."""
    return 0 < item_id < 2**63


def _overlay(written: str | None, renames: Mapping[str, str]) -> Overlay:
    overlay = load(Overlay, written) if written else Overlay()
    return replace(overlay, topics=renamed(overlay.topics, renames)) if overlay.topics and renames else overlay
