"""The released edition by mail, once to each confirmed subscriber and never twice.

An outbox row is unique on edition, correction and subscriber: a correction that could do harm goes out the same way, once to each who had the
edition before it was made. A row is marked `sending` before the first byte leaves and `sent` after the server's 250. One found `sending` after a
crash becomes `uncertain`: nobody can know whether the mail was taken, so it waits for the operator and is never resent by itself.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from urllib.parse import quote, urlsplit

from pipeline import render
from pipeline.config import Config, is_address
from pipeline.errors import ConfigError, ConflictError, DeliveryError, Problem, UnavailableError
from pipeline.model import Correction, Delivery, DeliveryState, Edition, Mailer, MailSettings, Message, Severity, SubscriberState
from pipeline.render.prepare import prepare
from pipeline.store import Store
from pipeline.text import clean, squeeze

POLICY = SMTP.clone(max_line_length=998)
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
ATTEMPTS = 4
"""So often a message that the server put off (4xx) is offered in one and the next sendings; then it has failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An edition as one serialised mail, with places for what differs from person to person."""

    edition: str
    sender: str
    host: str
    place: str
    body: bytes

    def message_id(self, email: str) -> str:
        """Name the message by edition and person, so that the same mail always has the same name."""
        return f"<{hashlib.sha256(f'{self.edition} {email}'.encode()).hexdigest()[:40]}@{self.host}>"

    def to(self, email: str) -> Message:
        """Address it to one person. The places are named by a hash of the text, so no text can hold them by itself."""
        name = self.message_id(email)[1:].split("@")[0]
        body = self.body.replace(_id(self.place), name.encode()).replace(_to(self.place), email.encode())
        return Message(sender=self.sender, recipient=email, body=body)


def _id(place: str) -> bytes:
    return f"id-{place}".encode()


def _to(place: str) -> bytes:
    return f"to-{place}@placeholder.invalid".encode()


def letter(edition: Edition, config: Config) -> Letter:
    """Serialise the edition once, as HTML with a plain-text part (RFC 2046), with the headers of a list (RFC 2369, RFC 2919)."""
    settings, edition = _checked(config.mail, config), prepare(edition)
    leave, change = (_wish(settings, edition, wish) for wish in ("Unsubscribe from", "Change what I get from"))
    text, html = _filled(edition, "text", leave, change), _filled(edition, "email", escape(leave), escape(change))
    mail, place = _mail(settings, edition, subject=f"{edition.title}: {edition.month_name}", words=f"{text}{html}")
    mail["Date"] = format_datetime(edition.released or edition.composed)
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    return Letter(edition=edition.id, sender=settings.bounce, host=_host(edition), place=place, body=mail.as_bytes())


def correction_letter(edition: Edition, number: int, config: Config) -> Letter:
    """Serialise the mail about a correction of an edition, plain text alone: `number` counts from 1. Raises `IndexError` for one that is not."""
    settings, edition = _checked(config.mail, config), prepare(replace(edition, corrections=(edition.corrections[number - 1],)))
    (correction,) = edition.corrections
    text = _correction_text(edition, correction, _wish(settings, edition, "Unsubscribe from"))
    subject = f"Correction: {correction.title or f'{edition.title}, {edition.month_name}'}"
    mail, place = _mail(settings, edition, subject=subject, words=text)
    mail["Date"] = format_datetime(correction.made)
    mail.set_content(text, cte="quoted-printable")
    name = f"{edition.id} correction {number}"
    return Letter(edition=name, sender=settings.bounce, host=_host(edition), place=place, body=mail.as_bytes())


def _correction_text(edition: Edition, correction: Correction, leave: str) -> str:
    entry = next((one for one in edition.entries if one.id == correction.item), None)
    now = ("As it stands now:", "", *(line for line in (entry.title, entry.blurb, entry.url) if line), "") if entry else ()
    lines = (
        f"{edition.title}, {edition.month_name}, which we sent you, held a mistake that could do harm. We are sorry, and have put it right.",
        "",
        correction.note,
        "",
        *now,
        f"The corrected edition: {edition.url}/editions/{edition.id}",
        "",
        " · ".join(one for one in (edition.organisation, edition.contact) if one),
        f"Leave the list: {leave}",
    )
    return clean("\n".join(lines)) + "\n"


def _mail(settings: MailSettings, edition: Edition, *, subject: str, words: str) -> tuple[EmailMessage, str]:
    """Begin a mail to everybody, with the places for what differs; these are named by a hash of its words."""
    place = hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:32]
    host = _host(edition)
    mail = EmailMessage(policy=POLICY)
    mail["From"] = settings.sender
    mail["To"] = _to(place).decode()
    mail["Subject"] = squeeze(subject)
    mail["Message-ID"] = f"<{_id(place).decode()}@{host}>"
    mail["List-Id"] = f"<{_slug(edition.title)}.{host}>"
    mail["List-Unsubscribe"] = f"<{_wish(settings, edition, 'Unsubscribe from')}>"
    mail["Auto-Submitted"] = "auto-generated"
    return mail, place


def _wish(settings: MailSettings, edition: Edition, wish: str) -> str:
    return f"mailto:{settings.bounce}?subject={quote(f'{wish} {edition.title}')}"


def _host(edition: Edition) -> str:
    """Name the host that messages are named after: the one of the public pages, where that is one."""
    try:
        host = urlsplit(edition.url).hostname or ""
    except ValueError:
        return "localhost"
    return host if _HOST.fullmatch(host) else "localhost"


def send(
    edition_id: str,
    config: Config,
    store: Store,
    mailer: Mailer,
    *,
    now: Callable[[], datetime],
    report: Callable[[Delivery], None] = lambda delivery: None,
    resume: bool = False,
) -> Mapping[str, int]:
    """Mail a released edition to every confirmed subscriber who has not had it. Gives back how many deliveries are in which state.

    With `resume` nobody new is queued. What the server puts off (4xx) waits for the next sending. Raises `UnavailableError` when the server
    is gone: what is queued stays queued, and the same command goes on later.

    The caller holds the `send` lock: what is found `sending` belongs to a sender that died.
    """
    mail = letter(_released(edition_id, store), config)
    store.recover_deliveries(edition_id, now())
    if not resume:
        store.queue_deliveries(edition_id, now())
    return _empty(edition_id, 0, mail, mailer, store, now=now, report=report)


def send_correction(
    edition_id: str,
    config: Config,
    store: Store,
    mailer: Mailer,
    *,
    now: Callable[[], datetime],
    report: Callable[[Delivery], None] = lambda delivery: None,
    resume: bool = False,
) -> Mapping[str, int]:
    """Mail each correction that could do harm to those who had the edition before it was made, once; else as `send`."""
    edition = _released(edition_id, store)
    counts: Counter[str] = Counter()
    for number in harmful(edition):
        mail = correction_letter(edition, number, config)
        store.recover_deliveries(edition_id, now(), correction=number)
        if not resume:
            store.queue_correction(edition_id, number, [one.subscriber for one in concerned(edition, number, store)], now())
        counts.update(_empty(edition_id, number, mail, mailer, store, now=now, report=report))
    return counts


def concerned(edition: Edition, number: int, store: Store) -> tuple[Delivery, ...]:
    """Give the deliveries of an edition whose readers must hear of a correction: sent before it was made, or nobody knows. Those who left are
    not written to."""
    made = edition.corrections[number - 1].made
    here = {one.id for one in store.subscribers(SubscriberState.CONFIRMED)}
    sent = (one for one in store.deliveries(edition.id) if one.subscriber in here)
    return tuple(
        one
        for one in sent
        if one.state is DeliveryState.UNCERTAIN or (one.state is DeliveryState.SENT and one.changed is not None and one.changed <= made)
    )


def harmful(edition: Edition) -> tuple[int, ...]:
    """Give the numbers of the corrections that go by mail, counted from 1. Raises `ConflictError` where there is none."""
    found = tuple(number for number, one in enumerate(edition.corrections, start=1) if one.severity is Severity.HARM)
    if not found:
        raise ConflictError(
            f"Edition {edition.id} has no correction that goes by mail.",
            hint="Only what could do harm does: `gleanings digest correct --severity harm`. The next edition prints all others but slips.",
        )
    return found


def send_test(
    edition_id: str, config: Config, store: Store, mailer: Mailer, address: str, *, now: Callable[[], datetime], correction: bool = False
) -> None:
    """Mail the edition as it stands, draft or not, or its last harmful correction, to one address; the outbox does not hear of it."""
    edition = store.edition(edition_id)
    mail = correction_letter(edition, harmful(edition)[-1], config) if correction else letter(edition, config)
    try:
        mailer.send(mail.to(_plain_address(address)))
    except ConnectionError as error:
        raise UnavailableError(str(error), hint=f"Look whether {address} has it, then send the test again.") from error


def _empty(
    edition_id: str,
    correction: int,
    mail: Letter,
    mailer: Mailer,
    store: Store,
    *,
    now: Callable[[], datetime],
    report: Callable[[Delivery], None],
) -> Mapping[str, int]:
    """Offer everything queued to the server once."""
    tried: set[int] = set()
    while (delivery := store.claim_delivery(edition_id, now(), correction=correction)) and delivery.subscriber not in tried:
        tried.add(delivery.subscriber)
        report(_deliver(delivery, mail, mailer, store, now))
    if delivery is not None:  # put off once already in this sending, and so are all that would come now
        store.finish_delivery(replace(delivery, state=DeliveryState.QUEUED, changed=now()))
    return Counter(one.state.value for one in store.deliveries(edition_id, correction=correction))


def _deliver(delivery: Delivery, mail: Letter, mailer: Mailer, store: Store, now: Callable[[], datetime]) -> Delivery:
    marked = replace(delivery, message_id=mail.message_id(delivery.email), attempts=delivery.attempts + 1)
    try:
        mailer.send(mail.to(_plain_address(delivery.email)))
        done = replace(marked, state=DeliveryState.SENT, error=None)
    except DeliveryError as error:
        again = not error.permanent and marked.attempts < ATTEMPTS
        done = replace(marked, state=DeliveryState.QUEUED if again else DeliveryState.FAILED, error=str(error))
    except ConnectionError as error:
        done = replace(marked, state=DeliveryState.UNCERTAIN, error=str(error))
    except UnavailableError:
        store.finish_delivery(replace(delivery, state=DeliveryState.QUEUED, changed=now()))
        raise
    done = replace(done, changed=now())
    store.finish_delivery(done)
    return done


def _released(edition_id: str, store: Store) -> Edition:
    edition = store.edition(edition_id)
    if not edition.is_released:
        raise ConflictError(f"Edition {edition_id} is not released.", hint=f"`gleanings digest release {edition_id}` first; or send a test.")
    return edition


def _checked(settings: MailSettings, config: Config) -> MailSettings:
    sender = settings.sender or (config.desk.contact and str(Address(config.desk.organisation, addr_spec=config.desk.contact)))
    bounce = settings.bounce or config.desk.contact
    if not sender or not bounce:
        what, remedy = "mail: there is no address to send from", "add `from` and `bounce`, or `contact` under `desk`"
        raise ConfigError((Problem(file=config.path.name, line=0, what=what, remedy=remedy),))
    return replace(settings, sender=sender, bounce=bounce)


def _plain_address(address: str) -> str:
    """Let through one plain address and nothing that could start a new header or a second recipient."""
    if not is_address(address):
        raise DeliveryError(f"{address!r} is no plain mail address.", address=address, permanent=True)
    return address


def _filled(edition: Edition, format_name: str, leave: str, change: str) -> str:
    return render.render(edition, format_name).body.decode().replace("@@UNSUBSCRIBE@@", leave).replace("@@PREFERENCES@@", change)


def _slug(title: str) -> str:
    return "-".join("".join(c for c in word if c.isascii() and c.isalnum()) for word in title.lower().split()) or "digest"
