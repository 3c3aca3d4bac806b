"""A line of a file → a resource. What we know by name is read with its type; everything else is kept as it came."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta, tzinfo
from typing import Any

from pipeline import citations, dates, text, ties, urls
from pipeline.exchange.lines import BadLineError
from pipeline.model import Citation, Event, Kind, Resource

MAX_TEXT = 4_000_000
_TITLE = 1_000
_DERIVED = frozenset((
    "id", "topics", "score", "state", "duplicate_of", "cluster", "decision", "blurb", "edition", "was", "version", "source_changed",
    "fold_rule", "fold_evidence",
))  # fmt: skip
"""What an export says of an item and an import finds out by itself, or takes from the file of decisions."""
_READ = frozenset((
    "url", "canonical_url", "kind", "title", "creators", "publisher", "site_name", "published", "modified", "language",
    "description", "text", "words", "minutes", "duration_seconds", "pages", "event", "identifiers", "citation", "licence",
    "image", "image_alt", "series", "part", "audience",
    "origin", "origin_id",
))  # fmt: skip
NOWHERE = "urn:gleanings:"
"""Begins the address of what has none, such as a printed book: no web address, so nothing fetches or links it, and different for each."""
_RESOLVERS = {"doi": "https://doi.org/", "arxiv": "https://arxiv.org/abs/", "pmid": "https://pubmed.ncbi.nlm.nih.gov/"}
_NAME = re.compile(r"[\w.:-]{1,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A line as we take it: the resource, its number in the other place, and what we have no field for."""

    resource: Resource
    origin_id: str | None
    extra: Mapping[str, object]


def incoming(record: Mapping[str, Any]) -> Incoming:
    """Read one line. Raises `BadLineError` where it has no address or a field is of another type than it should be."""
    number = record.get("id") if record.get("id") is not None else record.get("origin_id")
    if isinstance(number, list | dict | bool):
        raise BadLineError("`id` is neither text nor a number")
    extra = {key: value for key, value in record.items() if key not in _READ and key not in _DERIVED and value is not None}
    kind = _kind(record)
    if kind is None and record.get("kind") is not None:
        extra["kind_given"] = record["kind"]
    return Incoming(resource=_resource(record, kind or Kind.ARTICLE), origin_id=None if number is None else str(number)[:200], extra=extra)


def _resource(record: Mapping[str, Any], kind: Kind) -> Resource:
    body = text.clean(_words(record, "text") or "")[:MAX_TEXT]
    count = _whole(record, "words") or len(text.words(body))
    seconds = _whole(record, "duration_seconds")
    title, description = text.squeeze(_words(record, "title") or "")[:_TITLE], _line(record, "description")
    series, part, _ = ties.series(title, description or "", body[:500])
    return Resource(
        url=_address(record),
        canonical_url=_canonical(record),
        kind=kind,
        title=title,
        creators=_list(record, "creators"),
        publisher=_line(record, "publisher"),
        site_name=_line(record, "site_name"),
        published=_day(record, "published"),
        modified=_day(record, "modified"),
        language=_line(record, "language"),
        description=description,
        text=body,
        words=count,
        minutes=_whole(record, "minutes") or (text.minutes(count) if count else None),
        duration=None if seconds is None else timedelta(seconds=seconds),
        pages=_whole(record, "pages"),
        event=_event(record),
        citation=_citation(record),
        licence=_line(record, "licence"),
        image=_picture(record),
        image_alt=_line(record, "image_alt"),
        series=_line(record, "series") or series,
        part=_whole(record, "part") or part,
        mentions=ties.mentions(description or "", body),
        audience="members" if record.get("audience") == "members" else "public",
        identifiers=_identifiers(record),
        origin=_named(record, "origin") or {"title": "import"},
    )


def _address(record: Mapping[str, Any]) -> str:
    """The address; or the one that an identifier stands for; or none. What is no web address is never linked."""
    given = [found.strip() for name in ("url", "canonical_url") if (found := _words(record, name))]
    for found in given:
        scheme, _, value = found.partition(":")
        if urls.is_web(found):
            return found
        if value and scheme.lower() in _RESOLVERS:
            return urls.clean(_RESOLVERS[scheme.lower()] + value.strip())
    if given and not (_words(record, "title") or "").strip():
        raise BadLineError(f"“{text.clip(text.squeeze(given[0]), 80)}” is no web address, and there is no title")
    if doi := _named(record, "identifiers").get("doi"):
        return urls.clean(doi if urls.is_web(doi) else f"https://doi.org/{doi}")
    if not (_words(record, "title") or "").strip():
        raise BadLineError("it has neither an address nor a title")
    said = json.dumps([record.get(key) for key in ("id", "title", "published", "text")])
    return NOWHERE + hashlib.sha256(said.encode()).hexdigest()[:32]


def _canonical(record: Mapping[str, Any]) -> str | None:
    found = (_words(record, "canonical_url") or "").strip()
    return found if found and urls.is_web(found) else None


def _kind(record: Mapping[str, Any]) -> Kind | None:
    try:
        return Kind(str(record.get("kind")).strip().lower().replace(" ", "-").replace("_", "-"))
    except ValueError:
        return None


def _words(record: Mapping[str, Any], key: str) -> str | None:
    value = record.get(key)
    if value is None or isinstance(value, str):
        return value
    raise BadLineError(f"`{key}` is no text")


def _line(record: Mapping[str, Any], key: str) -> str | None:
    return text.squeeze(_words(record, key) or "") or None


def _whole(record: Mapping[str, Any], key: str) -> int | None:
    value = record.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise BadLineError(f"`{key}` is no number that can be")
    return int(value)


def _list(record: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = record.get(key)
    many = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(many, list) or not all(isinstance(one, str) for one in many):
        raise BadLineError(f"`{key}` is no list of texts")
    return tuple(name for one in many[:500] if (name := text.squeeze(one)))


def _named(record: Mapping[str, Any], key: str) -> dict[str, str]:
    value = record.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadLineError(f"`{key}` is no object in braces")
    return {name: text.squeeze(str(one)) for name, one in value.items() if isinstance(one, str | int) and _NAME.fullmatch(name)}


def _day(record: Mapping[str, Any], key: str, zone: tzinfo | None = None) -> date | None:
    """A day or a moment; one without an offset is in the zone."""
    value = _words(record, key)
    return dates.parse(value, zone=zone or UTC) if value else None


def _identifiers(record: Mapping[str, Any]) -> dict[str, str]:
    """The identifiers, each as its scheme writes it; what is none of a scheme that we know is left out."""
    named = _named(record, "identifiers")
    return {scheme: value for scheme, written in named.items() if (value := citations.identifier(scheme, written))}


def _citation(record: Mapping[str, Any]) -> Citation | None:
    value = record.get("citation")
    if value is not None and not isinstance(value, dict):
        raise BadLineError("`citation` is no object in braces")
    of = value or {}
    said = {part: _line(of, part) for part in ("journal", "volume", "issue")}
    year = _whole(of, "year") or _bare_year(record)
    return citations.citation(**said, pages=_line(of, "pagination"), year=year) or (Citation(year=year) if year else None)


def _bare_year(record: Mapping[str, Any]) -> int | None:
    """The year of what states no day, as catalogues do: it is no date, and it tells one work from another."""
    stated = (_words(record, "published") or "").strip()
    return int(stated) if re.fullmatch(r"(?:1[6-9]|20)\d\d", stated) else None


def _picture(record: Mapping[str, Any]) -> str | None:
    found = _line(record, "image")
    return found if found and urls.is_web(found) else None


def _event(record: Mapping[str, Any]) -> Event | None:
    value = record.get("event")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise BadLineError("`event` is no object in braces")
    online, named = value.get("online"), _line(value, "timezone")
    zone = dates.zone(named) if named else None
    return Event(
        start=_day(value, "start", zone),
        end=_day(value, "end", zone),
        all_day=value.get("all_day") is True,
        timezone=named,
        location=_line(value, "location"),
        online=online if isinstance(online, bool) else None,
        hybrid=online == "mixed",
        problems=_list(value, "problems"),
    )
