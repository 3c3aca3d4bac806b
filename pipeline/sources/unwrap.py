"""A link of a mail to where it leads, by the address alone: filters and senders wrap links, often several times over. Asks no network.

Where the target is not in the address (`is_opaque`), nothing is guessed: the link is followed when the lead is visited, like any redirect.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import SplitResult, unquote, unquote_plus, urlsplit

from pipeline import folding, urls

MAX_WRAPS = 8
"""Wraps inside each other. Two filters around a sender's link make three; what is deeper was made to keep us busy."""

_CARRIERS: tuple[tuple[str, str, str], ...] = (
    (r"(?:[\w-]+\.)*safelinks\.(?:protection\.(?:outlook\.com|office365\.us)|o365\.cn)", r".*", "url"),
    (r"statics\.teams\.(?:cdn\.office\.net|microsoft\.com)", r"/evergreen-assets/safelinks/.*", "url"),
    (r"urldefense\.proofpoint\.com", r"/v1/url", "u"),
    (r"linkprotect\.cudasvc\.com", r"/url", "a"),
    (r"(?:[\w-]+\.)*trendmicro\.(?:com|eu)", r"/wis/clicktime/.*", "url"),
    (r"(?:[\w-]+\.)*fireeye\.com", r"(?:/v\d)?/url", "u"),
    (r"clicktime\.symantec\.com", r".*", "u"),
    (r"(?:[\w.-]+)", r"/fmlurlsvc/?", "url"),  # FortiMail, on the host of whoever runs it
    (r"(?:www\.)?google(?:\.[a-z]{2,3}){1,2}", r"/url", "q|url"),
    (r"scholar\.google(?:\.[a-z]{2,3}){1,2}", r"/scholar_url", "url"),
    (r"(?:l|lm)\.facebook\.com|(?:www\.)?facebook\.com", r"/l\.php", "u"),
    (r"l\.instagram\.com", r"/?", "u"),
    (r"(?:[\w-]+\.)?linkedin\.com", r"/(?:safety/go|redir/redirect|redir/.*)/?", "url"),
    (r"(?:www\.|html\.)?duckduckgo\.com", r"/l/?", "uddg"),
    (r"(?:www\.)?youtube\.com", r"/redirect", "q"),
    (r"(?:www\.)?slack-redir\.net", r"/link", "url"),
    (r"out\.reddit\.com", r".*", "url"),
    (r"(?:away\.)?vk\.com", r"/away(?:\.php)?", "to"),
    (r"(?:www\.)?medium\.com", r"/r/?", "url"),
    (r"t\.umblr\.com", r"/redirect", "z"),
    (r"deref-(?:gmx|web|mail)\.(?:net|de|com)", r".*", "redirecturl"),
    (r"track\.(?:adform|webgains)\.(?:net|com)", r".*", "url|wgtarget"),
)
"""Redirectors that name the target in a parameter: host, path, and the parameter's name in small letters."""

_SES = re.compile(r"/C?L0/(https?(?::|%3A)(?:%2F|/){2}.+?)/\d{1,3}/[\w.-]{8,}/[^/]+$", re.IGNORECASE)
_ENCODED = re.compile(r"/(https?(?::|%3A)(?:%2F|/){2}[^?]+)$", re.IGNORECASE)
_BARE = re.compile(r"https?://\S+", re.IGNORECASE)
_PROOFPOINT_3 = re.compile(r"/v3/__(.+?)__;([^!]*)!", re.DOTALL)
_AVANAN = re.compile(r"/v2/___(https?:/{1,2}.+?)___\.", re.DOTALL)
_YAHOO = re.compile(r"/RU=([^/]+)/RK=")
_RUNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

_NAMED = ("pmid:", "pmc:", "youtube:", "vimeo:", "arxiv:")

_OPAQUE_HOSTS = re.compile(
    r"(?:[\w-]+\.)*(?:list-manage\d?\.com|sendgrid\.net|hubspotlinks\.com|hubspotemail\.net|hs-send\.com|createsend\d*\.com|cmail\d*\.com|rs6\.net"
    r"|exct\.net|exacttarget\.com|convertkit-mail\d?\.com|kit-mail\d?\.com|mlsend\d?\.com|mjt\.lu|klclick\d?\.com|pstmrk\.it|sendib[mt]\d?\.com"
    r"|emailsys\d\w?\.net|dmtrk\.(?:com|net)|dotmailer\.com|acemln[a-z]\.com|activehosted\.com|mimecast\.com|mimecastprotect\.com|mktoweb\.com"
    r"|mkt\d+\.com|beehiiv\.com|mailgun\.org|awstrack\.me|govdelivery\.com|newsweaver\.com|e2ma\.net|emltrk\.com|ccsend\.com|sparkpostmail\d?\.com"
    r"|urldefense\.(?:proofpoint\.)?com|secure-web\.cisco\.com)"
    r"|bit\.ly|t\.co|lnkd\.in|lnks\.gd|ow\.ly|buff\.ly|tinyurl\.com|is\.gd|goo\.gl|mandrillapp\.com|dlvr\.it|ift\.tt|shorturl\.at|rebrand\.ly",
    re.IGNORECASE,
)
_OPAQUE_PATHS = re.compile(
    r"/(?:ls|wf|u)/click|/track/click|/ss/c/|/f/a/[\w~-]+|/e[23]t/|/Ctc/|/lt\.php|/lnk/|/tn\.jsp|/mk/cl/|/tr/cl/"
    r"|/redirect/[\da-f]{8}-[\da-f-]{20,}|/c/eJ[\w-]{40,}"
    r"|/t/[a-z]-[a-z]-[a-z0-9]{6,}-[a-z]{1,2}-[a-z0-9]{1,3}",
)
_OPAQUE_FRONT = re.compile(r"(?:click|clicks|links?|track(?:ing)?|trk|lnk|elinks?|url\d+|em\d*|go|e|t|r)\.", re.IGNORECASE)
_TOKEN = re.compile(r"[\w-]{40,}")


def unwrap(url: str) -> str:
    """Give the address that a link leads to, as far as the link itself says it, in the form to fetch and without what tracks the reader.
    Bounded; a bad address comes back stripped."""
    for _ in range(MAX_WRAPS):
        inner = _inside(url)
        if inner is None:
            break
        url = inner
    return _untracked(urls.clean(url))


def is_opaque(url: str) -> bool:
    """Say whether an address is a tracking or short link whose target only its server knows."""
    parts = _split(url)
    if parts is None or _inside(url) is not None:
        return False
    host, rest = parts.hostname or "", parts.path + parts.query
    token = _OPAQUE_FRONT.match(host) and "-" not in parts.path and any(re.search(r"\d", found) for found in _TOKEN.findall(rest))
    return len(rest) > 1 and bool(_OPAQUE_HOSTS.fullmatch(host) or _OPAQUE_PATHS.search(parts.path) or token)


def _inside(url: str) -> str | None:
    """Open one wrap."""
    parts = _split(url)
    if parts is None:
        return None
    for read in _READERS:
        target = read(parts)
        if target and (found := _web(target)):
            return found
    return None


def _split(url: str) -> SplitResult | None:
    if len(url) > 4 * urls.MAX_LENGTH:  # wraps make addresses long; what is inside must still be one
        return None
    try:
        parts = urlsplit(url.strip())
        return parts if parts.scheme.lower() in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def _web(target: str) -> str | None:
    """Read a target that may be escaped once or twice too often."""
    for _ in range(3):
        target = target.strip()
        if re.match(r"https?:/{1,2}[^/]", target, re.IGNORECASE):
            head, _, rest = target.partition(":")
            target = f"{head}://{rest.lstrip('/')}"  # some filters lose one of the slashes
            return target if _split(target) else None
        target = unquote(target)
    return None


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
    return unquote(found[0]) if host.endswith("links.govdelivery.com") and (found := _BARE.search(parts.query)) else ""


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


def _untracked(url: str) -> str:
    """Take the parameters off that say how a reader came. What has an address of its own by its number gets that."""
    if any(key.startswith(_NAMED) for key in urls.identity(url)):
        return urls.canonical(url)
    head, mark, query = url.partition("?")
    if not mark:
        return url
    words = folding.shipped()
    trackers = folding.parameters((*words.trackers, *words.mail_trackers))
    kept = [field for field in query.split("&") if field and not trackers.fullmatch(unquote(field.partition("=")[0]))]
    return f"{head}?{'&'.join(kept)}" if kept else head
