"""The bytes of an answer, within bounds. Unpacks as it reads, so that a small answer never becomes a large memory. Judges no content."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import httpx

from pipeline.errors import TooLargeError, UnreachableError
from pipeline.fetch.failures import name, too_large

PIECE = 1 << 18
"""Bytes that are unpacked at once."""

RATIO, RATIO_FROM = 100, 4_000_000
"""Past this many bytes, more than a hundred for each one sent is no page: text packs three- to tenfold, and a long table perhaps thirtyfold."""


async def read(response: httpx.Response, url: str, *, limit: int, cut: bool = False) -> bytes:
    """Read the body, unpacked, of at most `limit` bytes; `cut` keeps the first `limit` bytes of a longer one instead of raising.
    Raises `TooLargeError`, `UnreachableError` where the packing is broken."""
    body = bytearray()
    packed = 0
    unpack = _unpacker(response.headers.get("content-encoding", ""), url)
    if not cut:
        _check_promise(response, url, limit)
    async for chunk in response.aiter_raw():
        packed += len(chunk)
        for piece in unpack(chunk):
            body += piece
            if max(len(body), packed) > limit:
                if cut:
                    return bytes(body[:limit])
                raise too_large(url, limit)
            if len(body) > max(RATIO_FROM, packed * RATIO):
                raise TooLargeError(f"{name(url)} sends a page that is packed to swell without end.", url=url, limit=limit)
    if packed:
        unpack.finish()
    return bytes(body)


async def drain(response: httpx.Response, *, limit: int = 1 << 16) -> None:
    """Read a short body that nobody wants, so that its connection can serve again."""
    got = 0
    async for chunk in response.aiter_raw():
        got += len(chunk)
        if got > limit:
            return


def _check_promise(response: httpx.Response, url: str, limit: int) -> None:
    promised = response.headers.get("content-length", "")
    if len(promised) > 15 or (promised.isdecimal() and int(promised) > limit):
        raise too_large(url, limit)


class _Plain:
    def __call__(self, chunk: bytes) -> Iterator[bytes]:
        yield chunk

    def finish(self) -> None:
        """Nothing is open."""


class _Packed:
    def __init__(self, url: str) -> None:
        self._url = url
        self._zlib = zlib.decompressobj(32 + zlib.MAX_WBITS)  # gzip or zlib, whichever it is

    def __call__(self, chunk: bytes) -> Iterator[bytes]:
        yield b""  # so that bytes after the packed end are counted too
        try:
            while chunk and not self._zlib.eof:
                yield self._zlib.decompress(chunk, PIECE)
                chunk = self._zlib.unconsumed_tail
        except zlib.error as error:
            raise UnreachableError(f"{name(self._url)} sends a page that is packed wrongly.", url=self._url) from error

    def finish(self) -> None:
        if not self._zlib.eof:
            raise UnreachableError(f"{name(self._url)} broke off in the middle of the page.", url=self._url)


def _unpacker(encoding: str, url: str) -> _Plain | _Packed:
    match encoding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip" | "deflate":
            return _Packed(url)
    raise UnreachableError(f"{name(url)} sends its page packed in a way that we did not ask for.", url=url)
