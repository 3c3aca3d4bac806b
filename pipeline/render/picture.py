"""The pictures of an edition: what of them may be printed, their files beside the web page, and how a typesetter is given one. Decodes nothing.

Their bytes are those that `reencode.py` made; a snapshot may come from anywhere, so what is not such as it writes is left out.
"""

from __future__ import annotations

import base64
import hashlib
import re
from binascii import Error
from collections.abc import Iterator
from dataclasses import replace

from pipeline.model import Edition, Entry, ItemId, Picture, Rendition
from pipeline.model.illustrations import LARGEST
from pipeline.render.whole import LONGEST, seen

FOLDER = "pictures"
MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png"}
UNSAID = "Picture without a description"
"""What stands in the place of an alternative text that is missing: it stops a release, but an editor may let it pass."""

_NAME = re.compile(r"\d{1,19}-[0-9a-f]{12}\.(?:jpg|png)", re.ASCII)


def path(picture: Picture) -> str:
    """Give the path of its file from the web page."""
    return f"{FOLDER}/{picture.name}"


def is_path(name: str) -> bool:
    """Say whether a name can be that of a picture of an edition: its folder and its file."""
    folder, _, file = name.partition("/")
    return folder == FOLDER and _NAME.fullmatch(file) is not None


def media_type(name: str) -> str:
    """Give the media type of a file by its ending."""
    return MEDIA_TYPES[name.rpartition(".")[2]]


def said(picture: Picture) -> str:
    """Give the words in its place; empty where it is decorative."""
    return "" if picture.decorative else picture.alt or UNSAID


def body(picture: Picture) -> bytes:
    """Give its bytes; empty where they are not there or are no Base64."""
    try:
        return base64.b64decode(picture.data, validate=True) if len(picture.data) <= LARGEST * 4 // 3 + 4 else b""
    except (Error, ValueError):
        return b""


def named(item: ItemId, image: bytes, ending: str) -> str:
    """Name the file of a picture by its item and its bytes, so that another picture never has the name of this one."""
    return f"{item}-{hashlib.sha256(image).hexdigest()[:12]}.{ending}"


def checked(entry: Entry) -> Picture | None:
    """Give the picture of an entry with its own name and size, or nothing where it cannot be printed. Its words are cleaned elsewhere."""
    picture = entry.picture
    if picture is None:
        return None
    if not picture.data:  # it lies beside the file that this edition was read from
        fits = _NAME.fullmatch(picture.name) and 0 < picture.width <= LONGEST and 0 < picture.height <= LONGEST
        return picture if fits else None
    image = body(picture)
    found = seen(image) if len(image) <= LARGEST else None
    if found is None:
        return None
    ending, width, height = found
    return replace(picture, name=named(entry.id, image, ending), width=width, height=height)


def drawn(picture: Picture) -> str:
    """Give it as SVG with the picture inside, in which form data can be handed to a typesetter without a file."""
    w, h = picture.width, picture.height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}">'
        f'<image width="{w}" height="{h}" href="data:{media_type(picture.name)};base64,{picture.data}"/></svg>'
    )


def pictures(edition: Edition) -> Iterator[Picture]:
    """Give the pictures of a prepared edition whose bytes are there."""
    return (entry.picture for entry in edition.entries if entry.picture and entry.picture.data)


def renditions(edition: Edition) -> tuple[Rendition, ...]:
    """Give the files of the pictures of a prepared edition, each with its path from the web page."""
    return tuple(Rendition(filename=path(one), media_type=media_type(one.name), body=body(one)) for one in pictures(edition))


def without_bytes(edition: Edition) -> Edition:
    """Give the edition as it is shown where its pictures lie as files."""
    if not any(pictures(edition)):
        return edition
    return replace(edition, sections=tuple(replace(one, entries=tuple(map(_bare, one.entries))) for one in edition.sections))


def _bare(entry: Entry) -> Entry:
    return replace(entry, picture=replace(entry.picture, data="")) if entry.picture else entry
