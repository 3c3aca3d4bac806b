"""The wheel: everything in it, nothing else, the same bytes each time, and a program that works where nothing else of ours is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from email.parser import Parser
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
EPOCH = "1700000000"
PARTS = ("pyproject.toml", "README.md", "LICENSE", "pipeline")


def called(command: Sequence[str | Path], folder: Path, **environ: str) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, env={**os.environ, **environ}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def built(source: Path, folder: Path) -> Path:
    called([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], source, SOURCE_DATE_EPOCH=EPOCH)
    (wheel,) = folder.glob("*.whl")
    return wheel


def copied(folder: Path) -> Path:
    """Copy what a wheel is made of: elsewhere, with other times and permissions, as another machine would have it."""
    folder.mkdir()
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"), copy_function=shutil.copyfile)
        else:
            shutil.copyfile(source, folder / name)
    return folder


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if find_spec("hatchling") is None:
        pytest.skip("hatchling, the build backend, is not installed here")
    return copied(tmp_path_factory.mktemp("tree") / "source")


@pytest.fixture(scope="module")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tree, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def target(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, installed alone into an empty folder: what it needs comes from here, nothing else of ours does."""
    folder = tmp_path_factory.mktemp("clean") / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--no-compile"]
    called([*pip, "--target", folder, wheel], folder.parent)
    return folder


def gleanings(target: Path, folder: Path, *arguments: str) -> str:
    return called([sys.executable, "-P", "-m", "pipeline", *arguments], folder, PYTHONPATH=str(target))


def test_everything_of_the_package_is_in_the_wheel_and_nothing_else(tree: Path, wheel: Path) -> None:
    ours = {path.relative_to(tree).as_posix() for path in (tree / "pipeline").rglob("*") if path.is_file()}
    names = set(ZipFile(wheel).namelist())
    about = {name for name in names if ".dist-info/" in name}
    assert names - about == ours
    assert {Path(name).suffix for name in ours} >= {".css", ".html", ".js", ".md", ".svg", ".typ", ".woff2", ".xml", ".yaml"}
    assert {name.partition("/")[2] for name in about} == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}


def test_the_same_source_gives_the_same_bytes_on_another_day_and_in_another_folder(tree: Path, wheel: Path, tmp_path: Path) -> None:
    elsewhere = copied(tmp_path / "elsewhere")
    for path in elsewhere.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    (elsewhere / "README.md").chmod(0o600)
    again = built(elsewhere, tmp_path / "out")
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with ZipFile(wheel) as parts:
        about = Parser().parsestr(parts.read(next(name for name in parts.namelist() if name.endswith("METADATA"))).decode())
    assert (about["Name"], about["License-Expression"], about["Requires-Python"]) == ("gleanings", "MIT", ">=3.11")
    assert not [line for line in about.get_all("Requires-Dist", []) if " @ " in line]  # no address that only its maker could reach


def test_the_program_works_from_the_wheel_alone(target: Path, tmp_path: Path) -> None:
    where = called([sys.executable, "-P", "-c", "import pipeline; print(pipeline.__file__)"], tmp_path, PYTHONPATH=str(target))
    assert Path(where.strip()).is_relative_to(target)
    assert gleanings(target, tmp_path, "--version").startswith("gleanings 0.")
    assert "harvest, fold, suggest" in gleanings(target, tmp_path, "--help")
    assert "sources.yaml is written" in gleanings(target, tmp_path, "init", "desk")
    assert "all is well" in gleanings(target, tmp_path, "--dir", "desk", "check")
    assert "2026-12" in gleanings(target, tmp_path, "--dir", "desk", "digest", "build", "2026-12")  # reads templates, styles and fonts
    files = {path.name for path in (tmp_path / "desk" / "digests" / "2026-12").iterdir()}
    assert {"digest.pdf", "index.html", "email.html", "atom.xml", "one-page.pdf"} <= files


def test_the_command_is_installed(target: Path) -> None:
    assert os.access(target / "bin" / "gleanings", os.X_OK)
