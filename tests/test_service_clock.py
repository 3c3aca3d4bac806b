"""Time in the service: errands that come round, clocks that are set, summer time, a supervisor that waits for a sign of life."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from hypothesis import given
from hypothesis import strategies as st

from pipeline import schedule
from pipeline.config import Config
from pipeline.errors import UnavailableError
from pipeline.model import DigestSettings, EditionState, Errand, Run, SourceState
from pipeline.service import Harvester, freshen
from pipeline.service.clock import jumped, scheduler, wake
from pipeline.service.errands import AGAIN, Round, attend, is_due
from pipeline.service.notify import notify, patience
from pipeline.service.serving import InHand
from pipeline.store import Store
from tests import builders
from tests.test_service import is_alive, until
from tests.test_web import Site

NOW, MINUTE, HOUR, DAY = builders.NOW, timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


# ---------------------------------------------------------------- errands


def minutes(start: datetime, count: int) -> Iterator[datetime]:
    return (start + number * MINUTE for number in range(count))


def errand(begun: datetime, *, done: datetime | None = None, failed: str | None = None) -> Errand:
    return Errand(name="x", every=DAY, begun=begun, done=done, failed=failed)


def test_an_errand_is_due_when_its_time_has_come_again() -> None:
    assert is_due(None, DAY, NOW)
    assert not is_due(errand(NOW, done=NOW), DAY, NOW + DAY - MINUTE)
    assert is_due(errand(NOW, done=NOW), DAY, NOW + DAY)


def test_one_that_failed_or_was_cut_off_is_tried_again_after_an_hour() -> None:
    for one in (errand(NOW, done=NOW, failed="No."), errand(NOW), errand(NOW, done=NOW - DAY)):
        assert not is_due(one, DAY, NOW + MINUTE)
        assert is_due(one, DAY, NOW + AGAIN)


@given(st.timedeltas(min_value=MINUTE, max_value=4000 * DAY))
def test_after_the_clock_went_back_an_errand_is_due(by: timedelta) -> None:
    assert is_due(errand(NOW, done=NOW), DAY, NOW - by)


@pytest.mark.parametrize(
    "jumps", [{}, {60: 5 * HOUR}, {60: -5 * HOUR}, {60: 3 * DAY, 120: -3 * DAY}, {30: -timedelta(days=365), 40: timedelta(days=365)}]
)
def test_over_any_jump_of_the_clock_errands_go_on_and_none_is_done_in_a_row(jumps: dict[int, timedelta]) -> None:
    clock, done, known = NOW, [], None
    for number in range(6 * 60):
        clock += MINUTE + jumps.get(number, timedelta())
        if is_due(known, HOUR, clock):
            done.append(number)
            known = replace(errand(clock, done=clock), every=HOUR)
    assert 6 <= len(done) <= 6 + 2 * len(jumps)
    assert max(later - earlier for earlier, later in pairwise(done)) <= 60


def test_what_was_missed_while_nobody_served_is_done_once_and_a_restart_repeats_nothing(tmp_path: Path) -> None:
    site, seen = Site(tmp_path), []
    rounds = (Round(name="votes", every=HOUR, do=lambda config, store, now: seen.append(now)),)
    for moment in (NOW, NOW + MINUTE, NOW + 40 * DAY, NOW + 40 * DAY + MINUTE):
        attend(rounds, site.config, site.open, clock=lambda moment=moment: moment)  # type: ignore[misc]  # the loop's moment
    assert seen == [NOW, NOW + 40 * DAY]


def test_an_errand_that_fails_is_kept_so_and_the_next_one_is_done(tmp_path: Path) -> None:
    def fails(config: Config, store: Store, now: datetime) -> None:
        raise UnavailableError("The server is gone.")

    site, seen = Site(tmp_path), []
    attend(
        (Round(name="first", every=HOUR, do=fails), Round(name="second", every=HOUR, do=lambda config, store, now: seen.append(now))),
        site.config,
        site.open,
        clock=lambda: NOW,
    )
    with site.open() as store:
        assert [(one.name, one.done, one.failed) for one in store.errands()] == [("first", None, "The server is gone."), ("second", NOW, None)]


def test_a_bug_in_an_errand_is_kept_too(tmp_path: Path) -> None:
    site = Site(tmp_path)
    rounds = (Round(name="first", every=HOUR, do=lambda config, store, now: 1 / 0),)
    with pytest.raises(ZeroDivisionError):
        attend(rounds, site.config, site.open, clock=lambda: NOW)
    with site.open() as store:
        assert "nobody foresaw" in (store.errands()[0].failed or "")


# ---------------------------------------------------------------- the clock is set


@given(st.floats(min_value=0, max_value=1e6), st.timedeltas(min_value=-4000 * DAY, max_value=4000 * DAY))
def test_a_jump_is_what_the_clock_went_beyond_steady_time(gone: float, by: timedelta) -> None:
    found = jumped((NOW, 50.0), (NOW + timedelta(seconds=gone) + by, 50.0 + gone))
    assert found == timedelta() if abs(by) < timedelta(seconds=29) else abs(found - by) < timedelta(seconds=1) or abs(by) < timedelta(seconds=31)


def test_after_a_jump_every_job_runs_at_once_and_then_by_its_interval() -> None:
    jobs: BackgroundScheduler = scheduler()
    jobs.add_job(print, "interval", seconds=60, next_run_time=datetime.now(UTC) + DAY)
    jobs.start(paused=True)
    try:
        wake(jobs)
        (job,) = jobs.get_jobs()
        assert job.next_run_time <= datetime.now(UTC)
        assert (job.coalesce, job.misfire_grace_time, job.max_instances) == (True, None, 1)
    finally:
        jobs.shutdown()


def test_a_source_that_was_asked_in_what_is_now_the_future_is_asked_at_once() -> None:
    source = builders.source()
    state = SourceState(id=source.id, kind=source.kind, url=source.url, last_run=NOW + 400 * DAY)
    assert schedule.due([state], [source], NOW) == (source,)
    assert schedule.due([replace(state, last_run=NOW)], [source], NOW) == ()


def test_the_pause_after_a_death_does_not_outlast_a_clock_that_was_wrong(tmp_path: Path) -> None:
    site, harvester = Site(tmp_path), Harvester((sys.executable, "-c", "raise SystemExit(1)"))
    ahead = NOW + 300 * DAY
    assert harvester.start(ahead, site.config)
    until(lambda: not harvester.is_busy(ahead))
    assert not harvester.may_start(ahead)
    assert harvester.may_start(NOW)


# ---------------------------------------------------------------- summer time


CHANGES = [
    ("Europe/London", datetime(2026, 3, 29, tzinfo=UTC), "30 1 29 3 *"),
    ("Europe/London", datetime(2026, 10, 25, tzinfo=UTC), "30 1 25 10 *"),
    ("America/New_York", datetime(2026, 3, 8, 5, tzinfo=UTC), "30 2 8 3 *"),
    ("America/New_York", datetime(2026, 11, 1, 4, tzinfo=UTC), "30 1 1 11 *"),
]


@pytest.mark.parametrize(("zone", "midnight", "cron"), CHANGES)
@pytest.mark.parametrize("back", [False, True], ids=["forward", "and back"])
def test_over_both_changes_of_the_clock_the_edition_of_the_month_is_frozen_once(
    tmp_path: Path, zone: str, midnight: datetime, cron: str, back: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Ticks every twenty minutes from two hours before the change to five after it; and again over the same hours, as if it was set back."""
    caplog.set_level("INFO")
    site = Site(tmp_path, timezone=zone)
    config = replace(site.config, digest=replace(site.config.digest, schedule=cron, cutoff=timedelta()))
    site.now = midnight - 3 * HOUR
    site.accept(1)
    steps = [midnight - 2 * HOUR + number * 20 * MINUTE for number in range(7 * 3)]
    with site.open() as store:
        for moment in [*steps, *(steps if back else ())]:
            freshen(config, store, now=moment)
        frozen = [one for one in store.editions() if one.state.value == "frozen"]
    assert [one.id for one in frozen] == [f"{midnight.astimezone(ZoneInfo(zone)):%Y-%m}"]
    assert caplog.text.count("edition frozen") == 1


@pytest.mark.parametrize(("zone", "midnight", "cron"), CHANGES)
def test_over_both_changes_an_edition_is_due_once(zone: str, midnight: datetime, cron: str) -> None:
    settings = replace(DigestSettings(), schedule=cron)
    found = {schedule.next_edition(settings, zone, moment) for moment in minutes(midnight - 2 * HOUR, 7 * 60)}
    assert len([one for one in found if one < midnight + DAY]) == 1


def test_an_edition_whose_time_came_while_nobody_served_is_frozen_late_and_without_what_was_decided_since(tmp_path: Path) -> None:
    site = Site(tmp_path)
    first = site.accept(1)
    due = schedule.next_edition(site.config.digest, "UTC", site.now)
    with site.open() as store:
        freshen(site.config, store, now=site.now)
        site.now = due + 2 * DAY
        store.decide(builders.decision(item=site.add(2), decided=due - HOUR))  # after the cut-off
        for moment in (site.now, site.now + MINUTE):
            freshen(site.config, store, now=moment)
        late = store.edition(f"{due:%Y-%m}")
        assert (late.state, [one.id for one in late.entries]) == (EditionState.FROZEN, [first])
        assert store.editions()[0].state is EditionState.DRAFT  # that of the next month


def test_a_desk_that_is_new_makes_no_edition_of_a_time_gone(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.accept(1)
    due = schedule.next_edition(site.config.digest, "UTC", site.now)
    with site.open() as store:
        freshen(site.config, store, now=due + DAY)
        assert [one.id for one in store.editions()] == [f"{due + 40 * DAY:%Y-%m}"]


@given(st.sampled_from(["0 7 1 * *", "* * * * *", "0 9 * * mon", "30 1 29 2 *", "15 2 */3 * *"]), st.integers(0, 4 * 365 * 24 * 60))
def test_the_last_edition_is_the_one_before_the_next(cron: str, minute: int) -> None:
    settings, now = replace(DigestSettings(), schedule=cron), datetime(2026, 1, 1, tzinfo=UTC) + minute * MINUTE
    last = schedule.last_edition(settings, "Europe/London", now)
    if last is not None:
        assert last <= now < schedule.next_edition(settings, "Europe/London", last)
        assert now - last <= 32 * DAY


# ---------------------------------------------------------------- a supervisor


@pytest.mark.parametrize("abstract", [False, True])
def test_a_supervisor_is_told_by_one_datagram(tmp_path: Path, abstract: bool) -> None:
    name = f"@gleanings-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.bind(name.replace("@", "\0", 1) if abstract else name)
        assert notify("READY=1", "STATUS=Serving.", environ={"NOTIFY_SOCKET": name})
        assert door.recv(100) == b"READY=1\nSTATUS=Serving."


def test_where_nobody_listens_nothing_is_told() -> None:
    assert not notify("READY=1", environ={})
    assert not notify("READY=1", environ={"NOTIFY_SOCKET": "/nowhere/at/all"})
    assert not notify("READY=1", environ={"NOTIFY_SOCKET": "relative"})


@pytest.mark.parametrize(
    ("environ", "span"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "120000000"}, timedelta(minutes=2)),
        ({"WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_how_long_a_supervisor_waits_is_read_from_what_it_gave_us(environ: dict[str, str], span: timedelta | None) -> None:
    assert patience(environ) == span


def test_the_child_gets_the_settings_in_force_and_nothing_of_the_supervisors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/notify")
    site, told = Site(tmp_path, password="open sesame"), tmp_path / "told"
    words = f"import os, sys; open({str(told)!r}, 'wb').write(sys.stdin.buffer.read()); raise SystemExit(9 if 'NOTIFY_SOCKET' in os.environ else 0)"
    harvester = Harvester((sys.executable, "-c", words))
    harvester.start(NOW, site.config)
    until(lambda: not harvester.is_busy(NOW))
    assert harvester.pulse.deaths == 0
    assert pickle.loads(told.read_bytes()) == site.config  # noqa: S301 - we wrote it


@pytest.mark.parametrize(("words", "said"), [("raise SystemExit(70)", "exit code 70"), ("import os; os.kill(os.getpid(), 9)", "signal SIGKILL")])
def test_how_a_child_died_is_shown(tmp_path: Path, words: str, said: str) -> None:
    harvester = Harvester((sys.executable, "-c", words))
    harvester.start(NOW, Site(tmp_path).config)
    until(lambda: not harvester.is_busy(NOW))
    assert (harvester.pulse.deaths, harvester.pulse.death, harvester.pulse.child) == (1, said, 0)


def test_what_is_in_hand_is_waited_for() -> None:
    hand, seen = InHand(), []
    hand(lambda: seen.append(hand.wait(0)))
    assert seen == [False]
    assert hand.wait(0)


def test_the_whole_service_tells_its_supervisor_ready_alive_and_stopping(tmp_path: Path) -> None:
    """The command itself, with a socket as systemd gives it, and a second listener for figures."""
    command = [sys.executable, "-m", "pipeline", "--dir", str(tmp_path)]
    (tmp_path / "sources.yaml").write_text("desk: {name: Here}\nsources: []\n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.bind(str(tmp_path / "notify"))
        door.settimeout(60)
        environ = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "20000000"}
        with (tmp_path / "log").open("w") as log:
            process = subprocess.Popen([*command, "serve", "--port", "0", "--metrics-port", "0"], env=environ, stdout=subprocess.DEVNULL, stderr=log)
        try:
            assert door.recv(1000).startswith(b"READY=1")
            lines = (tmp_path / "log").read_text()
            address = lines.split('"event": "metrics url=')[1].split('"')[0]
            text = httpx.get(address, trust_env=False).text
            assert "gleanings_ready 1.0" in text, (tmp_path / "log").read_text()
            assert door.recv(1000) == b"WATCHDOG=1"
            asked = time.monotonic()
            process.send_signal(signal.SIGTERM)
            while (word := door.recv(1000)) != b"STOPPING=1":
                assert word == b"WATCHDOG=1"
            assert process.wait(20) == 0
            assert time.monotonic() - asked < 10
        finally:
            process.kill()
            process.wait()
    assert not is_alive(process.pid)


def test_a_run_that_stands_in_the_future_does_not_keep_the_harvest_from_its_work(tmp_path: Path) -> None:
    site = Site(tmp_path)
    with site.open() as store:
        store.sync_sources(site.config.sources, NOW)
        store.record_run(Run(source=site.config.sources[0].id, started=NOW + 30 * DAY, finished=NOW + 30 * DAY))
        assert [one.id for one in schedule.due(store.source_states(), site.config.sources, NOW)] == [site.config.sources[0].id]
