"""A small web of our own, on loopback, in a thread: a server with routes that delay, drop and break, and a proxy under which they have real names.

    with Web() as web:
        web.put("/a", "<title>A page</title>")              # at web.url("/a"), whatever the host
        web.put("https://north.example/b", fault="reset")   # through web.proxy; see web.environment
        web.asked                                           # what was asked, in order

A path or a whole address may be put several times: each serves `times` times, then the next; the last serves for ever.
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
import struct
import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

import trustme

Fault = Literal["reset", "drop", "garbage", "slow", "drip", "truncate", "endless", "gzipbomb", "badgzip", "cutgzip", "longheader", "manyheaders"]
"""reset: cut by RST before an answer. drop: closed before one. garbage: no HTTP. slow: a byte of the header each second. drip: a byte of
the body each second. truncate: half of the promised body. endless: a body without end. gzipbomb: 200 MB of zeros in less than 1 MB.
badgzip: called gzip, is none. cutgzip: half of a gzip stream, properly framed. longheader: one of 100 kB. manyheaders: without end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One answer. `delay` is in seconds; `type` None sends no Content-Type."""

    body: bytes = b""
    type: str | None = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0
    fault: Fault | None = None
    times: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request. `at` is in seconds since the start; `open` counts the requests under way to that host, this one included;
    `connection` numbers the connections."""

    method: str
    url: str
    headers: Mapping[str, str]
    at: float
    open: int
    connection: int

    @property
    def path(self) -> str:
        """The address without its host."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class Web:
    """The server. Use it with `with`; `tls` makes it speak https only, under the names localhost and 127.0.0.1."""

    def __init__(self, *, tls: bool = False) -> None:
        self.asked: list[Asked] = []
        self.proxy_asked: list[dict[str, str]] = []
        self.port = 0
        self._tls = tls
        self._routes: dict[str, list[Route]] = defaultdict(list)
        self._served: dict[int, int] = defaultdict(int)
        self._open: dict[str, int] = defaultdict(int)
        self._connections = 0
        self._start = time.monotonic()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()

    def put(
        self, where: str, body: str | bytes = b"", *, type: str | None = "text/html; charset=utf-8", status: int = 200,
        headers: Mapping[str, str] | None = None, delay: float = 0, fault: Fault | None = None, times: int | None = None,
    ) -> Self:  # fmt: skip
        """Serve something at a path (for any host) or at a whole address (asked for through the proxy). A path without a query takes any query."""
        raw = body.encode() if isinstance(body, str) else body
        if fault == "gzipbomb":
            _bomb()  # made now, so that its making does not count as the server's delay
        self._routes[where].append(Route(body=raw, type=type, status=status, headers=dict(headers or {}), delay=delay, fault=fault, times=times))
        return self

    def url(self, path: str = "/") -> str:
        """Give the address of a path."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}{path}"

    @property
    def proxy(self) -> str:
        """The address under which this server is a proxy."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [one.path for one in self.asked]

    def environment(self, folder: Path) -> dict[str, str]:
        """Give the environment of a client that reaches this web as its proxy; the certificate is written into `folder`."""
        trust = str(write_ca(folder))
        return {"HTTP_PROXY": self.proxy, "HTTPS_PROXY": self.proxy, "http_proxy": self.proxy, "https_proxy": self.proxy, "SSL_CERT_FILE": trust}

    def __enter__(self) -> Self:
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._open_server(), self._loop).result(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._close_server(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _open_server(self) -> int:
        context = _tls("127.0.0.1", "localhost") if self._tls else None
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=context, limit=1 << 20)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _close_server(self) -> None:
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        await asyncio.sleep(0.01)  # lets closed transports go, so that none is reported as unclosed

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._connections += 1
        try:
            await self._converse(reader, writer, self._connections)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> None:
        base = ""
        while True:
            method, target, headers = _head(await reader.readuntil(b"\r\n\r\n"))
            if method == "CONNECT":
                self.proxy_asked.append({"target": target, **headers})
                host, _, port = target.rpartition(":")
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await writer.start_tls(_tls(host.strip("[]")))
                base = f"https://{host}" if port == "443" else f"https://{target}"
                continue
            if "://" in target:
                self.proxy_asked.append({"target": target, **headers})
            url = target if "://" in target else (base or f"http{'s' if self._tls else ''}://{headers.get('host', '')}") + target
            if not await self._answer(writer, Asked(method=method, url=url, headers=headers, at=0, open=0, connection=connection)):
                return

    async def _answer(self, writer: asyncio.StreamWriter, asked: Asked) -> bool:
        host = urlsplit(asked.url).netloc.lower()
        self._open[host] += 1
        at = time.monotonic() - self._start
        self.asked.append(Asked(method=asked.method, url=asked.url, headers=asked.headers, at=at, open=self._open[host], connection=asked.connection))
        try:
            route = self._route(asked)
            await asyncio.sleep(route.delay)
            return await (_break(writer, route) if route.fault else _serve(writer, route, asked))
        finally:
            self._open[host] -= 1

    def _route(self, asked: Asked) -> Route:
        rows = self._routes.get(asked.url) or self._routes.get(asked.path) or self._routes.get(asked.path.partition("?")[0]) or []
        for row in rows:
            if row.times is None or self._served[id(row)] < row.times or row is rows[-1]:
                self._served[id(row)] += 1
                return row
        return Route(status=404, body=b"There is nothing here.", type="text/plain")


def listening() -> socket.socket:
    """Listen on a free port of this machine, as `gleanings serve` does: no answer waits 40 ms for an acknowledgement."""
    made = socket.create_server(("127.0.0.1", 0))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _head(raw: bytes) -> tuple[str, str, dict[str, str]]:
    first, *lines = raw.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    return method, target, {key.strip().lower(): value.strip() for key, _, value in (line.partition(":") for line in lines if line)}


async def _serve(writer: asyncio.StreamWriter, route: Route, asked: Asked) -> bool:
    status, body = route.status, route.body
    headers = {**({"Content-Type": route.type} if route.type else {}), **route.headers}
    if status == 200:
        headers.setdefault("ETag", f'"{hashlib.sha256(body).hexdigest()[:16]}"')
        if asked.headers.get("if-none-match") == headers["ETag"]:
            status = 304
    if status in (204, 304):
        body = b""
    elif headers.get("Transfer-Encoding") == "chunked":
        body = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    else:
        headers.setdefault("Content-Length", str(len(body)))
    writer.write(_lines(status, headers) + (b"" if asked.method == "HEAD" else body))
    await writer.drain()
    return asked.headers.get("connection", "").lower() != "close"


async def _break(writer: asyncio.StreamWriter, route: Route) -> bool:
    headers = {"Content-Type": route.type or "text/html", **route.headers}
    match route.fault:
        case "reset":
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        case "slow":
            await _by_byte(writer, _lines(route.status, headers))
        case "drip":
            writer.write(_lines(route.status, headers | {"Content-Length": "1000"}))
            await _by_byte(writer, b"x" * 1000)
        case "endless":
            await _for_ever(writer, _lines(route.status, headers | {"Transfer-Encoding": "chunked"}), b"400\r\n" + b"x" * 1024 + b"\r\n")
        case "manyheaders":
            await _for_ever(writer, b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n" * 100)
        case _:
            writer.write(_broken(route, headers))
            await writer.drain()
    return False


def _broken(route: Route, headers: dict[str, str]) -> bytes:
    if route.fault == "garbage":
        return b"\x00\x01\x02 this is no HTTP\r\n\r\n" * 10
    if route.fault == "truncate":
        return _lines(route.status, headers | {"Content-Length": str(len(route.body) * 2 + 1)}) + route.body
    if route.fault == "longheader":
        return _lines(200, headers | {"X-Long": "x" * 100_000, "Content-Length": "0"})
    if route.fault == "drop":
        return b""
    packed = _bomb() if route.fault == "gzipbomb" else route.body if route.fault == "badgzip" else zlib.compress(route.body, wbits=31)[:-9]
    return _lines(200, headers | {"Content-Encoding": "gzip", "Content-Length": str(len(packed))}) + packed


def _lines(status: int, headers: Mapping[str, str]) -> bytes:
    return (f"HTTP/1.1 {status} Served\r\n" + "".join(f"{key}: {value}\r\n" for key, value in headers.items()) + "\r\n").encode("latin-1")


async def _by_byte(writer: asyncio.StreamWriter, raw: bytes) -> None:
    for byte in raw:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(1)


async def _for_ever(writer: asyncio.StreamWriter, start: bytes, more: bytes) -> None:
    writer.write(start)
    while not writer.transport.is_closing():
        writer.write(more)
        await writer.drain()


def write_ca(folder: Path) -> Path:
    """Write the certificate of the authority that a client must trust. To trust it alone also spares each client the reading of a hundred others."""
    path = folder / "ca.pem"
    path.write_bytes(_authority().cert_pem.bytes())
    return path


@cache
def _bomb() -> bytes:
    squeeze = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join([squeeze.compress(bytes(1 << 20)) for _ in range(200)] + [squeeze.flush()])


@cache
def _authority() -> trustme.CA:
    return trustme.CA()


@cache
def _tls(*names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _authority().issue_cert(*names).configure_cert(context)
    return context
