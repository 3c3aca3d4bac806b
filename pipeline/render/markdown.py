"""The edition as Markdown (CommonMark), for wikis, repositories and pasting. Words of others are escaped and stay words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pipeline.model import Edition, Entry, ItemId, Section
from pipeline.render import words
from pipeline.render.essay import Essay, essay
from pipeline.render.notices import Notice, errata, marks, notices
from pipeline.render.prepare import prepare

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!<>|~&])")
_LIST = re.compile(r"^(\d*)([-=.)])")  # at the start of a line: a bullet, a number, or a line under a heading
Marks = Mapping[ItemId, tuple[Notice, ...]]
_SHORT = 2  # sections that need no table of contents
_TAG = re.compile(r"(?<!\\)<(?=[A-Za-z/!?])(?!(?:https?://|mailto:)[^\s<>]*>)")
_LINK = re.compile(r"\]\((?!\s*<?(?:https?://|mailto:))")
_NAMED_LINK = re.compile(r"^([ >]*)\[(?=[^\]\n]*\]:(?!\s*<?(?:https?://|mailto:)))", re.MULTILINE)
_BREAKS_LINK = {"(": "%28", ")": "%29", "\\": "%5C"}


def render(edition: Edition) -> bytes:
    """Write one Markdown document. Letter and essay are the editor's own Markdown and go in as they are, but for HTML and pictures."""
    made = prepare(edition)
    told = essay(made)
    parts = [f"# {escape(made.title)}: {escape(made.month_name)}", f"*{escape(made.strap)}*" if made.strap else "", *_notices(made)]
    parts += [_own(made.letter), escape(made.editor) if made.letter.strip() else "", *_contents(told.rest), *_essay(made, told)]
    known = marks(made)
    for section in told.rest:
        parts += _section(section, made, known)
    parts += [*_tail(made), "---", _foot(made)]
    return ("\n\n".join(part for part in parts if part) + "\n").encode()


def escape(text: str) -> str:
    """Take their meaning from the characters that Markdown gives one."""
    return _LIST.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", text))


def _own(prose: str) -> str:
    """Take their meaning from tags, pictures, and links to anything but pages and mail in what the editor wrote."""
    return _NAMED_LINK.sub(r"\1\\[", _LINK.sub(r"]\\(", _TAG.sub(r"\\<", prose.strip()).replace("![", "\\![")))


def _notices(edition: Edition) -> Iterator[str]:
    made = notices(edition)
    if made:
        yield f"## Corrected on {escape(made[-1].day)}"
        yield "\n".join(_notice(one) for one in made)


def _notice(one: Notice) -> str:
    issue = f"[{escape(one.issue)}]({_target(one.url)})" if one.issue else escape(one.day)
    return f"- **{one.label}**, {issue}{f': {escape(one.title)}' if one.title else ''}. {escape(one.note)}"


def _contents(sections: Sequence[Section]) -> Iterator[str]:
    if len(sections) > _SHORT:
        yield "\n".join(f"- {escape(section.title)}: {len(section.entries)}" for section in sections)


def _essay(edition: Edition, told: Essay) -> Iterator[str]:
    if told.blocks:
        yield f"## {escape(words.essay_heading(edition))}"
        yield _own(told.markdown)
    if told.references:
        yield "## References"
        known = marks(edition)
        yield "\n".join(f"{one.number}. {_reference(one.entry, edition, known)}" for one in told.references)


def _reference(entry: Entry, edition: Edition, known: Marks) -> str:
    day = words.when(entry.event, edition) if entry.event else ""
    said = [_titled(entry), *(escape(part) for part in (day, words.facts(entry, edition.language)) if part)]
    return ". ".join((*said, *(f"**{one.label} on {escape(one.day)}**: {escape(one.note)}" for one in known.get(entry.id, ()))))


def _section(section: Section, edition: Edition, known: Marks) -> Iterator[str]:
    yield f"## {escape(section.title)}"
    if section.standfirst:
        yield f"*{escape(section.standfirst)}*"
    for entry in section.entries:
        yield from _entry(entry, edition, known)


def _entry(entry: Entry, edition: Edition, known: Marks) -> Iterator[str]:
    yield f"### {_titled(entry)}"
    for one in known.get(entry.id, ()):
        yield f"**{one.label} on {escape(one.day)}**: {escape(one.note)}"
    if entry.event:
        yield f"**{escape(', '.join(part for part in (words.when(entry.event, edition), words.where(entry.event)) if part))}**"
    if entry.blurb:
        yield escape(entry.blurb)
    if entry.note:
        yield f"> {escape(entry.note)}"
    yield escape(". ".join(fact for fact in (words.facts(entry, edition.language), ", ".join(entry.topics)) if fact))


def _titled(entry: Entry) -> str:
    title = escape(entry.title)
    return f"[{title}]({_target(entry.url)})" if entry.url else title


def _tail(edition: Edition) -> Iterator[str]:
    earlier = errata(edition)
    if earlier:
        yield "## Corrections to earlier issues"
        yield "\n".join(_notice(one) for one in earlier)
    numbers = ", ".join(f"{number:,} {said}" for said, number in words.counts(edition))
    if edition.made or numbers:
        yield f"## {words.made_heading(edition)}"
        yield escape(" ".join((*edition.made, numbers and f"{numbers}.", words.reasons(edition))).strip())


def _foot(edition: Edition) -> str:
    ways = [f"[Read on the web]({_target(words.page(edition))})"]
    if not words.is_collection(edition):
        ways.append(f"[get your own]({_target(edition.url + '/subscribe')})")
    return f"Published by {escape(edition.organisation)}. {', '.join(ways)}."


def _target(url: str) -> str:
    return "".join(_BREAKS_LINK.get(letter, letter) for letter in url)
