"""Who speaks in a recording, where only its words or the class of a line say so: "Host Ada Marsh talks with Tom Reed", "Speaker: Dr Ann Obi".

Only asked of pages that play something: elsewhere, a speaker did not make the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice

from pipeline import text
from pipeline.extract import credited, media
from pipeline.extract.chrome import is_chrome
from pipeline.extract.document import Document, beginning, inner

_LINES, _LONG, _SHORT, _MOST = 12, 600, 120, 4  # paragraphs; characters of one, of a line that is called a speaker's; people in such lines
_CALLED = re.compile(
    r"(?:^|[\s_-])(?:speaker|presenter|host|guest|interviewee|spreker|referent|ponente|intervenant)s?(?:[-_]{1,2}names?)?(?:__[\w-]{2,8})?(?:\s|$)"
)
_PART = r"(?:[A-ZÀ-ÞĀ-Ž](?:[\w’'-]|(?<=\b\w)\.)*)"
_SMALL = "(?:van|von|der|den|de|del|della|di|da|dos|du|le|la|ter|ten|bin|al)"
_TITLE = r"(?:(?:Dr|Prof|Professor|Sir|Dame|Frau|Herr|Mme|Sra?|Dott(?:\.ssa)?)\.?\s){0,2}"
_NAME = rf"{_TITLE}{_PART}(?:\s(?:{_SMALL}\s){{0,2}}{_PART}){{1,3}}"
_AND = r"(?:,?\s(?:and|und|et|y|e|en|och|i|&)\s|,\s)"
_NAMES = rf"{_NAME}(?:{_AND}{_NAME}){{0,3}}"
_ROLE = (
    r"(?:(?:guest )?speakers?|presenters?|presented by|(?:with )?guests?|(?:with )?hosts?|hosted by|featuring|in conversation with"
    r"|gast|gäste|zu gast|referent(?:in|en)?|moderation|invitée?s?|intervenante?s?|animé par|ponentes?|invitad[oa]s?|presentad[oa] por"
    r"|sprekers?|te gast|talare|gäst(?:er)?|relator[ei]|relatrice|ospit[ei]|orador(?:a|es)?|convidad[oa]s?|gość|goście|prowadz(?:i|ący|ąca))"
)
_SAID = re.compile(rf"(?:^|(?<=[.!?:;|(—–-]\s)|(?<=[.;|(]))(?i:{_ROLE})(?:\s?[:：]\s?|\s)(?P<names>{_NAMES})")
_WITH = (
    r"(?:(?:talk|speak|chat)(?:s|ed)? (?:to|with)|interview(?:s|ed)?|is joined by|are joined by|sits down with|in conversation with|meets"
    r"|spricht mit|im Gespräch mit|s[’']entretient avec|reçoit|conversa con|habla con|entrevista a|in gesprek met|praat met|spreekt met|samtalar med"
    r"|dialoga con|intervista|conversa com|rozmawia z)"
)
_TALK = re.compile(rf"(?:(?i:hosts?|moderator(?:in)?|presenter)\s)?(?P<one>{_NAMES})(?:,\s[^.,]{{3,60}},)?\s{_WITH}\s(?P<two>{_NAMES})")


def speakers(document: Document) -> tuple[str, ...]:
    """Those who speak in what the page plays; () where it plays nothing or names none."""
    if not _plays(document):
        return ()
    return max(map(_of_line, _lines(document)), key=len, default=()) or tuple(dict.fromkeys(_called(document)))[:_MOST]


def _plays(document: Document) -> bool:
    if media.is_recording(document.main) or any(name in document.metas for name in ("og:video", "og:audio", "og:video:url")):
        return True
    kind = document.meta("og:type")
    return bool(kind and kind[0].startswith(("video", "music"))) or next(document.tree.iter("video", "audio"), None) is not None


def _lines(document: Document) -> Iterator[str]:
    described = chain.from_iterable(document.metas.get(name, ()) for name in ("og:description", "description"))
    paragraphs = (beginning(one, _LONG) for one in islice(document.tree.iter("p", "li"), 10 * _LINES) if not is_chrome(one))
    yield from dict.fromkeys(text.squeeze(one[:_LONG]) for one in chain(described, islice(paragraphs, _LINES)))


def _of_line(line: str) -> tuple[str, ...]:
    named = [
        name for found in (*_TALK.finditer(line), *_SAID.finditer(line)) for part in found.groupdict().values() for name in credited.people(part)
    ]
    return tuple(dict.fromkeys(named))


def _called(document: Document) -> Iterator[str]:
    """The names of lines that markup calls a speaker's, with their roles cut off."""
    for element in document.called({"class": _CALLED.search})[: 4 * _MOST]:
        if len(beginning(element, _SHORT)) <= _SHORT and not is_chrome(element):
            yield from credited.people(inner(element))
