"""Single mails that are no edition, by the outbox: what is to be said is queued by whoever has to say it, and goes out once.

A mail is plain text. Its headers are made from types that hold no line end, so nothing that a stranger typed can begin another header or name
another recipient. Whom to write to and why, others decide.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from pipeline import wishes
from pipeline.config import Config
from pipeline.errors import ConfigError, DeliveryError, LockedError, NotFoundError, Problem, UnavailableError
from pipeline.model import DeliveryState, Mailer, MailSettings, Message, Notice
from pipeline.store import Store
from pipeline.store.lock import hold
from pipeline.text import clean, clip, header, squeeze

ANSWERED = timedelta(days=7)
"""So long a question to confirm is good; then the address that did not answer is deleted."""
WORDS_KEPT = timedelta(days=30)
"""So long the words of a mail are kept after it went out. That it went out is kept."""
TICKET = "@@TICKET@@"
"""Where the secret of its link belongs in an invitation to a survey, whose round is the notice's `key`."""
ATTEMPTS = 12
"""So often a mail that the server puts off (4xx) is offered: three hours."""
BETWEEN = timedelta(minutes=15)

_POLICY = SMTP.clone(max_line_length=998)
_SUBJECT = 150
_BODY = 100_000
_LEAVE = re.compile(r"https?://[!-;=?-~]{1,900}")  # printable ASCII without `<`, `>` and blanks: it stands between brackets in a header
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")


def can_send(config: Config) -> bool:
    """Say whether a way for mails is set: a server or a folder, and an address to send from."""
    mail = config.mail
    return bool((mail.outbox or mail.sender or mail.host != MailSettings().host) and _sender(config))


def queue(store: Store, *, kind: str, key: str, email: str, subject: str, body: str, now: datetime, leave: str = "") -> bool:
    """Put one plain mail into the outbox, once for `kind`, `key` and `email`; says whether it is new. `leave` is where one click unsubscribes.

    Raises `WishError` for what is no mail address.
    """
    if leave and not _LEAVE.fullmatch(leave):
        raise ValueError(leave)
    notice = Notice(
        id=0,
        kind=kind,
        key=key,
        email=wishes.address(email),
        subject=clip(squeeze(subject), _SUBJECT),
        body=clip(clean(body), _BODY).rstrip() + "\n",
        leave=leave,
    )
    return store.queue_notice(notice, now=now)


def send_notices(config: Config, store: Store, mailer: Mailer, *, now: Callable[[], datetime]) -> Mapping[str, int]:
    """Send what waits, and delete what has been kept long enough. Gives back how many mails of this time are in which state.

    What the server puts off is offered again later. Where another sender is at work, nothing is done. Raises `UnavailableError` when the server
    is gone: what is queued stays queued.
    """
    store.drop_unconfirmed(now() - ANSWERED)
    store.empty_notices(now() - WORDS_KEPT)
    done: Counter[str] = Counter()
    try:
        with hold(config.db, "notices", now=now()):
            store.recover_notices(now())
            while notice := store.claim_notice(now(), before=now() - BETWEEN):
                done[_deliver(notice, config, store, mailer, now=now)] += 1
    except LockedError:
        pass
    return done


def written(notice: Notice, config: Config, *, now: datetime) -> Message:
    """Write a mail. Its Message-ID says which one it is, so that the same mail always has the same one. Raises `ConfigError`."""
    sender = _sender(config)
    if not sender:
        what, remedy = "mail: there is no address to send from", "add `from` and `bounce`, or `contact` under `desk`"
        raise ConfigError((Problem(file=config.path.name, line=0, what=what, remedy=remedy),))
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = sender
    mail["To"] = Address(addr_spec=notice.email)
    mail["Subject"] = header(notice.subject)
    mail["Message-ID"] = f"<{_name(notice)}@{_host(config.desk.url)}>"
    mail["Date"] = format_datetime(now)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    if notice.leave:
        mail["List-Unsubscribe"] = f"<{notice.leave}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(notice.body, cte="quoted-printable")
    return Message(sender=config.mail.bounce or config.desk.contact, recipient=notice.email, body=mail.as_bytes())


def _deliver(notice: Notice, config: Config, store: Store, mailer: Mailer, *, now: Callable[[], datetime]) -> str:
    tried = replace(notice, attempts=notice.attempts + 1, state=DeliveryState.SENT, error=None)
    try:
        mailer.send(written(_with_ticket(notice, store), config, now=now()))
    except DeliveryError as error:
        again = not error.permanent and tried.attempts < ATTEMPTS
        tried = replace(tried, state=DeliveryState.QUEUED if again else DeliveryState.FAILED, error=str(error))
    except ConnectionError as error:
        tried = replace(tried, state=DeliveryState.UNCERTAIN, error=str(error))
    except (UnavailableError, ConfigError):
        _finish(replace(notice, state=DeliveryState.QUEUED), store, now=now())
        raise
    _finish(tried, store, now=now())
    return tried.state.value


def _with_ticket(notice: Notice, store: Store) -> Notice:
    """Put the secret into an invitation to a survey. It stands in the mail alone: nothing that is kept leads from the address to it."""
    if notice.kind != "invitation" or TICKET not in notice.body:
        return notice
    return replace(notice, body=notice.body.replace(TICKET, store.issue_ticket(notice.key)))


def _finish(notice: Notice, store: Store, *, now: datetime) -> None:
    try:
        store.finish_notice(notice, now=now)
    except NotFoundError:  # the reader was erased while the mail was under way
        return


def _name(notice: Notice) -> str:
    return hashlib.sha256("\0".join((notice.kind, notice.key, notice.email)).encode("utf-8", "replace")).hexdigest()[:40]


def _sender(config: Config) -> str | Address:
    contact = config.desk.contact
    if config.mail.sender or not contact:
        return config.mail.sender
    return Address(squeeze(config.desk.organisation), addr_spec=contact)


def _host(url: str) -> str:
    """Name the host that messages are named after: the one of the public pages, where that is one."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return "localhost"
    return host if _HOST.fullmatch(host) else "localhost"
