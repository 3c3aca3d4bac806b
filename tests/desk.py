"""A desk in a folder of its own, worked by the ordinary commands: in this process, or in one of its own that a test may kill.

desk = Desk(tmp_path, sources="[…]")
desk.run("queue", "--json").lines        # in this process
child = desk.start("harvest", "--all")   # in one of its own; stop it with `kill(child)`
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import select
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline import cli, publish
from pipeline.model import Delivery
from pipeline.store import Store
from tests.web import Asked, Web

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60.0
"""Seconds until something that must happen is given up."""
SETTINGS = """\
desk: {{name: What's new, organisation: Example Learning Network, url: "https://digest.example.org", contact: editor@example.org, editor: Sam Reed}}
harvest: {{per_host: {{delay: 0s}}, total: 20s}}
mail: {{from: "What's new <digest@example.org>", smtp: "127.0.0.1:{port}", tls: none, bounce: bounces@example.org}}
topics:
  - {{id: learning, name: Learning networks, keywords: [practices, learn]}}
  - {{id: leadership, name: Leadership, keywords: [leadership]}}
sources: {sources}
"""


class Clock:
    """A clock that stands still but for those who sleep by it."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def doors(moment: datetime, report: Callable[[Delivery], None] = lambda delivery: None) -> publish.Doors:
    """What a sending needs of the world, without its time passing."""
    clock = Clock(moment)
    return publish.Doors(now=clock.now, sleep=clock.sleep, report=report)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """What it printed as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


class Desk:
    """A folder with `sources.yaml`. `sources` is YAML in one line, `None` takes the file that is there; `port` is the mail server's."""

    def __init__(self, folder: Path, *, sources: str | None = "[]", port: int = 9) -> None:
        self.folder = folder
        self.db = folder / "curated.db"
        if sources is not None:
            (folder / "sources.yaml").write_text(SETTINGS.format(sources=sources, port=port), encoding="utf-8")

    def run(self, *words: str) -> Done:
        """Give one command in this process."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        with redirect_stdout(out), redirect_stderr(err):
            code = cli.main(["--dir", str(self.folder), *words])
        return Done(code=code, out=_words(out), err=_words(err))

    def must(self, *words: str) -> list[Any]:
        """Give one command with `--json` that has to go well, and read its lines."""
        done = self.run(*words, "--json")
        assert done.code == 0, f"{' '.join(words)}: {done}"
        return done.lines

    def start(self, *words: str, most: int | None = None, stdout: int = subprocess.PIPE) -> subprocess.Popen[str]:
        """Give one command in a process of its own. `most` is the size in bytes beyond which no file may grow, as on a full disk."""
        # What a shell starts in the background ignores SIGINT, and so would all that it starts.
        code = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"
        code += "; from pipeline.cli import main; sys.exit(main(sys.argv[1:]))"
        if most is not None:
            code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most})); {code}"
        return subprocess.Popen(
            [sys.executable, "-c", code, "--dir", str(self.folder), *words],
            cwd=ROOT, stdout=stdout, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def store(self) -> Store:
        return Store.open(self.db)

    def integrity(self) -> str:
        """What SQLite says of the file."""
        connection = sqlite3.connect(self.db)
        try:
            return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
        finally:
            connection.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Read the file past the store."""
        connection = sqlite3.connect(self.db)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()


def ended(child: subprocess.Popen[str], *, patience: float = PATIENCE) -> Done:
    """Wait for a process, and for all that it started: they hold its output open. One that does not end in time is killed."""
    try:
        out, err = child.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate(timeout=PATIENCE)
        raise
    return Done(code=child.returncode, out=out or "", err=err or "")


def kill(child: subprocess.Popen[str]) -> Done:
    """Take a process away without a word (SIGKILL), and see that what it started goes too."""
    child.kill()
    return ended(child)


class Watched(Web):
    """A web of which one may wait until it was asked for something."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = self._seen = _Seen()

    def wait(self, path: str, times: int = 1) -> None:
        """Return when a path has been asked for so often; fail where that does not happen."""
        self._seen.wait(lambda: self.paths.count(path) >= times, f"nobody asked for {path}")


class _Seen(list[Asked]):
    def __init__(self) -> None:
        super().__init__()
        self._news = threading.Condition()

    def append(self, asked: Asked) -> None:
        with self._news:
            super().append(asked)
            self._news.notify_all()

    def wait(self, happened: Callable[[], bool], otherwise: str) -> None:
        with self._news:
            assert self._news.wait_for(happened, PATIENCE), otherwise


class Gate:
    """A named pipe in the place of a file that a process reads: it stands still there until the test answers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(path)

    def reached(self) -> None:
        """Return when the process has opened the pipe; fail where it does not."""
        handles: list[int] = []
        thread = threading.Thread(target=lambda: handles.append(os.open(self.path, os.O_WRONLY)), daemon=True)
        thread.start()
        thread.join(PATIENCE)
        assert handles, f"nobody read {self.path.name}"
        self._handle = handles[0]

    def answer(self, words: bytes) -> None:
        """Let the process read this and go on."""
        os.write(self._handle, words)
        self.close()

    def close(self) -> None:
        """Take the pipe away."""
        self.path.unlink()
        os.close(self._handle)


class Brim:
    """A named pipe in the place of a file that a process writes: it stands still there after the first page, as nobody reads on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        self._handle = os.open(path, os.O_RDWR)
        fcntl.fcntl(self._handle, fcntl.F_SETPIPE_SZ, 4096)

    def reached(self) -> None:
        """Return when the process has written as much as goes in; fail where it does not."""
        assert select.select([self._handle], [], [], PATIENCE)[0], f"nobody wrote {self.path.name}"

    def close(self) -> None:
        """Take the pipe away."""
        self.path.unlink()
        os.close(self._handle)


def _words(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()
