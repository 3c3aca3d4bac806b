"""A file is the new one or the old one, whatever happens while it is written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.files import sweep, write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(0o640)
    write_whole(path, (b"new ", b"words"))
    assert (path.read_bytes(), path.stat().st_mode & 0o777, names(tmp_path)) == (b"new words", 0o640, ["a.txt"])


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there.txt").write_text("old")
    (tmp_path / "here.txt").symlink_to(tmp_path / "there.txt")
    write_whole(tmp_path / "here.txt", (b"new",))
    assert (tmp_path / "here.txt").is_symlink()
    assert (tmp_path / "there.txt").read_text() == "new"


def test_what_breaks_off_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    def parts() -> Iterator[bytes]:
        yield b"half"
        raise OSError("the disk is full")

    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(OSError, match="full"):
        write_whole(tmp_path / "a.txt", parts())
    assert ((tmp_path / "a.txt").read_text(), names(tmp_path)) == ("old", ["a.txt"])
    with pytest.raises(OSError, match="No such file"):
        write_whole(tmp_path / "nowhere" / "a.txt", (b"x",))


def test_what_a_killed_process_left_is_swept_and_what_is_being_written_stays(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for name in (f".a.pdf.{gone.pid}-7", f".a.pdf.{os.getpid()}-7", ".keep", "a.pdf"):
        (tmp_path / name).write_text("half")
    sweep(tmp_path)
    assert names(tmp_path) == sorted([f".a.pdf.{os.getpid()}-7", ".keep", "a.pdf"])
