"""What readers do without a login: ask for the digest, say that it was them, change their wishes, leave, be forgotten.

Whoever holds a link that we signed may do the one thing that it says, for the one person that it names. Nobody learns from our answers who is on
the list: asking gives the same answer for every address, and the difference is told by mail, to the address itself. What a link is opened for never
happens by opening it; the web calls these functions when a button is pressed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from pipeline import dates, tokens, wishes
from pipeline.config import Config
from pipeline.errors import UnavailableError
from pipeline.model import Subscriber, SubscriberState
from pipeline.publish.notices import ANSWERED, queue
from pipeline.store import Store
from pipeline.text import counted
from pipeline.wishes import Wishes

KEY = "links"
"""Name of the secret that signs the links of readers."""
AN_HOUR = timedelta(hours=1)
ASKED_AT_MOST = 200
"""So many may ask in an hour; more are a machine that fills in strangers' addresses."""


def link(config: Config, store: Store, purpose: str, person: int, *, ends: datetime | None = None) -> str:
    """Give the address of somebody's page of that purpose: `confirm`, `preferences` or `unsubscribe`."""
    claims = tokens.Claims(purpose=purpose, person=person, ends=ends)
    return f"{config.desk.url}/{purpose}/{tokens.sign(store.secret(KEY), claims)}"


def whose(token: str, purpose: str, store: Store, *, now: datetime) -> Subscriber | None:
    """Say whose link it is; nothing where it is not ours, of another purpose, over, or of somebody who is not known any more."""
    claims = tokens.read(store.kept_secret(KEY), purpose, token, now=now)
    return store.subscriber(claims.person) if claims else None


def ask(address: str, wanted: Wishes, config: Config, store: Store, *, now: datetime) -> None:
    """Take down that somebody asks, and mail the address: the link to confirm, or to whoever has the digest already, where to change it.

    At most one mail an hour goes to one address. Raises `WishError` for what is no address, `UnavailableError` when too many ask at once.
    """
    address = wishes.address(address)
    with store.transaction():
        if store.asked_since(now - AN_HOUR) >= ASKED_AT_MOST:
            raise UnavailableError("Too many are asking at this moment.", hint="Nothing was kept. Please try again in an hour.")
        person = store.subscriber(address) or store.add_subscriber(address, origin="form", now=now)
        had_mail = person.asked is not None and now - person.asked < AN_HOUR
        has_it = person.state is SubscriberState.CONFIRMED
        changed = replace(person, asked=person.asked if had_mail else now)
        store.change_subscriber(changed if has_it else wishing(changed, wanted))
        if not had_mail:
            (_tell if has_it else _ask)(changed, wanted, config, store, now=now)


def asked(token: str, store: Store, *, now: datetime) -> Subscriber | None:
    """Say who may confirm by this link, or has confirmed already. A link from before somebody left brings nobody back."""
    claims = tokens.read(store.kept_secret(KEY), "confirm", token, now=now)
    person = store.subscriber(claims.person) if claims else None
    if claims is None or claims.ends is None or person is None:
        return None
    if person.state is SubscriberState.CONFIRMED:
        return person
    is_old = person.left_at is not None and claims.ends - ANSWERED <= person.left_at
    return None if is_old or person.asked is None else person


def confirm(token: str, store: Store, *, now: datetime) -> Subscriber | None:
    """Put whoever asked on the list; a second time changes nothing. Nothing comes back where the link is not good."""
    with store.transaction():
        person = asked(token, store, now=now)
        if person is None or person.state is SubscriberState.CONFIRMED:
            return person
        return store.confirm_subscriber(person.id, now=now)


def change(token: str, wanted: Wishes, store: Store, *, now: datetime) -> Subscriber | None:
    """Keep what a reader wishes from now on. Nothing comes back where the link is not good."""
    with store.transaction():
        person = whose(token, "preferences", store, now=now)
        if person is not None:
            person = wishing(person, wanted)
            store.change_subscriber(person)
        return person


def leave(token: str, store: Store, *, now: datetime) -> Subscriber | None:
    """Take a reader off the list; a second time changes nothing. Nothing comes back where the link is not good."""
    with store.transaction():
        person = whose(token, "unsubscribe", store, now=now)
        return store.leave(person.id, now=now) if person else None


def forget(token: str, store: Store, *, now: datetime) -> Subscriber | None:
    """Erase a reader with everything that is known; gives back who it was. Nothing comes back where the link is not good."""
    person = whose(token, "unsubscribe", store, now=now)
    if person is not None:
        store.erase_subscriber(person.email, reason="asked by the reader", now=now)
    return person


def wishing(person: Subscriber, wanted: Wishes) -> Subscriber:
    """Give the subscriber with other wishes."""
    return replace(
        person,
        topics=wanted.topics,
        frequency=wanted.frequency,
        cap=wanted.cap,
        form=wanted.form,
        language=wanted.language,
        timezone=wanted.timezone,
    )


def in_words(wanted: Wishes, config: Config) -> str:
    """Say what a reader wishes in one line: "monthly, at most 7 items, as text; Falls, Learning"."""
    names = {topic.id: topic.name for topic in config.topics}
    parts = [wanted.frequency]
    if wanted.cap:
        parts.append(f"at most {counted(wanted.cap, 'item')}")
    if wanted.form == "text":
        parts.append("as plain text")
    return f"{', '.join(parts)}; {', '.join(names.get(one, one) for one in wanted.topics) or 'all topics'}"


def _ask(person: Subscriber, wanted: Wishes, config: Config, store: Store, *, now: datetime) -> None:
    ends = now + ANSWERED
    last = dates.long(ends.astimezone(dates.zone(wanted.timezone or config.desk.timezone)), wanted.language or config.desk.language)
    lines = (
        f"Somebody, we hope you, asked us to mail {config.desk.name} to this address.",
        "",
        "If it was you, open this page and press the button:",
        link(config, store, "confirm", person.id, ends=ends),
        "",
        f"You asked for: {in_words(wanted, config)}.",
        "",
        f"The link is good until {last}. If it was not you, do nothing: nothing more is mailed, and the address is deleted after that day.",
        *_signed(config),
    )
    queue(store, kind="confirm", key=_once(now), email=person.email, subject=f"Please confirm: {config.desk.name}", body="\n".join(lines), now=now)


def _tell(person: Subscriber, _wanted: Wishes, config: Config, store: Store, *, now: datetime) -> None:
    away = link(config, store, "unsubscribe", person.id)
    lines = (
        f"Somebody, perhaps you, asked us to mail {config.desk.name} to this address. You have it already, and nothing was changed:",
        f"{in_words(wishes.of(person), config)}.",
        "",
        "To change what you get:",
        link(config, store, "preferences", person.id),
        "",
        "To leave:",
        away,
        *_signed(config),
    )
    subject = f"You have {config.desk.name} already"
    queue(store, kind="have", key=_once(now), email=person.email, subject=subject, body="\n".join(lines), leave=away, now=now)


def _once(now: datetime) -> str:
    return str(int(now.timestamp()))


def _signed(config: Config) -> tuple[str, ...]:
    return "", "-- ", *(one for one in (config.desk.organisation, config.desk.contact) if one)
