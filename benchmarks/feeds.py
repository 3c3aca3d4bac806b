"""Polling feeds beside `reader`: `python -m benchmarks.feeds`. Whole processes from outside, in turn, on the same local web without latency.

200 feeds of 20 entries, each on a loopback address of its own: polled for the first time, and again when nothing has changed. Both keep the 4,000
entries with title, link, date and words; the pages behind them are no part of a poll. Ours asks robots.txt first and visits one page, the least that
can be asked of it; between the polls, unmeasured, it visits the others (there are none: 404), so that the second finds nothing to do but ask.
`PEER_READER` names a Python in which `reader` is installed.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.__main__ import BIN, PORT, median, timed, web

FEEDS, ENTRIES, RUNS = 200, 20, 3
DESK = """desk: {{name: Bench, url: "https://digest.example.org", contact: editor@example.org}}
harvest: {{per_host: {{concurrency: 1, delay: 0s}}, allow_private: [127.0.0.0/8]}}
sources:
{sources}"""
PEER = """
import sys
from reader import make_reader
with make_reader(sys.argv[1]) as reader:
    for line in open(sys.argv[2]):
        reader.add_feed(line.strip(), exist_ok=True)
    reader.update_feeds(workers=10)
"""
_WORDS = ("network", "care", "practice", "learning", "report", "clinic", "people", "change", "improve", "together", "evidence", "trust")


def feeds() -> Iterator[str]:
    """Measure both polls of each, medians."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        addresses = [f"http://127.10.{number // 200}.{number % 200 + 1}:{PORT}/feed" for number in range(FEEDS)]
        rows = [{"host": address.split("/")[2].split(":")[0], "path": "/feed", "body": _feed(address)} for address in addresses]
        with web(rows, folder):
            ours = [_ours(folder / f"ours{run}", addresses) for run in range(RUNS)]
            yield _line("gleanings harvest --all", ours)
            if python := os.environ.get("PEER_READER"):
                theirs = [_theirs(python, folder / f"theirs{run}", addresses) for run in range(RUNS)]
                yield _line("reader update_feeds(workers=10)", theirs)
                for place, named in enumerate(("first poll", "unchanged")):
                    one, other = median([run[place] for run in ours]), median([run[place] for run in theirs])
                    yield f"feeds: {named}: ours is {other[0] / one[0]:.1f} times as fast, {other[1] / one[1]:.1f} times in CPU (wanted: 5)"
            else:
                yield "feeds: reader is not at hand (PEER_READER); skipped"


def _line(named: str, runs: list[tuple[tuple[float, float], tuple[float, float]]]) -> str:
    first, again = median([run[0] for run in runs]), median([run[1] for run in runs])
    polls = f"first {first[0]:.2f} s wall, {first[1]:.2f} s CPU; unchanged {again[0]:.2f} s wall, {again[1]:.2f} s CPU"
    return f"feeds: {named}: {FEEDS} × {ENTRIES} {polls}; load {os.getloadavg()[0]:.1f}"


def _ours(folder: Path, addresses: list[str]) -> tuple[tuple[float, float], tuple[float, float]]:
    folder.mkdir()
    lines = "".join(f'  - {{id: s{number}, kind: feed, url: "{address}"}}\n' for number, address in enumerate(addresses))
    (folder / "sources.yaml").write_text(DESK.format(sources=lines), encoding="utf-8")
    command = [str(BIN / "gleanings"), "harvest", "--all"]
    first = timed([*command, "--limit", "1"], cwd=folder)
    timed(command, cwd=folder)
    return first, timed(command, cwd=folder)


def _theirs(python: str, folder: Path, addresses: list[str]) -> tuple[tuple[float, float], tuple[float, float]]:
    folder.mkdir()
    (folder / "feeds.txt").write_text("".join(f"{address}\n" for address in addresses), encoding="utf-8")
    command = [python, "-c", PEER, str(folder / "reader.db"), str(folder / "feeds.txt")]
    return timed(command, cwd=folder), timed(command, cwd=folder)


def _feed(address: str) -> str:
    chance = random.Random(address)
    base = address.removesuffix("/feed")

    def said(count: int) -> str:
        return " ".join(chance.choice(_WORDS) for _ in range(count))

    entries = "".join(
        f"<item><title>{said(8)} {n}</title><link>{base}/{n}</link><guid>{base}/{n}</guid><pubDate>{n + 1:02d} Nov 2026 09:00:00 GMT</pubDate>"
        f"<description>{said(120)}</description></item>"
        for n in range(ENTRIES)
    )
    head = f"<title>{said(3)}</title><link>{base}</link><description>d</description>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{entries}</channel></rss>'


if __name__ == "__main__":
    for line in feeds():
        print(line, flush=True)
    sys.exit(0)
