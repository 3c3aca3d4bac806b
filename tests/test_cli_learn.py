"""The commands around what the machine learns, as a curator and a program give them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.app import COMMANDS
from tests.desk import Desk

GARDEN = ("garden", "soil", "seed", "compost", "spade", "frost")
ENGINE = ("engine", "piston", "valve", "crank", "torque", "spark")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with twenty reports on leadership in gardens and twenty on engines, the first six of each decided."""
    folder = tmp_path_factory.mktemp("filled")
    made = Desk(folder)
    rows = [line(number, (GARDEN, ENGINE)[number % 2]) for number in range(40)]
    decisions = [{"origin_id": f"r{number}", **verdict(number)} for number in range(12)]
    for name, lines in (("items", rows), ("decisions", decisions)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    made.must("import", "items", str(folder / "items.jsonl"))
    made.must("import", "decisions", str(folder / "decisions.jsonl"))
    return folder


@pytest.fixture
def desk(tmp_path: Path, filled: Path) -> Desk:
    """A copy of the filled desk, for one test to change."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    return Desk(tmp_path, sources=None)


def line(number: int, subject: tuple[str, ...]) -> dict[str, Any]:
    words = " ".join(f"The {subject[(number * 5 + n) % 6]} and the {subject[n % 6]} of place {number}." for n in range(12))
    lead = "On leadership in the" if subject is GARDEN else "On the"
    return {"id": f"r{number}", "url": f"https://north.example/{number}", "title": f"{lead} {subject[number % 6]} {number}", "text": words}


def verdict(number: int) -> dict[str, Any]:
    at = f"2026-11-20T10:{number:02}:00+00:00"
    return {"verdict": "reject", "at": at} if number % 2 else {"verdict": "accept", "topics": ["leadership"], "at": at}


def listed(desk: Desk, *words: str) -> list[str]:
    return [one["origin_id"] for one in desk.must("queue", "--limit", "100", *words)]


def number(desk: Desk, origin: str) -> str:
    return next(str(one["id"]) for one in desk.must("export", "items") if one["origin_id"] == origin)


def test_training_says_from_how_much_it_learnt_and_the_queue_follows(desk: Desk) -> None:
    (done,) = desk.must("train")
    assert (done["suggested"], done["examples"], done["topics_learnt"]) == (28, 12, 1)
    assert done["seconds"] > 0
    assert set(listed(desk)[:14]) == {f"r{number}" for number in range(12, 40, 2)}
    assert "28 waiting items put in order, from 12 examples; 1 topic with five kept items or more" in desk.run("train").out


def test_the_queue_names_the_lane_of_each_line_and_lists_a_lane_by_name(desk: Desk) -> None:
    desk.must("train")
    lines = desk.must("queue", "--limit", "100")
    assert {one["lane"] for one in lines} <= {"ranked", "audit", "unlikely"}
    aside = [one["origin_id"] for one in lines if one["lane"] == "audit"]
    assert aside
    assert listed(desk, "--lane", "audit") == aside
    assert listed(desk, "--lane", "skipped") == []
    assert "audit · " in desk.run("queue", "--lane", "audit").out


def test_minutes_say_how_many_items_fit_and_how_many_keepers_they_hold(desk: Desk) -> None:
    desk.must("train")
    said = desk.run("queue", "--minutes", "5").out
    assert "5 minutes are about 5 items, at 60 seconds a decision. Expected keepers in them: " in said
    assert "5 of 28 shown." in said
    assert len(desk.must("queue", "--minutes", "5")) == 5


def test_minutes_without_a_pace_say_what_is_missing(tmp_path: Path) -> None:
    assert "takes ten decisions" in Desk(tmp_path).run("queue", "--minutes", "25").out


def test_minutes_before_there_are_probabilities_promise_no_keepers(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for name, lines in (("i", [line(n, GARDEN) for n in range(15)]), ("d", [{"origin_id": f"r{n}", **verdict(2 * n)} for n in range(12)])):
        (tmp_path / name).write_text("".join(json.dumps(one) + "\n" for one in lines))
        desk.must("import", "items" if name == "i" else "decisions", str(tmp_path / name))
    desk.must("train")
    assert "can be said after five kept and five rejected items" in desk.run("queue", "--minutes", "9").out


def test_an_item_is_explained_with_words_near_items_and_terms(desk: Desk) -> None:
    desk.must("train")
    one = number(desk, "r20")
    (why,) = desk.must("explain", one)
    assert why["topics"][0]["topic"] == "leadership"
    assert why["topics"][0]["calibrated"]
    assert why["topics"][0]["reasons"]
    assert why["nearest"][0]["likeness"] > 0
    assert {"rank", "lane", "words", "why", "rules", "steer", "fold", "proposals"} <= set(why)
    said = desk.run("explain", one).out
    assert "topic leadership: " in said
    assert "%, because of " in said
    assert ", so wanted with " in said
    assert "like item " in said


def test_before_decisions_nothing_is_said_in_per_cent(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    (tmp_path / "items.jsonl").write_text(json.dumps(line(0, GARDEN)))
    desk.must("import", "items", str(tmp_path / "items.jsonl"))
    said = desk.run("explain", "1").out
    assert "%" not in said
    assert "not checked against decisions yet" in said


def test_more_and_less_move_the_queue_and_are_undone(desk: Desk) -> None:
    desk.must("train")
    one = number(desk, "r21")
    before = {line["origin_id"]: line["score"] for line in desk.must("queue", "--limit", "100")}
    assert desk.must("more", one) == [{"id": int(one), "steer": 1}]
    after = {line["origin_id"]: line["score"] for line in desk.must("queue", "--limit", "100")}
    assert after["r23"] > before["r23"]
    assert "A curator asked for more of this." in desk.run("explain", one).out
    assert "less of what item" in desk.run("less", one).out
    assert "is taken back" in desk.run("undo", "2").out
    assert desk.must("explain", one)[0]["steer"] == 0
    assert desk.run("more", "9999").code == 1


def test_what_lies_in_a_tray_is_explained_and_put_back(desk: Desk) -> None:
    desk.must("train")
    aside = desk.must("queue", "--lane", "audit")[0]["id"]
    assert f"`gleanings reopen {aside}` puts it back" in desk.run("explain", str(aside)).out
    assert desk.must("reopen", str(aside))[0]["state"] == "queued"
    assert aside not in [one["id"] for one in desk.must("queue", "--lane", "audit", "--lane", "unlikely")]


def test_figures_are_printed_for_people_and_programs(desk: Desk) -> None:
    (found,) = desk.must("evaluate")
    assert found["decisions"] == 12
    assert [one["topic"] for one in found["topics"]] == ["learning", "leadership"]
    assert found["topics"][1]["positives"] == found["micro"]["positives"] == 6
    assert found["batches"][0]["decided"] == 12
    said = desk.run("evaluate").out
    assert "12 decisions to judge by." in said
    assert "of the first 12, 50% were kept" in said
    assert "leadership" in said


def test_the_taxonomy_is_looked_through(desk: Desk) -> None:
    settings = desk.folder / "sources.yaml"
    settings.write_text(settings.read_text().replace("topics:\n", "topics:\n  - {id: sailing, name: Tidal sailing, keywords: [regatta]}\n"))
    remarks = desk.must("evaluate", "--topics")
    assert any(one["topic"] == "sailing" and one["about"] == "never" for one in remarks)
    assert remarks[0]["sentence"] in desk.run("evaluate", "--topics").out


def test_an_empty_desk_has_nothing_to_say_and_says_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert "0 decisions to judge by, so nothing can be said yet." in desk.run("evaluate").out
    assert desk.must("train")[0]["suggested"] == 0


@pytest.mark.parametrize("words", ["queue --limit 5", "accept 1", "import decisions decisions.jsonl", "export items", "status"])
def test_errands_of_every_day_do_not_wait_for_the_machine_to_load(desk: Desk, words: str) -> None:
    script = f"import sys; from pipeline.cli import main; main({words.split()!r}); sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=desk.folder, capture_output=True, check=False).returncode == 0


HELP = """
import sys
from pipeline.cli import main
main([*sys.argv[1:], "--help"])
sys.exit(", ".join(sorted({"scipy", "pipeline.classify.topics", "pipeline.classify.order"} & set(sys.modules))) or 0)
"""


@pytest.mark.parametrize("command", sorted({module: name for name, (module, _) in COMMANDS.items()}.values()))
def test_help_loads_nothing_that_only_learning_needs(command: str) -> None:
    done = subprocess.run([sys.executable, "-c", HELP, command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert command in done.stdout
