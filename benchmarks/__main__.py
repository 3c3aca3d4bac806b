"""Measure what the README claims: `python -m benchmarks [NAME…]`. Whole processes, from outside, ours and the peer's in turn."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import trafilatura

from benchmarks.desk import desk
from benchmarks.editions import editions
from benchmarks.hostile import hostile_editions
from benchmarks.mail import mail
from benchmarks.robot import robot
from pipeline import classify
from pipeline.model import Resource, Topic

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[1] / "shared"
BIN = Path(sys.executable).parent
PORT = 18931
DESK = """desk: {name: Bench, organisation: Bench, url: "https://digest.example.org", contact: editor@example.org, timezone: Europe/London}
harvest: {every: 1h, per_host: {concurrency: 1, delay: 0s}, allow_private: [127.0.0.0/8]}
sources:
  - {id: listing, kind: listing, url: "http://127.8.0.1:18931/"}
"""


def timed(command: list[str], *, cwd: Path, env: dict[str, str] | None = None, standard_input: Path | None = None) -> tuple[float, float]:
    """Run a command once; give wall seconds and CPU seconds of it and its children. Its output goes nowhere."""
    before, begin = os.times(), time.perf_counter()
    with standard_input.open("rb") if standard_input else Path(os.devnull).open("rb") as given:
        done = subprocess.run(
            command, cwd=cwd, env={**os.environ, **(env or {})}, stdin=given, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
    wall, after = time.perf_counter() - begin, os.times()
    if done.returncode not in (0, 4):
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr.decode()[-2000:]}")
    return wall, after.children_user + after.children_system - before.children_user - before.children_system


def median(runs: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(run[0] for run in runs), statistics.median(run[1] for run in runs)


@contextmanager
def web(rows: list[dict[str, str]], folder: Path) -> Iterator[None]:
    """Serve rows on loopback addresses in a process of its own."""
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    process = subprocess.Popen([sys.executable, str(HERE / "web.py"), str(folder / "rows.jsonl"), str(PORT)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def pages(count: int = 300, runs: int = 3) -> Iterator[str]:
    """Real pages, each on a host of its own, at no latency: fetched, read, folded, stored; beside trafilatura's own command."""
    corpus = SHARED / "corpus" / "pages"
    if not corpus.is_dir():
        yield "pages: the corpus of real pages is not at hand; skipped"
        return
    gold = [json.loads(line) for line in (corpus / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    picked = [
        (f"127.9.{n // 200}.{n % 200 + 1}", f"/{gold[n % len(gold)]['id']}", str(corpus / gold[n % len(gold)]["html_file"])) for n in range(count)
    ]
    urls = [f"http://{host}:{PORT}{path}" for host, path, _ in picked]
    links = "".join(f'<li><a href="{url}">Link to article {n}</a></li>' for n, url in enumerate(urls))
    listing = {"host": "127.8.0.1", "path": "/", "body": f"<html><head><title>Resources</title></head><body><ul>{links}</ul></body></html>"}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "list.txt").write_text("\n".join(urls) + "\n")
        settings = Path(trafilatura.__file__).with_name("settings.cfg").read_text()
        settings = settings.replace("SSRF_PROTECTION = on", "SSRF_PROTECTION = off")  # so that it may reach loopback at all
        (folder / "settings.cfg").write_text(settings)
        ours, theirs = [], []
        with web([*({"host": host, "path": path, "file": file} for host, path, file in picked), listing], folder):
            for run in range(runs):
                desk = folder / f"desk{run}"
                desk.mkdir()
                (desk / "sources.yaml").write_text(DESK)
                ours.append(timed([str(BIN / "gleanings"), "harvest", "--all"], cwd=desk))
                peer = ["trafilatura", "--config-file", "settings.cfg", "-i", "list.txt", "--parallel", "2", "--json", "--with-metadata"]
                theirs.append(timed([str(BIN / peer[0]), *peer[1:], "-o", str(folder / f"out{run}")], cwd=folder))
        wall, _ = median(ours)
        their_wall, _ = median(theirs)
        stored = subprocess.run([str(BIN / "gleanings"), "export", "items"], cwd=folder / "desk0", capture_output=True, text=True, check=True).stdout
        written = len(list((folder / "out0").rglob("*.json")))
    yield f"pages: gleanings harvest        {count / wall:6.1f} pages/s  wall {wall:6.2f} s  {stored.count(chr(10))} stored"
    yield f"pages: trafilatura --parallel 2 {count / their_wall:6.1f} pages/s  wall {their_wall:6.2f} s  {written} written"
    yield f"pages: ratio {their_wall / wall:.2f}"


def pdf(runs: int = 5) -> Iterator[str]:
    """A digest of 60 entries as PDF, in a process of its own: the whole process, and the setting alone."""
    program = str(HERE / "one_pdf.py")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        whole = [timed([sys.executable, program], cwd=folder) for _ in range(runs + 1)][1:]
        inside = [
            float(subprocess.run([sys.executable, program], cwd=folder, capture_output=True, text=True, check=True).stdout.split()[0])
            for _ in range(runs)
        ]
    yield f"pdf: 60 entries, setting alone {statistics.median(inside):.3f} s; whole process {median(whole)[0]:.2f} s"


def start(runs: int = 9) -> Iterator[str]:
    """`gleanings --help`, the whole process, beside Python itself."""
    with tempfile.TemporaryDirectory() as scratch:
        helped = [timed([str(BIN / "gleanings"), "--help"], cwd=Path(scratch)) for _ in range(runs + 1)][1:]
        bare = [timed([sys.executable, "-c", "pass"], cwd=Path(scratch)) for _ in range(runs + 1)][1:]
    yield f"start: gleanings --help {median(helped)[0]:.3f} s; python alone {median(bare)[0]:.3f} s"


def tags(count: int = 1_000) -> Iterator[str]:
    """Topics suggested for long texts from a taxonomy of twenty, in this process."""
    topics = [Topic(id=f"t{n}", name=f"Subject {n}", keywords=(f"word{n} care", f"practice{n}", "community of practice")) for n in range(20)]
    text = "Hip fractures, run charts and peer learning in a community of practice. " * 60
    resource = Resource(url="https://a.example/", title="Falls prevention", text=text)
    model = classify.learn(topics, [classify.features(resource)] * 20).topics
    begin = time.process_time()
    model.suggest([classify.features(resource) for _ in range(count)])
    yield f"tags: {count} items of {len(text.split())} words, 20 topics: {time.process_time() - begin:.2f} s cpu"


MEASURES: dict[str, Callable[[], Iterator[str]]] = {
    **{"start": start, "pdf": pdf, "tags": tags, "pages": pages},
    **{"editions": editions, "hostile": hostile_editions, "mail": mail, "robot": robot, "desk": desk},
}


def main(names: list[str]) -> None:
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {shutil.disk_usage('/').free // 2**30} GiB free", flush=True)
    for name in names or MEASURES:
        for line in MEASURES[name]():
            print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
