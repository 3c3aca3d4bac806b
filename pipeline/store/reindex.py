"""The index of dedupe made anew from the fingerprints that are stored: read once, put in the order of its tables, and written in that order.

Loaded only where that is done, because it takes numpy. Reads no text, which may have been pruned. What is too much for the memory lies in a
temporary table, in parts by hash, so that ten million items take no more memory than one.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pipeline.store.hashes import HOT, REMEMBER, chosen, in_order, key_hash

AT_ONCE = 5_000
"""Fingerprints that are taken apart at a time."""
PARTS = 64
"""Parts into which the hashes are cut: at ten million items each is 16 MB."""

_Packed = np.ndarray[Any, np.dtype[np.uint64]]
_BOUNDS = np.arange(1, PARTS, dtype=np.uint64) << np.uint64(64 - PARTS.bit_length() + 1)
_KNOWN = "SELECT item, fingerprint FROM resources ORDER BY item"
_EARLIER = "SELECT item, fingerprint FROM versions ORDER BY item"


def anew(db: sqlite3.Connection) -> None:
    """Make the index anew within the transaction that is open, on a connection that was taught: a minute for a million items where foreign keys are
    not looked up for each row. Identities that an item had before stay."""
    db.execute("DELETE FROM shingles")
    db.execute("DELETE FROM titles")
    db.execute("INSERT INTO titles (hash, item) SELECT title_hash(title_key), id FROM items WHERE title_key <> '' ORDER BY 1, 2")
    db.execute("CREATE TEMP TABLE named (hash INTEGER NOT NULL, item INTEGER NOT NULL) STRICT")
    db.execute("CREATE TEMP TABLE hashed (place INTEGER PRIMARY KEY, packed BLOB NOT NULL) STRICT")
    _read(db)
    db.execute("INSERT OR IGNORE INTO identities (hash, item) SELECT hash, item FROM temp.named ORDER BY 1, 2")
    missing: Counter[int] = Counter()
    for part in range(PARTS):
        db.executemany("INSERT INTO shingles (hash, item) VALUES (?, ?)", _first_few(_part(db, part), missing))
    for item in sorted(missing):
        (fingerprint,) = db.execute("SELECT fingerprint FROM resources WHERE item = ?", (item,)).fetchone()
        hashes, count = in_order(json.loads(fingerprint).get("shingles", ()))
        db.execute(REMEMBER, (item, json.dumps(hashes[count:]), HOT, missing[item]))
    db.execute("DROP TABLE temp.named")
    db.execute("DROP TABLE temp.hashed")


def _read(db: sqlite3.Connection) -> None:
    """Take the fingerprints apart: names into one table, hashes into the other, each with its item in one number, in parts."""
    for at, known in enumerate(_pages(db, _KNOWN)):
        _name(db, known)
        packed = _packed(known)
        packed.sort()
        parts = np.split(packed, np.searchsorted(packed, _BOUNDS))
        rows = ((part * 1_000_000 + at, one.tobytes()) for part, one in enumerate(parts) if len(one))
        db.executemany("INSERT INTO temp.hashed VALUES (?, ?)", rows)
    for known in _pages(db, _EARLIER):
        _name(db, known)


def _pages(db: sqlite3.Connection, sql: str) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    rows = db.execute(sql)
    while page := rows.fetchmany(AT_ONCE):
        yield [(item, json.loads(fingerprint)) for item, fingerprint in page]


def _name(db: sqlite3.Connection, known: Sequence[tuple[int, dict[str, Any]]]) -> None:
    db.executemany("INSERT INTO temp.named VALUES (?, ?)", [(key_hash(key), item) for item, one in known for key in one.get("keys", ())])


def _packed(known: Sequence[tuple[int, dict[str, Any]]]) -> _Packed:
    """Write hash and item as one number, whose order is that of the table."""
    hashes = [chosen(one.get("shingles", ())) for _, one in known]
    items = np.repeat(np.array([item for item, _ in known], np.uint64), [len(one) for one in hashes])
    every = np.array([hashed & 0xFFFFFFFF for one in hashes for hashed in one], np.uint64)
    return every << np.uint64(32) | items


def _part(db: sqlite3.Connection, part: int) -> _Packed:
    rows = db.execute("SELECT packed FROM temp.hashed WHERE place BETWEEN ? AND ? ORDER BY place", (part * 1_000_000, part * 1_000_000 + 999_999))
    packed = np.frombuffer(b"".join(row[0] for row in rows), np.uint64)
    return np.unique(packed)


def _first_few(packed: _Packed, missing: Counter[int]) -> Iterator[tuple[int, int]]:
    """Give the first `HOT` items of each hash, and count what the others miss."""
    hashes = (packed >> np.uint64(32)).astype(np.int64) - 0x80000000
    items = (packed & np.uint64(0xFFFFFFFF)).astype(np.int64)
    place = np.arange(len(hashes)) - np.searchsorted(hashes, hashes)
    missing.update(items[place >= HOT].tolist())
    return zip(hashes[place < HOT].tolist(), items[place < HOT].tolist(), strict=True)
