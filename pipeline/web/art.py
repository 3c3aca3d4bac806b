"""A small drawing for each item: a network of seven people, always the same one for the same item. Decoration; says nothing."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from markupsafe import Markup

_SEATS = ((24, 22), (64, 16), (108, 24), (20, 66), (60, 74), (110, 66), (66, 45))
_RADII = (4, 5, 5, 7, 7, 9)


@lru_cache(maxsize=4_096)
def drawing(number: int) -> Markup:
    """Draw lines and circles in a field of 132 by 92. The sheet of styles gives them their colours."""
    chance = hashlib.sha256(str(number).encode()).digest()
    seats = [(x + chance[i] % 19 - 9, y + chance[i + 7] % 15 - 7) for i, (x, y) in enumerate(_SEATS)]
    hub = seats[6]
    ring = [seats[i] for i in (0, 1, 2, 5, 4, 3)]
    pairs = [pair for i, pair in enumerate(zip(ring, [*ring[1:], ring[0]], strict=True)) if chance[14 + i] % 3]
    spokes = [(seat, hub) for i, seat in enumerate(ring) if chance[20 + i] % 2 or (seat, hub) == (ring[0], hub)]
    lines = "".join(f'<line x1="{a[0]}" y1="{a[1]}" x2="{b[0]}" y2="{b[1]}"/>' for a, b in (*pairs, *spokes))
    circles = "".join(f'<circle cx="{x}" cy="{y}" r="{_RADII[chance[26 + i % 6] % 6]}"/>' for i, (x, y) in enumerate(seats))
    return Markup(lines + circles)  # noqa: S704 - numbers
