"""Arranging the draft of an edition: what the desk shows of it, and each step as one change of arrangement and draft together.

A letter that is written at the desk stands in the edition's folder too, where the command line and an editor of text files find it; what stands
there is the letter.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pipeline import dates, schedule, text
from pipeline.config import Config
from pipeline.digest.arrange import Absence, absent, all_sections, merged, slots
from pipeline.errors import ConflictError, NotFoundError
from pipeline.model import Arrangement, Edition, Item, SectionRule, State
from pipeline.publish.editions import MOST, build, letter_of, write_letter
from pipeline.store import ItemQuery, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter as somebody wrote it for an edition, and the fingerprint of the one that stood there before her."""

    edition: str
    words: str
    stood: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the next edition stands: how full it is, and when it closes. `edition` is `None` where nobody began it."""

    id: str
    edition: Edition | None
    filled: int
    slots: int
    due: datetime
    cutoff: datetime


WRITTEN = "The letter was written."


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A draft as its editor sees it: every section it may have, in its order, what is accepted and not in it, and the letter that she wrote."""

    edition: Edition
    arrangement: Arrangement
    rules: tuple[SectionRule, ...]
    absent: tuple[tuple[Item, Absence], ...]
    letter: str


def standing(config: Config, store: Store, *, now: datetime) -> Standing:
    """Say how the edition stands that is due next. Changes nothing."""
    zone = config.desk.timezone
    due = schedule.next_edition(config.digest, zone, now)
    edition_id = schedule.edition_id(due, zone)
    try:
        edition = store.edition(edition_id)
    except NotFoundError:
        edition = None
    return Standing(
        id=edition_id,
        edition=edition,
        filled=len(edition.entries) if edition else 0,
        slots=slots(config.digest, store.arrangement(edition_id)),
        due=due,
        cutoff=due - config.digest.cutoff,
    )


def board(edition_id: str, config: Config, store: Store, *, now: datetime) -> Board:
    """Show the draft of an edition as it was last composed. Changes nothing. Raises `NotFoundError` where there is none yet."""
    edition, arrangement = store.edition(edition_id), store.arrangement(edition_id)
    accepted = store.items(ItemQuery(states=(State.ACCEPTED,), limit=MOST))
    rules = {rule.id: rule for rule in all_sections(config.digest)}
    order = merged((section.id for section in edition.sections), merged(arrangement.order, list(rules)))
    return Board(
        edition=edition,
        arrangement=arrangement,
        rules=tuple(rules[section] for section in order),
        absent=absent(accepted, edition, arrangement=arrangement, settings=config.digest, now=now, zone=dates.zone(config.desk.timezone) or UTC),
        letter=letter_of(edition_id, config, arrangement),
    )


def arrange(arrangement: Arrangement, config: Config, store: Store, *, expected_version: int, now: datetime) -> Edition:
    """Keep an arrangement, and compose the draft by it: both or neither. Raises `ConflictError` as `Store.arrange` does."""
    with store.transaction():
        made = store.arrange(replace(arrangement, changed=now), expected_version=expected_version)
        return _composed(made, config, store, now=now)


def undo(edition_id: str, config: Config, store: Store, *, expected_version: int, now: datetime) -> Arrangement:
    """Take the last step back, and compose the draft by what was before it."""
    with store.transaction():
        before = store.arrangement(edition_id)
        made = store.unarrange(edition_id, expected_version=expected_version)
        if made.letter != before.letter:
            write_letter(edition_id, config, made.letter)
        _composed(made, config, store, now=now)
    return made


def write(letter: Letter, config: Config, store: Store, *, now: datetime) -> Arrangement:
    """Keep the editor's letter; in the place of an empty one the desk drafts one. Other steps that were made meanwhile stay.

    Raises `ConflictError` where the letter is no longer the one that she changed.
    """
    with store.transaction():
        known = store.arrangement(letter.edition)
        stood = letter_of(letter.edition, config, known)
        if fingerprint(stood) not in (letter.stood, fingerprint(letter.words)):
            who = known.by if known.said == WRITTEN and known.by else "Somebody else"
            raise ConflictError(f"{who} changed the letter meanwhile.", hint="Yours was not kept: copy it, load the page, and put both together.")
        step = replace(known, letter=letter.words, by=letter.by, changed=now, said=WRITTEN)
        made = store.arrange(step, expected_version=known.version, before=replace(known, letter=stood))
        write_letter(letter.edition, config, letter.words)
        _composed(made, config, store, now=now)
    return made


def fingerprint(letter: str) -> str:
    """Give a short text that is another for another letter."""
    return hashlib.sha256(text.clean(letter).strip().encode()).hexdigest()[:16]


def _composed(made: Arrangement, config: Config, store: Store, *, now: datetime) -> Edition:
    return build(made.edition, config, store, now=now, formats=())[0]
