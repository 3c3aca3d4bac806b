"""The part of an edition that one reader gets: at most as many entries as they asked for, on their topics, what nobody should miss first.

Invents nothing and orders nothing anew: what is chosen stands as it stands in the edition. A mail is never empty: where nothing is on a reader's
topics they get what the desk picked, and are told so. Whatever is left out is counted, with a way to the full issue.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo

from pipeline import dates
from pipeline.digest.letter import is_default
from pipeline.digest.words import month_name
from pipeline.model import Choice, Correction, Edition, Entry, Event, ItemId, Kind, Section, Subscriber
from pipeline.text import counted

_SOME = 3
"""Entries for a reader whose topics bring none, where the desk picked none either."""
_BEST = 20
"""Entries of a quarter for a reader who named no number: a mail is no archive."""
_KINDS = 4
"""More kinds of entries than these are not named one by one."""
_COUNTED = {
    Kind.NEWS: ("piece of news", "pieces of news"),
    Kind.CASE_STUDY: ("case study", "case studies"),
    Kind.RESEARCH: ("piece of research", "pieces of research"),
    Kind.AUDIO: ("recording", "recordings"),
    Kind.SLIDES: ("set of slides", "sets of slides"),
    Kind.SOFTWARE: ("program", "programs"),
}
"""Kinds whose names take no "s"."""
_SENTENCE_CASE = re.compile(r"[A-Z][^A-Z]* [^A-Z]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What makes one reader's mail differ from another's, and nothing else: two readers with equal ones get the same mail.

    `items` stand in the edition's order. `capped` says that more would have been for them, `fits` that anything was; `topic` is the one that most of
    it is about, `zone` that of the events and `language` that of the dates, where not the edition's; `unused` are topics to ask about, with how
    many entries came.
    """

    items: tuple[ItemId, ...]
    capped: bool = False
    fits: bool = True
    topic: str = ""
    zone: str = ""
    language: str = ""
    unused: tuple[tuple[str, int], ...] = ()


def choose(edition: Edition, subscriber: Subscriber, *, topics: Mapping[str, str], unused: Sequence[tuple[str, int]] = ()) -> Choice:
    """Choose what of an edition a reader gets. `topics` gives the id of each topic by its name, and by every name that it had; `unused` are names of
    topics of theirs that they never used, each with how many entries came."""
    return cut(edition, select(edition, subscriber, topics=topics, unused=unused))


def select(edition: Edition, subscriber: Subscriber, *, topics: Mapping[str, str], unused: Sequence[tuple[str, int]] = ()) -> Selection:
    """Find out what a reader gets; arguments as for `choose`. Reads of the reader only topics, number, language and zone."""
    entries, wanted = tuple(_once(edition.entries)), frozenset(subscriber.topics)
    fitting = {entry.id for entry in entries if not wanted or any(topics.get(name) in wanted for name in entry.topics)}
    pool = _pool(entries, fitting, frozenset(edition.picks))
    cap = subscriber.cap or (_BEST if edition.form == "quarter" else len(entries))
    best = _ranked(edition, [entry for entry in entries if entry.id in pool], fitting)[:cap]
    chosen = {entry.id for entry in best}
    shown = [entry for entry in entries if entry.id in chosen]
    fits = bool(fitting) or not entries
    return Selection(
        items=tuple(entry.id for entry in shown),
        capped=fits and len(pool) > len(shown),
        fits=fits,
        topic=_topic(shown, wanted, topics) if fits and len(shown) < len(entries) else "",
        zone=_zone(shown, subscriber.timezone, edition.timezone),
        language="" if _tongue(subscriber.language) in ("", _tongue(edition.language)) else subscriber.language,
        unused=tuple(unused),
    )


def cut(edition: Edition, selection: Selection) -> Choice:
    """Make the choice that a selection describes: the edition with these entries, and the sentences on it."""
    chosen, zone = frozenset(selection.items), dates.zone(selection.zone) if selection.zone else None
    shown = replace(
        _dated(edition, selection.language), sections=tuple(_sections(edition, chosen, zone)), timezone=selection.zone or edition.timezone
    )
    left = [entry for entry in _once(edition.entries) if entry.id not in chosen]
    if left:
        shown = _without_the_rest(edition, shown)
    return Choice(
        edition=shown,
        subject=_subject(shown, selection) if left else "",
        note=" ".join(part for part in (_note(shown, selection, of=len(left) + len(chosen)), _on_zone(shown, selection.zone)) if part),
        more=_more(edition, selection, left) if left else "",
        ask=_ask(selection.unused),
        tongue=edition.language if selection.language else "",
    )


def _pool(entries: Sequence[Entry], fitting: Set[ItemId], picks: Set[ItemId]) -> Set[ItemId]:
    """What may be chosen from: what fits with what nobody should miss, or, where nothing fits, what the desk would have everybody read."""
    must = {entry.id for entry in entries if entry.must_have}
    if fitting:
        return fitting | must
    return must | {entry.id for entry in entries if entry.id in picks} or {entry.id for entry in entries[:_SOME]}


def _ranked(edition: Edition, found: Sequence[Entry], fitting: Set[ItemId]) -> list[Entry]:
    """Put the best first: what nobody should miss, the picks, and then the sections take turns, each with its own best."""
    turns: dict[ItemId, int] = {}
    for section in edition.sections:
        turns = {entry.id: turn for turn, entry in enumerate(one for one in section.entries if one.id in fitting)} | turns
    picks = frozenset(edition.picks)
    return sorted(found, key=lambda one: (not one.must_have, one.id not in fitting, one.id not in picks, turns.get(one.id, 0), not one.lead))


def _once(entries: Sequence[Entry]) -> Iterator[Entry]:
    """An item that stands in two sections is one entry: the first."""
    said: set[ItemId] = set()
    for entry in entries:
        if entry.id not in said:
            said.add(entry.id)
            yield entry


def _topic(shown: Sequence[Entry], wanted: Set[str], topics: Mapping[str, str]) -> str:
    """Name the one topic of theirs that more than half of the entries have; nothing where two share that honour."""
    names = Counter(name for entry in shown for name in dict.fromkeys(entry.topics) if topics.get(name) in wanted)
    most = names.most_common(2)
    if not most or most[0][1] * 2 <= len(shown) or (len(most) > 1 and most[0][1] == most[1][1]):
        return ""
    return most[0][0]


def _zone(shown: Sequence[Entry], theirs: str, ours: str) -> str:
    if not theirs or theirs == ours or dates.zone(theirs) is None:
        return ""
    return theirs if any(entry.event is not None and isinstance(entry.event.start, datetime) for entry in shown) else ""


# ------------------------------------------------------------ what is printed


def _sections(edition: Edition, chosen: Set[ItemId], zone: tzinfo | None) -> Iterator[Section]:
    said: set[ItemId] = set()
    for section in edition.sections:
        kept = tuple(_timed(entry, zone) for entry in section.entries if entry.id in chosen and entry.id not in said)
        said |= {entry.id for entry in kept}
        if kept:
            yield replace(section, entries=kept)


def _dated(edition: Edition, language: str) -> Edition:
    """Write the dates in another language, the month of an issue among them."""
    if not language:
        return edition
    month = month_name(edition.id, language) if edition.form == "edition" else edition.month_name
    return replace(edition, language=language, month_name=month)


def _tongue(language: str) -> str:
    return language.partition("-")[0].casefold()


def _without_the_rest(edition: Edition, shown: Edition) -> Edition:
    """Take away what speaks of all entries: the essay, the account of how they were found, and a letter that only counts them. What the editor wrote
    stays, and so does every correction, with the title of an entry that is no longer there."""
    titles = {entry.id: entry.title for entry in edition.entries}
    kept = {entry.id for entry in shown.entries}
    return replace(
        shown,
        template="list",
        essay="",
        letter="" if is_default(edition.letter) else edition.letter,
        picks=tuple(pick for pick in edition.picks if pick in kept),
        made=(),
        tally=type(edition.tally)(),
        corrections=tuple(_titled(one, titles) for one in edition.corrections),
    )


def _titled(correction: Correction, titles: Mapping[ItemId, str]) -> Correction:
    return replace(correction, title=correction.title or (titles.get(correction.item, "") if correction.item is not None else ""))


def _timed(entry: Entry, zone: tzinfo | None) -> Entry:
    """Give an event that takes place on the reader's own screen in their own time; one to travel to keeps the clock of its place."""
    if zone is None or entry.event is None or not entry.event.online:
        return entry
    return replace(entry, event=_moved(entry.event, zone))


def _moved(event: Event, zone: tzinfo) -> Event:
    return event if event.all_day else replace(event, start=_at(event.start, zone), end=_at(event.end, zone))


def _at(value: date | None, zone: tzinfo) -> date | None:
    if not isinstance(value, datetime) or value.tzinfo is None:
        return value
    try:
        return value.astimezone(zone)
    except OverflowError:  # a moment at the very edge of the calendar
        return value


# ------------------------------------------------------------ what is said of it


def _subject(shown: Edition, selection: Selection) -> str:
    if not selection.fits:
        return ""
    about = selection.topic or shown.title
    if selection.topic and _SENTENCE_CASE.fullmatch(about):
        about = about[:1].lower() + about[1:]  # "Primary care networks", but neither "NHS policy" nor "Wales"
    return f"{len(selection.items)} for you: {about}, {shown.month_name}"


def _note(shown: Edition, selection: Selection, *, of: int) -> str:
    if not selection.fits:
        return "Nothing here is on the topics that you chose. So here is what nobody should miss."
    number = len(selection.items)
    if number == of:
        return ""
    must = sum(entry.must_have for entry in shown.entries)
    nobody = "" if not must else ", among them one that nobody should miss" if must == 1 else f", among them {must} that nobody should miss"
    return f"{number} of {counted(of, 'entry', 'entries')}, chosen for you{nobody}."


def _on_zone(shown: Edition, zone: str) -> str:
    moved = any(one.event and one.event.online and not one.event.all_day and isinstance(one.event.start, datetime) for one in shown.entries)
    return f"Online events are in your time ({zone.replace('_', ' ')})." if zone and moved else ""


def _more(edition: Edition, selection: Selection, left: Sequence[Entry]) -> str:
    where = {"week": "for the next issue", "quarter": "in the full issues"}.get(edition.form, "in the full issue")
    asked = f"You asked for at most {len(selection.items)}; " if selection.capped and edition.form != "quarter" else ""
    essay = ", and the essay" if edition.template == "essay" and edition.essay.strip() else ""
    return f"{asked}{len(left):,} more {where}: {_kinds(left)}{essay}"


def _kinds(left: Sequence[Entry]) -> str:
    """Count by kind, the most frequent first: "3 reports, 2 case studies and 1 event"."""
    counts = Counter(entry.kind for entry in left).most_common()
    names = {entry.kind: entry.kind_name.lower() for entry in left}
    named = counts if len(counts) <= _KINDS else counts[: _KINDS - 1]
    said = [counted(number, *_COUNTED.get(kind, (names[kind] or "entry", ""))) for kind, number in named]
    others = sum(number for _, number in counts[len(named) :])
    said += [counted(others, "other")] if others else []
    return " and ".join(part for part in (", ".join(said[:-1]), said[-1]) if part)


def _ask(unused: Sequence[tuple[str, int]]) -> str:
    """Ask about topics of theirs that nothing came of in a year."""
    if not unused:
        return ""
    named = [f"{number} entries on {name}" for name, number in unused]
    listed = " and ".join(part for part in (", ".join(named[:-1]), named[-1]) if part)
    drop = "the topic" if len(unused) == 1 else "these topics"
    return f"Within a year we had {listed}, and you told us of none that it was useful or that you will use it. Would you like to drop {drop}?"
