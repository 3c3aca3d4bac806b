"""The pictures that curators gave to items, put into an edition with their bytes, so that its snapshot is whole."""

from __future__ import annotations

import base64
from dataclasses import replace

from pipeline.model import Edition, Entry, Illustration, Picture
from pipeline.render import picture
from pipeline.store import Store


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
