"""Who made it: names from metadata, markup and bylines, and what is cut off a byline to leave a name."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from html import unescape
from itertools import chain, islice, takewhile

from pipeline import dates, text
from pipeline.extract import authorship, chinese, credited, jsonld, media, signatures, spoken, states
from pipeline.extract.chrome import is_chrome
from pipeline.extract.document import Document, Element, Found, beginning, inner, with_breaks
from pipeline.extract.site import Site, fold
from pipeline.names import parts

MAX_PEOPLE = 40
_METAS = (
    *(
        "parsely-author",
        "sailthru.author",
        "article:author_name",
        "byl",
        "author",
        "article:author",
        "dc.creator",
        "dcterms.creator",
        "dc.contributor",
    ),
    *("og:article:author", "authors", "cxenseparse:author", "creator", "eprints.creators_name", "bepress_citation_author"),
)
_LEADING = re.compile(
    r"^(?:(?:(?:written|posted|reported|published|submitted|story|words?|opinion|analysis|(?:guest )?(?:blog|post|article|essay))\s+)?by"
    r"|von|par|por|door|av|af"
    r"|autor(?:in)?|auteur|authors?(?:\(s\))?|text|foto|di"
    r"|geschrieben von|verfasst von|redaktion|view orcid profile|reportage (?:de|von|di|av)|propos recueillis par|entrevista (?:de|por)"
    r"|intervista (?:a cura )?di|a cura di|rozmawia[łl][aiy]?|tekst|texte?|testo|texto|aufgezeichnet von|opgetekend door|بقلم|إعداد|تأليف)\b[:\s]*",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r"\s*(?:\||•|·|—|–| - |\(|\[|/|\b(?:am|on|vom?) \d|\b\d{1,2}[./]\d|\b(?:19|20)\d\d\b|\bupdated\b|\bpublished\b"
    r"|\bvia\b|\bStand\b"
    r"|,\s*(?:staff|senior|editor|contributor|correspondent|special to|reporter|cnn|ap|reuters|associated press|usa today|time\b|phd|md"
    r"|m\.d\.|ph\.d\.)).*$",
    re.IGNORECASE,
)
_FOR = re.compile(r"(\S+\s+\S+.*?)\s+for\s+\w.*", re.IGNORECASE)  # "Ada Marsh for the Gazette"; of one word, "for" is a part of the name
_BODY = re.compile(
    r"(?:[\w.'’&-]+ ){0,4}(?:institute|cent(?:re|er)|college|council|foundation|association|society|agency|department|office|network|academy|school"
    r"|university|alliance|partnership|federation|commission|ministry) (?:for|of|on) \w[\w.,'’& -]{1,80}",
    re.IGNORECASE,
)
_PAIR = re.compile(
    r"[^\W\d_][\w'’.-]* & (?!\S+ \S+,)[^\W\d_][\w'’.-]*(?: [^\W\d_][\w'’.-]*)?(?: [^\W\d_][\w'’.-]*)?"
)  # "Stitch & Study": a channel, a firm
_NOBODY = re.compile(  # what systems call those who keep them, and what stands where nobody has filled in a name
    r"(?:web|wp|site|super|sys|system|blog|content|portal|the|local)?[\s_.-]*(?:admin(?:istrat(?:or|eur|ör|oren)|istratör|istrador)?"
    r"|amministratore|root|user|editor|author|publisher"
    r"|webmaster)[\s_.-]*\d*|super[\s-]?(?:user|utilisateur|usuario|usuário|benutzer|gebruiker|bruger|bruker|utente|användare|użytkownik)|system"
    r"|(?:(?:la|die|de|the|przez) )?(?:online-?|web-?)?r[eé]da(?:[kc]tion(?:en)?|ktørene|ksjonen|kcja|kce|kcia|ctie|cción|cció|ção|zione)(?: \w+)?"
    r"|toimitus|編集部|ufficio ?stampa|presse(?:stelle|dienst|büro|referat|abteilung)|(?:service|direction) (?:de (?:la )?)?(?:presse|communication)"
    r"|biuro prasowe|(?:gabinete|departamento|oficina) de (?:prensa|comunicación)|(?:assessoria|gabinete) de (?:imprensa|comunicação)|persdienst"
    r"|afdeling communicatie|\S+\\\S+|[a-z0-9]+(?:_[a-z0-9]+)+"  # logins
    r"|staff|none|null|undefined|n/?a|by|von|anonymous|unknown|guest(?: (?:user|author|blogger|writer|contributor|post))?|test(?:user)?|default"
    r"|editors?|author name"
    r"|your name|firstname lastname"
    r"|(?:the )?(?:web|website|digital|content|comm(?:s|unications?)|marketing|media|press|editorial|social media|pr)[\s-]*(?:team|office"
    r"|department|desk|manager|officer|editor|staff)"
    r"|(?:wordpress|joomla!?|drupal|typo3|hubspot|wix(?:\.com)?|squarespace|webflow|weebly|blogger|frontpage|microsoft \w+|hugo|jekyll)",
    re.IGNORECASE,
)
_AGENCY = re.compile(
    r"\b(?:web ?(?:design\w*|develop\w*|agen\w+|studios?|entwicklung)|(?:internet|werbe|digital|medien)[- ]?agentur|(?:digital|creative|design"
    r"|marketing|interactive) agency"
    r"|agence (?:web|digitale)|agencia (?:web|digital)|webbureau|webbyrå)\b",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"https?:|\.(?:com|de|org)\b|\b(?:our|people|profiles?|minutes?|min|comments?|kommentare?|read|share|subscribe|follow|more|mehr|newsletter"
    r"|cookie|login"
    r"|email|publicado|publié|veröffentlicht|hace"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch)\b"
    r"|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|januar|februar|märz|mai|juni|juli|oktober"
    r"|dezember)(?:\W*\d|$)",  # June Reed is a person
    re.IGNORECASE,
)
_THE = re.compile(r"the (?=[A-ZÀ-Þ])")  # "by the Royal Guild"
_JOINED = re.compile(r"\s+with\s+(?:the\s+)?")
_CORPORATE = re.compile(
    r"\b(?:institut\w*|cent(?:re|er)|college|council|foundation|association|society|agency|department|academy|school|university|alliance"
    r"|partnership|federation|commission|ministry|guild|union|trust|board|hospital|network|charity|collaborative|consortium|fund|bureau|committee"
    r"|royal|unit|forum|authority)\b",
    re.IGNORECASE,
)
_INITIALLED = re.compile(r"[^\W\d_][\w'’ -]*[a-zß-öø-ÿ] [A-Z]{1,3}")
_SUFFIX = re.compile(r"Jr\.?|Sr\.?|I{2,3}|IV")
_NAME_WORD = r"[A-ZÀ-ÝŁŚŻ][\w.'’-]+"
_BETWEEN = re.compile(rf"\s*;\s*|\s*\|\s*|,?\s+(?:and|und|et|y|en|och|og|e)\s+|\s+&\s+|\s*,\s*(?={_NAME_WORD}(?:\s+[\w.'’-]+)+)")
_INVERTED = re.compile(rf"(?:(?:van|von|de|der|den|du|da|di|la|le|al|el)\s+)*{_NAME_WORD},\s{_NAME_WORD}(?:\s[A-ZÀ-ÝŁŚŻ][\w.'’-]*){{0,2}}")
_POST_NOMINALS = re.compile(
    r"(?:,\s*\(?(?:[A-Z]\.?){2,6}(?:-[A-Z]{1,4})?\)?(?=,|$)|[\s,/]+\(?(?:RN|RGN|RM|RMN|BA|BSc|MA|MSc|MSci|MBA|MPH|MPhil|M\.?Ed|MB|MBBS|MBChB|BM"
    r"|BMBS|MD|DPhil|DSc|EdD|Ph\.?D\.?|M\.D\.|CBE"
    r"|OBE|MBE|KC|QC|JP|DL"
    r"|(?:F|M)(?:RC|FPH|HEA|RS|BCS|CGI|CIPD)[A-Za-z]{0,4}|FRSA|FAcSS)\b\)?)+$"
)
_ROLE = re.compile(
    r"\b(?:director|executive|manager|head|chair(?:man|woman)?|editor|officer|lead|leader|fellow|founder|consultant|president|secretary"
    r"|minister|lecturer|reader"
    r"|researcher|economist|adviser|advisor|analyst|coordinator|professor of|network|university|institute|foundation|trust|college|school"
    r"|centre|center|council|nurse|physician|surgeon|doctor|midwife|pharmacist|therapist|physiotherapist|paramedic|practitioner|GP|matron|registrar"
    r"|student|specialist|assistant|technician|scientist|engineer|reporter|correspondent|columnist|contributor|writer|journalist|hospital|surgery"
    r"|clinic"
    r"|general manager|teacher|dean|librarian)\b",
    re.IGNORECASE,
)
_OFFICE = re.compile(
    r"(?:(?:acting|assistant|associate|chief|clinical|co|deputy|executive|general|interim|managing|medical|national|regional|senior|vice)[ -])*"
    r"(?:chair|coordinator|dean|director|editor|fellow|head|lead|manager|officer|president|professor|secretary) (?:at|for|of)\b",
    re.IGNORECASE,
)
"""What somebody is, in the place of who they are: "Director of rural programs"."""
_ADDRESS = re.compile(r"\S+@\S+")
_LETTER = re.compile(r"[^\W\d_]")
_PERSON = re.compile(rf"{_NAME_WORD}(?:\s+(?:{_NAME_WORD}|von|van|de|der)){{1,3}}")
_DATED = re.compile(rf"\d{{1,2}}[^|•·–-]{{3,25}}\d\d\s*[|•·–-]\s*({_NAME_WORD}(?:\s+(?:{_NAME_WORD}|von|van|de)){{1,3}})")
_BYLINE = re.compile(
    r"(?i:(?:(?:written|posted|reported|published|submitted|words|text|story|(?:guest )?(?:blog|post|article|essay)|(?:(?:blog"
    r"|ein) )?beitrag|geschrieben"
    r"|verfasst|veröffentlicht|publié|[eé]crit|escrito)\s+)?"
    r"(?:by|von|par|por|door|av|af|di|autor(?:in)?:|text:|authors?:|auteurs?\s*:|autor/in:|redaktion:|redacción:))[\s:]+"
    r"((?:the (?=(?-i:[A-Z])))?[A-ZÀ-ÝŁŚŻ][^\d|,;:()<>]{3,50}?)\s*(?:[|,;:(·•–-].*|\d.*|am .*|on .*)?"
)
_LEAF_TAGS = tuple("p span div li small strong em address h3 h4 h5 h6 td dd i b font center section header time".split())  # noqa: SIM905
_MAX_LEAVES = 1_500
_MAX_BREAKS = 60
_MAX_BROKEN = 30  # elements of lines with breaks between them
_MAX_INSIDE = 6  # elements in a line
_MAX_VALUES = 12  # of one term
_LOGIN = re.compile(r"[a-z\d._-]+|\w+\d")
_SHORT = re.compile(r"(?:[A-Z][a-z]?){2,4}")  # "JoC", "BMJ": initials of a house
_INTRODUCES = re.compile(
    r"\W*(?:(?:written|posted|reported|published|submitted|words|story|(?:guest )?(?:blog|post|article)|veröffentlicht|geschrieben"
    r"|verfasst|publié)\s+)?"
    r"(?:by|von|par|por|door|av|af|di|autor(?:in)?|author|auteur)\s*:?\s*",
    re.IGNORECASE,
)
_POSTED = re.compile(r"\W*(?:posted|published|submitted)", re.IGNORECASE)
_OPENS = re.compile(
    r"\s*(?:\d|by|von|par|por|door|av|af|di|autor|text|author|auteur|reda|written|posted|reported|published|submitted|words|story|guest"
    r"|blog|post|article|essay|ein|beitrag|geschr"
    r"|verf|verö|publi|[eé]cri|escri)",
    re.IGNORECASE,
)
_TERM = re.compile(
    r"(?:from:|(?:written|posted|submitted)?\s*by:?|(?:lead |corresponding )?authors?(?:\(s\))?:?|autor(?:in|en)?(?:/in)?:?|auteurs?\s*:?"
    r"|autore:?|författare:?|forfatter:?"
    r"|verfasst von:?|written by:?|presented by:?)",
    re.IGNORECASE,
)
_DOT = re.compile(r"[|•·–—/-]?")
_PARTS = re.compile(r"(?:19|20)\d\d\s+[|•·]")
_BOX = re.compile(r"(?:^|[\s_-])(?:authors|contributors)(?:$|\s)", re.IGNORECASE)
_WRITTEN = re.compile(r"written|verfasst|geschrieben|écrit|escrito|author|\bby\b|\bvon\b|autor", re.IGNORECASE)


def creators(document: Document, site: Site) -> Found[tuple[str, ...]]:
    """The people, or the body, that the page names as its makers; `None` where it names none.

    A login name, or the name of the house, stands only where no rule finds a person.
    """
    for name in ("citation_author", "citation_authors"):
        if cited := [one.strip() for content in document.metas.get(name, ()) for one in content.split(";") if one.strip()]:
            has_initials = any(_INITIALLED.fullmatch(one) for one in cited)  # "Garcia Lopez MA", as PubMed writes
            return tuple(dict.fromkeys(one if has_initials else _turned(one) for one in cited))[:MAX_PEOPLE], f"meta {name}"
    bodies = jsonld.bodies(document.nodes)
    fallback: Found[tuple[str, ...]] = None
    for values, rule in _claims(document):
        names = people(values, bodies)
        if persons := tuple(name for name in names if not (_LOGIN.fullmatch(name) or _SHORT.fullmatch(name) or site.is_named(name))):
            return _fuller(document, persons, rule) if rule in _STATED_RULES else (persons, rule)
        fallback = fallback or ((names, rule) if names else None)
    return fallback


def _fuller(document: Document, persons: tuple[str, ...], rule: str) -> tuple[tuple[str, ...], str]:
    """The makers whom a card or a byline names, where they are those of the metadata and more: many systems state only the first."""
    known = {fold(name) for name in persons}
    for values, seen in chain(_labelled(document), authorship.called(document)):
        names = people(values) if seen != "byline link" else ()  # a byline links the shelf and the publication too
        if (
            len(known) < len(names) <= _MOST_SEEN
            and known <= {fold(name) for name in names}
            and all(fold(name) in known or credited.person(name) for name in names)
        ):
            return names, seen
    return persons, rule


def _claims(document: Document) -> Iterator[tuple[list[str], str]]:
    """What may name the makers, the surest first."""
    yield list(signatures.guests(document.tree)), "guest post"
    yield from _stated(document)
    yield from authorship.marked(document)
    yield from _labelled(document)
    yield from _introduced(document.tree)
    yield from _termed(document)
    yield from _bylines(document.tree)
    yield from _broken(document.tree)
    yield states.authors(document), "data of the framework"
    yield from _introduced(document.tree, posted=True)
    for find, rule in ((signatures.introduced, "about the author"), (signatures.signed, "signature")):
        yield list(find(document.tree)), rule
    yield list(spoken.speakers(document)), "who speaks"
    yield states.measured(document.tree), "data layer"


def _turned(name: str) -> str:
    """ "Marsh, Ada PhD, RGN" is Ada Marsh, as Highwire Press tags write her."""
    last, comma, first = (bare := parts.undecorated(name)).partition(", ")
    first, _, suffix = first.partition(", ")
    if not comma or (suffix and not _SUFFIX.fullmatch(suffix)) or (" " in last and parts.is_body(last)):
        return bare
    return f"{last}, {first}" if _SUFFIX.fullmatch(first) else f"{first} {last}" + (f", {suffix}" if suffix else "")


_MOST_SEEN = 8  # people in a byline
_STATED_RULES = frozenset({"json-ld", *(f"meta {name}" for name in _METAS)})
_ROLES = ("author", "creator", "byArtist", "actor")


def _stated(document: Document) -> Iterator[tuple[list[str], str]]:
    ids = jsonld.by_id(document.nodes)
    for node in jsonld.described(document.nodes, document.main):
        for role in media.SPEAKERS + _ROLES if media.is_recording(node) else _ROLES:
            yield jsonld.names(node.get(role), ids), "json-ld"
    for name in _METAS:
        yield (
            [_turned(one) if _INVERTED.fullmatch(parts.undecorated(one)) else one for one in document.metas.get(name, ())[:MAX_PEOPLE]],
            f"meta {name}",
        )


def people(values: Iterable[str], bodies: Container[str] = ()) -> tuple[str, ...]:
    """The names in bylines: introductions, roles, post-nominals and dates cut off. The names of `bodies` are not taken apart."""
    found: dict[str, str] = {}
    for value in values:
        line = text.squeeze(unescape(text.plain(value)))
        if not line or len(line) > 200 or line.startswith(("http", "/", "@")) or "www." in line:
            continue
        line = _LEADING.sub("", _ADDRESS.sub("", line))
        if several := chinese.apart(line):
            found |= {fold(name): name for name in several}
            continue
        if all(_INVERTED.fullmatch(part) for part in line.split("; ")):
            found |= {fold(name): name for name in map(_turned, line.split("; "))}
            continue
        if line in bodies or _BODY.fullmatch(line) or _PAIR.fullmatch(line):  # "Institute for Health and Care" is one name, and long
            found.setdefault(fold(line), line)
            continue
        for number, part in enumerate(_BETWEEN.split(_JOINED.sub("; ", line) if _are_two(line) else line)):
            name = _FOR.sub(r"\1", _TRAILING.sub("", _LEADING.sub("", part))).partition(": ")[0].strip(" ,.;:-–|*")
            name = name.title() if name.isupper() and len(name) > 6 and " " in name else name
            name = _THE.sub("", parts.undecorated(_POST_NOMINALS.sub("", name)))
            if _is_name(name) and not (number and _ROLE.search(name)):
                found.setdefault(fold(name), name)
    return tuple(found.values())[:MAX_PEOPLE]


def _are_two(line: str) -> bool:
    """Whether "with" stands between two people or two bodies, and is no part of the name of one."""
    first, joined, second = line.partition(" with ")
    if not joined:
        return False
    return bool(_CORPORATE.search(first) and _CORPORATE.search(second)) or bool(credited.person(first) and credited.person(second.split(",")[0]))


def _is_name(name: str) -> bool:
    if not 2 <= len(name) <= 60 or len(name.split()) > 6 or _NOBODY.fullmatch(name) or _AGENCY.search(name) or _OFFICE.match(name):
        return False
    return bool(_LETTER.search(name)) and not _NO_NAME.search(name) and not credited.is_role_of_others(name)


def _labelled(document: Document) -> Iterator[tuple[list[str], str]]:
    """Twitter cards label their data freely: "Written by" and a name."""
    for number in "12":
        label, data = document.meta(f"twitter:label{number}"), document.meta(f"twitter:data{number}")
        if label and data and _WRITTEN.search(label[0]):
            yield [data[0]], f"meta twitter:data{number}"


def _termed(document: Document) -> Iterator[tuple[list[str], str]]:
    """A box of authors; a term, a cell or words in bold that are "Author", and what stands beside them."""
    for element in document.called({"class": _BOX.search}):
        if element.tag in ("div", "ul", "section") and len(beginning(element, 400)) < 400 and not is_chrome(element):
            yield _listed(element).split("; "), "box of authors"
    for element in document.tree.iter("dt", "th", "td", "strong", "b", "span", "div", "label", "h2", "h3", "h4", "p"):
        if len(element) or not 1 < len(own := text.squeeze((element.text or "")[:60])) < 60 or not (_TERM.fullmatch(own) or credited.is_term(own)):
            continue
        if element.tag != "dt" and own.lower().startswith("from"):
            continue
        values = list(takewhile(lambda one: one.tag != "dt", islice(element.itersiblings(), _MAX_VALUES if element.tag == "dt" else 1)))
        beside = text.squeeze(element.tail or "") or "; ".join(_listed(value) for value in values if len(beginning(value, 400)) < 400)
        if 2 < len(beside) < 400 and not credited.says_more(beside) and not is_chrome(element) and not authorship.is_credit(element):
            yield [beside] if len(beside) < 200 else beside.split(";"), "labelled"


def _listed(element: Element) -> str:
    """The words of an element, its links or items held apart."""
    parts = [inner(one) for one in element.iter("a", "li", "div") if one.find("a") is None and one.find("div") is None]
    return "; ".join(filter(None, parts)) or inner(element)


def _introduced(tree: Element, *, posted: bool = False) -> Iterator[tuple[list[str], str]]:
    """An element whose line says nothing before it but "by"; who only `posted` it may be another than who wrote it."""
    for element in tree.iter("a", "span", "cite", "strong", "b", "em", "i", "font"):
        before = authorship.before(element)
        if not before or before.isspace() or (opened := _INTRODUCES.fullmatch(before)) is None or bool(_POSTED.match(opened[0])) != posted:
            continue
        name = inner(element)
        if 2 < len(name) < 60 and name[0].isupper() and len(inner(element.getparent())) < 160 and not is_chrome(element):
            yield [name], "after by"


def _bylines(tree: Element) -> Iterator[tuple[list[str], str]]:
    """A short line of its own that is "By" and names with their roles, or a date and a name."""
    for element in islice((one for one in tree.iter(*_LEAF_TAGS) if _begins(one)), _MAX_LEAVES):
        names = _credited(element) or _after_day(element) or _before_day(element)
        if names and not is_chrome(element) and not authorship.is_credit(element):
            yield list(names), "byline"


def _begins(element: Element) -> bool:
    """Whether it has words of its own, at its beginning or behind its first part."""
    words = element.text or (element[0].tail if len(element) else None)
    return words is not None and len(words) > 1


def _broken(tree: Element) -> Iterator[tuple[list[str], str]]:
    """A line between two breaks that is "by" and a name, or "by" above a name: how pages from before style sheets are laid out."""
    for element in dict.fromkeys(one.getparent() for one in islice(tree.iter("br"), _MAX_BREAKS)):
        if element is None or len(element) > _MAX_BROKEN:
            continue
        lines = [text.squeeze(line) for line in with_breaks(element, authorship.MAX_LINE).split("\n")]
        lines = list(filter(None, lines))
        for number, line in enumerate(lines):
            whole = f"{line} {lines[number + 1]}" if credited.is_term(line) and number + 1 < len(lines) else line
            names = credited.authors(whole) if len(whole) < authorship.MAX_LINE and credited.opens(whole) else ()
            if names and not is_chrome(element) and not authorship.is_credit(element):
                yield list(names), "byline"


def _credited(element: Element) -> tuple[str, ...]:
    """The names of an element that begins with a role, or that goes on so after its first part: "2 April by Ada Marsh"."""
    begins = element.text or ""
    if credited.opens(begins) and len(element) <= _MAX_INSIDE:
        return credited.authors(beginning(element, authorship.MAX_LINE))
    tail = element[0].tail if len(element) == 1 and not begins.strip() else None
    return credited.authors(text.squeeze(tail[: authorship.MAX_LINE])) if tail and credited.opens(tail) else ()


def _after_day(element: Element) -> tuple[str, ...]:
    begins = element.text or ""
    dated = not begins.strip() and 0 < len(element) < 4 and dates.parse(inner(element[0])[:40]) is not None  # a day in a box of its own
    if not (dated or _OPENS.match(begins) or _PARTS.search(begins)) or len(element) > _MAX_INSIDE:
        return ()
    own = text.squeeze(begins)
    line = own if len(element) == 0 or len(own) > 8 else inner(element)
    if names := credited.in_parts(line):
        return names
    name = _of_line(line) if len(line) <= 90 else None
    if not name or (name.startswith("the ") and not _CORPORATE.search(name)):
        return ()
    return (name,) if 1 < len(name.split()) < (10 if _CORPORATE.search(name) else 6) else ()


def _before_day(element: Element) -> tuple[str, ...]:
    """The name in an element of its own before the `<time>` of its line: "Ada Marsh · 2 April 2024"."""
    name = text.squeeze((element.text or "")[: authorship.MAX_LINE])
    if len(element) or element.getprevious() is not None or not _PERSON.fullmatch(name):
        return ()
    beside = element.getnext()
    if beside is not None and not len(beside) and _DOT.fullmatch((beside.text or "").strip()):
        beside = beside.getnext()
    return (name,) if beside is not None and beside.tag == "time" and credited.person(name) else ()


def _of_line(line: str) -> str | None:
    """The name in a line that is "By" and a name, or a day with a name and little else beside it."""
    if found := _BYLINE.fullmatch(line) or _DATED.fullmatch(line):
        return found[1]
    parts = [part.strip() for part in credited.BARS.split(line)]
    if len(parts) > 1 and any(dates.parse(part) for part in parts):
        return next((part for part in parts if _PERSON.fullmatch(part)), None)
    return None
