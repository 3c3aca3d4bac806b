"""Work done in a process of its own, and killed at one of its steps: a file opened, renamed or removed, a database opened."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from pipeline.errors import StoreError

STEPS = ("open", "os.rename", "os.remove", "os.link", "sqlite3.connect", "shutil.copyfile", "tests.step")


def forked(work: Callable[[], object]) -> int:
    """Do something in a process of its own; how that ended: 0 well, 1 by one of our errors, less than 0 by a signal."""
    process = os.fork()
    if process == 0:
        code = 70
        try:
            work()
            code = 0
        except StoreError:
            code = 1
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def killed(work: Callable[[], object], *, at: int, about: str) -> int:
    """Do something in a process that is killed before its step number `at` that has to do with a file whose name holds `about`; how it ended."""
    seen = 0

    def watch(event: str, values: tuple[object, ...]) -> None:
        nonlocal seen
        if event in STEPS and about in str(values):
            seen += 1
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)

    def watched() -> None:
        sys.addaudithook(watch)
        work()

    return forked(watched)
