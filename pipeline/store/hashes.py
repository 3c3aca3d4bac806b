"""How the index of dedupe is written: few hashes of each item, of 32 bits. `reindex.py` makes it anew.

A wrong neighbour costs one look, and two hashes must agree, so 32 bits are enough.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import xxhash

HOT = 12
"""Items that one shingle remembers; one that so many share tells little of any."""
BEGINS, OPENS, ENDS = 6, 2, 5
"""Hashes of a fingerprint that are kept in the index: of the whole text, of its opening, of its title. They stand in this order in it."""
SMALLEST = 16
"""Where in a fingerprint the hashes of the opening begin; `dedupe.keys.SMALLEST`, which no stored fingerprint can change."""
ROWS = BEGINS + OPENS + ENDS

REMEMBER = """INSERT OR IGNORE INTO shingles (hash, item) SELECT value, ?1 FROM json_each(?2)
    WHERE (SELECT count(*) FROM (SELECT 1 FROM shingles s WHERE s.hash = value LIMIT ?3)) < ?3 ORDER BY key LIMIT ?4"""
"""Keeps the first few of an item's hashes that are not hot: the item, `in_order` of its hashes as JSON, `HOT`, and how many."""


def small(hashed: int) -> int:
    """Write a hash as the 32 bits that the index keeps."""
    return (hashed & 0xFFFFFFFF) - 0x80000000


def key_hash(key: str) -> int:
    """Hash an identity to 63 bits, because what is found by it is not looked at again, and SQLite's integers have a sign."""
    return xxhash.xxh3_64_intdigest(key.encode("utf-8", "replace")) >> 1


def title_hash(title: str) -> int:
    """Hash the words of a title."""
    return small(xxhash.xxh3_64_intdigest(title.encode("utf-8", "replace")))


def teach(db: sqlite3.Connection) -> None:
    """Let a connection's SQL use the hashes."""
    for function in (key_hash, title_hash):
        db.create_function(function.__name__, 1, function, deterministic=True)


def chosen(shingles: Sequence[int]) -> Sequence[int]:
    """Choose of a fingerprint's hashes those that the index keeps."""
    if len(shingles) <= ROWS:
        return shingles
    return (*shingles[:BEGINS], *shingles[SMALLEST : SMALLEST + OPENS], *shingles[-ENDS:])


def in_order(shingles: Sequence[int]) -> tuple[list[int], int]:
    """Put the hashes that the index keeps first, as it keeps them, and say how many; those that follow stand in for any that too many items share."""
    first = dict.fromkeys(small(one) for one in chosen(shingles))
    return list(first | dict.fromkeys(small(one) for one in shingles)), len(first)
