"""The ticking process: what it starts, what it leaves alone, and how it ends. Children here are small real processes."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn

from pipeline import service
from pipeline.errors import LockedError, StoreError, UnavailableError
from pipeline.model import EditionState, Run, State, Verdict
from pipeline.service import Doors, Harvester, freshen, serving, study, tick, ticking
from pipeline.store import Store
from pipeline.store.lock import hold
from tests import builders
from tests.desk import PATIENCE
from tests.test_web import Site

SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")
DIES = (sys.executable, "-c", "raise SystemExit(1)")
DONE = (sys.executable, "-c", "raise SystemExit(4)")


def doors(site: Site, child: tuple[str, ...] = DONE) -> Doors:
    return Doors(app=site.app, open_store=site.open, clock=lambda: site.now, child=child)


def ended(harvester: Harvester, site: Site) -> None:
    """Wait for the child to end."""
    until(lambda: not harvester.is_busy(site.now))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    with made.open() as store:
        store.sync_sources(made.config.sources, made.now)
    return made


@contextmanager
def at_work(harvester: Harvester) -> Iterator[Harvester]:
    try:
        yield harvester
    finally:
        harvester.stop()


def test_a_source_that_is_due_starts_the_harvest_once_and_niced(site: Site) -> None:
    with at_work(Harvester(SLEEPER)) as harvester:
        tick(site.config, doors(site), harvester)
        pid = harvester.pid
        assert pid is not None
        assert os.getpriority(os.PRIO_PROCESS, pid) == 10
        tick(site.config, doors(site), harvester)
        assert harvester.pid == pid


def test_where_nothing_is_due_nothing_starts(site: Site) -> None:
    with site.open() as store:
        store.record_run(Run(source="north-blog", started=site.now, finished=site.now))
    harvester = Harvester(SLEEPER)
    tick(site.config, doors(site), harvester)
    assert not harvester.is_busy(site.now)


def test_whether_something_is_due_is_known_without_counting_what_a_desk_holds(site: Site) -> None:
    said: list[str] = []
    with site.open() as store:
        store._db.set_trace_callback(said.append)
        assert ticking._is_due(site.config, store, site.now)
        assert said
        assert not any("count(" in sql and table in sql for sql in said for table in ("items", "sightings"))


def test_a_child_that_dies_is_started_again_after_a_pause_that_doubles(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    harvester = Harvester(DIES)
    pauses = []
    for _ in range(3):
        assert harvester.start(site.now, site.config)
        ended(harvester, site)
        assert not harvester.start(site.now, site.config)
        start = site.now
        while not harvester.may_start(site.now):
            site.now += timedelta(minutes=1)
        pauses.append((site.now - start) // timedelta(minutes=1))
    assert pauses == [2, 4, 8]
    assert [record.message.split(" again")[0] for record in caplog.records] == [f"harvest died code=1 deaths={number}" for number in (1, 2, 3)]


def test_a_harvest_in_which_some_sources_failed_is_no_death(site: Site) -> None:
    harvester = Harvester(DONE)
    assert harvester.start(site.now, site.config)
    ended(harvester, site)
    assert harvester.may_start(site.now)


def test_stopping_ends_the_child_and_its_workers(site: Site, tmp_path: Path) -> None:
    told = tmp_path / "pid"
    forks = f"import os, time; pid = os.fork(); pid and open({str(told)!r}, 'w').write(str(pid)); time.sleep(60)"
    harvester = Harvester((sys.executable, "-c", forks))
    harvester.start(site.now, site.config)
    until(lambda: told.exists() and told.read_text() != "")
    harvester.stop()
    until(lambda: not is_alive(int(told.read_text())))
    assert not harvester.is_busy(site.now)


def test_a_tick_wakes_what_was_put_off(site: Site) -> None:
    item = site.add(1)
    with site.open() as store:
        store.decide(builders.decision(item=item, verdict=Verdict.DEFER))
    site.now += timedelta(days=15)
    tick(site.config, doors(site), None)
    assert site.state(item) is State.QUEUED


def test_the_draft_follows_the_decisions(site: Site) -> None:
    with site.open() as store:
        freshen(site.config, store, now=site.now)
        assert store.editions() == ()
    first = site.accept(1)
    with site.open() as store:
        freshen(site.config, store, now=site.now + timedelta(seconds=1))
        edition = store.editions()[0]
    assert (edition.id, edition.state) == ("2026-12", EditionState.DRAFT)
    assert [entry.id for section in edition.sections for entry in section.entries] == [first]


def test_a_frozen_edition_is_left_alone(site: Site) -> None:
    frozen = builders.edition(id="2026-12", state=EditionState.FROZEN, composed=site.now - timedelta(days=1), sections=())
    site.accept(1)
    with site.open() as store:
        store.save_edition(frozen)
        freshen(site.config, store, now=site.now)
        assert store.edition("2026-12") == frozen


def test_a_tick_that_fails_is_told_and_does_not_raise(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "curated.db").write_bytes(b"this is no database, " * 200)
    site = Site(tmp_path)
    tick(site.config, doors(site), None)
    assert [record.message.partition(":")[0] for record in caplog.records] == ["tick failed"]


def test_a_second_instance_is_refused(site: Site) -> None:
    with hold(site.config.db, "serve", now=site.now), pytest.raises(LockedError, match="Another Gleanings is at work"):
        service.serve(site.config, doors(site), host="127.0.0.1", port=0, harvest=False)


def test_a_port_that_is_taken_is_a_sentence(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(UnavailableError) as caught:
        service.serve(site.config, doors(site), host="127.0.0.1", port=other.getsockname()[1], harvest=False)
    assert "cannot be listened on" in caught.value.sentence
    assert "--port" in caught.value.hint


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_answer_waits_for_no_acknowledgement(host: str) -> None:
    """Else each answer but the first of a connection comes 40 ms late: head and body are two writes (Nagle's algorithm, RFC 1122 4.2.3.4)."""
    with serving._listening(host, 0) as listener, socket.create_connection(listener.getsockname()[:2]):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_the_service_serves_harvests_and_ends_with_its_child(tmp_path: Path, sign: signal.Signals) -> None:
    """The whole thing in a process of its own: ready in time, a child at work, and after the signal nobody is left."""
    script = tmp_path / "run.py"
    script.write_text(
        f"""
import logging, sys
from datetime import UTC, datetime
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).resolve().parents[1])!r})
from tests.test_web import Site
from pipeline import service
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
site = Site(Path({str(tmp_path)!r}))
child = (sys.executable, "-c", "import os, time; open({str(tmp_path / "child")!r}, 'w').write(str(os.getpid())); time.sleep(60)")
doors = service.Doors(app=site.app, open_store=site.open, clock=lambda: datetime.now(UTC), child=child)
service.serve(site.config, doors, host="127.0.0.1", port=0, harvest=True)
print("ended")
"""
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as process:
        try:
            said = watched(process, tmp_path / "child", sign)
        finally:
            process.kill()  # where something above did not hold, nobody else ends it
    assert said in {"ended", "ending in the middle of an errand; it begins anew at the next start"}
    assert not is_alive(int((tmp_path / "child").read_text()))


def watched(process: subprocess.Popen[str], child: Path, sign: signal.Signals) -> str:
    """Use a service until its child is at work, end it by a signal, and give the last line that it says."""
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    address = next(line for line in lines if line.startswith("serving url=")).strip().removeprefix("serving url=")
    assert httpx.get(f"{address}readyz", trust_env=False, timeout=PATIENCE).status_code == 200
    assert httpx.get(f"{address}desk/queue", trust_env=False, timeout=PATIENCE).status_code == 200
    until(lambda: child.exists() and child.read_text() != "")
    asked = time.monotonic()
    process.send_signal(sign)
    rest = process.stdout.read()
    assert process.wait(20) == 0
    assert time.monotonic() - asked < 10
    return rest.splitlines()[-1]


def test_a_second_signal_in_the_middle_of_the_first_is_let_pass(tmp_path: Path) -> None:
    """An event sets itself under a lock: whoever sets it in a signal that came while it was set would wait for himself."""

    class Interrupted(threading.Event):
        times = 0

        def set(self) -> None:
            self.times += 1
            assert self.times == 1, "it was set within its own setting"
            signal.raise_signal(signal.SIGTERM)
            super().set()

    ends = Interrupted()
    site = Site(tmp_path)
    doors = service.Doors(app=site.app, open_store=site.open, clock=lambda: builders.NOW, child=(), ends=ends)
    with serving._ended_by_signals(uvicorn.Server(uvicorn.Config(site.app)), doors):
        signal.raise_signal(signal.SIGTERM)
    assert ends.is_set()


def until(holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Look again and again, and leave the machine to what is awaited in between, until it holds."""
    last = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < last, "it did not happen in time"
        threading.Event().wait(0.005)


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_once_the_curator_pauses_the_machine_learns_from_what_she_decided(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    site.accept(1)
    with site.open() as store:
        before = store.trained()
    harvester = Harvester(DONE)
    study(site.config, doors(site), harvester)
    with site.open() as store:
        assert store.trained() == before
    site.now += timedelta(seconds=20)
    study(site.config, doors(site), harvester)
    study(site.config, doors(site), harvester)
    with site.open() as store:
        training = store.trained()
    assert training is not None
    assert training.at == site.now
    assert caplog.text.count("learnt examples=1") == 1


def test_while_a_harvest_runs_learning_is_left_to_it(site: Site) -> None:
    site.accept(1)
    site.now += timedelta(minutes=1)
    with at_work(Harvester(SLEEPER)) as harvester:
        harvester.start(site.now, site.config)
        study(site.config, doors(site), harvester)
        with site.open() as store:
            assert store.trained() is None


def test_a_database_that_cannot_be_had_is_logged_and_learning_goes_on_at_the_next_look(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> Store:
        raise StoreError("The disk is full.")

    study(site.config, Doors(app=site.app, open_store=fails, clock=lambda: site.now, child=DONE), Harvester(DONE))
    assert "learning failed: The disk is full." in caplog.text


def test_a_process_that_runs_for_years_keeps_little_of_what_was_freed() -> None:
    """Large arrays stand by themselves and go back when they are freed, whatever was freed before (mallopt(3), M_MMAP_THRESHOLD)."""
    code = (
        "import re; from pipeline import processes\n"
        "processes.keep_little()\n"
        "for _ in range(3): large = bytearray(24 << 20); del large\n"  # from these glibc would learn to keep what is as large
        "parts = [bytearray(8 << 20) for _ in range(12)]; pin = bytearray(200_000); del parts\n"
        "print(re.search(r'VmRSS:\\s+(\\d+)', open('/proc/self/status').read())[1])"
    )
    root = Path(__file__).parents[1]
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root).stdout
    assert int(said) < 60_000  # kilobytes; 113,000 without
