"""A mail to the items that it recommends. One page is one mail; `fetch/mailbox.py` brings them. Opens no mailbox and follows no link.

Alerts, newsletters and forwarded ones are cut into their items; of a personal mail each link is one, recommended by its writer. Automatic replies,
bounces and invitations bring nothing: an invitation is to its recipient, not to the public.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pipeline import urls
from pipeline.model import Lead, Page, Source
from pipeline.sources import bulletin, citation, heads, letter, options, plainletter, prose, records, sorts
from pipeline.sources.blocks import Block
from pipeline.sources.bulletin import Entry
from pipeline.sources.labels import is_label
from pipeline.sources.letter import Letter
from pipeline.sources.message import Mail, decode, parse
from pipeline.sources.options import Options
from pipeline.sources.sorts import Sort
from pipeline.sources.unwrap import is_opaque
from pipeline.text import squeeze

MEDIA_TYPE = "message/rfc822"
MAX_ITEMS = 500
"""Items of one mail; one with more is a list of everything, not a recommendation."""

_KNOWN = {"senders": list}
MAX_BLOCKS = 6_000
"""Lines of one letter that are read."""
MAX_ATTACHED = 50
_ADDRESS = re.compile(r"https?://\S+")
_SHORT = 1_500
"""Characters; what a person writes to another with a few links in it is no longer."""
_WEEK = timedelta(days=7)
_MANY = 3
"""Items from which on a mail is an alert, whatever its headers say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A mail as it was understood. `original` is who wrote what was forwarded."""

    sort: Sort
    sender: str
    subject: str
    original: str = ""
    sent: datetime | None = None
    bounced: str | None = None
    status: str | None = None
    leads: tuple[Lead, ...] = ()


def check(given: Options) -> Iterator[str]:
    """Say what is wrong with the options of a mailbox."""
    yield from options.problems(given, _KNOWN, where="a mailbox")
    for sender in options.texts(given, "senders"):
        if "@" not in sender and "." not in sender:
            yield f"a mailbox: senders: {sender!r} is neither an address nor a domain; write alerts@example.org or example.org"


def title(source: Source, page: Page) -> str | None:
    """Give the subject of the mail."""
    return parse(page.body).subject or None


def leads(source: Source, page: Page) -> Iterator[Lead]:
    """Read what a mail recommends, in its order."""
    yield from opened(source, page).leads


def opened(source: Source, page: Page) -> Opened:
    """Read one mail: its sort, its sender, and what it recommends. Never raises, whatever the bytes are."""
    mail = parse(page.body)
    sort = sorts.machine(mail)
    if sort is not None:
        address, status = sorts.bounced(mail, page.body) if sort is Sort.BOUNCE else (None, None)
        return Opened(sort=sort, sender=mail.sender, subject=mail.subject, sent=mail.sent, bounced=address, status=status)
    read = [one for one in _letters(mail, source, page) if any(block.words for block in one.blocks)]
    if not read:
        return Opened(sort=Sort.BROKEN, sender=mail.sender, subject=mail.subject)
    cut = [_entries(one) for one in read]
    sort = Sort.ALERT if any(_is_alert(one, entries) for one, entries in zip(read, cut, strict=True)) or sorts.is_bulk(mail) else Sort.PERSONAL
    allowed = options.texts(source.options, "senders")
    made = [
        replace(lead, source=source.id, via=_via(mail))
        for one, entries in (() if sorts.is_notice(mail) else zip(read, cut, strict=True))
        if (_is_wanted(mail.sender, allowed) or _is_wanted(one.sender, allowed)) and not _asks_to_confirm(one, entries)
        for lead in _read(one, entries, sort)
    ]
    original = next((one.sender for one in read if one.forwarded), "")
    leads = tuple({lead.url: lead for lead in reversed(made)}.values())[::-1][:MAX_ITEMS]
    return Opened(sort=sort, sender=mail.sender, subject=mail.subject, sent=mail.sent, original=original, leads=leads)


def together(found: Sequence[Opened]) -> tuple[Lead, ...]:
    """Give what several mails recommend, each address once, without the habits of their senders: what stands in three mails of one sender or more,
    over a week at least, is no news. (What many alerts name on one day is.)"""
    days: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for mail in found:
        if mail.sent:
            for lead in mail.leads:
                days[mail.sender, _sign(lead)].append(mail.sent.replace(tzinfo=UTC))
    habits = {sign for sign, sent in days.items() if len(sent) >= _MANY and max(sent) - min(sent) >= _WEEK}
    leads = [lead for mail in found for lead in mail.leads if (mail.sender, _sign(lead)) not in habits]
    return tuple({lead.url: lead for lead in reversed(leads)}.values())[::-1]


def _sign(lead: Lead) -> str:
    """Know a lead again in another mail. A tracking link is another one each time."""
    return f"{lead.title} {lead.description}" if is_opaque(lead.url) else lead.url


# ---------------------------------------------------------------- reading


def _letters(mail: Mail, source: Source, page: Page, *, depth: int = 0) -> Iterator[Letter]:
    """Give what is to be read: the mail's own letter where it leads anywhere, else those that it carries: a forward, or the digest of a list."""
    own = _own(mail, source, page)
    if not mail.attached or depth > letter.MAX_FORWARDS or own.records or _leads_anywhere(letter.content(own.blocks, sender=mail.sender)):
        yield own
        return
    note = squeeze(" ".join(block.words for block in letter.written(own.blocks)))[:1_000]
    forwarder = own.forwarder or mail.name or mail.sender
    for inner in mail.attached[:MAX_ATTACHED]:
        for below in _letters(inner, source, page, depth=depth + 1):
            yield replace(below, note=squeeze(f"{note} {below.note}"), forwarded=True, forwarder=forwarder)


def _own(mail: Mail, source: Source, page: Page) -> Letter:
    """Choose between the part in HTML, where it leads anywhere, and the text."""
    web = tuple(block for part in mail.of("text/html") for block in letter.of_html(part, source, page))
    texts = [] if _leads_anywhere(web) else [decode(part.body, part.charset) for part in mail.of("text/plain")]
    plain = tuple(block for text in texts for block in plainletter.lines(text))
    kept = [letter.preformatted(part, source, page) for part in mail.of("text/html")]
    works = tuple(work for text in (*texts, *kept) for work in records.read(text))
    is_plain = bool(plain) and (not web or bool(works) or _leads_anywhere(plain))
    found = letter.opened((plain if is_plain else web)[:MAX_BLOCKS], forwarded=sorts.is_forward(mail.subject))
    sender, name = (found.sender or mail.sender), (found.name if found.forwarded else mail.name)
    forwarder = mail.name or mail.sender if found.forwarded else ""
    return replace(
        found,
        sender=sender,
        name=name,
        plain=is_plain,
        records=works,
        forwarder=forwarder,
        bulk=sorts.is_bulk(mail),
        answers=sorts.is_answer(mail),
        subject=mail.subject,
    )


def _leads_anywhere(found: Sequence[Block]) -> bool:
    return any(run.url for block in found for run in block.runs)


def _entries(read: Letter) -> tuple[Entry, ...]:
    kept = letter.content(read.blocks, sender=read.sender)
    cut = plainletter.cut(kept) if read.plain else prose.merged(bulletin.cut(citation.without(kept)), kept)
    found = tuple(entry for entry in cut if entry.url and urls.is_web(entry.url))
    others = tuple(entry for entry in found if not _is_masthead(entry, read))
    return others if len(others) >= 2 else found


def _is_masthead(entry: Entry, read: Letter) -> bool:
    """Whether what seems an item is the letter's own name, with the words of welcome below it."""
    said = squeeze(re.sub(r"\W+", " ", entry.title)).casefold()
    names = (read.name, read.subject, *re.split(r"\s*[:|–—-]\s+|\s*,\s+", read.subject))
    if not said or said not in (squeeze(re.sub(r"\W+", " ", name)).casefold() for name in names):
        return False
    return not any(run.url == entry.url and (is_label(run.words) or squeeze(run.words) == entry.title) for block in read.blocks for run in block.runs)


def _is_alert(read: Letter, entries: Sequence[Entry]) -> bool:
    """Part alerts from what one person writes to another."""
    if read.bulk or read.records or sorts.is_robot(read.sender) or sorts.speaks_of_leaving(" ".join(block.words for block in read.blocks)):
        return True
    if read.forwarded:
        return len(entries) >= _MANY
    own = letter.written(read.blocks)
    said = " ".join(block.words for block in own)
    named = {run.url for block in own for run in block.runs}
    first = next((block.words for block in own if block.words), "")
    is_note = (sorts.greets(first) or read.answers or letter.signs_off(own)) and len(said) < _SHORT
    return sum(entry.url in named for entry in entries) >= _MANY and not is_note


def _asks_to_confirm(read: Letter, entries: Sequence[Entry]) -> bool:
    """Whether a mail only wants its recipient to confirm something; nobody follows such a link by itself."""
    return len(entries) < _MANY and sorts.asks_to_confirm(" ".join(block.words for block in read.blocks))


def _is_wanted(sender: str, allowed: Sequence[str]) -> bool:
    """Say whether a sender is among those that the source is for, by address or by domain."""
    if not allowed:
        return True
    address = sender.lower()
    domains = [one.lower().lstrip("@") for one in allowed]
    return address in domains or any(address.endswith(("@" + one, "." + one)) for one in domains)


def _via(mail: Mail) -> str:
    """Name the mail, so that it can be found again where it lies."""
    when = f"{mail.sent:%Y-%m-%d}" if mail.sent else ""
    return ", ".join(part for part in (f"“{mail.subject}”" if mail.subject else "", mail.sender, when, f"<{mail.id}>" if mail.id else "") if part)[
        :500
    ]


# ---------------------------------------------------------------- leads


def _read(read: Letter, entries: Sequence[Entry], sort: Sort) -> Iterator[Lead]:
    if read.records:
        return _works(read)
    if sort is Sort.PERSONAL:
        return _personal(read)
    return _alert(read, entries) if entries else _named(read)


def _works(read: Letter) -> Iterator[Lead]:
    """The works that a catalogue describes field by field."""
    for work in read.records:
        yield Lead(
            source="",
            url=work.url,
            title=work.title,
            description=work.abstract or None,
            creators=work.creators,
            recommended_by=read.forwarder or None,
            note=read.note or None,
        )


def _alert(read: Letter, entries: Sequence[Entry]) -> Iterator[Lead]:
    authors = {} if read.plain else citation.authors(letter.content(read.blocks, sender=read.sender))
    for entry in entries:
        if entry.url:
            yield Lead(
                source="",
                url=entry.url,
                title=citation.plain(entry.title).rstrip(".") or None,
                description=entry.blurb or None,
                creators=authors.get(entry.url) or authors.get(entry.title, ()),
                recommended_by=read.forwarder or None,
                note=read.note or None,
            )


def _named(read: Letter) -> Iterator[Lead]:
    """The links of a letter to many that has no items marked: those whose words could be a title."""
    yield from (replace(lead, note=read.note or None) for lead in _personal(read) if lead.title and len(lead.title.split()) > 2)


def _personal(read: Letter) -> Iterator[Lead]:
    """Each link of a personal mail, with the words it stands in."""
    seen: set[str] = set()
    before = ""
    for block in letter.content(letter.written(read.blocks), sender=read.sender):
        said = squeeze(_ADDRESS.sub("", block.words)).strip(" :<>()")
        for run in block.runs:
            if not run.url or not urls.is_web(run.url) or run.url in seen or heads.is_root(run.url):
                continue
            seen.add(run.url)
            named = squeeze(run.words) if len(run.words.split()) > 1 and not _ADDRESS.search(run.words) else None
            if read.plain and named != said:
                named = None  # what stands before an address in a sentence is no title
            yield Lead(
                source="",
                url=run.url,
                title=named,
                note=said or before or read.note or None,
                recommended_by=read.forwarder or read.name or read.sender or None,
            )
        before = said if said and not sorts.greets(said) else before
