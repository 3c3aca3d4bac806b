"""A Word file (.docx) to its blocks: paragraphs, styles, links as relationships or fields. Reads three parts of the archive, each with a bound.

ECMA-376 part 1. Names are compared without their namespace, since strict and transitional files differ in nothing else that matters here.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lxml import etree

from pipeline.errors import ParseError
from pipeline.exchange.bulletins import notes
from pipeline.sources import tables
from pipeline.sources.blocks import MAX_BLOCKS, Block, Run, address, tidy
from pipeline.text import squeeze

Element = Any  # lxml has no types

MAX_PART = 20_000_000
"""Bytes of one part of the archive when unpacked: the text of a thousand pages."""
_MOST_ROWS = 500
_BODY_SIZE = 22  # half-points; Word's own default is 11 points
_OLD = b"\xd0\xcf\x11\xe0"
_FIELD = re.compile(r'HYPERLINK\s+(?:\\[a-z]\s+)*"([^"]+)"', re.IGNORECASE)
_HEADING = re.compile(r"(?:heading|überschrift|titre|título|titolo|kop|rubrik) ?([1-9])", re.IGNORECASE)
_SKIPPED = frozenset(("del", "moveFrom", "Fallback", "instrText"))
_NOTES = {"footnote": "footnotes", "endnote": "endnotes"}
_CONTENTS = re.compile(r"(?:toc|inhaltsverzeichnis|table of figures|index)[ \w]{0,20}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Look:
    """What a style says: heading level, bold, capitals, size in half-points. `None` where it is silent."""

    level: int | None = None
    bold: bool | None = None
    capitals: bool | None = None
    size: int | None = None

    def over(self, below: _Look) -> _Look:
        """This look, where it is silent that of the style it is based on."""
        return _Look(
            self.level if self.level is not None else below.level,
            self.bold if self.bold is not None else below.bold,
            self.capitals if self.capitals is not None else below.capitals,
            self.size if self.size is not None else below.size,
        )


def blocks(body: bytes, name: str) -> tuple[Block, ...]:
    """Read a Word file. Raises `ParseError` with a sentence for what is protected, damaged, or larger than a bulletin can be."""
    if body.startswith(_OLD):
        raise ParseError(
            f"{name} is protected by a password, or an old .doc file.", source=name, hint="Open it in Word and save it as .docx without a password."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            document = _part(archive, "word/document.xml", name)
            links = _links(_part(archive, "word/_rels/document.xml.rels", name))
            styles = _part(archive, "word/styles.xml", name)
            found = _addresses_of_notes(archive, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise ParseError(f"{name} is damaged, or no Word file.", source=name, hint="Open it in Word and save it again.") from error
    if document is None:
        raise ParseError(f"{name} is no Word file: it holds no document.", source=name)
    reader = _Reader(links, _looks(styles), _contents(styles))
    done: set[Element] = set()
    for part in _each(document, "p", "tbl"):
        if _local(part) == "tbl" and (rows := _table(part)):
            reader.rows(rows)
            done.update(_each(part, "p"))
        elif _local(part) == "p" and part not in done:
            reader.paragraph(part)
        if len(reader.blocks) > MAX_BLOCKS:
            break
    return notes.settled(reader.blocks, found)


def _addresses_of_notes(archive: zipfile.ZipFile, name: str) -> dict[str, str]:
    """The address in each footnote and endnote that has one, by its kind and number."""
    found: dict[str, str] = {}
    for kind, part in _NOTES.items():
        root = _part(archive, f"word/{part}.xml", name)
        if root is None:
            continue
        reader = _Reader(_links(_part(archive, f"word/_rels/{part}.xml.rels", name)), {}, frozenset())
        for note in _each(root, kind):
            reader.blocks = []
            for paragraph in _each(note, "p"):
                reader.paragraph(paragraph)
            if url := notes.address_in(run for block in reader.blocks for run in block.runs):
                found[f"{kind}.{_get(note, 'id')}"] = url
    return found


def _part(archive: zipfile.ZipFile, path: str, name: str) -> Element | None:
    """Read one part of the archive; `None` where there is none. What it says of its size is not believed."""
    try:
        info = archive.getinfo(path)
    except KeyError:
        return None
    if info.flag_bits & 1:
        raise ParseError(f"{name} is protected by a password.", source=name, hint="Save it without one.")
    with archive.open(info) as file:
        content = file.read(MAX_PART + 1)
    if len(content) > MAX_PART:
        raise ParseError(f"{name} unpacks to more than {MAX_PART // 1_000_000} MB, and so is no bulletin.", source=name)
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ParseError(f"{name} holds a document type, which no Word file does; it is not opened.", source=name)
    try:
        return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False))
    except etree.LxmlError as error:
        raise ParseError(f"{name} is damaged: its text is not XML.", source=name, hint="Open it in Word and save it again.") from error


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _get(element: Element | None, name: str) -> str | None:
    """An attribute, whatever its namespace."""
    if element is None:
        return None
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), None)


def _each(root: Element, *names: str) -> Iterator[Element]:
    """Elements of some names in the order of the document, without what is deleted or written a second time for old programs."""
    todo = [root]
    while todo:
        element = todo.pop()
        if _local(element) in names:
            yield element
        todo += [child for child in reversed(element) if _local(child) not in _SKIPPED]


def _child(element: Element | None, *path: str) -> Element | None:
    for name in path:
        element = None if element is None else next((child for child in element if _local(child) == name), None)
    return element


def _table(table: Element) -> list[list[Element]] | None:
    """The cells of a table whose first row names its columns, row by row; `None` of any other, which only places things."""
    rows = [[cell for cell in row if _local(cell) == "tc"] for row in islice(_each(table, "tr"), _MOST_ROWS)]
    nested = any(True for row in rows for cell in row for _ in _each(cell, "tbl"))
    if nested or len(rows) < 2 or any(len(row) != len(rows[0]) for row in rows):
        return None
    stated = _child(next(_each(table, "tr")), "trPr", "tblHeader") is not None
    linked = any(True for row in rows[1:] for cell in row for _ in _each(cell, "hyperlink", "fldSimple", "fldChar"))
    return rows if linked and tables.is_head([_said(cell) for cell in rows[0]], stated=stated) else None


def _said(cell: Element) -> str:
    return squeeze("".join(text.text or "" for text in _each(cell, "t")))


def _links(relations: Element | None) -> dict[str, str]:
    if relations is None:
        return {}
    return {
        key: target for one in relations if (key := _get(one, "Id")) and (target := _get(one, "Target")) and _get(one, "TargetMode") == "External"
    }


def _on(properties: Element | None, name: str) -> bool | None:
    """A switch of a run or style: there without a value, it is on."""
    found = _child(properties, name)
    return None if found is None else _get(found, "val") not in ("0", "false", "off", "none")


def _look(element: Element | None) -> _Look:
    properties = _child(element, "rPr")
    size = _get(_child(properties, "sz"), "val") or ""
    return _Look(bold=_on(properties, "b"), capitals=_on(properties, "caps"), size=int(size) if size.isdecimal() and len(size) < 4 else None)


def _looks(styles: Element | None) -> Mapping[str, _Look]:
    """The look of each style with what it is based on; that of the whole document under an empty name."""
    if styles is None:
        return {}
    own: dict[str, tuple[_Look, str | None]] = {"": (_look(_child(styles, "docDefaults", "rPrDefault")), None)}
    for style in styles:
        if _local(style) == "style" and (key := _get(style, "styleId")):
            base = _get(_child(style, "basedOn"), "val")
            kind = _get(style, "type") == "paragraph"
            look = _look(style)
            own[key] = (_Look(_level(style) if kind else None, look.bold, look.capitals, look.size), base or "")
    return {key: _resolved(key, own) for key in own}


def _contents(styles: Element | None) -> frozenset[str]:
    """The styles of the lines of a table of contents."""
    found = (style for style in styles if _local(style) == "style") if styles is not None else ()
    return frozenset(key for style in found if (key := _get(style, "styleId")) and _CONTENTS.fullmatch(_get(_child(style, "name"), "val") or ""))


def _resolved(key: str, own: Mapping[str, tuple[_Look, str | None]]) -> _Look:
    look, base = own[key]
    for _ in range(20):  # a style based on itself must end too
        if base is None or base not in own:
            break
        below, base = own[base]
        look = look.over(below)
    return look


def _level(style: Element) -> int | None:
    """The level of a heading style: the title of the document stands above all headings."""
    name = _get(_child(style, "name"), "val") or ""
    outline = _get(_child(style, "pPr", "outlineLvl"), "val") or ""
    if name.lower() in ("title", "titel", "titre"):
        return 1
    if found := _HEADING.fullmatch(name):
        return int(found[1]) + 1
    return int(outline) + 2 if outline in tuple("01234567") else None


class _Reader:
    """One pass over the paragraphs; holds the field that is being read, since a field may go on in the next paragraph."""

    def __init__(self, links: Mapping[str, str], looks: Mapping[str, _Look], contents: frozenset[str]) -> None:
        self.blocks: list[Block] = []
        self._links, self._looks, self._contents = links, looks, contents
        self._plain = looks.get("", _Look())
        self._fields: list[tuple[str, bool]] = []  # instruction, and whether its result has begun
        self._runs: list[Run] = []
        self._joined = False

    def paragraph(self, paragraph: Element) -> None:
        """Read a paragraph into one block, or several where its lines are broken by hand."""
        properties = _child(paragraph, "pPr")
        style = _get(_child(properties, "pStyle"), "val") or "Normal"
        if style in self._contents:
            return
        look = self._looks.get(style, self._plain)
        outline = _get(_child(properties, "outlineLvl"), "val") or ""
        level = int(outline) + 2 if outline in tuple("01234567") else look.level or 0
        listed = _child(properties, "numPr") is not None
        self._runs, self._joined = [], False
        self._inside(paragraph, look, None, level=level, listed=listed)
        self._end(level, listed=listed)

    def rows(self, rows: Sequence[Sequence[Element]]) -> None:
        """Read a table whose first row names its columns."""
        held = self.blocks
        cells = [[self._cell(cell) for cell in row] for row in rows[1:]]
        self.blocks = [*held, *tables.items([_said(cell) for cell in rows[0]], cells)]

    def _cell(self, cell: Element) -> list[Block]:
        self.blocks = []
        for paragraph in _each(cell, "p"):
            self.paragraph(paragraph)
        return self.blocks

    def _end(self, level: int, *, listed: bool) -> None:
        if runs := tidy(self._runs):
            self.blocks.append(Block(runs=runs, level=level, joined=self._joined, listed=listed and not self._joined))
            self._joined = True
        self._runs = []

    def _inside(self, element: Element, look: _Look, url: str | None, *, level: int, listed: bool) -> None:
        for child in element:
            name = _local(child)
            if name in _SKIPPED or name in ("pPr", "p", "tbl", "txbxContent"):  # text boxes hold paragraphs of their own
                continue
            if name == "r":
                self._run(child, look, url, level=level, listed=listed)
            elif name == "hyperlink":
                target = self._links.get(_get(child, "id") or "")
                self._inside(child, look, (address("", target) if target else None) or url, level=level, listed=listed)
            elif name == "fldSimple":
                self._inside(child, look, _target(_get(child, "instr") or "") or url, level=level, listed=listed)
            else:
                self._inside(child, look, url, level=level, listed=listed)

    def _run(self, run: Element, look: _Look, url: str | None, *, level: int, listed: bool) -> None:
        own = _look(run)
        style = self._looks.get(_get(_child(run, "rPr", "rStyle"), "val") or "")
        look = own.over(_Look(bold=style.bold, capitals=style.capitals).over(look) if style else look)
        underlined = bool(_on(_child(run, "rPr"), "u"))
        for child in run:
            match _local(child):
                case "t":
                    self._text(child.text or "", look, url, underlined=underlined)
                case "tab" | "noBreakHyphen":
                    self._text(" " if _local(child) == "tab" else "-", look, url, underlined=underlined)
                case "br" | "cr":
                    self._end(level, listed=listed)
                case "footnoteReference" | "endnoteReference":
                    kind = _local(child).removesuffix("Reference")
                    self._runs.append(Run(notes.mark(f"{kind}.{_get(child, 'id')}"), url, bool(look.bold)))
                case "fldChar":
                    self._field(_get(child, "fldCharType") or "")
                case "instrText" if self._fields:
                    self._fields[-1] = (self._fields[-1][0] + (child.text or ""), self._fields[-1][1])

    def _text(self, words: str, look: _Look, url: str | None, *, underlined: bool) -> None:
        url = url or next((target for said, begun in reversed(self._fields) if begun and (target := _target(said))), None)
        words = words.upper() if look.capitals else words
        underlined = underlined and url is None
        self._runs.append(Run(words, url, bool(look.bold) or underlined, round((look.size or _BODY_SIZE) / _BODY_SIZE, 2), underlined))

    def _field(self, kind: str) -> None:
        if kind == "begin" and len(self._fields) < 20:
            self._fields.append(("", False))
        elif kind == "separate" and self._fields:
            self._fields[-1] = (self._fields[-1][0], True)
        elif kind == "end" and self._fields:
            self._fields.pop()


def _target(instruction: str) -> str | None:
    found = _FIELD.search(instruction)
    return address("", found[1]) if found else None
