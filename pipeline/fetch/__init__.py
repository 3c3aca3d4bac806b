"""The only door to the network. Asks politely, within bounds of bytes, time and addresses, and gives back a value or a named error.

Refuses to reach addresses that are not public, to go on where robots.txt forbids it, and to follow a redirect to another host
(that is the value `Moved`). It keeps no cookies, runs no scripts and writes no log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.late import door

if TYPE_CHECKING:
    from pipeline.fetch.fetcher import Fetcher
    from pipeline.fetch.guard import Guard

__all__ = ["Fetcher", "Guard"]

door(
    __name__,
    fetcher=("Fetcher",),
    guard=("Guard",),
)
