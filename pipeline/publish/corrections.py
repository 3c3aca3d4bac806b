"""A released edition put right, visibly: a note for its readers, every file made anew, and what was there before kept.

A correction is an act of its own: nothing else changes a released edition. Only one that could do harm goes by mail (`post.send_correction`); the
others, but for slips of the pen, are printed in the next edition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pipeline import text, urls
from pipeline.config import Config
from pipeline.digest.essay import draft_essay, is_draft
from pipeline.digest.letter import default_letter, is_default
from pipeline.errors import ConflictError, NotFoundError, PipelineError, RenderError
from pipeline.model import Correction, Edition, EditionState, Entry, Event, Finding, ItemId, Severity
from pipeline.publish import rebuild, renditions
from pipeline.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What to put right. `note` is the sentence that readers see; of an item's words those that are not `None` take the place of the old ones
    (`why` is the line that says who should read it), `without_picture` takes its picture out, and `when` takes time and place of its event from
    the item as it stands now."""

    severity: Severity
    note: str
    by: str = ""
    item: ItemId | None = None
    title: str | None = None
    blurb: str | None = None
    url: str | None = None
    why: str | None = None
    without_picture: bool = False
    when: bool = False

    @property
    def changes_words(self) -> bool:
        """Whether it puts words in the place of others or takes a picture out, and is no mere note."""
        return self.without_picture or self.when or any(words is not None for words in (self.title, self.blurb, self.url, self.why))


def correct(edition_id: str, amendment: Amendment, config: Config, store: Store, *, now: datetime) -> tuple[Edition, Path]:
    """Put a released edition right: its entry, a note, and all its files. Gives back the edition and its folder.

    The same amendment a second time writes the files again, and adds nothing. Raises `ConflictError` for an edition that is not released,
    `NotFoundError` for an item that is not in it, `PipelineError` for words that cannot stand.
    """
    before = store.edition(edition_id)
    if not before.is_released:
        raise ConflictError(
            f"Edition {edition_id} is {before.state}, not released: nothing is wrong with it yet.",
            hint=f"Put the item right, then `gleanings digest build {edition_id}`.",
        )
    edition = _amended(before, amendment, _event(amendment, store), now)
    if edition is before:
        return before, restore(before, config, store)
    edition, files, set_aside = renditions.rendered(edition)
    if set_aside:  # what was released could be set, so it is the new words that cannot
        raise RenderError(f"The correction cannot be printed: {set_aside[0].problem}", place=set_aside[0].place, hint="Say it in other words.")
    with store.transaction():
        store.correct(edition, files=renditions.hashes(files))
        rebuild.record(edition, store)
    folder = config.digests / edition_id
    renditions.write_all(folder, edition, files, earlier=store.revisions(edition_id))
    return edition, folder


def restore(edition: Edition, config: Config, store: Store, *, report: Callable[[Finding], None] = lambda finding: None) -> Path:
    """Write those files of a released edition again that are lost or damaged, as they were after its last correction; the others stay.

    `report` is told of what cannot be made with the same bytes, because it was made with other versions of what sets it.
    """
    folder, known = config.digests / edition.id, store.files(edition.id)
    wanted = {name for name, digest in known.items() if not renditions.is_intact(folder / name, digest)}
    files = renditions.rendered(edition)[1] if wanted or not known else ()
    lost = [file for file in files if file.filename in wanted or not known]
    for name, digest in renditions.hashes(lost).items():
        if known.get(name, digest) != digest:
            report(_other(name))
    renditions.write_all(folder, edition, lost, earlier=store.revisions(edition.id))
    return folder


def _other(name: str) -> Finding:
    return Finding(
        severity="warning",
        rule="other-bytes",
        place=name,
        problem=f"{name} says the same but is not the same bytes as released.",
        remedy="It was made with other versions of Gleanings or its packages; those would give the same bytes again.",
    )


def errata(history: list[Edition], audience: str) -> tuple[Correction, ...]:
    """Give the corrections that the next edition prints: those made since the last release, but for slips, and those that its readers may see."""
    since = max((one.released for one in history if one.released), default=None)
    if since is None:
        return ()
    made = [one for edition in history for one in edition.corrections if one.made > since and one.severity is not Severity.SLIP]
    return tuple(sorted((one for one in made if audience != "public" or one.audience == "public"), key=lambda one: (one.made, one.edition)))


def _event(amendment: Amendment, store: Store) -> Event | None:
    """The event of the item as it stands now, where it is asked for."""
    if not amendment.when or amendment.item is None:
        return None
    event = store.item(amendment.item).event
    if event is None or event.start is None:
        raise NotFoundError("date", f"of item {amendment.item}", hint="Put its date right at the desk first.")
    return event


def _amended(before: Edition, amendment: Amendment, event: Event | None, now: datetime) -> Edition:
    """Put the words right and add the note; the same edition where both are so already."""
    entry = _entry(before, amendment)
    better = _better(entry, amendment, event) if entry else None
    made = Correction(
        edition=before.id,
        item=amendment.item,
        title=better.title if better else "",
        severity=amendment.severity,
        note=_note(amendment.note),
        made=now,
        by=amendment.by.strip(),
        audience=better.audience if better else "public",
    )
    if better == entry and any(replace(one, made=now, by=made.by) == made for one in before.corrections):
        return before
    if amendment.without_picture and entry and entry.picture is None:
        raise NotFoundError("picture", f"of item {entry.id} in this edition", hint="There is nothing to take out.")
    sections = tuple(
        replace(section, entries=tuple(better if better and one.id == better.id else one for one in section.entries)) for section in before.sections
    )
    edition = replace(before, sections=sections, corrections=(*before.corrections, made), corrected=now, state=EditionState.CORRECTED)
    return _retold(before, edition)


def _retold(before: Edition, edition: Edition) -> Edition:
    """Where letter or essay are the machine's, they name the entry too: make them anew from the words as they stand now."""
    letter = default_letter(edition) if is_default(before.letter) else before.letter
    essay = draft_essay(edition) if is_draft(before) else before.essay
    return replace(edition, letter=letter, essay=essay)


def _entry(edition: Edition, amendment: Amendment) -> Entry | None:
    """The entry in question; `None` where the note is about the whole edition, which has no words of an entry to change."""
    if amendment.item is None:
        if amendment.severity is Severity.RETRACTED or amendment.changes_words:
            raise PipelineError("It is not said which item is meant.", hint="Add `--item` and its number or address.")
        return None
    found = next((entry for entry in edition.entries if entry.id == amendment.item), None)
    if found is None:
        raise NotFoundError("item", f"{amendment.item} in edition {edition.id}", hint=f"`gleanings digest show {edition.id}` lists what is in it.")
    return found


def _better(entry: Entry, amendment: Amendment, event: Event | None) -> Entry:
    """The entry with the words that take the place of others."""
    title = entry.title if amendment.title is None else text.squeeze(amendment.title)
    if not title and amendment.title is not None:
        raise PipelineError("A title cannot be empty.", hint="Leave `--title` out to keep the one that there is.")
    if amendment.url is not None and not urls.is_web(amendment.url):
        raise PipelineError(f"{amendment.url!r} is no web address.", hint="It should look like https://example.org/page.")
    return replace(
        entry,
        picture=None if amendment.without_picture else entry.picture,
        event=event or entry.event,
        title=title,
        url=entry.url if amendment.url is None else amendment.url.strip(),
        blurb=entry.blurb if amendment.blurb is None else text.clean(amendment.blurb).strip(),
        note=entry.note if amendment.why is None else text.clean(amendment.why).strip(),
    )


def _note(words: str) -> str:
    said = text.squeeze(words)
    if not said:
        raise PipelineError("The note says nothing.", hint="Say in a sentence what was wrong and what is right: readers see it.")
    return said
