"""The words that an edition prints for kinds and months. No grammar beyond that."""

from __future__ import annotations

import re
from datetime import date

from pipeline import dates
from pipeline.model import Kind

KIND_WORDS: dict[Kind, tuple[str, str]] = {
    Kind.ARTICLE: ("Article", "Read article"),
    Kind.BLOG: ("Blog", "Read blog"),
    Kind.NEWS: ("News", "Read news"),
    Kind.INTERVIEW: ("Interview", "Read interview"),
    Kind.CASE_STUDY: ("Case study", "Read case study"),
    Kind.REPORT: ("Report", "Link to report"),
    Kind.RESEARCH: ("Research", "Link to research"),
    Kind.REVIEW: ("Review", "Link to review"),
    Kind.PAPER: ("Paper", "Link to paper"),
    Kind.WHITE_PAPER: ("White paper", "Link to white paper"),
    Kind.GUIDE: ("Guide", "Open guide"),
    Kind.TOOLKIT: ("Toolkit", "Open toolkit"),
    Kind.TEMPLATE: ("Template", "Open template"),
    Kind.COURSE: ("Course", "Visit course"),
    Kind.BOOK: ("Book", "Link to book"),
    Kind.VIDEO: ("Video", "Watch video"),
    Kind.PODCAST: ("Podcast", "Listen to podcast"),
    Kind.AUDIO: ("Audio", "Listen"),
    Kind.TALK: ("Talk", "Watch talk"),
    Kind.SLIDES: ("Slides", "View slides"),
    Kind.EVENT: ("Event", "Find out more"),
    Kind.WEBINAR: ("Webinar", "Find out more"),
    Kind.COLLECTION: ("Collection", "Open collection"),
    Kind.DIGEST: ("Digest", "Read digest"),
    Kind.DATASET: ("Dataset", "Link to data"),
    Kind.SOFTWARE: ("Software", "Visit site"),
    Kind.WEBSITE: ("Website", "Visit site"),
    Kind.DOCUMENT: ("Document", "View document"),
    Kind.OFFER: ("Offer", "Take up the offer"),
    Kind.REQUEST: ("Request", "Answer the request"),
}
"""The name of each kind, and what its link says."""

_YEAR_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def month_name(edition_id: str, language: str) -> str:
    """Name the month of an edition, "December 2026"; an id that begins with no month names itself."""
    first = _first(edition_id)
    return dates.month(first, language) if first else edition_id


def short_month(edition_id: str, language: str) -> str:
    """Name the month of an edition in a few letters, "Dec"."""
    first = _first(edition_id)
    return dates.short_month(first, language) if first else edition_id


def _first(edition_id: str) -> date | None:
    found = _YEAR_MONTH.match(edition_id)
    return date(int(found[1]), int(found[2]), 1) if found else None
