"""How the index of dedupe is written: few hashes of each item, of 32 bits, and what makes it anew from the fingerprints that are stored.

A wrong neighbour costs one look, and two hashes must agree, so 32 bits are enough. Reads no text, which may have been pruned.
"""

from __future__ import annotations

import json
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

_CHOSEN = f"""SELECT (s.value & 4294967295) - 2147483648 AS hash, r.item AS item FROM resources r, json_each(r.fingerprint, '$.shingles') s
    WHERE s.key < {BEGINS} OR s.key IN ({", ".join(str(SMALLEST + n) for n in range(OPENS))})
       OR s.key >= json_array_length(r.fingerprint, '$.shingles') - {ENDS} OR json_array_length(r.fingerprint, '$.shingles') <= {ROWS}"""  # noqa: S608 - ours

ANEW = (
    "DELETE FROM shingles",
    "DELETE FROM titles",
    """INSERT OR IGNORE INTO identities (hash, item)
       SELECT key_hash(k.value), r.item FROM resources r, json_each(r.fingerprint, '$.keys') k
       UNION ALL SELECT key_hash(k.value), v.item FROM versions v, json_each(v.fingerprint, '$.keys') k ORDER BY 1, 2""",
    "INSERT INTO titles (hash, item) SELECT title_hash(title_key), id FROM items WHERE title_key <> '' ORDER BY 1, 2",
    f"""INSERT OR IGNORE INTO shingles (hash, item) SELECT hash, item FROM (
        SELECT hash, item, row_number() OVER (PARTITION BY hash ORDER BY item) AS place FROM ({_CHOSEN})) WHERE place <= {HOT}""",  # noqa: S608 - ours
)
"""What makes the index anew, each table in the order of its keys; identities that an item had before stay. The functions of `teach` must be known."""
SHORT = f"""WITH hot(hash) AS MATERIALIZED (SELECT hash FROM shingles GROUP BY hash HAVING count(*) >= {HOT})
    SELECT item, fingerprint FROM resources WHERE item IN (
        SELECT c.item FROM ({_CHOSEN}) c WHERE c.hash IN (SELECT hash FROM hot)
        AND NOT EXISTS (SELECT 1 FROM shingles s WHERE s.hash = c.hash AND s.item = c.item)) ORDER BY item"""  # noqa: S608 - ours
"""Items of which some hash was one that too many share: they are known by their other hashes."""


REMEMBER = """INSERT OR IGNORE INTO shingles (hash, item) SELECT value, ?1 FROM json_each(?2)
    WHERE (SELECT count(*) FROM (SELECT 1 FROM shingles s WHERE s.hash = value LIMIT ?3)) < ?3 ORDER BY key LIMIT ?4"""
"""Keeps the first few of an item's hashes that are not hot: the item, `in_order` of its hashes as JSON, `HOT`, and how many."""


def anew(db: sqlite3.Connection) -> None:
    """Make the index anew from the fingerprints that are stored, within the transaction that is open, on a connection that was taught: some minutes
    for a million items."""
    for statement in ANEW:
        db.execute(statement)
    for item, fingerprint in db.execute(SHORT).fetchall():
        hashes, count = in_order(json.loads(fingerprint)["shingles"])
        db.execute(REMEMBER, (item, json.dumps(hashes), HOT, count))


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


def in_order(shingles: Sequence[int]) -> tuple[list[int], int]:
    """Put the hashes that the index keeps first, as it keeps them, and say how many; those that follow stand in for any that too many items share."""
    chosen = (*shingles[:BEGINS], *shingles[SMALLEST : SMALLEST + OPENS], *shingles[-ENDS:]) if len(shingles) > ROWS else shingles
    first = dict.fromkeys(small(one) for one in chosen)
    return list(first | dict.fromkeys(small(one) for one in shingles)), len(first)
