"""Progress on a terminal, for what takes longer than two seconds; nothing at all elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

PATIENCE = 2.0
Report = Callable[[str, int, int], None]


@contextmanager
def progress() -> Iterator[Report]:
    """Give a function that takes what is going on, how much is done, and of how much (0: nobody knows)."""
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=Console(stderr=True), transient=True
    )
    shown = sys.stderr.isatty()
    tasks = {"": bar.add_task("", visible=False)}
    began = time.monotonic()
    started = False

    def report(what: str, done: int, total: int) -> None:
        nonlocal started
        if not shown:
            return
        if not started and time.monotonic() - began > PATIENCE:
            started = True
            bar.start()
        if what not in tasks:
            tasks[what] = bar.add_task(what, total=total or None)
        bar.update(tasks[what], completed=done, total=total or None)

    try:
        yield report
    finally:
        if started:
            bar.stop()
