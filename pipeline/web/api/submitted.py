"""Operations on what readers suggested: who recommended what, and how it stands. Mail addresses of senders are told to nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pipeline.config import Config
from pipeline.model import ItemId, Role, Scope, Submission
from pipeline.publish import submissions
from pipeline.publish.submissions import Stand
from pipeline.store import Store
from pipeline.web.api.operation import Call, operation
from pipeline.web.api.schema import Note
from pipeline.web.api.shapes import Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A suggestion and how it stands."""

    id: int
    url: str
    name: str
    note: str
    way: Annotated[str, Note(about="How it came: form, mail, share or api.")]
    at: datetime
    stand: Stand
    sentence: Annotated[str, Note(about="How it stands, for a person.")]
    item: ItemId | None
    edition: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submissions:
    """Suggestions, the newest first."""

    submissions: tuple[Submitted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionsWanted:
    """Which suggestions."""

    since: Annotated[datetime | None, Note(about="Only those since then.")] = None
    item: Annotated[int | None, Note(about="Only those that led to this item.", least=1)] = None
    limit: Limit = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionWanted:
    """One suggestion."""

    id: Annotated[int, Note(about="Number of the suggestion.", least=1)]


def submitted(one: Submission, config: Config, store: Store, now: datetime) -> Submitted:
    """Write a suggestion as it stands now."""
    found = submissions.status(one, config=config, store=store, now=now)
    return Submitted(
        id=one.id,
        url=one.url,
        name=one.name,
        note=one.note,
        way=one.way,
        at=one.at,
        stand=found.stand,
        sentence=found.sentence,
        item=found.item or one.item,
        edition=found.edition or None,
    )


@operation("GET", "/submissions", scope=Scope.READ, role=Role.SCOUT, tag="submissions")
def list_submissions(call: Call[SubmissionsWanted, None]) -> Submissions:
    """List what readers suggested, the newest first."""
    wanted = call.params
    item = ItemId(wanted.item) if wanted.item is not None else None
    found = call.store.submissions(since=wanted.since, item=item, limit=wanted.limit)
    return Submissions(submissions=tuple(submitted(one, call.site.config, call.store, call.now) for one in found))


@operation("GET", "/submissions/{id}", scope=Scope.READ, role=Role.SCOUT, tag="submissions")
def get_submission(call: Call[SubmissionWanted, None]) -> Submitted:
    """Give one suggestion and how it stands."""
    return submitted(call.store.submission(call.params.id), call.site.config, call.store, call.now)
