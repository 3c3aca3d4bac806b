"""What the commands write for other programs, of items and readers whose words would steer those programs: tables, references, calendars."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from pipeline.model import SubscriberState
from pipeline.store import Store
from tests import builders
from tests.desk import Desk
from tests.stage import FORMULAS, Answer, Attack
from tests.test_attacks import _cells
from tests.test_web import Site

BREAKS = (
    "x\nUR  - javascript:zq()\nER  - \n\nTY  - JOUR",
    "}\n@article{zq, title={x}}",
    "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:zq",
    '"}, {"id": "zq"',
)
"""Words that would begin a record of their own."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = Desk(tmp_path_factory.mktemp("commands"))
    site = Site(made.folder)
    for place, words in enumerate((*FORMULAS, *BREAKS)):
        item = site.add(place, title=f"{words} in a title")
        with Store.open(site.config.db) as store:
            store.decide(builders.decision(item=item, note=words))
            store.add_subscriber(f"reader{place}@example.org", name=words, origin=words, state=SubscriberState.CONFIRMED, now=site.now)
    return made


def written(desk: Desk, *words: str) -> str:
    path = desk.folder / "out"
    assert desk.run("export", *words, "-o", str(path)).code == 0
    return path.read_bytes().decode()


def test_no_cell_of_an_exported_list_is_a_formula(desk: Desk) -> None:
    table = written(desk, "subscribers")
    assert len(list(csv.reader(io.StringIO(table, newline="")))) == 1 + len(FORMULAS) + len(BREAKS)
    assert list(_cells(Attack(sort="csv", name=""), Answer(status=200, body=table.encode()))) == []


@pytest.mark.parametrize(("form", "begins"), [("ris", r"^TY  - "), ("bibtex", r"^@\w+\{")])
def test_no_title_begins_a_reference_of_its_own(desk: Desk, form: str, begins: str) -> None:
    found = written(desk, form)
    assert len(re.findall(begins, found, re.MULTILINE)) == len(FORMULAS) + len(BREAKS)
    assert not re.search(r"^UR  - javascript|^@article\{zq", found, re.MULTILINE)


@pytest.mark.parametrize("what", ["items", "decisions"])
def test_each_line_of_an_export_is_one_object(desk: Desk, what: str) -> None:
    lines = written(desk, what).splitlines()
    assert len(lines) == len(FORMULAS) + len(BREAKS)
    assert all(isinstance(json.loads(line), dict) and "\r" not in line for line in lines)


def test_no_name_in_a_manifest_leads_out_of_the_folder_that_is_taken_in(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "all"
    assert desk.run("export", "everything", str(folder)).code == 0
    manifest = folder / "manifest.json"
    told = manifest.read_text(encoding="utf-8")
    for name in ("../../outside.txt", "/etc/passwd", "..\\outside.txt"):
        manifest.write_text(re.sub(r'"items\.jsonl"', json.dumps(name), told, count=1), encoding="utf-8")
        into = tmp_path / "into"
        into.mkdir(exist_ok=True)
        found = Desk(into, sources=None).run("import", "everything", str(folder))
        assert found.code != 0
        assert not (tmp_path / "outside.txt").exists()
        assert "Traceback" not in found.err
