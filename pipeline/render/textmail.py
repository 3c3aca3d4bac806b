"""The edition as plain text: the other half of a mail, for readers who want words only."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from pipeline.model import Choice, Edition, Entry, ItemId, Section
from pipeline.render import letter, words
from pipeline.render.essay import Essay, essay
from pipeline.render.fit import Cut, fitted, paragraphs
from pipeline.render.notices import Notice, errata, marks, notices
from pipeline.text import counted

_WIDTH = 76  # RFC 5322, 2.1.1: lines should not be longer than 78

_LEAST = 20  # bytes of an entry beside its words


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Where one leaves the list, where one changes what one gets, and where one says of an entry whether it was useful; the last two may be
    missing."""

    leave: str
    change: str = ""
    useful: Callable[[Entry], str] = lambda entry: ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """What is written, how much of it, its corrections by entry, and as much of letter and essay as there is room for."""

    edition: Edition
    cut: Cut
    leaving: Leaving
    choice: Choice | None
    marks: Mapping[ItemId, tuple[Notice, ...]]
    letter: str
    essay: str

    def left_out(self, number: int, one: str) -> Iterator[str]:
        if number > 0:
            yield self.goes_on(counted(number, one, "more" if one == "more" else ""))

    def goes_on(self, said: str) -> str:
        return f"{said} in the full {'collection' if words.is_collection(self.edition) else 'issue'}: {words.page(self.edition)}"


def write_text(edition: Edition, leaving: Leaving, choice: Choice | None = None) -> bytes:
    """Write a prepared edition as plain text, with the addresses at which one leaves the list. Where it is a choice of one, its sentences are
    printed."""
    first = cache(lambda room: paragraphs(edition.letter, room, letter.as_text))
    then = cache(lambda room: paragraphs(edition.essay, room, letter.as_text))
    known = marks(edition)

    def write(cut: Cut) -> bytes:
        prose, told = first(cut.prose), then(cut.prose)
        sheet = _Sheet(edition=edition, cut=cut, leaving=leaving, choice=choice, marks=known, letter=prose, essay=told)
        return _written(sheet)

    return fitted(edition, write, markup=_LEAST)


def _written(sheet: _Sheet) -> bytes:
    edition, cut, told = sheet.edition, sheet.cut, essay(sheet.edition)
    parts = [
        _head(edition),
        *_corrections(sheet),
        *_letter(sheet),
        _wrapped(sheet.choice.note if sheet.choice else ""),
        *(() if sheet.choice and sheet.choice.more else (*_contents(told, cut), *_picks(edition))),
        *_essay(sheet, told),
    ]
    for section in told.rest[: cut.sections]:
        parts += _section(section, sheet)
    parts += sheet.left_out(len(told.rest) - cut.sections, "more section")
    parts += _chosen(sheet)
    parts += _tail(sheet)
    parts.append("-- \n" + "\n".join(_feet(edition, sheet.leaving)))
    return ("\n\n".join(part for part in parts if part) + "\n").encode()


def _head(edition: Edition) -> str:
    head = f"{edition.title}: {edition.month_name}"
    return f"{head}\n{'=' * len(head)}\n{words.issue(edition)}"


def _heading(said: str) -> str:
    return f"\n{said.upper()}\n{'-' * len(said)}"


def _corrections(sheet: _Sheet) -> Iterator[str]:
    made = notices(sheet.edition)
    if made:
        yield _heading(f"Corrected on {made[-1].day}")
        yield from (_notice(one, sheet.cut) for one in made[-sheet.cut.notices :])
        yield from sheet.left_out(len(made) - sheet.cut.notices, "earlier correction")


def _notice(one: Notice, cut: Cut) -> str:
    said = ", ".join(part for part in (one.label, one.issue or one.day) if part)
    return _wrapped(f"{said}{f': {cut.clip(one.title)}' if one.title else ''}. {cut.clip(one.note)}", "* ")


def _letter(sheet: _Sheet) -> Iterator[str]:
    yield from (_wrapped(one) for one in letter.as_text(sheet.letter).split("\n\n"))
    if sheet.letter != sheet.edition.letter:
        yield sheet.goes_on("The letter goes on")
    if sheet.letter:
        yield sheet.edition.editor


def _contents(told: Essay, cut: Cut) -> Iterator[str]:
    if len(told.rest) > 2 and cut.entries:
        yield "Contents\n" + "\n".join(f"* {section.title}: {len(section.entries)}" for section in told.rest[: cut.sections])


def _picks(edition: Edition) -> Iterator[str]:
    entries = {entry.id: entry for entry in edition.entries}
    found = [entries[pick] for pick in edition.picks if pick in entries]
    if found:
        yield f"If you read only {words.few(len(found))}\n" + "\n".join(_wrapped(entry.title, "* ") for entry in found)


def _essay(sheet: _Sheet, told: Essay) -> Iterator[str]:
    if not told.blocks:
        return
    yield _heading(words.essay_heading(sheet.edition))
    shortened = essay(replace(sheet.edition, essay=sheet.essay))
    yield from (_wrapped(one) for one in letter.blocks_as_text(shortened.blocks).split("\n\n"))
    if sheet.essay != sheet.edition.essay:
        yield sheet.goes_on("The essay goes on")
    shown = told.references[: sheet.cut.entries * 3]
    if shown:
        yield _heading("References")
    for one in shown:
        yield "\n".join(_entry(one.entry, sheet, f"{one.number}. "))
    yield from sheet.left_out(len(told.references) - len(shown), "more reference")


def _section(section: Section, sheet: _Sheet) -> Iterator[str]:
    yield _heading(section.title)
    if section.standfirst:
        yield _wrapped(sheet.cut.clip(section.standfirst))
    for entry in section.entries[: sheet.cut.entries]:
        yield "\n".join(_entry(entry, sheet, "* "))
    yield from sheet.left_out(len(section.entries) - sheet.cut.entries, "more")


def _entry(entry: Entry, sheet: _Sheet, bullet: str) -> Iterator[str]:
    yield _wrapped(entry.title, bullet)
    for one in sheet.marks.get(entry.id, ()):
        yield _wrapped(f"{one.label.upper()} on {one.day}: {sheet.cut.clip(one.note)}", "  ")
    if entry.event:
        yield _wrapped(", ".join(part for part in (words.when(entry.event, sheet.edition), words.where(entry.event)) if part), "  ")
    if entry.blurb:
        yield _wrapped(sheet.cut.clip(entry.blurb), "  ")
    if entry.note:
        yield _wrapped(f"Curator’s note: {sheet.cut.clip(entry.note)}", "  ")
    yield _wrapped(words.facts(entry, sheet.edition.language), "  ")
    if entry.url:
        yield f"  {words.action(entry)}: {entry.url}"
    asked = "" if words.is_collection(sheet.edition) else sheet.leaving.useful(entry)
    if asked:
        yield f"  Was it useful? {asked}"


def _chosen(sheet: _Sheet) -> Iterator[str]:
    if sheet.choice and sheet.choice.more:
        yield _wrapped(f"{sheet.choice.more}: {words.page(sheet.edition)}")
    if sheet.choice and sheet.choice.ask:
        yield _wrapped(f"{sheet.choice.ask} {sheet.leaving.change}".rstrip())


def _tail(sheet: _Sheet) -> Iterator[str]:
    earlier = errata(sheet.edition)
    if earlier:
        yield _heading("Corrections to earlier issues")
        yield from (_notice(one, sheet.cut) for one in earlier[-sheet.cut.notices :])
        yield from sheet.left_out(len(earlier) - sheet.cut.notices, "more")
    if sheet.edition.made or words.counts(sheet.edition):
        yield _heading(words.made_heading(sheet.edition))
        yield _wrapped(" ".join(sheet.cut.clip(said) for said in sheet.edition.made))
    numbers = ", ".join(f"{number:,} {said}" for said, number in words.counts(sheet.edition))
    yield _wrapped(" ".join(part for part in (numbers and f"{numbers}.", sheet.cut.clip(words.reasons(sheet.edition))) if part))


def _feet(edition: Edition, leaving: Leaving) -> Iterator[str]:
    yield f"Read on the web: {words.page(edition)}"
    if not words.is_collection(edition):
        yield f"Forwarded to you? Get your own: {edition.url}/subscribe"
        yield f"How we choose: {edition.url}/charter. Suggest a link: {edition.url}/suggest"
        if leaving.change:
            yield f"Change what you get: {leaving.change}"
        if leaving.leave:
            yield f"Unsubscribe: {leaving.leave}"
    yield ", ".join(part for part in (edition.organisation, edition.contact) if part)


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(text, _WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent), break_long_words=False, break_on_hyphens=False)
