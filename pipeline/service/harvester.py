"""The harvesting child: one at a time, niced, and after each death a pause that doubles."""

from __future__ import annotations

import logging
import os
import pickle
import signal
import subprocess
import tempfile
from datetime import datetime, timedelta
from typing import IO

from pipeline.config import Config
from pipeline.service.notify import OURS
from pipeline.watch import Pulse

log = logging.getLogger(__name__)

_NICE = 10
_FIRST, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
GRACE = 4
"""Seconds that open requests, and then the child, have to end; together under the ten that a supervisor waits."""
_DONE = (0, 4)
"""Exit codes of a harvest that did its work: all sources, or all but some."""
_LOCKED = 75


class Harvester:
    """The child, and how its last ones ended. What others may know of it stands in `pulse`."""

    def __init__(self, command: tuple[str, ...], pulse: Pulse | None = None) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._deaths = 0
        self._not_before: datetime | None = None
        self.pulse = pulse or Pulse()

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

    def start(self, now: datetime, config: Config) -> bool:
        """Start the child, unless one is at work or it died a moment ago. It gets the settings in force, which the file may no longer hold."""
        if self.is_busy(now) or not self.may_start(now):
            return False
        # A session of its own: Ctrl-C reaches us alone, and `stop` reaches the child's workers too. What a supervisor gave us is not for the child.
        kept = {name: value for name, value in os.environ.items() if name not in OURS}
        with _given(config) as given:
            self._process = subprocess.Popen(self._command, stdin=given, stdout=subprocess.DEVNULL, start_new_session=True, env=kept)
        os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICE)
        self.pulse.child = self._process.pid
        log.info("harvest started pid=%d", self._process.pid)
        return True

    def stop(self) -> None:
        """End the child with all its workers. What it had in hand is in the database under a lease, and comes again."""
        if self._process is None:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, sign)
                self._process.wait(GRACE)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self._process = None
        self.pulse.child = 0

    def may_start(self, now: datetime) -> bool:
        """Say whether the pause after the last death is over. One that would last longer than any does is of a clock that was wrong then."""
        return self._not_before is None or not now < self._not_before <= now + _LONGEST_PAUSE

    def _note(self, code: int, now: datetime) -> None:
        self.pulse.child = 0
        if code in _DONE or code == _LOCKED:
            self._deaths, self._not_before = 0, None
            log.info("harvest ended code=%d", code)
        else:
            self._deaths += 1
            pause = min(_FIRST * 2 ** min(self._deaths, 10), _LONGEST_PAUSE)
            self._not_before = now + pause
            log.error("harvest died code=%d deaths=%d again_in=%s", code, self._deaths, pause)
        self.pulse.deaths, self.pulse.death = self._deaths, _ended(code) if self._deaths else ""


def _given(config: Config) -> IO[bytes]:
    """Write the settings where the child reads them: a file without a name, in memory where there is such a thing, because secrets are among them."""
    file = os.fdopen(os.memfd_create("settings"), "w+b") if hasattr(os, "memfd_create") else tempfile.TemporaryFile()  # noqa: SIM115
    pickle.dump(config, file)
    file.seek(0)
    return file


def _ended(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return f"signal {signal.Signals(-code).name}" if -code in {one.value for one in signal.Signals} else f"signal {-code}"
