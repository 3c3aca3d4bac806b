"""The program of a child that sets PDFs: reads jobs from its input, answers on its output, and ends when its parent does.

It is run by its path, so that it loads nothing of the house but what setting needs. Each job has its own bounds on memory and processor time; one
that passes them brings this process down and nothing else. Where the system knows no such bounds, the parent's clock is the only one.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import sys
import time
from importlib import import_module
from pathlib import Path

from pipeline import render
from pipeline.errors import RenderError

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

FAULTS = (RenderError, ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)
"""What a text that nobody thought of may raise in a renderer."""
SIZE = 8
"""Bytes of the number that stands before a job: how long it is."""
_WORN = 96
"""Megabytes of growth after which this process ends itself: the typesetter keeps what it once worked out, some thirty of a usual edition's PDF."""
_MEGABYTE = 1 << 20


def main() -> None:
    """Do jobs until the input ends, or until this process has grown too large to be used again."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a library prints must not stand among the answers
    import_module("pipeline.render.pdf")  # while the parent does something else
    begin = _data()
    while head := sys.stdin.buffer.read(SIZE):
        name, edition, seconds, megabytes = pickle.loads(sys.stdin.buffer.read(int.from_bytes(head, "big")))  # noqa: S301 - our parent wrote it
        started = time.process_time()
        _bound(seconds, megabytes)
        body, fault = b"", ""
        try:
            body = render.render(edition, name).body
        except FAULTS as error:
            fault = said(error)
        worn = _data() - begin > _WORN * _MEGABYTE
        told = {"size": len(body), "fault": fault, "seconds": time.process_time() - started, "megabytes": _peak(), "last": worn}
        answers.write(json.dumps(told).encode() + b"\n" + body)
        answers.flush()
        if worn:
            return


def said(error: BaseException) -> str:
    """Put what a renderer raised into a short phrase."""
    words = str(error) if isinstance(error, RenderError) else f"{type(error).__name__}: {error}"
    return "".join(letter if letter.isprintable() else " " for letter in words[:200]).rstrip(". ") or type(error).__name__


def _bound(seconds: int, megabytes: int) -> None:
    """Bound what one job may use on top of what was used before it: the signal or the failed allocation ends the process."""
    if resource is None or not (data := _data()):
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    for what, most in (
        (resource.RLIMIT_DATA, data + megabytes * _MEGABYTE),
        (resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _data() -> int:
    """Bytes of private memory that this process may write, as Linux counts them for RLIMIT_DATA (proc(5), statm); 0 elsewhere."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError, AttributeError):
        return 0


def _peak() -> float:
    """The most memory that this process ever held, in megabytes. `ru_maxrss` will not do: it begins with that of the parent (proc(5), VmHWM)."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 if resource is not None else 0.0


if __name__ == "__main__":
    try:
        main()
    finally:  # a parent that was killed clears nothing up; the folder that it named is this process's alone
        shutil.rmtree(sys.argv[1], ignore_errors=True)
