"""Editions: drafts that are overwritten, released ones that stay, and of corrected ones what they were. Composes nothing and writes no files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from pipeline.errors import ConflictError, NotFoundError
from pipeline.model import Edition, EditionState, State, Tally
from pipeline.store.connection import Connection, Row, stamp
from pipeline.store.forms import dump, load

_OPEN = (EditionState.DRAFT, EditionState.FROZEN)


class Editions(Connection):
    """Keeping editions, and the numbers that stand in them."""

    def save_edition(self, edition: Edition) -> None:
        """Keep a draft or a frozen edition in the place of the one before. Raises `ConflictError` where it is released."""
        if edition.state not in _OPEN:
            raise ConflictError(f"Edition {edition.id} cannot be saved as {edition.state}.", hint="Only a release makes an edition public.")
        with self.transaction():
            self._refuse_released(edition.id)
            self._keep_edition(edition, {})

    def edition(self, edition_id: str) -> Edition:
        """Give an edition as it was last saved or released. Raises `NotFoundError`."""
        return load(Edition, self._edition_row(edition_id)["edition"])

    def editions(self) -> tuple[Edition, ...]:
        """Give all editions, the newest first; not the bulletins of before this desk, whose names have a slash."""
        sql = "SELECT edition FROM editions WHERE id NOT LIKE '%/%' ORDER BY id DESC LIMIT 10000"
        return tuple(load(Edition, row["edition"]) for row in self._rows(sql))

    def corrected(self) -> tuple[Edition, ...]:
        """Give the editions that were put right after their release, the oldest first."""
        sql = "SELECT edition FROM editions WHERE state = 'corrected' AND id NOT LIKE '%/%' ORDER BY id LIMIT 10000"
        return tuple(load(Edition, row["edition"]) for row in self._rows(sql))

    def files(self, edition_id: str) -> dict[str, str]:
        """Give the SHA-256 of each file of an edition by its name, as released; empty for a draft."""
        return {str(name): str(digest) for name, digest in json.loads(self._edition_row(edition_id)["files"]).items()}

    def release(self, edition: Edition, *, files: Mapping[str, str], now: datetime) -> Edition:
        """Keep the snapshot of an edition with the SHA-256 of its files, and mark its items published: all of it or nothing.

        Raises `ConflictError` where the edition is released already, or one of its items is no longer accepted.
        """
        released = replace(edition, state=EditionState.RELEASED, released=edition.released or now)
        with self.transaction():
            self._refuse_released(edition.id)
            self._keep_edition(released, files)
            place = 0
            for section in released.sections:
                for entry in section.entries:
                    place += 1
                    self._publish(edition.id, entry.id)
                    self._change(
                        "INSERT OR IGNORE INTO edition_items (edition, item, section, place) VALUES (?, ?, ?, ?)",
                        (edition.id, entry.id, section.id, place),
                    )
        return released

    def correct(self, edition: Edition, *, files: Mapping[str, str]) -> None:
        """Put a corrected edition in the place of the released one, and keep that as an earlier revision.

        Raises `ConflictError` where the edition is not released, or was corrected by somebody else meanwhile.
        """
        with self.transaction():
            row = self._edition_row(edition.id)
            before = load(Edition, row["edition"])
            if not before.is_released or edition.state is not EditionState.CORRECTED:
                raise ConflictError(f"Edition {edition.id} is {before.state}: only a released one can be corrected.")
            if edition.corrections[:-1] != before.corrections:
                raise ConflictError(
                    f"Edition {edition.id} was corrected by somebody else meanwhile.", hint="Look at it, then give the command again."
                )
            self._change(
                "INSERT INTO revisions (edition, revision, snapshot, files) VALUES (?, ?, ?, ?)",
                (edition.id, 1 + len(before.corrections), row["edition"], row["files"]),
            )
            self._keep_edition(edition, files)

    def revisions(self, edition_id: str) -> tuple[tuple[Edition, Mapping[str, str]], ...]:
        """Give what corrections replaced, the first release first: each with the SHA-256 of its files by name."""
        rows = self._rows("SELECT snapshot, files FROM revisions WHERE edition = ? ORDER BY revision", (edition_id,))
        return tuple((load(Edition, row["snapshot"]), json.loads(row["files"])) for row in rows)

    def keep_made_with(self, edition_id: str, revision: int, versions: Mapping[str, str]) -> None:
        """Keep with which versions of packages the files of an edition were made; of one revision the first word counts."""
        self._change(
            "INSERT OR IGNORE INTO made_with (edition, revision, versions) VALUES (?, ?, ?)", (edition_id, revision, json.dumps(dict(versions)))
        )

    def made_with(self, edition_id: str, revision: int) -> dict[str, str]:
        """Give the versions of packages that the files of an edition were made with, by name; empty where that was not recorded."""
        row = self._row("SELECT versions FROM made_with WHERE edition = ? AND revision = ?", (edition_id, revision))
        return {str(name): str(one) for name, one in json.loads(row["versions"]).items()} if row else {}

    def public_state(self) -> tuple[tuple[str, str], ...]:
        """Give of each released edition, newest first, its id and a short text that changes with every release and correction. Reads no edition."""
        sql = """SELECT e.id, e.released || ' ' || (SELECT count(*) FROM revisions r WHERE r.edition = e.id) AS state
                 FROM editions e WHERE e.state IN ('released', 'corrected') AND e.id NOT LIKE '%/%' ORDER BY e.id DESC LIMIT 10000"""
        return tuple((row["id"], row["state"]) for row in self._rows(sql))

    def tally(self, since: datetime | None, until: datetime) -> Tally:
        """Count what came in and what became of it after `since` (or ever) until `until`: items by when they were added, verdicts by when decided."""
        window = (stamp(since) if since else "", stamp(until))
        came = self._rows("SELECT count(*) AS n, sum(state = 'merged') AS folded FROM items WHERE added > ? AND added <= ?", window)[0]
        sources = self._rows(
            "SELECT count(DISTINCT s.source) AS n FROM items i JOIN sightings s ON s.item = i.id WHERE i.added > ? AND i.added <= ?", window
        )[0]
        verdicts = self._rows(
            """SELECT CASE WHEN i.state = 'rejected' THEN 'rejected' ELSE 'kept' END AS verdict, coalesce(d.reason, '') AS reason, count(*) AS n
               FROM items i JOIN decisions d
                 ON d.id = (SELECT max(id) FROM decisions l WHERE l.item = i.id AND l.undone IS NULL
                            AND l.act IN ('accept', 'reject', 'defer', 'reopen'))
               WHERE i.state IN ('accepted', 'published', 'rejected') AND d.decided > ? AND d.decided <= ?
               GROUP BY 1, 2 ORDER BY n DESC, 2 LIMIT 1000""",
            window,
        )
        rejected = [row for row in verdicts if row["verdict"] == "rejected"]
        return Tally(
            received=came["n"],
            folded=came["folded"] or 0,
            kept=sum(row["n"] for row in verdicts) - sum(row["n"] for row in rejected),
            rejected=sum(row["n"] for row in rejected),
            sources=sources["n"],
            reasons=tuple((row["reason"], row["n"]) for row in rejected if row["reason"]),
        )

    # ------------------------------------------------------------ steps

    def _edition_row(self, edition_id: str) -> Row:
        row = self._row("SELECT * FROM editions WHERE id = ?", (edition_id,))
        if row is None:
            raise NotFoundError("edition", edition_id, hint="`gleanings digest list` shows those there are.")
        return row

    def _keep_edition(self, edition: Edition, files: Mapping[str, str]) -> None:
        released = stamp(edition.released) if edition.released else None
        self._change(
            """INSERT INTO editions (id, state, composed, released, edition, files) VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT (id) DO UPDATE SET state = excluded.state, composed = excluded.composed, released = excluded.released,
                 edition = excluded.edition, files = excluded.files""",
            (edition.id, edition.state, stamp(edition.composed), released, dump(edition), json.dumps(dict(files))),
        )

    def _refuse_released(self, edition_id: str) -> None:
        row = self._row("SELECT released FROM editions WHERE id = ? AND state IN ('released', 'corrected')", (edition_id,))
        if row is not None:
            raise ConflictError(
                f"Edition {edition_id} was released on {row['released'][:10]} and stays as it is.",
                hint=f"`gleanings digest show {edition_id}` shows it.",
            )

    def _publish(self, edition_id: str, item: int) -> None:
        row = self._row("SELECT state, edition FROM items WHERE id = ?", (item,))
        if row is None:
            raise NotFoundError("item", item)
        if row["state"] == State.PUBLISHED and row["edition"] == edition_id:
            return  # an item may stand in two sections
        if row["state"] != State.ACCEPTED:
            raise ConflictError(
                f"Item {item} is {row['state']} by now, so edition {edition_id} cannot be released with it.",
                hint=f"`gleanings digest build {edition_id}` makes it anew from what is accepted.",
            )
        self._change("UPDATE items SET state = 'published', edition = ? WHERE id = ?", (edition_id, item))
