"""Keys by which the same thing finds itself again: identities, hashes of word sequences, title words. Deterministic across processes and machines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

import xxhash

from pipeline import folding, text, urls
from pipeline.dedupe import walls
from pipeline.model import Fingerprint, Folding, Resource

RULES = 2
"""Number of the rules by which keys are made, here, in `urls` and in `folding`: raised with every change of what they make of anything, and what is
stored is then looked at again (`store/refold.py`)."""
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

_BROKEN_LINE = re.compile(r"[-\u2010\u00ad][^\S\n]*\n\s*(?=[^\W\d_])|\u00ad")
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_WORDS_ONLY = bytes(ord(chr(code).lower()) if chr(code).isalnum() else 32 for code in range(128)) + bytes(128)
"""ASCII in lower case, with a space for whatever is neither letter nor digit."""
_TATWEEL = "\u0640"
_LATIN = re.compile("[a-zA-Z]")
_LOOK_ALIKES = str.maketrans("асеорхуіјѕԁһԛԝАВСЕНІЈКМОРЅТХУοΑΒΕΖΗΙΚΜΝΟΡΤΥΧν", "aceopxyijsdhqwABCEHIJKMOPSTXYoABEZHIKMNOPTYXv")
"""Cyrillic and Greek letters that look like Latin ones (Unicode Technical Standard 39, confusables)."""
_SPOILT = re.compile(
    "(?:[\u00c3\u00c2][{0}]|\u00e2[\u0080\u20ac][{0}])+|(?:[\u00d0\u00d1\u00d8\u00d9][{0}]){{2,}}".format(
        "\u0080-\u00bf" + "".join(char for byte in range(128, 160) if (char := bytes([byte]).decode("cp1252", "ignore")))
    )
)
"""UTF-8 that was read as Latin-1 or Windows-1252: "CafÃ©"."""
_SPOILS = ("Ã", "Â", "â€", "â\x80", "Ð", "Ñ", "Ø", "Ù")
"""Of what `_SPOILT` finds there is one in it: looking for these costs next to nothing."""
_ISBN = re.compile(r"97[89]\d{10}|\d{9}[\dx]")
_SESSION = r"(?:panel|tutorial|keynote|invited|experience paper|industrial paper|research paper)(?: (?:session|talk|abstract))?"
_hash = xxhash.xxh3_64_intdigest
"""The same in every process, which Python's own `hash` is not."""
_SITE_AT_END = re.compile(r"(?P<title>.{8,}?)\s*(?:[|│–—]|\s-\s)\s*(?P<site>[^|│–—]{2,40})")


def fingerprint(resource: Resource, rules: Folding | None = None) -> Fingerprint:
    """Take the keys of a resource: a third of a millisecond for 5 kB of text."""
    own = "" if walls.is_wall(resource.text) else resource.text
    cut = sequences(own)
    opening = _smallest(OPENING, {*_hashes(own)[: OPENING_WORDS - LENGTH + 1]}) if len(cut) > SMALLEST else []
    title = title_words(resource, rules)
    return Fingerprint(
        keys=identities(resource, rules),
        shingles=tuple(dict.fromkeys([*_smallest(SMALLEST, cut), *opening, *_title_hashes(title, resource.creators)])),
        title=" ".join(title),
        title_is=title_is(resource.title, rules) if rules else None,
    )


def identities(resource: Resource, rules: Folding | None = None) -> tuple[str, ...]:
    """Name what the resource is, by its address, by what its page calls its address, and by its identifiers; its own address first."""
    keys = [*urls.identity(resource.url, rules)]
    if resource.canonical_url and not _points_home(resource):
        keys += urls.identity(resource.canonical_url, rules)
    for scheme in IDENTIFIERS if resource.identifiers else ():
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
    return tuple(b" ".join(_parts(content)).decode().split())


@lru_cache(64)
def sequences(content: str) -> frozenset[int]:
    """Hash every sequence of four words of a text. Kept for a while, because what came in is compared with all of its neighbours."""
    return frozenset(_hashes(content))


@lru_cache(64)
def _hashes(content: str) -> tuple[int, ...]:
    """Hash every sequence of four words, in order; a shorter text is one sequence."""
    found = _parts(content)
    if len(found) < LENGTH:
        return (_hash(b" ".join(found)),) if found else ()
    return tuple(map(_hash, map(b" ".join, zip(found, found[1:], found[2:], found[3:], strict=False))))


@lru_cache(64)
def _parts(content: str) -> list[bytes]:
    """Split a text into words, in UTF-8. What is ASCII but for its quotes and dashes, as most texts are, needs no regular expression."""
    content = content[:MAX_CHARACTERS]
    plain = _bare(_BROKEN_LINE.sub("", content) if "\n" in content or "\u00ad" in content else content)
    strange = () if plain.isascii() else {char for char in set(plain) if char > "\x7f"}
    if any(char.isalnum() for char in strange):
        # The careful split is for scripts that put no spaces between words.
        return " ".join(text.words(plain) if _UNSPACED.search(plain) else _WORD.findall(plain.casefold())).encode().split()
    for char in strange:
        plain = plain.replace(char, " ")
    return plain.encode().translate(_WORDS_ONLY).split()


def title_words(resource: Resource, rules: Folding | None = None) -> tuple[str, ...]:
    """Split the title for comparing, without the site's name at its end and without "Video:" or "(PDF)"."""
    return _title_words(resource.title[:500], urls.host(resource.url), resource.site_name or "", rules)


@lru_cache(4096)
def _title_words(title: str, host: str, site: str, rules: Folding | None) -> tuple[str, ...]:
    chosen = rules or folding.shipped()
    plain = _said_about(chosen.decorations, chosen.openings).sub("", title)
    if found := _SITE_AT_END.fullmatch(plain.strip()):
        name, server = _squashed(found["site"]), _squashed(host.rpartition(".")[0])
        if name and (name in server or server in name or name == _squashed(site) or name in map(_squashed, chosen.suffixes)):
            plain = found["title"]
    return text.words(_bare(plain))


def title_is(title: str, rules: Folding | None = None) -> tuple[str, ...]:
    """Say what a title says of its thing: the role that it has to another work, and whether thousands of pages are called so."""
    return _title_is(title[:500], rules)


@lru_cache(4096)
def _title_is(title: str, rules: Folding | None) -> tuple[str, ...]:
    chosen = rules or folding.shipped()
    role = folding.role(chosen, text.squeeze(text.folded(title)))
    nameless = folding.titles(chosen.generic_titles).match(" ".join(text.words(title)))
    return (*((role,) if role else ()), *((folding.NAMELESS,) if nameless else ()))


@lru_cache(8)
def _said_about(decorations: tuple[str, ...], openings: tuple[str, ...]) -> re.Pattern[str]:
    """What a title says of its thing's form, and sessions and notes that databases write into titles."""
    words = folding.words(decorations)
    return re.compile(
        rf"\s*\({_SESSION}\)|\.?\s*\[(?:erratum|errata|corrected) [^\]]*\]?\s*$|^\s*(?:{words}|{folding.words(openings)})\s*:\s*"
        rf"|^\s*[\[(](?:{words})[\])]\s*|\s*[\[(](?:{words})[\])]\s*$",
        re.I,
    )


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
    return [_hash(" ".join(form).encode("utf-8", "replace")) >> 1 for form in forms]


def _smallest(count: int, hashes: Collection[int]) -> list[int]:
    """Give the smallest hashes, as 63 bits, because SQLite's integers have a sign. They are spread evenly, so few need to be sorted."""
    limit = (3 * count << 64) // max(1, len(hashes))
    few = [one for one in hashes if one < limit]
    return [one >> 1 for one in sorted(few if len(few) >= count else hashes)[:count]]


def _bare(content: str) -> str:
    if content.isascii():
        return content
    content = content.replace(_TATWEEL, "")
    if any(sign in content for sign in _SPOILS):
        content = _SPOILT.sub(_mended, content)
    parts = _unmasked(unicodedata.normalize("NFKD", text.unpiled(content)))
    for char in set(parts):
        if unicodedata.combining(char):
            parts = parts.replace(char, "")
    return parts


def _mended(spoilt: re.Match[str]) -> str:
    """Read once more, as UTF-8, what was read wrongly; as it is where it is no UTF-8."""
    raw = b"".join(char.encode("latin-1" if char < "\u0100" else "cp1252") for char in spoilt[0])
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return spoilt[0]


def _unmasked(content: str) -> str:
    """Give Latin letters for their look-alikes in a text that is Latin but for these; a text that has letters of its own script keeps all of them."""
    strange = {char for char in set(content) if "\u0370" <= char <= "\u04ff" and char.isalpha()}
    return content.translate(_LOOK_ALIKES) if strange and all(ord(char) in _LOOK_ALIKES for char in strange) and _LATIN.search(content) else content


def _points_home(resource: Resource) -> bool:
    """Many sites name their home page as the canonical address of every page; such a word is worth nothing."""
    stated = urls.canonical(resource.canonical_url or "").partition("://")[2]
    return stated.endswith("/") and "/" not in stated[:-1]
