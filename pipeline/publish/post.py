"""The released edition as a mail: serialised once for all who get the same, then only each reader's own values are written in.

Nothing in it is random, so the same edition gives the same mail. A text cannot pose as the place of an address: places are named by a hash of the
whole edition. Sends nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cached_property
from urllib.parse import quote, urlsplit

from pipeline import tokens
from pipeline.config import Config, is_address
from pipeline.errors import ConfigError, ConflictError, DeliveryError, Problem
from pipeline.model import Campaign, Choice, Correction, Edition, MailSettings, Message
from pipeline.plain import json_line
from pipeline.publish import mime, verp
from pipeline.render.email import write_html
from pipeline.render.prepare import prepare
from pipeline.render.textmail import Leaving, write_text
from pipeline.store import Store
from pipeline.text import clean, header

POLICY = SMTP.clone(max_line_length=998)
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_BRACES, _LEAVE = '{{ "{{" }}', "{{ UnsubscribeURL }}"
"""What listmonk writes as two braces, and as the address at which a reader leaves: its mails are Go templates, and our words must steer none."""
_NOWHERE = "@placeholder.invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What links and return paths of readers are signed with. Without `verp` all mails have one return path."""

    links: bytes
    verp: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail to many as it was serialised. `about` is the edition, `name` that of this mail: the edition's, or that of a correction of it.

    `links` are the places that take signed links, by their purpose: name of the place, and what the link is about.
    """

    about: str
    name: str
    bounce: str
    host: str
    form: mime.Form
    links: Mapping[str, tuple[tuple[str, str], ...]]

    def message_id(self, email: str, keys: Keys) -> str:
        """Name the message by edition and person, so that the same mail always has the same name, which nobody else can make: a report that gives
        it is about this mail."""
        return f"<{self._id(email, keys)}@{self.host}>"

    def as_test(self) -> Letter:
        """Name it by what it says: where a mailbox keeps one mail of a name, a test must not keep out the mail itself, nor the next test."""
        return replace(self, name=f"{self.name} test {hashlib.sha256(b''.join(self.form.pieces)).hexdigest()}")

    def to(self, email: str, *, person: int, keys: Keys) -> Message:
        """Address it to one person, the number of a subscriber; 0 for somebody who is none. Raises `DeliveryError` for what is no plain address."""
        if not is_address(email):
            raise DeliveryError(f"{email!r} is no plain mail address.", address=email, permanent=True)
        sender = verp.return_path(self.bounce, keys.verp, person=person, edition=self.about) if keys.verp else self.bounce
        values = {"id": self._id(email, keys).encode(), "to": email.encode(), "verp": sender.encode()}
        for purpose, places in self.links.items():
            sign = tokens.signer(keys.links, purpose)
            for name, about in places:
                values[name] = sign(person, about)
        return Message(sender=sender, recipient=email, body=self.form.filled(values))

    def _id(self, email: str, keys: Keys) -> str:
        return hashlib.blake2b(f"{self.name} {email}".encode(), key=keys.links, digest_size=20, person=b"message-id").hexdigest()


def keys(config: Config, store: Store) -> Keys:
    """Give the keys of this desk."""
    return Keys(links=store.secret("links"), verp=store.secret(verp.KEY) if config.mail.verp else None)


def letter(edition: Edition, config: Config, *, choice: Choice | None = None, form: str = "html") -> Letter:
    """Serialise an edition, or the choice of it that one reader gets, as HTML with a plain-text part (RFC 2046), or as `text` alone.

    Its headers are those of a list: RFC 2919, RFC 2369, and RFC 8058 where the desk has an https address. Raises `ConfigError` where there is no
    address to send from.
    """
    settings = checked(config)
    printed = prepare(choice.edition if choice else edition)
    head = _Head(edition=printed, settings=settings, url=config.desk.url, places=_places(printed, choice, config.desk.url))
    texts = [("plain", write_text(printed, head.leaving, choice).decode())]
    if form != "text":
        texts.append(("html", write_html(printed, head.leaving, choice).decode()))
    subject = choice.subject if choice and choice.subject else f"{printed.title}: {printed.month_name}"
    return head.letter(edition.id, subject, when=printed.released or printed.composed, texts=texts)


def correction_letter(edition: Edition, number: int, config: Config) -> Letter:
    """Serialise the mail about a correction of an edition, plain text alone: `number` counts from 1. Raises `IndexError` for one that is not."""
    settings, printed = checked(config), prepare(replace(edition, corrections=(edition.corrections[number - 1],)))
    (correction,) = printed.corrections
    head = _Head(edition=printed, settings=settings, url=config.desk.url, places=_places(printed, number, config.desk.url))
    text = _correction_text(printed, correction, head.leaving.leave)
    subject = f"Correction: {correction.title or f'{printed.title}, {printed.month_name}'}"
    made = head.letter(edition.id, subject, when=correction.made, texts=[("plain", text)])
    return replace(made, name=f"{edition.id} correction {number}")


def campaign(edition_id: str, config: Config, store: Store, *, lists: tuple[int, ...]) -> Campaign:
    """Write a released edition for listmonk, which puts its own address for leaving into each mail. Raises `ConflictError` for a draft."""
    edition = store.edition(edition_id)
    if not edition.is_released:
        raise ConflictError(f"Edition {edition_id} is not released.", hint=f"`gleanings digest release {edition_id}` first.")
    printed = prepare(edition)
    places = _places(printed, config.desk.url)
    mark = places.mark("unsubscribe")
    leaving = Leaving(leave=mark, useful=lambda entry: f"{config.desk.url}/items/{entry.id}" if entry.audience == "public" else "")
    texts = [one.decode().replace("{{", _BRACES).replace(mark, _LEAVE) for one in (write_html(printed, leaving), write_text(printed, leaving))]
    name = f"{printed.title}: {printed.month_name}"
    return Campaign(
        name=name,
        subject=name.replace("{{", "{ {"),
        tags=(f"gleanings-{edition_id}-{hashlib.sha256(config.desk.url.encode()).hexdigest()[:8]}",),
        lists=lists,
        from_email=checked(config).sender,
        body=texts[0],
        altbody=texts[1],
    )


@dataclass(frozen=True, kw_only=True)
class _Head:
    """What stands above a mail and who it is from."""

    edition: Edition
    settings: MailSettings
    url: str
    places: mime.Places

    @cached_property
    def leaving(self) -> Leaving:
        mark, url = self.places.mark, self.url
        return Leaving(
            leave=f"{url}/unsubscribe/{mark('unsubscribe')}",
            change=f"{url}/preferences/{mark('preferences')}",
            useful=lambda entry: f"{url}/useful/{mark(f'useful.{entry.id}')}",
        )

    def letter(self, about: str, subject: str, *, when: datetime, texts: Sequence[tuple[str, str]]) -> Letter:
        """Put head and texts together, cut at the places, and count these."""
        kind, body = mime.parts(texts, self.places)
        head = self._header(subject, when).as_bytes().rstrip(b"\r\n").replace(_NOWHERE.encode(), b"")
        form = mime.Form.of(b"%b\r\nMIME-Version: 1.0\r\nContent-Type: %b\r\n\r\n%b" % (head, kind.encode(), body), self.places)
        mime.counted(form, [head.decode(), *(text for _, text in texts)], self.places)
        return Letter(about=about, name=about, bounce=self.settings.bounce, host=_host(self.edition), form=form, links=_links(form, about))

    def _header(self, subject: str, when: datetime) -> EmailMessage:
        mail, mark, host = EmailMessage(policy=POLICY), self.places.mark, _host(self.edition)
        mail["From"] = self.settings.sender
        mail["To"] = mark("to") + _NOWHERE
        mail["Subject"] = header(subject)
        mail["Date"] = format_datetime(when)
        mail["Message-ID"] = f"<{mark('id')}@{host}>"
        mail["List-Id"] = f"<{_slug(self.edition.title)}.{host}>"
        mail["List-Unsubscribe"] = f"<{self.url}/unsubscribe/{mark('unsubscribe')}>, <{self._by_mail}>"
        if self.url.startswith("https://"):
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail["Auto-Submitted"] = "auto-generated"
        return mail

    @property
    def _by_mail(self) -> str:
        """Where a mail of any content, with this subject, unsubscribes: the return path names the reader, or the subject does."""
        if self.settings.verp:
            return f"mailto:{self.places.mark('verp')}?subject=unsubscribe"
        return f"mailto:{quote(self.settings.bounce, safe='@')}?subject=unsubscribe%20{self.places.mark('unsubscribe')}"


def _links(form: mime.Form, about: str) -> Mapping[str, tuple[tuple[str, str], ...]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for name in dict.fromkeys(form.names):
        purpose, _, item = name.partition(".")
        if name not in ("id", "to", "verp"):
            found.setdefault(purpose, []).append((name, f"{about}/{item}" if item else ""))
    return {purpose: tuple(places) for purpose, places in found.items()}


def _places(*what: object) -> mime.Places:
    return mime.Places(code=hashlib.sha256(json_line(what).encode("utf-8", "replace")).hexdigest()[:32])


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


def _host(edition: Edition) -> str:
    """Name the host that messages are named after: the one of the public pages, where that is one."""
    try:
        host = urlsplit(edition.url).hostname or ""
    except ValueError:
        return "localhost"
    return host if _HOST.fullmatch(host) else "localhost"


def checked(config: Config) -> MailSettings:
    """Give the way to the mail server with the addresses that mails are from. Raises `ConfigError` where there are none."""
    settings = config.mail
    sender = settings.sender or (config.desk.contact and str(Address(config.desk.organisation, addr_spec=config.desk.contact)))
    bounce = settings.bounce or config.desk.contact
    if not sender or not bounce:
        what, remedy = "mail: there is no address to send from", "add `from` and `bounce`, or `contact` under `desk`"
        raise ConfigError((Problem(file=config.path.name, line=0, what=what, remedy=remedy),))
    if settings.verp and len(bounce.rpartition("@")[0]) > verp.LONGEST:
        what, remedy = f"mail: {bounce} is too long for return paths of each reader's own", "write a shorter `bounce`, or `verp: false`"
        raise ConfigError((Problem(file=config.path.name, line=0, what=what, remedy=remedy),))
    return replace(settings, sender=sender, bounce=bounce)


def _slug(title: str) -> str:
    return "-".join("".join(c for c in word if c.isascii() and c.isalnum()) for word in title.lower().split()) or "digest"
