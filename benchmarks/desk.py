"""The desk at a million items: a real server in a process of its own, one visit at a time, first in quiet and then beside a harvest.

    python -m benchmarks desk                       # makes the file under the temporary folder, once
    python -m benchmarks.desk FOLDER [COUNT [VISITS]]   # makes it in a folder, or takes the one that stands there

Fewer items and visits of each sort make it quick: `python -m benchmarks.desk FOLDER 50000 40`. A million items take a quarter of an hour to
write, once, and some minutes to measure. Times are the client's, over loopback with one kept connection: what the server takes and about half a
millisecond more.
"""

from __future__ import annotations

import html
import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

from benchmarks.desk_file import SOURCES, TOPICS, make, vocabulary

COUNT = 1_000_000
RATE = 100
"""Items a second that the harvest beside it stores."""
BOUNDS = {"queue": 5.0, "deep": 5.0, "filter": 5.0, "search": 15.0, "prefix": 15.0, "decide": 3.0, "bulk": 25.0}
"""Milliseconds that 95 of 100 visits may take."""
COLD, MEMORY = 1.5, 300
"""Seconds to the first page, and megabytes."""
VISITS = 200
"""Visits of each sort, in quiet and once more beside the harvest."""
_QUEUE = "/desk/queue"
_SOME = ((0, 40), (5, 10), (10, 5), (30, 0))
"""Topics and sources that have between 200 and 300 waiting items in common, of a million."""


@dataclass
class Visitor:
    """A browser without a window: one connection, the cookies, and how long each visit took in milliseconds."""

    port: int
    took: dict[str, list[float]] = field(default_factory=dict)
    cookie: str = ""
    token: str = ""

    def __post_init__(self) -> None:
        self.connect()

    def connect(self) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", self.port)

    def get(self, path: str, name: str = "") -> str:
        return self._ask("GET", path, None, name)

    def post(self, path: str, fields: dict[str, str], name: str = "") -> str:
        return self._ask("POST", path, urlencode({"token": self.token, **fields}), name)

    def _ask(self, method: str, path: str, body: str | None, name: str) -> str:
        headers = {"Cookie": self.cookie, "Origin": f"http://127.0.0.1:{self.port}", "Accept": "text/html" if body is None else "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self._line.request(method, path, body, headers)
        answer = self._line.getresponse()
        said = answer.read().decode()
        self.took.setdefault(name, []).append((time.perf_counter() - began) * 1_000)
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {said[:300]}")
        for value in answer.headers.get_all("Set-Cookie") or ():
            self.cookie = value.partition(";")[0]
            self.token = self.cookie.partition("=")[2]
        return said


def desk(folder: Path | None = None, count: int = COUNT, visits: int = VISITS) -> Iterator[str]:
    """Queue, filters, search, decisions, each in quiet and beside a harvest; cold start and memory."""
    where = folder or Path(tempfile.gettempdir()) / "gleanings-desk-bench"
    where.mkdir(parents=True, exist_ok=True)
    make(where / "curated.db", count, _say)
    _settings(where)
    with _serving(where) as (child, port):
        visitor = Visitor(port)
        cold = _first_page(visitor)
        _say(f"first page after {cold:.1f} s")
        loaded = cold + _until_counted(visitor)
        _say(f"counted after {loaded:.1f} s")
        quiet = _measured(visitor, count, visits)
        _say("in quiet done; beside a harvest")
        with _harvesting(where) as harvest:
            busy = _measured(visitor, count, visits)
        stored, refused = harvest()
        memory = _memory(child.pid)
    load = os.getloadavg()[1]
    yield f"desk: {visits} visits of each sort; load of the machine {load:.1f} on {os.cpu_count()} processors"
    yield f"desk: {count:,} items; cold start {cold:.2f} s (bound {COLD} s), counts after {loaded:.1f} s; memory {memory} MB (bound {MEMORY} MB)"
    yield f"desk: beside the harvest {stored:.0f} items/s were stored, {refused} times the file was busy"
    for name in BOUNDS:
        yield _line(name, quiet[name], busy[name])
    figures = {
        "count": count,
        "visits": visits,
        "load": round(load, 1),
        "cold_s": cold,
        "loaded_s": loaded,
        "memory_mb": memory,
        "stored_per_s": stored,
        "busy": refused,
    }
    written = {**figures, "quiet_ms": {n: _shares(v) for n, v in quiet.items()}, "harvest_ms": {n: _shares(v) for n, v in busy.items()}}
    (where / "desk.json").write_text(json.dumps(written, indent=1))


def _say(words: str) -> None:
    print(f"desk: {words}", file=sys.stderr, flush=True)


def _measured(visitor: Visitor, count: int, visits: int) -> dict[str, list[float]]:
    visitor.connect()  # the server has hung up on who said nothing for some seconds, as while a harvest was started
    visitor.took.clear()
    for _ in range(visits):
        visitor.get(_QUEUE, "queue")
    _deep(visitor, count, visits)
    for at in range(visits):
        visitor.get(f"{_QUEUE}?{_filters(at)}", "filter")
    words = vocabulary()
    for at in range(visits):  # every second one of the hundred most frequent, the others from the whole vocabulary
        word = words[at // 2 if at % 2 else at * 149 % len(words)]
        visitor.get(f"{_QUEUE}?q={quote(word)}+", "search")
        visitor.get(f"{_QUEUE}?q={quote(word[: 1 + at % 6])}", "prefix")
    _decide(visitor, visits)
    _bulk(visitor, max(2, visits // 10))
    return dict(visitor.took)


def _filters(at: int) -> str:
    """Give some filters: each by itself, and all together."""
    asked = {"topic": f"topic-{at % TOPICS:02}", "kind": "report", "source": f"source-{at * 7 % SOURCES:03}", "state": "accepted", "person": "Tom"}
    names = (("topic",), ("kind",), ("source",), ("state",), ("state", "person"), ("topic", "kind"), ("topic", "source"), tuple(asked))[at % 8]
    return urlencode({name: asked[name] for name in names})


def _deep(visitor: Visitor, count: int, visits: int) -> None:
    """Go on from page to page, and to places far down that nobody pages to."""
    path = _QUEUE
    for at in range(visits):
        page = visitor.get(path, "deep")
        onward = re.search(r'class="btn older" href="([^"]+)"', page)
        path = html.unescape(onward[1]) if onward and at % 10 else f"{_QUEUE}?after={1 + at * 4_993 % count}"


def _decide(visitor: Visitor, visits: int) -> None:
    waiting = re.findall(r'data-id="(\d+)"', "".join(visitor.get(f"{_QUEUE}?topic=topic-{at:02}&order=newest") for at in range(20)))
    for at, item in enumerate(list(dict.fromkeys(waiting))[:visits]):
        choice = {"verdict": "accept"} if at % 3 == 0 else {"reason": "weak"}
        visitor.post(f"/desk/items/{item}/decide", choice, "decide")
        visitor.post("/desk/undo", {})


def _bulk(visitor: Visitor, times: int) -> None:
    """Reject 200 to 300 at a time (of a million) from the preview, as its form does."""
    for at in range(times):
        topic, source = _SOME[at % len(_SOME)]
        asked = {"topic": f"topic-{topic:02}", "source": f"source-{source:03}", "act": "reject", "reason": "weak"}
        page = visitor.get(f"/desk/bulk?{urlencode(asked)}", "preview")
        fields = {
            html.unescape(name): html.unescape(value) for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
        }
        visitor.post("/desk/bulk", fields, "bulk")
        visitor.post("/desk/undo", {})


# ---------------------------------------------------------------- the server and the harvest


def _settings(folder: Path) -> None:
    topics = "\n".join(f"  - {{id: topic-{at:02}, name: Subject {at:02}, keywords: [subject {at}]}}" for at in range(TOPICS))
    sources = "\n".join(f"  - {{id: source-{at:03}, kind: feed, url: 'https://host{at:03}.example/feed'}}" for at in range(SOURCES))
    head = "desk: {name: Large desk, organisation: Example, url: 'https://digest.example.org', contact: editor@example.org, editor: Sam}"
    (folder / "sources.yaml").write_text(f"{head}\ntopics:\n{topics}\nsources:\n{sources}\n", encoding="utf-8")


def free_port() -> int:
    """Find a port of this machine on which nobody listens."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


@contextmanager
def _serving(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    words = [sys.executable, "-m", "pipeline", "--dir", str(folder), "serve", "--port", str(port), "--no-harvest"]
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield child, port
    finally:
        child.terminate()
        child.wait(60)


def _first_page(visitor: Visitor) -> float:
    """Wait for the first page; gives the seconds since the process was started."""
    began = time.monotonic()
    while True:
        try:
            visitor.get(_QUEUE)
            return time.monotonic() - began
        except OSError:
            time.sleep(0.02)
            visitor.connect()


def _until_counted(visitor: Visitor) -> float:
    """Wait until the counts stand beside the filters."""
    began = time.monotonic()
    while 'data-news="source-' not in visitor.get(_QUEUE):
        time.sleep(0.1)
    return time.monotonic() - began


@contextmanager
def _harvesting(folder: Path) -> Iterator[Callable[[], tuple[float, int]]]:
    """Store items in a process of its own meanwhile; gives what tells afterwards how many a second that were, and how often it was refused."""
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.desk_harvest", str(folder / "curated.db"), str(RATE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    told: list[tuple[float, int]] = []
    assert child.stdout is not None
    child.stdout.readline()
    try:
        yield lambda: told[0]
    finally:
        stored, refused = json.loads(child.communicate("\n", timeout=120)[0])
        told.append((stored, refused))


def _memory(process: int) -> int:
    """Give the resident memory of a process in megabytes, as Linux has it."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) // 1024 if found else 0


def _shares(took: list[float]) -> dict[str, float]:
    cut = statistics.quantiles(took, n=100)
    return {"p50": round(cut[49], 2), "p95": round(cut[94], 2), "p99": round(cut[98], 2), "n": len(took)}


def _line(name: str, quiet: list[float], busy: list[float]) -> str:
    one, two = _shares(quiet), _shares(busy)
    both = "  ".join(f"{label} p50 {v['p50']:6.1f} p95 {v['p95']:6.1f} p99 {v['p99']:6.1f}" for label, v in (("quiet", one), ("harvest", two)))
    return f"desk: {name:7} ms  {both}  bound p95 {BOUNDS[name]:.0f}"


if __name__ == "__main__":
    for said in desk(Path(sys.argv[1]), *map(int, sys.argv[2:4])):
        print(said, flush=True)
