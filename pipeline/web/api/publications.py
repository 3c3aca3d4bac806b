"""Operations on what is published: editions with their files, and living collections. Drafts are for those who work on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

from pipeline.errors import NotFoundError
from pipeline.late import late
from pipeline.model import Collection, Edition, EditionState, Entry, ItemId, Kind, Role, Scope
from pipeline.web.api.operation import Call, File, Nothing, operation
from pipeline.web.api.schema import Note
from pipeline.web.api.shapes import Day
from pipeline.web.archive import MEDIA_TYPES

if TYPE_CHECKING:
    from pipeline.publish import collections, renditions
    from pipeline.publish.collections import Review
else:
    collections = late("pipeline.publish.collections")
    renditions = late("pipeline.publish.renditions")


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionBrief:
    """An edition."""

    id: Annotated[str, Note(about="Its month, such as 2026-12.")]
    title: str
    number: int
    month_name: str
    state: EditionState
    audience: Annotated[str, Note(about="public, or members.")]
    composed: datetime
    released: datetime | None
    corrected: datetime | None
    entries: Annotated[int, Note(about="How many it holds.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryShown:
    """An item as an edition prints it."""

    id: ItemId
    url: str
    kind: Kind
    title: str
    source: str
    published: Day | None
    blurb: Annotated[str, Note(about="What it is.")]
    note: Annotated[str, Note(about="Why it matters to our readers.")]
    minutes: int | None
    topics: Annotated[tuple[str, ...], Note(about="Names of topics.")]
    must_have: bool
    audience: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionShown:
    """A section of an edition."""

    id: str
    title: str
    standfirst: str
    entries: tuple[EntryShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionShown:
    """What was put right after the release."""

    item: ItemId | None
    severity: str
    note: str
    made: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionWhole:
    """An edition with all that stands in it."""

    edition: EditionBrief
    letter: Annotated[str, Note(about="Markdown.")]
    picks: Annotated[tuple[ItemId, ...], Note(about="If you read only three.")]
    sections: tuple[SectionShown, ...]
    corrections: tuple[CorrectionShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Editions:
    """Editions, the newest first."""

    editions: tuple[EditionBrief, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionWanted:
    """One edition."""

    id: Annotated[str, Note(about="Its month, such as 2026-12.", most=80)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionFile:
    """A file of a released edition."""

    name: str
    media_type: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionFiles:
    """The files of a released edition; a draft has none."""

    files: tuple[EditionFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWanted:
    """One file of an edition."""

    id: Annotated[str, Note(about="Of the edition.", most=80)]
    name: Annotated[str, Note(about="Of the file, as they are listed.", most=80)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionBrief:
    """A living collection."""

    id: str
    title: str
    introduction: str
    topics: tuple[str, ...]
    kinds: tuple[Kind, ...]
    reviewed: Annotated[date | None, Note(about="When somebody last looked through it.")]
    review_due: date | None
    is_overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Collections:
    """The living collections."""

    collections: tuple[CollectionBrief, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionWhole:
    """A collection with what belongs to it at this moment."""

    collection: CollectionBrief
    changed: Annotated[datetime, Note(about="When it last changed.")]
    sections: tuple[SectionShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionWanted:
    """One collection."""

    id: Annotated[str, Note(about="Its id, as in the settings.", most=80)]


@operation("GET", "/editions", scope=Scope.READ, role=Role.READER, tag="editions")
def list_editions(call: Call[Nothing, None]) -> Editions:
    """List the editions; drafts only to those who see the queue."""
    return Editions(editions=tuple(_brief(one) for one in call.store.editions() if _may_see(one, call.person.role)))


@operation("GET", "/editions/{id}", scope=Scope.READ, role=Role.READER, tag="editions")
def get_edition(call: Call[EditionWanted, None]) -> EditionWhole:
    """Give one edition with all that stands in it, also what is for members."""
    edition = _seen(call.store.edition(call.params.id), call.person.role)
    return EditionWhole(
        edition=_brief(edition),
        letter=edition.letter,
        picks=edition.picks,
        sections=_sections(edition),
        corrections=tuple(CorrectionShown(item=one.item, severity=one.severity.value, note=one.note, made=one.made) for one in edition.corrections),
    )


@operation("GET", "/editions/{id}/files", scope=Scope.READ, role=Role.READER, tag="editions")
def list_files(call: Call[EditionWanted, None]) -> EditionFiles:
    """List the files of an edition."""
    edition = _seen(call.store.edition(call.params.id), call.person.role)
    known = call.store.files(edition.id)
    return EditionFiles(files=tuple(EditionFile(name=name, media_type=_type(name), sha256=known[name]) for name in sorted(known) if "/" not in name))


@operation("GET", "/editions/{id}/files/{name}", scope=Scope.READ, role=Role.READER, tag="editions")
def get_file(call: Call[FileWanted, None]) -> File:
    """Give one file of an edition, as it was released."""
    edition, name = _seen(call.store.edition(call.params.id), call.person.role), call.params.name
    digest = call.store.files(edition.id).get(name)
    path = call.site.config.digests / edition.id / name
    if digest is None or "/" in name or not renditions.is_intact(path, digest):
        raise NotFoundError("file", f"“{name}” in edition {edition.id}", hint=f"`GET /api/v1/editions/{edition.id}/files` lists them.")
    return File(name=name, media_type=_type(name), body=path.read_bytes())


@operation("GET", "/collections", scope=Scope.READ, role=Role.READER, tag="collections")
def list_collections(call: Call[Nothing, None]) -> Collections:
    """List the living collections."""
    reviews = collections.reviews(call.site.config, call.store, now=call.now)
    return Collections(collections=tuple(_collection(one, reviews[one.id]) for one in call.site.config.collections))


@operation("GET", "/collections/{id}", scope=Scope.READ, role=Role.READER, tag="collections")
def get_collection(call: Call[CollectionWanted, None]) -> CollectionWhole:
    """Give a collection with what belongs to it at this moment."""
    config = call.site.config
    made = collections.current(call.params.id, config, call.store, now=call.now)
    (one,) = (one for one in config.collections if one.id == call.params.id)
    brief = _collection(one, collections.reviews(config, call.store, now=call.now)[one.id])
    return CollectionWhole(collection=brief, changed=made.composed, sections=_sections(made))


def _may_see(edition: Edition, role: Role) -> bool:
    return edition.is_released or role.may(Role.SCOUT)


def _seen(edition: Edition, role: Role) -> Edition:
    if not _may_see(edition, role):
        raise NotFoundError("edition", edition.id, hint="`GET /api/v1/editions` lists those there are.")
    return edition


def _brief(edition: Edition) -> EditionBrief:
    return EditionBrief(
        id=edition.id,
        title=edition.title,
        number=edition.number,
        month_name=edition.month_name,
        state=edition.state,
        audience=edition.audience,
        composed=edition.composed,
        released=edition.released,
        corrected=edition.corrected,
        entries=len(edition.entries),
    )


def _sections(edition: Edition) -> tuple[SectionShown, ...]:
    return tuple(
        SectionShown(id=one.id, title=one.title, standfirst=one.standfirst, entries=tuple(map(_entry, one.entries))) for one in edition.sections
    )


def _entry(one: Entry) -> EntryShown:
    return EntryShown(
        id=one.id,
        url=one.url,
        kind=one.kind,
        title=one.title,
        source=one.source,
        published=one.published,
        blurb=one.blurb,
        note=one.note,
        minutes=one.minutes,
        topics=one.topics,
        must_have=one.must_have,
        audience=one.audience,
    )


def _collection(one: Collection, review: Review) -> CollectionBrief:
    return CollectionBrief(
        id=one.id,
        title=one.title,
        introduction=one.introduction,
        topics=one.topics,
        kinds=one.kinds,
        reviewed=review.reviewed,
        review_due=review.due,
        is_overdue=review.is_overdue,
    )


def _type(name: str) -> str:
    return MEDIA_TYPES.get(name, "application/octet-stream")
