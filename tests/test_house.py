"""The house itself: one direction of imports, functions that fit a screen, nothing at the top level that does not belong there."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.store import Store

ROOT = Path(__file__).resolve().parents[1]
HOUSE = ROOT / "pipeline"
SCREEN = 40
FILE = 400
REPLACED: set[str] = set()  # what one subject of the store does otherwise than the one below it, knowingly
TOP = {"pipeline", "sources.yaml", "digests", "tests", "pyproject.toml", "README.md", "Makefile", "LICENSE", "CHANGELOG.md", "SECURITY.md"}
TOP |= {"docs", "benchmarks", "deploy", ".ci", ".pre-commit-config.yaml", ".gitignore"}


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function of a file with its lines, docstring left out."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body
            words = ast.get_docstring(node, clean=False)
            lines = (node.end_lineno or 0) - node.lineno + 1
            yield node.name, lines - (words.count("\n") + 1 if words is not None and body else 0)


def test_imports_go_in_one_direction() -> None:
    run = subprocess.run([Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_function_fits_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {name} has {lines} lines" for path in HOUSE.rglob("*.py") for name, lines in functions(path) if lines > SCREEN
    ]
    assert not long


def test_every_file_has_one_subject() -> None:
    long = [f"{path.relative_to(ROOT)}: {lines} lines" for path in HOUSE.rglob("*.py") if (lines := len(path.read_text().splitlines())) > FILE]
    assert not long


def test_every_file_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT)) for path in HOUSE.rglob("*.py") if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent


def test_broad_catches_stand_at_the_three_doors_only() -> None:
    rooms = {path.relative_to(HOUSE).parts[0] for path in HOUSE.rglob("*.py") if "except Exception" in path.read_text()}
    assert rooms <= {"harvest", "web", "cli"}


def test_only_what_belongs_there_stands_at_the_top_level() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split("\n")
    if not any(listed):
        pytest.skip("not a git checkout")
    assert {Path(name).parts[0] for name in listed if name} <= TOP


def test_locked_versions_name_no_place() -> None:
    lines = (ROOT / ".ci" / "constraints.txt").read_text().splitlines()
    assert lines
    assert not [line for line in lines if "://" in line or "@" in line or line.startswith("-")]


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {line.split("==")[0].lower().replace("_", "-") for line in (ROOT / ".ci" / "constraints.txt").read_text().splitlines()}
    wanted = {asked_for.split(">")[0].split("<")[0].split("=")[0].strip().lower().replace("_", "-") for asked_for in asked}
    assert wanted <= names


def test_no_subject_of_the_store_hides_another() -> None:
    homes: dict[str, list[str]] = {}
    for subject in Store.__mro__[1:-1]:
        for name in vars(subject):
            if callable(getattr(subject, name)) and not name.startswith("__"):
                homes.setdefault(name, []).append(subject.__name__)
    hidden = {name: found for name, found in homes.items() if len(found) > 1}
    assert set(hidden) <= REPLACED, hidden
