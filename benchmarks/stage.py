"""What the faults are tried on: a desk in a folder of its own, with a small web, a mail server, items, and the means to count what is left.

The commands are real processes of `gleanings`; the web and the mail server are this process's, on the loopback address.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.desk import Visitor, free_port
from pipeline import dedupe
from pipeline.model import Fold, Match
from tests import builders
from tests.desk import PATIENCE, ROOT, Desk, Watched, ended

EDITION = "2026-11"
TOPICS = "topics:\n  - {id: learning, name: Learning networks, keywords: [practices, learn]}\n"
_WORDS = "Page {n} tells of place {n}, where team {n} asked question {n} and learnt answer {n} in the course of a long year of meetings. "


@dataclass
class Toll:
    """What so many faults left. `cut` are those that struck a process at work; `faults` says what did not hold, a sentence each."""

    errand: str
    cut: int = 0
    done: int = 0
    faults: list[str] = field(default_factory=list)
    note: str = ""

    def check(self, holds: bool, otherwise: str) -> None:
        """Note what did not hold."""
        if not holds:
            self.faults.append(otherwise)

    def __str__(self) -> str:
        told = f"{self.errand:10} {self.cut:4} faults, {self.done:6} things done, {len(self.faults)} that did not hold"
        return "\n    ".join([told + (f"; {self.note}" if self.note else ""), *self.faults[:10]])


def article(n: int) -> str:
    """Write a page with an article of its own."""
    words = "".join(f"<p>{_WORDS.format(n=f'{n}{place}')}</p>" for place in "abcdef")
    return f"<!doctype html><html lang='en'><title>Thing number {n}</title><body><main><h1>Thing number {n}</h1>{words}</main></body></html>"


def feed(numbers: range) -> str:
    """Write a feed that names pages, each on a host of its own."""
    items = "".join(f"<item><title>Thing number {n}</title><link>http://host{n}.example/page{n}</link></item>" for n in numbers)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Notes</title><link>http://x.example/</link><description>d</description>{items}</channel></rss>'


@contextmanager
def web(folder: Path, pages: int, *, sources: int = 2) -> Iterator[Watched]:
    """Serve so many pages, named by feeds, as the proxy of all that is started meanwhile. Each page but the first ones stands in one feed."""
    names = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "SSL_CERT_FILE", "NO_PROXY", "no_proxy")
    before = {name: os.environ.pop(name, None) for name in names}
    with Watched() as served:
        os.environ.update(served.environment(folder))
        share = pages // sources
        for at in range(sources):
            last = pages if at == sources - 1 else (at + 1) * share
            served.put(f"http://feed{at}.example/feed", feed(range(max(0, at * share - 1), last)), type="application/rss+xml")
        for n in range(pages):
            served.put(f"http://host{n}.example/page{n}", article(n))
        try:
            yield served
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


def feeds(count: int) -> str:
    """Name the feeds of `web` as settings."""
    return "[" + ", ".join(f'{{id: feed{at}, kind: feed, url: "http://feed{at}.example/feed"}}' for at in range(count)) + "]"


def harvested(desk: Desk, pages: int, toll: Toll) -> None:
    """Each page is an item, once; each lead is settled; each sighting stands once."""
    titles = sorted(title for (title,) in desk.rows("SELECT title FROM items"))
    wanted = sorted(f"Thing number {n}" for n in range(pages))
    toll.check(not set(wanted) - set(titles), f"{len(set(wanted) - set(titles))} items were lost")
    toll.check(len(titles) == len(set(titles)), f"{len(titles) - len(set(titles))} items are there twice")
    toll.check(desk.rows("SELECT DISTINCT state FROM leads") == [("settled",)], "a lead was not settled")
    every, once = desk.rows("SELECT count(*), count(DISTINCT lead || ' ' || source) FROM sightings")[0]
    toll.check(every == once == pages + 1, f"{every} sightings, {once} of them different, instead of {pages + 1}")
    toll.done += len(titles)


def whole(desk: Desk, toll: Toll) -> None:
    """SQLite finds no fault in the file."""
    try:
        said = desk.integrity()
    except sqlite3.DatabaseError as error:
        said = str(error)
    toll.check(said == "ok", f"integrity_check: {said}")


def filled(desk: Desk, count: int, *, first: int = 0) -> None:
    """Put so many items into the queue, numbered from `first` on."""
    with desk.store() as store, store.transaction():
        for number in range(first, first + count):
            address = f"https://north.example/{number}"
            made = builders.resource(url=address, canonical_url=address, title=f"Thing number {number}", text=_WORDS.format(n=number) * 5)
            store.add(made, dedupe.fingerprint(made), Match(fold=Fold.NEW), now=builders.NOW)


def accepted(desk: Desk, count: int) -> None:
    """Put so many items into the queue and keep them all, with a letter for the edition."""
    filled(desk, count)
    with desk.store() as store, store.transaction():
        for item in [one.id for one in store.each_item()]:
            store.decide(builders.decision(item=item))
    letter = desk.folder / "digests" / EDITION / "letter.md"
    letter.parent.mkdir(parents=True, exist_ok=True)
    letter.write_text("Dear all.")


def released(desk: Desk, count: int, toll: Toll) -> None:
    """The edition is out, once, with all its files; the manifest tells the truth; each item is published once."""
    toll.check(desk.rows("SELECT id, state FROM editions") == [(EDITION, "released")], "there is not just one edition, released")
    toll.check(desk.rows("SELECT state, count(*) FROM items GROUP BY state") == [("published", count)], "an item was not published")
    folder = desk.folder / "digests" / EDITION
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file() and path.name[0] != "."}
    manifest = json.loads((folder / "manifest.json").read_text())["files"]
    toll.check({name: files.get(name) for name in manifest} == manifest, "a file is not what the manifest says")
    toll.check(set(files) - {"letter.md", "manifest.json"} == set(manifest), "a file is missing or one too many")
    toll.done += len(manifest)


@contextmanager
def serving(desk: Desk, *words: str) -> Iterator[tuple[subprocess.Popen[str], Visitor]]:
    """Run the real server, and give it with a curator's browser once it answers."""
    port = free_port()
    command = [sys.executable, "-m", "pipeline", "--dir", str(desk.folder), "serve", "--port", str(port), *words]
    with (desk.folder / "serve.log").open("a") as log:  # a pipe that nobody reads is full after some hundred visits, and the server waits for ever
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log, text=True)
    try:
        yield child, _answering(port, child)
    finally:
        if child.poll() is None:
            child.terminate()
        with suppress(subprocess.TimeoutExpired):
            ended(child, patience=20)
        if child.poll() is None:
            child.kill()


def _answering(port: int, child: subprocess.Popen[str]) -> Visitor:
    until = time.monotonic() + 4 * PATIENCE  # a fault is tried on busy machines too
    visitor = Visitor(port)
    while time.monotonic() < until and child.poll() is None:
        try:
            visitor.get("/desk/queue")
        except OSError:
            time.sleep(0.02)
            visitor.connect()
        else:
            return visitor
    raise RuntimeError(f"the server did not answer: {child.poll()}")
