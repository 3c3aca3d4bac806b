"""Pages that stand in front of the page: login walls, consent pages, captchas, empty shells, polite 404s. None of their words may become an item."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from pipeline.errors import ExtractError
from pipeline.extract import lines, moments
from pipeline.extract.document import Document, Element, beginning
from pipeline.model import Page

_LOGIN = re.compile(
    r"(?:please )?(?:log|sign)[\s-]?(?:in|on)\b.{0,40}|(?:member |staff )?login(?: required)?|authentication required"
    r"|(?:bitte )?(?:anmelden|anmeldung|einloggen)"
    r"|(?:se connecter|connexion|identifiez-vous)|(?:iniciar sesi[oó]n|acceder)",
    re.IGNORECASE,
)
_FORM = 1_500  # characters of a page in which a form of registration says when
_LOGIN_PATH = re.compile(r"/(?:log-?in|sign-?in|sso|oauth2?|authorize|saml2?|wp-login\.php|auth/login|accounts/login)(?:[/.?]|$)", re.IGNORECASE)
_CAPTCHA = re.compile(
    r"just a moment\W*|attention required!?.*|access (?:to this page has been )?denied.*|are you (?:a )?(?:robot|human)\W*|pardon our interruption\W*"
    r"|(?:verify|verifying|confirm) (?:that )?you are (?:a )?human[^:,;]{0,40}|security check[^:,;]{0,40}|checking your browser.*|ddos.guard"
    r"|robot check|bot verification"
    r"|one more step|403 forbidden|request blocked.*",
    re.IGNORECASE,
)
_CAPTCHA_WORDS = re.compile(
    r"verify (?:that )?you(?:'re| are) (?:a |not a )?(?:human|robot)|unusual traffic from your|checking (?:if the site connection is secure"
    r"|your browser)"
    r"|complete the captcha|solve (?:this|the) captcha|press (?:and|&) hold",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"(?:before you continue|we value your privacy|your privacy(?: (?:choices|matters|is important).*)?|cookie (?:consent|settings"
    r"|preferences|policy|notice)"
    r"|(?:we|this (?:site|website)) uses? cookies|manage (?:your )?(?:consent|cookies).*|datenschutz-?einstellungen.*|(?:wir verwenden"
    r"|nous utilisons des) cookies)\b.*",
    re.IGNORECASE,
)
_CONSENT_WORD = re.compile(
    r"\b(?:cookies?|consent|privacy|partners?|personalised|datenschutz|einwilligung|vie priv[ée]e|consentement)\b", re.IGNORECASE
)
_SCRIPT = re.compile(
    r"(?:enable|activate|turn on|requires?|needs?|without|aktivieren|activer|activ[ae]r?)\W+(?:\w+\W+){0,4}?java\s?script"
    r"|java\s?script\W+(?:\w+\W+){0,4}?"
    r"(?:enabled?|disabled|required|aktivieren|deaktiviert|to run|to view)",
    re.IGNORECASE,
)
_GONE = re.compile(
    r"(?:error\W*|http\W*|oops\W*|sorry\W*|whoops\W*|uh.oh\W*)*(?:(?:404|410)(?:\W[^,;:]{0,60})?"
    r"|(?:(?:the |this |that |your |requested )*(?:page|content|resource|article|post|document|file|event)s? "
    r"(?:you (?:are|were) looking for |you requested )?(?:(?:was|is|could|has|can|does|may) ?)?(?:not|n't|n’t|no longer|been) ?(?:be )?"
    r"(?:found|available|exists?|removed|deleted|there)\b[^,;:]{0,40})"
    r"|not found|nothing (?:was )?found|seite (?:wurde )?nicht (?:gefunden|vorhanden)\b.{0,30}|page (?:introuvable|non trouv[ée]e)\b.{0,30}"
    r"|p[áa]gina no encontrada\b.{0,30})\W*",
    re.IGNORECASE,
)
_GATE = re.compile(  # what stands where the rest of a text would
    r"\bto (?:continue|keep) reading\b|\bto (?:read|view|access|see|unlock|watch) (?:the |this |our )?(?:(?:full|rest of(?: the| this)?|whole"
    r"|complete|entire|remaining) )?"
    r"(?:article|story|content|page|report|resource|video|post|text)\b|\b(?:subscribe|register|join|become a (?:member|subscriber)) (?:now "
    r"|today )?to (?:read|continue|access|view|unlock)"
    r"|\b(?:this|the) (?:article|content|page|resource|story|report|video) is (?:only )?(?:available|for|exclusive|reserved|restricted"
    r"|visible)[^.]{0,20}\b(?:members|subscribers)"
    r"|reached your (?:limit|free)|weiterlesen mit|jetzt weiterlesen|nur für (?:abonnenten|mitglieder)|réservé aux (?:abonnés|membres|adhérents)"
    r"|(?:solo|exclusivo) para (?:suscriptores|socios|miembros)|alleen voor (?:abonnees|leden)|riservato (?:agli abbonati|ai soci)"
    r"|kun for (?:abonnenter|medlemmer)",
    re.IGNORECASE,
)
_PLEA = re.compile(  # the same, where the page says itself that it is closed
    r"\b(?:subscribe|sign in|log in|become a member|subscribers?|members?[- ]only|free articles?|abonnieren|anmelden|abonnez|déjà abonné"
    r"|suscr[ií]bete|abonneer)\b",
    re.IGNORECASE,
)
_HOME = re.compile(
    r"(?:home(?:page| page)?|welcome(?: to .{2,60})?|start(?:seite)?|willkommen(?: .{2,60})?|herzlich willkommen.{0,60}|accueil|bienvenue.{0,60}"
    r"|inicio|bienvenid[oa]s?.{0,60}"
    r"|hafan|croeso.{0,60}|welkom.{0,60}|forside|hem|hjem|benvenut[oi].{0,60}|bem-vind[oa]s?.{0,60}|início)",
    re.IGNORECASE,
)
_CONSENT_PAGE = re.compile(
    r"(?:zustimmung|einwilligung|consent(?:ement)?|consentimiento|consenso|toestemming|samtykke|samtycke|privacy ?(?:gate|wall|preferences)"
    r"|cookie ?wall"
    r"|(?:weiter )?mit werbung (?:weiter)?(?:lesen|nutzen|surfen).{0,30}|continuer (?:sans accepter|avec).{0,40}|accepter et continuer"
    r"|accept (?:all )?(?:and|&) continue"
    r"|akzeptieren und weiter.{0,30}|accetta e continua|aceptar y continuar|accepteren en doorgaan|pay or (?:ok|consent).{0,30})",
    re.IGNORECASE,
)
_CONSENT_PATH = re.compile(
    r"/(?:[\w-]*consent(?:ement)?|zustimmung|einwilligung|cookie-?wall|privacy-?(?:gate|wall)|cmp|toestemming|samtykke"
    r"|datenschutz-zustimmung)(?:[/.]|$)",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"\b(?:cookies?|consent|privacy|partners?|partner[ns]?|personali[sz]ed|datenschutz|einwilligung|zustimm\w+|werbung|werbetracking|werbefrei"
    r"|tracking|tracker|akzeptieren"
    r"|pur-?abo|vie priv[ée]e|consentement|accepter|publicit[ée]s?|consentimiento|aceptar|publicidad|toestemming|advertenties|accepteren"
    r"|advertis\w+|ads|vendors?|accept"
    r"|ip-adress\w+|legitimate|samtykke|annonser|consenso|pubblicità|accetta)\b",
    re.IGNORECASE,
)
_SET_UP = re.compile(
    r"(?:web ?site|app(?:lication)?) (?:created|generated|built) (?:using|with|by) |(?:vite|react|vue|angular|next\.?js|nuxt"
    r"|svelte)\b.{0,20}\bapp\b|^$",
    re.IGNORECASE,
)
_SENTENCES = {
    "login": "is a login page: what stands behind it can be read by members only",
    "captcha": "asks whether we are human instead of showing the page",
    "consent": "asks for consent to cookies instead of showing the page",
    "javascript": "shows nothing without JavaScript",
    "soft-404": "says that the page does not exist, although the server answered as if it did",
    "empty": "holds no text, no title of its own and no description",
}
_PASSWORD = re.compile(rb"""<input[^>]{1,300}type\s*=\s*["']?password""", re.IGNORECASE)
_CAPTCHA_MARKS = (b"g-recaptcha", b"h-captcha", b"cf-challenge", b"challenge-form", b"cf-turnstile", b"px-captcha")
_SHOWN = 3_000  # characters
_SHOWING = ("h1", "h2", "h3", "h4", "p", "div", "section", "button", "strong", "span")
_HEADING = 500  # characters; no wall has a longer one
_SHORT, _LONG = 120, 400  # words: a wall says little; a consent page may say more


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What the tree of a page tells of a wall. `described` says whether metadata describe a thing, and not only name a page."""

    noscript: str
    headings: tuple[str, ...]
    described: bool
    is_named: bool  # for machines: by Open Graph or JSON-LD
    is_closed: bool  # to those who do not pay, as it says itself
    is_dated: bool
    at_front_door: bool  # it calls itself the front page of its site
    shown: str  # its first words, where something hints at a wall


def signs(document: Document) -> Signs:
    """Gather what the tree shows of a wall, before it is spoiled for its text."""
    tree = document.tree
    closed = any(str(node.get("isAccessibleForFree")).lower() in ("false", "no") for node in document.nodes)
    headings = [document.heading, *(beginning(element, _HEADING)[: 2 * _HEADING] for element in tree.findall(".//h1")[:3])]
    return Signs(
        noscript=" ".join(beginning(element, 1000) for element in tree.findall(".//noscript")[:3])[:1000],
        headings=tuple(filter(None, headings)),
        described=bool(document.main or _description(document) or document.meta("og:video", "og:audio", "citation_title") or _tells_when(document)),
        is_named=bool(document.main or document.meta("og:title", "citation_title")),
        is_closed=closed,
        is_dated=bool(document.meta("article:published_time", "citation_publication_date", "dc.date") or document.main.get("datePublished")),
        at_front_door=_at_front_door(document),
        shown=_shown(tree) if closed or _may_ask(document, headings) else "",
    )


def _may_ask(document: Document, headings: list[str]) -> bool:
    """Whether something hints at a wall whose words are not in the main text: a field for a password, an address or a heading of consent."""
    if any((one.get("type") or "").lower() == "password" for one in islice(document.tree.iter("input"), 60)):
        return True
    return _CONSENT_PATH.search(document.url) is not None or any(_part(_CONSENT_PAGE, title) for title in headings)


def _shown(tree: Element) -> str:
    """The first words that the page shows, without its scripts and menus."""
    parts, length = [], 0
    for element in tree.iter(*_SHOWING):
        for part in (element.text, *(child.tail for child in islice(element, 20))):
            if part and (part := part.strip()):
                parts.append(part)
                length += len(part)
        if length > _SHOWN:
            break
    return " ".join(parts)[:_SHOWN]


def _description(document: Document) -> str:
    """What the page is said to be about; what a builder of sites puts there before anybody has written says nothing."""
    found = document.meta("og:description", "description")
    return found[0] if found and not _SET_UP.search(found[0]) else ""


def _tells_when(document: Document) -> bool:
    """Whether a page that has a form names a day and a time under a heading: one registers there for an event, and little else is said."""
    if document.tree.find(".//form") is None or document.tree.find(".//h1") is None:
        return False
    told = moments.tokens(lines.shown(document)[:_FORM])
    return any(isinstance(one, moments.Day) for one in told) and any(isinstance(one, moments.Clock) and one.told for one in told)


def _at_front_door(document: Document) -> bool:
    """Whether a page deep in a site says that its own address is the front door: old addresses are often sent there."""
    links = [one.get("href") for one in document.tree.iter("link") if (one.get("rel") or "").lower() == "canonical"]
    stated = [one.strip() for one in (*links, *document.metas.get("og:url", ())) if one]
    return bool(stated) and not _is_front_door(document.url) and all(map(_is_front_door, stated))


def _is_front_door(address: str) -> bool:
    return address == "/" or (address.startswith("http") and address.rstrip("/").count("/") == 2)


def check(page: Page, signs: Signs, words: str, count: int) -> None:
    """Raise `ExtractError` where the page is only a wall; `words` is its main text, `count` how many they are."""
    if reason := _reason(page, signs, words, count):
        raise ExtractError(f"{page.url} {_SENTENCES[reason]}.", url=page.url, reason=reason)


def _reason(page: Page, signs: Signs, words: str, count: int) -> str | None:
    if count < _LONG and _is_consent(page.url, signs, words):
        return "consent"
    if count < _LONG and signs.at_front_door and not signs.is_dated and any(_part(_HOME, title) for title in signs.headings):
        return "soft-404"
    if count >= _SHORT:
        return None
    if any(_part(_GONE, title) for title in signs.headings):
        return "soft-404"
    if _is_captcha(page.body, signs, words, count):
        return "captcha"
    return "login" if _is_login(page, signs, count) else _shell(signs, words, count)


def _is_captcha(body: bytes, signs: Signs, words: str, count: int) -> bool:
    if any(_part(_CAPTCHA, title) for title in signs.headings) or (count < 60 and not signs.is_dated and _CAPTCHA_WORDS.search(words)):
        return True
    return count < 30 and not signs.described and any(mark in body for mark in _CAPTCHA_MARKS)


def _shell(signs: Signs, words: str, count: int) -> str | None:
    if count < 60 and not signs.is_dated and _SCRIPT.search(words):
        return "javascript"
    if count < 10 and not signs.is_named and _SCRIPT.search(signs.noscript):
        return "javascript"
    if count < 10 and not signs.described:
        return "javascript" if _SCRIPT.search(signs.noscript) else "empty"
    return None


def _part(pattern: re.Pattern[str], title: str) -> bool:
    """Whether the pattern is a whole title, or its part before or after the name of the site."""
    return any(pattern.fullmatch(part.strip()) for part in (title, *re.split(r"\s[|–—•·-]\s", title)) if len(part) < 120)


def _is_consent(url: str, signs: Signs, words: str) -> bool:
    try:
        address = urlsplit(url)
    except ValueError:
        return False
    if (_CONSENT_PATH.search(address.path) or any(_part(_CONSENT_PAGE, title) for title in signs.headings)) and _asks(signs.shown):
        return True
    titled = any(_part(_CONSENT, title) for title in signs.headings)
    dense = len(_CONSENT_WORD.findall(words)) * 12 > len(words.split()) > 0
    return (address.hostname or "").startswith("consent.") or (titled and dense) or (dense and not signs.described and len(words.split()) > 8)


def _asks(shown: str) -> bool:
    """Whether one word in fourteen is of those with which a page asks to be allowed to advertise."""
    return len(_ASKED.findall(shown)) * 14 > len(shown.split())


def _is_login(page: Page, signs: Signs, count: int) -> bool:
    if signs.is_closed and (_GATE.search(signs.shown) or _PLEA.search(signs.shown)):
        return True
    if _GATE.search(signs.shown) and _PASSWORD.search(page.body):
        return True
    titled = any(_part(_LOGIN, title) for title in signs.headings)
    sent_there = _LOGIN_PATH.search(page.url) is not None
    if titled and (sent_there or count < 60):
        return True
    return (titled or sent_there or (count < 40 and not signs.described)) and _PASSWORD.search(page.body) is not None
