"""Whether a page is a place to look through slides, to watch or to hear something, by marks that no host need be known for.

An article with a clip in it, or one that is read aloud, is none: what calls itself an article stays one, unless its title counts episodes.
"""

from __future__ import annotations

import re

from pipeline.extract.document import Document, Element, Found, beginning, written
from pipeline.model import Kind

_DECK = re.compile(r"(?:deck|slides?|presentation)-(?:viewer|player|embed)|speakerdeck-embed|^reveal(?:\s|$)")
_MAY_SHOW = re.compile("deck|slide|presentation|reveal")
_DECK_DATA = ("data-slide-count", "data-slides-count", "data-total-slides")
_FILES = re.compile(r"\.(?:mp3|m4a)\b")
_PLAYER = re.compile(r"(?:podcast|episode|audio)[-_](?:player|embed|block)")
_FRAME = re.compile(r"podcast|episode")
_EPISODE = re.compile(
    r"\b(?:episode|ep\.?|folge|épisode|episodio|episódio|aflevering|avsnitt|afsnit|odcinek|pennod)\s*#?\d{1,4}\b|\bS\d{1,2}\s?[·:,.]?\s?E\d{1,3}\b",
    re.IGNORECASE,
)
_EPISODE_PATH = re.compile(r"/(?:episodes?|e|ep|folgen?|podcasts?|shows?)/[^/]", re.IGNORECASE)
_OF_SHOWS = re.compile(r"podcast", re.IGNORECASE)
_SLIDES = re.compile(r"\b(?:slide|folie|diapositive) 1 (?:of|/|von|sur|de) \d{1,3}\b|\b1\s?/\s?\d{1,3} slides\b", re.IGNORECASE)
_DECK_TYPE = re.compile(r"presentation|slide|deck", re.IGNORECASE)
_LOOKED = 3_000  # characters


def of_page(document: Document) -> Found[Kind]:
    """The kind of what the page shows or plays, with the mark that tells it; `None` where it plays nothing or is an article."""
    stated = document.meta("og:type")
    og = stated[0].lower() if stated else ""
    if _DECK_TYPE.search(og):
        return Kind.SLIDES, "og:type"
    if _is_episode(document, is_article=og == "article"):
        return Kind.PODCAST, "player of an episode"
    if og.startswith("article"):
        return None
    if _shows_slides(document):
        return Kind.SLIDES, "viewer of slides"
    is_played = any(content == "player" for content in document.metas.get("twitter:card", ()))
    if (is_played or _is_embeddable(document.tree)) and _SLIDES.search(beginning(document.tree, _LOOKED)):
        return Kind.SLIDES, "viewer of slides"
    return (Kind.VIDEO, "player of a film") if is_played and _shows_film(document) else None


def _shows_slides(document: Document) -> bool:
    named = document.called({"class": _MAY_SHOW.search})
    return any(_is_deck(one.get("class"), one) for one in named if one.tag in ("div", "section", "main", "script"))


def _is_deck(called: str, element: Element) -> bool:
    return _DECK.search(called) is not None or any(element.get(name) for name in _DECK_DATA)


def _is_embeddable(tree: Element) -> bool:
    return any("oembed" in (one.get("type") or "") for one in tree.iter("link"))


def _feed(tree: Element) -> str:
    return next((one.get("title") or "" for one in tree.iter("link") if "rss" in (one.get("type") or "")), "")


def _sounds(tree: Element) -> bool:
    """Whether it holds a sound, a file of one, or a player."""
    if next(tree.iter("audio"), None) is not None or any(_FILES.search(one.get("href") or "") for one in tree.iter("a")):
        return True
    if any((one.get("type") or "").startswith("audio") for one in tree.iter("source", "link")):
        return True
    return any(_FRAME.search(one.get("src") or "") for one in tree.iter("iframe")) or any(
        _PLAYER.search(one.get("class") or "") for one in tree.iter("div")
    )


def _shows_film(document: Document) -> bool:
    stream = document.meta("twitter:player:stream:content_type", "og:video:type")
    return bool(document.meta("og:video", "og:video:url", "og:video:secure_url")) or bool(stream and stream[0].startswith("video/"))


def _is_episode(document: Document, *, is_article: bool) -> bool:
    """Whether something is heard here, and the title, the address or the feed says that it is one of a show."""
    stream = document.meta("twitter:player:stream:content_type")
    is_sent = bool(document.meta("og:audio", "og:audio:url", "og:audio:secure_url")) or bool(stream and stream[0].startswith("audio/"))
    titles = " ".join((document.heading, *document.metas.get("og:title", ()), *map(written, document.tree.findall(".//h1")[:2])))
    counts = _EPISODE.search(titles) is not None
    if counts and (is_sent or _sounds(document.tree)):
        return True
    of_show = _EPISODE_PATH.search(document.url) is not None or _OF_SHOWS.search(_feed(document.tree)) is not None
    return not is_article and is_sent and of_show
