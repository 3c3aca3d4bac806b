"""Giving a picture to an item, and putting pictures into an edition with their bytes, so that its snapshot is whole.

A picture is a file that a curator has. It is never fetched from the web, and never the first page of a report that the desk shows.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

from pipeline.digest import illustrations
from pipeline.errors import NotFoundError
from pipeline.late import late
from pipeline.model import Edition, Entry, Illustration, ItemId, Picture
from pipeline.render import picture
from pipeline.store import Store

if TYPE_CHECKING:
    from pipeline.render import reencode
else:
    reencode = late("pipeline.render.reencode")  # Pillow, for those who give a picture

_ONE = Lock()  # a picture of forty million pixels takes 350 MB while it is decoded: one at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A picture as a curator gives it: the bytes of a file, or `None` where only the words of the one that stands change."""

    item: ItemId
    image: bytes | None
    alt: str = ""
    decorative: bool = False
    credit: str = ""
    by: str = ""


def give(given: Given, store: Store, *, now: datetime) -> Illustration:
    """Give an item its picture, made anew from the bytes. Raises `PipelineError` where these are none that can be printed, or words are missing;
    `NotFoundError`, or `ConflictError` where the item is folded or published."""
    alt, credit = illustrations.words(given.alt, given.credit, decorative=given.decorative)
    stands = store.illustration(store.item(given.item).id)
    if given.image is not None:
        with _ONE:
            encoded = reencode.reencode(given.image)
    elif stands is not None:
        encoded = stands.encoded
    else:
        raise NotFoundError("picture for the editions", f"of item {given.item}", hint="Choose a file.")
    made = Illustration(item=given.item, encoded=encoded, alt=alt, decorative=given.decorative, credit=credit, by=given.by, given=now)
    store.illustrate(made)
    return made


def with_pictures(edition: Edition, store: Store) -> Edition:
    """Give an edition whose entries have the pictures that their items have now."""
    found = store.illustrated([entry.id for entry in edition.entries])
    if not found:
        return edition

    def shown(entry: Entry) -> Entry:
        return replace(entry, picture=_printed(found[entry.id])) if entry.id in found else entry

    return replace(edition, sections=tuple(replace(one, entries=tuple(map(shown, one.entries))) for one in edition.sections))


def _printed(given: Illustration) -> Picture:
    ending = next(ending for ending, media_type in picture.MEDIA_TYPES.items() if media_type == given.encoded.media_type)
    return Picture(
        name=picture.named(given.item, given.encoded.body, ending),
        alt=given.alt,
        decorative=given.decorative,
        credit=given.credit,
        width=given.encoded.width,
        height=given.encoded.height,
        data=base64.b64encode(given.encoded.body).decode(),
    )
