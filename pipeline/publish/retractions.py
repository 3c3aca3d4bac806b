"""Works that were withdrawn after we had printed them, by a list that the operator brings: what to put right, in words and as a command.

Corrects nothing by itself: a person reads the proposal and gives the command. Before release such a work is a finding that stops the edition.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline import dates, dedupe
from pipeline.model import Correction, Edition, Entry, Finding, Item, ItemId, Severity
from pipeline.store import Nature, Retraction, Store
from pipeline.store.retractions import works

_ENOUGH = {
    Nature.RETRACTION: frozenset({Severity.HARM}),
    Nature.CONCERN: frozenset({Severity.ERROR, Severity.HARM}),
}
"""Corrections that tell readers enough, beside the one that calls a work withdrawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A released entry that no correction names yet, although its work was withdrawn or doubted. `place` is its place in the edition, from 1;
    `note` is the sentence for readers, `sentence` the one for the desk, `command` puts it right."""

    edition: str
    item: ItemId
    place: int
    title: str
    severity: Severity
    note: str
    sentence: str
    command: str
    retraction: Retraction

    @property
    def asked(self) -> dict[str, str]:
        """What the form of a correction begins with."""
        return {"item": str(self.item), "severity": self.severity.value, "note": self.note}


def proposals(store: Store, edition: Edition | None = None) -> tuple[Proposal, ...]:
    """List what is to be put right in all released editions, the newest first, or in one."""
    released = [one for one in (store.editions() if edition is None else (edition,)) if one.is_released]
    named = {one.id: [(entry, _works(entry)) for entry in one.entries] for one in released}
    known = store.retracted(work for pairs in named.values() for _, names in pairs for work in names)
    if not known:
        return ()
    return tuple(
        _proposal(one, entry, place=place, about=about)
        for one in released
        for place, (entry, names) in enumerate(named[one.id], 1)
        if (about := _worst(names, known)) and not any(_settles(made, entry, about) for made in one.corrections)
    )


def found(edition: Edition, store: Store) -> Iterator[Finding]:
    """Find the entries of an edition whose works were withdrawn, which is an error, or doubted, which is a warning."""
    named = [(entry, _works(entry)) for entry in edition.entries]
    known = store.retracted(work for _, names in named for work in names)
    for entry, names in named:
        if about := _worst(names, known):
            withdrawn = about.nature is Nature.RETRACTION
            yield Finding(
                severity="error" if withdrawn else "warning",
                rule="retracted" if withdrawn else "concern",
                place=f"item {entry.id}",
                problem=f'"{entry.title}": {_said(about, edition.language)}',
                remedy="Take it out." if withdrawn else "Read what its journal says; take it out, or say so in the note.",
            )


def of_item(item: Item, store: Store, *, language: str = "en-GB") -> str:
    """Say of an item at the desk that its work was withdrawn or doubted; nothing where the list says nothing."""
    names = dedupe.identities(item.resource)
    about = _worst(names, store.retracted(names))
    return _said(about, language) if about else ""


def _works(entry: Entry) -> tuple[str, ...]:
    return works(url=entry.url, doi=entry.identifiers.get("doi", ""), pmid=entry.identifiers.get("pmid", ""))


def _worst(names: tuple[str, ...], known: dict[str, Retraction]) -> Retraction | None:
    """Give what the list says of a work that it knows under one or more names: a withdrawal before doubts."""
    said = [known[name] for name in names if name in known]
    return min(said, key=lambda one: one.nature is not Nature.RETRACTION, default=None)


def _settles(made: Correction, entry: Entry, about: Retraction) -> bool:
    """Whether a correction has told readers of it. What is called withdrawn is settled; another one that is older than the day of the list spoke of
    something else."""
    if made.item != entry.id or made.severity is Severity.RETRACTED:
        return made.item == entry.id
    return made.severity in _ENOUGH[about.nature] and (about.day is None or made.made.date() >= about.day)


def _proposal(edition: Edition, entry: Entry, *, place: int, about: Retraction) -> Proposal:
    severity = Severity.RETRACTED if about.nature is Nature.RETRACTION else Severity.ERROR
    where = f"{edition.month_name or edition.id}, item {place},"
    day = f" on {dates.long(about.day, edition.language)}" if about.day else ""
    if severity is Severity.RETRACTED:
        note = f"{where} was retracted{day}."
    else:
        note = f"Of {where} its journal said{day} that there are doubts (an expression of concern)."
    words = ("gleanings", "digest", "correct", edition.id, "--item", str(entry.id), "--severity", severity.value, "--note", note)
    return Proposal(
        edition=edition.id,
        item=entry.id,
        place=place,
        title=entry.title,
        severity=severity,
        note=note,
        sentence=f'{note} "{entry.title}"' + (f" ({about.reason})" if about.reason else ""),
        command=shlex.join(words),
        retraction=about,
    )


def _said(about: Retraction, language: str) -> str:
    """Say it in a sentence for the desk, with the reason that the list gives."""
    day = f" on {dates.long(about.day, language)}" if about.day else ""
    fact = "It was retracted" if about.nature is Nature.RETRACTION else "Its journal published an expression of concern"
    return f"{fact}{day}" + (f": {about.reason}." if about.reason else ".")
