"""A resource as numbers: hashed stems and stem pairs with their counts, packed so that the store can keep them, and the mean
of its words' vectors where these are installed. Learns nothing.

Hashes and not words: the store keeps them for every item, and a model needs only to know which are equal. The words come back from the text
when somebody asks why.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, pairwise
from struct import pack
from typing import TYPE_CHECKING

from xxhash import xxh32_intdigest

from pipeline.model import Features, Resource

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TITLE_WEIGHT = 3
"""How many times a word of the title counts."""
MAX_TITLE = 1_000
MAX_CHARACTERS = 6_000
"""Of a text; what a page is about, it says before."""
MAX_TERMS = 600
"""Terms kept of one resource, the most frequent ones: 3 kB at most."""

_WORD = re.compile(r"[^\W_](?:[\w&+.'’-]*[^\W_])?")
_EMPTY_WORDS = (
    "a about after all also am among an and another any are as at be because been before being between both but by can could did do does each "
    "else every few for from had has have having he her here him his how i if in into is it its just like made make many may me might more most "
    "much must my new no nor not now of off on one only or other others our out over own per same she should since so some something such than that "
    "the their them then there these they this those through to too under until up upon us very via was we were what when where which while who "
    "whom whose why will with within without would yet you your"
)
EMPTY = frozenset(_EMPTY_WORDS.split())
"""Words that tell nothing of a subject."""
_ENDINGS = ("ing", "ers", "er", "ed", "es", "s", "e")
_LAYOUT = [("hash", "<u4"), ("count", "u1")]


def features(resource: Resource) -> Features:
    """Count the stems and pairs of neighbouring stems in title, description and text, the title's three times."""
    from pipeline.classify import embeddings  # here and not above: numpy takes a fifth of a second to load, and most commands count nothing

    counts: Counter[str] = Counter()
    title, body = contents(resource)
    counts.update(_terms(body))
    for term in _terms(title):
        counts[term] += TITLE_WEIGHT
    kept = sorted({term_hash(term): min(count, 255) for term, count in counts.most_common(MAX_TERMS)}.items())
    vector = embeddings.vector(f"{title}. {body}") if counts else b""
    return Features(terms=pack("<" + "IB" * len(kept), *chain.from_iterable(kept)), vector=vector)


def contents(resource: Resource) -> tuple[str, str]:
    """Give title and body, as much of them as is read."""
    return resource.title[:MAX_TITLE], f"{resource.description or ''}\n{resource.text}"[:MAX_CHARACTERS]


def unpack(packed: Features) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Give hashes and counts of the terms, in the order of the hashes."""
    import numpy as np  # here and not above, as in `features`

    both = np.frombuffer(packed.terms, dtype=_LAYOUT)
    return both["hash"], both["count"]


def written(content: str) -> Iterator[tuple[str, str]]:
    """Yield each term of a text with the words as written: single stems, and pairs of stems that follow each other but for empty words."""
    before = None
    for word in _WORD.findall(content):
        one = stem(word[:40])
        if one in EMPTY or len(one) < 2:
            continue
        yield one, word
        if before is not None:
            yield f"{before[0]} {one}", f"{before[1]} {word}"
        before = one, word


def _terms(content: str) -> list[str]:
    """Give the terms that `written` gives, without the words, and quicker."""
    stems = [one for word in _WORD.findall(content) if (one := stem(word[:40])) not in EMPTY and len(one) > 1]
    return [*stems, *map(" ".join, pairwise(stems))]


def term_hash(term: str) -> int:
    """Hash a term into 32 bits."""
    return xxh32_intdigest(term.encode())


@lru_cache(65_536)
def stem(word: str) -> str:
    """Take off the commonest endings, so that "networks" meets "network" and "studies" meets "study"."""
    word = word.casefold()
    if word in EMPTY:
        return word
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
