"""The released edition by mail, once to each confirmed subscriber and never twice.

An outbox row is unique on edition and subscriber. It is marked `sending` before the first byte leaves and `sent` after the server's 250. One found
`sending` after a crash becomes `uncertain`: nobody can know whether the mail was taken, so it waits for the operator and is never resent by itself.
"""

from __future__ import annotations

import hashlib
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
from pipeline.model import Delivery, DeliveryState, Edition, Mailer, MailSettings, Message
from pipeline.store import Store

POLICY = SMTP.clone(max_line_length=998)
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
    settings = _checked(config.mail, config)
    host = urlsplit(edition.url).hostname or "localhost"
    leave, change = (
        f"mailto:{settings.bounce}?subject={quote(f'{wish} {edition.title}')}" for wish in ("Unsubscribe from", "Change what I get from")
    )
    text, html = _filled(edition, "text", leave, change), _filled(edition, "email", escape(leave), escape(change))
    place = hashlib.sha256(f"{text}{html}".encode()).hexdigest()[:32]
    mail = EmailMessage(policy=POLICY)
    mail["From"] = settings.sender
    mail["To"] = _to(place).decode()
    mail["Subject"] = f"{edition.title}: {edition.month_name}"
    mail["Date"] = format_datetime(edition.released or edition.composed)
    mail["Message-ID"] = f"<{_id(place).decode()}@{host}>"
    mail["List-Id"] = f"<{_slug(edition.title)}.{host}>"
    mail["List-Unsubscribe"] = f"<{leave}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    return Letter(edition=edition.id, sender=settings.bounce, host=host, place=place, body=mail.as_bytes())


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
    tried: set[int] = set()
    while (delivery := store.claim_delivery(edition_id, now())) and delivery.subscriber not in tried:
        tried.add(delivery.subscriber)
        report(_deliver(delivery, mail, mailer, store, now))
    if delivery is not None:  # put off once already in this sending, and so are all that would come now
        store.finish_delivery(replace(delivery, state=DeliveryState.QUEUED, changed=now()))
    return Counter(one.state.value for one in store.deliveries(edition_id))


def send_test(edition_id: str, config: Config, store: Store, mailer: Mailer, address: str, *, now: Callable[[], datetime]) -> None:
    """Mail the edition as it stands, draft or not, to one address; the outbox does not hear of it."""
    try:
        mailer.send(letter(store.edition(edition_id), config).to(_plain_address(address)))
    except ConnectionError as error:
        raise UnavailableError(str(error), hint=f"Look whether {address} has it, then send the test again.") from error


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
