"""Databases as older versions left them: only the first changes are applied, and rows are put in as those versions wrote them.

`python -m tests.old FOLDER` writes one of each, to look at.
"""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from sqlite_utils import Database

from pipeline import dedupe, render
from pipeline.model import Edition, EditionState, Lead, Resource, Run
from pipeline.store.connection import stamp
from pipeline.store.copies import OURS
from pipeline.store.forms import dump
from pipeline.store.schema_ties import changes
from tests import builders
from tests.builders import NOW

VERSIONS = range(1, 7)
"""Numbers of the schemas that were released before the one in force."""
ITEMS = 4
"""Rows in each of them: one that waits, one that was rejected, one that is published, one folded into the last."""
QUICK = ("markdown", "text", "json")
"""Formats of the edition that is in them."""
_STATES = ("queued", "rejected", "published", "merged")


def make(path: Path, version: int) -> Path:
    """Write a database of an older schema, closed cleanly."""
    with closing(sqlite3.connect(path)) as db:
        apply(db, version)
        db.execute(f"PRAGMA application_id = {OURS}")
        db.execute(f"PRAGMA user_version = {version}")
        fill(db, version)
        db.commit()
        db.execute("PRAGMA journal_mode = WAL")
    return path


def apply(db: sqlite3.Connection, version: int) -> None:
    names = [change.name for change in changes.pending(Database(db))]
    changes.apply(Database(db), stop_before=names[version])


def edition() -> Edition:
    """The edition that is in each of them."""
    return builders.edition(state=EditionState.RELEASED, released=NOW)


def fill(db: sqlite3.Connection, version: int) -> None:
    """Put rows in, with the columns that all versions have; and one row in a table that only this version and later ones have."""
    at = stamp(NOW)
    db.execute("INSERT INTO sources (id, kind, url, title, since) VALUES ('north-blog', 'feed', 'https://north.example/feed', 'North', ?)", (at,))
    run = Run(source="north-blog", started=NOW, finished=NOW, found=4, new=4)
    db.execute("INSERT INTO runs (source, started, run) VALUES ('north-blog', ?, ?)", (at, dump(run)))
    _edition(db, at)
    for number, state in enumerate(_STATES, start=1):
        _item(db, number, state)
    db.execute(
        "INSERT INTO decisions (item, act, decided, curator, decision, before, after) VALUES (2, 'reject', ?, 'Sam', ?, '{}', '{}')",
        (at, dump(builders.decision(item=2, verdict="reject"))),
    )
    db.execute("INSERT INTO edition_items (edition, item, section, place) VALUES ('2026-11', 3, 'evidence', 1)")
    people = "INSERT INTO subscribers (email, email_key, name, topics, frequency, state) VALUES (?, ?, 'Kim', '[]', 'monthly', 'confirmed')"
    db.execute(people, ("Kim@example.org", "kim@example.org"))
    db.execute("INSERT INTO deliveries (edition, subscriber, state, changed) VALUES ('2026-11', 1, 'sent', ?)", (at,))
    _late(db, version, at)


def _edition(db: sqlite3.Connection, at: str) -> None:
    made = edition()
    files = {render.FORMATS[name].filename: hashlib.sha256(render.render(made, name).body).hexdigest() for name in QUICK}
    db.execute(
        "INSERT INTO editions (id, state, composed, released, edition, files) VALUES ('2026-11', 'released', ?, ?, ?, json(?))",
        (at, at, dump(made), dump(files)),
    )


def _item(db: sqlite3.Connection, number: int, state: str) -> None:
    url = f"https://north.example/{number}"
    made: Resource = builders.resource(url=url, canonical_url=url, title=f"How network {number} learns")
    print_of, head = dedupe.fingerprint(made), 3 if state == "merged" else number
    db.execute(
        """INSERT INTO items (id, state, kind, title, url, title_key, added, merged_into, head, edition) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (number, state, made.kind, made.title, url, print_of.title, stamp(NOW), 3 if state == "merged" else None, head,
         "2026-11" if state == "published" else None),
    )  # fmt: skip
    db.execute("INSERT INTO resources (item, resource, fingerprint) VALUES (?, ?, ?)", (number, dump(made), dump(print_of)))
    db.executemany("INSERT INTO identities (key, item) VALUES (?, ?)", [(key, number) for key in print_of.keys])
    db.execute("INSERT INTO search (rowid, title, description, text) VALUES (?, ?, ?, ?)", (number, made.title, made.description, made.text))
    db.execute(
        "INSERT INTO leads (id, key, url, host, state, item) VALUES (?, ?, ?, 'north.example', 'settled', ?)",
        (number, f"north.example/{number}", url, number),
    )
    said: Lead = replace(builders.lead(url=url), description="What they say of it.")
    db.execute(
        "INSERT INTO sightings (lead, item, source, said, dated, first_seen, last_seen) VALUES (?, ?, 'north-blog', ?, ?, ?, ?)",
        (number, number, dump(said), *[stamp(NOW)] * 3),
    )


def _late(db: sqlite3.Connection, version: int, at: str) -> None:
    """Put a row into a table that came with each of the later changes."""
    rows = {
        2: ("INSERT INTO decisions (item, act, decided, curator, decision, before, after) VALUES (1, 'more', ?, 'Sam', '{}', '{}', '{}')", (at,)),
        3: ("INSERT INTO kept_pages VALUES ('north-blog', 1, 'https://north.example/', ?, NULL, 4, 4, x'00')", (at,)),
        4: ("INSERT INTO revisions (edition, revision, snapshot, files) VALUES ('2026-11', 1, ?, '{}')", (dump(edition()),)),
        5: ("INSERT INTO votes (item, subscriber, edition, vote, at) VALUES (3, 1, '2026-11', 'useful', ?)", (at,)),
        6: ("INSERT INTO remarks (item, curator, text, at) VALUES (1, 'Sam', 'Ask Kim.', ?)", (at,)),
    }
    for number, (sql, values) in rows.items():
        if number <= version:
            db.execute(sql, values)


if __name__ == "__main__":
    for one in VERSIONS:
        make(Path(sys.argv[1]) / f"schema-{one}.db", one)
