"""The settings of a process that stays: read anew when their files change. While these cannot be read, the last good ones stay in force."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock

from pipeline.config import Config, load
from pipeline.errors import ConfigError

AGAIN = 30.0
"""Seconds after which settings that could not be read are tried again, although no file that we know has changed: what was missing may be there."""

_Stamp = tuple[tuple[int, int, int] | None, ...]


class Settings:
    """Holds what is in force. `look` may be called as often as one likes, by any thread; it costs a `stat` for each file."""

    def __init__(self, config: Config, *, environ: Mapping[str, str] = os.environ, ticks: Callable[[], float] = time.monotonic) -> None:
        self._config, self._environ, self._ticks = config, environ, ticks
        self._lock = Lock()
        self._stamp = _stamp(config)
        self._tried = 0.0
        self._problem: ConfigError | None = None

    @property
    def config(self) -> Config:
        """The settings in force."""
        return self._config

    @property
    def problem(self) -> str:
        """Say why the files as they are now are not in force; empty where they are."""
        problem = self._problem
        return f"{problem} The settings of before are still in force." if problem else ""

    def look(self) -> Config:
        """Read the files anew if they changed, and give the settings in force."""
        if not self._has_changed():
            return self._config
        with self._lock:
            if self._has_changed():
                self._read()
            return self._config

    def _has_changed(self) -> bool:
        waits = self._problem is not None and self._ticks() - self._tried >= AGAIN
        return waits or _stamp(self._config) != self._stamp

    def _read(self) -> None:
        # The stamp before the file: what is written meanwhile is seen at the next look.
        stamp, self._tried, old = _stamp(self._config), self._ticks(), self._config
        try:
            self._config, self._problem = load(old.path, self._environ, folder=old.folder, db=old.db), None
        except ConfigError as error:
            self._problem = error
        self._stamp = stamp if self._config.files == old.files else _stamp(self._config)


def _stamp(config: Config) -> _Stamp:
    return tuple(_stat(path) for path in config.files or (config.path,))


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
