"""What mail that comes back means for a reader: a score, and quarantine. Reads no mailbox and sends nothing.

The score is that of mailing-list software (Mailman: a day counts once, for good 1, for a while ½, quarantine from 5). Mailman's is stale after a
week without a bounce, which a list of daily mails gets to 5 in; a digest never would. So here it is stale after 30 days, and beside it whoever
returned the last three editions for good is dead. A reader who confirms anew begins at nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipeline.config import Config
from pipeline.model import Bounce, Subscriber, SubscriberState
from pipeline.publish import notices, verp
from pipeline.sources.delivery import Failed, Returned
from pipeline.store import Store
from pipeline.text import clip, counted

HARD, SOFT = 1.0, 0.5
THRESHOLD = 5.0
STALE = timedelta(days=30)
IN_A_ROW = 3
"""Editions that came back for good one after the other: such a reader is gone, however far apart they were mailed."""
NOTICE = "bounces"
EVERY = timedelta(days=1)
_OLDEST = timedelta(days=30)
_LISTED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerned:
    """Whom a report is about. `edition` is empty where only the address was named, which anybody can write into a mail."""

    person: Subscriber
    edition: str
    failed: Failed


def score(bounces: Iterable[Bounce], now: datetime) -> float:
    """Add up what came back, a day at most once; after 30 days without a bounce nothing is left of it."""
    days: dict[date, float] = {}
    for one in bounces:
        days[one.at.date()] = max(days.get(one.at.date(), 0.0), HARD if one.hard else SOFT)
    total, last = 0.0, None
    for day in sorted(days):
        total = days[day] + (total if last is not None and day - last <= STALE else 0.0)
        last = day
    return total if last is not None and now.date() - last <= STALE else 0.0


def is_gone(bounces: Sequence[Bounce], editions: Sequence[str]) -> bool:
    """Say whether the last editions that were mailed, the newest first, all came back for good."""
    returned = {one.edition for one in bounces if one.hard}
    return len(editions) >= IN_A_ROW and all(edition in returned for edition in editions[:IN_A_ROW])


def concerned(report: Returned, store: Store) -> tuple[Concerned, ...]:
    """Find whom a report is about: by the return path that we gave the mail, else by its Message-ID, else by the addresses that the report names."""
    known = owner(report.tagged, store) or store.mailed(report.ids)
    person = store.subscriber(known[0]) if known else None
    if known and person:
        return (Concerned(person=person, edition=known[1], failed=_together(report)),)
    return tuple(
        Concerned(person=one, edition="", failed=failed)
        for failed in report.failed
        if (one := next((met for address in failed.addresses if (met := store.subscriber(address))), None)) is not None
    )


def take(report: Returned, name: str, store: Store, *, now: datetime) -> tuple[Concerned, ...]:
    """Keep what a report says of readers, and put into quarantine whom it makes too much for. `name` is a hash of the report.

    Gives back those for whom it was new.
    """
    sent = min(max(report.sent or now, now - _OLDEST), now)
    fresh = []
    for place, one in enumerate(concerned(report, store)):
        # An address alone counts half, and on the day on which it came: anybody can write reports that name one, with ten days in them.
        hard = one.failed.hard and bool(one.edition)
        bounce = Bounce(
            subscriber=one.person.id,
            edition=one.edition or None,
            at=sent if one.edition else now,
            hard=hard,
            code=one.failed.code,
            said=one.failed.said,
            message=hashlib.sha256(f"{name} {place}".encode()).hexdigest(),
        )
        with store.transaction():
            if store.record_bounce(bounce):
                fresh.append(one)
                _judge(one.person, store, now=now)
    return tuple(fresh)


def tell(config: Config, store: Store, *, now: datetime) -> bool:
    """Queue a mail to the desk's contact about who came into quarantine since the last one, at most one a day; says whether there was one."""
    last = max((datetime.fromisoformat(one.key) for one in store.notices(kind=NOTICE)), default=None)
    people = store.quarantined(since=last)
    if not people or not config.desk.contact or (last is not None and now - last < EVERY):
        return False
    subject = f"{counted(len(people), 'address', 'addresses')} in quarantine: mail came back"
    notices.queue(store, kind=NOTICE, key=now.isoformat(), email=config.desk.contact, subject=subject, body=_body(people, config, store), now=now)
    return True


def owner(tagged: Iterable[str], store: Store) -> tuple[int, str] | None:
    """Find reader and edition by the first address among these that is a return path of ours."""
    key = store.secret(verp.KEY)
    found = next((whose for one in tagged if (whose := verp.whose(key, one))), None)
    return (found.person, found.edition) if found else None


def _together(report: Returned) -> Failed:
    """What a report says of the one mail that it is about: for good only where everybody behind the address is lost."""
    return next((one for one in report.failed if not one.hard), report.failed[0] if report.failed else Failed(hard=False))


def _judge(person: Subscriber, store: Store, *, now: datetime) -> None:
    if person.state is not SubscriberState.CONFIRMED:
        return
    bounces = store.bounces(person.id, since=person.consented)
    if score(bounces, now) >= THRESHOLD or is_gone(bounces, store.last_editions(person.id, IN_A_ROW)):
        store.quarantine(person.id, now)


def _body(people: Sequence[Subscriber], config: Config, store: Store) -> str:
    lines = [f"Mail from {config.desk.name} to these addresses came back again and again, so nothing more is sent to them:", ""]
    for person in people[:_LISTED]:
        said = next((one for one in reversed(store.bounces(person.id)) if one.said or one.code), None)
        why = ": " + clip(" ".join(part for part in (said.code, said.said) if part), 150) if said else ""
        lines.append(f"- {person.email}{why}")
    if len(people) > _LISTED:
        lines.append(f"- and {counted(len(people) - _LISTED, 'other')}")
    lines += [
        "",
        "Is an address right after all? `gleanings subscribers confirm ADDRESS` takes it out of quarantine; so does its reader by subscribing anew.",
    ]
    return "\n".join(lines) + "\n"
