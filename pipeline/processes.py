"""This process and others: a pool that never outlives this one, and memory that is given back."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import forkserver


def pool(workers: int, *, preload: Sequence[str]) -> ProcessPoolExecutor:
    """Open a pool whose workers come from a clean process that has loaded the modules `preload`, and end with this one, however it ends."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    forkserver.ensure_running()  # it loads the modules while this process does something else
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(dict(os.environ),))


def cores() -> int:
    """How many cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def give_back() -> None:
    """Give memory that was freed back to the system. glibc keeps it: sixty megabytes after the counts of a large desk were loaded, four a month
    after the errands of a service."""
    import ctypes  # late: a process that never asks is not to wait for it

    with suppress(AttributeError, OSError, TypeError):  # where there is no glibc
        ctypes.CDLL(None).malloc_trim(0)


def keep_little() -> None:
    """Let glibc keep less of what is freed, in a process that runs for years: large arrays stand by themselves and go back at once (else the bound
    from which they do rises with each, mallopt(3)), and threads share one heap. Holes fell from 165 to 48 MB in three months of a desk."""
    import ctypes

    with suppress(AttributeError, OSError, TypeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(-3, 1 << 18)  # M_MMAP_THRESHOLD
        libc.mallopt(-8, 1)  # M_ARENA_MAX


def _begin(environ: Mapping[str, str]) -> None:
    """Give this worker the environment of now (the clean process keeps that of its start), and let it end with its parent, even where that is
    killed: an orphan would go on working, and then wait for ever."""
    os.environ.clear()
    os.environ.update(environ)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
