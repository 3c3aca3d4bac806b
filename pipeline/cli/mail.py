"""The errand of taking in mails from a file or a folder."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import late
from pipeline.cli.progress import progress
from pipeline.cli.rooms import desk
from pipeline.cli.session import Session, command, here, in_words, now
from pipeline.cli.written import dry_run_option

if TYPE_CHECKING:
    from pipeline.sources.mailbox import Opened

SOURCE = "mail"
"""The store's name for where these come from."""


@command("mail", "import mail alerts.mbox --dry-run", "import mail Maildir")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@dry_run_option
@here
def import_mail(session: Session, path: Path, dry_run: bool) -> int:
    """Take in what mails recommend (.eml, mbox, Maildir or a folder of .eml). Their links are visited by the next harvest."""
    read: list[Opened] = []
    with desk(session) as (config, store), progress() as report:
        for opened in late.harvest.mails_in(path, SOURCE, now=now()):
            read.append(opened)
            report("reading mails", len(read), 0)
        leads = {lead.url: lead for lead in late.mailbox.together(read)}
        known = {url for url in leads if store.find(url, config.folding) is not None}
        if not dry_run:
            with store.transaction():
                store.offer(SOURCE, leads.values(), now(), folding=config.folding)
    sorts = Counter(opened.sort.value for opened in read)
    counts = {"new": len(leads) - len(known), "known": len(known)}
    session.emit({"mails": len(read), "sorts": sorts, **counts, "dry_run": dry_run})
    session.say(f"{in_words(sorts, 'no mail')}. {'Would take in' if dry_run else 'Taken in'}: {in_words(counts, 'nothing')}.")
    if counts["new"] and not dry_run:
        session.say("`gleanings harvest` visits them.")
    return 0
