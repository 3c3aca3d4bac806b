"""A feed to leads: RSS 0.9 to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed, podcasts and video channels. Fetches nothing and expands no entity.

Written on one lxml tree, because the feed libraries at hand lose what we need: the length of an episode, the second author, `xml:base`.
Standards: RSS 2.0 (rssboard.org/rss-specification), RFC 4287, JSON Feed 1.1 (jsonfeed.org), Media RSS, iTunes podcast tags.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from html import unescape

from pipeline import dates, text
from pipeline.errors import ParseError
from pipeline.model import Kind, Lead, Page, Request, Source
from pipeline.sources import jsonfeed, loose, markup
from pipeline.sources.channels import channel_feed
from pipeline.sources.markup import Element
from pipeline.sources.options import Options, problems

MAX_ENTRIES = 10_000
DESCRIPTION = 2_000  # characters; some feeds carry whole articles

_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dc:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://search.yahoo.com/mrss": "media:",
    "https://podcastindex.org/namespace/1.0": "podcast:",
    "http://podcastindex.org/namespace/1.0": "podcast:",
    "https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": "podcast:",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner:",
    "http://www.w3.org/1999/xhtml": "xhtml:",
    "http://www.w3.org/2005/Atom": "",
    "http://purl.org/atom/ns#": "",
    "http://purl.org/echo/": "",  # Atom before it had its name
    "http://purl.org/pie/": "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://channel.netscape.com/rdf/simple/0.9/": "",
    "http://backend.userland.com/rss2": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf:",
}
_ATOM = ("{http://www.w3.org/2005/atom}", "{http://purl.org/atom/ns#}")
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_TAGS = re.compile(
    r"</?(?:a|abbr|b|big|br|cite|code|del|div|em|font|h[1-6]|i|img|ins|kbd|mark|p|q|s|small|span|strong|sub|sup|tt|u|wbr)\b[^<>]*>", re.IGNORECASE
)
_MAIL_NAME = re.compile(r"\s*[^\s@()]{1,64}@[^\s@()]{1,190}\s*\(([^()]{1,200})\)\s*")
_MAIL = re.compile(r"\s*<?[^\s@<>]{1,64}@[^\s@<>]{1,190}>?\s*")
_VIDEO = re.compile(r"https?://(?:www\.)?(?:youtube\.com/(?:watch|shorts)|youtu\.be/|vimeo\.com/\d)")
_SECONDS = re.compile(r"\d{1,6}(?:\.\d+)?")
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,4}):(\d{1,2})(?:\.\d+)?")

_WORDS = ("text/html", "text/plain", "application/x-subrip", "application/srt", "text/srt", "text/vtt", "application/json")
"""Forms of a transcript, the best to read first."""

Parts = Mapping[str, list[Element]]


@dataclass(frozen=True, slots=True)
class _Link:
    url: str
    rel: str
    media_type: str


def check(options: Options) -> Iterator[str]:
    """Say what is wrong with a feed's options: `follow` (false: never turn to the next page)."""
    yield from problems(options, {"follow": bool}, where="a feed")


def title(source: Source, page: Page) -> str | None:
    """Read the feed's own title; a channel's page that stands for its feed has none yet."""
    if channel_feed(page):
        return None
    if loose.is_json(page):
        return jsonfeed.title(source, page)
    channel = _channel(_root(source, page))
    return _heading(_parts(channel)) if channel is not None else None


def leads(source: Source, page: Page) -> Iterator[Lead | Request]:
    """Read the entries of a feed, in its own order. Raises `ParseError` for what is no feed, with the feeds that a web page names."""
    if loose.is_json(page):
        yield from jsonfeed.leads(source, page)
        return
    if moved := channel_feed(page):  # a channel or podcast page stands for the feed that it names
        yield Request(url=moved)
        return
    root = _root(source, page)
    channel = _channel(root)
    site, show = _site(channel, page), (_heading(_parts(channel)) or "") if channel is not None else ""
    entries = (one for one in root.iter() if markup.local(one) in ("item", "entry"))
    above, around = None, page.url
    for _, entry in zip(range(MAX_ENTRIES), entries, strict=False):
        if (parent := entry.getparent()) is not above:  # most entries stand side by side
            above, around = parent, page.url if parent is None else _base(parent, page.url)
        if lead := _lead(source, _Place(base=_base_of(entry, around), site=site, show=show, entry=entry)):
            yield lead
    if channel is not None and source.options.get("follow", True) and (following := _next(channel, page)):
        yield Request(url=following)


def _next(channel: Element, page: Page) -> str | None:
    """Tell where a feed in pages or with an archive goes on (RFC 5005, 3 and 4)."""
    links = [link for link in _links(_parts(channel), _base(channel, page.url)) if link.rel in ("next", "prev-archive") and link.url != page.url]
    return next((link.url for link in links), None)


@dataclass(frozen=True, slots=True)
class _Place:
    """An entry and where it stands; `base` is what its addresses start from."""

    base: str
    site: str
    show: str
    entry: Element


def _root(source: Source, page: Page) -> Element:
    root = markup.xml(source, page)
    name = markup.local(root)
    if name in ("rss", "rdf", "feed", "channel") or (name == "entry" and _is_atom(root)):
        return root
    if name == "html":
        feeds = [url for url, _ in markup.alternates(markup.html(source, page), page)]
        advice = f"try kind: listing, or one of the feeds it names: {', '.join(feeds[:5])}" if feeds else "try kind: listing; it names no feed"
        raise ParseError(f"{source.id}: {page.url} is no feed, this is a web page; {advice}.", source=source.id)
    if name in ("urlset", "sitemapindex"):
        raise ParseError(f"{source.id}: {page.url} is no feed, this is a sitemap; try kind: sitemap.", source=source.id)
    hint = f"`gleanings sources add {page.url}` shows what the address offers."
    raise ParseError(f"{source.id}: {page.url} is no feed; its first element is <{text.clip(name, 40)}>.", source=source.id, hint=hint)


def _channel(root: Element) -> Element | None:
    if markup.local(root) in ("feed", "channel"):
        return root
    return next((one for one in root.iter() if markup.local(one) == "channel"), None)


def _name(element: Element) -> str:
    """Name an element as this file does: `title`, `dc:creator`, `media:group`; `?` for vocabularies that we do not read."""
    tag = element.tag
    return _named(tag) if isinstance(tag, str) else "?"


@lru_cache(1024)
def _named(tag: str) -> str:
    uri, _, name = tag.rpartition("}")
    if not uri:
        return tag.lower()  # an undeclared prefix stays in the name, which is what we want of it
    prefix = _PREFIXES.get(uri[1:], _PREFIXES.get(uri[1:].rstrip("/")))
    return "?" if prefix is None else prefix + name.lower()


def _parts(element: Element) -> Parts:
    parts: dict[str, list[Element]] = {}
    for child in element:
        parts.setdefault(_name(child), []).append(child)
    return parts


def _first(parts: Parts, *names: str) -> Element | None:
    return next((parts[name][0] for name in names if parts.get(name)), None)


def _value(parts: Parts, *names: str) -> str:
    """Give the text of the first of these that has any."""
    return next((found for name in names for one in parts.get(name, []) if (found := markup.words(one))), "")


def _is_atom(element: Element) -> bool:
    tag = element.tag
    return isinstance(tag, str) and tag[:1] == "{" and tag.lower().startswith(_ATOM)


def _heading(parts: Parts) -> str | None:
    """Read a title by its type (RFC 4287, 3.1): text as it stands, HTML without its tags. RSS never says which, so tags that HTML knows go."""
    element = _first(parts, "title", "dc:title", "media:title", "itunes:title")
    if element is None:
        return None
    said = element.get("type") or ("text" if _is_atom(element) else "html")
    words = _unpacked(markup.words(element)) if element.get("mode") == "base64" else markup.words(element)
    literal = said in ("text", "text/plain", "xhtml", "application/xhtml+xml") or len(element)
    if not literal or "&lt;" in words:
        words = text.squeeze(unescape(_TAGS.sub("", words)))
    return words or None


def _unpacked(words: str) -> str:
    """Read what Atom 0.3 wrote in Base64; as it stands where it is none."""
    try:
        return b64decode(words[:10_000], validate=True).decode()
    except ValueError:
        return words


def _lead(source: Source, place: _Place) -> Lead | None:
    parts = _parts(place.entry)
    links = tuple(_links(parts, place.base))
    heading = _heading(parts)
    url = _url(links)
    name = _value(parts, "guid", "id") or heading or _value(parts, "description", "summary")
    if url is None and not name:
        return None
    return Lead(
        source=source.id,
        url=url or markup.stand_in(place.site, name),
        page=url is not None,
        title=heading,
        description=_description(parts),
        published=_published(parts),
        creators=_creators(parts),
        kind=_kind(url or "", links),
        duration=_duration(parts),
        series=_series(parts, place.show),
        part=_episode(parts),
        transcript=_transcript(parts, place.base),
    )


def _base(element: Element, base: str) -> str:
    """Apply the `xml:base` of an element and all above it, from the outside in."""
    chain = [one.get(_BASE) for one in (*reversed(list(element.iterancestors())), element)]
    for ref in filter(None, chain):
        base = markup.below(base, ref)
    return base


def _links(parts: Parts, base: str) -> Iterator[_Link]:
    """List the links of an entry or channel, made whole: RSS text links, Atom links, permanent guids, enclosures."""
    for element in (*parts.get("feedburner:origlink", []), *parts.get("link", []), *parts.get("atom:link", [])):
        href = element.get("href")
        if href is None:
            yield from _link(base, markup.words(element), "alternate")
        else:
            rel = (element.get("rel") or "alternate").rpartition("/")[2].lower()
            yield from _link(_base_of(element, base), href, rel, element.get("type") or "")
    for element in (*parts.get("guid", []), *parts.get("id", [])):
        named = markup.words(element)
        if named.startswith(("http://", "https://")) and (element.get("isPermaLink") or "true").lower() != "false":
            yield from _link(base, named, "id")
    for element in (*parts.get("enclosure", []), *parts.get("media:content", [])):
        yield from _link(base, element.get("url") or "", "enclosure", element.get("type") or element.get("medium") or "")


def _base_of(element: Element, base: str) -> str:
    own = element.get(_BASE)
    return markup.below(base, own) if own else base


def _link(base: str, ref: str, rel: str, media_type: str = "") -> Iterator[_Link]:
    if ref and (url := markup.resolve(base, ref)):
        yield _Link(url, rel, media_type.lower())


def _url(links: tuple[_Link, ...]) -> str | None:
    """Choose the address of an entry: its page before its file, its page in HTML before other forms."""
    pages = [link for link in links if link.rel == "alternate"]
    pages.sort(key=lambda link: link.media_type not in ("", "text/html", "application/xhtml+xml"))
    rest = [link for rel in ("id", "enclosure", "related", "via") for link in links if link.rel == rel]
    return next((link.url for link in (*pages, *rest)), None)


def _site(channel: Element | None, page: Page) -> str:
    """Tell the address of the site that a feed belongs to."""
    if channel is None:
        return page.url
    links = _links(_parts(channel), _base(channel, page.url))
    return next((link.url for link in links if link.rel == "alternate"), page.url)


def _description(parts: Parts) -> str | None:
    group = _first(parts, "media:group")
    inner = _parts(group) if group is not None else {}
    for name in (
        "description",
        "summary",
        "dc:description",
        "itunes:summary",
        "media:description",
        "content:encoded",
        "content",
        "tagline",
        "itunes:subtitle",
    ):
        for element in (*parts.get(name, []), *inner.get(name, [])):
            found = _paragraph(element)
            if found:
                return text.clip(found, DESCRIPTION)
    return None


def _paragraph(element: Element) -> str:
    """Read a description as plain text, whether its HTML is escaped, in CDATA, or part of the tree."""
    if len(element):
        return text.squeeze(" ".join(element.itertext()))
    raw = element.text or ""
    return text.squeeze(raw) if _is_atom(element) and element.get("type") in ("text", "text/plain") else text.plain(raw)


def _published(parts: Parts) -> date | None:
    """Read when an entry came out; where it says only when it was changed, that."""
    for name in ("pubdate", "published", "issued", "dc:date", "dc:issued", "dc:created", "created", "date", "updated", "modified", "dc:modified"):
        for element in parts.get(name, []):
            if found := dates.parse(markup.words(element), dayfirst=False):
                return found
    return None


def _creators(parts: Parts) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for kind in ("dc:creator", "author", "itunes:author"):
        for element in parts.get(kind, []):
            inner = _parts(element)
            if name := _person(_value(inner, "name") if len(element) else markup.words(element)):
                names.setdefault(name)
        if names:
            break
    return tuple(names)[:50]


def _person(words: str) -> str:
    """Take the name out of "jo@example.org (Jo Smith)"; an address alone is no name."""
    found = _MAIL_NAME.fullmatch(words)
    name = found[1] if found else _MAIL.sub(" ", words)
    return text.clip(text.plain(name), 120)


def _kind(url: str, links: tuple[_Link, ...]) -> Kind | None:
    types = [link.media_type for link in links if link.rel == "enclosure"]
    if any(one.startswith("audio") for one in types):
        return Kind.PODCAST
    if any(one.startswith("video") for one in types) or _VIDEO.match(url):
        return Kind.VIDEO
    return None


def _duration(parts: Parts) -> timedelta | None:
    """Read the length of an episode: seconds, or hours, minutes and seconds (`itunes:duration`); seconds (`media:content`)."""
    group = _first(parts, "media:group")
    media = [*parts.get("media:content", []), *(_parts(group).get("media:content", []) if group is not None else [])]
    for words in (_value(parts, "itunes:duration"), *(one.get("duration") or "" for one in media)):
        if words and (clock := _CLOCK.fullmatch(words)):
            hours, minutes, seconds = (int(part or 0) for part in clock.groups())
            return timedelta(hours=hours, minutes=minutes, seconds=seconds)
        if _SECONDS.fullmatch(words) and float(words) > 0:
            return timedelta(seconds=round(float(words)))
    return None


def _transcript(parts: Parts, base: str) -> str | None:
    """Tell where the words of an episode can be read (`podcast:transcript`): text before captions."""
    named = [((one.get("type") or "").strip().lower(), one.get("url") or "") for one in parts.get("podcast:transcript", [])]
    known = sorted((one for one in named if one[0] in _WORDS), key=lambda one: _WORDS.index(one[0]))
    return next((url for _, ref in known if ref and (url := markup.resolve(base, ref))), None)


def _episode(parts: Parts) -> int | None:
    """Read the number of an episode in its season (`itunes:episode`, `podcast:episode`)."""
    said = _value(parts, "itunes:episode", "podcast:episode")
    return int(said) or None if said and re.fullmatch(r"\d{1,4}", said, re.ASCII) else None


def _series(parts: Parts, show: str) -> str | None:
    """Name the show of an episode that has a number, with its season from the second on: the numbers begin again there."""
    if not show or _episode(parts) is None:
        return None
    season = _value(parts, "itunes:season", "podcast:season")
    return f"{show}, season {int(season)}" if re.fullmatch(r"\d{1,3}", season, re.ASCII) and int(season) > 1 else show
