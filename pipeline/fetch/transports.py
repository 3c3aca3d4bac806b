"""Connections: straight to a host through the guard, or by the operator's proxy, with the operator's certificates. Knows no pages.

The environment is read as curl reads it: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` (small letters first), `SSL_CERT_FILE`
and `SSL_CERT_DIR`. We hold httpx transports without a client around them: a client would keep cookies and log each address.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import certifi
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from httpx_aiohttp import AiohttpTransport
from yarl import URL

from pipeline import urls
from pipeline.errors import ConfigError, Problem
from pipeline.fetch.failures import MAX_HEADER
from pipeline.fetch.guard import Guard

IDLE = 5.0
"""Seconds that an idle connection stays open where nobody says how long."""


class Gate(AbstractResolver):
    """A resolver and maker of sockets that lets the guard judge each address that is connected to."""

    def __init__(self, guard: Guard, resolver: AbstractResolver) -> None:
        self._guard = guard
        self._resolver = resolver
        self._judged: set[str] = set()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        """Give the addresses of a host; all of them must pass, since a name that mixes public and private ones is a trap."""
        found = await self._resolver.resolve(host, port, family)
        addresses = [one["host"] for one in found]
        self._guard.check(host, addresses)
        self._judged.update(addresses)
        return found

    def open(self, info: tuple[Any, ...]) -> socket.socket:
        """Make the socket for an address. Literal addresses come here without being resolved."""
        family, kind, protocol, _, address = info
        if address[0] not in self._judged:
            self._guard.check(address[0], (address[0],))
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        """Close the resolver behind."""
        await self._resolver.close()


class Transports:
    """One transport for straight connections and one for each proxy, opened when first needed. Needs a running loop."""

    def __init__(self, guard: Guard, environ: Mapping[str, str], *, idle: float = IDLE) -> None:
        self._guard = guard
        self._idle = idle
        self._environ = dict(environ)
        self._context = _context(self._environ)
        self._open: dict[str | None, httpx.AsyncBaseTransport] = {}

    def choose(self, url: str) -> httpx.AsyncBaseTransport:
        """Give the transport that leads to an address."""
        proxy = proxy_for(url, self._environ)
        if proxy not in self._open:
            gate = Gate(self._guard, aiohttp.ThreadedResolver())
            self._open[proxy] = by_proxy(proxy, self._context, idle=self._idle) if proxy else straight(gate, self._context, idle=self._idle)
        return self._open[proxy]

    async def close(self) -> None:
        """Close all connections."""
        for transport in self._open.values():
            await transport.aclose()


def straight(gate: Gate, context: ssl.SSLContext, *, idle: float = IDLE) -> httpx.AsyncBaseTransport:
    """Open the way to the web itself."""
    connector = aiohttp.TCPConnector(ssl=context, limit=0, keepalive_timeout=idle, resolver=gate, socket_factory=gate.open)
    return _transport(connector, context, None)


def by_proxy(address: str, context: ssl.SSLContext, *, idle: float = IDLE) -> httpx.AsyncBaseTransport:
    """Open the way through a proxy, whose own address is not judged. Raises `ConfigError` where it is no HTTP proxy."""
    if not urls.is_web(address):
        raise _unusable("The proxy in the environment", "is not an address such as http://proxy.example.org:3128")
    return _transport(aiohttp.TCPConnector(ssl=context, limit=0, keepalive_timeout=idle), context, address)


def _transport(connector: aiohttp.BaseConnector, context: ssl.SSLContext, proxy: str | None) -> httpx.AsyncBaseTransport:
    # The session is told of the proxy, not the bridge: that would drop user and password for plain http.
    session = aiohttp.ClientSession(
        connector=connector, proxy=proxy, cookie_jar=aiohttp.DummyCookieJar(), max_line_size=MAX_HEADER, max_field_size=MAX_HEADER
    )
    session._retry_connection = False  # aiohttp's own second try would go past the host's turn
    vars(session)["_build_url"] = _as_written
    transport: httpx.AsyncBaseTransport = AiohttpTransport(verify=context, client=session)
    return transport


def _as_written(url: str) -> URL:
    """Leave an address as httpx wrote it. aiohttp would turn %40 into @, which is another address (RFC 3986, 2.2): signed links fail."""
    return URL(url, encoded=True)


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """Say which proxy leads to an address; `None` is straight."""
    parts = urlsplit(url)
    if _is_exempt(parts.hostname or "", parts.port, _setting(environ, "no_proxy")):
        return None
    address = _setting(environ, f"{parts.scheme}_proxy") or _setting(environ, "all_proxy")
    return address if "://" in address else f"http://{address}" if address else None


def _setting(environ: Mapping[str, str], key: str) -> str:
    return (environ.get(key) or environ.get(key.upper()) or "").strip()


def _is_exempt(host: str, port: int | None, listed: str) -> bool:
    """Judge `NO_PROXY`: names (with all below them), `name:port`, addresses, networks, or `*`."""
    for entry in (one.strip().lower() for one in listed.split(",")):
        end = entry.removeprefix("*").lstrip(".")
        if entry == "*" or (end and (host == end or host.endswith("." + end) or f"{host}:{port}" == end)):
            return True
        try:
            if ip_address(host) in ip_network(entry, strict=False):
                return True
        except ValueError:
            continue
    return False


def _context(environ: Mapping[str, str]) -> ssl.SSLContext:
    file, folder = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
    place = file or folder or certifi.where()
    try:
        return _trusting(place, is_folder=not file and bool(folder), changed=Path(place).stat().st_mtime_ns)
    except (OSError, ssl.SSLError) as error:
        raise _unusable("SSL_CERT_FILE or SSL_CERT_DIR", "does not lead to certificates that can be read") from error


@lru_cache(1)
def _trusting(place: str, *, is_folder: bool, changed: int) -> ssl.SSLContext:
    """Read the certificates, once as long as they have not `changed`: that takes as long as reading a page, and every shard of a harvest asks."""
    return ssl.create_default_context(capath=place) if is_folder else ssl.create_default_context(cafile=place)


def _unusable(setting: str, what: str) -> ConfigError:
    return ConfigError((Problem(file="environment", line=0, what=f"{setting} {what}", remedy="correct it, or remove it"),))
