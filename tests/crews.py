"""Dask clusters on loopback as an operator starts them, and stand-ins for `work` that die, for the tests of the crew.

with cluster(tmp_path, workers=2) as site:
    site.address            # tcp://127.0.0.1:…
    site.scheduler.kill()   # processes of ours
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline import urls
from pipeline.harvest.work import set_aside
from pipeline.model import HarvestSettings, Outcome, Shard, ShardDone

ROOT = Path(__file__).resolve().parents[1]
LONG = 120
"""Seconds for a process to come up on a busy machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A scheduler with its workers."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: subprocess.Popen[bytes]


@contextmanager
def cluster(
    folder: Path, *, workers: int = 2, nanny: bool = True, environ: Mapping[str, str] | None = None, tls: Mapping[str, str] | None = None
) -> Iterator[Site]:
    """Start a scheduler and workers, each in a process under a nanny; end them all."""
    env = {**os.environ, **(environ or {}), "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__ADMIN__TICK__LIMIT": "60s"}
    env |= {"NO_PROXY": "", "no_proxy": "", "COVERAGE_PROCESS_START": ""}
    where = folder / "scheduler.json"
    options = {"ca": "--tls-ca-file", "cert": "--tls-cert", "key": "--tls-key"}
    secret = [f"{options[name]}={path}" for name, path in (tls or {}).items()]
    kind = ["--protocol", "tls"] if tls else []
    open_ports = ["--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0"]
    scheduler = _start(folder, "scheduler", *open_ports, "--scheduler-file", str(where), *kind, *secret, env=env)
    crew = ["--nworkers", str(workers), "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", "--local-directory", str(folder / "scratch")]
    crew += [] if nanny else ["--no-nanny"]
    found = [scheduler]
    try:
        address = _address(where, scheduler)
        found.append(_start(folder, "worker", address, *crew, *kind, *secret, env=env))
        yield Site(address=address, scheduler=scheduler, workers=found[1])
    finally:
        for process in reversed(found):
            _end(process)


def _start(folder: Path, name: str, *words: str, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with (folder / f"{name}.log").open("wb") as log:
        command = [sys.executable, "-m", f"distributed.cli.dask_{name}", *words]
        return subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=ROOT, start_new_session=True)


def _address(where: Path, scheduler: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + LONG
    while time.monotonic() < until and scheduler.poll() is None:
        try:
            return str(json.loads(where.read_text(encoding="utf-8"))["address"])
        except (OSError, ValueError):
            time.sleep(0.02)
    raise AssertionError(where.with_name("scheduler.log").read_text(encoding="utf-8"))


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(LONG)


def article(url: str) -> str:
    """Make a page that is like no other: its words are drawn by its address."""
    chance = random.Random(url)  # noqa: S311 - not for secrets
    title, *rest = (" ".join("".join(chance.choices("abcdefghijklmnoprstuvw", k=chance.randint(3, 9))) for _ in range(40)) for _ in range(5))
    text = "".join(f"<p>The year ended well. {words}.</p>" for words in rest)
    head = " ".join(title.split()[:5]).capitalize()
    return f"<!doctype html><html lang='en'><head><title>{head}</title></head><body><main><h1>{head}</h1>{text}</main></body></html>"


def done(shard: Shard) -> ShardDone:
    """Answer a shard as if each of its pages were well."""
    return ShardDone(
        shard=shard.id,
        outcomes=tuple(Outcome(claim=claim.id, reason="well") for claim in shard.claims),
        robots={urls.host(claim.url): "User-agent: *" for claim in shard.claims},
        asked={urls.host(claim.url): datetime.now(UTC) for claim in shard.claims},
    )


def killing(shard: Shard, settings: HarvestSettings) -> ShardDone:
    """Stand-in for `work`: a page called `killer` brings its process down, each time; one called `unlucky` the first time."""
    for claim in shard.claims:
        mark = Path(settings.contact, f"{claim.id}")
        if claim.url.endswith("/killer") or (claim.url.endswith("/unlucky") and not mark.exists()):
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return done(shard)


def telling(shard: Shard, settings: HarvestSettings) -> ShardDone:
    """Stand-in for `work` that gives back the settings which it was given."""
    return set_aside(shard, f"{settings.mail_passwords} {settings.cluster} {settings.contact}")
