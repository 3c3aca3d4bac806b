"""Whether a text is only a wall: a consent text, a login form, an error, a check for robots, an offer to subscribe. Thousands of pages have the
same one, and none is the same as another for it. Decides nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache

LONGEST = 1800
"""Characters. No wall says more; a longer text is never one."""
_MOSTLY = 0.6
"""The share of the text, in bytes, that stands in sentences such as walls have: a Chinese letter says more than a Latin one."""

_SURE = re.compile(
    # consent
    r"store and/?(?: ?or)? ?access|our (?:\d+ )?(?:advertising |trusted )?partners|(?:accept|reject|allow|decline|refuse) all"
    r"|withdraw (?:your )?consent"
    r"|legitimate interest|we (?:and our partners )?use cookies|uses? cookies|(?:essential|necessary|functional|third.party) cookies"
    r"|value your privacy"
    r"|(?:manage|your) (?:privacy|cookie|consent)? ?(?:preferences|choices|settings)|personali[sz]ed (?:ads|advertising|content)"
    r"|wir verwenden cookies|alle (?:cookies )?akzeptieren|(?:unsere|und) partner|nous utilisons des cookies|tout (?:accepter|refuser)"
    r"|nos partenaires"
    r"|(?:usamos|utilizamos) cookies|aceptar (?:todas|todo)|wij gebruiken cookies|alles accepteren"
    # login
    r"|(?:sign|log) ?in (?:to|with|or|using|via|below|here)|forgot(?:ten)? (?:your )?(?:password|username)|enter your (?:user ?name|e-?mail"
    r"|password)"
    r"|(?:already|not) (?:a|have an) (?:member|account|subscriber)|create an? (?:free )?account|passwort vergessen|mot de passe oubli"
    r"|melden sie sich"
    r"|you (?:must|need to|have to) be (?:logged|signed) in|(?:olvid[óo]|recuperar) (?:su|tu|la)? ?contrase"
    # robots and errors
    r"|enable (?:java ?script|cookies)|java ?script (?:is|and cookies)|you are (?:a |not a )?(?:human|robot)|are using automation|unusual traffic"
    r"|access (?:to this (?:page|site|resource) )?(?:has been |is |was )?(?:denied|forbidden|blocked)|you have been blocked|ray id"
    r"|checking your browser"
    r"|complete the captcha|security (?:check|service)|(?:page|file|resource|content|url)s? (?:\w+ ){0,6}(?:not be found|not found"
    r"|no longer|not exist|removed)"
    r"|(?:can.?t|cannot|could not|couldn.t) find (?:the|that|this) page|temporarily unavailable|internal server error|too many requests"
    r"|try again later"
    r"|don.t have permission|seite (?:wurde )?nicht gefunden|page (?:introuvable|non trouv)|p[áa]gina no encontrada"
    # subscription
    r"|subscribe (?:now|today|to (?:continue|read|keep))|(?:keep|continue|go on) reading|for subscribers|free trial|unlimited access"
    r"|cancel (?:at )?any ?time",
)
"""What only a wall says, or a text about walls; of a text in small letters."""
_HINTS = (
    *("cookie", "consent", "partners", "sign in", "sign-in", "signed in", "log in", "login", "logged in", "password", "username", "free account"),
    *(
        "an account",
        "javascript",
        "java script",
        "captcha",
        "a human",
        "robot",
        "automation",
        "unusual traffic",
        "denied",
        "forbidden",
        "blocked",
        "ray id",
    ),
    *(
        "checking your",
        "security check",
        "security service",
        "not found",
        "no longer",
        "not exist",
        "removed",
        "this page",
        "the page",
        "that page",
        "unavailable",
        "server error",
    ),
    *(
        "too many requests",
        "try again later",
        "permission",
        "subscribe",
        "subscribers",
        "free trial",
        "on reading",
        "keep reading",
        "continue reading",
        "unlimited access",
    ),
    *(
        "cancel any",
        "cancel at any",
        "personalised a",
        "personalized a",
        "personalised c",
        "personalized c",
        "legitimate",
        "your privacy",
        "preferences",
        "akzeptieren",
        "passwort",
        "melden sie sich",
        "gefunden",
        "oubli",
        "introuvable",
    ),
    *(
        "accepter",
        "refuser",
        "partenaires",
        "aceptar",
        "contrase",
        "encontrada",
        "accepteren",
        "a member",
        "accept all",
        "reject all",
        "your choices",
    ),
)
"""Of what `_SURE` finds there is one in it: looking for these costs next to nothing."""
_LIKELY = re.compile(
    r"cookies?|consent|partners?|privacy|personal data|track(?:ers|ing)|advertis|preferences?|choices|identifiers|your device|accept|reject|vendors"
    r"|purposes|terms of use|sign(?:ing|ed)? ?in|log(?:ging|ged)? ?in|password|user ?name|your (?:e-?mail|account|institution|library"
    r"|organi[sz]ation)"
    r"|account|register|members?\b|technical support|(?:help|service) desk|java ?script|browser|automat|robot|human|captcha|verif"
    r"|reference id|denied"
    r"|forbidden|permission|blocked|security|not found|404|error|moved|removed|typed|broken|looking for|search box|no longer|server"
    r"|unavailable|try again|home ?page|web ?site|this (?:site|page)"
    r"|subscri|trial|premium|keep reading|continue reading|per month|a month|offer|datenschutz|einwilligung|akzeptieren|anmeld|passwort|konto"
    r"|confidentialit|accepter|refuser|mot de passe|compte|connexion|privacidad|aceptar|rechazar|contrase|cuenta|toestemming|wachtwoord",
)
"""What a sentence of a wall has at least one of."""
_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？\n]*")


def is_wall(content: str) -> bool:
    """Say whether a text is only a wall: short, with a word that walls have, and such words in most of its sentences."""
    return 0 < len(content) <= LONGEST and _is_wall(content)


@lru_cache(256)
def _is_wall(content: str) -> bool:
    content = content.lower()
    hints = [hint for hint in _HINTS if hint in content]
    if not hints:
        return False
    sentences = _SENTENCE.findall(content)
    if not any(_is_sure(sentence, hints) for sentence in sentences):
        return False
    spare = (1 - _MOSTLY) * sum(len(sentence.encode()) for sentence in sentences)
    for sentence in sentences:
        if not (_LIKELY.search(sentence) or _is_sure(sentence, hints)):
            spare -= len(sentence.encode())
            if spare < 0:
                return False
    return True


def _is_sure(sentence: str, hints: list[str]) -> bool:
    return any(hint in sentence for hint in hints) and bool(_SURE.search(sentence))
