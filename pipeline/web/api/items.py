"""Operations on items: reading them, finding them, suggesting one, and deciding. What is allowed `review` and the store say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pipeline.errors import ConflictError
from pipeline.model import Decision, Item, ItemId, Kind, Lane, Role, Scope, State, Verdict
from pipeline.publish import submissions
from pipeline.store import ItemQuery, Store
from pipeline.text import clean, nearest
from pipeline.web.api.operation import Call, Nothing, operation
from pipeline.web.api.problem import FaultyError
from pipeline.web.api.schema import Fault, Note
from pipeline.web.api.shapes import Cursor, Id, ItemDetail, Items, Limit, brief, detail
from pipeline.web.api.submitted import Submitted, submitted

Reason = Literal["duplicate", "off topic", "promotional", "old", "paywalled", "weak", "other"]
"""`review.REASONS`, as a type."""
Words = Annotated[str | None, Note(about="Plain text.", most=4_000)]
_TAG = "items"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsWanted:
    """Which items."""

    state: Annotated[tuple[State, ...], Note(about="Only in these states; several may be given.")] = (State.QUEUED,)
    lane: Annotated[tuple[Lane, ...], Note(about="Only in these lanes of the queue; several may be given.")] = ()
    topic: Annotated[str | None, Note(about="Only with this topic, by its id.", most=200)] = None
    kind: Kind | None = None
    source: Annotated[str | None, Note(about="Only seen at this source, by its id.", most=200)] = None
    q: Annotated[str | None, Note(about="Only with all these words.", most=200)] = None
    order: Annotated[Literal["rank", "newest", "id"], Note(about="Best first, last added first, or first added first.")] = "rank"
    cursor: Cursor = None
    limit: Limit = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One item."""

    id: Id


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What to find."""

    q: Annotated[str, Note(about="Words that must all be in it; the last one may be a beginning.", least=1, most=200)]
    limit: Limit = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """A decision. Give `state` or `version` as you last saw them, and it is refused (409) where somebody was faster."""

    verdict: Verdict
    topics: Annotated[tuple[str, ...] | None, Note(about="With accept: these topics and no others, by their ids.", most=50)] = None
    kind: Annotated[Kind | None, Note(about="With accept: what it is.")] = None
    blurb: Words = None
    note: Words = None
    reason: Annotated[Reason | None, Note(about="With reject: why.")] = None
    must_have: Annotated[bool, Note(about="With accept: the edition must have it.")] = False
    until: Annotated[datetime | None, Note(about="With defer: when it comes back.")] = None
    state: Annotated[State | None, Note(about="The state in which you saw it.")] = None
    version: Annotated[int | None, Note(about="The version that you saw.", least=1)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Folding:
    """What to fold an item into."""

    into: Id


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """A link to suggest."""

    url: Annotated[str, Note(about="Address of a page on the public web.", least=1, most=2_000)]
    note: Annotated[str, Note(about="Why it is worth reading.", most=1_000)] = ""
    name: Annotated[str | None, Note(about="Who recommends it; yourself, where nobody is named.", most=80)] = None


@operation("GET", "/items", scope=Scope.READ, role=Role.SCOUT, tag=_TAG)
def list_items(call: Call[ItemsWanted, None]) -> Items:
    """List items, a page at a time.

    Without a filter that is the queue. What a rule skipped is listed only where its lane is named.
    """
    wanted = call.params
    after = _after(wanted.cursor)
    found = call.store.items(
        ItemQuery(
            states=wanted.state,
            lanes=wanted.lane,
            topic=wanted.topic,
            kind=wanted.kind,
            source=wanted.source,
            text=wanted.q or "",
            order=wanted.order,
            after=after,
            limit=wanted.limit + 1,
        )
    )
    page = found[: wanted.limit]
    return Items(items=tuple(map(brief, page)), next=str(page[-1].id) if len(found) > len(page) else None)


@operation("POST", "/items", scope=Scope.SUGGEST, role=Role.SCOUT, tag="submissions", status=202)
def suggest_item(call: Call[Nothing, Suggested]) -> Submitted:
    """Suggest a link, as a reader does on the public form.

    The page is visited at the next harvest; the answer says how the suggestion stands. The same link of the same name again is the same suggestion.
    """
    given = call.body
    made = submissions.take(
        given.url, name=given.name or call.person.name, note=given.note, way="api", config=call.site.config, store=call.store, now=call.now
    )
    return submitted(made, call.site.config, call.store, call.now)


@operation("GET", "/items/{id}", scope=Scope.READ, role=Role.SCOUT, tag=_TAG)
def get_item(call: Call[Wanted, None]) -> ItemDetail:
    """Give one item with all that was read of it."""
    return _whole(call.store.item(ItemId(call.params.id)), call.store)


@operation("POST", "/items/{id}/decision", scope=Scope.DECIDE, role=Role.CURATOR, tag=_TAG)
def decide_item(call: Call[Wanted, Verdicts]) -> ItemDetail:
    """Accept, reject, defer or reopen an item."""
    given = call.body
    _check_topics(call)
    with call.store.transaction():
        _check_unchanged(call.store.item(ItemId(call.params.id)), given)
        accepting = given.verdict is Verdict.ACCEPT
        item = call.store.decide(
            Decision(
                item=ItemId(call.params.id),
                verdict=given.verdict,
                decided=call.now,
                curator=call.person.name,
                topics=given.topics if accepting else None,
                kind=given.kind if accepting else None,
                reason=given.reason if given.verdict is Verdict.REJECT else None,
                blurb=_text(given.blurb) if accepting else None,
                note=_text(given.note),
                must_have=given.must_have and accepting,
                until=given.until if given.verdict is Verdict.DEFER else None,
            )
        )
    return _whole(item, call.store)


@operation("POST", "/items/{id}/fold", scope=Scope.DECIDE, role=Role.CURATOR, tag=_TAG)
def fold_item(call: Call[Wanted, Folding]) -> ItemDetail:
    """Say that two items are the same; the answer is the one that stands for both."""
    head = call.store.fold(ItemId(call.body.into), ItemId(call.params.id), by=call.person.name, now=call.now)
    return _whole(head, call.store)


@operation("POST", "/items/{id}/unfold", scope=Scope.DECIDE, role=Role.CURATOR, tag=_TAG)
def unfold_item(call: Call[Wanted, None]) -> ItemDetail:
    """Say that a folded item is another one, or that an item is none of those that it may be."""
    return _whole(call.store.unfold(ItemId(call.params.id), by=call.person.name, now=call.now), call.store)


@operation("GET", "/search", scope=Scope.READ, role=Role.SCOUT, tag=_TAG)
def search_items(call: Call[Found, None]) -> Items:
    """Find items of every state by their words, the best first."""
    found = call.store.search(call.params.q, call.params.limit)
    return Items(items=tuple(brief(call.store.item(one)) for one in found), next=None)


def _whole(item: Item, store: Store) -> ItemDetail:
    may_be = tuple(match.of for match in store.proposals(item.id) if match.of is not None)
    return detail(item, store.memory(item), may_be=may_be, ties=store.ties([item.id]))


def _after(cursor: str | None) -> ItemId | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 16):
        raise FaultyError([Fault(where="cursor", problem="This is no cursor of ours.", hint="Give `next` of the page before, as it is.")])
    return ItemId(int(cursor))


def _check_topics(call: Call[Wanted, Verdicts]) -> None:
    known = [topic.id for topic in call.site.config.topics]
    for place, one in enumerate(call.body.topics or ()):
        if one not in known:
            near = nearest(one, known)
            hint = f"Did you mean “{near}”?" if near else "`GET /api/v1/topics` lists them."
            raise FaultyError([Fault(where=f"topics/{place}", problem="There is no such topic.", hint=hint)])


def _check_unchanged(item: Item, seen: Verdicts) -> None:
    if (seen.state or item.state) is item.state and (seen.version or item.version) == item.version:
        return
    by = f" by {item.decision.curator}" if item.decision and item.decision.curator else ""
    hint = f"Read `/api/v1/items/{item.id}` again, then decide."
    raise ConflictError(f"Item {item.id} is {item.state}{by} and of version {item.version} by now.", hint=hint)


def _text(given: str | None) -> str | None:
    return clean(given).strip() or None if given is not None else None
