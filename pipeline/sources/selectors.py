"""Known items and a page that names them to CSS selectors that find them there: item, link, title, blurb and what else is known. Fetches nothing.

A selector is made of a tag, a class that repeats, or one of these under the class of a parent. Positions (`nth-child`), classes that name one item, a
state or a build of the site (`post-1234`, `is-active`, `css-1x2y3z`) are never used: they would not last. Items are chosen as a person would: what
holds one known item each, looks alike, and holds most of its words.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median

from bs4 import BeautifulSoup, Tag

from pipeline import dates, urls
from pipeline.model import Lead, Page
from pipeline.sources import cut, markup
from pipeline.text import squeeze, words

MAX_BYTES = 1_000_000
MAX_ELEMENTS = 10_000
MAX_NESTED = 60
"""Elements around another."""
MAX_TRIED = 150
"""Selectors of items that are tried: those that stand for most known ones."""
MAX_STRANGE = 300
"""Elements without a known item whose likeness is looked at, for each selector."""
MAX_DEPTH = 12
"""Elements above a known link that could be its item."""
MAX_INSIDE = 200
"""Elements of one item that are looked at."""
MOST = 500
"""Characters of a line that could be a title."""
CLASSES = 5
ALIKE = 0.5
"""Part of the tags and classes inside that two items share."""
PARAGRAPH = 40
"""Characters; what is longer and is no title is a blurb."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_STATE = re.compile(
    r"(?:is|has|js)-.*|active|current|selected|open|opened|closed|first|last|odd|even|hidden|visible|new|sticky|lazy(?:load(?:ed|ing)?)?"
)
_BUILT = re.compile(r"(?:css|sc|jsx|svelte|styled|emotion)-.*|.*\d{3,}.*", re.IGNORECASE)
_MIXED = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9]{5,}")
_PLAIN = frozenset(("a", "article", "li", "tr", "dt", "dd", "section", "h1", "h2", "h3", "h4", "h5", "h6", "p", "time", "td", "blockquote", "figure"))
_AROUND = frozenset(("html", "body", "main", "nav", "header", "footer", "head", "form"))
_PLACES = frozenset(("main", "article", "section", "details", "table", "dl", "ol"))
_ASIDE = ("nav", "aside", "footer", "form")
_INLINE = frozenset(("b", "i", "em", "strong", "span", "mark", "small", "br", "img", "svg", "path"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """The keys of `select`, empty where nothing was found, and the places in the list of those known items that are on the page at all."""

    select: Mapping[str, str]
    named: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A page: which known items stand at or under which element (by its `id()`), the elements by each selector that finds them, and what was
    found out about the shapes of elements."""

    under: Mapping[int, frozenset[int]]
    found: Mapping[str, list[Tag]]
    base: str
    everything: int
    shapes: dict[int, frozenset[str]]


def derive(page: Page, known: Sequence[Lead]) -> Derived:
    """Find the known items on a page, and the selectors that find them there where they stand in a pattern of their own."""
    base, elements = _read(page)
    marks = _marks(elements, known, base)
    named = frozenset(number for _, number in marks)
    if len(named) < 2:
        return Derived(select={}, named=named)
    sheet = _Sheet(_under(marks), _index(marks, elements), base, len(named), {})
    worth = {css: round(_worth(css, sheet), 6) for css in sheet.found}
    best = max(worth, key=lambda css: (worth[css], bool(re.search(r"[.#]", css)), -len(css), css), default="")
    if not worth.get(best):
        return Derived(select={}, named=named)
    return Derived(select={"item": best, **_inside(sheet, _singles(sheet, best), known)}, named=named)


def _read(page: Page) -> tuple[str, list[Tag]]:
    """Give the base of a page's links and its elements, within bounds: a page of a list that people read has no more, and no deeper ones."""
    if len(page.body) > MAX_BYTES:
        return page.url, []
    soup = BeautifulSoup(markup.decode(page), "lxml")
    base = soup.find("base", href=True)
    depth: dict[int, int] = {}
    elements: list[Tag] = []
    for one in islice(soup.find_all(True), MAX_ELEMENTS):
        depth[id(one)] = depth.get(id(one.parent), 0) + 1
        if depth[id(one)] <= MAX_NESTED:
            elements.append(one)
    return (urls.join(page.url, str(base["href"])) or page.url) if isinstance(base, Tag) else page.url, elements


def _lines(elements: Sequence[Tag]) -> Iterator[Tag]:
    """Choose the elements that hold no more words than a title has."""
    length: Counter[int] = Counter()
    for element in elements:
        own = sum(len(text.strip()) for text in element.find_all(string=True, recursive=False))
        for around in (element, *element.parents) if own else ():
            length[id(around)] += own
    for element in elements:
        if element.name not in _AROUND and 0 < length[id(element)] <= MOST:
            yield element


def _line(element: Tag) -> str:
    return squeeze("".join(element.strings))


# ---------------------------------------------------------------- where the known items are


def _marks(elements: Sequence[Tag], known: Sequence[Lead], base: str) -> list[tuple[Tag, int]]:
    """Find links to known addresses, and lines that are a known title."""
    addresses = {urls.canonical(lead.url): number for number, lead in enumerate(known)}
    titles = {title: number for number, lead in enumerate(known) if len(title := words(lead.title or "")) > 2}
    found = {id(one): (one, number) for one in _lines(elements) if titles and (number := titles.get(words(_line(one)))) is not None}
    for one in elements:
        if one.name == "a" and (number := addresses.get(_target(one, base) or "")) is not None:
            found[id(one)] = one, number
    return list(found.values())


def _target(link: Tag, base: str) -> str | None:
    href = link.get("href")
    url = urls.join(base, str(href)) if href else None
    return urls.canonical(url) if url else None


def _under(marks: Sequence[tuple[Tag, int]]) -> dict[int, frozenset[int]]:
    under: dict[int, set[int]] = defaultdict(set)
    for mark, number in marks:
        for element in (mark, *mark.parents):
            under[id(element)].add(number)
    return {key: frozenset(numbers) for key, numbers in under.items()}


# ---------------------------------------------------------------- selectors


def _index(marks: Sequence[tuple[Tag, int]], elements: Sequence[Tag]) -> dict[str, list[Tag]]:
    """List what each selector finds, for the selectors that find a known item or something around one."""
    tried = Counter(
        css
        for mark, _ in marks
        for element in (mark, *islice(mark.parents, MAX_DEPTH))
        if element.name not in _AROUND and element.name not in _INLINE
        for css in set(_selectors(element))
    )
    wanted = {css for css, count in tried.most_common(MAX_TRIED) if count > 1}
    found: dict[str, list[Tag]] = defaultdict(list)
    for element in elements:
        for css in _selectors(element):
            if css in wanted:
                found[css].append(element)
    return found


def _selectors(element: Tag) -> Iterator[str]:
    """Give the selectors that could stand for an element."""
    own = _classes(element)
    yield from (f".{name}" for name in own)
    yield from (f"{element.name}.{name}" for name in own)
    if element.name in _PLAIN:
        yield element.name
    parent = element.parent
    if parent is not None and _NAME.fullmatch(element.name):
        yield from (f".{name} > {element.name}" for name in _classes(parent))
        name = str(parent.get("id") or "")
        if _lasts(name):
            yield f"#{name} > {element.name}"
    if element.name in _PLAIN and not own:
        for around in islice(element.parents, 1, 4):
            yield from (f".{name} {element.name}" for name in _classes(around)[:2])
            if around.name in _PLACES:
                yield f"{around.name} {element.name}"


def _classes(element: Tag) -> list[str]:
    names = element.get("class") or []
    return [str(name) for name in names if _lasts(str(name))][:CLASSES]


def _lasts(name: str) -> bool:
    """Say whether a name will still be there when the next item comes and the site is built anew."""
    if not _NAME.fullmatch(name) or len(name) > 60 or _STATE.fullmatch(name) or _BUILT.fullmatch(name):
        return False
    return not any(_MIXED.fullmatch(part) for part in re.split(r"[-_]+", name))


# ---------------------------------------------------------------- items


def _singles(sheet: _Sheet, css: str) -> dict[int, Tag]:
    """The elements that hold one known item each, by its number."""
    found: dict[int, Tag] = {}
    for element in sheet.found[css]:
        numbers = sheet.under.get(id(element), frozenset())
        if len(numbers) == 1:
            found.setdefault(next(iter(numbers)), element)
    return found


def _worth(css: str, sheet: _Sheet) -> float:
    """Weigh a selector of items: how many of the known ones it finds, how much of what it finds is one or looks like one, how many these are (a row
    of three cards is no item), and how many words are in them. Zero where it finds boxes in boxes."""
    elements, singles = sheet.found[css], _singles(sheet, css)
    if len(singles) < 2 or len(elements) > cut.MAX_ITEMS or _nested(elements):
        return 0.0
    recall = len(singles) / sheet.everything
    if recall <= 0.5:
        return 0.0
    some = [_shape(element, sheet) for element in islice(singles.values(), 5)]
    strange = [element for element in elements if not sheet.under.get(id(element))]
    seen = strange[:MAX_STRANGE]
    alike = sum(_has_link(element) and not element.find_parent(_ASIDE) and _is_alike(_shape(element, sheet), some) for element in seen)
    alike = round(alike * len(strange) / len(seen)) if seen else 0
    items = len(singles) + alike
    purity = items / len(elements)
    length = median(min(len(element.get_text()), 600) for element in islice(singles.values(), 20))
    return float(recall**2 * purity * items**0.35 * (length + 1) ** 0.25 * (1 if _has_name(css) else 0.8))


def _has_name(css: str) -> bool:
    """Say whether a selector has more to go by than a tag."""
    return bool(re.search(r"[.#\s]", css))


def _has_link(element: Tag) -> bool:
    return element.name == "a" or element.find("a", href=True) is not None


def _nested(elements: Sequence[Tag]) -> bool:
    mine = {id(element) for element in elements}
    return any(id(parent) in mine for element in islice(elements, 200) for parent in element.parents)


def _shape(element: Tag, sheet: _Sheet) -> frozenset[str]:
    """What an element is made of: the tags inside, with their lasting classes, and what it stands in."""
    if id(element) not in sheet.shapes:
        inside = islice((one for one in element.descendants if isinstance(one, Tag)), MAX_INSIDE)
        made = {css for one in inside for css in (one.name, *(f".{name}" for name in _classes(one)))}
        sheet.shapes[id(element)] = frozenset(made | {f"in {element.parent.name if element.parent else ''}"})
    return sheet.shapes[id(element)]


def _is_alike(shape: frozenset[str], others: Sequence[frozenset[str]]) -> bool:
    return any(len(shape & other) >= ALIKE * len(shape | other) for other in others)


# ---------------------------------------------------------------- what is in an item


def _inside(sheet: _Sheet, items: Mapping[int, Tag], known: Sequence[Lead]) -> dict[str, str]:
    """Choose the selectors inside an item, each by what it ought to give. A link that needs no selector has none."""
    chosen: dict[str, str] = {}
    firsts = {number: _firsts(item) for number, item in items.items()}
    targets = {number: _link(item, known[number], sheet.base) for number, item in items.items()}
    if any(item.name != "a" for item in items.values()):
        chosen["link"] = _field(firsts, lambda one, number: bool(targets[number]) and _target(one, sheet.base) == targets[number]) or "a"
    wanted: tuple[tuple[str, Callable[[Lead], str | None]], ...] = (
        ("title", lambda lead: lead.title),
        ("blurb", lambda lead: lead.description),
        ("posted_by", lambda lead: lead.posted_by),
    )
    for key, tell in wanted:
        told = {number: words(tell(known[number]) or "") for number in items}
        if css := _field(firsts, _saying(told)):
            chosen[key] = css
    chosen.setdefault("title", _field(firsts, lambda one, _: one.name in ("h1", "h2", "h3", "h4", "h5", "h6")) or "")
    if "blurb" not in chosen:
        chosen["blurb"] = _paragraph(firsts, chosen["title"])
    chosen["date"] = _field(firsts, lambda one, number: _is_day(one, known[number])) or ""
    if chosen["title"] == chosen.get("link"):
        chosen["title"] = ""  # a link's own words are the title where nothing else is named
    return {key: css for key, css in chosen.items() if css}


def _saying(told: Mapping[int, tuple[str, ...]]) -> Callable[[Tag, int], bool]:
    return lambda one, number: bool(told[number]) and _says(_words_of(one), told[number])


def _firsts(item: Tag) -> dict[str, Tag]:
    """The first element inside an item for each selector, as `select_one` would give it."""
    found: dict[str, Tag] = {}
    for one in islice((one for one in item.descendants if isinstance(one, Tag)), MAX_INSIDE):
        for css in (*_selectors(one), one.name):
            found.setdefault(css, one)
    return found


def _link(item: Tag, lead: Lead, base: str) -> str | None:
    """Where an item's link leads: to the known address, else to where its title does, else to where its only link does."""
    links = [item, *item.find_all("a", href=True)] if item.name == "a" else item.find_all("a", href=True)
    targets = [target for link in links if isinstance(link, Tag) and (target := _target(link, base))]
    if urls.canonical(lead.url) in targets:
        return urls.canonical(lead.url)
    title = words(lead.title or "")
    named = [target for link in links if isinstance(link, Tag) and words(_line(link)) == title and (target := _target(link, base))]
    return next(iter(named), targets[0] if len(set(targets)) == 1 else None)


def _field(firsts: Mapping[int, Mapping[str, Tag]], holds: Callable[[Tag, int], bool]) -> str | None:
    """Choose the selector whose first match is right in most items: in at least half of those in which anything is."""
    right: Counter[str] = Counter()
    for number, found in firsts.items():
        right.update(css for css, one in found.items() if holds(one, number))
    if not right:
        return None
    most = max(right.values())
    if 2 * most < len(firsts):
        return None
    return min((css for css, count in right.items() if count == most), key=lambda css: (">" in css, len(css), css))


def _paragraph(firsts: Mapping[int, Mapping[str, Tag]], title: str) -> str:
    """Choose what reads like a blurb: a paragraph in most items, another in each, that is not the title and not the whole item."""
    titles = {id(found[title]) for found in firsts.values() if title in found}

    def reads(one: Tag, _: int) -> bool:
        return (
            one.name in ("p", "div", "span", "td", "dd")
            and len(_words_of(one)) > PARAGRAPH // 5
            and not any(id(inner) in titles for inner in one.find_all(True))
        )

    css = _field(firsts, reads)
    said = [squeeze(found[css].get_text(" ")) for found in firsts.values() if css in found] if css else []
    return css if css and len(set(said)) == len(said) else ""


def _words_of(element: Tag) -> tuple[str, ...]:
    return words(squeeze(element.get_text(" "))[: 4 * MOST])


def _says(said: tuple[str, ...], told: tuple[str, ...]) -> bool:
    """Say whether two texts are one: equal, or nearly all of each in the other (a blurb that was cut short begins alike)."""
    if said == told:
        return True
    short, long = sorted((said, told), key=len)
    return len(short) > 5 and len(short) > len(long) / 2 and sum((Counter(short) & Counter(long)).values()) >= 0.8 * len(short)


def _is_day(element: Tag, lead: Lead) -> bool:
    """Say whether an element states the day of its item; where that is not known, whether it is made for a time."""
    if lead.published is None:
        return str(element.name) == "time"
    line = _line(element)
    found = dates.parse(line) if 5 < len(line) < 60 else None
    return found is not None and dates.day(found) == dates.day(lead.published)
