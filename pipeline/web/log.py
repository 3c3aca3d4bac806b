"""The decision log: who did what to which item, when, why, and what it changed, with what was taken back; as pages and as one table.

One's own acts can be taken back from here. Shows what the store wrote down, and judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from pipeline.config import Config
from pipeline.errors import NotFoundError
from pipeline.exchange.csvfile import as_csv
from pipeline.model import ItemId
from pipeline.plain import Json
from pipeline.store import ActFilter, LoggedAct, Store
from pipeline.store.log import ACTS
from pipeline.text import clip, squeeze
from pipeline.web.site import Site, desk_path, field, page, person_of, site_of

PAGE = 50
DONE = {
    "accept": ("ok", "Kept"),
    "reject": ("no", "Rejected"),
    "defer": ("la", "Put off"),
    "reopen": ("plain", "Put back"),
    "fold": ("dup", "Folded"),
    "unfold": ("plain", "Taken apart"),
    "more": ("plain", "More like it"),
    "less": ("plain", "Less like it"),
    "edit": ("held", "Edited"),
    "tie": ("dup", "Tied"),
    "untie": ("plain", "Not tied"),
    "picture": ("held", "Picture"),
}
"""Each act: how its tag looks, and what it is called."""

_COLUMNS = ("number", "at", "by", "act", "item", "title", "reason", "note", "changes", "taken_back", "taken_back_by")
_STATES = {"queued": "waiting", "accepted": "kept", "rejected": "rejected", "deferred": "put off", "merged": "folded", "published": "published"}
_NAMES = {
    "state": "stands",
    "merged_into": "folded into item",
    "edition": "edition",
    "deferred_until": "until",
    "title": "title",
    "kind": "kind",
    "description": "description",
    "topics": "topics",
    "blurb": "what it is",
    "note": "why it matters to us",
    "image_alt": "words for the picture",
    "audience": "for",
    "must_have": "must-have",
    "event": "dates",
}
"""What a changed value is called."""
_LONG = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One act on the page. `changes` are name, before and after in words; `others` the acts of the same step on other items; `mine` says that whoever
    looks may take it back."""

    act: LoggedAct
    look: str
    did: str
    changes: tuple[tuple[str, str, str], ...]
    mine: bool
    others: tuple[LoggedAct, ...] = ()


def log(request: Request) -> Response:
    """Show a page of the log, the last act first."""
    site, me = site_of(request), person_of(request).name
    asked = _asked(request)
    wanted = _filter(asked, site)
    after = _number(request.query_params.get("after", ""))
    with site.open_store() as store:
        found = store.acts(after, PAGE + 1, wanted=wanted)
        people = store.actors()
        said = _said(request, store)
    shown = found[:PAGE]
    return page(
        request,
        "log.html",
        lines=_lines(shown, config=site.config, me=me),
        deeds={act: name for act, (_, name) in DONE.items()},
        people=people,
        asked=asked,
        query=urlencode({name: value for name, value in asked.items() if value}),
        more=f"/desk/log?{urlencode({**asked, 'after': shown[-1].id})}" if len(found) > PAGE else "",
        here=f"/desk/log?{urlencode({name: value for name, value in {**asked, 'after': after or ''}.items() if value})}",
        later=after is not None,
        said=said,
    )


def table(request: Request) -> Response:
    """Give the log as one table for spreadsheets, the last act first; what a spreadsheet would run is made harmless."""
    site = site_of(request)
    wanted = _filter(_asked(request), site)
    headers = {"content-disposition": 'attachment; filename="decisions.csv"'}
    return StreamingResponse(as_csv(_rows(site, wanted), _COLUMNS), media_type="text/csv; charset=utf-8", headers=headers)


def undo(request: Request) -> Response:
    """Take one act of one's own back."""
    site, number = site_of(request), request.path_params["id"]
    with site.open_store() as store:
        store.undo_act(number, by=person_of(request).name, now=site.clock())
    to = desk_path(field(request, "to"))
    to = to if to.startswith("/desk/log") else "/desk/log"
    return RedirectResponse(f"{to}{'&' if '?' in to else '?'}{urlencode({'did': number})}", status_code=303)


def in_words(name: str, value: Json, *, topics: Mapping[str, str]) -> str:
    """Say a changed value as people read it."""
    if value in (None, "", [], {}):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(topics.get(str(one), str(one)) for one in value)
    if isinstance(value, dict):
        return " to ".join(str(value[end]).replace("T", ", ")[:17] for end in ("start", "end") if value.get(end)) or "nothing"
    text = str(value)
    if name == "state":
        return _STATES.get(text, text)
    return text[:10] if name == "deferred_until" else clip(squeeze(text), _LONG)


def _lines(acts: Sequence[LoggedAct], *, config: Config, me: str) -> list[Line]:
    """Make a line of each act; those of one step on many items are one."""
    topics = {topic.id: topic.name for topic in config.topics}
    made = []
    for _, step in groupby(acts, key=lambda one: one.batch or -one.id):
        first, *others = step
        look, did = DONE[first.act]
        changes = _changes(first, topics)
        made.append(Line(act=first, look=look, did=did, changes=changes, mine=first.by == me and first.undone is None, others=tuple(others)))
    return made


def _changes(act: LoggedAct, topics: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (_NAMES.get(one.name, one.name), in_words(one.name, one.old, topics=topics), in_words(one.name, one.new, topics=topics))
        for one in act.changes
    )


def _rows(site: Site, wanted: ActFilter) -> Iterator[Mapping[str, object]]:
    topics = {topic.id: topic.name for topic in site.config.topics}
    after: int | None = None
    with site.open_store() as store:
        while acts := store.acts(after, 1_000, wanted=wanted):
            for act in acts:
                yield {
                    "number": act.id,
                    "at": act.at.isoformat(timespec="seconds"),
                    "by": act.by,
                    "act": act.act,
                    "item": act.item,
                    "title": act.title,
                    "reason": act.reason,
                    "note": act.decision.note or "",
                    "changes": "; ".join(f"{name}: {old} → {new}" for name, old, new in _changes(act, topics)),
                    "taken_back": act.undone.isoformat(timespec="seconds") if act.undone else "",
                    "taken_back_by": act.undone_by,
                }
            after = acts[-1].id


def _asked(request: Request) -> dict[str, str]:
    return {name: request.query_params.get(name, "").strip()[:200] for name in ("by", "act", "day", "item")}


def _filter(asked: Mapping[str, str], site: Site) -> ActFilter:
    """Read the filters. Raises `NotFoundError` for what is no act, day or number."""
    if asked["act"] and asked["act"] not in ACTS:
        raise NotFoundError("act", f"“{asked['act']}”", hint="Choose one of the list.")
    try:
        day = date.fromisoformat(asked["day"]) if asked["day"] else None
        item = ItemId(min(int(asked["item"][:18]), 2**62)) if asked["item"] else None
    except ValueError as error:
        raise NotFoundError("act", "for this day and item", hint="Write the day as 2026-11-20 and the item as a number.") from error
    if day is not None and not 1 < day.year < 9999:
        raise NotFoundError("act", f"on {day}", hint="Choose another day.")
    return ActFilter(by=asked["by"], act=asked["act"], day=day, item=item, zone=site.config.desk.timezone)


def _said(request: Request, store: Store) -> str:
    """Say what was taken back, as the database has it."""
    number = _number(request.query_params.get("did", ""))
    if number is None:
        return ""
    try:
        act = store.act(number)
    except NotFoundError:
        return ""
    return f"Taken back: {DONE[act.act][1].lower()}, “{clip(act.title, 80)}”." if act.undone else ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


routes = [
    Route("/desk/log", log),
    Route("/desk/log.csv", table),
    Route("/desk/log/{id:int}/undo", undo, methods=["POST"]),
]
