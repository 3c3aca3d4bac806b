"""A link of a mail to where it leads, by the address alone: filters and senders wrap links, often several times over. Asks no network.

Where the target is not in the address (`is_opaque`), nothing is guessed: the link is followed when the lead is visited, like any redirect.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, unquote, urlsplit

from pipeline import folding, urls
from pipeline.folding import carriers

MAX_WRAPS = 8
"""Wraps inside each other. Two filters around a sender's link make three; what is deeper was made to keep us busy."""

_ARRIVALS: tuple[tuple[str, str], ...] = (
    (
        r"(?:[\w-]+\.)*(?:tandfonline|sagepub|onlinelibrary\.wiley|liebertpub|magonlinelibrary|cochranelibrary|emerald|nejm|annualreviews"
        r"|healthaffairs"
        r"|acs|acm)\.(?:com|org)",  # Atypon
        r"ai|ui|mi|af|nav|query|journalcode|campaign|src",
    ),
    (r"(?:www\.)?scopus\.com", r"origin|txgid|alertid|zone|sort|recordrank|dig"),
    (r"(?:[\w-]+\.)*(?:sciencedirect|thelancet|cell|elsevier)\.com", r"via|rss|md5|pid|casa_token|_rdoc|_fmt|_origin"),
    (r"(?:www\.)?jstor\.org", r"refreqid|seq|searchtext|searchuri|ab_segments|search_key|origin|initiator|loggedin"),
    (r"(?:www\.)?researchgate\.net", r"_iepl.*|_sg.*|_esc|cp|uxbt|h|ch|logint|pli|origin|enrichid|enrichsource|el"),
    (r"academic\.oup\.com|jamanetwork\.com", r"redirectedfrom|login|rss|guestaccesskey|linkid|resultclick|searchresult|widget|appid|alert"),
    (r"(?:[\w-]+\.)*(?:springer|springernature|nature|biomedcentral|springeropen)\.com", r"wt_mc|sap-outbound-id|error|code|frompaywallrec|origin"),
    (r"(?:[\w-]+\.)*bmj\.com", r"etoc|rss|ijkey|keytype|hits|int_.*"),
    (r"(?:[\w-]+\.)*lww\.com", r"bid|context|emid|activationcode"),
    (r"(?:[\w-]+\.)*proquest\.com", r"accountid|sourcetype|parentsessionid|pq-origsite|fromopenview|cbl|bdid"),
    (r"(?:[\w-]+\.)*(?:webofscience|webofknowledge)\.com", r"srcapp|srcauth|destapp|destlinktype|customersid|init|smcid|alertid"),
    (r"app\.dimensions\.ai", r"and_facet.*|search_mode|search_text|search_type|order"),
    (r"(?:[\w-]+\.)*linkedin\.com", r"midtoken|midsig|lipi|eid|otptoken|loid|refid|rawquery|isinternal"),
    (r"(?:[\w-]+\.)*substack\.com", r"isfreemail|publication_id|post_id|r|token|triedredirect"),
    (
        r".*",
        r"_bhlid|dm_[it]|pi_list_email|pi_campaign_id|elqtrackid|elqaid|elqat|elqcampaignid|ml_recipient|mcusers|brevo_.*|sib_.*|_se"
        r"|sc_e[ih]|sc_l?lid|sc_u?id"
        r"|lh_(?:aid|cid)|xnpe_.*|iterable_.*|cio_id|bxid|esp_.*|ns_linkname|hss_channel|_openstat|ss_(?:source|campaign_.*|email_id)"
        r"|ea\.tracking\.id|email_hash",
    ),
)
"""Parameters that say by which mail a reader came, of publishers and of mailing programs: hosts, and names in small letters."""

_NAMED = ("pmid:", "pmc:", "youtube:", "vimeo:", "arxiv:")

_OPAQUE_HOSTS = re.compile(
    r"(?:[\w-]+\.)*(?:list-manage\d?\.com|sendgrid\.net|hubspotlinks\.com|hubspotemail\.net|hs-send\.com|createsend\d*\.com|cmail\d*\.com|rs6\.net"
    r"|exct\.net|exacttarget\.com|convertkit-mail\d?\.com|kit-mail\d?\.com|mlsend\d?\.com|mjt\.lu|klclick\d?\.com|pstmrk\.it|sendib[mt]\d?\.com"
    r"|mkto-\w+\.com|emailsys\d\w?\.net"
    r"|dmtrk\.(?:com|net)|dotmailer\.com|acemln[a-z]\.com|activehosted\.com|mimecast\.com|mimecastprotect\.com|mktoweb\.com"
    r"|mkt\d+\.com|beehiiv\.com|mailgun\.org|awstrack\.me|govdelivery\.com|newsweaver\.com|e2ma\.net|emltrk\.com|ccsend\.com|sparkpostmail\d?\.com"
    r"|urldefense\.(?:proofpoint\.)?com|secure-web\.cisco\.com)"
    r"|bit\.ly|t\.co|lnkd\.in|lnks\.gd|ow\.ly|buff\.ly|tinyurl\.com|is\.gd|goo\.gl|mandrillapp\.com|dlvr\.it|ift\.tt|shorturl\.at|rebrand\.ly",
    re.IGNORECASE,
)
_OPAQUE_PATHS = re.compile(
    r"/(?:ls|wf|u)/click|/track/click|/ss/c/|/f/a/[\w~-]+|/e[23]t/|/Ctc/|/lt\.php|/lnk/|/tn\.jsp|/mk/cl/|/tr/cl/"
    r"|/redirect/[\da-f]{8}-[\da-f-]{20,}|/c/eJ[\w-]{40,}"
    r"|/t/[a-z]-[a-z]-[a-z0-9]{6,}-[a-z]{1,2}-[a-z0-9]{1,3}"
    r"|^/[el]/\d{4,}/[\w-]+/\w+(?:/\d+)?$"  # Pardot
    r"|/click\.(?:php|aspx?)$|/cl/\w{20,}|/clicks?/\w{16,}",
)
_OPAQUE_FRONT = re.compile(
    r"(?:click|clicks|links?|track(?:ing)?|trk|lnk|elinks?|url\d+|em\d*|email|mail|mailing|info|news|mkto?|pages|go|e|t|r)\.", re.IGNORECASE
)
_TOKEN = re.compile(r"[\w-]{40,}")


def unwrap(url: str) -> str:
    """Give the address that a link leads to, as far as the link itself says it, in the form to fetch and without what tracks the reader.
    Bounded; a bad address comes back stripped."""
    for _ in range(MAX_WRAPS):
        inner = carriers.inside(url)
        if not inner:
            break
        url = inner
    return _untracked(urls.clean(url))


def is_opaque(url: str) -> bool:
    """Say whether an address is a tracking or short link whose target only its server knows."""
    parts = _split(url)
    if parts is None or carriers.inside(url):
        return False
    host, rest = parts.hostname or "", parts.path + parts.query
    token = _OPAQUE_FRONT.match(host) and "-" not in parts.path and any(re.search(r"\d", found) for found in _TOKEN.findall(rest))
    return len(rest) > 1 and bool(_OPAQUE_HOSTS.fullmatch(host) or _OPAQUE_PATHS.search(parts.path) or token)


def _split(url: str) -> SplitResult | None:
    if len(url) > carriers.MAX_WRAPPED:
        return None
    try:
        parts = urlsplit(url.strip())
        return parts if parts.scheme.lower() in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def _untracked(url: str) -> str:
    """Take the parameters off that say how a reader came. What has an address of its own by its number gets that."""
    if any(key.startswith(_NAMED) for key in urls.identity(url)):
        return urls.canonical(url)
    head, mark, query = url.partition("?")
    head = head.replace("linkedin.com/comm/", "linkedin.com/", 1)
    if not mark:
        return head
    words = folding.shipped()
    trackers = folding.parameters((*words.trackers, *words.mail_trackers))
    arrivals = _arrivals((urlsplit(url).hostname or "").lower())
    names = ((field, unquote(field.partition("=")[0])) for field in query.split("&") if field)
    kept = [field for field, name in names if not (trackers.fullmatch(name) or arrivals.fullmatch(name))]
    return f"{head}?{'&'.join(kept)}" if kept else head


@lru_cache(1_024)
def _arrivals(host: str) -> re.Pattern[str]:
    return re.compile("|".join(names for hosts, names in _ARRIVALS if re.fullmatch(hosts, host)), re.IGNORECASE)
