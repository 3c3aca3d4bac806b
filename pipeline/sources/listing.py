"""A web page that lists resources and has no feed, to leads: cut by itself, or by a curator's selectors. Fetches nothing.

Options: `select` (CSS selectors `item`, `link`, `title`, `blurb`, `posted_by`, `date`) and `follow` (false: never turn to the next page).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from pipeline import dates, urls
from pipeline.errors import ParseError
from pipeline.late import late
from pipeline.model import Lead, Page, Request, Source
from pipeline.sources import cut, entry, lines, markup
from pipeline.sources.labels import is_label, kind_of_label
from pipeline.sources.markup import Element
from pipeline.sources.options import Options, problems
from pipeline.text import clip, squeeze

if TYPE_CHECKING:
    import bs4
    import soupsieve
else:
    bs4 = late("bs4")
    soupsieve = late("soupsieve")

_KNOWN = {"select": dict, "follow": bool}
_SELECTORS = {"item": str, "link": str, "title": str, "blurb": str, "posted_by": str, "date": str}
_NEXT_WORDS = re.compile(r"(?:next(?: page)?|older(?: posts| entries)?|more results)\W*|[›»→>]{1,2}", re.IGNORECASE)

_CURRENT = re.compile(r"(?:^|[\s_-])(?:current|active|selected|is-active)(?:$|[\s_-])", re.IGNORECASE)
_NUMBER = re.compile(r"(?<!\d)\d{1,4}$")


def check(options: Options) -> Iterator[str]:
    """Say what is wrong with a listing's options: unknown keys, selectors that are no CSS, a `select` without its `item`."""
    yield from problems(options, _KNOWN, where="a listing")
    select = options.get("select")
    if not isinstance(select, dict):
        return
    yield from problems(select, _SELECTORS, where="select")
    if "item" not in select:
        yield "select needs an `item`, the selector of one resource; the others are looked for inside it"
    for key, selector in select.items():
        if key in _SELECTORS and isinstance(selector, str):
            try:
                soupsieve.compile(selector)
            except (soupsieve.SelectorSyntaxError, ValueError) as error:
                yield f"select: {key} is no CSS selector: {clip(squeeze(str(error)), 120)}"


def title(source: Source, page: Page) -> str | None:
    """Read the page's own title."""
    found = next(markup.html(source, page).iter("title"), None)
    return clip(markup.words(found), 300) or None if found is not None else None


def leads(source: Source, page: Page) -> Iterator[Lead | Request]:
    """Read the resources that a page lists, in its order, each address once; then ask for the next page, where it names one."""
    root = markup.html(source, page)
    found = list(_selected(source, page, root) if source.options.get("select") else _cut(source, page, root))
    if not found and urls.canonical(page.url) == urls.canonical(source.url):  # a last page that is empty is no fault
        advice = "its selectors match nothing there" if source.options.get("select") else "name its items with `select`, as CSS selectors"
        raise ParseError(f"{source.id}: no resources were found on {page.url}; {advice}.", source=source.id)
    seen: set[str] = set()
    for lead in found:
        if (same := urls.canonical(lead.url)) not in seen:
            seen.add(same)
            yield lead
    if seen and source.options.get("follow", True) and (following := _next(root, page)):
        yield Request(url=following)


def _cut(source: Source, page: Page, root: Element) -> Iterator[Lead]:
    base = markup.base_of(root, page)
    found = cut.items(lines.read(root, base), page.url) or cut.items(lines.read(root, base, strict=False), page.url)
    yield from entry.leads(source, page, found)


def _selected(source: Source, page: Page, root: Element) -> Iterator[Lead]:
    options = source.options["select"]
    select = {str(key): str(value) for key, value in options.items()} if isinstance(options, dict) else {}
    base = markup.base_of(root, page)
    soup = bs4.BeautifulSoup(markup.decode(page), "lxml")
    try:
        for item in soup.select(select.get("item", "body"), limit=cut.MAX_ITEMS):
            if lead := _lead(source, item, select=select, base=base):
                yield lead
    except (soupsieve.SelectorSyntaxError, RecursionError) as error:
        raise ParseError(f"{source.id}: a selector does not work on {page.url}: {clip(squeeze(str(error)), 120)}.", source=source.id) from error


def _lead(source: Source, item: bs4.Tag, *, select: dict[str, str], base: str) -> Lead | None:
    def words(key: str) -> str:
        found = item.select_one(select[key]) if select.get(key) else None
        return squeeze(found.get_text(" ")) if found else ""

    links = [one for one in (item.select(select["link"]) if select.get("link") else [item, *item.find_all("a")]) if one.get("href")]
    link = next((one for one in links if urls.join(base, str(one["href"]))), None)
    if link is None:
        return None
    own = squeeze(link.get_text(" "))
    heading = words("title") or own
    day = dates.parse(words("date")) if words("date") else None
    label = own if is_label(own) else None
    return Lead(
        source=source.id,
        url=urls.join(base, str(link["href"])) or "",
        title=heading if heading and not is_label(heading) else None,
        description=words("blurb") or None,
        posted_by=words("posted_by") or None,
        published=day,
        label=label,
        kind=kind_of_label(label) if label else None,
    )


def _next(root: Element, page: Page) -> str | None:
    """Find the next page of a listing: `rel="next"`, or a link that says so; on the same host, and not the page itself."""
    base = markup.base_of(root, page)
    named = [one for one in (*root.iter("link"), *root.iter("a")) if "next" in (one.get("rel") or "").lower().split()]
    said = [one for one in root.iter("a") if _NEXT_WORDS.fullmatch(markup.words(one)) and _is_pager(one)]
    for one in (*named, *said, *_following(root)):
        url = urls.join(base, one.get("href") or "")
        if url and urls.host(url) == urls.host(page.url) and url != urls.clean(page.url):
            return url
    return None


def _following(root: Element) -> Iterator[Element]:
    """Find the number after that of this page, where a row of numbers says which one this is."""
    for one in root.iter("a", "span", "li", "strong", "em", "b"):
        says = one.get("aria-current") in ("page", "true") or _CURRENT.search(one.get("class") or "")
        number = _number(one) if says else ""
        if number and _is_pager(one):
            row = next((up for up in islice(one.iterancestors(), 4) if sum(1 for _ in up.iter("a")) > 1 or markup.local(up) == "nav"), None)
            yield from (link for link in (row.iter("a") if row is not None else ()) if _number(link) == str(int(number) + 1))


def _number(link: Element) -> str:
    found = _NUMBER.search(markup.words(link))
    return found[0] if found else ""


def _is_pager(link: Element) -> bool:
    """Say whether a link stands among page numbers, rather than under a slide show."""
    around = [link, *list(link.iterancestors())[:4]]
    return any(
        re.search(r"pag(?:er|ination|ing|e-n)|nav", f"{one.get('class') or ''} {one.get('id') or ''} {one.tag}", re.IGNORECASE) for one in around
    )
