"""Errands around sending: a released edition by mail, a test of it, what became of each message, and the hand-over to another mailer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import click

from pipeline.cli import late
from pipeline.cli.progress import progress
from pipeline.cli.rooms import desk
from pipeline.cli.session import PARTLY, Session, command, day, here, in_words, now
from pipeline.errors import ConflictError, NotFoundError
from pipeline.model import Delivery, DeliveryState

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.model import Edition
    from pipeline.store import Store

NOBODY = "nobody is subscribed"


@command(
    "send",
    *("send 2026-12 --dry-run", "send 2026-12 --test editor@example.org", "send 2026-12", "send 2026-12 --pause", "send 2026-12 --resume"),
    "send 2026-12 --correction",
    "send 2026-12 --listmonk https://lists.example.org --list 3",
)
@click.argument("edition_id", metavar="EDITION")
@click.option("--dry-run", is_flag=True, help="Say to how many it would go, and send nothing.")
@click.option("--test", "addresses", metavar="ADDRESS", multiple=True, help="Send it, draft or not, to this address alone; may be repeated.")
@click.option("--seeds", is_flag=True, help="Send it, draft or not, to the addresses under `mail.seeds` alone.")
@click.option("--pause", is_flag=True, help="Let nothing more of it leave; a sender at work obeys within a second.")
@click.option("--resume", is_flag=True, help="End the pause and go on with what is queued; take in no new subscribers.")
@click.option("--correction", is_flag=True, help="Mail what was put right because it could do harm, to those who had the edition before.")
@click.option("--listmonk", "server", metavar="URL", help="Hand it over to this listmonk as a draft campaign, and send nothing.")
@click.option("--list", "lists", metavar="ID", type=int, multiple=True, help="A list of listmonk that the campaign is for; may be repeated.")
@here
def send_command(
    session: Session,
    edition_id: str,
    dry_run: bool,
    addresses: tuple[str, ...],
    seeds: bool,
    pause: bool,
    resume: bool,
    correction: bool,
    server: str | None,
    lists: tuple[int, ...],
) -> int:
    """Mail a released edition to its subscribers, or a correction of it. Ctrl-C pauses."""
    if dry_run and (pause or server):
        raise click.BadParameter("--dry-run goes with a sending to the subscribers, not with --pause or --listmonk.")
    with desk(session) as (config, store):
        if pause:
            return _pause(session, edition_id, store)
        if server:
            return _hand_over(session, edition_id, config, store, server=server, lists=lists)
        if dry_run:
            foretell = _foretell_correction if correction else _foretell
            return foretell(session, edition_id, store, resume=resume)
        if addresses or seeds:
            return _test(session, edition_id, config, store, addresses=(*addresses, *_seeds(config, seeds=seeds)), correction=correction)
        return _send(session, edition_id, config, store, resume=resume, correction=correction)


def _send(session: Session, edition_id: str, config: Config, store: Store, *, resume: bool, correction: bool) -> int:
    with ExitStack() as stack:
        stack.enter_context(late.lock.hold(config.db, "send", now=now()))
        report = stack.enter_context(progress())
        mailers = [stack.enter_context(closing(one)) for one in late.deliver.mailers(config.mail, config.folder)]
        done: Counter[str] = Counter()

        def count(delivery: Delivery) -> None:
            done[delivery.state] += 1
            report("sending", done.total(), 0)

        mail = late.publish.send_correction if correction else late.publish.send
        counts = mail(edition_id, config, store, mailers, doors=late.publish.Doors(now=now, report=count), resume=resume)
    session.emit({"edition": edition_id, **counts})
    session.say(f"{_what(edition_id, correction)}: {in_words(counts, 'nobody had it' if correction else NOBODY)}.")
    _advise(session, edition_id, counts, store)
    return PARTLY if counts.get(DeliveryState.FAILED, 0) + counts.get(DeliveryState.UNCERTAIN, 0) else 0


def _advise(session: Session, edition_id: str, counts: Mapping[str, int], store: Store) -> None:
    """Say what to do about what is neither sent nor failed."""
    if counts.get(DeliveryState.QUEUED, 0):
        session.say(
            f"Paused; `gleanings send {edition_id} --resume` goes on."
            if store.sending_paused(edition_id)
            else "What is queued was put off: `gleanings serve` offers it again when its time has come, the same command at once."
        )
    if counts.get(DeliveryState.UNCERTAIN, 0):
        session.say(
            "Of what is uncertain nobody knows whether it was taken. Look at the server's log, then"
            f" `gleanings outbox {edition_id} --settle ADDRESS` where it arrived, `--resend ADDRESS` where it did not."
        )


def _pause(session: Session, edition_id: str, store: Store) -> int:
    store.pause_sending(edition_id, now())
    session.emit({"edition": edition_id, "paused": True})
    session.say(f"Edition {edition_id}: nothing more of it leaves. `gleanings send {edition_id} --resume` goes on.")
    return 0


def _seeds(config: Config, *, seeds: bool) -> tuple[str, ...]:
    if seeds and not config.mail.seeds:
        raise ConflictError("There is no list of addresses for tests.", hint="Write it under `mail`: `seeds: [editor@example.org, …]`.")
    return config.mail.seeds if seeds else ()


def _test(session: Session, edition_id: str, config: Config, store: Store, *, addresses: Sequence[str], correction: bool) -> int:
    for address in addresses:
        if not late.config.is_address(address):
            raise click.BadParameter(f"“{address}” is no mail address.")
    with closing(late.deliver.mailer(config.mail, config.folder)) as mailer:
        for address in dict.fromkeys(addresses):
            late.publish.send_test(edition_id, config, store, mailer, address, correction=correction)
            session.emit({"edition": edition_id, "test": address})
            session.say(f"{_what(edition_id, correction)} went to {address} as a test.")
    return 0


def _hand_over(session: Session, edition_id: str, config: Config, store: Store, *, server: str, lists: tuple[int, ...]) -> int:
    if not lists:
        raise click.BadParameter("say with --list for which list of listmonk it is; its page shows the number.")
    campaign = late.publish.campaign(edition_id, config, store, lists=lists)
    number, is_new = late.deliver.hand_over(server, campaign, token=config.mail.listmonk_token)
    session.emit({"edition": edition_id, "campaign": number})
    if is_new:
        session.say(f"Edition {edition_id} is draft campaign {number} of {server}. Look at it there, and start it.")
    else:
        session.say(f"Edition {edition_id} was handed over before, as campaign {number} of {server}. To hand it over anew, delete that one there.")
    return 0


def _what(edition_id: str, correction: bool) -> str:
    return f"The correction of edition {edition_id}" if correction else f"Edition {edition_id}"


def _foretell(session: Session, edition_id: str, store: Store, *, resume: bool) -> int:
    edition = _released(edition_id, store)
    before = {one.subscriber: one.state for one in store.deliveries(edition_id)}
    fresh = [] if resume else [one for one in late.tailor.readers(edition, store) if one.id not in before]
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


def _released(edition_id: str, store: Store) -> Edition:
    edition = store.edition(edition_id)
    if not edition.is_released:
        raise ConflictError(f"Edition {edition_id} is {edition.state}, not released.", hint=f"`gleanings digest release {edition_id}` first.")
    return edition


@command(
    "outbox",
    "outbox",
    "outbox 2026-12 --json",
    "outbox 2026-12 --resend reader@example.org",
    "outbox 2026-12 --settle reader@example.org",
    "outbox --singles",
)
@click.argument("edition_id", metavar="[EDITION]", required=False)
@click.option("--resend", metavar="ADDRESS", multiple=True, help="It is uncertain and did not arrive: queue it again; may be repeated.")
@click.option("--settle", metavar="ADDRESS", multiple=True, help="It is uncertain and did arrive: note that it was sent; may be repeated.")
@click.option("--singles", is_flag=True, help="Of mails that are no edition instead: confirmations, answers, questions, invitations.")
@here
def outbox_command(session: Session, edition_id: str | None, resend: tuple[str, ...], settle: tuple[str, ...], singles: bool) -> None:
    """Say what became of each message of an edition; of the newest, if none is named. Settle what is uncertain."""
    if singles:
        _singles(session, edition_id, resend=resend, settle=settle)
        return
    with desk(session) as (_, store):
        name = edition_id or next((edition.id for edition in store.editions() if edition.is_released), None)
        edition = store.edition(name) if name else None
        if edition:
            for addresses, state in ((resend, DeliveryState.QUEUED), (settle, DeliveryState.SENT)):
                _settle(addresses, state, edition, store)
        deliveries = _deliveries(edition, store) if edition else []
    for one in deliveries:
        session.emit(one)
    session.table(("address", "mail", "state", "attempts", "changed", "error"), map(_row, deliveries))
    session.say(f"Edition {name}: {in_words(Counter(one.state.value for one in deliveries), NOBODY)}." if name else "No edition is released yet.")
    if resend:
        session.say(f"`gleanings send {name} --resume` sends what is queued.")


def _singles(session: Session, edition_id: str | None, *, resend: tuple[str, ...], settle: tuple[str, ...]) -> None:
    """List the mails that are no edition and are not out; settle those to an address."""
    if edition_id:
        raise click.BadParameter("--singles are mails that are no edition; name none.")
    with desk(session) as (_, store):
        for addresses, state in ((resend, DeliveryState.QUEUED), (settle, DeliveryState.SENT)):
            for address in addresses:
                chosen = [one for one in store.notices(state=DeliveryState.UNCERTAIN) if one.email.casefold() == address.casefold()]
                if not chosen:
                    raise NotFoundError("uncertain single mail", f"to {address}", hint="`gleanings outbox --singles` lists them.")
                if state is DeliveryState.QUEUED and any(late.notices.TICKET in one.body for one in chosen):
                    raise ConflictError(f"The invitation of {address} may have arrived; a second link would be a second vote.", hint="Settle it.")
                for one in chosen:
                    store.settle_notice(one.id, state, now())
        states = (DeliveryState.UNCERTAIN, DeliveryState.FAILED, DeliveryState.QUEUED)
        open_ones = [one for state in states for one in store.notices(state=state)]
    for one in open_ones:
        session.emit({"email": one.email, "kind": one.kind, "state": one.state, "attempts": one.attempts, "changed": one.changed, "error": one.error})
    rows = [(one.email, one.kind, one.state.value, str(one.attempts), day(one.changed), one.error or "") for one in open_ones]
    session.table(("address", "mail", "state", "attempts", "changed", "error"), rows)
    session.say(f"Single mails that are not out: {in_words(Counter(one.state.value for one in open_ones), 'none')}.")


def _settle(addresses: Sequence[str], state: DeliveryState, edition: Edition, store: Store) -> None:
    uncertain = [one for one in _deliveries(edition, store) if one.state is DeliveryState.UNCERTAIN]
    for address in addresses:
        chosen = [one for one in uncertain if one.email.casefold() == address.casefold()]
        if not chosen:
            raise NotFoundError("uncertain mail", f"of edition {edition.id} to {address}", hint=f"`gleanings outbox {edition.id}` lists them.")
        store.settle_deliveries(chosen, state, now())


def _deliveries(edition: Edition, store: Store) -> list[Delivery]:
    return [one for number in range(1 + len(edition.corrections)) for one in store.deliveries(edition.id, correction=number)]


def _row(one: Delivery) -> tuple[str, ...]:
    mail = f"correction {one.correction}" if one.correction else "edition"
    return one.email, mail, one.state.value, str(one.attempts), day(one.changed), one.error or ""
