"""Every printed form, held against checkers by other hands: PDF/UA-1 by `page-validation` and `pdfua`, and what a screen reader hears by `outloud`.

`outloud` rests on a library under the AGPL, so it is none of our dependencies: its test runs where somebody has put the command on the PATH.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import page
import pdfua
import pytest
from PIL import Image

from pipeline import render
from pipeline.model import Edition, EditionState, Event, ItemId, Kind, Section
from tests import builders, shots
from tests.test_render_pdf import collection, corrected, edition, entries, essay

WORDS = (
    *("harbour", "north", "winter", "ward", "clinic", "garden", "village", "school", "river", "market", "bridge"),
    *("orchard", "station", "valley"),
)
"""Their number shares no factor with the steps below, so that no two entries read the same: equal lines at one height look like running heads."""


def words(start: int, count: int) -> str:
    return " ".join(WORDS[(start * 5 + 3 * n * n + n) % len(WORDS)] for n in range(count))


def busy() -> Edition:
    """Events in five months, leads, notes, credits: what an ordinary month may hold."""
    many = [
        replace(
            one, title=f"How the {words(n, 4)} learns", blurb=f"What a {words(n + 3, 30)} learnt.", note=f"Begin with the {words(n + 7, 3 + n % 9)}."
        )
        for n, one in enumerate(entries(40))
    ]
    meetings = [
        builders.entry(
            id=ItemId(200 + n),
            kind=Kind.EVENT,
            kind_name="Event",
            title=f"Meeting of the {words(n, 3)}",
            blurb=f"Two days in a {words(n + 2, 20)}.",
            note=f"Bring a {words(n, 4)}.",
            event=Event(start=datetime(2026, 11, 24, 14, tzinfo=UTC) + timedelta(days=17 * n), location=f"Old Library, {words(n, 1).title()}"),
        )
        for n in range(9)
    ]
    sections = (
        Section(id="a", title="Insights from leaders and from friends of the network", standfirst="To think about.", entries=tuple(many[:21])),
        Section(id="e", title="Events", standfirst="Dates for the diary.", entries=tuple(meetings)),
        Section(id="b", title="Reports", entries=tuple(many[21:])),
    )
    return edition(sections=sections)


ODD = "A board with “odd” signs on it: a \\ and a #, a $, a <, an &, ü and 日"


def few() -> Edition:
    day = builders.entry(id=ItemId(9), kind=Kind.EVENT, kind_name="Event", title="A day", event=Event(start=date(2026, 12, 9)))
    return edition(sections=(Section(id="a", title="Events", entries=(day,)),), picks=(), state=EditionState.DRAFT)


def illustrated() -> Edition:
    """Pictures on a lead story, on cards and with a date: wide, high, narrow, to be seen through, decorative, and without a credit."""
    made = busy()
    wide, high, strip = (shots.saved(shots.photo(*size), "JPEG") for size in ((900, 500), (500, 900), (1000, 200)))
    clear = shots.saved(Image.new("RGBA", (300, 200), (166, 61, 23, 120)), "PNG")
    shown = {
        **{1: shots.printed(1, wide), 2: shots.printed(2, clear, decorative=True), 3: shots.printed(3, high), 7: shots.printed(7, strip)},
        **{
            21: shots.printed(21, credit=""),
            22: shots.printed(22, alt=ODD),
            203: shots.printed(203, high),
        },
    }
    sections = tuple(
        replace(
            section,
            entries=tuple(
                replace(one, picture=shown.get(one.id), lead=place == 0 and one.event is None) for place, one in enumerate(section.entries)
            ),
        )
        for section in made.sections
    )
    return replace(made, sections=sections)


MADE: dict[str, Callable[[], Edition]] = {
    "busy": busy,
    "few": few,
    "illustrated": illustrated,
    "corrected": corrected,
    "essay": essay,
    "collection": collection,
}
_MISTAKEN = frozenset({"ORD-001", "PAG-001"})
"""What it takes wrongly: it reads the words of a paragraph before the links in it, wherever these stand; and entries whose titles differ by a number
for running heads."""
FORMS = ("pdf", "pdf-large", "one-page")


@pytest.fixture(params=[(name, form) for name in MADE for form in FORMS], ids=lambda one: "-".join(one), scope="module")
def printed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    name, form = request.param
    path = tmp_path_factory.mktemp("printed") / f"{name}-{form}.pdf"
    path.write_bytes(render.render(MADE[name](), form).body)
    return path


def test_every_form_keeps_every_rule_of_pdf_ua(printed: Path) -> None:
    found = page.validate_pdf(str(printed), profile="ua1")
    assert [(one.rule_id, one.message) for one in found.failures] == []
    assert (found.is_compliant, found.rules.failed, found.rules.total >= 100) == (True, 0, True)


def test_a_second_checker_finds_nothing_either(printed: Path) -> None:
    assert [(one.rule_id, one.message) for one in pdfua.validate(str(printed)).findings] == []


@pytest.mark.skipif(shutil.which("outloud") is None, reason="the command outloud is not installed (it rests on a library under the AGPL)")
def test_a_screen_reader_hears_all_of_it_in_its_order(printed: Path) -> None:
    done = subprocess.run(["outloud", str(printed), "--json", "-", "--fail-on", "never", "--quiet"], capture_output=True, text=True, check=True)
    (report,) = json.loads(done.stdout[done.stdout.index("{") :])["results"]
    heard = [(one["rule"], one["page"], one["message"], one.get("evidence")) for one in report["findings"] if one["severity"] != "info"]
    assert [one for one in heard if one[0] not in _MISTAKEN] == []
