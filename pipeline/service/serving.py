"""From start to end: the lock, the sockets, the scheduler, the web server, and everything taken down again in ten seconds."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIServer

import uvicorn
from apscheduler.schedulers.background import BackgroundScheduler
from prometheus_client import start_http_server

from pipeline import late
from pipeline.config import Config
from pipeline.config.living import Settings
from pipeline.errors import UnavailableError
from pipeline.model import Source
from pipeline.service import clock, ticking
from pipeline.service.harvester import GRACE, Harvester
from pipeline.service.notify import notify, patience
from pipeline.service.ticking import TICK, Doors
from pipeline.store.lock import hold
from pipeline.watch.metrics import Metrics

if TYPE_CHECKING:
    from pipeline import processes
else:
    processes = late.late("pipeline.processes")

log = logging.getLogger(__name__)

LOOK = timedelta(seconds=10)
"""So often it is looked whether a curator has paused, so that the machine may learn."""
_LAST = 1.8
"""Seconds that what is in hand has at the very end, after open requests and the child had theirs: together under ten."""
_PAGES = ("pipeline.learn", "pipeline.digest", "pipeline.render", "pipeline.publish.arranging", "pipeline.publish.collections", "numpy")
"""What most pages want is loaded soon after the first can be asked for: whoever comes then waits for none of it."""
_HASTE = 1.5
"""Seconds before that, for the page that somebody waits for already."""
_TURN = 0.0005  # seconds; a page gives its turn away at each question to the database, and has it back so soon even while errands count in threads
_NOTED = 3600  # seconds; uvicorn calls back once at its start, and we need no more


def serve(
    config: Config, doors: Doors, *, host: str, port: int, harvest: bool, metrics_port: int | None = None, tell: Callable[[str], None] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT; call it in the main thread. With `metrics_port` a second listener on this machine tells the metrics. `tell`
    hears the address, once it is ours.

    Raises `LockedError` where another instance serves this database, `UnavailableError` where a port cannot be had.
    """
    hand, jobs, harvester = InHand(), clock.scheduler(), Harvester(doors.child, doors.pulse)
    alive = _Alive(doors=doors, begin=threading.Thread(target=_begin, args=(jobs, doors), name="begin", daemon=True))
    server = uvicorn.Server(_settings(doors, alive.started))
    with ExitStack() as stack:
        stack.enter_context(hold(config.db, "serve", now=doors.clock()))
        listener = stack.enter_context(_listening(host, port))
        stack.enter_context(_ended_by_signals(server, doors))
        if metrics_port is not None and doors.metrics is not None:
            stack.enter_context(_metrics(doors.metrics, metrics_port))
        with doors.open_store() as store:
            store.sync_sources(config.sources, doors.clock())
        stack.callback(_leave, hand)
        stack.callback(harvester.stop)
        _plan(jobs, doors.settings or Settings(config), doors, hand, harvester=harvester, harvest=harvest)
        stack.callback(_end, alive, jobs)
        watchman = clock.Watchman(jobs, alive.look)
        stack.callback(watchman.stop)
        watchman.start()
        address = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}/"
        log.info("serving url=%s", address)
        if tell is not None:
            tell(address)
        stack.callback(notify, "STOPPING=1")
        sys.setswitchinterval(_TURN)
        server.run(sockets=[listener])


class InHand:
    """What the scheduler's threads are doing at this moment."""

    def __init__(self) -> None:
        self._count, self._changed = 0, threading.Condition()

    def __call__(self, job: Callable[[], None]) -> None:
        """Do a job, and be known to do it."""
        with self._changed:
            self._count += 1
        try:
            job()
        finally:
            with self._changed:
                self._count -= 1
                self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is in hand any more; whether it came to that in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._count, seconds)


def _begin(jobs: BackgroundScheduler, doors: Doors) -> None:
    """Load what pages want, and then let the scheduler begin, whose jobs are busy at first: both once the desk answers, and not before."""
    doors.ends.wait(_HASTE)
    processes.keep_little()
    late.load(*_PAGES)
    if not doors.ends.is_set():
        jobs.start()


def _end(alive: _Alive, jobs: BackgroundScheduler) -> None:
    """Let the scheduler begin no further job, whether or not it came to begin."""
    if alive.begin.ident is not None:
        alive.begin.join()
    if jobs.running:
        jobs.shutdown(wait=False)


def _leave(hand: InHand) -> None:
    """Wait a moment for what is in hand. What takes longer is cut off, which loses nothing: each step of it is one transaction."""
    if not hand.wait(_LAST):
        log.warning("ending in the middle of an errand; it begins anew at the next start")
        logging.shutdown()
        os._exit(0)  # the interpreter would wait for threads


@dataclass(slots=True)
class _Alive:
    """Whether the web still answers: its loop is asked to say so, and the supervisor hears of it only if it did and the scheduler ticks."""

    doors: Doors
    begin: threading.Thread
    _loop: asyncio.AbstractEventLoop | None = None
    _answered: threading.Event = field(default_factory=threading.Event)

    async def started(self) -> None:
        """Called by the server in its loop when it answers."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._answered.set()
            notify("READY=1", "STATUS=Serving.")
            self.begin.start()

    def look(self) -> None:
        """Tell the supervisor that we live, if we do. Called every few seconds, which is far below half of any sensible patience."""
        if patience() is None or self._loop is None:
            return
        if self._answered.is_set() and not self.doors.pulse.stands_still:
            notify("WATCHDOG=1")
        self._answered.clear()
        self._loop.call_soon_threadsafe(self._answered.set)


def _plan(jobs: BackgroundScheduler, settings: Settings, doors: Doors, hand: InHand, *, harvester: Harvester, harvest: bool) -> None:
    taken = _Taken(settings, doors)
    plan: tuple[tuple[Callable[[], None], timedelta, bool], ...] = (
        (lambda: ticking.tick(taken.over(), doors, harvester if harvest else None), TICK, True),
        (lambda: ticking.mail(settings.look(), doors), TICK, True),
        (lambda: ticking.tell(settings.look(), doors), TICK, True),
        (lambda: ticking.look_after(settings.look(), doors), TICK, True),
        (lambda: ticking.mind(settings, doors), TICK, False),
        (lambda: ticking.study(settings.look(), doors, harvester), LOOK, False),
    )
    for job, every, at_once in plan:
        first = {"next_run_time": datetime.now(UTC)} if at_once else {}
        jobs.add_job(hand, "interval", (job,), seconds=every.total_seconds(), **first)


class _Taken:
    """Takes the sources over into the database when the settings changed."""

    def __init__(self, settings: Settings, doors: Doors) -> None:
        self._settings, self._doors = settings, doors
        self._sources: tuple[Source, ...] = settings.config.sources

    def over(self) -> Config:
        config = self._settings.look()
        if config.sources != self._sources:
            with self._doors.open_store() as store:
                store.sync_sources(config.sources, self._doors.clock())
            self._sources = config.sources
            log.info("settings taken over sources=%d", len(config.sources))
        return config


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=128)
    except (OSError, OverflowError) as error:
        raise _no_port(host, port, error) from error
    with listener:
        # Whom it accepts inherits this. asyncio sets it only on sockets made with their protocol, and an answer in two writes then waits 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


@contextmanager
def _metrics(metrics: Metrics, port: int) -> Iterator[WSGIServer]:
    try:
        server, _ = start_http_server(port, addr="127.0.0.1", registry=metrics.registry)
    except (OSError, OverflowError) as error:
        raise _no_port("127.0.0.1", port, error) from error
    log.info("metrics url=http://127.0.0.1:%d/metrics", server.server_port)
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def _no_port(host: str, port: int, error: Exception) -> UnavailableError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return UnavailableError(
        f"{host}:{port} cannot be listened on: {reason}.", hint="Stop what listens there, or choose another port with `--port` or `--metrics-port`."
    )


def _settings(doors: Doors, started: Callable[[], Awaitable[None]]) -> uvicorn.Config:
    """Set uvicorn up. Proxy headers are never believed: the desk trusts loopback, and a header must not make somebody local."""
    return uvicorn.Config(
        doors.app,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE,
        callback_notify=started,
        timeout_notify=_NOTED,
    )


@contextmanager
def _ended_by_signals(server: uvicorn.Server, doors: Doors) -> Iterator[None]:
    """Take a signal as the wish to end. Uvicorn does so while it runs, but raises the signal again afterwards, when we still have a child to end."""

    asked = False

    def end(*_: object) -> None:
        nonlocal asked
        if not asked:  # a second signal in the middle of this one would wait for ever for the lock that the first holds
            asked = server.should_exit = True
            doors.ends.set()

    before = {sign: signal.signal(sign, end) for sign in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
