"""`make cluster-demo`: harvest the sample web with a Dask scheduler and two workers on loopback, say who did what, and end.

Scheduler and workers are started by the commands that an operator types. They are in the open here, which is right on loopback only.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipeline.cli.session import PARTLY
from pipeline.demo.__main__ import emptied, furnish, reach_only, run
from pipeline.demo.server import serving
from pipeline.errors import UnavailableError
from pipeline.harvest.crew import errand

WORKERS = 2
LONG = 60.0
"""Seconds for the cluster to come up."""


def main() -> int:
    """Run the demonstration; give back the exit code of the first command that failed, or 0."""
    folder = emptied(Path("demo"))
    with serving(datetime.now(UTC).date()) as server:
        assert server.web is not None  # noqa: S101 - `serving` has set it
        reach_only(server.web.port)
        furnish(folder, server.web)
        with _cluster(folder) as address:
            began = time.monotonic()
            code = run(folder, "harvest", "--all", "--cluster", address)
            if code not in (0, PARTLY):
                return code
            _tell(address, time.monotonic() - began)
    return 0


@contextmanager
def _cluster(folder: Path) -> Iterator[str]:
    """Start a scheduler with its workers; give its address."""
    where = folder.resolve() / "scheduler.json"
    crew = ("--nworkers", str(WORKERS), "--nthreads", "1", "--memory-limit", "1GB", "--no-dashboard", "--local-directory", str(folder / "scratch"))
    started = [_start("scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0", "--scheduler-file", str(where))]
    try:
        address = _address(where)
        started.append(_start("worker", address, "--host", "127.0.0.1", *crew))
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(LONG)


def _start(name: str, *words: str) -> subprocess.Popen[bytes]:
    print(f"\n$ dask {name} {' '.join(words)}", flush=True)
    command = [sys.executable, "-m", f"distributed.cli.dask_{name}", *words]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _address(where: Path) -> str:
    for _ in range(int(LONG * 10)):
        if where.exists() and (text := where.read_text(encoding="utf-8")):
            return str(json.loads(text)["address"])
        time.sleep(0.1)
    raise UnavailableError("The scheduler of the demonstration does not start.", hint="`dask scheduler` says why.")


def _tell(address: str, seconds: float) -> None:
    from distributed import Client  # an extra

    with Client(address, set_as_default=False) as client:
        found = client.run(errand.look)
        memory = {worker: one["metrics"]["memory"] for worker, one in client.scheduler_info(n_workers=-1)["workers"].items()}
    print(f"\n{'worker':<28} {'pages':>6} {'memory':>9}")
    for worker, one in sorted(found.items()):
        print(f"{worker:<28} {one.worked:>6} {memory.get(worker, 0) / 1e6:>6.0f} MB")
    print(f"\nDone in {seconds:.0f} s. Start it on other machines as docs/cluster.md says.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
