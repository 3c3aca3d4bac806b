"""The title of a page: what its heading, its metadata and its `<title>` agree on, without the name of the site."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice

from lxml import etree
from rapidfuzz import fuzz

from pipeline import text
from pipeline.extract import jsonld
from pipeline.extract.chrome import is_chrome
from pipeline.extract.document import Document, Element, Found, inner, written
from pipeline.extract.site import Site, fold

MAX_TITLE = 500
_MAX_CUTS = 4
_MAX_HEADINGS = 100
SEPARATOR = re.compile(
    r"_(?=[^_]{2,12}$)|\s+[|\-–—:•»«·/~›⋆]+\s+|\s*[|｜»]\s*|\s*:\s+(?=[A-Z][\w ]{2,30}$)|\s-{2,}\s|(?<=\S)\s::\s",
)
_BY = re.compile(r"\s+(?:by|von|par|por)\s+\S+(?:\s+\S+){0,3}$")
_DAY = re.compile(r"^\d{1,2}[./]\d{1,2}[./]\d{4}\s*[-–—|:]\s+")
_SECTION = re.compile(  # what stands between a title and the name of a site: the shelf, the writer, the month, the page
    r"(?:our )?(?:home(?:page)?|start(?:seite)?|accueil|inicio|blogs?|news(?:room)?|latest news|stor(?:y|ies)|articles?|insights?"
    r"|resources?|publications?|events?|opinion|features?"
    r"|press releases?|podcasts?|videos?|aktuelles|nachrichten|pressemitteilungen|actualités?|noticias|nieuws|nyheter|medium)"
    r"|page \d{1,3}|by (?-i:[A-ZÀ-Ý])\S+(?: \S+){0,3}|[a-z]{3}, (?:19|20)\d\d",
    re.IGNORECASE,
)
_SIZES = {"7": 7, "6": 6, "5": 5, "+4": 7, "+3": 6, "+2": 5}  # of <font>; ordinary words are 3
_SIZED = etree.XPath(
    "//font[@size] | //big | //*[self::p or self::span or self::div or self::center or self::td or self::b][contains(@style, 'font-size')]"
)
_LETTERS = re.compile(r"font-size\s*:\s*(\d{1,3}(?:\.\d)?)\s*(pt|px|em|rem|%)", re.IGNORECASE)
_IN_POINTS = {"pt": 1.0, "px": 0.75, "em": 12.0, "rem": 12.0, "%": 0.12}
_LARGE_POINTS = ((28.0, 7), (22.0, 6), (17.0, 5))
_HOME = etree.XPath(
    "//a[@href='/' or @href='./' or @href='index.html' or @href='/index.html' or @rel='home' or contains(@class, 'site-title')"
    " or contains(@class, 'logo') or contains(@class, 'brand')]"
)
_COPYRIGHT = etree.XPath("//text()[contains(., '©') or contains(., 'Copyright') or contains(., '(c)')]")
_OWNER = re.compile(
    r"(?:©|\(c\)|copyright)\W*(?:(?:19|20)\d\d(?:\W{1,3}(?:19|20)\d\d)?)?[\s,]*(?:by\s+)?([^\d.,|©·(][^.,|©·(\d]{2,50})", re.IGNORECASE
)
_PERIODICAL = re.compile(
    r"\b(?:news-?letters?|bulletins?|gazettes?|magazines?|rundbrief|nieuwsbrief|nyhetsbrev|bolet[ií]n|bollettino|cylchlythyr)\b", re.IGNORECASE
)
_CUT = ("...", "…")
_PARTED = re.compile(r"(?<=[\u3040-\u30ff\u3400-\u9fff])_")  # how pages in Chinese part title, section and site
_PAGE_TYPES = frozenset({"WebPage"})  # their name is that of the page's menu entry as often as its title

Candidate = tuple[str, str]  # title, rule


def title(document: Document, site: Site) -> Found[str]:
    """The page's own title, `None` where it has none but the name of its site."""
    if cited := document.meta("citation_title"):
        return _kept(cited)
    raw = _stated(document)
    cleaned = [(without_site(value, site), rule) for value, rule in raw]
    cleaned = [(value, rule) for value, rule in cleaned if value and not _only_site(value, site)]
    if whole := [one for one in cleaned if not one[0].endswith(_CUT)]:
        cleaned = whole
    headings = document.tree.findall(".//h1") or document.tree.findall(".//h2") or _large(document.tree)
    headings = (_below_house(headings, document) or headings)[:_MAX_HEADINGS]
    found = _agreed_heading(headings, raw, cleaned, site) or _lone_heading(
        headings, cleaned, site, is_alone=not document.tree.findall(".//h1") and not document.tree.findall(".//h2")
    )
    if found and (shorter := _without_trailer(found[0], cleaned, site)):
        found = shorter
    found = found or _agreed(_without_house(cleaned, document, site)) or _longest_heading(headings, site)
    if found and found[0].isupper():  # shouted by the style of the page; the metadata have it as it was written
        found = next((one for one in cleaned if fold(one[0]) == fold(found[0]) and not one[0].isupper()), found)
    return _kept(found) if found else None


def _below_house(headings: list[Element], document: Document) -> list[Element]:
    """The headings below the first, where this names the site, as in forums and old blogs: it ends the `<title>`, and one below it begins that."""
    cut = next(reversed(list(SEPARATOR.finditer(document.heading[:MAX_TITLE]))), None)
    if cut is None or len(headings) != 1 or headings[0].tag != "h1" or fold(written(headings[0])) != fold(document.heading[cut.end() :]):
        return []
    first = fold(document.heading[: cut.start()])
    return [one for one in islice(document.tree.iter("h2", "h3"), _MAX_HEADINGS) if fold(written(one)) == first]


def _large(tree: Element) -> list[Element]:
    """What pages from before style sheets have for a heading: the first words in the largest letters."""
    sizes = [(size, element) for element in islice(_SIZED(tree), _MAX_HEADINGS) if (size := _size(element))]
    largest = max((size for size, _ in sizes), default=0)
    first = next((element for size, element in sizes if size == largest and 3 < len(written(element)) < 160), None)
    return [first] if first is not None else []


def _size(element: Element) -> float:
    """How large its letters are, as the sizes of `<font>` count; 0 for ordinary ones."""
    if element.tag == "font":
        return float(_SIZES.get((element.get("size") or "").strip(), 0))
    if element.tag == "big":
        return float(4 + sum(one.tag == "big" for one in islice(element.iterancestors(), 3)) + len(element.findall(".//big")))
    if not (found := _LETTERS.search(element.get("style") or "")):
        return 0
    points = float(found[1]) * _IN_POINTS[found[2].lower()]
    return next((float(size) for least, size in _LARGE_POINTS if points >= least), 0.0)


def _without_house(cleaned: list[Candidate], document: Document, site: Site) -> list[Candidate]:
    """The titles without what only the page's own words call its site."""
    if not any(SEPARATOR.search(value) for value, _ in cleaned):
        return cleaned
    house = _house(document)
    return [(without_site(value, site, house=house), rule) for value, rule in cleaned]


def _house(document: Document) -> frozenset[str]:
    """What the page calls its site outside the metadata: the words or the picture of the way home, and whose the copyright is."""
    found = [words for link in _HOME(document.tree)[:6] for words in (inner(link), *(one.get("alt") or "" for one in link.iter("img")))]
    found += [one[1] for line in _COPYRIGHT(document.tree)[-3:] for one in _OWNER.finditer(line[:200])]
    return frozenset(fold(one) for one in found if 2 < len(one) < 60)


def _without_trailer(heading: str, cleaned: list[Candidate], site: Site) -> Candidate | None:
    """What the metadata agree on, where the heading only adds the name of the site or of its maker to it."""
    for value, rule in cleaned:
        rest = heading[len(value) :] if heading.startswith(value) else ""
        if rest and (site.is_named(rest) or _BY.match(rest)):
            return value, rule
    return None


def _kept(found: Candidate) -> Candidate:
    return text.clip(_DAY.sub("", found[0]) or found[0], MAX_TITLE), found[1]


def _stated(document: Document) -> list[Candidate]:
    """What the metadata call the page, the surest first."""
    metas = [document.meta(name) for name in ("dc.title", "parsely-title", "sailthru.title")]
    headline = jsonld.string(document.main, "headline", "name") if jsonld.type_of(document.main) not in _PAGE_TYPES else None
    social = [document.meta(name) for name in ("og:title", "twitter:title")]
    found = [*metas, (headline, "json-ld") if headline else None, *social, (document.heading, "title element") if document.heading else None]
    return [one for one in found if one]


def without_site(title: str, site: Site, *, house: frozenset[str] = frozenset()) -> str:
    """Cut the name of the site off either end, however often it stands there; `house` are folded names that must be met whole."""
    title = _PARTED.split(title, maxsplit=1)[0]
    for _ in range(_MAX_CUTS):
        cuts = list(SEPARATOR.finditer(title[:MAX_TITLE]))
        if not cuts:
            break
        before, last = title[: cuts[-1].start()].strip(), title[cuts[-1].end() :].strip()
        first, after = title[: cuts[0].start()].strip(), title[cuts[0].end() :].strip()
        if len(fold(before)) > 3 and (fold(last) in house or site.is_named(last) or (len(fold(before)) > 8 and _SECTION.fullmatch(last))):
            title = before
        elif len(fold(after)) > 8 and (fold(first) in house or site.is_named(first) or _SECTION.fullmatch(first)):
            title = after
        else:
            break
    return title


def _only_site(title: str, site: Site) -> bool:
    return len(title.split()) < 4 and site.is_named(title)


def _agreed_heading(headings: list[Element], raw: list[Candidate], cleaned: list[Candidate], site: Site) -> Candidate | None:
    """The heading that most of the metadata repeat, unless it is only a piece of the shortest of them."""
    stated = [f" {fold(value)} " for value, _ in raw]
    parts = {fold(part) for value, _ in raw for part in SEPARATOR.split(value)}
    best, best_rank = "", (0, 0)
    for heading in dict.fromkeys(map(written, headings)):
        folded = fold(heading)
        hits = sum(f" {folded} " in one for one in stated)
        if len(folded) > 3 and len(heading) < 300 and hits and (hits, len(folded)) > best_rank and not _only_site(heading, site):
            best, best_rank = heading, (hits, len(folded))
    shortest = min((len(fold(value)) for value, _ in cleaned), default=0)
    return (best, "h1") if best and (len(fold(best)) >= 0.5 * shortest or (" " in best and fold(best) in parts)) else None


def _lone_heading(headings: list[Element], cleaned: list[Candidate], site: Site, *, is_alone: bool) -> Candidate | None:
    """The only heading outside menus and sidebars, where it is long enough to be a title and not at odds with the metadata."""
    outside = [written(heading) for heading in headings if not is_chrome(heading)]
    unique = [one for one in dict.fromkeys(outside) if one and len(one) < 250 and not _only_site(one, site)]
    if len(unique) == 1 and cleaned and all(rule == "title element" and _PERIODICAL.search(value) for value, rule in cleaned):
        return None if _PERIODICAL.search(unique[0]) else (unique[0], "h1")  # the title is that of the paper in which it stands
    if len(unique) != 1 or not (len(unique[0].split()) >= 4 or len(unique[0]) >= 24 or not cleaned):
        return None
    if all(rule == "title element" for _, rule in cleaned) and len(unique[0].split()) >= 4 and is_alone:
        return unique[0], "h1"  # hand-made sites have one <title> for all their pages
    agreement = max((fuzz.token_set_ratio(fold(unique[0]), fold(value)) for value, _ in cleaned), default=100)
    return (unique[0], "h1") if agreement >= 45 else None


def _agreed(cleaned: list[Candidate]) -> Candidate | None:
    """What two or more of the metadata say, else the surest of them."""
    if not cleaned:
        return None
    most, votes = Counter(fold(value) for value, _ in cleaned).most_common(1)[0]
    return next(one for one in cleaned if fold(one[0]) == most) if votes > 1 else cleaned[0]


def _longest_heading(headings: list[Element], site: Site) -> Candidate | None:
    found = max(map(written, headings), key=len, default="")
    return (found, "h1") if found and not _only_site(found, site) else None
