"""The press: an edition in, all its files out, whatever stands in it.

PDFs are set in a child process with bounds on memory and time (`child.py`), all other forms here, by our own code over words that
`render.prepare` has bounded. Where a form cannot be made, `mending.py` finds the item at fault and puts a plain line in its place, in every form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pipeline import render
from pipeline.errors import NotFoundError
from pipeline.model import Edition, Finding, Rendition
from pipeline.publish.child import Bounds, SettingError, crew
from pipeline.publish.child_main import FAULTS, said
from pipeline.publish.mending import Mended, lost, mend

_ROUNDS = 4
"""So often something is set aside for the sake of one form."""
_LARGE = 600
"""Entries above which PDFs are set one after the other, so that memory holds one at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """An edition as it was printed: with plain lines for what could not be set, its files in order of `formats`, what the editor must know."""

    edition: Edition
    files: tuple[Rendition, ...]
    findings: tuple[Finding, ...] = ()


def warm(formats: Iterable[str] | None = None) -> None:
    """Have a child ready if a PDF is among the formats. Call it early, and printing need not wait for it to load; without it all is the same."""
    if any(_is_pdf(name) for name in (render.FORMATS if formats is None else formats) if name in render.FORMATS):
        crew.warm()


def print_all(edition: Edition, formats: Iterable[str] | None = None) -> Printed:
    """Make every form of an edition, or those named in `formats`. One bad item never stops it: see `Printed.findings` (rule `not-set`).

    A form that cannot be made, whatever is set aside, is missing from `files` and has a finding of severity error with place `edition`.
    Raises `NotFoundError` for a format that there is not.
    """
    names = list(dict.fromkeys(render.FORMATS if formats is None else formats))
    for name in names:
        if name not in render.FORMATS:
            raise NotFoundError("format", f'"{name}"', hint=f"Known formats: {', '.join(render.FORMATS)}.")
    findings: list[Finding] = []
    tries = Counter[str]()
    while True:
        made = _made(edition, names)
        faulty = next((name for name in names if isinstance(made[name], SettingError)), None)
        if faulty is None:
            files = tuple(one for one in made.values() if isinstance(one, Rendition))
            return Printed(edition=edition, files=files, findings=tuple(dict.fromkeys(findings)))
        mended = _mended(edition, faulty, str(made[faulty]), is_last=tries[faulty] >= _ROUNDS)
        tries[faulty] += 1
        edition = mended.edition
        findings += mended.findings
        if mended.is_lost:
            names.remove(faulty)


def bounds(entries: int, *, is_trial: bool = False) -> Bounds:
    """Say what setting so many entries may use. A usual edition needs one of its ten seconds and 60 of its 400 megabytes; a trial has less time."""
    seconds = 10 + entries // 100
    return Bounds(seconds=seconds // 3 if is_trial else seconds, megabytes=400 + entries // 4)


def _mended(edition: Edition, name: str, why: str, *, is_last: bool) -> Mended:
    file = render.FORMATS[name].filename
    if is_last:
        return lost(edition, file, why, "Give the command again; if it says the same, look at the newest items.")

    def attempt(part: Edition) -> str:
        made = _form(part, name, is_trial=True)
        return str(made) if isinstance(made, SettingError) else ""

    return mend(edition, attempt, file=file, why=why)


def _made(edition: Edition, names: Iterable[str]) -> dict[str, Rendition | SettingError]:
    """Try all forms, PDFs beside the others."""
    with ThreadPoolExecutor(1 if len(edition.entries) > _LARGE else 2) as hands:
        apart = {name: hands.submit(_form, edition, name) for name in names if _is_pdf(name)}
        here = {name: _form(edition, name) for name in names if name not in apart}
        return {name: here[name] if name in here else apart[name].result() for name in names}


def _form(edition: Edition, name: str, *, is_trial: bool = False) -> Rendition | SettingError:
    """Try one form: a PDF in a child, another here."""
    if _is_pdf(name):
        form = render.FORMATS[name]
        try:
            pressed = crew.set(edition, name, bounds(len(edition.entries), is_trial=is_trial))
        except SettingError as fault:
            return fault
        return Rendition(filename=form.filename, media_type=form.media_type, body=pressed.body)
    try:
        return render.render(edition, name)
    except FAULTS as error:
        return SettingError(said(error))


def _is_pdf(name: str) -> bool:
    return render.FORMATS[name].media_type == "application/pdf"
