"""What went wrong on the way, as a sentence that a curator can read. Decides nothing but whether a second try at once may help."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import httpx
from aiohttp.http_exceptions import LineTooLong

from pipeline import urls
from pipeline.errors import FetchError, RefusedError, TooLargeError, UnreachableError

Trouble = (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError)
"""What the transport raises: httpx's errors, and those of aiohttp that its bridge to httpx leaves as they are."""

MAX_HEADER = 32_768
"""Bytes of one header. Some large sites send 10 kB of security policy; nobody means more than this."""

# The first that fits speaks: narrow classes stand before wide ones.
_SENTENCES: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientHttpProxyError, "The proxy did not let us through to {host} ({error.status})."),
    (aiohttp.ClientProxyConnectionError, "The proxy does not answer, so {host} could not be asked."),
    (aiohttp.ClientConnectorDNSError, "The name {host} cannot be found. Is it spelt right, and does the site still exist?"),
    (aiohttp.ClientConnectorCertificateError, "The certificate of {host} is not valid, so nobody can say who answers there."),
    (aiohttp.ClientSSLError, "{host} and we could not agree on a secure connection."),
    (aiohttp.ClientConnectorError, "{host} does not take connections."),
    (aiohttp.ClientPayloadError, "{host} broke off in the middle of the page."),
    (aiohttp.ClientResponseError, "{host} answered with something that is not proper HTTP."),
    (aiohttp.ClientConnectionError, "{host} cut the connection before it answered."),
)


def name(url: str) -> str:
    """Name the host as a reader knows it."""
    return urls.host(url) or url[:80]


def too_large(url: str, limit: int) -> TooLargeError:
    """Say that the body went past its bound."""
    shown = f"{limit / 1_000_000:.0f} MB" if limit >= 1_000_000 else f"{limit:,} bytes"
    return TooLargeError(f"{name(url)} sends more than {shown} for one page.", url=url, limit=limit)


def too_slow(url: str, total: timedelta) -> UnreachableError:
    """Say that the time is over."""
    return UnreachableError(f"{name(url)} did not finish its answer within {total.total_seconds():g} seconds.", url=url)


def no_address(url: str) -> RefusedError:
    """Say that this is nothing to fetch."""
    return RefusedError(f"“{url[:200]}” is not a web address that can be visited.", url=url)


def circle(url: str, status: int) -> RefusedError:
    """Say that redirects lead back to where they came from."""
    return RefusedError(f"{name(url)} sends us round in a circle ({status}).", url=url, status=status)


def too_many_redirects(url: str, status: int) -> RefusedError:
    """Say that redirects have no end."""
    return RefusedError(f"{name(url)} sends us on and on, from address to address ({status}).", url=url, status=status)


def explain(error: Exception, url: str) -> FetchError:
    """Turn what the transport raised into a named error."""
    cause = _cause(error)
    if _stems_from(cause, LineTooLong):
        return TooLargeError(f"{name(url)} sends headers that are too long.", url=url, limit=MAX_HEADER)
    for kind, sentence in _SENTENCES:
        if isinstance(cause, kind):
            return UnreachableError(sentence.format(host=name(url), error=cause), url=url)
    if isinstance(cause, (httpx.InvalidURL, ValueError)):
        return no_address(url)
    return UnreachableError(f"{name(url)} could not be reached.", url=url)


def is_stranger(error: FetchError) -> bool:
    """Say whether nobody was met: no such name, no connection, no valid certificate."""
    return _stems_from(error, aiohttp.ClientConnectorError)


def is_nameless(error: FetchError) -> bool:
    """Say whether the name of the host cannot be found."""
    return _stems_from(error, aiohttp.ClientConnectorDNSError)


def is_transient(error: Exception) -> bool:
    """Say whether a second try at once may help: a connection that stood and was cut before the answer, as by a server that restarts."""
    cause = _cause(error)
    return isinstance(cause, (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)) and not isinstance(cause, aiohttp.ClientConnectorError)


def _stems_from(error: BaseException | None, kind: type[Exception]) -> bool:
    while error and not isinstance(error, kind):
        error = error.__cause__
    return error is not None


def _cause(error: Exception) -> Exception:
    """Find aiohttp's own error behind httpx's, which calls a cut connection a timeout."""
    return error.__cause__ if isinstance(error, httpx.HTTPError) and isinstance(error.__cause__, Exception) else error
