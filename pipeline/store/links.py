"""Links of released editions: what became of each when it was asked last. Asks nobody, and judges nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.store.connection import Connection, Row, stamp

_MOST = 100_000


class LinkState(StrEnum):
    """How a link stands. `unasked`: robots.txt does not let us look."""

    OK = "ok"
    MOVED = "moved"
    GONE = "gone"
    FAILING = "failing"
    UNASKED = "unasked"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCheck:
    """What is known of a link: its state `since` when, and when it was `checked` last. `failures` counts the checks in a row that found nothing
    there; `moved_to` is where it was sent on to for good, which of a link that is ok was seen once only; `reason` is a sentence."""

    url: str
    checked: datetime
    state: LinkState
    since: datetime
    moved_to: str = ""
    failures: int = 0
    reason: str = ""
    etag: str | None = None
    last_modified: str | None = None


class Links(Connection):
    """Keeping what became of links."""

    def keep_link_checks(self, checks: Iterable[LinkCheck]) -> None:
        """Keep what was found, in the place of what was known before: all of it or nothing."""
        with self.transaction():
            for one in checks:
                self._change(
                    """INSERT OR REPLACE INTO link_checks (url, checked, state, moved_to, since, failures, reason, etag, last_modified)
                       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                    (one.url, stamp(one.checked), one.state, one.moved_to or None, stamp(one.since), one.failures, one.reason, one.etag,
                     one.last_modified),
                )  # fmt: skip

    def link_checks(self, state: LinkState | None = None) -> tuple[LinkCheck, ...]:
        """List what is known of all links, or of those in one state, by address."""
        sql = "SELECT * FROM link_checks WHERE ?1 IS NULL OR state = ?1 ORDER BY url LIMIT ?2"
        return tuple(map(_check, self._rows(sql, (state, _MOST))))

    def marked_links(self) -> dict[str, LinkCheck]:
        """Give the links that readers are told of, by address: those that moved or are gone."""
        sql = "SELECT * FROM link_checks WHERE state IN ('moved', 'gone') ORDER BY url LIMIT ?"
        return {row["url"]: _check(row) for row in self._rows(sql, (_MOST,))}


def _check(row: Row) -> LinkCheck:
    return LinkCheck(
        url=row["url"],
        checked=datetime.fromisoformat(row["checked"]),
        state=LinkState(row["state"]),
        since=datetime.fromisoformat(row["since"]),
        moved_to=row["moved_to"] or "",
        failures=row["failures"],
        reason=row["reason"],
        etag=row["etag"],
        last_modified=row["last_modified"],
    )
