"""The sections of the file that say what we look at: topics, collections, sources."""

from __future__ import annotations

import re
from collections.abc import Collection as Names
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import sources, text, urls
from pipeline.config import values
from pipeline.config.document import Node
from pipeline.config.folding import fold
from pipeline.config.section import Section
from pipeline.config.settings import spans, unique
from pipeline.late import late
from pipeline.model import Collection, Folding, HarvestSettings, Source, Topic

if TYPE_CHECKING:
    from pipeline.sources import search
else:
    search = late("pipeline.sources.search")

_FILE = re.compile(r"(?!(?:con|prn|aux|nul|com\d|lpt\d)$)(?=.{1,60}$)[a-z0-9]+(?:-[a-z0-9]+)*")
"""What can name a folder on every system (Windows keeps the names of its devices) and an address without signs that must be written otherwise."""
_MOST_NAMED = 200
_OF_ALL = ("id", "kind", "url", "title", "topics", "every", "fold")
"""The keys that every source has."""
_MEANT = {
    "interval": "every",
    "frequency": "every",
    "schedule": "every",
    "name": "title",
    "feed": "url",
    "link": "url",
    "address": "url",
    "tags": "topics",
}
"""Other programs' words for them."""


def topics(section: Section) -> tuple[Topic, ...]:
    made = tuple(_topic(part) for part in section.parts("topics", "topic"))
    unique(section, "topics", [topic.id for topic in made])
    _predecessors(section, made)
    return made


def _predecessors(section: Section, topics: tuple[Topic, ...]) -> None:
    """Check that each old id has one successor: which items of a split topic belong where no rule can say."""
    became = {topic.id: topic.id for topic in topics}
    node = section.node("topics")
    for topic, one in zip(topics, node.content if node and isinstance(node.content, tuple) else (), strict=True):
        for old in topic.was:
            if old in became:
                what = "is a topic still" if became[old] == old else f"became `{became[old]}` already"
                section.wrong(
                    one.line, f'topic "{topic.id}": was: `{old}` {what}', "no rule can split a topic: leave it off, and sort its items anew"
                )
            became.setdefault(old, topic.id)


def _topic(section: Section) -> Topic:
    id_ = named(section)
    made = Topic(
        id=id_,
        name=section.take("name", values.line, id_.replace("-", " ").capitalize()),
        facet=section.take("facet", values.name, "topic"),
        description=section.take("description", values.text, ""),
        keywords=section.take("keywords", values.each(values.line), ()),
        examples=section.take("examples", values.each(values.text), ()),
        was=section.take("was", values.each(values.name), ()),
    )
    section.close()
    return made


def collections(section: Section, known: Names[str]) -> tuple[Collection, ...]:
    made = tuple(_collection(part, known) for part in section.parts("collections", "collection"))
    unique(section, "collections", [one.id for one in made])
    return made


def _collection(section: Section, known: Names[str]) -> Collection:
    id_ = named(section)
    if id_ and not _FILE.fullmatch(id_):
        section.wrong(
            section.line_of("id"), f"“{id_}” cannot name a folder and an address", "use small letters, digits and single hyphens, 60 at most"
        )
    query = section.part("query")
    query.where = section.where
    made = Collection(
        id=id_,
        title=section.need("title", values.line, id_),
        topics=_topics(query, known),
        kinds=query.take("kinds", values.each(values.kind), ()),
        words=query.take("words", values.some(values.phrase), ()),
        pin=section.take("pin", _items, ()),
        exclude=section.take("exclude", _items, ()),
        introduction=section.take("introduction", values.text, ""),
        reviewed=section.take("reviewed", _day, None),
        review_every=section.take("review_every", values.span("1d", "3650d"), timedelta(days=180)),
    )
    query.close()
    section.close()
    _can_hold(section, query, made)
    return made


def _can_hold(section: Section, query: Section, made: Collection) -> None:
    """Check that something can belong to a collection. What a query names wrongly was reported already."""
    said = [query.node(key) for key in ("topics", "kinds", "words")] + [section.node("pin")]
    if not any(node is not None and node.content != () for node in said):
        line = section.line_of("query")
        section.wrong(line, "the query asks for nothing", "add `query: {topics: […]}`, or kinds or words; or pin the items that belong to it")
    for one in made.pin:
        if one in made.exclude:
            section.wrong(section.line_of("exclude"), f"exclude: {one} is pinned too", "take it out of one of the two")


def _items(node: Node) -> tuple[str, ...]:
    """Read items by number or address."""
    found = values.each(_item)(node)
    if len(found) > _MOST_NAMED:
        raise values.BadValueError(f"the list has {len(found):,} items", f"name {_MOST_NAMED} at most; narrow the query instead")
    return found


def _item(node: Node) -> str:
    word = values.text(node)
    if word.isascii() and word.isdecimal() and len(word) < 18:
        return word
    if not urls.is_web(word):
        raise values.BadValueError(f"“{word}” is no item", "write its number, as `gleanings queue` shows it, or its address")
    return values.url(node)


def _day(node: Node) -> date:
    word = values.text(node)
    try:
        day = date.fromisoformat(word)
    except ValueError:
        day = None
    if day is None or not 1900 < day.year < 3000:
        raise values.BadValueError(f"“{word}” is no day", "write year, month and day, for example 2026-11-22")
    return day


def read_sources(
    section: Section, known: Names[str], *, harvest: HarvestSettings, timezone: str, beside: Path, folding: Folding | None = None
) -> tuple[Source, ...]:
    """Read the sources. What a kind asks for beyond id, address, title, topics and frequency is checked by the kind itself; paths start `beside`
    the file. `folding` are the words of the desk, which a source may amend."""
    found = (_source(part, known, every=harvest.every, beside=beside, folding=folding) for part in section.parts("sources", "source"))
    made = tuple(replace(one, adapt=harvest.adapt, timezone=timezone) for one in found)
    unique(section, "sources", [source.id for source in made])
    return made


def _source(section: Section, known: Names[str], *, every: timedelta, beside: Path, folding: Folding | None) -> Source:
    id_ = named(section)
    kind = section.need("kind", values.choice(*sources.KINDS), "")
    url = _where(section, kind, beside)
    title = section.take("title", values.line, "")
    chosen = _topics(section, known)
    spell = spans(section, "every", every)
    own = section.part("fold")
    own.where = f"{section.where}: fold"
    words = fold(own, folding)
    options = section.rest()
    if kind:
        _check(section, kind, options)
    plain = {key: node.plain() for key, node in options.items() if node.content is not None}
    if kind == "search" and not url:
        url = search.address_of(str(plain.get("service")))
    return Source(id=id_, kind=kind, url=url, title=title, topics=chosen, every=spell, options=plain, folding=words)


def _where(section: Section, kind: str, beside: Path) -> str:
    """Read the address of a source; a search has that of its service, unless the file names another."""
    match kind:
        case "mailbox":
            return _mailbox(section, beside)
        case "search":
            return section.take("url", values.url, "")
    return section.need("url", values.url, "")


def _mailbox(section: Section, beside: Path) -> str:
    """Read where mails lie: a path, or an address of IMAP."""
    here, there = section.take("path", values.line, ""), section.take("url", values.imap, "")
    if section.node("path") is None and section.node("url") is None:
        section.wrong(section.line, "`path` is missing", "add `path: mail/alerts`, or `url: imaps://user@mail.example.org/folder`")
    elif here and there:
        section.wrong(section.line_of("url"), "`path` and `url` both stand here", "keep one of them")
    return there or (str((beside / Path(here).expanduser()).resolve()) if here else "")


def _check(section: Section, kind: str, options: dict[str, Node]) -> None:
    """Ask the kind what is wrong with its options. A sentence that names an option gets that option's line. A key that no kind has may be meant for
    one of those that every source has, and is told so where the kind itself has none near."""
    for sentence in sources.check(kind, {key: node.plain() for key, node in options.items() if node.content is not None}):
        words = re.findall(r"[\w-]+", sentence)
        key = next((key for key in options if key in words), "")
        what, _, remedy = sentence.rstrip(".").partition("; ")
        if f"has no option {key!r}" in what and not remedy.startswith("did you mean"):
            meant = text.nearest(key, {*_OF_ALL, *_MEANT, *remedy.removeprefix("it knows ").replace(",", "").split()})
            remedy = f"did you mean `{_MEANT.get(meant, meant)}`?" if meant else remedy
        section.wrong(section.line_of(key), what, remedy)


def named(section: Section) -> str:
    """Read the id and speak of the section by it from here on."""
    id_ = section.need("id", values.name, "")
    if id_:
        section.where = f'{section.where} "{id_}"'
    return id_


def _topics(section: Section, known: Names[str]) -> tuple[str, ...]:
    chosen = section.take("topics", values.each(values.name), ())
    for one in chosen:
        if one not in known:
            section.wrong(section.line_of("topics"), f"there is no topic `{one}`", values.nearest(one, known))
    return tuple(one for one in chosen if one in known)
