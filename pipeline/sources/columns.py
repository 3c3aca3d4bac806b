"""What the head of a column, or the word before a colon, says of what stands there: "Modified" a date, "Keeper" a person, "Remarks" a blurb.

Tables and lists of terms name their parts, so nothing has to be guessed from the words. A word that is not here names nothing: no guess is made.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from pipeline.sources import markup
from pipeline.sources.markup import Element
from pipeline.text import squeeze

TITLE, DATE, AUTHOR, POSTER, KIND, FILE, BLURB, ASIDE = "title", "date", "author", "poster", "kind", "file", "blurb", "aside"
ABOUT = frozenset((DATE, AUTHOR, POSTER, KIND, ASIDE))
"""What is said about a resource; a link that stands there leads to its author or kind, not to it."""

MAX_COLUMNS = 30
_LONGEST = 40  # characters; a head with more is a sentence

_HEADS = {
    TITLE: "title name what resource item publication subject paper article headline episode recording titel bezeichnung titre intitulé título"
    " titolo naam otsikko tittel teitl",
    DATE: "date dates added modified updated published uploaded created issued released posted when changed revised datum stand geändert aktualisiert"
    " veröffentlicht erschienen publié fecha data publicado publicatiedatum dato dyddiad",
    AUTHOR: "author authors creator creators writer speaker speakers presenter presenters autor autoren autorin autorinnen verfasser auteur auteurs"
    " autores autore autori forfatter awdur by teacher trainer instructor tutor lecturer facilitator dozent dozentin referent referentin lehrkraft"
    " enseignant formateur formatrice intervenant intervenante docente ponente docent föreläsare lärare",
    POSTER: "keeper owner contributor uploader editor poster maintainer steward ansprechpartner ansprechpartnerin ansprechperson",
    KIND: "type kind format category medium art typ kategorie dokumenttyp formato tipo soort catégorie math",
    FILE: "file files document documents download downloads link links pdf attachment attachments access view url datei dateien dokument"
    " herunterladen télécharger fichier fichiers archivo descarga bestand",
    BLURB: "description remarks remark notes note summary comment comments about abstract blurb annotation synopsis beschreibung bemerkung"
    " bemerkungen anmerkung hinweis zusammenfassung résumé descripción resumen beschrijving opmerkingen descrizione disgrifiad kurzbeschreibung",
    ASIDE: "topic topics tag tags keyword keywords theme themes audience size language languages pages length publisher isbn issn doi edition version"
    " status ref reference number no id call code region country area team department organisation organization journal licence license views hits"
    " duration contact thema themen schlagwort schlagworte schlagwörter stichworte größe dateigröße sprache seiten herausgeber thème thèmes"
    " langue taille idioma tamaño modification history labels label filed",
}
_WORDS = {word: role for role, words in _HEADS.items() for word in words.split()}
_DATED = re.compile(
    r"(?:\w+ )?(?:date|datum)(?: \w+)?|(?:last|date|first|zuletzt|posted|published|added|updated|created) (?:\w+)(?: on)?|(?:year|month)(?: \w+)?",
    re.IGNORECASE,
)
_PASSED_ON = re.compile(
    r"(?:modified|added|posted|uploaded|submitted|shared|updated|created|contributed|maintained|kept|managed|geändert|bearbeitet|eingestellt"
    r"|erstellt)\s+(?:by|von)",
    re.IGNORECASE,
)
_WRITTEN = re.compile(r"(?:written|presented|produced|authored) by|by whom|author\(s\)|speaker\(s\)", re.IGNORECASE)
_HAPPENS = re.compile(r"(?:start|end|deadline|clos|expir|due|review|event|beginn|ende)\w*\b", re.IGNORECASE)
_EDGES = " :.*#↑↓▲▼⇅()"


@lru_cache(4096)
def role_of(head: str) -> str:
    """Tell what stands under a head: one of this module's roles, or nothing where the head is not known."""
    words = squeeze(head).strip(_EDGES).casefold()
    if not words or len(words) > _LONGEST or _HAPPENS.match(words):
        return ""
    if _PASSED_ON.fullmatch(words):
        return POSTER
    if _WRITTEN.fullmatch(words):
        return AUTHOR
    parts = re.findall(r"[^\W\d_]+", words)
    if words in _WORDS or len(parts) == 1:
        return _WORDS.get(words) or _WORDS.get(parts[0] if parts else "", "")
    if _DATED.fullmatch(words):
        return DATE
    # "Document type", "Short description": the last word says what it is; "Name of resource", "Title and author": the first.
    return _WORDS.get(parts[-1], "") or _WORDS.get(parts[0], "") if 0 < len(parts) <= 3 else ""


def named(table: Element) -> tuple[Element | None, dict[Element, str]]:
    """Read the heads of a table: the row that holds them, and the role of each cell below. Nothing where no row names its columns.

    At least two heads must be known. The title is the column of that name; else the first that can hold one.
    """
    rows = list(_rows(table))[:5_000]
    head = next((row for row in rows[:3] if _is_head(row)), None)
    if head is None:
        return None, {}
    roles = _in_order(head, _linked([row for row in rows if row is not head]))
    if sum(bool(role) for role in roles) < 2 or TITLE not in roles:
        return None, {}
    cells = {}
    for row in rows:
        at = 0
        for cell in _cells(row) if row is not head else ():
            if at < len(roles) and _span(cell) < len(roles):
                cells[cell] = roles[at]
            at += _span(cell)
    return head, cells


def paired(terms: Element) -> tuple[set[Element], dict[Element, str]]:
    """Read a list of terms that describes one thing ("Author", "Published"): its terms, and the roles of what they explain."""
    known, roles, role = set[Element](), dict[Element, str](), ""
    for child in terms.iter("dt", "dd"):
        if markup.local(child) == "dt":
            role = role_of(markup.words(child))
            role = "" if role in (TITLE, FILE) else role
            if role:
                known.add(child)
        elif role:
            roles[child] = role
    return known, roles


def _linked(rows: list[Element]) -> set[int]:
    """Find the columns that hold a link of some words in most rows, as titles do."""
    held = Counter(
        at
        for row in rows
        for at, cell in enumerate(_cells(row))
        if any(len(markup.words(link).split()) > 1 for link in cell.iter("a") if link.get("href"))
    )
    return {at for at, times in held.items() if 2 * times > len(rows)}


def _in_order(head: Element, linked: set[int]) -> list[str]:
    """Name the columns from left to right; one of them holds the title. `linked` are those that hold links."""
    roles: list[str] = []
    for cell in _cells(head):
        words = markup.words(cell)
        roles += [role_of(words)] * _span(cell)
        if len(roles) > MAX_COLUMNS:
            return []
    if TITLE not in roles:
        # "Document | Date" and "Report | Year": what is called a file or has an unknown name is what the table lists.
        wanted = ([FILE, ""], linked), ([ASIDE], linked), ([FILE], set(range(len(roles)))), ([""], set(range(len(roles))))
        free = next((found for kinds, among in wanted if (found := [at for at, role in enumerate(roles) if role in kinds and at in among])), [])
        if free:
            roles[free[0]] = TITLE
    first = roles.index(TITLE) if TITLE in roles else 0
    return [role if role != TITLE or at == first else "" for at, role in enumerate(roles)]


def _rows(table: Element) -> Iterator[Element]:
    for child in table:
        tag = markup.local(child)
        if tag == "tr":
            yield child
        elif tag in ("thead", "tbody", "tfoot"):
            yield from (row for row in child if markup.local(row) == "tr")


def _cells(row: Element) -> list[Element]:
    return [cell for cell in row if markup.local(cell) in ("td", "th")]


def _is_head(row: Element) -> bool:
    """Say whether a row holds the heads of columns: by its markup, or because its short words are known as such."""
    cells = _cells(row)
    if len(cells) < 2:
        return False
    if all(markup.local(cell) == "th" for cell in cells) or markup.local(row.getparent()) == "thead":
        return True
    words = [markup.words(cell) for cell in cells]
    return all(len(one) <= _LONGEST for one in words) and sum(bool(role_of(one)) for one in words) >= max(2, len(cells) - 1)


def _span(cell: Element) -> int:
    said = cell.get("colspan") or "1"
    return min(int(said), MAX_COLUMNS) if said.isascii() and said.isdigit() and int(said) else 1
