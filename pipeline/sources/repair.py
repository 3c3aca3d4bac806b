"""Judgements on a source that changed: does it give what it gave, has it moved, are these new things or old ones at new addresses? Fetches nothing.

What would mend a listing, `selectors` finds; here it is tried and counted. Nothing is changed: a person accepts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

from pipeline import urls
from pipeline.dates import day, long
from pipeline.errors import ParseError
from pipeline.late import late
from pipeline.model import KeptPage, Lead, Page, Repair, Source
from pipeline.sources import markup
from pipeline.text import counted, words

if TYPE_CHECKING:
    from pipeline.sources import listing, selectors
else:  # only a listing that went wrong is mended
    listing, selectors = late("pipeline.sources.listing"), late("pipeline.sources.selectors")

FEW = 4
"""A source that gave fewer leads is too small to be judged by their number; and a fall to this part of them is a fall."""
MANY = 3
"""So few are no chance: entries that came at new addresses, known items that are on a page and not found, entries without titles."""
PREVIEW = 5
LAST, BEFORE = 10, 30
"""Items that are compared for a drift: the last ones with those before."""
SHORT = 4
"""Texts that are so many times shorter than before are no longer the texts."""
LONG_ENOUGH = 100
"""Words; where texts were shorter before, their length says nothing."""
SAME, VARIED = 0.5, 0.2
"""Share of items with one title that is too much, and that was usual before."""
_COMMON = 2  # words; shorter titles ("News", "About us") are no sign of anything


def titled(leads: Iterable[Lead]) -> int:
    """Count the different titles."""
    return len({words(lead.title) for lead in leads if lead.title})


def fault(source: Source, page: Page, *, found: Sequence[Lead], good: KeptPage | None, known: Sequence[Lead]) -> str | None:
    """Say what is wrong with what a source gives now, beside its last good page and what it said before; `None` where all is well."""
    if good is None or not good.leads:
        return None
    then = f"on {long(day(good.page.fetched), 'en')}"
    if not found:
        return f"Nothing is found there any more; {counted(good.leads, 'item')} {then}."
    if good.titled >= max(MANY, 0.8 * good.leads) and len(found) >= MANY and titled(found) <= 0.2 * len(found):
        return f"The titles are gone: {titled(found)} among {counted(len(found), 'item')}, {good.titled} among {good.leads} {then}."
    if source.kind != "listing":
        return None
    here, missed = overlap(found, known), missing(page, found=found, known=known)
    if missed >= MANY and missed > here:
        return f"Of {counted(here + missed, 'known item')} that the page names, only {here} {'is' if here == 1 else 'are'} found on it."
    if good.leads >= FEW and len(found) * FEW <= good.leads and (missed or not here):
        return f"Only {counted(len(found), 'item')} {'is' if len(found) == 1 else 'are'} found; {good.leads} {then}."
    return None


def missing(page: Page, *, found: Sequence[Lead], known: Sequence[Lead]) -> int:
    """Count the known items that a page links to and that were not found on it."""
    return len(_linked(page) & {urls.canonical(lead.url) for lead in known} - {urls.canonical(lead.url) for lead in found})


def overlap(found: Iterable[Lead], known: Iterable[Lead]) -> int:
    """Count what of one list is in the other, by address or by a title of some words."""
    known = tuple(known)
    addresses, titles = {urls.canonical(lead.url) for lead in known}, {_title(lead) for lead in known} - {()}
    return sum(urls.canonical(lead.url) in addresses or _title(lead) in titles for lead in found)


def moved_entries(found: Sequence[Lead], known: Sequence[Lead]) -> Mapping[str, str]:
    """Say which new addresses lead to what is known from the same source: new address → old one.

    After a site moved, its feed names everything anew. Entries count as the same where title and day are, if such entries are at least three and
    half of all that seem new. A title that was used twice counts for nothing.
    """
    addresses = {urls.canonical(lead.url) for lead in known}
    strange = [lead for lead in found if urls.canonical(lead.url) not in addresses]
    names = Counter(name for lead in known if (name := _name(lead)))
    twice = Counter(_name(lead) for lead in strange)
    old = {name: lead.url for lead in known if (name := _name(lead)) and names[name] == 1}
    same = {lead.url: old[name] for lead in strange if (name := _name(lead)) in old and twice[name] == 1}
    return same if len(same) >= MANY and 2 * len(same) >= len(strange) else {}


def drift(seen: Sequence[tuple[str, int]]) -> str | None:
    """Say how the last items of a source differ from those before, from title and number of words of each, the last first: texts that are suddenly
    short, titles that are suddenly equal. `None` where they do not."""
    last, before = seen[:LAST], seen[LAST : LAST + BEFORE]
    if len(before) < LAST:
        return None
    said = []
    then, now = median(count for _, count in before), median(count for _, count in last)
    if then >= LONG_ENOUGH and now * SHORT < then:
        said.append(f"The texts of its last {len(last)} items are suddenly short: {now:,.0f} words, {then:,.0f} before.")
    title, most = _commonest(last)
    if most >= SAME * len(last) and _commonest(before)[1] <= VARIED * len(before):
        said.append(f"{most} of its last {len(last)} items have the same title, “{title}”.")
    return " ".join(said) or None


def reselect(source: Source, page: Page, known: Sequence[Lead]) -> Repair | None:
    """Propose selectors that find the known items of a listing on its page as it is now; `None` where fewer than half of them would be found."""
    derived = selectors.derive(page, known)
    if not derived.select:
        return None
    select, told = derived.select, [known[number] for number in sorted(derived.named)]
    proposed = replace(source, options={**source.options, "select": select})
    try:
        found = [one for one in listing.leads(proposed, page) if isinstance(one, Lead)]
    except ParseError:
        return None
    repair = weigh(source, found, told)
    return replace(repair, select=select) if 2 * repair.matched > repair.known else None


def weigh(source: Source, found: Sequence[Lead], known: Sequence[Lead]) -> Repair:
    """Say how well what was found stands for what is known."""
    matched = overlap(known, found)
    fresh = len(found) - overlap(found, known)
    return Repair(kind=source.kind, url=source.url, matched=matched, known=len(known), fresh=fresh, preview=tuple(found[:PREVIEW]))


def sentence(repair: Repair) -> str:
    """Say what a proposal would find."""
    fresh = f", and {repair.fresh} that {'is' if repair.fresh == 1 else 'are'} new" if repair.fresh else ""
    return f"matches {repair.matched} of {counted(repair.known, 'known item')}{fresh}"


def _linked(page: Page) -> set[str]:
    """The canonical addresses that a web page links to."""
    try:
        root = markup.html(Source(id="page", kind="listing", url=page.url), page)
    except ParseError:
        return set()
    base = markup.base_of(root, page)
    found = (urls.join(base, link.get("href") or "") for link in root.iter("a"))
    return {urls.canonical(url) for url in found if url}


def _title(lead: Lead) -> tuple[str, ...]:
    """The words of a title that is long enough to be one thing's own."""
    title = words(lead.title or "")
    return title if len(title) > _COMMON else ()


def _name(lead: Lead) -> tuple[tuple[str, ...], object] | None:
    """What makes an entry the same at another address: its title, with the day where it has one."""
    title = words(lead.title or "")
    return (title, day(lead.published) if lead.published else None) if len(title) > 1 else None


def _commonest(seen: Sequence[tuple[str, int]]) -> tuple[str, int]:
    return Counter(title for title, _ in seen).most_common(1)[0]
