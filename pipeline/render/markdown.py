"""The edition as Markdown (CommonMark), for wikis, repositories and pasting. Words of others are escaped and stay words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.model import Edition, Entry, Section
from pipeline.render import words
from pipeline.render.prepare import prepare

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!<>|~&])")
_LIST = re.compile(r"^(\d*)([-=.)])")  # at the start of a line: a bullet, a number, or a line under a heading
_BREAKS_LINK = {"(": "%28", ")": "%29", "\\": "%5C"}


def render(edition: Edition) -> bytes:
    """Write one Markdown document. The letter is the editor's own Markdown and goes in as it is."""
    made = prepare(edition)
    parts = [f"# {escape(made.title)}: {escape(made.month_name)}"]
    if made.strap:
        parts.append(f"*{escape(made.strap)}*")
    parts += [part for part in (made.letter.strip(), escape(made.editor)) if part]
    for section in made.sections:
        parts += _section(section, made)
    parts.append("---")
    parts.append(
        f"Published by {escape(made.organisation)}. [Read on the web]({_target(words.page(made))}), [subscribe]({_target(made.url + '/subscribe')})."
    )
    return ("\n\n".join(parts) + "\n").encode()


def escape(text: str) -> str:
    """Take their meaning from the characters that Markdown gives one."""
    return _LIST.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", text))


def _section(section: Section, edition: Edition) -> Iterator[str]:
    yield f"## {escape(section.title)}"
    if section.standfirst:
        yield f"*{escape(section.standfirst)}*"
    for entry in section.entries:
        yield from _entry(entry, edition)


def _entry(entry: Entry, edition: Edition) -> Iterator[str]:
    title = escape(entry.title)
    yield f"### [{title}]({_target(entry.url)})" if entry.url else f"### {title}"
    if entry.event:
        yield f"**{escape(', '.join(part for part in (words.when(entry.event, edition), words.where(entry.event)) if part))}**"
    if entry.blurb:
        yield escape(entry.blurb)
    if entry.note:
        yield f"> {escape(entry.note)}"
    facts = [entry.kind_name, entry.source, words.byline(entry, edition.language), ", ".join(entry.topics)]
    yield escape(". ".join(fact for fact in facts if fact))


def _target(url: str) -> str:
    return "".join(_BREAKS_LINK.get(letter, letter) for letter in url)
