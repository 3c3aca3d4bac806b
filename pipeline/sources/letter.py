"""A mail to the blocks that are read for items: unwrapped links, no boilerplate, and of a forwarded letter only what was forwarded. Cuts no items.

What everybody's letters carry is left out by its words and addresses: view in browser, share, save, follow us, preferences, leaving the list,
advertisements, the sender's front page. A link that is left out keeps its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from email.utils import parseaddr
from itertools import islice, takewhile
from urllib.parse import urlsplit

from pipeline import urls
from pipeline.errors import ParseError
from pipeline.model import Page, Source
from pipeline.sources import blocks, chrome, heads, markup
from pipeline.sources.blocks import Block, Run
from pipeline.sources.markup import Element
from pipeline.sources.message import Part, decode
from pipeline.sources.records import Record
from pipeline.sources.unwrap import is_opaque, unwrap
from pipeline.text import squeeze

MAX_FORWARDS = 10
MAX_ADVERTS = 50
ADVERT = 3
"""Lines of an advertisement, at most, from its mark to its link."""

_BEGINS_WITH = 300  # characters of a line that say whether it speaks of the mail itself
_LONGEST = 200  # characters of a line that are looked at
_HOME_QUERY = re.compile(r"(?:(?!(?:p|id|page_id|post|q|s|article|item)=)[\w.-]{1,30}=[a-z-]{0,30}(?:&|$))*", re.IGNORECASE)
"""A front page's parameters, if any, say how a reader came; a number may be that of an article."""
_PICTURED = re.compile(
    r"(?:the )?(?:cover|front|image|photo|picture|logo|banner|icon|graphic|thumbnail|screenshot|header|facebook|twitter|linkedin)\b"
    r"|.*\b(?:logo|banner|icon)$",
    re.IGNORECASE,
)
_ADVERT = re.compile(
    r"(?:advertis?ement|advertis?ing|advertorial|sponsored(?: (?:content|post|message|by .{1,40}))?|sponsor(?:s|ed message| message)?|promotion"
    r"|promoted|paid (?:content|partnership|post)"
    r"|partner content|(?:a )?message from our (?:sponsors?|partners?)|from our (?:sponsors?|partners?)|anzeige|werbung|publicit[ée]|annonce"
    r"|publicidad|pubblicit[àa]|advertentie|reklame?|annons)\W*",
    re.IGNORECASE,
)
_FOOTER = re.compile(
    r"you(?:'re|’re| are| were| have)? (?:receiv|sent|subscrib|getting)|you received|unsubscribe|this (?:e-?mail|message|newsletter) was sent"
    r"|our (?:mailing|postal) address|copyright\b|©|all rights reserved|manage (?:your )?(?:alerts|preferences|subscription)"
    r"|update (?:your )?preferences|want to change how you receive|sie erhalten diese|abmelden|impressum|vous recevez ce|se d[ée]s(?:inscrire"
    r"|abonner)|recibe (?:este|usted)|u ontvangt deze|del(?:ivered|ivery) (?:by|service)|registered (?:charity|company|office)|do not reply"
    r"|(?:diese (?:e-?mail|nachricht)|dieser newsletter) (?:wurde|ging|geht)|(?:cet? (?:e-?mail|courriel|message)|cette (?:lettre|newsletter))"
    r" (?:vous )?(?:a|est)"
    r"|este (?:correo|e-?mail|mensaje|bolet[íi]n|boletim) (?:ha sido|se ha|se envi|fue|foi)|deze (?:e-?mail|nieuwsbrief) (?:is|werd|wordt)"
    r"|quest[ao] (?:e-?mail|messaggio|newsletter) è|(?:detta|det här) (?:mail|mejl|e-?postmeddelande|nyhetsbrev)\w* (?:skicka|har)"
    r"|(?:ten e-?mail|ta wiadomość) (?:został|jest)"
    r"|stay connected|subscriber services|(?:follow us|folgen sie uns|suivez-nous|s[íi]guenos|seguici|volg ons|f[öo]lj oss)\b",
    re.IGNORECASE,
)
_PRINTED = re.compile(r"https?://[^\s<>\"“”]+[^\s<>\"“”.,;:!?)\]'’]", re.IGNORECASE)
_FROM = re.compile(r"\W{0,3}(?:from|von|de|da|van|från|fra|od|expéditeur|remitente)\s?:\W{0,3}\s?(\S.*)", re.IGNORECASE)
_OTHER = re.compile(
    r"\W{0,3}(?:sent|date|gesendet|datum|envoy[ée]|enviado|fecha|inviato|data|verzonden|skickat|to|an|à|para|a|aan|till|cc|subject|betreff|objet"
    r"|asunto|oggetto|onderwerp|ämne|emne|reply-to)\s?:",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    r"\W{0,12}(?:(?:begin )?forwarded message|original message|weitergeleitete nachricht|urspr[üu]ngliche nachricht|message (?:transf[ée]r[ée]"
    r"|original)|mensaje reenviado|messaggio (?:inoltrato|originale)"
    r"|doorgestuurd bericht|oorspronkelijk bericht|vidarebefordrat meddelande|anfang der weitergeleiteten (?:nachricht|e-mail))\W{0,12}",
    re.IGNORECASE,
)
_ON = re.compile(
    r"(?:on|am|le|el|il|op|den)\b.{4,120}\b(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|skrev)\b.{0,80}:?\s*$"
    r"|\W{0,12}(?:original message|ursprüngliche nachricht)\W{0,12}$",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    r"(?:(?:with |my )?(?:best|kind|warm|kindest|warmest|many thanks and best)(?: (?:wishes|regards))?|(?:many )?thanks(?: again)?|thank you"
    r"|regards|cheers|yours(?: \w+)?|all the best|(?:mit )?(?:viele|freundliche[mnr]?|herzliche[mnr]?|beste[mnr]?|liebe[mnr]?"
    r"|sch[öo]ne[mn]?) gr[üu](?:ß|ss)(?:en?)?|(?:bien )?cordialement|bien à vous|amitiés|saludos(?: cordiales)?|un saludo|cordiali saluti"
    r"|met vriendelijke groet(?:en)?|hälsningar|(?:med )?vänliga? hälsning(?:ar)?|mvh|lg|vg|mfg)[\s,.!]*(?:[A-ZÀ-Þ][\w.'’-]*\s?){0,3}",
    re.IGNORECASE,
)
_COUNT = re.compile(r"[(\[]?\d{1,3}[.)\]]{1,2}")
"""The number of an item, in a cell of its own."""
_OLDER = re.compile(
    r"(?:(?:more|our) )?(?:earlier|older|past|previous|recent) (?:articles|blog posts|entries|posts|stories|updates)|(?:ältere|frühere"
    r"|letzte) (?:artikel|beiträge)|articles (?:précédents|récents)|entradas (?:anteriores|recientes)|articoli (?:precedenti|recenti)|(?:eerdere"
    r"|recente) berichten|(?:tidigare|äldre) inlägg|(?:ostatnie|starsze) wpisy",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"(?:--|__|—)\s?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is read for items. `sender` and `name` are of who wrote it; `forwarder` and `note` say who passed it on, and with which words.
    `bulk` says that its headers tell that it went to many, `plain` that its lines are of plain text; `records` are the works of a
    catalogue's alert; `answers` says that it answers a mail."""

    blocks: tuple[Block, ...]
    sender: str = ""
    name: str = ""
    subject: str = ""
    note: str = ""
    forwarded: bool = False
    forwarder: str = ""
    plain: bool = False
    bulk: bool = False
    records: tuple[Record, ...] = ()
    answers: bool = False


def of_html(part: Part, source: Source, page: Page) -> tuple[Block, ...]:
    """Read a part in HTML into blocks, advertisements left out. Raises no error: nothing readable gives no block."""
    inner = Page(url="", body=decode(part.body, part.charset).encode(), fetched=page.fetched, charset="utf-8")
    try:
        root = markup.html(source, inner)
    except ParseError:
        return ()
    _drop_adverts(root)
    _speak_pictures(root)
    for box in root.xpath("//*[@itemprop='publisher']"):  # the house of a linked article, in a line of its own
        box.drop_tree()
    return tuple(_unwrapped(block) for block in blocks.of_html(root, ""))


def preformatted(part: Part, source: Source, page: Page) -> str:
    """Give the text of a part in HTML that keeps its lines, as old systems wrap theirs. Raises no error."""
    if b"<pre" not in part.body.lower():
        return ""
    try:
        root = markup.html(source, Page(url="", body=decode(part.body, part.charset).encode(), fetched=page.fetched, charset="utf-8"))
    except ParseError:
        return ""
    return "\n".join("".join(box.itertext()) for box in root.iter("pre"))


def opened(found: Sequence[Block], *, forwarded: bool) -> Letter:
    """Find what a forwarded mail brings: everything below the innermost header that mail programs write above a forward. Where nobody says that it
    is `forwarded`, and links stand above the header, it is one of several mails of a digest."""
    start, sender, name, notes = 0, "", "", list[str]()
    for _ in range(MAX_FORWARDS):
        header = _header(found, start)
        if header is None:
            break
        place, after, said = header
        marked = any(_BEGINS.fullmatch(block.words) for block in found[start:place])
        if not marked and not (forwarded and start == 0) and any(_leads(block) for block in found[start:place]):
            break
        note = squeeze(" ".join(block.words for block in written(found[start:place]) if not _BEGINS.fullmatch(block.words) and not _is_link(block)))
        notes += [note] if note else []
        name, sender = said
        start = after
    return Letter(blocks=tuple(found[start:]), sender=sender, name=name, note=" ".join(notes)[:1_000], forwarded=start > 0)


def content(found: Sequence[Block], *, sender: str) -> tuple[Block, ...]:
    """Leave out what is the letter's own: links that are no items, their blocks, and the footer."""
    found = [block for block in _without_adverts(found) if not _COUNT.fullmatch(block.words[:9])]
    found = [block for block in found if not chrome.is_aside("".join(run.words[:_BEGINS_WITH] for run in block.runs[:8]))]
    kept = _without_twins([_cleared(block, sender) for block in found])
    ends = (place for place, block in enumerate(kept) if 2 * place >= len(kept) and (_is_footer(block, kept[place:]) or _signs(kept[place:])))
    return _without_older(tuple(block for block, before in zip(kept[: next(ends, len(kept))], found, strict=False) if block.runs or not before.runs))


def written(found: Sequence[Block]) -> tuple[Block, ...]:
    """Leave out of a personal mail what its writer did not write: the signature, and the mail that is answered."""
    end = next((place for place, block in enumerate(found) if _SIGNATURE.fullmatch(block.words) or _ON.match(block.words)), len(found))
    kept = [block for block in found[:end] if not block.words.startswith(">")]
    close = next((place for place, block in enumerate(kept) if _CLOSES.fullmatch(block.words[:_LONGEST])), len(kept))
    return (*kept[:close], *(block for block in kept[close:] if not _leads(block) or re.match(r"p\.?\s?s\b", block.words, re.IGNORECASE)))


def signs_off(found: Sequence[Block]) -> bool:
    """Say whether a letter ends as people end what they write to each other."""
    return any(_CLOSES.fullmatch(block.words[:_LONGEST]) for block in found[1:])


def _is_advert(words: str) -> bool:
    """Say whether a line marks what follows as an advertisement."""
    return bool(_ADVERT.fullmatch(words.strip(chrome.EDGES)))


# ---------------------------------------------------------------- blocks


def _unwrapped(block: Block) -> Block:
    return replace(block, runs=tuple(one for run in block.runs for one in _opened_run(run)))


def _opened_run(run: Run) -> Iterator[Run]:
    """Unwrap a link; an address that is printed without being one is made one."""
    if run.url:
        yield replace(run, url=_web(run.url)) if run.url[:4].lower() == "http" else run
        return
    end = 0
    for found in _PRINTED.finditer(run.words):
        yield replace(run, words=run.words[end : found.start()])
        yield replace(run, words=found[0], url=_web(found[0]))
        end = found.end()
    yield replace(run, words=run.words[end:])


def _web(link: str) -> str | None:
    url = unwrap(link)
    return url if urls.is_web(url) else None


def _cleared(block: Block, sender: str) -> Block:
    """Take the links off a block that are no items; where nothing but their words was in it, the whole block goes."""
    runs, kept, lost = [], False, False
    for run in block.runs:
        if run.url and (run.url.startswith("mailto:") or chrome.is_chrome(run.url, run.words, sender=sender) or _is_home(run, sender)):
            lost = True
            runs.append(Run("", None))
        else:
            kept = kept or bool(run.url) or len(run.words.strip(chrome.EDGES)) > 2
            runs.append(run)
    if not lost:
        return block
    return replace(block, runs=blocks.tidy(runs) if kept else ())


def _without_adverts(found: Sequence[Block]) -> list[Block]:
    """Leave out a line that marks an advertisement, and what follows it up to the first link."""
    kept: list[Block] = []
    left = 0
    for block in found:
        if _is_advert(block.words):
            left = ADVERT
            continue
        if left and not block.level:
            left = 0 if any(run.url for run in block.runs) else left - bool(block.runs)
            continue
        left = 0
        kept.append(block)
    return kept


def _without_twins(found: Sequence[Block]) -> list[Block]:
    """Take off the links of pictures whose target only a server knows, if the next link has words: the two are of one item, or the first is a
    letterhead."""
    kept: list[Block] = []
    worded = False
    for block in reversed(found):
        runs: list[Run] = []
        for run in reversed(block.runs):
            if run.url and not run.words.strip() and worded and is_opaque(run.url):
                continue
            worded = bool(run.words.strip()) if run.url else worded
            runs.append(run)
        kept.append(block if len(runs) == len(block.runs) else replace(block, runs=tuple(reversed(runs))))
    return kept[::-1]


def _is_home(run: Run, sender: str) -> bool:
    """A link to a front page is the sender's signboard, unless it has the words of a title and leads elsewhere."""
    if not run.url or urlsplit(run.url).path not in ("", "/") or not _HOME_QUERY.fullmatch(urlsplit(run.url).query):
        return False
    return chrome.is_own(run.url, sender) or " " not in run.words.strip(chrome.EDGES)


def _leads(block: Block) -> bool:
    return any(run.url and not run.url.startswith("mailto:") and not heads.is_root(run.url) for run in block.runs)


def _is_link(block: Block) -> bool:
    return bool(block.runs) and all(run.url for run in block.runs if run.words.strip())


def _is_footer(block: Block, rest: Sequence[Block]) -> bool:
    """Whether the letter's own lines begin here. A long text that mentions leaving something is no footer, if items follow it."""
    if not _FOOTER.search(block.words):
        return False
    linked = sum(bool(run.url) for other in rest[1:] for run in other.runs)
    return len(block.words) < 400 and linked <= 8


def _signs(rest: Sequence[Block]) -> bool:
    """Whether the writer's greeting begins here, and nothing that leads anywhere follows it."""
    return bool(_CLOSES.fullmatch(rest[0].words[:_LONGEST])) and not any(_leads(block) for block in rest)


def _without_older(found: tuple[Block, ...]) -> tuple[Block, ...]:
    """Leave out a list of older posts without words of their own, which blogs that mail themselves put below the new ones."""
    start = next((place for place, block in enumerate(found) if _OLDER.fullmatch(block.words.strip(chrome.EDGES))), len(found))
    titles = sum(1 for _ in takewhile(lambda block: not block.level and _is_link(block), found[start + 1 :]))
    return found[:start] + found[start + 1 + titles :] if titles and any(_leads(block) for block in found[:start]) else found


# ---------------------------------------------------------------- forwards


def _header(found: Sequence[Block], start: int) -> tuple[int, int, tuple[str, str]] | None:
    """Find the next header of a forward: where it begins, where it ends, and whom it names."""
    for place in range(start, len(found)):
        match = _FROM.match(found[place].words)
        if match is None:
            continue
        end = place + 1
        while end < min(place + 9, len(found)) and (_OTHER.match(found[end].words) or not found[end].words):
            end += 1
        if sum(bool(found[at].words) for at in range(place + 1, end)) >= 1:
            name, address = parseaddr(match[1][:300].replace("[mailto:", "<").replace("]", ">"))
            return place, end, (squeeze(name), address if "@" in address else "")
    return None


# ---------------------------------------------------------------- the tree


def _drop_adverts(root: Element) -> None:
    """Take out what is marked as an advertisement: the smallest box around the mark that holds a link, if it holds no more than two."""
    marks = (one for one in root.iter() if isinstance(one.tag, str) and one.text and _is_advert(one.text[:_LONGEST]))
    for element in list(islice(marks, MAX_ADVERTS)):
        box = element
        while box is not None and not any(True for _ in box.iter("a")):
            box = box.getparent()
        if box is None or len({link.get("href") for link in box.iter("a")}) > 2 or markup.local(box) in ("body", "html"):
            continue
        if box.getparent() is not None:
            box.drop_tree()


def _speak_pictures(root: Element) -> None:
    """Let a picture that is the only link to somewhere say where: by its text, if that is as long as a title."""
    said = {link.get("href") for link in root.iter("a") if squeeze("".join(link.itertext()))}
    for link in root.iter("a"):
        if link.get("href") in said:
            continue
        alt = next((squeeze(picture.get("alt") or "") for picture in link.iter("img") if picture.get("alt")), "")
        if len(alt.split()) >= 3 and not _PICTURED.match(alt):
            link.text = alt
            said.add(link.get("href"))
