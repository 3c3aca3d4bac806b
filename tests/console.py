"""Pages that show a terminal, run as they stand: each line after `$` is given, and what the page shows below it is looked for in what comes out.

    for step in steps(Path("docs/tutorial.md")):
        told = console.run(step.command)
        assert step.lacking(told) == []

In what is shown a number stands for any number, and `…` for any words. A line alone that is `…` says that more comes out than is shown.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from pipeline import cli
from tests.desk import PATIENCE, ROOT

_BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)


_SERVING = re.compile(r"http://127\.0\.0\.1:[1-9]")
"""It names the port that it was given, so it serves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command of a page, and what the page shows of its answer."""

    page: str
    command: str
    shown: tuple[str, ...]

    def lacking(self, told: str) -> list[str]:
        """List the lines that are shown and did not come out, in this order."""
        lines = iter([_loose(line) for line in told.splitlines()])
        return [line for line in self.shown if line.strip() != "…" and not any(_fits(line, found) for found in lines)]


@dataclass(frozen=True, slots=True)
class Told:
    """What a command said, on both of its outputs, and how it ended."""

    code: int
    words: str


def steps(page: Path) -> list[Step]:
    """Give the commands of a page in order. A command that ends with a backslash goes on in the next line."""
    found: list[Step] = []
    for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block.replace("\\\n", ""), flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            found.append(Step(page=page.name, command=command.strip(), shown=tuple(filter(None, shown.splitlines()))))
    return found


class Console:
    """A terminal in a folder. Our own commands run in this process, `serve` in one of its own until it is ready; all else is the shell's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, command: str) -> Told:
        words = shlex.split(command)
        if words[0] == "cd":
            self.folder = (self.folder / words[1]).resolve()
            return Told(0, "")
        if words[:2] == ["gleanings", "serve"]:
            return self._serve(words[1:])
        if words[0] == "gleanings" and not set(command) & set("|>;&"):
            return self._ours(words[1:])
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["/bin/bash", "-c", command], cwd=self.folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
        )
        return Told(done.returncode, done.stdout + done.stderr)

    def _ours(self, words: list[str]) -> Told:
        said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            with redirect_stdout(said), redirect_stderr(said):
                code = cli.main(words)
        finally:
            os.chdir(before)
        said.seek(0)
        return Told(code, said.read())

    def _serve(self, words: list[str]) -> Told:
        """Start it on a free port, wait until it says that it serves, and end it."""
        code = "import sys; from pipeline.cli import main; sys.exit(main(sys.argv[1:]))"
        command = [sys.executable, "-c", code, "--dir", str(self.folder), "-v", *words, "--port", "0", "--no-harvest"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as child:
            assert child.stdout is not None
            said = []
            lost = threading.Timer(PATIENCE, child.kill)
            lost.start()
            for line in child.stdout:
                said.append(line)
                if _SERVING.search(line):
                    child.send_signal(signal.SIGTERM)
            lost.cancel()
            return Told(child.wait(), "".join(said))


def _loose(line: str) -> str:
    return re.sub(r"\d+", "0", " ".join(line.split()))


def _fits(shown: str, line: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in _loose(shown).split("…"))
    return re.fullmatch(pattern, line) is not None
