"""The errand of reading what came into the desk's mailboxes: bounces, wishes to leave, replies."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import late
from pipeline.cli.progress import progress
from pipeline.cli.rooms import desk
from pipeline.cli.session import Session, command, group, here, in_words, now
from pipeline.cli.written import dry_run_option
from pipeline.errors import ConfigError, Problem
from pipeline.text import clip

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.publish.incoming import Received

WIDE = 60


@group("mail", "mail read --dry-run", "mail read")
def mail_command() -> None:
    """Read the mailboxes in which bounces and replies arrive."""


@command("read", "mail read", "mail read Maildir --dry-run", "mail read imaps://desk@mail.example.org/INBOX", group=mail_command)
@click.argument("place", metavar="[PATH|URL]", required=False)
@dry_run_option
@here
def read_mail(session: Session, place: str | None, dry_run: bool) -> None:
    """Read what is new in the mailboxes under `mail.inbox`, or in the one named, and act on it.

    Bounces are counted and put addresses into quarantine; complaints and "unsubscribe" take readers off the list; a link in a reply becomes a
    suggestion and is answered once. Automatic replies and all other mails stay unanswered. The mailbox itself is never changed.
    """
    read: list[Received] = []
    with desk(session) as (config, store), progress() as report:

        def count(one: Received) -> None:
            read.append(one)
            report("reading mails", len(read), 0)

        late.incoming.read(config, store, now=now(), places=_places(place, config), dry_run=dry_run, report=count)
    for one in read:
        session.emit(one)
    acted = [one for one in read if one.about or one.links or one.done]
    if acted:
        session.table(("mail", "from", "about", "done"), [_row(one) for one in acted])
    session.say(f"{in_words(Counter(one.kind.value for one in read), 'No new mail')}.{' Nothing was changed.' if dry_run else ''}")


def _places(place: str | None, config: Config) -> tuple[str, ...]:
    if place is None and not config.mail.inbox:
        what, remedy = "mail: no mailbox is named", "add `inbox: [path or imaps://user@host/folder]` under `mail`, or name one behind the command"
        raise ConfigError((Problem(file=config.path.name, line=0, what=what, remedy=remedy),))
    return () if place is None else (place if late.imap.is_imap(place) else str(Path(place).resolve()),)


def _row(one: Received) -> tuple[str, str, str, str]:
    about = one.about or one.links
    more = f" and {len(about) - 1} more" if len(about) > 1 else ""
    return one.kind.value, clip(one.sender, WIDE), clip("".join(about[:1]), WIDE) + more, clip(one.done, WIDE)
