"""An oEmbed document (oembed.com): what a site says of one of its pages to those who want to show it. Read for its facts, and never for its `html`.

Fetches nothing, and believes only strings and numbers of a sensible size.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from lxml import etree

from pipeline import text, urls
from pipeline.extract import describe, media
from pipeline.extract.document import Found, decode
from pipeline.model import Kind, Lead, Page, Resource

MAX_BYTES = 200_000
"""What is read of one; real ones have a few thousand."""

KINDS = media.TIMED | {Kind.SLIDES}
"""Kinds of which a page often says too little: a player and no words."""

TYPES = frozenset({"video", "rich", "photo", "link"})
"""What a document calls its page; one of them must be there (oembed.com, 2.3.4)."""

_NAMES = 200  # characters of a title or a name; a title of 500 is a paragraph
_VAGUE = frozenset({"", "title element", "address"})  # rules that give a title for want of a better one
_FIELDS = ("type", "title", "author_name", "provider_name", "thumbnail_url", "duration")


@dataclass(frozen=True, slots=True, kw_only=True)
class Embed:
    """What such a document says. `channel` is whose it is; `image` an absolute address."""

    type: str = ""
    title: str = ""
    channel: str = ""
    image: str = ""
    duration: timedelta | None = None


def read(page: Page) -> Embed | None:
    """Read a document in JSON or XML; `None` for what is none, or says nothing."""
    said = _json(page) if page.body[:100].lstrip()[:1] == b"{" else _xml(page)
    words = {name: text.clip(text.squeeze(text.plain(value)), _NAMES) for name in _FIELDS if isinstance(value := said.get(name), str)}
    image = urls.join(page.url, said["thumbnail_url"]) if isinstance(said.get("thumbnail_url"), str) else None
    embed = Embed(
        type=words.get("type", "").lower(),
        title=words.get("title", ""),
        channel=words.get("author_name", "") or words.get("provider_name", ""),
        image=image or "",
        duration=_span(said.get("duration")),
    )
    return None if embed == Embed(type=embed.type) else embed


def lacks(resource: Resource) -> bool:
    """Whether such a document could tell something that a page has not told."""
    if resource.kind not in KINDS:
        return False
    timed = resource.kind in media.TIMED and resource.duration is None
    return timed or _is_untitled(resource) or not (resource.creators or resource.publisher) or not resource.image


def completed(resource: Resource, embed: Embed) -> Resource:
    """Fill what a page has not told; what it has told stays."""
    found: dict[str, Any] = {}  # values of several types, by field
    if embed.title and _is_untitled(resource):
        found["title"] = embed.title
    if embed.channel and not resource.publisher:
        found["publisher"] = embed.channel
    if embed.image and not resource.image:
        found["image"] = embed.image
    if embed.duration and resource.duration is None and resource.kind in media.TIMED:
        found["duration"] = embed.duration
    return replace(resource, **found, origin={**resource.origin, **dict.fromkeys(found, "oembed")})


def alone(embed: Embed, lead: Lead, url: str) -> Resource | None:
    """Describe a page that shows only a wall by its document and its lead; `None` where neither gives it a title."""
    known = describe.from_lead(lead)
    if not (embed.title or lead.title):
        return None
    findings: dict[str, Found[Any]] = {name: (getattr(known, name), rule) for name, rule in known.origin.items()}
    if embed.title:
        findings["title"] = embed.title, "oembed"
    if embed.type == "video" and known.origin.get("kind") in (None, "default"):
        findings["kind"] = Kind.VIDEO, "oembed"
    return completed(describe.assemble(url, findings), embed)


def _is_untitled(resource: Resource) -> bool:
    return resource.origin.get("title", "") in _VAGUE


def _json(page: Page) -> Mapping[str, Any]:
    try:
        found = json.loads(decode(page.body[:MAX_BYTES], page.charset))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _xml(page: Page) -> Mapping[str, Any]:
    """The children of `<oembed>`. No entity of the document's own is opened, and nothing is fetched for it."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    try:
        root = etree.fromstring(page.body[:MAX_BYTES], parser)
    except (etree.XMLSyntaxError, ValueError):
        return {}
    if root is None or root.tag != "oembed":
        return {}
    return {one.tag: one.text for one in root if isinstance(one.tag, str) and one.text}


def _span(value: object) -> timedelta | None:
    if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return media.read_duration(str(value)[:20]) if isinstance(value, (int, float, str)) else None
