"""What an address is: the form to fetch, the form to compare, and the identities it names. Asks no network and never raises on any text.

The comparing form follows RFC 3986 section 6 (case, percent-encoding, dot segments) and then goes further than the standard allows, because the same
page reaches us with tracking parameters, as AMP, from a mobile host, out of an archive, or behind a mail filter's redirect.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote, urljoin, urlsplit

import idna

from pipeline import folding
from pipeline.folding import carriers, places
from pipeline.model import Folding

MAX_LENGTH = 4096
"""Characters. Longer addresses are data in disguise; browsers and proxies refuse them too."""

_FRONT = re.compile(r"(?:www\d{0,2}|m|mobile|amp)\.(?=[^.]+\.)")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_INDEX = re.compile(r"amp(?:\.html)?|(?:index|default)\.(?:html?|php|aspx?)|", re.I)
_AMP_SUFFIX = re.compile(r"(?:\.amp)+(?=(?:\.html?)?$)", re.I)
_SESSION = re.compile(r";jsessionid=[^/]*", re.I)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HIGH_BYTES = re.compile(r"(%[0-7][0-9A-F]|[^%])?((?:%[89A-F][0-9A-F])+)")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PATH_SAFE = "%/:@!$&'()*+,;=~"
_QUERY_SAFE = _PATH_SAFE + "?"

_DOI = re.compile(r"10\.\d[\d.]*/\S+")
_DOI_IN_PATH = re.compile(
    r"/(?:doi(?:/(?:abs|full|pdf|epdf|epub|pdfdirect|reader|book))?|articles?|chapter|content)/(10\.\d{4,9}/[^/]+(?:/[^/]+)*)$", re.I
)
_DOI_TAIL = re.compile(
    r"(?:/(?:full|abstract|pdf|epdf|meta|fulltext|full/html|tables|figures|metrics)|(?:v\d+)?\.(?:full|abstract)(?:\.pdf)?|(?<=\w)v\d{1,2}|\.pdf)$",
    re.I,
)
_DOI_HOSTS = ("doi.org", "dx.doi.org", "hdl.handle.net", "libkey.io", "sci-hub.se")
"""Where a DOI is the whole path. A DOI is a handle too (https://www.doi.org/doi-handbook)."""
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+)")
_MAX_WRAPS = 8
"""Wraps inside each other. Two filters around a sender's link make three; what is deeper was made to keep us busy."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """An address taken apart: host in ASCII and lower case, port only where it is not the scheme's own."""

    scheme: str
    host: str
    port: int | None
    path: str
    query: str
    fragment: str

    @property
    def netloc(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"{name}:{self.port}" if self.port else name


def is_web(url: str) -> bool:
    """Say whether this is a whole http or https address that we could visit."""
    return _parts(url) is not None


def clean(url: str) -> str:
    """Write an address in the form to fetch: absolute, legal characters only, no fragment, user name or password. A bad one comes back stripped."""
    parts = _parts(url)
    if parts is None:
        return url.strip()
    query = f"?{_encode(parts.query, _QUERY_SAFE)}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}{_encode(parts.path, _PATH_SAFE) or '/'}{query}"


def host(url: str) -> str:
    """Name the server for politeness: lower case, port kept, without `www.`; empty for what is no web address."""
    parts = _parts(url)
    return parts.netloc.removeprefix("www.") if parts else ""


def join(base: str, ref: str) -> str | None:
    """Resolve a reference found on a page to a clean http or https address; `None` for mailto, javascript, data and what cannot be read."""
    if len(ref) > MAX_LENGTH:
        return None
    try:
        joined = urljoin(base.strip(), ref.strip().replace("\\", "/"))
    except ValueError:
        return None
    return clean(joined) if is_web(joined) else None


def canonical(url: str, rules: Folding | None = None) -> str:
    """Write an address in the one form that all addresses of the same page share, by the trackers of `rules` or those that come with the program.
    Idempotent; a bad address comes back stripped."""
    return _known(url, rules)[0] if len(url) <= MAX_LENGTH else url.strip()


def identity(url: str, rules: Folding | None = None) -> tuple[str, ...]:
    """Name what an address stands for: `url:` with the canonical form without its scheme, and `doi:`, `arxiv:`, `youtube:`, `vimeo:`, `pmid:` or
    `pmc:` where it says so. Addresses that share a name lead to the same thing. Empty for what is no web address."""
    return _known(url, rules)[1] if len(url) <= MAX_LENGTH else ()


@lru_cache(4096)
def _known(url: str, rules: Folding | None) -> tuple[str, tuple[str, ...]]:
    parts = _unwrapped(url)
    if parts is None:
        return url.strip(), ()
    name, path, query = _plain_host(parts.host), _plain_path(parts.path), _plain_query(parts.query, rules or folding.shipped())
    address, keys = _named(name, path, query)
    if not address:
        port = parts.port if parts.port not in (80, 443) else None
        netloc = _Parts(parts.scheme, name, port, "", "", "").netloc
        # An explicit port speaks only one of the two schemes; without one, http and https are the same page.
        scheme = parts.scheme if port else "https"
        route = f"#{_encode(parts.fragment, _QUERY_SAFE)}" if parts.fragment.startswith(("!", "/")) else ""
        address = f"{scheme}://{netloc}{path}{'?' + query if query else ''}{route}"
    return address, ("url:" + address.partition("://")[2], *keys)


def _slashed(url: str) -> str:
    """Browsers read a backslash as a slash before the query, and so must we, or host checks see another host than the fetcher."""
    if "\\" not in url:
        return url
    head, mark, rest = url.partition("?")
    return head.replace("\\", "/") + mark + rest


@lru_cache(4096)
def _split(url: str) -> _Parts | None:
    try:
        split = urlsplit(_slashed(url))
        name, port = _host(split.hostname or ""), split.port
        url.encode()
    except ValueError:
        return None
    scheme = split.scheme.lower()
    if scheme not in ("http", "https") or not name or port == 0:
        return None
    default = 80 if scheme == "http" else 443
    return _Parts(scheme, name, None if port == default else port, split.path, split.query, split.fragment)


def _parts(url: str) -> _Parts | None:
    return _split(url.strip()) if len(url) <= MAX_LENGTH else None


@lru_cache(1024)
def _host(name: str) -> str:
    """Give a host in ASCII, or nothing where it is none. Raises `ValueError` for names that IDNA refuses."""
    if ":" in name:
        return ipaddress.IPv6Address(name).compressed
    name = unquote(name).rstrip(".").lower()
    if not name.isascii() and len(name) <= 253:
        name = idna.encode(name, uts46=True).decode().lower()
    return name if len(name) <= 253 and all(_LABEL.fullmatch(label) for label in name.split(".")) else ""


def _encode(text: str, safe: str) -> str:
    return quote(_LONE_PERCENT.sub("%25", text), safe=safe)


def _plain(text: str, safe: str) -> str:
    """Percent-encode what must be, decode what need not be, in capitals (RFC 3986, 6.2.2), with composed letters (RFC 3987, 5.3.2.2)."""

    def one(escape: re.Match[str]) -> str:
        char = chr(int(escape[1], 16))
        return char if char in _UNRESERVED else escape[0].upper()

    def composed(run: re.Match[str]) -> str:
        try:
            letters = unquote(run[2], errors="strict")
        except UnicodeDecodeError:
            return run[0]
        before = run[1] or ""
        if len(before) > 1:  # an escape, such as %2F, must stay one
            return before + quote(unicodedata.normalize("NFC", letters), safe=safe)
        return quote(unicodedata.normalize("NFC", before + letters), safe=safe)

    return _HIGH_BYTES.sub(composed, _ESCAPE.sub(one, _encode(text, safe)))


def _plain_host(name: str) -> str:
    while front := _FRONT.match(name):
        if name.replace(".", "").isdigit():
            break
        name = name[front.end() :]
    return name.replace(".m.wikipedia.org", ".wikipedia.org")


def _plain_path(path: str) -> str:
    kept: list[str] = []
    for segment in _SESSION.sub("", _plain(path, _PATH_SAFE)).split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in (".", ""):
            kept.append(segment)
    while kept:
        last = _AMP_SUFFIX.sub("", kept[-1])
        if last.strip(".") and not _INDEX.fullmatch(last):
            kept[-1] = last
            break
        kept.pop()
    return "/" + "/".join(kept)


def _plain_query(query: str, rules: Folding) -> str:
    if not query:
        return ""
    trackers, with_words = folding.parameters((*rules.trackers, *rules.dresses)), folding.parameters(rules.trackers_with_words)
    pairs = set()
    for field in _plain(query.replace("+", "%20"), _QUERY_SAFE).split("&"):
        name, _, value = field.partition("=")
        if name and not trackers.fullmatch(name) and not (with_words.fullmatch(name) and not value.isdigit()):
            pairs.add((name, value))
    return "&".join(f"{name}={value}" if value else name for name, value in sorted(pairs))


def _unwrapped(url: str) -> _Parts | None:
    """Take out the address that a redirector, an archive, an AMP cache or a library's proxy carries."""
    parts, url = _parts(url), _slashed(url)
    for _ in range(_MAX_WRAPS):
        inner = carriers.inside(url) or carriers.original(url)
        found = _split(inner) if inner else None
        if found is None:
            break
        url, parts = inner, found
    return parts


def _named(name: str, path: str, query: str) -> tuple[str, tuple[str, ...]]:
    """Give address and identities where a place is known to publish things under a name of their own; no address where it has none but its own."""
    found = places.named(name, path, query)
    also = tuple(key for one in (found.also if found else ()) for key in _keys(one))
    if name in _DOI_HOSTS and (doi := _doi(path[1:])):
        return f"https://doi.org{_plain_path('/' + quote(doi, safe=_PATH_SAFE.replace('%', '')))}", (*_doi_keys(doi), *also)
    return (found.address if found else ""), also or _doi_in(path)


def _keys(named: str) -> tuple[str, ...]:
    """Write what an address names besides itself as identities."""
    scheme, _, value = named.partition(":")
    if scheme == "doi":
        return _doi_keys(value.lower())
    return ("url:" + named.partition("://")[2],) if scheme == "https" else (named.lower() if scheme != "youtube" else named,)


def _doi(text: str) -> str | None:
    """Read a DOI as its handbook compares it: decoded, in lower case, without the full stop of the sentence around it."""
    doi = unquote(text).lower().rstrip(".,;/ ")
    # Once more through the path form, so that escaped dots and slashes cannot make two readings of one DOI.
    doi = unquote(_plain_path("/" + quote(doi, safe=_PATH_SAFE.replace("%", "")))[1:])
    return doi if _DOI.fullmatch(doi) else None


def _doi_keys(doi: str) -> tuple[str, ...]:
    preprint = _ARXIV_DOI.fullmatch(doi)
    return (f"doi:{doi}", f"arxiv:{preprint[1]}") if preprint else (f"doi:{doi}",)


def _doi_in(path: str) -> tuple[str, ...]:
    """Find the DOI that a publisher's own address holds, such as `/doi/full/10.1000/x`."""
    found = _DOI_IN_PATH.search(path)
    if not found:
        return ()
    doi = _doi(_DOI_TAIL.sub("", found[1]))
    return _doi_keys(doi) if doi else ()
