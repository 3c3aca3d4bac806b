"""The title of a page: what its heading, its metadata and its `<title>` agree on, without the name of the site."""

from __future__ import annotations

import re
from collections import Counter

from rapidfuzz import fuzz

from pipeline import text
from pipeline.extract import jsonld
from pipeline.extract.chrome import is_chrome
from pipeline.extract.document import Document, Element, Found, written
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
    headings = document.tree.findall(".//h1") or document.tree.findall(".//h2")
    headings = headings[:_MAX_HEADINGS]
    found = _agreed_heading(headings, raw, cleaned, site) or _lone_heading(headings, cleaned, site)
    if found and (shorter := _without_trailer(found[0], cleaned, site)):
        found = shorter
    found = found or _agreed(cleaned) or _longest_heading(headings, site)
    if found and found[0].isupper():  # shouted by the style of the page; the metadata have it as it was written
        found = next((one for one in cleaned if fold(one[0]) == fold(found[0]) and not one[0].isupper()), found)
    return _kept(found) if found else None


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


def without_site(title: str, site: Site) -> str:
    """Cut the name of the site off either end, however often it stands there."""
    title = _PARTED.split(title, maxsplit=1)[0]
    for _ in range(_MAX_CUTS):
        cuts = list(SEPARATOR.finditer(title[:MAX_TITLE]))
        if not cuts:
            break
        before, last = title[: cuts[-1].start()].strip(), title[cuts[-1].end() :].strip()
        first, after = title[: cuts[0].start()].strip(), title[cuts[0].end() :].strip()
        if len(fold(before)) > 3 and (site.is_named(last) or (len(fold(before)) > 8 and _SECTION.fullmatch(last))):
            title = before
        elif len(fold(after)) > 8 and (site.is_named(first) or _SECTION.fullmatch(first)):
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


def _lone_heading(headings: list[Element], cleaned: list[Candidate], site: Site) -> Candidate | None:
    """The only heading outside menus and sidebars, where it is long enough to be a title and not at odds with the metadata."""
    outside = [written(heading) for heading in headings if not is_chrome(heading)]
    unique = [one for one in dict.fromkeys(outside) if one and len(one) < 250 and not _only_site(one, site)]
    if len(unique) != 1 or not (len(unique[0].split()) >= 4 or len(unique[0]) >= 24 or not cleaned):
        return None
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
