"""The taxonomy as it was and as it is: versions, what a new name took over, and which items carry a topic. Rewrites nothing that was decided.

Decisions keep the ids that they were made with. A topic that takes over another one (`was`) is looked up when items are read, so that a change of the
taxonomy can be taken back, merges included: a topic that is in force again means itself again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from pipeline.model import ItemId, Topic
from pipeline.store.connection import Connection, stamp
from pipeline.store.forms import dump, load


class Topics(Connection):
    """Versions of the taxonomy."""

    def topics(self) -> tuple[Topic, ...]:
        """List the topics in force, in the order in which they came."""
        rows = self._rows("SELECT topic FROM topics WHERE until IS NULL ORDER BY since, rowid LIMIT 100000")
        return tuple(load(Topic, row["topic"]) for row in rows)

    def sync_topics(self, topics: Sequence[Topic], now: datetime, *, moving: bool = False) -> tuple[str, ...]:
        """Take over the configured taxonomy; a changed topic gets a new version. Gives the ids that wait.

        What a curator or a subscriber named waits, where it is to go or to be called otherwise, until somebody says so (`moving`).
        """
        with self.transaction():
            waiting = () if moving else self._waiting(topics)
            ready = [one for one in topics if one.id not in waiting]
            self._change(
                "UPDATE topics SET until = ? WHERE until IS NULL AND id NOT IN (SELECT value FROM json_each(?))",
                (stamp(now), json.dumps([*(one.id for one in ready), *waiting])),
            )
            for one in ready:
                self._change("UPDATE topics SET until = ? WHERE id = ? AND until IS NULL AND topic <> ?", (stamp(now), one.id, dump(one)))
                self._change(
                    """INSERT INTO topics (id, version, topic, since)
                       SELECT ?1, 1 + coalesce((SELECT max(version) FROM topics WHERE id = ?1), 0), ?2, ?3
                       WHERE NOT EXISTS (SELECT 1 FROM topics WHERE id = ?1 AND until IS NULL)""",
                    (one.id, dump(one), stamp(now)),
                )
            return waiting

    def renames(self) -> dict[str, str]:
        """Say for each id of the past that another topic took over what it is called now."""
        rows = self._rows("SELECT topic FROM topics WHERE json_array_length(topic, '$.was') > 0 ORDER BY since, rowid LIMIT 100000")
        force = {row["id"] for row in self._rows("SELECT id FROM topics WHERE until IS NULL ORDER BY id LIMIT 100000")}
        return followed([load(Topic, row["topic"]) for row in rows], force)

    def names_of(self, topic: str) -> tuple[str, ...]:
        """List the ids that mean this topic: its own and those that it took over."""
        return (topic, *(old for old, new in self.renames().items() if new == topic))

    def carried(self, topic: str) -> tuple[ItemId, ...]:
        """List the decided items that show a topic, by a curator's word or by what was suggested; those that came last first."""
        sql = """SELECT i.id FROM items i LEFT JOIN overlay o ON o.item = i.id WHERE i.state IN ('accepted', 'published') AND CASE
                 WHEN json_type(o.overlay, '$.topics') = 'array'
                 THEN EXISTS (SELECT 1 FROM json_each(o.overlay, '$.topics') t WHERE t.value IN (SELECT value FROM json_each(?1)))
                 ELSE EXISTS (SELECT 1 FROM suggestions g WHERE g.item = i.id AND coalesce(g.assigned, g.probability >= 0.5)
                              AND g.topic IN (SELECT value FROM json_each(?1))) END
                 ORDER BY i.id DESC LIMIT 1000000"""
        return tuple(ItemId(row["id"]) for row in self._rows(sql, (json.dumps(self.names_of(topic)),)))

    def _waiting(self, topics: Sequence[Topic]) -> tuple[str, ...]:
        """Find what would move decisions: topics that go, and topics that take over others, where anybody named these."""
        named = self._named()
        held = {one.id for one in self.topics()}
        known = self.renames()
        going = [one for one in sorted(held - {one.id for one in topics}) if named & set(self.names_of(one))]
        taking = [one.id for one in topics if any(named & set(self.names_of(old)) and known.get(old) != one.id for old in one.was)]
        return tuple(dict.fromkeys([*going, *taking]))

    def _named(self) -> set[str]:
        """The ids, as they were given, that decided items or subscribers carry."""
        sql = """SELECT DISTINCT t.value AS topic FROM overlay o JOIN items i ON i.id = o.item, json_each(o.overlay, '$.topics') t
                 UNION SELECT g.topic FROM suggestions g JOIN items i ON i.id = g.item
                       WHERE coalesce(g.assigned, g.probability >= 0.5) AND i.state IN ('accepted', 'published')
                         AND NOT EXISTS (SELECT 1 FROM overlay o WHERE o.item = i.id AND json_type(o.overlay, '$.topics') = 'array')
                 UNION SELECT t.value FROM subscribers s, json_each(s.topics) t WHERE s.state <> 'unsubscribed'
                 ORDER BY 1 LIMIT 100000"""
        return {row["topic"] for row in self._rows(sql)}


def followed(versions: Iterable[Topic], force: Collection[str]) -> dict[str, str]:
    """Follow each id of the past to the topic in force that took it over, step by step; the oldest version first, of two claims the later holds.

    An id in force means itself, and one whose followers all went means nothing until one of them comes back.
    """
    becomes = {old: one.id for one in versions for old in one.was}
    found: dict[str, str] = {}
    for old in becomes:
        now, passed = old, {old}
        while now not in force and becomes.get(now, now) not in passed:
            now = becomes[now]
            passed.add(now)
        if now in force and now != old:
            found[old] = now
    return found


def renamed(topics: Iterable[str], renames: Mapping[str, str]) -> tuple[str, ...]:
    """Write topics under the ids of today, each once."""
    return tuple(dict.fromkeys(renames.get(one, one) for one in topics))
