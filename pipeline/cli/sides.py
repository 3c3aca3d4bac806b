"""Two items beside one another, for a terminal: the words that only one has stand in square brackets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline import dates
from pipeline.cli import late
from pipeline.text import clip, squeeze

if TYPE_CHECKING:
    from pipeline.model import Item
    from pipeline.web.sides import Pieces

SHOWN = 600
"""Characters of the passages of each text."""


def beside(one: Item, other: Item) -> Iterator[str]:
    """Say of both what their sources tell: number, title, address, day and people, and the passages in which their texts differ."""
    for side in late.sides.sides(one, other):
        resource = side.item.resource
        yield f"  {side.item.id}: {_marked(side.title) or 'without a title'}"
        day = dates.long(resource.published, "en") if resource.published else ""
        yield f"    {', '.join(said for said in (resource.url, day, *resource.creators) if said)}"
        if any(piece.differs for piece in side.text):
            yield f"    {clip(_marked(side.text), SHOWN)}"


def _marked(pieces: Pieces) -> str:
    return squeeze("".join(f" … {one.left_out} … " if one.left_out else f"[{one.text.strip()}] " if one.differs else one.text for one in pieces))
