"""Setting a page with typst: words reach a template as data and are never read as markup; tags, language and date are the edition's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from io import BytesIO
from string import punctuation
from types import MappingProxyType
from urllib.parse import quote

import segno
import typst

from pipeline.errors import RenderError
from pipeline.model import Edition
from pipeline.plain import Json
from pipeline.render import fonts, palette, words

_NONE: Mapping[str, str] = MappingProxyType({})
_PICTURES = frozenset(("cover", "qr", "art", "codes", "page_code"))  # SVG of our own; words that begin with "<svg" are words
_ADDRESSES = frozenset({"url", "web", "subscribe", "feed", "calendar"})  # what links lead to must stay as it is
_REGIONS = {"zh": "SC", "zh-hant": "TC", "zh-tw": "TC", "zh-hk": "HK", "ja": "JP", "ko": "KR"}  # as families for Chinese, Japanese, Korean end


def typeset(template: str, data: dict[str, Json], edition: Edition, *, large: bool = False, pictures: Mapping[str, str] = _NONE) -> bytes:
    """Set a prepared edition's data as PDF/UA-1. Raises `RenderError` where typst cannot."""
    return set_pages(template, data, what=f"edition {edition.id}", changed=words.changed(edition), large=large, pictures=pictures)


def set_pages(
    template: str, data: dict[str, Json], *, what: str, changed: datetime, large: bool = False, pictures: Mapping[str, str] = _NONE
) -> bytes:
    """Set data as PDF/UA-1, dated by its last change; `what` names it where that fails. `pictures` are SVG by a name that the data uses, beside
    it because they are large. Raises `RenderError` where typst cannot."""
    case = fonts.typecase([json.dumps(data, ensure_ascii=False)])  # pictures and the signs between the words are plain ASCII
    told = {**_showable(data, case), "faces": list(case.families), "tongues": _tongues(case.families)}
    inputs = {**pictures, "data": json.dumps(told, ensure_ascii=False), "large": "yes" if large else "no"}
    moment = int(changed.timestamp())
    try:
        # Not a typst.Compiler kept for all: two threads may not use one at a time.
        document = typst.compile(_source(template), font_paths=case.fonts, format="pdf", sys_inputs=inputs, pdf_standards=["ua-1"], timestamp=moment)
    except typst.TypstError as error:
        raise RenderError(f"The PDF of {what} could not be set: {error.message}.", place=what) from error
    if not isinstance(document, bytes):
        raise RenderError(f"The PDF of {what} came out empty.", place=what)
    return document


def qr(address: str) -> str:
    """Draw an address as a QR code, SVG without a border."""
    drawn = BytesIO()
    code = segno.make(address, error="m", micro=False, mask=4)  # every mask can be read; finding the best takes longer than all the rest
    code.save(drawn, kind="svg", border=0, dark=palette.NIGHT, light=None, xmldecl=False, svgns=True)
    return drawn.getvalue().decode()


@cache
def _source(template: str) -> bytes:
    folder = files("pipeline.render") / "templates"
    return (folder / "common.typ").read_bytes() + (folder / template).read_bytes()


def _tongues(families: Sequence[str]) -> dict[str, Json]:
    """Order the faces for each language in which the same character has another shape."""
    made: dict[str, Json] = {}
    for language, ending in _REGIONS.items():
        if any(family.endswith(f" {ending}") for family in families):
            made[language] = [*sorted(families, key=lambda family: not family.endswith(f" {ending}"))]
    return made


def _showable(data: dict[str, Json], case: fonts.Typecase) -> dict[str, Json]:
    return {name: _shown(one, case, name) for name, one in data.items()}


def _shown(value: Json, case: fonts.Typecase, key: str = "") -> Json:
    """Go through the data and replace what the faces cannot show."""
    if key in _PICTURES:
        return value
    if isinstance(value, str):
        shown = _address(value, case) if key in _ADDRESSES else fonts.showable(value, case)
        # A heading may not be empty (PDF/UA), even where nothing of its words can be shown.
        return "■" if key == "title" and not shown.strip() else shown
    if isinstance(value, dict):
        made: dict[str, Json] = {name: _shown(one, case, name) for name, one in value.items()}
        return made | {way: "ltr" for way in made if way.endswith("_way") and _is_substituted(value, made, way.removesuffix("_way"))}
    return [_shown(one, case) for one in value] if isinstance(value, list) else value


def _is_substituted(said: Mapping[str, Json], made: Mapping[str, Json], key: str) -> bool:
    """Whether Latin marks stand for words of another script: they run as Latin does."""
    printed = str(made.get(key, ""))
    return printed != said.get(key) and words.direction(printed) == "ltr"


def _address(value: str, case: fonts.Typecase) -> str:
    """Leave an address as it is, because links lead there; one that is printed and cannot be shown so is written as a URI (RFC 3987, 3.1)."""
    return value if all(map(case.has, value)) else quote(value, safe=punctuation, errors="replace")
