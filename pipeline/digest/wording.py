"""What a curator wrote, held against what the sources say: copied words, numbers, dates and names that are not there.

Only of sources whose text we keep, and only of words that the curator wrote: a source's own description is the source's affair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property

from pipeline import text
from pipeline.digest import claims, names
from pipeline.digest.copying import copied, own_words
from pipeline.digest.letter import is_default
from pipeline.model import Edition, Entry, Finding, ItemId, Resource, Topic
from pipeline.text import counted

_ENOUGH = 40
"""Words of a text that must be kept before its silence on something says anything."""
_SHOWN = 80


class Evidence:
    """All that is known of an entry: what its texts and days state, and their words. Read when asked for, and once."""

    def __init__(self, entry: Entry, resource: Resource, edition: Edition) -> None:
        self.resource = resource
        self._texts, days = _evidence(entry, resource, edition)
        self.stated = claims.Stated(self._texts, days)

    @cached_property
    def _names(self) -> names.Known:
        return names.known(self._texts)

    def holds(self, word: str) -> bool:
        """Whether a name is among the words of the entry; these are only counted when it is asked."""
        return self._names.holds(word)

    @property
    def is_kept(self) -> bool:
        """Whether there is enough of a text for its silence on something to say anything."""
        return len(self.resource.text.split(maxsplit=_ENOUGH)) >= _ENOUGH


def of_entry(entry: Entry, evidence: Evidence, edition: Edition, *, shared: names.Known, allowance: int) -> Iterator[Finding]:
    """Find what an entry copies beyond the allowance, and what it states that its source does not. `shared` are words that all may use."""
    place = f"item {entry.id}"
    taken = copied(entry, evidence.resource)
    if taken.words > allowance:
        yield Finding(
            severity="warning",
            rule="copied-words",
            place=place,
            problem=f"{counted(taken.words, 'word')} copied, limit {allowance}: “{text.clip(taken.longest, _SHOWN)}”",
            remedy="Say it in your own words, or quote less.",
        )
    said = own_words(entry, evidence.resource)
    if said and evidence.is_kept:
        yield from _stray(said, [evidence.stated], place=place, where="the source text")
        yield from _nameless(said, [evidence], shared, place=place, where="the source text", language=edition.language)


def of_letter(edition: Edition, evidence: Mapping[ItemId, Evidence], *, shared: names.Known) -> Iterator[Finding]:
    """Find what an editor's letter states that no source of the edition does. Nothing is said where a source is missing."""
    found = list(evidence.values())
    if is_default(edition.letter) or len(found) < len(edition.entries) or not any(one.is_kept for one in found):
        return
    tally = edition.tally
    counts = [len(edition.entries), len(edition.sections), edition.number, *(count for _, count in tally.reasons)]
    counts += [tally.received, tally.folded, tally.kept, tally.rejected, tally.sources]
    own = claims.Stated([" ; ".join(map(str, counts))], [edition.composed.date()])
    where = "any source of this edition"
    yield from _stray([edition.letter], [own, *(one.stated for one in found)], place="letter", where=where)
    yield from _nameless([edition.letter], found, shared, place="letter", where=where, language=edition.language)


def shared_names(edition: Edition, topics: Iterable[Topic]) -> names.Known:
    """Collect the words that a curator may use of anything: the desk's own, the taxonomy's, and the names of other entries."""
    ours = (edition.title, edition.organisation, edition.strap, edition.editor, edition.month_name, *(one.title for one in edition.sections))
    theirs = (one for entry in edition.entries for one in (entry.title, entry.source, entry.kind_name, *(credit.name for credit in entry.credits)))
    return names.known((*ours, *theirs, *(one for topic in topics for one in (topic.name, topic.description, *topic.keywords))))


def _evidence(entry: Entry, resource: Resource, edition: Edition) -> tuple[list[str], list[date]]:
    """All that is known of an entry: texts and days."""
    texts = [resource.text, resource.description or "", resource.title, entry.title, entry.source, resource.publisher or "", resource.site_name or ""]
    texts += [*resource.creators, *(credit.name for credit in entry.credits), entry.series, entry.url, *entry.topics]
    texts += [str(count) for count in (entry.minutes, entry.duration_minutes, entry.pages) if count]
    days = [one for one in (entry.published, resource.modified, resource.published, edition.composed.date()) if one]
    if event := entry.event or resource.event:
        texts += [event.location or ""]
        days += claims.span(event.start, event.end)
    return texts, days


def _stray(said: Iterable[str], known: Iterable[claims.Stated], *, place: str, where: str) -> Iterator[Finding]:
    for sort, written in dict.fromkeys(one for words in said for one in claims.without_source(words, *known)):
        yield Finding(
            severity="warning",
            rule=f"unsupported-{sort}",
            place=place,
            problem=f"“{written}” is not in {where}.",
            remedy="Look it up there; put it right or take it out.",
        )


def _nameless(said: Sequence[str], known: Iterable[Evidence], shared: names.Known, *, place: str, where: str, language: str) -> Iterator[Finding]:
    found = tuple(dict.fromkeys(name for words in said for name in names.unknown(words, shared, *known, language=language)))
    if found:
        told = ", ".join(f"“{name}”" for name in found)
        yield Finding(
            severity="note",
            rule="unsupported-name",
            place=place,
            problem=f"{text.clip(told, 200)} {'is' if len(found) == 1 else 'are'} not in {where}.",
            remedy="Look the name up there, and see whether it is spelt so.",
        )
