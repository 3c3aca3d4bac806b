"""What comes into the desk's mailbox: bounces, complaints, wishes to leave, and replies with a link. Only looks at the mailbox: nothing there is
marked, moved or deleted, and what needs a person stays where a person finds it.

Nothing is ever answered but a link that was taken, once a day at most for one address, and never a machine, a list, our own address or an empty
return path (RFC 3834): mail loops cannot begin here.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from enum import StrEnum

from pipeline import urls
from pipeline.config import Config, is_address
from pipeline.errors import FetchError, NotFoundError, RefusedError
from pipeline.fetch import imap
from pipeline.fetch.mailbox import Look, mails
from pipeline.model import Submission, Subscriber
from pipeline.plain import json_line
from pipeline.publish import bounces, notices, readers, submissions
from pipeline.sources import delivery, reply, sorts
from pipeline.sources.delivery import Returned
from pipeline.sources.message import Mail, parse
from pipeline.sources.sorts import Sort
from pipeline.store import Store
from pipeline.text import counted
from pipeline.wishes import WishError

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it prints a traceback for each broken report; we take that as "nobody named"

LINKS = 5
"""Links of one reply that are taken."""
EDITIONS = 12
"""Of so many mails to somebody it is known, when they write, what was in them."""
EVERY = timedelta(days=1)
"""An address is answered once in so long."""

_LEAVE = re.compile(r"\s*(?:re:\s*)?(?:unsubscribe|leave|abmelden)\b[\s:]*(?P<token>[A-Za-z0-9_.-]{20,200})?\s*", re.IGNORECASE)
_ADDRESSES = re.compile(r"https?://[^\s\"\\<>]{1,2000}")
_IDS = re.compile(r"<([^<>\s]{3,250})>")
_NO_REPLY = re.compile(r"no-?_?reply|do-?not-?reply|mailer-?daemon|postmaster|bounce|owner-|-owner@|-request@|listserv|majordomo", re.IGNORECASE)


_NO_REPORT, _NOTHING = Returned(what=delivery.Sent.OTHER), reply.Answer()


class Kind(StrEnum):
    """What a mail turned out to be."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    NOTICE = "notice"
    LEAVE = "unsubscribe"
    AUTOMATIC = "automatic"
    LIST = "list"
    OWN = "own"
    SUGGESTION = "suggestion"
    REPLY = "reply"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One mail. `about` are the addresses of the readers that it is about, `links` what somebody suggests, `done` what was done, as a sentence."""

    kind: Kind
    sender: str
    subject: str
    about: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    done: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A mail with all that was found in it, before anything is done. `hash` names it."""

    kind: Kind
    mail: Mail
    hash: str
    report: Returned = _NO_REPORT
    people: tuple[Subscriber, ...] = ()
    answer: reply.Answer = _NOTHING


def read(
    config: Config,
    store: Store,
    *,
    now: datetime,
    places: Sequence[str] = (),
    dry_run: bool = False,
    report: Callable[[Received], None] = lambda received: None,
) -> tuple[Received, ...]:
    """Read what came since the last time into the mailboxes of the settings, or into the `places` given, and act on it; with `dry_run` only say.

    A mail is acted on once, wherever it lies. Raises `FetchError` where a mailbox cannot be read; what the others hold counts.
    """
    found: list[Received] = []
    failed: list[FetchError] = []
    for place in places or tuple(_place(one, config) for one in config.mail.inbox):
        try:
            for page, cursor in mails(_look(place, config, store), now):
                one = _received(page.body, config, store, now=now, dry_run=dry_run)
                if not dry_run:
                    store.keep_inbox(place, cursor, now)
                found.append(one)
                report(one)
        except FetchError as error:
            failed.append(error)
    if not dry_run:
        bounces.tell(config, store, now=now)
    if failed:
        raise failed[0]
    return tuple(found)


def _place(inbox: str, config: Config) -> str:
    inbox = inbox.rstrip("/")
    return inbox if imap.is_imap(inbox) else str(config.folder / inbox)


def _look(place: str, config: Config, store: Store) -> Look:
    password = config.harvest.mail_passwords.get("", "")
    return Look(place=place, cursor=store.inbox_cursor(place), password=password, allow=config.harvest.allow_private)


def _received(body: bytes, config: Config, store: Store, *, now: datetime, dry_run: bool) -> Received:
    """Understand one mail and do what it asks."""
    one = _understood(body, config, store, now=now)
    if dry_run or one.kind not in _ACTS:
        return _told(one, "", store)
    with store.transaction():
        done = _ACTS[one.kind](one, config, store, now) if store.act_on(one.hash, now) else "known"
        return _told(one, done, store)


def _told(one: _Read, done: str, store: Store) -> Received:
    people = (*one.people, *(who.person for who in bounces.concerned(one.report, store)))
    links = one.answer.links[:LINKS] if one.kind is Kind.SUGGESTION else ()
    about = tuple(person.email for person in people)
    return Received(kind=one.kind, sender=one.mail.sender, subject=one.mail.subject, about=about, links=links, done=done)


# ---------------------------------------------------------------- understanding


def _understood(body: bytes, config: Config, store: Store, *, now: datetime) -> _Read:
    mail = parse(body)
    name = _name(mail, body)
    report = delivery.report(body)
    if report is not None:
        kind = {delivery.Sent.FAILED: Kind.BOUNCE, delivery.Sent.COMPLAINT: Kind.COMPLAINT}.get(report.what, Kind.NOTICE)
        return _Read(kind=kind, mail=mail, hash=name, report=report)
    person = _leaver(mail, store, now=now)
    if person is not None:
        return _Read(kind=Kind.LEAVE, mail=mail, hash=name, people=(person,))
    machine = _machine(mail, config)
    if machine is not None:
        return _Read(kind=machine, mail=mail, hash=name)
    return _written(mail, name, config, store)


def _written(mail: Mail, name: str, config: Config, store: Store) -> _Read:
    """Read what a person wrote. Who is no reader of ours and answers no mail of ours is left to people: anybody can write to an address."""
    person = store.subscriber(mail.sender) if is_address(mail.sender) else None
    mailed = store.mailed(_answered(mail))
    if person is None and not mailed:
        return _Read(kind=Kind.STRANGER, mail=mail, hash=name)
    answer, own = reply.read(mail, ours=_ours(config)), urls.host(config.desk.url)
    if sorts.speaks_of_absence(answer.words):
        return _Read(kind=Kind.AUTOMATIC, mail=mail, hash=name)
    if answer.links:
        known = _printed((*((mailed[1],) if mailed else ()), *(store.last_editions(person.id, EDITIONS) if person else ())), store)
        links = tuple(link for link in answer.links if urls.host(link) != own and urls.canonical(link) not in known)
        answer = reply.Answer(words=answer.words, links=links)
    return _Read(kind=Kind.SUGGESTION if answer.links else Kind.REPLY, mail=mail, hash=name, people=(person,) if person else (), answer=answer)


def _printed(editions: Iterable[str], store: Store) -> frozenset[str]:
    """Give every address that stands in editions we mailed: however a mail program quotes them, they are nobody's suggestion."""
    found: set[str] = set()
    for name in dict.fromkeys(editions):
        with suppress(NotFoundError):
            found.update(_ADDRESSES.findall(json_line(store.edition(name))))
    return frozenset(urls.canonical(one) for link in found for one in (link, link.rstrip(".,;:!?)]'*_"), link.partition(")")[0]))


def _leaver(mail: Mail, store: Store, *, now: datetime) -> Subscriber | None:
    """Find who asks to be left alone with the address or the token of their own mail, which nobody else has."""
    asked = _LEAVE.fullmatch(mail.subject[:300])
    if asked is None:
        return None
    if asked["token"] and (person := readers.whose(asked["token"], "unsubscribe", store, now=now)):
        return person
    to = (value for name in ("to", "delivered-to", "x-original-to", "envelope-to") for value in mail.headers.get(name, ())[:5])
    owner = bounces.owner((parseaddr(one[:1_000])[1] for one in to), store)
    return store.subscriber(owner[0]) if owner else None


def _machine(mail: Mail, config: Config) -> Kind | None:
    """Say whether a machine, a list or we ourselves wrote a mail, none of whom is ever answered (RFC 3834, 2)."""
    local, _, domain = mail.sender.lower().rpartition("@")
    if f"{local.partition('+')[0]}@{domain}" in _ours(config) or mail.header("x-loop"):
        return Kind.OWN
    sort = sorts.machine(mail)
    submitted = mail.header("auto-submitted").lower().partition(";")[0].strip()
    if sort in (Sort.AUTO_REPLY, Sort.INVITATION, Sort.BROKEN, Sort.BOUNCE) or submitted not in ("", "no"):
        return Kind.AUTOMATIC
    if mail.header("return-path").strip() == "<>" or not is_address(mail.sender) or "x-auto-response-suppress" in mail.headers:
        return Kind.AUTOMATIC
    return Kind.LIST if sorts.is_bulk(mail) or _NO_REPLY.search(mail.sender) else None


def _ours(config: Config) -> frozenset[str]:
    mail = config.mail
    names = (parseaddr(mail.sender)[1], mail.bounce, config.desk.contact)
    return frozenset(name.lower() for name in names if name)


def _answered(mail: Mail) -> tuple[str, ...]:
    """The Message-IDs that a mail answers, the nearest first."""
    found = _IDS.findall(f"{mail.header('in-reply-to')} {mail.header('references')[-4_000:]}")
    return tuple(dict.fromkeys((found[:1] + found[::-1])[:20]))


def _name(mail: Mail, body: bytes) -> str:
    """Name a mail by what does not differ between two copies of it, as the headers do that servers add."""
    said = "\0".join((mail.id, mail.sender, mail.subject, mail.header("to"), mail.header("date")))
    rest = body.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    return hashlib.sha256(said.encode("utf-8", "replace") + b"\0" + rest.strip()).hexdigest()


# ---------------------------------------------------------------- acting


def _take_bounce(one: _Read, config: Config, store: Store, now: datetime) -> str:
    found = bounces.take(one.report, one.hash, store, now=now)
    held = [who for who in found if (person := store.subscriber(who.person.id)) and person.quarantined and not who.person.quarantined]
    if held:
        return f"{counted(len(held), 'address', 'addresses')} into quarantine"
    return "counted" if found else "about nobody on the list"


def _take_complaint(one: _Read, config: Config, store: Store, now: datetime) -> str:
    """A complaint is a wish to leave, by whoever has the mail: only one that proves which mail it is about counts."""
    found = [who.person for who in bounces.concerned(one.report, store) if who.edition]
    for person in found:
        store.leave(person.id, now=now)
    return "taken off the list" if found else "names no mail of ours"


def _take_leave(one: _Read, config: Config, store: Store, now: datetime) -> str:
    for person in one.people:
        store.leave(person.id, now=now)
    return "taken off the list"


def _take_links(one: _Read, config: Config, store: Store, now: datetime) -> str:
    taken: list[Submission] = []
    refused: list[str] = []
    for link in one.answer.links[:LINKS]:
        try:
            made = submissions.take(
                link, name=one.mail.name, email=one.mail.sender, note=one.answer.words, way="mail", config=config, store=store, now=now
            )
        except (RefusedError, WishError, submissions.TooManyError) as error:
            refused.append(str(error))
            continue
        taken.append(made)
    if taken and not store.answered(one.mail.sender, since=now - EVERY):
        with suppress(WishError):  # an address that may write to us and that we cannot write to
            _answer(one.mail, taken, config, store, now)
    names = ", ".join(str(made.id) for made in taken)
    return "; ".join([f"suggestion {names}"] * bool(names) + refused)


def _answer(mail: Mail, taken: Sequence[Submission], config: Config, store: Store, now: datetime) -> None:
    """Queue the one answer: no word of the mail is in it, because its sender may not be who it says."""
    numbers = " and ".join(str(one.id) for one in taken)
    subject = f"Received as suggestion {numbers}"
    lines = [f"Thank you. Your mail to {config.desk.name} was received as suggestion {numbers}.", ""]
    lines += [f"Suggestion {one.id}, how it stands: {submissions.link(one, config, store)}" for one in taken]
    lines += ["", "A curator looks at everything. You will hear once more, when it is decided; then your address is deleted."]
    lines += [f"You wrote nothing? Then somebody used your address.{f' Write to {config.desk.contact}.' if config.desk.contact else ''}"]
    key = f"{taken[0].id}:received"
    notices.queue(store, kind="submission", key=key, email=mail.sender, subject=subject, body="\n".join(lines) + "\n", now=now)


_ACTS: dict[Kind, Callable[[_Read, Config, Store, datetime], str]] = {
    Kind.BOUNCE: _take_bounce,
    Kind.COMPLAINT: _take_complaint,
    Kind.LEAVE: _take_leave,
    Kind.SUGGESTION: _take_links,
}
