"""metadata.json is whole: every documented view and each of its columns is explained, and nothing else is open."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pipeline import cli
from pipeline.cli.datasette import VIEWS, metadata
from pipeline.store import Store


@pytest.fixture
def schema(tmp_path: Path) -> dict[str, list[str]]:
    """The views of a fresh database and their columns."""
    with Store.open(tmp_path / "curated.db"):
        pass
    connection = sqlite3.connect(tmp_path / "curated.db")
    try:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name")]
        return {name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")] for name in names}
    finally:
        connection.close()


def test_every_view_and_every_column_is_described_and_none_that_is_not_there(schema: dict[str, list[str]]) -> None:
    assert {name: list(columns) for name, (_, columns) in VIEWS.items()} == {name: schema[name] for name in VIEWS}
    assert set(VIEWS) == set(schema)
    assert all(said.endswith(".") for about, columns in VIEWS.values() for said in (about, *columns.values()))


def test_what_is_not_described_is_closed_and_so_is_sql() -> None:
    made: Any = metadata("What's new", "A & B", url="https://digest.example.org", database="curated")
    database = made["databases"]["curated"]
    assert (database["allow"], database["allow_sql"]) == (False, False)
    assert {name: view["allow"] for name, view in database["tables"].items()} == {
        "v_items": True, "v_decisions": True, "v_editions": True, "v_sources": True, "v_deliveries": {"id": "root"},
    }  # fmt: skip
    assert "A &amp; B" in made["description_html"]
    assert made["license"]


def test_sorting_and_facets_name_columns_that_there_are(schema: dict[str, list[str]]) -> None:
    made: Any = metadata("x", "y", url="z", database="curated")
    for name, view in made["databases"]["curated"]["tables"].items():
        assert {*view.get("facets", ()), *([view["sort_desc"]] if "sort_desc" in view else [])} <= set(schema[name])


def test_the_command_writes_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sources.yaml").write_text("desk: {name: Our digest}\nsources: []\n")
    assert cli.main(["--dir", str(tmp_path), "datasette", "-o", str(tmp_path / "metadata.json")]) == 0
    assert json.loads((tmp_path / "metadata.json").read_text())["title"] == "Our digest"
    assert cli.main(["--dir", str(tmp_path), "datasette"]) == 0
    assert json.loads(capsys.readouterr().out)["databases"]["curated"]
