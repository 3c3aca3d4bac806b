"""Who runs the page: the names of the site, and whether a piece of a title or a byline is only one of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from rapidfuzz import fuzz

from pipeline import text
from pipeline.extract import jsonld
from pipeline.extract.document import Document, Found

_NAMING = (
    *("og:site_name", "application-name", "apple-mobile-web-app-title", "al:android:app_name", "al:ios:app_name", "dc.publisher"),
    *("citation_journal_title", "twitter:site", "twitter:app:name:iphone", "publisher", "copyright"),
)
_SITE_TYPES = frozenset({"Organization", "NewsMediaOrganization", "WebSite", "Corporation", "PodcastSeries"})
# Labels of a host that name nobody.
_COMMON = frozenset("www com org net de co uk blog news at ch fr info tv io eu en pl it es nhs gov ac edu".split())  # noqa: SIM905
_DIGIT = re.compile(r"\d")
_NO_WORD = re.compile(r"[\W_]+")


def fold(words: str) -> str:
    """The form in which titles and names are compared: NFKC, case folded, letters and digits only."""
    return _NO_WORD.sub(" ", unicodedata.normalize("NFKC", words).casefold()).strip()


@dataclass(frozen=True)
class Site:
    """The names that a page gives its site, and the telling labels of its host."""

    names: tuple[tuple[str, str], ...]  # name, rule
    labels: tuple[str, ...]

    @cached_property
    def _folded(self) -> tuple[str, ...]:
        return tuple(filter(None, (fold(name) for name, _ in self.names)))

    def is_named(self, words: str) -> bool:
        """Whether these words are only a name of the site."""
        folded = fold(words)
        return not folded or any(_same(folded, name) for name in self._folded) or any(_in_host(folded, label) for label in self.labels)


def _same(words: str, name: str) -> bool:
    if words == name or (len(name) > 3 and fuzz.ratio(words, name) >= 85):
        return True
    bare = words.replace(" ", "")
    return bare == name.replace(" ", "") or (len(bare) > 4 and words.count(" ") < 4 and (name.startswith(words) or words.startswith(name)))


def _in_host(words: str, label: str) -> bool:
    """Whether the words are what the host's label is made of: "The Daily Star" and dailystar, "British Medical Journal" and bmj."""
    bare = unicodedata.normalize("NFKD", words.replace(" ", "")).encode("ascii", "ignore").decode()
    if len(bare) > 2 and (bare == label or (len(bare) > 4 and bare in label)):
        return True
    if len(label) > 3 and label in bare and len(bare) <= len(label) + 14 and not _DIGIT.search(bare.replace(label, "")):
        return True
    initials = "".join(word[0] for word in words.split())
    return len(initials) > 2 and initials == label


def site(document: Document) -> Site:
    """Collect what the page calls its site, the surest first."""
    ids = jsonld.by_id(document.nodes)
    names = [(value, f"meta {name}") for name in _NAMING for value in document.metas.get(name, ())]
    for node in document.nodes:
        if jsonld.type_of(node) in _SITE_TYPES:
            names += [(name, "json-ld") for name in jsonld.names(node, ids)]
        for owner in ("publisher", "partOfSeries", "isPartOf"):
            if not _is_page(node.get(owner), ids):
                names += [(name, "json-ld") for name in jsonld.names(node.get(owner), ids)]
    unique: dict[str, str] = {}
    for name, rule in names:
        if (squeezed := text.squeeze(name).lstrip("@")) and len(squeezed) < 80 and not squeezed.startswith("http"):
            unique.setdefault(squeezed, rule)
    return Site(names=tuple(unique.items()), labels=_labels(document.url))


def _is_page(value: object, ids: Mapping[str, jsonld.Node]) -> bool:
    """Whether a node, or the one that it refers to, is a page: an article is a part of its page as of its site, and the page has the title's name."""
    if not isinstance(value, dict):
        return False
    reference = value.get("@id")
    node = ids.get(reference, value) if isinstance(reference, str) else value
    return jsonld.type_of(node).endswith("Page")


def _labels(url: str) -> tuple[str, ...]:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ()
    parts = host.removeprefix("www.").split(".")
    telling = parts[:1] if len(parts) == 2 else [label for label in parts if label not in _COMMON]  # of nhs.uk, "nhs" is the name
    bare = (re.sub(r"[^a-z0-9]", "", label) for label in telling)
    return tuple(label for label in bare if len(label) > 2)


def site_name(site: Site) -> Found[str]:
    """The name of the site for a reader."""
    return site.names[0] if site.names else None
