"""What the words of a link say about the thing behind it: a listing that says "Watch Video" names a video.

A label that is not in the table stays a label, word for word; it is never dropped and never guessed at.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.model import Kind
from pipeline.text import squeeze

LABELS: dict[Kind, tuple[str, ...]] = {
    # First a whole label, then the other nouns by which sites name the kind.
    Kind.ARTICLE: ("Link to article", "articles", "essay", "feature", "full article", "story", "opinion"),
    Kind.BLOG: ("Link to blog", "blogs", "blog post", "post", "blog article"),
    Kind.NEWS: ("Link to news", "news story", "news item", "press release"),
    Kind.INTERVIEW: ("Link to interview", "interviews", "conversation"),
    Kind.CASE_STUDY: ("Link to case study", "case studies", "case-study", "case example"),
    Kind.REPORT: ("Link to report", "reports", "full report", "final report", "evaluation", "evaluation report", "corporate report", "briefing"),
    Kind.RESEARCH: ("Link to research", "study", "research paper", "research report", "working paper"),
    Kind.REVIEW: ("Link to review", "literature review", "systematic review", "evidence review"),
    Kind.PAPER: ("Link to paper", "papers", "full paper", "journal article", "preprint", "abstract"),
    Kind.WHITE_PAPER: ("Link to white paper", "whitepaper", "white-paper", "position paper", "discussion paper"),
    Kind.GUIDE: ("Link to guide", "guides", "guidance", "handbook", "manual", "guideline"),
    Kind.TOOLKIT: ("Link to toolkit", "toolkits", "tool", "tools", "resources", "resource pack"),
    Kind.TEMPLATE: ("Link to template", "templates", "form", "checklist", "worksheet"),
    Kind.COURSE: ("Go to course", "courses", "mooc", "module", "e-learning", "elearning", "online course", "training"),
    Kind.BOOK: ("Link to book", "books", "e-book", "ebook", "chapter"),
    Kind.VIDEO: ("Watch video", "videos", "film", "animation", "clip"),
    Kind.PODCAST: ("Link to podcast", "podcasts", "episode", "podcast episode"),
    Kind.AUDIO: ("Link to audio", "audio recording", "radio programme"),
    Kind.TALK: ("Watch talk", "talks", "lecture", "keynote", "ted talk"),
    Kind.SLIDES: ("Link to slides", "slide", "slide deck", "slideshare", "slideshow", "presentation", "powerpoint"),
    Kind.EVENT: ("Link to event", "events", "conference", "workshop", "masterclass"),
    Kind.WEBINAR: ("Link to webinar", "webinars"),
    Kind.COLLECTION: ("Link to collection", "collections", "reading list"),
    Kind.DIGEST: ("Link to digest", "newsletter", "bulletin", "round-up", "roundup"),
    Kind.DATASET: ("Link to data", "dataset", "data set", "datasets", "dashboard"),
    Kind.SOFTWARE: ("Link to software", "app", "source code"),
    Kind.WEBSITE: ("Visit site", "website", "web site", "webpage", "web page", "homepage"),
    Kind.DOCUMENT: ("View PDF", "document", "documents", "pdfs", "word document"),
    Kind.OFFER: ("Link to offer", "offers", "on offer"),
    Kind.REQUEST: ("Link to request", "requests", "call for help"),
}

_SPOKEN = {"watch": Kind.VIDEO, "listen": Kind.PODCAST}  # verbs that say what the thing is, where no noun follows
_FILLERS = frozenset(("to", "the", "this", "our", "a", "an", "full", "for", "please", "link", "links", "here", "now", "online", "in", "more"))
_VERBS = frozenset(
    (
        *("click", "view", "read", "watch", "listen", "download", "visit", "open", "go", "get", "see", "access", "continue", "find", "learn", "play"),
        *("explore", "show", "external", "details", "info", "information", "item", "resource", "text", "html", "on", "out", "it"),
    )
)
_FORMAT = re.compile(
    r"\s*[\[(]\s*(?:pdf|word|docx?|excel|xlsx?|powerpoint|pptx?|csv|zip|odt|ods|rtf|html|epub|mp3|mp4|web ?page)?[\s,;:·|/-]*"
    r"(?:\d+(?:[.,]\d+)?\s*(?:[kmg]i?b|bytes|pages|pp?))?\s*[\])]\s*$"
)
_SIZE = re.compile(r"\(?\b\d+(?:[.,]\d+)?\s*[km]b\b\)?|\s\(?\d{1,4}\)?$")
_EDGE = re.compile(r"^[\W_]+|[\W_]+$")
_LONGEST = 60  # characters; beyond this a link's words are a title or a sentence


@lru_cache(16_384)
def bare(label: str) -> str:
    """The label without case, arrows, file sizes and the number that some lists put after it."""
    return _EDGE.sub("", _SIZE.sub("", _EDGE.sub("", _FORMAT.sub("", squeeze(label).casefold()))))


_NOUNS = {
    " ".join(word for word in noun.casefold().split() if word not in _FILLERS | _VERBS): kind for kind, nouns in LABELS.items() for noun in nouns
}


def _noun(label: str) -> tuple[str, str]:
    """Part a label into its leading verb and what is left without filling words."""
    parts = bare(label).split()
    verb = next((word for word in parts if word in _VERBS), "")
    return verb, " ".join(word for word in parts if word not in _FILLERS | _VERBS)


def kind_of_label(label: str) -> Kind | None:
    """Tell the kind that a link label names: "Link to report" and "Download full report" a report, "View PDF" a document; or none."""
    if len(label) > _LONGEST:
        return None
    verb, noun = _noun(label)
    return _NOUNS.get(noun) if noun else _SPOKEN.get(verb)


_FILE = re.compile(
    r"[^/]{1,120}\.(?:pdf|docx?|docm|dotx?|odt|rtf|txt|xls[xmb]?|ods|csv|pptx?|pptm|ppsx?|potx|odp|vsdx?|zip|epub|mp3|m4a|mp4|mov|msg|pub)"
    r"(?:\s*\([^()]{1,40}\))?",
    re.IGNORECASE,
)


@lru_cache(16_384)
def is_file(words: str) -> bool:
    """Say whether the words of a link are the name of a file ("waiting_times_v7_final.pdf"), which is no title where the page gives one."""
    return _FILE.fullmatch(words) is not None


@lru_cache(16_384)
def is_label(words: str) -> bool:
    """Say whether the words of a link only invite to follow it ("Read more", "Link to article") and so are nobody's title."""
    if len(words) > _LONGEST:
        return False
    left = bare(words)
    noun = _noun(words)[1]
    if not noun:
        return bool(left)
    starts = left.split(maxsplit=1)[0]
    return noun in _NOUNS and (starts in _VERBS or starts in ("link", "full", "the", "pdf", "website") or len(left.split()) == 1)


def kind_of_noun(words: str) -> Kind | None:
    """Tell the kind that a word standing alone names, such as "Podcast" in the corner of a card. `None` for any other words."""
    return _NOUNS.get(" ".join(squeeze(words).casefold().split())) if len(words) <= _LONGEST else None
