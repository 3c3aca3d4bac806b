"""Items of past issues into the store: kept then, published then, and never offered again. Fetches nothing and writes no settings.

Each item is dated by its issue, so that the order of the queue learns from when it was new. What else the same sources brought in those months,
and nobody has decided since, is what was passed over: `learn` takes it for weak examples, and no decision is written for it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pipeline import dates, dedupe, extract, text
from pipeline.config import Config
from pipeline.exchange.bulletins.reading import Issue
from pipeline.exchange.items import event_line
from pipeline.exchange.lines import Result
from pipeline.exchange.reading import NOWHERE
from pipeline.model import Decision, Event, Fold, Folding, Item, ItemId, Kind, Lead, Resource, State, Topic, Verdict
from pipeline.sources.bulletin import Entry
from pipeline.store import Store

PAST = "past"
"""How these decisions are marked: nobody saw them in our queue."""
SOURCE = "import"
UTC_ZONE = ZoneInfo("UTC")
_SETTLED = (State.PUBLISHED, State.REJECTED)
_CLOCKS = re.compile(r"(?:-|–|to|until|bis)\s*(\d{1,2})(?:[.:](\d\d))?\s*([ap]\.?m\b\.?)?", re.IGNORECASE)


def keep(issues: Sequence[Issue], config: Config, store: Store, *, by: str, now: datetime, dry_run: bool = False) -> Result:
    """Take in the items of past issues, each issue whole or not at all; what was kept or rejected before stays as it is and counts as `known`.

    An issue that says nowhere when it came out is refused, and so is one of a month that is yet to come.
    """
    result = Result()
    zone = ZoneInfo(config.desk.timezone)
    for issue in issues:
        if why := _refusal(issue, now):
            result.wrong += 1
            result.problems.append(why)
            continue
        if dry_run:
            for entry in issue.entries:
                result.count("known" if _is_settled(_url(entry), store) else "kept")
            continue
        with store.transaction():
            for entry in issue.entries:
                result.count(_keep(entry, issue, store, config=config, zone=zone, by=by))
    return result


def issue_line(issue: Issue, zone: ZoneInfo) -> dict[str, Any]:
    """Write an issue as a line for other programs."""
    return {
        "file": issue.file,
        "bulletin": issue.bulletin,
        "issue": issue.month,
        "sections": list(issue.sections),
        "items": [
            {"section": one.section, "title": one.title, "url": one.url, "blurb": one.blurb, "event": event_line(_event(one.when, zone))}
            for one in issue.entries
        ],
    }


def _refusal(issue: Issue, now: datetime) -> str | None:
    if issue.day is None:
        return f"{issue.file} says nowhere when it came out; name it by its month, such as {_slug(issue.bulletin)}-2026-03."
    if issue.day > now + timedelta(days=31):
        return f"{issue.file} is of {issue.month}, which is yet to come."
    return None


def _is_settled(url: str, store: Store) -> bool:
    found = store.find(url)
    return found is not None and store.item(found).state in _SETTLED


def _keep(entry: Entry, issue: Issue, store: Store, *, config: Config, zone: ZoneInfo, by: str) -> str:
    """Keep one item: found by its address, folded into what it is the same as, or new; gives the word for the account."""
    known = store.find(_url(entry), config.folding)
    item = _head(store, _add(entry, issue, store, zone=zone, folding=config.folding) if known is None else known)
    if item.state in _SETTLED:
        return "known"
    day = _day(issue)
    note = f"{issue.bulletin}, {dates.month(day, 'en-GB')}" + (f": {entry.section}" if entry.section else "")
    decision = Decision(item=item.id, verdict=Verdict.ACCEPT, decided=day, curator=by, topics=_topics(entry, config.topics), note=note, shown=PAST)
    store.publish_past(decision, f"{PAST}/{_slug(issue.bulletin)}-{issue.month}")
    return "kept"


def _day(issue: Issue) -> datetime:
    if issue.day is None:
        raise ValueError(f"{issue.file} has no month")  # `_refusal` has looked
    return issue.day


def _add(entry: Entry, issue: Issue, store: Store, *, zone: ZoneInfo, folding: Folding | None) -> ItemId:
    """Add an item as of the day of its issue, so that it counts neither among what came in this month nor as fresh."""
    resource = _resource(entry, zone)
    fingerprint = dedupe.fingerprint(resource, folding)
    match = dedupe.match(resource, fingerprint, store.neighbours(fingerprint))
    if match.fold is Fold.REVISION:
        match = replace(match, fold=Fold.SAME)  # the words of an old bulletin are no later state of anything
    extra = {"bulletin": issue.file, "section": entry.section}
    return store.add(resource, fingerprint, replace(match, better=False), now=_day(issue), extra=extra)


def _head(store: Store, number: ItemId) -> Item:
    item = store.item(number)
    while item.merged_into is not None:
        item = store.item(item.merged_into)
    return item


def _url(entry: Entry) -> str:
    """The address of an item; the stand-in of one whose issue has lost its links."""
    return entry.url or NOWHERE + hashlib.sha256(f"{entry.title}\n{entry.blurb}".encode()).hexdigest()[:32]


def _resource(entry: Entry, zone: ZoneInfo) -> Resource:
    """What a bulletin says of an item. Its blurb is the curator's own word for it, and what the words of the topics are learnt from."""
    lead = Lead(
        source=SOURCE,
        url=_url(entry),
        title=entry.title,
        description=entry.blurb or None,
        label=entry.label or None,
        event=_event(entry.when, zone),
    )
    return extract.from_lead(lead)


def kind_of(entry: Entry) -> Kind:
    """The kind that an item's words and link name."""
    return _resource(entry, UTC_ZONE).kind


def _topics(entry: Entry, topics: Sequence[Topic]) -> tuple[str, ...] | None:
    """The topic that the section is named after; `None`, nothing said, where it is named after none."""
    name = entry.section.casefold()
    return tuple(topic.id for topic in topics if name and name in (topic.name.casefold(), topic.id.casefold())) or None


def _event(when: str, zone: ZoneInfo) -> Event | None:
    """Read the line that says when something happens. One without a year is no date that could be relied on."""
    start = dates.parse(when, zone=zone) if when else None
    if start is None:
        return None
    place = text.squeeze(when.rpartition(",")[2])
    end = _end(start, when) if isinstance(start, datetime) else None
    return Event(
        start=start,
        end=end,
        all_day=not isinstance(start, datetime),
        timezone=zone.key if isinstance(start, datetime) else None,
        location=place if place and not any(c.isdigit() for c in place) else None,
        online=True if re.search(r"\b(?:online|zoom|teams|webinar|virtual)\b", when, re.IGNORECASE) else None,
    )


def _end(start: datetime, when: str) -> datetime | None:
    found = _CLOCKS.search(when)
    if not found:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if (found[3] or "").lower().startswith("p") and hour < 12:
        hour += 12
    return start.replace(hour=hour, minute=minute) if hour < 24 and minute < 60 and (hour, minute) > (start.hour, start.minute) else None


def _slug(name: str) -> str:
    return "-".join(text.words(name))[:60] or "bulletin"
