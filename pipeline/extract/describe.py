"""Findings put together to a resource, and what the lead alone says. A lead only fills what the thing itself does not say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo

from pipeline import text, urls
from pipeline.extract import belonging, kind, labels, media, metadata
from pipeline.extract.document import Found
from pipeline.model import Kind, Lead, Resource

_TELLING = 60  # characters: a shorter description of a lead ("Resource 12 of the network") says less than the page's first paragraph
Findings = Mapping[str, Found[Any]]  # field of a resource → its value and rule; the values differ in type by field


def assemble(url: str, findings: Findings) -> Resource:
    """Make a resource of what was found, with the rule behind each field."""
    found = {name: one for name, one in belonging.worded(findings).items() if one is not None and one[0] not in (None, "", (), {})}
    values = {name: value for name, (value, _) in found.items()}
    return Resource(url=url, **values, origin={name: rule for name, (_, rule) in found.items()})


def filled(findings: Findings, lead: Lead) -> Findings:
    """Add what the lead says where nothing was found."""
    said = _said(lead)
    return {name: findings.get(name) or said.get(name) for name in {**findings, **said}}


def description(found: Found[str], lead: Lead, opening: Found[str]) -> Found[str]:
    """Choose what says most: the page's own whole words, those of the lead, what the page says cut off, its opening; last a lead of a few words."""
    said = _said(lead)["description"]
    whole = found if found and not metadata.is_cut(found[0]) else None
    telling = said if said and len(said[0]) >= _TELLING and not metadata.is_cut(said[0]) else None
    return whole or telling or found or opening or said


def from_lead(lead: Lead) -> Resource:
    """Describe a resource by what its lead alone says: a page that cannot be read is still an item."""
    said = _said(lead)
    title = lead.title or ""
    about = " ".join(filter(None, (lead.description, lead.note, lead.label)))
    findings: dict[str, Found[Any]] = {
        **said,
        "title": said["title"] or file_title(lead.url),
        "kind": kind.of_lead(lead, kind.Words(title=title, about=about)),
        "identifiers": _identifiers(lead.url),
        "minutes": media.reading_minutes("", 0, lead=lead),
        "duration": media.of_lead(lead),
        "event": said["event"] or labels.of_words(about, zone=zone_of(lead)),
    }
    return assemble(_address(lead), findings)


def _address(lead: Lead) -> str:
    """The address of what has no page of its own keeps its name behind the page that names it; else all of one page were one thing."""
    page, named, name = lead.url.partition("#/")
    return urls.clean(page) + (f"{named}{quote(name[:300], safe='%')}" if named and not lead.page else "")


def zone_of(lead: Lead) -> tzinfo:
    """The zone of the times that a page states without one: that of its source."""
    return ZoneInfo(lead.timezone) if lead.timezone else UTC


def _said(lead: Lead) -> dict[str, Found[Any]]:
    title = text.clip(text.squeeze(lead.title or ""), 500)
    description = text.clip(text.squeeze(lead.description or ""), metadata.MAX_DESCRIPTION)
    return {
        "title": (title, "lead") if title else None,
        "creators": (lead.creators, "lead") if lead.creators else None,
        "description": (description, "lead") if description else None,
        "published": (lead.published, "lead") if lead.published else None,
        "publisher": (lead.publisher, "lead") if lead.publisher else None,
        "citation": (lead.citation, "lead") if lead.citation else None,
        "event": (lead.event, "lead") if lead.event else None,
        "series": (text.clip(text.squeeze(lead.series), 200), "lead") if lead.series else None,
        "part": (lead.part, "lead") if lead.part else None,
        "duration": (lead.duration, "lead") if lead.duration else None,
    }


def _identifiers(url: str) -> Found[dict[str, str]]:
    found = metadata.of_address(url)
    return (found, "address") if found else None


def file_title(url: str) -> Found[str]:
    """The last resort for a title: the words in the last part of the address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url, "address"
    stem = unquote(parts.path.rstrip("/").rsplit("/", 1)[-1]).rsplit(".", 1)[0]
    words = text.squeeze(stem.replace("-", " ").replace("_", " "))
    readable = any(len(word) > 2 and word.isalpha() for word in words.split())
    return (text.clip(words[:1].upper() + words[1:], 200), "address") if readable else (parts.hostname or url, "address")


def of_file(lead: Lead, url: str, kind: Kind, *, rule: str) -> Resource:
    """Describe a file that we cannot read: by its lead, and its kind by what sort of file it is."""
    known = from_lead(lead)
    sure = known.origin.get("kind") not in (None, "default")
    findings = {name: (getattr(known, name), rule_) for name, rule_ in known.origin.items() if name != "kind"}
    return assemble(url, findings | {"kind": (known.kind, known.origin["kind"]) if sure else (kind, rule)})
