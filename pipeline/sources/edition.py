"""An edition of another desk to leads: what it published, with credit to it. Fetches nothing.

The contract is the file `edition.json` that every desk writes, whose key `format` is `gleanings-edition/1`. Read are `organisation`, `title`,
`month_name`, `audience`, and of each of `sections[].entries[]` its `url`, `title`, `blurb`, `note`, `kind`, `published`, `source`, `event` and
`credits[]` (`role`, `name`). Anything else is passed over, so that later versions can be read too. Entries that a curator of theirs kept for
members are not in the file; an edition for members alone is refused. The address may also be a page or folder that lists editions: then the
newest is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from pipeline import dates, text, urls
from pipeline.errors import ParseError
from pipeline.model import Event, Kind, Lead, Page, Request, Source
from pipeline.sources import loose, markup
from pipeline.sources.markup import Element
from pipeline.sources.options import Options, problems

FORMAT = "gleanings-edition/"
FILE = "edition.json"
MAX_ENTRIES = 1_000
BLURB = 2_000

_MONTH = re.compile(r"/((?:19|20)\d\d-(?:0[1-9]|1[0-2]))(?:/|$)")
_MAKERS = ("author", "speaker", "in conversation with")


def check(options: Options) -> Iterator[str]:
    """Say what is wrong with the options: it has none."""
    yield from problems(options, {}, where="an edition of another desk")


def is_edition(page: Page) -> bool:
    """Say whether a page is an edition as desks write it."""
    return loose.is_json(page) and FORMAT.encode() in page.body[:200]


def title(source: Source, page: Page) -> str | None:
    """Read the name of the desk's digest."""
    if not loose.is_json(page):
        return None
    told = loose.document(source, page)
    return ", ".join(dict.fromkeys(one for one in (_line(told.get("title")), _line(told.get("organisation"))) if one)) or None


def leads(source: Source, page: Page) -> Iterator[Lead | Request]:
    """Read the entries, section by section; of a list of editions, ask for the newest. Raises `ParseError`."""
    if not loose.is_json(page):
        yield Request(url=_newest(source, page))
        return
    told = loose.document(source, page)
    if not loose.string(told.get("format")).startswith(FORMAT):
        if "jsonfeed.org" in loose.string(told.get("version")) and (beside := urls.join(page.url, FILE)):
            yield Request(url=beside)  # the feed of an edition stands beside it
            return
        raise ParseError(f"{source.id}: {page.url} is JSON, but no edition of a desk: its format is not {FORMAT}1.", source=source.id)
    if loose.string(told.get("audience")) not in ("", "public"):
        raise ParseError(f"{source.id}: {page.url} is for that desk's members; ask its editor for the public edition.", source=source.id)
    entries = [loose.of(one) for section in loose.each(told.get("sections")) for one in loose.each(loose.of(section).get("entries"))]
    for one in entries[:MAX_ENTRIES]:
        if lead := _lead(source, page, told, one):
            yield lead


def lists(root: Element, page: Page) -> bool:
    """Say whether a web page is one of a desk: it links to an edition for other desks."""
    return any((link.get("href") or "").partition("?")[0].endswith(FILE) for link in root.iter("a", "link")) and _linked(root, page) is not None


def _linked(root: Element, page: Page) -> str | None:
    """Find the newest edition that a web page links to, by the month in its address; `None` where it names none."""
    base = markup.base_of(root, page)
    found: dict[str, str] = {}
    for link in root.iter("a", "link"):
        url = urls.join(base, link.get("href") or "")
        month = _MONTH.search(url.partition("?")[0]) if url else None
        if url and month:
            found.setdefault(month[1], url[: month.end(1)] + f"/{FILE}")
        elif url and url.endswith(f"/{FILE}"):
            found.setdefault("", url)
    return found[max(found)] if found else None


def _newest(source: Source, page: Page) -> str:
    if url := _linked(markup.html(source, page), page):
        return url
    hint = f"Its address ends in /{FILE}; the page of an edition offers it for other desks."
    raise ParseError(f"{source.id}: {page.url} is no edition of a desk and names none.", source=source.id, hint=hint)


def _lead(source: Source, page: Page, told: loose.Object, entry: loose.Object) -> Lead | None:
    heading = text.clip(_line(entry.get("title")), 500)
    given = loose.string(entry.get("url"))
    url = given if urls.is_web(given) else None
    if not heading or loose.string(entry.get("audience")) not in ("", "public"):
        return None
    desk = _line(told.get("organisation")) or _line(told.get("title")) or urls.host(page.url)
    credits = [loose.of(one) for one in loose.each(entry.get("credits"))]
    return Lead(
        source=source.id,
        url=url or markup.stand_in(page.url, _line(entry.get("id")) or heading),
        page=url is not None,
        title=heading,
        description=text.clip(_line(entry.get("blurb")), BLURB) or None,
        published=_day(entry.get("published")),
        creators=tuple(dict.fromkeys(_makers(credits)))[:50],
        kind=_kind(entry.get("kind")),
        event=_event(loose.of(entry.get("event"))),
        recommended_by=desk,
        note=text.clip(_line(entry.get("note")), BLURB) or None,
        publisher=_line(entry.get("source")) or None,
        via=", ".join(one for one in (desk, _line(told.get("title")), _line(told.get("month_name"))) if one),
    )


def _makers(credits: Iterable[loose.Object]) -> Iterator[str]:
    """Name who made it as its source does, not as the other desk prefers to call them."""
    for one in credits:
        if one.get("role") in _MAKERS and (name := _line(one.get("written")) or _line(one.get("name"))):
            yield name


def _line(value: object) -> str:
    return text.clip(loose.words(value), BLURB if isinstance(value, str) and len(value) > 200 else 200)


def _day(value: object) -> date | None:
    return dates.parse(loose.string(value), dayfirst=False) if loose.string(value) else None


def _kind(value: object) -> Kind | None:
    name = loose.string(value)
    return Kind(name) if name in set(Kind) else None


def _event(told: loose.Object) -> Event | None:
    start, end = _day(told.get("start")), _day(told.get("end"))
    if start is None:
        return None
    online = told.get("online")
    return Event(
        start=start,
        end=end if isinstance(end, datetime) == isinstance(start, datetime) else None,
        all_day=told.get("all_day") is True,
        timezone=_line(told.get("timezone")) or None,
        location=_line(told.get("location")) or None,
        online=online if isinstance(online, bool) else None,
        hybrid=online == "mixed",
    )
