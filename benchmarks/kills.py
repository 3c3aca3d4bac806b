"""`kill -9` at random moments of an errand: what the database says then, and whether the same command completes it. Seeded.

Only kills of a process that was still at work count. The moments are spread over the errand after its start-up, whose length is measured first.
"""

from __future__ import annotations

import http.client
import itertools
import random
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database

from benchmarks.mail import EDITION as MAILED
from benchmarks.mail import furnished, sink
from benchmarks.stage import EDITION, Toll, accepted, feeds, filled, harvested, released, serving, web, whole
from pipeline.store import copies
from pipeline.store.connection import SCHEMA, before_schema
from pipeline.store.copies import OURS
from pipeline.store.schema_watch import changes
from tests.desk import PATIENCE, Desk, ended, kill

OLDEST = 1
"""Schema of the old database that is brought up to date."""


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="gleanings-faults-") as made:
        yield Path(made)


def _struck(desk: Desk, words: tuple[str, ...], *, after: float) -> bool:
    """Start an errand and take it away after so many seconds. Says whether it was still at work."""
    child = desk.start(*words)
    try:
        child.wait(after)
    except subprocess.TimeoutExpired:
        kill(child)
        return True
    ended(child)
    return False


def _length(desk: Desk, words: tuple[str, ...]) -> float:
    begin = time.monotonic()
    done = ended(desk.start(*words), patience=4 * PATIENCE)
    assert done.code == 0, done
    return time.monotonic() - begin


def _completed(desk: Desk, words: tuple[str, ...], toll: Toll) -> None:
    done = ended(desk.start(*words), patience=4 * PATIENCE)
    toll.check(done.code == 0, f"{' '.join(words)} ended with {done.code} afterwards: {done.err[-200:]}")


def harvest(kills: int, seed: int = 1, pages: int = 40) -> Toll:
    """Two feeds and their pages; up to five kills, then the harvest goes through and all is counted."""
    chance, toll, words = random.Random(seed), Toll("harvest"), ("harvest", "--all", "--workers", "2")
    with _folder() as folder, web(folder, pages):
        long = _length(_fresh(folder / "first"), words)
        for number in itertools.count():  # a round in which the harvest was quicker than every kill counts none
            if toll.cut >= kills:
                break
            desk = _fresh(folder / f"at{number}")
            for _ in range(min(5, kills - toll.cut)):
                toll.cut += _struck(desk, words, after=chance.uniform(0.4, 1.0) * long)
                whole(desk, toll)
            _completed(desk, words, toll)
            harvested(desk, pages, toll)
            shutil.rmtree(desk.folder)
    return toll


def _fresh(folder: Path) -> Desk:
    folder.mkdir()
    desk = Desk(folder, sources=feeds(2))
    desk.store().close()
    return desk


def decide(kills: int, seed: int = 2, items: int = 4_000) -> Toll:
    """A curator decides by the real desk while it is killed. What was answered stands, once; what was under way happened or did not."""
    chance, toll, kept = random.Random(seed), Toll("decide"), dict[int, str]()
    with _folder() as folder:
        desk = Desk(folder)
        filled(desk, items)
        waiting = [number for (number,) in desk.rows("SELECT id FROM items ORDER BY id")]
        while toll.cut < kills:
            with serving(desk, "--no-harvest") as (child, curator):
                strike = threading.Timer(chance.uniform(0.02, 0.6), child.kill)
                strike.start()
                try:
                    while waiting:
                        verdict = chance.choice(("accept", "reject"))
                        curator.post(f"/desk/items/{waiting[-1]}/decide", {"verdict": "accept"} if verdict == "accept" else {"reason": "weak"})
                        kept[waiting.pop()] = verdict
                except (OSError, http.client.HTTPException):
                    toll.cut += 1
                strike.join()
            whole(desk, toll)
            kept |= _in_hand(desk, waiting, toll)
        _decided(desk, kept, toll)
    return toll


def _in_hand(desk: Desk, waiting: list[int], toll: Toll) -> dict[int, str]:
    """Look what became of the decision that was under way: it may have been stored without an answer."""
    number = waiting[-1]
    state = desk.rows(f"SELECT state FROM items WHERE id = {number}")[0][0]
    acts = [act for (act,) in desk.rows(f"SELECT act FROM decisions WHERE item = {number}")]
    if state == "queued":
        toll.check(not acts, f"item {number} is queued and has a decision")
        return {}
    toll.check(len(acts) == 1, f"item {number} is {state} with {len(acts)} decisions")
    waiting.pop()
    return {number: acts[0]}


def _decided(desk: Desk, kept: dict[int, str], toll: Toll) -> None:
    rows = desk.rows("SELECT i.id, i.state, count(d.id) FROM items i LEFT JOIN decisions d ON d.item = i.id GROUP BY i.id")
    stands = {"accept": "accepted", "reject": "rejected"}
    wrong = [number for number, state, count in rows if (state, count) != ((stands[kept[number]], 1) if number in kept else ("queued", 0))]
    toll.check(not wrong, f"{len(wrong)} items are not as they were answered: {wrong[:5]}")
    toll.done = len(kept)


def release(kills: int, seed: int = 3, items: int = 8) -> Toll:
    """An edition of so many items; up to three kills, then the same command completes it."""
    chance, toll, words = random.Random(seed), Toll("release"), ("digest", "release", EDITION)
    with _folder() as folder:
        (folder / "model").mkdir()
        accepted(Desk(folder / "model"), items)
        long = _length(_copied(folder / "model", folder / "first"), words)
        for number in itertools.count():
            if toll.cut >= kills:
                break
            desk = _copied(folder / "model", folder / f"at{number}")
            for _ in range(min(3, kills - toll.cut)):
                toll.cut += _struck(desk, words, after=chance.uniform(0.5, 1.05) * long)
                whole(desk, toll)
            _completed(desk, words, toll)
            released(desk, items, toll)
            shutil.rmtree(desk.folder)
    return toll


def _copied(model: Path, target: Path) -> Desk:
    shutil.copytree(model, target)
    return Desk(target, sources=None)


def send(kills: int, seed: int = 4, connections: int = 4) -> Toll:
    """A sending to fifty readers for each kill; nobody gets it twice, and only what was under way is in doubt."""
    chance, toll, people, worst = random.Random(seed), Toll("send"), 50 * kills, 0
    with _folder() as folder, sink(folder) as (port, log):
        furnished(folder, people=people, port=port, connections=connections)
        desk, words = Desk(folder, sources=None), ("send", MAILED)
        log.touch()
        while toll.cut < kills:
            child = desk.start(*words)
            aim = len(log.read_text().split()) + chance.randrange(1, 60)
            while child.poll() is None and log.read_bytes().count(b"\n") < aim:
                time.sleep(0.002)
            if child.poll() is not None:
                ended(child)
                break
            kill(child)
            toll.cut += 1
            whole(desk, toll)
            worst = max(worst, len(desk.rows("SELECT 1 FROM deliveries WHERE state = 'sending'")))
        ended(desk.start(*words), patience=4 * PATIENCE)
        taken = Counter(log.read_text().split())
        states = dict(desk.rows("SELECT state, count(*) FROM deliveries GROUP BY state"))
        sent = {one for (one,) in desk.rows("SELECT email FROM deliveries d JOIN subscribers s ON s.id = d.subscriber WHERE d.state = 'sent'")}
    toll.check(max(taken.values()) == 1, f"{sum(n > 1 for n in taken.values())} got it twice")
    toll.check(not sent - taken.keys(), f"{len(sent - taken.keys())} are called sent and got nothing")
    toll.check(set(states) <= {"sent", "uncertain"} and sum(states.values()) == people, f"in the end the deliveries are {states}")
    toll.check(worst <= connections, f"{worst} were in doubt after one kill")
    toll.done, toll.note = len(taken), f"{states.get('uncertain', 0)} uncertain in all, at most {worst} after one kill"
    return toll


def migrate(kills: int, seed: int = 5, items: int = 8_000) -> Toll:
    """A database of the first schema is opened; it is killed until the file is new. The file is the old one or the new one, with the same rows."""
    chance, toll, words = random.Random(seed), Toll("migrate"), ("queue", "--limit", "1")
    with _folder() as folder:
        (folder / "model").mkdir()
        Desk(folder / "model")
        _old(folder / "model" / "curated.db", items)
        long = _length(_copied(folder / "model", folder / "first"), words)
        for number in itertools.count():
            if toll.cut >= kills:
                break
            desk = _copied(folder / "model", folder / f"at{number}")
            for _ in range(min(3, kills - toll.cut)):
                if not _struck(desk, words, after=chance.uniform(0.4, 0.98) * long):
                    break  # it was quicker: the file is new, and nothing is left to strike
                toll.cut += 1
                whole(desk, toll)
                version = desk.rows("PRAGMA user_version")[0][0]
                toll.check(version in (OLDEST, SCHEMA), f"the file has schema {version}")
                _same_rows(desk.db, items, toll)
            _completed(desk, words, toll)
            toll.check(desk.rows("PRAGMA user_version") == [(SCHEMA,)], "the file is not up to date")
            _same_rows(desk.db, items, toll)
            toll.check(copies.check(before_schema(desk.db, SCHEMA)).rows["items"] == items, "the copy that is kept lacks rows")
            toll.check(not list(folder.glob("at*/*.migrating*")), "the copy for trial was left behind")
            toll.done += 1
            shutil.rmtree(desk.folder)
    return toll


def _same_rows(db: Path, items: int, toll: Toll) -> None:
    with closing(sqlite3.connect(db)) as found:
        counts = [found.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("items", "resources", "decisions")]
    toll.check(counts == [items, items, items], f"rows of items, resources, decisions: {counts} instead of {items} each")


def _old(path: Path, items: int) -> None:
    """Write a database as the first release made it, with decided items."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("BEGIN")
        changes.apply(Database(db, execute_plugins=False), stop_before="m002_learning")
        db.execute(f"PRAGMA application_id = {OURS}")
        db.execute(f"PRAGMA user_version = {OLDEST}")
        day = "2026-10-01T09:00:00.000000+00:00"
        for n in range(1, items + 1):
            address, title = f"https://north.example/{n}", f"Thing number {n}"
            row = (n, title, address, title.lower(), day, n)
            db.execute(
                "INSERT INTO items (id, state, kind, title, url, title_key, added, head) VALUES (?, 'accepted', 'article', ?, ?, ?, ?, ?)", row
            )
            resource = f'{{"url": "{address}", "canonical_url": "{address}", "kind": "article", "title": "{title}", "text": "{"words of it " * 40}"}}'
            db.execute("INSERT INTO resources (item, resource, fingerprint) VALUES (?, ?, '{}')", (n, resource))
            said = f'{{"item": {n}, "verdict": "accept", "decided": "2026-10-01T09:00:00Z", "curator": "Priya"}}'
            kept = (n, day, said, '{"items":{}}', '{"items":{}}')
            db.execute("INSERT INTO decisions (item, act, decided, curator, decision, before, after) VALUES (?, 'accept', ?, 'Priya', ?, ?, ?)", kept)
        db.execute("COMMIT")


ERRANDS = {"harvest": harvest, "decide": decide, "release": release, "send": send, "migrate": migrate}
