"""Ask a mailbox what its mails recommend. Reads one mail at a time and keeps none; a mail that cannot be read stops no other."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipeline import urls
from pipeline.errors import PipelineError
from pipeline.fetch.mailbox import Look, is_mailbox, mails
from pipeline.model import Fetch, HarvestSettings, Lead, Moved, Page, Request, Source
from pipeline.sources import mailbox
from pipeline.sources.mailbox import Opened
from pipeline.sources.unwrap import is_opaque, unwrap

FOLLOWED = 50
"""Tracking links of one mail that are asked where they lead."""
HOPS = 3
ANSWER = 64_000
"""Bytes; who is asked where a link leads need not send the page."""


def look(source: Source, settings: HarvestSettings, *, cursor: str | None = None) -> Look:
    """Say where the mails of a source lie and how to get there."""
    own = re.sub(r"[^A-Z0-9]", "_", source.id.upper())
    password = settings.mail_passwords.get(own) or settings.mail_passwords.get("", "")
    return Look(place=source.url, cursor=cursor, password=password, allow=settings.allow_private)


def letters(source: Source, asked: Look, now: datetime) -> Iterator[tuple[Opened, str]]:
    """Give each mail that came since the last look, read, with the cursor that holds after it. Raises `FetchError`."""
    for page, cursor in mails(asked, now):
        yield mailbox.opened(source, page), cursor


def mails_in(path: Path, name: str, *, now: datetime) -> Iterator[Opened]:
    """Read every mail of a file or folder, however many there are. Raises `FetchError`."""
    source = Source(id=name, kind="mailbox", url=str(path))
    for opened, _ in letters(source, Look(place=source.url, limit=sys.maxsize), now):
        yield opened


def is_place(address: str) -> bool:
    """Say whether an address that a person typed is a mailbox on this machine."""
    return not urls.is_web(address) and is_mailbox(Path(address))


async def resolved(leads: tuple[Lead, ...], fetch: Fetch) -> tuple[Lead, ...]:
    """Ask the servers of tracking links where these lead, without going there, and give each target once: a picture, a title and a button have a link
    each. Links that leave a list are no leads, and so are never asked for."""
    opaque = [lead.url for lead in leads if is_opaque(lead.url)][:FOLLOWED]
    found = dict(zip(opaque, await asyncio.gather(*(_target(url, fetch) for url in opaque)), strict=True))
    there: dict[str, Lead] = {}
    for lead in leads:
        url = found.get(lead.url, lead.url)
        same = there.setdefault(urls.canonical(url), replace(lead, url=url))
        there[urls.canonical(url)] = replace(same, title=same.title or lead.title, description=same.description or lead.description)
    return tuple(there.values())


async def _target(url: str, fetch: Fetch) -> str:
    there = url
    for _ in range(HOPS):
        try:
            answer = await fetch(Request(url=there, limit=ANSWER))
        except PipelineError:
            break
        if not isinstance(answer, Moved):
            there = answer.url if isinstance(answer, Page) else there
            break
        there = unwrap(answer.to)
        if not is_opaque(there):
            break
    return there
