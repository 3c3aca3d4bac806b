"""The press: children with bounds, halving until the culprit is found, and an edition that comes out whatever stands in it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import render
from pipeline.errors import NotFoundError
from pipeline.model import Edition, Entry, Event, Finding, ItemId, Section
from pipeline.publish import press
from pipeline.publish.child import Bounds, Child, Crew, SettingError, crew
from pipeline.publish.mending import mend
from tests import builders

HERE = Path(__file__).parents[1]
PLENTY = Bounds(seconds=20, megabytes=400)


def holding(*entries: Entry) -> Edition:
    return builders.edition(sections=(Section(id="a", title="Reports", entries=entries),), picks=tuple(one.id for one in entries[:3]))


def numbered(count: int) -> Edition:
    return holding(*(builders.entry(id=ItemId(n), title=f"Entry {n}") for n in range(1, count + 1)))


def refusing(*bad: int) -> Callable[[Edition], str]:
    """Try an edition as a typesetter would that cannot set the words of some items."""

    def attempt(edition: Edition) -> str:
        return "it broke" if any(entry.id in bad and entry.title == f"Entry {entry.id}" for entry in edition.entries) else ""

    return attempt


def places(findings: tuple[Finding, ...]) -> list[str]:
    return [one.place for one in findings]


# ---------------------------------------------------------------- the search for what is at fault


@given(st.integers(2, 120), st.data())
def test_every_culprit_is_found_by_halving_and_no_other(count: int, data: st.DataObject) -> None:
    bad = data.draw(st.sets(st.integers(1, count), min_size=1, max_size=3))
    edition = numbered(count)
    mended = mend(edition, refusing(*bad), file="digest.pdf", why="it broke")
    assert places(mended.findings) == [f"item {n}" for n in sorted(bad)]
    assert {(one.rule, one.severity) for one in mended.findings} == {("not-set", "warning")}
    assert [entry for entry in mended.edition.entries if entry.id not in bad] == [entry for entry in edition.entries if entry.id not in bad]


def test_one_culprit_among_sixty_costs_two_tries_for_each_halving() -> None:
    tried: list[int] = []

    def attempt(edition: Edition) -> str:
        tried.append(len(edition.entries))
        return refusing(37)(edition)

    mend(numbered(60), attempt, file="digest.pdf", why="it broke")
    assert len(tried) <= 2 + 2 * 6 + 1


def test_an_item_that_cannot_be_set_keeps_its_place_and_its_link() -> None:
    mended = mend(numbered(5), refusing(3), file="digest.pdf", why="it broke")
    plain = mended.edition.entries[2]
    assert plain.id == 3
    assert plain.url == "https://north.example/a"
    assert plain.title == "Item 3: its words could not be set"
    assert "The link leads to it" in plain.blurb
    assert mended.edition.picks == (1, 2, 3)


def test_a_link_that_may_be_at_fault_itself_is_left_out() -> None:
    odd = replace(numbered(2).entries[1], url="https://north.example/ä")
    mended = mend(holding(numbered(1).entries[0], odd), refusing(2), file="digest.pdf", why="it broke")
    assert mended.edition.entries[1].url == ""
    assert "Ask the editor" in mended.edition.entries[1].blurb


def test_an_item_that_fails_even_as_a_plain_line_is_taken_out() -> None:
    mended = mend(numbered(5), lambda one: "it broke" if 3 in {entry.id for entry in one.entries} else "", file="x", why="it broke")
    assert [entry.id for entry in mended.edition.entries] == [1, 2, 4, 5]
    assert mended.edition.picks == (1, 2)


def test_items_that_fail_only_with_each_other_are_set_aside_together() -> None:
    def attempt(edition: Edition) -> str:
        return "they clash" if {f"Entry {n}" for n in (1, 4)} <= {entry.title for entry in edition.entries} else ""

    mended = mend(numbered(4), attempt, file="digest.pdf", why="they clash")
    assert mended.is_lost or places(mended.findings)
    assert not mended.findings[0].problem.startswith("Item 2")


def test_many_culprits_do_not_make_an_endless_search() -> None:
    tried: list[int] = []

    def attempt(edition: Edition) -> str:
        tried.append(1)
        return refusing(*range(1, 201))(edition)

    mended = mend(numbered(200), attempt, file="digest.pdf", why="it broke")
    assert len(tried) < 70
    assert len(mended.findings) == 200


@pytest.mark.parametrize("part", ["letter", "essay", "strap", "organisation"])
def test_a_part_of_the_frame_is_named_and_left_out(part: str) -> None:
    said = {part: "Zq"}
    edition = replace(numbered(3), **said)  # type: ignore[arg-type]
    mended = mend(edition, lambda one: "it broke" if getattr(one, part) == "Zq" else "", file="digest.pdf", why="it broke")
    assert getattr(mended.edition, part) == ""
    assert [(one.place, one.severity) for one in mended.findings] == [(part, "error")]
    assert mended.edition.entries == edition.entries


def test_a_section_title_at_fault_does_not_cost_its_items() -> None:
    edition = replace(numbered(3), sections=(replace(numbered(3).sections[0], title="Zq"),))
    mended = mend(edition, lambda one: "it broke" if "Zq" in [section.title for section in one.sections] else "", file="digest.pdf", why="it broke")
    assert places(mended.findings) == ["section titles"]
    assert mended.edition.entries == edition.entries
    assert mended.edition.sections[0].title == "Section 1"


def test_where_nothing_helps_the_form_is_given_up_with_a_word_about_the_settings() -> None:
    mended = mend(numbered(3), lambda _: "the name is odd", file="digest.pdf", why="the name is odd")
    assert mended.is_lost
    assert "digest.pdf could not be made: the name is odd" in mended.findings[0].problem
    assert "sources.yaml" in mended.findings[0].remedy


# ---------------------------------------------------------------- children


def test_a_child_gives_the_bytes_that_this_process_gives() -> None:
    edition = numbered(7)
    for name in ("pdf", "pdf-large"):
        assert crew.set(edition, name, PLENTY).body == render.render(edition, name).body


def test_a_child_tells_what_it_used() -> None:
    pressed = crew.set(numbered(7), "pdf", PLENTY)
    assert 0 < pressed.seconds < 20
    assert 0 < pressed.megabytes < 512


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the bound on memory is that of Linux")
def test_a_child_that_wants_too_much_memory_ends_and_another_takes_its_place() -> None:
    few = Crew()
    with pytest.raises(SettingError, match=r"[mM]emory"):
        few.set(numbered(400), "pdf", Bounds(seconds=20, megabytes=4))
    assert few.set(numbered(1), "pdf", PLENTY).body.startswith(b"%PDF")
    few.close()


@pytest.mark.skipif(not hasattr(signal, "SIGXCPU"), reason="the bound on processor time is that of POSIX")
def test_a_child_that_takes_too_long_ends() -> None:
    with pytest.raises(SettingError, match="more than 0 seconds"):
        crew.set(numbered(2_500), "pdf", Bounds(seconds=0, megabytes=2_000))


def test_a_child_that_is_killed_is_a_fault_and_no_more() -> None:
    child = Child()
    os.kill(child._process.pid, signal.SIGKILL)
    with pytest.raises(SettingError, match="broke off"):
        child.set(numbered(1), "pdf", PLENTY)
    assert not child.is_well


def test_what_breaks_off_in_a_child_that_worked_before_is_tried_in_a_fresh_one() -> None:
    few = Crew()
    few.set(numbered(1), "pdf", PLENTY)
    (used,) = few._idle
    os.kill(used._process.pid, signal.SIGKILL)
    assert few.set(numbered(1), "pdf", PLENTY).body.startswith(b"%PDF")
    assert (used.is_well, used in few._idle) == (False, False)
    few.close()


def test_what_breaks_off_in_a_fresh_child_is_not_tried_again() -> None:
    few = Crew()
    few.warm()
    os.kill(few._idle[0]._process.pid, signal.SIGKILL)
    with pytest.raises(SettingError, match="broke off"):
        few.set(numbered(1), "pdf", PLENTY)
    few.close()


def test_a_fault_in_a_child_leaves_it_well() -> None:
    child = Child()
    with pytest.raises(SettingError, match="no format 'zq'"):
        child.set(numbered(1), "zq", PLENTY)
    assert child.is_well
    assert child.set(numbered(1), "pdf", PLENTY).body.startswith(b"%PDF")
    assert child.close() == 0
    assert child.close() == 0


@pytest.mark.parametrize("ends", [Child.kill, Child.close])
def test_a_child_leaves_no_file_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ends: Callable[[Child], object]) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    child = Child()
    child.set(numbered(1), "pdf", PLENTY)
    assert [*tmp_path.rglob("*.otf"), *tmp_path.rglob("*.ttf")], "the faces that it reads lie in its folder"
    ends(child)
    assert [*tmp_path.iterdir()] == []


def test_a_child_that_has_grown_makes_room_for_a_fresh_one() -> None:
    few = Crew()
    grown = few._taken()
    assert grown.set(numbered(700), "pdf", PLENTY).body.startswith(b"%PDF")
    assert (grown.is_worn, grown.is_well) == (True, False)
    few._keep(grown)
    (fresh,) = few._idle
    assert (grown._process.poll(), fresh.is_worn, fresh.is_well) == (0, False, True)
    few.close()


def test_children_end_with_their_parent_even_where_it_is_killed_and_leave_nothing(tmp_path: Path) -> None:
    code = (
        "import os, signal; from pipeline.publish.child import Child\nprint(Child()._process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    where = {**os.environ, "TMPDIR": str(tmp_path)}
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=HERE, env=where, check=False).stdout
    for _ in range(1_000):
        if not _lives(int(said)):
            assert [*tmp_path.iterdir()] == []
            return
        subprocess.run([sys.executable, "-c", ""], check=True)  # some time, and no sleep
    pytest.fail("the child outlived its parent")


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


# ---------------------------------------------------------------- an edition


def test_all_forms_are_made_in_the_order_asked_for() -> None:
    printed = press.print_all(numbered(3))
    assert [file.filename for file in printed.files] == [one.filename for one in render.FORMATS.values()]
    assert printed.findings == ()
    assert printed.edition == numbered(3)
    assert [file.filename for file in press.print_all(numbered(1), ["html", "pdf", "html"]).files] == ["index.html", "digest.pdf"]


def test_the_press_gives_what_each_renderer_gives() -> None:
    edition = numbered(13)
    assert {file.filename: file.body for file in press.print_all(edition).files} == {
        one.filename: render.render(edition, name).body for name, one in render.FORMATS.items()
    }


def test_an_unknown_format_is_refused_by_name() -> None:
    with pytest.raises(NotFoundError, match="docx"):
        press.print_all(numbered(1), ["docx"])


class Breaking(str):
    """Words that no renderer can take: asked what they are, they raise."""

    __slots__ = ()

    def isascii(self) -> bool:
        raise ValueError("these words are broken")

    def __reduce__(self) -> tuple[type[Breaking], tuple[str]]:
        return Breaking, (str(self),)


def test_an_item_that_breaks_a_form_is_set_aside_in_all_of_them() -> None:
    edition = numbered(9)
    broken = replace(edition.entries[4], title=Breaking("Bad"))
    edition = holding(*edition.entries[:4], broken, *edition.entries[5:])
    printed = press.print_all(edition, ["html", "text", "json-feed"])
    assert places(printed.findings) == ["item 5"]
    assert "index.html" in printed.findings[0].problem
    assert "these words are broken" in printed.findings[0].problem
    for file in printed.files:
        assert "its words could not be set" in " ".join(file.body.decode().split())
        assert "Entry 9" in file.body.decode()


def test_a_form_that_cannot_be_made_at_all_does_not_stop_the_others() -> None:
    edition = replace(numbered(2), month_name=Breaking("Bad"))
    printed = press.print_all(edition, ["html", "text"])
    assert printed.files == ()
    assert {(one.severity, one.place) for one in printed.findings} == {("error", "edition")}


@settings(max_examples=3, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_words_of_any_sort_come_out_without_findings(said: list[str]) -> None:
    edition = holding(
        *(builders.entry(id=ItemId(n), title=one, blurb=one, event=Event(start=date(2026, 12, 2), location=one)) for n, one in enumerate(said))
    )
    printed = press.print_all(edition)
    assert len(printed.files) == len(render.FORMATS)
    assert printed.findings == ()


# ---------------------------------------------------------------- a second build

PROGRAM = """
import hashlib, json
from pathlib import Path
from pipeline import publish
from pipeline.store import Store
from tests import builders, hostile
from tests.test_press import numbered
from tests.test_publish import EDITION, accepted, config
made = [publish.press.print_all(one) for one in (numbered(30), hostile.edition(3, most=8))]
hashes = [[(file.filename, hashlib.sha256(file.body).hexdigest()) for file in one.files] for one in made]
with Store.open("curated.db") as store:
    for number in range(1, 6):
        accepted(store, number)
    publish.build(EDITION, config(Path.cwd()), store, now=builders.NOW)
print(json.dumps({"press": hashes, "manifest": Path("digests", EDITION, "manifest.json").read_text()}))
"""


def test_a_second_build_elsewhere_gives_equal_hashes(tmp_path: Path) -> None:
    """Another process with other seeds of hashing, another zone, language and folder."""
    surroundings = ({"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"}, {"PYTHONHASHSEED": "77", "TZ": "Pacific/Chatham", "LC_ALL": "C.UTF-8"})
    made = []
    for number, surrounding in enumerate(surroundings):
        folder = tmp_path / str(number)
        folder.mkdir()
        environment = {**os.environ, **surrounding, "PYTHONPATH": str(HERE)}
        run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, cwd=folder, env=environment, check=True)
        made.append(json.loads(run.stdout))
    assert made[0] == made[1]
    assert "digest.pdf" in json.loads(made[0]["manifest"])["files"]
    files = dict(made[0]["press"][0])
    assert len(files) == len(render.FORMATS)
    assert files["index.html"] == hashlib.sha256(render.render(numbered(30), "html").body).hexdigest()
