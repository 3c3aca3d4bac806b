"""Who signed a page at its foot, or is introduced there as its author, where no byline says it.

A name alone is no signature where it may be a caption, whoever is quoted, or whom to ask: those are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from pipeline import text
from pipeline.extract import credited
from pipeline.extract.chrome import is_chrome
from pipeline.extract.document import Element, beginning, inner

_LAST = 6  # blocks at the end of a text that may be a signature
_FIRST = 8  # paragraphs in which it may be said that a guest wrote
_LONG, _BIO = 160, 600  # characters
_NAMED = r"(?:(?:Dr|Prof|Professor|Sir|Dame)\.? )?[A-ZÀ-Þ][\w.'’-]+(?: (?:van|von|de|der|la|al|[A-ZÀ-Þ][\w.'’-]*)){1,4}"
_PIECE = "(?:article|blog(?: ?post)?|column|contribution|essay|piece|post)"
_GUEST = re.compile(
    rf"(?i:guest {_PIECE}) (?:(?:is|was) )?(?:(?:contributed|written) )?(?:by|from) (?P<by>{_NAMED}(?:,? and {_NAMED})?)"
    rf"|(?i:in (?:this|today['’]s|our latest) guest {_PIECE}),? (?P<who>{_NAMED}(?:,? and {_NAMED})?)(?:,[^.]{{3,120}},)? [a-z]+\b"
)
_PARAGRAPHS = frozenset(
    {"p", "div", "h2", "h3", "h4", "h5", "h6", "address", "em", "i", "strong", "b", "span", "center", "font", "small", "blockquote"}
)
_CLOSER = re.compile(
    r"(?:signed|yours(?: (?:sincerely|faithfully|truly|ever))?|(?:with )?(?:best|kind|warm(?:est)?|many) (?:wishes|regards)|sincerely|regards"
    r"|thank you|thanks|cheers"
    r"|mit freundlichen grüßen|herzlich(?:e grüße|st)?|cordialement|saludos|met vriendelijke groet|cofion(?: gorau)?|hilsen|hälsningar|ihr|ihre"
    r"|gez\.?)\s*[,.:!–—-]?\s+",
    re.IGNORECASE,
)
_DASH = re.compile(r"[–—―~*-]{1,3}\s*(?=\S)")
_ALIGNED = re.compile(r"align[-_:=\s]*(?:right|end)|signature|signed|byline|author", re.IGNORECASE)
_QUOTES = ("“", "”", '"', "«", "»", "„", "‘", "’’")
_ASK = re.compile(
    r"contact|enquir|inquir|further information|more information|press office|notes? to editors|media|e-?mail|tel\b|phone|kontakt|ansprech"
    r"|rückfragen|renseignements"
    r"|photo|picture|caption|reviewed|edited|funded|acknowledg|thanks to|references|sources?\b|quote|board|team|staff|present\b|attend",
    re.IGNORECASE,
)
_NOT_OWN = re.compile(
    r"quote|testimonial|caption|comment|related|contact|share|social|newsletter|banner|profile-?list|team|tags?\b|credit", re.IGNORECASE
)
_ABOUT = re.compile(
    r"(?:about|meet) (?:the |our |this )?(?:guest )?(?:co-?)?(?:authors?|writers?|contributors?|bloggers?)(?:\(s\))?|(?:the )?authors?(?:['’]s?)?"
    r" (?:bio(?:graph(?:y|ies))?|profiles?|information|details|notes?)|über (?:den|die) (?:autor(?:[:*]?in(?:nen)?|en)?|verfasser(?:in)?)"
    r"|zu[rm] (?:autor(?:in)?|person)"
    r"|à propos (?:de l['’]aut(?:eur|rice|eure)|des aut(?:eurs|rices))|l['’](?:auteur|autrice|auteure|autore)|sobre (?:el|la|los|las|o|a|os"
    r"|as) autor(?:a|es|as)?"
    r"|over de auteurs?|om forfatter(?:en|ne)|om författar(?:en|na)|am yr awdur(?:on)?|著者(?:について|紹介|プロフィール)"
    r"|この記事を書いた人|关于作者|作者简介",
    re.IGNORECASE,
)
_IS = re.compile(
    r"\s*(?:,[^.]{3,120}?,)?\s+(?:(?:is|was|are|were|has|have|works|worked|leads|writes|teaches|runs|chairs|joined|ist|sind|war|arbeitet|leitet"
    r"|est|sont|travaille|dirige"
    r"|es|son|trabaja|werkt|är|er|arbejder|arbeider|yw|lavora|è|é|trabalha)\b)"
)
_HEADINGS = ("h2", "h3", "h4", "h5", "h6", "p", "strong", "b", "div", "span", "dt", "summary")
_SMALL_WORDS = re.compile(r"\b[a-zß-öø-ÿ]{3,}\b")
_WITHOUT = etree.XPath("count(.//text()[normalize-space()]) = count(.//text()[normalize-space()][ancestor::em or ancestor::i])")


def guests(tree: Element) -> tuple[str, ...]:
    """Those whose text it is as guests, whoever put it on the page: "This is a guest post by …", "In this guest blog, … asks"."""
    paragraphs = list(islice(tree.iter("p"), 600))
    for paragraph in (*paragraphs[:_FIRST], *paragraphs[_FIRST:][-_LAST:]):
        words = beginning(paragraph, _BIO)
        said = _GUEST.search(words) if "guest" in words.lower() else None
        names = credited.people(said["by"] or said["who"]) if said and not is_chrome(paragraph) else ()
        if names:
            return names
    return ()


def introduced(tree: Element) -> tuple[str, ...]:
    """Those under a heading "About the author": a name of its own, or a sentence that says who they are."""
    for element in tree.iter(*_HEADINGS):
        own = (element.text or "").strip() or (inner(element) if 0 < len(element) < 3 and element.tag.startswith("h") else "")
        if not 5 < len(own) < 40 or _ABOUT.fullmatch(own.rstrip(" :")) is None or _is_anothers(element):
            continue
        found: dict[str, str] = {}
        for line in islice(_after(element), 8):
            if name := _named(line):
                found |= dict.fromkeys(name, "")
            elif found and len(line) < 60:
                break
        if found:
            return tuple(found)
    return ()


def _after(heading: Element) -> Iterator[str]:
    """The lines that stand behind a heading in its box."""
    box = heading
    while (
        box.getnext() is None
        and not (box.tail or "").strip()
        and box.getparent() is not None
        and box.getparent().tag not in ("body", "main", "article")
    ):
        box = box.getparent()
    if (box.tail or "").strip():
        yield text.squeeze(box.tail)
    for element in islice(box.itersiblings(), 4):
        if element.tag in ("h1", "h2") or _ABOUT.fullmatch(beginning(element, 40)):
            return
        parts = [one for one in islice(element.iter("p", "h3", "h4", "h5", "li", "a", "strong", "span", "div"), 12) if one.find(".//p") is None]
        for part in parts or [element]:
            yield beginning(part, _BIO)


def _named(line: str) -> tuple[str, ...]:
    if says := _IS.search(line[:160]):
        return credited.people(line[: says.start()])
    return credited.people(line) if len(line) < 120 else ()


def signed(tree: Element) -> tuple[str, ...]:
    """Those whose names stand behind the last words of the text: after a dash, in italics or at the right, with their role, or alone."""
    body = _body(tree)
    if body is None or is_chrome(body):
        return ()
    blocks = [one for one in body if isinstance(one.tag, str) and (one.tag in _PARAGRAPHS or len(beginning(one, 10)) > 3)]
    last = True
    for number, block in enumerate(reversed(blocks[-_LAST:])):
        words = beginning(block, _BIO)
        if len(words) < 3:
            continue
        if block.tag in _PARAGRAPHS and not _NOT_OWN.search(f"{block.get('class') or ''} {block.get('id') or ''}"):
            before = blocks[-2 - number] if number + 2 <= len(blocks) else None
            if (names := _signature(block, body, last=last)) and not _attributes(before):
                return names
        last = False
    return ()


def _body(tree: Element) -> Element | None:
    """The element whose own paragraphs hold the most words."""
    held: dict[Element, int] = {}
    for paragraph in islice(tree.iter("p"), 600):
        above = paragraph.getparent()
        if above is not None and above.tag not in ("blockquote", "li", "td", "aside", "footer", "form"):
            held[above] = held.get(above, 0) + min(len(inner(paragraph)), 1000)
    best = max(held, key=lambda one: held[one], default=None)
    return best if best is not None and held[best] > 200 else None


def _signature(block: Element, body: Element, *, last: bool) -> tuple[str, ...]:
    lines = _lines(block)
    whole = " ".join(lines)
    if not lines or block.tag == "blockquote":
        return ()
    if says := _IS.search(whole[:160]):  # "Ada Marsh is a nurse at North Hospital.", all in italics
        return credited.people(whole[: says.start()]) if len(whole) < _BIO and _WITHOUT(block) else ()
    if len(whole) > _LONG or re.search(r"\d{3}|@", whole):
        return ()
    if credited.opens(whole):
        return credited.authors(whole)
    bare, closed = re.subn(_CLOSER, "", whole, count=1) if _CLOSER.match(whole) else (whole, 0)
    bare, dashed = re.subn(_DASH, "", bare, count=1) if _DASH.match(bare) else (bare, 0)
    first = bare if len(lines) < 2 or closed else _DASH.sub("", lines[0])
    names = credited.people(first)
    if not names:
        return ()
    has_role = len(lines) > 1 or "," in first or re.search(r"\s[–—|-]\s", first)
    marked = (
        closed
        or dashed
        or _WITHOUT(block)
        or _ALIGNED.search(f"{block.get('class') or ''} {block.get('style') or ''} align={block.get('align') or ''}")
    )
    return names if marked or (last and (has_role or _is_rare(names, body))) else ()


def _lines(block: Element) -> list[str]:
    """The lines of a block, parted where it breaks."""
    parts, line = [], [block.text or ""]
    for element in islice(block.iterdescendants(), 30):
        if element.tag == "br":
            parts.append(" ".join(line))
            line = []
        else:
            line.append(element.text or "")
        line.append(element.tail or "")
    parts.append(" ".join(line))
    return [squeezed for part in parts if (squeezed := text.squeeze(part))]


def _is_rare(names: tuple[str, ...], body: Element) -> bool:
    """Whether the words of a name stand nowhere else in small letters: a heading is made of such words, a name is not."""
    common = frozenset(_SMALL_WORDS.findall(beginning(body, 20_000)))
    return len(names) == 1 and not any(word.lower() in common for word in names[0].split())


def _attributes(before: Element | None) -> bool:
    """Whether what stands before a name is a quotation, or asks to turn to somebody: the name is theirs."""
    if before is None:
        return False
    words = beginning(before, _BIO)
    if before.tag in ("blockquote", "figure", "ul", "ol", "table", "form") or before.find(".//blockquote") is not None:
        return True
    return words.startswith(_QUOTES) or words.endswith(_QUOTES) or words.endswith(":") or (len(words) < 160 and _ASK.search(words) is not None)


def _is_anothers(element: Element) -> bool:
    return any(re.search(r"comment|related|teaser", f"{one.get('class') or ''} {one.get('id') or ''}") for one in islice(element.iterancestors(), 6))
