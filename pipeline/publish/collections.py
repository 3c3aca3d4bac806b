"""Living collections and their files: put together from what is kept at this moment, written whole, and dated by their last change.

The database knows what each told when it was built last, and since when: while it tells the same, its date stays, so that one database gives the
same bytes in any folder and on any day. Nothing that only members may see gets in, for a collection is public.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline import dates, render, text
from pipeline.config import Config, mark_reviewed, reviewed_days
from pipeline.digest import collection as living
from pipeline.errors import NotFoundError, PipelineError
from pipeline.files import write_whole
from pipeline.model import Collection, Correction, Edition, Entry, Finding, Item, ItemId, State
from pipeline.plain import Json, json_line, to_plain
from pipeline.publish import press
from pipeline.publish.righted import righted
from pipeline.store import ItemQuery, Store, Told

FOLDER = "collections"
SNAPSHOT = "collection.json"
MANIFEST = "manifest.json"
_LOOKED = "looked-at"
"""File beside the collections: what they were made of when they were last looked at."""
FORMATS = ("html", "pdf", "pdf-large", "atom", "json-feed", "ics", "ris", "bibtex", "csl")
"""What a collection is published in. It is sent to nobody, so there is no mail of it."""
_KEPT = (State.ACCEPTED, State.PUBLISHED)
_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """When a collection was last looked through, since when it is there, and when it is to be looked through again (`None`: it was never built)."""

    reviewed: date | None
    first: date | None
    due: date | None
    is_overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A collection as it is at this moment. `entered` came in after the day of the last review; all did where there was none."""

    collection: Collection
    edition: Edition
    review: Review
    entered: tuple[Entry, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A collection that was written: the names of its files, and whether it tells anything else than before."""

    standing: Standing
    folder: Path
    files: tuple[str, ...]
    changed: bool


def build(config: Config, store: Store, *, only: str | None = None, now: datetime) -> tuple[Built, ...]:
    """Write the files of all collections, or of one. Without a change they are the same bytes again. Raises `NotFoundError` for one that is none."""
    return tuple(_built(_standing(one, config, store, now, keep=True), config) for one in _reviewed(_named(config, only), config))


def freshen(config: Config, store: Store, *, now: datetime) -> tuple[Built, ...]:
    """Write the files of those collections that changed since they were built, or never were. Costs next to nothing where nothing was decided,
    released or set otherwise since the last look, and no day has passed."""
    mark, now_is = config.digests / FOLDER / _LOOKED, _looked(config, store, now)
    whole = all((folder_of(config, one.id) / MANIFEST).is_file() for one in config.collections)
    if whole and (not config.collections or (mark.is_file() and mark.read_text(encoding="utf-8", errors="replace") == now_is)):
        return ()
    made = []
    for one in _reviewed(config.collections, config):
        folder, standing = folder_of(config, one.id), _standing(one, config, store, now, keep=True)
        if not (folder / MANIFEST).is_file() or not _stands(folder, standing.edition):
            made.append(_built(standing, config))
    _write(mark, now_is.encode())
    return tuple(made)


def _looked(config: Config, store: Store, now: datetime) -> str:
    """Say in short what the collections are made of: equal words mean that all of them are as they were, unless one of its files was lost."""
    settings = json_line((config.collections, config.topics, config.desk, sorted((reviewed_days(config.path) or {}).items(), key=str)))
    said = json_line((settings, store.decided_until()[0], store.public_state(), _day(now, config)))
    return hashlib.sha256(said.encode()).hexdigest()


def current(collection_id: str, config: Config, store: Store, *, now: datetime) -> Edition:
    """Give a collection as it is at this moment, with the date of its last change. Raises `NotFoundError`."""
    (one,) = _reviewed(_named(config, collection_id), config)
    return _dated(_composed(one, config, store, now)[0], store.collection_told(one.id), config)


def standings(config: Config, store: Store, *, only: str | None = None, now: datetime) -> tuple[Standing, ...]:
    """Say how all collections are, or one. Raises `NotFoundError` for one that is none."""
    return tuple(_standing(one, config, store, now) for one in _reviewed(_named(config, only), config))


def reviews(config: Config, store: Store, *, now: datetime) -> Mapping[str, Review]:
    """Say by id when each collection was looked through and is to be again. The day is that of the file at this moment."""
    return {one.id: _review(one, store.collection_told(one.id), config, now) for one in _reviewed(config.collections, config)}


def overdue(config: Config, store: Store, *, now: datetime) -> tuple[tuple[Collection, Review], ...]:
    """Give the collections that somebody should look through, those that wait longest first."""
    found = reviews(config, store, now=now)
    late = [(one, found[one.id]) for one in config.collections if found[one.id].is_overdue]
    return tuple(sorted(late, key=lambda pair: (pair[1].due or date.max, pair[0].id)))


def mark(collection_id: str, config: Config, *, now: datetime) -> Review:
    """Write into the settings that a collection was looked through today, and say when it is due again. Raises `NotFoundError`, `ConfigError`."""
    (one,) = _named(config, collection_id)
    today = _day(now, config)
    mark_reviewed(config.path, collection_id, today)
    return _review(replace(one, reviewed=today), None, config, now)


def folder_of(config: Config, collection_id: str) -> Path:
    """Say where the files of a collection lie."""
    return config.digests / FOLDER / collection_id


# ---------------------------------------------------------------- what it holds


def _named(config: Config, only: str | None) -> tuple[Collection, ...]:
    if only is None:
        return config.collections
    known = {one.id: one for one in config.collections}
    if only not in known:
        near = text.nearest(only, known)
        hint = f"Did you mean “{near}”?" if near else f"Collections stand in {config.path.name}: {', '.join(known) or 'none yet'}."
        raise NotFoundError("collection", f"“{only}”", hint=hint)
    return (known[only],)


def _reviewed(those: Iterable[Collection], config: Config) -> tuple[Collection, ...]:
    """Give collections with the days of review that the file has at this moment."""
    days = reviewed_days(config.path)
    return tuple(those) if days is None else tuple(replace(one, reviewed=days.get(one.id)) for one in those)


def _review(one: Collection, told: Told | None, config: Config, now: datetime) -> Review:
    first = told.first if told else None
    since = one.reviewed or first
    due = since + one.review_every if since else None
    return Review(reviewed=one.reviewed, first=first, due=due, is_overdue=due is not None and _day(now, config) > due)


def _composed(one: Collection, config: Config, store: Store, now: datetime) -> tuple[Edition, dict[ItemId, datetime], tuple[Finding, ...]]:
    """Put a collection together; with it when each of its items was decided, and what is amiss."""
    heads = {word: _head(word, store) for word in (*one.pin, *one.exclude)}
    decided: dict[ItemId, datetime] = {}

    def noted() -> Iterator[Item]:
        for item in _candidates(one, [heads[word] for word in one.pin], config, store):
            if item.decision is not None:
                decided[item.id] = item.decision.decided
            yield item

    asked = replace(one, pin=tuple(_number(word, heads) for word in one.pin), exclude=tuple(_number(word, heads) for word in one.exclude))
    edition = living.collect(asked, noted(), desk=config.desk, topics=config.topics, spellings=config.spellings, now=now)
    corrections = righted(store)
    gone = [entry for entry in edition.entries if entry.id in corrections.withdrawn]
    if gone:
        asked = replace(asked, exclude=(*asked.exclude, *(str(entry.id) for entry in gone)))
        edition = living.collect(asked, noted(), desk=config.desk, topics=config.topics, spellings=config.spellings, now=now)
    edition = corrections.put(edition, decided)
    withdrawn = (_withdrawn(entry, corrections.withdrawn[entry.id], f"collection {one.id}") for entry in gone)
    return edition, decided, (*withdrawn, *_findings(one, edition, heads, config, now))


def _withdrawn(entry: Entry, why: Correction, place: str) -> Finding:
    said = f"“{entry.title}” was withdrawn by a correction of edition {why.edition}, and stays out."
    return Finding(
        severity="note", place=place, problem=said, remedy=f"Nothing needs to be done; `exclude: [{entry.id}]` says so for good.", rule="withdrawn"
    )


def _candidates(one: Collection, pinned: Iterable[Item | None], config: Config, store: Store) -> Iterator[Item]:
    """Give what may belong to a collection, so that a small one need not read the whole database. The core decides what does."""
    yield from (item for item in pinned if item is not None)
    base = ItemQuery(states=_KEPT, order="id", limit=_PAGE)
    was = {topic.id: topic.was for topic in config.topics}
    queries = [replace(base, topic=name) for id_ in one.topics for name in (id_, *was.get(id_, ()))]
    queries = queries or [replace(base, kind=kind) for kind in one.kinds] or ([base] if one.words else [])
    for query in queries:
        while page := store.items(query):
            yield from page
            query = replace(query, after=page[-1].id)


def _head(word: str, store: Store) -> Item | None:
    """Find an item by number or address; one that was folded is what it was folded into."""
    found = ItemId(int(word)) if word.isascii() and word.isdecimal() else store.find(word)
    with suppress(NotFoundError):
        item = store.item(found) if found is not None else None
        return store.item(item.merged_into) if item and item.merged_into is not None else item
    return None


def _number(word: str, heads: Mapping[str, Item | None]) -> str:
    item = heads[word]
    return word if item is None else str(item.id)


def _findings(one: Collection, edition: Edition, heads: Mapping[str, Item | None], config: Config, now: datetime) -> Iterator[Finding]:
    place, zone = f"collection {one.id}", dates.zone(config.desk.timezone) or UTC
    if not edition.entries:
        yield Finding(severity="warning", place=place, problem="Nothing belongs to it.", remedy="Widen its query, or accept items.", rule="empty")
    if len(edition.entries) >= living.MOST:
        many = f"More than {living.MOST:,} items belong to it: only the newest are shown."
        yield Finding(severity="warning", place=place, problem=many, remedy="Narrow its query.", rule="too-many")
    for word in one.pin:
        item = heads[word]
        if item is None:
            yield _amiss(place, f"“{word}” is pinned, and there is no such item.", "pin-missing")
        elif not living.is_open(item, now, zone):
            yield _amiss(place, f"“{word}” is pinned, and stays out: it is {_why_not(item)}.", "pin-left-out")
    for word in one.exclude:
        if heads[word] is None:
            yield _amiss(place, f"“{word}” is excluded, and there is no such item.", "exclude-missing")


def _amiss(place: str, problem: str, rule: str) -> Finding:
    return Finding(severity="warning", place=place, problem=problem, remedy="Mend its line in the settings, or take it out.", rule=rule)


def _why_not(item: Item) -> str:
    if item.state not in _KEPT:
        return "not accepted"
    return "for members only" if item.audience != "public" else "over"


def _standing(one: Collection, config: Config, store: Store, now: datetime, *, keep: bool = False) -> Standing:
    """Say how a collection is; where its files are to be written, keep since when it tells what it tells."""
    edition, decided, findings = _composed(one, config, store, now)
    if keep:
        store.tell_collection(one.id, _meaning(edition), now=now, today=_day(now, config))
    told = store.collection_told(one.id)
    edition = _dated(edition, told, config)
    review = _review(one, told, config, now)
    entered = tuple(entry for entry in edition.entries if _is_after(one.reviewed, decided.get(entry.id), config))
    return Standing(collection=one, edition=edition, review=review, entered=entered, findings=findings)


def _is_after(reviewed: date | None, decided: datetime | None, config: Config) -> bool:
    return reviewed is None or (decided is not None and _day(decided, config) > reviewed)


# ---------------------------------------------------------------- its date and its files


def _day(moment: datetime, config: Config) -> date:
    return moment.astimezone(dates.zone(config.desk.timezone) or UTC).date()


def _dated(edition: Edition, told: Told | None, config: Config) -> Edition:
    """Give a collection the date since when it tells what it tells: of the last change, not of the last build."""
    if told is None or told.meaning != _meaning(edition):
        return edition
    composed = min(told.changed, edition.composed)
    return replace(edition, composed=composed, month_name=living.as_of(composed, config.desk))


def _meaning(edition: Edition) -> str:
    """Give a hash of what a collection tells. What is empty counts for nothing, so that a field that is new to Gleanings is no change."""
    return hashlib.sha256(json_line(_filled(to_plain((edition.title, edition.letter, edition.sections)))).encode()).hexdigest()


def _filled(plain: Json) -> Json:
    if isinstance(plain, dict):
        return {key: _filled(one) for key, one in plain.items() if one or one == 0}
    return [_filled(one) for one in plain] if isinstance(plain, list) else plain


def _stands(folder: Path, edition: Edition) -> bool:
    """Whether a folder has the snapshot of just this edition."""
    body = render.render(edition, "json").body
    with suppress(OSError):
        return (folder / SNAPSHOT).stat().st_size == len(body) and (folder / SNAPSHOT).read_bytes() == body
    return False


def _built(standing: Standing, config: Config) -> Built:
    folder = folder_of(config, standing.collection.id)
    changed = not _stands(folder, standing.edition)
    printed = press.print_all(standing.edition, [name for name in FORMATS if name != "ics" or _has_dates(standing.edition)])
    # The snapshot is of what belongs, not of what could be set: what is compared with it later was never set.
    files = [replace(file, filename=_name(file.filename)) for file in (*printed.files, render.render(standing.edition, "json"))]
    hashes = {file.filename: hashlib.sha256(file.body).hexdigest() for file in files}
    first = standing.review.first or _day(standing.edition.composed, config)
    for file in files:
        _write(folder / file.filename, file.body)
    _write(folder / MANIFEST, (json.dumps({"first_built": first.isoformat(), "files": hashes}, indent=1) + "\n").encode())
    _clear(folder, hashes)
    standing = replace(standing, findings=(*standing.findings, *printed.findings))
    return Built(standing=standing, folder=folder, files=tuple(hashes), changed=changed)


def _has_dates(edition: Edition) -> bool:
    """Whether there is anything for a calendar: one without events is none (RFC 5545, 3.6)."""
    return any(entry.event and entry.event.start for entry in edition.entries)


def _clear(folder: Path, keep: Mapping[str, str]) -> None:
    """Take away the files of ours that this build could not write: what an earlier one left may hold what has left the collection since."""
    for kind in render.FORMATS.values():
        name = _name(kind.filename)
        if name not in keep:
            with suppress(OSError):
                (folder / name).unlink(missing_ok=True)


def _name(filename: str) -> str:
    """Name a file after what it is: `digest.pdf` becomes `collection.pdf`."""
    stem, dot, rest = filename.partition(".")
    for ours in ("digest", "edition"):
        if stem == ours or stem.startswith(f"{ours}-"):
            return f"collection{stem.removeprefix(ours)}{dot}{rest}"
    return filename


def _write(path: Path, body: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, (body,))
    except OSError as error:
        hint = "Make room or mend the folder's rights; then give the command again."
        raise PipelineError(f"{path} cannot be written: {error.strerror}.", hint=hint) from error
