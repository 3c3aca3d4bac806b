"""What sort of thing a resource is, and the number that an item goes by."""

from __future__ import annotations

from enum import StrEnum
from typing import NewType

ItemId = NewType("ItemId", int)
"""Number of an item, as the curator sees it and as `gleanings show` takes it."""


class Kind(StrEnum):
    """What sort of thing a resource is, in the words of the trade."""

    ARTICLE = "article"
    BLOG = "blog"
    NEWS = "news"
    INTERVIEW = "interview"
    CASE_STUDY = "case-study"
    REPORT = "report"
    RESEARCH = "research"
    REVIEW = "review"
    PAPER = "paper"
    WHITE_PAPER = "white-paper"
    GUIDE = "guide"
    TOOLKIT = "toolkit"
    TEMPLATE = "template"
    COURSE = "course"
    BOOK = "book"
    VIDEO = "video"
    PODCAST = "podcast"
    AUDIO = "audio"
    TALK = "talk"
    SLIDES = "slides"
    EVENT = "event"
    WEBINAR = "webinar"
    COLLECTION = "collection"
    DIGEST = "digest"
    DATASET = "dataset"
    SOFTWARE = "software"
    WEBSITE = "website"
    DOCUMENT = "document"
    OFFER = "offer"
    REQUEST = "request"
