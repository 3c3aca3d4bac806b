"""Pictures that a curator gives to items: as the desk keeps one, and as an edition prints it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.model.kinds import ItemId

MOST = 24
"""Pictures that an edition prints."""
LARGEST = 300_000
"""Bytes of a picture that is printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as an edition prints it. `name` is its file beside the web page; `alt` says in words what it shows, and is empty where it is
    `decorative`; `credit` says whose it is, and under which licence. Width and height are in pixels. `data` are its bytes in Base64, so that a
    snapshot is whole; empty where they lie elsewhere, as beside `edition.json`."""

    name: str
    alt: str = ""
    decorative: bool = False
    credit: str = ""
    width: int
    height: int
    data: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A picture of which every byte is ours: JPEG or PNG, upright, small, without a word of what came with it."""

    body: bytes
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Illustration:
    """The picture of an item as the desk keeps it, with its words, and who gave it and when."""

    item: ItemId
    encoded: Encoded
    alt: str = ""
    decorative: bool = False
    credit: str = ""
    by: str = ""
    given: datetime
