"""Children that set PDFs, seen from their parent: lent out one job at a time, kept while they are well, killed when they take too long.

A page of somebody else's words may make a typesetter spin, swell or crash. That happens in a child, and all that its parent sees is a `SettingError`.
"""

from __future__ import annotations

import atexit
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pipeline
from pipeline.model import Edition
from pipeline.publish.child_main import SIZE

_PROGRAM = Path(__file__).with_name("child_main.py")
_PATIENCE = 20 if sys.platform == "linux" else 4
"""So many seconds of the clock for each second of processor time that a job is allowed: the machine may have other work, and an edition must not
depend on that. Linux itself ends what spins; elsewhere the clock is the only bound."""
_START = 20
"""Seconds of the clock for a child to load what it needs, on top."""
_KEPT = 2
"""So many children wait for the next job; more end when theirs is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one job may use: seconds of processor time, megabytes of memory above those of an idle child."""

    seconds: int
    megabytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A set PDF, the processor time in seconds that it took, and the most memory in megabytes that its child ever held."""

    body: bytes
    seconds: float
    megabytes: float


class SettingError(Exception):
    """A rendition could not be made; the text says why, as the end of a sentence."""


class BrokenOffError(SettingError):
    """The child ended before it answered, within its time."""


class Child:
    """One process, busy with one job at a time."""

    def __init__(self) -> None:
        home = str(Path(pipeline.__file__).parents[1])
        path = os.pathsep.join(part for part in (home, os.environ.get("PYTHONPATH", "")) if part)
        self._folder = tempfile.mkdtemp(prefix="gleanings-press-")  # a child that is killed cannot clear up after itself
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(_PROGRAM), self._folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path, "TMPDIR": self._folder},
        )
        self.is_well = True
        self.is_worn = False
        self.is_fresh = True

    def set(self, edition: Edition, name: str, bounds: Bounds) -> Pressed:
        """Render one format of an edition. Raises `SettingError`; `is_well` is false after a crash or a time-out, `is_worn` after much work."""
        late = threading.Event()
        clock = threading.Timer(_START + _PATIENCE * bounds.seconds, self._stop, (late,))
        clock.daemon = True
        clock.start()
        self.is_well = False
        try:
            told, body = self._asked(pickle.dumps((name, edition, bounds.seconds, bounds.megabytes), protocol=5))
        except (OSError, EOFError, ValueError) as error:
            raise _ended(self.close(), bounds, late=late.is_set()) from error
        finally:
            clock.cancel()
        self.is_fresh = False
        self.is_worn = bool(told["last"])
        self.is_well = not self.is_worn
        if told["fault"]:
            raise SettingError(str(told["fault"]))
        return Pressed(body=body, seconds=float(told["seconds"]), megabytes=float(told["megabytes"]))

    def close(self) -> int:
        """End the process and give its exit code, negative where a signal ended it. Doing it again changes nothing."""
        pipes = [pipe for pipe in (self._process.stdin, self._process.stdout) if pipe]
        for pipe in pipes:
            try:
                pipe.close()
            except OSError:  # what was not written yet has no reader any more
                continue
        try:
            return self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def kill(self) -> None:
        """End the process at once: it may still be loading, and nobody waits for what it has."""
        self._process.kill()
        self.close()

    def _asked(self, job: bytes) -> tuple[dict[str, Any], bytes]:
        if self._process.stdin is None or self._process.stdout is None:
            raise EOFError
        self._process.stdin.write(len(job).to_bytes(SIZE, "big") + job)
        self._process.stdin.flush()
        head = self._process.stdout.readline()
        if not head.endswith(b"\n"):
            raise EOFError
        told = json.loads(head)
        body = self._process.stdout.read(told["size"])
        if len(body) != told["size"]:
            raise EOFError
        return told, body

    def _stop(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()


def _ended(code: int, bounds: Bounds, *, late: bool) -> SettingError:
    """Say why a child ended without an answer."""
    if late or code == -getattr(signal, "SIGXCPU", 0):
        return SettingError(f"it took more than {bounds.seconds} seconds")
    if code == -signal.SIGABRT:
        return BrokenOffError(f"it needed more than {bounds.megabytes} megabytes of memory")
    return BrokenOffError(f"the typesetter broke off ({f'signal {-code}' if code < 0 else f'exit code {code}'})")


class Crew:
    """The children of this process: as many as are asked at once, of which a few stay for the next edition. All end with this process."""

    def __init__(self) -> None:
        self._idle: list[Child] = []
        self._door = threading.Lock()
        self._owner = os.getpid()
        atexit.register(self.close)

    def warm(self) -> None:
        """Have a child ready, which loads what it needs while its parent does something else."""
        self._keep(self._taken())

    def set(self, edition: Edition, name: str, bounds: Bounds) -> Pressed:
        """Render one format of an edition in a child. Raises `SettingError`.

        Where a child breaks off that did other work before, what it kept of that may be to blame: a fresh one tries once more.
        """
        child = self._taken()
        was_fresh = child.is_fresh
        try:
            return self._asked(child, edition, name, bounds)
        except BrokenOffError:
            if was_fresh:
                raise
        return self._asked(Child(), edition, name, bounds)

    def _asked(self, child: Child, edition: Edition, name: str, bounds: Bounds) -> Pressed:
        try:
            return child.set(edition, name, bounds)
        finally:
            self._keep(child)

    def close(self) -> None:
        """End the children that wait."""
        with self._door:
            idle, self._idle = self._idle, []
        if os.getpid() == self._owner:  # a fork of ours has the pipes, not the children
            for child in idle:
                child.kill()

    def _taken(self) -> Child:
        with self._door:
            return self._idle.pop() if self._idle else Child()

    def _keep(self, child: Child) -> None:
        with self._door:
            stays = child.is_well and len(self._idle) < _KEPT
            if stays:
                self._idle.append(child)
        if not stays:
            child.close()
        if child.is_worn:
            self._keep(Child())  # it loads now, so that the next job need not wait for it


crew = Crew()
"""The children of this process."""
