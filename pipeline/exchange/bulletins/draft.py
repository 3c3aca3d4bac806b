"""The headings of past issues as a draft of topics and sections, in the words of `sources.yaml`. A draft to be read and pasted: writes nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import yaml

from pipeline.exchange.bulletins.keeping import kind_of
from pipeline.exchange.bulletins.reading import Issue
from pipeline.model import Kind
from pipeline.sources.bulletin import Entry
from pipeline.sources.labels import kind_of_noun
from pipeline.text import words

_FORMS = frozenset(("diary", "date", "dates", "watch", "listen", "read", "reading", "learning", "opportunities", "jobs", "funding", "headlines"))
_KEYWORDS = 6
_EXAMPLES = 3
_NO_KEYWORD = 5  # letters; shorter words are mostly grammar


def draft(issues: Sequence[Issue]) -> str:
    """Write the sections of a digest with the kinds that stood in them, and as topics those headings that name a subject and no form."""
    under: dict[str, list[Entry]] = defaultdict(list)
    names: dict[str, str] = {}
    for issue in issues:
        for entry in issue.entries:
            if entry.section:
                key = "-".join(words(entry.section))[:60]
                names.setdefault(key, _sentence(entry.section))
                under[key].append(entry)
    if not under:
        return ""
    topics = [_topic(key, names[key], under) for key in under if not _is_form(names[key])]
    sections = list(_sections(under, names))
    found: dict[str, Any] = ({"digest": {"sections": sections}} if sections else {}) | ({"topics": topics} if topics else {})
    return yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=140)


def _sections(under: dict[str, list[Entry]], names: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Each section with its kinds: those that its heading names, and those that stood in it more than in any other. One without any is left out."""
    shares: dict[str, dict[Kind, float]] = {}
    for key, entries in under.items():
        counts = Counter(kind_of(entry) for entry in entries)
        shares[key] = {kind: number / len(entries) for kind, number in counts.items()} | dict.fromkeys(_kinds_in(names[key]), 1.0 + len(entries))
    home = {kind: max(shares, key=lambda key: shares[key].get(kind, 0.0)) for kind in Kind}
    for key, share in shares.items():
        kinds = [kind.value for kind in sorted(share, key=lambda kind: -share[kind]) if home[kind] == key]
        if kinds:
            yield {"id": key, "title": names[key], "kinds": kinds}


def _kinds_in(name: str) -> set[Kind]:
    """The kinds that a heading names, by one word or two."""
    said = words(name)
    return {kind for size in (1, 2) for at in range(len(said)) if (kind := kind_of_noun(" ".join(said[at : at + size])))}


def _topic(key: str, name: str, under: dict[str, list[Entry]]) -> dict[str, Any]:
    here, everywhere = _counted(under[key]), _counted(entry for entries in under.values() for entry in entries)
    telling = [word for word, number in here.most_common() if number > 1 and 2 * number > everywhere[word]]
    examples = [entry.url for entry in under[key] if entry.url][:_EXAMPLES]
    return {"id": key, "name": name, "keywords": telling[:_KEYWORDS]} | ({"examples": examples} if examples else {})


def _counted(entries: Iterable[Entry]) -> Counter[str]:
    return Counter(word for entry in entries for word in dict.fromkeys(words(f"{entry.title} {entry.blurb}")) if len(word) > _NO_KEYWORD)


def _is_form(name: str) -> bool:
    """Whether a heading names what sort of thing stands below it ("Practical tools", "Case studies"), and not what about."""
    return bool(_kinds_in(name)) or not _FORMS.isdisjoint(words(name))


def _sentence(name: str) -> str:
    return name.capitalize() if name.isupper() else name
