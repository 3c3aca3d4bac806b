"""The edition as a mail: tables and inlined styles for the old readers of mail, dark colours for the new ones, and a text alternative.

`@@UNSUBSCRIBE@@` and `@@PREFERENCES@@` stand where `publish` writes each subscriber's own addresses.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import css_inline

from pipeline.model import Edition, Entry, Section
from pipeline.render import letter, palette, words
from pipeline.render.environment import template
from pipeline.render.html import view
from pipeline.render.prepare import prepare

_WIDTH = 76  # RFC 5322, 2.1.1: lines should not be longer than 78


def render(edition: Edition) -> bytes:
    """Write the mail as HTML."""
    raw = template("mail.html").render(**view(prepare(edition)), palette=palette)
    return css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False).inline(raw).encode()


def render_text(edition: Edition) -> bytes:
    """Write the mail as plain text."""
    made = prepare(edition)
    head = f"{made.title}: {made.month_name}"
    parts = [f"{head}\n{'=' * len(head)}", *(_wrapped(one) for one in letter.as_text(made.letter).split("\n\n")), made.editor]
    for section in made.sections:
        parts += _section(section, made)
    parts.append(
        "-- \n"
        + "\n".join((f"Read on the web: {words.page(made)}", "Change what you get: @@PREFERENCES@@", "Unsubscribe: @@UNSUBSCRIBE@@", _sender(made)))
    )
    return ("\n\n".join(part for part in parts if part) + "\n").encode()


def _section(section: Section, edition: Edition) -> Iterator[str]:
    yield f"\n{section.title.upper()}\n{'-' * len(section.title)}"
    if section.standfirst:
        yield _wrapped(section.standfirst)
    for entry in section.entries:
        yield "\n".join(_entry(entry, edition))


def _entry(entry: Entry, edition: Edition) -> Iterator[str]:
    yield _wrapped(entry.title, "* ")
    if entry.event:
        yield _wrapped(", ".join(part for part in (words.when(entry.event, edition), words.where(entry.event)) if part), "  ")
    if entry.blurb:
        yield _wrapped(entry.blurb, "  ")
    if entry.note:
        yield _wrapped(f"Curator’s note: {entry.note}", "  ")
    yield _wrapped(". ".join(part for part in (entry.kind_name, entry.source, words.byline(entry, edition.language)) if part), "  ")
    if entry.url:
        yield f"  {words.action(entry)}: {entry.url}"


def _sender(edition: Edition) -> str:
    return ", ".join(part for part in (edition.organisation, edition.contact) if part)


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(text, _WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent), break_long_words=False, break_on_hyphens=False)
