"""Pages that stand in front of the page: login walls, consent pages, captchas, empty shells, polite 404s. None of their words may become an item."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.errors import ExtractError
from pipeline.extract.document import Document, beginning
from pipeline.model import Page

_LOGIN = re.compile(
    r"(?:please )?(?:log|sign)[\s-]?(?:in|on)\b.{0,40}|(?:member |staff )?login(?: required)?|authentication required"
    r"|(?:bitte )?(?:anmelden|anmeldung|einloggen)"
    r"|(?:se connecter|connexion|identifiez-vous)|(?:iniciar sesi[oó]n|acceder)",
    re.IGNORECASE,
)
_LOGIN_PATH = re.compile(r"/(?:log-?in|sign-?in|sso|oauth2?|authorize|saml2?|wp-login\.php|auth/login|accounts/login)(?:[/.?]|$)", re.IGNORECASE)
_CAPTCHA = re.compile(
    r"just a moment\W*|attention required!?.*|access (?:to this page has been )?denied.*|are you (?:a )?(?:robot|human)\W*|pardon our interruption\W*"
    r"|(?:verify|verifying|confirm) (?:that )?you are (?:a )?human.*|security check.*|checking your browser.*|ddos.guard|robot check|bot verification"
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
    r"(?:error\W*|http\W*|oops\W*|sorry\W*|whoops\W*|uh.oh\W*)*(?:(?:404|410)(?:\W.{0,60})?"
    r"|(?:(?:the |this |that |your |requested )*(?:page|content|resource|article|post|document|file|event)s? "
    r"(?:you (?:are|were) looking for |you requested )?(?:(?:was|is|could|has|can|does|may) ?)?(?:not|n't|n’t|no longer|been) ?(?:be )?"
    r"(?:found|available|exists?|removed|deleted|there)\b.{0,40})"
    r"|not found|nothing (?:was )?found|seite (?:wurde )?nicht (?:gefunden|vorhanden)\b.{0,30}|page (?:introuvable|non trouv[ée]e)\b.{0,30}"
    r"|p[áa]gina no encontrada\b.{0,30})\W*",
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
_HEADING = 500  # characters; no wall has a longer one
_SHORT, _LONG = 120, 400  # words: a wall says little; a consent page may say more


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What the tree of a page tells of a wall. `described` says whether metadata describe a thing, and not only name a page."""

    noscript: str
    headings: tuple[str, ...]
    described: bool


def signs(document: Document) -> Signs:
    """Gather what the tree shows of a wall, before it is spoiled for its text."""
    tree = document.tree
    headings = [document.heading, *(beginning(element, _HEADING)[: 2 * _HEADING] for element in tree.findall(".//h1")[:3])]
    return Signs(
        noscript=" ".join(beginning(element, 1000) for element in tree.findall(".//noscript")[:3])[:1000],
        headings=tuple(filter(None, headings)),
        described=bool(document.main or document.meta("og:description", "description", "og:video", "og:audio", "citation_title")),
    )


def check(page: Page, signs: Signs, words: str, count: int) -> None:
    """Raise `ExtractError` where the page is only a wall; `words` is its main text, `count` how many they are."""
    if reason := _reason(page, signs, words, count):
        raise ExtractError(f"{page.url} {_SENTENCES[reason]}.", url=page.url, reason=reason)


def _reason(page: Page, signs: Signs, words: str, count: int) -> str | None:
    if count < _LONG and _is_consent(page.url, signs, words):
        return "consent"
    if count >= _SHORT:
        return None
    if any(_part(_GONE, title) for title in signs.headings):
        return "soft-404"
    if _is_captcha(page.body, signs, words, count):
        return "captcha"
    return "login" if _is_login(page, signs, count) else _shell(signs, words, count)


def _is_captcha(body: bytes, signs: Signs, words: str, count: int) -> bool:
    if any(_part(_CAPTCHA, title) for title in signs.headings) or (count < 60 and _CAPTCHA_WORDS.search(words)):
        return True
    return count < 30 and not signs.described and any(mark in body for mark in _CAPTCHA_MARKS)


def _shell(signs: Signs, words: str, count: int) -> str | None:
    if count < 60 and _SCRIPT.search(words):
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
    titled = any(_part(_CONSENT, title) for title in signs.headings)
    dense = len(_CONSENT_WORD.findall(words)) * 12 > len(words.split()) > 0
    return (address.hostname or "").startswith("consent.") or (titled and dense) or (dense and not signs.described and len(words.split()) > 8)


def _is_login(page: Page, signs: Signs, count: int) -> bool:
    titled = any(_part(_LOGIN, title) for title in signs.headings)
    sent_there = _LOGIN_PATH.search(page.url) is not None
    if titled and (sent_there or count < 60):
        return True
    return (titled or sent_there or (count < 40 and not signs.described)) and _PASSWORD.search(page.body) is not None
