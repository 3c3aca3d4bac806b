"""The threat model says which test holds what: each of them must exist. The licences of what comes with us are read as well."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "security.md"
LICENCES = ROOT / ".ci" / "licences.py"


def rows() -> list[list[str]]:
    """The lines of every table of threats: what, how it is held, which tests."""
    tables = re.findall(r"\| Threat \|.*?\n\|[-|]+\n((?:\|.*\n)+)", DOCUMENT.read_text())
    assert len(tables) == 5
    return [[cell.strip() for cell in line.strip("|\n").split("|")] for table in tables for line in table.splitlines()]


def test_every_threat_says_how_it_is_held_and_which_test_shows_it() -> None:
    found = rows()
    assert len(found) >= 50
    for row in found:
        threat, held, tests = row
        assert threat, row
        assert held, row
        assert re.fullmatch(r"`test_\w+\.py::test_\w+`(, `test_\w+\.py::test_\w+`)*", tests), row
    assert len({row[0] for row in found}) == len(found)


def test_every_test_that_is_named_exists() -> None:
    missing = []
    for file, name in re.findall(r"`(test_\w+\.py)::(test_\w+)`", DOCUMENT.read_text()):
        path = Path(__file__).parent / file
        if not path.exists() or not re.search(rf"^(?:async )?def {name}\(", path.read_text(), re.MULTILINE):
            missing.append(f"{file}::{name}")
    assert missing == []


def test_the_rooms_that_are_named_exist() -> None:
    rooms = re.findall(r"`([a-z_]+(?:/[a-z_]+)*\.py)`", re.sub(r"`test_\w+\.py::\w+`", "", DOCUMENT.read_text()))
    assert rooms
    assert [room for room in rooms if not (ROOT / "pipeline" / room).exists()] == []


def test_how_to_report_is_said() -> None:
    words = (ROOT / "SECURITY.md").read_text()
    assert all(part in words for part in ("To report something", "What is supported", "docs/security.md", "gleanings --version"))


# licences


@pytest.fixture(scope="module")
def licences() -> dict[str, Any]:
    return runpy.run_path(str(LICENCES))


def test_nothing_that_comes_with_us_binds_who_passes_it_on() -> None:
    done = subprocess.run([sys.executable, str(LICENCES)], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    listed = {line.split()[0] for line in done.stdout.splitlines()}
    assert {"gleanings", "typst", "lxml", "starlette", "trafilatura"} <= listed


@pytest.mark.parametrize(
    ("words", "is_bound"),
    [
        ("MIT", False),
        ("GPL-3.0-or-later", True),
        ("AGPL-3.0-only", True),
        ("MIT AND GPL-2.0-only", True),
        ("MPL-1.1 OR GPL-2.0-only OR LGPL-2.1-or-later", False),
        ("(GPL-2.0-only OR AGPL-3.0-only)", True),
        ("LGPL-3.0-or-later", False),
        ("GNU General Public License v3 (GPLv3)", True),
        ("GNU Affero General Public License v3", True),
        ("GNU Lesser General Public License v3 (LGPLv3)", False),
        ("GNU Library or Lesser General Public License (LGPL)", False),
        ("GPLv2", True),
        ("BSD-3-Clause, Apache-2.0, dependency licenses", False),
    ],
)
def test_a_licence_binds_where_it_leaves_no_other_choice(licences: dict[str, Any], words: str, is_bound: bool) -> None:
    assert licences["binds"](words) is is_bound
