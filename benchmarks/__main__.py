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

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[1] / "shared"
BIN = Path(sys.executable).parent
PORT = 18931
DESK = """desk: {name: Bench, organisation: Bench, url: "https://digest.example.org", contact: editor@example.org, timezone: Europe/London}
harvest: {every: 1h, per_host: {concurrency: 1, delay: 0s}}
sources:
  - {id: listing, kind: listing, url: "http://listing.test/resources"}
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
def replay(manifest: Path, state: Path) -> Iterator[dict[str, str]]:
    """Serve saved pages at their addresses through a proxy; give the environment that reaches it."""
    state.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, str(SHARED / "tools" / "replay_web.py"), "--manifest", str(manifest), "--port", str(PORT), "--state", str(state)],
        stderr=subprocess.DEVNULL,
    )
    try:
        while not (state / "ready").exists():
            time.sleep(0.05)
        proxy = f"http://127.0.0.1:{PORT}"
        yield {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "http_proxy": proxy, "https_proxy": proxy, "SSL_CERT_FILE": str(state / "ca.pem")}
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
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        urls = [f"http://page-{n}.test/{gold[n % len(gold)]['id']}" for n in range(count)]
        rows = [{"url": url, "file": str(corpus / gold[n % len(gold)]["html_file"]), "type": "text/html"} for n, url in enumerate(urls)]
        links = "".join(f'<li><a href="{url}">Link to article {n}</a></li>' for n, url in enumerate(urls))
        rows.append(
            {"url": "http://listing.test/resources", "body": f"<html><head><title>Resources</title></head><body><ul>{links}</ul></body></html>"}
        )
        (folder / "web.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (folder / "list.txt").write_text("\n".join(urls) + "\n")
        with replay(folder / "web.jsonl", folder / "state") as env:
            ours, theirs = [], []
            for run in range(runs):
                desk = folder / f"desk{run}"
                desk.mkdir()
                (desk / "sources.yaml").write_text(DESK)
                ours.append(timed([str(BIN / "gleanings"), "harvest", "--all"], cwd=desk, env=env))
                out = folder / f"out{run}"
                theirs.append(
                    timed(
                        [str(BIN / "trafilatura"), "-i", str(folder / "list.txt"), "--parallel", "2", "--json", "--with-metadata", "-o", str(out)],
                        cwd=folder,
                        env=env,
                    )
                )
        wall, cpu = median(ours)
        their_wall, their_cpu = median(theirs)
        stored = subprocess.run(
            [str(BIN / "gleanings"), "export", "items"], cwd=folder / "desk0", capture_output=True, text=True, check=True
        ).stdout.count("\n")
        written = len(list((folder / "out0").rglob("*.json")))
        yield f"pages: gleanings harvest    {count / wall:6.1f} pages/s  wall {wall:6.2f} s  cpu {cpu:6.2f} s  {stored} stored"
        yield f"pages: trafilatura --parallel 2 {count / their_wall:6.1f} pages/s  wall {their_wall:6.2f} s  cpu {their_cpu:6.2f} s  {written} written"
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


MEASURES: dict[str, Callable[[], Iterator[str]]] = {"start": start, "pdf": pdf, "pages": pages}


def main(names: list[str]) -> None:
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {shutil.disk_usage('/').free // 2**30} GiB free", flush=True)
    for name in names or MEASURES:
        for line in MEASURES[name]():
            print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
