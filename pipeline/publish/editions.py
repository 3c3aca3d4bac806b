"""Editions and their files.

A draft may be built at any time. A release is a snapshot in the database first and files second: whatever happens in between, the same
command writes the same files again from the snapshot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline import digest
from pipeline.classify.rules import judge
from pipeline.config import Config
from pipeline.errors import ConflictError, NotFoundError, RenderError
from pipeline.model import Action, Arrangement, DigestSettings, Edition, EditionState, Finding, Item, ItemId, Rule, State
from pipeline.publish import corrections, rebuild
from pipeline.publish.findings import findings, in_order, refuse_errors, waivers
from pipeline.publish.illustrated import with_pictures
from pipeline.publish.press import warm
from pipeline.publish.renditions import hashes, rendered, write, write_all
from pipeline.publish.ties import with_ties
from pipeline.store import ItemQuery, Store

NAME = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])")
MOST = 1_000
"""Accepted items that one edition looks at."""
LETTER, ESSAY = "letter.md", "essay.md"
"""The editor's letter and her essay: Markdown files in the edition's folder, hers to write."""


def build(
    edition_id: str, config: Config, store: Store, *, now: datetime, formats: Iterable[str] | None = None, letter: str | None = None
) -> tuple[Edition, tuple[Finding, ...], Path]:
    """Compose the draft from what is accepted now, keep it, and write its files. Gives back edition, findings and folder.

    A frozen edition keeps its items; what is said of them may still change. Raises `ConflictError` for a released one.
    """
    folder, before = _open(edition_id, config, store)
    names = None if formats is None else tuple(formats)
    if names != ():
        warm()
    if letter is not None:
        write_letter(edition_id, config, letter)
    edition = _composed(edition_id, config, store, before=before, now=now)
    store.save_edition(edition)
    set_aside = _publish(folder, edition, names) if names != () else ()
    return edition, in_order((*findings(edition, config, store), *set_aside)), folder


def freeze(edition_id: str, config: Config, store: Store, *, now: datetime, until: datetime | None = None) -> Edition:
    """Stop entry: nothing gets into this edition by itself any more, and nothing that was decided after `until`."""
    folder, before = _open(edition_id, config, store)
    warm()
    edition = _composed(edition_id, config, store, before=before, now=now, until=until)
    frozen = replace(edition, state=EditionState.FROZEN)
    store.save_edition(frozen)
    _publish(folder, frozen, None)
    return frozen


def thaw(edition_id: str, config: Config, store: Store, *, now: datetime) -> Edition:
    """Make a frozen edition a draft again, with all that is accepted now. Raises `ConflictError` for one that is not frozen."""
    before = store.edition(edition_id)
    if before.state is not EditionState.FROZEN:
        raise ConflictError(f"Edition {edition_id} is {before.state}, not frozen.", hint=f"`gleanings digest show {edition_id}` shows it.")
    store.save_edition(replace(before, state=EditionState.DRAFT, composed=now))
    return build(edition_id, config, store, now=now)[0]


def release(
    edition_id: str,
    config: Config,
    store: Store,
    *,
    now: datetime,
    waive: Sequence[str] = (),
    by: str = "",
    report: Callable[[Finding], None] = lambda finding: None,
) -> Path:
    """Publish an edition: render everything, keep the snapshot, write the files. Doing it again writes the same files again.

    `waive` are errors that `by` lets pass, `report` is told of everything that was found. Raises `RenderError` naming the finding that
    stands in the way, before anything is changed.
    """
    _named(edition_id)
    folder = config.digests / edition_id
    before = _known(edition_id, store)
    if before is not None and before.is_released:
        return corrections.restore(before, config, store, report=report)
    warm()
    composed = _composed(edition_id, config, store, before=before, now=now)
    edition, files, set_aside = rendered(replace(composed, state=EditionState.RELEASED, released=now))
    found = in_order((*findings(composed, config, store), *set_aside))
    if passed := waivers(found, waive, by=by, now=now):
        edition, files, _ = rendered(replace(edition, waived=passed))
    refuse_errors(edition, found, passed)
    with store.transaction():
        store.release(edition, files=hashes(files), now=now)
        rebuild.record(edition, store)
    for finding in found:
        report(finding)
    write_all(folder, edition, files)
    return folder


def _open(edition_id: str, config: Config, store: Store) -> tuple[Path, Edition | None]:
    """Give folder and state of an edition that may still change."""
    _named(edition_id)
    before = _known(edition_id, store)
    if before is not None and before.is_released:
        raise ConflictError(
            f"Edition {edition_id} is released and stays as it is.",
            hint=f"`gleanings digest show {edition_id}` shows it; `gleanings digest correct {edition_id}` puts a mistake right.",
        )
    return config.digests / edition_id, before


def _named(edition_id: str) -> None:
    if not NAME.fullmatch(edition_id):
        raise NotFoundError("edition", f'"{edition_id}"', hint="An edition is named by its month, for example 2026-12.")


def _known(edition_id: str, store: Store) -> Edition | None:
    return next((edition for edition in store.editions() if edition.id == edition_id), None)


def _composed(edition_id: str, config: Config, store: Store, *, before: Edition | None, now: datetime, until: datetime | None = None) -> Edition:
    history = [edition for edition in store.editions() if edition.is_released and edition.id < edition_id]
    folder = config.digests / edition_id
    items, arrangement = _items(store, before, until), store.arrangement(edition_id)
    edition = digest.compose(
        edition_id,
        items,
        desk=config.desk,
        settings=config.digest,
        topics=config.topics,
        spellings=config.spellings,
        tally=store.tally(_since(edition_id, history, config), now),
        now=now,
        letter=letter_of(edition_id, config, arrangement),
        essay=_essay(folder, before),
        history=history,
        number=len(history) + 1,
        homes=homes(items, config.digest, now=now),
        errata=corrections.errata(history, config.digest.audience),
        arrangement=arrangement,
    )
    edition = with_pictures(with_ties(edition, store), store)
    return replace(edition, state=before.state) if before is not None else edition


def _publish(folder: Path, edition: Edition, names: Sequence[str] | None) -> tuple[Finding, ...]:
    """Write the files of an edition that is not released, and the draft of an essay where the editor wrote none."""
    printed, files, set_aside = rendered(edition, names)
    if edition.template == "essay":
        write(folder / ESSAY, edition.essay.encode())
    write_all(folder, printed, files)
    return set_aside


def _items(store: Store, before: Edition | None, until: datetime | None) -> tuple[Item, ...]:
    accepted = store.items(ItemQuery(states=(State.ACCEPTED,), limit=MOST))
    if until is not None:
        accepted = tuple(item for item in accepted if item.decision is None or item.decision.decided <= until)
    if before is None or before.state is EditionState.DRAFT:
        return accepted
    kept = {entry.id for entry in before.entries}
    return tuple(item for item in accepted if item.id in kept)


def homes(items: Iterable[Item], settings: DigestSettings, *, now: datetime) -> dict[ItemId, str]:
    """Say of items that meet the rule of a section which that is; of several sections the first one has it."""
    rules = [Rule(id=section.id, when=section.when, then=Action.TOPIC) for section in settings.sections if section.when is not None]
    met = ((item.id, judge(rules, item, now=now)) for item in items)
    return {item: found[0].id for item, found in met if found}


def _since(edition_id: str, history: list[Edition], config: Config) -> datetime:
    """From when this edition counts: the release before it, else the first of its month before, in the desk's zone."""
    released = [edition.released for edition in history if edition.released]
    if released:
        return max(released)
    year, month = map(int, edition_id.split("-"))
    return datetime(year - (month == 1), 12 if month == 1 else month - 1, 1, tzinfo=ZoneInfo(config.desk.timezone)).astimezone(UTC)


def letter_of(edition_id: str, config: Config, arrangement: Arrangement) -> str:
    """Give the editor's letter: what stands in the edition's folder; where no file is there, what was written at the desk."""
    path = config.digests / edition_id / LETTER
    return _words(path, "letter") if path.exists() else arrangement.letter


def write_letter(edition_id: str, config: Config, letter: str) -> None:
    """Put the editor's letter into the edition's folder."""
    write(config.digests / edition_id / LETTER, letter.encode())


def _essay(folder: Path, before: Edition | None) -> str:
    """The editor's essay. A draft of ours that she did not touch is no essay of hers: it is drafted anew."""
    words = _words(folder / ESSAY, "essay")
    is_draft = before is not None and words.strip() == digest.draft_essay(before).strip()
    return "" if is_draft else words


def _words(path: Path, place: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise RenderError(f"The editor's {place} {path} cannot be read.", place=place, hint="Save it as plain text in UTF-8.") from error
