"""A file written whole or not at all, so that no reader ever sees half of one. Knows no format."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_DRAFT = re.compile(r"\..+\.(\d+)-\d+")


def write_whole(path: Path, parts: Iterable[bytes]) -> None:
    """Write beside the file and put it in its place in one step. A link stays a link, and permissions stay as they are.

    Raises `OSError`, and leaves nothing behind then.
    """
    target = path.resolve()
    draft = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_native_id()}")
    try:
        with draft.open("wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            draft.chmod(target.stat().st_mode & 0o777)
        draft.replace(target)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Take away the drafts in a folder that were left by processes killed while they wrote. Those of processes at work stay."""
    for path in folder.iterdir():
        found = _DRAFT.fullmatch(path.name)
        if found and not _is_alive(int(found[1])):
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
