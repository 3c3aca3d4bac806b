"""Asks readers and lets them answer: what the link to "Was it useful?" says, and two months later one question to those who said that it was.

A link is bound to a person, an edition and an item. Nothing here knows whether a mail was opened or a link followed: only what somebody presses a
button for is kept. Sends nothing itself: a question is a notice that waits for the sender.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from pipeline import tokens
from pipeline.config import Config
from pipeline.errors import NotFoundError
from pipeline.model import Entry, ItemId
from pipeline.publish import notices, readers
from pipeline.store import Due, Store
from pipeline.text import clip

SHOWN_FROM = 5
"""Counts below this are shown to nobody: in a small list they would be people."""

_ANSWERED_WITHIN = timedelta(days=90)  # the link to a question is good for so long
_TITLE = 70  # characters of a title in a subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who may speak, of which item, from which edition: what a link says."""

    person: int
    edition: str
    item: ItemId


def asked(key: bytes, purpose: str, token: str, *, now: datetime) -> Asked | None:
    """Read a link of that purpose (`useful`, `question`); nothing where it is not ours, or over. One in a mail does not end: who has left and is
    erased has no word any more."""
    claims = tokens.read(key, purpose, token, now=now)
    edition, _, item = claims.about.rpartition("/") if claims else ("", "", "")
    return Asked(person=claims.person, edition=edition, item=ItemId(int(item))) if claims else None


def ask(config: Config, store: Store, *, now: datetime) -> int:
    """Put the questions that are due among the notices that wait to be sent, and remember that they were asked; how many. Where no mail can be
    sent nobody is asked."""
    due = store.due_questions(now) if notices.can_send(config) else ()
    title = cache(lambda edition, item: _title(edition, item, store))
    for one in due:
        with store.transaction():
            _ask(one, title(one.edition, one.item), config, store, now=now)
    return len(due)


def _ask(due: Due, title: str, config: Config, store: Store, *, now: datetime) -> None:
    about = f"{due.edition}/{due.item}"
    claims = tokens.Claims(purpose="question", person=due.subscriber, about=about, ends=now + _ANSWERED_WITHIN)
    address = f"{config.desk.url}/used/{tokens.sign(store.secret(readers.KEY), claims)}"
    leave = readers.link(config, store, "unsubscribe", due.subscriber)
    change = readers.link(config, store, "preferences", due.subscriber)
    notices.queue(
        store,
        kind="question",
        key=str(due.item),
        email=due.email,
        subject=f"Did you use it? {clip(title, _TITLE)}",
        body="\n".join(_question(title, address, change=change, leave=leave)),
        leave=leave,
        now=now,
    )
    store.mark_asked(due.item, due.subscriber, now)


def _title(edition_id: str, item: ItemId, store: Store) -> str:
    entry = entry_of(edition_id, item, store)
    return entry.title if entry else store.item(item).resource.title


def entry_of(edition_id: str, item: ItemId, store: Store) -> Entry | None:
    """Give an entry as its edition prints it; nothing where it was taken out of it."""
    try:
        return next((entry for entry in store.edition(edition_id).entries if entry.id == item), None)
    except NotFoundError:
        return None


def _question(title: str, address: str, *, change: str, leave: str) -> tuple[str, ...]:
    return (
        "Two months ago you told us that this was useful, or that you would use it:",
        "",
        f"  {title}",
        "",
        "Did you use it? Four buttons, and a line if you like:",
        "",
        f"  {address}",
        "",
        "Not answering is fine: we ask once for an item, and at most once a month. Answers are counted without names.",
        "",
        f"Change what you get: {change}",
        f"Leave: {leave}",
    )
