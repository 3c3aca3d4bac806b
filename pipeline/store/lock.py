"""One instance for one errand on one database: an `flock` beside the file. Knows no SQL.

The lock belongs to the process and dies with it, so that a crash leaves nothing to clean up; what stands in the file is only for the sentence.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pipeline.errors import LockedError, StoreError


@contextmanager
def hold(path: Path | str, name: str, *, now: datetime) -> Iterator[None]:
    """Hold the lock `name` of the database at `path` for the length of the block.

    Raises `LockedError`, which names the other process and since when, if it is taken; `StoreError` where no file can be made there.
    """
    file = Path(f"{path}.{name}.lock")
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"{file} cannot be written ({error.strerror}).", hint=f"Make {file.parent} a folder that you may write to.") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockedError(
                f"Another Gleanings is at work on {path} ({name}{_holder(handle)}).", hint="Wait until it is done, or stop that process."
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({"pid": os.getpid(), "since": now.isoformat()}).encode(), 0)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _holder(handle: int) -> str:
    """Say who holds the lock; empty in the moment before the other one has written its name."""
    try:
        words = json.loads(os.pread(handle, 1000, 0))
        since = datetime.fromisoformat(words["since"])
        return f": process {int(words['pid'])}, since {since:%Y-%m-%d %H:%M}"
    except (ValueError, TypeError, KeyError):
        return ""
