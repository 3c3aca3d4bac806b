"""What somebody wrote who answers a mail: their own words and the links in them, without the mail that is answered and without a signature.

Mail programs quote in many ways: with marks before each line, below a line that says who wrote when, below a copy of the headers, in a box of HTML.
Follows no link and answers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

import lxml.html

from pipeline import urls
from pipeline.errors import ParseError
from pipeline.model import Page, Source
from pipeline.sources import letter, markup, plainletter
from pipeline.sources.blocks import Block
from pipeline.sources.markup import Element
from pipeline.sources.message import Mail, Part, decode
from pipeline.text import clip, squeeze

MAX_CHARACTERS = 500_000
MAX_LINES, MAX_OWN = 5_000, 300
"""Lines of a mail that are looked at, and of its writer's own that are read."""
MAX_LINE = MAX_LINK = 2_000
LONGEST = 1_000
"""Characters of somebody's words that are kept."""

_QUOTED = re.compile(r"\s{0,4}(?:>|\|\s)")
_SAYS = re.compile(
    r"\s*(?:on|am|le|el|il|op|den|em|dnia|at)\b.{4,200}\b(?:wrote|schrieb|a [ée]crit|escribi[óo]|ha scritto|schreef|skrev|escreveu|napisał)\b"
    r".{0,120}:?\s*",
    re.IGNORECASE,
)
_BEGINS = re.compile(r"\s*(?:on|am|le|el|il|op|den|em|dnia|at)\b.{4,200}", re.IGNORECASE)
_ORIGINAL = re.compile(
    r"[\s*_=-]*(?:original message|original e?-?mail|urspr[üu]ngliche nachricht|message d['’]origine|mensaje original|messaggio originale"
    r"|oorspronkelijk bericht|begin forwarded message|forwarded message|weitergeleitete nachricht)[\s*_=:-]*",
    re.IGNORECASE,
)
_FROM = re.compile(r"\W{0,3}(?:from|von|de|da|van|från|fra|od|expéditeur|remitente)\s?:\W{0,3}\s?\S.{0,300}", re.IGNORECASE)
_HEADER = re.compile(
    r"\W{0,3}(?:sent|date|gesendet|datum|envoy[ée]|enviado|fecha|inviato|data|verzonden|skickat|to|an|à|para|aan|till|subject|betreff|objet|asunto"
    r"|oggetto|onderwerp|ämne|emne)\s?:",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"[<(\[:]\s?(?:mailto:)?([^\s<>()\[\]:]{1,64}@[\w.-]{1,253})")
"""An address as a line shows it that says who wrote."""
_BARE = re.compile(r"(?<![\w/.@-])www\.(?=[a-z0-9])", re.IGNORECASE)
_BOXES = (
    "//blockquote[@type='cite']", "//*[contains(concat(' ', @class, ' '), ' gmail_quote ')]", "//*[contains(@class, 'moz-cite-prefix')]",
    "//*[contains(@class, 'yahoo_quoted')]", "//*[contains(@class, 'protonmail_quote')]", "//*[contains(@class, 'gmail_signature')]",
    "//*[contains(@class, 'moz-signature')]", "//*[@id='divRplyFwdMsg']/following-sibling::*", "//*[@id='divRplyFwdMsg']",
    "//*[@id='appendonsend']/following-sibling::*", "//*[@name='quote']",
)  # fmt: skip
_HERE = Source(id="reply", kind="mailbox", url="")
_NEVER = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody wrote, as they would read it themselves, and the web links in it, each once."""

    words: str = ""
    links: tuple[str, ...] = ()


def read(mail: Mail, *, ours: Collection[str] = ()) -> Answer:
    """Read somebody's own words. `ours` are the addresses from which the mail came that is answered: in whatever language a line says so, there it
    begins. Never raises, whatever the parts hold."""
    plain = [part for part in mail.of("text/plain") if part.body.strip()]
    found = _of_text(plain) if plain else [block for part in mail.of("text/html") for block in _of_html(part)]
    own = letter.written(_until_copy(found, ours))
    kept = letter.content(own, sender=mail.sender)
    links = (run.url for block in kept for run in block.runs if run.url and len(run.url) <= MAX_LINK and urls.is_web(run.url))
    words = squeeze(" ".join(block.words for block in own if block.words))
    return Answer(words=clip(words, LONGEST), links=tuple(dict.fromkeys(links)))


# ---------------------------------------------------------------- plain text


def _of_text(parts: Sequence[Part]) -> list[Block]:
    text = "\n".join(decode(part.body[:MAX_CHARACTERS], part.charset) for part in parts)
    own = "\n".join(islice(_unquoted([line.rstrip()[:MAX_LINE] for line in text.splitlines()[:MAX_LINES]]), MAX_OWN))
    return list(plainletter.lines(_BARE.sub("https://www.", own)))


def _unquoted(lines: list[str]) -> Iterator[str]:
    """Leave out what is quoted. Below a line that says who wrote, unmarked, it goes on to the end; marked, own words may follow."""
    place = 0
    while place < len(lines):
        line = lines[place]
        taken = _attribution(lines, place)
        if _ORIGINAL.fullmatch(line[:200]):
            return
        if taken:
            place += taken
            following = next((one for one in lines[place:] if one.strip()), "")
            if not _QUOTED.match(following):
                return
            continue
        if not _QUOTED.match(line):
            yield line
        place += 1


def _attribution(lines: Sequence[str], place: int) -> int:
    """How many lines from here say who wrote the mail that follows: none, one, or up to three where a mail program has broken the line."""
    if not _BEGINS.match(lines[place][:300]):
        return 0
    for count in (1, 2, 3):
        joined = " ".join(line.strip() for line in lines[place : place + count])[:500]
        if _SAYS.fullmatch(joined) and (count == 1 or joined.endswith(":")):
            return count
    return 0


# ---------------------------------------------------------------- HTML


def _of_html(part: Part) -> tuple[Block, ...]:
    page = Page(url="", body=decode(part.body[:MAX_CHARACTERS], part.charset).encode(), fetched=_NEVER, charset="utf-8")
    try:
        root = markup.html(_HERE, page)
    except ParseError:
        return ()
    _drop_boxes(root)
    own = Part(media_type="text/html", body=lxml.html.tostring(root, encoding="utf-8"), charset="utf-8")
    return letter.of_html(own, _HERE, page)


def _drop_boxes(root: Element) -> None:
    for path in _BOXES:
        for box in root.xpath(path):
            if box.getparent() is not None:
                box.drop_tree()


def _until_copy(found: Sequence[Block], ours: Collection[str]) -> list[Block]:
    """Cut at the copy of the headers, or at the line, below which the mail stands that is answered."""
    for place, block in enumerate(found):
        words = block.words[:400]
        follows = [one.words for one in found[place + 1 : place + 5] if one.words]
        if place and any(one.lower() in ours for one in _BRACKETED.findall(words)):
            return list(found[:place])
        if _ORIGINAL.fullmatch(words) or _SAYS.fullmatch(words) or (_FROM.match(words) and (_inline(words) or any(map(_HEADER.match, follows[:2])))):
            return list(found[:place])
    return list(found)


def _inline(words: str) -> bool:
    """Whether a copy of the headers stands in one paragraph, as it does where its lines were only broken."""
    return len(re.findall(r"\b(?:sent|date|gesendet|datum|envoyé|to|an|à|subject|betreff|objet)\s?:", words, re.IGNORECASE)) >= 2
