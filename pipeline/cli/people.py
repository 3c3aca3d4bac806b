"""Errands around readers: subscribers, sending, and what became of each message."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import late, rooms
from pipeline.cli.progress import progress
from pipeline.cli.rooms import desk
from pipeline.cli.session import PARTLY, Session, command, day, group, here, in_words, now
from pipeline.cli.written import account, dry_run_option, output_option, path_argument, write
from pipeline.errors import ConflictError
from pipeline.model import Delivery, DeliveryState, Mailer, SubscriberState

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.store import Store

NOBODY = "nobody is subscribed"


@command("send", "send 2026-12 --dry-run", "send 2026-12 --test editor@example.org", "send 2026-12", "send 2026-12 --correction")
@click.argument("edition_id", metavar="EDITION")
@click.option("--dry-run", is_flag=True, help="Say to how many it would go, and send nothing.")
@click.option("--test", "address", metavar="ADDRESS", help="Send it, draft or not, to this address alone.")
@click.option("--resume", is_flag=True, help="Go on with what is queued; take in no new subscribers.")
@click.option("--correction", is_flag=True, help="Mail what was put right because it could do harm, to those who had the edition before.")
@here
def send_command(session: Session, edition_id: str, dry_run: bool, address: str | None, resume: bool, correction: bool) -> int:
    """Mail a released edition to its subscribers, or a correction of it."""
    with desk(session) as (config, store):
        if dry_run:
            foretell = _foretell_correction if correction else _foretell
            return foretell(session, edition_id, store, resume=resume)
        with ExitStack() as stack:
            mailer = late.deliver.mailer(config.mail, config.folder)
            if isinstance(mailer, late.deliver.SmtpMailer):
                stack.enter_context(closing(mailer))
            if address:
                late.publish.send_test(edition_id, config, store, mailer, _checked(address), now=now, correction=correction)
                session.emit({"edition": edition_id, "test": address})
                session.say(f"{_what(edition_id, correction)} went to {address} as a test.")
                return 0
            return _send(session, edition_id, config, store, mailer=mailer, resume=resume, correction=correction)


def _send(session: Session, edition_id: str, config: Config, store: Store, *, mailer: Mailer, resume: bool, correction: bool) -> int:
    with late.lock.hold(config.db, "send", now=now()), progress() as report:
        done: Counter[str] = Counter()

        def count(delivery: Delivery) -> None:
            done[delivery.state] += 1
            report("sending", done.total(), 0)

        mail = late.publish.send_correction if correction else late.publish.send
        counts = mail(edition_id, config, store, mailer, now=now, report=count, resume=resume)
    session.emit({"edition": edition_id, **counts})
    session.say(f"{_what(edition_id, correction)}: {in_words(counts, 'nobody had it' if correction else NOBODY)}.")
    return PARTLY if counts.get(DeliveryState.FAILED, 0) + counts.get(DeliveryState.UNCERTAIN, 0) else 0


def _what(edition_id: str, correction: bool) -> str:
    return f"The correction of edition {edition_id}" if correction else f"Edition {edition_id}"


def _foretell(session: Session, edition_id: str, store: Store, *, resume: bool) -> int:
    edition = store.edition(edition_id)
    if not edition.is_released:
        raise ConflictError(f"Edition {edition_id} is {edition.state}, not released.", hint=f"`gleanings digest release {edition_id}` first.")
    before = {delivery.email: delivery.state for delivery in store.deliveries(edition_id)}
    fresh = [] if resume else [one for one in store.subscribers(SubscriberState.CONFIRMED) if one.email not in before]
    queued = sum(state is DeliveryState.QUEUED for state in before.values())
    session.emit({"edition": edition_id, "would_send": len(fresh) + queued, "already": len(before) - queued})
    session.say(f"Edition {edition_id} would go to {len(fresh) + queued} subscribers; {len(before) - queued} are done.")
    return 0


def _foretell_correction(session: Session, edition_id: str, store: Store, *, resume: bool) -> int:
    edition = store.edition(edition_id)
    would = already = 0
    for number in late.publish.harmful(edition):
        before = {one.subscriber: one.state for one in store.deliveries(edition_id, correction=number)}
        fresh = [] if resume else [one for one in late.publish.concerned(edition, number, store) if one.subscriber not in before]
        queued = sum(state is DeliveryState.QUEUED for state in before.values())
        would, already = would + len(fresh) + queued, already + len(before) - queued
    session.emit({"edition": edition_id, "would_send": would, "already": already})
    session.say(f"The correction of edition {edition_id} would be {would} mails; {already} are done.")
    return 0


def _checked(address: str) -> str:
    if not late.config.is_address(address):
        raise click.BadParameter(f"“{address}” is no mail address.")
    return address


@command("outbox", "outbox", "outbox 2026-12 --json")
@click.argument("edition_id", metavar="[EDITION]", required=False)
@here
def outbox_command(session: Session, edition_id: str | None) -> None:
    """Say what became of each message of an edition; of the newest, if none is named."""
    with desk(session) as (_, store):
        name = edition_id or next((edition.id for edition in store.editions() if edition.is_released), None)
        edition = store.edition(name) if name else None
        numbers = range(1 + len(edition.corrections)) if edition else ()
        deliveries = [one for number in numbers for one in store.deliveries(str(name), correction=number)]
    for one in deliveries:
        session.emit(one)
    rows = [
        (
            one.email,
            f"correction {one.correction}" if one.correction else "edition",
            one.state.value,
            str(one.attempts),
            day(one.changed),
            one.error or "",
        )
        for one in deliveries
    ]
    session.table(("address", "mail", "state", "attempts", "changed", "error"), rows)
    session.say(f"Edition {name}: {in_words(Counter(one.state.value for one in deliveries), NOBODY)}." if name else "No edition is released yet.")


@group("subscribers", "subscribers list", "subscribers add reader@example.org --name 'Kim Reed'")
def subscribers_command() -> None:
    """List, add, import, export and erase subscribers."""


@command("list", "subscribers list --json", group=subscribers_command)
@click.option("--state", type=click.Choice([state.value for state in SubscriberState]), help="Only in this state.")
@here
def list_subscribers(session: Session, state: str | None) -> None:
    """List the subscribers."""
    with desk(session) as (_, store):
        people = store.subscribers(SubscriberState(state) if state else None)
    for person in people:
        session.emit(late.exchange.subscriber_line(person))
    rows = [(one.email, one.name, one.state.value, one.frequency, ", ".join(one.topics)) for one in people]
    session.table(("address", "name", "state", "frequency", "topics"), rows)


@command("add", "subscribers add reader@example.org --name 'Kim Reed' --topic leadership", group=subscribers_command)
@click.argument("address")
@click.option("--name", default="", help="How they are called.")
@click.option("--topic", "chosen", multiple=True, help="What they want to read about; may be repeated.")
@here
def add_subscriber(session: Session, address: str, name: str, chosen: tuple[str, ...]) -> None:
    """Add somebody who asked for it: the address counts as confirmed."""
    with desk(session) as (config, store):
        person = store.add_subscriber(_checked(address), name=name, topics=rooms.topics(chosen, config), state=SubscriberState.CONFIRMED, now=now())
    session.emit(late.exchange.subscriber_line(person))
    session.say(f"{person.email} is {person.state}.")


@command("import", "subscribers import readers.csv --dry-run", group=subscribers_command)
@path_argument
@dry_run_option
@here
def import_people(session: Session, path: Path, dry_run: bool) -> int:
    """Take in subscribers (CSV with a column `email`) who have given consent."""
    with desk(session) as (config, store), path.open(encoding="utf-8-sig", newline="") as file:
        topics = [topic.id for topic in config.topics]
        result = late.exchange.import_subscribers(file, store, topics=topics, now=now(), dry_run=dry_run)
    return account(session, result, dry_run=dry_run)


@command("export", "subscribers export -o readers.csv", group=subscribers_command)
@output_option
@here
def export_people(session: Session, output: Path | None) -> None:
    """Write out the subscribers (CSV)."""
    with desk(session) as (_, store):
        write(output, late.exchange.export_subscribers(store))


@command("erase", "subscribers erase reader@example.org", group=subscribers_command)
@click.argument("address")
@here
def erase_subscriber(session: Session, address: str) -> None:
    """Erase an address with everything that is known of it."""
    with desk(session) as (_, store):
        store.erase_subscriber(address)
    session.emit({"erased": True})
    session.say("The address is erased.")
