"""What a visit asks for besides the page itself: at most one oEmbed document and one transcript, each at the host whose turn it is.

What comes is a gain and never a need: a host that refuses, fails or sends on leaves the page as it was read. Whatever is read here is bounded,
and only its facts and words are taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipeline import extract, urls
from pipeline.errors import ExtractError, FetchError
from pipeline.extract import media, oembed, transcript
from pipeline.extract.beside import Beside, beside
from pipeline.model import Fetch, Lead, Page, Request, Resource

WALLS = frozenset({"empty", "javascript", "consent"})
"""Reasons for which a page shows nothing to us, while its oEmbed document may."""
DOCUMENTS = frozenset({"application/json", "application/json+oembed", "text/xml", "text/xml+oembed", "application/xml", "application/xml+oembed"})
"""Media types under which oEmbed documents come."""

_NOTHING = Beside()


async def read(page: Page, lead: Lead, fetch: Fetch, select: Mapping[str, str] = MappingProxyType({})) -> Resource | str:
    """Describe a page, with what its host gives besides. An address in place of it is where that stands at another host. Raises `ExtractError`."""
    try:
        resource = extract.extract(page, lead, select)
    except ExtractError as error:
        return await _behind(page, lead, fetch, error)
    wants_more, wants_words = oembed.lacks(resource), _is_unspoken(resource, lead)
    named = beside(page) if (wants_more or wants_words) and extract.media_type(page) != "application/pdf" else _NOTHING
    if wants_more and named.oembed and _is_own(named.oembed, page) and (embed := await _embed(named.oembed, fetch)):
        resource = oembed.completed(resource, embed)
    address = (lead.transcript or named.transcript) if wants_words else None
    if address and (words := await _words(address, fetch)):
        resource = transcript.spoken(resource, words)
    return resource


def document(page: Page, lead: Lead) -> Resource | None:
    """Describe a page by its oEmbed document, to which its wall led; `None` where what came is none."""
    embed = oembed.read(page) if page.media_type in DOCUMENTS else None
    return oembed.alone(embed, lead, lead.url) if embed and embed.type in oembed.TYPES else None


async def _behind(page: Page, lead: Lead, fetch: Fetch, error: ExtractError) -> Resource | str:
    """What can be known of a page that shows a wall."""
    address = beside(page).oembed if error.reason in WALLS else None
    if address is None:
        raise error
    if not _is_own(address, page):
        return address
    embed = await _embed(address, fetch)
    resource = oembed.alone(embed, lead, page.url) if embed else None
    if resource is None:
        raise error
    return resource


def _is_unspoken(resource: Resource, lead: Lead) -> bool:
    """Whether its words may stand in a file beside it."""
    return (resource.kind in media.TIMED or lead.transcript is not None) and resource.words < transcript.SHORT


def _is_own(address: str, page: Page) -> bool:
    return urls.host(address) == urls.host(page.url)


async def _embed(address: str, fetch: Fetch) -> oembed.Embed | None:
    answer = await _ask(address, fetch, limit=oembed.MAX_BYTES)
    return oembed.read(answer) if answer else None


async def _words(address: str, fetch: Fetch) -> str:
    answer = await _ask(address, fetch, limit=transcript.MAX_BYTES)
    return transcript.read(answer) if answer else ""


async def _ask(address: str, fetch: Fetch, *, limit: int) -> Page | None:
    try:
        answer = await fetch(Request(url=address, limit=limit))
    except FetchError:
        return None
    return answer if isinstance(answer, Page) else None
