"""The process that serves the desk, ticks, and keeps a harvesting child at work when something is due.

What is due stands in the database, so a tick that is missed is made good by the next one. It decides nothing that a person decides: it keeps
the draft of the next edition fresh until its cut-off, freezes it then, and never releases an edition. It mails what somebody asked for: answers and
confirmations, what is left of a sending that a person began, and the mails of the week and the quarter to those who want these.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import uvicorn
from apscheduler.schedulers.background import BackgroundScheduler
from starlette.types import ASGIApp

from pipeline import deliver, learn, publish, schedule
from pipeline.config import Config
from pipeline.errors import LockedError, PipelineError, UnavailableError
from pipeline.model import EditionState, Mailer
from pipeline.publish import collections, gathered, incoming, notices, submissions, survey, votes
from pipeline.store import Store
from pipeline.store.lock import hold

log = logging.getLogger(__name__)

TICK = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LOOK = timedelta(seconds=10)
"""So often it is looked whether a curator has paused, so that the machine may learn."""
_NICE = 10
_LONGEST_PAUSE = timedelta(hours=1)
_GRACE = 4
"""Seconds that open requests, and then the child, have to end; together under the ten that a supervisor waits."""
_DONE = (0, 4)
"""Exit codes of a harvest that did its work: all sources, or all but some."""
_LOCKED = 75


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What the service needs of the world. `app` answers the web; `child` is the command line of one harvest of what is due."""

    app: ASGIApp
    open_store: Callable[[], Store]
    clock: Callable[[], datetime]
    child: tuple[str, ...]


class Harvester:
    """The harvesting child: one at a time, and after each death a pause that doubles."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._deaths = 0
        self._not_before: datetime | None = None

    @property
    def pid(self) -> int | None:
        """The process that was started last and not yet seen to have ended."""
        return self._process.pid if self._process else None

    def is_busy(self, now: datetime) -> bool:
        """Say whether the child is at work, and note how it ended if it is not."""
        if self._process is None:
            return False
        code = self._process.poll()
        if code is None:
            return True
        self._process = None
        self._note(code, now)
        return False

    def start(self, now: datetime) -> bool:
        """Start the child, unless one is at work or it died a moment ago."""
        if self.is_busy(now) or not self.may_start(now):
            return False
        # A session of its own: Ctrl-C reaches us alone, and `stop` reaches the child's workers too.
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
        os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICE)
        log.info("harvest started pid=%d", self._process.pid)
        return True

    def stop(self) -> None:
        """End the child with all its workers. What it had in hand is in the database under a lease, and comes again."""
        if self._process is None:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, sign)
                self._process.wait(_GRACE)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self._process = None

    def may_start(self, now: datetime) -> bool:
        """Say whether the pause after the last death is over."""
        return self._not_before is None or now >= self._not_before

    def _note(self, code: int, now: datetime) -> None:
        if code in _DONE or code == _LOCKED:
            self._deaths, self._not_before = 0, None
            log.info("harvest ended code=%d", code)
            return
        self._deaths += 1
        pause = min(TICK * 2 ** min(self._deaths, 10), _LONGEST_PAUSE)
        self._not_before = now + pause
        log.error("harvest died code=%d deaths=%d again_in=%s", code, self._deaths, pause)


def serve(config: Config, doors: Doors, *, host: str, port: int, harvest: bool) -> None:
    """Serve until SIGTERM or SIGINT; call it in the main thread.

    Raises `LockedError` where another instance serves this database, `UnavailableError` where the port cannot be had.
    """
    logging.getLogger("apscheduler").setLevel(logging.WARNING)  # a line for every tick tells nobody anything
    server = uvicorn.Server(_settings(doors.app))
    with hold(config.db, "serve", now=doors.clock()), _listening(host, port) as listener, _ended_by_signals(server):
        with doors.open_store() as store:
            store.sync_sources(config.sources, doors.clock())
        harvester = Harvester(doors.child)
        scheduler = BackgroundScheduler(timezone=UTC)
        ticking = (config, doors, harvester if harvest else None)
        scheduler.add_job(tick, "interval", ticking, seconds=TICK.total_seconds(), next_run_time=datetime.now(UTC), coalesce=True)
        scheduler.add_job(mail, "interval", (config, doors), seconds=TICK.total_seconds(), next_run_time=datetime.now(UTC), coalesce=True)
        scheduler.add_job(look_after, "interval", (config, doors), seconds=HOUR.total_seconds(), next_run_time=datetime.now(UTC), coalesce=True)
        scheduler.add_job(study, "interval", (config, doors, harvester), seconds=LOOK.total_seconds(), coalesce=True)
        scheduler.start()
        log.info("serving url=http://%s:%d/", f"[{host}]" if ":" in host else host, listener.getsockname()[1])
        try:
            server.run(sockets=[listener])
        finally:
            scheduler.shutdown(wait=False)
            harvester.stop()


def tick(config: Config, doors: Doors, harvester: Harvester | None) -> None:
    """Look once at what is due: wake what was put off, start the harvest, keep the draft and the collections fresh.

    An expected trouble is logged, and the next tick tries again.
    """
    now = doors.clock()
    try:
        with doors.open_store() as store:
            store.wake(now)
            if harvester is not None and not harvester.is_busy(now) and _is_due(config, store, now):
                harvester.start(now)
            freshen(config, store, now=now)
            collections.freshen(config, store, now=now)
    except PipelineError as error:
        log.warning("tick failed: %s", error)


def study(config: Config, doors: Doors, harvester: Harvester) -> None:
    """Learn from what was decided, once the curator pauses. While the child harvests it is left to that one, which learns at its end."""
    now = doors.clock()
    try:
        with doors.open_store() as store:
            if not harvester.is_busy(now) and learn.is_due(config, store, now=now):
                done = learn.train(config, store, now=now)
                log.info("learnt examples=%d items=%d", done.examples, done.items)
    except PipelineError as error:
        log.warning("learning failed: %s", error)


def mail(config: Config, doors: Doors) -> None:
    """Send what waits: the mails of a week or a quarter that are due, what was put off or left behind of a sending that was begun, and notices.

    Where another sender is at work, the next minute tries again.
    """
    if not notices.can_send(config):
        return
    try:
        with doors.open_store() as store, ExitStack() as stack:
            mailers = [stack.enter_context(closing(one)) for one in deliver.mailers(config.mail, config.folder)]
            errands = (_send_gathered, _go_on)
            for errand in errands:
                try:
                    with hold(config.db, "send", now=doors.clock()):
                        errand(config, store, mailers, publish.Doors(now=doors.clock))
                except LockedError:
                    break
                except PipelineError as error:
                    log.warning("sending failed: %s", error)
            notices.send_notices(config, store, mailers[0], now=doors.clock)
    except PipelineError as error:
        log.warning("mail failed: %s", error)


def _send_gathered(config: Config, store: Store, mailers: Sequence[Mailer], world: publish.Doors) -> None:
    for edition_id in gathered.gathered(config, store, now=world.now()):
        counts = publish.send(edition_id, config, store, mailers, doors=world)
        log.info("sent id=%s %s", edition_id, dict(counts))


def _go_on(config: Config, store: Store, mailers: Sequence[Mailer], world: publish.Doors) -> None:
    if offered := publish.go_on(config, store, mailers, doors=world):
        log.info("offered again count=%d", offered)


def look_after(config: Config, doors: Doors) -> None:
    """Do once an hour what readers wait for: read bounces and replies, tell who suggested something, ask what was used, end surveys that are over."""
    now = doors.clock()
    for errand in (incoming.read, submissions.tell, votes.ask, survey.look_after):
        try:
            with doors.open_store() as store:
                errand(config, store, now=now)
        except PipelineError as error:
            log.warning("%s failed: %s", errand.__module__, error)


def freshen(config: Config, store: Store, *, now: datetime) -> None:
    """Compose the draft of the next edition anew if something was decided since; at its cut-off freeze it, once.

    What an editor froze, released, or made a draft again after the cut-off is left alone. What was decided after the cut-off stays out, even
    where this comes late.
    """
    zone = config.desk.timezone
    due = schedule.next_edition(config.digest, zone, now)
    edition_id, cutoff = schedule.edition_id(due, zone), due - config.digest.cutoff
    with store.transaction():
        known = next((edition for edition in store.editions() if edition.id == edition_id), None)
        if known is not None and known.state is not EditionState.DRAFT:
            return
        last = store.decisions(limit=1)
        if now < cutoff:
            if last and (known is None or last[0].decided > known.composed):
                publish.build(edition_id, config, store, now=now, formats=())
            return
    if last if known is None else known.composed < cutoff:
        frozen = publish.freeze(edition_id, config, store, now=now, until=cutoff)
        log.info("edition frozen id=%s entries=%d", edition_id, len(frozen.entries))


def _is_due(config: Config, store: Store, now: datetime) -> bool:
    return bool(store.pending(now)) or bool(schedule.due(store.source_states(), config.sources, now))


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=128)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnavailableError(
            f"{host}:{port} cannot be listened on: {reason}.", hint="Stop what listens there, or choose another port with `--port`."
        ) from error
    with listener:
        yield listener


def _settings(app: ASGIApp) -> uvicorn.Config:
    """Set uvicorn up. Proxy headers are never believed: the desk trusts loopback, and a header must not make somebody local."""
    return uvicorn.Config(
        app, log_config=None, access_log=False, proxy_headers=False, server_header=False, lifespan="off", timeout_graceful_shutdown=_GRACE
    )


@contextmanager
def _ended_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """Take a signal as the wish to end. Uvicorn does so while it runs, but raises the signal again afterwards, when we still have a child to end."""

    def end(*_: object) -> None:
        server.should_exit = True

    before = {sign: signal.signal(sign, end) for sign in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
