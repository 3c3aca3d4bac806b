"""The list of readers as an operator looks through it, a page at a time, and how it grew. Changes nothing but a quarantine, which it lifts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.errors import NotFoundError
from pipeline.model import Delivery, DeliveryState, Subscriber, SubscriberState
from pipeline.store.connection import moment, stamp
from pipeline.store.people import People

LOOKED_THROUGH = 20_000
"""Readers that one page of a search looks through at most; the next page goes on from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderPage:
    """Some readers, the last that came first; `after` is where the next page begins, `None` at the end."""

    people: tuple[Subscriber, ...]
    after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """How one edition was mailed: deliveries by state, and how many readers left between it and the next."""

    edition: str
    at: datetime
    counts: Mapping[str, int]
    left: int


class Readership(People):
    """Reading the list of readers."""

    def readers(self, text: str = "", *, state: SubscriberState | None = None, after: int | None = None, limit: int = 50) -> ReaderPage:
        """List readers whose address or name holds a text, in a state if asked for, going on behind the number `after`."""
        words = text.casefold().strip()
        sql = """SELECT id, (?2 IS NULL OR state = ?2) AND (?3 = '' OR instr(email_key, ?3) OR instr(lower(name), ?3)) AS fits
                 FROM subscribers WHERE id < ?1 ORDER BY id DESC LIMIT ?4"""
        rows = self._rows(sql, (after or 2**62, state, words, LOOKED_THROUGH))
        found = [row["id"] for row in rows if row["fits"]]
        shown = tuple(one for one in map(self.subscriber, found[:limit]) if one is not None)
        if len(found) > limit:
            return ReaderPage(people=shown, after=found[limit - 1])
        return ReaderPage(people=shown, after=rows[-1]["id"] if len(rows) == LOOKED_THROUGH else None)

    def reader_counts(self) -> Mapping[SubscriberState, int]:
        """Count the readers by state."""
        found = {row["state"]: row["n"] for row in self._rows("SELECT state, count(*) AS n FROM subscribers GROUP BY state ORDER BY state LIMIT 10")}
        return {state: found.get(state.value, 0) for state in SubscriberState}

    def bounced_times(self, readers: Iterable[int]) -> Mapping[int, int]:
        """Count how often a mail came back from each of these readers."""
        sql = "SELECT subscriber, count(*) AS n FROM bounces WHERE subscriber IN (SELECT value FROM json_each(?)) GROUP BY subscriber LIMIT 10000"
        return {row["subscriber"]: row["n"] for row in self._rows(sql, (json.dumps(list(readers)),))}

    def came_back(self, since: datetime) -> int:
        """Count the readers to whom nothing is mailed since then because their mail came back."""
        return int(self._rows("SELECT count(*) FROM subscribers WHERE state = 'bounced' AND quarantined > ?", (stamp(since),))[0][0])

    def uncertain_mails(self) -> tuple[tuple[str, int], ...]:
        """Count the mails, of editions and their corrections, of which nobody knows whether they were taken; the newest twelve editions with one."""
        sql = """SELECT e.id, (SELECT count(*) FROM deliveries d WHERE d.edition = e.id AND d.state = 'uncertain') AS n
                 FROM editions e WHERE e.released IS NOT NULL ORDER BY e.released DESC LIMIT 12"""
        return tuple((row["id"], row["n"]) for row in self._rows(sql) if row["n"])

    def lift_quarantine(self, number: int) -> Subscriber:
        """Mail to somebody again whose mail came back, or who was paused; the day of consent stays. Raises `NotFoundError` for any other."""
        with self.transaction():
            if not self._change("UPDATE subscribers SET state = 'confirmed', quarantined = NULL WHERE id = ? AND state = 'bounced'", (number,)):
                raise NotFoundError("paused subscriber", number, hint="Load the page again.")
            return self._known(number)

    def mails_to(self, number: int, limit: int = 24) -> tuple[Delivery, ...]:
        """List the last editions and corrections that were to go to a reader, the newest first."""
        sql = """SELECT d.*, s.email FROM deliveries d JOIN subscribers s ON s.id = d.subscriber JOIN editions e ON e.id = d.edition
                 WHERE e.id IN (SELECT id FROM editions WHERE released IS NOT NULL ORDER BY released DESC LIMIT 120) AND d.correction IN (0, 1, 2, 3)
                 AND d.subscriber = ? ORDER BY d.changed DESC LIMIT ?"""
        return tuple(
            Delivery(
                edition=row["edition"],
                subscriber=row["subscriber"],
                email=row["email"],
                state=DeliveryState(row["state"]),
                attempts=row["attempts"],
                message_id=row["message_id"],
                error=row["error"],
                changed=moment(row["changed"]),
                correction=row["correction"],
            )
            for row in self._rows(sql, (number, limit))
        )

    def mailed_editions(self, limit: int = 6) -> tuple[Mailed, ...]:
        """Say how the last editions were mailed, the newest first, each with how many readers left after it and before the next."""
        rows = self._rows(
            """SELECT id, released FROM editions WHERE state IN ('released', 'corrected') AND released IS NOT NULL AND id NOT LIKE '%/%'
               ORDER BY released DESC LIMIT ?""",
            (limit,),
        )
        ends = ["9999", *(row["released"] for row in rows)]
        return tuple(self._mailed(row["id"], (row["released"], end)) for row, end in zip(rows, ends, strict=False))

    def growth(self, now: datetime, weeks: int) -> tuple[Sequence[int], Sequence[int]]:
        """Count by week, the oldest first, who said yes and is on the list still, and who left."""
        came, left = [0] * weeks, [0] * weeks
        for column, found in (("consented", came), ("left_at", left)):
            sql = f"""SELECT CAST((julianday(?1) - julianday({column})) / 7 AS INTEGER) AS week, count(*) AS n FROM subscribers
                      WHERE {column} > ?2 AND {column} <= ?1 AND (?3 = 'left_at' OR state = 'confirmed') GROUP BY week"""  # noqa: S608 - ours
            for row in self._rows(sql, (stamp(now), stamp(now - timedelta(weeks=weeks)), column)):
                found[weeks - 1 - min(row["week"], weeks - 1)] += row["n"]
        return came, left

    def _mailed(self, edition: str, span: tuple[str, str]) -> Mailed:
        sql = "SELECT state, count(*) AS n FROM deliveries WHERE edition = ? AND correction = 0 GROUP BY state"
        left = self._rows("SELECT count(*) FROM subscribers WHERE left_at > ? AND left_at <= ?", span)[0][0]
        counts = {row["state"]: int(row["n"]) for row in self._rows(sql, (edition,))}
        return Mailed(edition=edition, at=datetime.fromisoformat(span[0]), counts=counts, left=int(left))
