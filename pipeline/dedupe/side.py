"""One resource, prepared for comparing: its keys, its title without decorations, its marks, the text that decides. Decides nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise
from urllib.parse import unquote

from pipeline import folding, text, urls
from pipeline.dedupe import keys, walls
from pipeline.dedupe.editions import Marks, clash, headed, marks
from pipeline.dedupe.facts import Facts, code, facts
from pipeline.dedupe.once import once
from pipeline.dedupe.when import Dates, dates_at, months_over
from pipeline.model import Fingerprint, Resource

_PREPRINT = re.compile(
    r"arxiv:|doi:10\.(?:1101|64898|2139/ssrn|48550|21203|20944|26434|31219|31234|31235|35542|31222|36227|22541|12688|31730|32388|51094|26508)\b"
)
"""Prefixes under which archives of preprints register (Crossref's "posted content")."""
_OVER = 80
"""Words of a file in which its title is looked for."""
_TELLING = 3
"""Words of a title that is not found in a text by chance."""
_FILE = re.compile(r"^microsoft (?:word|powerpoint) - |\.(?:pdf|docx?|pptx?|xlsx?|odt|odp|rtf|epub|csv|zip|indd|tex|qxd)$", re.IGNORECASE)


_PART = re.compile(
    r"\b(?:exec(?:utive)?[ -]?sum\w*|summary|easy[ -]?read|plain[ -]language|append(?:ix|ices)|annex\w*|slides?|poster|infographic"
    r"|supplement\w*|errat\w+"
    r"|corrigend\w+|press[ -]release|media[ -]release|protocol|questionnaire|data[ -]tables?|technical[ -](?:report|annex)|translation"
    r"|leaflet|flyer|toolkit"
    r"|kurzfassung|zusammenfassung|anhang|leichte[ -]sprache|r[ée]sum[ée]|synth[èe]se|resumen|samenvatting|bijlage)\b",
    re.IGNORECASE,
)
"""What a file says of itself where it is not the work but goes with it."""


_LETTER = re.compile(r"(?<=\w )(?:A(?! (?!(?:in|and|or|of|for|among|at|on|to)\b)[a-z])|[B-HJ-Z])(?![\w.'’&+/-])")


@dataclass(frozen=True)
class Side:
    """One resource, prepared for comparing."""

    resource: Resource
    keys: frozenset[str]
    address: str
    video: str
    host: str
    title: tuple[str, ...]
    plain_title: str
    nameless: bool
    marks: Marks
    filed: bool = False
    """Whether it has no title of its own, but none at all or the name of a file."""

    @once
    def walled(self) -> bool:
        """Whether all that it says is what a wall says: it then has no text of its own."""
        return walls.is_wall(self.resource.text)

    @once
    def text(self) -> str:
        """The part of the text that decides."""
        return "" if self.walled else self.resource.text[: keys.MAX_CHARACTERS]

    @once
    def facts(self) -> Facts:
        return facts(self.text, self.resource.title[:500])

    @once
    def code(self) -> str:
        """The reference that its address ends in."""
        return code(self.resource.url)

    @once
    def event_days(self) -> Dates:
        """The days on which it says that it takes place."""
        day = self.event_day
        return self.facts.when or (frozenset({(day.year, day.month, day.day)}) if day else frozenset())

    @once
    def dated_address(self) -> tuple[str, Dates]:
        """Its address without the dates in it, and these."""
        return dates_at(self.address)

    @once
    def months(self) -> Dates:
        """The months that stand in the lines over its text."""
        return months_over(self.text)

    @once
    def headed(self) -> Marks:
        """The marks of the title, with those that stand behind it where the text repeats it: "Evidence digest" over "Evidence Digest July 2024"."""
        return headed(self.marks, self.resource.title, self.text)

    @once
    def letters(self) -> frozenset[str]:
        """The capitals that stand by themselves in the title, but for "I" and what may be an article or an initial."""
        return frozenset(found for found in _LETTER.findall(self.resource.title[:500]))

    @once
    def words(self) -> tuple[str, ...]:
        return keys.words(self.text)

    @once
    def sequences(self) -> frozenset[int]:
        return keys.sequences(self.text)

    @once
    def people(self) -> frozenset[str]:
        return frozenset(word for name in self.resource.creators for word in keys.words(name) if len(word) > 1)

    @once
    def day(self) -> date | None:
        return _day(self.resource.published)

    @once
    def year(self) -> int | None:
        """The year it came out, which catalogues give where they give no day."""
        cited = self.resource.citation
        return self.day.year if self.day else cited.year if cited else None

    @once
    def event_day(self) -> date | None:
        return _day(self.resource.event.start) if self.resource.event else None

    @once
    def is_pdf(self) -> bool:
        return bool(re.search(r"\.pdf(?:$|\?)", self.resource.url.lower()))

    @once
    def is_preprint(self) -> bool:
        return any(_PREPRINT.match(key) for key in self.keys)

    @once
    def identifiers(self) -> frozenset[str]:
        return frozenset(key for key in self.keys if key.startswith(("doi:", "arxiv:", "pmid:", "pmc:", "isbn:")))


def side(resource: Resource, fingerprint: Fingerprint) -> Side:
    """Prepare a resource for comparing. What the rules of its source made of its address and title stands in its fingerprint."""
    own = urls.identity(resource.url)
    said, title = fingerprint.title_is, tuple(fingerprint.title.split())
    if said is None:  # the rules that come with the program
        said, title = keys.title_is(resource.title), keys.title_words(resource)
    elif own:
        own = fingerprint.keys
    return Side(
        resource=resource,
        keys=frozenset(fingerprint.keys),
        address=own[0].removeprefix("url:") if own else "",
        video=next((key for key in own if key.startswith(("youtube:", "vimeo:"))), ""),
        host=urls.host(urls.canonical(resource.url)),
        title=title,
        plain_title=" ".join(text.words(resource.title[:500])),
        nameless=folding.NAMELESS in said,
        marks=marks(resource.title, next((one for one in said if one != folding.NAMELESS), "")),
        filed=is_file_name(resource.title, resource.url),
    )


def titled(file: Side, other: Side) -> Side:
    """Give a file the title of another thing, where that stands over its text and the file is not another part of it, such as its summary."""
    over = file.words[:_OVER]
    if _is_part(file) and not _PART.search(other.resource.title):
        return file
    main = tuple(text.words(re.split(r":\s|\s[–—-]\s|[?!]\s", other.resource.title[:500])[0]))
    stands = any(len(title) >= _TELLING and _stands(title, over) for title in (other.title, main))
    telling = [word for word in keys.words(other.resource.title) if len(word) > 3]
    missing = [word for word in telling if word not in file.words]  # "Rural profile: Belgium" stands over the one of Austria but for its last word
    if not stands or 5 * len(missing) > len(telling) or clash(file.marks, other.marks):
        return file
    return replace(file, title=other.title, plain_title=other.plain_title, nameless=other.nameless, marks=other.marks)


def _stands(title: tuple[str, ...], over: tuple[str, ...]) -> bool:
    """Whether a title stands in the words over a text, but for a slip of the machine that read it."""
    said = keys.words(" ".join(title))
    return bool(said) and len(set(pairwise(said)) - set(pairwise(over))) <= len(said) // 5 and said[0] in over


def _is_part(file: Side) -> bool:
    """Whether a file says in its name or in one of its first lines that it is a part of a work or another form of it."""
    lines = [line for line in file.text[:600].splitlines()[:6] if len(line.split()) <= 5 and not re.search(r"\d", line)]
    return any(_PART.search(line) for line in (unquote(file.resource.url).rpartition("/")[2].replace("_", " "), *lines))


@lru_cache(4096)
def is_file_name(title: str, url: str) -> bool:
    """Say whether a title is none: empty, the name of a file, or that of the file at the address, written with spaces or without."""
    title = title.strip()
    if not title or _FILE.search(title) or (not re.search(r"\s", title) and re.search(r"[_\d]", title)):
        return True
    name = re.search(r"/([^/?#]+)\.(?:pdf|docx?|pptx?|xlsx?|odt|odp|rtf|epub)(?:[?#]|$)", unquote(url), re.IGNORECASE)
    return name is not None and _bare_name(title) in _bare_name(name[1])


def _bare_name(name: str) -> str:
    return "".join(re.findall(r"[^\W_]+", name.casefold()))


def _day(value: date | None) -> date | None:
    return value.date() if isinstance(value, datetime) else value
