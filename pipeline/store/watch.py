"""What is wrong and since when, which errand was done when, and the counts that a monitor asks for. Judges nothing: `watch` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pipeline.errors import StoreError
from pipeline.model import Alert, Errand, Mailing, Trouble, TroubleKind
from pipeline.store.connection import Connection, Row, moment, stamp

_EDITIONS = 12
"""So many of the last editions are looked at for mails in trouble."""


class Watch(Connection):
    """Alerts and errands."""

    def check_writable(self, *, seconds: float) -> None:
        """Take the right to write and give it back; nothing is written. Raises `StoreError` where it cannot be had in that time."""
        with self._lock, self._answering():
            self._db.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("ROLLBACK")
            if self._db.execute("PRAGMA query_only").fetchone()[0]:
                raise StoreError(f"{self.path} cannot be written.", hint="Give this user the right to write the file and its folder.")

    @property
    def engine(self) -> str:
        """The version of SQLite."""
        return str(self._rows("SELECT sqlite_version()")[0][0])

    # ------------------------------------------------------------ alerts

    def open_alerts(self) -> tuple[Alert, ...]:
        """List what is wrong, the oldest first."""
        return tuple(map(_alert, self._rows("SELECT * FROM alerts WHERE over IS NULL ORDER BY since, id LIMIT 10000")))

    def compare_alerts(self, troubles: Sequence[Trouble], now: datetime) -> tuple[int, int]:
        """Open an alert for each trouble that has none, close those whose trouble is over; how many of both. One that goes on gets its new words."""
        wanted = {(one.kind.value, one.about): one for one in troubles}
        with self.transaction():
            known = {(one.kind.value, one.about): one for one in self.open_alerts()}
            for key, one in known.items():
                if key not in wanted:
                    self._change("UPDATE alerts SET over = ? WHERE id = ?", (stamp(now), one.id))
                elif wanted[key].sentence != one.sentence:
                    self._change("UPDATE alerts SET sentence = ? WHERE id = ?", (wanted[key].sentence, one.id))
            for key, trouble in wanted.items():
                if key not in known:
                    self._change("INSERT INTO alerts (kind, about, sentence, since) VALUES (?, ?, ?, ?)", (*key, trouble.sentence, stamp(now)))
        return len(wanted.keys() - known.keys()), len(known.keys() - wanted.keys())

    def untold_alerts(self) -> tuple[Alert, ...]:
        """List the alerts whose beginning or end is still to be told, the oldest first."""
        sql = "SELECT * FROM alerts WHERE told IS NULL OR (over IS NOT NULL AND over_told IS NULL) ORDER BY id LIMIT 1000"
        return tuple(map(_alert, self._rows(sql)))

    def alert_told(self, alert: Alert, now: datetime) -> None:
        """Keep that the beginning of an alert was told, and its end too where it is over."""
        over = stamp(now) if alert.over else None
        self._change("UPDATE alerts SET told = coalesce(told, ?), over_told = coalesce(over_told, ?) WHERE id = ?", (stamp(now), over, alert.id))

    def drop_alerts(self, before: datetime) -> int:
        """Forget the alerts that were over, and told so, before then; how many."""
        return self._change("DELETE FROM alerts WHERE over < ? AND over_told IS NOT NULL", (stamp(before),))

    # ------------------------------------------------------------ errands

    def errands(self) -> tuple[Errand, ...]:
        """List the errands that the service ever began, by name."""
        return tuple(map(_errand, self._rows("SELECT * FROM errands ORDER BY name LIMIT 1000")))

    def begin_errand(self, name: str, every: timedelta, now: datetime) -> None:
        """Keep that an errand was begun."""
        sql = """INSERT INTO errands (name, begun, every) VALUES (?, ?, ?)
                 ON CONFLICT (name) DO UPDATE SET begun = excluded.begun, every = excluded.every"""
        self._change(sql, (name, stamp(now), every.total_seconds()))

    def end_errand(self, name: str, now: datetime, *, failed: str | None = None) -> None:
        """Keep how an errand ended: well, or with the sentence of what went wrong."""
        self._change("UPDATE errands SET done = iif(?2 IS NULL, ?1, done), failed = ?2 WHERE name = ?3", (stamp(now), failed, name))

    # ------------------------------------------------------------ looking

    def mailings(self) -> tuple[Mailing, ...]:
        """Say how the mails of the last editions stand, the newest first."""
        sql = """SELECT e.id, e.paused, count(d.state) AS n, total(d.state = 'uncertain') AS uncertain,
                        total(d.state IN ('failed', 'bounced')) AS failed
                 FROM (SELECT id, paused, released FROM editions WHERE released IS NOT NULL ORDER BY released DESC LIMIT ?) e
                 LEFT JOIN deliveries d ON d.edition = e.id GROUP BY e.id ORDER BY e.released DESC"""
        return tuple(
            Mailing(edition=row["id"], uncertain=int(row["uncertain"]), failed=int(row["failed"]), all=row["n"], paused=moment(row["paused"]))
            for row in self._rows(sql, (_EDITIONS,))
        )

    def count_by(self, what: str) -> Mapping[str, int]:
        """Count by state: `items`, `editions` or `subscribers`; or by kind the open `alerts`."""
        sql = {
            "items": "SELECT state AS word, count(*) AS n FROM items GROUP BY state LIMIT 100",
            "editions": "SELECT state AS word, count(*) AS n FROM editions WHERE id NOT LIKE '%/%' GROUP BY state LIMIT 100",
            "subscribers": "SELECT state AS word, count(*) AS n FROM subscribers GROUP BY state LIMIT 100",
            "alerts": "SELECT kind AS word, count(*) AS n FROM alerts WHERE over IS NULL GROUP BY kind LIMIT 100",
        }[what]
        return {row["word"]: row["n"] for row in self._rows(sql)}

    def mails_waiting(self) -> int:
        """Count the mails of editions whose sending was begun and that are not out yet, those under way included."""
        sql = """SELECT count(*) FROM deliveries WHERE state IN ('queued', 'sending')
                 AND edition IN (SELECT id FROM editions WHERE released IS NOT NULL ORDER BY released DESC LIMIT ?)"""
        return int(self._rows(sql, (_EDITIONS,))[0][0])


def _alert(row: Row) -> Alert:
    return Alert(
        id=row["id"],
        kind=TroubleKind(row["kind"]),
        about=row["about"],
        sentence=row["sentence"],
        since=datetime.fromisoformat(row["since"]),
        told=moment(row["told"]),
        over=moment(row["over"]),
        over_told=moment(row["over_told"]),
    )


def _errand(row: Row) -> Errand:
    return Errand(
        name=row["name"],
        every=timedelta(seconds=row["every"]),
        begun=datetime.fromisoformat(row["begun"]),
        done=moment(row["done"]),
        failed=row["failed"],
    )
