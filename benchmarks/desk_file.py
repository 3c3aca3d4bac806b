"""The desk's file of a million items: written straight into the tables, in the shapes that a desk has after years. Takes minutes, so it is reused."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.model import Kind
from pipeline.store import Store

TOPICS, SOURCES, PEOPLE = 60, 400, ("Priya", "Tom", "Ada", "Sam")
FOLDED, EVENTS = 0.05, 0.06
DECIDED = 0.35
END = datetime(2026, 11, 20, 9, tzinfo=UTC)
_PART = 20_000
_FREQUENT = (
    *("the", "of", "and", "to", "in", "a", "is", "for", "on", "with", "as", "by", "that", "from", "are", "this", "be", "an", "at", "or", "it", "was"),
    *("which", "not", "have", "has", "their", "can", "new", "more", "care", "health", "network", "learning", "practice", "report", "how", "people"),
    *("community", "what", "we", "our", "services", "improving", "support", "systems", "work", "local"),
)
_LETTERS, _VOWELS, _ENDS = "bcdfghjklmnprstvw", "aeiou", ("", "", "n", "r", "s", "t", "ng")


def vocabulary(count: int = 30_000) -> list[str]:
    """Make words that begin and end as English ones do; the frequent ones are real."""
    chance = random.Random(7)
    made = dict.fromkeys(_FREQUENT)
    while len(made) < count:
        syllables = (chance.choice(_LETTERS) + chance.choice(_VOWELS) + chance.choice(_ENDS) for _ in range(chance.choice((1, 2, 2, 3, 3, 4))))
        made["".join(syllables)] = None
    return list(made)


def weights(count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Give how often each of so many is drawn, by rank (Zipf and Mandelbrot)."""
    made = 1 / (np.arange(count, dtype=np.float64) + 2.7)
    share: np.ndarray[tuple[int], np.dtype[np.float64]] = made / made.sum()
    return share


def make(path: Path, count: int, say: Callable[[str], None]) -> None:
    """Write the file, unless it stands there already."""
    if path.exists():
        return
    began, part = time.monotonic(), path.with_suffix(".part")
    for leftover in path.parent.glob(f"{part.name}*"):
        leftover.unlink()
    Store.open(part).close()
    db = sqlite3.connect(part, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000", "locking_mode = EXCLUSIVE", "temp_store = MEMORY"):
        db.execute(f"PRAGMA {pragma}")
    aside = _without_indexes(db)
    _search_options(db, hashsize=1 << 27, automerge=0)
    for first in range(1, count + 1, _PART):
        _write(db, first, min(first + _PART, count + 1))
        if first % (10 * _PART) == 1:
            say(f"{first - 1:>9,} items, {time.monotonic() - began:.0f} s")
    say(f"{count:>9,} items, {time.monotonic() - began:.0f} s; indexes")
    _search_options(db, hashsize=1 << 20, automerge=0)
    for sql in aside:
        db.execute(sql)
    db.close()
    Store.open(part).close()
    part.rename(path)
    say(f"written in {time.monotonic() - began:.0f} s, {path.stat().st_size / 1e9:.2f} GB")


def _search_options(db: sqlite3.Connection, **options: int) -> None:
    """Set how FTS5 collects words: many in memory while the file is written, and as ever afterwards."""
    for name, value in options.items():
        db.execute("INSERT INTO search (search, rank) VALUES (?, ?)", (name, value))


def _without_indexes(db: sqlite3.Connection) -> list[str]:
    """Drop triggers and indexes while the rows are written; gives what makes them again."""
    rows = db.execute("SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL").fetchall()
    for kind, name, _ in rows:
        db.execute(f'DROP {kind} "{name}"')
    return [sql for _, _, sql in rows]


_WORDS = vocabulary()
_OFTEN = np.cumsum(weights(len(_WORDS)))
_SOURCE = np.cumsum(weights(SOURCES))
_TOPIC = np.cumsum(weights(TOPICS))
_KIND = np.cumsum(weights(len(Kind)))
_KINDS = tuple(kind.value for kind in Kind)


def _drawn(chance: np.random.Generator, shares: np.ndarray[tuple[int], np.dtype[np.float64]], size: int | tuple[int, int]) -> Any:
    """Draw numbers of what is shared so, as a list, or as lists where the size has two."""
    return np.minimum(np.searchsorted(shares, chance.random(size)), len(shares) - 1).tolist()


def _write(db: sqlite3.Connection, first: int, end: int) -> None:
    """Write one part, each drawn from a seed of its own."""
    chance = np.random.default_rng(first)
    size = end - first
    texts = _drawn(chance, _OFTEN, (size, 45))
    kinds, sources, topics = _drawn(chance, _KIND, size), _drawn(chance, _SOURCE, size), _drawn(chance, _TOPIC, (size, 3))
    odds, luck, second = chance.random(size).tolist(), chance.random(size).tolist(), chance.random(size).tolist()
    rows = [_Item(first + at, texts[at], _KINDS[kinds[at]], sources[at], topics[at], odds[at], luck[at], second[at]) for at in range(size)]
    db.execute("BEGIN")
    for sql, values in _tables(rows):
        db.executemany(sql, values)
    db.execute("COMMIT")


class _Item:
    """One item of the file."""

    def __init__(self, number: int, text: list[int], kind: str, source: int, topics: list[int], odds: float, luck: float, second: float) -> None:
        words = [_WORDS[one] for one in text]
        self.number, self.kind, self.source, self.rank = number, kind, f"source-{source:03}", round(odds * odds, 6)
        self.title, self.description, self.text = " ".join(words[:8]).capitalize(), " ".join(words[8:24]), " ".join(words[24:])
        self.url = f"https://host{source:03}.example/{number}"
        self.added = (END - timedelta(seconds=(1_000_000 - number) * 60)).isoformat(timespec="microseconds")
        self.topics = list(dict.fromkeys(f"topic-{one:02}" for one in topics))[: 1 + int(second * 3)]
        self.head = number if luck > FOLDED or number < 50 else number - 1 - number % 40
        self.state = "merged" if self.head != number else _state(luck)
        self.lane = "unlikely" if self.rank < 0.02 else "audit" if self.rank < 0.025 else "must-have" if second < 0.0005 else "ranked"
        self.starts = (END + timedelta(hours=int(second * 20_000) - 15_000)).isoformat() if luck > 1 - EVENTS else None

    def resource(self) -> str:
        made = {
            "url": self.url,
            "canonical_url": self.url,
            "kind": self.kind,
            "title": self.title,
            "creators": ["Ada Byron"],
            "publisher": self.source,
        }
        event = {"event": {"start": self.starts, "all_day": False}} if self.starts else {}
        rest = {"published": self.added[:10], "description": self.description, "text": self.text, "words": 21, "minutes": 1 + self.number % 20}
        return json.dumps({**made, **rest, **event})


def _state(luck: float) -> str:
    """Of a hundred: 35 decided (a quarter of them kept), three put off, the rest waits."""
    share = (luck - FOLDED) / (1 - FOLDED)
    return "rejected" if share < 0.26 else "accepted" if share < DECIDED else "deferred" if share < 0.38 else "queued"


def _tables(rows: Sequence[_Item]) -> Iterator[tuple[str, Iterator[tuple[object, ...]]]]:
    yield (
        """INSERT INTO items (id, state, kind, title, url, published, title_key, added, rank, merged_into, head, fold_rule, lane)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            (r.number, r.state, r.kind, r.title, r.url, r.added[:10], r.title.lower(), r.added, r.rank)
            + ((r.head, r.head, "title") if r.state == "merged" else (None, r.number, ""))
            + (r.lane,)
            for r in rows
        ),
    )
    yield "INSERT INTO resources (item, resource, fingerprint) VALUES (?, ?, '{}')", ((r.number, r.resource()) for r in rows)
    yield "INSERT INTO search (rowid, title, description, text) VALUES (?, ?, ?, ?)", ((r.number, r.title, r.description, r.text) for r in rows)
    yield (
        "INSERT INTO leads (id, key, url, host, state, item) VALUES (?, ?, ?, ?, 'settled', ?)",
        ((r.number, r.url, r.url, r.url.split("/")[2], r.number) for r in rows),
    )
    yield (
        "INSERT INTO sightings (lead, item, source, said, dated, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?, ?)",
        ((r.number, r.number, r.source, json.dumps({"source": r.source, "url": r.url}), r.added, r.added, r.added) for r in rows),
    )
    yield (
        "INSERT INTO suggestions (item, topic, probability, reasons, place, calibrated, assigned) VALUES (?, ?, ?, ?, ?, 1, ?)",
        (
            (r.number, topic, round(0.9 - place / 4, 2), '["network","learning"]', place, place < 2)
            for r in rows
            for place, topic in enumerate(r.topics)
        ),
    )
    yield (
        """INSERT INTO decisions (item, act, decided, curator, decision, before, after)
           VALUES (?1, ?2, ?3, ?4, ?5, '{"items":{},"overlay":{}}', '{"items":{},"overlay":{}}')""",
        (_decided(r) for r in rows if r.state in ("accepted", "rejected", "deferred")),
    )
    yield (
        "INSERT INTO overlay (item, overlay) VALUES (?, ?)",
        ((r.number, json.dumps({"topics": r.topics[:1], "kind": r.kind})) for r in rows if r.state == "accepted" and r.number % 3 == 0),
    )


def _decided(item: _Item) -> tuple[object, ...]:
    verdict = {"accepted": "accept", "rejected": "reject", "deferred": "defer"}[item.state]
    by = PEOPLE[item.number % len(PEOPLE)]
    at = (datetime.fromisoformat(item.added) + timedelta(minutes=30)).isoformat(timespec="microseconds")
    said = {"item": item.number, "verdict": verdict, "decided": at, "curator": by, "probability": item.rank, "shown": "ranked"}
    return item.number, verdict, at, by, json.dumps(said)
