"""Addresses inside addresses: what mail filters, senders and social networks wrap around a link, and of what page an archive, a cache or a library's
proxy shows a copy. By the address alone; where the target is not in it nothing is guessed. Asks no network.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import SplitResult, unquote, unquote_plus, urlsplit

MAX_WRAPPED = 16_384
"""Characters. Wraps make addresses long; what is inside must still be one."""

_CARRIERS: tuple[tuple[str, str, str], ...] = (
    (r"(?:[\w-]+\.)*safelinks\.(?:protection\.(?:outlook\.com|office365\.us)|o365\.cn)", r".*", "url"),
    (r"statics\.teams\.(?:cdn\.office\.net|microsoft\.com)", r"/evergreen-assets/safelinks/.*", "url"),
    (r"[\w.-]+", r"/owa/redir\.aspx", "url"),  # Outlook on the web, on the host of whoever runs it
    (r"urldefense\.proofpoint\.com", r"/v1/url", "u"),
    (r"linkprotect\.cudasvc\.com", r"/url", "a"),
    (r"(?:[\w-]+\.)*trendmicro\.(?:com|eu)", r"/wis/clicktime/.*", "url"),
    (r"(?:[\w-]+\.)*fireeye\.com", r"(?:/v\d)?/url", "u"),
    (r"clicktime\.symantec\.com", r".*", "u"),
    (r"(?:[\w-]+\.)*scanmail\.trustwave\.com|urlsand\.(?:[\w-]+\.)?esvalabs\.com", r".*", "u"),
    (r"[\w.-]+", r"/fmlurlsvc/?", "url"),  # FortiMail, the same
    (r"(?:(?:www|scholar)\.)?google(?:\.[a-z]{2,3}){1,2}", r"/(?:scholar_)?url", "q|url"),
    (r"(?:docs|drive)\.google\.com", r"/(?:a/[^/]+/)?(?:viewer|gview|viewerng/viewer)", "url"),
    (r"view\.officeapps\.live\.com", r"/op/(?:view|embed)\.aspx", "src"),
    (r"(?:l|lm)\.(?:facebook|messenger|workplace)\.com|(?:(?:www|m)\.)?facebook\.com", r"/(?:l\.php|flx/warn/?)", "u"),
    (r"(?:www\.)?facebook\.com", r"/plugins/(?:video|post)\.php", "href"),
    (r"l\.(?:instagram\.com|threads\.(?:net|com)|wl\.co)", r"/.*", "u"),
    (r"(?:[\w-]+\.)?linkedin\.com", r"/(?:safety/go|redir/.*)/?", "url"),
    (r"(?:www\.|html\.)?duckduckgo\.com", r"/l/?", "uddg"),
    (r"(?:www\.|m\.)?youtube\.com", r"/redirect", "q"),
    (r"(?:www\.)?slack-redir\.net", r"/link", "url"),
    (r"out\.reddit\.com", r".*", "url"),
    (r"(?:away\.)?vk\.com", r"/away(?:\.php)?", "to"),
    (r"(?:www\.)?medium\.com", r"/r/?", "url"),
    (r"t\.umblr\.com", r"/redirect", "z"),
    (r"disq\.us", r"/url", "url"),
    (r"deref-(?:gmx|web|mail)\.(?:net|de|com)", r".*", "redirecturl"),
    (r"w\.soundcloud\.com", r"/player/?", "url"),
    (r"track\.(?:adform|webgains)\.(?:net|com)", r".*", "url|wgtarget"),
)
"""Redirectors that name the target in a parameter: host, path, and the parameter's name in small letters."""

_SES = re.compile(r"/C?L0/(https?(?::|%3A)(?:%2F|/){2}.+?)/\d{1,3}/[\w.-]{8,}/[^/]+$", re.IGNORECASE)
_ENCODED = re.compile(r"/(https?(?::|%3A)(?:%2F|/){2}[^?]+)$", re.IGNORECASE)
_BARE = re.compile(r"https?://\S+", re.IGNORECASE)
_PROOFPOINT_3 = re.compile(r"/v3/__(.+?)__;([^!]*)!", re.DOTALL)
_AVANAN = re.compile(r"/v2/_{2,3}(https?:/{1,2}.+?)_{2,3}\.", re.DOTALL)
_YAHOO = re.compile(r"/RU=([^/]+)/RK=")
_RUNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_WRAPPED = ("http", "ahr0", "eyj", "?url=", "&url=")
"""What stands in every address that carries another one, be it in base64 or in JSON in base64; in small letters."""

_COPY = ("http", "/web/", "/amp/", "/c/", "/v/", "/i/", "proxy", "oclc", "//0-", "podtrac", "chtbl", "pdst", "op3.dev", "/pscrb", "mgln")
"""What stands in every address of a copy; in small letters."""
_WAYBACK = re.compile(r"/web/(?:\d{4,14}(?:[a-z]{2}_)?|\*)/(.+)")
_MEMENTO = re.compile(r"/(?:\d{14}(?:[a-z]{2}_)?|\d{4}\.\d\d\.\d\d-\d{6}|save|o/\w{4,6}|newest|latest)/(https?:/{1,2}.+)", re.IGNORECASE)
_AMP_CACHE = re.compile(r"/(?:amp|[cvi])/(?:s/)?([^/]+\.[^/]+.*)")
_ARCHIVES = re.compile(r"(?:www\.)?(?:web\.archive\.org|archive\.(?:ph|is|today|li|vn|md|fo|org)|r\.jina\.ai|12ft\.io|txtify\.it)")
_PREFIXED = re.compile(r"/(?:timegate/)?(https?:/{1,2}.+)", re.IGNORECASE)
_CACHED = re.compile(r"cache:(?:[\w-]{8,}:)?([^\s+]+)")
_PODCASTS = re.compile(
    r"(?:(?:dts|www)\.podtrac\.com/(?:pts/)?redirect\.(?:mp3|m4a)|chtbl\.com/track/[^/]+|(?:www\.)?pdst\.fm/e|op3\.dev/e(?:,[^/]*)?|mgln\.ai/e/[^/]+"
    r"|pscrb\.fm/rss/p|verifi\.podscribe\.com/rss/p|claritaspod\.com/measure|prfx\.byspotify\.com/e)/((?:https?:/{1,2})?[^/]+\.[^/]+/.+)",
    re.IGNORECASE,
)
"""Counters of downloads, which stand before the address of a podcast's file."""
_PROXY = re.compile(r"(?!0-)([\w.-]+?)\.(?:[\w-]*proxy[\w-]*(?:\.[\w-]+){2,}|[\w-]+\.idm\.oclc\.org)")
_INNOPAC = re.compile(r"0-([a-z0-9]+(?:-[a-z0-9]+)+|(?:[\w-]+\.)+?(?:com|org|net|edu|gov|int|(?:co|ac)\.uk))(?:\.[\w-]+){2,}")
_SERVER = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}")
_PROXY_LOGIN = re.compile(r"/(?:(?:public/)?login|connect|redirector/[^/]+)/?", re.IGNORECASE)


def inside(url: str) -> str:
    """Open one wrap: the address that a redirector carries; empty where there is none."""
    low = url[8:].lower()
    if not any(hint in low for hint in _WRAPPED):
        return ""
    parts = _split(url)
    if parts is None:
        return ""
    return next((found for read in _READERS if (target := read(parts)) and (found := _web(target))), "")


def original(url: str) -> str:
    """Say of what address this one shows a copy: in a web archive, a search engine's cache, an AMP cache, by a library's proxy, behind a counter of
    downloads; empty where it is none."""
    low = url[6:].lower()  # a few words cost a tenth of a pattern
    if not any(hint in low for hint in _COPY):
        return ""
    parts = _split(url)
    if parts is None:
        return ""
    for read in (_archived, _amp, _by_proxy, _counted):
        if target := read(parts):
            return target if "://" in target else "http://" + re.sub(r"^(?:https?:)?/+", "", target)
    return ""


def _split(url: str) -> SplitResult | None:
    if len(url) > MAX_WRAPPED:
        return None
    try:
        parts = urlsplit(url.strip())
        return parts if parts.scheme.lower() in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def _web(target: str) -> str:
    """Read a target that may be escaped once or twice too often."""
    for _ in range(3):
        target = target.strip()
        if re.match(r"https?:/{1,2}[^/]", target, re.IGNORECASE):
            head, _, rest = target.partition(":")
            target = f"{head}://{rest.lstrip('/')}"  # some filters lose one of the slashes
            return target if _split(target) else ""
        if re.match(r"[\w-]+(?:\.[\w-]+)+/", target):  # viewers take an address without its scheme
            return f"https://{target}"
        target = unquote(target)
    return ""


def _parameters(parts: SplitResult) -> Iterator[tuple[str, str]]:
    for field in parts.query.replace("&amp;", "&").split("&")[:200]:
        name, _, value = field.partition("=")
        yield name.lower(), value


def _parameter(parts: SplitResult, names: str) -> str:
    return next((value for name, value in _parameters(parts) if value and re.fullmatch(names, name)), "")


def _by_parameter(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    for hosts, paths, names in _CARRIERS:
        if re.fullmatch(hosts, host) and re.fullmatch(paths, parts.path or "/", re.IGNORECASE):
            return unquote_plus(_parameter(parts, names).replace("+", "%2B"))
    return ""


def _proofpoint(parts: SplitResult) -> str:
    """URL Defense, versions 2 and 3, as Proofpoint's own decoder reads them."""
    host = (parts.hostname or "").lower()
    if not re.fullmatch(r"(?:[\w-]+\.)?urldefense(?:\.proofpoint)?\.(?:com|us)", host):
        return ""
    if parts.path == "/v2/url":
        return unquote(_parameter(parts, "u").translate(str.maketrans("-_", "%/")))
    whole = parts.path + (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")
    found = _PROOFPOINT_3.match(whole)
    return _filled(unquote(found[1]), _decoded(found[2])) if found else ""


def _filled(url: str, chars: str) -> str:
    """Put back the characters that version 3 took out: `*` stands for one of them, `**X` for a run whose length is X."""
    at = 0

    def back(mark: re.Match[str]) -> str:
        nonlocal at
        count = _RUNS.find(mark[1][-1]) + 2 if mark[1] else 1
        at += count
        return chars[at - count : at]

    return re.sub(r"\*(\*.)?", back, url)


def _sophos(parts: SplitResult) -> str:
    return _decoded(unquote(_parameter(parts, "u"))) if (parts.hostname or "").lower().endswith(".protection.sophos.com") else ""


def _bing(parts: SplitResult) -> str:
    is_bing = re.fullmatch(r"(?:www\.)?bing\.com", parts.hostname or "") and parts.path.startswith("/ck/a")
    return _decoded(_parameter(parts, "u").removeprefix("a1")) if is_bing else ""


def _in_path(parts: SplitResult) -> str:
    """The target as a piece of the path: Amazon SES (and GovDelivery and others, who send by it) on any host, Cisco, Check Point, Yahoo."""
    whole = parts.path + (f"?{parts.query}" if parts.query else "")
    host = (parts.hostname or "").lower()
    if found := _SES.search(whole):
        return unquote(found[1])
    if host == "secure-web.cisco.com" and (found := _ENCODED.search(whole)):
        return unquote(found[1])
    if host.endswith((".checkpoint.com", ".avanan.click")) and (found := _AVANAN.search(whole)):
        return found[1]
    if host.endswith("search.yahoo.com") and (found := _YAHOO.search(whole)):
        return unquote(found[1])
    in_query = host.endswith("links.govdelivery.com") or host in ("href.li", "anon.to", "www.dereferer.org")
    return unquote(found[0]) if in_query and (found := _BARE.search(parts.query)) else ""


def _packed(parts: SplitResult) -> str:
    """The target in JSON in base64: Mandrill, Substack, and GovDelivery's short links, which are signed tokens (RFC 7519)."""
    host = (parts.hostname or "").lower()
    if host.endswith("mandrillapp.com") and parts.path.startswith("/track/click"):
        return _said(_decoded(unquote(_parameter(parts, "p"))), "p", "url")
    if host.endswith("substack.com") and parts.path.startswith("/redirect/2/"):
        return _said(_decoded(parts.path.rpartition("/")[2].partition(".")[0]), "e")
    if host == "lnks.gd" and parts.path.count(".") >= 2:
        return _said(_decoded(parts.path.split(".")[1]), "url")
    return ""


def _said(text: str, *keys: str) -> str:
    """Follow keys through JSON, which may be packed into a text of JSON again."""
    value: object = text
    for key in keys:
        try:
            value = json.loads(value) if isinstance(value, str) else value
        except (ValueError, RecursionError):
            return ""
        value = value.get(key) if isinstance(value, dict) else ""
    return value if isinstance(value, str) else ""


def _decoded(text: str) -> str:
    """Read base64, of either alphabet and with or without its padding; nothing where it is none."""
    text = text.strip().rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4)).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""


_READERS: tuple[Callable[[SplitResult], str], ...] = (_by_parameter, _proofpoint, _sophos, _bing, _in_path, _packed)


def _archived(parts: SplitResult) -> str:
    """Wayback machines, wherever they stand, write the moment and the address into the path; others the address alone, or a question to a cache."""
    host, query = (parts.hostname or "").lower(), f"?{parts.query}" if parts.query else ""
    if host.removeprefix("www.") == "web.archive.org" and (found := _WAYBACK.fullmatch(parts.path)):
        return _whole(found[1] + query)
    if found := _MEMENTO.search(parts.path):
        return _whole(found[1] + query)
    if _ARCHIVES.fullmatch(host) and (found := _PREFIXED.fullmatch(parts.path)):
        return _whole(found[1] + query)
    if host == "webcache.googleusercontent.com" and (found := _CACHED.match(unquote_plus(_parameter(parts, "q")))):
        return found[1]
    return ""


def _whole(address: str) -> str:
    """Some archives write the colon and the slashes of an address otherwise."""
    address = re.sub(r"^(https?)%3a", r"\1:", address, flags=re.IGNORECASE)
    return re.sub(r"^(https?):/+", r"\1://", address, flags=re.IGNORECASE)


def _amp(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower().removeprefix("www.")
    is_google = parts.path.startswith("/amp/") and re.fullmatch(r"google(?:\.[a-z]{2,3}){1,2}", host)
    found = _AMP_CACHE.fullmatch(parts.path) if is_google or host.endswith((".cdn.ampproject.org", "bing-amp.com")) else None
    return f"https://{found[1]}{f'?{parts.query}' if parts.query else ''}" if found else ""


def _by_proxy(parts: SplitResult) -> str:
    """Libraries let their readers in by a proxy: EZproxy, OpenAthens, WAM. The address stands in a parameter, or its host in front of the proxy's."""
    host = (parts.hostname or "").lower()
    if ("proxy" in host or host.endswith((".oclc.org", "openathens.net"))) and _PROXY_LOGIN.fullmatch(parts.path):
        if bare := re.match(r"(?:.*&)?q?url=(https?://.+)", parts.query, re.IGNORECASE):
            return bare[1]  # as it stands, with its own question marks and all
        return _web(unquote_plus(_parameter(parts, "q?url")))
    if found := _PROXY.fullmatch(host) or _INNOPAC.fullmatch(host):
        held = found[1]
        server = held if "." in held else held.replace("--", "\0").replace("-", ".").replace("\0", "-")
        if _SERVER.fullmatch(server) and server.count(".") >= (1 if "." in held or server.startswith("www.") else 2):
            return f"https://{server}{parts.path}{f'?{parts.query}' if parts.query else ''}"
    return ""


def _counted(parts: SplitResult) -> str:
    found = _PODCASTS.fullmatch(f"{(parts.hostname or '').lower()}{parts.path}")
    return f"{found[1] if '://' in found[1] else 'https://' + found[1]}{f'?{parts.query}' if parts.query else ''}" if found else ""
