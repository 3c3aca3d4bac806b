"""Marks above and below letters (combining characters) in print: with no fonts but the digest's own, none stops a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline.model import Edition
from pipeline.render import faces, fonts, pdf
from pipeline.render.prepare import prepare
from tests.test_render_pdf import edition, pages

UPRIGHT_ALONE = "\u0334"  # a tilde through a letter: the upright faces have it, the italics do not
BOTH = "\u0301"  # an acute accent, in every face


@pytest.fixture(autouse=True)
def _no_fonts_but_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "places", lambda: ())


def noted(note: str) -> Edition:
    """Give an edition with the note, which is printed in italics, at every entry."""
    made = edition(3)
    return prepare(replace(made, sections=tuple(replace(one, entries=tuple(replace(e, note=note) for e in one.entries)) for one in made.sections)))


@pytest.mark.parametrize("render", [pdf.render, pdf.render_large])
def test_a_mark_that_the_italics_lack_is_left_out_and_its_letter_printed(render: Callable[[Edition], bytes]) -> None:
    body = render(noted(f"A cafe{UPRIGHT_ALONE} at the corner."))
    assert "A cafe at the corner." in " ".join(" ".join(pages(body)).split())


def test_every_mark_can_stand_on_every_letter_of_a_note() -> None:
    marks = [chr(point) for point in range(0x0300, 0x0370)]
    for letter in "e:Жα\u0250":
        assert pdf.render(noted(" ".join(letter + mark for mark in marks)))


def test_a_mark_that_all_faces_have_is_kept() -> None:
    assert fonts.showable(f"q{BOTH}") == f"q{BOTH}"
    assert fonts.showable(f"q{UPRIGHT_ALONE}") == "q"
