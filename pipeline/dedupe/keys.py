"""Keys by which the same thing finds itself again: identities, hashes of word sequences, title words. Deterministic across processes and machines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate

import xxhash

from pipeline import text, urls
from pipeline.model import Fingerprint, Resource

SMALLEST = 16
"""Shingles kept of a whole text. Two texts that share half of theirs miss each other once in 60,000 times."""
OPENING = 4
"""Shingles kept of the first words, so that a teaser finds the article it was cut from."""
OPENING_WORDS = 40
LENGTH = 4
"""Words in a shingle."""
MAX_CHARACTERS = 60_000
"""Of a text; what follows does not decide whether two resources are the same."""
IDENTIFIERS = ("doi", "arxiv", "pmid", "pmc", "isbn", "youtube", "vimeo")

_BROKEN_LINE = re.compile(r"[-\u2010\u00ad]\s*\n\s*(?=[^\W\d_])|\u00ad")
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_TATWEEL = "\u0640"
_LATIN = re.compile("[a-zA-Z]")
_LOOK_ALIKES = str.maketrans("асеорхуіјѕԁһԛԝАВСЕНІЈКМОРЅТХУοΑΒΕΖΗΙΚΜΝΟΡΤΥΧν", "aceopxyijsdhqwABCEHIJKMOPSTXYoABEZHIKMNOPTYXv")
"""Cyrillic and Greek letters that look like Latin ones (Unicode Technical Standard 39, confusables)."""
_ISBN = re.compile(r"97[89]\d{10}|\d{9}[\dx]")
_SESSION = r"(?:panel|tutorial|keynote|invited|experience paper|industrial paper|research paper)(?: (?:session|talk|abstract))?"
_DECORATION = re.compile(
    rf"\s*\({_SESSION}\)|\.?\s*\[(?:erratum|errata|corrected) [^\]]*\]?\s*$|"
    r"^\s*(?:updated?|video|watch|listen|report|exclusive|opinion|retracted)\s*:\s*|^\s*\[(?:pdf|video|retracted|updated?)\]\s*"
    r"|\s*[\[(](?:pdf|video|updated?)[\])]\s*$|\s+-\s+youtube\s*$",
    re.I,
)
_SITE_AT_END = re.compile(r"(?P<title>.{8,}?)\s*(?:[|│–—]|\s-\s)\s*(?P<site>[^|│–—]{2,40})")


def fingerprint(resource: Resource) -> Fingerprint:
    """Take the keys of a resource: about 2 ms for a long page."""
    found = words(resource.text)
    cut = sequences(resource.text)
    opening = _smallest(OPENING, shingles(found[:OPENING_WORDS])) if len(cut) > SMALLEST else []
    title = title_words(resource)
    return Fingerprint(
        keys=identities(resource),
        shingles=tuple(dict.fromkeys([*_smallest(SMALLEST, cut), *opening, *_title_hashes(title, resource.creators)])),
        title=" ".join(title),
    )


def identities(resource: Resource) -> tuple[str, ...]:
    """Name what the resource is, by its address, by what its page calls its address, and by its identifiers; its own address first."""
    keys = [*urls.identity(resource.url)]
    if resource.canonical_url and not _points_home(resource):
        keys += urls.identity(resource.canonical_url)
    for scheme in IDENTIFIERS:
        if value := identifier(resource, scheme):
            keys.append(f"{scheme}:{value}")
    return tuple(dict.fromkeys(keys))


def identifier(resource: Resource, scheme: str) -> str:
    """Read one identifier in the form that two sites share: without its prefix, in lower case where case means nothing."""
    value = resource.identifiers.get(scheme, "").strip()[:200]
    if scheme in ("youtube", "vimeo"):
        return value
    if scheme == "isbn":
        digits = re.sub(r"[\s-]", "", value.lower()).removeprefix("isbn:")
        return digits if _ISBN.fullmatch(digits) else ""
    if scheme == "doi":
        keys = urls.identity("https://doi.org/" + re.sub(r"^(?:doi:\s*|https?://(?:dx\.)?doi\.org/)", "", value, flags=re.I))
        return next((key.removeprefix("doi:") for key in keys if key.startswith("doi:")), "")
    return value.lower().removeprefix(scheme + ":").strip()


@lru_cache(64)
def words(content: str) -> tuple[str, ...]:
    """Split a text for comparing: broken lines joined, accents and vowel marks off."""
    plain = _bare(_BROKEN_LINE.sub("", content[:MAX_CHARACTERS]))
    # The plain split is twice as fast; the careful one is for scripts that put no spaces between words.
    return text.words(plain) if _UNSPACED.search(plain) else tuple(_WORD.findall(plain.casefold()))


@lru_cache(64)
def sequences(content: str) -> frozenset[str]:
    """Cut a text into every sequence of four words. Kept for a while, because what came in is compared with all of its neighbours."""
    return shingles(words(content))


def shingles(found: tuple[str, ...]) -> frozenset[str]:
    """Cut words into every sequence of four; a shorter text is one sequence."""
    joined = " ".join(found)
    starts = [0, *accumulate(len(word) + 1 for word in found)]
    if len(found) < LENGTH:
        return frozenset((joined,)) if found else frozenset()
    return frozenset(joined[start : end - 1] for start, end in zip(starts, starts[LENGTH:], strict=False))


def title_words(resource: Resource) -> tuple[str, ...]:
    """Split the title for comparing, without the site's name at its end and without "Video:" or "(PDF)"."""
    return _title_words(resource.title[:500], urls.host(resource.url), resource.site_name or "")


@lru_cache(4096)
def _title_words(title: str, host: str, site: str) -> tuple[str, ...]:
    plain = _DECORATION.sub("", title)
    if found := _SITE_AT_END.fullmatch(plain.strip()):
        name, server = _squashed(found["site"]), _squashed(host.rpartition(".")[0])
        if name and (name in server or server in name or name == _squashed(site)):
            plain = found["title"]
    return text.words(_bare(plain))


def _squashed(name: str) -> str:
    return "".join(text.words(_bare(name)))


def _title_hashes(title: tuple[str, ...], people: tuple[str, ...]) -> list[int]:
    """Hash how a title begins, how it ends, its longest words, how its words begin, and the names that stand under it, so that near-equal titles
    find each other, and titles with a slip of the pen too."""
    if not title:
        return []
    longest = tuple(sorted(sorted(set(title), key=lambda word: (-len(word), word))[:LENGTH]))
    forms = [("begins", *title[:5]), ("ends", *title[-5:]), ("longest", *longest)] if len(title) > 2 else [("begins", *title)]
    if len(title) > 2:
        forms.append(("starts", *sorted({word[:4] for word in title if len(word) > 4})))
    if names := sorted({word for name in people[:20] for word in words(name) if len(word) > 3}):
        forms.append(("people", *names[:3], title[0][:4]))
    return [_hash(" ".join(form)) for form in forms]


def _smallest(count: int, sequences: Iterable[str]) -> list[int]:
    return sorted(map(_hash, sequences))[:count]


def _hash(sequence: str) -> int:
    """Hash to 63 bits, the same in every process; Python's own `hash` is not, and SQLite's integers have a sign."""
    return xxhash.xxh3_64_intdigest(sequence.encode("utf-8", "replace")) >> 1


def _bare(content: str) -> str:
    if content.isascii():
        return content
    parts = _unmasked(unicodedata.normalize("NFKD", text.unpiled(content.replace(_TATWEEL, ""))))
    marks = {ord(char): None for char in set(parts) if unicodedata.combining(char)}
    return parts.translate(marks) if marks else parts


def _unmasked(content: str) -> str:
    """Give Latin letters for their look-alikes in a text that is Latin but for these; a text that has letters of its own script keeps all of them."""
    strange = {char for char in set(content) if "\u0370" <= char <= "\u04ff" and char.isalpha()}
    return content.translate(_LOOK_ALIKES) if strange and all(ord(char) in _LOOK_ALIKES for char in strange) and _LATIN.search(content) else content


def _points_home(resource: Resource) -> bool:
    """Many sites name their home page as the canonical address of every page; such a word is worth nothing."""
    stated = urls.canonical(resource.canonical_url or "").partition("://")[2]
    return stated.endswith("/") and "/" not in stated[:-1]
