"""Errands around readers: list, add, import, export and erase subscribers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from pipeline.cli import late, rooms
from pipeline.cli.rooms import desk
from pipeline.cli.session import Session, command, group, here, now
from pipeline.cli.written import account, dry_run_option, output_option, path_argument, write
from pipeline.errors import ConflictError, NotFoundError
from pipeline.model import Subscriber, SubscriberState
from pipeline.wishes import FREQUENCIES, LANGUAGES, MOST, WishError, Wishes, read
from pipeline.wishes import address as address_of

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.store import Store


def _checked(said: str) -> str:
    try:
        return address_of(said)
    except WishError as error:
        raise click.BadParameter(error.sentence) from error


@group("subscribers", "subscribers list", "subscribers add reader@example.org --name 'Kim Reed'")
def subscribers_command() -> None:
    """List, add, confirm, import, export and erase subscribers."""


@command("list", "subscribers list --json", group=subscribers_command)
@click.option("--state", type=click.Choice([state.value for state in SubscriberState]), help="Only in this state.")
@here
def list_subscribers(session: Session, state: str | None) -> None:
    """List the subscribers."""
    with desk(session) as (_, store):
        people = store.subscribers(SubscriberState(state) if state else None)
    for person in people:
        session.emit(late.exchange.subscriber_line(person))
    rows = [
        (one.email, one.name, one.state.value, one.frequency, str(one.cap or "all"), one.form, ", ".join(one.topics) or "all topics")
        for one in people
    ]
    session.table(("address", "name", "state", "frequency", "items", "form", "topics"), rows)


@command("add", "subscribers add reader@example.org --topic leadership --at-most 7 --confirmed", group=subscribers_command)
@click.argument("address")
@click.option("--name", default="", help="How they are called; nobody needs a name.")
@click.option("--topic", "chosen", multiple=True, help="What they want to read about; may be repeated. None: everything.")
@click.option("--frequency", type=click.Choice(FREQUENCIES), default="monthly", show_default=True, help="How often.")
@click.option("--at-most", type=click.IntRange(1, MOST), metavar="N", help="Mail the best N items. Left out: all.")
@click.option("--text", is_flag=True, help="Plain text alone.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), help="Language of dates and labels; left out: the desk's.")
@click.option("--timezone", help="IANA name of the zone of events; left out: the desk's.")
@click.option("--confirmed", is_flag=True, help="They said yes to you: no mail asks them again.")
@here
def add_subscriber(
    session: Session,
    address: str,
    name: str,
    chosen: tuple[str, ...],
    frequency: str,
    at_most: int | None,
    text: bool,
    language: str | None,
    timezone: str | None,
    confirmed: bool,
) -> None:
    """Add an address. Unless --confirmed, its owner is asked by mail first."""
    said = {"frequency": (frequency,), "at_most": (str(at_most or ""),), "form": ("text" if text else "html",)}
    said |= {"language": (language or "",), "timezone": (timezone or "",)}
    with desk(session) as (config, store):
        wanted = replace(read(said, topics=()), topics=rooms.topics(chosen, config))
        person = _added(_checked(address), name, wanted, config=config, store=store, confirmed=confirmed)
    session.emit(late.exchange.subscriber_line(person))
    asked = person.state is SubscriberState.PENDING
    session.say(f"{person.email} is {person.state}." + (" A mail asks for the confirmation; the service sends it." if asked else ""))


def _added(address: str, name: str, wanted: Wishes, *, config: Config, store: Store, confirmed: bool) -> Subscriber:
    known = store.subscriber(address)
    state = SubscriberState.CONFIRMED if confirmed else SubscriberState.PENDING
    person = store.add_subscriber(address, name=name, state=state, origin="by hand", now=now())
    if known is None or known.state is SubscriberState.PENDING:
        person = late.readers.wishing(person, wanted)
        store.change_subscriber(person)
    if not confirmed:
        late.readers.ask(address, wanted, config, store, now=now())
    return person


@command("confirm", "subscribers confirm reader@example.org", group=subscribers_command)
@click.argument("address")
@here
def confirm_subscriber(session: Session, address: str) -> None:
    """Put an address on the list that waits or came back, because its owner said yes to you."""
    with desk(session) as (_, store):
        person = store.subscriber(address)
        if person is None:
            raise NotFoundError("subscriber", address, hint="`gleanings subscribers list` shows those there are.")
        if person.state is SubscriberState.UNSUBSCRIBED:
            raise ConflictError(f"{person.email} has left.", hint="Only they can come back, at /subscribe.")
        person = store.confirm_subscriber(person.id, now=now())
    session.emit(late.exchange.subscriber_line(person))
    session.say(f"{person.email} is {person.state}.")


@command("import", "subscribers import readers.csv --dry-run", group=subscribers_command)
@path_argument
@dry_run_option
@here
def import_people(session: Session, path: Path, dry_run: bool) -> int:
    """Take in subscribers (CSV with a column `email`). Those with a day in `consented_at` are on the list; nobody is mailed."""
    with desk(session) as (config, store), path.open("rb") as file:
        topics, zone = [topic.id for topic in config.topics], ZoneInfo(config.desk.timezone)
        result = late.exchange.import_subscribers(file, store, topics=topics, now=now(), zone=zone, dry_run=dry_run)
    return account(session, result, dry_run=dry_run)


@command("export", "subscribers export -o readers.csv", "subscribers export reader@example.org", group=subscribers_command)
@click.argument("address", required=False)
@output_option
@here
def export_people(session: Session, address: str | None, output: Path | None) -> None:
    """Write out the subscribers (CSV), or all that is stored about one ADDRESS (JSON)."""
    with desk(session) as (_, store):
        if not address:
            write(output, late.exchange.export_subscribers(store))
            return
        found = store.export_of(address)
    if not found:
        raise NotFoundError("record of", address, hint="`gleanings subscribers list` shows the addresses that are known.")
    write(output, (json.dumps(found, ensure_ascii=False, indent=2) + "\n",))


@command("erase", "subscribers erase reader@example.org --reason 'asked by mail'", group=subscribers_command)
@click.argument("address")
@click.option("--reason", default="", help="Stands beside the fingerprint that is kept, so that no list brings them back.")
@here
def erase_subscriber(session: Session, address: str, reason: str) -> None:
    """Erase an address with everything that is known of it."""
    with desk(session) as (_, store):
        store.erase_subscriber(address, reason=reason, now=now())
    session.emit({"erased": True})
    session.say("The address is erased everywhere in this desk. Backups still hold it until they are replaced.")
