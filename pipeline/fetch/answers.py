"""What an answer means: a page, nothing new, elsewhere, or no. Takes values and gives values; asks nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from pipeline import urls
from pipeline.errors import FetchError, RefusedError, UnreachableError
from pipeline.fetch.failures import name
from pipeline.model import NotModified, Page, Request

_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
_MAX_AGE = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?(\d{1,9})\"?\s*(?=,|$)", re.I)
_NO_CACHE = re.compile(r"(?:^|,)\s*no-(?:cache|store)\b", re.I)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:+-]{1,40})", re.I)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
"""Statuses that say that a thing has moved for good (RFC 9110, 15.4)."""
_AGAIN = frozenset({408, 421, 423, 425, 429})
_LONGEST = timedelta(days=365)

_REFUSALS = {
    401: "asks for a login",
    402: "asks for money",
    403: "does not let us see the page",
    404: "says that there is no such page",
    410: "says that the page is gone",
    451: "may not show the page for legal reasons",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer to one request. `body` is empty unless the status is 2xx."""

    url: str
    status: int
    headers: httpx.Headers
    body: bytes
    received: datetime


def conditions(request: Request) -> dict[str, str]:
    """Give the headers that ask for the page only if it changed (RFC 9110, 13.1)."""
    asked = {"If-None-Match": _echo(request.etag), "If-Modified-Since": _echo(request.last_modified)}
    return {key: value for key, value in asked.items() if value}


def target(answer: Answer) -> str | None:
    """Say where a redirect leads, as a clean web address; `None` where the answer is none. Raises `RefusedError` where it leads to no web page."""
    if answer.status not in _REDIRECTS:
        return None
    place = answer.headers.get("location", "").strip()
    found = urls.join(answer.url, place) if place else None
    if found is None:
        raise RefusedError(f"{name(answer.url)} sends us on to what is no web page.", url=answer.url, status=answer.status)
    return found


def read(answer: Answer, request: Request) -> Page | NotModified:
    """Turn an answer into what the request wanted. Raises `RefusedError` or `UnreachableError` with a sentence for the curator."""
    if answer.status == 304 and conditions(request):
        return NotModified(url=answer.url, max_age=max_age(answer.headers))
    body = content(answer)
    kind = answer.headers.get("content-type", "")
    stated, charset = _TYPE.match(kind.strip()), _CHARSET.search(kind)
    return Page(
        url=answer.url,
        body=body,
        fetched=answer.received,
        media_type=stated[0].lower() if stated else sniff(body),
        charset=charset[1] if charset else None,
        etag=_echo(answer.headers.get("etag")),
        last_modified=_echo(answer.headers.get("last-modified")),
        max_age=max_age(answer.headers),
    )


def content(answer: Answer) -> bytes:
    """Give the body of an answer that is a success. Raises `RefusedError` or `UnreachableError` otherwise."""
    if not 200 <= answer.status < 300:
        raise _failure(answer)
    return answer.body


def sniff(body: bytes) -> str:
    """Guess the media type of a body that came without one, by how it begins."""
    start = body[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for mark, media_type in _MARKS:
        if start.startswith(mark):
            return media_type
    return "application/octet-stream" if b"\0" in start else "text/plain"


_MARKS = (
    (b"%pdf-", "application/pdf"),
    (b"begin:vcalendar", "text/calendar"),
    (b"<?xml", "application/xml"),
    (b"<rss", "application/rss+xml"),
    (b"<feed", "application/atom+xml"),
    (b"<", "text/html"),
    (b"{", "application/json"),
    (b"[", "application/json"),
)


def retry_after(value: str, now: datetime) -> timedelta | None:
    """Read a Retry-After header: seconds or a date (RFC 9110, 10.2.3). At most a year; `None` for what is neither."""
    value = value.strip()
    if value.isascii() and value.isdecimal():
        return timedelta(seconds=min(int(value[:9]), _LONGEST.total_seconds()))
    try:
        when = parsedate_to_datetime(value)
        return min(max(when - now, timedelta()), _LONGEST)
    except (TypeError, ValueError, OverflowError):  # a date without a zone cannot be compared
        return None


def max_age(headers: Mapping[str, str]) -> timedelta | None:
    """Read for how long from now an answer stays fresh (RFC 9111, 4.2: max-age less Age); `None` where nothing is said, or that it never is."""
    control = headers.get("cache-control", "")
    found = _MAX_AGE.search(control)
    if found is None or _NO_CACHE.search(control):
        return None
    age = headers.get("age", "").strip()
    passed = int(age) if age.isascii() and age.isdecimal() and len(age) < 10 else 0
    left = timedelta(seconds=max(int(found[1]) - passed, 0))
    return min(left, _LONGEST) or None


def _failure(answer: Answer) -> FetchError:
    host, status = name(answer.url), answer.status
    if status in _REFUSALS:
        return RefusedError(f"{host} {_REFUSALS[status]} ({status}).", url=answer.url, status=status)
    if status >= 500 or status in _AGAIN or status == 304:
        words = "asks us to come back later" if status in (429, 503) else "has trouble and cannot show the page now"
        later = retry_after(answer.headers.get("retry-after", ""), answer.received)
        return UnreachableError(f"{host} {words} ({status}).", url=answer.url, status=status, retry_after=later)
    return RefusedError(f"{host} does not give us the page ({status}).", url=answer.url, status=status)


def _echo(value: str | None) -> str | None:
    """Keep a validator that can be sent back as it came."""
    return value if value and len(value) <= 1000 and value.isascii() and value.isprintable() else None
