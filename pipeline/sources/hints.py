"""How often a feed says that it is written: `ttl` (RSS 2.0), `updatePeriod` and `updateFrequency` (RSS 1.0, module Syndication). Reads its head."""

from __future__ import annotations

import re
from datetime import timedelta

from pipeline.model import Page

HEAD = 20_000
"""Bytes in which a feed speaks of itself before its entries begin."""

_TTL = re.compile(rb"<ttl>\s*(\d{1,7})\s*</ttl>", re.IGNORECASE)
_PERIOD = re.compile(rb"<(?:\w+:)?updatePeriod>\s*(hourly|daily|weekly|monthly|yearly)\s*</", re.IGNORECASE)
_FREQUENCY = re.compile(rb"<(?:\w+:)?updateFrequency>\s*(\d{1,4})\s*</", re.IGNORECASE)
_DAYS = {"hourly": 1 / 24, "daily": 1, "weekly": 7, "monthly": 30, "yearly": 365}


def rhythm(page: Page) -> timedelta | None:
    """Say how far apart two looks at a feed should be by its own words (http://web.resource.org/rss/1.0/modules/syndication/); `None` where it says
    nothing. Of several hints the longest holds."""
    head = page.body[:HEAD]
    said: list[timedelta] = []
    if found := _TTL.search(head):
        said.append(timedelta(minutes=int(found[1])))
    if found := _PERIOD.search(head):
        times = _FREQUENCY.search(head)
        said.append(timedelta(days=_DAYS[found[1].decode().lower()]) / max(int(times[1]) if times else 1, 1))
    return max(said, default=timedelta()) or None
